"""Shadow mode: what another prompt or model would have done with the traffic of the last days.

The conversations are read from the shop and played again in an installation of their own, so nothing of it is
committed to the shop and nothing is sent to anybody.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select

from agent.models import Turn
from core.access import Principal
from core.work import open_work, own
from evals import capturing, replay
from evals.captures import Capture
from evals.replay import Replayed

MOST_CONVERSATIONS = 200


class Shadowed(BaseModel):
    """The sum of a shadow run: how many conversations would have ended otherwise, and the money of it."""

    conversations: int
    same: int
    stuck: int
    sold_before: Decimal
    sold_after: Decimal
    changed: list[Replayed]


async def recent(workspace_id: UUID, days: int, most: int = MOST_CONVERSATIONS) -> list[Capture]:
    """The conversations in which turns were taken lately, frozen; only reading."""
    principal = Principal.system(workspace_id)
    async with open_work(principal) as work:
        ids = (
            await work.session.scalars(
                select(Turn.conversation_id)
                .where(own(Turn, workspace_id), Turn.started_at >= work.system_time - timedelta(days=days))
                .distinct()
                .limit(most)
            )
        ).all()
    found = []
    for number, conversation_id in enumerate(ids, start=1):
        async with open_work(principal) as work:
            found.append(await capturing.capture(work, conversation_id, f"shadow-{number}"))
    return found


def shadow(found: list[Capture], models: str, on_done: Callable[[Replayed], None] = lambda _: None) -> Shadowed:
    """Play the captures again with other models or with the prompts of this checkout."""
    done = replay.replay_all(found, models, on_done)
    return Shadowed(
        conversations=len(done),
        same=sum(item.is_same for item in done),
        stuck=sum(item.stuck is not None for item in done),
        sold_before=sum((item.before.sold for item in done), Decimal(0)),
        sold_after=sum((item.effects.sold for item in done), Decimal(0)),
        changed=[item for item in done if not item.is_same],
    )
