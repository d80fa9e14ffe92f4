"""Calls and facts in sentences: tools have their own, and the kinds of the facts about one subject choose theirs.

A text `reply.order.due+order_number` says both kinds of an order's facts. What no text says together is said by as few
texts as there are; each kind has one of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from agent.brief import DELIVERY, Brief
from agent.grounds import Grounds
from agent.recorded import Recorded
from agent.reply.wording import Wording
from agent.telling import SET_ANEW
from core.messages import catalogue, moment
from tools.outcome import Fact, Measured

Family = Literal["figure", "goods", "draft", "order", "shop"]

GOODS = frozenset({"product", "price", "old_price", "stock", "step", "quantity", "line_total"})
_SHOP = frozenset({"store", "hours", "method", "instructions", "minimum", "offer"})
_DRAFT = frozenset({"total", "subtotal", "fee", "gap", "until", "address", "recipient", "phone", "notes"})
_ORDER = frozenset(
    {"order_number", "total", "status", "payment_status", "due", "balance", "amount", "difference", "reference"}
    | {"until", "address"}
)
_OPEN = frozenset({"draft", "hold", "saved", "delivery"})
"""Subjects of an order that has no number yet."""

_LINE = frozenset({"item_added", *SET_ANEW})


def family(fact: Fact) -> Family | None:
    """What a fact is about; None if nothing can be stated of it, such as what the customer called a product."""
    if fact.measured is not None:
        return "figure"
    if fact.kind in GOODS:
        return "goods"
    if fact.kind in _SHOP or (fact.kind == "fee" and fact.subject == DELIVERY):
        return "shop"
    if fact.kind in _DRAFT and fact.subject in _OPEN:
        return "draft"
    return "order" if fact.kind in _ORDER else None


def statements(facts: Iterable[Fact], grounds: Grounds, wording: Wording) -> list[str]:
    """The sentences that state these facts: goods first, then the open order, placed orders, the shop."""
    about: dict[Family, dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        of = family(fact)
        if of is not None:
            about[of]["" if of in ("figure", "shop", "draft") else fact.subject].append(fact)
    goods = {subject: _slots(found, wording) for subject, found in about["goods"].items()}
    cart = {subject: slots for subject, slots in goods.items() if "quantity" in slots and "line_total" in slots}
    draft = _slots(about["draft"][""], wording)
    said = [*_goods({subject: slots for subject, slots in goods.items() if subject not in cart}, grounds, wording)]
    if len(cart) > 1 and cart.keys() == grounds.lines.keys():
        said.append(_cart(cart, draft, wording, "goods_total" if grounds.is_fee_open else "total"))
        draft = {kind: value for kind, value in draft.items() if kind not in ("total", "fee")}
    else:
        said += [wording.say("goods.line", product=subject, **slots) for subject, slots in cart.items()]
    if "total" in draft and (grounds.offered or grounds.is_fee_open):
        # It would pass for the sum with what was just shown, or with the delivery.
        draft["total_so_far" if grounds.offered else "goods_total"] = draft.pop("total")
    said += _covered("draft", draft, wording)
    for number, found in about["order"].items():
        said += _covered("order", _slots(found, wording), wording, number=number)
    return [*said, *_shop(about["shop"][""], wording), *_figures(about["figure"][""], grounds.brief, wording)]


def _figures(facts: Iterable[Fact], brief: Brief, wording: Wording) -> Iterator[str]:
    """Figures, each with its metric, its period and filters, and the moment of its data; the rows of one table together."""
    tables: dict[Measured, list[tuple[str, str]]] = defaultdict(list)
    for of, text in ((fact.measured, fact.text) for fact in facts if fact.measured is not None):
        tables[of.model_copy(update={"row": ""})].append((of.row, text))
    for of, rows in tables.items():
        as_of = moment(of.as_of, brief.timezone, brief.country, wording.language)
        said = {"metric": of.metric, "scope": f" ({of.scope})" if of.scope else "", "as_of": as_of}
        if lines := [wording.say("figure.row", row=row, value=value) for row, value in rows if row]:
            yield wording.say("figure.table", rows="\n".join(lines), **said)
        else:
            yield wording.say("figure.one", value=wording.listed([value for _, value in rows]), **said)


def _slots(facts: Iterable[Fact], wording: Wording) -> dict[str, str]:
    """The facts of one subject by kind. What is free, and where a payment stands, are kinds of their own."""
    slots: dict[str, str] = {}
    for fact in facts:
        if fact.kind == "fee" and not fact.value.strip("0."):
            slots["free"] = fact.text
        elif fact.kind == "payment_status":
            slots[fact.value] = fact.text
        elif fact.subject == "saved":
            slots["saved"] = fact.text
        elif fact.kind == "price":
            slots["price"] = wording.price(fact)
        else:
            slots[fact.kind] = fact.text
    if slots.get("due") == slots.get("total", ""):
        del slots["total"]
    return slots


@lru_cache
def _sayable(of: str, language: str) -> tuple[frozenset[str], ...]:
    """The sets of kinds that a family has a text for, the largest first."""
    prefix = f"reply.{of}."
    keys = sorted(key.removeprefix(prefix) for key in catalogue(language) if key.startswith(prefix))
    sets = {frozenset(key.split("+")) for key in keys if "." not in key}
    return tuple(sorted(sets, key=lambda kinds: (-len(kinds), sorted(kinds))))


def _covered(of: str, slots: Mapping[str, str], wording: Wording, **more: str) -> Iterator[str]:
    """The fewest texts that say all these kinds."""
    left = set(slots)
    while left:
        kinds = next((kinds for kinds in _sayable(of, wording.language) if kinds <= left), None)
        if kinds is None:
            return
        left -= kinds
        yield wording.say(f"{of}.{'+'.join(sorted(kinds))}", **more, **{kind: slots[kind] for kind in kinds})


def _goods(goods: Mapping[str, Mapping[str, str]], grounds: Grounds, wording: Wording) -> Iterator[str]:
    """What is sold: one product in a sentence, several priced ones as a list, which says if more was found."""
    in_stock = grounds.in_stock
    priced = {subject for subject, slots in goods.items() if "price" in slots and "old_price" not in slots}
    if len(priced) > 1:
        keys = {subject: "sold_out" if in_stock.get(subject) is False else "line" for subject in goods if subject in priced}
        lines = [wording.say(f"goods_list.{key}", product=name, price=goods[name]["price"]) for name, key in keys.items()]
        is_part = any(found & priced and found - priced for found in grounds.lookups)
        yield "\n".join([wording.say("goods_list.some" if is_part else "goods_list.head"), *lines])
    for subject, slots in goods.items():
        own = {kind: value for kind, value in slots.items() if kind != "product"}
        if len(priced) > 1 and subject in priced:
            own.pop("price")
        elif in_stock.get(subject) is False:
            own["sold_out"] = subject
        elif in_stock.get(subject) and not own.keys() - {"price"}:
            own["in_stock"] = subject
        yield from _covered("goods", own, wording, product=subject)


def _cart(cart: Mapping[str, Mapping[str, str]], draft: Mapping[str, str], wording: Wording, total: str) -> str:
    lines = [wording.line(slots["quantity"], name, slots["line_total"]) for name, slots in cart.items()]
    lines += [wording.say("cart.fee", fee=draft["fee"])] if "fee" in draft else []
    lines += [wording.say(f"cart.{total}", total=draft["total"])] if "total" in draft else []
    return "\n".join([wording.say("cart.head"), *lines])


def _shop(facts: list[Fact], wording: Wording) -> Iterator[str]:
    """What the shop has settled: its places, hours, fees, and how one pays."""
    stores = list(dict.fromkeys(fact.text for fact in facts if fact.kind == "store"))
    methods = {fact.subject: fact.text for fact in facts if fact.kind == "method"}
    instructions = {fact.subject: fact.text for fact in facts if fact.kind == "instructions"}
    rest = [fact for fact in facts if fact.kind not in ("store", "method", "instructions")]
    yield from _covered("shop", _slots(rest, wording), wording)
    if len(stores) == 1:
        yield wording.say("shop.store", store=stores[0])
    elif stores:
        yield "\n".join([wording.say("shop_list.stores"), *(f"• {store}" for store in stores)])
    if instructions:
        ways = [(methods.get(code, code), words) for code, words in instructions.items()]
        lines = [wording.say("shop_list.way_to_pay", method=method, instructions=words) for method, words in ways]
        yield "\n".join([wording.say("shop_list.ways_to_pay"), *lines])
    elif methods:
        yield wording.say("shop.method", method=wording.listed(list(methods.values())))


def worded(calls: Sequence[Recorded], wording: Wording) -> Iterator[str]:
    """The sentences of these calls: several additions as one list with the new sum, nothing twice."""
    items = [call for call in calls if call.code in _LINE]
    # Where a line had some before, its sum is not that of what was added: the tool's own words tell both.
    added = [call for call in items if call.code == "item_added" and call.data.get("added") == call.data.get("quantity")]
    total = _new_total(items)
    if len(added) > 1:
        lines = [wording.line(*(_fact(call, kind) for kind in ("quantity", "product", "line_total"))) for call in added]
        lines += [wording.say("cart.total", total=total)] if total and items[-1] in added else []
        yield "\n".join([wording.say("added"), *lines])
    others = [call for call in items if len(added) < 2 or call not in added]
    yield " ".join(call.words for call in others)
    if total and not (len(added) > 1 and items[-1] in added):
        yield wording.say("draft.total", total=total)
    missing = [_fact(call, "echo") for call in calls if call.code == "product_not_found"]
    if are_named := len(missing) > 1 and all(missing):
        yield wording.say(
            "not_found", goods=wording.listed([wording.say("quoted", words=name) for name in dict.fromkeys(missing)], "nor")
        )
    for call in calls:
        if call not in items and not (are_named and call.code == "product_not_found"):
            yield call.words


def _fact(call: Recorded, kind: str, subject: str | None = None) -> str:
    return next((fact.text for fact in call.facts.values() if fact.kind == kind and subject in (None, fact.subject)), "")


def _new_total(items: Sequence[Recorded]) -> str:
    """The sum of the order after its last change, where it says more than the one line does."""
    lines = items[-1].data.get("draft", {}).get("lines", []) if items else []
    if not lines or (len(items) == 1 and len(lines) < 2):
        return ""
    return _fact(items[-1], "total", "draft")
