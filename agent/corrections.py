"""What follows from words that were edited or deleted after a turn had answered them.

While nothing is confirmed the order follows: what the turn did is taken back, and its messages are answered again as they
read now. Where later words have changed the order too, the customer is asked. What is done stays done: staff are told.
"""

from collections.abc import Sequence
from uuid import UUID

from agent import journal, sessions
from agent.brief import BriefDraft
from agent.frozen import Frozen
from agent.models import AgentSession, Turn
from agent.recorded import Recorded
from core import messages
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import changes
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import NoticeKind
from domain.conversations.schemas import OpenMessage
from domain.conversations.states import Trigger
from domain.orders import drafts, fulfilment, restoring
from domain.orders import service as orders
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import CartItem, Whereto
from domain.stock.permissions import StockPermission
from tools import registry

DRAFTING = frozenset(
    name
    for name, tool in registry.DEFINED.items()
    if tool.writes and tool.permission in (OrdersPermission.DRAFT, StockPermission.HOLD)
) | {"request_confirmation"}
"""Tools whose effects on the open draft are undone by the draft as it was before."""

MOST_QUOTED = 80
"""How much of a message is repeated to whoever wrote it."""


def changed_meanwhile(answered: Sequence[OpenMessage], open_messages: Sequence[OpenMessage]) -> list[UUID]:
    """Which messages of a turn read differently now than when it was taken, or are gone."""
    now = {message.id: message.edited_at for message in open_messages if message.deleted_at is None}
    return [message.id for message in answered if message.id not in now or now[message.id] != message.edited_at]


async def settle(work: Work, session: AgentSession, open_messages: Sequence[OpenMessage]) -> list[OpenMessage]:
    """Settle what follows from changed messages that a turn has answered; returns what is to be answered now.

    The conversation and the session are locked.
    """
    changed = [message for message in open_messages if message.answered_in is not None]
    if not changed:
        return list(open_messages)
    turns = [await work.session.get_one(Turn, (work.workspace_id, turn_id)) for turn_id in _turns(changed)]
    for turn in sorted(turns, key=lambda turn: turn.number, reverse=True):
        mine = [message for message in changed if message.answered_in == turn.id]
        await _Correction(work, session, turn, mine).settle()
    await work.session.flush()
    return [message for message in await conversations.open_messages(work, session.conversation_id) if not message.deleted_at]


def _is_of_draft(call: Recorded) -> bool:
    """Whether all that a call has done lies in the open draft; the same tool may note something of a placed order."""
    return call.tool in DRAFTING and call.data.get("number", "draft") == "draft"


def _turns(changed: Sequence[OpenMessage]) -> list[UUID]:
    return list(dict.fromkeys(message.answered_in for message in changed if message.answered_in is not None))


class _Correction:
    """One answered turn, and those of its messages that do not read any more as they were answered."""

    def __init__(self, work: Work, session: AgentSession, turn: Turn, changed: list[OpenMessage]) -> None:
        self._work = work
        self._session = session
        self._turn = turn
        self._frozen = Frozen.model_validate(turn.frozen)
        self._language = self._frozen.brief.language
        self._changed = changed
        self._conversation_id = session.conversation_id

    async def settle(self) -> None:
        effects = await journal.effects_since(self._work, self._turn)
        own = [call for turn_id, call in effects if turn_id == self._turn.id]
        later = [call for turn_id, call in effects if turn_id != self._turn.id]
        if not own:
            await self._close([message for message in self._changed if message.deleted_at is not None])
        elif not all(map(_is_of_draft, [*own, *later])):
            await self._leave_to_staff()
        elif later:
            await self._ask()
        elif not await self._taken_back():
            await self._leave_to_staff()

    async def _taken_back(self) -> bool:
        """Undo the turn and open its messages again, but for those that were deleted; False if that cannot be done."""
        now = await self._undone()
        if now is None:
            return False
        sessions.void_confirmation(self._session)
        sessions.remember(self._session, self._frozen.brief.points)
        deleted = [message for message in self._changed if message.deleted_at is not None]
        await self._close(deleted)
        left = [message.id for message in self._frozen.messages if message.id not in {one.id for one in deleted}]
        await changes.reopen(self._work, self._conversation_id, left, self._turn.id)
        if not left:
            await self._tell("followed", deleted, now)
        return True

    async def _undone(self) -> str | None:
        """Bring the draft back to what it was before the turn, and say what the order is now; None if that cannot be done."""
        draft = await drafts.open_draft(self._work, self._conversation_id)
        if draft is None:
            return None
        # A draft that the turn began knows the customer's name and number from elsewhere.
        known = BriefDraft(recipient_name=draft.recipient_name, recipient_phone=draft.recipient_phone)
        before = self._frozen.brief.draft or known
        placed = await orders.get(self._work, draft.amends_order_id) if draft.amends_order_id is not None else None
        if before.amends == (placed and str(placed.number)):
            items = [CartItem(sku=line.sku, quantity=line.quantity) for line in before.lines]
            restored = await restoring.restore(self._work, self._conversation_id, items, Whereto.model_validate(before))
            if restored is None:
                return None
            lost = {*restored.unknown, *restored.unusable}
            await self._tell_lost([line.name for line in before.lines if line.sku in lost])
            sessions.move(self._work, self._session, Trigger.ITEMS_CHANGED)
            return await self._cart()
        if placed is None:
            return None
        # The turn began to change a placed order: before it there was no such change, and none is left.
        await fulfilment.discard_draft(self._work, draft.id, "the words that asked for the change were taken back")
        sessions.move(self._work, self._session, Trigger.ORDER_CANCELLED)
        return messages.text("tool.amendment_dropped", self._language, number=placed.number)

    async def _ask(self) -> None:
        await self._tell("unclear", self._changed, await self._cart())
        await self._close(self._changed)

    async def _leave_to_staff(self) -> None:
        for message in self._changed:
            await conversations.notify(
                self._work,
                NoticeKind.CHANGED_AFTER_THE_DEED,
                dedupe_key=f"changed_after_the_deed:{message.id}:{message.edited_at or message.deleted_at}",
                conversation_id=self._conversation_id,
                subject_id=message.id,
                payload={"deleted": message.deleted_at is not None},
            )
        await self._tell("kept", self._changed)
        await self._close(self._changed)

    async def _close(self, settled: Sequence[OpenMessage]) -> None:
        if settled:
            await changes.close(self._work, self._conversation_id, [message.id for message in settled], "changed")

    async def _tell(self, what: str, about: Sequence[OpenMessage], now: str = "") -> None:
        answered = {message.id: message.text for message in self._frozen.messages}
        said = [
            Text(
                text=messages.text(
                    f"turn.{'deletion' if message.deleted_at else 'edit'}_{what}",
                    self._language,
                    was=_short(answered.get(message.id)),
                    now=_short(message.text),
                    cart=now,
                )
            )
            for message in about
        ]
        await conversations.queue(self._work, self._conversation_id, said)

    async def _tell_lost(self, products: Sequence[str]) -> None:
        """Say what the draft had before the turn and cannot have any more."""
        if products:
            words = messages.text("turn.not_restored", self._language, products=", ".join(products))
            await conversations.queue(self._work, self._conversation_id, [Text(text=words)])

    async def _cart(self) -> str:
        draft = await drafts.open_draft(self._work, self._conversation_id)
        if draft is None or not draft.lines:
            return messages.text("turn.cart_empty", self._language)
        country = (await accounts.get_workspace(self._work)).country
        lines = (
            f"{messages.quantity(line.quantity, line.unit, country, self._language)} × {line.name}" for line in draft.lines
        )
        return messages.text("turn.cart", self._language, lines=", ".join(lines))


def _short(words: str | None) -> str:
    said = " ".join((words or "…").split())
    return said if len(said) <= MOST_QUOTED else f"{said[: MOST_QUOTED - 1]}…"
