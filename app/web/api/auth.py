"""Signing in and out, and one's own account."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from app.web.api.callers import From, SignedIn
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.limits import Buckets, network_of
from core import messages
from core.origin import Origin
from core.settings import Settings
from domain.accounts import people, registration, second_factor, sign_ins, signing
from domain.accounts.identity_schemas import ProfileView, SecondFactorOffer, SignInView, TokenPair
from domain.accounts.schemas import Email as AnyEmail

router = noun("auth")

Email = Annotated[AnyEmail, StringConstraints(strip_whitespace=True, to_lower=True)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=200)]
AnyPassword = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PartOfName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
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


class Register(Body):
    """A new account."""

    email: Email
    password: Password
    first_name: PartOfName = Field(validation_alias=AliasChoices("first_name", "firstName"))  # type: ignore[pydantic-alias]  # both names are taken
    last_name: PartOfName = Field(validation_alias=AliasChoices("last_name", "lastName"))  # type: ignore[pydantic-alias]  # both names are taken


class Confirm(Body):
    """The token of a link, and the password that was chosen."""

    token: Secret
    password: AnyPassword


class Forgot(Body):
    """The address of an account."""

    email: Email


class Reset(Body):
    """The token of a link, and a new password."""

    token: Secret
    password: Password


class Invitation(Body):
    """The token of an invitation, and a password for whoever has no account yet."""

    token: Secret
    password: Password | None = None


class InvitationAccepted(BaseModel):
    """That one works in the workspace now; tokens for whoever has chosen a password with it."""

    tokens: TokenPair | None


class ChangePassword(Body):
    """The password that counts, and a new one."""

    password: AnyPassword
    new_password: Password


class Accepted(BaseModel):
    """What is said whether or not the address is known."""

    status: Literal["accepted"] = "accepted"


class Proof(Body):
    """One's password, for what must not be done by whoever finds an open screen."""

    password: AnyPassword


class Code(Body):
    """A code of the authenticator."""

    code: Annotated[str, StringConstraints(min_length=6, max_length=40)]


class ProofWithCode(Proof, Code):
    """One's password and a code of the authenticator, or a recovery code."""


class RecoveryCodes(BaseModel):
    """Codes for when the authenticator is lost; they are shown this once."""

    recovery_codes: list[str]


async def _language(accepted: Annotated[str | None, Header(alias="accept-language")] = None) -> str:
    return messages.choose_language(accepted)


Language = Annotated[str, Depends(_language)]


async def count_try(request: Request, policy: str, came_from: Origin, account: str | None = None) -> None:
    """Count a try to get in, per address of the network and per account; while it cannot be counted, nobody gets in."""
    buckets: Buckets = request.app.state.buckets
    settings: Settings = request.app.state.settings
    most = settings.sign_in_attempts_per_minute
    await buckets.require_counted(policy, f"ip:{network_of(came_from.ip)}", most)
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


@router.post("/auth/register", status_code=202)
async def register(request: Request, body: Register, came_from: From, language: Language) -> Accepted:
    """Ask for an account. A mail with a link follows, or with word that the address has one; the answer is the same."""
    await count_try(request, "register", came_from, body.email)
    await registration.register(body.email, f"{body.first_name} {body.last_name}", body.password, language)
    return Accepted()


@router.post("/auth/confirm")
async def confirm(request: Request, body: Confirm, came_from: From) -> TokenPair:
    """Open the link of a registration with the password that was chosen, and be signed in."""
    await count_try(request, "confirm", came_from)
    return await registration.confirm(body.token, body.password, came_from)


@router.post("/auth/forgot-password", status_code=202)
async def forgot_password(request: Request, body: Forgot, came_from: From, language: Language) -> Accepted:
    """Have a link sent with which a new password can be chosen; the answer is the same for every address."""
    await count_try(request, "forgot", came_from, body.email)
    await registration.ask_to_reset(body.email, language)
    return Accepted()


@router.post("/auth/reset-password", status_code=204)
async def reset_password(request: Request, body: Reset, came_from: From, language: Language) -> None:
    """Choose a new password with a link that was mailed; all sessions end."""
    await count_try(request, "reset", came_from)
    await registration.reset_password(body.token, body.password, came_from, language)


@router.post("/auth/accept-invitation")
async def accept_invitation(request: Request, body: Invitation, came_from: From) -> InvitationAccepted:
    """Take an invitation up."""
    await count_try(request, "invitation", came_from)
    return InvitationAccepted(tokens=await registration.accept_invitation(body.token, body.password, came_from))


@router.post("/auth/password", status_code=204)
async def change_password(
    request: Request, person: SignedIn, body: ChangePassword, came_from: From, language: Language
) -> None:
    """Choose a new password knowing the old one; all sessions end."""
    await count_try(request, "password", came_from, person.email)
    await registration.change_password(person.user_id, body.password, body.new_password, came_from, language)


@router.post("/auth/second-factor")
async def offer_second_factor(request: Request, person: SignedIn, body: Proof, came_from: From) -> SecondFactorOffer:
    """Make a secret for an authenticator; it counts once it is confirmed with a code."""
    await count_try(request, "password", came_from, person.email)
    return await second_factor.offer(person.user_id, body.password)


@router.post("/auth/second-factor/confirm")
async def confirm_second_factor(request: Request, person: SignedIn, body: Code, came_from: From) -> RecoveryCodes:
    """Turn the second factor on with a first code."""
    await count_try(request, "password", came_from, person.email)
    return RecoveryCodes(recovery_codes=await second_factor.confirm(person.user_id, body.code, came_from))


@router.post("/auth/second-factor/remove", status_code=204)
async def remove_second_factor(request: Request, person: SignedIn, body: ProofWithCode, came_from: From) -> None:
    """Turn the second factor off."""
    await count_try(request, "password", came_from, person.email)
    await second_factor.remove(person.user_id, body.password, body.code, came_from)
