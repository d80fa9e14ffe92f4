"""Spoken orders played on the demo shops in memory: what the first message of each puts into the order, and what it asks."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from agent.brief import Brief, BriefMessage
from app.demo.schemas import demo_shops
from domain.catalog.search import PLAUSIBLE
from domain.connections.medium import Medium
from domain.conversations.content import Text
from domain.conversations.states import State
from evals.lexical.run import converse
from evals.lexical.shop import Product, Shop, TestCatalogue
from tests.lexical.reading import demo_goods

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "spoken.yaml").read_text(encoding="utf-8"))


@dataclass
class Played:
    """What the first message of a case came to."""

    case: dict[str, Any]
    cart: dict[str, Decimal]
    asked: list[set[str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    delivery: dict[str, str] = field(default_factory=dict)
    reply: str = ""

    @property
    def right(self) -> dict[str, Decimal]:
        """The cart that the customer wants in the end."""
        return {sku: Decimal(str(quantity)) for sku, quantity in self.case["cart"].items()}

    @property
    def wrong(self) -> dict[str, Decimal]:
        """The lines that the customer does not want, or not so many of."""
        return {sku: quantity for sku, quantity in self.cart.items() if quantity > self.right.get(sku, Decimal(0))}

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left to do."""
        return self.cart == self.right

    @property
    def is_led_on(self) -> bool:
        """Whether all that lacks is asked about."""
        lacking = {sku for sku, quantity in self.right.items() if self.cart.get(sku) != quantity}
        return lacking <= {sku for skus in self.asked for sku in skus}


@lru_cache
def catalogue_of(slug: str) -> TestCatalogue:
    shop = next(shop for shop in demo_shops() if shop.workspace.slug == slug)
    products = [
        Product(sku=one.sku, name=one.name, category="", unit=one.unit, price=one.price, synonyms=list(one.aliases))
        for one in demo_goods(slug).products
    ]
    return TestCatalogue(
        shop=shop.workspace.name,
        country=shop.workspace.country,
        currency=shop.workspace.currency,
        stores=[store.name for store in shop.stores],
        payment_methods=[one.name for one in shop.workspace.settings.payment_methods],
        products=products,
    )


class _Answering(Shop):
    """A shop whose answers to what is asked about count as well."""

    def _list_products(self, query: str) -> dict[str, Any]:
        hits = [hit.sku for hit in self.look_up(query) if hit.score >= PLAUSIBLE]
        if hits:
            self.asked.append(set(hits))
        else:
            self.unknown.append(query)
        return {"status": "ok", "code": "products_found", "say": "<products_found>"}


async def play(case: dict[str, Any]) -> Played:
    """Say the first message of a case to an empty shop."""
    demo = next(shop for shop in demo_shops() if shop.workspace.slug == case["shop"])
    catalogue = catalogue_of(case["shop"])
    shop = _Answering(catalogue)
    shop.__dict__["goods"] = demo_goods(case["shop"])
    brief = Brief(
        language="es",
        country=catalogue.country,
        currency=catalogue.currency,
        shop_name=catalogue.shop,
        medium=Medium.WHATSAPP,
        state=State.IDLE,
        stores=catalogue.stores,
        payment_methods=catalogue.payment_methods,
        messages=[BriefMessage(content=Text(text=case["say"]))],
    )
    reply = await converse(brief, shop)
    sold_out = demo.sold_out.get(demo.stores[0].code, frozenset())
    cart = {sku: quantity for sku, quantity in shop.cart.items() if sku not in sold_out}
    asked = [*shop.asked, *({sku} for sku in shop.asked_quantity)]
    return Played(case, cart, asked, shop.unknown, shop.delivery, reply)
