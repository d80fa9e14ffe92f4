"""Keys with which programs work in a workspace: shown once, kept as digests, limited in rights, stores and time."""

from uuid import UUID

from core import events
from core.access import AmountBeyondLimit, OperationsPermission, PrincipalKind
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import _rights as rights
from domain.accounts import _tokens as tokens
from domain.accounts import repository
from domain.accounts.entry import KEY_PREFIX
from domain.accounts.errors import ApiKeyNotFound
from domain.accounts.models import ApiKey
from domain.accounts.schemas import ApiKeyView, MintedKey, NewApiKey


def _fields(row: ApiKey) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "hint": row.hint,
        "permissions": list(row.permissions),
        "store_id": row.store_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }


async def list_keys(work: Work) -> list[ApiKeyView]:
    """All keys of the workspace, the newest first."""
    work.require(OperationsPermission.MANAGE)
    return [ApiKeyView.model_validate(_fields(row)) for row in await repository.api_keys(work)]


def _only(store_id: UUID | None) -> list[UUID] | None:
    """The stores of a key: one, or None for all."""
    return None if store_id is None else [store_id]


async def _maker(work: Work) -> UUID | None:
    """The person behind a new key; what a key makes is its own maker's."""
    if work.principal.kind is PrincipalKind.USER:
        return work.principal.id
    if work.principal.kind is PrincipalKind.API_KEY and work.principal.id is not None:
        return (await work.session.get_one(ApiKey, (work.workspace_id, work.principal.id))).created_by
    return None


async def create_key(work: Work, command: NewApiKey) -> MintedKey:
    """Make a key; its secret is in the answer and nowhere else. Raises PermissionUnknown and BeyondOwnRights."""
    work.require(OperationsPermission.MANAGE)
    rights.require_known(command.permissions)
    rights.require_own(work, frozenset(command.permissions))
    rights.require_own_stores(work, _only(command.store_id))
    if work.principal.amount_limit is not None:  # a key has no limit, so whoever has one gives none away
        raise AmountBeyondLimit(limit=work.principal.amount_limit)
    secret = tokens.mint(f"{KEY_PREFIX}_{work.workspace_id.hex}")
    row = ApiKey(
        workspace_id=work.workspace_id,
        id=new_id(),
        name=command.name,
        hint=secret[-4:],
        digest=tokens.digest(secret),
        permissions=sorted(command.permissions),
        store_id=command.store_id,
        created_by=await _maker(work),
        created_at=work.system_time,
        expires_at=command.expires_at,
    )
    work.session.add(row)
    await work.session.flush()
    after = {"name": row.name, "permissions": row.permissions, "store_id": row.store_id}
    events.record(work, EventType.API_KEY_CREATED, subject=row.id, after=after)
    return MintedKey.model_validate({**_fields(row), "key": secret})


async def revoke_key(work: Work, key_id: UUID, reason: str) -> ApiKeyView:
    """End a key at once; one that has ended stays as it is. Raises ApiKeyNotFound."""
    work.require(OperationsPermission.MANAGE)
    row = await work.session.get(ApiKey, (work.workspace_id, key_id), with_for_update={"key_share": True})
    if row is None:
        raise ApiKeyNotFound
    rights.require_own_stores(work, _only(row.store_id))
    if row.revoked_at is None:
        row.revoked_at = work.system_time
        events.record(work, EventType.API_KEY_REVOKED, subject=row.id, before={"name": row.name}, reason=reason)
        await work.session.flush()
    return ApiKeyView.model_validate(_fields(row))
