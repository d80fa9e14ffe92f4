"""What the inbox shows: a queue, and one conversation as a person reads it, with what belongs beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from app.console import filters
from app.web.meant import customers_meant
from core.work import Work
from domain.connections.medium import TRAITS
from domain.conversations import desk, files, suggestions
from domain.conversations import notes as noting
from domain.conversations.permissions import FilesPermission
from domain.conversations.schemas import (
    DeskEntry,
    DeskFilter,
    DeskPage,
    FileView,
    HandoffStep,
    HandoffView,
    NoteView,
    SuggestionView,
    ThreadMessage,
)
from domain.desk import planned
from domain.desk.schemas import PlannedReplyView
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
from domain.teams import service as teams
from domain.teams.permissions import DeskPermission

ROWS: Final = 40
MESSAGES: Final = 50
BESIDE: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations are shown, and which of them is open."""

    filter: DeskFilter
    place: str | None = None
    conversation_id: UUID | None = None

    @property
    def query(self) -> list[tuple[str, str]]:
        """The filters as pairs of an address."""
        asked = self.filter.model_dump(mode="json", exclude_defaults=True, exclude={"customer_ids"})
        return [("queue", self.filter.queue.value), *filters.query({name: asked[name] for name in asked if name != "queue"})]

    @property
    def address(self) -> str:
        """The filters as they stand in an address."""
        return urlencode(self.query)


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened between the messages: a hand-off was asked for, taken, passed on, settled, and so on."""

    step: HandoffStep
    handoff: HandoffView


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

    history: list[HandoffView]
    """The stretches with people, the newest first."""
    planned: Sequence[PlannedReplyView]
    suggestion: SuggestionView | None
    """What the agent would answer, for whoever attends and has asked."""
    teams: dict[UUID, str]

    @property
    def people(self) -> set[UUID]:
        """Whoever of the staff has said or done something in it."""
        handoff = self.entry.handoff
        found = {self.entry.operator_id, handoff.offered_to if handoff is not None else None}
        found |= {each.author_id for each in self.planned} | {each.taken_by for each in self.history}
        for line in self.lines:
            found |= {line.step.by, line.step.operator_id} if isinstance(line, Activity) else {line.author_id}
        return {each for each in found if each is not None}

    @property
    def failed(self) -> list[ThreadMessage]:
        """What the customer was told and did not get."""
        return [line for line in self.lines if isinstance(line, ThreadMessage) and line.error_code is not None][-3:]


def _at(line: Said) -> datetime:
    return line.step.at if isinstance(line, Activity) else line.created_at


async def _activities(work: Work, handoffs: Sequence[HandoffView]) -> list[Activity]:
    by_id = {each.id: each for each in handoffs}
    return [Activity(step, by_id[step.handoff_id]) for step in await desk.list_steps(work, list(by_id))]


async def queue(work: Work, wanted: Wanted) -> DeskPage:
    """The queue that is shown."""
    meant = await customers_meant(work, wanted.filter.search)
    return await desk.list_conversations(work, wanted.filter.model_copy(update={"customer_ids": meant}), ROWS, wanted.place)


def window_end(entry: DeskEntry) -> datetime | None:
    """Until when a customer may be written to in free words; None where that never ends, or never began."""
    window: timedelta | None = TRAITS[entry.contact.medium].answer_window
    return entry.last_inbound_at + window if window and entry.last_inbound_at else None


async def open_talk(work: Work, conversation_id: UUID, shown: int = MESSAGES) -> Talk:
    """One conversation with its newest lines; raises ConversationNotFound."""
    entry = await desk.get_entry(work, conversation_id)
    thread = await desk.list_messages(work, conversation_id, shown)
    notes = await noting.list_notes(work, conversation_id, shown)
    handoffs = await desk.list_handoffs(work, conversation_id, shown)
    lines: list[Said] = [*thread.items, *notes.items, *await _activities(work, handoffs.items)]
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
        history=handoffs.items,
        planned=await planned.waiting(work, conversation_id),
        suggestion=await suggestions.standing(work, conversation_id) if entry.operator_id == work.principal.id else None,
        teams={each.id: each.name for each in await teams.list_teams(work)} if work.principal.may(DeskPermission.READ) else {},
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
