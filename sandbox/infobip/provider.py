"""The provider's side: sends, typing, read marks and media, in Infobip's own paths, shapes and limits.

A send is accepted first and fails later, by a report, as with the real one. What the chaos settings want happens
around the acceptance: refused before it, or the answer lost after it.
"""

import asyncio
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from core.blobs import BlobMissing, open_blobs
from core.errors import NotFound
from core.work import open_work
from sandbox.infobip import approved, rules, shapes, store
from sandbox.infobip.line import Line, open_line
from sandbox.infobip.models import Writer
from sandbox.infobip.sends import Accepted, Refused, take

TYPING = timedelta(seconds=25)


router = APIRouter(prefix="/sandbox/infobip/{slug}/whatsapp")


@router.post("/1/message/interactive/{kind}")
async def interactive(slug: str, kind: str, request: Request) -> Response:
    """Take a message with buttons or a list."""
    return await _serve_send(slug, kind if kind in ("buttons", "list") else "", request)


@router.post("/1/message/{kind}")
async def simple(slug: str, kind: str, request: Request) -> Response:
    """Take a text, an image, a document or a template."""
    return await _serve_send(slug, kind if kind in ("text", "image", "document", "template") else "", request)


@router.post("/1/events")
async def events(slug: str, request: Request) -> Response:
    """Take a typing indicator."""
    try:
        line = await _authorised(slug, request)
        return JSONResponse(await _type(line, rules.parse_events(await _json(request))))
    except rules.Malformed as problem:
        body = shapes.platform_refusal("E400", "Request cannot be processed.", problem.fields)
        return JSONResponse(body, status_code=400)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)


@router.post("/1/senders/{sender}/message/{message_id:path}/read")
async def read(slug: str, sender: str, message_id: str, request: Request) -> Response:
    """Show the customer blue ticks."""
    try:
        line = await _authorised(slug, request)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    if sender != line.connection.address or not await _mark_read(line, message_id):
        return JSONResponse({"error": "Message not found"}, status_code=404)
    return Response(status_code=204)


@router.get("/1/senders/{sender}/business-info")
async def business_info(slug: str, sender: str, request: Request) -> Response:
    """Tell what WhatsApp shows of a sender."""
    try:
        line = await _of_sender(slug, sender, request)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    return JSONResponse({"displayName": line.connection.name, "vertical": "RETAIL", "websites": []})


@router.get("/2/senders/{sender}/templates")
async def templates(slug: str, sender: str, request: Request) -> Response:
    """Tell the templates of a sender and how far their approval has come."""
    try:
        await _of_sender(slug, sender, request)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    return JSONResponse({"templates": approved.listed()})


@router.api_route("/1/senders/{sender}/media/{media_id}", methods=["GET", "HEAD"])
async def media(slug: str, sender: str, media_id: str, request: Request) -> Response:
    """Give a customer's file to whoever has the key."""
    try:
        return await _media(await _authorised(slug, request), sender, media_id)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    except (NotFound, ValueError):
        return Response(status_code=404)


async def _of_sender(slug: str, sender: str, request: Request) -> Line:
    """The line whose number is asked about; another's is as little there as none."""
    line = await _authorised(slug, request)
    if sender != line.connection.address:
        raise Refused(404, shapes.refusal("NOT_FOUND", "Not found"))
    return line


async def _authorised(slug: str, request: Request) -> Line:
    try:
        line = await open_line(slug, request.app.state.settings)
    except NotFound as error:
        raise Refused(404, shapes.refusal("NOT_FOUND", "Not found")) from error
    wanted = f"App {line.connection.credentials.api_key.get_secret_value()}"
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass")):
        raise Refused(401, shapes.refusal("UNAUTHORIZED", "Unauthorized"))
    return line


async def _json(request: Request) -> object:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Refused(400, shapes.refusal("BAD_REQUEST", "Bad request")) from error


async def _serve_send(slug: str, kind: str, request: Request) -> Response:
    try:
        line = await _authorised(slug, request)
        if not kind:
            raise Refused(404, shapes.refusal("NOT_FOUND", "Not found"))
        sent, content = rules.parse_send(kind, await _json(request))
        accepted = await take(line, sent, content)
    except rules.Malformed as problem:
        body = shapes.refusal("BAD_REQUEST", "Bad request", problem.fields)
        return JSONResponse(body, status_code=400)
    except Refused as refused:
        headers = {"Retry-After": "1"} if refused.status == 429 else None
        return JSONResponse(refused.body, status_code=refused.status, headers=headers)
    return await _answer(kind, sent.to, accepted)


async def _answer(kind: str, to: str, accepted: Accepted) -> Response:
    chaos, cause = accepted.chaos, accepted.message_id
    if chaos.happens(chaos.timeout_after_accept, cause, "timeout"):
        await asyncio.sleep(chaos.timeout_seconds)
    if chaos.happens(chaos.server_error_after_accept, cause, "error after"):
        return Response("<html><body>502 Bad Gateway</body></html>", status_code=502, media_type="text/html")
    body = shapes.accepted(to, accepted.message_id, accepted.state)
    return JSONResponse({"messages": [body], "bulkId": uuid4().hex} if kind == "template" else body)


async def _type(line: Line, parsed: rules.Events) -> dict[str, Any]:
    answers = []
    async with open_work(line.principal) as work:
        for event in parsed.events:
            to = event.destinations[0].to
            known = await store.find_phone(work, line.connection.id, to)
            if known is not None and event.sender == line.connection.address:
                phone = await store.lock_phone(work, line.connection.id, known.phone)
                phone.typing_until = work.system_time + TYPING
            answers.append({"messageId": str(uuid4()), "status": shapes.status("pending"), "destination": to})
    return {"bulkId": uuid4().hex, "messages": answers}


async def _mark_read(line: Line, message_id: str) -> bool:
    async with open_work(line.principal) as work:
        bubble = await store.find_message(work, line.connection.id, Writer.CUSTOMER, message_id)
        if bubble is not None:
            await store.mark_read(work, line.connection.id, bubble.phone, bubble.n)
    return bubble is not None


async def _media(line: Line, sender: str, media_id: str) -> Response:
    async with open_work(line.principal) as work:
        bubble = await store.get_message(work, UUID(media_id))
    if bubble is None or bubble.blob_key is None or sender != line.connection.address:
        raise BlobMissing(media_id)
    content = await open_blobs(line.settings).get(bubble.blob_key)
    return Response(content, media_type=bubble.content_type)
