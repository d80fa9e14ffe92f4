"""A figure as a chart: the same for a page and for a picture, with its metric, period and the date of its data in words."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

from core import charts, messages
from core.charts import Chart, Frame, Series
from domain.accounts.schemas import WorkspaceView
from domain.statistics.catalogue import TIMES
from domain.statistics.schemas import Figure, Grain, Kind, Value

MOST_BARS: Final = 31
"""More days than these are a line."""

MOST_NAMES: Final = 10
"""So many are seen in a ranking; the table and the list behind it have all."""

_NO_CENTS: Final = re.compile(r"[.,]00(?!\d)")
"""An axis of money says round amounts."""

Drawer = Callable[[Chart, Frame], str]


def chart_of(figure: Figure, workspace: WorkspaceView, language: str) -> tuple[Chart, Drawer] | None:
    """A figure that was split, and how it is drawn; None for a single number, or where the parts have several units."""
    values = [each for each in figure.values if each.value is not None]
    units = {each.unit for each in values}
    if figure.grain is None or len(figure.values) < 2 or len(units) != 1:
        return None
    is_time = figure.grain in TIMES
    shown = figure.values if is_time else values[:MOST_NAMES]
    (unit,) = units

    def said(value: float) -> str:
        shown = written(figure.kind, Decimal(str(value)), unit, workspace, language)
        return _NO_CENTS.sub("", shown) if figure.kind is Kind.MONEY else shown

    title = messages.text(f"statistics.{figure.metric}", language)
    by = messages.text(f"grain.{figure.grain}", language)
    chart = Chart(
        title=f"{title} {by}",
        summary=_summary(figure, workspace, language),
        labels=[_label(figure.grain, each, language) for each in shown],
        series=[Series(title, [None if each.value is None else float(each.value) for each in shown])],
        said=said,
    )
    if not is_time:
        return chart, charts.ranking
    return chart, charts.bars if len(shown) <= MOST_BARS else charts.line


def written(kind: Kind, value: Decimal, unit: str, workspace: WorkspaceView, language: str) -> str:
    """A value of a metric as people of the shop's country read it."""
    country = workspace.country
    match kind:
        case Kind.MONEY:
            return messages.money(value, unit, country, language)
        case Kind.QUANTITY:
            return messages.quantity(value, unit, country, language)
        case Kind.RATIO:
            return f"{messages.quantity(value * 100, 'UN', country, language)} %"
        case Kind.DURATION:
            return f"{messages.quantity((value / 60).quantize(Decimal('0.1')), 'UN', country, language)} min"
        case Kind.COUNT:
            return messages.quantity(value, "UN", country, language)


def _summary(figure: Figure, workspace: WorkspaceView, language: str) -> str:
    """Of when it is, and up to when its data go."""
    as_of = messages.moment(figure.as_of, workspace.timezone, workspace.country, language)
    if figure.period is None:
        return messages.text("chart.now", language, as_of=as_of)
    first, last = (messages.day(each, workspace.country, language) for each in (figure.period.first, figure.period.last))
    period = first if first == last else messages.text("tool.from_to", language, first=first, last=last)
    return messages.text("chart.period", language, period=period, as_of=as_of)


def _label(grain: Grain, value: Value, language: str) -> str:
    if grain in TIMES and value.key is not None:
        form = "MMM y" if grain is Grain.MONTH else "d MMM"
        return messages.day_as(date.fromisoformat(value.key), form, language)
    return value.label or value.key or messages.text("tool.figure_of_none", language)
