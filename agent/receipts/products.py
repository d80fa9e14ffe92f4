"""Which products a stretch of text names, among those that the facts and claims of the turn speak of."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from agent.receipts.reading import FIRST_NAME, FIRST_SLOT, WORD, Reading, fold
from tools.outcome import Claim, Fact

PRODUCT_KINDS = frozenset({"price", "unit_price", "line_total", "stock", "available", "quantity", "name", "product", "option"})
"""Kinds of facts whose subject is a product."""

PRODUCT_CLAIMS = frozenset(
    {Claim.ITEM_ADDED, Claim.ITEM_CHANGED, Claim.ITEM_REMOVED, Claim.AVAILABLE, Claim.UNAVAILABLE, Claim.STOCK_RESERVED}
)
"""Claims whose subject is a product."""

_NOT_PRODUCTS = frozenset(
    ("", "order", "draft", "pedido", "orden", "carrito", "cart", "total", "delivery", "envio", "payment", "pago")
)
_FILLERS = re.compile(
    "del|los|las|con|sin|para|una|the|with|and|for|grs|lts|kilo|litro|unidad|und|paquete|caja|bolsa|lata|botella"
)
"""Words of product names that tell no product from another."""


def singular(word: str) -> str:
    """The word without a plural ending, near enough for comparing."""
    if len(word) > 4 and word.endswith("ces"):
        return word[:-3] + "z"
    if len(word) > 4 and word.endswith("es") and word[-3] not in "aeiou":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


@lru_cache(maxsize=4096)
def _tokens(name: str) -> frozenset[str]:
    plain = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b|\s|$)", "", fold(name))
    return frozenset(singular(word) for word in re.findall(r"[a-z]+", plain) if len(word) >= 3 and not _FILLERS.fullmatch(word))


@dataclass(frozen=True)
class Products:
    """The products of a turn by the words of their names."""

    subjects: frozenset[str]
    by_token: Mapping[str, frozenset[str]]
    of_slot: Mapping[str, str]

    @classmethod
    def of(cls, facts: Mapping[str, Fact], claims: Collection[tuple[Claim, str]]) -> "Products":
        """Collect the products that facts and claims speak of."""
        named = {key: fact.subject for key, fact in facts.items() if fact.kind in PRODUCT_KINDS}
        subjects = set(named.values()) | {subject for claim, subject in claims if claim in PRODUCT_CLAIMS}
        subjects = {subject for subject in subjects if fold(subject).strip() not in _NOT_PRODUCTS}
        by_token: dict[str, set[str]] = {}
        for subject in subjects:
            for token in _tokens(subject):
                by_token.setdefault(token, set()).add(subject)
        naming = {key: fact.subject for key, fact in facts.items() if fact.kind in {"name", "product", "option"}}
        return cls(frozenset(subjects), {token: frozenset(found) for token, found in by_token.items()}, naming)

    def knows(self, word: str) -> bool:
        """Whether a word belongs to the name of one of the products."""
        return singular(word) in self.by_token

    def named(self, reading: Reading, start: int, end: int) -> list[frozenset[str]]:
        """The products named in a stretch, in order; each as the set of products that the words fit best."""
        text = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", " ", reading.plain[start:end])
        runs: list[list[frozenset[str]]] = []
        gap = 99
        for word in WORD.findall(text):
            fits = self._fits(reading, word)
            if fits is None:
                gap += 1
                continue
            joins = bool(runs) and gap <= 1 and frozenset.intersection(fits, *runs[-1]) != frozenset()
            if joins:
                runs[-1].append(fits)
            else:
                runs.append([fits])
            gap = 0
        return [_best(run) for run in runs]

    def _fits(self, reading: Reading, word: str) -> frozenset[str] | None:
        code = ord(word[0])
        if code >= FIRST_NAME:
            name = reading.names[code - FIRST_NAME]
            return frozenset({name}) if name in self.subjects else None
        if code >= FIRST_SLOT:
            subject = self.of_slot.get(reading.slots[code - FIRST_SLOT])
            return frozenset({subject}) if subject else None
        return self.by_token.get(singular(word)) if len(word) >= 3 else None


def _best(run: list[frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*run)


def flat(named: Iterable[frozenset[str]]) -> frozenset[str]:
    """All products that may be meant."""
    return frozenset().union(*named)
