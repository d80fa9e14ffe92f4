"""An ugly sheet with what must be read of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

P = ["Código", "Nombre", "Precio"]
TWO = [["00123", "Harina", 2.5], ["A-7", "Arroz", 3]]
READ = ["00123|Harina|2.50", "A-7|Arroz|3.00"]


@dataclass(frozen=True)
class Ugly:
    """A sheet and what must be read of it: the kind, the values of some fields row by row, questions, notes, problems."""

    name: str
    filename: str
    make: Callable[[], bytes]
    kind: str | None = "products"
    fields: str = "code name price"
    rows: Sequence[str] = tuple(READ)
    questions: Sequence[str] = ()
    notes: Sequence[str] = ()
    problems: Sequence[str] = ()
