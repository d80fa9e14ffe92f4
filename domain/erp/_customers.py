"""Bringing customers of the ERP into those of the house: who is known by a tax number, and the fields that both have."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from core.work import Work
from domain.customers import service as customers
from domain.customers.schemas import CustomerInput, CustomerView, NewCustomer
from domain.erp import repository
from domain.erp._products import note
from domain.erp.kinds import RowStatus, Shared
from domain.erp.models import ErpCustomer
from domain.erp.records import CustomerRecord
from domain.erp.schemas import ErpSettings

FIELDS: Final = {
    Shared.CUSTOMER_NAME: "name",
    Shared.EMAIL: "email",
    Shared.PHONE: "phone",
    Shared.TAX_ID: "tax_id",
    Shared.CREDIT_LIMIT: "credit_limit",
}
"""The fields that both have, by their names in the house and in the record."""


async def apply(work: Work, settings: ErpSettings, rows: Sequence[ErpCustomer]) -> None:
    """Bring customers in; each row then says what came of it.

    Nobody is taken for somebody else: two of one number are none, on either side. Many shops have one number for anybody.
    """
    numbers = {row.tax_id for row in rows if row.customer_id is None and row.tax_id}
    await work.session.flush()
    numbers -= await repository.shared_tax_ids(work, rows[0].connection_id, numbers) if numbers else set()
    by_number = await customers.by_tax_ids(work, numbers) if numbers else {}
    known = await customers.by_ids(work, {row.customer_id for row in rows if row.customer_id is not None})
    for row in rows:
        same = by_number.get(row.tax_id or "", [])
        found = known.get(row.customer_id) if row.customer_id is not None else same[0] if len(same) == 1 else None
        try:
            await _bring(work, settings, row, found)
        except ValidationError:
            row.sync_status, row.problem = RowStatus.FAILED, "erp_value_refused"


async def _bring(work: Work, settings: ErpSettings, row: ErpCustomer, found: CustomerView | None) -> None:
    record = CustomerRecord.model_validate(row, from_attributes=True)
    if found is not None and found.merged_into is not None:
        found = await customers.get(work, found.merged_into)
    if found is not None:
        changes = _differing(settings, row, record, found)
        if changes:
            await customers.change(work, found.id, CustomerInput(**changes), found.version)
        row.customer_id = found.id
    elif settings.adds_customers:
        told = {name: value for name in FIELDS.values() if (value := getattr(record, name)) is not None}
        row.customer_id = (await customers.create(work, NewCustomer(**told))).id
    else:
        row.sync_status, row.problem = RowStatus.UNMATCHED, None
        return
    row.sync_status, row.problem, row.applied = RowStatus.SYNCED, None, record.model_dump(mode="json")


def _differing(settings: ErpSettings, row: ErpCustomer, record: CustomerRecord, house: CustomerView) -> dict[str, Any]:
    base = CustomerRecord.model_validate(row.applied) if row.applied else None
    changes, row.conflicts = {}, []
    for field, name in FIELDS.items():
        merged = note(settings, row, field, name, getattr(base, name, None), getattr(record, name), getattr(house, name))
        if merged != getattr(house, name):
            changes[name] = merged
    return changes
