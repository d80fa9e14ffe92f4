"""Reading an ERP: a real Firebird, the whole walk, and everything that gets in its way."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.queue.actors import erp as job
from app.queue.jobs import DEADLINES, SWEEPS
from app.queue.sweeps import unhandled
from connectors import erp as connector
from core.settings import Settings, get_settings
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.catalog.kinds import PriceKind
from domain.customers import service as customers
from domain.customers.schemas import NewCustomer
from domain.erp import service as erp
from domain.erp import syncing
from domain.erp.errors import ErpVariantTaken
from domain.erp.kinds import JobType, Preset, RowStatus, SyncStatus
from domain.erp.records import Raw
from domain.erp.schemas import ChangeErpConnection, ErpSettings, Match, Task
from domain.stock import service as stock
from tests.erp.conftest import MICROSIP, Aspel, connect
from tests.erp.firebird import FirebirdServer
from tests.factories.shop import Shop, fill

ALL = list(JobType)
TRICKY = "€ “Ñandú” – ½"


async def on_hand(aspel: Aspel, sku: str) -> Decimal:
    async with open_work(aspel.shop.principal) as work:
        variant = await catalog.get_variant(work, sku)
        (level,) = await stock.levels(work, variant.variant_id)
    return level.on_hand


async def rows(aspel: Aspel, sql: str) -> list[tuple[object, ...]]:
    async with open_work(aspel.shop.principal) as work:
        return [tuple(row) for row in await work.session.execute(text(sql))]


async def choose(aspel: Aspel, **settings: object) -> None:
    async with open_work(aspel.shop.principal) as work:
        now = await erp.get_connection(work, aspel.connection.id)
        chosen = ErpSettings.model_validate(now.settings.model_dump() | settings)
        await erp.change_connection(work, now.id, ChangeErpConnection(settings=chosen), now.version)


async def test_a_shop_reads_its_erp_from_the_first_check_to_what_has_changed(aspel: Aspel) -> None:
    # Given an ERP that knows one of the shop's products and one that the shop lacks
    aspel.add("HAR-1", "HARINA PAN", price=26000, on_hand=12)
    aspel.add("NUEVO", TRICKY, price=99.5, on_hand=3)
    aspel.sell("F1", ("HAR-1", 2, 26000), ("NUEVO", 1, 99.5))
    aspel.run(
        "insert into CLIE01 values ('         1', 'Peña', 'PEN010101AAA', null, null, null, null, null, null, 500, 0, null)"
    )
    async with open_work(aspel.shop.principal) as work:
        known = await customers.create(work, NewCustomer(name="Ana", tax_id="PEN010101AAA"))
        access = await erp.opened(work, aspel.connection.id)
    checked = await connector.check(access, get_settings())
    assert checked.is_usable
    assert [one.code for one in checked.queries] == ["ok"] * 4

    # When it is read
    done = await aspel.sync()

    # Then what is known has the ERP's price and the shop's name, and the rest waits for somebody
    assert {type: one.status for type, one in done.items()} == dict.fromkeys(ALL, SyncStatus.COMPLETED)
    async with open_work(aspel.shop.principal) as work:
        harina = await catalog.get_variant(work, "HAR-1")
        unmatched, _ = await erp.list_products(work, status=RowStatus.UNMATCHED)
        matched, _ = await erp.list_products(work, status=RowStatus.SYNCED)
        ana = await customers.get(work, known.id)
    assert (harina.price, harina.name) == (Decimal(26000), "Harina P.A.N. Blanca")
    assert {(one.field, one.taken) for one in matched[0].conflicts} == {("name", "house"), ("price", "erp")}
    assert [(one.code, one.name) for one in unmatched] == [("NUEVO", TRICKY)]
    assert await on_hand(aspel, "HAR-1") == 12
    assert await rows(aspel, "select quantity, document from sale_lines") == [(Decimal(2), "F1")]
    assert (ana.name, ana.credit_limit) == ("Ana", Decimal(500))

    # When somebody says that the other one is new, and the ERP is read again
    async with open_work(aspel.shop.principal) as work:
        await erp.match(work, unmatched[0].id, Match(action="add"))
    again = await aspel.sync()

    # Then what it said of it comes in, and nothing else is said twice
    assert await on_hand(aspel, "NUEVO") == 3
    assert len(await rows(aspel, "select 1 from sale_lines")) == 2
    assert (again[JobType.INVENTORY].records_synced, again[JobType.SALES].records_synced) == (1, 1)
    assert again[JobType.PRODUCTS].records_synced == 0
    assert (await aspel.sync())[JobType.INVENTORY].records_skipped == 2
    assert len(await rows(aspel, "select 1 from stock_movements")) == 2


async def test_only_what_has_changed_is_read_and_what_the_erp_takes_back_goes(aspel: Aspel) -> None:
    await choose(aspel, adds_products=True)
    aspel.add("A", price=10, on_hand=5)
    aspel.add("B", price=10, on_hand=5)
    aspel.sell("F1", ("A", 1, 10), ("A", 2, 10))
    aspel.run("update INVE01 set VERSION_SINC = '2020-01-01' where CVE_ART = 'B'")
    await aspel.sync()
    # When the ERP sells, changes an invoice, and loses a product; what nobody touched is not even read
    aspel.run(
        "update MULT01 set EXIST = 4 where CVE_ART = 'A'",
        "update PAR_FACTF01 set CANT = 3, TOT_PARTIDA = 30 where NUM_PAR = 2",
        "update PAR_FACTF01 set CANT = 0 where NUM_PAR = 1",
        "update FACTF01 set VERSION_SINC = current_timestamp",
    )
    done = await aspel.sync()
    assert await on_hand(aspel, "A") == 4
    assert done[JobType.PRODUCTS].records_skipped == 1
    assert await rows(aspel, "select quantity from sale_lines") == [(Decimal(3),)]
    assert [(one.key, one.code) for one in done[JobType.SALES].error_log] == [("F1 / 1", "erp_sale_not_positive")]
    aspel.run("update FACTF01 set STATUS = 'C'", "delete from INVE01 where CVE_ART = 'B'")
    done = await aspel.sync(full=True)
    assert await rows(aspel, "select quantity from sale_lines") == []
    assert done[JobType.PRODUCTS].details.gone == 1
    async with open_work(aspel.shop.principal) as work:
        assert (await catalog.get_variant(work, "B")).sku == "B"


async def test_a_level_that_moved_here_since_the_erp_was_read_keeps_what_moved(aspel: Aspel) -> None:
    aspel.add("HAR-1", on_hand=10)
    await aspel.sync()
    async with open_work(aspel.shop.principal) as work:
        await fill(work, aspel.shop, "HAR-1", 5)
    # The ERP says the same as before: only the house knows better.
    await aspel.sync()
    assert await on_hand(aspel, "HAR-1") == 15
    aspel.run("update MULT01 set EXIST = 14")
    await aspel.sync()
    assert await on_hand(aspel, "HAR-1") == 14
    # Where the house is right about stock, the ERP's is kept and not booked.
    await choose(aspel, right={"stock": "house"})
    aspel.run("update MULT01 set EXIST = 1")
    await aspel.sync()
    assert await on_hand(aspel, "HAR-1") == 14


async def test_one_bad_record_is_set_aside_with_its_key_and_the_others_come_in(aspel: Aspel) -> None:
    await choose(aspel, adds_products=True, adds_customers=True)
    aspel.add("A", TRICKY, on_hand=1)
    aspel.add("B")
    aspel.add("C", on_hand=-2)
    aspel.run(
        "update INVE01 set DESCR = _none x'8141' where CVE_ART = 'B'",
        "insert into MULT01 values ('A', 7, 1)",
        "insert into CLIE01 values ('1', _utf8 x'E4BDA0', null, null, null, null, null, null, null, 0, 0, null)",
        "insert into CLIE01 values ('2', 'Ñañez', null, 'no-mail', null, null, null, null, null, 0, 0, null)",
        "insert into CLIE01 values ('3', 'Ñañez', null, null, null, null, null, null, null, 0, 0, null)",
    )
    done = await aspel.sync()
    told = {type: [(one.key, one.code, one.field) for one in done[type].error_log] for type in ALL}
    assert told[JobType.PRODUCTS] == [("B", "erp_text_unreadable", "name")]
    assert told[JobType.INVENTORY] == [("A / 7", "erp_warehouse_unmapped", None), ("C / 1", "erp_stock_negative", None)]
    assert told[JobType.CUSTOMERS] == [("1", "erp_text_unreadable", None), ("2", "erp_value_refused", None)]
    assert (done[JobType.PRODUCTS].records_synced, done[JobType.CUSTOMERS].records_synced) == (2, 1)
    # What was wrong is tried again when it is right.
    await choose(aspel, stores={"1": aspel.shop.store_id}, adds_products=True)
    aspel.run("update MULT01 set EXIST = 6 where CVE_ART = 'C'", "delete from MULT01 where CVE_ALM = 7")
    assert (await aspel.sync())[JobType.INVENTORY].records_failed == 1
    assert await on_hand(aspel, "C") == 6


class Killed(BaseException):
    """The worker's end."""


async def test_a_run_that_is_killed_on_any_page_ends_as_if_nothing_had_happened(
    aspel: Aspel, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an ERP whose pages are of two records, and workers that die before a page is kept, or right after
    await choose(aspel, adds_products=True)
    for number in range(7):
        aspel.add(f"P{number}", on_hand=number)
    monkeypatch.setattr(job, "PAGE", 2)
    keep, pages, deaths = job._apply, 0, 0

    async def dying(task: Task, page: list[Raw]) -> set[syncing.Written]:
        nonlocal pages
        pages += 1
        if pages % 2 == 0:
            raise Killed
        seen = await keep(task, page)
        if pages % 3 == 0:
            raise Killed
        return seen

    monkeypatch.setattr(job, "_apply", dying)
    await aspel.ask(JobType.PRODUCTS, JobType.INVENTORY)
    # When others go on each time
    while await rows(aspel, "select 1 from sync_jobs where status <> 'completed'"):
        try:
            await aspel.read()
        except Killed:
            deaths += 1
            await rows(aspel, "update erp_connections set lease_until = null returning 1")
            await rows(aspel, "update sync_jobs set next_try_at = clock_timestamp() returning 1")
    # Then every record was taken once
    assert deaths > 3
    assert [await on_hand(aspel, f"P{number}") for number in range(7)] == list(range(7))
    assert len(await rows(aspel, "select 1 from stock_movements")) == 6
    counted = "select records_synced, records_failed from sync_jobs where status = 'completed' order by job_type"
    assert await rows(aspel, counted) == [(7, 0), (7, 0)]


async def test_an_erp_that_is_away_for_a_day_harms_nothing_and_is_read_when_it_is_back(aspel: Aspel) -> None:
    aspel.add("HAR-1", price=26000, on_hand=4)
    aspel.server.stop()
    try:
        for _ in range(3):
            done = await aspel.sync()
            assert {one.status for one in done.values()} == {SyncStatus.PENDING}
            await rows(aspel, "update sync_jobs set next_try_at = clock_timestamp() - interval '1 minute' returning 1")
        assert done[JobType.PRODUCTS].details.error == "erp_unavailable"
        # However often its time comes, no run waits twice.
        (deadline,) = [one for one in DEADLINES if one.name == "erp_due"]
        async with open_work(aspel.shop.principal) as work:
            await work.session.execute(text("update erp_connections set due_at = clock_timestamp()"))
        async with open_work(aspel.shop.principal) as work:
            assert await deadline.settle(work, aspel.connection.id)
        assert len(await rows(aspel, "select 1 from sync_jobs")) == 4
    finally:
        aspel.server.start()
    (found,) = [one for sweep in SWEEPS if sweep.job == syncing.SYNC_JOB for one in await unhandled(sweep)]
    assert found.ring.arguments["connection_id"] == str(aspel.connection.id)
    await job.sync(**found.ring.arguments)
    assert await on_hand(aspel, "HAR-1") == 4


async def test_an_erp_that_refuses_says_why_and_inside_only_named_networks_are_met(aspel: Aspel) -> None:
    async with open_work(aspel.shop.principal) as work:
        wrong = ChangeErpConnection(password=SecretStr("not-this"))
        await erp.change_connection(work, aspel.connection.id, wrong, aspel.connection.version)
    done = await aspel.sync(JobType.PRODUCTS)
    assert (done[JobType.PRODUCTS].status, done[JobType.PRODUCTS].details.error) == (SyncStatus.FAILED, "erp_login_refused")
    async with open_work(aspel.shop.principal) as work:
        access = await erp.opened(work, aspel.connection.id)
    inside = Settings(calls_to_private_addresses=False)
    assert (await connector.check(access, inside)).code == "erp_address_refused"
    named = Settings(calls_to_private_addresses=False, erp_networks="127.0.0.0/8")
    assert (await connector.check(access, named)).code == "erp_login_refused"
    assert "not-this" not in repr(access)


async def test_a_query_of_the_shops_own_is_tried_and_only_reads(aspel: Aspel) -> None:
    aspel.add("HAR-1")
    own = "SELECT CVE_ART AS code, DESCR AS title FROM INVE01"
    await choose(aspel, queries={"sync_products": own, "sync_sales": "SELECT * FROM NADA"})
    async with open_work(aspel.shop.principal) as work:
        access = await erp.opened(work, aspel.connection.id)
    codes = {one.job_type: (one.code, one.said) for one in (await connector.check(access, get_settings())).queries}
    assert codes[JobType.PRODUCTS] == ("erp_columns_missing", "name")
    assert codes[JobType.SALES][0] == "erp_query_refused"
    await choose(aspel, queries={"sync_products": own.replace("title", "name") + " WHERE CVE_ART <> 'x'"})
    assert (await aspel.sync(JobType.PRODUCTS))[JobType.PRODUCTS].records_synced == 1


async def test_a_product_of_the_house_is_one_of_the_erps_and_no_other(aspel: Aspel) -> None:
    aspel.add("HAR-1")
    aspel.add("HARINA", "Harina")
    await aspel.sync(JobType.PRODUCTS)
    async with open_work(aspel.shop.principal) as work:
        (open_one,), _ = await erp.list_products(work, status=RowStatus.UNMATCHED)
        with pytest.raises(ErpVariantTaken):
            await erp.match(work, open_one.id, Match(action="link", sku="HAR-1"))
        with pytest.raises(ProductNotFound):
            await erp.match(work, open_one.id, Match(action="link", sku="NADA"))
        linked = await erp.match(work, open_one.id, Match(action="link", sku="ACE-1"))
    assert linked.variant_id == aspel.shop.variants["ACE-1"]
    async with open_work(aspel.shop.principal) as work:
        await erp.match(work, open_one.id, Match(action="ignore"))
    await aspel.sync(JobType.PRODUCTS, full=True)
    async with open_work(aspel.shop.principal) as work:
        assert [one.code for one in (await erp.list_products(work, status=RowStatus.IGNORED))[0]] == ["HARINA"]


async def prices(aspel: Aspel, sku: str) -> tuple[object, object]:
    found = await rows(aspel, f"select price, wholesale_price from product_variants where sku = '{sku}'")
    return found[0][0], found[0][1]


async def test_each_price_is_of_the_list_that_the_shop_names(aspel: Aspel) -> None:
    # Given a product that has not changed for years and another that has today, and three lists of prices
    aspel.add("HAR-1", price=26000)
    aspel.run("update INVE01 set VERSION_SINC = '2020-01-01'")
    aspel.add("ACE-1", price=10)
    aspel.run(
        *(f"insert into PRECIO_X_PROD01 values ('HAR-1', {number}, {price})" for number, price in ((2, 24000), (3, 30000)))
    )
    await aspel.sync(JobType.PRODUCTS)
    assert await prices(aspel, "HAR-1") == (Decimal(26000), None)
    # When the shop names its lists, the next run reads what has not changed as well
    settings = aspel.connection.settings.model_copy(update={"lists": {PriceKind.RETAIL: 3, PriceKind.WHOLESALE: 2}})
    async with open_work(aspel.shop.principal) as work:
        seen = (await erp.get_connection(work, aspel.connection.id)).version
        await erp.change_connection(work, aspel.connection.id, ChangeErpConnection(settings=settings), seen)
    await aspel.sync(JobType.PRODUCTS)
    assert await prices(aspel, "HAR-1") == (Decimal(30000), Decimal(24000))
    # And the one after it only what has changed
    assert (await aspel.sync(JobType.PRODUCTS))[JobType.PRODUCTS].records_skipped == 1


async def test_microsip_is_read_by_its_own_names(server: FirebirdServer, shop: Shop) -> None:
    path = server.make(f"microsip_{uuid4().hex[:8]}")
    rows_of = (
        "insert into ARTICULOS values (7, 'Harina', 3, 'PIEZA', 'A', current_timestamp)",
        "insert into CLAVES_ARTICULOS values ('HAR-1', 7, 17)",
        "insert into CLAVES_ARTICULOS values ('OTRA', 7, 18)",
        "insert into LINEAS_ARTICULOS values (3, 'Harinas')",
        "insert into PRECIOS_ARTICULOS values (7, 42, 31.5)",
        "insert into PRECIOS_ARTICULOS values (7, 43, 28)",
        "insert into SALDOS_IN values (7, 1, 10, 2)",
        "insert into SALDOS_IN values (7, 1, 5, 4)",
        "insert into DOCTOS_VE values (1, 'F', 'A00000012', '2026-01-05', '10:30', 9, 1, 'N', current_timestamp)",
        "insert into DOCTOS_VE values (2, 'C', 'A00000013', '2026-01-05', null, 9, 1, 'N', current_timestamp)",
        "insert into DOCTOS_VE_DET values (1, 1, 7, 2, 31.5, 63)",
        "insert into DOCTOS_VE_DET values (2, 1, 7, 9, 31.5, 9)",
        "insert into CLIENTES values (9, 'Peña', 900, current_timestamp)",
        "insert into CLAVES_CLIENTES values ('C9', 9)",
        "insert into DIRS_CLIENTES values (9, 'S', 'PEN010101AAA', null, '4421234567', 'Uno', 'Querétaro', '76000')",
    )
    server.run(path, *MICROSIP, *rows_of)
    settings = {"adds_customers": True, "lists": {PriceKind.WHOLESALE: 43}}
    microsip = Aspel(server, path, shop, await connect(shop, server, path, Preset.MICROSIP, **settings))
    done = await microsip.sync()
    assert {type: (one.records_synced, one.records_failed) for type, one in done.items()} == dict.fromkeys(ALL, (1, 0))
    assert await on_hand(microsip, "HAR-1") == 9
    assert await prices(microsip, "HAR-1") == (Decimal("31.50"), Decimal(28))
    sold = "select quantity, total, document, sold_at at time zone 'America/Caracas' from sale_lines"
    at = datetime(2026, 1, 5, 10, 30)  # noqa: DTZ001 - by the clock on the wall
    assert await rows(microsip, sold) == [(Decimal(2), Decimal(63), "A00000012", at)]
    assert await rows(microsip, "select name, credit_limit from customers") == [("Peña", Decimal(900))]
