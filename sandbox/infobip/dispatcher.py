"""Calls the webhooks that are due, again and again until they answer with 200; any number of web processes at once."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from sqlalchemy.exc import SQLAlchemyError

from channels import registry
from core import observability
from core.access import Principal
from core.errors import CommitOutcomeUnknown, NotFound
from core.settings import Settings
from core.work import open_system_work, open_work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from sandbox.infobip import shapes, signing, store
from sandbox.infobip.store import Call

LIMIT = 50
POLL_SECONDS = 0.5
REMEMBERED_SECONDS = 5.0
LONGEST_PAUSE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(milliseconds=500)

_UNAVAILABLE = (SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError)

log = observability.log(__name__)


class Dispatcher:
    """The provider's own delivery of webhooks, as a task of the web process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bell = asyncio.Event()
        self._connections: dict[tuple[object, object], tuple[float, ConnectionView]] = {}

    def ring(self) -> None:
        """Something new is due: look at once."""
        self._bell.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver for the duration of a block."""
        # The sandbox calls this very process: a proxy of the environment has no business in between.
        async with httpx.AsyncClient(timeout=15, trust_env=False, limits=httpx.Limits(max_connections=50)) as http:
            task = asyncio.create_task(self._run(http))
            try:
                yield
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _run(self, http: httpx.AsyncClient) -> None:
        while True:
            pause = POLL_SECONDS
            try:
                pause = await self.deliver_due(http)
            except _UNAVAILABLE as error:
                log.warning("sandbox.dispatch_failed", error=type(error).__name__)
            if pause:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._bell.wait()
                self._bell.clear()

    async def deliver_due(self, http: httpx.AsyncClient) -> float:
        """Call what is due now and say how long to rest: one phone's calls one by one, different phones' at once."""
        async with open_system_work() as session:
            calls = await store.take_due(session, LIMIT)
            for call in calls:
                if _is_report(call):
                    await store.apply_effect(session, call)
            due = None if calls else await store.next_due(session)
        if not calls:
            return POLL_SECONDS if due is None else min(max(due, 0.005), POLL_SECONDS)
        lanes: dict[tuple[object, str], list[Call]] = {}
        for call in calls:
            lanes.setdefault((call.connection_id, call.phone), []).append(call)
        await asyncio.gather(*(self._deliver_lane(http, lane) for lane in lanes.values()))
        return 0.0

    async def _deliver_lane(self, http: httpx.AsyncClient, lane: list[Call]) -> None:
        for call in lane:
            await self._deliver(http, call)

    async def _deliver(self, http: httpx.AsyncClient, call: Call) -> None:
        status = await self._call(http, call) if call.body is not None else 200
        async with open_system_work() as session:
            if status == 200:
                if not _is_report(call):
                    await store.apply_effect(session, call)
                await store.forget_call(session, call)
            else:
                pause = min(FIRST_PAUSE * 2 ** min(call.attempts - 1, 10), LONGEST_PAUSE)
                await store.call_again(session, call, status, pause)

    async def _call(self, http: httpx.AsyncClient, call: Call) -> int | None:
        """The status that the webhook answered with; None if it did not answer."""
        try:
            connection = await self._connection(call)
        except NotFound:
            return None
        assert call.body is not None, "calls without a body are not made"
        body = json.dumps(shapes.webhook(call.body)).encode()
        rule = connection.credentials.webhook
        address = registry.webhook_url(connection, registry.local_url(self._settings))
        headers = {"Content-Type": "application/json", **signing.headers_for(rule, body)}
        try:
            response = await http.post(address, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.info("sandbox.webhook_failed", connection=connection.slug, error=type(error).__name__)
            return None
        if response.status_code != 200:
            log.info("sandbox.webhook_refused", connection=connection.slug, status=response.status_code)
        return response.status_code

    async def _connection(self, call: Call) -> ConnectionView:
        """The connection of a call, as it was a few seconds ago at most."""
        key = (call.workspace_id, call.connection_id)
        known = self._connections.get(key)
        if known is None or known[0] < time.monotonic():
            async with open_work(Principal.system(call.workspace_id)) as work:
                known = (time.monotonic() + REMEMBERED_SECONDS, await connections.get(work, call.connection_id))
            self._connections[key] = known
        return known[1]


def _is_report(call: Call) -> bool:
    """Reports tell what has happened on the phone; a customer's message has only arrived when the webhook took it."""
    return call.body is None or "message" not in call.body
