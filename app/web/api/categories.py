"""Categories: the tree in which products lie."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.catalog import categories
from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import CategoryView, ChangeCategory, NewCategory

router = noun("categories")

Reader = Annotated[Principal, may(CatalogPermission.READ)]
Writer = Annotated[Write, may_write(CatalogPermission.WRITE)]


class Move(BaseModel):
    """Where a category goes."""

    model_config = ConfigDict(extra="forbid")

    parent_id: UUID | None = Field(description="The category under which it goes; null makes it a root.")


@router.get("/categories")
async def list_(caller: Reader) -> Page[CategoryView]:
    """List the roots of the tree by path, each with all that is in use below it."""
    async with open_work(caller) as work:
        return Page(data=list(await catalog.categories(work)), has_more=False, next_cursor=None)


@router.post("/categories", status_code=201)
async def create(write: Writer, body: NewCategory, response: Response) -> CategoryView:
    """Create a category."""
    made = await write.once(CategoryView, lambda work: categories.create_category(work, body))
    tell(response, made.version)
    return made


@router.get("/categories/{category_id}")
async def get(caller: Reader, category_id: UUID, response: Response) -> CategoryView:
    """Show a category, in use or not."""
    async with open_work(caller) as work:
        found = await categories.get_category(work, category_id)
    tell(response, found.version)
    return found


@router.patch("/categories/{category_id}")
async def change(write: Writer, seen: SeenVersion, category_id: UUID, body: ChangeCategory, response: Response) -> CategoryView:
    """Change a category; another name gives it and all below it another path."""
    changed = await write.once(CategoryView, lambda work: categories.change_category(work, category_id, body, seen))
    tell(response, changed.version)
    return changed


@router.put("/categories/{category_id}")
async def replace(
    write: Writer, seen: SeenVersion, category_id: UUID, body: ChangeCategory, response: Response
) -> CategoryView:
    """Change a category; the same as PATCH."""
    return await change(write, seen, category_id, body, response)


@router.post("/categories/{category_id}/move")
async def move(write: Writer, seen: SeenVersion, category_id: UUID, body: Move, response: Response) -> CategoryView:
    """Hang a category with all that is below it under another one."""
    moved = await write.once(CategoryView, lambda work: categories.move_category(work, category_id, body.parent_id, seen))
    tell(response, moved.version)
    return moved


@router.delete("/categories/{category_id}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, category_id: UUID) -> None:
    """Put a category away in which nothing lies."""
    await write.once(CategoryView, lambda work: categories.set_category_active(work, category_id, False, seen))


@router.post("/categories/{category_id}/activate")
async def activate(write: Writer, seen: SeenVersion, category_id: UUID, response: Response) -> CategoryView:
    """Bring a category back."""
    changed = await write.once(CategoryView, lambda work: categories.set_category_active(work, category_id, True, seen))
    tell(response, changed.version)
    return changed
