"""Suppliers: their tax ids by country, their calendar, and what they sell."""

from datetime import date
from decimal import Decimal

import pytest

from core.errors import NotPermitted
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.errors import VersionConflict
from domain.accounts.roles import Role, staff
from domain.suppliers import service as suppliers
from domain.suppliers.errors import SupplierExists, SupplierProductNotFound, TaxIdInvalid
from domain.suppliers.schemas import ChangeSupplier, NewSupplier, SupplierProductInput
from tests.factories.shop import Shop

VALID = (
    ("VE", "j-00006372-9", "RIF", "J000063729", "J-00006372-9"),
    ("PE", "20512333797", "RUC", "20512333797", "20512333797"),
    ("EC", "1792060346-001", "RUC", "1792060346001", "1792060346001"),
    ("EC", "171430710-3", "CI", "1714307103", "1714307103"),
    ("MX", "gode 561231 gr8", "RFC", "GODE561231GR8", "GODE 561231 GR8"),
    ("AR", "20-05536168-2", "CUIT", "20055361682", "20-05536168-2"),
    ("CO", "213.123.432-1", "NIT", "2131234321", "213.123.432-1"),
    ("CL", "12.531.909-2", "RUT", "125319092", "12.531.909-2"),
    ("BR", "16.727.230/0001-97", "CNPJ", "16727230000197", "16.727.230/0001-97"),
    ("BR", "390.533.447-05", "CPF", "39053344705", "390.533.447-05"),
    ("UY", "21-100342-001-7", "RUT", "211003420017", "21-100342-001-7"),
)


@pytest.mark.parametrize(("country", "typed", "kind", "number", "written"), VALID)
async def test_a_tax_id_is_stored_as_its_country_counts_it_and_shown_as_it_writes_it(
    shop: Shop, work: Work, country: str, typed: str, kind: str, number: str, written: str
) -> None:
    made = await suppliers.create(work, NewSupplier(name="Distribuidora", country=country, tax_id=typed))

    assert (made.tax_id_type, made.tax_id, made.tax_id_written) == (kind, number, written)


# Mexico hands out RFCs whose check digit does not hold: it is not checked.
@pytest.mark.parametrize(("country", "typed", "kind", "number", "written"), [row for row in VALID if row[0] != "MX"])
async def test_two_digits_that_changed_places_are_found_and_the_right_id_is_suggested(
    shop: Shop, work: Work, country: str, typed: str, kind: str, number: str, written: str
) -> None:
    # Given the id with two neighbouring digits the other way round
    at = next(i for i in range(2, len(number) - 1) if number[i] != number[i + 1] and number[i : i + 2].isdigit())
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]

    # When it is typed so, then it is refused, and what was meant is among the suggestions
    with pytest.raises(TaxIdInvalid) as refusal:
        await suppliers.check_tax_id(work, swapped, country)
    suggestions = refusal.value.fields["suggestions"]
    assert isinstance(suggestions, tuple)
    assert written in suggestions


@pytest.mark.parametrize(
    ("country", "typed", "problem"),
    [("VE", "J-0000637", "length"), ("VE", "J-00006372-8", "check_digit"), ("PE", "hola", "length"), ("AR", "", "length")],
)
async def test_a_refused_tax_id_says_what_is_wrong_with_it(
    shop: Shop, work: Work, country: str, typed: str, problem: str
) -> None:
    with pytest.raises(TaxIdInvalid) as refusal:
        await suppliers.check_tax_id(work, typed, country)

    assert refusal.value.fields["problem"] == problem
    assert refusal.value.fields["example"]


async def test_an_id_of_a_neighbouring_country_is_recognised_as_that(shop: Shop, work: Work) -> None:
    with pytest.raises(TaxIdInvalid) as refusal:
        await suppliers.check_tax_id(work, "20512333797", "VE")

    assert "PE" in str(refusal.value.fields["also_valid_in"])


async def test_a_country_whose_ids_nobody_can_check_keeps_what_was_typed_and_says_so(shop: Shop, work: Work) -> None:
    found = await suppliers.check_tax_id(work, "1020-305 021", "BO")

    assert (found.type, found.number, found.is_checked) == ("TAX_ID", "1020305021", False)


async def test_a_name_and_a_tax_id_belong_to_one_supplier(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        polar = await suppliers.create(work, NewSupplier(name="Alimentos Polar", tax_id="J-00006372-9"))

        # When the same comes in another spelling, by name or by id
        with pytest.raises(SupplierExists):
            await suppliers.create(work, NewSupplier(name="ALIMENTOS  POLÁR"))
        with pytest.raises(SupplierExists) as refusal:
            await suppliers.create(work, NewSupplier(name="Polar", tax_id="J000063729"))

        # Then the one that is meant is named, and the transaction goes on
        assert refusal.value.fields["supplier_id"] == polar.id
        assert (await suppliers.find(work, ["alimentos polar", "Nestlé"])).keys() == {"alimentos polar"}
        assert [row.name for row in (await suppliers.list_suppliers(work, search="polár")).items] == ["Alimentos Polar"]
        assert (await suppliers.list_suppliers(work, search="100%")).items == ()


async def test_a_change_of_somebody_else_is_not_overwritten(shop: Shop, work: Work) -> None:
    made = await suppliers.create(work, NewSupplier(name="Nestlé Venezuela", phone="0212-5550101", lead_time_days=3))
    changed = await suppliers.change(work, made.id, ChangeSupplier(phone=None, payment_days=30), version=made.version)

    with pytest.raises(VersionConflict):
        await suppliers.change(work, made.id, ChangeSupplier(payment_days=0), version=made.version)

    assert (changed.phone, changed.payment_days, changed.lead_time_days) == (None, 30, 3)
    assert (await suppliers.get(work, made.id)).payment_days == 30


async def test_moving_a_supplier_to_another_country_checks_their_id_there(shop: Shop, work: Work) -> None:
    made = await suppliers.create(work, NewSupplier(name="Nestlé", tax_id="J-00006372-9"))

    with pytest.raises(TaxIdInvalid):
        await suppliers.change(work, made.id, ChangeSupplier(country="PE"))

    moved = await suppliers.change(work, made.id, ChangeSupplier(country="PE", tax_id="20512333797"))
    assert (moved.country, moved.tax_id_type) == ("PE", "RUC")


async def test_goods_are_expected_after_the_next_day_of_orders_and_the_lead_time(shop: Shop, work: Work) -> None:
    made = await suppliers.create(work, NewSupplier(name="Los martes", order_days=frozenset({2, 5}), lead_time_days=2))
    wednesday, friday = date(2026, 3, 4), date(2026, 3, 6)

    assert made.next_order_day(wednesday) == friday
    assert made.expected_on(wednesday) == date(2026, 3, 8)
    assert made.expected_on(friday) == date(2026, 3, 8)


async def test_one_supplier_of_a_product_is_preferred(shop: Shop, work: Work) -> None:
    flour = shop.variants["HAR-1"]
    first = await suppliers.create(work, NewSupplier(name="Polar"))
    second = await suppliers.create(work, NewSupplier(name="Mayorista"))
    for supplier in (first, second):
        line = SupplierProductInput(variant_id=flour, pack_size=Decimal(6), pack_cost=Decimal(90), is_preferred=True)
        await suppliers.set_product(work, supplier.id, line)

    found = (await suppliers.sources(work, [flour]))[flour]
    assert [(source.supplier_id, source.is_preferred) for source in found] == [(second.id, True), (first.id, False)]
    await suppliers.remove_product(work, second.id, flour)
    with pytest.raises(SupplierProductNotFound):
        await suppliers.remove_product(work, second.id, flour)


async def test_pages_of_suppliers_hold_each_once_though_names_repeat_in_case(shop: Shop, work: Work) -> None:
    for number in range(25):
        await suppliers.create(work, NewSupplier(name=f"Proveedor {number % 5}-{number}"))
    seen, cursor = [], None
    while True:
        page = await suppliers.list_suppliers(work, after=cursor, limit=7)
        seen += [row.id for row in page.items]
        if (cursor := page.next_cursor) is None:
            break

    assert len(seen) == len(set(seen)) == 25


async def test_an_operator_sees_suppliers_and_changes_none(shop: Shop) -> None:
    operator = staff(shop.workspace_id, new_id(), Role.OPERATOR)
    async with open_work(operator) as work:
        assert (await suppliers.list_suppliers(work)).items == ()
        with pytest.raises(NotPermitted):
            await suppliers.create(work, NewSupplier(name="X"))
