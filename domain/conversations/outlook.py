"""Who will answer when: what a customer who asks for a person is told, by the hours of the shop and by who is at the desk."""

from dataclasses import dataclass
from datetime import datetime

from core.work import Work
from domain.accounts import service as accounts
from domain.teams import service as teams


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the shop opens, None if it is open; and whether it is known that nobody is at the desk."""

    opens_at: datetime | None
    is_empty: bool


async def outlook(work: Work) -> Outlook:
    """What is known now. Where nobody has ever sat at the desk, nothing is known of who is there."""
    work.require_agent()
    workspace = await accounts.get_workspace(work)
    return Outlook(workspace.hours.opening(work.now), await teams.is_desk_empty(work))
