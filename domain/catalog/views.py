"""Views of products and variants, made from their rows."""

from decimal import Decimal

from core.work import Work
from domain.catalog import repository
from domain.catalog.models import Product, ProductStatus, ProductVariant
from domain.catalog.repository import VariantRow
from domain.catalog.schemas import ProductView, SaleRule, VariantView


def variant_name(product: Product, variant: ProductVariant) -> str:
    """The name of what goes in the cart: the product's, with what sets the variant apart."""
    return f"{product.name} {variant.label}".strip()


def sale_rule(row: VariantRow) -> SaleRule:
    """In which quantities a variant is sold."""
    _, product, unit, _ = row
    return SaleRule(unit=unit.code, precision=unit.precision, step=product.step)


def variant_view(row: VariantRow, currency: str) -> VariantView:
    """A variant as other rooms see it."""
    variant, product, unit, category = row
    is_sold = product.status == ProductStatus.ACTIVE and variant.is_active and variant.price > Decimal(0)
    return VariantView(
        unit=unit.code,
        precision=unit.precision,
        step=product.step,
        product_id=product.id,
        variant_id=variant.id,
        sku=variant.sku,
        name=variant_name(product, variant),
        product_name=product.name,
        label=variant.label,
        brand=product.brand,
        category=category,
        price=variant.price,
        currency=currency,
        is_sold=is_sold,
        barcode=variant.barcode,
        image_url=product.image_url,
        content_quantity=product.content_quantity,
        content_unit=product.content_unit,
    )


async def product_view(work: Work, row: Product, currency: str) -> ProductView:
    """A product with its variants and synonyms."""
    variants = await repository.variants_of(work, row.id)
    synonyms = await repository.synonyms_of(work, [row.id])
    return ProductView(
        id=row.id,
        code=row.code,
        name=row.name,
        description=row.description,
        category_id=row.category_id,
        brand=row.brand,
        model=row.model,
        supplier_name=row.supplier_name,
        unit=row.unit,
        step=row.step,
        status=ProductStatus(row.status),
        attributes=row.attributes,
        synonyms=synonyms.get(row.id, ()),
        variants=tuple(variant_view(variant, currency) for variant in variants),
    )
