"""Writes `docs/replies.md`, six threads with their moves: `python -m tests.reply.replies_page`. A test holds the page to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agent.audiences.asked import heard
from agent.brief import BriefMessage
from agent.reply.renderer import Rendered
from domain.conversations.content import Text
from tests.reply.test_strangers import move
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, with_draft, with_order

PAGE = Path(__file__).parents[2] / "docs" / "replies.md"
LARGE = "Arroz Mary 5 kg"
BOTH = (HARINA, ACEITE)


class Step(NamedTuple):
    """What a customer says, the turn as its calls leave it, and the moves of a model."""

    said: str
    turn: Turn
    moves: str


def threads() -> dict[str, list[Step]]:
    """The threads of the page: every turn is made anew."""
    return {**_good_threads(), **_other_threads()}


def _good_threads() -> dict[str, list[Step]]:
    return {
        "An order from hello to the summary": [
            Step("hola buenas", Turn(state="IDLE", customer_name="Ana"), "social greet; ask items"),
            Step("tienes harina pan?", Turn().searched(HARINA), "state f1.1; ask quantity f1.0"),
            Step(
                "dame 3 y un aceite",
                Turn().added(HARINA, 3, "3.60").added(ACEITE, 1, "7.10", BOTH),
                "say 1; say 2; ask anything_else",
            ),
            Step("cuánto va?", with_draft(), "state s8 s7; ask anything_else"),
            Step(
                "es todo, mándamelo a la calle 5", with_draft().delivered_to("Calle 5 con av. 3"), "say 1; ask recipient_name"
            ),
            Step("Ana Díaz", with_draft().summarised("7.90"), "say 1; state f1.0; ask confirm"),
            Step("gracias!", with_order(), "social you_are_welcome; social bye"),
        ],
        "Sold out, advice, a discount": [
            Step(
                "buenas, café flor de arauca",
                Turn(state="IDLE").searched(CAFE, sold_out=(CAFE,)),
                "social greet; state f1.0; offer list_products",
            ),
            Step("cuándo llega?", Turn(), "unknown restock; offer request_human_handoff"),
            Step(
                "y a cómo el aceite y el arroz?",
                Turn().searched(ACEITE).searched(ARROZ),
                "suggest f1.0; suggest f2.0; ask which",
            ),
            Step("me vendes un pasaje a mérida?", Turn().not_found("pasaje").not_found("mérida"), "say 1; say 2; ask describe"),
            Step("no, dame arroz, el más barato", Turn().searched(LARGE, ARROZ), "suggest cheapest f1.2; ask quantity f1.2"),
            Step("cuál rinde más?", Turn().searched(ARROZ, LARGE), "compare f1.0 f1.2; ask which f1.0 f1.2"),
            Step("el grande", Turn().added(LARGE, 1, "5.50"), "say 1; ask anything_else"),
            Step("me haces un descuento?", with_draft(), "cannot discount"),
        ],
        "After the order: payment, hours, small talk": [
            Step("hola! cómo va mi pedido?", with_order(state="IDLE"), "social greet; state s1 s3 s4 s5; state how_to_pay"),
            Step(
                "ya pagué ayer", with_order(payment_status="claimed"), "unknown payment_received; state staff_verify_payments"
            ),
            Step("a qué hora abren y dónde?", with_order(), "unknown hours; unknown stores"),
            Step(
                "llegan a guatire? cuánto tardan?",
                with_order(),
                "unknown delivery_area; unknown delivery_time; offer request_human_handoff",
            ),
            Step("me voy a la playa con mi familia", with_order(), "social safe_travels"),
        ],
    }


def _other_threads() -> dict[str, list[Step]]:
    return {
        "A model that is wrong": [
            Step("2 de harina, ya pagué", Turn().added(HARINA, 2, "2.40"), "state f1.9 s44; promise; social yes; ask confirm"),
            Step("tienes arroz?", Turn(), "social glad; ask quantity"),
            Step("y cuánto cuesta el arroz?", Turn().searched(ARROZ, LARGE), "unknown price"),
            Step("cuál es más barato?", Turn().searched(ARROZ, LARGE), "suggest cheapest f1.2"),
            Step("cómo va mi pedido?", with_order(), "social thanks; state draft_empty"),
            Step("quita la harina", with_draft().removed(HARINA, "5.50"), "state s8 s1; ask anything_else"),
            Step("quita el aceite y cancela todo", with_draft(), "state as_you_wish; ask confirm"),
            Step("dame dos harinas y tres cafés", Turn().added(HARINA, 2, "2.40"), "social glad; ask anything_else"),
        ],
        "Em português": [
            Step(
                "oi, vocês têm arroz?", Turn("pt", state="IDLE").searched(ARROZ), "social greet; state f1.0; ask quantity f1.0"
            ),
            Step("quero dois", Turn("pt").added(ARROZ, 2, "2.40"), "say 1; ask anything_else"),
            Step("entregam em casa?", _before_address(), "state s8 s9; ask address"),
            Step("rua 5, 12", with_draft("pt").delivered_to("Rua 5, 12"), "say 1; ask recipient_name"),
        ],
        "In English, and a complaint": [
            Step(
                "hi, my order came wrong",
                with_order("en", state="IDLE"),
                "social greet; social sympathy; ask what_happened; offer request_human_handoff",
            ),
            Step("the oil was missing. get me a person", with_order("en").handed_off(), "say 1; social apology"),
        ],
    }


def _before_address() -> Turn:
    draft = with_draft("pt").brief.draft
    assert draft is not None
    return with_order("pt", state="NEEDS_DETAILS", draft=draft.model_copy(update={"address": None, "missing": ["address"]}))


def rendered(step: Step, earlier: Sequence[str]) -> Rendered:
    """The reply of a step, after what the shop has said before."""
    turn = step.turn
    turn.brief = turn.brief.model_copy(update={"messages": [BriefMessage(content=Text(text=step.said))]})
    turn.brief = heard(turn.brief)
    turn.recent, turn.seed = tuple(earlier), step.said
    return turn.reply(*(move(each) for each in step.moves.split("; ")))


def written() -> str:
    """The whole page."""
    lines = [
        "# How replies read",
        "",
        "Six threads with the moves that a model made and what the renderer said (`agent/reply/renderer.py`; why:",
        "`decisions/0004-replies-are-moves.md`). Made by `python -m tests.reply.replies_page`; a test fails when it differs.",
        "The moves were written by hand as a good model fills them, and in the fourth thread as a bad one does; goods, prices",
        "and orders are those of `tests/reply/turns.py`. `f1.0` is a fact of the first call of the turn, `s8` a fact of the",
        "session. The wordings vary with the turn.",
    ]
    for title, steps in threads().items():
        lines += ["", f"## {title}", "", "| customer | moves | shop |", "|---|---|---|"]
        earlier: list[str] = []
        for step in steps:
            reply = rendered(step, earlier)
            earlier.append(reply.text)
            left = ", ".join(f"{each.move} {each.reason}" for each in reply.left_out)
            moves = step.moves + (f" (left out: {left})" if left else "")
            lines.append(f"| {step.said} | {moves} | {reply.text.replace(chr(10), '<br>')} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
