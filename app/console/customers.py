"""Customers: who buys, what is known of them, what they ordered, and which of them are one person."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms
from app.console.catalogue import CUSTOMERS
from app.console.forms import Filled
from app.console.refusals import said
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.errors import DomainError
from core.work import Work, open_work
from domain.customers import doubles, merging
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import (
    AddressView,
    CustomerDetail,
    CustomerInput,
    CustomerView,
    MergeCustomer,
    MergeView,
    NewAddress,
    NewCustomer,
)
from domain.orders import service as orders
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderFilter

router = APIRouter(prefix="/console/@{workspace}/customers")

Reader = Annotated[Visit, may(CustomersPermission.READ)]
Writer = Annotated[Visit, may(CustomersPermission.WRITE)]
Merger = Annotated[Visit, may(CustomersPermission.MERGE)]

_ORDERS: Final = 10
_CHOICES: Final = 8
_KNOWN: Final = (
    "name",
    "first_name",
    "last_name",
    "phone",
    "email",
    "notes",
    "tax_id",
    "marketing_consent",
    "consent_source",
    "credit_limit",
)
"""What the form says of a customer, and empties where it is left empty; a number only for whoever has seen it."""


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, search: filters.Words = "", tag: filters.Word = "") -> Response:
    """List customers, the newest first."""
    async with open_work(visit.principal) as work:
        found = await customers.list_customers(work, search, tag=tag or None, limit=paging.limit, place=paging.place)
    return page(
        request,
        "customers.html",
        visit,
        current=CUSTOMERS,
        paged=paging.page(found.items, found.next_cursor),
        is_first=paging.place is None,
        search=search,
        tag=tag,
        query=filters.query({"search": search, "tag": tag}),
        may_write=visit.principal.may(CustomersPermission.WRITE),
        may_merge=visit.principal.may(CustomersPermission.MERGE),
    )


def _form(request: Request, visit: Visit, filled: Filled, customer: CustomerView | None = None, status: int = 200) -> Response:
    may_credit = visit.principal.may(CustomersPermission.CREDIT)
    return page(
        request,
        "customer_form.html",
        visit,
        status=status,
        current=CUSTOMERS,
        filled=filled,
        customer=customer,
        may_credit=may_credit,
        may_see_numbers=visit.principal.may(CustomersPermission.REVEAL),
    )


@router.get("/new")
async def begin(request: Request, visit: Writer) -> Response:
    """Show the form of a new customer."""
    return _form(request, visit, Filled())


@router.get("/doubles")
async def list_doubles(request: Request, visit: Reader) -> Response:
    """List the numbers that more than one customer has."""
    async with open_work(visit.principal) as work:
        found = await doubles.doubles(work)
    may_merge = visit.principal.may(CustomersPermission.MERGE)
    return page(request, "doubles.html", visit, current=CUSTOMERS, found=found, may_merge=may_merge)


@router.post("")
async def create(request: Request, visit: Writer) -> Response:
    """Add a customer by hand."""
    command, filled = await forms.fill(request, NewCustomer, visit.manners.language, lists=("tags",))
    if command is None:
        return _form(request, visit, filled, status=422)
    try:
        made = await deeds.once(request, visit, CustomerView, lambda work: customers.create(work, command))
    except DomainError as error:
        filled.refusal = said(error, visit.manners.language)
        return _form(request, visit, filled, status=error.http_status)
    return RedirectResponse(visit.at(f"customers/{made.id}"), 303)


@router.get("/{customer_id}")
async def open_(request: Request, visit: Reader, customer_id: UUID) -> Response:
    """Show a customer, with orders, places, and who else they were found to be."""
    sees_orders = visit.principal.may(OrdersPermission.READ)
    async with open_work(visit.principal) as work:
        customer = await customers.detail(work, customer_id)
        merges = await merging.merges(work, customer_id)
        others = await customers.by_ids(work, {id for each in merges for id in (each.kept_id, each.merged_id)})
        wanted = OrderFilter(customer_ids=(customer_id,))
        placed = (await orders.list_orders(work, wanted, limit=_ORDERS)) if sees_orders else None
    return page(
        request,
        "customer.html",
        visit,
        current=CUSTOMERS,
        customer=customer,
        merges=merges,
        others=others,
        orders=placed,
        may_write=visit.principal.may(CustomersPermission.WRITE) and customer.merged_into is None,
        may_merge=visit.principal.may(CustomersPermission.MERGE) and customer.merged_into is None,
        may_undo=visit.principal.may(CustomersPermission.MERGE),
        may_draft=visit.principal.may(OrdersPermission.DRAFT) and customer.merged_into is None,
    )


def _as_filled(customer: CustomerView) -> Filled:
    """A customer as the form shows them."""
    values = {name: "" if value is None else value for name, value in customer.model_dump(mode="json").items()}
    consent = customer.marketing_consent
    return Filled(
        values | {"tags": ", ".join(customer.tags), "marketing_consent": "" if consent is None else str(consent).lower()}
    )


@router.get("/{customer_id}/edit")
async def edit(request: Request, visit: Writer, customer_id: UUID) -> Response:
    """Show the form of a customer."""
    async with open_work(visit.principal) as work:
        customer = await customers.get(work, customer_id)
    return _form(request, visit, _as_filled(customer), customer)


@router.post("/{customer_id}")
async def change(request: Request, visit: Writer, customer_id: UUID, seen: Annotated[int, Form(ge=0)]) -> Response:
    """Change what is known of a customer; what is left empty is known no more."""
    unseen = {"phone": CustomersPermission.REVEAL, "credit_limit": CustomersPermission.CREDIT}
    emptied = [name for name in _KNOWN if name not in unseen or visit.principal.may(unseen[name])]
    language = visit.manners.language
    command, filled = await forms.fill(request, CustomerInput, language, besides=("seen",), emptied=emptied, lists=("tags",))
    try:
        if command is not None:
            await deeds.once(request, visit, CustomerView, lambda work: customers.change(work, customer_id, command, seen))
            return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)
        status = 422
    except DomainError as error:
        filled.refusal, status = said(error, language), error.http_status
    async with open_work(visit.principal) as work:
        customer = await customers.get(work, customer_id)
    return _form(request, visit, filled, customer, status)


@router.post("/{customer_id}/addresses")
async def add_address(request: Request, visit: Writer, customer_id: UUID) -> Response:
    """Write down a place for a customer's orders."""
    command = await forms.take(request, NewAddress)
    await deeds.once(request, visit, AddressView, lambda work: customers.add_address(work, customer_id, command))
    return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)


@router.post("/{customer_id}/addresses/{address_id}/prefer")
async def prefer_address(request: Request, visit: Writer, customer_id: UUID, address_id: UUID) -> Response:
    """Make a place the one that is offered first."""
    await deeds.once(request, visit, AddressView, lambda work: customers.choose_default_address(work, customer_id, address_id))
    return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)


@router.post("/{customer_id}/addresses/{address_id}/forget")
async def forget_address(request: Request, visit: Writer, customer_id: UUID, address_id: UUID) -> Response:
    """Forget a place."""

    async def act(work: Work) -> CustomerDetail:
        await customers.forget_address(work, customer_id, address_id)
        return await customers.detail(work, customer_id)

    await deeds.once(request, visit, CustomerDetail, act)
    return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)


@router.get("/{customer_id}/merge")
async def choose_merge(
    request: Request,
    visit: Merger,
    customer_id: UUID,
    search: filters.Words = "",
    other: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """Look for another customer who is this one, and see both side by side."""
    second = filters.identified(other)
    async with open_work(visit.principal) as work:
        customer = await customers.detail(work, customer_id)
        goes = await customers.detail(work, second) if second is not None and second != customer_id else None
        found = await customers.list_customers(work, search, limit=_CHOICES) if search and goes is None else None
    choices = [each for each in found.items if each.id != customer_id] if found is not None else []
    return page(request, "merge.html", visit, current=CUSTOMERS, customer=customer, goes=goes, choices=choices, search=search)


@router.post("/{customer_id}/merge")
async def merge(request: Request, visit: Merger, customer_id: UUID) -> Response:
    """Make another customer this one."""
    command = await forms.take(request, MergeCustomer)
    await deeds.once(request, visit, MergeView, lambda work: merging.merge(work, customer_id, command))
    return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)


@router.post("/{customer_id}/merges/{merge_id}/undo")
async def undo_merge(request: Request, visit: Merger, customer_id: UUID, merge_id: UUID) -> Response:
    """Give back what a merge has brought."""
    await deeds.once(request, visit, MergeView, lambda work: merging.undo(work, customer_id, merge_id))
    return RedirectResponse(visit.at(f"customers/{customer_id}"), 303)
