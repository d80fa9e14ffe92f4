"""What is left of a plan when another link of the chain has done a part of it in the same turn."""

from decimal import Decimal
from typing import Any

import pytest

from agent.brief import Brief, BriefDraft, BriefLine
from agent.lexical.resuming import remaining
from agent.lexical.returned import Returned
from agent.lexical.wanted import Call
from domain.connections.medium import Medium
from domain.conversations.states import State

BRIEF = Brief(language="es", country="VE", currency="VES", shop_name="La Tienda", medium=Medium.WHATSAPP, state=State.IDLE)
NAMES = {"HAR-1": "Harina P.A.N. Blanca", "ACE-1": "Aceite Mazeite 1 L"}


def with_lines(**quantities: int) -> Brief:
    """A brief whose draft had lines when the turn was claimed."""
    skus = {name.replace("_", "-"): amount for name, amount in quantities.items()}
    lines = [BriefLine(sku=sku, name=NAMES[sku], quantity=Decimal(amount)) for sku, amount in skus.items()]
    return BRIEF.model_copy(update={"draft": BriefDraft(lines=lines)})


def deed(tool: str, **quantities: int) -> Returned:
    """A call that left the draft with these lines."""
    skus = {name.replace("_", "-"): amount for name, amount in quantities.items()}
    lines = [{"sku": sku, "name": NAMES[sku], "quantity": str(amount)} for sku, amount in skus.items()]
    return Returned.of(tool, {"status": "ok", "code": "item_added", "say": "hecho", "data": {"draft": {"lines": lines}}})


def adds(product: str, quantity: float | None, **more: Any) -> Call:
    given = {"product": product, "quantity": quantity} if quantity is not None else {"product": product}
    return Call("add_item_to_draft", {**given, **more})


def sets(product: str, quantity: float, **more: Any) -> Call:
    return Call("change_item_in_draft", {"product": product, "quantity": quantity, **more})


@pytest.mark.parametrize(
    ("plan", "brief", "now", "left"),
    [
        ([adds("harina pan", 2)], BRIEF, {"HAR_1": 2}, []),
        ([adds("harina pan", 3)], BRIEF, {"HAR_1": 1}, [sets("HAR-1", 3)]),
        ([adds("harina pan", 1)], BRIEF, {"HAR_1": 4}, [sets("HAR-1", 1)]),
        ([adds("harina pan", 2), adds("aceite", 1)], BRIEF, {"HAR_1": 2}, [adds("aceite", 1)]),
        ([adds("HAR-1", 2)], with_lines(HAR_1=1), {"HAR_1": 3}, []),
        ([adds("HAR-1", 2)], with_lines(HAR_1=1), {"HAR_1": 2}, [sets("HAR-1", 3)]),
        ([adds("HAR-1", 2)], with_lines(HAR_1=1), {"HAR_1": 1, "ACE_1": 1}, [adds("HAR-1", 2)]),
        ([adds("HAR-1", 2), adds("HAR-1", 3)], BRIEF, {"HAR_1": 5}, [sets("HAR-1", 2)]),
        ([adds("HAR-1", None)], BRIEF, {"HAR_1": 1}, []),
        ([adds("HAR-1", 500, unit="g")], BRIEF, {"HAR_1": 1}, [sets("HAR-1", 500, unit="g")]),
        ([sets("HAR-1", 4)], with_lines(HAR_1=1), {"HAR_1": 4}, []),
        ([sets("HAR-1", 0)], with_lines(HAR_1=1, ACE_1=1), {"ACE_1": 1}, []),
        ([sets("HAR-1", 4)], with_lines(HAR_1=1), {"HAR_1": 2}, [sets("HAR-1", 4)]),
    ],
)
def test_what_is_done_is_not_done_again_and_what_is_wrong_is_set_right(
    plan: list[Call], brief: Brief, now: dict[str, int], left: list[Call]
) -> None:
    assert remaining(plan, brief, [deed("add_item_to_draft", **now)]) == left


def test_many_lines_in_one_call_are_kept_line_by_line() -> None:
    flour = {"product": "HAR-1", "quantity": 3, "mode": "add"}
    oil = {"product": "ACE-1", "quantity": 1, "mode": "add"}
    plan = [Call("update_draft", {"lines": [flour, oil], "open_points": []})]
    assert remaining(plan, BRIEF, [deed("add_item_to_draft", HAR_1=3)]) == [
        Call("update_draft", {"lines": [oil], "open_points": []})
    ]
    assert remaining(plan, BRIEF, [deed("add_item_to_draft", HAR_1=1, ACE_1=1)]) == [
        Call("update_draft", {"lines": [{**flour, "mode": "set"}], "open_points": []})
    ]
    assert remaining(plan, BRIEF, [deed("add_item_to_draft", HAR_1=3, ACE_1=1)]) == []


def test_what_can_only_be_done_once_is_not_repeated_and_a_look_up_is() -> None:
    plan = [Call("register_payment", {"method": "Zelle"}), Call("list_products", {"query": "arroz"})]
    paid = Returned.of("register_payment", {"status": "ok", "code": "payment_claimed", "say": "Anotado."})
    assert remaining(plan, BRIEF, [paid]) == plan[1:]
