"""The sandbox's doors: the simulated provider, the phones for scripts, the controls, and the page for people."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from channels.infobip.media import MAX_BYTES
from core import clock
from core.access import Principal
from core.blobs import BlobMissing, open_blobs
from core.settings import Settings
from core.work import open_system_work, open_work
from domain.accounts import service as accounts
from domain.connections import service as connections
from domain.connections.medium import Provider
from domain.connections.schemas import ConnectionSummary
from sandbox.infobip import customer, page, provider, screens, store
from sandbox.infobip.chaos import ChaosChange
from sandbox.infobip.dispatcher import Dispatcher
from sandbox.infobip.line import open_line, phone_number

router = APIRouter(prefix="/sandbox")

_ACTION: TypeAdapter[customer.Action] = TypeAdapter(customer.Action)


def build(settings: Settings) -> APIRouter:
    """All routes of the sandbox; its webhooks are called while the application runs."""
    dispatcher = Dispatcher(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.sandbox = dispatcher
        async with dispatcher.running():
            yield

    found = APIRouter(lifespan=lifespan)
    for part in (page.router, router, provider.router):
        found.include_router(part)
    return found


def _ring(request: Request) -> None:
    dispatcher: Dispatcher = request.app.state.sandbox
    dispatcher.ring()


async def _action(request: Request) -> customer.Action:
    """What the customer does, from JSON or from a form with a file."""
    content_type = request.headers.get("content-type", "")
    try:
        if content_type.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
            async with request.form(max_part_size=MAX_BYTES) as form:
                fields: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
                for name, value in form.items():
                    if isinstance(value, UploadFile):
                        fields[name] = base64.b64encode(await value.read()).decode()
            return _ACTION.validate_python(fields)
        return _ACTION.validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@router.post("/phones/{phone}/messages", status_code=201)
async def write(phone: str, request: Request) -> dict[str, Any]:
    """Let a customer write, press, choose, or send a file, a place or a cart."""
    action = await _action(request)
    line = await open_line(action.connection, request.app.state.settings)
    bubble = await customer.act(line, phone_number(phone), action)
    _ring(request)
    return {"message": screens.view(bubble, line)}


@router.get("/phones/{phone}/messages")
async def look(phone: str, connection: str, request: Request, after: int = 0, limit: int = 500) -> dict[str, Any]:
    """What is on a customer's screen after the n-th bubble."""
    line = await open_line(connection, request.app.state.settings)
    return await screens.screen(line, phone_number(phone), max(after, 0), min(max(limit, 1), 500))


@router.get("/phones/{phone}/media/{n}")
async def file(phone: str, n: int, connection: str, request: Request) -> Response:
    """A file that the customer has sent, as their own phone shows it."""
    line = await open_line(connection, request.app.state.settings)
    async with open_work(line.principal) as work:
        found = await store.screen(work, line.connection.id, phone_number(phone), n - 1, 1)
    if not found or found[0].n != n or found[0].blob_key is None:
        raise BlobMissing
    content = await open_blobs(line.settings).get(found[0].blob_key)
    headers = {"Cache-Control": "private, max-age=86400"}
    return Response(content, media_type=found[0].content_type, headers=headers)


@router.get("/phones")
async def phones(connection: str, request: Request) -> dict[str, Any]:
    """The customers who have a thread with a connection."""
    line = await open_line(connection, request.app.state.settings)
    async with open_work(line.principal) as work:
        rows = await store.phones(work, line.connection.id)
        return {"phones": [{"phone": row.phone, "name": row.name, "last_n": row.last_n} for row in rows]}


async def _all_connections() -> list[tuple[ConnectionSummary, str]]:
    found: list[tuple[ConnectionSummary, str]] = []
    for workspace in await accounts.list_workspaces():
        async with open_work(Principal.system(workspace.id)) as work:
            owned = await connections.all_of_workspace(work)
        if workspace.is_active:
            ours = [one for one in owned if one.is_active and one.provider is Provider.SANDBOX]
            found += [(connection, workspace.name) for connection in ours]
    return found


@router.get("/connections")
async def lines() -> dict[str, Any]:
    """The connections that customers can write to."""
    return {
        "connections": [
            {"id": connection.slug, "name": connection.name, "shop": shop, "address": connection.address}
            for connection, shop in await _all_connections()
        ]
    }


@router.get("/chaos")
async def chaos(connection: str, request: Request) -> dict[str, Any]:
    """How a connection's line behaves."""
    line = await open_line(connection, request.app.state.settings)
    async with open_work(line.principal) as work:
        return (await store.chaos_of(work, line.connection.id)).model_dump()


@router.put("/chaos")
async def change_chaos(change: ChaosChange, request: Request) -> dict[str, Any]:
    """Change how the line of one connection, or of all, behaves."""
    if change.connection is not None:
        slugs = [change.connection]
    else:
        slugs = [connection.slug for connection, _ in await _all_connections()]
    changed: dict[str, Any] = {}
    for slug in slugs:
        line = await open_line(slug, request.app.state.settings)
        async with open_work(line.principal) as work:
            try:
                settings = change.applied_to(await store.chaos_of(work, line.connection.id))
            except ValidationError as error:
                raise RequestValidationError(error.errors()) from error
            await store.set_chaos(work, line.connection.id, settings)
        changed[slug] = settings.model_dump()
    return {"chaos": changed}


class ClockChange(BaseModel):
    """How far business time moves forward; `reset` brings it back to the real time first."""

    days: Annotated[float, Field(ge=0)] = 0
    hours: Annotated[float, Field(ge=0)] = 0
    minutes: Annotated[float, Field(ge=0)] = 0
    seconds: Annotated[float, Field(ge=0)] = 0
    reset: bool = False

    @property
    def delta(self) -> timedelta:
        """The whole way."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)


async def _clock() -> dict[str, Any]:
    async with open_system_work() as session:
        now, shift = await store.clock(session)
    return {"now": now.isoformat(), "shift_seconds": shift.total_seconds()}


@router.get("/clock")
async def time() -> dict[str, Any]:
    """Business time, and how far it runs ahead of the real time."""
    return await _clock()


@router.post("/clock")
async def move_clock(change: ClockChange) -> JSONResponse:
    """Move business time: the 24-hour window, holds and sessions see it; leases and retries do not."""
    async with open_system_work() as session:
        _, shift = await store.clock(session)
        await clock.shift_by(session, change.delta - (shift if change.reset else timedelta(0)))
    return JSONResponse(await _clock())
