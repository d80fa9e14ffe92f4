"""A turn knows on which medium it answers: the instructions name it, and the brief has it from the customer's address."""

import pytest

from agent import prompting
from agent.brief import Brief
from domain.connections.medium import Medium
from domain.conversations.states import State
from tests.factories.customer import Customer


def instructions(medium: Medium, state: State) -> str:
    brief = Brief(language="es", country="VE", currency="VES", shop_name="Abasto", medium=medium, state=state)
    return prompting.system_prompt(brief)


@pytest.mark.parametrize("state", State)
def test_the_instructions_name_the_medium_and_no_other(state: State) -> None:
    assert "in a web chat" in instructions(Medium.WEBCHAT, state)
    assert "whatsapp" not in instructions(Medium.WEBCHAT, state).lower()
    assert "in a WhatsApp chat" in instructions(Medium.WHATSAPP, state)


async def test_the_medium_of_a_turn_is_that_of_the_address_the_customer_writes_from(customer: Customer) -> None:
    await customer.writes("hola")

    turn = await customer.has_turn_taken()

    assert turn.frozen.brief.medium is Medium.WHATSAPP
