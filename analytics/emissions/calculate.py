"""CO2e of activities: each figure with the factor it came from, and each activity without one with the reason why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from analytics.emissions.factors import WORLD, Factor, activity_named, factors, nearest, of_activity, words
from analytics.emissions.gases import Gwp, gas_named, potentials
from analytics.emissions.units import Unit, unit

_MOST_NAMED = 8


class Quality(StrEnum):
    """Where a factor comes from, best first."""

    MEASURED = "measured"
    """From the supplier's contract."""
    CALCULATED = "calculated"
    """Published for this country and year, or a property of the gas itself."""
    ESTIMATED = "estimated"
    """The country's, for another year, or its residual mix."""
    DEFAULT = "default"
    """The world's."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done or used: a line of a file."""

    line: int
    name: str
    amount: Decimal
    unit: str
    country: str | None = None
    """ISO 3166, two letters."""
    year: int | None = None
    scope: int | None = None
    contract: Decimal | None = None
    """kg CO2e per kWh by the electricity contract, for the market-based figure."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An activity without a figure; it is in no total."""

    activity: Activity
    reason: str
    candidates: tuple[str, ...] = ()
    """What it might have meant."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Kilograms of one activity."""

    activity: Activity
    co2e: Decimal
    scope: int
    method: str
    """`location` or `market` for electricity."""
    quality: Quality
    factor: Factor | None
    """None for a gas that is released as such, and for a contract."""
    gases: Mapping[str, Decimal] = field(default_factory=dict)
    biogenic_co2: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()
    market: "Figure | None" = None
    """The same electricity by contract, residual mix or grid, the first there is."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Figures by one set of warming potentials; totals are sums of the figures."""

    gwp: Gwp
    figures: tuple[Figure, ...]
    unmatched: tuple[Unmatched, ...]

    def total(self, scope: int, *, market: bool = False) -> Decimal:
        """Kilograms of CO2e of a scope; of scope 2 by the market on demand."""
        taken = [figure for figure in self.figures if figure.scope == scope]
        return sum(((one.market.co2e if market and one.market else one.co2e) for one in taken), Decimal(0))

    @property
    def biogenic_co2(self) -> Decimal:
        """Kilograms of CO2 from biomass, which belong to no scope."""
        return sum((figure.biogenic_co2 for figure in self.figures), Decimal(0))


def calculate(activities: Sequence[Activity], gwp: Gwp, own: Sequence[Factor] = ()) -> Statement:
    """A figure or a reason for each activity; of factors that fit equally, those of one's `own` come first."""
    among = (*own, *factors())
    told = [_figure(activity, gwp, among) for activity in activities]
    return Statement(
        gwp, tuple(one for one in told if isinstance(one, Figure)), tuple(one for one in told if isinstance(one, Unmatched))
    )


def _figure(activity: Activity, gwp: Gwp, among: Sequence[Factor]) -> Figure | Unmatched:
    measure = unit(activity.unit, activity.country)
    if measure is None:
        return Unmatched(activity, "unit_unknown")
    if activity.amount < 0:
        return Unmatched(activity, "amount_negative")
    name = activity_named(activity.name)
    if (gases := gas_named(name)) and measure.dimension == "mass" and activity.scope in (None, 1):
        return _released(activity, {gas: activity.amount * measure.factor * share for gas, share in gases.items()}, gwp)
    found = _candidates(activity, name, measure, gwp, among)
    if isinstance(found, Unmatched):
        return found
    location = [factor for factor in found if factor.method != "residual"]
    if measure.is_money:
        # Prices rise: by a factor of another year inflation would turn into emissions.
        location = [factor for factor in location if activity.year is not None and factor.is_valid(activity.year)]
        if not location:
            return Unmatched(activity, "spend_factor_of_another_year")
    if not location:
        return Unmatched(activity, "factor_missing")
    figure = _by(nearest(location, activity.year), activity, measure, gwp)
    return replace(figure, market=_market(activity, measure, gwp, found, figure)) if figure.scope == 2 else figure


def _released(activity: Activity, gases: Mapping[str, Decimal], gwp: Gwp) -> Figure | Unmatched:
    """A gas that leaks or is vented: its mass times its potential."""
    known = potentials(gwp)
    if unknown := [gas for gas in gases if gas not in known]:
        return Unmatched(activity, "potential_missing", tuple(unknown))
    co2e = sum((mass * known[gas] for gas, mass in gases.items()), Decimal(0))
    return Figure(activity, co2e, 1, "", Quality.CALCULATED, None, gases)


def _candidates(activity: Activity, name: str, measure: Unit, gwp: Gwp, among: Sequence[Factor]) -> list[Factor] | Unmatched:
    """Factors of one activity that fit name, scope, unit, country and potentials; or the first of these that none fits."""
    fitting = of_activity(name, among)
    if not fitting:
        return Unmatched(activity, "activity_unknown")
    if activity.scope is not None:
        fitting = [factor for factor in fitting if factor.scope == activity.scope]
    if not fitting:
        return Unmatched(activity, "scope_without_factor")
    known = {factor.unit for factor in fitting}
    fitting = [factor for factor in fitting if factor.measure.dimension == measure.dimension]
    if not fitting:
        return Unmatched(activity, "unit_without_factor", _some(known))
    fitting = [factor for factor in fitting if factor.source.gwp in ("", gwp)]
    if not fitting:
        return Unmatched(activity, "potentials_without_factor")
    by_basis = [factor for factor in fitting if not measure.basis or factor.measure.basis in ("", measure.basis)]
    local = _of_country(by_basis, activity.country)
    if not local and _of_country(fitting, activity.country):
        return Unmatched(activity, "calorific_basis_without_factor", _some(known))
    if not local:
        reason = "country_without_factor" if activity.country else "country_missing"
        return Unmatched(activity, reason, _some({factor.country for factor in fitting}))
    return _plainest(activity, local)


def _of_country(among: Sequence[Factor], country: str | None) -> list[Factor]:
    """The country's own, or else the world's; never those of another country."""
    own = [factor for factor in among if factor.country == country]
    return own or [factor for factor in among if factor.country == WORLD]


def _plainest(activity: Activity, fitting: Sequence[Factor]) -> list[Factor] | Unmatched:
    """Those of the lowest scope, and of the one activity that says nothing which the others do not say too."""
    fitting = [factor for factor in fitting if factor.scope == min(one.scope for one in fitting)]
    names = {factor.activity for factor in fitting}
    plainest = [name for name in names if all(words(name) <= words(other) for other in names)]
    if not plainest:
        return Unmatched(activity, "activity_ambiguous", _some(names))
    fitting = [factor for factor in fitting if factor.activity == plainest[0]]
    same = [factor for factor in fitting if factor.unit == activity.unit]
    return same or fitting


def _some(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names)[:_MOST_NAMED])


def _by(factor: Factor, activity: Activity, measure: Unit, gwp: Gwp) -> Figure:
    amount = activity.amount * measure.factor / factor.measure.factor
    known = potentials(gwp)
    gases = {gas: amount * per_unit for gas, per_unit in factor.gases.items()}
    co2e = (
        amount * factor.co2e if factor.co2e is not None else sum((mass * known[gas] for gas, mass in gases.items()), Decimal(0))
    )
    return Figure(
        activity=activity,
        co2e=co2e,
        scope=factor.scope,
        method=factor.method,
        quality=_quality(factor, activity),
        factor=factor,
        gases=gases,
        biogenic_co2=amount * factor.biogenic_co2,
        notes=_notes(factor, activity, measure),
    )


def _quality(factor: Factor, activity: Activity) -> Quality:
    if factor.country == WORLD:
        return Quality.DEFAULT
    fits = activity.year is not None and factor.is_valid(activity.year) and factor.method != "residual"
    if factor.measure.is_money:
        return Quality.ESTIMATED
    return Quality.CALCULATED if fits else Quality.ESTIMATED


def _notes(factor: Factor, activity: Activity, measure: Unit) -> tuple[str, ...]:
    notes = []
    if activity.year is None:
        notes.append("year_not_given")
    elif not factor.is_valid(activity.year):
        notes.append("factor_of_another_year")
    if factor.country == WORLD:
        notes.append("world_default")
    if factor.measure.basis and not measure.basis and measure.dimension == "energy":
        notes.append(f"{factor.measure.basis}_calorific_value_assumed")
    if factor.measure.is_money:
        notes.append("spend_based")
    if factor.co2e is not None and not factor.source.gwp:
        notes.append("potentials_not_stated_by_source")
    return tuple(notes)


def _market(activity: Activity, measure: Unit, gwp: Gwp, found: Sequence[Factor], location: Figure) -> Figure:
    if activity.contract is not None:
        co2e = activity.amount * measure.factor * activity.contract
        return Figure(activity, co2e, 2, "market", Quality.MEASURED, None, notes=("contract",))
    residual = [factor for factor in found if factor.method == "residual"]
    if residual:
        figure = _by(nearest(residual, activity.year), activity, measure, gwp)
        return replace(figure, method="market", notes=(*figure.notes, "residual_mix"))
    return replace(location, method="market", notes=(*location.notes, "grid_average_for_lack_of_contract"))
