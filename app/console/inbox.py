"""The inbox: who waits for a person, the conversation that is open, and what is done in it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from fastapi.responses import Response

from agent import takeover
from agent.takeover import Takeover
from app.console import deeds, filters, forms, streams, talk
from app.console.catalogue import INBOX
from app.console.parts import Made, Parts, answer
from app.console.refusals import said
from app.console.rendering import page
from app.console.talk import Wanted
from app.console.visits import Visit, may
from app.web import outgoing
from core.work import Work, open_work
from domain.conversations import desk, sending_files, suggestions, templates
from domain.conversations import notes as noting
from domain.conversations.content import said as words_of
from domain.conversations.errors import MessagesUnseen
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskFilter, HandoffView, NoteView, Queue, SuggestionView, ThreadMessage
from domain.conversations.templates import SendTemplate
from domain.payments import by_staff
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import PaymentView, RejectPayment, VerifyPayment
from domain.teams import service as teams

router = APIRouter(prefix="/console/@{workspace}/inbox")

Reader = Annotated[Visit, may(ConversationsPermission.READ)]
Taker = Annotated[Visit, may(ConversationsPermission.TAKE)]
Writer = Annotated[Visit, may(ConversationsPermission.REPLY)]
Verifier = Annotated[Visit, may(PaymentsPermission.VERIFY)]

UNDO: Final = timedelta(seconds=5)


async def _wanted(
    queue: filters.Word = "",
    search: filters.Words = "",
    team_id: filters.Word = "",
    operator_id: filters.Word = "",
    tag: filters.Word = "",
    is_late: bool = False,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    shown: Annotated[int, Query(ge=10, le=200)] = talk.MESSAGES,
) -> tuple[Wanted, int]:
    asked = DeskFilter(
        queue=filters.chosen(Queue, queue) or Queue.ALL,
        search=search.strip() if len(search.strip()) > 1 else None,
        team_id=filters.identified(team_id),
        operator_id=filters.identified(operator_id),
        tag=tag[:40] or None,
        is_late=is_late,
    )
    return Wanted(asked, cursor), shown


Asked = Annotated[tuple[Wanted, int], Depends(_wanted)]


async def _show(request: Request, visit: Visit, asked: tuple[Wanted, int], conversation_id: UUID | None) -> Response:
    wanted, shown = asked
    parts = Parts(request, visit, replace(wanted, conversation_id=conversation_id), shown)
    await parts.read(whole=True)
    return page(request, "inbox.html", visit, current=INBOX, query=wanted.query, **parts.content())


@router.get("")
async def show(request: Request, visit: Reader, asked: Asked) -> Response:
    """Show a queue."""
    return await _show(request, visit, asked, None)


@router.get("/live")
async def live(request: Request, visit: Reader, asked: Asked, talk_id: UUID | None = None, after: str = "") -> Response:
    """Follow a queue and the conversation that is open: parts of the page as they change."""
    wanted = replace(asked[0], conversation_id=talk_id)

    async def make(now: Visit) -> Made:
        # Whoever follows the inbox is at the desk.
        async with open_work(now.principal) as work:
            await teams.be_present(work)
        parts = Parts(request, now, wanted)
        await parts.meet(request.app.state.company)
        await parts.read()
        return parts.render()

    return streams.follow(request, visit, ConversationsPermission.READ, after, make)


@router.get("/{conversation_id}")
async def open_(request: Request, visit: Reader, asked: Asked, conversation_id: UUID) -> Response:
    """Show a conversation beside its queue."""
    return await _show(request, visit, asked, conversation_id)


@router.post("/{conversation_id}/take")
async def take(request: Request, visit: Taker, conversation_id: UUID) -> Response:
    """Take a conversation; what the agent has done and not said is told."""
    taken = await deeds.once(request, visit, Takeover, lambda work: takeover.take(work, conversation_id))
    return await answer(request, visit, conversation_id, taken=taken)


@router.post("/{conversation_id}/release")
async def release(
    request: Request, visit: Taker, conversation_id: UUID, note: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Give a conversation back to the agent, with what was agreed."""
    await deeds.once(request, visit, HandoffView, lambda work: takeover.release(work, conversation_id, note.strip() or None))
    return await answer(request, visit, conversation_id)


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
        return await answer(request, visit, conversation_id, status=409, unseen=told)
    return await answer(request, visit, conversation_id, sent=sent, undo_seconds=UNDO.seconds)


@router.post("/{conversation_id}/files")
async def send_file(
    request: Request,
    visit: Writer,
    conversation_id: UUID,
    file: UploadFile,
    seen: Annotated[UUID, Form()],
    caption: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Send a picture or a document with a few words; for some seconds it waits and can be taken back."""
    kept = await outgoing.keep(visit.principal, conversation_id, await file.read(), file.filename)

    async def act(work: Work) -> ThreadMessage:
        return await sending_files.send(work, conversation_id, kept, caption.strip(), seen, UNDO)

    sent = await deeds.once(request, visit, ThreadMessage, act)
    return await answer(request, visit, conversation_id, sent=sent, undo_seconds=UNDO.seconds)


@router.post("/{conversation_id}/templates")
async def send_template(
    request: Request,
    visit: Writer,
    conversation_id: UUID,
    name: Annotated[str, Form()],
    language: Annotated[str, Form()],
    seen: Annotated[UUID, Form()],
) -> Response:
    """Send an approved template where words may not go; for some seconds it waits and can be taken back."""
    values = {"name": name, "language": language, "values": await forms.chosen(request, "value"), "last_seen_message_id": seen}
    command = forms.judge(request, SendTemplate, values)
    sent = await deeds.once(request, visit, ThreadMessage, lambda work: templates.send(work, conversation_id, command, UNDO))
    return await answer(request, visit, conversation_id, sent=sent, undo_seconds=UNDO.seconds)


@router.post("/{conversation_id}/writing")
async def be_writing(request: Request, visit: Writer, conversation_id: UUID) -> Response:
    """Say that one is writing, which whoever else looks at the conversation sees for some seconds."""
    async with open_work(visit.principal) as work:
        await desk.get_entry(work, conversation_id)
    await request.app.state.company.write(visit.principal, conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/suggestion")
async def suggest(request: Request, visit: Writer, conversation_id: UUID) -> Response:
    """Have the agent think of what it would answer; it comes with the stream."""
    await deeds.once(request, visit, SuggestionView, lambda work: suggestions.ask(work, conversation_id))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/suggestion/discard")
async def discard(request: Request, visit: Writer, conversation_id: UUID) -> Response:
    """Put away what the agent would answer."""
    await deeds.run(request, visit, lambda work: suggestions.discard(work, conversation_id))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/undo/{message_id}")
async def undo(request: Request, visit: Writer, conversation_id: UUID, message_id: UUID) -> Response:
    """Take back a reply that has not left; its words are given back."""
    async with open_work(visit.principal) as work:
        content = await desk.take_back(work, conversation_id, message_id)
    return await answer(request, visit, conversation_id, taken_back=words_of(content), gone=message_id)


@router.post("/{conversation_id}/notes")
async def note(
    request: Request, visit: Writer, conversation_id: UUID, text: Annotated[str, Form(min_length=1, max_length=4000)]
) -> Response:
    """Note something that the customer never sees."""
    await deeds.once(request, visit, NoteView, lambda work: noting.add_note(work, conversation_id, text))
    return await answer(request, visit, conversation_id, noted=True)


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
    return await answer(request, visit, conversation_id)


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
    return await answer(request, visit, conversation_id)
