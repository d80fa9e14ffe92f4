"""What was recognised in a file: its tables, the line of their headings, and what each column holds."""

import asyncio
from uuid import UUID

from pydantic import BaseModel

from core.access import Principal
from core.blobs import BlobMissing, open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.imports import repository
from domain.imports.errors import ImportNotFound
from domain.imports.permissions import ImportsPermission
from domain.imports.service import choices_of
from domain.imports.sheets.choices import Choices
from domain.imports.sheets.headings import Field, FileType, assign
from domain.imports.sheets.opening import open_book
from domain.imports.sheets.reading import headings_of, understand
from domain.imports.sheets.refusals import FileUnreadable
from domain.imports.sheets.tables import find_tables


class Column(BaseModel):
    """A column by its heading, or its letter where it has none; `field` is None where it is not used."""

    heading: str
    field: Field | None


class RecognisedTable(BaseModel):
    """A table: its sheet, the line of its headings (0 without any), and its columns."""

    sheet: str
    heading_line: int
    columns: list[Column]


class Recognised(BaseModel):
    """What a file was taken for; without a kind nothing is known of its columns."""

    file_type: FileType | None
    tables: list[RecognisedTable]


async def recognised(principal: Principal, id: UUID) -> Recognised:
    """Read the file of an import as a worker would; raises ImportNotFound, FileRefused."""
    async with open_work(principal) as work:
        work.require(ImportsPermission.READ)
        row = await repository.find(work, id)
        if row is None:
            raise ImportNotFound
        choices, filename, sha256 = await choices_of(work, row), row.filename, row.sha256
    try:
        content = await open_blobs(get_settings()).get(sha256)
    except BlobMissing as error:
        raise FileUnreadable from error
    return await asyncio.to_thread(_read, content, filename, choices)


def _read(content: bytes, filename: str, choices: Choices) -> Recognised:
    book = open_book(content, filename)
    kind = understand(book, filename, choices).file_type
    known = {**choices.learnt, **choices.columns}
    tables = []
    for place, sheet in enumerate(book.sheets):
        for table in find_tables(sheet, place, known):
            headings = headings_of(table)
            held = assign(headings, kind, choices.learnt, choices.columns) if kind else {}
            columns = [Column(heading=heading, field=held.get(number)) for number, heading in enumerate(headings)]
            tables.append(RecognisedTable(sheet=sheet.name, heading_line=table.heading_line, columns=columns))
    return Recognised(file_type=kind, tables=tables)
