"""Many at once: up to a thousand rows in a request, each done or refused by itself, with a result in its place."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from app.web.problems import Malformed
from core import messages
from core.errors import DomainError
from core.work import Work
from domain.catalog import many
from domain.catalog.permissions import CatalogPermission
from domain.catalog.prices import SkuPrice
from domain.catalog.schemas import NewProduct
from domain.stock import service as stock
from domain.stock.permissions import StockPermission
from domain.stock.schemas import Adjustment

router = noun("bulk")

Writer = Annotated[Write, may_write(CatalogPermission.WRITE)]
C = TypeVar("C", bound=BaseModel)


class Rows(BaseModel):
    """Rows, each of the form that the route for one of them takes."""

    model_config = ConfigDict(extra="forbid")

    rows: list[dict[str, Any]] = Field(min_length=1, max_length=1_000)


class RowResult(BaseModel):
    """What came of one row; `code` and `detail` say why it failed, `pointer` where."""

    index: int
    status: Literal["done", "failed"]
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None


class BulkAnswer(BaseModel):
    """What came of all rows, in their order."""

    done: int
    failed: int
    results: list[RowResult]


@router.post("/products/bulk")
async def create_products(write: Writer, body: Rows, request: Request) -> BulkAnswer:
    """Create many products; a row is what `POST /products` takes."""
    return await _each(write, request, body, NewProduct, many.create_each)


@router.post("/prices/bulk")
async def set_prices(write: Writer, body: Rows, request: Request) -> BulkAnswer:
    """Set many prices; a row is what `POST /variants/{sku}/prices` takes, with its `sku` and, if it matters, `version`."""
    return await _each(write, request, body, SkuPrice, many.price_each)


@router.post("/stock/adjust/bulk")
async def adjust_stock(write: Annotated[Write, may_write(StockPermission.ADJUST)], body: Rows, request: Request) -> BulkAnswer:
    """Correct many levels; a row is what `POST /stock/adjust` takes."""
    return await _each(write, request, body, Adjustment, stock.adjust_each)


async def _each(
    write: Write,
    request: Request,
    body: Rows,
    form: type[C],
    act: Callable[[Work, Sequence[C]], Awaitable[list[DomainError | None]]],
) -> BulkAnswer:
    language = messages.choose_language(request.headers.get("accept-language"))
    results: dict[int, RowResult] = {}
    commands: dict[int, C] = {}
    for index, row in enumerate(body.rows):
        try:
            commands[index] = form.model_validate(row)
        except ValidationError as error:
            where = "/" + "/".join(str(step) for step in error.errors()[0]["loc"])
            results[index] = _failed(index, Malformed(), language, where)

    async def do(work: Work) -> BulkAnswer:
        said = await act(work, list(commands.values())) if commands else []
        for index, error in zip(commands, said, strict=True):
            results[index] = RowResult(index=index, status="done") if error is None else _failed(index, error, language)
        failed = sum(result.status == "failed" for result in results.values())
        return BulkAnswer(done=len(results) - failed, failed=failed, results=[results[index] for index in sorted(results)])

    return await write.once(BulkAnswer, do)


def _failed(index: int, error: DomainError, language: str, pointer: str | None = None) -> RowResult:
    said = messages.refusal(error, language)
    return RowResult(index=index, status="failed", code=error.code, detail=said, pointer=pointer)
