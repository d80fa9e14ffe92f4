"""Lists of orders, customers and payments: what they hold, whose they are, and that no name of a customer is a formula."""

import csv
import io
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import openpyxl
import pytest

from core.access import Principal
from core.errors import NotPermitted
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.connections.schemas import ConnectionSummary
from domain.customers import service as customers
from domain.customers.schemas import NewCustomer
from domain.exports import lists
from domain.exports.files import write_workbook
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.sheets.writing import CsvFile
from domain.orders import by_staff
from domain.orders.kinds import Fulfilment
from domain.orders.schemas import NewOrder, OrderView, WantedLine
from domain.payments import by_staff as payments
from domain.payments.schemas import EnterPayment
from tests.factories.chat import chat_of
from tests.factories.shop import Shop, fill

FORMULA = '=HYPERLINK("http://evil.example","Ana")'
OF_BUSINESS = (ListName.ORDERS, ListName.ORDER_LINES, ListName.CUSTOMERS, ListName.PAYMENTS)


async def read(person: Principal, name: ListName) -> list[dict[str, str]]:
    file = CsvFile(LISTS[name].columns)
    content = file.head + b"".join([file.lines(rows) async for rows in pages(person, name)])
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture
async def branch(shop: Shop, connection: ConnectionSummary) -> UUID:
    """A second store of a shop that takes payments; both have flour."""
    await chat_of(shop, connection.id)
    async with open_work(shop.principal) as work:
        store_id = await shop.open_branch(work)
        for at in (shop.store_id, store_id):
            await fill(work, replace(shop, store_id=at), "HAR-1", 30)
    return store_id


async def sell(shop: Shop, store_id: UUID, name: str, quantity: int) -> OrderView:
    """A paid order of a new customer."""
    manager = roles.staff(shop.workspace_id, new_id(), roles.Role.MANAGER)
    async with open_work(manager) as work:
        customer = await customers.create(work, NewCustomer(name=name, phone="+58 414 123 45 67"))
        line = WantedLine(sku="HAR-1", quantity=Decimal(quantity))
        command = NewOrder(
            customer_id=customer.id,
            lines=(line,),
            fulfilment=Fulfilment.PICKUP,
            store_id=store_id,
            recipient_name=name,
            payment_method="efectivo",
        )
        draft = await by_staff.create(work, command)
        placed = await by_staff.confirm(work, draft.id)
        await payments.enter(work, placed.id, EnterPayment(method="efectivo", amount=placed.total, verified=True))
    return placed


async def test_orders_customers_and_payments_go_out_with_what_belongs_to_them(shop: Shop, branch: UUID) -> None:
    placed = await sell(shop, branch, "Ana Pérez", 2)

    (order,) = await read(shop.principal, ListName.ORDERS)
    assert (order["number"], order["store"], order["customer"], order["total"]) == (
        str(placed.number), "T-2", "Ana Pérez", f"{placed.total.normalize():f}",
    )  # fmt: skip
    (line,) = await read(shop.principal, ListName.ORDER_LINES)
    assert (line["number"], line["code"], line["quantity"]) == (order["number"], "HAR-1", "2")
    assert "Ana Pérez" in [row["name"] for row in await read(shop.principal, ListName.CUSTOMERS)]
    (payment,) = await read(shop.principal, ListName.PAYMENTS)
    assert (payment["order"], payment["customer"], payment["status"]) == (order["number"], "Ana Pérez", "verified")
    assert payment["amount"] == payment["verified_amount"] == order["total"]


async def test_orders_and_payments_of_other_stores_are_not_there(shop: Shop, branch: UUID) -> None:
    own, other = await sell(shop, shop.store_id, "Ana", 1), await sell(shop, branch, "Luis", 2)
    clerk = replace(roles.staff(shop.workspace_id, new_id(), roles.Role.MANAGER), stores=frozenset({shop.store_id}))

    for name, column in ((ListName.ORDERS, "number"), (ListName.ORDER_LINES, "number"), (ListName.PAYMENTS, "order")):
        assert [row[column] for row in await read(clerk, name)] == [str(own.number)], name
        assert {row[column] for row in await read(shop.principal, name)} == {str(own.number), str(other.number)}, name


async def test_a_list_of_orders_is_read_in_pages(shop: Shop, branch: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = [await sell(shop, branch, f"Ana {n}", 1) for n in range(3)]
    monkeypatch.setattr(lists, "PAGE", 2)

    for name in (ListName.ORDERS, ListName.ORDER_LINES, ListName.PAYMENTS):
        read_pages = [rows async for rows in pages(shop.principal, name)]
        assert [len(rows) for rows in read_pages] == [2, 1], name
    assert [row["number"] for row in await read(shop.principal, ListName.ORDERS)] == [str(one.number) for one in placed]


async def test_a_customer_whose_name_is_a_formula_does_nothing_to_whoever_opens_the_list(
    shop: Shop, branch: UUID, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await sell(shop, branch, FORMULA, 1)

    for name in (ListName.ORDERS, ListName.CUSTOMERS, ListName.PAYMENTS):
        written = {value for row in await read(shop.principal, name) for value in row.values()}
        assert f"'{FORMULA}" in written
        assert FORMULA not in written
        path = tmp_path_factory.mktemp("lists") / f"{name.value}.xlsx"
        await write_workbook(shop.principal, name, path)
        cells = [cell for row in openpyxl.load_workbook(path).worksheets[0].iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if "HYPERLINK" in str(cell.value)} == {"s"}


@pytest.mark.parametrize("name", OF_BUSINESS)
async def test_each_right_that_a_list_needs_is_needed(shop: Shop, name: ListName) -> None:
    every = frozenset(str(right) for right in LISTS[name].permissions)
    able = replace(roles.staff(shop.workspace_id, new_id(), roles.Role.VIEWER), permissions=every | {"workspace:read"})
    assert await read(able, name) == []

    for right in every:
        with pytest.raises(NotPermitted):
            await read(replace(able, permissions=able.permissions - {right}), name)
