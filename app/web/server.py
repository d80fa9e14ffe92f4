"""The web process: webhooks, health and metrics, and outside production the sandbox."""

import importlib
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.processes import pulse
from app.web import health, webhooks
from app.web.requests import RequestFrame, render
from channels import registry
from core import db, observability
from core.errors import DomainError, Invalid, NotFound
from core.settings import Settings, get_settings

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
        app.state.redis = pulse.open_redis(settings)
        stack.push_async_callback(app.state.redis.aclose)
        await stack.enter_async_context(pulse.beating(settings, "web"))
        yield


async def _domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    if error.http_status >= 500:
        log.error("request.unserved", code=error.code, path=request.url.path)
    return render(request, error)


class NotOffered(DomainError):
    """The path exists, but not for this method, media type or the like."""

    code = "not_offered"


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    known = NotFound() if error.status_code == 404 else NotOffered()
    response = render(request, known, status=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = [{"where": [str(step) for step in item["loc"]], "problem": item["type"]} for item in error.errors()]
    return render(request, Invalid(), status=422, details=details)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application; it connects to the database when it starts."""
    settings = settings or get_settings()
    app = FastAPI(title="Nexova", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.state.settings = settings
    app.state.door = webhooks.Door()
    app.include_router(health.router)
    app.include_router(webhooks.router)
    if settings.sandbox_enabled:
        app.include_router(importlib.import_module("sandbox.infobip").router(settings), include_in_schema=False)
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _malformed)
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
        timeout_graceful_shutdown=8,
        timeout_keep_alive=75,
    )
    uvicorn.Server(config).run()
    log.info("process.stopped")
