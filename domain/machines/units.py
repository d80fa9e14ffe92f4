"""Units of measure, as the library pint knows them: what a word means, and how one is converted to another."""

import re
from decimal import Decimal
from functools import lru_cache

import pint

from domain.machines.errors import UnitsDiffer, UnitUnknown

# A registry computes whatever it is given, towers of powers too; what is given to it is a product of plain units.
_TERM = r"[A-Za-z°µμΩ%_]+(?:[²³]|(?:\*\*|\^)-?[1-9])?"
_FORM = re.compile(rf"{_TERM}(?:\s?[*/·]\s?{_TERM}){{0,5}}")


@lru_cache(maxsize=1)
def _registry() -> "pint.UnitRegistry[Decimal]":
    return pint.UnitRegistry(non_int_type=Decimal)


@lru_cache(maxsize=2_000)
def _unit(name: str) -> pint.Unit:
    if _FORM.fullmatch(name) is None:
        raise UnitUnknown(unit=name[:40])
    try:
        return _registry().parse_units(name.replace("·", "*"))
    except (pint.PintError, AttributeError, ValueError, TypeError, KeyError) as error:
        raise UnitUnknown(unit=name[:40]) from error


def require_known(name: str) -> None:
    """Raise UnitUnknown for a word that is no unit."""
    _unit(name)


@lru_cache(maxsize=2_000)
def _line(of: str, to: str) -> tuple[Decimal, Decimal]:
    """Factor and offset of a conversion: those of temperatures have both."""
    registry, given, wanted = _registry(), _unit(of), _unit(to)
    try:
        zero, one = (registry.Quantity(Decimal(number), given).to(wanted).magnitude for number in (0, 1))
    except (pint.PintError, ArithmeticError) as error:
        raise UnitsDiffer(unit=of[:40], wanted=to[:40]) from error
    return one - zero, zero


def are_alike(of: str, to: str) -> bool:
    """Whether what is in one unit can be said in the other."""
    try:
        _line(of, to)
    except (UnitUnknown, UnitsDiffer):
        return False
    return True


def convert(value: float, of: str, to: str) -> float:
    """A value of one unit in another; raises UnitUnknown and UnitsDiffer."""
    if of == to:
        return value
    factor, offset = _line(of, to)
    return float(Decimal(repr(value)) * factor + offset)
