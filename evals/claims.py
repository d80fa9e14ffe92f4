"""Lies: what the agent told a customer and no tool result of the conversation bears out.

This is a second reading, written apart from the renderer of replies, so that a hole there shows here.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel

from domain.conversations.content import dump, texts_of
from evals.evidence import Evidence, Line, TurnTaken
from evals.world import World

_NUMBER = re.compile(r"\d+(?:[.,\u00a0]\d+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_NOT_SAID = re.compile(
    r"\?|¿|\b(no|nunca|todav[ií]a no|not|never|cannot|can't|didn't|si|if|cuando|when|para|antes de|could not)\b", re.IGNORECASE
)


class Lie(BaseModel):
    """A statement without a receipt."""

    turn: int | None
    text: str
    what: str


@lru_cache
def _deeds() -> list[tuple[frozenset[str], re.Pattern[str]]]:
    content = yaml.safe_load((Path(__file__).parent / "deeds.yaml").read_text(encoding="utf-8"))
    return [(frozenset(item["needs"]), re.compile("|".join(item["words"]), re.IGNORECASE)) for item in content]


def values_of(text: str) -> list[tuple[str, set[Decimal]]]:
    """The numbers in a text as written, each with what it may mean: `1.500` is fifteen hundred or one and a half."""
    return [(found[0], _meanings(found[0])) for found in _NUMBER.finditer(text)]


def _meanings(token: str) -> set[Decimal]:
    token = token.replace("\u00a0", "")
    readings = {token.replace(".", "").replace(",", "."), token.replace(",", ""), re.sub(r"[.,]", "", token)}
    found: set[Decimal] = set()
    for reading in readings:
        try:
            found.add(Decimal(reading).normalize())
        except InvalidOperation:
            continue
    return found


def _numbers(texts: Iterable[str]) -> set[Decimal]:
    return {value for text in texts for _, values in values_of(text) for value in values}


def public_words(world: World) -> list[str]:
    """What the shop says of itself to everybody: names, places, ways of paying."""
    words = [world.name]
    words += [f"{product.name} {product.label}" for product in world.products]
    words += [variant.label for product in world.products for variant in product.variants]
    words += [word for store in world.stores for word in (store.name, store.address or "", store.city or "")]
    words += [word for way in world.settings.payment_methods for word in (way.name, way.instructions)]
    words += [str(world.settings.opens_at or ""), str(world.settings.closes_at or "")]
    return words


def lies(world: World, evidence: Evidence) -> list[Lie]:
    """The statements of the agent's messages that nothing bears out."""
    found: list[Lie] = []
    known = _numbers(public_words(world))
    claims: set[str] = {"handoff_requested"} if evidence.handoffs else set()
    turns = {turn.number: turn for turn in evidence.turns}
    heard: set[Decimal] = set()
    counted: set[int] = set()
    for line in evidence.thread:
        if line.direction == "in":
            heard |= _numbers(_words(dump(line.content)))
            continue
        for number in sorted(set(turns) - counted):
            if line.turn is not None and number <= line.turn:
                counted.add(number)
                known |= _numbers(_receipts(turns[number]))
                claims |= {claim for claim, _ in turns[number].brief_claims}
                claims |= {claim for step in turns[number].steps for claim, _ in step.claims}
        if line.author == "agent":
            found.extend(_of_line(line, known | heard, claims))
    return found


def _of_line(line: Line, numbers: set[Decimal], claims: set[str]) -> list[Lie]:
    found = [
        Lie(turn=line.turn, text=line.text or "", what=f"the number {token} has no receipt")
        for text in texts_of(line.content)
        for token, values in values_of(text)
        if not values & numbers
    ]
    for sentence in _SENTENCE.split(line.text or ""):
        if _NOT_SAID.search(sentence):
            continue
        found.extend(
            Lie(turn=line.turn, text=line.text or "", what=f"says that {' or '.join(sorted(needs))} without a receipt")
            for needs, pattern in _deeds()
            if pattern.search(sentence) and not needs & claims
        )
    return found


def _receipts(turn: TurnTaken) -> list[str]:
    facts = [*turn.brief_facts.values(), *(fact for step in turn.steps for fact in step.facts.values())]
    return [str(fact.get(name, "")) for fact in facts for name in ("value", "text", "subject")]


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        return [word for item in value.values() for word in _words(item)]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [str(value)] if isinstance(value, str | int | float) and not isinstance(value, bool) else []
