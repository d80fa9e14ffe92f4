"""The tau2-bench adapter, on a made-up shop of the same shape."""

import json
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from evals.tau2.data import Action, Domain, DomainMissing, load
from evals.tau2.play import STOP, figures, play
from evals.tau2.shop import Refused, Shop

HOME = {"address1": "1 Elm St", "address2": "", "city": "Springfield", "state": "IL", "country": "USA", "zip": "62701"}
DATABASE = {
    "products": {
        "100": {
            "name": "Mug",
            "product_id": "100",
            "variants": {
                "101": {"item_id": "101", "options": {"color": "red"}, "available": True, "price": 10.0},
                "102": {"item_id": "102", "options": {"color": "blue"}, "available": True, "price": 12.5},
                "103": {"item_id": "103", "options": {"color": "gold"}, "available": False, "price": 99.0},
            },
        }
    },
    "users": {
        "ana_doe_1": {
            "user_id": "ana_doe_1",
            "name": {"first_name": "Ana", "last_name": "Doe"},
            "address": HOME,
            "email": "ana@example.test",
            "payment_methods": {
                "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": 5.0},
                "credit_card_1": {"source": "credit_card", "id": "credit_card_1", "brand": "visa", "last_four": "1234"},
            },
            "orders": ["#W1", "#W2"],
        }
    },
    "orders": {
        number: {
            "order_id": number,
            "user_id": "ana_doe_1",
            "address": HOME,
            "items": [{"name": "Mug", "product_id": "100", "item_id": "101", "price": 10.0, "options": {"color": "red"}}],
            "fulfillments": [],
            "status": status,
            "payment_history": [{"transaction_type": "payment", "amount": 10.0, "payment_method_id": "gift_card_1"}],
        }
        for number, status in (("#W1", "pending"), ("#W2", "delivered"))
    },
}
CANCEL = {"order_id": "#W1", "reason": "no longer needed"}
TASKS = [
    {
        "id": "0",
        "user_scenario": {
            "persona": None,
            "instructions": {
                "domain": "retail",
                "task_instructions": "Be brief.",
                "reason_for_call": "You want to cancel order #W1.",
                "known_info": "You are Ana Doe, ana@example.test.",
                "unknown_info": None,
            },
        },
        "evaluation_criteria": {
            "actions": [{"action_id": "0_0", "name": "cancel_pending_order", "arguments": CANCEL, "info": None}],
            "communicate_info": ["10"],
            "nl_assertions": None,
            "reward_basis": ["DB", "COMMUNICATE"],
        },
    }
]


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    """The made-up domain, read from files as the benchmark has them."""
    (tmp_path / "db.json").write_text(json.dumps(DATABASE))
    (tmp_path / "tasks.json").write_text(json.dumps(TASKS))
    (tmp_path / "policy.md").write_text("Cancel only pending orders.")
    return load(tmp_path)


def user(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """A user who asks once and is content with any answer."""
    answers = sum(isinstance(message, ModelResponse) for message in messages)
    return ModelResponse(parts=[TextPart("Please cancel #W1, I do not need it." if answers == 0 else STOP)])


def agent_that_says(words: str, reason: str = "no longer needed") -> FunctionModel:
    """An agent that cancels the order and then says something."""

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        last = messages[-1]
        assert isinstance(last, ModelRequest)
        if any(isinstance(part, ToolReturnPart) for part in last.parts):
            return ModelResponse(parts=[TextPart(words)])
        return ModelResponse(parts=[ToolCallPart("cancel_pending_order", {"order_id": "#W1", "reason": reason})])

    return FunctionModel(respond)


async def test_a_task_is_won_when_the_database_is_as_the_reference_leaves_it_and_all_is_said(domain: Domain) -> None:
    won = await play(domain, domain.tasks[0], agent_that_says("Cancelled; $10 go back to your gift card."), FunctionModel(user))
    assert (won.reward, won.error) == (1.0, None)
    assert [call.name for call in won.calls] == ["cancel_pending_order"]


async def test_what_was_not_said_or_done_otherwise_loses_the_task(domain: Domain) -> None:
    silent = await play(domain, domain.tasks[0], agent_that_says("Cancelled."), FunctionModel(user))
    other = await play(domain, domain.tasks[0], agent_that_says("$10 back.", "ordered by mistake"), FunctionModel(user))
    assert (silent.reward, silent.missing) == (0.0, ["10"])
    assert (other.reward, other.database_right) == (0.0, False)
    assert figures([silent, other])[2].value == 0.0


def test_a_cancelled_order_pays_back_a_gift_card_at_once(domain: Domain) -> None:
    shop = Shop(domain.fresh())
    shop.cancel_pending_order("#W1", "no longer needed")
    assert shop.get_order_details("#W1").status == "cancelled"
    assert shop.get_user_details("ana_doe_1").payment_methods["gift_card_1"]["balance"] == 15.0


def test_items_are_exchanged_for_what_is_there_and_can_be_paid(domain: Domain) -> None:
    # Given a gift card with five dollars, and a mug that costs two and a half more
    shop = Shop(domain.fresh())
    shop.modify_pending_order_items("#W1", ["101"], ["102"], "gift_card_1")
    # Then the card pays the difference, once only
    assert shop.get_order_details("#W1").status == "pending (item modified)"
    assert shop.get_user_details("ana_doe_1").payment_methods["gift_card_1"]["balance"] == 2.5
    with pytest.raises(Refused):
        shop.modify_pending_order_items("#W1", ["102"], ["101"], "gift_card_1")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cancel_pending_order", {"order_id": "#W2", "reason": "no longer needed"}),
        ("cancel_pending_order", {"order_id": "#W1", "reason": "changed my mind"}),
        ("return_delivered_order_items", {"order_id": "#W1", "item_ids": ["101"], "payment_method_id": "gift_card_1"}),
        ("return_delivered_order_items", {"order_id": "#W2", "item_ids": ["101", "101"], "payment_method_id": "gift_card_1"}),
        ("return_delivered_order_items", {"order_id": "#W2", "item_ids": ["101"], "payment_method_id": "credit_card_1"}),
        (
            "exchange_delivered_order_items",
            {"order_id": "#W2", "item_ids": ["101"], "new_item_ids": ["103"], "payment_method_id": "credit_card_1"},
        ),
        ("modify_pending_order_payment", {"order_id": "#W1", "payment_method_id": "gift_card_1"}),
        ("find_user_id_by_email", {"email": "nobody@example.test"}),
        ("calculate", {"expression": "__import__('os')"}),
    ],
)
def test_what_the_policy_forbids_is_refused_and_changes_nothing(
    domain: Domain, name: str, arguments: dict[str, object]
) -> None:
    shop = Shop(domain.fresh())
    with pytest.raises(Refused):
        shop.tools()[name](**arguments)
    assert shop.database == domain.fresh()
    shop.perform(Action(name=name, arguments=arguments))
    assert shop.database == domain.fresh()


def test_there_are_sixteen_tools_and_sums_are_calculated(domain: Domain) -> None:
    shop = Shop(domain.fresh())
    assert len(shop.tools()) == 16
    assert shop.calculate("(10 + 2.5) * 2 - 5 / 4") == "23.75"
    assert set(shop.tools()) > Shop.WRITES


def test_a_folder_without_the_domain_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DomainMissing, match=r"db\.json, tasks\.json, policy\.md"):
        load(tmp_path)
