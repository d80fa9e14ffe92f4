"""Settings: what the shop has chosen for itself, and how it is paid."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, forms
from app.console.catalogue import SETTINGS
from app.console.rendering import Speech, page
from app.console.visits import Visit, may
from core.access import OperationsPermission
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import (
    ChangeWorkspace,
    OrderChanges,
    PaymentMethod,
    PaymentMethodKind,
    WorkspaceSettings,
    WorkspaceView,
)
from domain.catalog import service as catalog

router = APIRouter(prefix="/console/@{workspace}/settings")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]

_TICKED: Final = ("offers_delivery", "offers_pickup", "cash_on_delivery")
_EMPTIED: Final = ("opens_at", "closes_at", "free_delivery_from", "default_store")
"""What has no value where its field is left empty."""


class _Code(BaseModel):
    code: str


@router.get("")
async def show(
    request: Request,
    visit: Annotated[Visit, may(SETTINGS.permission)],
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show what the workspace has chosen."""
    async with open_work(visit.principal) as work:
        shop = await accounts.get_workspace(work)
        stores = await catalog.stores(work)
    say = Speech(visit.manners.language)
    return page(
        request,
        "settings.html",
        visit,
        current=SETTINGS,
        shop=shop,
        chosen=shop.settings,
        stores=stores,
        kinds_named=[(kind.value, say(f"method.{kind}")) for kind in PaymentMethodKind],
        changes_named=[(change.value, say(f"changes.{change}")) for change in OrderChanges],
        said=said,
        may_change=visit.principal.may(OperationsPermission.MANAGE),
    )


@router.post("")
async def change(request: Request, visit: Manager) -> Response:
    """Rename the workspace, and change how it sells."""
    given = (await request.form()).keys()
    ticked: dict[str, object] = {name: name in given for name in _TICKED}
    emptied = await forms.emptied(request, *_EMPTIED)
    settings = await forms.part(request, WorkspaceSettings, **ticked, **emptied)
    named = await forms.part(request, ChangeWorkspace)
    seen = await forms.seen(request)

    async def act(work: Work) -> WorkspaceView:
        changed = await accounts.update_settings(work, settings, seen)
        return (
            await accounts.change_workspace(work, ChangeWorkspace(name=named.name), changed.version) if named.name else changed
        )

    await deeds.once(request, visit, WorkspaceView, act)
    return RedirectResponse(visit.at("settings?said=saved"), 303)


@router.post("/methods")
async def set_method(request: Request, visit: Manager) -> Response:
    """Add a way of paying, or change the one with this code."""
    method = await forms.part(request, PaymentMethod)
    seen = await forms.seen(request)

    async def act(work: Work) -> WorkspaceView:
        known = (await accounts.get_workspace(work)).settings.payment_methods
        kept = next((each for each in known if each.code == method.code), None)
        new = method.model_copy(update={"aliases": kept.aliases}) if kept else method
        methods = tuple(new if each.code == new.code else each for each in known) if kept else (*known, new)
        return await accounts.update_settings(work, WorkspaceSettings(payment_methods=methods), seen)

    await deeds.once(request, visit, WorkspaceView, act)
    return RedirectResponse(visit.at("settings?said=saved"), 303)


@router.post("/methods/remove")
async def remove_method(request: Request, visit: Manager) -> Response:
    """Accept a way of paying no more."""
    code = (await forms.part(request, _Code)).code
    seen = await forms.seen(request)

    async def act(work: Work) -> WorkspaceView:
        known = (await accounts.get_workspace(work)).settings.payment_methods
        methods = tuple(each for each in known if each.code != code)
        return await accounts.update_settings(work, WorkspaceSettings(payment_methods=methods), seen)

    await deeds.once(request, visit, WorkspaceView, act)
    return RedirectResponse(visit.at("settings?said=saved"), 303)
