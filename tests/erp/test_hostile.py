"""Attacks on the reading of an ERP: through its records, through its server, and through whoever may change a connection."""

import asyncio
import socket
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pytest

from connectors import erp as connector
from core.access import Principal, PrincipalKind
from core.errors import Abandoned, StoresOnly
from core.settings import get_settings
from core.work import open_work
from domain.alerts import watching
from domain.catalog import categories
from domain.catalog import service as catalog
from domain.catalog.schemas import NewCategory
from domain.customers import service as customers
from domain.customers.schemas import NewCustomer
from domain.erp import service as erp
from domain.erp import syncing
from domain.erp.errors import ErpPasswordNeeded, ErpVariantTaken
from domain.erp.kinds import JobType, RowStatus, SyncStatus
from domain.erp.schemas import ChangeErpConnection, ErpProductView, Match
from tests.erp.conftest import Aspel
from tests.erp.test_syncing import choose, rows

ANYBODY = "XAXX010101000"
"""The tax number under which Mexican shops invoice whoever gives none."""


async def change(aspel: Aspel, by: Principal, **what: object) -> None:
    async with open_work(by) as work:
        now = await erp.get_connection(work, aspel.connection.id)
        await erp.change_connection(work, now.id, ChangeErpConnection.model_validate(what), now.version)


async def close_a_category(aspel: Aspel) -> None:
    """What lies in it cannot be taken: its name is taken, and it is in use no more."""
    async with open_work(aspel.shop.principal) as work:
        made = await categories.create_category(work, NewCategory(name="VIEJA"))
        await categories.set_category_active(work, made.id, False, made.version)


async def link_at_once(aspel: Aspel, ids: Sequence[UUID]) -> None:
    """Of two people who say of two products that they are the same one here, one is right."""

    async def link(id: UUID) -> ErpProductView:
        async with open_work(aspel.shop.principal) as work:
            return await erp.match(work, id, Match(action="link", sku="QUE-1"))

    both = await asyncio.gather(*(link(id) for id in ids), return_exceptions=True)
    assert {type(each) for each in both} == {ErpProductView, ErpVariantTaken}


async def test_no_record_of_an_erp_stops_the_reading_of_the_others(aspel: Aspel) -> None:
    # Given records that collide with what the house knows, and times and codes that no house can hold
    await choose(aspel, adds_products=True, adds_customers=True)
    aspel.add("X", price=10)
    await aspel.sync(JobType.PRODUCTS)
    async with open_work(aspel.shop.principal) as work:
        (added,), _ = await erp.list_products(work, status=RowStatus.SYNCED)
        await erp.match(work, added.id, Match(action="link", sku="ACE-1"))
        oil = await catalog.get_variant(work, "ACE-1")
        await customers.create(work, NewCustomer(name="Público", tax_id=ANYBODY))
    await close_a_category(aspel)
    aspel.add("ACE-1", "Otra cosa", price=1)
    aspel.add("har-1", "harina", price=2)
    aspel.add("HAR-1", "HARINA", price=3)
    aspel.add("Y", price=4)
    aspel.add("W", price=6)
    client = "null, null, null, null, null, null, 50, 0, null"
    aspel.run(
        "update INVE01 set VERSION_SINC = '2099-06-01' where CVE_ART = 'Y'",
        "update INVE01 set VERSION_SINC = '9999-12-31 23:59' where CVE_ART = 'X'",
        "update INVE01 set LIN_PROD = 'ABARROTES!' where CVE_ART = 'Y'",
        "update INVE01 set LIN_PROD = 'VIEJA' where CVE_ART = 'W'",
        "update INVE01 set CVE_ART = 'Z' || ascii_char(0) where CVE_ART = 'X'",
        "insert into FACTF01 values ('F1', '1', 'E', 1, '9999-12-31 23:59', null, current_timestamp)",
        "insert into PAR_FACTF01 values ('F1', 1, 'Y', 1, 10, 0, 0, 10)",
        f"insert into CLIE01 values ('1', 'Uno', '{ANYBODY}', {client})",
        f"insert into CLIE01 values ('2', 'Dos', '{ANYBODY}', {client})",
    )

    # When it is read
    done = await aspel.sync()

    # Then every run comes to its end, and what cannot be taken is set aside with its reason
    assert {type: one.status for type, one in done.items()} == dict.fromkeys(JobType, SyncStatus.COMPLETED)
    assert [(one.key, one.code) for one in done[JobType.PRODUCTS].error_log] == [("W", "category_put_away")]
    assert [(one.key, one.code) for one in done[JobType.SALES].error_log] == [("F1 / 1", "erp_value_refused")]
    # And nothing of the house was overwritten, nor anybody taken for somebody else
    async with open_work(aspel.shop.principal) as work:
        waiting, _ = await erp.list_products(work, status=RowStatus.UNMATCHED)
        assert {(one.code, one.problem) for one in waiting} == {(code, "erp_variant_taken") for code in ("ACE-1", "har-1")}
        assert await catalog.get_variant(work, "ACE-1") == oil
        assert (await catalog.get_variant(work, "HAR-1")).price == Decimal(3)
        with pytest.raises(ErpVariantTaken):
            await erp.match(work, next(one.id for one in waiting if one.code == "ACE-1"), Match(action="add"))
    assert await rows(aspel, "select name, credit_limit from customers where tax_id is not null order by name") == [
        ("Dos", Decimal(50)),
        ("Público", None),
        ("Uno", Decimal(50)),
    ]

    # And a change that the ERP says is to come hides none that are
    aspel.run(
        "update PRECIO_X_PROD01 set PRECIO = 5 where CVE_ART = 'HAR-1'", "update INVE01 set VERSION_SINC = current_timestamp"
    )
    await aspel.sync(JobType.PRODUCTS)
    async with open_work(aspel.shop.principal) as work:
        assert (await catalog.get_variant(work, "HAR-1")).price == Decimal(5)
    assert (await aspel.sync(JobType.PRODUCTS))[JobType.PRODUCTS].records_skipped == 3
    await link_at_once(aspel, [one.id for one in waiting])


async def test_what_waited_and_collides_stops_no_run(aspel: Aspel) -> None:
    # Given products that wait, of which one lies in a category that the house has closed
    for code in ("A", "B", "C"):
        aspel.add(code, on_hand=1)
    aspel.run("update INVE01 set LIN_PROD = 'VIEJA' where CVE_ART = 'B'")
    await close_a_category(aspel)
    await aspel.sync(JobType.PRODUCTS)
    # When what is lacking is to be made
    await choose(aspel, adds_products=True)
    done = await aspel.sync()
    # Then all the others are, and it is told of as often as it is tried
    assert {type: one.status for type, one in done.items()} == dict.fromkeys(JobType, SyncStatus.COMPLETED)
    assert {(one.key, one.code) for one in done[JobType.PRODUCTS].error_log} == {("B", "category_put_away")}
    assert await rows(aspel, "select sku from product_variants where sku in ('A', 'B', 'C') order by sku") == [("A",), ("C",)]
    # And it waits where somebody can say what it is
    async with open_work(aspel.shop.principal) as work:
        ((waiting,), _) = await erp.list_products(work, status=RowStatus.FAILED)
    assert (waiting.code, waiting.problem) == ("B", "category_put_away")


async def test_what_is_read_no_more_is_told_of_though_the_rest_is(aspel: Aspel) -> None:
    # Given a connection of two days whose sales are refused each time, as after an update of the ERP
    await choose(aspel, adds_products=True, queries={"sync_sales": "SELECT * FROM GONE_WITH_THE_UPDATE"})
    product = "insert into INVE01 (CVE_ART, DESCR, STATUS) values (?, ?, 'A')"
    aspel.server.run(aspel.path, product, rows=[(f"P{number}", "Azúcar") for number in range(12)])
    await rows(aspel, "update erp_connections set created_at = clock_timestamp() - interval '2 days' returning 1")
    done = await aspel.sync()
    assert (done[JobType.SALES].status, done[JobType.PRODUCTS].records_synced) == (SyncStatus.FAILED, 12)
    # Then somebody is told, until they are read
    late = "select 1 from alerts where kind = 'erp_late' and status <> 'resolved'"
    for query, expected in (("SELECT * FROM GONE", 1), (None, 0)):
        await choose(aspel, queries={"sync_sales": query} if query else {})
        await aspel.sync()
        async with open_work(Principal.system(aspel.shop.workspace_id)) as work:
            await watching.watch(work)
        assert len(await rows(aspel, late)) == expected

    # And a query that has lost its rows is believed to be broken, not the shop
    aspel.run("delete from INVE01")
    found = (await aspel.sync(JobType.PRODUCTS, full=True))[JobType.PRODUCTS].details
    assert (found.gone, found.gone_refused) == (0, 12)


async def test_what_is_chosen_otherwise_is_read_again(aspel: Aspel) -> None:
    # Given an ERP that was read, with codes that are numbers in a query of the shop's own
    numbers = "SELECT CAST(CVE_ART AS INTEGER) AS code, DESCR AS name, VERSION_SINC AS changed_at FROM INVE01"
    await choose(aspel, adds_products=True, queries={"sync_products": numbers})
    aspel.add("7", on_hand=5)
    aspel.run("update INVE01 set VERSION_SINC = dateadd(-1 day to current_timestamp)")
    aspel.add("8")
    await aspel.sync()
    for _ in range(2):
        found = (await aspel.sync(JobType.PRODUCTS, full=True))[JobType.PRODUCTS]
        assert (found.details.gone, found.records_skipped) == (0, 2)
    # When its warehouse is another store, and its query says more
    async with open_work(aspel.shop.principal) as work:
        branch = await aspel.shop.open_branch(work)
    await choose(
        aspel, stores={"1": branch}, queries={"sync_products": numbers.replace("DESCR AS name", "DESCR AS name, 9 AS price")}
    )
    await aspel.sync()
    # Then what did not change in the ERP comes in all the same
    async with open_work(aspel.shop.principal) as work:
        assert (await catalog.get_variant(work, "7")).price == Decimal(9)
        variant = (await catalog.get_variant(work, "7")).variant_id
    counted = f"select on_hand from stock_items where store_id = '{branch}' and variant_id = '{variant}'"
    assert await rows(aspel, counted) == [(Decimal(5),)]


async def test_whoever_reads_what_is_chosen_no_more_keeps_nothing(aspel: Aspel) -> None:
    house = Principal.system(aspel.shop.workspace_id)
    await aspel.ask(JobType.PRODUCTS)
    for otherwise in ({"settings": {"company": "02"}}, {"is_active": False}):
        async with open_work(house) as work:
            task = await syncing.take(work, aspel.connection.id)
        assert task is not None
        await change(aspel, aspel.shop.principal, **otherwise)
        with pytest.raises(Abandoned):
            async with open_work(house) as work:
                await syncing.apply_page(work, task, [])
    async with open_work(house) as work:
        assert await syncing.take(work, aspel.connection.id) is None


async def test_a_password_goes_nowhere_but_where_it_was_given_for(aspel: Aspel) -> None:
    # Whoever may change a connection knows no password of it, and has it sent to no server of their own
    for elsewhere in ({"host": "erp.example"}, {"port": 1}):
        with pytest.raises(ErpPasswordNeeded):
            await change(aspel, aspel.shop.principal, **elsewhere)
    await change(aspel, aspel.shop.principal, host=aspel.connection.host, name="SAE 2")
    await change(aspel, aspel.shop.principal, port=1, password="another")
    # And whoever works in one store says nothing of warehouses that are others
    limited = Principal(PrincipalKind.USER, aspel.shop.workspace_id, frozenset({"*"}), stores=frozenset({aspel.shop.store_id}))
    with pytest.raises(StoresOnly):
        await change(aspel, limited, is_active=False)


async def test_what_the_driver_cannot_say_is_an_answer(aspel: Aspel) -> None:
    for wrong in ({"settings": {"charset": "NO_SUCH"}}, {"password": "contraseña 你"}, {"database": "C:\\Año 你\\x.fdb"}):
        await change(aspel, aspel.shop.principal, **{"settings": {}, "password": "masterkey", **wrong})
        async with open_work(aspel.shop.principal) as work:
            access = await erp.opened(work, aspel.connection.id)
        assert (await connector.check(access, get_settings())).code == "erp_charset_refused", wrong
        done = await aspel.sync(JobType.PRODUCTS)
        assert (done[JobType.PRODUCTS].status, done[JobType.PRODUCTS].details.error) == (
            SyncStatus.FAILED,
            "erp_charset_refused",
        )


async def test_a_query_moves_no_sequence_and_its_refusal_tells_no_value(aspel: Aspel) -> None:
    aspel.add("HAR-1", "Doña Secreta")
    aspel.run("create sequence FOLIOS")
    told = "SELECT CVE_ART AS code, DESCR AS name, {} AS brand FROM INVE01"
    for moving in ("GEN_ID(FOLIOS, 1)", "gen_id /* */ (FOLIOS, 1)", "NEXT\nVALUE FOR FOLIOS", 'GEN_ID("FOLIOS", 1)'):
        await choose(aspel, queries={"sync_products": told.format(moving)})
        done = (await aspel.sync(JobType.PRODUCTS))[JobType.PRODUCTS]
        assert (done.status, done.details.error) == (SyncStatus.FAILED, "erp_query_refused"), moving
    await choose(aspel, queries={"sync_products": told.format("CAST(DESCR AS INTEGER)")})
    done = (await aspel.sync(JobType.PRODUCTS))[JobType.PRODUCTS]
    assert done.status is not SyncStatus.COMPLETED
    assert "Secreta" not in done.model_dump_json()
    moved = "SELECT CAST(GEN_ID(FOLIOS, 0) AS VARCHAR(9)) AS code, 'moved' AS name FROM RDB$DATABASE"
    connection = aspel.server.rows(aspel.path, moved)
    assert connection == [("0", "moved")]


async def test_an_erp_that_never_answers_holds_nobody_up_but_itself(aspel: Aspel) -> None:
    loop, silent = asyncio.get_running_loop(), socket.create_server(("127.0.0.1", 0), backlog=100)
    silent.setblocking(False)
    await change(aspel, aspel.shop.principal, port=silent.getsockname()[1], password="secret")
    async with open_work(aspel.shop.principal) as work:
        access = await erp.opened(work, aspel.connection.id)
    # When many check it at once
    checks = [asyncio.create_task(connector.check(access, get_settings())) for _ in range(40)]
    taken = [(await loop.sock_accept(silent))[0] for _ in range(6)]
    # Then what else needs a thread has one at once, and a check that is given up ends
    assert await asyncio.to_thread(lambda: "done") == "done"
    assert not any(each.done() for each in checks)
    for each in checks:
        each.cancel()
    assert {type(each) for each in await asyncio.gather(*checks, return_exceptions=True)} == {asyncio.CancelledError}
    for held in (silent, *taken):
        held.close()
