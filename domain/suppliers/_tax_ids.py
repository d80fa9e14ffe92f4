"""Tax ids by country: which kinds there are, how one is checked and written, and what a mistyped one may have meant.

The check itself is python-stdnum's. A country that it does not know keeps what was typed, without separators, and says
that nobody has checked it.
"""

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NamedTuple

from stdnum import exceptions
from stdnum.ar import cuit
from stdnum.br import cnpj, cpf
from stdnum.cl import rut as cl_rut
from stdnum.co import nit as co_nit
from stdnum.cr import cpf as cr_cpf
from stdnum.cr import cpj
from stdnum.do import cedula, rnc
from stdnum.ec import ci
from stdnum.ec import ruc as ec_ruc
from stdnum.es import nif
from stdnum.gt import nit as gt_nit
from stdnum.mx import rfc
from stdnum.pe import ruc as pe_ruc
from stdnum.py import ruc as py_ruc
from stdnum.sv import nit as sv_nit
from stdnum.us import ein
from stdnum.uy import rut as uy_rut
from stdnum.ve import rif

from domain.suppliers.errors import TaxIdInvalid
from domain.suppliers.schemas import TaxId

UNCHECKED = "TAX_ID"
"""The kind of an id from a country whose ids nobody here can check."""

_MOST_SUGGESTIONS = 3


class _Kind(NamedTuple):
    name: str
    numbers: ModuleType
    example: str


_KINDS: dict[str, tuple[_Kind, ...]] = {
    "AR": (_Kind("CUIT", cuit, "20-05536168-2"),),
    "BR": (_Kind("CNPJ", cnpj, "16.727.230/0001-97"), _Kind("CPF", cpf, "390.533.447-05")),
    "CL": (_Kind("RUT", cl_rut, "12.531.909-2"),),
    "CO": (_Kind("NIT", co_nit, "213.123.432-1"),),
    "CR": (_Kind("CPJ", cpj, "3-101-999999"), _Kind("CPF", cr_cpf, "3-0455-0175")),
    "DO": (_Kind("RNC", rnc, "1-01-85004-3"), _Kind("CEDULA", cedula, "001-1391852-4")),
    "EC": (_Kind("RUC", ec_ruc, "1792060346-001"), _Kind("CI", ci, "171430710-3")),
    "ES": (_Kind("NIF", nif, "54362315-K"),),
    "GT": (_Kind("NIT", gt_nit, "3952550-3"),),
    "MX": (_Kind("RFC", rfc, "GODE 561231 GR8"),),
    "PE": (_Kind("RUC", pe_ruc, "20512333797"),),
    "PY": (_Kind("RUC", py_ruc, "80028061-0"),),
    "SV": (_Kind("NIT", sv_nit, "0614-050707-104-8"),),
    "US": (_Kind("EIN", ein, "91-1144442"),),
    "UY": (_Kind("RUT", uy_rut, "21-100342-001-7"),),
    "VE": (_Kind("RIF", rif, "V-11470283-4"),),
}

_PROBLEMS: tuple[tuple[type[exceptions.ValidationError], str], ...] = (
    (exceptions.InvalidChecksum, "check_digit"),
    (exceptions.InvalidLength, "length"),
    (exceptions.InvalidComponent, "component"),
    (exceptions.InvalidFormat, "format"),
)


def parse(country: str, typed: str) -> TaxId:
    """The normalised id that was typed, of the first kind of the country that it fits; raises TaxIdInvalid."""
    kinds = _KINDS.get(country)
    if kinds is None:
        return _unchecked(country, typed)
    problem: exceptions.ValidationError | None = None
    for kind in kinds:
        try:
            return TaxId(country=country, type=kind.name, number=kind.numbers.validate(typed), is_checked=True)
        except exceptions.ValidationError as error:
            problem = problem or error
    assert problem is not None, "a country has at least one kind"
    raise TaxIdInvalid(
        country=country,
        type=" / ".join(kind.name for kind in kinds),
        value=typed,
        problem=next(name for error, name in _PROBLEMS if isinstance(problem, error)),
        example=kinds[0].example,
        suggestions=_suggestions(kinds, typed),
        also_valid_in=_elsewhere(country, typed),
    )


def written(tax_id: TaxId) -> str:
    """The id as its country writes it: `J-12345678-9`."""
    kind = next((kind for kind in _KINDS.get(tax_id.country, ()) if kind.name == tax_id.type), None)
    return _formatted(kind, tax_id.number) if kind else tax_id.number


def _formatted(kind: _Kind, number: str) -> str:
    if kind.numbers is rif:  # the one that the library checks and does not write
        return f"{number[0]}-{number[1:-1]}-{number[-1]}"
    write: Callable[[str], str] | None = getattr(kind.numbers, "format", None)
    return write(number) if write else number


def _unchecked(country: str, typed: str) -> TaxId:
    number = re.sub(r"[^0-9A-Z]", "", typed.upper())
    if not 4 <= len(number) <= 20:
        raise TaxIdInvalid(
            country=country, type=UNCHECKED, value=typed, problem="length", example="", suggestions=(), also_valid_in=()
        )
    return TaxId(country=country, type=UNCHECKED, number=number, is_checked=False)


def _suggestions(kinds: tuple[_Kind, ...], typed: str) -> tuple[str, ...]:
    """Valid ids that differ from the typed one by two neighbours that changed places, or by the check digit."""
    found: dict[str, None] = {}
    for kind in kinds:
        for candidate in _near(re.sub(r"[^0-9A-Z]", "", typed.upper())):
            if kind.numbers.is_valid(candidate):
                found[_formatted(kind, candidate)] = None
    return tuple(found)[:_MOST_SUGGESTIONS]


def _near(number: str) -> Iterator[str]:
    for at in range(len(number) - 1):
        if number[at] != number[at + 1]:
            yield number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    for last in "0123456789K":
        if number and number[-1] != last:
            yield number[:-1] + last


def _elsewhere(country: str, typed: str) -> tuple[str, ...]:
    """The other countries in which the typed id would hold."""
    return tuple(
        other for other, kinds in _KINDS.items() if other != country and any(kind.numbers.is_valid(typed) for kind in kinds)
    )
