"""Home: who waits for a person, and the ways to everything else."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.console.catalogue import HOME
from app.console.rendering import page
from app.console.visits import Visit, may
from core.work import open_work
from domain.conversations import desk
from domain.conversations.desk import Queue
from domain.conversations.permissions import ConversationsPermission

router = APIRouter(prefix="/console/@{workspace}/home")

SHOWN = 8


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(HOME.permission)]) -> Response:
    """Show the day."""
    waiting = None
    if visit.principal.may(ConversationsPermission.READ):
        async with open_work(visit.principal) as work:
            waiting = (await desk.list_conversations(work, Queue.WAITING, limit=SHOWN)).items
    return page(request, "home.html", visit, current=HOME, waiting=waiting)
