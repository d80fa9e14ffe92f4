"""What other rooms see of alerts, and what they may ask of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.alerts.kinds import AlertKind, AlertStatus, Severity


class AlertView(BaseModel):
    """An alert: what is wrong with which subject, since when, what was found, and who is on to it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    kind: AlertKind
    subject_id: UUID = Field(description="A level of stock, an order, a payment or a machine, by the kind.")
    store_id: UUID | None
    variant_id: UUID | None
    severity: Severity
    status: AlertStatus
    evidence: dict[str, Any]
    owner_id: UUID | None
    stage: int = Field(description="How often it was brought to notice again, as nobody took it on.")
    opened_at: datetime
    seen_at: datetime
    snoozed_until: datetime | None
    resolved_at: datetime | None
    version: int


class Snooze(BaseModel):
    """Until when an alert is put off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: AwareDatetime


class Assign(BaseModel):
    """Whose an alert is, null for nobody's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner_id: UUID | None


class Standing(BaseModel):
    """How many alerts stand open, by severity."""

    model_config = ConfigDict(frozen=True)

    info: int = 0
    warning: int = 0
    critical: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that was found just now."""

    kind: AlertKind
    subject_id: UUID
    store_id: UUID | None
    variant_id: UUID | None
    severity: Severity
    evidence: dict[str, Any]

    @property
    def key(self) -> tuple[AlertKind, UUID]:
        """What it is: an alert of the same key is the same alert."""
        return self.kind, self.subject_id


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look came to."""

    raised: int
    resolved: int
    escalated: int
