"""`nexova permissions`: what can be allowed, and which roles may do it."""

from typing import Annotated

import typer
from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from app.web.api import rights
from app.web.server import create_app
from core.access import covers
from core.settings import get_settings
from domain.accounts import roles


class Row(BaseModel):
    """A permission as it is listed; `agent` is whether the agent has it while it serves a customer."""

    permission: str
    allows: str
    roles: list[str]
    agent: bool


def permissions(
    as_json: AsJson = False,
    routes: Annotated[bool, typer.Option("--routes", help="Print the page of routes and roles instead.")] = False,
) -> None:
    """List the permissions with what each allows, the roles that have it, and whether the agent has it for a customer."""
    if routes:
        print(rights.table(create_app(get_settings())), end="")
        return
    listed = [
        Row(
            permission=permission.value,
            allows=permission.allows,
            roles=[role.value for role, granted in roles.GRANTS.items() if covers(granted, permission)],
            agent=covers(roles.CUSTOMER, permission),
        )
        for permission in roles.permissions()
    ]
    show(listed, as_json=as_json, empty="There are no permissions.")
