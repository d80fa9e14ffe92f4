"""Traces: what a turn was thought with, what it did step by step, what it wanted to say, and what went out.

It is read from what the turn has kept anyway; nothing is written for it. Loaded by the web, so it knows nothing of models.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue
from sqlalchemy import select

from agent.models import JournalEntry, StepKind, StepOutcome, Turn, TurnOutcome, TurnStatus
from agent.recorded import Recorded
from agent.reply.moves import REPLY
from core.access import OperationsPermission
from core.errors import NotFound
from core.paging import part
from core.work import Work, own
from domain.conversations import service as conversations
from domain.conversations.content import Content, JsonObject
from domain.conversations.permissions import ConversationsPermission
from tools.audience import AudienceKind


class TurnNotFound(NotFound):
    """No turn of this workspace has this id, or it is one of a member's own thread."""

    code = "turn_not_found"


class TurnLine(BaseModel):
    """A turn in a list: when, how it ended, and what it took."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    conversation_id: UUID
    number: int
    status: TurnStatus
    outcome: TurnOutcome | None
    generation: int
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    model_name: str | None
    prompt_hash: str | None
    model_requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    latency_ms: int


class ModelStep(BaseModel):
    """An answer of a model: its words, the calls that it asked for, and the moves of its reply."""

    model_config = ConfigDict(frozen=True)

    generation: int
    step: int
    name: str
    duration_ms: int
    words: list[str]
    calls: list[str]
    moves: list[dict[str, Any]]


class ToolStep(BaseModel):
    """A call of a tool, and what came of it."""

    model_config = ConfigDict(frozen=True)

    generation: int
    step: int
    name: str
    duration_ms: int
    outcome: StepOutcome
    status: str
    code: str
    writes: bool
    arguments: dict[str, Any]
    words: str
    facts: int


class Trace(TurnLine):
    """One turn as it was thought."""

    left_out: str | None
    """The moves that did not hold, each with the reason."""

    state: str
    tools: list[str]
    models: list[str]
    heard: list[Content]
    steps: list[ModelStep | ToolStep]
    said: list[Content]


class TurnPage(BaseModel):
    """A part of the turns of a conversation, the newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[TurnLine]
    next_cursor: str | None


async def turns(work: Work, conversation_id: UUID | None = None, limit: int = 20, after: str | None = None) -> TurnPage:
    """The turns of a conversation with a customer, or of all of them, the newest first. Raises ConversationNotFound."""
    _require(work)
    query = select(Turn).where(own(Turn, work), Turn.frozen["audience"].astext == AudienceKind.CUSTOMER)
    if conversation_id is not None:
        await conversations.get(work, conversation_id)
        query = query.where(Turn.conversation_id == conversation_id)
    rows = list(await work.session.scalars(part(query, [Turn.id], _place(after), limit + 1, falls=True)))
    next_cursor = str(rows[limit - 1].id) if len(rows) > limit else None
    return TurnPage(items=[TurnLine.model_validate(row) for row in rows[:limit]], next_cursor=next_cursor)


def _place(after: str | None) -> tuple[UUID] | None:
    """Ids grow with time; a place that is none is the beginning."""
    try:
        return (UUID(after),) if after is not None else None
    except ValueError:
        return None


async def trace(work: Work, turn_id: UUID) -> Trace:
    """One turn with all its steps, those of earlier generations first. Raises TurnNotFound."""
    _require(work)
    row = await work.session.get(Turn, (work.workspace_id, turn_id))
    if row is None:
        raise TurnNotFound
    await conversations.get(work, row.conversation_id)
    query = select(JournalEntry).where(own(JournalEntry, work), JournalEntry.turn_id == turn_id)
    kinds = [StepKind.MODEL, StepKind.TOOL]
    entries = sorted(
        await work.session.scalars(query), key=lambda each: (each.generation, each.step, kinds.index(each.kind), each.ordinal)
    )
    frozen = row.frozen
    return Trace(
        **TurnLine.model_validate(row).model_dump(),
        left_out=row.detail,
        state=str(frozen.get("brief", {}).get("state", "")),
        tools=[str(each["name"]) for each in frozen.get("tools", [])],
        models=[str(each) for each in frozen.get("models", [])],
        heard=[each["content"] for each in frozen.get("messages", [])],
        steps=[_model_step(each) if each.kind is StepKind.MODEL else _tool_step(each) for each in entries],
        said=[each.content for each in await conversations.said_in(work, turn_id)],
    )


def _require(work: Work) -> None:
    work.require(ConversationsPermission.READ)
    work.require(OperationsPermission.MANAGE)


def _model_step(entry: JournalEntry) -> ModelStep:
    response = cast("JsonObject", entry.payload.get("response") or {})
    parts = cast("list[JsonObject]", response.get("parts") or [])
    moves: list[dict[str, Any]] = []
    for each in parts:
        if each.get("tool_name") == REPLY:
            moves += _moves(each.get("args"))
    return ModelStep(
        generation=entry.generation,
        step=entry.step,
        name=entry.name,
        duration_ms=entry.duration_ms,
        words=[str(each["content"]) for each in parts if each.get("part_kind") == "text" and each.get("content")],
        calls=[str(each["tool_name"]) for each in parts if each.get("part_kind") == "tool-call" and each["tool_name"] != REPLY],
        moves=moves,
    )


def _moves(arguments: JsonValue) -> list[dict[str, Any]]:
    """The moves of a reply as a model wrote them, which may be JSON in JSON; of what cannot be read there are none."""
    try:
        read = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return []
    moves = read.get("moves") if isinstance(read, dict) else None
    return [each for each in moves if isinstance(each, dict)] if isinstance(moves, list) else []


def _tool_step(entry: JournalEntry) -> ToolStep:
    call = Recorded.model_validate(entry.payload)
    return ToolStep(
        generation=entry.generation,
        step=entry.step,
        name=entry.name,
        duration_ms=entry.duration_ms,
        outcome=entry.outcome,
        status=call.status,
        code=call.code,
        writes=call.writes,
        arguments=call.arguments,
        words=call.words,
        facts=len(call.facts),
    )
