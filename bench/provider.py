"""The far end: an Infobip that takes messages, and reports each as delivered and seen as the real one does."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.ground import LINE, SECRET, SECRET_HEADER
from bench.load import Caller
from bench.load import webhook as customer_webhook
from sandbox.infobip.shapes import accepted, delivery_report, seen_report, webhook

DOOR = f"/api/v1/webhooks/infobip/{LINE}"
MESSAGES = "/whatsapp/1/message/"


@dataclass
class Provider:
    """What arrived for each phone and when, on the clock of `time.perf_counter`."""

    url: str = ""
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    caller: Caller | None = None
    _reporting: set["asyncio.Task[None]"] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.lower().split("\r\n")
                length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
                body = await reader.readexactly(length)
                content = json.dumps(self._answer(head.split(" ")[1], body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    + f"content-length: {len(content)}\r\n\r\n".encode()
                    + content
                )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: bytes) -> dict[str, Any]:
        if not path.startswith(MESSAGES):
            return {}
        message = json.loads(body)
        phone, message_id = str(message["to"]), str(message.get("messageId", ""))
        self.arrivals[phone].append(time.perf_counter())
        self.texts[phone].append(str(message.get("content", {}).get("text", "")))
        self.changed.set()
        if self.caller is not None:
            task = asyncio.create_task(self._report(self.caller, phone, message_id))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)
        return accepted(phone, message_id, "pending")

    async def _report(self, caller: Caller, phone: str, message_id: str) -> None:
        user, at = f"VE.{phone}", datetime.fromtimestamp(time.time(), UTC)
        for report in (
            delivery_report(message_id, phone, user, at, state="delivered", cause="none"),
            seen_report(message_id, phone, user, at, to="584120000000"),
        ):
            await caller.send("POST", DOOR, json.dumps(webhook(report)).encode(), {SECRET_HEADER: SECRET})

    async def arrival(self, phone: str, after: float, seconds: float) -> float:
        """When the first message for a phone came after a moment; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                self.changed.clear()
                found = [at for at in self.arrivals[phone] if at >= after]
                if found:
                    return found[0]
                await self.changed.wait()

    @asynccontextmanager
    async def reporting_to(self, port: int) -> AsyncIterator[None]:
        """Report every message to the door while the block runs."""
        async with Caller(port, 16) as caller:
            self.caller = caller
            try:
                yield
            finally:
                self.caller = None
                await asyncio.gather(*self._reporting, return_exceptions=True)


@asynccontextmanager
async def provider(port: int) -> AsyncIterator[Provider]:
    """A provider on a port of this machine."""
    found = Provider(f"http://127.0.0.1:{port}")
    server = await asyncio.start_server(found.serve, "127.0.0.1", port)
    try:
        yield found
    finally:
        server.close()


LONGEST_REFUSAL = 60.0
"""How many seconds a door may refuse a message; a longer one is out of order."""


async def says(caller: Caller, phone: str, words: str) -> float:
    """Deliver a customer's message, again until it is taken; the moment of the first try. Raises TimeoutError."""
    began = time.perf_counter()
    body = customer_webhook(phone, words)
    async with asyncio.timeout(LONGEST_REFUSAL):
        while await caller.send("POST", DOOR, body, {SECRET_HEADER: SECRET}) != 200:  # noqa: ASYNC110 - as a provider repeats
            await asyncio.sleep(0.05)
    return began
