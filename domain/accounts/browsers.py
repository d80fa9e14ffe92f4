"""Browsers: a sign-in that a cookie carries in the place of tokens, asked of the database with every request.

The secret is made here at each sign-in and never taken from a request, so nobody can have somebody sign in under a secret
that they know. It ends as every sign-in does: one by one, all at once, and with a new password.
"""

from dataclasses import dataclass
from datetime import timedelta

from core.access import Principal
from core.settings import get_settings
from core.work import open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _tokens as tokens
from domain.accounts.entry import Person, admitted
from domain.accounts.errors import NotSignedIn, RefreshRefused
from domain.accounts.identity_schemas import TokenPair
from domain.accounts.schemas import WorkspaceView
from domain.accounts.service import view_of

PREFIX = "nxb"
TOUCHED_AFTER = timedelta(minutes=5)
"""A visit prolongs its sign-in, though no more often than this."""


async def keep(pair: TokenPair) -> str:
    """Have a fresh sign-in carried by a cookie: the secret for it. The refresh token of the pair is gone after that.

    Raises RefreshRefused.
    """
    secret = tokens.mint(PREFIX)
    async with open_identity_work() as work:
        found = await repository.lock_refresh(work, tokens.digest(pair.refresh_token))
        if found is None or found[1].ended_at is not None:
            raise RefreshRefused
        token, sign_in, _ = found
        sign_in.browser_digest = tokens.digest(secret)
        await work.session.delete(token)
    return secret


@dataclass(frozen=True, slots=True)
class Entered:
    """Who visits, and the workspace that was named with what they may do there; None where they do not work there."""

    person: Person
    principal: Principal | None
    workspace: WorkspaceView | None


async def enter(secret: str, slug: str | None) -> Entered:
    """Whose cookie this is, and what they may do in the workspace of this slug. Raises NotSignedIn."""
    async with open_identity_work() as work:
        found = await repository.entry_of_browser(work, tokens.digest(secret), slug)
        if found is None or found.sign_in.expires_at <= work.time:
            raise NotSignedIn
        if found.sign_in.last_used_at < work.time - TOUCHED_AFTER:
            found.sign_in.last_used_at = work.time
            found.sign_in.expires_at = work.time + timedelta(days=get_settings().refresh_token_days)
        person, principal = admitted(found, work.time)
        row = None if principal is None else found.workspace
        return Entered(person, principal, None if row is None else view_of(row))
