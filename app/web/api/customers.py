"""Customers: who buys, how to reach them, and which of them are one person."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.customers import doubles, merging
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import (
    AddressView,
    CustomerDetail,
    CustomerInput,
    CustomerView,
    DoubleView,
    MergeCustomer,
    MergeView,
    NewAddress,
    NewCustomer,
)

router = noun("customers")

Reader = Annotated[Principal, may(CustomersPermission.READ)]
Writer = Annotated[Write, may_write(CustomersPermission.WRITE)]
Merger = Annotated[Write, may_write(CustomersPermission.MERGE)]


@router.get("/customers")
async def list_(
    caller: Reader,
    paging: Paged,
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="A part of the name, the e-mail or the number, however it is written; without `customers:reveal` "
            "the whole number.",
        ),
    ] = "",
    tag: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[CustomerView]:
    """List customers, the newest first."""
    async with open_work(caller) as work:
        found = await customers.list_customers(work, q, tag=tag, limit=paging.limit, place=paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/customers/by-phone/{phone}")
async def by_phone(caller: Reader, phone: Annotated[str, Path(max_length=40)]) -> Page[CustomerView]:
    """Find the customers who have a number, written as people write it in the shop's country."""
    async with open_work(caller) as work:
        return Page(data=await customers.by_phone(work, phone), has_more=False, next_cursor=None)


@router.get("/customers/doubles")
async def list_doubles(caller: Reader) -> Page[DoubleView]:
    """List the numbers that more than one customer has, who may be one person."""
    async with open_work(caller) as work:
        return Page(data=await doubles.doubles(work), has_more=False, next_cursor=None)


@router.post("/customers", status_code=201)
async def create(write: Writer, body: NewCustomer, response: Response) -> CustomerView:
    """Add a customer by hand."""
    made = await write.once(CustomerView, lambda work: customers.create(work, body))
    tell(response, made.version)
    return made


@router.get("/customers/{customer_id}")
async def get(caller: Reader, customer_id: UUID, response: Response) -> CustomerDetail:
    """Show a customer with all ways to reach them."""
    async with open_work(caller) as work:
        found = await customers.detail(work, customer_id)
    tell(response, found.version)
    return found


@router.patch("/customers/{customer_id}")
async def change(write: Writer, seen: SeenVersion, customer_id: UUID, body: CustomerInput, response: Response) -> CustomerView:
    """Change what is known of a customer: name, number, notes, tags, consent, credit."""
    changed = await write.once(CustomerView, lambda work: customers.change(work, customer_id, body, seen))
    tell(response, changed.version)
    return changed


@router.post("/customers/{customer_id}/addresses", status_code=201)
async def add_address(write: Writer, customer_id: UUID, body: NewAddress) -> AddressView:
    """Write down a place for a customer's orders; the same words are kept once."""
    return await write.once(AddressView, lambda work: customers.add_address(work, customer_id, body))


@router.post("/customers/{customer_id}/addresses/{address_id}/prefer")
async def prefer_address(write: Writer, customer_id: UUID, address_id: UUID) -> AddressView:
    """Make a place the one that is offered first."""
    return await write.once(AddressView, lambda work: customers.choose_default_address(work, customer_id, address_id))


@router.delete("/customers/{customer_id}/addresses/{address_id}", status_code=204)
async def forget_address(write: Writer, customer_id: UUID, address_id: UUID) -> None:
    """Forget a place."""
    await write.run(lambda work: customers.forget_address(work, customer_id, address_id))


@router.get("/customers/{customer_id}/merges")
async def list_merges(caller: Reader, customer_id: UUID) -> Page[MergeView]:
    """List who was found to be this customer, or whom this one was found to be, the newest first."""
    async with open_work(caller) as work:
        return Page(data=await merging.merges(work, customer_id), has_more=False, next_cursor=None)


@router.post("/customers/{customer_id}/merge")
async def merge(write: Merger, customer_id: UUID, body: MergeCustomer) -> MergeView:
    """Make another customer this one: conversations, orders, payments and addresses with them."""
    return await write.once(MergeView, lambda work: merging.merge(work, customer_id, body))


@router.post("/customers/{customer_id}/merges/{merge_id}/undo")
async def undo_merge(write: Merger, customer_id: UUID, merge_id: UUID) -> MergeView:
    """Give back what a merge has brought, with what came since in those conversations."""
    return await write.once(MergeView, lambda work: merging.undo(work, customer_id, merge_id))
