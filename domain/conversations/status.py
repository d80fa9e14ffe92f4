"""How far an outgoing message has come: one order of statuses, so that reports in any order end in the same place.

Within one attempt a message only climbs:

    queued < sending < retry < unknown < unconfirmed < rejected < sent < delivered < read < failed

What the provider reports stands above what we conclude, so an outcome that is recorded late never hides a report.
`failed` is at the top: it stays until a newer attempt. A new attempt starts at `sending`, and only `queued` and `retry`
(certainly not sent) can have one. `cancelled` is reached from those two only, and ends there. A message in doubt goes
back to `retry` in one case: the deliverer that was taken for dead says itself that nothing was sent.
"""

from typing import Final

from domain.conversations.kinds import MessageStatus

_ORDER: Final = (
    MessageStatus.QUEUED,
    MessageStatus.SENDING,
    MessageStatus.RETRY,
    MessageStatus.UNKNOWN,
    MessageStatus.UNCONFIRMED,
    MessageStatus.REJECTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)
_RANK: Final = {status: rank for rank, status in enumerate(_ORDER)}

SENDABLE: Final = frozenset({MessageStatus.QUEUED, MessageStatus.RETRY})
"""Certainly not sent: a new attempt may begin."""

UNDECIDED: Final = frozenset({MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.RETRY, MessageStatus.UNKNOWN})
"""What holds up the later messages of the conversation."""


def advanced(current: MessageStatus, proposed: MessageStatus) -> MessageStatus:
    """Where a message stands after somebody proposed a status: the further of the two."""
    if current not in _RANK or proposed not in _RANK:
        return current
    return max(current, proposed, key=_RANK.__getitem__)
