"""Requests that nobody would write by hand, made from the document by Schemathesis, with every role.

Ids of things that exist are put where the document asks for ids, so that requests get past the first look-up.
"""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from core.work import open_work
from domain.accounts.roles import Role
from domain.customers import service as customers
from domain.customers.schemas import NewAddress, NewCustomer
from domain.purchasing import receiving
from domain.stock import counting, transfers
from domain.stock.schemas import NewTransfer, QuantityLine
from tests.api.walking import operations
from tests.factories.purchases import arrival, make_order, make_supplier
from tests.factories.shop import fill, open_shop
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace
from tests.properties import examples

LEFT_OUT = {"auth_logout_everywhere", "workspaces_delete"}
"""They would end what all the other requests need."""

EXAMPLES = 2
"""For each operation: there are many of them, and a fuzz takes twenty times as many."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


async def furnish(workspace_id: UUID) -> dict[str, Any]:
    """A shop in which there is one of everything, by the names under which the document asks for ids."""
    shop = await open_shop(workspace_id)
    flour = shop.variants["HAR-1"]
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 50)
        supplier = await make_supplier(work, shop)
        order = await make_order(work, shop, supplier, HAR_1=100)
        receipt = await receiving.receive(work, order.id, arrival(shop, "first", quantity=Decimal(12)))
        line = QuantityLine(variant_id=flour, quantity=Decimal(1))
        wanted = NewTransfer(from_store_id=shop.store_id, to_store_id=branch, lines=(line,))
        transfer = await transfers.request_transfer(work, wanted)
        count = await counting.open_count(work, shop.store_id, "May")
        customer = await customers.create(work, NewCustomer(name="Ana", phone="+58 412 1234567"))
        home = await customers.add_address(work, customer.id, NewAddress(text="Calle 1"))
    return {
        "workspace_id": workspace_id,
        "store_id": shop.store_id,
        "from_store_id": shop.store_id,
        "to_store_id": branch,
        "variant_id": flour,
        "code": "HAR-1",
        "supplier_id": supplier,
        "order_id": order.id,
        "receipt_id": receipt.id,
        "transfer_id": transfer.id,
        "count_id": count.id,
        "customer_id": customer.id,
        "address_id": home.id,
    }


def known(value: Any, ids: dict[str, Any]) -> Any:
    """A value of a request with the ids of things that exist in place of those that were made up."""
    if isinstance(value, list):
        return [known(item, ids) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: str(ids[name]) if name in ids else known(item, ids) for name, item in value.items()}


def attack(document: dict[str, Any], address: str, headers: dict[str, str], ids: dict[str, Any], names: set[str]) -> list[str]:
    """Send requests to operations, and tell which answers break the document."""
    session = requests.Session()
    broken: dict[str, str] = {}
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.definition.raw["operationId"] not in names:
            continue
        cases = operation.as_strategy()

        @examples(EXAMPLES, suppress=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large))
        @given(case=cases, knows_ids=st.booleans())
        def send(case: Any, knows_ids: bool) -> None:
            if knows_ids:
                case.path_parameters = known(case.path_parameters, ids)
                case.body = known(case.body, ids)
            case.headers.update(headers)
            if knows_ids and case.headers.get("if-match"):
                case.headers["if-match"] = '"v1"'
            response = case.call(base_url=address, session=session)
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as failures:
                for each in failures.exceptions:
                    broken.setdefault(f"{case.method} {case.path} {response.status_code} {type(each).__name__}", str(each))

        send()
    return [f"{what}: {how}" for what, how in broken.items()]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", Role)
async def test_no_request_breaks_the_document(application: FastAPI, api: httpx.AsyncClient, address: str, role: Role) -> None:
    workspace = await make_workspace()
    ids = await furnish(workspace.id)
    person = await employ(api, workspace, role)
    ids["user_id"] = (await employ(api, workspace, Role.VIEWER)).id
    names = sorted({each.id for each in operations(application)} - LEFT_OUT)
    is_fixed = settings.get_current_profile_name() == "fixed"
    if is_fixed and role is not Role.OWNER:  # each of the others takes a share; in a longer profile all take all
        others = [each for each in Role if each is not Role.OWNER]
        names = names[others.index(role) :: len(others)]
    broken = await asyncio.to_thread(attack, application.openapi(), address, dict(person.headers), ids, set(names))
    assert not broken, "\n\n".join(broken)
