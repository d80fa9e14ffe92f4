"""The mailbox of a development: a page with the mails that no server takes."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from connectors.mail.mailbox import Mailbox
from core.settings import Settings

router = APIRouter()


@router.get("/dev/mailbox")
async def mailbox(request: Request) -> HTMLResponse:
    """Show the mails of this installation, the newest first."""
    settings: Settings = request.app.state.settings
    letters = await Mailbox(settings.data_dir).letters()
    shown = "".join(
        f"<article><h2>{escape(letter.subject)}</h2><p>{escape(letter.address)}</p><pre>{escape(letter.text)}</pre></article>"
        for letter in letters
    )
    return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>Mailbox</title><h1>Mailbox</h1>{shown}")
