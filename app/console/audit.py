"""The trail: who has done what, the newest first."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.console.catalogue import AUDIT
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.events import END
from app.web.api.lists import Paged
from core import events
from core.event_types import EventType
from core.events import Wanted
from core.work import open_work
from domain.accounts import service as accounts

router = APIRouter(prefix="/console/@{workspace}/audit")

_KINDS: Final = sorted({type.subject_kind for type in EventType})


@router.get("")
async def show(
    request: Request,
    visit: Annotated[Visit, may(AUDIT.permission)],
    paging: Paged,
    kind: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """Show what happened, of one kind of things or of all."""
    before = END if paging.place is None else int(paging.place)
    async with open_work(visit.principal) as work:
        wanted = Wanted(subject_kind=kind or None)
        found = await events.page(work, limit=paging.limit + 1, wanted=wanted, before=before)
        names = {member.user_id: member.name for member in await accounts.list_members(work)}
    shown = found[: paging.limit]
    paged = paging.page(shown, str(shown[-1].position) if len(found) > paging.limit else None)
    return page(
        request,
        "audit.html",
        visit,
        current=AUDIT,
        paged=paged,
        names=names,
        kinds=_KINDS,
        kind=kind,
        query=[("kind", kind)] if kind else [],
        is_first=paging.place is None,
    )
