"""The reply of the offline model: its moves, and how they read as one message of a person."""

import re
from pathlib import Path

import pytest

from agent.brief import BriefDraft, BriefLine, BriefMessage
from agent.lexical import compose as composing
from agent.lexical.acts import ActKind
from agent.lexical.compose import compose
from agent.lexical.listening import hear
from agent.lexical.plan import Plan
from agent.lexical.returned import Returned
from agent.recorded import Recorded
from agent.reply.moves import Ask, Reply, Say, State
from core.messages import variants
from domain.conversations.content import Text
from tests.reply.turns import ACEITE, ARROZ, HARINA, Turn, with_draft, with_order


def composed(turn: Turn, *talk: str, understood: bool = True) -> Reply:
    returned = [Returned.of(call.tool, call.shown()) for call in turn.calls]
    return compose(turn.brief, Plan(acts=[], talk=list(talk), understood=understood), returned)


def said(turn: Turn, *talk: str) -> str:
    return turn.says(*composed(turn, *talk).arguments()["moves"])


def test_several_additions_are_one_list_with_the_sum() -> None:
    text = said(Turn().added(HARINA, 3, "3.60").added(ACEITE, 1, "7.10", (HARINA, ACEITE)), "greet")

    lines = text.splitlines()
    assert lines[0].startswith("¡Hola")
    assert lines[1] == ""
    assert lines[2:6] == ["Agregué:", f"• 3 × {HARINA}: US$ 3,60", f"• 1 × {ACEITE}: US$ 3,50", "Total: US$ 7,10"]
    assert lines[-1].endswith("? Si es todo, escribe *listo*.")


def test_how_to_end_is_said_once() -> None:
    first = composed(Turn().added(HARINA, 1, "1.20"))
    later = composed(with_draft().added(ARROZ, 1, "9.10", (HARINA, ARROZ)))

    assert first.moves == [Say(call=1), Ask(what="anything_else"), State(what="how_to_finish")]
    assert later.moves == [Say(call=1), Ask(what="anything_else")]


def test_what_the_summary_says_is_not_said_before_it() -> None:
    turn = with_draft().added(ARROZ, 1, "9.10")
    turn.call("add_item_to_draft", "product_not_found", "No encontré eso.", status="refused", arguments={"product": "eso"})
    turn.delivered_to("Calle 5").summarised("9.10")

    assert said(turn) == f"No encontré eso. {turn.text('confirmation_requested')}"


def test_only_one_question_is_asked() -> None:
    assert said(Turn().asked_which(ARROZ, HARINA), "of_what", "thanks").count("?") == 1


def test_an_order_left_half_done_is_offered_again_with_its_lines() -> None:
    text = said(with_draft(state="IDLE"), "greet")

    assert f"• 2 × {HARINA}: US$ 2,40" in text
    assert "Total: US$ 7,90" in text
    assert text.endswith("¿Seguimos con tu pedido? Si es todo, escribe *listo*.")


def test_the_shop_tells_its_hours_its_fee_where_it_is_and_how_one_pays() -> None:
    assert "Centro, Av. Bolívar 12" in said(with_order(), "stores")
    assert "US$ 2,00" in said(with_order(), "delivery_info")
    assert "US$ 20,00" in said(with_order(), "delivery_info")
    assert "08:00 – 20:00" in said(with_order(), "hours")
    assert "Pago móvil y Zelle" in said(with_order(), "payment_methods")


@pytest.mark.parametrize("talk", ["stores", "hours", "payment_methods", "delivery_info", "pay_later"])
def test_what_the_shop_has_not_settled_a_person_is_to_say(talk: str) -> None:
    assert "*asesor*" in said(Turn(), talk)
    assert "*atendente*" in said(Turn("pt"), talk)


def test_every_key_of_a_plan_has_an_answer() -> None:
    folder = Path(composing.__file__).parent
    sources = "\n".join(path.read_text() for path in folder.glob("*.py"))
    keys = set(re.findall(r'(?:talk\.append|self\.say)\("(\w+)"', sources)) | set(
        re.findall(r': "(\w+)",$', sources, re.MULTILINE)
    )
    known = composing._ANSWERS.keys() | composing._STATED.keys()

    assert {"as_you_wish", "of_what", "not_caught", "hours"} <= keys & known
    for key in sorted(keys & known | set(re.findall(r'(?:talk\.append|self\.say)\("(\w+)"', sources))):
        assert said(with_order(), key), key


def test_a_draft_of_a_brief_without_facts_is_no_trouble() -> None:
    turn = Turn(draft=BriefDraft(lines=[BriefLine(sku="A", name="Arroz", quantity=2)]))  # type: ignore[arg-type]  # pydantic reads it

    assert said(turn, "total")


def test_the_calls_of_a_link_before_are_told_by_their_numbers() -> None:
    calls: list[Recorded] = Turn().searched(HARINA).added(HARINA, 1, "1.20").calls

    assert [Returned.of(call.tool, call.shown()).number for call in calls] == [1, 2]


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        ("how_to_reach_person", ActKind.HUMAN),
        ("how_to_finish", ActKind.FINISH),
        ("how_to_see_list", ActKind.ASK_CATALOGUE),
        ("how_to_clear", ActKind.CLEAR),
    ],
)
def test_the_words_that_a_hint_tells_to_write_are_understood(hint: str, kind: ActKind, language: str) -> None:
    for words in variants(f"reply.state.{hint}", language):
        keyword = words.split("*")[1]
        turn = with_draft(language)
        heard = hear(turn.brief.model_copy(update={"messages": [BriefMessage(content=Text(text=keyword))]}))

        assert [act.kind for act in heard] == [kind], keyword
