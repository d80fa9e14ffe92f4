"""What every simulated customer is to the run: somebody who opens a conversation and reacts to the shop."""

from collections.abc import Sequence
from typing import Protocol

from evals.phone import Bubble
from evals.tasks import Step


class Customer(Protocol):
    """A simulated customer in one conversation."""

    async def respond(self, fresh: Sequence[Bubble]) -> list[Step]:
        """What to do after these new messages of the shop; the first call has none. Nothing at all ends it."""
        ...

    @property
    def troubles(self) -> list[str]:
        """Where this customer could not play the part, so that a failure may not be the agent's."""
        ...
