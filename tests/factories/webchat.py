"""A web chat, and pages on which visitors write: by the same requests as the script of a page makes."""

import time
from typing import Any
from uuid import UUID, uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from core.access import Principal
from core.work import open_work
from domain.connections import webchat
from domain.connections.schemas import NewWebChat
from tests.drain import drain
from tests.factories.desk import Desk

ORIGIN = "https://shop.example"


def sign(secret: str, **claims: object) -> str:
    """An identity as the shop's server signs it: Ana, for ten minutes from now."""
    said = {"sub": "customer-7", "name": "Ana", "exp": int(time.time()) + 600} | claims
    return jwt.encode({"alg": "HS256"}, said, OctKey.import_key(secret), algorithms=["HS256"])


class Page:
    """A page of the shop in the browser of a visitor."""

    def __init__(self, http: httpx.AsyncClient, slug: str, origin: str | None = ORIGIN) -> None:
        self.http, self.slug, self.origin = http, slug, origin
        self.session: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        sent = {"origin": self.origin} if self.origin is not None else {}
        return sent | ({"authorization": f"Bearer {self.session}"} if self.session is not None else {})

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request of the page."""
        return await self.http.request(method, f"/chat/{self.slug}{path}", headers=self.headers, **given)

    async def begin(self, identity: str | None = None, *, agrees: bool = False, language: str = "es") -> dict[str, Any]:
        """Begin, and keep the session."""
        answer = await self.ask("POST", "/session", json={"identity": identity, "agrees": agrees, "language": language})
        assert answer.status_code == 200, answer.text
        begun: dict[str, Any] = answer.json()
        self.session = begun["session"]
        return begun

    async def send(self, said: dict[str, Any], id: str = "") -> httpx.Response:
        """Send a message under an id of the page."""
        return await self.ask("POST", "/messages", json={"id": id or str(uuid4()), "said": said})

    async def say(self, words: str, id: str = "", **more: str) -> None:
        """Write words."""
        answer = await self.send({"kind": "text", "text": words, **more}, id)
        assert answer.status_code == 202, answer.text

    async def read(self, **query: int) -> dict[str, Any]:
        """What stands in the thread, or has changed since."""
        answer = await self.ask("GET", "/messages", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def texts(self) -> list[str]:
        """The words of the thread, the visitor's after `> `."""
        return [
            f"{'> ' if message['is_mine'] else ''}{message['content'].get('text') or message['content'].get('title')}"
            for message in (await self.read())["messages"]
        ]


class Chat:
    """A web chat of a shop with goods, and the secret with which its server signs."""

    def __init__(self, desk: Desk, http: httpx.AsyncClient, line_id: UUID, slug: str, secret: str) -> None:
        self.desk, self.http, self.line_id, self.slug, self.secret = desk, http, line_id, slug, secret

    @property
    def principal(self) -> Principal:
        return Principal.system(self.desk.workspace.id)

    async def page(self, identity: str | None = None, *, agrees: bool = False) -> Page:
        """A page that has begun."""
        opened = Page(self.http, self.slug)
        await opened.begin(identity, agrees=agrees)
        return opened

    async def works(self) -> None:
        """Let the workers do all that is due."""
        await drain()

    async def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        async with open_work(self.principal) as work:
            return [tuple(row) for row in (await work.session.execute(text(query), values)).all()]


async def open_webchat(desk: Desk, http: httpx.AsyncClient, **wishes: Any) -> Chat:
    """Open a web chat on the page of a shop."""
    command = NewWebChat(slug=f"web-{uuid4().hex[:8]}", name="Abasto La Esquina", **{"origins": (ORIGIN,)} | wishes)
    async with open_work(Principal.system(desk.workspace.id)) as work:
        made = await webchat.open_on_page(work, command)
    return Chat(desk, http, made.connection.id, command.slug, made.identity_secret)
