"""`notification.send` tells everybody whom something concerns; `notice.send` carries one notice to one of them."""

import json
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from app.queue import drawings
from channels import registry
from channels.base import SendOutcome
from connectors.mail import open_post
from connectors.webhooks import sending
from core import observability
from core.access import Principal
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts.mails import Letter, MailRefused, MailUnavailable, MailUnconfirmed
from domain.connections import service as connections
from domain.connections.medium import Medium
from domain.connections.schemas import ConnectionView
from domain.conversations import notifications
from domain.conversations.content import File, Template, Text
from domain.conversations.kinds import AttemptOutcome
from domain.notifications import outgoing
from domain.notifications.kinds import Way
from domain.notifications.schemas import Answer, Parcel, Result
from domain.subscriptions.schemas import Parcel as Posted

log = observability.log(__name__)

_UNREACHED: Final = {
    "address_refused": Result.REFUSED,
    "tls_failed": Result.REFUSED,
    "name_unknown": Result.LATER,
    "not_reached: ConnectError": Result.LATER,
}
"""Of which faults it is sure that nothing went out; after any other the text may have arrived."""

Carried = tuple[Result, str | None]
"""What came of it, and why."""


async def send(workspace_id: str, notification_id: str) -> None:
    """Tell everybody whom a notification concerns, once."""
    async with open_work(Principal.system(UUID(workspace_id))) as work:
        raised = await notifications.publish(work, UUID(notification_id))
        if raised is not None:
            await outgoing.spread(work, raised)


async def carry(workspace_id: str, notice_id: str) -> None:
    """Send one notice, unless that was done or is being done."""
    principal = Principal.system(UUID(workspace_id))
    async with open_work(principal) as work:
        parcel = await outgoing.take(work, UUID(notice_id))
        line = await _line(work, parcel) if parcel is not None and parcel.way is Way.WHATSAPP else None
        at = work.system_time
    if parcel is None:
        return
    result, reason = await _carried(parcel, line, at)
    async with open_work(principal) as work:
        await outgoing.record(work, parcel.id, result, reason)


async def _carried(parcel: Parcel, line: ConnectionView | None, at: datetime) -> Carried:
    if parcel.way is Way.MAIL:
        return await _mailed(parcel)
    if parcel.way is Way.WEBHOOK:
        return await _posted(parcel, at)
    if line is None:
        return Result.REFUSED, "the workspace has no WhatsApp line"
    return await _messaged(parcel, line)


async def _mailed(parcel: Parcel) -> Carried:
    post = open_post(get_settings())
    if post is None:
        return Result.LATER, "SMTP_URL is not set"
    try:
        await post.send(Letter(parcel.id, parcel.address, parcel.subject, parcel.text))
    except MailUnavailable as error:
        return Result.LATER, str(error)
    except MailRefused as error:
        return Result.REFUSED, str(error)
    except MailUnconfirmed as error:
        return Result.UNKNOWN, str(error)
    return Result.SENT, None


async def _posted(parcel: Parcel, at: datetime) -> Carried:
    """As Slack and its likes take it. An answer that is none leaves open whether the text arrived."""
    body = json.dumps({"text": parcel.text}, ensure_ascii=False).encode()
    posted = Posted(parcel.id, 1, parcel.address, body, ())
    answer = await sending.send(posted, at, may_be_inside=get_settings().calls_to_private_addresses)
    if answer.is_success:
        return Result.SENT, None
    if answer.status is None:
        return _UNREACHED.get(answer.error or "", Result.UNKNOWN), answer.error
    return (Result.LATER if answer.status == 429 or answer.status >= 500 else Result.REFUSED), f"http {answer.status}"


async def _line(work: Work, parcel: Parcel) -> ConnectionView | None:
    """The line by which staff are written to: the one that they wrote to, or the first of WhatsApp that is active."""
    if parcel.answer is not None:
        return await connections.get(work, parcel.answer.line_id)
    lines = [each for each in await connections.all_of_workspace(work) if each.is_active and each.medium is Medium.WHATSAPP]
    return await connections.get(work, lines[0].id) if lines else None


async def _messaged(parcel: Parcel, line: ConnectionView) -> Carried:
    """With the line's template for staff where it has one: a plain text reaches only who has written lately."""
    if parcel.answer is not None:
        return await _answered(parcel, parcel.answer, line)
    settings = line.settings
    template = settings.staff_template
    said = " ".join(parcel.text.split())
    content = (
        Template(name=template, language=settings.template_language, placeholders=(said,)) if template else Text(text=said)
    )
    outcome = await registry.open_channel(line).send(parcel.id, parcel.address.removeprefix("+"), content)
    return _came(outcome)


async def _answered(parcel: Parcel, answer: Answer, line: ConnectionView) -> Carried:
    """The answer to somebody who has just written, in pieces if it is long, and a picture of each figure that can be drawn."""
    channel, to = registry.open_channel(line), parcel.address.removeprefix("+")
    for number, piece in enumerate(channel.parts(Text(text=parcel.text))):
        result, reason = _came(await channel.send(uuid5(parcel.id, f"piece {number}"), to, piece))
        if result is not Result.SENT:
            # What has arrived is not sent again for the sake of the rest.
            return (result, reason) if number == 0 else (Result.UNKNOWN, f"only the first {number} went out: {reason}")
    for number, drawn in enumerate(await drawings.of(line.workspace_id, answer)):
        # A picture that does not arrive leaves the figures in words, which is all of them.
        await channel.send(uuid5(parcel.id, str(number)), to, File(media="image", url=drawn.url, caption=drawn.title))
    return Result.SENT, None


def _came(outcome: SendOutcome) -> Carried:
    result = {
        AttemptOutcome.SENT: Result.SENT,
        AttemptOutcome.RETRY: Result.LATER,
        AttemptOutcome.REJECTED: Result.REFUSED,
    }.get(AttemptOutcome(outcome.result), Result.UNKNOWN)
    return result, outcome.error_code or outcome.detail
