"""The audiences that the agent can talk to."""

from agent.audiences.base import Audience
from agent.audiences.customer.serving import Customers
from agent.audiences.staff.serving import Managers
from tools.audience import AudienceKind

AUDIENCES: dict[AudienceKind, Audience] = {Customers.kind: Customers(), Managers.kind: Managers()}


def of(kind: AudienceKind) -> Audience:
    """The audience of a session or of a turn."""
    return AUDIENCES[kind]
