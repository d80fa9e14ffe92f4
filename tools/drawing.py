"""A figure or a forecast as a chart: the same for a page and for a picture, with its period and the date of its data."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from core import charts, messages
from core.charts import Band, Chart, Frame, Series
from domain.accounts.schemas import WorkspaceView
from domain.demand.schemas import DemandSeries
from domain.forecasts.schemas import Outlook
from domain.statistics.catalogue import TIMES
from domain.statistics.schemas import Figure, Grain, Kind, Value

MOST_BARS: Final = 31
"""More days than these are a line."""

MOST_NAMES: Final = 10
"""So many are seen in a ranking; the table and the list behind it have all."""

_NO_CENTS: Final = re.compile(r"[.,]00(?!\d)")
"""An axis of money says round amounts."""

Drawer = Callable[[Chart, Frame], str]


class Foretold(BaseModel):
    """What will probably be sold of a product, in a store or, without one, in all of them."""

    model_config = ConfigDict(frozen=True)

    product: str
    store: str = ""
    unit: str
    outlook: Outlook


_DRAWABLE: Final[TypeAdapter[Figure | Foretold]] = TypeAdapter(Figure | Foretold)


def chart_of(told: Mapping[str, Any], workspace: WorkspaceView, language: str) -> tuple[Chart, Drawer] | None:
    """A figure or a forecast, as a call has kept it, and how it is drawn; None for a single number."""
    known = _DRAWABLE.validate_python(told)
    if isinstance(known, Figure):
        return figure(known, workspace, language)
    return (forecast(known, workspace, language), charts.line) if len(known.outlook.days) > 1 else None


def forecast(told: Foretold, workspace: WorkspaceView, language: str, past: DemandSeries | None = None) -> Chart:
    """The days ahead with their interval, behind the past as it was, with gaps where the shelf was empty."""
    days, outlook = past.days if past is not None else [], told.outlook
    sold = [None if day.is_censored else float(day.demand) for day in days]
    nothing: list[float | None] = [None] * len(sold)

    def said(value: float) -> str:
        return messages.quantity(expected_amount(value), told.unit, workspace.country, language)

    def shown(name: str, **fields: str) -> str:
        return messages.text(f"chart.forecast{name}", language, count=None, **fields)

    first, last, until = (
        messages.day_as(each, "d MMM y", language) for each in (outlook.first, outlook.last, outlook.data_until)
    )
    total = {name: said(getattr(outlook.total, name)) for name in ("value", "low", "high")}
    expected = Series(shown(".expected"), [*nothing, *(day.value for day in outlook.days)])
    return Chart(
        title=shown("", of=", ".join(each for each in (told.product, told.store) if each)),
        summary=shown(".summary", first=first, last=last, until=until, **total),
        labels=[
            messages.day_as(on, "d MMM", language)
            for on in (*(each.day for each in days), *(each.date for each in outlook.days))
        ],
        series=[Series(shown(".sold"), [*sold, *[None] * len(outlook.days)]), expected] if sold else [expected],
        said=said,
        band=Band(
            shown(".band"),
            [*nothing, *(day.low for day in outlook.days)],
            [*nothing, *(day.high for day in outlook.days)],
        ),
        ahead=len(sold),
    )


def expected_amount(value: float) -> Decimal:
    """An amount that is expected, as exact as it deserves."""
    return Decimal(str(value)).quantize(Decimal(1) if value >= 10 else Decimal("0.1"))


def figure(measured: Figure, workspace: WorkspaceView, language: str) -> tuple[Chart, Drawer] | None:
    """A figure that was split, and how it is drawn; None for a single number, or where the parts have several units."""
    values = [each for each in measured.values if each.value is not None]
    units = {each.unit for each in values}
    if measured.grain is None or len(measured.values) < 2 or len(units) != 1:
        return None
    is_time = measured.grain in TIMES
    shown = measured.values if is_time else values[:MOST_NAMES]
    (unit,) = units

    def said(value: float) -> str:
        shown = written(measured.kind, Decimal(str(value)), unit, workspace, language)
        return _NO_CENTS.sub("", shown) if measured.kind is Kind.MONEY else shown

    title = messages.text(f"statistics.{measured.metric}", language)
    by = messages.text(f"grain.{measured.grain}", language)
    chart = Chart(
        title=f"{title} {by}",
        summary=_summary(measured, workspace, language),
        labels=[_label(measured.grain, each, language) for each in shown],
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
