"""The demo shops as the order reader sees them, without a database."""

from decimal import Decimal
from functools import lru_cache

from agent.lexical.reader.closed import closed_words
from agent.lexical.reader.explain import explain
from agent.lexical.reader.goods import Goods, Product, comes_in_pairs
from agent.lexical.reader.readings import Reading
from agent.lexical.vocabulary import vocabulary
from app.demo.schemas import DemoProduct, demo_shops
from domain.catalog._views import variant_name

_UNITS = {"KG": ("kg", Decimal("0.001")), "LT": ("l", Decimal("0.001"))}


@lru_cache
def demo_goods(slug: str) -> Goods:
    """All that a demo shop sells, with the words that stand for others."""
    shop = next(shop for shop in demo_shops() if shop.workspace.slug == slug)
    products = [sold for _, _, product in shop.numbered for sold in _variants(product)]
    expansions = {**vocabulary().glossary, **{said: (meant,) for said, meant in shop.expansions}}
    return Goods(products, expansions, closed_words())


def _variants(product: DemoProduct) -> list[Product]:
    unit, grain = _UNITS.get(product.unit, (product.unit.casefold(), Decimal(1)))
    sizes = product.sizes or ("",)
    return [
        Product(
            sku=f"{product.code}-{size}" if size and size != sizes[0] else product.code,
            name=variant_name(product.name, f"talle {size}" if size else ""),
            unit=unit,
            grain=product.step or grain,
            price=product.price,
            brand=product.brand or "",
            aliases=product.synonyms,
            is_set=comes_in_pairs(product.name),
        )
        for size in sizes
    ]


def read(slug: str, text: str, held: dict[str, Decimal] | None = None) -> Reading:
    """What a message comes to in a demo shop."""
    return explain(text, demo_goods(slug), cart=held)


def cart(reading: Reading) -> dict[str, Decimal]:
    """What a reading puts into an empty order."""
    found: dict[str, Decimal] = {}
    for change in reading.changes:
        if change.mode == "remove":
            continue
        found[change.sku] = found.get(change.sku, Decimal(0)) + (change.quantity or 0)
    return found


def asked(reading: Reading) -> list[tuple[str, tuple[str, ...], Decimal | None]]:
    """What a reading asks: kind, SKUs and the quantity that was said."""
    return [(question.kind, question.skus, question.quantity) for question in reading.questions]
