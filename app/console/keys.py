"""Keys with which programs work in the workspace; a secret is shown once."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import KEYS
from app.console.rendering import page
from app.console.visits import Visit, may
from core.access import OperationsPermission
from core.work import open_work
from domain.accounts import api_keys, roles
from domain.accounts.schemas import ApiKeyView, MintedKey, NewApiKey, RevokeKey
from domain.catalog import service as catalog

router = APIRouter(prefix="/console/@{workspace}/keys")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]

_WIDE: Final = ("*:read",)
"""What a key can be given beside single permissions."""


async def _show(request: Request, visit: Visit, minted: MintedKey | None = None) -> Response:
    async with open_work(visit.principal) as work:
        found = await api_keys.list_keys(work)
        stores = await catalog.stores(work)
    grants = [*_WIDE, *sorted(permission.value for permission in roles.permissions() if visit.principal.may(permission))]
    return page(request, "keys.html", visit, current=KEYS, keys=found, stores=stores, grants=grants, minted=minted)


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(KEYS.permission)]) -> Response:
    """Show the keys, the newest first, with when each was used last."""
    return await _show(request, visit)


@router.post("")
async def create(request: Request, visit: Manager) -> Response:
    """Make a key; its secret is in this answer and in no other."""
    given = frozenset(await forms.chosen(request, "permissions"))
    command = await forms.part(request, NewApiKey, permissions=given)
    made = await deeds.once(request, visit, MintedKey, lambda work: api_keys.create_key(work, command), is_secret=True)
    return await _show(request, visit, made)


@router.post("/{key_id}/revoke")
async def revoke(request: Request, visit: Manager, key_id: UUID) -> Response:
    """End a key at once, for a reason."""
    reason = (await forms.part(request, RevokeKey)).reason
    await deeds.once(request, visit, ApiKeyView, lambda work: api_keys.revoke_key(work, key_id, reason))
    return RedirectResponse(visit.at("keys"), 303)
