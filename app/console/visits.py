"""Visits: a request with the cookie of a sign-in, in the workspace that its path names.

The workspace stands in the path and nowhere else, so two of them can be open in two tabs and neither writes into the other.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.security import SecurityScopes

from app.console import forms, manners
from app.console.manners import Manners
from app.web.api.callers import From, needing, permission_named
from app.web.limits import Buckets
from core.access import Permission, Principal
from core.settings import Settings
from domain.accounts import browsers
from domain.accounts.browsers import Entered
from domain.accounts.entry import Person
from domain.accounts.errors import NotSignedIn, WorkspaceNotFound
from domain.accounts.schemas import WorkspaceView

_LASTING: Final = 400 * 24 * 3600
"""Seconds that a browser keeps a cookie at most; the server ends a sign-in much earlier."""

_PER_MINUTE: Final = 600
"""Requests of one person; whoever works by the keyboard opens a page a second, and each page asks for parts of others."""

LAST_WORKSPACE: Final = "nexova_workspace"
"""The cookie with the workspace that was open last, which is offered first."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in, before any workspace is chosen."""

    person: Person
    manners: Manners

    @property
    def form_token(self) -> str:
        """What the forms of the page carry."""
        return forms.token_for(self.person.sign_in_id)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in a workspace, with the rights that they have there."""

    visitor: Visitor
    principal: Principal
    workspace: WorkspaceView

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.visitor.person

    @property
    def manners(self) -> Manners:
        """How they want to be spoken to."""
        return self.visitor.manners

    def at(self, path: str) -> str:
        """The address of a page of this workspace."""
        return f"/console/@{self.workspace.slug}/{path}"


def _cookie(request: Request) -> str:
    """The name of the cookie. With https the prefix binds it to this host and this connection, whoever sets it."""
    settings: Settings = request.app.state.settings
    return "__Host-nexova" if settings.base_url.startswith("https://") else "nexova"


def secret_of(request: Request) -> str | None:
    """The secret that the browser carries, if any."""
    return request.cookies.get(_cookie(request))


def carry(request: Request, response: Response, secret: str) -> None:
    """Have the browser carry a sign-in."""
    is_https = request.app.state.settings.base_url.startswith("https://")
    response.set_cookie(_cookie(request), secret, max_age=_LASTING, path="/", secure=is_https, httponly=True, samesite="lax")


def forget(request: Request, response: Response) -> None:
    """Have the browser forget its sign-in."""
    is_https = request.app.state.settings.base_url.startswith("https://")
    response.delete_cookie(_cookie(request), path="/", secure=is_https, httponly=True, samesite="lax")


async def _enter(request: Request, slug: str | None) -> tuple[Visitor, Entered]:
    secret = secret_of(request)
    if secret is None:
        raise NotSignedIn
    entered = await browsers.enter(secret, slug)
    buckets: Buckets = request.app.state.buckets
    await buckets.require("console", str(entered.person.user_id), _PER_MINUTE)
    if request.method not in ("GET", "HEAD"):
        await forms.require_own(request)
        await forms.require_token(request, entered.person.sign_in_id)
    return Visitor(entered.person, manners.of(request)), entered


async def _visitor(request: Request) -> AsyncIterator[Visitor]:
    try:
        yield (await _enter(request, None))[0]
    finally:
        await request.close()


async def _visit(request: Request, needed: SecurityScopes, workspace: str, came_from: From) -> AsyncIterator[Visit]:
    try:
        visitor, entered = await _enter(request, workspace)
        if entered.principal is None or entered.workspace is None:
            raise WorkspaceNotFound
        principal = replace(entered.principal, origin=came_from)
        request.state.visit = visit = Visit(visitor, principal, entered.workspace)
        for permission in needed.scopes:
            principal.require(permission_named(permission))
        yield visit
    finally:
        await request.close()  # a form may have brought files, whatever became of it


async def again(request: Request, visit: Visit, permission: Permission) -> Visit:
    """The same visit as its rights are now, for what lasts longer than a request. Raises as `may` does."""
    entered = await browsers.enter(secret_of(request) or "", visit.workspace.slug)
    if entered.principal is None or entered.workspace is None:
        raise WorkspaceNotFound
    entered.principal.require(permission)
    return replace(visit, principal=replace(entered.principal, origin=visit.principal.origin))


SignedIn = Annotated[Visitor, Depends(_visitor)]
"""Somebody who is signed in, for pages that belong to no workspace. A write has shown its token."""


def may(permission: Permission) -> Any:
    """A visit of somebody who holds a permission; a write has shown its token.

    The service checks the permission as well; here it decides whether the page is shown at all.
    """
    return needing(_visit, permission)
