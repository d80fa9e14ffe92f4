"""A report as headings, tables and a chart in one language, before it becomes a file of any kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core import charts, messages
from core.charts import Chart, Series
from domain.emissions._content import Content, Line
from domain.emissions.kinds import Grouping
from domain.emissions.schemas import FactorView, Row

Cell = str | int | Decimal | None
_TONNE: Final = Decimal(1_000)


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a heading; numbers are numbers, and kinds of file write them in their way."""

    heading: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report."""

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    chart: str
    """A drawing of `core.charts`."""
    signatures: Sequence[str]


def paper(content: Content, language: str) -> Paper:
    """What a report says in a language."""
    return _Writing(content, language).paper()


class _Writing:
    def __init__(self, content: Content, language: str) -> None:
        self._content, self._language = content, language

    def _say(self, key: str, **fields: object) -> str:
        return messages.text(f"emissions.{key}", self._language, count=None, **fields)

    def _column(self, *keys: str) -> list[str]:
        return [self._say(f"column.{key}") for key in keys]

    def paper(self) -> Paper:
        tables = [self._scopes(), self._changes(), *self._parts(), self._factors(), self._records()]
        return Paper(
            title=self._say("report"),
            facts=self._facts(),
            tables=[table for table in tables if table.rows],
            chart=charts.bars(self._chart(), charts.PICTURE),
            signatures=self._column("prepared_by", "approved_by", "date"),
        )

    def _facts(self) -> list[tuple[str, str]]:
        content, inventory = self._content, self._content.inventory
        named = {
            "organisation": content.workspace,
            "site": content.site or self._say("all_sites"),
            "period": f"{content.scopes.first_day.isoformat()} – {content.scopes.last_day.isoformat()}",
            "approach": self._say(f"approach.{inventory.approach}"),
            "boundary": inventory.boundary or self._say("not_said"),
            "base_year": str(inventory.base_year or self._say("not_said")),
            "gwp": f"IPCC {content.scopes.gwp}",
            "calculation": str(content.scopes.calculation),
            "as_of": content.scopes.as_of.strftime("%Y-%m-%d %H:%M UTC"),
            "method": self._say("method"),
            "unmatched": str(content.scopes.unmatched),
        }
        return [(self._say(f"fact.{key}"), value) for key, value in named.items()]

    def _scopes(self) -> Table:
        rows: list[list[Cell]] = [
            [
                self._say(f"scope.{row.scope}"),
                _tonnes(row.co2e),
                _tonnes(row.market),
                _tonnes(row.biogenic_co2),
                row.uncertainty,
            ]
            for row in self._content.scopes.rows
        ]
        found = self._content.scopes
        if rows:
            whole = (
                found.of(1, 2, 3),
                found.of(1, 2, 3, market=True),
                sum((row.biogenic_co2 for row in found.rows), Decimal(0)),
            )
            rows.append([self._say("total"), *map(_tonnes, whole), None])
        columns = self._column("scope", "location", "market", "biogenic", "uncertainty")
        return Table(self._say("by.scope"), self._say("uncertainty_note"), columns, rows)

    def _changes(self) -> Table:
        before = self._content.before
        if before is None:
            rows: list[list[Cell]] = [[self._say("first_report"), None, None, None]]
            note = ""
        else:
            was = {row.scope: row.co2e for row in before.rows}
            now = {row.scope: row.co2e for row in self._content.scopes.rows}
            note = self._say("changes_note", at=before.made_at.strftime("%Y-%m-%d %H:%M UTC"), calculation=before.calculation)
            rows = [
                [self._say(f"scope.{scope}"), *(_tonnes(value) for value in _change(was.get(scope), now.get(scope)))]
                for scope in sorted(was.keys() | now.keys())
            ]
        return Table(self._say("changes"), note, self._column("scope", "before", "now", "difference"), rows)

    def _parts(self) -> Iterable[Table]:
        for by, found in self._content.parts.items():
            rows: list[list[Cell]] = [
                [self._name(by, row), self._say(f"scope.{row.scope}"), _tonnes(row.co2e), _tonnes(row.market), row.records]
                for row in found.rows
                if by is not Grouping.CATEGORY or row.scope == 3
            ]
            has_parts = any(row.key is not None for row in found.rows)
            columns = self._column(by.value, "scope", "location", "market", "records")
            yield Table(self._say(f"by.{by}"), "", columns, rows if has_parts or by is Grouping.CATEGORY else [])

    def _name(self, by: Grouping, row: Row) -> str:
        if row.key is None:
            return self._say("none")
        return self._say(f"category.{row.key}") if by is Grouping.CATEGORY else row.name or row.key

    def _factors(self) -> Table:
        used: dict[str, FactorView] = {}
        for line in self._content.lines:
            used |= {factor.id: factor for factor in (line.factor, line.market_factor) if factor is not None}
        rows: list[list[Cell]] = [
            [
                one.activity, one.country, f"{one.year}–{one.valid_to}" if one.valid_to else str(one.year), _value(one),
                one.uncertainty, one.source, one.licence,
            ]
            for one in sorted(used.values(), key=lambda one: (one.activity, one.id))
        ]  # fmt: skip
        columns = self._column("activity", "country", "year", "factor", "uncertainty", "publication", "licence")
        return Table(self._say("factors"), self._say("factors_note"), columns, rows)

    def _records(self) -> Table:
        note = self._say("left_out", more=self._content.left_out) if self._content.left_out else ""
        columns = self._column("first_day", "last_day", "source", "amount", "unit", "scope", "kilograms", "quality", "notes")
        return Table(self._say("records"), note, columns, [self._record(line) for line in self._content.lines])

    def _record(self, line: Line) -> list[Cell]:
        notes = [self._say(f"reason.{line.reason}")] if line.reason else [self._say(f"note.{note}") for note in line.notes]
        quality = self._say(f"quality.{line.quality}") if line.quality else ""
        days = (line.first_day.isoformat(), line.last_day.isoformat())
        return [*days, line.source, line.amount, line.unit, line.scope, line.co2e, quality, "; ".join(notes)]

    def _chart(self) -> Chart:
        rows = self._content.parts[Grouping.MONTH].rows
        months = sorted({row.key or "" for row in rows}) or [self._content.scopes.first_day.isoformat()[:7]]
        values = {(row.key, row.scope): row.co2e / _TONNE for row in rows}
        scopes = sorted({row.scope for row in rows}) or [1]
        return Chart(
            title=self._say("by.month"),
            summary=self._say("chart"),
            labels=months,
            series=[
                Series(self._say(f"scope.{scope}"), [float(values.get((month, scope), 0)) for month in months])
                for scope in scopes
            ],
            said=lambda value: f"{value:,.4g} t",
        )


def _change(was: Decimal | None, now: Decimal | None) -> tuple[Decimal, Decimal, Decimal]:
    before, after = was or Decimal(0), now or Decimal(0)
    return before, after, after - before


def _tonnes(kilograms: Decimal) -> Decimal:
    return (kilograms / _TONNE).quantize(Decimal("0.001"))


def _value(factor: FactorView) -> str:
    """The factor as it was published: kilograms of each gas, or of CO2e, per unit."""
    gases = factor.gases if factor.co2e is None else {"CO2e": factor.co2e}
    return ", ".join(f"{amount.normalize():f} kg {gas}" for gas, amount in gases.items()) + f" / {factor.unit}"
