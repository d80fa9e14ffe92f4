"""Views of products and variants, made from their rows."""

from core.work import Work
from domain.catalog import repository
from domain.catalog.kinds import ProductStatus
from domain.catalog.models import Product
from domain.catalog.repository import VariantRow
from domain.catalog.schemas import ProductView, SaleRule, StaffVariant, VariantView


def variant_name(product_name: str, label: str) -> str:
    """The name of what goes in the cart: the product's, with what sets the variant apart."""
    return f"{product_name} {label}".strip()


def sale_rule(row: VariantRow) -> SaleRule:
    """In which quantities a variant is sold."""
    return SaleRule(unit=row.unit, precision=row.precision, step=row.step)


def variant_view(row: VariantRow, currency: str) -> VariantView:
    """A variant as other rooms see it."""
    return VariantView(**row._asdict(), name=variant_name(row.product_name, row.label), currency=currency)


async def product_view(work: Work, row: Product, currency: str) -> ProductView:
    """A product with its variants and synonyms."""
    variants = await repository.variant_rows_of(work, row.id)
    synonyms = await repository.synonyms_of(work, [row.id])
    await work.session.refresh(row, ["created_at", "updated_at"])
    return ProductView(
        id=row.id,
        code=row.code,
        name=row.name,
        description=row.description,
        category_id=row.category_id,
        brand=row.brand,
        model=row.model,
        unit=row.unit,
        step=row.step,
        status=ProductStatus(row.status),
        attributes=row.attributes,
        synonyms=synonyms.get(row.id, ()),
        content_quantity=row.content_quantity,
        content_unit=row.content_unit,
        weight=row.weight,
        dimensions=row.dimensions,
        image_url=row.image_url,
        currency=currency,
        variants=tuple(StaffVariant.model_validate(variant) for variant in variants),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
