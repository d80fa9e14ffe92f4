"""What the inbox shows: a queue, and one conversation as a person reads it, with what belongs beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.work import Work
from domain.connections.medium import TRAITS
from domain.conversations import desk, files
from domain.conversations.desk import Queue
from domain.conversations.permissions import FilesPermission
from domain.conversations.schemas import DeskEntry, DeskPage, FileView, HandoffView, NoteView, ThreadMessage
from domain.orders import drafts
from domain.orders import service as orders
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.payments import receipts
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Balance, PaymentFilter, PaymentView
from domain.stock import holds as stock_holds
from domain.stock.kinds import HoldStatus
from domain.stock.permissions import StockPermission

ROWS: Final = 40
MESSAGES: Final = 50
BESIDE: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which queue is shown, and which conversation of it."""

    queue: Queue
    search: str | None
    place: str | None = None
    conversation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened between the messages: a hand-off was asked for, taken or given back."""

    id: str
    at: datetime
    kind: str
    handoff: HandoffView
    by: UUID | None = None


Said = ThreadMessage | NoteView | Activity


@dataclass(frozen=True, slots=True)
class Claim:
    """A payment that waits to be verified, beside the order that it is for and the files that shall prove it."""

    payment: PaymentView
    order: OrderView | None
    balance: Balance | None
    receipts: list[FileView]


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: what was said in it, oldest first, and what a person should know before they speak."""

    entry: DeskEntry
    lines: list[Said]
    has_older: bool
    seen: UUID | None
    """The newest message, which a reply says to have been seen."""
    window_ends: datetime | None
    """Until when free words may be sent; None where that never ends, or where it is over."""
    may_write: bool
    draft: OrderView | None
    held_until: datetime | None
    """Until when the goods of the draft are kept for it; None where none are."""

    orders: list[OrderView]
    claims: list[Claim]
    files: dict[UUID, FileView]
    """The file that came with a message, by the message."""

    @property
    def people(self) -> set[UUID]:
        """Whoever of the staff has said or done something in it."""
        found = {self.entry.operator_id}
        for line in self.lines:
            found.add(line.by if isinstance(line, Activity) else line.author_id)
        return {each for each in found if each is not None}

    @property
    def failed(self) -> list[ThreadMessage]:
        """What the customer was told and did not get."""
        return [line for line in self.lines if isinstance(line, ThreadMessage) and line.error_code is not None][-3:]


def _at(line: Said) -> datetime:
    return line.at if isinstance(line, Activity) else line.created_at


def _activities(handoffs: Iterable[HandoffView]) -> Iterable[Activity]:
    for each in handoffs:
        yield Activity(f"{each.id}-asked", each.requested_at, "asked", each)
        if each.taken_at is not None:
            yield Activity(f"{each.id}-taken", each.taken_at, "taken", each, each.taken_by)
        if each.released_at is not None:
            yield Activity(f"{each.id}-released", each.released_at, "released", each, each.released_by)


async def queue(work: Work, wanted: Wanted) -> DeskPage:
    """The queue that is shown."""
    return await desk.list_conversations(work, wanted.queue, wanted.search, ROWS, wanted.place)


def window_end(entry: DeskEntry) -> datetime | None:
    """Until when a customer may be written to in free words; None where that never ends, or never began."""
    window: timedelta | None = TRAITS[entry.contact.medium].answer_window
    return entry.last_inbound_at + window if window and entry.last_inbound_at else None


async def open_talk(work: Work, conversation_id: UUID, shown: int = MESSAGES) -> Talk:
    """One conversation with its newest lines; raises ConversationNotFound."""
    entry = await desk.get_entry(work, conversation_id)
    thread = await desk.list_messages(work, conversation_id, shown)
    notes = await desk.list_notes(work, conversation_id, shown)
    handoffs = await desk.list_handoffs(work, conversation_id, shown)
    lines: list[Said] = [*thread.items, *notes.items, *_activities(handoffs.items)]
    begins = thread.items[-1].created_at if thread.next_cursor and thread.items else None
    lines = sorted((line for line in lines if begins is None or _at(line) >= begins), key=_at)
    may_write = TRAITS[entry.contact.medium].may_write(entry.last_inbound_at, work.now)
    sees_orders, sees_money = (work.principal.may(each) for each in (OrdersPermission.READ, PaymentsPermission.READ))
    sees_files = work.principal.may(FilesPermission.READ)
    draft = await drafts.open_draft(work, conversation_id) if sees_orders else None
    return Talk(
        entry=entry,
        lines=lines,
        has_older=thread.next_cursor is not None,
        seen=thread.items[0].id if thread.items else None,
        window_ends=window_end(entry) if may_write else None,
        may_write=may_write,
        draft=draft,
        held_until=await _held_until(work, draft.id) if draft is not None else None,
        orders=await orders.history(work, entry.customer_id, limit=BESIDE) if sees_orders else [],
        claims=await _claims(work, entry.customer_id, sees_orders, sees_files) if sees_money else [],
        files=await files.of_messages(work, [each.id for each in thread.items]) if sees_files else {},
    )


async def _held_until(work: Work, order_id: UUID) -> datetime | None:
    if not work.principal.may(StockPermission.READ):
        return None
    holds = await stock_holds.holds_of(work, order_id)
    return min((each.expires_at for each in holds if each.status == HoldStatus.ACTIVE), default=None)


async def _claims(work: Work, customer_id: UUID, sees_orders: bool, sees_files: bool) -> list[Claim]:
    wanted = PaymentFilter(customer_id=customer_id, status=PaymentState.CLAIMED)
    found = (await payments.list_payments(work, wanted, limit=BESIDE)).items
    proofs = await receipts.receipts_of(work, [each.id for each in found]) if sees_files else []
    shown = (
        {each.id: each for each in await files.get_all(work, [each.attachment_id for each in proofs if each.attachment_id])}
        if proofs
        else {}
    )
    claims = []
    for each in found:
        order = await orders.get(work, each.order_id) if sees_orders and each.order_id is not None else None
        owed = await payments.balance(work, order) if order is not None else None
        proving = [
            shown[proof.attachment_id] for proof in proofs if proof.payment_id == each.id and proof.attachment_id is not None
        ]
        claims.append(Claim(each, order, owed, proving))
    return claims
