"""The tables that this package ships: factors with their sources, potentials, other names."""

import csv
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "data"


@lru_cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table by the names of its columns."""
    with (_FOLDER / name).open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
