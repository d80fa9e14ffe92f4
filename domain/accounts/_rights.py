"""What may be given away: nobody hands on a right that is not their own."""

from collections.abc import Collection, Iterable
from uuid import UUID

from core.access import covers
from core.errors import Invalid
from core.work import Work
from domain.accounts import roles
from domain.accounts.errors import BeyondOwnRights, BeyondOwnStores


class PermissionUnknown(Invalid):
    """No permission has this name, and no wildcard stands for it."""

    code = "permission_unknown"


def require_known(names: Iterable[str]) -> None:
    """Raise PermissionUnknown for a name that stands for nothing."""
    for name in names:
        if not roles.is_known(name):
            raise PermissionUnknown(permission=name)


def require_own(work: Work, granted: frozenset[str]) -> None:
    """Raise BeyondOwnRights if something would be granted that whoever grants it lacks."""
    for permission in roles.permissions():
        if covers(granted, permission) and not work.principal.may(permission):
            raise BeyondOwnRights(permission=permission.value)


def require_own_stores(work: Work, store_ids: Collection[UUID] | None) -> None:
    """Raise BeyondOwnStores if some stores, or all of them for None, are more than whoever acts works in."""
    own = work.principal.stores
    if own is not None and (store_ids is None or not own.issuperset(store_ids)):
        raise BeyondOwnStores
