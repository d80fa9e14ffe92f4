"""Captures: how effects are compared in words."""

from decimal import Decimal

from evals.captures import Effects, OrderEffect, PaymentEffect, differences


def effects(*lines: dict[str, int], **values: object) -> Effects:
    """Effects with orders of these lines."""
    made = [
        OrderEffect(
            status="confirmed",
            payment_status="unpaid",
            lines={sku: Decimal(quantity) for sku, quantity in order.items()},
            total=Decimal(10),
            fulfilment="pickup",
        )
        for order in lines
    ]
    return Effects(orders=made).model_copy(update=values)


def test_equal_effects_differ_in_nothing() -> None:
    assert differences(effects({"A": 1}), effects({"A": 1})) == []


def test_another_quantity_is_said_in_words() -> None:
    assert differences(effects({"A": 1}), effects({"A": 2})) == ["order 1 would have 2 A instead of 1 A"]


def test_orders_that_come_and_go_are_named() -> None:
    assert differences(effects({"A": 1}), effects()) == ["order 1 would not exist (1 A)"]
    assert differences(effects(), effects({"B": 3})) == ["order 1 would exist besides (3 B)"]


def test_payments_and_hand_offs_are_compared() -> None:
    paid = effects(payments=[PaymentEffect(method="zelle", reference="1", amount=Decimal(5))], handoffs=1)
    assert differences(effects(), paid) == [
        "payments would be ['zelle 1 5'] instead of none",
        "hand-offs would be 1 instead of 0",
    ]
