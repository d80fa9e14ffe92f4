"""The ERP: where it is, how its runs went, and its products of which somebody has to say what they are here."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms
from app.console.catalogue import ERP
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from connectors import erp as connector
from core.settings import get_settings
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.kinds import PriceKind
from domain.erp import service as erp
from domain.erp.kinds import Preset, RowStatus
from domain.erp.permissions import ErpPermission
from domain.erp.schemas import (
    ChangeErpConnection,
    ErpCheck,
    ErpConnectionView,
    ErpProductView,
    ErpSettings,
    Match,
    NewErpConnection,
    PriceList,
    SyncJobs,
    SyncJobView,
    SyncRequest,
)

router = APIRouter(prefix="/console/@{workspace}/erp")

Reader = Annotated[Visit, may(ERP.permission)]
Syncer = Annotated[Visit, may(ErpPermission.SYNC)]
Manager = Annotated[Visit, may(ErpPermission.MANAGE)]

_RUNS: Final = 12


class _Chosen(BaseModel):
    """What a form says of the settings; the warehouses stand in rows beside the stores."""

    company: str = "01"
    retail_list: PriceList | None = None
    wholesale_list: PriceList | None = None
    adds_products: bool = False


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, said: filters.Word = "") -> Response:
    """Show the ERPs, their last runs, and products that are none of the house's."""
    return await _show(request, visit, paging, said=said)


async def _show(
    request: Request, visit: Visit, paging: Paged, *, said: str = "", checked: tuple[UUID, ErpCheck] | None = None
) -> Response:
    async with open_work(visit.principal) as work:
        found = await erp.list_connections(work)
        jobs, _ = await erp.list_jobs(work, limit=_RUNS)
        unmatched, after = await erp.list_products(work, status=RowStatus.UNMATCHED, limit=paging.limit, place=paging.place)
        stores = await catalog.stores(work)
    return page(
        request,
        "erp.html",
        visit,
        current=ERP,
        connections=found,
        names={one.id: one.name for one in found},
        jobs=jobs,
        paged=paging.page(unmatched, after),
        is_first=paging.place is None,
        stores=stores,
        presets=list(Preset),
        said=said,
        checked=checked,
        may_sync=visit.principal.may(ErpPermission.SYNC),
        may_manage=visit.principal.may(ErpPermission.MANAGE),
    )


@router.post("")
async def create(request: Request, visit: Manager) -> Response:
    """Connect an ERP."""
    chosen = await forms.part(request, _Chosen)
    placed = await forms.rows(request, "store", "warehouse")
    stores: dict[str, Any] = {row["warehouse"]: row["store"] for row in placed if row["warehouse"]}
    given = {PriceKind.RETAIL: chosen.retail_list, PriceKind.WHOLESALE: chosen.wholesale_list}
    lists = {kind: number for kind, number in given.items() if number is not None}
    settings = ErpSettings(company=chosen.company, lists=lists, adds_products=chosen.adds_products, stores=stores)
    command = await forms.part(request, NewErpConnection, settings=settings)
    await deeds.once(request, visit, ErpConnectionView, lambda work: erp.create_connection(work, command))
    return RedirectResponse(visit.at("erp?said=saved"), 303)


@router.post("/{connection_id}")
async def change(request: Request, visit: Manager, connection_id: UUID) -> Response:
    """Change where an ERP is, pause it or put it in use."""
    command = await forms.part(request, ChangeErpConnection)
    seen = await forms.seen(request)
    await deeds.once(request, visit, ErpConnectionView, lambda work: erp.change_connection(work, connection_id, command, seen))
    return RedirectResponse(visit.at("erp?said=saved"), 303)


@router.post("/{connection_id}/check")
async def check(request: Request, visit: Manager, connection_id: UUID, paging: Paged) -> Response:
    """Enter the ERP now and try its queries out."""
    async with open_work(visit.principal) as work:
        access = await erp.opened(work, connection_id)
    return await _show(request, visit, paging, checked=(connection_id, await connector.check(access, get_settings())))


@router.post("/{connection_id}/sync")
async def sync(request: Request, visit: Syncer, connection_id: UUID) -> Response:
    """Read the ERP now."""
    command = await forms.part(request, SyncRequest)
    await deeds.once(request, visit, SyncJobs, lambda work: erp.start(work, connection_id, command))
    return RedirectResponse(visit.at("erp?said=asked"), 303)


@router.post("/jobs/{job_id}/stop")
async def cancel(request: Request, visit: Syncer, job_id: UUID) -> Response:
    """Stop a run."""
    await deeds.once(request, visit, SyncJobView, lambda work: erp.stop_job(work, job_id))
    return RedirectResponse(visit.at("erp?said=saved"), 303)


@router.post("/products/{product_id}")
async def match(request: Request, visit: Syncer, product_id: UUID) -> Response:
    """Say what a product of the ERP is here."""
    command = await forms.part(request, Match)
    await deeds.once(request, visit, ErpProductView, lambda work: erp.match(work, product_id, command))
    return RedirectResponse(visit.at("erp?said=matched"), 303)
