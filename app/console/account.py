"""One's own account: how the console looks, the password, and where one is signed in."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import forms, visits
from app.console.catalogue import ACCOUNT
from app.console.forms import Filled
from app.console.refusals import said
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.auth import ChangePassword, count_try
from app.web.api.callers import From
from domain.accounts import registration, sign_ins
from domain.accounts.errors import WrongCredentials

router = APIRouter(prefix="/console/@{workspace}/account")

Visiting = Annotated[Visit, may(ACCOUNT.permission)]


async def _show(request: Request, visit: Visit, filled: Filled, told: str | None = None, status: int = 200) -> Response:
    found = await sign_ins.list_sign_ins(visit.person.user_id, visit.person.sign_in_id)
    return page(request, "account.html", visit, status=status, current=ACCOUNT, sign_ins=found, filled=filled, told=told)


@router.get("")
async def show(
    request: Request, visit: Visiting, told: Annotated[str | None, Query(alias="said", max_length=20)] = None
) -> Response:
    """Show one's account."""
    return await _show(request, visit, Filled(), told)


@router.post("/password")
async def change_password(request: Request, visit: Visiting, came_from: From) -> Response:
    """Choose a new password; all sign-ins end, this one too."""
    language = visit.manners.language
    chosen, filled = await forms.fill(request, ChangePassword, language)
    if chosen is None:
        return await _show(request, visit, filled, status=422)
    await count_try(request, "password", came_from, visit.person.email)
    try:
        await registration.change_password(visit.person.user_id, chosen.password, chosen.new_password, came_from, language)
    except WrongCredentials as error:
        filled.faults["password"] = said(error, language)
        return await _show(request, visit, filled, status=422)
    answer = RedirectResponse("/console/login?said=password-reset", 303)
    visits.forget(request, answer)
    return answer
