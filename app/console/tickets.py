"""Tickets: what the first step of a sign-in has said, sealed, while a code is fetched from the authenticator."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel

from core import vault
from core.clock import process_now
from domain.accounts.errors import NotSignedIn

LASTS: Final = timedelta(minutes=5)


class Credentials(BaseModel):
    """Address and password, which were right when they were given."""

    email: str
    password: str


def seal(credentials: Credentials) -> str:
    """A ticket that only we can read."""
    return vault.seal({**credentials.model_dump(), "at": process_now().isoformat()}).decode()


def unseal(ticket: str) -> Credentials:
    """What a ticket says; raises NotSignedIn for one that is forged or old."""
    try:
        said = vault.unseal(ticket.encode())
    except (vault.VaultLocked, ValueError) as error:
        raise NotSignedIn from error
    if datetime.fromisoformat(said["at"]) < process_now() - LASTS:
        raise NotSignedIn
    return Credentials(email=said["email"], password=said["password"])
