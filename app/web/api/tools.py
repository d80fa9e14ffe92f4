"""Tools: what the agent does for staff, staff and programs can call themselves, with their own rights."""

import asyncio
import importlib
from types import ModuleType
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.routing import noun
from app.web.api.writes import Writing
from core import messages
from core.access import Principal
from core.errors import DomainError
from core.work import Work, open_work
from domain.accounts.permissions import WorkspacePermission

router = noun("tools")


class ToolView(BaseModel):
    """A tool that the caller may call."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="The JSON Schema of its arguments.")
    permission: str
    writes: bool
    timeout_seconds: float


class Tools(BaseModel):
    """What the caller may call."""

    data: list[ToolView]


class ToolCall(BaseModel):
    """The arguments of a call, as the tool's own schema describes them."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolFact(BaseModel):
    """One value that the words of a result state."""

    kind: str
    subject: str
    value: str
    currency: str | None = None
    unit: str | None = None
    text: str


class ToolOption(BaseModel):
    """One product among which the caller must choose."""

    sku: str
    name: str
    detail: str = ""


class ToolResult(BaseModel):
    """What a call came to; `id` is the subject of its event."""

    id: UUID
    tool: str
    status: Literal["ok", "ask", "refused"]
    code: str
    say: str = Field(description="A sentence for people, in the language of whoever asked.")
    facts: list[ToolFact]
    options: list[ToolOption]
    data: dict[str, Any]


async def _room() -> ModuleType:
    """The tools, loaded when they are first asked for: with them comes the model library, which the web starts without."""
    return await asyncio.to_thread(importlib.import_module, "tools.by_staff")


@router.get("/tools")
async def list_(caller: Annotated[Principal, may(WorkspacePermission.READ)]) -> Tools:
    """List the tools that the caller may call, each with the JSON Schema of its arguments."""
    found = (await _room()).offered(caller)
    return Tools(
        data=[
            ToolView(
                name=one.name,
                description=one.description,
                parameters=one.parameters,
                permission=one.permission.value,
                writes=one.writes,
                timeout_seconds=one.timeout,
            )
            for one in found
        ]
    )


@router.post("/tools/{name}")
async def call(
    write: Writing, name: Annotated[str, Path(min_length=1, max_length=100)], body: ToolCall, request: Request
) -> ToolResult:
    """Call a tool with the caller's rights; with the same `Idempotency-Key` it happens once. Each call is an event."""
    language = messages.choose_language(request.headers.get("accept-language"))
    room = await _room()

    async def act(work: Work) -> ToolResult:
        return ToolResult.model_validate(await room.call(work, name, body.arguments, language))

    try:
        return await write.once(ToolResult, act)
    except DomainError as error:
        async with open_work(write.caller) as work:
            room.refused(work, name, error.code)
        raise
