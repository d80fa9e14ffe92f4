"""Refusals about proposals."""

from core.errors import Conflict, NotFound


class ProposalNotFound(NotFound):
    """No such proposal."""

    code = "proposal_not_found"


class ProposalDecided(Conflict):
    """The proposal was placed, rejected, or is not needed any more."""

    code = "proposal_decided"


class LevelsUnknown(Conflict):
    """Nothing was ever counted, received or booked of it, so nobody knows what is lacking."""

    code = "levels_unknown"
