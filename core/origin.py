"""From where somebody asks: kept with what they do, in the events of the shop and of their account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The network address and the program of a request, as far as they are known."""

    ip: str | None
    agent: str | None

    @classmethod
    def of(cls, ip: str | None, agent: str | None) -> "Origin":
        """An origin whose parts fit their columns."""
        return cls(ip[:45] if ip else None, agent[:300] if agent else None)
