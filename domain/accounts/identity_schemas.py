"""What a person sees of who they are: their account, where they work, their devices, and what a sign-in gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class TokenPair(BaseModel):
    """What a sign-in gives: a token for requests, and one with which the next pair is fetched, once."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the name of a kind of token
    expires_in: int = Field(description="Seconds until the access token expires.")


class SignInView(BaseModel):
    """A device on which a person is signed in."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    ip: str | None
    agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


class Belonging(BaseModel):
    """A workspace in which a person works, and as what."""

    model_config = ConfigDict(frozen=True)

    id: UUID = Field(description="Of the workspace.")
    slug: str
    name: str
    role: str
    permissions: list[str]
    store_ids: list[UUID] | None = Field(description="The stores that the person works in, null for all.")


class ProfileView(BaseModel):
    """A person as they see themselves."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    email: str
    name: str
    email_verified: bool
    second_factor: bool
    recovery_codes_left: int
    workspaces: list[Belonging]


class SecondFactorOffer(BaseModel):
    """A secret for an authenticator, also as an address that a phone can scan."""

    model_config = ConfigDict(frozen=True)

    secret: str
    uri: str
