"""`nexova payments`: what customers say to have paid, and tying a payment to the order that it is for."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import typer
from pydantic import BaseModel

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceRef
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound
from domain.payments import service as payments
from domain.payments.claims import NothingToPay

group = typer.Typer(no_args_is_help=True)


class Row(BaseModel):
    """One payment that staff have to see to."""

    workspace: str
    payment: UUID
    customer: UUID
    order: UUID | None
    method: str
    amount: Decimal | None
    currency: str
    status: str
    flags: list[str]
    claimed_at: datetime


async def _rows(slug: str | None, *, unlinked: bool) -> list[Row]:
    async def of(work: Work, ref: WorkspaceRef) -> list[Row]:
        found = await payments.without_order(work) if unlinked else await payments.pending(work, limit=100)
        return [
            Row(
                workspace=ref.slug,
                payment=one.id,
                customer=one.customer_id,
                order=one.order_id,
                method=one.method,
                amount=one.amount or one.verified_amount,
                currency=one.currency,
                status=one.status,
                flags=list(one.flags),
                claimed_at=one.claimed_at,
            )
            for one in found
        ]

    return await session.in_each(slug, of)


async def _link(payment: UUID, number: int) -> None:
    """Tie the payment, in whichever workspace it is."""
    for _, principal in await session.workspaces(None):
        async with open_work(principal) as work:
            try:
                told = await payments.get(work, payment)
            except payments.PaymentNotFound:
                continue
            try:
                order = await orders.by_number(work, told.customer_id, number)
                await payments.link(work, payment, order.id)
            except OrderNotFound:
                fail(f"whoever told the payment {payment} has no order {number}.")
            except NothingToPay:
                fail(f"the order {number} cannot be paid: it costs nothing, or was cancelled.")
            except payments.PaymentMoved:
                fail(f"the payment {payment} is for another order already.")
            return
    fail(f"there is no payment {payment}.")


@group.command("list")
def list_payments(
    unlinked: Annotated[bool, typer.Option("--unlinked", help="Those that are for no order yet, decided or not.")] = False,
    workspace: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """List the payments that wait for staff, oldest first, up to a hundred of a workspace."""
    rows = session.run(lambda: _rows(workspace, unlinked=unlinked))
    show(rows, as_json=as_json, empty="Every payment has its order." if unlinked else "No payment waits.")


@group.command()
def link(
    payment: Annotated[UUID, typer.Argument(help="The id of the payment.")],
    order: Annotated[int, typer.Argument(help="The number of the order that it is for.")],
) -> None:
    """Tie a payment that has no order to one of its customer's orders."""
    session.run(lambda: _link(payment, order))
    print(f"The payment is for the order {order} now.")
