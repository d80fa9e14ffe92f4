"""The journal of a turn: every answer of the model and every tool call, recorded before anything follows from it.

A resumed turn reads its recorded steps and does not repeat them. A tool's effects and its entry commit in one
transaction, behind the fence of the lease; so an effect is done exactly when its entry stands. An answer that calls
tools is recorded in the transaction of its first call, the last one of a turn in the transaction that sends its words.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from agent.fencing import ENTRIES, ONCE, WRITTEN, Entry, Fence, fence
from agent.frozen import Key, TakenTurn
from agent.models import JournalEntry, StepKind, StepOutcome, Turn
from agent.recorded import Recorded
from core import db
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown
from core.prepared import Prepared
from core.work import Work, open_work, own
from domain.conversations.content import Content, JsonObject, rewritten
from tools.context import Pending, Signal, still_open
from tools.outcome import ToolOutcome

_SLOT = re.compile(r"\{(\d+)\}")


def points_after(before: Sequence[Pending], calls: Sequence[Recorded]) -> list[Pending]:
    """The points that are open with the customer after the calls of a turn, before which these were.

    What an earlier link of the chain asked is not open, as the last one has taken over and asks by itself; nor is what a
    model has settled by a later call of the turn.
    """
    last = max((call.link for call in calls), default=0)
    steps = []
    for index, call in enumerate(calls):
        is_asked = call.link == last and not any(_settles(done, call) for done in calls[index + 1 :])
        steps.append((call.asked if is_asked else (), call.settled, call.has_effect))
    return still_open(before, steps)


def _settles(done: Recorded, asked: Recorded) -> bool:
    """Whether a later call did what an earlier one had to ask for: with one of its options, or of the same product."""
    if asked.status != "ask" or not done.has_effect or not asked.asked or done.tool != asked.asked[0].tool:
        return False
    options = {sku for point in asked.asked for sku in point.skus}
    same = done.data.get("sku") in options or done.arguments.get("product") in options
    return same if options else done.arguments.get("product") == asked.asked[0].arguments.get("product")


def numbered(words: str, call: int) -> str:
    """Rewrite the slots `{0}` of one call's text to `{f<call>.0}`."""
    return _SLOT.sub(lambda match: f"{{f{call}.{match[1]}}}", words)


def recorded(
    call: int,
    tool: str,
    arguments: dict[str, Any],
    outcome: ToolOutcome,
    *,
    kind: StepOutcome,
    writes: bool,
    signals: Sequence[Signal] = (),
    staged: Sequence[Content] = (),
    asked: Sequence[Pending] = (),
    settled: Sequence[Pending] = (),
    link: int = 0,
    step: int = 0,
) -> Recorded:
    """Make the record of a call, with its facts numbered for the whole run."""
    return Recorded(
        call=call,
        tool=tool,
        arguments=arguments,
        outcome=kind,
        writes=writes,
        status=outcome.status,
        code=outcome.code,
        say=numbered(outcome.say, call),
        facts={f"f{call}.{index}": fact for index, fact in enumerate(outcome.facts)},
        deeds=outcome.deeds,
        options=[option.model_dump() for option in outcome.options],
        note=outcome.note,
        data=outcome.data,
        signals=list(signals),
        staged=[rewritten(content, lambda words: numbered(words, call)) for content in staged],
        asked=list(asked),
        settled=list(settled),
        link=link,
        step=step,
    )


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer of the model as the journal keeps it, and the place of the link that gave it."""

    response: ModelResponse
    link: int

    @classmethod
    def of(cls, payload: JsonObject) -> "RecordedAnswer":
        """Read the entry's JSON."""
        (message,) = ModelMessagesTypeAdapter.validate_python([payload["response"]])
        assert isinstance(message, ModelResponse)
        link = payload.get("link", 0)
        assert isinstance(link, int)
        return cls(message, link)


# Asked at every step, so built once.
_IN_TURN = (
    own(JournalEntry),
    JournalEntry.turn_id == bindparam("turn"),
    JournalEntry.generation == bindparam("generation"),
)
_ENTRIES = select(JournalEntry.step, JournalEntry.kind, JournalEntry.ordinal, JournalEntry.payload).where(*_IN_TURN)
_ENTRY = select(JournalEntry.payload).where(
    *_IN_TURN,
    JournalEntry.step == bindparam("step"),
    JournalEntry.kind == bindparam("kind"),
    JournalEntry.ordinal == bindparam("ordinal"),
)
_ADD = Prepared(
    insert(JournalEntry)
    .values({name: bindparam(name, type_=ENTRIES.c[name].type) for name in WRITTEN})
    .on_conflict_do_nothing(index_elements=ONCE)
    .returning(JournalEntry.id)
)
_CALLS = Prepared(
    select(JournalEntry.payload)
    .where(*_IN_TURN, JournalEntry.kind == StepKind.TOOL)
    .order_by(JournalEntry.step, JournalEntry.ordinal)
)

# Asked only after an edit or a deletion of what was answered.
_EFFECTS_SINCE = (
    select(JournalEntry.turn_id, JournalEntry.payload)
    .join(Turn, (Turn.workspace_id == JournalEntry.workspace_id) & (Turn.id == JournalEntry.turn_id))
    .where(
        own(JournalEntry),
        JournalEntry.conversation_id == bindparam("conversation"),
        JournalEntry.kind == StepKind.TOOL,
        JournalEntry.writes,
        Turn.number >= bindparam("number"),
    )
)


def _of(turn: TakenTurn) -> dict[str, Any]:
    return {"workspace": turn.workspace_id, "turn": turn.turn_id, "generation": turn.generation}


class Journal:
    """The steps of one generation of a turn, and the counters by which a run finds its place in them."""

    def __init__(self, turn: TakenTurn) -> None:
        """Start at the first step, with what was recorded before the turn was taken."""
        self.turn = turn
        self._step = -1
        self._ordinal = -1
        self.calls: list[Recorded] = []
        self.kept: Entry | None = None
        """The newest answer, until it is recorded."""

    def next_answer(self) -> tuple[Key, RecordedAnswer | None]:
        """The key of the model's next answer, and that answer if it is recorded. `stand_at` moves on to it."""
        key: Key = (self._step + 1, StepKind.MODEL, 0)
        payload = self.turn.recorded.get(key)
        return key, None if payload is None else RecordedAnswer.of(payload)

    def stand_at(self, key: Key) -> None:
        """Go on to an answer of the model, whose calls are next."""
        self._step, self._ordinal = key[0], -1

    @property
    def step(self) -> int:
        """The number of the present answer of the model."""
        return self._step

    def next_call(self) -> tuple[Key, Recorded | None]:
        """The key of the next tool call of the present answer, and its record if there is one."""
        self._ordinal += 1
        key: Key = (self._step, StepKind.TOOL, self._ordinal)
        payload = self.turn.recorded.get(key)
        return key, None if payload is None else Recorded.model_validate(payload)

    def take(self, key: Key, answer: ModelResponse, link: int, duration_ms: int) -> None:
        """Take a link's new answer; it is recorded with what follows from it first."""
        payload = {"response": ModelMessagesTypeAdapter.dump_python([answer], mode="json")[0], "link": link}
        name = (answer.model_name or "model")[:200]
        self.kept = Entry(key, StepOutcome.VALUE, name, payload, duration_ms=duration_ms)

    async def record_kept(self) -> None:
        """Record the answer that is kept, if there is one, in a transaction of its own: another one is asked for."""
        if self.kept is not None:
            await keep_answer(self.turn, self.kept)
            self.kept = None

    @asynccontextmanager
    async def writing(self, principal: Principal) -> AsyncIterator[tuple[Work, Fence]]:
        """Open a transaction behind the fence of the lease, and record in it the answer that is kept."""
        async with open_work(principal) as work:
            yield work, await fenced(work, self.turn, self.kept)
        self.kept = None


async def keep_answer(turn: TakenTurn, answer: Entry) -> None:
    """Record an answer by itself. Raises Abandoned when the turn is another worker's, or another answer stands there."""
    async with open_work(Principal.system(turn.workspace_id)) as work:
        await fenced(work, turn, answer)


async def keep_after(error: Exception, turn: TakenTurn, answer: Entry | None) -> None:
    """Record the answer that a failed turn rests on, if that can be, so that whoever takes the turn up pays for no other."""
    if answer is None or isinstance(error, Abandoned | CommitOutcomeUnknown) or db.is_outage(error):
        return
    with suppress(Abandoned):
        await keep_answer(turn, answer)


async def fenced(work: Work, turn: TakenTurn, answer: Entry | None) -> Fence:
    """Take the fence, and record an answer of the model behind it; raises Abandoned if another one stands in its place."""
    held = await fence(work, turn, answer)
    if answer is not None and not held.recorded and await find_entry(work, turn, answer.key) != answer.payload:
        raise Abandoned("another answer of the model is recorded")
    return held


async def add_entry(work: Work, turn: TakenTurn, entry: Entry) -> dict[str, Any]:
    """Write one entry, behind the fence; what already stands under the key wins and is returned."""
    if await _ADD.first(work.session, entry.values(turn)) is not None:
        return entry.payload
    stored = await find_entry(work, turn, entry.key)
    if stored is None:
        raise Abandoned("a journal entry vanished")
    return stored


async def find_entry(work: Work, turn: TakenTurn, key: Key) -> dict[str, Any] | None:
    """What stands under a key now."""
    step, kind, ordinal = key
    return await work.session.scalar(_ENTRY, {**_of(turn), "step": step, "kind": kind, "ordinal": ordinal})


async def entries_of(work: Work, turn: Turn) -> dict[Key, dict[str, Any]]:
    """What the attempts of a turn's present generation have recorded."""
    values = {"workspace": turn.workspace_id, "turn": turn.id, "generation": turn.generation}
    rows = await work.session.execute(_ENTRIES, values)
    return {(step, StepKind(kind), ordinal): payload for step, kind, ordinal, payload in rows}


async def calls_of(work: Work, turn: TakenTurn) -> list[Recorded]:
    """All tool calls of the turn's present generation, as they are recorded, in order."""
    return [Recorded.model_validate(payload) for (payload,) in await _CALLS.all(work.session, _of(turn))]


async def calls_thought_last(work: Work, turn_id: UUID) -> list[Recorded]:
    """All tool calls of a turn as it was thought last, in order."""
    turn = await work.session.get(Turn, (work.workspace_id, turn_id))
    if turn is None:
        return []
    values = {"workspace": turn.workspace_id, "turn": turn.id, "generation": turn.generation}
    return [Recorded.model_validate(payload) for (payload,) in await _CALLS.all(work.session, values)]


async def effects_since(work: Work, turn: Turn) -> list[tuple[UUID, Recorded]]:
    """What a turn and the later ones of its conversation have changed in the shop, each with the id of its turn."""
    values = {"workspace": work.workspace_id, "conversation": turn.conversation_id, "number": turn.number}
    rows = (await work.session.execute(_EFFECTS_SINCE, values)).all()
    return [(turn_id, Recorded.model_validate(payload)) for turn_id, payload in rows]
