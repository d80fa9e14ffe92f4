"""The queries by which an ERP is read: those of its maker as data, a shop's own in their place, and the frame around them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from domain.catalog.kinds import PriceKind
from domain.erp.errors import ErpQueryRefused
from domain.erp.kinds import JobType, Preset
from domain.erp.port import Access

_MOVES_A_SEQUENCE = re.compile(r"gen_id|next(\s|/\*.*?\*/|--[^\n]*\n)+value", re.IGNORECASE | re.DOTALL)
"""What Firebird lets even a transaction that only reads change: numbers of documents would be missing."""

_NO_LIST = 0
"""No list of prices has this number."""

_PRESETS = Path(__file__).parent / "presets"


@lru_cache
def preset(maker: Preset) -> dict[JobType, str]:
    """The queries of one maker's ERP."""
    loaded: dict[str, str] = yaml.safe_load((_PRESETS / f"{maker}.yaml").read_text())
    return {type: loaded[type.value] for type in JobType}


def query_of(access: Access, type: JobType) -> str:
    """What gives all records of a kind; raises ErpQueryRefused for one that counts a sequence on."""
    query = access.queries.get(type) or preset(access.preset)[type]
    if moving := _MOVES_A_SEQUENCE.search(query):
        raise ErpQueryRefused(said=moving[0])
    query = query.strip().rstrip(";").replace("{company}", access.company)
    for kind in PriceKind:
        query = query.replace(f"{{{kind}_list}}", str(access.lists.get(kind, _NO_LIST)))
    return query


def nothing_of(query: str) -> str:
    """What gives no row, and tells the columns."""
    return f"SELECT * FROM (\n{query}\n) WHERE 1 = 0"  # noqa: S608 - the shop's own query, in a transaction that only reads


def part_of(query: str, key: Sequence[str], *, only_key: bool = False, is_behind: bool, is_since: bool) -> str:
    """What gives records in the order of their keys: those behind one (`behind`), and those changed since a time.

    A record whose key is not known cannot be read again, and is none.
    """
    wanted = [f"{name} IS NOT NULL" for name in key]
    if is_behind:
        wanted.append(f"({_behind(key)})")
    if is_since:
        wanted.append("(changed_at IS NULL OR changed_at >= ?)")
    columns = ", ".join(key) if only_key else "*"
    conditions, order = " AND ".join(wanted), ", ".join(key)
    return f"SELECT {columns} FROM (\n{query}\n) WHERE {conditions} ORDER BY {order}"  # noqa: S608 - as above


def one_of(query: str, key: Sequence[str]) -> str:
    """What gives the record of one key."""
    conditions = " AND ".join(f"{name} = ?" for name in key)
    return f"SELECT * FROM (\n{query}\n) WHERE {conditions}"  # noqa: S608 - as above


def _behind(key: Sequence[str]) -> str:
    first, *rest = key
    return f"{first} > ?" + (f" OR ({first} = ? AND ({_behind(rest)}))" if rest else "")


def behind(after: Sequence[str | int]) -> list[str | int]:
    """The values for the places of `_behind`."""
    first, *rest = after
    return [first, *([first, *behind(rest)] if rest else [])]
