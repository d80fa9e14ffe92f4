"""The closed sets of replenishment."""

from enum import StrEnum


class ProposalStatus(StrEnum):
    """Where a proposal stands. Of what was placed or is not needed any more, the next plan makes a new one."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    """A person wants another quantity, which plans leave as it is."""
    REJECTED = "rejected"
    PLACED = "placed"
    """Its draft was sent, or its transfer asked for."""
    GONE = "gone"


STANDING = (ProposalStatus.OPEN, ProposalStatus.ACCEPTED, ProposalStatus.CHANGED)
"""What still waits for its order to be sent."""


class AbcClass(StrEnum):
    """How much of the money a product brings in, as `analytics.replenishment.classes`."""

    A = "a"
    B = "b"
    C = "c"


class XyzClass(StrEnum):
    """How evenly it sells."""

    X = "x"
    Y = "y"
    Z = "z"
