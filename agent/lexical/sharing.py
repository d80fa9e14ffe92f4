"""A number that is told apart at once: `2 jabones, uno en polvo y uno de baño` are two soaps, not four."""

from dataclasses import replace

from agent.lexical.acts import Act, ActKind
from agent.lexical.products import Catalogue
from domain.catalog.search import Verdict

_KINDS = (ActKind.ADD, ActKind.MORE)


async def shared_out(acts: list[Act], catalogue: Catalogue) -> list[Act]:
    """The acts with every total replaced by the parts that follow it, if each part names one product with its noun."""
    left: list[Act] = []
    index = 0
    while index < len(acts):
        parts = await _parts(acts[index], acts[index + 1 :], catalogue)
        left.extend(parts or [acts[index]])
        index += 1 + len(parts)
    return left


async def _parts(total: Act, following: list[Act], catalogue: Catalogue) -> list[Act]:
    """What adds up to a total behind it; nothing if it does not, or if the parts are products of their own."""
    if total.kind is not ActKind.ADD or not total.phrase or total.quantity is None or total.quantity < 2:
        return []
    said, left = list[Act](), total.quantity
    for act in following:
        if act.kind not in _KINDS or not act.phrase or act.quantity is None or act.quantity > left or not left:
            break
        said.append(act)
        left -= act.quantity
    if left or len(said) < 2:
        return []
    for noun in (total.phrase, total.phrase.split()[0]):
        parts = [replace(act, kind=ActKind.ADD, phrase=f"{noun} {act.phrase}") for act in said]
        if await _are_clear(parts, catalogue):
            return parts
    return []


async def _are_clear(parts: list[Act], catalogue: Catalogue) -> bool:
    decisions = [await catalogue.decide(part.phrase) for part in parts]
    skus = {decision.hits[0].sku for decision in decisions if decision.verdict is Verdict.ONE}
    return len(skus) == len(parts)
