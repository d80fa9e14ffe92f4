"""Goods between stores: wherever they are, they are somewhere, whoever stops half-way."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from core import db
from core.access import Principal
from core.errors import CommitOutcomeUnknown, NotPermitted
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.roles import Role, staff
from domain.purchasing import receiving
from domain.purchasing.schemas import NewPurchase, ReceiptLineInput
from domain.stock import counting, holds, transfers
from domain.stock import service as stock
from domain.stock.errors import NotInStore, StockPromised, TransferExceeded, TransferNotReady
from domain.stock.kinds import TransferOutcome, TransferStatus
from domain.stock.schemas import HoldLine, NewTransfer, QuantityLine, TransferStep
from tests.factories.purchases import make_supplier
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.workspaces import make_workspace
from tests.properties import examples


async def asked(work: Work, shop: Shop, to_store: UUID, quantity: Decimal | int = 6) -> UUID:
    """An approved transfer of flour."""
    line = QuantityLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(quantity))
    transfer = await transfers.request_transfer(
        work, NewTransfer(from_store_id=shop.store_id, to_store_id=to_store, lines=(line,), reason="weekend")
    )
    await transfers.approve_transfer(work, transfer.id)
    return transfer.id


def step(shop: Shop, key: str, outcome: TransferOutcome, quantity: int, reason: str | None = None) -> TransferStep:
    """What became of some of the flour."""
    line = QuantityLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(quantity))
    return TransferStep(key=key, outcome=outcome, lines=(line,), reason=reason)


async def totals(work: Work, shop: Shop, sent: list[UUID]) -> tuple[Decimal, Decimal]:
    """What of the flour is in the stores, on its way and lost, and what that has cost."""
    levels = await stock.levels(work, shop.variants["HAR-1"])
    lines = [line for id in sent for line in (await transfers.get_transfer(work, id)).lines]
    goods = sum((level.on_hand for level in levels), Decimal(0)) + sum((line.in_transit for line in lines), Decimal(0))
    value = sum((level.value for level in levels), Decimal(0)) + sum((line.value for line in lines), Decimal(0))
    return goods + sum((line.lost for line in lines), Decimal(0)), value


async def test_a_short_arrival_leaves_a_difference_with_a_name(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        transfer = await asked(work, shop, branch)
        sent = await transfers.send_transfer(work, transfer)
        assert await transfers.send_transfer(work, transfer) == sent
        assert [level.on_hand for level in await stock.levels(work, shop.variants["HAR-1"])] == [4]

        # When four of six arrive
        short = await transfers.settle_transfer(work, transfer, step(shop, "truck", TransferOutcome.RECEIVED, 4))

        # Then two are missing on the transfer, and neither more nor the same again can arrive
        assert (short.status, short.lines[0].in_transit) == (TransferStatus.IN_TRANSIT, Decimal(2))
        assert await transfers.settle_transfer(work, transfer, step(shop, "truck", TransferOutcome.RECEIVED, 4)) == short
        with pytest.raises(KeyReused):
            await transfers.settle_transfer(work, transfer, step(shop, "truck", TransferOutcome.RECEIVED, 1))
        with pytest.raises(TransferExceeded):
            await transfers.settle_transfer(work, transfer, step(shop, "late", TransferOutcome.RECEIVED, 3))

        # And one comes back, and the other is written off where it was awaited, with its reason in the ledger
        await transfers.settle_transfer(work, transfer, step(shop, "back", TransferOutcome.RETURNED, 1))
        done = await transfers.settle_transfer(work, transfer, step(shop, "lost", TransferOutcome.LOST, 1, "fell off"))
        assert done.status is TransferStatus.RECEIVED
        by_store = {level.store_id: level.on_hand for level in await stock.levels(work, shop.variants["HAR-1"])}
        assert by_store == {shop.store_id: Decimal(5), branch: Decimal(4)}
        (written_off, *_) = await stock.movements(work, store_id=branch)
        assert (written_off.type, written_off.delta, written_off.reason) == ("adjustment", Decimal(-1), "fell off")
        assert await stock.reconcile(work) == []


async def test_what_orders_hold_is_not_sent_and_what_was_not_asked_for_neither(shop: Shop, work: Work) -> None:
    branch = await shop.open_branch(work)
    await fill(work, shop, "HAR-1", 6)
    transfer = await asked(work, shop, branch)
    with pytest.raises(TransferExceeded):
        await transfers.send_transfer(work, transfer, [QuantityLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(7))])
    held = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(1))
    await holds.hold(work, new_id(), shop.store_id, [held], work.now)
    with pytest.raises(StockPromised):
        await transfers.send_transfer(work, transfer)
    assert (await transfers.cancel_transfer(work, transfer, "no truck")).status is TransferStatus.CANCELLED
    with pytest.raises(TransferNotReady):
        await transfers.send_transfer(work, transfer)


async def test_whoever_asks_does_not_approve_nor_write_off(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        sent = await asked(work, shop, branch)
        await transfers.send_transfer(work, sent)
    line = QuantityLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(1))
    async with open_work(staff(shop.workspace_id, new_id(), Role.OPERATOR)) as work:
        wanted = NewTransfer(from_store_id=shop.store_id, to_store_id=branch, lines=(line,))
        transfer = await transfers.request_transfer(work, wanted)
        with pytest.raises(NotPermitted):
            await transfers.approve_transfer(work, transfer.id)
        with pytest.raises(NotPermitted):
            await transfers.settle_transfer(work, sent, step(shop, "x", TransferOutcome.LOST, 1, "fell off"))


class Killer:
    """Stops a work before its n-th statement, as the end of its process there would."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise ConnectionError("killed")


async def _attempt(principal: Principal, transfer: UUID, command: TransferStep | None, killer: Killer) -> bool:
    """Send, or settle, and be killed on the way; whether it was done."""
    event.listen(Engine, "before_cursor_execute", killer)
    try:
        async with open_work(principal) as work:
            if command is None:
                await transfers.send_transfer(work, transfer)
            else:
                await transfers.settle_transfer(work, transfer, command)
    except (ConnectionError, DBAPIError, CommitOutcomeUnknown):
        return False
    finally:
        event.remove(Engine, "before_cursor_execute", killer)
    return True


async def test_a_transfer_that_is_killed_at_any_statement_loses_nothing_and_can_go_on(shop: Shop) -> None:
    # Given flour that has cost something, and a transfer of a part of it
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        line = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(10))
        await stock.receive(work, shop.store_id, [line], values={line.variant_id: Decimal("33.33")})
        transfer = await asked(work, shop, branch)
        before = await totals(work, shop, [transfer])
    commands = (
        None,
        step(shop, "truck", TransferOutcome.RECEIVED, 3),
        step(shop, "lost", TransferOutcome.LOST, 3, "fell off"),
    )

    # When each step of it is killed before its first statement, its second, and so on until it gets through
    for command in commands:
        at = 0
        done = False
        while not done:
            at += 1
            done = await _attempt(shop.principal, transfer, command, Killer(at))
            async with open_work(shop.principal) as work:
                goods, value = await totals(work, shop, [transfer])
                written_off = sum((m.value for m in await stock.movements(work) if m.type == "adjustment"), Decimal(0))
                assert (goods, value - written_off) == before
                assert await stock.reconcile(work) == []
        assert at > 5

    # Then all of it is accounted for
    async with open_work(shop.principal) as work:
        assert (await transfers.get_transfer(work, transfer)).status is TransferStatus.RECEIVED


async def test_two_people_who_take_in_the_same_truck_take_it_in_once(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        transfer = await asked(work, shop, branch)
        await transfers.send_transfer(work, transfer)

    async def receive(person: int) -> bool:
        try:
            async with open_work(shop.principal) as work:
                await transfers.settle_transfer(work, transfer, step(shop, str(person), TransferOutcome.RECEIVED, 6))
        except TransferExceeded:
            return False
        return True

    assert (await asyncio.gather(*(receive(person) for person in range(8)))).count(True) == 1


class Carrier:
    """Two stores, and an event loop that outlives the examples."""

    def __init__(self, loop: asyncio.AbstractEventLoop, shop: Shop, branch: UUID) -> None:
        self.loop, self.shop, self.branch = loop, shop, branch

    async def play(self, acts: list[tuple[str, int]]) -> int:
        """Send to and fro, whatever comes of it; what there was is somewhere after each act. How often something was sent."""
        known: list[UUID] = []
        async with open_work(self.shop.principal) as work:
            line = HoldLine(variant_id=self.shop.variants["HAR-1"], quantity=Decimal(20))
            await stock.receive(work, self.shop.store_id, [line], values={line.variant_id: Decimal("99.99")})
            goods, value = await totals(work, self.shop, known)
        for kind, quantity in acts:
            try:
                async with open_work(self.shop.principal) as work:
                    await self.act(work, kind, quantity, known)
            except (StockPromised, TransferExceeded, NotInStore, TransferNotReady):
                pass
            async with open_work(self.shop.principal) as work:
                assert await stock.reconcile(work) == []
                now = await totals(work, self.shop, known)
                assert now[0] == goods
                assert now[1] <= value
        return len(known)

    async def act(self, work: Work, kind: str, quantity: int, known: list[UUID]) -> None:
        if kind == "send":
            id = await asked(work, self.shop, self.branch, quantity)
            await transfers.send_transfer(work, id)
            known.append(id)
        elif known:
            outcome = TransferOutcome(kind)
            reason = "gone" if outcome is TransferOutcome.LOST else None
            await transfers.settle_transfer(work, known[-1], step(self.shop, str(new_id()), outcome, quantity, reason))


@pytest.fixture
def carrier(database_url: str) -> Iterator[Carrier]:
    """Two stores on a fresh database, connected in a loop of its own."""
    with asyncio.Runner() as runner:

        async def start() -> tuple[Shop, UUID]:
            db.connect(database_url, pool_size=3)
            shop = await open_shop((await make_workspace()).id)
            async with open_work(shop.principal) as work:
                return shop, await shop.open_branch(work)

        yield Carrier(runner.get_loop(), *runner.run(start()))
        runner.run(db.disconnect())


@pytest.mark.hypothesis
def test_what_is_in_the_stores_and_on_its_way_is_always_the_same(carrier: Carrier) -> None:
    kinds = st.sampled_from(("send", "received", "returned", "lost"))
    sent: list[int] = []

    @examples(15, suppress=(HealthCheck.too_slow,))
    @given(st.lists(st.tuples(kinds, st.integers(1, 7)), min_size=3, max_size=10))
    def run(acts: list[tuple[str, int]]) -> None:
        sent.append(carrier.loop.run_until_complete(carrier.play(acts)))

    run()
    assert any(sent)


async def test_people_of_one_store_number_and_book_what_those_of_another_do_not_see(shop: Shop) -> None:
    # Given two stores, and somebody in each who sees nothing of the other
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        supplier = await make_supplier(work, shop)
    here = replace(staff(shop.workspace_id, new_id(), Role.MANAGER), stores=frozenset({shop.store_id}))
    there = replace(staff(shop.workspace_id, new_id(), Role.MANAGER), stores=frozenset({branch}))
    flour = ReceiptLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(1))
    numbers = []

    # When both buy under the same key, and count
    for person, store in ((here, shop.store_id), (there, branch)):
        async with open_work(person) as work:
            bought = NewPurchase(key="F-1", supplier_id=supplier, store_id=store, lines=(flour,))
            numbers.append((await receiving.buy(work, bought)).number)
            await counting.open_count(work, store, "May")
            assert len((await counting.list_counts(work)).items) == 1

    # Then both have their own, and goods that one sends are taken in by the other
    assert numbers == [1, 2]
    async with open_work(here) as work:
        transfer = await asked(work, shop, branch)
        await transfers.send_transfer(work, transfer)
    async with open_work(there) as work:
        await transfers.settle_transfer(work, transfer, step(shop, "truck", TransferOutcome.RECEIVED, 6))
        assert [level.on_hand for level in await stock.levels(work, shop.variants["HAR-1"])] == [12]
