"""The table of rights: which role may call which route, made from what the routes declare (`docs/permissions.md`)."""

from typing import Any

from fastapi import FastAPI

from core.access import covers
from domain.accounts.roles import GRANTS, permissions

_HEAD = """# Who may call what

Made from the routes by `nexova permissions --routes`; a test compares it with them, and walks every cell. A right comes
from one of the six roles, from a role of the workspace's own, or from a key's list; names may be wildcards such as
`orders:*`. Routes of one's own account need a sign-in and no right.

"""


def _needed(operation: dict[str, Any]) -> list[str]:
    return sorted({scope for entry in operation.get("security", []) for scopes in entry.values() for scope in scopes})


def table(app: FastAPI) -> str:
    """The page as Markdown."""
    named = {permission.value: permission for permission in permissions()}
    lines = [f"| Route | Right | {' | '.join(role.value for role in GRANTS)} |", "| --- " * (2 + len(GRANTS)) + "|"]
    for path, methods in sorted(app.openapi()["paths"].items()):
        for method, operation in sorted(methods.items()):
            needed = _needed(operation)
            if not needed:
                continue
            cells = ["yes" if all(covers(granted, named[name]) for name in needed) else "" for granted in GRANTS.values()]
            lines.append(f"| `{method.upper()} {path}` | {', '.join(needed)} | {' | '.join(cells)} |")
    return _HEAD + "\n".join(lines) + "\n"
