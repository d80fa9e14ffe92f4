"""People of a shop's staff, with passwords, signed in over HTTP."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from core.access import Principal
from core.work import open_work
from domain.accounts import people
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Employee:
    """A person who is signed in, with the tokens of the sign-in."""

    id: UUID
    email: str
    access_token: str
    refresh_token: str
    workspace_id: UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request by this person in their workspace."""
        named = {"x-workspace-id": str(self.workspace_id)} if self.workspace_id else {}
        return {"authorization": f"Bearer {self.access_token}", **named}


async def sign_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """Try to sign in."""
    return await api.post("/api/v1/auth/login", json={"email": email, "password": password})


async def make_person(api: httpx.AsyncClient, email: str = "") -> Employee:
    """A person with an account who works nowhere."""
    email = email or f"{uuid4().hex[:10]}@shop.test"
    user_id = await people.create_account(email, "María Prueba", PASSWORD)
    tokens = (await sign_in(api, email)).json()
    return Employee(user_id, email, tokens["access_token"], tokens["refresh_token"])


async def employ(
    api: httpx.AsyncClient, workspace: WorkspaceView, role: Role = Role.OWNER, store_id: UUID | None = None, email: str = ""
) -> Employee:
    """A person with a role in a workspace."""
    person = await make_person(api, email)
    async with open_work(Principal.system(workspace.id)) as work:
        await accounts.add_member(work, person.email, "María Prueba", role, None if store_id is None else [store_id])
    return Employee(person.id, person.email, person.access_token, person.refresh_token, workspace.id)
