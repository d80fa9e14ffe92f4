"""What the provider does with a message: takes it onto the phone and plans what it will report of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never
from uuid import uuid4

from core.work import Work, open_work
from domain.conversations.content import Button, Buttons, Choices, Content, File, Section, Template, Text
from sandbox.infobip import approved, rules, shapes, store
from sandbox.infobip.chaos import Chaos
from sandbox.infobip.customer import lateness
from sandbox.infobip.line import Line
from sandbox.infobip.models import SandboxMessage, SandboxPhone, Ticks, Writer

WINDOW = timedelta(hours=24)
READ_AFTER = timedelta(milliseconds=400)


class Refused(Exception):
    """The request gets an error body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the provider answers to a send, and how the line then behaves."""

    state: str
    message_id: str
    chaos: Chaos


async def take(line: Line, sent: rules.Request, content: rules.Content) -> Accepted:
    """Accept a send: put the bubble on the phone and plan its reports; raises Refused."""
    message_id = sent.message_id or str(uuid4())
    async with open_work(line.principal) as work:
        chaos = await store.chaos_of(work, line.connection.id)
        _refuse_by_chance(chaos, message_id, work)
        if sent.sender != line.connection.address:
            return Accepted("source", message_id, chaos)
        known = await store.find_phone(work, line.connection.id, sent.to)
        phone = await store.lock_phone(work, line.connection.id, known.phone if known else sent.to[:40])
        earlier = await store.find_message(work, line.connection.id, Writer.SHOP, message_id)
        if earlier is not None:
            earlier.sends += 1
            return Accepted("duplicate", message_id, chaos)
        quoted = None
        if sent.context is not None:
            quoted = await store.find_message(work, line.connection.id, Writer.CUSTOMER, sent.context.reply_to_message_id)
        bubble = store.add_message(
            work,
            phone,
            {
                "direction": Writer.SHOP,
                "content": _content_of(content),
                "quoted": quoted.n if quoted is not None else None,
                "provider_id": message_id,
                "status": Ticks.SENT,
            },
        )
        phone.typing_until = None
        await work.session.flush()
        _plan_reports(work, line, phone, bubble, chaos)
    return Accepted("pending", message_id, chaos)


def _refuse_by_chance(chaos: Chaos, message_id: str, work: Work) -> None:
    """Refuse before anything is taken. Each try has its own luck, or a refused message would be refused for ever."""
    cause = (message_id, work.system_time.isoformat())
    if chaos.happens(chaos.too_many_requests, *cause, "429"):
        raise Refused(429, shapes.refusal("TOO_MANY_REQUESTS", "Too many requests"))
    if chaos.happens(chaos.server_error, *cause, "500"):
        said = "Something went wrong. Please contact support."
        raise Refused(500, shapes.refusal("GENERAL_ERROR", said))


def _plan_reports(work: Work, line: Line, phone: SandboxPhone, bubble: SandboxMessage, chaos: Chaos) -> None:
    def delivery(state: str, cause: str) -> dict[str, Any]:
        return shapes.delivery_report(bubble.provider_id, phone.phone, phone.user_id, bubble.at, state=state, cause=cause)

    after = timedelta(seconds=chaos.report_seconds)
    closed = phone.last_inbound_at is None or bubble.at - phone.last_inbound_at > WINDOW
    if closed and not isinstance(bubble.content, Template):
        _plan(work, bubble, Ticks.FAILED, delivery("failed", "no_session"), after, chaos)
    elif chaos.happens(chaos.fail, bubble.provider_id, "fail"):
        _plan(work, bubble, Ticks.FAILED, delivery("failed", "unknown_user"), after, chaos)
    else:
        _plan(work, bubble, Ticks.DELIVERED, delivery("delivered", "none"), after, chaos)
        if chaos.reads:
            seen = shapes.seen_report(bubble.provider_id, phone.phone, phone.user_id, bubble.at, to=line.connection.address)
            _plan(work, bubble, Ticks.READ, seen, after + READ_AFTER, chaos)


def _plan(work: Work, bubble: SandboxMessage, effect: Ticks, report: dict[str, Any], after: timedelta, chaos: Chaos) -> None:
    """Plan one report; one that is dropped still happens on the phone, only nobody is told."""
    cause = (bubble.provider_id, effect)
    body = None if chaos.happens(chaos.drop, *cause, "drop") else report
    store.add_call(work, bubble, effect, body, after + lateness(chaos, *cause))
    if body is not None and chaos.happens(chaos.duplicate, *cause, "duplicate"):
        store.add_call(work, bubble, effect, body, after + lateness(chaos, *cause, "again"))


def _content_of(sent: rules.Content) -> Content:
    """What the bubble says."""
    match sent:
        case rules.TextContent():
            return Text(text=sent.text)
        case rules.DocumentContent():
            return File(media="document", url=sent.media_url, filename=sent.filename, caption=sent.caption)
        case rules.ImageContent():
            return File(media="image", url=sent.media_url, caption=sent.caption)
        case rules.ButtonsContent():
            buttons = tuple(Button(id=button.id, title=button.title) for button in sent.action.buttons)
            return Buttons(text=sent.body.text, buttons=buttons, footer=sent.footer.text if sent.footer else None)
        case rules.ListContent():
            return Choices(
                text=sent.body.text,
                opener=sent.action.title,
                sections=tuple(Section.model_validate(section.model_dump()) for section in sent.action.sections),
                footer=sent.footer.text if sent.footer else None,
            )
        case rules.TemplateContent():
            placeholders = tuple(sent.template_data.body.placeholders)
            text = approved.filled(sent.template_name, placeholders)
            return Template(name=sent.template_name, language=sent.language, placeholders=placeholders, text=text)
        case _:
            assert_never(sent)
