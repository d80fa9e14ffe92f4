"""What a colleague is told: figures with their metric, period and date, and nothing of what is said to customers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.reply.moves import LeftOut
from tests.factories.workspaces import make_workspace
from tests.reply.test_renderer import move
from tests.reply.turns import HARINA, Turn, with_order
from tools.facts import Facts
from tools.outcome import Fact, FactKind, Measured

AS_OF = datetime(2026, 11, 30, 15, 4, tzinfo=UTC)


def figure(value: str, row: str = "", scope: str = "23 nov 2026, Tienda Uno") -> Fact:
    measured = Measured(metric="Ventas", scope=scope, row=row, as_of=AS_OF)
    return Fact(kind=FactKind.FIGURE, subject=f"sales {row}", value=value, text=f"US$ {value}", measured=measured)


def told(*facts: Fact) -> Turn:
    """A turn of a member of the staff, after a call that measured."""
    turn = Turn(timezone="America/Caracas").call("metrics_query", "figure", "*Ventas*: {0}.", list(facts))
    turn.brief = turn.brief.model_copy(update={"is_for_colleague": True})
    return turn


def test_a_figure_is_said_with_its_metric_its_period_and_the_date_of_its_data() -> None:
    text = told(figure("12")).says(move("state", "", "f1.0"))

    assert text == "*Ventas* (23 nov 2026, Tienda Uno): US$ 12.\nDatos hasta 30 nov. 11:04."


def test_rows_of_one_table_stand_under_one_head_and_other_periods_under_their_own() -> None:
    turn = told(figure("12", "Uno"), figure("7", "Dos"), figure("3", "Uno", "22 nov 2026"))

    assert turn.says(move("state", "", "f1.0", "f1.1", "f1.2")) == (
        "*Ventas* (23 nov 2026, Tienda Uno):\n• Uno: US$ 12\n• Dos: US$ 7\nDatos hasta 30 nov. 11:04.\n\n"
        "*Ventas* (22 nov 2026):\n• Uno: US$ 3\nDatos hasta 30 nov. 11:04."
    )


@pytest.mark.usefixtures("database")
async def test_a_figure_without_metric_and_date_is_not_made() -> None:
    facts = Facts(await make_workspace(), "es", AS_OF)

    with pytest.raises(ValueError, match="of what and of when"):
        facts.add(FactKind.FIGURE, "sales", "12")


def test_a_figure_that_was_stored_without_them_is_read_and_not_stated() -> None:
    old = Fact(kind=FactKind.FIGURE, subject="sales", value="12", text="12")

    assert LeftOut(move="state", reason="not_for_staff") in told(old).reply(move("state", "", "f1.0")).left_out


@pytest.mark.parametrize(
    "said",
    [
        move("state", "", "s1", "s3"),
        move("state", "staff_verify_payments"),
        move("suggest", "none", "f1.0"),
        move("unknown", "stock"),
        move("cannot", "discount"),
        move("ask", "items"),
        move("offer", "list_products"),
        move("social", "congratulate"),
    ],
)
def test_a_colleague_is_told_nothing_of_what_customers_are(said: dict[str, Any]) -> None:
    turn = with_order().searched(HARINA)
    turn.brief = turn.brief.model_copy(update={"is_for_colleague": True})

    assert LeftOut(move=str(said["move"]), reason="not_for_staff") in turn.reply(said).left_out


def test_a_courtesy_is_no_answer_to_a_colleagues_question() -> None:
    turn = told()
    turn.brief = turn.brief.model_copy(update={"asked": "an_answer"})

    assert turn.reply(move("social", "you_are_welcome")).left_out == (LeftOut(move="social", reason="no_answer"),)
