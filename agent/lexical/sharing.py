"""A number that is told apart at once: `2 jabones, uno en polvo y uno de baño` are two soaps, not four.

The parts may also be named by their article: `dos faros, el izquierdo y el derecho`.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.lexical.acts import Act, ActKind
from agent.lexical.products import Catalogue
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Verdict

_KINDS = (ActKind.ADD, ActKind.MORE)


async def shared_out(acts: list[Act], catalogue: Catalogue) -> list[Act]:
    """The acts with every total replaced by the parts that follow it, if each part names one product with its noun."""
    left: list[Act] = []
    index = 0
    while index < len(acts):
        said = _said_of(acts[index], acts[index + 1 :])
        parts = await _parts(acts[index], said.parts, catalogue)
        left.extend(parts or [acts[index]])
        index += 1 + (said.taken if parts else 0)
    return left


@dataclass(frozen=True, slots=True)
class _Said:
    """What may be the parts of a total, and how many acts say it."""

    parts: list[Act]
    taken: int


def _said_of(total: Act, following: list[Act]) -> _Said:
    """What adds up to a total behind it; nothing if it does not."""
    if total.kind is not ActKind.ADD or not total.phrase or total.quantity is None or total.quantity < 1:
        return _Said([], 0)
    said, left = list[Act](), total.quantity
    for act in following:
        count = act.quantity if act.quantity is not None or not act.details.get("single") else Decimal(1)
        if act.kind not in _KINDS or not act.phrase or count is None or count > left or not left:
            break
        said.append(replace(act, quantity=count))
        left -= count
    # `un faro, el derecho` is one.
    is_explained = bool(said) and following[0].quantity is None
    if not left and (len(said) > 1 or is_explained):
        return _Said(said, len(said))
    return _Said(_pair_of(following[0]), 1) if total.quantity == 2 and following and not said else _Said([], 0)


async def _parts(total: Act, said: list[Act], catalogue: Catalogue) -> list[Act]:
    """The parts with the noun of their total; nothing if they are no variants of it but products of their own."""
    if not said or (await catalogue.decide(total.phrase)).verdict is Verdict.ONE:
        return []
    for noun in (total.phrase, total.phrase.split()[0]):
        parts = [replace(act, kind=ActKind.ADD, phrase=f"{noun} {act.phrase}") for act in said]
        if await _are_clear(parts, catalogue):
            return parts
    return []


def _pair_of(act: Act) -> list[Act]:
    """`left and right`, said of two."""
    sides = re.split(rf" (?:{'|'.join(map(re.escape, vocabulary().conjunctions))}) ", act.phrase)
    return [replace(act, phrase=side, quantity=Decimal(1)) for side in sides] if len(sides) == 2 else []


async def _are_clear(parts: list[Act], catalogue: Catalogue) -> bool:
    decisions = [await catalogue.decide(part.phrase) for part in parts]
    skus = {decision.hits[0].sku for decision in decisions if decision.verdict is Verdict.ONE}
    return len(skus) == len(parts)
