"""Settings: read from the environment, files and Vault, validated at start, named one by one in `.env.example`.

Some of them are read again while a process runs (`reload`); the others need a new start.
"""

import ipaddress
import os
import re
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core import secrets
from core.errors import CannotRun

_FILE = Path(".env")
_ENCODING = "utf-8-sig"


class Environment(StrEnum):
    """Where the process runs. The sandbox exists only outside production."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


RELOADED: Final = frozenset(
    {
        "log_level",
        "requests_per_minute",
        "api_requests_per_minute",
        "webhooks_per_minute",
        "sign_in_attempts_per_minute",
        "idempotency_hours",
        "spend_ceiling_usd",
        "burst_window_seconds",
        "calls_to_private_addresses",
    }
)
"""What may change while a process runs: how much it says, limits and switches."""


class _Secrets(PydanticBaseSettingsSource):
    """Settings that stand in files (`NAME_FILE`) and in Vault; a file goes first."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: all are found at once."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        """What is found, by the name of the setting."""
        keys = {str(field.validation_alias or name).upper(): name for name, field in self.settings_cls.model_fields.items()}
        found = secrets.from_files(keys, os.environ)
        address = os.environ.get("VAULT_ADDR")
        token = os.environ.get("VAULT_TOKEN") or found.get("VAULT_TOKEN", "")
        if address:
            path = os.environ.get("VAULT_PATH") or self.settings_cls.model_fields["vault_path"].default
            kept = secrets.from_vault([key for key in keys if not os.environ.get(key)], address, path, token)
            found = kept | found
        aliases = {key: str(self.settings_cls.model_fields[name].validation_alias or name) for key, name in keys.items()}
        return {aliases[key]: value for key, value in found.items()}


class Settings(BaseSettings):
    """Every setting of every process. Times are in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_file=_FILE, env_file_encoding=_ENCODING, extra="ignore", frozen=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is said first counts: the environment, files and Vault, and the file `.env`."""
        return init_settings, env_settings, _Secrets(settings_cls), dotenv_settings

    # Where things are
    environment: Environment = Field(Environment.DEVELOPMENT, validation_alias="NEXOVA_ENV")
    data_dir: Path = Field(Path(".nexova"), validation_alias="NEXOVA_DATA_DIR")
    host: str = Field("127.0.0.1", validation_alias="NEXOVA_HOST")
    port: int = Field(8000, validation_alias="NEXOVA_PORT", ge=1, le=65535)
    public_url: str | None = Field(None, validation_alias="NEXOVA_PUBLIC_URL")
    secret_keys: SecretStr | None = Field(None, validation_alias="NEXOVA_SECRET_KEYS")
    device_key: SecretStr = Field(SecretStr(""), validation_alias="NEXOVA_DEVICE_KEY")
    """The key with which `nexova edge` and `nexova simulate` send readings."""
    vault_addr: str | None = None
    vault_token: SecretStr | None = None
    vault_path: str = "secret/data/nexova"

    # Servers of your own; without them the embedded ones are started
    database_url: str | None = None
    redis_url: str | None = None
    database_pool_size: int = Field(20, ge=1)

    # The line
    infobip_base_url: str | None = None
    infobip_api_key: SecretStr | None = None

    # The mind
    llm_models: str = "lexical"
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    llm_max_tokens: int = Field(1024, ge=64)
    llm_timeout_seconds: float = Field(25, gt=0)
    llm_unknown_price_usd_per_million: float = Field(20.0, ge=0)
    llm_context_tokens: int = Field(24_000, ge=1_000)
    spend_ceiling_usd: float = Field(50.0, ge=0)
    breaker_failures: int = Field(3, ge=1)
    breaker_open_seconds: float = Field(30, gt=0)

    # People
    argon2_memory_kib: int = Field(19_456, ge=8)
    argon2_passes: int = Field(2, ge=1)
    argon2_lanes: int = Field(1, ge=1)
    access_token_minutes: float = Field(15, gt=0)
    refresh_token_days: float = Field(7, gt=0)
    signing_key_days: float = Field(30, gt=0)
    sign_in_attempts_per_minute: int = Field(5, ge=1)
    smtp_url: SecretStr | None = None
    mail_from: str = "Nexova <nexova@localhost>"

    # The API
    requests_per_minute: int = Field(1_000, ge=1)
    api_requests_per_minute: int = Field(100, ge=1)
    webhooks_per_minute: int = Field(60_000, ge=1)
    trusted_proxies: str = ""
    cors_origin: str = "http://localhost:5173"
    request_seconds: float = Field(30, gt=0)
    request_body_limit: int = Field(1_048_576, ge=1024)
    idempotency_hours: float = Field(24, gt=0)
    calls_to_private_addresses: bool = False
    erp_networks: str = ""

    # Ways of deliveries: by a service of maps that speaks OSRM's HTTP, if one is named; where none answers, streets are so
    # much longer than the straight line, and driven so fast
    route_map_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    route_detour: float = Field(1.35, ge=1, le=10)
    route_speed_kmh: float = Field(22, gt=0, le=200)

    # Times that the promises rest on
    burst_window_seconds: float = Field(4.0, ge=0)
    session_timeout_minutes: float = Field(30, gt=0)
    turn_budget_seconds: float = Field(60, gt=0)
    tool_timeout_seconds: float = Field(30, gt=0)
    lease_seconds: float = Field(10, gt=0)
    sweep_seconds: float = Field(2, gt=0)
    outbox_poll_seconds: float = Field(5, gt=0)
    delivery_unknown_seconds: float = Field(30, gt=0)
    unpaid_order_hours: float = Field(48, gt=0)

    # The processes
    worker_processes: int = Field(2, ge=1, le=64)
    worker_threads: int = Field(256, ge=1)
    log_level: str = "INFO"
    log_format: str = Field("auto", pattern="^(auto|json|console)$")
    otel_exporter_otlp_endpoint: str | None = None

    @model_validator(mode="after")
    def _production_needs_its_own_servers(self) -> "Settings":
        if self.environment is Environment.PRODUCTION:
            missing = [
                name
                for name, value in (
                    ("DATABASE_URL", self.database_url),
                    ("REDIS_URL", self.redis_url),
                    ("NEXOVA_SECRET_KEYS", self.secret_keys),
                )
                if not value
            ]
            if missing:
                raise ValueError(f"NEXOVA_ENV=production needs {', '.join(missing)}")
            if self.calls_to_private_addresses:
                raise ValueError("NEXOVA_ENV=production calls no private addresses: CALLS_TO_PRIVATE_ADDRESSES")
        return self

    @field_validator("cors_origin")
    @classmethod
    def _origins_are_named(cls, said: str) -> str:
        for origin in _listed(said):
            if not re.fullmatch(r"https?://[^\s/*?#@]+", origin):
                raise ValueError("must be origins such as https://shop.example.com, separated by commas, without * or a path")
        return said

    @field_validator("trusted_proxies", "erp_networks")
    @classmethod
    def _are_networks(cls, said: str) -> str:
        for proxy in _listed(said):
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None
        return said

    @property
    def cors_origins(self) -> list[str]:
        """The origins whose pages may call the API in a browser."""
        return _listed(self.cors_origin)

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks whose word for the caller's address is taken."""
        return _listed(self.trusted_proxies)

    @property
    def sandbox_enabled(self) -> bool:
        """Whether the simulated Infobip and the phone page exist in this process."""
        return self.infobip_base_url is None and self.environment is not Environment.PRODUCTION

    @property
    def mailbox_enabled(self) -> bool:
        """Whether mail is kept in the data folder, where the mailbox page shows it, because no server takes it."""
        return self.smtp_url is None and self.environment is not Environment.PRODUCTION

    @property
    def base_url(self) -> str:
        """The address under which this installation is reached, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def model_chain(self) -> tuple[str, ...]:
        """The models in the order in which they are tried."""
        return tuple(_listed(self.llm_models))


def _listed(said: str) -> list[str]:
    return [part.strip() for part in said.split(",") if part.strip()]


class SettingsWrong(CannotRun):
    """The environment, or the file `.env`, does not say what it must."""


def _refuse_other_encodings(file: Path) -> None:
    """Raise SettingsWrong for a file of settings in another encoding, in which all of them could be overlooked."""
    if not file.is_file():
        return
    try:
        readable = "\0" not in file.read_text(_ENCODING)
    except UnicodeDecodeError:
        readable = False
    if not readable:
        raise SettingsWrong(f"{file.absolute()} is not written in UTF-8. Save it again in that encoding.")


@lru_cache
def get_settings() -> Settings:
    """The settings of this process; raises SettingsWrong, which names what is wrong and never a value."""
    return _read()


def reload() -> list[str]:
    """Read the settings again and take over those that may change meanwhile; their names. Raises SettingsWrong, SecretAway.

    Whoever holds the settings of this process sees it: they stay the same object.
    """
    current, fresh = get_settings(), _read()
    changed = sorted(name for name in RELOADED if getattr(current, name) != getattr(fresh, name))
    current.__dict__.update({name: getattr(fresh, name) for name in changed})
    return changed


def _read() -> Settings:
    _refuse_other_encodings(_FILE)
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))} {item['msg']}".strip() for item in error.errors())
        raise SettingsWrong(f"the settings are not right: {problems}. Every variable is explained in .env.example.") from error
