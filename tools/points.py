"""The words of the points that are open with the customer: one read-back of all of them, each with what was said."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from tools.context import MOST_ASKED, NOTES, Pending
from tools.facts import COUNTED, Facts
from tools.measures import amount_sold
from tools.outcome import Deed, FactKind
from tools.products import product_line, unit_price
from tools.serving import CustomerContext
from tools.speech import listed, say


async def point_words(ctx: CustomerContext, facts: Facts, points: Sequence[Pending]) -> list[str]:
    """What is asked and told of these points, a sentence or a list for each kind."""
    skus = {option.sku for point in points for option in point.options}
    known = await catalog.variants_by_sku(ctx.work, skus) if skus else {}
    by_kind: dict[str, list[Pending]] = {}
    for point in points:
        by_kind.setdefault(_kind(point), []).append(point)
    words = [*await _proposals(ctx, facts, by_kind, known), *_choices(ctx, facts, by_kind, known)]
    words += _quantities(ctx, facts, by_kind.get("choose_quantity", []), known)
    for point in by_kind.get("number", []):
        words.append(say(ctx, "point.number", words=_echo(facts, point.words or str(point.arguments.get("quantity", "")))))
    return words + note_words(ctx, facts, [point for point in points if point.kind in NOTES])


def counted_by(quantity: float | None, points: Sequence[Pending]) -> list[Pending]:
    """The numbers of which nobody knew what they count, where a quantity says it: `de queso` to "250 of what?"."""
    numbers = [point for point in points if point.kind == "number" and quantity is not None]
    return [point for point in numbers if point.arguments.get("quantity") == quantity]


def left_in_question(points: Sequence[Pending], settled: Sequence[Pending], sold_out: str) -> list[Pending]:
    """What the choices that are open leave when one of their products is sold out."""
    left = []
    for point in points:
        options = [option for option in point.options if option.sku != sold_out]
        if point.is_of_order and sold_out in point.skus and options and point not in settled:
            named = {"product": options[0].sku} if len(options) == 1 else {}
            left.append(point.model_copy(update={"options": options, "arguments": point.arguments | named}))
    return left


def _kind(point: Pending) -> str:
    """How a point is asked: which of several before anything else, except where it may be that none is wanted."""
    if point.kind in ("want", "contradiction"):
        return "want"
    if point.kind in ("choose_product", "confirm") and point.options:
        return "confirm" if point.is_proposal else "choose_product"
    return point.kind


def note_words(ctx: CustomerContext, facts: Facts, notes: Sequence[Pending]) -> list[str]:
    """What was not found or not understood, in the customer's own words where those are known."""
    told = []
    for kind in ("unknown", "unclear", "too_long"):
        said = [_quoted(ctx, facts, note) for note in notes if note.kind == kind and note.words]
        if said:
            told.append(say(ctx, f"point.{kind}", words=listed(ctx, said)))
        elif any(note.kind == kind for note in notes):
            told.append(say(ctx, f"point.{kind}_unsaid"))
    return told


def left_out_words(ctx: CustomerContext, facts: Facts, point: Pending) -> str:
    """What a point is about that the customer does not want: its one product, else their own words for it."""
    is_one = len(point.options) == 1 or not point.words
    return facts.name(point.options[0].name) if point.options and is_one else _quoted(ctx, facts, point)


def due(points: Sequence[Pending], asked: Sequence[Pending], *, is_repeat: bool) -> list[Pending]:
    """The points of the order that are read back: those just asked or not asked often yet; all questions of a mere repeat."""
    told = [point for point in points if point.is_due or point in asked or (is_repeat and point.is_question)]
    return [point for point in told if point.is_of_order]


def later_words(ctx: CustomerContext, facts: Facts, points: Sequence[Pending]) -> list[str]:
    """What was asked often enough is told once to be open, and waits for the summary."""
    tired = [left_out_words(ctx, facts, point) for point in points if point.is_question and point.times == MOST_ASKED]
    return [say(ctx, "point.later", products=listed(ctx, tired))] if tired else []


def _quoted(ctx: CustomerContext, facts: Facts, point: Pending) -> str:
    return say(ctx, "quoted", words=_echo(facts, point.words))


def _echo(facts: Facts, words: str) -> str:
    return facts.add(FactKind.ECHO, "product", words)


async def _proposals(
    ctx: CustomerContext, facts: Facts, by_kind: dict[str, list[Pending]], known: Mapping[str, VariantView]
) -> list[str]:
    words = []
    for kind in ("confirm", "want", "short"):
        proposed = [await _proposal(ctx, facts, point, known) for point in by_kind.get(kind, [])]
        if not proposed:
            continue
        if len(proposed) == 1 or kind != "confirm":
            words.append(say(ctx, f"point.{kind}", products=listed(ctx, proposed)))
        else:
            lines = "\n".join(say(ctx, "point.line", product=product) for product in proposed)
            words.append(say(ctx, "point.confirm_several", lines=lines))
    return words


async def _proposal(ctx: CustomerContext, facts: Facts, point: Pending, known: Mapping[str, VariantView]) -> str:
    """The product that is proposed, with the quantity that was said and its price; of several, the customer's words."""
    if not point.is_proposal:
        return _quoted(ctx, facts, point) if point.words else listed(ctx, [facts.name(option.name) for option in point.options])
    (option,) = point.options
    variant = known.get(option.sku)
    if variant is None:
        return facts.name(option.name)
    quantity = point.arguments.get("quantity")
    amount = None
    if quantity:
        amount = await amount_sold(ctx.work, variant, Decimal(str(quantity)), point.arguments.get("unit"))
    is_counted = isinstance(amount, Decimal) and bool(amount)
    what = (
        facts.amount(variant.name, amount, variant.unit) if isinstance(amount, Decimal) and amount else facts.name(variant.name)
    )
    if (mode := point.arguments.get("mode")) == "remove" or (mode == "set" and is_counted and point.kind == "confirm"):
        return say(ctx, f"point.{mode}", product=what)
    if not isinstance(amount, Decimal) or not amount:
        return say(ctx, "one_option", product=what, price=unit_price(ctx, facts, variant))
    if point.kind != "confirm":
        return what
    price = facts.money(FactKind.LINE_TOTAL, variant.name, amount * variant.price, variant.currency)
    return say(ctx, "one_option", product=what, price=price)


def _choices(
    ctx: CustomerContext, facts: Facts, by_kind: dict[str, list[Pending]], known: Mapping[str, VariantView]
) -> list[str]:
    """Which of several: the first as a list to choose from by number, further ones in a sentence."""
    words = []
    for index, point in enumerate(by_kind.get("choose_product", [])):
        variants = [known[option.sku] for option in point.options if option.sku in known]
        form = "inline" if index else "list"
        if index == 0:
            options = "\n".join(product_line(ctx, facts, variant) for variant in variants)
        else:
            options = listed(ctx, [facts.name(variant.name) for variant in variants])
        if point.words:
            words.append(say(ctx, f"point.which_{form}", words=_quoted(ctx, facts, point), options=options))
        else:
            words.append(say(ctx, f"point.which_{form}_unsaid", options=options))
    return words


def _quantities(ctx: CustomerContext, facts: Facts, points: Sequence[Pending], known: Mapping[str, VariantView]) -> list[str]:
    """How much of what; where a quantity was said in which it is not sold, in what it is sold."""
    plainly, words = [], []
    for point in points:
        variant = next((known[option.sku] for option in point.options if option.sku in known), None)
        if variant is None:
            continue
        if point.arguments.get("refused"):
            key = "sold_by_piece" if variant.grain == 1 and variant.unit.upper() in COUNTED else "sold_in_steps"
            step = facts.quantity(variant.name, variant.grain, variant.unit, kind=FactKind.STEP)
            words.append(say(ctx, key, product=facts.name(variant.name), step=step))
        else:
            plainly.append(facts.name(variant.name))
    return [*([say(ctx, "quantity_missing", product=listed(ctx, plainly))] if plainly else []), *words]


def point_data(points: Sequence[Pending]) -> list[dict[str, object]]:
    """The open points for the machine that reads the outcome."""
    return [{"kind": point.kind, "words": point.words, "skus": sorted(point.skus), **point.arguments} for point in points]


def unavailable(points: Sequence[Pending]) -> list[tuple[Deed, str]]:
    """What may be said not to be on sale: what the catalogue did not find."""
    return [(Deed.UNAVAILABLE, point.words or "product") for point in points if point.kind == "unknown"]
