"""Keys with which programs work in a workspace."""

from typing import Annotated
from uuid import UUID

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import OperationsPermission, Principal
from core.work import open_work
from domain.accounts import api_keys
from domain.accounts.schemas import ApiKeyView, MintedKey, NewApiKey, RevokeKey

router = noun("api_keys")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]


@router.get("/workspaces/{workspace_id}/api-keys")
async def list_(caller: Reader, workspace_id: UUID) -> Page[ApiKeyView]:
    """List the keys of a workspace, the newest first, with when each was used last."""
    async with open_work(caller) as work:
        return Page(data=await api_keys.list_keys(work), has_more=False, next_cursor=None)


@router.post("/workspaces/{workspace_id}/api-keys", status_code=201)
async def create(write: Writer, workspace_id: UUID, body: NewApiKey) -> MintedKey:
    """Make a key; its secret is shown this once."""
    return await write.once(MintedKey, lambda work: api_keys.create_key(work, body), is_secret=True)


@router.post("/workspaces/{workspace_id}/api-keys/{key_id}/revoke")
async def revoke(write: Writer, workspace_id: UUID, key_id: UUID, body: RevokeKey) -> ApiKeyView:
    """End a key at once, for a reason."""
    return await write.once(ApiKeyView, lambda work: api_keys.revoke_key(work, key_id, body.reason))
