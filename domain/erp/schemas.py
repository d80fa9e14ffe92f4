"""What other rooms see of the ERP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from core.access import Principal
from domain.catalog.kinds import PriceKind
from domain.erp.kinds import JobType, Preset, RowStatus, Shared, Side, SyncStatus
from domain.erp.port import Access
from domain.erp.records import Cursor

Warehouse = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
PriceList = Annotated[int, Field(ge=1, le=10**9)]
Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=10_000, pattern=r"(?i)^select\s")]

RIGHT: Final[Mapping[Shared, Side]] = {
    field: Side.ERP
    if field in {Shared.PRICE, Shared.WHOLESALE_PRICE, Shared.COST, Shared.BARCODE, Shared.STOCK, Shared.CREDIT_LIMIT}
    else Side.HOUSE
    for field in Shared
}
"""Who is right where nothing was said: the ERP about money and stock, the house about how things are called."""


class ErpSettings(BaseModel):
    """What a shop chooses about its ERP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    charset: str = Field("WIN1252", pattern=r"^[A-Z0-9_]{3,20}$", description="The character set of the connection.")
    company: str = Field("01", pattern=r"^[0-9]{2}$", description="Of Aspel: the number of the company in the names of tables.")
    lists: dict[PriceKind, PriceList] = Field(
        {}, description="The number of the ERP's price list that each price is. Without one, retail is the first list."
    )
    types: tuple[JobType, ...] = Field(tuple(JobType), min_length=1, description="What is read.")
    stores: Annotated[dict[Warehouse, UUID], Field(max_length=200)] = Field(
        {}, description="The store that each warehouse is. What lies in others is kept and not booked."
    )
    right: dict[Shared, Side] = Field({}, description="Who is right about a field that both have changed, if not as usual.")
    adds_products: bool = Field(False, description="Whether products that are lacking are made; else they wait, unmatched.")
    adds_customers: bool = Field(False, description="Whether customers that are lacking are made; else they wait, unmatched.")
    queries: dict[JobType, Query] = Field({}, description="Queries of this shop's own, in place of the usual ones.")

    def right_about(self, field: Shared) -> Side:
        """Who is right about a field."""
        return self.right.get(field, RIGHT[field])


class NewErpConnection(BaseModel):
    """An ERP to be read."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=100)
    preset: Preset
    host: str = Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._:-]+$")
    port: int = Field(3050, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=500, description="Path or alias, as the server knows it.")
    username: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=200)
    settings: ErpSettings = ErpSettings()
    every_minutes: int = Field(60, ge=5, le=7 * 24 * 60)


class ChangeErpConnection(BaseModel):
    """What is to change; what is not named stays. Settings are given whole."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field("", min_length=1, max_length=100)
    host: str = Field("", min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._:-]+$")
    port: int = Field(3050, ge=1, le=65535)
    database: str = Field("", min_length=1, max_length=500)
    username: str = Field("", min_length=1, max_length=100)
    password: SecretStr = Field(SecretStr(""), min_length=1, max_length=200)
    settings: ErpSettings = ErpSettings()
    every_minutes: int = Field(60, ge=5, le=7 * 24 * 60)
    is_active: bool = True


class ErpConnectionView(BaseModel):
    """An ERP, without its password."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    name: str
    preset: Preset
    host: str
    port: int
    database: str
    username: str
    settings: ErpSettings
    every_minutes: int
    is_active: bool
    due_at: datetime
    synced_at: datetime | None
    version: int


class SyncError(BaseModel):
    """Why one record was not taken: its key in the ERP, a stable code, and the field if it is of one."""

    key: str
    code: str
    field: str | None = None


class SyncDetails(BaseModel):
    """What else there is to say of a run: fields in conflict, records that are gone, and what kept it from going on."""

    model_config = ConfigDict(frozen=True)

    conflicts: int = 0
    gone: int = 0
    gone_refused: int = Field(0, description="So many seemed gone that the query is doubted, and none was marked.")
    failures: int = Field(0, description="How often the ERP was away.")
    error: str | None = Field(None, description="A stable code: why the run ended, or why it waits.")
    said: str | None = Field(None, description="The ERP's own words about it.")


class SyncJobView(BaseModel):
    """One run over one kind of record."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    connection_id: UUID
    job_type: JobType
    entity_type: str
    status: SyncStatus
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float | None
    records_synced: int
    records_failed: int
    records_skipped: int
    last_sync_timestamp: datetime | None = Field(description="The newest change of the ERP's that was seen.")
    error_log: list[SyncError] = Field(description="At most two hundred; `records_failed` counts all.")
    details: SyncDetails
    is_full: bool
    attempts: int
    next_try_at: datetime
    created_at: datetime


class SyncRequest(BaseModel):
    """What is to be read now."""

    model_config = ConfigDict(extra="forbid")

    types: tuple[JobType, ...] = Field((), description="All that the connection reads if none is named.")
    is_full: bool = Field(False, description="Read all, not only what has changed; what the ERP has no more is found this way.")


class SyncJobs(BaseModel):
    """Runs that wait or are under way."""

    jobs: list[SyncJobView]


class Conflict(BaseModel):
    """A field that the ERP and the house both had changed, and whose value was taken."""

    field: str
    erp: str
    house: str
    taken: Side


class ErpProductView(BaseModel):
    """A product of the ERP, and the variant of the house that it is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    connection_id: UUID
    code: str
    name: str
    source_table: str
    variant_id: UUID | None
    sync_status: RowStatus
    problem: str | None
    conflicts: list[Conflict]
    last_synced_at: datetime


class Match(BaseModel):
    """What a product of the ERP is in the house: a variant, a new one, or nothing that the house wants."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    action: Literal["link", "add", "ignore"]
    sku: str | None = Field(None, min_length=1, max_length=100, description="Of `link`: the variant that it is.")


class QueryCheck(BaseModel):
    """Whether one query can be used; `code` is `ok` or says why not, `said` are the ERP's own words."""

    job_type: JobType
    code: str
    columns: list[str]
    said: str | None


class ErpCheck(BaseModel):
    """Whether an ERP can be read, as it was just now; `code` is `ok` or says why not."""

    code: str
    is_usable: bool
    said: str | None
    queries: list[QueryCheck]


@dataclass(frozen=True, slots=True)
class Task:
    """A run that whoever took it goes through now. `attempt` fences off whoever took it before."""

    id: UUID
    connection_id: UUID
    principal: Principal
    type: JobType
    attempt: int
    access: Access
    settings: ErpSettings
    cursor: Cursor | None
    since: datetime | None
    zone: ZoneInfo
    is_full: bool
    began_at: datetime
    source_table: str
