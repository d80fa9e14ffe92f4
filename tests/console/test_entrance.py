"""The entrance of the console: who gets in, how it ends, and what somebody may try in order to be taken for another."""

import re

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.console import forms
from core import vault
from core.settings import Environment, get_settings
from core.work import open_identity_work
from domain.accounts.kinds import MailKind
from domain.accounts.models import Mail
from domain.accounts.roles import Role
from tests.factories.staff import PASSWORD, make_person
from tests.factories.visitors import OWN, Visitor, visit
from tests.factories.workspaces import make_workspace

FOREIGN: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site", "origin": "https://evil.test"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "https://evil.test"},
    {"origin": "null"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.test"},
    {},
)
"""What browsers, and things that are none, say of a request that no page of ours has made."""


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(application: FastAPI, api: httpx.AsyncClient) -> None:
    person = await make_person(api)

    answer = await Visitor(application).sign_in(person.email.upper())

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    said = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("nexova="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(said.split("; "))
    assert "Domain" not in said


async def test_with_https_the_cookie_is_bound_to_the_host(application: FastAPI, api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    application.state.settings = application.state.settings.model_copy(update={"public_url": "https://shop.test"})

    answer = await Visitor(application).sign_in(person.email)

    said = next(value for value in answer.headers.get_list("set-cookie") if "nexova=" in value)
    assert said.startswith("__Host-nexova=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(said.split("; "))


async def test_a_wrong_password_gives_the_form_back_with_the_address(application: FastAPI, api: httpx.AsyncClient) -> None:
    person = await make_person(api)

    answer = await Visitor(application).sign_in(person.email, "nope nope nope")

    assert answer.status_code == 401
    assert person.email in answer.text
    assert "nope nope" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_nobody_signs_in_under_a_secret_that_somebody_else_knows(application: FastAPI, api: httpx.AsyncClient) -> None:
    # Given an attacker who has put a cookie of their own choosing into the browser, or their own sign-in
    victim, attacker = await make_person(api), await make_person(api)
    planted = Visitor(application)
    await planted.sign_in(attacker.email)
    known = planted.http.cookies["nexova"]

    # When the victim signs in with it
    browser = Visitor(application)
    browser.http.cookies.set("nexova", known, domain="nexova.test")
    await browser.sign_in(victim.email)

    # Then the secret is another one, and what the attacker knows opens nothing any more
    assert browser.http.cookies["nexova"] != known
    answer = await planted.http.get("/console/workspaces")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login?next=/console/workspaces")


async def test_a_secret_is_neither_a_token_nor_the_other_way_round(application: FastAPI, api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    visitor = Visitor(application)
    await visitor.sign_in(person.email)

    assert (await api.get("/api/v1/auth/me", headers={"cookie": f"nexova={visitor.http.cookies['nexova']}"})).status_code == 401
    bearer = {"authorization": f"Bearer {visitor.http.cookies['nexova']}"}
    assert (await api.get("/api/v1/auth/me", headers=bearer)).status_code == 401
    for token in (person.access_token, person.refresh_token):
        other = Visitor(application)
        other.http.cookies.set("nexova", token)
        assert (await other.http.get("/console/workspaces")).status_code == 303


@pytest.mark.parametrize("path", ["/console/logout", "/console/logout-everywhere"])
async def test_signing_out_ends_the_sign_in_on_the_server(application: FastAPI, api: httpx.AsyncClient, path: str) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace)
    kept = visitor.http.cookies["nexova"]

    answer = await visitor.http.post(path, data={forms.FIELD: await visitor.token()}, headers=OWN)

    assert answer.headers["location"] == "/console/login?said=signed_out"
    assert "nexova" not in visitor.http.cookies
    visitor.http.cookies.set("nexova", kept)
    assert (await visitor.http.get(visitor.at("home"))).status_code == 303


async def test_signing_out_everywhere_by_the_api_ends_browsers_and_a_browser_ends_programs(
    application: FastAPI, api: httpx.AsyncClient
) -> None:
    workspace = await make_workspace()
    visitor, person = await visit(application, api, workspace)
    await api.post("/api/v1/auth/logout-everywhere", headers=person.headers)
    assert (await visitor.http.get(visitor.at("home"))).status_code == 303

    visitor, person = await visit(application, api, workspace)
    await visitor.http.post("/console/logout-everywhere", data={forms.FIELD: await visitor.token()}, headers=OWN)
    assert (await api.get("/api/v1/auth/me", headers=person.headers)).status_code == 401


async def test_a_new_password_ends_every_session_and_is_asked_for(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    visitor, person = await visit(application, api, workspace)
    wrong = await visitor.send("account/password", {"password": "not this one", "new_password": "a new password"})
    assert wrong.status_code == 422

    answer = await visitor.send("account/password", {"password": PASSWORD, "new_password": "a new password"})

    assert answer.headers["location"] == "/console/login?said=password-reset"
    assert (await api.get("/api/v1/auth/me", headers=person.headers)).status_code == 401
    assert (await visitor.sign_in(person.email, "a new password")).status_code == 303


async def test_a_second_factor_is_asked_for_after_the_password(application: FastAPI, api: httpx.AsyncClient) -> None:
    # Given an account with a second factor
    person = await make_person(api)
    offer = (await api.post("/api/v1/auth/second-factor", json={"password": PASSWORD}, headers=person.headers)).json()
    totp = pyotp.TOTP(offer["secret"])
    confirmed = await api.post("/api/v1/auth/second-factor/confirm", json={"code": totp.now()}, headers=person.headers)
    spare = confirmed.json()["recovery_codes"][0]

    # When the password is right, the code is asked for, and nothing is open yet
    visitor = Visitor(application)
    asked = await visitor.sign_in(person.email)
    assert asked.status_code == 200
    assert "nexova" not in visitor.http.cookies
    assert PASSWORD not in asked.text
    ticket = re.search(r'name="ticket" value="([^"]+)"', asked.text)
    assert ticket is not None

    # Then a wrong code opens nothing, a forged ticket neither, and a good code does
    wrong = await visitor.http.post("/console/login/code", data={"ticket": ticket[1], "code": "000000"}, headers=OWN)
    assert (wrong.status_code, "nexova" in visitor.http.cookies) == (401, False)
    forged = await visitor.http.post("/console/login/code", data={"ticket": "forged", "code": spare}, headers=OWN)
    assert (forged.status_code, "nexova" in visitor.http.cookies) == (303, False)
    right = await visitor.http.post("/console/login/code", data={"ticket": ticket[1], "code": spare}, headers=OWN)
    assert (right.status_code, "nexova" in visitor.http.cookies) == (303, True)


async def test_a_mailed_link_sets_a_password_once(application: FastAPI, api: httpx.AsyncClient) -> None:
    # Given an invitation, as it was mailed
    workspace = await make_workspace()
    owner, _ = await visit(application, api, workspace)
    invited = await api.post(
        f"/api/v1/workspaces/{workspace.id}/members",
        json={"email": "nueva@shop.test", "role": "viewer"},
        headers=(await visit(application, api, workspace))[1].headers,
    )
    assert invited.status_code == 201, invited.text
    async with open_identity_work() as work:
        mail = (await work.session.scalars(select(Mail).where(Mail.kind == MailKind.INVITATION))).one()
        secret = vault.unseal(mail.sealed or b"")["token"]

    # When it is opened without a password, then with one
    browser = Visitor(application, workspace)
    assert (await browser.http.get("/account/invitation")).status_code == 200
    bare = await browser.http.post("/account/invitation", data={"token": secret}, headers=OWN)
    taken = await browser.http.post("/account/invitation", data={"token": secret, "password": "my new password"}, headers=OWN)
    again = await browser.http.post("/account/invitation", data={"token": secret, "password": "another password"}, headers=OWN)

    # Then the person is in, and the link opens nothing any more
    assert (bare.status_code, taken.status_code, again.status_code) == (422, 303, 422)
    assert workspace.name in await browser.open("home")
    assert await owner.open("home")


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/console/login", "/console/forgotten", "/account/password-reset", "/console/manners"])
async def test_no_form_before_the_sign_in_is_taken_from_elsewhere(
    application: FastAPI, api: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    person = await make_person(api)

    answer = await Visitor(application).http.post(path, data={"email": person.email, "password": PASSWORD}, headers=headers)

    assert answer.status_code == 403
    assert 'data-code="foreign_form"' in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "going",
    ["https://evil.test", "//evil.test", "/\\evil.test", "/console\\@evil.test", "/consolething", "javascript:alert(1)"],
)
async def test_nobody_is_sent_out_of_the_console(application: FastAPI, api: httpx.AsyncClient, going: str) -> None:
    person = await make_person(api)
    fields = {"email": person.email, "password": PASSWORD}

    answer = await Visitor(application).http.post("/console/login", params={"next": going}, data=fields, headers=OWN)

    assert answer.headers["location"] == "/console"


async def test_whoever_was_asked_to_sign_in_comes_back_to_where_they_were(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    _, person = await visit(application, api, workspace, Role.OPERATOR)
    browser = Visitor(application, workspace)
    asked = await browser.http.get("/console/home")
    assert asked.headers["location"] == "/console/login?next=/console/home"

    answer = await browser.http.post(
        "/console/login", params={"next": "/console/home"}, data={"email": person.email, "password": PASSWORD}, headers=OWN
    )

    assert answer.headers["location"] == "/console/home"
    assert (await browser.http.get("/console/home")).headers["location"] == browser.at("home")


async def test_demo_accounts_are_shown_in_development_only(application: FastAPI) -> None:
    settings = get_settings()
    shown = {}
    for environment in Environment:
        changed = settings.model_copy(update={"environment": environment})
        application.state.settings = changed
        shown[environment.value] = "admin@demo.com" in (await Visitor(application).http.get("/console/login")).text

    assert shown == {"development": True, "test": False, "production": False}
