"""Many at once: up to a thousand rows in a request, each done or refused by itself, with a result in its place."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent import macros
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
from domain.conversations.permissions import ConversationsPermission
from domain.desk.schemas import DeedForMany
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


class DeedInMany(BaseModel):
    """What is to be done, and in which conversations."""

    model_config = ConfigDict(extra="forbid")

    conversation_ids: list[UUID] = Field(min_length=1, max_length=100)
    deed: DeedForMany

    @field_validator("conversation_ids")
    @classmethod
    def _once(cls, ids: list[UUID]) -> list[UUID]:
        return list(dict.fromkeys(ids))


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


@router.post("/conversations/bulk")
async def attend_conversations(
    write: Annotated[Write, may_write(ConversationsPermission.READ)], body: DeedInMany, request: Request
) -> BulkAnswer:
    """Tag, assign, snooze or settle many conversations: each as the route for one does it, or why not."""
    language = messages.choose_language(request.headers.get("accept-language"))

    async def do(work: Work) -> BulkAnswer:
        return told(await macros.in_each(work, body.conversation_ids, body.deed), language)

    return await write.once(BulkAnswer, do)


async def _each(
    write: Write,
    request: Request,
    body: Rows,
    form: type[C],
    act: Callable[[Work, Sequence[C]], Awaitable[list[DomainError | None]]],
) -> BulkAnswer:
    language = messages.choose_language(request.headers.get("accept-language"))
    refused: dict[int, str] = {}
    commands: dict[int, C] = {}
    for index, row in enumerate(body.rows):
        try:
            commands[index] = form.model_validate(row)
        except ValidationError as error:
            refused[index] = "/" + "/".join(str(step) for step in error.errors()[0]["loc"])

    async def do(work: Work) -> BulkAnswer:
        said = await act(work, list(commands.values())) if commands else []
        errors = dict(zip(commands, said, strict=True)) | {index: Malformed() for index in refused}
        return told([errors[index] for index in range(len(body.rows))], language, refused)

    return await write.once(BulkAnswer, do)


def told(errors: Sequence[DomainError | None], language: str, pointers: Mapping[int, str] | None = None) -> BulkAnswer:
    """What came of all rows, of what is wrong with each; `pointers` say where in a row it is."""
    results = [
        RowResult(index=index, status="done")
        if error is None
        else RowResult(
            index=index,
            status="failed",
            code=error.code,
            detail=messages.refusal(error, language),
            pointer=(pointers or {}).get(index),
        )
        for index, error in enumerate(errors)
    ]
    failed = sum(error is not None for error in errors)
    return BulkAnswer(done=len(results) - failed, failed=failed, results=results)
