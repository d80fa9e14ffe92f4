"""Who calls: a token becomes a person, and with a workspace a principal that services check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from app.web.limits import Buckets
from core.access import Permission, Principal
from core.errors import Invalid
from core.origin import Origin
from core.settings import Settings
from domain.accounts import entry
from domain.accounts.entry import Person
from domain.accounts.errors import NotSignedIn


class WorkspaceMissing(Invalid):
    """The request does not say in which workspace it is meant."""

    code = "workspace_missing"


class WorkspacesDiffer(Invalid):
    """The path names one workspace and the header another."""

    code = "workspaces_differ"


_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An access token of a person, or a key of a program (`nxk_…`)."
)


_named: dict[str, Permission] = {}
"""The permissions that routes have named."""


def permission_named(name: str) -> Permission:
    """A permission that a route has named, by its name."""
    return _named[name]


async def _origin(request: Request) -> Origin:
    """From where a request comes."""
    return Origin.of(request.client.host if request.client else None, request.headers.get("user-agent"))


async def _token(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> str:
    # Of two headers a proxy may have looked at the one and we at the other.
    if credentials is None or len(request.headers.getlist("authorization")) > 1:
        raise NotSignedIn
    return credentials.credentials


async def _workspace(
    request: Request,
    named: Annotated[
        UUID | None, Header(alias="x-workspace-id", description="The workspace that is meant. A key knows its own.")
    ] = None,
) -> UUID | None:
    """The workspace that the path or the header names."""
    raw = request.path_params.get("workspace_id")
    if raw is None:
        return named
    try:
        in_path = UUID(str(raw))
    except ValueError:
        return named  # the path's own check tells what is wrong with it
    if named not in (None, in_path):
        raise WorkspacesDiffer
    return in_path


async def _count(request: Request, who: UUID | None) -> None:
    """Count a request of somebody, and tell with the answer what is left."""
    settings: Settings = request.app.state.settings
    buckets: Buckets = request.app.state.buckets
    await buckets.require("user", str(who), settings.api_requests_per_minute, request.scope)


async def _person(request: Request, token: Annotated[str, Depends(_token)]) -> Person:
    found = await entry.person(token)
    await _count(request, found.user_id)
    return found


async def _staff(
    request: Request,
    needed: SecurityScopes,
    token: Annotated[str, Depends(_token)],
    workspace_id: Annotated[UUID | None, Depends(_workspace)],
    came_from: Annotated[Origin, Depends(_origin)],
) -> Principal:
    if workspace_id is None and not token.startswith(f"{entry.KEY_PREFIX}_"):
        await entry.person(token)
        raise WorkspaceMissing
    principal = replace(await entry.staff(token, workspace_id), origin=came_from)
    await _count(request, principal.id)
    for permission in needed.scopes:
        principal.require(permission_named(permission))
    return principal


SignedIn = Annotated[Person, Depends(_person)]
"""A person, for routes that belong to no workspace."""

From = Annotated[Origin, Depends(_origin)]

Staff = Annotated[Principal, Depends(_staff)]
"""A principal whose permissions the route has named with `may`; alone it stands in other dependencies only."""


def may(permission: Permission) -> Any:
    """Name the permission that a route needs of its caller.

    The service checks it as well; here it stands in the documentation and in the table of rights.
    """
    return needing(_staff, permission)


def needing(dependency: Callable[..., Any], permission: Permission) -> Any:
    """A dependency on somebody who holds a permission, which stands in the document of the route."""
    _named[permission.value] = permission
    return Security(dependency, scopes=[permission.value])
