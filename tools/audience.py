"""Whom the agent talks to. A tool is for one of them, and its context says for whom it was called."""

from enum import StrEnum


class AudienceKind(StrEnum):
    """A customer buys for themselves; a manager is a member of the staff and has a member's rights."""

    CUSTOMER = "customer"
    MANAGER = "manager"
