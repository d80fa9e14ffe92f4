"""What is old is forgotten, what is open or owed to the law is not, and the numbers of the stream go on."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError

from app.cli.retention import page
from app.queue import retention
from app.queue.actors import notifications
from app.queue.jobs import FILE_HOLDERS, RETENTIONS
from core import db, events
from core.access import Principal
from core.blobs import DiskBlobs
from core.event_types import EventType
from core.origin import Origin
from core.settings import get_settings
from core.tables import new_id
from core.work import open_retention_work, open_work
from domain.accounts import browsers, people, sign_ins
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.kinds import HandoffReason, NoticeKind
from migrations.models import metadata
from migrations.security import FORGOTTEN
from tests.factories.chat import chat_of, placed
from tests.factories.round import begin_round
from tests.factories.shop import fill, open_shop
from tests.factories.staff import PASSWORD
from tests.factories.threads import Thread, opened

ROOT = Path(__file__).parents[2]


async def as_owner(statement: str, **values: object) -> None:
    """Change rows as nobody in the house can: by the owner of the tables, with row-level security off."""
    table = statement.split()[1]
    async with db.session() as session:
        await session.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        await session.execute(text(statement), values)
        await session.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
        await session.commit()


async def age(table: str, days: int, column: str = "created_at") -> None:
    await as_owner(f"UPDATE {table} SET {column} = {column} - make_interval(days => :days)", days=days)


async def happen(workspace: WorkspaceView, *happened: tuple[EventType, UUID]) -> None:
    for kind, subject in happened:
        async with open_work(Principal.system(workspace.id)) as work:
            events.record(work, kind, subject=subject)


async def forget(*tables: str) -> int:
    chosen = [one for one in RETENTIONS if one.table.startswith(tables)]
    assert chosen
    return sum([await retention.forget(one) for one in chosen])


async def rows(workspace: WorkspaceView, query: str) -> list[Row[Any]]:
    async with open_work(Principal.system(workspace.id)) as work:
        return list(await work.session.execute(text(query)))


async def stream(workspace: WorkspaceView) -> list[tuple[int, str, int]]:
    async with open_work(Principal.system(workspace.id)) as work:
        return [(one.position, one.type, one.subject_number) for one in await events.page(work, limit=500)]


async def test_events_are_forgotten_after_a_year_and_the_numbers_go_on(workspace: WorkspaceView) -> None:
    store, payment, quiet = new_id(), new_id(), new_id()
    before = len(await stream(workspace))
    await happen(workspace, (EventType.STORE_CHANGED, store), (EventType.STORE_CHANGED, store), (EventType.ROLE_CHANGED, quiet))
    await happen(workspace, (EventType.PAYMENT_VERIFIED, payment))
    await age("events", 366)
    await happen(workspace, (EventType.STORE_CHANGED, store))
    assert await forget("events") == before + 3
    # Then money is still told, and what happens next has the next numbers
    await happen(workspace, (EventType.STORE_CHANGED, store), (EventType.ROLE_CHANGED, quiet))
    assert await stream(workspace) == [
        (before + 4, "payment.verified", 1),
        (before + 5, "store.changed", 3),
        (before + 6, "store.changed", 4),
        (before + 7, "role.changed", 2),
    ]
    await age("events", 3650)
    assert await forget("events of money") == 1


async def test_what_happened_in_an_open_hand_off_is_kept_until_it_ends(workspace: WorkspaceView) -> None:
    await open_shop(workspace.id)
    async with opened(workspace) as thread:
        await ask_for_people(thread)
    kept = {"handoff.requested"}
    await age("events", 400)
    await forget("events")
    assert {type_ for _, type_, _ in await stream(workspace)} & kept == kept
    await as_owner("UPDATE handoffs SET released_at = clock_timestamp()")
    await forget("events")
    assert {type_ for _, type_, _ in await stream(workspace)} & kept == set()


@pytest.mark.parametrize(("status", "is_kept"), [("confirmed", True), ("shipped", True), ("delivered", False)])
async def test_what_happened_to_an_order_is_kept_while_it_is_on_its_way(
    workspace: WorkspaceView, status: str, is_kept: bool
) -> None:
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 20)
    chat = await chat_of(shop)
    order = await placed(chat, {"HAR-1": 1})
    await as_owner("UPDATE orders SET status = :status WHERE id = :id", status=status, id=order.id)
    await age("events", 400)
    await forget("events")
    assert ("order.confirmed" in {type_ for _, type_, _ in await stream(workspace)}) is is_kept


async def ask_for_people(thread: Thread) -> None:
    async with open_work(thread.principal) as work:
        await handoffs.wait_for_person(work, thread.conversation_id, HandoffReason.CUSTOMER_ASKED)


async def test_postgres_itself_lets_nobody_forget_too_early(workspace: WorkspaceView) -> None:
    await happen(workspace, (EventType.STORE_CHANGED, new_id()))
    async with open_work(Principal.system(workspace.id)) as work:
        await conversations.notify(work, NoticeKind.OTHER, dedupe_key="x")
    query = "SELECT tablename, cmd FROM pg_policies WHERE roles = ARRAY['nexova_retention'::name] AND cmd <> 'SELECT'"
    async with db.session() as session:
        forgotten: dict[str, str] = {row[0]: row[1] for row in await session.execute(text(query))}
    assert set(FORGOTTEN) | {"notices", "notifications"} <= set(forgotten)
    for table in sorted(set(forgotten) - {"event_positions"}):
        async with open_retention_work() as session:
            change = "UPDATE attachments SET error_code = 'x'" if forgotten[table] == "UPDATE" else f"DELETE FROM {table}"
            result = await session.execute(text(f"{change} WHERE true"))
            assert result.rowcount == 0, table  # type: ignore[attr-defined]  # a CursorResult


async def test_notices_are_forgotten_when_they_are_old_and_were_read(workspace: WorkspaceView) -> None:
    # Given a person who was told three times, and has read the first
    async with open_work(Principal.system(workspace.id)) as work:
        await accounts.add_member(work, f"{new_id().hex}@shop.test", "Ana", Role.OWNER)
        for cause in ("read", "unread", "waits"):
            await conversations.notify(work, NoticeKind.OTHER, dedupe_key=cause)
    for (notification,) in await rows(workspace, "SELECT id FROM notifications WHERE dedupe_key <> 'waits'"):
        await notifications.send(str(workspace.id), str(notification))
    inbox = "FROM notices WHERE way = 'inbox' AND notification_id = (SELECT id FROM notifications WHERE dedupe_key = 'read')"
    await rows(workspace, f"UPDATE notices SET read_at = created_at WHERE id = (SELECT id {inbox}) RETURNING id")

    # When three months have gone by, then what is read goes, with what it was made of
    for table in ("notices", "notifications"):
        await age(table, 91)
    assert await forget("notices", "notifications") == 2
    kept = await rows(workspace, "SELECT dedupe_key FROM notifications ORDER BY 1")
    assert [key for (key,) in kept] == ["unread", "waits"]

    # And after a year what nobody has read, but never what nobody was told
    for table in ("notices", "notifications"):
        await age(table, 300)
    await forget("notices")
    await forget("notifications")
    assert [key for (key,) in await rows(workspace, "SELECT dedupe_key FROM notifications")] == ["waits"]


async def test_a_sign_in_of_a_browser_is_forgotten_like_any_other(workspace: WorkspaceView) -> None:
    email = f"{new_id().hex}@shop.test"
    await people.create_account(email, "Ana", PASSWORD)
    await browsers.keep(await sign_ins.sign_in(email, PASSWORD, Origin.of(None, None)))
    await as_owner("UPDATE sign_ins SET expires_at = clock_timestamp() - make_interval(days => 29)")
    assert await forget("sign_ins") == 0
    await as_owner("UPDATE sign_ins SET expires_at = clock_timestamp() - make_interval(days => 31)")
    assert await forget("sign_ins") == 1


@pytest.mark.parametrize("table", ["messages", "payments", "orders", "customers", "stock_movements", "credentials"])
async def test_what_is_kept_for_ever_cannot_be_forgotten(workspace: WorkspaceView, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_retention_work() as session:
            await session.execute(text(f"DELETE FROM {table}"))


async def test_what_was_brought_a_year_ago_is_forgotten_with_its_plan(workspace: WorkspaceView) -> None:
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 20)
    round = await begin_round(await chat_of(shop))
    for latitude in (10.50, 10.47):
        await round.pack(latitude)
    plan = await round.plan()
    brought, open_still = plan.routes[0].stops
    settled = "UPDATE delivery_stops SET outcome = 'delivered', settled_at = clock_timestamp() WHERE id = :id"
    await as_owner(settled, id=brought.id)
    for table, column in (("delivery_stops", "settled_at"), ("delivery_plans", "created_at")):
        await age(table, 366, column)
    # While a stop is open its plan stays, however old it is.
    assert [await forget("delivery_stops"), await forget("delivery_plans")] == [1, 0]
    await as_owner(settled, id=open_still.id)
    await as_owner("UPDATE delivery_plans SET status = 'done'")
    assert [await forget("delivery_stops"), await forget("delivery_plans")] == [0, 0]
    await age("delivery_stops", 366, "settled_at")
    assert [await forget("delivery_stops"), await forget("delivery_plans")] == [1, 1]
    assert await rows(workspace, "SELECT id FROM delivery_routes") == []


async def test_every_retention_runs(database: str) -> None:
    assert [await retention.forget(one) for one in RETENTIONS] == [0] * len(RETENTIONS)
    assert all(one.kept >= timedelta(0) and one.since for one in RETENTIONS)


async def test_a_file_goes_once_no_row_names_it_and_nobody_puts_it_again(database: str, tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    unused, used, fresh, again = [await blobs.put(name) for name in (b"unused", b"used", b"fresh", b"again")]
    for key in (unused, used, again):
        old = time.time() - 2 * 86_400
        os.utime(tmp_path / key[:2] / key, (old, old))

    async def named(digests: object) -> set[str]:
        await blobs.put(b"again")  # somebody sends the same picture at this very moment
        return {used}

    assert await blobs.forget_unless(named, timedelta(days=1)) == 1
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {used, fresh, again}
    # And what rows name is looked up in every table that names files
    await retention.forget_all(get_settings())


def test_the_page_is_the_one_of_the_declarations() -> None:
    assert (ROOT / "docs/retention.md").read_text() == page()


def test_every_table_that_names_stored_bytes_keeps_them_from_being_forgotten() -> None:
    naming = {table.name for table in metadata.tables.values() if "sha256" in table.columns}

    assert {holder.table for holder in FILE_HOLDERS} == naming
