"""Units of activities: exact factors to one unit of each dimension. A unit that may mean two things is not guessed."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale

_DIMENSIONS: dict[str, dict[str, str]] = {
    "mass": {
        "1": "kg kilogram kilograms kilogramo kilogramos kilo kilos",
        "0.001": "g gram grams gramo gramos",
        "1000": "t tonne tonnes tonelada toneladas metric_ton metric_tons mt",
        "0.45359237": "lb lbs pound pounds libra libras",
        "907.18474": "short_ton short_tons us_ton us_tons",
        "1016.0469088": "long_ton long_tons uk_ton uk_tons",
    },
    "volume": {
        "1": "l litre litres liter liters litro litros",
        "1000": "m3 m³ cubic_metre cubic_metres cubic_meter cubic_meters metro_cubico metros_cubicos",
        "0.001": "ml",
        "1000000": "million_litre million_litres",
        "3.785411784": "us_gallon us_gallons us_gal gal_us gallon_us",
        "4.54609": "uk_gallon uk_gallons uk_gal gal_uk imperial_gallon imperial_gallons",
        "158.987294928": "bbl barrel barrels barril barriles",
        "28.316846592": "ft3 cubic_foot cubic_feet cf scf",
        "2831.6846592": "ccf",
        "28316.846592": "mcf mscf",
    },
    "energy": {
        "1": "kwh",
        "0.001": "wh",
        "1000": "mwh",
        "1000000": "gwh",
        "MJ": "mj",
        "GJ": "gj",
        "TJ": "tj",
        "Btu": "btu",
        "mmBtu": "mmbtu",
        "therm": "therm therms",
    },
    "distance": {
        "1": "km kilometre kilometres kilometer kilometers kilometro kilometros",
        "1.609344": "mi mile miles milla millas",
    },
    "passenger distance": {
        "1": "pkm passenger_km passenger_kilometre passenger_kilometres pasajero_km",
        "1.609344": "pmi passenger_mile passenger_miles",
    },
    "goods distance": {
        "1": "tkm tonne_km tonne_kilometre tonne_kilometres tonelada_km",
        "1.459972354804174618": "short_ton_mile short_ton_miles ton_mile ton_miles",
    },
    "nights": {"1": "room_night room_nights noche noches night nights"},
    "work": {"1": "fte_hour fte_hours"},
}
_JOULES = {
    "MJ": Decimal(1_000_000),
    "GJ": Decimal(10**9),
    "TJ": Decimal(10**12),
    "Btu": Decimal("1055.05585262"),
    "mmBtu": Decimal("1055055852.62"),
    "therm": Decimal("105505585.262"),
}
_JOULES_A_KWH = Decimal(3_600_000)
_GALLONS = {"US": "us_gallon", "GB": "uk_gallon"}
_MONEY = "money "
_CURRENCIES = frozenset(Locale("en").currencies)
_AMBIGUOUS = frozenset({"ton", "tons"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as one of its dimension times `factor`; energy of fuels is by the net or the gross calorific value."""

    dimension: str
    factor: Decimal
    basis: str = ""
    """`net`, `gross`, or empty where it was not said."""

    @property
    def is_money(self) -> bool:
        """Whether it counts what was spent; each currency is a dimension of its own."""
        return self.dimension.startswith(_MONEY)


def _table() -> dict[str, Unit]:
    known: dict[str, Unit] = {}
    for dimension, units in _DIMENSIONS.items():
        for factor, names in units.items():
            worth = _JOULES[factor] / _JOULES_A_KWH if factor in _JOULES else Decimal(factor)
            known |= {name: Unit(dimension, worth) for name in names.split()}
    return known


_UNITS = _table()


def unit(name: str, country: str | None = None) -> Unit | None:
    """The unit by its symbol or name in English or Spanish, or the code of a currency; None if there is none such.

    A gallon is the country's, the US one in America.
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = letters.replace("(", " ").replace(")", " ").replace(".", " ").replace("-", " ").replace("/", " ").split()
    basis = next((word for word in ("net", "gross") if word in words), "")
    words = [word for word in words if word not in {"net", "gross", "cv", "ncv", "gcv", "hhv", "lhv"}]
    key = "_".join(words)
    if key in {"gal", "gallon", "gallons", "galon", "galones"}:
        key = _GALLONS.get(country or "", "us_gallon")
    found = None if key in _AMBIGUOUS else _UNITS.get(key)
    if found is None and key.upper() in _CURRENCIES:
        return Unit(_MONEY + key.upper(), Decimal(1))
    return Unit(found.dimension, found.factor, basis) if found else None
