"""Customers: the rules by which a sender becomes a customer, and what staff may read and change."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from core import events
from core.errors import Conflict, CursorRefused, NotFound
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.connections.medium import Medium
from domain.customers import phones, repository
from domain.customers.models import ContactAddress, Customer, CustomerAddress
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import (
    AddressView,
    ContactView,
    CustomerDetail,
    CustomerInput,
    CustomerPage,
    CustomerView,
    NewAddress,
    NewCustomer,
)

_ATTEMPTS = 5
"""A sender's address can be made by another worker between our look and our insert; each such loss is one attempt."""


class CustomerNotFound(NotFound):
    """No such customer in this workspace."""

    code = "customer_not_found"


class CustomerMerged(Conflict):
    """The customer was found to be another one, who is meant instead."""

    code = "customer_merged"


class AddressNotFound(NotFound):
    """The customer has no such address."""

    code = "address_not_found"


def _contact_view(row: ContactAddress, *, is_new: bool = False) -> ContactView:
    return ContactView(
        contact_address_id=row.id,
        customer_id=row.customer_id,
        medium=Medium(row.medium),
        address=row.address,
        user_id=row.user_id,
        phone=row.phone,
        name=row.name,
        is_new=is_new,
    )


async def find_or_create(
    work: Work, *, medium: Medium, address: str, user_id: str | None, phone: str | None, name: str | None
) -> ContactView:
    """The customer behind a sender, made if new; any number of workers may ask at once.

    The user id wins over the number. A number that is shown with another user id than before belongs to a new
    customer from now on; nothing is merged.
    """
    work.require(CustomersPermission.WRITE)
    address, user_id, name = address.strip(), _clean(user_id), _clean(name)
    number = phones.e164(phone) or phones.e164(address)
    key = None if phone is None and address == user_id else phones.address_key(phone or address)
    for _ in range(_ATTEMPTS):
        found = await repository.lock_contacts(work, medium, user_id, key)
        contact = await _choose(work, found, user_id, key)
        if contact is not None:
            return _contact_view(await _refresh(work, contact, address, user_id, number, key, name)).seen_by(work.principal)
        created = await repository.insert_contact(
            work, medium=medium, address=address, key=key, user_id=user_id, phone=number, name=name
        )
        if created is not None:
            customer = await repository.get(work, created.customer_id)
            assert customer is not None, "made with its address"
            events.record(work, EventType.CUSTOMER_CREATED, subject=customer.id, after={"medium": medium})
            return _contact_view(created, is_new=True).seen_by(work.principal)
    raise RuntimeError("a contact address was made and vanished again and again")


async def _choose(work: Work, found: list[ContactAddress], user_id: str | None, key: str | None) -> ContactAddress | None:
    """Whose message this is, among those who have the user id or the number; a number is taken from whoever lost it."""
    same_person = next((row for row in found if user_id is not None and row.user_id == user_id), None)
    holder = next((row for row in found if key is not None and row.address_key == key), None)
    if holder is None or holder is same_person:
        return same_person
    if same_person is None and (user_id is None or holder.user_id is None):
        return holder
    holder.address_key = None
    events.record(
        work, EventType.CONTACT_ADDRESS_NUMBER_REASSIGNED, subject=holder.id, reason="the number came with another user id"
    )
    await work.session.flush()
    return same_person


async def _refresh(
    work: Work,
    contact: ContactAddress,
    address: str,
    user_id: str | None,
    phone: str | None,
    key: str | None,
    name: str | None,
) -> ContactAddress:
    is_news = (name or contact.name, phone or contact.phone) != (contact.name, contact.phone)
    contact.address = address
    contact.user_id = user_id or contact.user_id
    contact.address_key = key or contact.address_key
    contact.phone = phone or contact.phone
    contact.name = name or contact.name
    contact.last_seen_at = work.now
    customer = await repository.get(work, contact.customer_id) if is_news else None
    if customer is not None:
        customer.name = customer.name or name
        customer.phone = customer.phone or phone
    await work.session.flush()
    return contact


def _clean(value: str | None) -> str | None:
    return (value.strip()[:200] or None) if value else None


def _view(work: Work, row: Customer) -> CustomerView:
    return CustomerView.model_validate(row).seen_by(work.principal)


async def get(work: Work, customer_id: UUID) -> CustomerView:
    """One customer."""
    work.require(CustomersPermission.READ)
    return _view(work, await _row(work, customer_id))


async def by_ids(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, CustomerView]:
    """Some customers, by their ids."""
    work.require(CustomersPermission.READ)
    return {row.id: _view(work, row) for row in await repository.by_ids(work, customer_ids)}


async def _row(work: Work, customer_id: UUID) -> Customer:
    row = await repository.get(work, customer_id)
    if row is None:
        raise CustomerNotFound
    return row


async def telephone(work: Work, customer_id: UUID) -> str | None:
    """The number of a customer for what is made of it in the house, whoever asks: it is not for showing."""
    work.require(CustomersPermission.READ)
    return (await _row(work, customer_id)).phone


async def contact(work: Work, contact_address_id: UUID) -> ContactView:
    """One address of a customer on a medium."""
    work.require(CustomersPermission.READ)
    row = await repository.get_contact(work, contact_address_id)
    if row is None:
        raise AddressNotFound
    return _contact_view(row).seen_by(work.principal)


async def with_contact(work: Work, customer_id: UUID, contact_address_id: UUID) -> tuple[CustomerView, ContactView]:
    """A customer, and the address from which they write."""
    work.require(CustomersPermission.READ)
    found = await repository.with_contact(work, customer_id, contact_address_id)
    if found is None:
        raise CustomerNotFound
    return _view(work, found[0]), _contact_view(found[1]).seen_by(work.principal)


async def contact_of_user(work: Work, medium: Medium, user_id: str) -> ContactView | None:
    """The address on a medium of whoever has this user id there, None before they have written."""
    work.require(CustomersPermission.READ)
    row = await repository.contact_of_user(work, medium, user_id)
    return None if row is None else _contact_view(row).seen_by(work.principal)


async def contact_of_number(work: Work, medium: Medium, number: str) -> ContactView | None:
    """The address on a medium of whoever writes from a telephone (E.164), None if nobody does."""
    work.require(CustomersPermission.READ)
    row = await repository.contact_of_key(work, medium, phones.address_key(number))
    return None if row is None else _contact_view(row).seen_by(work.principal)


async def contacts(work: Work, customer_id: UUID) -> list[ContactView]:
    """The addresses of a customer on the mediums, last seen first."""
    work.require(CustomersPermission.READ)
    return [_contact_view(row).seen_by(work.principal) for row in await repository.contacts(work, customer_id)]


async def masked_contacts(work: Work, contact_address_ids: Collection[UUID]) -> dict[UUID, ContactView]:
    """Some addresses of customers on mediums, by their ids, with their numbers masked whoever looks."""
    work.require(CustomersPermission.READ)
    return {row.id: _contact_view(row).masked() for row in await repository.contacts_by_id(work, contact_address_ids)}


async def detail(work: Work, customer_id: UUID) -> CustomerDetail:
    """One customer with all ways to reach them."""
    work.require(CustomersPermission.READ)
    row = await _row(work, customer_id)
    return CustomerDetail(
        **_view(work, row).model_dump(),
        contacts=await contacts(work, customer_id),
        addresses=await addresses(work, customer_id),
    )


async def list_customers(
    work: Work, words: str = "", *, tag: str | None = None, limit: int = 20, place: str | None = None
) -> CustomerPage:
    """Customers newest first; with words, those whose name, e-mail or number, however it is written, contains them.

    Who may not see numbers finds whole ones only: from the parts that are found a number could be guessed digit by digit.
    """
    work.require(CustomersPermission.READ)
    words, keys, forms = words.strip(), set[str](), set[str]()
    if words:
        number = phones.e164(words, (await accounts.get_workspace(work)).country)
        if number is not None:
            keys, forms = {phones.address_key(number)}, _forms(number)
    by_part = work.principal.may(CustomersPermission.REVEAL)
    rows = await repository.page(work, words, keys, forms, tag, _place(place), limit + 1, by_part=by_part)
    items = [_view(work, row) for row in rows[:limit]]
    return CustomerPage(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


def _place(place: str | None) -> UUID | None:
    try:
        return UUID(place) if place is not None else None
    except ValueError as error:
        raise CursorRefused from error


def _forms(number: str) -> set[str]:
    return {number} | {f"+{form}" for form in phones.spellings(number)}


async def by_phone(work: Work, phone: str) -> list[CustomerView]:
    """Customers with this number, which may be written as people write it in the shop's country; newest first."""
    work.require(CustomersPermission.READ)
    number = phones.e164(phone, (await accounts.get_workspace(work)).country) or phone
    rows = await repository.by_phone(work, {phones.address_key(number)}, _forms(number))
    return [_view(work, row) for row in rows]


async def by_tax_ids(work: Work, tax_ids: Collection[str]) -> dict[str, list[CustomerView]]:
    """Customers with these tax numbers, but for those who were found to be others."""
    work.require(CustomersPermission.READ)
    found: dict[str, list[CustomerView]] = {}
    for row in await repository.by_tax_ids(work, tax_ids):
        found.setdefault(str(row.tax_id), []).append(CustomerView.model_validate(row))
    return found


async def create(work: Work, command: NewCustomer) -> CustomerView:
    """Make a customer by hand."""
    work.require(CustomersPermission.WRITE)
    row = Customer(workspace_id=work.workspace_id, tags=[], version=1)
    await _apply(work, row, command)
    work.session.add(row)
    await work.session.flush()
    events.record(work, EventType.CUSTOMER_CREATED, subject=row.id)
    return _view(work, row)


async def change(work: Work, customer_id: UUID, command: CustomerInput, seen: int) -> CustomerView:
    """Change what is set in the command, and nothing else. Raises CustomerMerged and VersionConflict."""
    work.require(CustomersPermission.WRITE)
    row = await lock_unmerged(work, customer_id)
    if row.version != seen:
        raise VersionConflict
    before = _told(row)
    fields = await _apply(work, row, command)
    row.version += 1
    row.updated_at = work.now
    await work.session.flush()
    after = _told(row)
    events.record(work, EventType.CUSTOMER_CHANGED, subject=row.id, before=before, after=after | {"fields": fields})
    return _view(work, row)


async def lock_unmerged(work: Work, customer_id: UUID) -> Customer:
    """A customer who is nobody else, locked."""
    work.require(CustomersPermission.WRITE)
    row = next(iter(await repository.lock(work, [customer_id])), None)
    if row is None:
        raise CustomerNotFound
    if row.merged_into is not None:
        raise CustomerMerged(customer=row.merged_into)
    return row


def _told(row: Customer) -> dict[str, Any]:
    """What an event tells of a customer; who they are and how to reach them is personal, and stays in the row."""
    return {"tags": row.tags, "credit_limit": row.credit_limit, "marketing_consent": row.marketing_consent}


async def _apply(work: Work, row: Customer, command: CustomerInput) -> list[str]:
    """Write what is set in the command; the names of what changed."""
    given = command.model_dump(exclude_unset=True)
    if given.get("credit_limit", row.credit_limit) != row.credit_limit:
        work.require(CustomersPermission.CREDIT)
    if given.get("phone"):
        country = (await accounts.get_workspace(work)).country
        given["phone"] = phones.e164(given["phone"], country) or given["phone"]
    if "tags" in given:
        given["tags"] = list(dict.fromkeys(given["tags"]))
    if "marketing_consent" in given and given["marketing_consent"] != row.marketing_consent:
        row.consent_source = None
        row.consent_changed_at = work.now if given["marketing_consent"] is not None else None
    changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
    for name, value in given.items():
        setattr(row, name, value)
    return changed


async def addresses(work: Work, customer_id: UUID) -> list[AddressView]:
    """The places to which this customer's orders go: the preferred one first, then the last used."""
    work.require(CustomersPermission.READ)
    return [AddressView.model_validate(row).seen_by(work.principal) for row in await repository.addresses(work, customer_id)]


async def save_address(
    work: Work,
    customer_id: UUID,
    text: str,
    *,
    label: str | None = None,
    recipient_name: str | None = None,
    phone: str | None = None,
) -> AddressView:
    """Keep a place for the next order; the same words are kept once."""
    work.require(CustomersPermission.WRITE)
    await _row(work, customer_id)
    text = " ".join(text.split())[:500]
    row = await repository.upsert_address(work, customer_id, text, text.casefold(), label, recipient_name, phone)
    events.record(work, EventType.CUSTOMER_ADDRESS_SAVED, subject=row.id)
    return AddressView.model_validate(row).seen_by(work.principal)


async def add_address(work: Work, customer_id: UUID, command: NewAddress) -> AddressView:
    """Staff write down a place for a customer's orders."""
    work.require(CustomersPermission.WRITE)
    await lock_unmerged(work, customer_id)
    given = command.model_dump(exclude={"text"})
    return await save_address(work, customer_id, command.text, **given)


async def choose_default_address(work: Work, customer_id: UUID, address_id: UUID) -> AddressView:
    """Make one of the customer's addresses the one that is offered first."""
    work.require(CustomersPermission.WRITE)
    row = await _address(work, customer_id, address_id)
    await repository.clear_default(work, customer_id)
    row.is_default = True
    events.record(work, EventType.CUSTOMER_ADDRESS_PREFERRED, subject=row.id)
    await work.session.flush()
    return AddressView.model_validate(row).seen_by(work.principal)


async def forget_address(work: Work, customer_id: UUID, address_id: UUID) -> None:
    """Remove one of the customer's addresses."""
    work.require(CustomersPermission.WRITE)
    row = await _address(work, customer_id, address_id)
    events.record(work, EventType.CUSTOMER_ADDRESS_REMOVED, subject=row.id)
    await repository.delete_address(work, address_id)


async def _address(work: Work, customer_id: UUID, address_id: UUID) -> CustomerAddress:
    row = await repository.get_address(work, customer_id, address_id)
    if row is None:
        raise AddressNotFound
    return row
