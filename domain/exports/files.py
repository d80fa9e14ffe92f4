"""A list as a workbook, of whatever length."""

import asyncio
from pathlib import Path

from core.access import Principal
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.sheets.writing import XlsxFile


async def write_workbook(principal: Principal, name: ListName, out: Path) -> int:
    """Write a list to a workbook page by page, beside the event loop; how many rows it has. Raises NotPermitted."""
    sheet, count = XlsxFile(out, name.value, LISTS[name].columns), 0
    async for rows in pages(principal, name):
        count += len(rows)
        await asyncio.to_thread(sheet.write_all, rows)
    await asyncio.to_thread(sheet.close)
    return count
