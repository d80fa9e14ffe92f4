"""The spend ceiling: what is reserved and spent never passes it, whatever workers race or die."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

from agent import spend
from agent.spend import Reservation, SpendReservation
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from tests.factories.workspaces import make_workspace

MODEL = "anthropic:claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def ceiling(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    """A ceiling of one dollar."""
    monkeypatch.setenv("SPEND_CEILING_USD", "1")
    get_settings.cache_clear()


async def figures(workspace_id: UUID) -> tuple[Decimal, Decimal]:
    """What is spent and what is reserved."""
    async with open_work(Principal.system(workspace_id)) as work:
        found = await spend.spending(work)
    return found.spent, found.reserved


async def let_expire(reservation: Reservation) -> None:
    """Make a reservation old, as if its worker had died."""
    async with open_work(Principal.system(reservation.workspace_id)) as work:
        await work.session.execute(
            update(SpendReservation)
            .where(SpendReservation.workspace_id == reservation.workspace_id, SpendReservation.id == reservation.id)
            .values(expires_at=work.system_time - timedelta(seconds=1))
        )


async def booked(workspace_id: UUID) -> int:
    """Book what dead workers had reserved, as the deadline does."""
    async with open_work(Principal.system(workspace_id)) as work:
        return await spend.book_expired(work)


async def reserved(workspace: WorkspaceView, amount: str) -> Reservation:
    """A reservation that must succeed."""
    reservation = await spend.reserve(workspace.id, MODEL, Decimal(amount))
    assert reservation is not None
    return reservation


async def test_a_reservation_is_settled_at_its_true_cost(workspace: WorkspaceView) -> None:
    reservation = await reserved(workspace, "0.4")
    assert await figures(workspace.id) == (Decimal(0), Decimal("0.4"))

    await spend.settle(reservation, Decimal("0.1"))

    assert await figures(workspace.id) == (Decimal("0.1"), Decimal(0))


async def test_settling_twice_books_once(workspace: WorkspaceView) -> None:
    reservation = await reserved(workspace, "0.4")

    await spend.settle(reservation, Decimal("0.1"))
    await spend.settle(reservation, Decimal("0.3"))

    assert await figures(workspace.id) == (Decimal("0.1"), Decimal(0))


async def test_what_could_pass_the_ceiling_is_refused(workspace: WorkspaceView) -> None:
    await reserved(workspace, "0.7")

    assert await spend.reserve(workspace.id, MODEL, Decimal("0.31")) is None
    assert await spend.reserve(workspace.id, MODEL, Decimal("0.3")) is not None


async def test_racing_workers_never_reserve_more_than_the_ceiling(workspace: WorkspaceView) -> None:
    asked = await asyncio.gather(*(spend.reserve(workspace.id, MODEL, Decimal("0.15")) for _ in range(12)))

    assert sum(reservation is not None for reservation in asked) == 6
    assert await figures(workspace.id) == (Decimal(0), Decimal("0.9"))


async def test_the_reservation_of_a_dead_worker_counts_as_spent(workspace: WorkspaceView) -> None:
    reservation = await reserved(workspace, "0.4")
    await let_expire(reservation)

    assert await booked(workspace.id) == 1
    assert await booked(workspace.id) == 0

    assert await figures(workspace.id) == (Decimal("0.4"), Decimal(0))


async def test_a_worker_that_wakes_after_the_sweep_puts_the_books_right(workspace: WorkspaceView) -> None:
    reservation = await reserved(workspace, "0.4")
    await let_expire(reservation)
    await booked(workspace.id)

    await spend.settle(reservation, Decimal("0.1"))

    assert await figures(workspace.id) == (Decimal("0.1"), Decimal(0))


async def test_expired_reservations_make_room_for_new_ones_only_as_spent_money(workspace: WorkspaceView) -> None:
    await let_expire(await reserved(workspace, "0.8"))

    assert await spend.reserve(workspace.id, MODEL, Decimal("0.3")) is None


async def test_each_workspace_has_its_own_ceiling(workspace: WorkspaceView) -> None:
    other = await make_workspace()
    await reserved(workspace, "1")

    assert await spend.reserve(other.id, MODEL, Decimal("1")) is not None
    assert await figures(other.id) == (Decimal(0), Decimal("1"))
