"""What a turn may say: the receipts that a text is measured against."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from agent.receipts.lexicon import Receipt
from agent.receipts.products import PRODUCT_CLAIMS, Products
from tools.outcome import Claim, Fact

_STATES = frozenset({Claim.AVAILABLE, Claim.UNAVAILABLE, Claim.ORDER_STATUS, Claim.PAYMENT_VERIFIED})
_IMPLY_STOCK = frozenset({Claim.AVAILABLE, Claim.STOCK_RESERVED, Claim.ITEM_ADDED, Claim.ITEM_CHANGED})


def decimal(value: str) -> Decimal | None:
    """The canonical value as a number, if it is one."""
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


@dataclass(frozen=True)
class Receipts:
    """Facts, claims and products of one turn."""

    facts: Mapping[str, Fact]
    claims: frozenset[tuple[Claim, str]]
    products: Products
    available: frozenset[str]
    unavailable: frozenset[str]

    @classmethod
    def of(cls, facts: Mapping[str, Fact], claims: Collection[tuple[Claim, str]]) -> "Receipts":
        """Gather what the turn has receipts for; a stock fact is a receipt for what there is."""
        available = {subject for claim, subject in claims if claim in _IMPLY_STOCK}
        unavailable = {subject for claim, subject in claims if claim is Claim.UNAVAILABLE}
        for fact in facts.values():
            amount = decimal(fact.value) if fact.kind in {"stock", "available"} else None
            if amount is not None:
                (available if amount > 0 else unavailable).add(fact.subject)
        return cls(facts, frozenset(claims), Products.of(facts, claims), frozenset(available), frozenset(unavailable))

    def supporting(self, permitted: Collection[Receipt]) -> frozenset[tuple[Claim, str]] | None:
        """The claims of this turn among those permitted; None if nothing supports the statement."""
        found = frozenset(claim for claim in self.claims if claim[0] in permitted)
        deeds = frozenset(claim for claim in self.claims if claim[0] not in _STATES)
        if "any" in permitted and deeds:
            return found | deeds
        if found:
            return found
        return frozenset() if "fact" in permitted and (self.facts or self.claims) else None

    def products_of(self, supporting: frozenset[tuple[Claim, str]]) -> frozenset[str]:
        """The products that the supporting claims are about."""
        return frozenset(subject for claim, subject in supporting if claim in PRODUCT_CLAIMS)
