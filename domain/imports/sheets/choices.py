"""What is known of a file beside the file: what a person has said about it, and what the shop has taught before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.imports.sheets.dates import DateOrder
from domain.imports.sheets.headings import Field, FileType
from domain.imports.sheets.numbers import DecimalMark


@dataclass(frozen=True)
class Choices:
    """What a person has said about a file, or a shop has taught before."""

    file_type: FileType | None = None
    columns: Mapping[str, Field | None] = field(default_factory=dict)
    """Fields by the key of the heading; None says that a column is not wanted."""
    learnt: Mapping[str, Field | None] = field(default_factory=dict)
    mark: DecimalMark | None = None
    order: DateOrder | None = None
    learnt_marks: Mapping[str, DecimalMark] = field(default_factory=dict)
    learnt_orders: Mapping[str, DateOrder] = field(default_factory=dict)
