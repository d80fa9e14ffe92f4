"""What the rest of the house sees of connections."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from domain.connections.medium import CARRIED, TRAITS, Medium, Provider, Traits
from domain.connections.templates import MOST as MOST_TEMPLATES
from domain.connections.templates import ApprovedTemplate, TemplatePrices


class WebhookAuthentication(BaseModel):
    """How webhooks of a connection prove that they come from the provider.

    `token` is expected in the URL's query (`?token=`); `basic` and `header` as the provider sends them; `hmac` is
    computed over the raw body. `none` has to be said explicitly.
    """

    model_config = ConfigDict(frozen=True)

    method: Literal["token", "basic", "header", "hmac", "none"]
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    header: str | None = None
    secret: SecretStr | None = None
    algorithm: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "WebhookAuthentication":
        needed = {
            "token": ("token",),
            "basic": ("username", "password"),
            "header": ("header", "secret"),
            "hmac": ("header", "secret"),
            "none": (),
        }[self.method]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"webhook authentication {self.method!r} needs {', '.join(missing)}")
        return self


class Credentials(BaseModel):
    """The secrets of a connection, opened.

    Of a web chat `api_key` is what the shop's server signs identities with, and `former_key` the one before, which is still
    taken while the shop changes over.
    """

    model_config = ConfigDict(frozen=True)

    api_key: SecretStr
    webhook: WebhookAuthentication
    former_key: SecretStr | None = None


Origin = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^https?://[^\s/*?#@]+$", max_length=200)
]
"""Where a page is from, as browsers say it: scheme, host and port, without a path."""


class ConnectionSettings(BaseModel):
    """What a shop may choose per connection."""

    model_config = ConfigDict(frozen=True)

    window_template: str | None = Field(
        None, description="Approved template that asks a customer to write again once the medium's answer window is closed."
    )
    staff_template: str | None = Field(
        None, description="Approved template with one place, in which members of the staff are told something."
    )
    template_language: str = "es"
    templates: Annotated[tuple[ApprovedTemplate, ...], Field(max_length=MOST_TEMPLATES)] = Field(
        (), description="Approved templates from which staff choose outside the answer window, as the provider told them last."
    )
    template_prices: TemplatePrices = Field(TemplatePrices(), description="What a template costs, shown before it is sent.")
    catalog_id: str | None = Field(None, description="The WhatsApp catalogue of this sender, if it has one.")
    store: str | None = Field(None, description="Code of the store that this sender sells from; else the workspace's default.")
    code_template: str | None = Field(
        None, description="Approved template with one place, by which a customer gets the code that proves their telephone."
    )
    origins: Annotated[tuple[Origin, ...], Field(max_length=20)] = Field(
        (), description="Of a web chat: the origins of the pages on which it may stand."
    )
    greeting: str | None = Field(None, max_length=300, description="Of a web chat: what it says before anybody has written.")
    consent: str | None = Field(
        None,
        max_length=600,
        description="Of a web chat: what a visitor agrees to before they write; without it nothing is asked.",
    )
    consent_url: str | None = Field(
        None, max_length=500, pattern=r"^https?://[^\s]+$", description="Of a web chat: the page that tells more of it."
    )


class ConnectionSummary(BaseModel):
    """A connection without its secrets. `address` is the shop's own on the medium."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    workspace_id: UUID
    slug: str
    medium: Medium
    provider: Provider
    name: str
    address: str
    base_url: str | None
    is_active: bool

    @property
    def traits(self) -> Traits:
        """What its medium can do."""
        return TRAITS[self.medium]


class ConnectionDetails(ConnectionSummary):
    """A connection as staff see it: what they have chosen, and how its webhooks prove themselves, without a secret."""

    settings: ConnectionSettings
    webhook_method: str
    version: int


class LineCheck(BaseModel):
    """Whether a line can be used, as its provider said just now; `code` is `ok`, `key_refused`, `sender_unknown`,
    `unreachable`, `provider_absent` or `unclear`.
    """

    is_usable: bool
    code: str
    http_status: int | None = None


class ConnectionView(ConnectionSummary):
    """A connection with its secrets opened, for the channel; never logged, never shown."""

    credentials: Credentials
    settings: ConnectionSettings


class NewConnection(BaseModel):
    """A connection to be created."""

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,98}$")
    medium: Medium
    provider: Provider
    name: str = Field(min_length=1, max_length=255)
    address: str = Field(min_length=1, max_length=24)
    base_url: str | None = None
    credentials: Credentials
    settings: ConnectionSettings = ConnectionSettings()

    model_config = ConfigDict(extra="forbid")

    @field_validator("address", mode="before")
    @classmethod
    def _one_spelling(cls, address: object) -> object:
        """A number is kept without its plus: the shop's address is compared between providers."""
        return address.strip().removeprefix("+") if isinstance(address, str) else address

    @model_validator(mode="after")
    def _is_carried(self) -> "NewConnection":
        if self.medium not in CARRIED[self.provider]:
            raise ValueError(f"{self.provider} does not carry {self.medium}")
        return self


class ChangeConnection(BaseModel):
    """A partial change of a connection; credentials are not changed but rotated."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", min_length=1, max_length=255)
    base_url: str | None = Field(None, pattern=r"^https?://[^\s/]+", max_length=500)
    settings: ConnectionSettings = ConnectionSettings()
    is_active: bool = True


def revealed(model: BaseModel) -> dict[str, Any]:
    """A model's content with its secrets in clear, for the vault only."""

    def plain(value: Any) -> Any:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, BaseModel):
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        return value

    content: dict[str, Any] = plain(model)
    return content


class NewWebChat(BaseModel):
    """A web chat to be opened on pages of the shop."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,98}$")
    name: str = Field(min_length=1, max_length=255)
    origins: Annotated[tuple[Origin, ...], Field(max_length=20)] = ()
    greeting: str | None = Field(None, max_length=300)
    consent: str | None = Field(None, max_length=600)
    consent_url: str | None = Field(None, max_length=500, pattern=r"^https?://[^\s]+$")
    store: str | None = Field(None, max_length=50)


class RenewSecret(BaseModel):
    """Another secret for signing identities; `keep_former` lets the one before count until the next renewal."""

    model_config = ConfigDict(extra="forbid")

    keep_former: bool = Field(True, description="False where the secret has leaked: what it signed counts no more.")


class WebChatSecret(BaseModel):
    """A web chat and the secret with which the shop's server signs identities, which is shown this once."""

    connection: ConnectionDetails
    identity_secret: str
