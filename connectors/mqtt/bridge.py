"""From a broker to the door: a message is acknowledged once its reading is stored, and until then the broker keeps it.

The session is durable: what was published while nobody was here is handed over later. The client library works in a thread of
its own and hands over what comes; everything else happens in the event loop.
"""

import asyncio
import contextlib
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt import messages
from core import observability
from core.clock import process_now
from core.errors import CannotRun

QOS: Final = 1
BATCH: Final = 1_000
GATHER_SECONDS: Final = 0.1
LONGEST_PAUSE: Final = 30.0

Take = Callable[[str, Sequence[object]], Awaitable[None]]
"""Stores readings of a workspace, or raises."""

log = observability.log(__name__)


class BrokerAway(CannotRun):
    """The broker does not take us: its address is wrong, it is away, or it refuses the name and password."""


class Bridge:
    """One session at a broker, for the workspaces that it is to serve."""

    def __init__(self, url: str, workspaces: Collection[str], take: Take, identifier: str = "nexova-mqtt") -> None:
        """Prepare; `url` is `mqtt://name:password@host:port`, or `mqtts:` with TLS. Raises BrokerAway for another one."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise BrokerAway("the broker's address is to be mqtt://host:port or mqtts://host:port.")
        self._host, self._port = parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        self._workspaces, self._take = frozenset(workspaces), take
        self._queue: asyncio.Queue[MQTTMessage] = asyncio.Queue()
        self._answer: asyncio.Future[str | None] | None = None
        """Why the broker refuses us; None once it has taken our subscription."""
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=identifier, clean_session=False, manual_ack=True)
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Be connected for the duration of a block; the library connects again by itself. Raises BrokerAway at the start."""
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()

        def on_connect(client: Client, data: object, flags: ConnectFlags, code: ReasonCode, more: Properties | None) -> None:
            if code.is_failure:
                loop.call_soon_threadsafe(self._answered, str(code))
                return
            client.subscribe([(f"{messages.ROOT}/{each}/#", QOS) for each in sorted(self._workspaces)])

        def on_subscribe(*_: object) -> None:
            loop.call_soon_threadsafe(self._answered, None)

        def on_message(client: Client, data: object, message: MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._queue.put_nowait, message)

        def on_disconnect(
            client: Client, data: object, flags: DisconnectFlags, code: ReasonCode, more: Properties | None
        ) -> None:
            log.info("mqtt.disconnected", reason=str(code))

        self._client.on_connect, self._client.on_subscribe = on_connect, on_subscribe
        self._client.on_message, self._client.on_disconnect = on_message, on_disconnect
        self._client.reconnect_delay_set(1, int(LONGEST_PAUSE))
        try:
            await asyncio.to_thread(self._client.connect, self._host, self._port, 30)
        except (OSError, socket.gaierror) as error:
            raise BrokerAway(f"{self._host}:{self._port} does not answer: {error}.") from error
        self._client.loop_start()
        try:
            await self._until_subscribed()
            yield
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    def _answered(self, reason: str | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(reason)

    async def _until_subscribed(self) -> None:
        assert self._answer is not None, "made before"
        try:
            async with asyncio.timeout(30):
                reason = await self._answer
        except TimeoutError:
            reason = "no answer"
        if reason is not None:
            raise BrokerAway(f"{self._host}:{self._port} refuses us: {reason}.")

    async def run(self) -> None:
        """Hand over what comes, for ever; what cannot be stored now is tried again, and acknowledged only then."""
        while True:
            batch = await self._gathered()
            pause = 1.0
            while True:
                try:
                    await self._store(batch)
                    break
                except Exception as error:  # whatever it is: what is not stored is not acknowledged
                    log.warning("mqtt.not_stored", readings=len(batch), error=type(error).__name__)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
            for message in batch:
                self._client.ack(message.mid, message.qos)

    async def _gathered(self) -> list[MQTTMessage]:
        """The next messages: what comes within a moment goes together."""
        batch = [await self._queue.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                while len(batch) < BATCH:
                    batch.append(await self._queue.get())
        return batch

    async def _store(self, batch: Sequence[MQTTMessage]) -> None:
        now = int(process_now().timestamp() * 1000)
        items: dict[str, list[object]] = defaultdict(list)
        for message in batch:
            read = messages.read(message.topic, bytes(message.payload), now)
            if read is None or read.workspace not in self._workspaces:
                log.warning("mqtt.unreadable_topic", topic=message.topic[:200])
                continue
            items[read.workspace].append(read.item)
        for workspace, some in items.items():
            await self._take(workspace, some)
