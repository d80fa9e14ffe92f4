"""The web process: webhooks, the API of the staff, health and metrics, and outside production the sandbox."""

import importlib
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from types import FrameType

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.console import refusals
from app.console import routes as console
from app.demo import shopfront
from app.processes import pulse, reloading
from app.web import health, mailbox, pictures, problems, webhooks
from app.web.addresses import AddressLimit
from app.web.api import (
    alerts,
    aliases,
    api_keys,
    assistant,
    audit,
    auth,
    bulk,
    categories,
    connections,
    conversations,
    customers,
    desk,
    emissions,
    erp,
    events,
    exports,
    imports,
    ingest,
    jobs,
    logistics,
    machine_models,
    machines,
    maintenance,
    members,
    notifications,
    orders,
    payments,
    predictions,
    products,
    purchases,
    realtime,
    replenishment,
    returns,
    roles,
    routing,
    statistics,
    stock,
    stock_documents,
    stores,
    subscriptions,
    suppliers,
    teams,
    tools,
    turns,
    variants,
    workspaces,
)
from app.web.api import (
    settings as settings_api,
)
from app.web.bodies import BodyLimit
from app.web.chat import door as chat_door
from app.web.chat import files as chat_files
from app.web.chat import origins, stream
from app.web.chat.visits import OpenStreams
from app.web.company import Company
from app.web.limits import Buckets
from app.web.live import Live
from app.web.requests import RequestFrame
from app.web.timeouts import TimeLimit
from channels import registry
from core import collector, db, observability
from core.errors import CommitOutcomeUnknown, Conflict, DomainError, Invalid, NotFound, NotPermitted
from core.settings import Environment, Settings, get_settings
from domain.accounts import signing
from domain.conversations import sending_files
from domain.machines import modelling
from domain.payments import receipts

NOUNS = (
    auth.router,
    workspaces.router,
    members.router,
    roles.router,
    turns.router,
    api_keys.router,
    bulk.router,
    products.router,
    categories.router,
    assistant.router,
    conversations.router,
    teams.router,
    desk.router,
    emissions.router,
    erp.router,
    events.router,
    audit.router,
    jobs.router,
    stores.router,
    connections.router,
    settings_api.router,
    subscriptions.router,
    variants.router,
    imports.router,
    exports.router,
    suppliers.router,
    purchases.router,
    statistics.router,
    predictions.router,
    replenishment.router,
    alerts.router,
    stock.router,
    stock_documents.router,
    returns.router,
    customers.router,
    orders.router,
    payments.router,
    tools.router,
    notifications.router,
    aliases.router,
    realtime.router,
    machines.router,
    machine_models.router,
    maintenance.router,
    ingest.router,
    logistics.router,
)

LARGER_BODIES = {
    registry.WEBHOOK_PATH: webhooks.BODY_LIMIT + 1,
    **dict.fromkeys(aliases.UPLOADS, 11 * 1024 * 1024),
    "/api/v1/payments/*/receipts": receipts.MOST_BYTES,
    "/api/v1/emissions/records/*/evidence": emissions.MOST_BYTES,
    f"{origins.PREFIX}/*/files": chat_door.MOST_BYTES,
    "/api/v1/conversations/*/files": sending_files.MOST_BYTES,
    "/console/@*/inbox/*/files": sending_files.MOST_BYTES + 64 * 1024,
    "/api/v1/machine-models/files": modelling.MOST_BYTES,
    "/api/v1/ingest/": ingest.MOST_BYTES,
}
"""Paths that take more than the settings allow, or have a limit of their own."""

LONGER_REQUESTS = {**dict.fromkeys(aliases.UPLOADS, 120.0), "/api/v1/exports": 300.0}
"""Seconds of the paths that may take more than the settings allow."""

UNCOUNTED = ("/health", "/metrics", registry.WEBHOOK_PATH, "/sandbox", "/console/assets", f"{origins.PREFIX}/-/")
"""Paths that are not counted by the address of the caller: those of the house, files of pages, and the door, which counts by
the line."""

READ_HEADERS = ("authorization", "content-type", "idempotency-key", "if-match", "x-request-id", "x-workspace-id")
TOLD_HEADERS = (
    "etag", "retry-after", "x-request-id", "idempotent-replayed", "ratelimit", "ratelimit-policy",
    "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
)  # fmt: skip
"""The headers that pages of other origins may send and read."""

log = observability.log(__name__)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if settings.database_url is None:
        raise RuntimeError("DATABASE_URL is not set; `nexova up` starts a database of its own")
    async with AsyncExitStack() as stack:
        db.connect(settings.database_url, pool_size=settings.database_pool_size)
        stack.push_async_callback(db.disconnect)
        stack.push_async_callback(registry.close)
        stack.callback(signing.forget)
        app.state.redis = pulse.open_redis(settings)
        app.state.buckets = Buckets(app.state.redis)
        app.state.company = Company(app.state.redis)
        stack.push_async_callback(app.state.redis.aclose)
        app.state.live = Live(settings.database_url)
        await stack.enter_async_context(app.state.live.listening())
        await stack.enter_async_context(pulse.beating(settings, "web"))
        # Looked at here, or whoever comes first would wait for it.
        deque(iter_route_contexts(app.routes), maxlen=0)
        yield


class OutcomeUnknown(DomainError):
    """The write may have happened; with the same key it can be asked again without harm."""

    code = "outcome_unknown"
    http_status = 503


class DatabaseAway(DomainError):
    """The database is away or busy; nothing was done."""

    code = "database_away"
    http_status = 503


class ValueUnstorable(Invalid):
    """Something in the request can be stored nowhere: a null character, a number or a time beyond all limits."""

    code = "value_unstorable"
    http_status = 422


class StillNeeded(Conflict):
    """Something else needs what would be taken away."""

    code = "still_needed"


class ReferenceNotFound(NotFound):
    """The body names something that does not exist here; `field` says by which of its names."""

    code = "reference_not_found"


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request.outcome_unknown", path=request.url.path)
    return problems.render(request, OutcomeUnknown(retry_after=1))


async def _database_error(request: Request, error: Exception) -> Response:
    if db.is_refused_by_policy(error):
        return problems.render(request, NotPermitted())
    if db.is_unstorable(error):
        return problems.render(request, ValueUnstorable())
    if db.is_reference_refused(error):
        field = db.reference_of(error)
        return problems.render(request, ReferenceNotFound(field=field) if field else StillNeeded())
    if not db.is_outage(error):
        raise error
    log.error("request.without_database", path=request.url.path, error=type(error).__name__)
    return problems.render(request, DatabaseAway(retry_after=2))


@cache
def _routes() -> list[BaseRoute]:
    """The routes of all rooms, the same objects for every application of a process.

    FastAPI works out what each of them takes when it is first looked at, which is a second for all of them.
    """
    rooms = APIRouter()
    for router in (health.router, webhooks.router, pictures.router, problems.router):
        rooms.include_router(router, include_in_schema=False)
    for router in (chat_files.router, chat_door.router, stream.router):
        rooms.include_router(router, include_in_schema=False)
    for router in NOUNS:
        rooms.include_router(router)
    for router in console.ROUTERS:
        rooms.include_router(router, include_in_schema=False)
    return rooms.routes


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application; it connects to the database when it starts."""
    settings = settings or get_settings()
    app = FastAPI(
        title="Nexova",
        version="1",
        description="What staff and programs of a shop do with it.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A path with one slash too many is another path; the answer would lead to whatever host the request has named.
        redirect_slashes=False,
    )
    app.openapi = lambda: routing.document(app)  # type: ignore[method-assign]  # FastAPI names this as the way to extend it
    app.state.settings = settings
    app.state.pages = refusals
    app.state.door = webhooks.Door()
    app.state.chat_streams = OpenStreams()
    app.router.routes.extend(_routes())
    if settings.environment is not Environment.PRODUCTION:
        app.include_router(shopfront.router, include_in_schema=False)
    if settings.mailbox_enabled:
        app.include_router(mailbox.router, include_in_schema=False)
    if settings.sandbox_enabled:
        app.include_router(importlib.import_module("sandbox.infobip").router(settings), include_in_schema=False)
        app.include_router(importlib.import_module("sandbox.devices.sending").router(settings))
    app.add_exception_handler(DomainError, problems.domain_error)
    app.add_exception_handler(HTTPException, problems.http_error)
    app.add_exception_handler(RequestValidationError, problems.malformed)
    app.add_exception_handler(CommitOutcomeUnknown, _unknown)
    app.add_exception_handler(SQLAlchemyError, _database_error)
    # The last one is met first.
    app.add_middleware(BodyLimit, limit=settings.request_body_limit, larger=LARGER_BODIES)
    app.add_middleware(TimeLimit, seconds=settings.request_seconds, longer=LONGER_REQUESTS)
    app.add_middleware(origins.ChatOrigins)
    app.add_middleware(AddressLimit, exempt=UNCOUNTED)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)
    app.add_middleware(
        origins.OtherOrigins,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=READ_HEADERS,
        expose_headers=TOLD_HEADERS,
    )
    app.add_middleware(RequestFrame, https=settings.base_url.startswith("https://"))
    return app


def _on_signal(number: int, frame: FrameType | None) -> None:
    """Uvicorn raises the signal again once it has stopped; this makes that the end of a clean exit."""
    log.info("process.signalled", signal=signal.Signals(number).name)


def serve() -> None:
    """Run the web process until SIGINT or SIGTERM."""
    settings = get_settings()
    observability.configure_logging(settings, "web")
    observability.configure_tracing(settings, "web")
    reloading.on_hangup()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_signal)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the application itself knows whom to trust
        timeout_graceful_shutdown=8,
        timeout_keep_alive=75,
        ws_max_size=16 * 1024,  # nobody has to say more than who they are
    )
    collector.spare()
    uvicorn.Server(config).run()
    log.info("process.stopped")
