"""Refusals: how an expected error looks in the console. Whoever is not signed in is asked to, and comes back."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from app.console import manners
from app.console.rendering import page
from app.console.visits import Visit
from core import messages, observability
from core.errors import DomainError
from domain.accounts.errors import NotSignedIn

FRAGMENT = "x-fragment"
"""The header of requests by the scripts of a page, which put the answer into it."""


def is_ours(request: Request) -> bool:
    """Whether an error is to be told as a page of the console."""
    return request.url.path.startswith(("/console", "/account/", "/route/"))


def said(error: DomainError, language: str) -> str:
    """An error in words."""
    try:
        return messages.refusal(error, language)
    except messages.MessageMissing:
        return messages.text("error.error", language)


def render(request: Request, error: DomainError, status: int) -> Response:
    """A page that tells of an error, or a notice where a script has asked."""
    is_fragment = FRAGMENT in request.headers
    if isinstance(error, NotSignedIn) and not is_fragment:
        where = request.url.path if request.method == "GET" else "/console"
        return RedirectResponse(f"/console/login?next={quote(where)}", 303)
    visit: Visit | None = getattr(request.state, "visit", None)
    language = manners.of(request).language
    return page(
        request,
        "_refusal.html" if is_fragment else "refusal.html",
        visit,
        status=status,
        said=said(error, language),
        code=error.code,
        number=status,
        request_id=observability.correlation_id(),
    )
