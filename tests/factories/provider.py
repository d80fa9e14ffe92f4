"""A provider that answers byte for byte what a test has written down, or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedProvider:
    """Answers in the order of `answers`: bytes of a whole response, `b""` to hang up, None to keep silent."""

    answers: list[bytes | None] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    base_url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, answer it, and close the connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(method, path, headers, body))
            self.arrived.set()
            answer = self.answers.pop(0) if self.answers else b""
            if answer is None:
                await self.released.wait()
            else:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def response(status: int, body: bytes | dict[str, Any], *headers: str) -> bytes:
    """A whole HTTP response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def accepted(group: int = 1, status: int = 7) -> bytes:
    """The answer to a send."""
    said = {"groupId": group, "groupName": "X", "id": status, "name": "NAME", "description": "Why"}
    return response(200, {"to": "x", "messageCount": 1, "messageId": "m", "status": said}, "Content-Type: application/json")


@asynccontextmanager
async def scripted(*answers: bytes | None) -> AsyncIterator[ScriptedProvider]:
    """A provider on a real port, with its answers written down."""
    provider = ScriptedProvider(list(answers))
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider.base_url = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        provider.released.set()
        server.close()
        await server.wait_closed()
