"""Signing in and out, and one's own account."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.web.api.callers import From, SignedIn
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.limits import Buckets
from core.settings import Settings
from domain.accounts import people, sign_ins, signing
from domain.accounts.origin import Origin
from domain.accounts.schemas import ProfileView, SignInView, TokenPair

router = noun("auth")

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"),
]
Password = Annotated[str, StringConstraints(min_length=8, max_length=200)]
AnyPassword = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class Body(BaseModel):
    """A body in which nothing is overlooked."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Login(Body):
    """An address with its password, and a code where the account has a second factor."""

    email: Email
    password: AnyPassword
    code: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None, description="Of the authenticator, or a recovery code."
    )


class RefreshBody(Body):
    """The refresh token that was given last."""

    refresh_token: Secret


async def count_try(request: Request, policy: str, came_from: Origin, account: str | None = None) -> None:
    """Count a try to get in, per address of the network and per account; while it cannot be counted, nobody gets in."""
    buckets: Buckets = request.app.state.buckets
    settings: Settings = request.app.state.settings
    most = settings.sign_in_attempts_per_minute
    await buckets.require_counted(policy, f"ip:{came_from.ip}", most)
    if account is not None:
        await buckets.require_counted(policy, f"account:{sign_ins.fingerprint(account)}", most)


@router.post("/auth/login")
async def login(request: Request, body: Login, came_from: From) -> TokenPair:
    """Sign in with address and password."""
    await count_try(request, "login", came_from, body.email)
    return await sign_ins.sign_in(body.email, body.password, came_from, body.code)


@router.post("/auth/refresh")
async def refresh(request: Request, body: RefreshBody, came_from: From) -> TokenPair:
    """Exchange a refresh token for a new pair. Each one counts once; used again it ends the whole sign-in."""
    await count_try(request, "refresh", came_from)
    return await sign_ins.refresh(body.refresh_token, came_from)


@router.post("/auth/logout", status_code=204)
async def logout(body: RefreshBody, came_from: From) -> None:
    """End the sign-in of a refresh token."""
    await sign_ins.sign_out(body.refresh_token, came_from)


@router.post("/auth/logout-everywhere", status_code=204)
async def logout_everywhere(person: SignedIn, came_from: From) -> None:
    """End all one's sign-ins, this one too."""
    await sign_ins.sign_out_everywhere(person.user_id, came_from)


@router.get("/auth/me")
async def me(person: SignedIn) -> ProfileView:
    """Show one's account, and the workspaces in which one works."""
    return await people.profile(person.user_id)


@router.get("/auth/sessions")
async def sessions(person: SignedIn) -> Page[SignInView]:
    """List where one is signed in, the newest first."""
    found = await sign_ins.list_sign_ins(person.user_id, person.sign_in_id)
    return Page(data=found, has_more=False, next_cursor=None)


@router.delete("/auth/sessions/{session_id}", status_code=204)
async def end_session(person: SignedIn, session_id: UUID, came_from: From) -> None:
    """End one of one's sign-ins."""
    await sign_ins.end_sign_in(person.user_id, session_id, came_from)


@router.get("/auth/jwks")
async def jwks() -> dict[str, Any]:
    """The public keys with which access tokens are checked."""
    return await signing.published()
