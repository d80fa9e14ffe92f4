"""Visitors of the console: a browser without scripts, with its own cookies, that sends forms as it finds them in a page."""

import re
from collections.abc import Mapping
from html import unescape

import httpx
from fastapi import FastAPI

from app.console import forms
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from tests.factories.staff import PASSWORD, Employee, employ

OWN = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form that stands in a page of the house itself."""


class Visitor:
    """A browser, and where its owner works."""

    def __init__(self, app: FastAPI, workspace: WorkspaceView | None = None) -> None:
        transport = httpx.ASGITransport(app=app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://nexova.test", follow_redirects=False)
        self.workspace = workspace

    def at(self, path: str) -> str:
        """The address of a page of the workspace."""
        return f"/console/@{self.workspace.slug}/{path}" if self.workspace else path

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Send the form of the entrance."""
        return await self.http.post("/console/login", data={"email": email, "password": password}, headers=OWN)

    async def open(self, path: str, status: int = 200) -> str:
        """The HTML of a page of the workspace."""
        answer = await self.http.get(self.at(path))
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        return answer.text

    async def token(self) -> str:
        """The token that the forms of a page carry."""
        found = re.search(rf'name="{forms.FIELD}" value="([^"]+)"', await self.open("account"))
        assert found is not None
        return unescape(found[1])

    async def send(self, path: str, fields: Mapping[str, str | list[str]] | None = None, **headers: str) -> httpx.Response:
        """Send a form of a page of the workspace."""
        said = {forms.FIELD: await self.token(), **(fields or {})}
        sent = OWN | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(self.at(path), data=said, headers=sent)


async def visit(
    app: FastAPI, api: httpx.AsyncClient, workspace: WorkspaceView, role: Role = Role.OWNER
) -> tuple[Visitor, Employee]:
    """Somebody with a role in a workspace, who has signed in to the console."""
    person = await employ(api, workspace, role)
    visitor = Visitor(app, workspace)
    answer = await visitor.sign_in(person.email)
    assert answer.status_code == 303, answer.text
    return visitor, person
