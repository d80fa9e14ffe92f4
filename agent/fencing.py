"""The fence around everything that a turn writes: one statement that locks, lets who may write, and records an answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, exists, literal, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased, defer
from sqlalchemy.sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL

from agent.frozen import Key, TakenTurn
from agent.models import AgentSession, JournalEntry, StepOutcome, Turn, TurnStatus
from core.errors import Abandoned
from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.conversations import service as conversations
from domain.conversations.content import JsonObject
from domain.conversations.schemas import ConversationView


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of a turn that is to be recorded."""

    key: Key
    outcome: StepOutcome
    name: str
    payload: JsonObject
    writes: bool = False
    duration_ms: int = 0

    def values(self, turn: TakenTurn) -> dict[str, Any]:
        """The row, by its columns."""
        step, kind, ordinal = self.key
        return {
            "workspace_id": turn.workspace_id,
            "id": new_id(),
            "turn_id": turn.turn_id,
            "conversation_id": turn.conversation_id,
            "generation": turn.generation,
            "step": step,
            "kind": kind,
            "ordinal": ordinal,
            "outcome": self.outcome,
            "name": self.name,
            "writes": self.writes,
            "payload": self.payload,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, slots=True)
class Fence:
    """The locked rows of a turn whose lease still holds; writes go through them only.

    `recorded` tells whether the entry that came with it was written: None without one, False where another stands.
    """

    session: AgentSession
    turn: Turn
    conversation: ConversationView
    recorded: bool | None = None


ONCE = ("workspace_id", "turn_id", "generation", "step", "kind", "ordinal")
"""What tells the entries of the journal apart."""

_TALKS, _SESSIONS, _TURNS, ENTRIES = (
    conversations.LOCKED,
    AgentSession.__table__,
    Turn.__table__,
    JournalEntry.__table__,
)
WRITTEN = tuple(column.name for column in ENTRIES.c if column.name != "created_at")
"""The columns of an entry that are written; when it was made is the table's to say."""


def _statement(*, records: bool) -> Select[AgentSession, Turn, Any, bool | None]:
    """Lock conversation, session and turn, in this order, and give them as they are after the wait.

    Only these rows decide: Postgres reads a row that it had to wait for anew, and nothing else of what was written
    meanwhile. An entry is written where the lease, the turn and the voice are those that the turn was taken with.
    """
    held = (
        # The large column that no step needs is left out.
        select(_TALKS, _SESSIONS, *(column for column in _TURNS.c if column.name != "frozen"))
        .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        .select_from(_TALKS)
        .join(_SESSIONS, own(_SESSIONS) & (_SESSIONS.c.conversation_id == _TALKS.c.id))
        .join(_TURNS, own(_TURNS) & (_TURNS.c.id == bindparam("turn")))
        .where(own(_TALKS), _TALKS.c.id == bindparam("conversation"))
        .with_for_update(key_share=True)
        .cte("held")
    )
    session, turn = aliased(AgentSession, held), aliased(Turn, held)
    recorded: Any = null()
    if records:
        holds = exists().where(
            held.c.agent_sessions_lease_token == bindparam("lease_token"),
            held.c.turns_status == TurnStatus.OPEN,
            held.c.turns_generation == bindparam("generation"),
            held.c.conversations_voice_epoch == bindparam("voice_epoch"),
        )
        entry = select(*(bindparam(f"entry_{name}", type_=ENTRIES.c[name].type) for name in WRITTEN)).where(holds)
        added = (
            insert(JournalEntry)
            .from_select(WRITTEN, entry, include_defaults=False)
            .on_conflict_do_nothing(index_elements=ONCE)
            .returning(literal(True).label("done"))
            .cte("added")
        )
        recorded = exists(select(added.c.done))
    return (
        select(session, turn, conversations.among(held), recorded.label("recorded"))
        .options(defer(turn.frozen))
        .execution_options(populate_existing=True)
    )


_FENCE, _FENCE_AND_RECORD = Prepared(_statement(records=False)), Prepared(_statement(records=True))


async def fence(work: Work, turn: TakenTurn, entry: Entry | None = None) -> Fence:
    """Lock conversation, session and turn, make sure that this worker may still write for the turn, and record a step.

    Raises Abandoned when the lease has passed to another worker, the turn is closed or thought anew, or the agent
    has lost the conversation.
    """
    work.require_agent()
    values: dict[str, Any] = {"workspace": turn.workspace_id, "conversation": turn.conversation_id, "turn": turn.turn_id}
    if entry is not None:
        values |= {"lease_token": turn.lease_token, "generation": turn.generation, "voice_epoch": turn.voice_epoch}
        values |= {f"entry_{name}": value for name, value in entry.values(turn).items()}
    statement = _FENCE if entry is None else _FENCE_AND_RECORD
    ((session, row, talk, recorded),) = await statement.all(work.session, values)
    conversation = conversations.locked_with(work, talk)
    if session.lease_token != turn.lease_token:
        raise Abandoned("the lease has passed to another worker")
    if row.status != TurnStatus.OPEN or row.generation != turn.generation:
        raise Abandoned("the turn is closed or is thought anew")
    if conversation.voice_epoch != turn.voice_epoch:
        raise Abandoned("the agent has lost the conversation")
    return Fence(session, row, conversation, recorded)
