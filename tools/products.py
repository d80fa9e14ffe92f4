"""Which product the customer means: an SKU, or words that the catalogue's search has to settle."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.catalog.search import Candidate, Verdict, decide, rank, similarity
from domain.catalog.words import plain, read
from domain.orders.kinds import Fulfilment
from domain.orders.schemas import OrderLineView, OrderView, Shortage
from domain.stock import holds
from domain.stock import service as stock
from tools.context import Pending, ToolContext
from tools.facts import Facts, measured_in
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say

MOST_OPTIONS = 5

MOST_WORDS = 80
"""Letters of the customer's own words that are repeated to them."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a phrase settles: one product, several to ask about, or none."""

    one: VariantView | None = None
    several: tuple[VariantView, ...] = ()
    is_near: bool = False
    """Some of the words fit nothing on sale: it is only the nearest there is."""


async def meant(context: ToolContext, phrase: str, recognised: catalog.Recognised | None = None) -> Meant:
    """The product on sale that an SKU or a phrase means; `recognised` if the catalogue was asked about it already."""
    recognised = recognised or await catalog.recognise(context.work, phrase)
    exact = await catalog.find(context.work, recognised.sku) if recognised.sku else None
    if exact is not None and exact.is_sold:
        return Meant(one=exact)
    found = await catalog.search(context.work, recognised)
    decision = decide(found)
    if (words := _words_of_code(phrase)) and (not decision.hits or any(hit.unmatched for hit in decision.hits)):
        return await meant(context, words)
    by_sku = {hit.sku: hit for hit in found}
    chosen = _named_so(phrase, tuple(by_sku[hit.sku] for hit in decision.hits))
    is_near = any(hit.unmatched for hit in decision.hits)
    if decision.verdict is Verdict.ONE or (len(chosen) == 1 and len(decision.hits) > 1):
        return Meant(one=chosen[0], is_near=is_near)
    return Meant(several=chosen[:MOST_OPTIONS], is_near=is_near)


def _words_of_code(phrase: str) -> str:
    """The words in a code that somebody made up: `remera basica` in `REMERA-BASICA-001`; empty if it is none."""
    is_code = len(phrase.split()) == 1 and not phrase.isalpha()
    return " ".join(re.findall(r"[^\W\d_]{3,}", phrase)) if is_code else ""


def _named_so(phrase: str, found: tuple[VariantView, ...]) -> tuple[VariantView, ...]:
    """Those whose name begins with what was asked for, if there are any: oil before tuna in oil."""
    wanted = read(phrase).words[:1]
    heads = [(variant, read(variant.name).words[:1]) for variant in found]
    first = tuple(v for v, head in heads if head and wanted and similarity(wanted[0], head[0]) >= catalog.SAME_WORD)
    return first or found


def meant_line(lines: Sequence[OrderLineView], phrase: str) -> tuple[OrderLineView, ...]:
    """The lines of a draft that an SKU or a phrase may mean: one if it is settled."""
    exact = tuple(line for line in lines if line.sku.casefold() == phrase.strip().casefold())
    if exact:
        return exact
    decision = decide(rank(phrase, [Candidate(line.sku, line.name) for line in lines]))
    skus = [hit.sku for hit in decision.hits]
    return tuple(line for sku in skus for line in lines if line.sku == sku)


async def in_stock(context: CustomerContext, variant_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Which of the products can be had in at least one store now."""
    found = await stock.available(context.work, variant_ids)
    return {variant_id: level.available > 0 for variant_id, level in found.items()}


async def other_sizes(context: CustomerContext, variant: VariantView) -> Sequence[VariantView]:
    """What else of the same product can be had now."""
    found = await catalog.search(context.work, variant.product_name)
    others = [one for one in found if one.product_id == variant.product_id and one.sku != variant.sku and one.is_sold]
    stocked = await in_stock(context, [one.variant_id for one in others]) if others else {}
    return [one for one in others if stocked[one.variant_id]][:MOST_OPTIONS]


async def shortages(
    context: CustomerContext, draft: OrderView | None, wanted: Sequence[tuple[VariantView, Decimal]]
) -> list[Shortage]:
    """What falls short if the order wants so much of each; what it holds already is its own."""
    # An order that is fetched is served from its store alone; before one is chosen any of them may serve it.
    store_id = draft.store_id if draft is not None and draft.fulfilment is Fulfilment.PICKUP else None
    levels = await stock.available(context.work, [variant.variant_id for variant, _ in wanted], store_id) if wanted else {}
    lacking = [(variant, amount) for variant, amount in wanted if levels[variant.variant_id].available < amount]
    held = await holds.holds_of(context.work, draft.id) if lacking and draft is not None else []
    own: dict[UUID, Decimal] = {}
    for hold in held:
        if hold.status == "active":
            own[hold.variant_id] = own.get(hold.variant_id, Decimal(0)) + hold.quantity
    if lacking and draft is not None and draft.amends_order_id is not None:
        for (_, variant_id), quantity in (await holds.taken_by(context.work, draft.amends_order_id)).items():
            own[variant_id] = own.get(variant_id, Decimal(0)) + quantity
    short = []
    for variant, amount in lacking:
        free = levels[variant.variant_id].available + own.get(variant.variant_id, Decimal(0))
        if free < amount:
            left = max(free, Decimal(0))
            short.append(Shortage(sku=variant.sku, name=variant.name, unit=variant.unit, wanted=amount, available=left))
    return short


def product_line(context: CustomerContext, facts: Facts, variant: VariantView, *, available: bool = True) -> str:
    """One product of a list, with its price."""
    key = "product_line" if available else "product_line_sold_out"
    return say(context, key, product=facts.name(variant.name), price=unit_price(context, facts, variant))


def unit_price(context: CustomerContext, facts: Facts, variant: VariantView) -> str:
    """The price, by the kilo or the metre where the product is measured."""
    price = priced(facts, variant)
    unit = _unit(variant)
    return price if unit is None else say(context, "price_per_unit", price=price, unit=unit)


def priced(facts: Facts, variant: VariantView) -> str:
    """The slot of a product's price."""
    return facts.money(FactKind.PRICE, variant.name, variant.price, variant.currency, _unit(variant))


def _unit(variant: VariantView) -> str | None:
    """The unit that a product's price is said with."""
    return measured_in(variant.unit) if variant.precision == 0 else variant.unit.lower()


def ask_which(
    context: CustomerContext, variants: Sequence[VariantView], tool: str, phrase: str, arguments: dict[str, object]
) -> ToolOutcome:
    """Ask the customer which of several products is meant; the answer repeats the call with its SKU in place of the phrase."""
    facts = context.facts
    if len(variants) > 1:
        lines = [product_line(context, facts, variant) for variant in variants]
        names = "\n".join(lines)
    else:
        names = say(context, "one_option", product=facts.name(variants[0].name), price=priced(facts, variants[0]))
    options = [Option(sku=variant.sku, name=variant.name, detail=facts.read(priced(facts, variant))) for variant in variants]
    code = "ambiguous_product" if len(variants) > 1 else "unsure_product"
    return context.ask(
        code,
        say(context, code, options=names),
        about=Pending(
            kind="choose_product",
            tool=tool,
            arguments={"product": phrase, **arguments},
            options=options,
            words=own_words(context, phrase),
        ),
        note="Ask which product is meant, then repeat the call with its SKU. Nothing was changed.",
    )


def not_found(context: CustomerContext, phrase: str) -> ToolOutcome:
    """Say that the shop has no such thing; the customer's own words are repeated only if they are theirs."""
    facts = context.facts
    echoed = own_words(context, phrase)
    key = "phrase_not_found" if echoed else "product_not_found"
    wanted = facts.add(FactKind.ECHO, "product", echoed) if echoed else ""
    return context.refuse(
        "product_not_found",
        say(context, key, product=wanted),
        deeds=[(Deed.UNAVAILABLE, phrase)],
        note="The catalogue has nothing like it. Offer list_products with other words or send_catalog.",
    )


def own_words(context: CustomerContext, words: str) -> str:
    """The words as they are repeated, if the customer wrote them in this turn; else nothing, as a model may have."""
    wanted = plain(words).strip()
    heard = " ".join(plain(message.text or "") for message in context.messages)
    return words.strip()[:MOST_WORDS] if wanted and wanted in heard else ""
