"""What a turn does to the lines of the order: what it orders, what answers the open question, and what it asks about."""

from typing import Any

from agent.lexical.acts import Act, ActKind
from agent.lexical.choosing import Choosing
from agent.lexical.orders import read_order
from agent.lexical.reader.closed import closed_words
from agent.lexical.terms import in_shop_terms
from agent.lexical.vocabulary import vocabulary
from agent.lexical.wanted import Call, Wanted
from core.language.folding import fold

_QUESTIONS = (ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY)
_GRAMS_FROM = 100
"""From here on a bare number that answers how much of what is weighed is one of grams."""


class Ordering(Choosing):
    """Collects what one turn changes: the answers to the open question first, then what else is ordered."""

    async def calls(self, acts: list[Act]) -> list[Call]:
        """The calls for all acts of the turn that are about products, beside the lines that are wanted."""
        self.open_points: list[dict[str, Any]] = []
        ordered = await read_order(self.brief, acts, self.catalogue.shelf)
        if ordered is not None:
            self.wanted, self.open_points = ordered.wanted, ordered.open_points
            self.answered_pending = ordered.is_answer
            self.drop(ordered.declined)
        count = len(self.wanted)
        for act in acts:
            await self._take(act)
        answered = self.wanted[count:]
        for wanted in answered:
            await self._in_grams(wanted)
        self.wanted = [*answered, *self.wanted[:count]]
        return self.other_calls

    @property
    def added_to(self) -> str | None:
        """`agrégale 2 más`, just after an order was placed: it is that order to which something is added."""
        placed = self.brief.just_placed
        said = [fold(message.text or "") for message in self.brief.messages]
        if placed is None or not any(vocabulary().matches("adds_to_order", text) for text in said):
            return None
        return placed.number

    async def _in_grams(self, wanted: Wanted) -> None:
        """A bare `300`, said of what is weighed."""
        if wanted.quantity is None or wanted.unit is not None or wanted.quantity < _GRAMS_FROM:
            return
        line = next((line for line in self.lines if line.sku == wanted.product), None)
        hits = (await self.catalogue.decide(wanted.product)).hits
        is_weighed = line.unit.casefold() in vocabulary().units if line else bool(hits) and not hits[0].is_counted
        wanted.unit = "g" if is_weighed else None

    async def _take(self, act: Act) -> None:
        match act.kind:
            case ActKind.CHOOSE:
                await self._choose(act)
            case ActKind.CHOOSE_NONE:
                self._decline()
            case ActKind.CONFIRM:
                self._agree()
            case kind if kind in _QUESTIONS:
                await self._question(act)

    async def _question(self, act: Act) -> None:
        """What is asked about: the words, or else what is on the table."""
        if act.phrase:
            phrase = await self.catalogue.essence(await in_shop_terms(act.phrase, self.catalogue))
            # `tenés?`: no thing of the shop, and nothing that another shop would call a thing.
            if not closed_words().issuperset(act.phrase.split()) or await self.catalogue.hits(phrase):
                self.questions.append((act.kind, phrase))
            return
        pending = self.brief.pending
        if pending is not None and pending.options:
            self.questions.extend((act.kind, option.sku) for option in pending.options[:5])
        elif self.wanted:
            self.questions.append((act.kind, self.wanted[-1].product))
        elif self.lines:
            self.questions.append((act.kind, self.lines[-1].sku))
        else:
            self.talk.append("of_what")
