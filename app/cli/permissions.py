"""`nexova permissions`: what can be allowed, and which roles may do it."""

from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from core.access import covers
from domain.accounts import roles


class Row(BaseModel):
    """A permission as it is listed; `agent` is whether the agent has it while it serves a customer."""

    permission: str
    allows: str
    roles: list[str]
    agent: bool


def permissions(as_json: AsJson = False) -> None:
    """List the permissions with what each allows, the roles that have it, and whether the agent has it for a customer."""
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
