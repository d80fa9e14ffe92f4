"""A shop on a working day, seen from its desk: goods, an owner who calls the API, and a customer who has written."""

from typing import Any

import httpx

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.conversations import service as conversations
from tests.factories.chat import STREET, Chat, chat_of
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

DELIVERY = {"fulfilment": "delivery", "address": STREET}


class Desk:
    """A shop with goods, its owner, and a customer who has written."""

    def __init__(self, api: httpx.AsyncClient, workspace: WorkspaceView, shop: Shop, owner: Employee, chat: Chat) -> None:
        self.api, self.workspace, self.shop, self.owner, self.chat = api, workspace, shop, owner, chat

    async def post(self, path: str, body: object = None, by: Employee | None = None, **headers: str) -> httpx.Response:
        """Ask for something to be done."""
        sent = (by or self.owner).headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.api.post(f"/api/v1{path}", headers=sent, json=body)

    async def get(self, path: str, by: Employee | None = None, **query: Any) -> Any:
        """Read something."""
        answer = await self.api.get(f"/api/v1{path}", headers=(by or self.owner).headers, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def order(self, by: Employee | None = None, **fields: object) -> dict[str, Any]:
        """A draft of staff: two bags of flour, to be brought."""
        body = {"customer_id": str(self.chat.customer_id), "lines": [{"sku": "HAR-1", "quantity": "2"}], **DELIVERY} | fields
        answer = await self.post("/orders", body, by)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def heard(self) -> list[str]:
        """What is on its way to the customer."""
        async with open_work(self.chat.staff) as work:
            return [message.text or "" for message in await conversations.unsettled(work, self.chat.conversation_id)]


async def open_desk(api: httpx.AsyncClient) -> Desk:
    """A desk on a day that begins."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "ACE-1"):
            await fill(work, shop, sku, 10)
    return Desk(api, workspace, shop, await employ(api, workspace), await chat_of(shop))
