"""Files that customers send are fetched once and kept; read marks and typing are shown and never in the way."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.queue.actors import media, presence, turns
from channels.infobip.media import MAX_BYTES
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections import service as connections
from domain.conversations import attachments, handoffs
from domain.conversations import service as conversations
from domain.conversations.content import File
from domain.conversations.kinds import HandoffReason
from domain.conversations.models import Attachment
from domain.conversations.schemas import Incoming, Sender
from tests.factories.provider import response
from tests.factories.threads import Thread, opened

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


async def show_presence(thread: Thread) -> None:
    """Show what a turn that is about to be thought shows."""
    shown = await turns.read_in(str(thread.principal.workspace_id), str(thread.conversation_id))
    if shown is not None:
        await presence.show(shown)


async def photo(thread: Thread) -> UUID:
    """A customer's message with a photo; the attachment that is to be fetched."""
    async with open_work(thread.principal) as work:
        await conversations.receive(
            work,
            await connections.get(work, thread.connection_id),
            Incoming(
                provider_message_id="wamid.photo",
                sender=Sender(address="584141112233", phone="584141112233"),
                content=File(media="image", url=f"{thread.provider.base_url}/media/1", caption="mi pago"),
                received_at=work.now,
                inbound_event_id=thread.conversation_id,
            ),
        )
        return (await work.session.scalars(select(Attachment))).one().id


async def attachment(thread: Thread) -> Attachment:
    async with open_work(thread.principal) as work:
        return (await work.session.scalars(select(Attachment))).one()


async def make_due(thread: Thread) -> None:
    async with open_work(thread.principal) as work:
        await work.session.execute(update(Attachment).values(next_try_at=func.clock_timestamp()))


async def process(thread: Thread, attachment_id: UUID) -> None:
    await media.process(str(thread.principal.workspace_id), str(attachment_id))


async def test_a_photo_is_fetched_once_and_kept_under_its_digest(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(200, PNG)) as thread:
        found = await photo(thread)

        await asyncio.gather(*(process(thread, found) for _ in range(3)))
        await process(thread, found)

        row = await attachment(thread)
        assert (row.status, row.content_type, row.size) == ("stored", "image/png", len(PNG))
        assert await open_blobs(get_settings()).get(row.sha256 or "") == PNG
        assert len(thread.provider.received) == 1


async def test_a_file_that_comes_late_is_fetched_at_a_later_try(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(500, b""), response(200, PNG)) as thread:
        found = await photo(thread)
        await process(thread, found)
        await process(thread, found)
        assert (await attachment(thread)).status == "pending"
        assert len(thread.provider.received) == 1

        await make_due(thread)
        await process(thread, found)

        assert (await attachment(thread)).status == "stored"


@pytest.mark.parametrize(
    ("answer", "tries", "reason"),
    [
        (response(404, b""), 1, "gone"),
        (response(200, b"x" * (MAX_BYTES + 1)), 1, "too_large"),
        (response(500, b""), attachments.MAX_TRIES, "http_500"),
    ],
)
async def test_a_file_that_never_comes_is_given_up_and_the_message_still_waits_for_its_answer(
    answer: bytes, tries: int, reason: str, workspace: WorkspaceView
) -> None:
    async with opened(workspace, *[answer] * 10) as thread:
        found = await photo(thread)

        for _ in range(attachments.MAX_TRIES + 2):
            await process(thread, found)
            await make_due(thread)

        row = await attachment(thread)
        assert (row.status, row.error_code) == ("failed", reason)
        assert len(thread.provider.received) == tries
        assert await thread.notifications() == ["attachment_failed"]
        async with open_work(thread.principal) as work:
            waiting = await conversations.open_messages(work, thread.conversation_id)
        assert [message.content.kind for message in waiting] == ["text", "file"]


async def test_a_worker_that_dies_while_fetching_costs_a_try_and_nothing_else(workspace: WorkspaceView) -> None:
    async with opened(workspace, None, response(200, PNG)) as thread:
        found = await photo(thread)
        killed = asyncio.create_task(process(thread, found))
        await thread.provider.arrived.wait()
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed

        await make_due(thread)
        await process(thread, found)

        row = await attachment(thread)
        assert (row.status, row.attempts) == ("stored", 2)


async def test_presence_shows_typing_and_a_read_mark_while_there_is_something_to_answer(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(200, {}), response(204, b"")) as thread:
        await show_presence(thread)

        assert [request.path.rsplit("/", 1)[-1] for request in thread.provider.received] == ["events", "read"]


async def test_presence_says_nothing_when_a_person_has_the_conversation(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        async with open_work(thread.principal) as work:
            await handoffs.wait_for_person(work, thread.conversation_id, HandoffReason.CUSTOMER_ASKED)

        await show_presence(thread)

        assert thread.provider.received == []


async def test_presence_survives_a_provider_that_does_not_answer(workspace: WorkspaceView) -> None:
    async with opened(workspace, b"", b"garbage") as thread:
        await show_presence(thread)

        assert len(thread.provider.received) == 2


async def test_a_rush_that_comes_up_after_the_look_is_a_rush(workspace: WorkspaceView) -> None:
    async with opened(workspace, *[response(200, {}), response(204, b"")] * presence.AT_ONCE) as thread:
        # Given more turns that begin at once than signs may be shown
        looked = [
            await turns.read_in(str(thread.principal.workspace_id), str(thread.conversation_id))
            for _ in range(presence.AT_ONCE + 4)
        ]
        for shown in looked:
            assert shown is not None
            presence.announce(shown)
        assert len(presence._running) == presence.AT_ONCE
        await asyncio.gather(*presence._running)
        assert len(thread.provider.received) == 2 * presence.AT_ONCE
