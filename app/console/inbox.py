"""The inbox: who waits for a person, the conversation that is open, and what is done in it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent import takeover
from agent.takeover import Takeover
from app.console import deeds, streams, talk
from app.console.catalogue import INBOX
from app.console.parts import Made, Parts
from app.console.refusals import FRAGMENT, said
from app.console.rendering import page
from app.console.talk import Wanted
from app.console.visits import Visit, may
from core.work import open_work
from domain.conversations import desk
from domain.conversations.content import said as words_of
from domain.conversations.desk import Queue
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import HandoffView, NoteView, ThreadMessage
from domain.conversations.service import MessagesUnseen
from domain.payments import by_staff
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import PaymentView, RejectPayment, VerifyPayment

router = APIRouter(prefix="/console/@{workspace}/inbox")

Reader = Annotated[Visit, may(ConversationsPermission.READ)]
Taker = Annotated[Visit, may(ConversationsPermission.TAKE)]
Writer = Annotated[Visit, may(ConversationsPermission.REPLY)]
Verifier = Annotated[Visit, may(PaymentsPermission.VERIFY)]

UNDO: Final = timedelta(seconds=5)


async def _wanted(
    queue: Queue = Queue.ALL,
    search: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    shown: Annotated[int, Query(ge=10, le=200)] = talk.MESSAGES,
) -> tuple[Wanted, int]:
    wanted = Wanted(queue, search.strip() if len(search.strip()) > 1 else None, cursor)
    return wanted, shown


Asked = Annotated[tuple[Wanted, int], Depends(_wanted)]


async def _show(request: Request, visit: Visit, asked: tuple[Wanted, int], conversation_id: UUID | None) -> Response:
    wanted, shown = asked
    parts = Parts(request, visit, replace(wanted, conversation_id=conversation_id), shown)
    await parts.read()
    query = [pair for pair in (("queue", wanted.queue.value), ("search", wanted.search or "")) if pair[1]]
    return page(request, "inbox.html", visit, current=INBOX, query=query, **parts.content())


@router.get("")
async def show(request: Request, visit: Reader, asked: Asked) -> Response:
    """Show a queue."""
    return await _show(request, visit, asked, None)


@router.get("/live")
async def live(request: Request, visit: Reader, asked: Asked, talk_id: UUID | None = None, after: str = "") -> Response:
    """Follow a queue and the conversation that is open: parts of the page as they change."""
    wanted = replace(asked[0], conversation_id=talk_id)

    async def make(now: Visit) -> Made:
        parts = Parts(request, now, wanted)
        await parts.read()
        return parts.render()

    return streams.follow(request, visit, ConversationsPermission.READ, after, make)


@router.get("/{conversation_id}")
async def open_(request: Request, visit: Reader, asked: Asked, conversation_id: UUID) -> Response:
    """Show a conversation beside its queue."""
    return await _show(request, visit, asked, conversation_id)


async def _answer(request: Request, visit: Visit, conversation_id: UUID, *, status: int = 200, **content: Any) -> Response:
    """What has changed in a conversation, as fragments, or the page again where no script has asked."""
    if FRAGMENT not in request.headers and status < 400:
        return RedirectResponse(visit.at(f"inbox/{conversation_id}"), 303)
    parts = Parts(request, visit, Wanted(Queue.ALL, None, conversation_id=conversation_id))
    await parts.read_talk()
    told = {"taken": None, "unseen": None, "sent": None, "taken_back": None, "gone": None, "noted": False} | content
    return page(request, "_inbox_answer.html", visit, status=status, **{**parts.content(), **told})


@router.post("/{conversation_id}/take")
async def take(request: Request, visit: Taker, conversation_id: UUID) -> Response:
    """Take a conversation; what the agent has done and not said is told."""
    taken = await deeds.once(request, visit, Takeover, lambda work: takeover.take(work, conversation_id))
    return await _answer(request, visit, conversation_id, taken=taken)


@router.post("/{conversation_id}/release")
async def release(
    request: Request, visit: Taker, conversation_id: UUID, note: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Give a conversation back to the agent, with what was agreed."""
    await deeds.once(request, visit, HandoffView, lambda work: takeover.release(work, conversation_id, note.strip() or None))
    return await _answer(request, visit, conversation_id)


@router.post("/{conversation_id}/reply")
async def reply(
    request: Request,
    visit: Writer,
    conversation_id: UUID,
    text: Annotated[str, Form(min_length=1, max_length=4096)],
    seen: Annotated[UUID, Form()],
) -> Response:
    """Write to the customer; for some seconds the reply waits and can be taken back."""
    try:
        sent = await deeds.once(request, visit, ThreadMessage, lambda work: desk.reply(work, conversation_id, text, seen, UNDO))
    except MessagesUnseen as error:
        # The draft stays as it is; what was not seen stands above it now.
        told = said(error, visit.manners.language)
        return await _answer(request, visit, conversation_id, status=409, unseen=told)
    return await _answer(request, visit, conversation_id, sent=sent, undo_seconds=UNDO.seconds)


@router.post("/{conversation_id}/undo/{message_id}")
async def undo(request: Request, visit: Writer, conversation_id: UUID, message_id: UUID) -> Response:
    """Take back a reply that has not left; its words are given back."""
    async with open_work(visit.principal) as work:
        content = await desk.take_back(work, conversation_id, message_id)
    return await _answer(request, visit, conversation_id, taken_back=words_of(content), gone=message_id)


@router.post("/{conversation_id}/notes")
async def note(
    request: Request, visit: Writer, conversation_id: UUID, text: Annotated[str, Form(min_length=1, max_length=4000)]
) -> Response:
    """Note something that the customer never sees."""
    await deeds.once(request, visit, NoteView, lambda work: desk.add_note(work, conversation_id, text))
    return await _answer(request, visit, conversation_id, noted=True)


@router.post("/{conversation_id}/payments/{payment_id}/verify")
async def verify(
    request: Request,
    visit: Verifier,
    conversation_id: UUID,
    payment_id: UUID,
    amount: Annotated[Decimal | None, Form(gt=0, max_digits=14, decimal_places=2)] = None,
) -> Response:
    """Say that the money was seen, and how much if that is not what was told; the customer is told."""
    command = VerifyPayment(amount=amount)
    await deeds.once(request, visit, PaymentView, lambda work: by_staff.verify(work, payment_id, command))
    return await _answer(request, visit, conversation_id)


@router.post("/{conversation_id}/payments/{payment_id}/reject")
async def reject(
    request: Request,
    visit: Verifier,
    conversation_id: UUID,
    payment_id: UUID,
    reason: Annotated[str, Form(min_length=1, max_length=500)],
) -> Response:
    """Say that the money was not seen, and why."""
    command = RejectPayment(reason=reason)
    await deeds.once(request, visit, PaymentView, lambda work: by_staff.reject(work, payment_id, command))
    return await _answer(request, visit, conversation_id)
