"""The closed sets of approvals."""

from enum import StrEnum


class Decision(StrEnum):
    """How a proposal ended; one without a decision that has expired was not approved either."""

    APPROVED = "approved"
    REFUSED = "refused"
    REPLACED = "replaced"
    """Another change was proposed before it was answered."""
    STALE = "stale"
    """What it would have changed was not any more what the member had read."""
