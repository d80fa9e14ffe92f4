"""The visitors' door: a page begins, writes, and says what was seen. A message is stored, and only then answered with 202.

It goes the way of every message: one InboundEvent with one outbox row, read in by the worker. What is refused here costs no
row: a page without a session, a visitor without consent, a button that nobody was shown, and whoever writes too much.
"""

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from itsdangerous import BadSignature
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from app.web import files, signed
from app.web.chat import bodies, sessions, visits
from app.web.chat.origins import PREFIX
from app.web.chat.shown import ShownPage, shown
from app.web.chat.visits import Named, Visit, Visited
from app.web.webhooks import STORE_SECONDS, Door, DoorUnavailable
from channels.web.wire import BLOB, Written, event_of
from core import messages, observability
from core.blobs import BlobMissing, open_blobs
from core.errors import CommitOutcomeUnknown, DomainError, Invalid
from core.filetypes import PICTURES, sniff
from core.settings import Settings
from core.work import Work, open_work
from domain.conversations import joining, visitor_thread
from domain.conversations.content import About, Answer, CatalogueProduct, File, MediaKind, Place, Text

router = APIRouter(prefix=PREFIX)
log = observability.log(__name__)

MOST_BYTES: Final = 10 * 1024 * 1024
TAKEN: Final[dict[str, MediaKind]] = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "image/gif": "image",
    "application/pdf": "document",
}
"""What visitors may send, by what the bytes are."""

_WORDS: Final = "webchat.page."
_UPLOAD: Final = "webchat upload"


class UploadRefused(Invalid):
    """The file is none of the kinds that are taken here, or not the one that was uploaded."""

    code = "upload_refused"
    http_status = 415


class CodeWrong(Invalid):
    """The code proves nothing: it is another one, too old, or was tried too often."""

    code = "code_wrong"
    http_status = 422


class Begun(BaseModel):
    """What a page needs to show a chat: the session that it keeps, and the words of the shop and of the language.

    By `who` a page sees that somebody else sits at it; it names nobody.
    """

    session: str
    who: UUID
    is_known: bool
    name: str | None
    title: str
    greeting: str
    consent: str | None
    consent_url: str | None
    must_agree: bool
    can_join: bool
    language: str
    words: dict[str, str]
    thread: ShownPage


class Stored(BaseModel):
    """That a message is stored; once more under the same id it is not `is_new`, and nothing else happens."""

    id: UUID
    is_new: bool


class Uploaded(BaseModel):
    """What names an uploaded file in the message that sends it."""

    file: str
    media: MediaKind


class _Upload(BaseModel):
    visitor: str
    key: str
    media: MediaKind
    name: str | None


@router.post("/{slug}/session")
async def begin(request: Request, named: Named, body: bodies.Begin) -> Begun:
    """Begin: whoever comes back goes on where they were, and a signed identity is believed."""
    await visits.count(request, "session", visits.network(request), visits.SESSIONS_PER_MINUTE)
    try:
        held = visits.held(request, named)
    except DomainError:
        held = None  # a session that counts no more is no reason to turn somebody away
    visitor = sessions.begin(named, body.identity, held, agrees=body.agrees)
    visit = Visit(named, visitor, visits.network(request))
    language = messages.choose_language(body.language)
    chosen = named.settings
    words = {name.removeprefix(_WORDS): said for name, said in messages.catalogue(language).items() if name.startswith(_WORDS)}
    return Begun(
        session=sessions.issue(visitor),
        who=visit.key,
        is_known=visitor.is_known,
        name=visitor.name,
        title=named.name,
        greeting=chosen.greeting or words["greeting"],
        consent=chosen.consent,
        consent_url=chosen.consent_url,
        must_agree=visitor.agreed != sessions.asked_for(chosen),
        can_join=await _can_join(visit),
        language=language,
        words=words,
        thread=await thread_of(visit, None),
    )


async def _can_join(visit: Visit) -> bool:
    async with open_work(visit.principal) as work:
        return await joining.is_offered(work)


async def thread_of(visit: Visit, after: int | None) -> ShownPage:
    """What a visitor has not seen yet; the last messages without a number."""
    async with open_work(visit.principal) as work:
        conversation_id = await visitor_thread.find(work, visit.line, visit.visitor.id)
        if conversation_id is None:
            return ShownPage(messages=[], number=0)
        return await shown(work, await visitor_thread.read(work, conversation_id, after))


@router.get("/{slug}/messages")
async def read(
    request: Request,
    visit: Visited,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    before: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> ShownPage:
    """Tell what has changed since a number, or what stands before a place."""
    await visits.count(request, "read", str(visit.key), visits.READS_PER_MINUTE)
    if before is None:
        return await thread_of(visit, after)
    async with open_work(visit.principal) as work:
        conversation_id = await visitor_thread.find(work, visit.line, visit.visitor.id)
        if conversation_id is None:
            return ShownPage(messages=[], number=0)
        return await shown(work, await visitor_thread.earlier(work, conversation_id, before))


@router.post("/{slug}/messages", status_code=202)
async def write(request: Request, visit: Visited, body: bodies.Write) -> Stored:
    """Store a message of a visitor, once."""
    visit.visitor.require_consent(visit.line.settings)
    await visits.count(request, "write", str(visit.key), visits.WRITES_PER_MINUTE)
    await visits.count(request, "network", f"{visit.line.id}:{visit.network}", visits.WRITES_OF_NETWORK)
    door: Door = request.app.state.door
    correlation_id = observability.correlation_id()
    assert correlation_id is not None, "RequestFrame has bound one"
    try:
        async with asyncio.timeout(STORE_SECONDS):
            event = event_of(await _written(visit, body))
            new = await door.intake.put(visit.line.workspace_id, visit.line.id, correlation_id, [event])
    except (SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError) as error:
        log.error("chat.refused", line=visit.line.slug, error=f"{type(error).__name__}: {error}"[:300])
        raise DoorUnavailable(retry_after=1) from error
    observability.INBOUND_EVENTS.labels(kind=event.kind, result="stored" if new else "duplicate").inc()
    return Stored(id=body.id, is_new=bool(new))


async def _written(visit: Visit, body: bodies.Write) -> Written:
    async with open_work(visit.principal) as work:
        content = await _content(work, visit, body.said)
        return Written(
            visitor=visit.visitor.id,
            name=visit.visitor.name,
            id=str(body.id),
            at=work.now,
            content=content,
            reply_to=str(body.said.message) if isinstance(body.said, bodies.Pressed) else None,
        )


async def _content(
    work: Work, visit: Visit, said: bodies.TextSaid | bodies.Pressed | bodies.FileSaid | bodies.PlaceSaid
) -> Text | Answer | File | Place:
    match said:
        case bodies.TextSaid():
            about = About(product=CatalogueProduct(sku=said.product)) if said.product is not None else None
            return Text(text=said.text, about=about)
        case bodies.Pressed():
            conversation_id = await visitor_thread.find(work, visit.line, visit.visitor.id)
            if conversation_id is None:
                raise visitor_thread.AnswerUnknown
            return await visitor_thread.pressed(work, conversation_id, said.message, said.option)
        case bodies.FileSaid():
            upload = _uploaded(visit, said.file)
            return File(media=upload.media, url=f"{BLOB}{upload.key}", filename=upload.name, caption=said.caption)
        case bodies.PlaceSaid():
            return Place(latitude=said.latitude, longitude=said.longitude, name=said.name)


@router.put("/{slug}/files", status_code=201)
async def upload(request: Request, visit: Visited, name: Annotated[str | None, Query(max_length=200)] = None) -> Uploaded:
    """Take the bytes of a file; the message that sends it names it by the answer."""
    visit.visitor.require_consent(visit.line.settings)
    await visits.count(request, "file", str(visit.key), visits.FILES_PER_MINUTE)
    await visits.count(request, "files", visit.network, visits.FILES_OF_NETWORK)
    content = await request.body()
    media = TAKEN.get(sniff(content, None))
    if media is None:
        raise UploadRefused
    settings: Settings = request.app.state.settings
    key = await open_blobs(settings).put(content)
    said = _Upload(visitor=str(visit.key), key=key, media=media, name=name)
    return Uploaded(file=str(signed.serializer(_UPLOAD).dumps(said.model_dump())), media=media)


def _uploaded(visit: Visit, token: str) -> _Upload:
    """What an upload has answered to this visitor; raises UploadRefused."""
    try:
        found = _Upload.model_validate(signed.serializer(_UPLOAD).loads(token))
    except (BadSignature, ValidationError) as error:
        raise UploadRefused from error
    if found.visitor != str(visit.key):
        raise UploadRefused
    return found


@router.get("/{slug}/files/{message_id}")
async def file(request: Request, visit: Visited, message_id: UUID) -> Response:
    """Give the bytes of a file of the visitor's own thread; raises BlobMissing."""
    await visits.count(request, "read", str(visit.key), visits.READS_PER_MINUTE)
    async with open_work(visit.principal) as work:
        conversation_id = await visitor_thread.find(work, visit.line, visit.visitor.id)
        url = None if conversation_id is None else await visitor_thread.file_of(work, conversation_id, message_id)
    if url is None or not url.startswith(BLOB):
        raise BlobMissing
    return await files.give(request, url.removeprefix(BLOB), str(message_id), shown=PICTURES)


@router.post("/{slug}/seen", status_code=204)
async def seen(request: Request, visit: Visited, body: bodies.Seen) -> None:
    """Note how far the page has shown what the shop said, and how far its visitor has looked."""
    await visits.count(request, "read", str(visit.key), visits.READS_PER_MINUTE)
    async with open_work(visit.principal) as work:
        conversation_id = await visitor_thread.find(work, visit.line, visit.visitor.id)
        if conversation_id is not None:
            await visitor_thread.report(work, conversation_id, shown=body.shown, read=body.read)


@router.post("/{slug}/phone", status_code=204)
async def send_code(request: Request, visit: Visited, body: bodies.Phone) -> None:
    """Have a code sent to a telephone; the answer is the same whether or not a customer has it."""
    await visits.require_counted(request, "phone", str(visit.key), visits.CODES_PER_MINUTE)
    await visits.require_counted(request, "phones", visit.network, visits.CODES_OF_NETWORK)
    async with open_work(visit.principal) as work:
        await joining.send_code(work, visit.line, visit.visitor.id, body.phone)


@router.post("/{slug}/phone/code", status_code=204)
async def join(request: Request, visit: Visited, body: bodies.Code) -> None:
    """Be the customer whose telephone the code proves; raises CodeWrong."""
    await visits.require_counted(request, "code", str(visit.key), visits.GUESSES_PER_MINUTE)
    await visits.require_counted(request, "codes", visit.network, visits.CODES_OF_NETWORK)
    async with open_work(visit.principal) as work:
        # A wrong code is counted in this transaction, so it is told after its commit.
        is_joined = await joining.join(work, visit.line, visit.visitor.id, body.code.strip())
    if not is_joined:
        raise CodeWrong
