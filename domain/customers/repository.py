"""All SQL of customers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    String,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from core.paging import part
from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.connections.medium import Medium
from domain.customers.models import ContactAddress, Customer, CustomerAddress, CustomerMerge, NumberProof
from domain.customers.schemas import NumberView

FEWEST_DIGITS: Final = 4
"""A part of a number that is shorter names everybody."""

# Asked for every message, so built once; a key that is not known equals none.
_LOCK_CONTACTS = Prepared(
    select(ContactAddress)
    .where(
        own(ContactAddress),
        ContactAddress.medium == bindparam("medium"),
        or_(ContactAddress.user_id == bindparam("user"), ContactAddress.address_key == bindparam("key")),
    )
    .order_by(ContactAddress.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)

_OF_WORKSPACE = own(Customer)
_NUMBERS: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(
        ContactAddress.customer_id,
        func.coalesce(ContactAddress.name, Customer.name).label("name"),
        ContactAddress.medium,
        func.coalesce(ContactAddress.phone, ContactAddress.address).label("written"),
        ContactAddress.user_id,
        ContactAddress.last_seen_at,
        Customer.created_at,
    )
    .join(Customer, (Customer.workspace_id == ContactAddress.workspace_id) & (Customer.id == ContactAddress.customer_id))
    .where(_OF_WORKSPACE, ContactAddress.address.is_distinct_from(ContactAddress.user_id)),
    select(
        Customer.id,
        Customer.name,
        type_coerce(literal(None), String),
        Customer.phone,
        type_coerce(literal(None), String),
        func.coalesce(Customer.updated_at, Customer.created_at),
        Customer.created_at,
    ).where(_OF_WORKSPACE, Customer.phone.is_not(None), Customer.merged_into.is_(None)),
).order_by("created_at")


async def get(work: Work, customer_id: UUID) -> Customer | None:
    """One customer."""
    return await work.session.get(Customer, (work.workspace_id, customer_id))


async def by_ids(work: Work, customer_ids: Collection[UUID]) -> Sequence[Customer]:
    """Some customers."""
    return (await work.session.scalars(select(Customer).where(own(Customer, work), Customer.id.in_(customer_ids)))).all()


_WITH_CONTACT = Prepared(
    select(Customer, ContactAddress)
    .join(ContactAddress, own(ContactAddress) & (ContactAddress.id == bindparam("contact")))
    .where(own(Customer), Customer.id == bindparam("customer"))
)


async def with_contact(work: Work, customer_id: UUID, contact_address_id: UUID) -> tuple[Customer, ContactAddress] | None:
    """A customer and one address on a medium."""
    values = {"workspace": work.workspace_id, "customer": customer_id, "contact": contact_address_id}
    return await _WITH_CONTACT.first(work.session, values)


async def get_contact(work: Work, contact_address_id: UUID) -> ContactAddress | None:
    """One address of a customer on a medium."""
    return await work.session.get(ContactAddress, (work.workspace_id, contact_address_id))


async def contact_of_user(work: Work, medium: Medium, user_id: str) -> ContactAddress | None:
    """The address on a medium with a user id, not locked."""
    query = select(ContactAddress).where(
        own(ContactAddress, work), ContactAddress.medium == medium, ContactAddress.user_id == user_id
    )
    return await work.session.scalar(query)


async def contact_of_key(work: Work, medium: Medium, key: str) -> ContactAddress | None:
    """The address on a medium under which a number is found, not locked."""
    query = select(ContactAddress).where(
        own(ContactAddress, work), ContactAddress.medium == medium, ContactAddress.address_key == key
    )
    return await work.session.scalar(query)


async def begin_proofs_one_by_one(work: Work) -> None:
    """Let nobody else of the workspace ask for a code until this transaction ends: two at once would not count each other."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('nexova proofs ' || CAST(:workspace AS text), 0))")
    await work.session.execute(lock, {"workspace": str(work.workspace_id)})


async def count_proofs(work: Work, contact_address_id: UUID, phone: str, since: datetime) -> int:
    """How many codes were asked for since, at an address or for a telephone."""
    query = select(func.count()).where(
        own(NumberProof, work),
        or_(NumberProof.contact_address_id == contact_address_id, NumberProof.phone == phone),
        NumberProof.created_at >= since,
    )
    return await work.session.scalar(query) or 0


async def lock_last_proof(work: Work, contact_address_id: UUID) -> NumberProof | None:
    """The last code that was asked for at an address, locked."""
    query = (
        select(NumberProof)
        .where(own(NumberProof, work), NumberProof.contact_address_id == contact_address_id)
        .order_by(NumberProof.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return await work.session.scalar(query)


async def lock_contacts(work: Work, medium: Medium, user_id: str | None, key: str | None) -> list[ContactAddress]:
    """The addresses on the medium that have this user id or this key, locked in id order."""
    values = {"workspace": work.workspace_id, "medium": medium, "user": user_id, "key": key}
    return [row for (row,) in await _LOCK_CONTACTS.all(work.session, values)]


async def insert_contact(
    work: Work,
    *,
    medium: Medium,
    address: str,
    key: str | None,
    user_id: str | None,
    phone: str | None,
    name: str | None,
) -> ContactAddress | None:
    """A new customer with this address, or None if somebody else has just made the address."""
    customer = Customer(workspace_id=work.workspace_id, id=new_id(), name=name, phone=phone)
    work.session.add(customer)
    await work.session.flush()
    contact_id = await work.session.scalar(
        insert(ContactAddress)
        .values(
            workspace_id=work.workspace_id,
            id=new_id(),
            customer_id=customer.id,
            medium=medium,
            address=address,
            address_key=key,
            user_id=user_id,
            phone=phone,
            name=name,
            last_seen_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(ContactAddress.id)
    )
    if contact_id is None:
        await work.session.delete(customer)
        await work.session.flush()
        return None
    return await get_contact(work, contact_id)


async def by_phone(work: Work, keys: set[str], forms: set[str]) -> list[Customer]:
    """Customers who have a number in one of these forms, or a current address with one of these keys, newest first."""
    holders = select(ContactAddress.customer_id).where(own(ContactAddress, work), ContactAddress.address_key.in_(keys))
    rows = await work.session.scalars(
        select(Customer)
        .where(
            own(Customer, work),
            Customer.merged_into.is_(None),
            or_(Customer.phone.in_(forms), Customer.id.in_(holders)),
        )
        .order_by(Customer.created_at.desc())
    )
    return list(rows)


async def by_tax_ids(work: Work, tax_ids: Collection[str]) -> Sequence[Customer]:
    """Customers with these tax numbers who are nobody else."""
    query = select(Customer).where(own(Customer, work), Customer.tax_id.in_(tax_ids), Customer.merged_into.is_(None))
    return (await work.session.scalars(query.order_by(Customer.id))).all()


async def numbers(work: Work) -> list[NumberView]:
    """Every telephone that a customer of the workspace has, at an address or in what staff keep, oldest customer first."""
    rows = await work.session.execute(_NUMBERS, {"workspace": work.workspace_id})
    return [NumberView.model_validate(row) for row in rows]


async def lock(work: Work, customer_ids: Iterable[UUID]) -> list[Customer]:
    """Customers, locked in id order; those that do not exist are left out."""
    rows = await work.session.scalars(
        select(Customer)
        .where(own(Customer, work), Customer.id.in_(list(customer_ids)))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def page(
    work: Work,
    words: str,
    keys: Iterable[str],
    forms: Iterable[str],
    tag: str | None,
    after: UUID | None,
    limit: int,
    *,
    by_part: bool,
) -> list[Customer]:
    """Customers newest first, from behind a place.

    With `words`, those whose name or e-mail contains them, and `by_part` whose number does, or who have a number in one of
    these forms or an address with one of these keys.
    """
    conditions = [own(Customer, work), Customer.merged_into.is_(None)]
    if tag is not None:
        conditions.append(Customer.tags.contains([tag]))
    if words:
        pattern = _containing(words)
        full_name = func.concat_ws(" ", Customer.name, Customer.first_name, Customer.last_name)
        ways = [full_name.ilike(pattern), Customer.email.ilike(pattern), Customer.phone.in_(list(forms))]
        address = [ContactAddress.address_key.in_(list(keys))]
        digits = "".join(filter(str.isdigit, words)).lstrip("0")
        if by_part and len(digits) >= FEWEST_DIGITS:
            ways.append(Customer.phone.like(_containing(digits)))
            address.append(ContactAddress.address_key.like(_containing(digits)))
        holders = select(ContactAddress.customer_id).where(own(ContactAddress, work), or_(*address))
        conditions.append(or_(*ways, Customer.id.in_(holders)))
    place = None if after is None else (after,)
    return list(await work.session.scalars(part(select(Customer).where(*conditions), [Customer.id], place, limit, falls=True)))


def _containing(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def contacts_by_id(work: Work, contact_address_ids: Collection[UUID]) -> Sequence[ContactAddress]:
    """Some addresses on the mediums."""
    query = select(ContactAddress).where(own(ContactAddress, work), ContactAddress.id.in_(contact_address_ids))
    return (await work.session.scalars(query)).all()


async def contacts(work: Work, customer_id: UUID) -> list[ContactAddress]:
    """The addresses of a customer on the channels, last seen first."""
    rows = await work.session.scalars(
        select(ContactAddress)
        .where(own(ContactAddress, work), ContactAddress.customer_id == customer_id)
        .order_by(ContactAddress.last_seen_at.desc())
    )
    return list(rows)


async def addresses(work: Work, customer_id: UUID) -> list[CustomerAddress]:
    """The places to which a customer's orders go: the preferred one first, then the last used."""
    rows = await work.session.scalars(
        select(CustomerAddress)
        .where(own(CustomerAddress, work), CustomerAddress.customer_id == customer_id)
        .order_by(CustomerAddress.is_default.desc(), CustomerAddress.last_used_at.desc())
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def upsert_address(
    work: Work, customer_id: UUID, text: str, text_key: str, label: str | None, recipient: str | None, phone: str | None
) -> CustomerAddress:
    """Keep a place once per customer, with the time it was last used."""
    statement = insert(CustomerAddress).values(
        workspace_id=work.workspace_id,
        id=new_id(),
        customer_id=customer_id,
        label=label,
        text=text,
        text_key=text_key,
        recipient_name=recipient,
        phone=phone,
        is_default=False,
        last_used_at=work.now,
    )
    address_id = await work.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "customer_id", "text_key"],
            set_={
                "last_used_at": statement.excluded.last_used_at,
                "text": statement.excluded.text,
                "label": func.coalesce(statement.excluded.label, CustomerAddress.label),
                "recipient_name": func.coalesce(statement.excluded.recipient_name, CustomerAddress.recipient_name),
                "phone": func.coalesce(statement.excluded.phone, CustomerAddress.phone),
            },
        ).returning(CustomerAddress.id)
    )
    row = await work.session.get(CustomerAddress, (work.workspace_id, address_id), populate_existing=True)
    assert row is not None, "the upsert returned this id"
    return row


async def clear_default(work: Work, customer_id: UUID) -> None:
    """No address of the customer is the default any more."""
    await work.session.execute(
        update(CustomerAddress)
        .where(
            own(CustomerAddress, work),
            CustomerAddress.customer_id == customer_id,
            CustomerAddress.is_default,
        )
        .values(is_default=False)
    )


async def get_address(work: Work, customer_id: UUID, address_id: UUID) -> CustomerAddress | None:
    """One address of this customer."""
    row = await work.session.get(CustomerAddress, (work.workspace_id, address_id))
    return row if row is not None and row.customer_id == customer_id else None


async def delete_address(work: Work, address_id: UUID) -> None:
    """Forget an address."""
    await work.session.execute(delete(CustomerAddress).where(own(CustomerAddress, work), CustomerAddress.id == address_id))


async def merge_of(work: Work, customer_id: UUID, merge_id: UUID) -> CustomerMerge | None:
    """A merge by which something became this customer's."""
    row = await work.session.get(CustomerMerge, (work.workspace_id, merge_id))
    return row if row is not None and row.kept_id == customer_id else None


async def merges(work: Work, customer_id: UUID) -> list[CustomerMerge]:
    """The merges in which a customer stayed or went, newest first."""
    rows = await work.session.scalars(
        select(CustomerMerge)
        .where(
            own(CustomerMerge, work),
            or_(CustomerMerge.kept_id == customer_id, CustomerMerge.merged_id == customer_id),
        )
        .order_by(CustomerMerge.id.desc())
    )
    return list(rows)
