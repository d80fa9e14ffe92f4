"""SQL of the tree of categories."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select, text, update

from core.work import Work, own
from domain.catalog.kinds import ProductStatus
from domain.catalog.models import Category, Product

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('nexova categories ' || CAST(:workspace AS text), 0))")


async def lock(work: Work) -> None:
    """Wait until nobody else writes to the tree of this workspace."""
    await work.session.execute(_LOCK, {"workspace": str(work.workspace_id)})


async def by_id(work: Work, category_id: UUID) -> Category | None:
    """A category, read afresh."""
    query = select(Category).where(own(Category, work), Category.id == category_id)
    return (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def put_away(work: Work) -> Sequence[Category]:
    """The categories that are no longer in use."""
    return (await work.session.scalars(select(Category).where(own(Category, work), Category.is_active.is_(False)))).all()


async def longest_below(work: Work, path: str) -> int:
    """The length of the longest path at or below one."""
    query = select(func.max(func.length(Category.path))).where(own(Category, work), func.starts_with(Category.path, path))
    return await work.session.scalar(query) or 0


async def carry(work: Work, old: str, new: str, levels: int) -> None:
    """Give all that lies below a path its new beginning."""
    statement = (
        update(Category)
        .where(own(Category, work), func.starts_with(Category.path, old))
        .values(
            path=new + func.substr(Category.path, len(old) + 1),
            level=Category.level + levels,
            version=Category.version + 1,
        )
    )
    await work.session.execute(statement.execution_options(synchronize_session=False))


async def is_used(work: Work, row: Category) -> bool:
    """Whether a product that is not archived lies in a category, or another one in use below it."""
    children = select(Category.id).where(own(Category, work), Category.parent_id == row.id, Category.is_active)
    products = select(Product.id).where(
        own(Product, work),
        Product.category_id == row.id,
        Product.status != ProductStatus.ARCHIVED,
    )
    return bool(await work.session.scalar(select(or_(children.exists(), products.exists()))))


async def products_below(work: Work, path: str) -> int:
    """How many active products lie in a category and below it."""
    query = (
        select(func.count())
        .select_from(Product)
        .join(Category, (Category.workspace_id == Product.workspace_id) & (Category.id == Product.category_id))
        .where(
            own(Product, work),
            Product.status == ProductStatus.ACTIVE,
            func.starts_with(Category.path, path),
        )
    )
    return await work.session.scalar(query) or 0
