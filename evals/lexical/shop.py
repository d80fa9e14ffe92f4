"""A shop in memory with the tools' contract, so that only the understanding is measured and not the database."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field

from agent.lexical.reader.closed import closed_words
from agent.lexical.reader.goods import Goods, comes_in_pairs
from agent.lexical.reader.goods import Product as Sold
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Candidate, Hit, Verdict, decide, rank
from domain.catalog.words import read
from tools.context import Pending
from tools.measures import is_sold_by_tray, is_tray

FOLDER = Path(__file__).parent / "catalogues"
_MONEY = frozenset({"bs", "bolivares", "pesos", "dolares", "usd", "$"})
_FACTORS = {"kg": ("g", 1000), "g": ("g", 1), "l": ("ml", 1000), "ml": ("ml", 1)}


class Product(BaseModel):
    """One product of a test catalogue."""

    sku: str
    name: str
    category: str
    unit: str
    price: Decimal
    synonyms: list[str] = Field(default_factory=list)


class TestCatalogue(BaseModel):
    """A test shop: its products, stores and ways to pay."""

    __test__ = False

    shop: str
    country: str
    currency: str
    stores: list[str]
    payment_methods: list[str]
    products: list[Product]

    def product(self, sku: str) -> Product:
        """The product with an SKU."""
        return next(product for product in self.products if product.sku == sku)

    @property
    def candidates(self) -> list[Candidate]:
        """The products as the ranking reads them."""
        return [Candidate(p.sku, p.name, aliases=tuple(p.synonyms)) for p in self.products]


@lru_cache
def load(name: str) -> TestCatalogue:
    """A test catalogue by the name of its file."""
    return TestCatalogue.model_validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


@dataclass
class Shop:
    """The draft of one conversation and what was done to it."""

    catalogue: TestCatalogue
    cart: dict[str, Decimal] = field(default_factory=dict)
    delivery: dict[str, str] = field(default_factory=dict)
    payment: dict[str, Any] = field(default_factory=dict)
    asked: list[set[str]] = field(default_factory=list)
    asked_quantity: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    basket: list[dict[str, Any]] = field(default_factory=list)
    points: list[Pending] = field(default_factory=list)
    """What is open with the customer."""

    @cached_property
    def goods(self) -> Goods:
        """The products as the order reader sees them."""
        products = [
            Sold(
                sku=one.sku,
                name=one.name,
                unit=one.unit,
                grain=Decimal("0.001") if one.unit in ("kg", "l") else Decimal(1),
                price=one.price,
                aliases=tuple(one.synonyms),
                is_pair=one.unit == "par",
                is_set=one.unit in vocabulary().sets or comes_in_pairs(one.name),
            )
            for one in self.catalogue.products
        ]
        return Goods(products, vocabulary().glossary, closed_words())

    def look_up(self, phrase: str) -> list[Hit]:
        """The ranking over the whole catalogue."""
        return rank(phrase, self.catalogue.candidates)[:10]

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do what a tool would do, and answer as it would."""
        self.called.append(tool)
        handler = getattr(self, f"_{tool}", None)
        outcome: dict[str, Any] = handler(**arguments) if handler else _ok(tool)
        return outcome

    def _add_item_to_draft(self, product: str, quantity: float | None = None, unit: str | None = None) -> dict[str, Any]:
        decision = decide(self.look_up(product))
        if decision.verdict is Verdict.NONE:
            self.unknown.append(product)
            return _outcome("refused", "product_not_found")
        if decision.verdict is Verdict.SEVERAL:
            self.asked.append({hit.sku for hit in decision.hits[:5]})
            return _outcome("ask", "ambiguous_product")
        sku = decision.hits[0].sku
        if quantity is None or (unit and is_tray(unit) and not is_sold_by_tray(self.catalogue.product(sku).name, unit)):
            self.asked_quantity.add(sku)
            return _outcome("ask", "quantity_missing")
        self.cart[sku] = self.cart.get(sku, Decimal(0)) + self._amount(sku, quantity, unit)
        return _outcome("ok", "item_added")

    def _update_draft(
        self, lines: list[dict[str, Any]] | None = None, open_points: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        """All lines together; what they do not settle is asked, as is what was open and nobody has answered."""
        before = dict(self.cart)
        asked = len(self.asked)
        outcomes = [self._line(**line) for line in lines or []]
        narrower = [*self.asked[asked:], *({sku} for sku in self.asked_quantity)]
        narrower += [set(raised["skus"]) for raised in open_points or [] if raised["skus"]]
        self.points = [point for point in self.points if not any(skus <= point.skus for skus in narrower)]
        for raised in open_points or []:
            self._open(raised)
        for point in self.points:
            if point.is_question:
                self._open({"kind": point.kind, "skus": sorted(point.skus), "words": point.words})
        refused = bool(outcomes) and all(outcome["status"] == "refused" for outcome in outcomes)
        is_open = bool(self.points or open_points) or any(outcome["status"] == "ask" for outcome in outcomes)
        status = "ok" if self.cart != before else "ask" if is_open else "refused" if refused else "ok"
        data: dict[str, Any] = {"open": [{}]} if is_open else {}
        return _outcome(status, "draft_updated" if self.cart != before else "nothing_changed") | {"data": data}

    def _line(
        self, product: str, quantity: float | None = None, unit: str | None = None, mode: str = "add", **_: Any
    ) -> dict[str, Any]:
        settled = [point for point in self.points if point.is_about(product)]
        settled += [point for point in self.points if product in point.skus]
        self.points = [point for point in self.points if point not in settled]
        in_cart = product if product in self.cart else None
        if mode == "remove" or (mode == "set" and quantity == 0):
            if in_cart is None:
                return _outcome("ok" if settled else "refused", "points_dropped" if settled else "not_in_draft")
            left = Decimal(0) if not quantity else self.cart[in_cart] - self._amount(in_cart, quantity, unit)
            return self._change_item_in_draft(in_cart, float(max(left, Decimal(0))))
        if mode == "set" and in_cart is not None and quantity is not None:
            return self._change_item_in_draft(in_cart, quantity, unit)
        return self._add_item_to_draft(product, quantity, unit)

    def _open(self, point: dict[str, Any]) -> None:
        if point["kind"] in ("quantity", "choose_quantity"):
            self.asked_quantity.update(point["skus"])
        elif point.get("skus"):
            self.asked.append(set(point["skus"]))
        else:
            self.unknown.append(point["words"])

    def _change_item_in_draft(self, product: str, quantity: float, unit: str | None = None) -> dict[str, Any]:
        if product not in self.cart:
            return _outcome("refused", "not_in_draft")
        if quantity == 0:
            del self.cart[product]
            return _outcome("ok", "item_removed")
        self.cart[product] = self._amount(product, quantity, unit)
        return _outcome("ok", "item_changed")

    def _amount(self, sku: str, quantity: float, unit: str | None) -> Decimal:
        """Grams to kilos where the product is sold by weight, packages where its name has a size."""
        amount = Decimal(str(quantity))
        if unit in _MONEY:
            return amount / self.catalogue.product(sku).price
        if unit not in _FACTORS:
            return amount
        dimension, factor = _FACTORS[unit]
        product = self.catalogue.product(sku)
        if product.unit in _FACTORS:
            return amount * factor / _FACTORS[product.unit][1]
        for size in read(product.name).sizes:
            if size.dimension == dimension:
                return amount * factor / size.amount
        return amount

    def _clear_draft(self) -> dict[str, Any]:
        self.cart.clear()
        return _outcome("ok", "draft_cleared")

    def _create_order_draft(self, existing: str = "ask", cart: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        for item in cart if cart is not None else self.basket:
            self.cart[item["sku"]] = self.cart.get(item["sku"], Decimal(0)) + Decimal(str(item["quantity"]))
        return _outcome("ok", "cart_applied")

    def _set_delivery_details(self, **details: str) -> dict[str, Any]:
        self.delivery.update(details)
        return _outcome("ok", "delivery_set")

    def _choose_payment_method(self, method: str, number: str | None = None) -> dict[str, Any]:
        self.payment["method"] = method
        return _outcome("ok", "payment_method_noted")

    def _register_payment(self, **details: Any) -> dict[str, Any]:
        self.payment.update(details)
        return _outcome("ok", "payment_claimed")


def _ok(tool: str) -> dict[str, Any]:
    return _outcome("ok", "products_found" if tool == "list_products" else tool)


def _outcome(status: str, code: str) -> dict[str, Any]:
    return {"status": status, "code": code, "say": f"<{code}>"}
