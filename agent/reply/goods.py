"""Goods that a reply suggests or compares: their prices, whether they are there, and what code can say of the difference."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.grounds import Grounds, words_in
from agent.reply.moves import Why
from agent.reply.statements import GOODS
from agent.reply.wording import Wording
from core import messages
from domain.catalog.words import Size, read
from tools.outcome import Fact

_PER = {"g": (Decimal(1000), "kg"), "ml": (Decimal(1000), "l")}
"""The unit in which the prices of different packages are compared, and how many of the smallest make one."""


@dataclass(frozen=True, slots=True)
class Good:
    """A product as the facts know it."""

    name: str
    price: Fact | None = None
    in_stock: bool | None = None

    @property
    def amount(self) -> Decimal:
        """Its price; nothing is cheaper than what has none."""
        return Decimal(self.price.value) if self.price is not None else Decimal(0)

    def cost(self, wording: Wording) -> str:
        """Its price in words; empty without one."""
        return "" if self.price is None else wording.price(self.price)

    @property
    def size(self) -> Size | None:
        """The size of its package, if its name tells one."""
        sizes = read(self.name).sizes
        return next(iter(sizes)) if len(sizes) == 1 else None


class Goods:
    """The products that the facts of a turn speak of."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        given = [*grounds.facts.values(), *grounds.brief.facts.values()]
        self.names = list(dict.fromkeys(fact.subject for fact in given if fact.kind in GOODS))
        prices = {fact.subject: fact for fact in grounds.facts.values() if fact.kind == "price"}
        spoken_of = {fact.subject for fact in grounds.facts.values() if fact.kind in GOODS}
        self._found = {
            name: Good(name, prices.get(name), grounds.in_stock.get(name)) for name in self.names if name in spoken_of
        }

    def of(self, names: Iterable[str]) -> list[Good]:
        """The products that these facts are about, each once."""
        subjects = dict.fromkeys(self._grounds.facts[name].subject for name in names)
        return [self._found[subject] for subject in subjects if subject in self._found]

    def suggested(self, goods: Sequence[Good], why: Why, wording: Wording) -> str:
        """Goods with their prices, and the reason if it is so."""
        reason = why if self.is_so(goods, why) else "none"
        # The cheapest is not the cheapest by the kilo, which may be what is meant.
        rivals = self.rivals(goods) if reason == "cheapest" else []
        by_size = [*self._by_size(rivals, wording, but={good.name for good in goods})]
        if len(goods) == 1:
            return " ".join([wording.say(f"suggest.{reason}", product=goods[0].name, price=goods[0].cost(wording)), *by_size])
        lines = [wording.say("goods_list.line", product=good.name, price=good.cost(wording)) for good in goods]
        return "\n".join([wording.say(f"suggest_list.{reason}"), *lines, *by_size])

    def rivals(self, goods: Sequence[Good]) -> list[Good]:
        """What was found by the same calls and can be had, the cheapest first."""
        names = {name for found in self._grounds.lookups for name in found if {good.name for good in goods[:1]} & found}
        there = (one for one in self._found.values() if one.name in names and one.price and one.in_stock is not False)
        return sorted(there, key=lambda one: one.amount)

    def is_so(self, goods: Sequence[Good], why: Why) -> bool:
        """Whether facts or the customer's own words bear out the reason; those that state nothing need none."""
        if why == "cheapest":
            rivals = [good.amount for good in self.rivals(goods)]
            return len(rivals) > 1 and sorted(good.amount for good in goods) == rivals[: len(goods)]
        if why == "bought_before":
            usual = {str(item.get("name")) for call in self._grounds.calls for item in call.data.get("usual", [])}
            return all(good.name in usual for good in goods)
        if why == "goes_with":  # with what is in the order, or was looked up as well
            return self._grounds.has_lines or sum(map(bool, self._grounds.lookups)) > 1
        if why == "instead_of":
            return any(not there for there in self._grounds.in_stock.values())
        if why == "asked_for":  # by what tells it from the others that were found with it
            others = set().union(*(words_in(one.name) for one in self.rivals(goods) if one not in goods))
            said = words_in(*(message.text for message in self._grounds.brief.messages))
            return all(said & words_in(good.name) - others for good in goods)
        return True

    def compared(self, goods: Sequence[Good], wording: Wording) -> str:
        """The differences in price, and by the kilo or litre where the packages differ; empty if none can be told.

        The difference to what nobody can have would speak of it as if it were there.
        """
        priced = sorted((good for good in goods if good.price is not None), key=lambda good: good.amount)
        currencies = {good.price.currency for good in priced if good.price}
        if len(priced) < 2 or len(currencies) > 1 or any(good.in_stock is False for good in goods):
            return ""
        return " ".join([*self._by_price(priced, wording), *self._by_size(priced, wording)])

    def _by_price(self, goods: Sequence[Good], wording: Wording) -> Iterator[str]:
        low, high = goods[0], goods[-1]
        if low.amount == high.amount:
            yield wording.say("compare.same", products=wording.listed([good.name for good in goods]), price=low.cost(wording))
            return
        told = wording.listed([wording.say("compare.one", product=good.name, price=good.cost(wording)) for good in goods])
        if len(goods) > 2:
            yield wording.say("compare.several", goods=told, product=low.name)
        else:
            yield wording.say("compare.two", goods=told, difference=self._money(high.amount - low.amount, low.price))

    def _by_size(self, goods: Sequence[Good], wording: Wording, but: Collection[str] = ()) -> Iterator[str]:
        sizes = [good.size for good in goods]
        dimensions = {size.dimension for size in sizes if size is not None}
        if None in sizes or len(dimensions) != 1 or len({size.amount for size in sizes if size}) == 1:
            return
        if (per := _PER.get(dimensions.pop())) is None or any(good.price and good.price.unit for good in goods):
            return
        many, unit = per
        best = {good.amount * many / good.size.amount: good.name for good in goods if good.size}
        if len(best) > 1 and best[low := min(best)] not in but:
            price = self._money(low, goods[0].price)
            yield wording.say("compare.per_unit", unit=wording.say(f"unit.{unit}"), product=best[low], price=price)

    def _money(self, amount: Decimal, like: Fact | None) -> str:
        currency = (like.currency if like else None) or self._grounds.brief.currency
        return messages.money(
            amount.quantize(Decimal("0.01")), currency, self._grounds.brief.country, self._grounds.brief.language
        )
