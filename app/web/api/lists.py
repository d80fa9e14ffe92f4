"""Lists: `{data, has_more, next_cursor}`, at most a hundred at a time, continued by a cursor that nobody can read or forge."""

from collections.abc import Iterable
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from itsdangerous import BadSignature
from pydantic import BaseModel, Field

from app.web import signed
from core.errors import CursorRefused

DEFAULT: Final = 20
MOST: Final = 100
_NOT_WHICH: Final = frozenset({"limit", "cursor", "fields", "expand"})
"""What says how much is shown of a list, and not what stands in it."""

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    data: list[T]
    has_more: bool
    next_cursor: str | None = Field(description="Where the next part begins, to be given back as `cursor`.")


class NumberedPage(Page[T], Generic[T]):
    """A part of a list that can also be asked for by the number of its page."""

    page: int | None = Field(None, description="The number of this page, where it was asked for by number.")
    total: int | None = Field(None, description="How much fits; beyond 25 000 there are simply more.")


class Paging:
    """Which part of a list is wanted: how many, and the place after which it begins, as the service has named it."""

    def __init__(self, limit: int, place: str | None, scope: str) -> None:
        self.limit = limit
        self.place = place
        self._scope = scope

    @property
    def id(self) -> UUID | None:
        """The place, where the service names it by an id."""
        return UUID(self.place) if self.place else None

    @property
    def number(self) -> int | None:
        """The place, where the service names it by a number."""
        return int(self.place) if self.place else None

    def page(self, items: Iterable[T], next_place: str | int | UUID | None) -> Page[T]:
        """The answer; `next_place` is None at the end of the list."""
        cursor = None if next_place is None else str(signed.serializer(self._scope).dumps(str(next_place)))
        return Page(data=list(items), has_more=next_place is not None, next_cursor=cursor)


async def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Paging:
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in _NOT_WHICH)
    scope = f"cursor {request.url.path} {filters}"
    try:
        place = None if cursor is None else str(signed.serializer(scope).loads(cursor))
    except BadSignature as error:
        raise CursorRefused from error
    return Paging(limit, place, scope)


Paged = Annotated[Paging, Depends(_paging)]
