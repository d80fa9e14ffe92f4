"""What is set up once: boundaries, sources, and factors of the workspace's own beside those of the house."""

from collections.abc import Collection
from uuid import UUID

from analytics.emissions import factors as published
from analytics.emissions.factors import Factor, words
from analytics.emissions.gases import gas_named
from analytics.emissions.units import unit
from core import events
from core.access import Principal
from core.db import storable
from core.event_types import EventType
from core.language.folding import fold, name_key
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.emissions import _figuring as figuring
from domain.emissions import repository
from domain.emissions.errors import (
    EmissionFactorNotFound,
    EmissionSourceNotFound,
    EmissionUnitUnknown,
    SourceNameTaken,
    SourceRefused,
)
from domain.emissions.kinds import SourceKind
from domain.emissions.models import EmissionFactor, EmissionSource
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import (
    ChangeEmissionSource,
    ChangeInventory,
    EmissionSourceView,
    FactorView,
    InventoryView,
    NewEmissionFactor,
    NewEmissionSource,
)
from domain.machines import service as machines
from domain.suppliers import service as suppliers

MOST_ITEMS = 100


async def get_inventory(work: Work) -> InventoryView:
    """What the workspace counts as its own, and by which potentials."""
    work.require(EmissionsPermission.READ)
    return InventoryView.model_validate(await repository.inventory(work))


async def change_inventory(work: Work, command: ChangeInventory, seen: int) -> InventoryView:
    """Change the boundaries; raises VersionConflict."""
    work.require(EmissionsPermission.MANAGE)
    row = await repository.inventory(work, lock=True)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = InventoryView.model_validate(row).model_dump(mode="json")
    for name, value in storable(command.model_dump(exclude_unset=True)).items():
        if value is not None or name != "approach":
            setattr(row, name, value)
    row.version += 1
    await work.session.flush()
    after = InventoryView.model_validate(row)
    events.record(
        work,
        EventType.EMISSION_INVENTORY_CHANGED,
        subject=work.workspace_id,
        before=before,
        after=after.model_dump(mode="json"),
    )
    return after


async def list_sources(
    work: Work, *, search: str | None = None, is_active: bool | None = None, after: UUID | None = None, limit: int = 20
) -> tuple[list[EmissionSourceView], UUID | None]:
    """Sources by name, and the place of the next page."""
    work.require(EmissionsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    last = await repository.source(work, after) if after is not None else None
    key = fold(storable(search)) if search else None
    rows = await repository.sources(work, search=key, is_active=is_active, after=last, limit=limit + 1)
    views = [EmissionSourceView.model_validate(row) for row in rows[:limit]]
    return views, views[-1].id if len(rows) > limit else None


async def get_source(work: Work, source_id: UUID) -> EmissionSourceView:
    """One source; raises EmissionSourceNotFound."""
    work.require(EmissionsPermission.READ)
    row = await repository.source(work, source_id)
    if row is None:
        raise EmissionSourceNotFound
    return EmissionSourceView.model_validate(row)


async def get_sources(work: Work, source_ids: Collection[UUID]) -> dict[UUID, EmissionSourceView]:
    """Sources by their ids, also those that are out of use."""
    work.require(EmissionsPermission.READ)
    return {id: EmissionSourceView.model_validate(row) for id, row in (await repository.sources_of(work, source_ids)).items()}


async def create_source(work: Work, command: NewEmissionSource) -> EmissionSourceView:
    """Tell of a source; raises SourceRefused, EmissionUnitUnknown, SourceNameTaken, and that what it names is not there."""
    work.require(EmissionsPermission.WRITE)
    fields = storable(command.model_dump())
    system = work.acting_for(Principal.system(work.workspace_id))
    fields["country"] = fields["country"] or (await accounts.get_workspace(system)).country
    _require_whole(command)
    measure = unit(command.unit, fields["country"])
    if measure is None or measure.is_money != (command.kind is SourceKind.PURCHASES):
        raise EmissionUnitUnknown(unit=command.unit)
    if command.machine_id is not None:
        fields["site_id"] = (await machines.get_machine(system, command.machine_id)).site_id
    elif command.site_id is not None:
        await machines.get_site(system, command.site_id)
    if command.sensor_id is not None and command.machine_id is not None:
        await machines.get_sensor(system, command.machine_id, command.sensor_id)
    if command.supplier_id is not None:
        await suppliers.get(system, command.supplier_id)
    if command.variant_id is not None and command.variant_id not in await catalog.variants(system, [command.variant_id]):
        raise ProductNotFound
    row = EmissionSource(
        workspace_id=work.workspace_id, id=new_id(), name_key=name_key(command.name), is_active=True, version=1, **fields
    )
    async with unique(work, SourceNameTaken(value=command.name)):
        work.session.add(row)
    made = EmissionSourceView.model_validate(row)
    events.record(work, EventType.EMISSION_SOURCE_CREATED, subject=row.id, after=made.model_dump(mode="json"))
    return made


def _require_whole(command: NewEmissionSource) -> None:
    """Raise SourceRefused where fields do not fit together."""
    is_measured = command.kind is SourceKind.TELEMETRY
    wrong = {
        "sensor_id": is_measured != (command.sensor_id is not None) or (is_measured and command.machine_id is None),
        "meaning": is_measured != (command.meaning is not None),
        "supplier_id": (command.kind is SourceKind.PURCHASES) != (command.supplier_id is not None),
        "category": command.category is not None and command.scope != 3,
        "contract": command.contract is not None and command.scope not in (None, 2),
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise SourceRefused(field=name)


async def change_source(work: Work, source_id: UUID, command: ChangeEmissionSource, seen: int) -> EmissionSourceView:
    """Change what is said; raises EmissionSourceNotFound, SourceNameTaken and VersionConflict."""
    work.require(EmissionsPermission.WRITE)
    row = await repository.source(work, source_id, locked=True)
    if row is None:
        raise EmissionSourceNotFound
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = EmissionSourceView.model_validate(row).model_dump(mode="json")
    async with unique(work, SourceNameTaken(value=command.name or row.name)):
        for name, value in storable(command.model_dump(exclude_unset=True)).items():
            if value is not None or name == "contract":
                setattr(row, name, value)
        row.name_key = name_key(row.name)
        row.version += 1
    after = EmissionSourceView.model_validate(row)
    events.record(work, EventType.EMISSION_SOURCE_CHANGED, subject=row.id, before=before, after=after.model_dump(mode="json"))
    return after


async def own_factors(work: Work) -> tuple[Factor, ...]:
    """The workspace's own factors as the calculation takes them, the newest first."""
    work.require(EmissionsPermission.READ)
    return tuple(figuring.own_factor(row) for row in await repository.factors(work))


async def list_factors(
    work: Work,
    *,
    search: str = "",
    country: str | None = None,
    scope: int | None = None,
    own_only: bool = False,
    after: int = 0,
    limit: int = 20,
) -> tuple[list[FactorView], int | None]:
    """Factors whose activity says all words, one's own first, and the place of the next page; a gas needs no factor."""
    work.require(EmissionsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    own = await own_factors(work)
    said = words(published.activity_named(search)) if search else frozenset()
    found = [
        factor
        for factor in (own if own_only else (*own, *published.factors()))
        if said <= words(factor.activity) and country in (None, factor.country) and scope in (None, factor.scope)
    ]
    part = [figuring.shown(factor, own) for factor in found[after : after + limit]]
    return part, after + limit if len(found) > after + limit else None


async def get_factor(work: Work, factor_id: str) -> FactorView:
    """One factor; raises EmissionFactorNotFound."""
    work.require(EmissionsPermission.READ)
    own = await own_factors(work)
    found = next((factor for factor in (*own, *published.factors()) if factor.id == factor_id), None)
    if found is None:
        raise EmissionFactorNotFound
    return figuring.shown(found, own)


async def add_factor(work: Work, command: NewEmissionFactor) -> FactorView:
    """Add a factor; what was calculated stays, until all is calculated anew. Raises EmissionUnitUnknown."""
    work.require(EmissionsPermission.MANAGE)
    if unit(command.unit, command.country) is None or gas_named(command.activity):
        raise EmissionUnitUnknown(unit=command.unit)
    row = EmissionFactor(
        workspace_id=work.workspace_id, id=new_id(), added_by=work.principal.id, **storable(command.model_dump())
    )
    work.session.add(row)
    await work.session.flush()
    await work.session.refresh(row)
    made = figuring.own_factor(row)
    view = figuring.shown(made, [made])
    events.record(work, EventType.EMISSION_FACTOR_ADDED, subject=row.id, after=view.model_dump(mode="json"))
    return view
