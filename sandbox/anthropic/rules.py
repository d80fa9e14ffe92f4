"""The rules by which the Messages API refuses a request, so that a client's mistakes show in tests as they would outside."""

import re
from collections.abc import Mapping
from typing import Any

VERSIONS = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
MOST_BREAKPOINTS = 4

Json = dict[str, Any]


class Rejected(Exception):
    """The request breaks a rule of the API."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


def _bad(message: str) -> Rejected:
    return Rejected(400, "invalid_request_error", message)


def check_headers(headers: Mapping[str, str]) -> None:
    """A key and a version are required."""
    if not headers.get("x-api-key") and not headers.get("authorization", "").startswith("Bearer "):
        raise Rejected(401, "authentication_error", "x-api-key header is required")
    if not VERSIONS.fullmatch(headers.get("anthropic-version", "")):
        raise _bad("anthropic-version: header is required")
    if "application/json" not in headers.get("content-type", ""):
        raise _bad("content-type must be application/json")


def check_body(body: object) -> Json:
    """The whole body; what it returns is known to be well formed."""
    if not isinstance(body, dict):
        raise _bad("The request body is not a JSON object")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise _bad("model: Field required")
    if not isinstance(body.get("max_tokens"), int) or isinstance(body["max_tokens"], bool) or body["max_tokens"] < 1:
        raise _bad("max_tokens: Field required")
    temperature = body.get("temperature", 1)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 1:
        raise _bad("temperature: range: 0..1")
    _check_system(body.get("system"))
    _check_tools(body.get("tools"))
    _check_messages(body.get("messages"))
    if breakpoints(body) > MOST_BREAKPOINTS:
        raise _bad(f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided.")
    return body


def breakpoints(value: object) -> int:
    """How many cache breakpoints a request sets."""
    if isinstance(value, dict):
        own = 1 if isinstance(value.get("cache_control"), dict) else 0
        return own + sum(
            breakpoints(item) for name, item in value.items() if name not in {"cache_control", "input_schema", "input"}
        )
    if isinstance(value, list):
        return sum(breakpoints(item) for item in value)
    return 0


def _check_system(system: object) -> None:
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        raise _bad("system: Input should be a valid list")
    for index, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text" or not str(block.get("text", "")).strip():
            raise _bad(f"system.{index}: text content blocks must be non-empty")


def _check_tools(tools: object) -> None:
    if tools is None:
        return
    if not isinstance(tools, list):
        raise _bad("tools: Input should be a valid list")
    names: set[str] = set()
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict) or not _NAME.fullmatch(str(tool.get("name", ""))):
            raise _bad(f"tools.{index}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if tool["name"] in names:
            raise _bad("tools: Tool names must be unique.")
        names.add(tool["name"])
        schema = tool.get("input_schema")
        is_ours = tool.get("type", "custom") == "custom"
        if is_ours and (not isinstance(schema, dict) or schema.get("type") != "object"):
            raise _bad(f"tools.{index}.input_schema.type: Field required")


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise _bad("messages: at least one message is required")
    seen: set[str] = set()
    open_calls: list[str] = []
    previous = "assistant"
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict) or message.get("role") not in {"user", "assistant"}:
            raise _bad(f"{where}.role: Input should be 'user' or 'assistant'")
        if message["role"] == previous:
            raise _bad(f"{where}: roles must alternate between 'user' and 'assistant', starting with 'user'")
        previous = message["role"]
        blocks = _blocks(message.get("content"), where)
        if previous == "user":
            _check_results(blocks, open_calls, where)
            open_calls = []
        else:
            open_calls = _check_calls(blocks, seen, where)
    if open_calls:
        raise _bad(
            "messages: `tool_use` ids were found without `tool_result` blocks immediately after: " + ", ".join(open_calls)
        )
    last = _blocks(messages[-1].get("content"), "messages")
    if previous == "assistant" and last and str(last[-1].get("text", "")).endswith((" ", "\n")):
        raise _bad("messages: final assistant content cannot end with trailing whitespace")


def _blocks(content: object, where: str) -> list[Json]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list) or not content:
        raise _bad(f"{where}: all messages must have non-empty content")
    for index, block in enumerate(content):
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            raise _bad(f"{where}.content.{index}.type: Field required")
        if block["type"] == "text" and not str(block.get("text", "")).strip():
            raise _bad(f"{where}: text content blocks must contain non-whitespace text")
    return content


def _check_calls(blocks: list[Json], seen: set[str], where: str) -> list[str]:
    calls: list[str] = []
    for index, block in enumerate(blocks):
        if block["type"] == "tool_result":
            raise _bad(f"{where}.content.{index}: `tool_result` blocks can only be in `user` messages")
        if block["type"] != "tool_use":
            continue
        identifier = str(block.get("id", ""))
        if not _ID.fullmatch(identifier) or not _NAME.fullmatch(str(block.get("name", ""))):
            raise _bad(f"{where}.content.{index}: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if not isinstance(block.get("input"), dict):
            raise _bad(f"{where}.content.{index}.tool_use.input: Input should be a valid dictionary")
        if identifier in seen:
            raise _bad("messages: `tool_use` ids must be unique")
        seen.add(identifier)
        calls.append(identifier)
    return calls


def _check_results(blocks: list[Json], open_calls: list[str], where: str) -> None:
    answered: list[str] = []
    for index, block in enumerate(blocks):
        if block["type"] == "tool_use":
            raise _bad(f"{where}.content.{index}: `tool_use` blocks can only be in `assistant` messages")
        if block["type"] != "tool_result":
            continue
        if any(earlier["type"] != "tool_result" for earlier in blocks[:index]):
            raise _bad(f"{where}: `tool_result` blocks must come first in the content")
        identifier = str(block.get("tool_use_id", ""))
        if identifier not in open_calls:
            raise _bad(f"{where}.content.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {identifier}")
        if identifier in answered:
            raise _bad(f"{where}: each `tool_use` must have a single result")
        answered.append(identifier)
    missing = [identifier for identifier in open_calls if identifier not in answered]
    if missing:
        raise _bad("messages: `tool_use` ids were found without `tool_result` blocks immediately after: " + ", ".join(missing))
