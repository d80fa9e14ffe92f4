"""WhatsApp through Infobip, for one connection."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from channels.base import (
    FetchedMedia,
    RawEvent,
    SendOutcome,
    StatusReport,
    SystemEvent,
    Unsendable,
)
from channels.breaker import Breaker
from channels.infobip import answers, authentication, media, parts, reading, requests, splitting, templates
from core import observability
from core.inbound import EventKind
from domain.connections.schemas import ConnectionView, LineCheck
from domain.connections.templates import TemplatesFound
from domain.conversations.content import Content
from domain.conversations.kinds import AttemptOutcome
from domain.conversations.schemas import Incoming

SEND_SECONDS = 20.0
SIGN_SECONDS = 3.0
CHECK_SECONDS = 10.0
MOST_TOLD_BYTES = 8 * 1024 * 1024
"""Of what a provider tells of a line; all the templates of a large sender are fewer."""
MAX_ANSWER_BYTES = 256 * 1024

log = observability.log(__name__)


class InfobipWhatsApp:
    """Implements `channels.base.Channel` for one WhatsApp sender."""

    def __init__(
        self,
        connection: ConnectionView,
        http: httpx.AsyncClient,
        breaker: Breaker,
        *,
        base_url: str,
        notify_url: str | None = None,
    ) -> None:
        self._connection = connection
        self._http = http
        self._breaker = breaker
        self._base_url = base_url.rstrip("/")
        self._notify_url = notify_url

    def authenticate(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        """Raise BadSignature unless the request proves that Infobip made it."""
        authentication.authenticate(self._connection.credentials.webhook, headers, query, body)

    def split(self, body: bytes) -> list[RawEvent]:
        """The results of a webhook body; never raises."""
        return splitting.split(body)

    def read(self, event_kind: EventKind, body: bytes) -> Incoming | StatusReport | SystemEvent:
        """Understand one stored event; raises EventUnreadable and nothing else."""
        return reading.read(event_kind, body)

    def parts(self, content: Content) -> list[Content]:
        """The pieces in which a message goes out, each within WhatsApp's limits; raises Unsendable."""
        return parts.parts(content)

    async def send(self, message_id: UUID, to: str, content: Content, reply_to: str | None = None) -> SendOutcome:
        """Try to send one piece once; trouble on the way is an outcome, not an exception."""
        try:
            path, body = requests.request_of(
                content,
                sender=self._connection.address,
                to=to,
                message_id=message_id,
                reply_to=reply_to,
                notify_url=self._notify_url,
            )
        except Unsendable as error:
            return SendOutcome(AttemptOutcome.REJECTED, error.code, f"{type(error).__name__}: {error}")
        wait = self._breaker.wait()
        if wait > 0:
            return SendOutcome(AttemptOutcome.RETRY, "line_resting", retry_after=wait)
        outcome = await self._post(path, body)
        answered = outcome.http_status is not None and outcome.http_status < 500
        self._breaker.record(alive=answered)
        return outcome

    async def _post(self, path: str, body: dict[str, Any]) -> SendOutcome:
        try:
            response, content = await self._answered("POST", path, body, within=SEND_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError) as error:
            return answers.of_failure(error)
        return answers.of_response(response.status_code, response.headers, content)

    async def _answered(
        self, method: str, path: str, body: dict[str, Any] | None, *, within: float, most: int = MAX_ANSWER_BYTES
    ) -> tuple[httpx.Response, bytes]:
        """What the provider answers, and so many bytes of its body; raises what httpx does, and TimeoutError."""
        headers = self._headers() | ({"Content-Type": "application/json"} if body is not None else {})
        given = None if body is None else json.dumps(body).encode()
        async with (
            asyncio.timeout(within),
            self._http.stream(method, self._base_url + path, content=given, headers=headers) as response,
        ):
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk[: most - len(content)]
                if len(content) == most:
                    break
        return response, bytes(content)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._authorization(), "Accept": "application/json"}

    def _authorization(self) -> str:
        return f"App {self._connection.credentials.api_key.get_secret_value()}"

    async def mark_read(self, provider_message_id: str) -> None:
        """Show the customer that the message was read; best effort."""
        sender, message = quote(self._connection.address, safe=""), quote(provider_message_id, safe="")
        await self._sign(f"/whatsapp/1/senders/{sender}/message/{message}/read", None)

    async def typing(self, to: str) -> None:
        """Show the customer that an answer is being written; best effort."""
        await self._sign(requests.EVENTS, requests.typing_body(sender=self._connection.address, to=to))

    async def _sign(self, path: str, body: dict[str, Any] | None) -> None:
        """A sign of life to the customer: it has little time, and its failure is only logged."""
        try:
            response, _ = await self._answered("POST", path, body, within=SIGN_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            log.info("sign.failed", path=path.rsplit("/", 1)[-1], error=type(error).__name__)
            return
        if response.is_error:
            log.info("sign.refused", path=path.rsplit("/", 1)[-1], status=response.status_code)

    async def check(self) -> LineCheck:
        """Ask for what WhatsApp shows of the sender; only the account that has it may see that."""
        code, status, _ = await self._asked("/whatsapp/1/senders/{sender}/business-info")
        return LineCheck(is_usable=code == "ok", code=code, http_status=status)

    async def templates(self) -> TemplatesFound:
        """Ask for the sender's templates; those that are approved and need nothing but values for their text can be sent."""
        code, _, content = await self._asked("/whatsapp/2/senders/{sender}/templates")
        return templates.found(content) if code == "ok" else TemplatesFound(code=code)

    async def _asked(self, path: str) -> tuple[str, int | None, bytes]:
        """What the account that has the sender may ask of it: `ok` or why there is no answer, its status, and what it says."""
        path = path.format(sender=quote(self._connection.address, safe=""))
        try:
            response, content = await self._answered("GET", path, None, within=CHECK_SECONDS, most=MOST_TOLD_BYTES)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError):
            return "unreachable", None, b""
        code = {200: "ok", 401: "key_refused", 403: "key_refused", 400: "sender_unknown", 404: "sender_unknown"}
        return code.get(response.status_code, "unclear"), response.status_code, content

    async def fetch_media(self, url: str) -> FetchedMedia:
        """The bytes of a file that a customer sent; raises MediaUnavailable."""
        return await media.fetch(self._http, url, base_url=self._base_url, authorization=self._authorization())
