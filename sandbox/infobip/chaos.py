"""How the simulated line misbehaves: chosen per connection, and the same for the same message in every process."""

import hashlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class Chaos(BaseModel):
    """Chances are from 0 to 1. Without any, the line is perfect.

    A dropped report never comes; a customer's message is only dropped on its first way, as a provider repeats it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: str = Field("", max_length=50)
    duplicate: Chance = 0.0
    delay: Chance = 0.0
    delay_seconds: Seconds = 2.0
    reorder: Chance = 0.0
    drop: Chance = 0.0
    too_many_requests: Chance = 0.0
    server_error: Chance = 0.0
    server_error_after_accept: Chance = 0.0
    timeout_after_accept: Chance = 0.0
    timeout_seconds: Seconds = 30.0
    fail: Chance = 0.0
    report_seconds: Seconds = 0.1
    reads: bool = True

    def happens(self, chance: float, *cause: object) -> bool:
        """Whether a thing of this chance happens to a cause; the same answer for the same cause and seed."""
        return chance > 0 and self.fraction(*cause) < chance

    def fraction(self, *cause: object) -> float:
        """A number from 0 to 1 (exclusive) that depends on the cause and the seed only."""
        digest = hashlib.sha256("\x1f".join([self.seed, *map(str, cause)]).encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:7], "big") / 2**56


class ChaosChange(BaseModel):
    """What to change: only the named settings, for one connection or for all."""

    model_config = ConfigDict(extra="allow")

    connection: str | None = None
    reset: bool = False

    def applied_to(self, current: Chaos) -> Chaos:
        """The settings after the change; raises ValidationError for what does not exist."""
        return Chaos.model_validate({**({} if self.reset else current.model_dump()), **(self.model_extra or {})})
