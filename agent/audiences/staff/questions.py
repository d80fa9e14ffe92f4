"""Reading a member's question without a model: what is asked, of when, of which store and product, split by what.

Each word must find its role. A question with a word that has none is not read at all: a figure that leaves a condition out
is a wrong one. What a name means is settled by the catalogue, in the tool.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from agent.lexical.assent import is_pure_assent
from core.language.folding import fold
from domain.statistics.catalogue import BY_NAME
from domain.statistics.schemas import Grain, PeriodName
from tools.context import Pending
from tools.foretelling import Ahead
from tools.managing import APPROVAL, DECIDE

_FILE = Path(__file__).with_suffix(".yaml")
MEASURE = "metrics_query"
FORETELL = "forecast_query"
REORDER = "replenishment_query"
AHEAD = frozenset({FORETELL, REORDER})
"""What is asked of days to come."""
EMIT = "emissions_query"


class _Words(BaseModel):
    """The file: patterns on folded words, each a regular expression between the borders of words."""

    model_config = ConfigDict(extra="forbid")

    metrics: dict[str, list[str]]
    questions: dict[str, list[str]]
    periods: dict[PeriodName, list[str]]
    ahead: dict[Ahead, list[str]]
    weekdays: dict[int, list[str]]
    months: dict[int, list[str]]
    splits: dict[Grain, list[str]]
    store: list[str]
    product: list[str]
    filler: list[str]
    refusals: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """One call that a question asks for."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


HELP = Question("what_can_be_asked")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words ask for; nothing where they were not understood."""

    questions: tuple[Question, ...] = ()
    understood: bool = True


_LOST = Asked(understood=False)


@lru_cache
def _words() -> _Words:
    return _Words.model_validate(yaml.safe_load(_FILE.read_text("utf-8")))


@lru_cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{expression})(?!\w)")


@lru_cache
def _intents() -> list[tuple[str, str | None, re.Pattern[str]]]:
    """Tool, metric and pattern of everything that can be asked."""
    words = _words()
    measured: Iterator[tuple[str, str | None, str]] = (
        (MEASURE, name, one) for name, patterns in words.metrics.items() for one in patterns
    )
    others: Iterator[tuple[str, str | None, str]] = (
        (name, None, one) for name, patterns in words.questions.items() for one in patterns
    )
    return [(tool, metric, _pattern(one)) for tool, metric, one in (*measured, *others)]


def _months() -> str:
    """A pattern of the name of any month."""
    return "|".join(name for names in _words().months.values() for name in names)


def read(said: str, today: date, pending: Pending | None = None) -> Asked:
    """What a message asks for, seen from a day; an open point takes what answers it."""
    text = _plain(said)
    reading = _Reading(text, today)
    if reading.found is None:
        return _answer(reading, text, pending)
    return reading.asked()


def _plain(said: str) -> str:
    """Folded words without marks; a number keeps its own."""
    return " ".join(re.sub(r"[^\w\s/.'-]|(?<!\w)[./-]|[./-](?!\w)", " ", fold(said)).replace("'", " ").split())


def _answer(reading: "_Reading", text: str, pending: Pending | None) -> Asked:
    """What answers an open point: a period alone, or a name."""
    if pending is None:
        return _LOST
    if pending.kind == APPROVAL:
        is_no = text in _words().refusals
        return Asked((Question(DECIDE, {"approve": not is_no}),)) if is_no or is_pure_assent([text], "es") else _LOST
    if reading.period and not reading.rest() and not reading.says_two_periods:
        return Asked((Question(pending.tool, {**pending.arguments, **reading.period}),))
    argument = {"which_store": "store", "which_product": "product", "product_of": "product", "which_machine": "machine"}.get(
        pending.kind
    )
    if argument is None or not text:
        return _LOST
    return Asked((Question(pending.tool, {**pending.arguments, argument: text}),))


class _Reading:
    """A message from which each word is taken out once its role is found."""

    def __init__(self, text: str, today: date) -> None:
        self._left = f" {text} "
        self._today = today
        self.says_two_periods = False
        # A split such as `by product` stands before what names a thing, and a period before a store: `en octubre`.
        self.split = self._take_one(_words().splits)
        self.found = self._intent()
        self._looks_ahead = self.found is not None and self.found[0] in AHEAD
        self.period = self._period()

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self._left)
        if match is not None:
            self._left = f"{self._left[: match.start()]} {self._left[match.end() :]}"
        return match

    def _take_one(self, patterns: Mapping[Any, list[str]]) -> Any:
        for name, expressions in patterns.items():
            for expression in expressions:
                if self._take(_pattern(expression)):
                    return name
        return None

    def _intent(self) -> tuple[str, str | None, re.Match[str]] | None:
        """The longest thing that can be asked and stands there; of several of equal length the first in the text."""
        found = [(tool, metric, match) for tool, metric, one in _intents() if (match := one.search(self._left))]
        if not found:
            return None
        best = max(found, key=lambda one: (len(one[2][0]), -one[2].start()))
        self._left = f"{self._left[: best[2].start()]} {self._left[best[2].end() :]}"
        return best

    def _period(self) -> dict[str, Any]:
        """The one period that is said; a question of two is not read."""
        ahead = [one for one in (self._next_days(), *self._named(_words().ahead)) if one]
        self.is_ahead = bool(ahead)
        dates = self._dates() if self._looks_ahead else ()
        past = (self._days(), *dates, *self._weekdays(), self._last_days(), *self._named(_words().periods), *self._months())
        found = [*ahead, *(one for one in past if one)]
        self.says_two_periods = len(found) > 1
        return found[0] if found else {}

    def _named(self, periods: Mapping[PeriodName, list[str]] | Mapping[Ahead, list[str]]) -> Iterator[dict[str, Any]]:
        for name, expressions in periods.items():
            if any(self._take(_pattern(expression)) for expression in expressions):
                yield {"period": name.value}

    def _weekdays(self) -> Iterator[dict[str, Any]]:
        """`el viernes`, `by Friday`: the next one that is not today, of days to come; else the last one."""
        before = r"(?:(?:para|de|del|el|este|proximo|hasta|on|for|by|this|na|no|ate) )*"
        behind = "(?: (?:que viene|que vem|proximo))?" if self._looks_ahead else "(?: (?:pasado|passad[oa]))?"
        for number, names in _words().weekdays.items():
            while self._take(_pattern(rf"{before}(?:{'|'.join(names)}){behind}")):
                ahead = (number - self._today.isoweekday() - 1) % 7 + 1
                day = self._today + timedelta(days=ahead if self._looks_ahead else ahead % 7 - 7)
                yield self._between(day, day)

    def _dates(self) -> Iterator[dict[str, Any]]:
        """`el 4 de diciembre`, `December 4th`: the next one. What no calendar has stays unread."""
        before = r"(?:(?:para|de|del|el|hasta|on|for|by|the) )*"
        day, month, year = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", f"(?P<month>{_months()})", r"(?: (?:de |del )?(?P<year>\d{4}))?"
        for form in (f"{day} (?:de |of )?{month}{year}", f"{month} {day}{year}"):
            match = _pattern(f"{before}{form}").search(self._left)
            on = None if match is None else self._date(int(match["day"]), match["month"], match["year"])
            if match is not None and on is not None:
                self._take(_pattern(re.escape(match[0])))
                yield self._between(on, on)

    def _date(self, day: int, month: str, year: str | None) -> date | None:
        """The day of that name that comes next, today among them."""
        try:
            on = date(int(year or self._today.year), self._month_of(month), day)
            return on.replace(year=on.year + 1) if year is None and on < self._today else on
        except ValueError:
            return None

    def _next_days(self) -> dict[str, Any]:
        days = self._count(r"(?:en |in |over |for |de |para )?(?:los |the |os )?(?:proximos|next|coming)")
        return self._between(self._today, self._today + timedelta(days=days - 1)) if days else {}

    def _last_days(self) -> dict[str, Any]:
        days = self._count(r"(?:en |in |over )?(?:los |the |dos )?(?:ultimos|last|past)")
        return self._between(self._today - timedelta(days=days - 1), self._today) if days else {}

    def _count(self, before: str) -> int:
        """How many days stand behind some words, a year of them at most; 0 for none."""
        match = self._take(_pattern(rf"{before} (\d{{1,3}}) (?:dias|days)"))
        return int(match[1]) if match is not None and int(match[1]) <= 366 else 0

    @staticmethod
    def _between(since: date, until: date) -> dict[str, Any]:
        return {"since": since.isoformat(), "until": until.isoformat()}

    def _days(self) -> dict[str, Any]:
        """`del 3 al 10 de noviembre`, `from 3 to 10 November`, with a year or without."""
        dash = r"(?:del|desde el|de|from|between)? ?(\d{1,2}) (?:al|hasta el|a|to|until|and) (?:el )?(\d{1,2}) (?:de |of )?"
        match = self._take(_pattern(rf"{dash}({_months()})(?: (?:de |del )?(\d{{4}}))?"))
        if match is None:
            return {}
        number = self._month_of(match[3])
        try:
            since, until = (date(int(match[4] or self._today.year), number, int(match[day])) for day in (1, 2))
            years = self._years_off(since, until) if not match[4] else 0
            since, until = since.replace(year=since.year + years), until.replace(year=until.year + years)
        except ValueError:
            return {}
        return self._between(since, until)

    def _months(self) -> Iterator[dict[str, Any]]:
        """A month; where no year is said the newest that has begun, or the next that is not over, of days to come."""
        pattern = _pattern(rf"(?:en |in |de |del mes de |of |for |para )?({_months()})(?: (?:de |del )?(\d{{4}}))?")
        while match := self._take(pattern):
            month = self._month_of(match[1])
            first = date(int(match[2] or self._today.year), month, 1)
            if not match[2]:
                first = first.replace(year=first.year + self._years_off(first, _month_end(first)))
            last = _month_end(first)
            yield self._between(first, last if self._looks_ahead else min(last, max(self._today, first)))

    def _years_off(self, first: date, last: date) -> int:
        """By how many years days of this year are meant otherwise: those of a year ago, or, of days to come, in a year."""
        if self._looks_ahead:
            return int(last < self._today)
        return -int(first > self._today)

    def _month_of(self, name: str) -> int:
        return next(number for number, names in _words().months.items() if name in names)

    def asked(self) -> Asked:
        """The call, if each word has found its role."""
        assert self.found is not None, "read only where something was found"
        tool, metric, match = self.found
        named = {name: value.strip() for name, value in match.groupdict().items() if value and value.strip()}
        store = self._name(_words().store)
        product = named.get("product") or self._name(_words().product)
        rest = self.rest()
        if rest and not product and tool.startswith("inventory_"):
            product, rest = rest, ""
        if rest or self.says_two_periods or (self.is_ahead and tool not in AHEAD):
            return _LOST
        period = self._needed_by() if tool == REORDER else self.period
        said = {"store": store, "product": product, **period, **({"split": self.split.value} if self.split else {})}
        return _question(tool, metric, named, {name: value for name, value in said.items() if value})

    def _needed_by(self) -> dict[str, Any]:
        """The period as the day up to which goods have to last: its last one. What is asked of today is what stands now."""
        if not self.period or self.period.items() >= _TODAY.items():
            return self.period
        if "until" in self.period:
            return {"by": self.period["until"]}
        name = self.period["period"]
        return {"by": Ahead(name).days(self._today)[1].isoformat()} if name in set(Ahead) else self.period

    def _name(self, expressions: list[str]) -> str:
        """What is named behind a word that announces a name."""
        for expression in expressions:
            if match := self._take(_pattern(expression)):
                return _bare(match["name"])
        return ""

    def rest(self) -> str:
        """The words that have found no role."""
        return _bare(self._left)


def _month_end(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _bare(words: str) -> str:
    """Words without those around them that say nothing."""
    filler = frozenset(_words().filler)
    pieces = words.split()
    while pieces and pieces[0] in filler:
        pieces = pieces[1:]
    while pieces and pieces[-1] in filler:
        pieces = pieces[:-1]
    return " ".join(pieces)


_TAKES: dict[str, frozenset[str]] = {
    MEASURE: frozenset({"store", "product", "period", "since", "until", "split"}),
    "inventory_levels": frozenset({"store", "product"}),
    "inventory_movements": frozenset({"store", "product"}),
    "inventory_low": frozenset({"store", "product"}),
    "orders_today": frozenset({"store"}),
    FORETELL: frozenset({"store", "product", "period", "since", "until"}),
    REORDER: frozenset({"store", "product", "by"}),
    "alerts_query": frozenset({"store"}),
    EMIT: frozenset({"period", "since", "until"}),
}
"""What each question can be narrowed by; any other condition leaves it unread."""

_TODAY = {"period": PeriodName.TODAY.value}


def _question(tool: str, metric: str | None, named: Mapping[str, str], said: dict[str, Any]) -> Asked:
    """The call for a question, with what was said of it."""
    if metric is None and tool not in (MEASURE, FORETELL, EMIT) and said.items() >= _TODAY.items():
        said = {name: value for name, value in said.items() if name != "period"}  # what stands now is today's
    if said.keys() - _TAKES.get(tool, frozenset()) - named.keys():
        return _LOST
    match tool:
        case "forecast_query" if "period" in said and said["period"] not in set(Ahead):
            return _LOST
        case "metrics_query":
            about = BY_NAME[metric or ""]
            wants = {Grain.PRODUCT} if "product" in said else set()
            wants |= {Grain.STORE} if "store" in said else set()
            wants |= {Grain(said["split"])} if "split" in said else set()
            if not wants <= about.grains.keys():
                return _LOST
            return Asked((Question(tool, {"metric": metric, **said}),))
        case "inventory_levels" | "inventory_movements" | "inventory_low":
            return Asked((Question("inventory_query", {"what": tool.removeprefix("inventory_"), **said}),))
        case "order_lookup":
            return Asked((Question(tool, {"number": int(named["number"])}),))
        case "machine_risk_lookup" | "emissions_query":
            return Asked((Question(tool, {**said, **{name: value.upper() for name, value in named.items()}}),))
        case "customer_history":
            return Asked((Question(tool, {"who": _bare(named["who"])}),))
        case _:
            return Asked((Question(tool, said),))
