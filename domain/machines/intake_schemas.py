"""What became of readings that came in, and what is in quarantine."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.machines.kinds import Verdict
from domain.machines.schemas import View


class Refused(View):
    """A reading that was not stored, by its place in what was sent."""

    index: int
    verdict: Verdict


class IntakeView(View):
    """What became of readings that were sent: how many of each verdict, and those that were quarantined (the first hundred).

    With this answer all of them are in safe hands: none has to be sent again.
    """

    received: int
    counts: Mapping[Verdict, int]
    quarantined: tuple[Refused, ...]


class QuarantineView(View):
    """A reading in quarantine, as it was said."""

    id: UUID
    reason: Verdict
    machine: str | None
    sensor: str | None
    said: str
    received_at: datetime


class QuarantinePage(View):
    """A page of the quarantine, the newest first, where the next one starts, and how many there are of each reason."""

    items: tuple[QuarantineView, ...]
    next_cursor: UUID | None
    counts: Mapping[Verdict, int]


class ReleaseView(View):
    """What came of looking at the quarantine again: how many are stored now, and how many stay."""

    released: int
    left: int
