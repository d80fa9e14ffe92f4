"""Events out, to a real HTTP server: signed, in the order of their subject, at least once, and never into the house."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.queue.actors import subscriptions as actor
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from connectors.webhooks import sending
from core import clock, events
from core.access import Principal
from core.event_types import EventType
from core.settings import Settings
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.subscriptions import outgoing, service
from domain.subscriptions.kinds import DeliveryStatus, SubscriptionStatus
from domain.subscriptions.models import Subscription
from domain.subscriptions.schemas import ChangeSubscription, DeliveryView, NewSubscription, Parcel, SubscriptionSecret


@dataclass
class Receiver:
    """An HTTP server that keeps what it is sent, and answers with the next of some statuses, then with 200."""

    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    extra: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def told(self) -> list[Any]:
        return [json.loads(body) for _, body in self.got]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{self.extra}connection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(*statuses: int, extra: str = "") -> AsyncIterator[Receiver]:
    receiver = Receiver(list(statuses), extra=extra)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def subscribe(workspace: WorkspaceView, url: str, *types: str) -> SubscriptionSecret:
    async with open_work(Principal.system(workspace.id)) as work:
        return await service.create(work, NewSubscription(url=url, types=list(types) or ["order.*"]))


async def happen(workspace: WorkspaceView, *happened: tuple[EventType, UUID]) -> None:
    for kind, subject in happened:
        async with open_work(Principal.system(workspace.id)) as work:
            events.record(work, kind, subject=subject, after={"total": "2.50"})


async def deliver(workspace: WorkspaceView, made: SubscriptionSecret) -> None:
    await actor.deliver(str(workspace.id), str(made.id))


async def let_time_pass(workspace: WorkspaceView, hours: float = 0) -> None:
    """Every claim and pause is over; what fails has failed for so many hours more."""
    async with open_work(Principal.system(workspace.id)) as work:
        await work.session.execute(
            text("UPDATE subscription_deliveries SET next_try_at = now() - interval '1 second', lease_until = NULL")
        )
        await work.session.execute(
            text("UPDATE subscriptions SET failing_since = failing_since - make_interval(hours => :hours)"), {"hours": hours}
        )


async def log(workspace: WorkspaceView, made: SubscriptionSecret) -> list[DeliveryView]:
    """The deliveries of a subscription, oldest first."""
    async with open_work(Principal.system(workspace.id)) as work:
        return (await service.list_deliveries(work, made.id, limit=100)).items[::-1]


def is_signed_with(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a verifier that has one secret would take it, as Standard Webhooks says how to look."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


async def test_what_is_wanted_is_told_once_in_order_and_signed(workspace: WorkspaceView) -> None:
    async with receiving() as receiver:
        await happen(workspace, (EventType.ORDER_DRAFTED, new_id()))
        made = await subscribe(workspace, receiver.url, "order.*", "payment.verified")
        order = new_id()
        await happen(
            workspace,
            (EventType.ORDER_CONFIRMED, order),
            (EventType.PAYMENT_CLAIMED, new_id()),
            (EventType.PAYMENT_VERIFIED, new_id()),
            (EventType.ORDER_SHIPPED, order),
        )
        await asyncio.gather(*(deliver(workspace, made) for _ in range(3)))
        await deliver(workspace, made)
        assert [each["type"] for each in receiver.told] == ["order.confirmed", "payment.verified", "order.shipped"]
        assert receiver.told[0]["data"]["after"] == {"total": "2.50"}
        assert receiver.told[0]["data"]["subject_id"] == str(order)
        assert len(set(receiver.ids)) == 3
        assert all(is_signed_with(made.secret, headers, body) for headers, body in receiver.got)
        headers, body = receiver.got[0]
        assert not is_signed_with(made.secret, headers, body + b" ")
        assert [each.status for each in await log(workspace, made)] == [DeliveryStatus.DELIVERED] * 3


async def test_a_failed_event_holds_up_its_own_subject_only_and_keeps_its_id(workspace: WorkspaceView) -> None:
    async with receiving(500) as receiver:
        made = await subscribe(workspace, receiver.url)
        first, second = new_id(), new_id()
        await happen(
            workspace,
            (EventType.ORDER_CONFIRMED, first),
            (EventType.ORDER_SHIPPED, first),
            (EventType.ORDER_CONFIRMED, second),
        )
        await deliver(workspace, made)
        assert [each["data"]["subject_id"] for each in receiver.told] == [str(first), str(second)]
        await let_time_pass(workspace)
        await deliver(workspace, made)
        assert [each["type"] for each in receiver.told[2:]] == ["order.confirmed", "order.shipped"]
        assert receiver.ids[2] == receiver.ids[0]
        assert [[each.status for each in row.tries] for row in await log(workspace, made)] == [[500, 200], [200], [200]]


@pytest.mark.parametrize("where", ["before the send", "between send and record"])
async def test_whoever_dies_in_between_leaves_nothing_untold(
    workspace: WorkspaceView, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        made = await subscribe(workspace, receiver.url)
        await happen(workspace, (EventType.ORDER_CONFIRMED, new_id()))
        send = sending.send

        async def die(*args: Any, **options: Any) -> Any:
            if where == "between send and record":
                await send(*args, **options)
            raise asyncio.CancelledError

        with monkeypatch.context() as patch:
            patch.setattr(sending, "send", die)
            with pytest.raises(asyncio.CancelledError):
                await deliver(workspace, made)
        # While the claim lasts nobody else sends; then the same event goes out under the same id
        await deliver(workspace, made)
        told_before = len(receiver.got)
        assert told_before == (where == "between send and record")
        await let_time_pass(workspace)
        await deliver(workspace, made)
        assert len(receiver.got) == told_before + 1
        assert len(set(receiver.ids)) == 1
        assert [each.status for each in await log(workspace, made)] == [DeliveryStatus.DELIVERED]


async def test_the_sweep_finds_what_is_new_what_is_due_and_nothing_else(workspace: WorkspaceView) -> None:
    async def found() -> int:
        return sum([len(await unhandled(sweep)) for sweep in SWEEPS if sweep.job == "subscription.deliver"])

    async with receiving(500) as receiver:
        made = await subscribe(workspace, receiver.url, "order.confirmed")
        await deliver(workspace, made)
        assert await found() == 0
        await happen(workspace, (EventType.ORDER_CONFIRMED, new_id()))
        assert await found() == 1
        await deliver(workspace, made)
        assert await found() == 0
        await let_time_pass(workspace)
        assert await found() == 1
        await deliver(workspace, made)
        assert await found() == 0
        assert len(receiver.got) == 2


async def test_an_address_that_takes_nothing_for_a_day_is_closed_and_staff_are_told(workspace: WorkspaceView) -> None:
    async with receiving(*[503] * 4) as receiver:
        made = await subscribe(workspace, receiver.url)
        await happen(workspace, (EventType.ORDER_CONFIRMED, new_id()))
        for hours in (0, 12, 12, 0):
            await deliver(workspace, made)
            await let_time_pass(workspace, hours)
        assert len(receiver.got) == 4
        async with open_work(Principal.system(workspace.id)) as work:
            closed = await service.get(work, made.id)
            assert closed.status is SubscriptionStatus.CLOSED
            assert [event.subject_id for event in await events.page(work) if event.type == "subscription.closed"] == [made.id]
            told = await work.session.scalar(text("SELECT count(*) FROM notifications WHERE kind = 'subscription_closed'"))
            assert told == 1
            # When staff let it go on, all that happened since is told
            await service.change(work, made.id, ChangeSubscription(is_active=True), closed.version)
        receiver.statuses.clear()
        await happen(workspace, (EventType.ORDER_SHIPPED, new_id()))
        await deliver(workspace, made)
        assert [each["type"] for each in receiver.told[4:]] == ["order.confirmed", "order.shipped"]


async def test_an_address_that_says_it_is_gone_is_closed_at_once(workspace: WorkspaceView) -> None:
    async with receiving(410) as receiver:
        made = await subscribe(workspace, receiver.url)
        await happen(workspace, (EventType.ORDER_CONFIRMED, new_id()))
        await deliver(workspace, made)
        async with open_work(Principal.system(workspace.id)) as work:
            assert (await service.get(work, made.id)).status is SubscriptionStatus.CLOSED


async def test_an_event_that_nobody_takes_is_given_up_in_the_end_and_the_next_of_its_subject_goes(
    workspace: WorkspaceView,
) -> None:
    tries = len(outgoing.PAUSES) + 1
    async with receiving(*[500] * tries) as receiver:
        made, order = await subscribe(workspace, receiver.url), new_id()
        await happen(workspace, (EventType.ORDER_CONFIRMED, order), (EventType.ORDER_SHIPPED, order))
        for _ in range(tries + 1):
            await deliver(workspace, made)
            await let_time_pass(workspace)
        assert [each["type"] for each in receiver.told] == ["order.confirmed"] * tries + ["order.shipped"]
        assert [each.status for each in await log(workspace, made)] == [DeliveryStatus.FAILED, DeliveryStatus.DELIVERED]
        # And sent once more by hand it has the same id
        async with open_work(Principal.system(workspace.id)) as work:
            await service.replay(work, made.id, (await service.list_deliveries(work, made.id)).items[-1].id)
        await deliver(workspace, made)
        assert receiver.ids[-1] == receiver.ids[0]
        assert [each.status for each in await log(workspace, made)] == [DeliveryStatus.DELIVERED] * 2


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(workspace: WorkspaceView) -> None:
    async with receiving() as receiver:
        made = await subscribe(workspace, receiver.url)
        async with open_work(Principal.system(workspace.id)) as work:
            newer = await service.rotate_secret(work, made.id)
        async with open_work(Principal.system(workspace.id)) as work:
            await service.send_test(work, made.id)
        await deliver(workspace, made)
        headers, body = receiver.got[0]
        assert is_signed_with(made.secret, headers, body)
        assert is_signed_with(newer.secret, headers, body)
        assert json.loads(body)["type"] == "subscription.tested"
        async with open_work(Principal.system(workspace.id)) as work:
            row = await work.session.get_one(Subscription, (workspace.id, made.id))
            assert service.secrets_of(row, work.system_time + service.OLD_SECRET_LASTS) == (newer.secret,)


async def test_no_redirect_is_followed_and_a_slow_answer_is_a_failure() -> None:
    async with receiving(302, extra="location: http://127.0.0.1:1/\r\n") as receiver:
        answer = await sending.send(parcel(receiver.url), clock.process_now(), may_be_inside=True)
        assert (answer.status, answer.is_success) == (302, False)
    async with receiving(429, extra="retry-after: 120\r\n") as receiver:
        answer = await sending.send(parcel(receiver.url), clock.process_now(), may_be_inside=True)
        assert (answer.status, answer.retry_after) == (429, 120)
    is_left = asyncio.Event()

    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        is_left.set()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", 0) as never:
        url = f"http://127.0.0.1:{never.sockets[0].getsockname()[1]}/"
        answer = await sending.send(parcel(url), clock.process_now(), may_be_inside=True, timeout_seconds=0.2)
        assert (answer.status, answer.error) == (None, "timed_out")
        await is_left.wait()


def parcel(url: str) -> Parcel:
    return Parcel(new_id(), 1, url, b"{}", ("whsec_c2VjcmV0",))


INSIDE = (
    "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "100.64.0.1",
    "[64:ff9b::a00:1]", "[2002:7f00:1::]", "224.0.0.1", "[::]",
)  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
async def test_nothing_is_sent_into_the_house(host: str) -> None:
    async with receiving() as receiver:
        answer = await sending.send(parcel(f"http://{host}:{receiver.port}/"), clock.process_now())
        assert answer.error in {"address_refused", "name_unknown"}, answer
        assert receiver.got == []


async def test_a_name_is_looked_up_once_and_connected_to_as_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver:
        # Given a name that means another address each time that somebody asks
        asked: list[str] = []

        async def rebind(host: str, port: int, **options: Any) -> Any:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "240.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        loop, url = asyncio.get_running_loop(), f"http://rebind.test:{receiver.port}/"
        monkeypatch.setattr(loop, "getaddrinfo", rebind, raising=False)
        answer = await sending.send(parcel(url), clock.process_now(), may_be_inside=True)
        assert (answer.status, asked, len(receiver.got)) == (200, ["rebind.test"], 1)
        # And of several addresses one inside is enough to refuse the name
        monkeypatch.setattr(loop, "getaddrinfo", _mixed, raising=False)
        answer = await sending.send(parcel(url), clock.process_now())
        assert (answer.error, len(receiver.got)) == ("address_refused", 1)


async def _mixed(host: Any, port: Any, **options: Any) -> Any:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("198.41.0.4", "127.0.0.1")]


def test_production_sends_nothing_to_its_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"DATABASE_URL": "postgresql://x/x", "REDIS_URL": "redis://x", "NEXOVA_SECRET_KEYS": "x"}
    for name, value in {"NEXOVA_ENV": "production", "CALLS_TO_PRIVATE_ADDRESSES": "false", **kept}.items():
        monkeypatch.setenv(name, value)
    assert Settings().calls_to_private_addresses is False
    monkeypatch.setenv("CALLS_TO_PRIVATE_ADDRESSES", "true")
    with pytest.raises(ValueError, match="CALLS_TO_PRIVATE_ADDRESSES"):
        Settings()
