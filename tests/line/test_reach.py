"""Where the sandbox is off, nothing of it can be reached: it speaks for customers without a password."""

import subprocess
import sys

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

import sandbox.infobip
from app.web.server import create_app
from core.settings import Environment, Settings
from tests.factories.workspaces import make_connection
from tests.line.conftest import Web

PATHS = ("/sandbox", "/sandbox/", "/sandbox/connections", "/sandbox/clock", "/sandbox/assets/phone.css")


def production() -> Settings:
    return Settings(
        NEXOVA_ENV=Environment.PRODUCTION,
        DATABASE_URL="postgresql://nobody@127.0.0.1/none",
        REDIS_URL="redis://127.0.0.1:9",
        NEXOVA_SECRET_KEYS=SecretStr("x"),
        CALLS_TO_PRIVATE_ADDRESSES=False,
    )


def with_an_account() -> Settings:
    return Settings(NEXOVA_ENV=Environment.DEVELOPMENT, INFOBIP_BASE_URL="https://x.api.infobip.com")


@pytest.mark.parametrize("make", [production, with_an_account])
def test_no_path_of_the_sandbox_exists(make: object) -> None:
    settings = make()  # type: ignore[operator]  # parametrize gives objects
    assert not settings.sandbox_enabled
    client = TestClient(create_app(settings), raise_server_exceptions=False)

    assert {client.get(path).status_code for path in PATHS} == {404}
    assert client.post("/sandbox/phones/584141112233/messages", json={}).status_code == 404
    assert client.put("/sandbox/chaos", json={}).status_code == 404
    assert client.post("/sandbox/infobip/shop/whatsapp/1/message/text", json={}).status_code == 404


def test_its_router_is_refused_where_it_is_off() -> None:
    with pytest.raises(RuntimeError):
        sandbox.infobip.router(with_an_account())


def test_its_code_is_not_even_loaded() -> None:
    script = (
        "import sys; from core.settings import Settings; from app.web.server import create_app;"
        "create_app(Settings(INFOBIP_BASE_URL='https://x.api.infobip.com'));"
        "print([name for name in sys.modules if name.split('.')[0] == 'sandbox'])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"


async def test_a_line_of_another_provider_is_not_played(web: Web) -> None:
    real = await make_connection(web.workspace, base_url="https://x.api.infobip.com")

    listed = (await web.http.get("/sandbox/connections")).json()["connections"]
    said = {"connection": real.slug, "type": "text", "text": "hola"}
    written = await web.http.post("/sandbox/phones/584141112233/messages", json=said)

    assert [line["id"] for line in listed] == [web.connection.slug]
    assert (written.status_code, written.json()["code"]) == (404, "connection_not_found")
