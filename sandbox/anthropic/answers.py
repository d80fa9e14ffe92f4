"""What the Anthropic stand-in can answer: honest messages, and everything that goes wrong with a provider."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

Json = dict[str, Any]
Fault = Literal["none", "error", "broken_json", "garbage", "half_call", "drop", "hang", "empty", "error_in_stream"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer."""

    blocks: tuple[Json, ...] = ()
    fault: Fault = "none"
    status: int = 200
    error_type: str = "api_error"
    retry_after: str | None = None
    stop_reason: str | None = None
    seconds: float = 0
    usage: Json = field(default_factory=dict)

    def after(self, seconds: float) -> "Answer":
        """The same answer, but slow."""
        return replace(self, seconds=seconds)

    def costing(self, **tokens: int) -> "Answer":
        """The same answer with other token counts in its usage."""
        return replace(self, usage=dict(tokens))


def says(text: str) -> Answer:
    """A final answer in words."""
    return Answer(({"type": "text", "text": text},))


def moves(*made: Json) -> Answer:
    """A final answer in moves: `moves({"move": "say", "call": 1}, {"move": "ask", "what": "items"})`."""
    return calls(("reply", {"moves": list(made)}))


def calls(*tools: tuple[str, Json], text: str = "") -> Answer:
    """One or more tool calls, with words before them if given."""
    spoken: tuple[Json, ...] = ({"type": "text", "text": text},) if text else ()
    used = tuple({"type": "tool_use", "id": f"toolu_{uuid4().hex[:24]}", "name": name, "input": given} for name, given in tools)
    return Answer(spoken + used)


def same_ids(*names: str) -> Answer:
    """Calls that share one id, so that no result can be told from another; at least two."""
    made = calls(*((name, {}) for name in (*names, names[-1])))
    return replace(made, blocks=tuple({**block, "id": "toolu_the_same"} for block in made.blocks))


def pauses() -> Answer:
    """A turn that the provider pauses, to be asked to go on, without end."""
    return Answer(({"type": "text", "text": "Un momento, sigo."},), stop_reason="pause_turn")


def fails(status: int, *, retry_after: float | None = None, error_type: str | None = None) -> Answer:
    """An error as the API reports it."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
             413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error"}  # fmt: skip
    return Answer(
        fault="error",
        status=status,
        error_type=error_type or kinds.get(status, "api_error"),
        retry_after=None if retry_after is None else str(retry_after),
    )


def broken_json() -> Answer:
    """A 200 whose body stops in the middle of the JSON."""
    return Answer(({"type": "text", "text": "Hola"},), fault="broken_json")


def garbage() -> Answer:
    """A 200 with a page of a proxy instead of JSON."""
    return Answer(fault="garbage")


def half_call(name: str) -> Answer:
    """A tool call that the token limit cut off."""
    block = {"type": "tool_use", "id": f"toolu_{uuid4().hex[:24]}", "name": name, "input": {}}
    return Answer((block,), fault="half_call", stop_reason="max_tokens")


def drops() -> Answer:
    """A connection that breaks while the answer is being read."""
    return Answer(({"type": "text", "text": "Hola"},), fault="drop")


def hangs() -> Answer:
    """No answer until the stand-in is stopped or told to go on."""
    return Answer(({"type": "text", "text": "Perdona la espera."},), fault="hang")


def empty() -> Answer:
    """A message without any content."""
    return Answer(fault="empty")


def error_in_stream() -> Answer:
    """A stream that begins well and then reports an overload; without streaming, a 529."""
    return Answer(({"type": "text", "text": "Hola, te"},), fault="error_in_stream", status=529, error_type="overloaded_error")


def message(answer: Answer, request: Json, input_tokens: int, cached: int) -> Json:
    """The answer as a Messages API body."""
    has_call = any(block["type"] == "tool_use" for block in answer.blocks)
    usage = {
        "input_tokens": max(input_tokens - cached, 1),
        "output_tokens": max(len(json.dumps(answer.blocks)) // 4, 1),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        **answer.usage,
    }
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [dict(block) for block in answer.blocks],
        "stop_reason": answer.stop_reason or ("tool_use" if has_call else "end_turn"),
        "stop_sequence": None,
        "usage": usage,
    }


def error_body(kind: str, text: str) -> Json:
    """An error as the API words it."""
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": f"req_{uuid4().hex[:24]}"}


def events(whole: Json, answer: Answer) -> Iterator[bytes]:
    """The message as server-sent events, as the API streams it."""
    opening: Json = {**whole, "content": [], "stop_reason": None}
    yield _event("message_start", {"type": "message_start", "message": opening})
    for index, block in enumerate(whole["content"]):
        is_call = block["type"] == "tool_use"
        start = {**block, "input": {}} if is_call else {**block, "text": ""}
        yield _event("content_block_start", {"type": "content_block_start", "index": index, "content_block": start})
        yield _event("ping", {"type": "ping"})
        for piece in _pieces(json.dumps(block["input"]) if is_call else block["text"]):
            delta = {"type": "input_json_delta", "partial_json": piece} if is_call else {"type": "text_delta", "text": piece}
            yield _event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta})
        if answer.fault == "error_in_stream":
            yield _event("error", error_body(answer.error_type, "Overloaded"))
            return
        yield _event("content_block_stop", {"type": "content_block_stop", "index": index})
    closing: Json = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": whole["usage"]["output_tokens"]}
    yield _event("message_delta", {"type": "message_delta", "delta": closing, "usage": usage})
    yield _event("message_stop", {"type": "message_stop"})


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 12):
        yield text[start : start + 12]


def _event(name: str, data: Json) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
