"""The entrance: signing in with a second step, choosing a password by a mailed link, taking up an invitation, going out."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints

from app.console import forms, manners, visits
from app.console.forms import Filled, OwnForm
from app.console.refusals import said
from app.console.rendering import page
from app.console.tickets import Credentials, seal, unseal
from app.demo.people import demo_people
from app.web.api.auth import AnyPassword, Email, Password, Secret, count_try
from app.web.api.callers import From
from core.errors import DomainError
from core.origin import Origin
from core.settings import Environment, Settings
from domain.accounts import browsers, registration, sign_ins
from domain.accounts.errors import CodeNeeded, NotSignedIn, PasswordNeeded, WrongCode
from domain.accounts.identity_schemas import TokenPair

router = APIRouter()

Purpose = Literal["password-reset", "registration", "invitation"]
_POLICIES: Final[dict[Purpose, str]] = {"password-reset": "reset", "registration": "confirm", "invitation": "invitation"}
"""Tries are counted together with those that come by the API."""

Next = Annotated[str, Query(alias="next", max_length=500)]


class Login(BaseModel):
    """The first step: address and password."""

    email: Email
    password: AnyPassword


class Code(BaseModel):
    """The second step: a code, and the first step as it was sealed."""

    ticket: Secret
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=6, max_length=40)]


class Forgotten(BaseModel):
    """The address of an account."""

    email: Email


class Chosen(BaseModel):
    """The secret of a mailed link, and a password, which whoever was invited and has one leaves out."""

    token: Secret
    password: Password | None = None


def _inside(path: str) -> str:
    """Where to go after signing in: a page of the console, and nowhere else."""
    is_ours = path == "/console" or path.startswith("/console/")
    return path if is_ours and "\\" not in path and not path.startswith("/console/log") else "/console"


def _login_page(
    request: Request, going: str, filled: Filled | None = None, status: int = 200, told: str | None = None
) -> Response:
    settings: Settings = request.app.state.settings
    people = demo_people() if settings.environment is Environment.DEVELOPMENT else []
    return page(request, "login.html", None, status=status, filled=filled or Filled(), going=going, demo=people, told=told)


async def _let_in(request: Request, pair: TokenPair, going: str, came_from: Origin) -> Response:
    """Have the browser carry the sign-in under a secret that nobody has seen; the one it carried before ends."""
    await _leave(request, came_from)
    answer = RedirectResponse(_inside(going), 303)
    visits.carry(request, answer, await browsers.keep(pair))
    return answer


async def _leave(request: Request, came_from: Origin) -> None:
    secret = visits.secret_of(request)
    if secret is None:
        return
    try:
        person = (await browsers.enter(secret, None)).person
    except NotSignedIn:
        return
    await sign_ins.end_sign_in(person.user_id, person.sign_in_id, came_from)


@router.get("/console/login")
async def login(
    request: Request, going: Next = "/console", told: Annotated[str | None, Query(alias="said", max_length=20)] = None
) -> Response:
    """Ask for address and password; `said` names what has just happened."""
    return _login_page(request, _inside(going), told=told)


@router.post("/console/login")
async def sign_in(request: Request, own: OwnForm, came_from: From, going: Next = "/console") -> Response:
    """Sign in, or ask for the code of the second factor."""
    login, filled = await forms.fill(request, Login, manners.of(request).language)
    if login is None:
        return _login_page(request, _inside(going), filled, 422)
    await count_try(request, "login", came_from, login.email)
    try:
        pair = await sign_ins.sign_in(login.email, login.password, came_from)
    except CodeNeeded:
        ticket = seal(Credentials(email=login.email, password=login.password))
        return page(request, "code.html", None, filled=Filled(), going=_inside(going), ticket=ticket)
    except NotSignedIn as error:
        filled.refusal = said(error, manners.of(request).language)
        return _login_page(request, _inside(going), filled, 401)
    return await _let_in(request, pair, going, came_from)


@router.post("/console/login/code")
async def give_code(request: Request, own: OwnForm, came_from: From, going: Next = "/console") -> Response:
    """Sign in with the code of the second factor."""
    language = manners.of(request).language
    given, filled = await forms.fill(request, Code, language)
    ticket = str(filled.values.get("ticket", ""))
    if given is None:
        return page(request, "code.html", None, status=422, filled=filled, going=_inside(going), ticket=ticket)
    first = unseal(given.ticket)
    await count_try(request, "login", came_from, first.email)
    try:
        pair = await sign_ins.sign_in(first.email, first.password, came_from, given.code.replace(" ", ""))
    except WrongCode as error:
        filled.faults["code"] = said(error, language)
        return page(request, "code.html", None, status=401, filled=filled, going=_inside(going), ticket=ticket)
    return await _let_in(request, pair, going, came_from)


@router.get("/console/forgotten")
async def forgotten(request: Request) -> Response:
    """Ask for the address of an account."""
    return page(request, "forgotten.html", None, filled=Filled(), is_sent=False)


@router.post("/console/forgotten")
async def ask_to_reset(request: Request, own: OwnForm, came_from: From) -> Response:
    """Have a link mailed; the answer is the same for every address."""
    language = manners.of(request).language
    asked, filled = await forms.fill(request, Forgotten, language)
    if asked is None:
        return page(request, "forgotten.html", None, status=422, filled=filled, is_sent=False)
    await count_try(request, "forgot", came_from, asked.email)
    await registration.ask_to_reset(asked.email, language)
    return page(request, "forgotten.html", None, filled=filled, is_sent=True)


@router.get("/account/{purpose}")
async def link(request: Request, purpose: Purpose) -> Response:
    """Show the form of a mailed link, whose secret stands behind `#` of the address; a script puts it into the form."""
    return page(request, "link.html", None, filled=Filled(), purpose=purpose)


@router.post("/account/{purpose}")
async def open_link(request: Request, own: OwnForm, purpose: Purpose, came_from: From) -> Response:
    """Do what the link is for: choose a new password, open an account, take an invitation up."""
    language = manners.of(request).language
    chosen, filled = await forms.fill(request, Chosen, language)
    if chosen is not None:
        await count_try(request, _POLICIES[purpose], came_from)
        try:
            pair = await _do(purpose, chosen, came_from, language)
        except PasswordNeeded as error:
            filled.faults["password"] = said(error, language)
        except DomainError as error:
            filled.refusal = said(error, language)
        else:
            if pair is not None:
                return await _let_in(request, pair, "/console", came_from)
            return RedirectResponse(f"/console/login?said={purpose}", 303)
    return page(request, "link.html", None, status=422, filled=filled, purpose=purpose)


async def _do(purpose: Purpose, chosen: Chosen, came_from: Origin, language: str) -> TokenPair | None:
    """The pair of whoever is signed in by it; the others sign in with their password."""
    if purpose == "invitation":
        return await registration.accept_invitation(chosen.token, chosen.password, came_from)
    if chosen.password is None:
        raise PasswordNeeded
    if purpose == "registration":
        return await registration.confirm(chosen.token, chosen.password, came_from)
    await registration.reset_password(chosen.token, chosen.password, came_from, language)
    return None


@router.post("/console/logout")
async def logout(request: Request, visitor: visits.SignedIn, came_from: From) -> Response:
    """End this sign-in."""
    await sign_ins.end_sign_in(visitor.person.user_id, visitor.person.sign_in_id, came_from)
    return _out(request)


@router.post("/console/logout-everywhere")
async def logout_everywhere(request: Request, visitor: visits.SignedIn, came_from: From) -> Response:
    """End all sign-ins of the person, in browsers and programs."""
    await sign_ins.sign_out_everywhere(visitor.person.user_id, came_from)
    return _out(request)


def _out(request: Request) -> Response:
    answer = RedirectResponse("/console/login?said=signed_out", 303)
    visits.forget(request, answer)
    # Drafts of the person stay with nobody else who uses the device.
    answer.headers["clear-site-data"] = '"storage"'
    return answer
