"""Older paths over the same endpoints, for whoever knows the interface by them; each says which path took its place.

Nothing of its own stands here: an alias has the rights, limits and answers of what it stands for.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel

from app.web.api import categories, imports, products, stock
from app.web.api.routing import PREFIX, noun
from app.web.api.statistics import Reader, period_of
from core.errors import Invalid
from core.work import open_work
from domain.statistics import service as statistics
from domain.statistics.schemas import ProductMovements
from domain.stock.kinds import MovementType

DEPRECATED_AT: Final = "@1764460800"
"""Since when these paths are the older ones (RFC 9745)."""

router = noun("aliases", prefix="")


class StoreUnreadable(Invalid):
    """The list of stores holds something that is no id."""

    code = "stores_unreadable"


class Tipo(StrEnum):
    """The kinds of movements, by their older names."""

    INVENTARIO = "inventario"
    VENTA = "venta"
    COMPRA = "compra"


_TYPES: Final = {Tipo.INVENTARIO: MovementType.COUNT, Tipo.VENTA: MovementType.SALE, Tipo.COMPRA: MovementType.PURCHASE}


class Estadistica(BaseModel):
    """What moved of one product, by the older names."""

    producto_id: UUID
    codigo: str
    nombre: str
    unidad: str
    total_cantidad: Decimal
    promedio_cantidad: Decimal
    num_tiendas: int
    total_valor: Decimal
    moneda: str
    num_transacciones: int
    fecha_primera_transaccion: datetime
    fecha_ultima_transaccion: datetime


class Estadisticas(BaseModel):
    """What moved, by product."""

    data: list[Estadistica]


def _of(row: ProductMovements) -> Estadistica:
    return Estadistica(
        producto_id=row.product_id,
        codigo=row.code,
        nombre=row.name,
        unidad=row.unit,
        total_cantidad=row.total_quantity,
        promedio_cantidad=row.average_quantity,
        num_tiendas=row.stores,
        total_valor=row.total_value,
        moneda=row.currency,
        num_transacciones=row.movements,
        fecha_primera_transaccion=row.first_at,
        fecha_ultima_transaccion=row.last_at,
    )


async def list_statistics(
    caller: Reader,
    tipo: Tipo = Tipo.INVENTARIO,
    tiendas: Annotated[str | None, Query(max_length=4_000, description="Ids of stores with commas between.")] = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Estadisticas:
    """Add up what was counted, sold or bought of each product."""
    try:
        stores = tuple(UUID(one.strip()) for one in (tiendas or "").split(",") if one.strip())
    except ValueError as error:
        raise StoreUnreadable from error
    async with open_work(caller) as work:
        period = await period_of(work, None, date_from, date_to)
        rows = await statistics.movements(work, _TYPES[tipo], period, stores, limit)
    return Estadisticas(data=[_of(row) for row in rows])


Endpoint = Callable[..., Awaitable[Any]]

ALIASES: Final[tuple[tuple[str, str, str, Endpoint, int], ...]] = (
    ("GET", "/api/v1/inventory", "/stock", stock.list_, 200),
    ("POST", "/api/v1/inventory/adjust", "/stock/adjust", stock.adjust, 201),
    ("GET", "/api/inventario", "/products", products.list_, 200),
    ("POST", "/api/inventario", "/products", products.create, 201),
    ("GET", "/api/inventario/{code}", "/products/{code}", products.get, 200),
    ("PUT", "/api/inventario/{code}", "/products/{code}", products.replace, 200),
    ("DELETE", "/api/inventario/{code}", "/products/{code}", products.delete, 204),
    ("GET", "/api/categorias", "/categories", categories.list_, 200),
    ("POST", "/process-excel", "/imports", imports.create, 202),
    ("POST", "/api/v1/products/import", "/imports", imports.create, 202),
    ("GET", "/api/statistics", "/statistics/products", list_statistics, 200),
)
"""Method, older path, the path that took its place, what serves it, and with which status it answers."""


UPLOADS: Final = ("/api/v1/imports", *(old for _, old, _, endpoint, _ in ALIASES if endpoint is imports.create))
"""Where files come in, by the older paths as well."""


def _pointing(path: str) -> Callable[[Response], Awaitable[None]]:
    """Says in the answer that a path is an older one, and which is the newer."""

    async def point(response: Response) -> None:
        response.headers["deprecation"] = DEPRECATED_AT
        response.headers["link"] = f'<{PREFIX}{path}>; rel="successor-version"'

    return point


for method, old, new, endpoint, status in ALIASES:
    router.add_api_route(
        old,
        endpoint,
        methods=[method],
        name=f"{method.lower()}{old.replace('/', '_').replace('-', '_').replace('{', '').replace('}', '')}",
        status_code=status,
        deprecated=True,
        dependencies=[Depends(_pointing(new))],
        openapi_extra=imports.FORM if endpoint is imports.create else None,
    )
