"""An Anthropic stand-in that speaks the Messages API over real HTTP, so that the real client code runs.

In a test: `with AnthropicServer() as server: server.answers(says("Hola"))`, and `ANTHROPIC_BASE_URL=server.url`.
By hand: `python -m sandbox.anthropic.server --port 8089 --script answers.yaml`, a list of `{say: …}`,
`{call: name, input: {…}}` and `{fail: 529}`; it repeats the last answer for ever.
"""

import argparse
import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from sandbox.anthropic.answers import Answer, calls, error_body, events, fails, message, moves, says
from sandbox.anthropic.rules import Json, Rejected, breakpoints, check_body, check_headers

Reply = Answer | Callable[[Json], Answer]
"""An answer, or a function that makes one from the request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the stand-in."""

    body: Json
    headers: dict[str, str]
    status: int


class AnthropicServer:
    """The stand-in in a thread of its own. Answers are given in the order in which they were scripted."""

    def __init__(self, port: int = 0) -> None:
        """Prepare the server; `with` starts it. Port 0 takes a free one."""
        self.requests: list[Asked] = []
        self._script: deque[Reply] = deque()
        self._always: Reply | None = None
        self._prefixes: set[str] = set()
        self._socket = socket.create_server(("127.0.0.1", port))
        self._go_on = threading.Event()
        config = uvicorn.Config(self._app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """The address for ANTHROPIC_BASE_URL."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def bodies(self) -> list[Json]:
        """The bodies of the requests that were well formed."""
        return [asked.body for asked in self.requests if asked.status < 400 or asked.status in (429, 500, 503, 529)]

    def answers(self, *replies: Reply) -> None:
        """Script the next answers."""
        self._script.extend(replies)

    def always(self, reply: Reply) -> None:
        """What is answered when the script is used up; without it such a request is refused."""
        self._always = reply

    def go_on(self) -> None:
        """Let the answers that hang come."""
        self._go_on.set()

    def __enter__(self) -> "AnthropicServer":
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop serving and let nothing hang."""
        self._go_on.set()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.post("/v1/messages")(self._messages)
        app.post("/v1/messages/count_tokens")(self._count)
        return app

    async def _count(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse({"input_tokens": _tokens(body)})

    async def _messages(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = await request.body()
        try:
            check_headers(headers)
            body = check_body(_parsed(raw))
            answer = self._next(body)
        except Rejected as refusal:
            self.requests.append(Asked({"raw": raw.decode("utf-8", "replace")}, headers, refusal.status))
            return JSONResponse(error_body(refusal.kind, refusal.message), status_code=refusal.status)
        self.requests.append(Asked(body, headers, answer.status))
        if answer.seconds:
            await asyncio.sleep(answer.seconds)
        if answer.fault == "hang":
            while not self._go_on.is_set() and not await request.is_disconnected():
                await asyncio.to_thread(self._go_on.wait, 0.1)
        return self._respond(answer, body)

    def _next(self, body: Json) -> Answer:
        reply = self._script.popleft() if self._script else self._always
        if reply is None:
            raise Rejected(400, "invalid_request_error", "the stand-in has no answer scripted for this request")
        return reply if isinstance(reply, Answer) else reply(body)

    def _respond(self, answer: Answer, body: Json) -> Response:
        streamed = bool(body.get("stream"))
        if answer.fault == "error" or (answer.fault == "error_in_stream" and not streamed):
            headers = {"retry-after": answer.retry_after} if answer.retry_after is not None else None
            return JSONResponse(error_body(answer.error_type, "as scripted"), status_code=answer.status, headers=headers)
        if answer.fault == "garbage":
            return Response("<html><body>Bad gateway, please wait</body></html>", media_type="text/html")
        whole = message(answer, body, _tokens(body), self._cached(body))
        encoded = json.dumps(whole, ensure_ascii=False).encode()
        if answer.fault == "broken_json":
            return Response(encoded[: len(encoded) // 2], media_type="application/json")
        if answer.fault == "drop":
            return StreamingResponse(
                _breaks(encoded[:40]), media_type="application/json", headers={"content-length": str(len(encoded))}
            )
        if streamed:
            return StreamingResponse(_streamed(whole, answer), media_type="text/event-stream")
        return Response(encoded, media_type="application/json")

    def _cached(self, body: Json) -> int:
        """Tokens read from the cache: system and tools, when the same ones came before with a breakpoint."""
        prefix = json.dumps([body["model"], body.get("system"), body.get("tools")], sort_keys=True)
        known, self._prefixes = prefix in self._prefixes, self._prefixes | {prefix}
        return len(prefix) // 4 if known and breakpoints(body) else 0


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Rejected(400, "invalid_request_error", f"The request body is not valid JSON: {error}") from error


def _tokens(body: Json) -> int:
    return max(len(json.dumps(body, ensure_ascii=False)) // 4, 1)


async def _breaks(beginning: bytes) -> AsyncIterator[bytes]:
    yield beginning
    raise ConnectionResetError("as scripted")


async def _streamed(whole: Json, answer: Answer) -> AsyncIterator[bytes]:
    for event in events(whole, answer):
        yield event


def _scripted(steps: list[dict[str, Any]]) -> list[Answer]:
    made = []
    for step in steps:
        if "fail" in step:
            made.append(fails(int(step["fail"]), retry_after=step.get("retry_after")))
        elif "call" in step:
            made.append(calls((step["call"], step.get("input", {}))))
        elif "moves" in step:
            made.append(moves(*step["moves"]))
        else:
            made.append(says(step["say"]))
    return made


def main() -> None:
    """Serve scripted answers until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for the Anthropic Messages API.")
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--script", type=Path, help="a YAML list of answers")
    arguments = parser.parse_args()
    made = (
        _scripted(yaml.safe_load(arguments.script.read_text("utf-8")))
        if arguments.script
        else [moves({"move": "social", "what": "greet"})]
    )
    with AnthropicServer(arguments.port) as server:
        server.answers(*made[:-1])
        server.always(made[-1])
        print(f"ANTHROPIC_BASE_URL={server.url}")
        threading.Event().wait()


if __name__ == "__main__":
    main()
