"""Replies read like one message of a person: lists where there are several things, nothing twice, one question at the end."""

from decimal import Decimal
from typing import Any

from agent.brief import Brief
from agent.lexical.compose import compose
from agent.lexical.plan import Plan
from agent.lexical.returned import Returned
from tests.lexical.test_model import brief, draft
from tools.outcome import Fact


def added(call: int, name: str, quantity: str, *, lines: int = 2) -> Returned:
    return Returned.of(
        "add_item_to_draft",
        {
            "status": "ok",
            "code": "item_added",
            "say": f"Agregué {{f{call}.0}} × {{f{call}.1}} ({{f{call}.2}}).",
            "facts": {
                f"f{call}.0": {"kind": "quantity", "subject": name, "text": quantity},
                f"f{call}.1": {"kind": "product", "subject": name, "text": name},
                f"f{call}.2": {"kind": "line_total", "subject": name, "text": "Bs. 5"},
                f"f{call}.3": {"kind": "total", "subject": "draft", "text": "Bs. 10"},
            },
            "data": {"draft": {"lines": [{}] * lines}},
        },
    )


def outcome(tool: str, code: str, say: str, status: str = "ok", **data: Any) -> Returned:
    return Returned.of(tool, {"status": status, "code": code, "say": say, "data": data})


def reply(asked: Brief, *returned: Returned, talk: tuple[str, ...] = ()) -> str:
    return compose(asked, Plan(acts=[], talk=list(talk)), list(returned))


def test_several_additions_are_one_list_with_the_sum() -> None:
    said = reply(brief("hola"), added(1, "Malta", "3"), added(2, "Queso", "0,5 kg"), talk=("greet",))
    assert said.splitlines() == [
        "¡Hola! 👋",
        "",
        "Agregué:",
        "• {f1.0} × {f1.1}: {f1.2}",
        "• {f2.0} de {f2.1}: {f2.2}",
        "Total: {f2.3}",
        "",
        "¿Algo más? Si es todo, escribe *listo*.",
    ]


def test_one_addition_is_one_paragraph_and_how_to_end_is_said_once() -> None:
    first = reply(brief("una malta"), added(1, "Malta", "1", lines=1))
    later = reply(brief("una malta", draft=draft()), added(1, "Malta", "1"))
    assert first == "Agregué {f1.0} × {f1.1} ({f1.2}). ¿Algo más? Si es todo, escribe *listo*."
    assert later == "Agregué {f1.0} × {f1.1} ({f1.2}). Llevas {f1.3} en total. ¿Algo más?"


def test_what_the_summary_says_is_not_said_before_it() -> None:
    noted = outcome("set_delivery_details", "delivery_set", "Anotado: te lo llevamos.")
    lost = outcome("add_item_to_draft", "product_not_found", "No encontré eso.", "refused")
    summary = outcome("request_confirmation", "confirmation_requested", "Este es tu pedido.", token="T")
    assert reply(brief("x"), added(1, "Malta", "1"), noted, lost, summary) == "No encontré eso. Este es tu pedido."


def test_only_one_question_is_asked() -> None:
    asked = outcome("add_item_to_draft", "ambiguous_product", "¿Cuál?", "ask")
    other = outcome("add_item_to_draft", "quantity_missing", "¿Cuánto?", "ask")
    assert reply(brief("x"), asked, other, talk=("of_what", "thanks")) == "¿Cuál?"


def test_an_order_left_half_done_is_offered_again_with_its_lines() -> None:
    facts = {
        "s1": Fact(kind="quantity", subject="Arroz Mary 1 kg", value="2", text="2"),
        "s2": Fact(kind="line_total", subject="Arroz Mary 1 kg", value="5", text="Bs. 5"),
        "s3": Fact(kind="total", subject="draft", value="5", text="Bs. 5"),
    }
    said = reply(brief("hola", draft=draft(), facts=facts), talk=("greet",))
    assert "• {s1} × Arroz Mary 1 kg: {s2}\nTotal: {s3}" in said
    assert "¿Seguimos?" in said


def test_the_shop_tells_its_hours_its_fee_and_where_it_is() -> None:
    facts = {
        "s1": Fact(kind="store", subject="GDL-01", value="GDL-01", text="GDL-01, Av. 8"),
        "s2": Fact(kind="fee", subject="delivery", value="5", text="Bs. 5"),
        "s3": Fact(kind="offer", subject="delivery", value="50", text="Bs. 50"),
        "s4": Fact(kind="hours", subject="shop", value="8", text="08:00 – 20:00"),
    }
    asked = brief("x", stores=["GDL-01"], facts=facts)
    assert reply(asked, talk=("stores",)) == "Estamos aquí:\n• {s1}"
    assert "{s2}" in reply(asked, talk=("delivery_info",))
    assert "{s3}" in reply(asked, talk=("delivery_info",))
    assert "{s4}" in reply(asked, talk=("hours",))
    free = facts | {"s2": facts["s2"].model_copy(update={"value": str(Decimal(0))})}
    assert "gratis" in reply(brief("x", facts=free), talk=("delivery_info",))
