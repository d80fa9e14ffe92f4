"""The live line of the API over real sockets: to each by their rights, without a gap, and never for longer than they may."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.kinds import HandoffReason
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.console.serving import Serving, serving
from tests.factories.chat import send
from tests.factories.desk import Desk
from tests.factories.shop import fill, open_shop
from tests.factories.staff import Employee, employ, sign_in
from tests.factories.workspaces import make_workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Frame = dict[str, Any]

BEGUN = {"order:drafted", "order:items_changed", "order:delivery_set"}
"""What happens to an order before a store holds its goods: whoever looks in that moment hears of it."""


@asynccontextmanager
async def listening(served: Serving, person: Employee, **asked: Any) -> AsyncIterator[ClientConnection]:
    """A socket of somebody, who has greeted in the first message and was answered."""
    hello = {"token": person.access_token, "workspace_id": str(person.workspace_id), **asked}
    async with connect(address(served), proxy=None) as socket:
        await socket.send(json.dumps(hello))
        yield socket


def address(served: Serving) -> str:
    return str(served.http.base_url).replace("http", "ws", 1).rstrip("/") + "/api/v1/realtime"


async def signed_in(served: Serving, person: Employee) -> Employee:
    """Somebody with tokens of this process: an address of its own makes it an issuer of its own."""
    tokens = (await sign_in(served.http, person.email)).json()
    return replace(person, access_token=tokens["access_token"], refresh_token=tokens["refresh_token"])


async def until(socket: ClientConnection, wanted: Collection[str]) -> list[Frame]:
    """What a socket says until it has said all that is wanted, by type."""
    heard: list[Frame] = []
    async with asyncio.timeout(30):
        while not set(wanted) <= {frame["type"] for frame in heard}:
            heard.append(json.loads(await socket.recv()))
    return heard


async def closed(socket: ClientConnection) -> tuple[int | None, list[Frame]]:
    """The code with which a socket is closed, and what it says before that."""
    heard: list[Frame] = []
    try:
        async with asyncio.timeout(30):
            while True:
                heard.append(json.loads(await socket.recv()))
    except ConnectionClosed as error:
        return (error.rcvd.code if error.rcvd else None), heard


async def writes(desk: Desk, words: str) -> None:
    await send(desk.workspace.id, desk.chat.connection_id, desk.chat.phone, text_=words)


async def messages(desk: Desk) -> list[str]:
    async with open_work(desk.chat.staff) as work:
        return [str(line.id) for line in await conversations.thread(work, desk.chat.conversation_id)]


async def test_each_hears_what_they_may_and_a_foreign_shop_hears_nothing(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    foreign_workspace = await make_workspace()
    foreign_shop = await open_shop(foreign_workspace.id)
    stranger = await employ(desk.api, foreign_workspace)
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
        variant = desk.shop.variants["HAR-1"]
        await stock.receive(work, branch, [HoldLine(variant_id=variant, quantity=Decimal(7))])
    elsewhere = await employ(desk.api, desk.workspace, Role.INVENTORY_SUPERVISOR, branch)
    async with (
        serving() as served,
        listening(served, await signed_in(served, operator)) as socket,
        listening(served, await signed_in(served, stranger)) as foreign,
        listening(served, await signed_in(served, elsewhere)) as other_store,
    ):
        for each in (socket, foreign, other_store):
            await until(each, ["ready"])

        # When a customer writes and wants a person, an order is made, and goods come to the first store
        await writes(desk, "secreto")
        async with open_work(desk.chat.agent) as work:
            await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED, "secreto")
        order = await desk.order()
        async with open_work(desk.shop.principal) as work:
            await fill(work, desk.shop, "HAR-1", 20)

        # Then an operator hears of all of it, by numbers that grow, and no frame says what was said
        heard = await until(socket, ["message:new", "handoff:requested", "order:drafted", "stock:received"])
        assert {each["conversation_id"] for each in heard if each["type"] in ("message:new", "handoff:requested")} == {
            str(desk.chat.conversation_id)
        }
        assert next(each["id"] for each in heard if each["type"] == "order:drafted") == order["id"]
        numbers = [each["number"] for each in heard]
        assert numbers == sorted(numbers)
        assert "secreto" not in json.dumps(heard)

        # And one of another store at most that somebody began an order, which is no store's until one holds its goods, and of
        # nothing that the first store did; and a stranger of nothing
        await desk.api.post(f"/api/v1/orders/{order['id']}/cancel", headers=desk.owner.headers, json={"reason": "no"})
        await writes(desk, "otra vez")
        there = await until(other_store, ["message:new"])
        assert {each["type"] for each in there if each["type"].startswith(("order:", "stock:"))} <= BEGUN
        async with open_work(foreign_shop.principal) as work:
            await fill(work, foreign_shop, "HAR-1", 1)
        known = {"ready", "position", "stock:received"}
        assert {each["type"] for each in await until(foreign, ["stock:received"])} <= known


async def test_nobody_listens_without_a_token_that_is_good_here_and_now(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    foreign = await make_workspace()
    async with serving() as served:
        operator = await signed_in(served, operator)
        for asked, code in (
            ({"token": "nope"}, 4401),
            ({"token": operator.refresh_token}, 4401),
            ({"workspace_id": str(foreign.id)}, 4404),
            ({"workspace_id": None}, 4400),
            ({"after": -1}, 4400),
            ({"what": 1}, 4400),
        ):
            async with listening(served, operator, **asked) as socket:
                assert await closed(socket) == (code, []), asked

        # A token in the address is none, and one in the header is
        async with connect(address(served), proxy=None, additional_headers=operator.headers) as socket:
            await until(socket, ["ready"])
        async with connect(f"{address(served)}?token={operator.access_token}", proxy=None) as socket:
            await socket.send(b"\x00")
            assert (await closed(socket))[0] == 4400

        # Whoever is signed out is sent away before anything else is said
        async with listening(served, operator) as socket:
            await until(socket, ["ready"])
            await until(socket, ["position"])
            answer = await served.http.post("/api/v1/auth/logout-everywhere", headers=operator.headers)
            assert answer.status_code == 204
            await writes(desk, "secreto")
            ended, heard = await closed(socket)
            assert ended == 4401
            assert not [each for each in heard if each["type"] == "message:new"]


async def test_a_reader_goes_on_where_a_killed_process_left_them(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    async with serving() as served:
        async with listening(served, await signed_in(served, operator)) as socket:
            await until(socket, ["ready"])
            await desk.order()
            number = (await until(socket, ["order:drafted", "position"]))[-1]["number"]
            await served.kill()
            await closed(socket)

        # Meanwhile the shop goes on
        order = await desk.order()
        await writes(desk, "mientras tanto")
    async with serving() as served:
        operator = await signed_in(served, operator)
        async with listening(served, operator, after=number) as socket:
            heard = await until(socket, ["order:drafted", "message:new", "position"])
            assert [each["id"] for each in heard if each["type"] == "order:drafted"] == [order["id"]]
            assert (await messages(desk))[-1] in [each["id"] for each in heard if each["type"] == "message:new"]
            assert "reload" not in {each["type"] for each in heard}

        # A number that the stream does not have is a gap, and said to be one
        async with listening(served, operator, after=10_000) as socket:
            assert (await until(socket, ["reload"]))[0]["type"] == "reload"


async def test_whoever_does_not_take_what_is_sent_is_closed(application: FastAPI, desk: Desk) -> None:
    # Given a server whose line to the reader is full
    hello = json.dumps({"token": desk.owner.access_token, "workspace_id": str(desk.workspace.id)})
    coming = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": hello}]
    said: list[Frame] = []

    async def receive() -> Frame:
        if coming:
            return coming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send_(message: Any) -> None:
        said.append(dict(message))
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()

    scope = {
        "type": "websocket", "path": "/api/v1/realtime", "raw_path": b"/api/v1/realtime", "query_string": b"", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("nexova.test", 80), "scheme": "ws", "subprotocols": [], "root_path": "",
        "asgi": {"version": "3.0"},
    }  # fmt: skip

    # When it follows
    await application(scope, receive, send_)

    # Then it is told to come back later, and nothing has piled up for it
    assert [each["type"] for each in said] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert said[-1]["code"] == 1013
