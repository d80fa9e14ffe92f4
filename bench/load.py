"""An open-loop generator of webhooks: requests leave at their due times, however slowly the answers come.

As a process of its own: `python -m bench.load --port 8000 --path /… --rate 100 --seconds 5` prints one line of JSON.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import uuid4

import uvloop

from bench.ground import SECRET, SECRET_HEADER

CONNECTIONS = 64
WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: seconds of each request from when it was due, and how many were not answered with 200."""

    seconds: list[float]
    failed: int


def webhook(phone: str, words: str, message_id: str = "") -> bytes:
    """One customer's text as Infobip delivers it."""
    result = {
        "from": phone,
        "to": "584120000000",
        "integrationType": "WHATSAPP",
        "receivedAt": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime()),
        "messageId": message_id or f"wamid.{uuid4().hex}",
        "pairedMessageId": None,
        "callbackData": None,
        "message": {"type": "TEXT", "text": words},
        "contact": {"name": "Ada", "phoneNumber": phone, "userId": f"VE.{phone}"},
        "price": {"pricePerMessage": 0, "currency": "EUR"},
    }
    return json.dumps({"results": [result], "messageCount": 1, "pendingMessageCount": 0}).encode()


class Caller:
    """A pool of connections to one port of this machine, over which requests are sent as bytes."""

    def __init__(self, port: int, connections: int = CONNECTIONS) -> None:
        self._port = port
        self._room = asyncio.Semaphore(connections)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(self, *_: object) -> None:
        for _reader, writer in self._idle:
            writer.close()

    async def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer; 0 when there was none."""
        given = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{given}"
        async with self._room:
            try:
                line = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                return 0
            try:
                line[1].write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
                status = await _status(line[0])
            except (OSError, asyncio.IncompleteReadError):
                line[1].close()
                return 0
            self._idle.append(line)
            return status


async def _status(reader: asyncio.StreamReader) -> int:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
    await reader.readexactly(length)
    return int(lines[0].split(" ")[1])


async def load(port: int, path: str, rate: float, seconds: float) -> Load:
    """Call a webhook at an even rate; the time of each counts from when it was due."""
    async with Caller(port) as caller:

        async def call(index: int, due: float, taken: list[float]) -> int:
            body = webhook(f"58414{index % 1000:07d}", "hola")
            status = await caller.send("POST", path, body, {SECRET_HEADER: SECRET})
            taken.append(time.perf_counter() - due)
            return status

        await asyncio.gather(*(call(index, time.perf_counter(), []) for index in range(WARM_UP)))
        taken: list[float] = []
        started = time.perf_counter()
        calls = []
        for index in range(round(rate * seconds)):
            due = started + index / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            calls.append(asyncio.create_task(call(index, due, taken)))
        statuses = await asyncio.gather(*calls)
    return Load(taken, sum(status != 200 for status in statuses))


def main() -> None:
    """Generate one load and print what came of it."""
    parser = argparse.ArgumentParser(description="Call a webhook at an even rate.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    found = uvloop.run(load(given.port, given.path, given.rate, given.seconds))
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
