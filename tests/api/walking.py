"""Walking the routes of the API by its own document."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI

OPEN = frozenset(
    {
        "auth_accept_invitation",
        "auth_confirm",
        "auth_forgot_password",
        "auth_jwks",
        "auth_login",
        "auth_logout",
        "auth_refresh",
        "auth_register",
        "auth_reset_password",
    }
)
"""The operations that take no token, as they give one, or take a secret in the body instead."""


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    summary: str
    security: list[str]
    permissions: list[str]
    responses: dict[str, Any]
    is_in_workspace: bool

    def address(self, workspace_id: UUID) -> str:
        """The path with its workspace filled in, and everything else that it names made up."""
        path = self.path.replace("{workspace_id}", str(workspace_id))
        return re.sub(r"\{[a-z_]+\}", lambda _: str(uuid4()), path)


def operations(app: FastAPI) -> list[Operation]:
    """Every operation of the API, as documented."""
    return [
        Operation(
            id=each["operationId"],
            method=method.upper(),
            path=path,
            summary=each.get("description", ""),
            security=[name for entry in each.get("security", []) for name in entry],
            permissions=[scope for entry in each.get("security", []) for scopes in entry.values() for scope in scopes],
            responses=each["responses"],
            is_in_workspace="x-workspace-id" in {parameter["name"] for parameter in each.get("parameters", [])},
        )
        for path, methods in app.openapi()["paths"].items()
        for method, each in methods.items()
    ]
