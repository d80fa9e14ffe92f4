"""Who may call what: every public function of every noun asks for a permission before it does anything else."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import domain
from core.access import Principal, PrincipalKind
from core.errors import NotPermitted
from core.tables import new_id
from core.work import Work
from domain.accounts import roles
from domain.orders.permissions import OrdersPermission
from domain.stock.permissions import StockPermission

HIDDEN = {"models", "repository"}

ACROSS_WORKSPACES = {
    "domain.accounts.service.list_workspaces",
    "domain.connections.service.all_active",
    "domain.connections.service.find_by_slug",
}
"""What is asked of the whole installation, without a work: a new one is named here, and looks at no shop's own things."""

PAGE_BY_PAGE = {
    "domain.exports.files.write_workbook",
    "domain.forecasts.training.train",
    "domain.replenishment.planning.replenish",
    "domain.imports.looking.failed_headings",
    "domain.imports.recognising.recognised",
}
"""What goes through many works of one principal; each page asks for its permission in a work of its own."""

OF_ONESELF = {"browsers", "entry", "mails", "people", "registration", "second_factor", "sign_ins", "signing"}
"""The modules of accounts about whoever calls, in the identity role: a password, a token or a link is the permission."""

Called = Callable[..., Awaitable[object]]


def functions() -> Iterator[tuple[str, Called]]:
    """The functions of all public modules of all nouns, by their whole names."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        own = module.name.rpartition(".")[2]
        if module.ispkg or own in HIDDEN or own.startswith("_"):
            continue
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if function.__module__ == module.name and not name.startswith("_"):
                yield f"{module.name}.{name}", function


def works(function: Called) -> str | None:
    """The name of the parameter that is the function's work."""
    parameters = inspect.signature(function).parameters.values()
    return next((parameter.name for parameter in parameters if parameter.annotation is Work), None)


WORKING = {name: function for name, function in functions() if works(function) is not None}


def of(*permissions: str) -> Work:
    """A work of somebody of the staff that has no transaction: whatever goes on after its check fails on it."""
    person = Principal(PrincipalKind.USER, new_id(), frozenset(permissions), new_id())
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Work(cast(AsyncSession, object()), person, now, now)


async def refusal(function: Called, work: Work) -> NotPermitted:
    """How the function refuses this work, whatever else it is given."""
    given: dict[str, Any] = {
        parameter.name: work if parameter.annotation is Work else None
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    }
    with pytest.raises(NotPermitted) as refused:
        await function(**given)
    return refused.value


@pytest.mark.parametrize("name", WORKING)
async def test_a_function_of_a_noun_asks_for_a_permission_before_anything_else(name: str) -> None:
    # Given somebody who may do nothing
    refused = await refusal(WORKING[name], of())

    # Then what is not refused for want of a permission is refused to a person who has every one
    if "permission" not in refused.fields:
        assert "permission" not in (await refusal(WORKING[name], of("*"))).fields


def test_every_permission_is_declared_once_and_by_a_resource_and_an_action() -> None:
    declared = roles.permissions()

    assert len(set(declared)) == len(declared)
    assert [permission for permission in declared if not re.fullmatch(r"[a-z]+:[a-z]+", permission)] == []
    assert [permission for permission in declared if not permission.allows] == []


@pytest.mark.parametrize("granted", [*roles.GRANTS.values(), roles.CUSTOMER], ids=[*roles.GRANTS, "customer"])
def test_what_a_role_grants_is_declared_by_a_noun(granted: frozenset[str]) -> None:
    assert [name for name in granted if not roles.is_known(name)] == []


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        ("*", {"orders:read", "orders:cancel", "stock:read"}),
        ("orders:*", {"orders:read", "orders:cancel"}),
        ("*:read", {"orders:read", "stock:read"}),
        ("orders:cancel", {"orders:cancel"}),
        ("orders", set()),
        ("order:*", set()),
        ("orders:can*", set()),
        ("", set()),
    ],
)
def test_a_wildcard_stands_for_a_whole_resource_or_a_whole_action(granted: str, allowed: set[str]) -> None:
    asked = (OrdersPermission.READ, OrdersPermission.CANCEL, StockPermission.READ)

    assert {permission for permission in asked if of(granted).principal.may(permission)} == allowed


def test_what_asks_nobody_looks_at_no_shop() -> None:
    asking = {
        name
        for name, function in functions()
        if inspect.iscoroutinefunction(function) and name not in WORKING
        if name.rpartition(".")[0] not in {f"domain.accounts.{module}" for module in OF_ONESELF}
    }

    assert asking == ACROSS_WORKSPACES | PAGE_BY_PAGE
