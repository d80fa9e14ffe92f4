"""Who sees which page: every role walks every address of the console, and what a page shows of others' words does nothing."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.console import catalogue, forms, routes
from app.console.rendering import POLICY
from core.access import covers
from domain.accounts import roles
from domain.accounts.roles import GRANTS, Role
from domain.accounts.schemas import WorkspaceView
from tests.factories.visitors import OWN, Visitor, visit
from tests.factories.workspaces import make_workspace

OPEN = {
    "/account/{purpose}",
    "/console/assets/{release}/{name}",
    "/console/forgotten",
    "/console/login",
    "/console/login/code",
    "/console/manners",
    "/route/{token}",
    "/route/{token}/stops/{stop_id}",
}
"""What stands before the sign-in. Everything else asks for one."""

OWN_ACCOUNT = {
    "/console",
    "/console/",
    "/console/logout",
    "/console/logout-everywhere",
    "/console/workspaces",
    "/console/{path:path}",
}
"""What belongs to a person and to no workspace, so that no right is needed."""

STREAM = "/live"
"""How the addresses of streams end, which never do; a real process serves them in `test_inbox.py`."""

ROUTES = [route for router in routes.ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def scopes(route: APIRoute) -> set[str]:
    """The permissions that a route names."""

    def of(dependant: Any) -> set[str]:
        own = set(dependant.own_oauth_scopes or [])
        return own.union(*(of(each) for each in dependant.dependencies))

    return of(route.dependant)


def methods(route: APIRoute) -> set[str]:
    return set(route.methods or ())


def address(route: APIRoute, workspace: WorkspaceView) -> str:
    """The path with its workspace filled in, and everything else that it names made up."""
    return re.sub(r"\{[a-z_:]+\}", lambda _: str(uuid4()), route.path.replace("{workspace}", workspace.slug))


def test_every_address_asks_for_a_sign_in_or_is_known_not_to() -> None:
    unguarded = {route.path for route in ROUTES if not scopes(route)} - OPEN - OWN_ACCOUNT

    assert unguarded == set()


def test_every_page_of_the_catalogue_has_its_route() -> None:
    paths = {f"/console/@{{workspace}}/{page.path}": page.permission.value for page in catalogue.PAGES}
    found = {route.path: scopes(route) for route in ROUTES if route.path in paths and "GET" in methods(route)}

    assert found == {path: {permission} for path, permission in paths.items()}


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_its_pages_and_no_others(application: FastAPI, api: httpx.AsyncClient, role: Role) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, role)
    token = await visitor.token()
    named = {permission.value: permission for permission in roles.permissions()}
    walked = 0
    for route in ROUTES:
        needed = scopes(route)
        if not needed:
            continue
        allowed = all(covers(GRANTS[role], named[name]) for name in needed)
        for method in methods(route) - {"HEAD"}:
            if allowed and route.path.endswith(STREAM):
                continue
            async with visitor.http.stream(
                method, address(route, workspace), data={forms.FIELD: token} if method != "GET" else None, headers=OWN
            ) as answer:
                assert (answer.status_code == 403) == (not allowed), (route.path, method, answer.status_code)
                assert answer.status_code < 500, (route.path, method, answer.status_code)
            walked += 1
    assert walked >= 4


@pytest.mark.parametrize("role", Role)
async def test_the_navigation_shows_what_a_role_may_open(application: FastAPI, api: httpx.AsyncClient, role: Role) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, role)

    shown = await visitor.open("home")

    linked = {page.key for page in catalogue.PAGES if f'href="{visitor.at(page.path)}"' in shown}
    assert linked == {page.key for page in catalogue.PAGES if covers(GRANTS[role], page.permission)}


async def test_a_foreign_workspace_does_not_exist_on_any_address(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace, foreign = await make_workspace(), await make_workspace()
    visitor, _ = await visit(application, api, workspace)
    token = await visitor.token()
    for route in (route for route in ROUTES if scopes(route)):
        for method in methods(route) - {"HEAD"}:
            sent = {forms.FIELD: token} if method != "GET" else None
            answer = await visitor.http.request(method, address(route, foreign), data=sent, headers=OWN)
            assert answer.status_code == 404, (route.path, method, answer.status_code)


async def test_a_write_needs_the_token_of_this_sign_in_and_a_page_of_ours(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace)
    other, _ = await visit(application, api, workspace)
    mine, theirs = await visitor.token(), await other.token()
    writes = [route for route in ROUTES if "POST" in methods(route) and route.path not in OPEN]
    assert writes
    for route in writes:
        await application.state.redis.flushdb()  # one person does not ask so often within a minute
        path = address(route, workspace)
        for token in ("", "forged", theirs):
            answer = await visitor.http.post(path, data={forms.FIELD: token}, headers=OWN)
            assert (answer.status_code, 'data-code="form_expired"' in answer.text) == (403, True), (route.path, token)
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}, {}):
            answer = await visitor.http.post(path, data={forms.FIELD: mine}, headers=headers)
            assert (answer.status_code, 'data-code="foreign_form"' in answer.text) == (403, True), (route.path, headers)
    assert await visitor.open("home")


async def test_every_page_carries_the_policy_and_no_script_or_style_of_its_own(
    application: FastAPI, api: httpx.AsyncClient
) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace)
    pages = [visitor.at(page.path) for page in (*catalogue.PAGES, catalogue.ACCOUNT)]
    for path in [*pages, "/console/login", "/console/forgotten", "/account/invitation", "/console/workspaces", "/console/none"]:
        answer = await visitor.http.get(path)
        assert answer.headers["content-security-policy"] == POLICY, path
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert all('src="/console/assets/' in each or 'type="application/json"' in each for each in scripts), path
        assert not re.search(r"""<style|\sstyle=|\son[a-z]+=|href=["']?javascript:""", answer.text), path
    assert "unsafe" not in POLICY


async def test_what_strangers_write_is_text(application: FastAPI, api: httpx.AsyncClient) -> None:
    attack = "<img src=x onerror=alert(1)>\"'></script><script>alert(2)</script>"
    workspace = await make_workspace(name=attack[:200])
    visitor, _ = await visit(application, api, workspace)
    await visitor.sign_in((await visit(application, api, workspace))[1].email)
    visitor.http.headers["user-agent"] = attack
    for path in (visitor.at("home"), visitor.at("account"), visitor.at("audit"), "/console/workspaces", "/console/" + attack):
        shown = (await visitor.http.get(path)).text
        assert "<img" not in shown.replace('<img src="/console/assets/', ""), path
        assert "<script>" not in shown, path


async def test_a_file_of_the_console_is_kept_for_ever_and_of_another_release_is_none(application: FastAPI) -> None:
    browser = Visitor(application)
    shown = (await browser.http.get("/console/login")).text
    found = re.search(r'href="(/console/assets/[^"]+console\.css)"', shown)
    assert found is not None
    answer = await browser.http.get(found[1])
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.http.get("/console/assets/old/console.css")).status_code == 404
    assert (await browser.http.get(found[1].replace("console.css", "__init__.py"))).status_code == 404
