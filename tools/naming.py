"""Which store and which product a member of the staff means: a code, or words that must settle one."""

from dataclasses import dataclass
from uuid import UUID

from domain.catalog import service as catalog
from domain.catalog.schemas import StoreView, VariantView
from domain.catalog.words import plain
from tools.context import Pending, ToolContext
from tools.outcome import Option, ToolOutcome
from tools.products import MOST_OPTIONS, meant
from tools.speech import listed, say


@dataclass(frozen=True, slots=True)
class Named:
    """What was named; None where nothing was."""

    store: StoreView | None = None
    goods: VariantView | None = None

    @property
    def stores(self) -> tuple[UUID, ...]:
        """The store as a filter."""
        return (self.store.id,) if self.store is not None else ()


async def named(ctx: ToolContext, tool: str, given: dict[str, object], store: str, product: str) -> Named | ToolOutcome:
    """What the words for a store and a product mean, or what to say where they settle nothing.

    `given` are the other arguments of the call, which wait for the answer.
    """
    place = await _store(ctx, tool, {**given, "product": product}, store) if store.strip() else None
    if isinstance(place, ToolOutcome):
        return place
    goods = await _goods(ctx, tool, {**given, "store": store}, product) if product.strip() else None
    return goods if isinstance(goods, ToolOutcome) else Named(place, goods)


async def _store(ctx: ToolContext, tool: str, given: dict[str, object], words: str) -> StoreView | ToolOutcome:
    there = [one for one in await catalog.stores(ctx.work) if _may_see(ctx, one)]
    said = set(plain(words).split())
    found = [one for one in there if one.code.casefold() == words.strip().casefold()]
    found = found or [one for one in there if said <= _called(one)]
    if len(found) == 1:
        return found[0]
    choices = [ctx.facts.label(one.name) for one in (found or there)[:MOST_OPTIONS]]
    if not found:
        return ctx.refuse(
            "store_not_known", say(ctx, "store_not_known", words=ctx.facts.label(words), stores=listed(ctx, choices))
        )
    point = Pending(kind="which_store", tool=tool, arguments=_only_said(given), words=words)
    return ctx.ask("which_of_stores", say(ctx, "which_of_stores", stores=listed(ctx, choices)), about=point)


def _called(store: StoreView) -> set[str]:
    """The words by which a store is known. Nothing near them will do: the figure of another store is a wrong one."""
    return set(plain(" ".join(part for part in (store.name, store.city, store.zone, store.code) if part)).split())


def _may_see(ctx: ToolContext, store: StoreView) -> bool:
    stores = ctx.work.principal.stores
    return stores is None or store.id in stores


async def _goods(ctx: ToolContext, tool: str, given: dict[str, object], words: str) -> VariantView | ToolOutcome:
    exact = await catalog.find(ctx.work, words.strip())
    if exact is not None:
        return exact
    found = await meant(ctx, words)
    if found.one is not None and not found.is_near:
        return found.one
    several = (found.one,) if found.one is not None else found.several
    if not several:
        return ctx.refuse("product_not_known", say(ctx, "product_not_known", words=ctx.facts.label(words)))
    options = [Option(sku=one.sku, name=one.name) for one in several]
    point = Pending(kind="which_product", tool=tool, arguments=_only_said(given), options=options, words=words)
    lines = "\n".join(f"• {ctx.facts.name(one.name)} ({ctx.facts.label(one.sku)})" for one in several)
    return ctx.ask("which_of_products", say(ctx, "which_of_products", lines=lines), about=point)


def _only_said(given: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in given.items() if value not in (None, "")}
