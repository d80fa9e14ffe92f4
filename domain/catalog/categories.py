"""The tree of categories: growing it, naming its nodes, and moving them with all that lies below.

Whoever writes to the tree waits for whoever else does, so that of two moves that would make a circle together the second
one sees the first.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.catalog import _tree, repository
from domain.catalog.errors import CategoryCircle, CategoryInUse, CategoryNotFound, CodeTaken, PathTooLong
from domain.catalog.models import Category
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import CategoryView, ChangeCategory, NewCategory
from domain.catalog.words import plain

LONGEST_PATH = 500


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", plain(name)).strip("-") or "x"


def _path(parent: Category | None, name: str) -> str:
    path = f"{parent.path if parent else '/'}{_slug(name)}/"
    if len(path) > LONGEST_PATH:
        raise PathTooLong(name=name)
    return path


def root_path(name: str) -> str | None:
    """The path that a category of this name has at the root, None if no letter or digit stands in it; raises PathTooLong."""
    return _path(None, name) if re.search(r"[^\W_]", plain(name)) else None


async def get_category(work: Work, category_id: UUID) -> CategoryView:
    """A category, in use or not, without those below it; raises CategoryNotFound."""
    work.require(CatalogPermission.READ)
    return await _view(work, await _found(work, category_id))


async def create_category(work: Work, command: NewCategory) -> CategoryView:
    """Create a category at the root or under another one; raises CategoryNotFound and CodeTaken."""
    work.require(CatalogPermission.WRITE)
    await _tree.lock(work)
    parent = None if command.parent is None else await repository.category_by_path(work, command.parent)
    if command.parent is not None and parent is None:
        raise CategoryNotFound(category=command.parent)
    row = Category(
        workspace_id=work.workspace_id,
        id=new_id(),
        name=command.name,
        description=command.description,
        parent_id=parent.id if parent else None,
        level=parent.level + 1 if parent else 0,
        path=_path(parent, command.name),
        is_active=True,
        version=1,
    )
    async with unique(work, CodeTaken(value=command.name)):
        work.session.add(row)
    events.record(work, EventType.CATEGORY_CREATED, subject=row.id, after={"path": row.path})
    return await _view(work, row)


async def change_category(work: Work, category_id: UUID, command: ChangeCategory, seen: int) -> CategoryView:
    """Change what is set in the command; raises CategoryNotFound, CodeTaken and VersionConflict."""
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, category_id, seen)
    before = {"name": row.name, "description": row.description, "path": row.path}
    if "description" in command.model_fields_set:
        row.description = command.description
    if command.name is not None:
        parent = None if row.parent_id is None else await _found(work, row.parent_id)
        await _put(work, row, parent, command.name)
    return await _written(work, row, before)


async def move_category(work: Work, category_id: UUID, parent_id: UUID | None, seen: int) -> CategoryView:
    """Hang a category with all below it under another one, or make it a root.

    Raises CategoryNotFound, CategoryCircle when the other one lies below it, CodeTaken and VersionConflict.
    """
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, category_id, seen)
    before = {"parent_id": row.parent_id, "path": row.path}
    parent = None if parent_id is None else await _found(work, parent_id)
    if parent is not None and parent.path.startswith(row.path):
        raise CategoryCircle(category=row.path, parent=parent.path)
    await _put(work, row, parent, row.name)
    return await _written(work, row, before)


async def set_category_active(work: Work, category_id: UUID, is_active: bool, seen: int) -> CategoryView:
    """Put a category away or bring it back; raises CategoryInUse while something lies in it or below it."""
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, category_id, seen)
    if not is_active and await _tree.is_used(work, row):
        raise CategoryInUse(category=row.path)
    if is_active and row.parent_id is not None and not (await _found(work, row.parent_id)).is_active:
        raise CategoryNotFound(category=row.parent_id)
    before = {"is_active": row.is_active}
    row.is_active = is_active
    return await _written(work, row, before)


async def _found(work: Work, category_id: UUID) -> Category:
    row = await _tree.by_id(work, category_id)
    if row is None:
        raise CategoryNotFound(category=category_id)
    return row


async def _locked(work: Work, category_id: UUID, seen: int) -> Category:
    await _tree.lock(work)
    row = await _found(work, category_id)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    return row


async def _put(work: Work, row: Category, parent: Category | None, name: str) -> None:
    """Give a category its name and place, and all that lies below it the path that follows."""
    old, levels = row.path, (parent.level + 1 if parent else 0) - row.level
    path = _path(parent, name)
    if path != old and await _tree.longest_below(work, old) + len(path) - len(old) > LONGEST_PATH:
        raise PathTooLong(name=name)
    async with unique(work, CodeTaken(value=name)):
        row.name, row.path, row.level = name, path, row.level + levels
        row.parent_id = parent.id if parent else None
        await work.session.flush()
    if path != old:
        await _tree.carry(work, old, path, levels)


async def _written(work: Work, row: Category, before: Mapping[str, object]) -> CategoryView:
    row.version += 1
    await work.session.flush()
    after = {name: getattr(row, name) for name in before}
    events.record(work, EventType.CATEGORY_CHANGED, subject=row.id, before=dict(before), after=after)
    return await _view(work, row)


async def _view(work: Work, row: Category) -> CategoryView:
    return CategoryView(
        id=row.id,
        name=row.name,
        path=row.path,
        level=row.level,
        parent_id=row.parent_id,
        description=row.description,
        is_active=row.is_active,
        version=row.version,
        products=await _tree.products_below(work, row.path),
    )
