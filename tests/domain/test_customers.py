"""Who a sender is: user ids, numbers that change hands, and many workers at once."""

import asyncio
from uuid import UUID

import pytest

from core.access import Principal
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.medium import Medium
from domain.customers import phones
from domain.customers import service as customers
from domain.customers.doubles import doubles
from domain.customers.schemas import ContactView, CustomerInput, NewCustomer
from tests.factories.chat import count
from tests.factories.shop import Shop
from tests.factories.workspaces import make_workspace


async def sender(
    work: Work, phone: str | None, user_id: str | None = None, name: str | None = None, medium: Medium = Medium.WHATSAPP
) -> ContactView:
    return await customers.find_or_create(
        work, medium=medium, address=phone or user_id or "", user_id=user_id, phone=phone, name=name
    )


async def test_the_same_number_is_the_same_customer_however_it_is_written(work: Work) -> None:
    # Given a customer who wrote once
    first = await sender(work, "584145550101", name="Ana")

    # When the same number arrives with a plus and spaces
    second = await sender(work, "+58 414 555 0101")

    # Then it is the same customer, under the canonical number
    assert first.is_new
    assert not second.is_new
    assert second.customer_id == first.customer_id
    assert second.phone == "+584145550101"


async def test_a_number_with_another_user_id_belongs_to_a_new_customer(work: Work) -> None:
    # Given a number whose holder has a user id
    before = await sender(work, "584145550101", "VE.1")

    # When the number arrives with another user id
    after = await sender(work, "584145550101", "VE.2")

    # Then that is a new customer, the old one keeps only the user id, and nothing is merged
    assert after.customer_id != before.customer_id
    again = await sender(work, None, "VE.1")
    assert again.customer_id == before.customer_id
    assert (await sender(work, "584145550101")).customer_id == after.customer_id


async def test_the_user_id_wins_over_the_number(work: Work) -> None:
    # Given two customers with user ids
    first = await sender(work, "584145550101", "VE.1")
    await sender(work, "584145550202", "VE.2")

    # When the first one writes from the second one's number
    moved = await sender(work, "584145550202", "VE.1")

    # Then it is still the first customer, who now has the number
    assert moved.customer_id == first.customer_id
    assert (await sender(work, "584145550202")).customer_id == first.customer_id


async def test_a_known_number_gets_its_user_id_when_it_is_first_shown(work: Work) -> None:
    # Given a customer known by number
    before = await sender(work, "584145550101")

    # When a user id comes with it, and later alone
    await sender(work, "584145550101", "VE.1")
    alone = await sender(work, None, "VE.1")

    # Then it is one customer
    assert alone.customer_id == before.customer_id


async def test_many_workers_make_one_customer(workspace: WorkspaceView) -> None:
    # Given a sender nobody knows
    async def find() -> UUID:
        async with open_work(Principal.system(workspace.id)) as work:
            return (await sender(work, "584145550101", "VE.1", "Ana")).customer_id

    # When eight workers ask at once
    found = await asyncio.gather(*(find() for _ in range(8)))

    # Then all get the same customer, and there is only one
    assert len(set(found)) == 1
    shop = Shop(workspace.id, workspace.id, {})
    assert await count(shop, "customers") == 1
    assert await count(shop, "contact_addresses") == 1


async def test_two_workspaces_know_the_same_number_as_two_customers(workspace: WorkspaceView) -> None:
    # Given the same number in two workspaces
    other = await make_workspace()
    ids = []
    for workspace_id in (workspace.id, other.id):
        async with open_work(Principal.system(workspace_id)) as work:
            ids.append((await sender(work, "584145550101")).customer_id)

    # Then neither sees the other's customer
    async with open_work(Principal.system(workspace.id)) as work:
        with pytest.raises(customers.CustomerNotFound):
            await customers.get(work, ids[1])
        assert [view.id for view in await customers.by_phone(work, "584145550101")] == [ids[0]]


async def test_staff_find_a_customer_by_name_and_by_a_national_number(work: Work) -> None:
    # Given a customer
    contact = await sender(work, "584145550101", name="Ana Pérez")
    await customers.change(work, contact.customer_id, CustomerInput(first_name="Anita", email="ana@example.com"), 1)

    # Then name, e-mail and the number as people write it find her
    assert [view.id for view in (await customers.list_customers(work, "pérez")).items] == [contact.customer_id]
    assert (await customers.list_customers(work, "100%")).items == []
    assert [view.id for view in await customers.by_phone(work, "0414-555.0101")] == [contact.customer_id]
    assert (await customers.get(work, contact.customer_id)).called == "Anita"


async def test_the_same_address_is_kept_once_and_the_last_used_comes_first(work: Work) -> None:
    # Given a customer with two addresses, one said twice
    contact = await sender(work, "584145550101")
    await customers.save_address(work, contact.customer_id, "Calle 1, casa 2")
    second = await customers.save_address(work, contact.customer_id, "Av. Bolívar, torre B")
    await customers.save_address(work, contact.customer_id, "calle 1,  casa 2", recipient_name="Luis")

    # When one is preferred and one is forgotten
    kept = await customers.addresses(work, contact.customer_id)
    await customers.choose_default_address(work, contact.customer_id, second.id)
    preferred = await customers.addresses(work, contact.customer_id)
    await customers.forget_address(work, contact.customer_id, second.id)

    # Then there are two, then one, and another customer cannot touch them
    assert [address.recipient_name for address in kept if address.text.startswith("calle")] == ["Luis"]
    assert len(kept) == 2
    assert [address.is_default for address in preferred] == [True, False]
    assert preferred[0].id == second.id
    assert len(await customers.addresses(work, contact.customer_id)) == 1
    stranger = await sender(work, "584145550202")
    with pytest.raises(customers.AddressNotFound):
        await customers.forget_address(work, stranger.customer_id, kept[0].id)


SPELLINGS = [
    pytest.param("551187654321", "5511987654321", id="brazil's ninth digit"),
    pytest.param("5215512345678", "525512345678", id="mexico's mobile prefix"),
    pytest.param("5491155550001", "541155550001", id="argentina's mobile mark"),
    pytest.param("5493511234567", "543511234567", id="argentina, another area"),
]


@pytest.mark.parametrize("is_newer_first", [False, True])
@pytest.mark.parametrize(("older", "newer"), SPELLINGS)
async def test_two_spellings_of_one_telephone_are_one_customer(
    work: Work, older: str, newer: str, is_newer_first: bool
) -> None:
    # Given a customer who wrote under one spelling, without a user id
    first, last = (newer, older) if is_newer_first else (older, newer)
    before = await sender(work, first)

    # When the other spelling writes
    after = await sender(work, last)

    # Then it is the same customer, answered at the spelling that wrote last, and staff find them under both
    assert (after.customer_id, after.contact_address_id) == (before.customer_id, before.contact_address_id)
    assert after.address == last
    assert after.phone is not None
    assert {older, newer} <= after.sender_keys
    for written in (older, newer, f"+{older}", f"+{newer}"):
        assert [view.id for view in await customers.by_phone(work, written)] == [before.customer_id]
    assert await doubles(work) == []


async def test_a_landline_and_a_mobile_that_differ_by_more_than_the_mark_are_two(work: Work) -> None:
    mobile, landline = await sender(work, "5511933334444"), await sender(work, "551133334444")

    assert mobile.customer_id != landline.customer_id


async def test_the_user_id_wins_over_another_spelling_too(work: Work) -> None:
    # Given a telephone whose holder has a user id
    before = await sender(work, "5215512345678", "MX.1")

    # When another spelling of it comes with another user id
    after = await sender(work, "525512345678", "MX.2")

    # Then the number has passed to another person: nobody is merged, and nobody is shown as a double
    assert after.customer_id != before.customer_id
    assert (await sender(work, "5215512345678")).customer_id == after.customer_id
    assert await doubles(work) == []


async def test_customers_who_share_a_telephone_and_cannot_be_told_apart_are_shown(work: Work) -> None:
    # Given a customer who wrote, and the same telephone kept by hand for another in another spelling
    contact = await sender(work, "5491155550001", name="María")
    by_hand = await customers.create(work, NewCustomer(name="M. García", phone="+54 11 5555-0001"))
    await sender(work, "5491155550002")

    # Then the two are shown under one number, and nothing is merged
    [double] = await doubles(work)
    assert double.phone == "+541155550001"
    assert {number.customer_id for number in double.numbers} == {contact.customer_id, by_hand.id}
    assert {number.medium for number in double.numbers} == {Medium.WHATSAPP, None}


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("584145550101", None, "+584145550101"),
        ("+58 (414) 555-0101", None, "+584145550101"),
        ("0414 555 0101", "VE", "+584145550101"),
        ("4145550101", "VE", "+584145550101"),
        ("5215512345678", None, "+525512345678"),
        ("+52 1 55 1234 5678", "MX", "+525512345678"),
        ("551187654321", None, "+5511987654321"),
        ("11 8765-4321", "BR", "+5511987654321"),
        ("(11) 3333-4444", "BR", "+551133334444"),
        ("5491155550001", None, "+5491155550001"),
        ("011 15 5555-0001", "AR", "+5491155550001"),
        ("011 5555-0001", "AR", "+541155550001"),
        ("12", None, None),
        ("VE.1234567890", None, None),
        (None, "VE", None),
    ],
)
def test_numbers_are_read_as_people_and_channels_write_them(raw: str | None, country: str | None, expected: str | None) -> None:
    assert phones.e164(raw, country) == expected


@pytest.mark.parametrize(("raw", "key"), [("5841", "5841"), ("+58 41", "5841"), (" web:7f3a ", "web:7f3a")])
def test_addresses_that_are_no_numbers_stay_as_they_are(raw: str, key: str) -> None:
    assert phones.address_key(raw) == key
