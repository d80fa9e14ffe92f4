"""Signing in, staying signed in, and everything that somebody may try in order to be taken for another."""

import asyncio
import base64
import hmac
import json
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select, text, update

from app.web.limits import Buckets
from core.settings import get_settings
from core.work import open_identity_work
from domain.accounts import _passwords, signing
from domain.accounts.models import Credential, IdentityEvent, SignIn, SigningKey
from tests.factories.staff import PASSWORD, Employee, make_person, sign_in

ME = "/api/v1/auth/me"


async def ask_who(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.get(ME, headers={b"authorization": f"Bearer {token}".encode("latin-1")})


async def renew(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def events(user_id: UUID) -> list[str]:
    async with open_identity_work() as work:
        found = select(IdentityEvent.type).where(IdentityEvent.user_id == user_id).order_by(IdentityEvent.created_at)
        return list(await work.session.scalars(found))


async def test_a_sign_in_gives_the_pair_that_clients_expect(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    answer = await sign_in(api, person.email.upper())
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    shown = (await ask_who(api, answer.json()["access_token"])).json()
    assert (shown["id"], shown["email"], shown["workspaces"]) == (str(person.id), person.email, [])


async def test_a_wrong_password_an_unknown_address_and_an_account_without_password_are_told_the_same(
    api: httpx.AsyncClient,
) -> None:
    person, bare = await make_person(api), await make_person(api)
    async with open_identity_work() as work:
        await work.session.execute(update(Credential).where(Credential.user_id == bare.id).values(password_hash=None))
    answers = [await sign_in(api, email, "wrong") for email in (person.email, "nobody@shop.test", bare.email)]
    told = [(answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}) for answer in answers]
    assert told[0] == told[1] == told[2]
    assert told[0][1]["code"] == "wrong_credentials"


async def test_the_same_work_is_done_for_an_address_that_nobody_has(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a count of the passwords that are checked, at which cost, and of the statements that are run
    person = await make_person(api)
    checked: list[str] = []
    real = PasswordHasher.verify

    def counting(self: Any, hashed: str, password: str) -> bool:
        checked.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return real(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    # When somebody guesses at an address that exists, and at one that does not
    await sign_in(api, person.email, "wrong")
    await sign_in(api, "nobody@shop.test", "wrong")
    # Then one hash of the same cost is checked each time, and one failure recorded
    assert len(checked) == 2
    assert checked[0] == checked[1]
    async with open_identity_work() as work:
        failed = await work.session.scalar(
            select(func.count()).select_from(IdentityEvent).where(IdentityEvent.type == "sign_in_failed")
        )
    assert failed == 2


async def test_a_password_is_hashed_anew_when_its_cost_has_grown(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person(api)
    monkeypatch.setenv("ARGON2_PASSES", "2")
    get_settings.cache_clear()
    assert (await sign_in(api, person.email)).status_code == 200
    async with open_identity_work() as work:
        hashed = await work.session.scalar(select(Credential.password_hash).where(Credential.user_id == person.id))
    assert hashed is not None
    assert ",t=2," in hashed
    assert (await sign_in(api, person.email)).status_code == 200


async def test_no_more_than_two_passwords_are_checked_at_once_whoever_comes(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person(api)
    real, lock, now, most = PasswordHasher.verify, threading.Lock(), 0, 0

    def watched(self: Any, hashed: str, password: str) -> bool:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        try:
            return real(self, hashed, password)
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    answers = await asyncio.gather(*(sign_in(api, person.email) for _ in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert 1 <= most <= _passwords.AT_ONCE


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _said(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def _hs256(kid: str, payload: str, secret: bytes) -> str:
    """A token signed with a public key as if it were a shared secret."""
    signed = f"{_encoded({'alg': 'HS256', 'kid': kid})}.{payload}"
    mac = hmac.new(secret, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def _forgeries(person: Employee) -> dict[str, str]:
    header, payload, signature = person.access_token.split(".")
    claims = _said(person.access_token)
    real = (await signing.published())["keys"][0]
    own = RSAKey.generate_key(2048, {"kid": real["kid"]})
    other = str(uuid4())
    return {
        "another person": f"{header}.{_encoded({**claims, 'sub': other})}.{signature}",
        "longer": f"{header}.{_encoded({**claims, 'exp': claims['exp'] + 9_999})}.{signature}",
        "alg none": f"{_encoded({'alg': 'none', 'kid': real['kid']})}.{payload}.",
        "HS256 with the public key": _hs256(real["kid"], payload, RSAKey.import_key(real).as_pem(private=False)),
        "own key under our kid": jwt.encode({"alg": "RS256", "kid": real["kid"]}, claims, own),
        "own key in the header": jwt.encode(
            {"alg": "RS256", "kid": "mine", "jwk": dict(own.as_dict(private=False))}, claims, own
        ),
        "kid that is SQL": jwt.encode({"alg": "RS256", "kid": "' OR 1=1 --"}, claims, own),
        "kid that is a path": jwt.encode({"alg": "RS256", "kid": "../../../dev/null"}, claims, own),
        "kid that is a list": f"{_encoded({'alg': 'RS256', 'kid': [real['kid']]})}.{payload}.{signature}",
        "no kid": f"{_encoded({'alg': 'RS256'})}.{payload}.{signature}",
        "cut": person.access_token[:-4],
        "empty parts": "..",
        "no header": f".{payload}.{signature}",
        "no JSON": "bm90anNvbg.bm90anNvbg.bm90anNvbg",
        "not ASCII": "ñ.ñ.ñ".encode().decode("latin-1"),
    }


async def test_no_forged_token_opens_anything(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    for name, token in (await _forgeries(person)).items():
        answer = await ask_who(api, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name
    assert (await ask_who(api, person.access_token)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://elsewhere.test"}, "not_signed_in"),
        ({"aud": "another"}, "not_signed_in"),
        ({"exp": 1}, "not_signed_in"),
        ({"type": "refresh"}, "wrong_token_type"),
        ({"sid": str(uuid4())}, "not_signed_in"),
        ({"sub": "no id"}, "not_signed_in"),
    ],
)
async def test_what_our_own_key_signs_still_has_to_be_right(api: httpx.AsyncClient, changed: dict[str, Any], code: str) -> None:
    person = await make_person(api)
    ring = signing._ring
    assert ring is not None
    assert ring.signing is not None
    token = jwt.encode({"alg": "RS256", "kid": ring.signing.kid}, _said(person.access_token) | changed, ring.signing)
    answer = await ask_who(api, token)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_tokens_of_another_kind_are_named_as_such(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    assert (await ask_who(api, person.refresh_token)).json()["code"] == "wrong_token_type"
    assert (await renew(api, person.access_token)).json()["code"] == "wrong_token_type"
    assert (await renew(api, "nxr_nonsense")).json()["code"] == "refresh_refused"


async def test_a_refresh_token_counts_once_and_its_copy_ends_the_whole_sign_in(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    second = (await renew(api, person.refresh_token)).json()
    assert (await ask_who(api, second["access_token"])).status_code == 200
    # When whoever copied the first token uses it
    assert (await renew(api, person.refresh_token)).status_code == 401
    # Then neither the newer refresh token nor any access token of that sign-in counts any more
    assert (await renew(api, second["refresh_token"])).status_code == 401
    assert (await ask_who(api, second["access_token"])).status_code == 401
    assert "refresh_reused" in await events(person.id)
    # And other sign-ins of the person go on
    assert (await sign_in(api, person.email)).status_code == 200


async def test_of_ten_who_use_one_refresh_token_at_once_at_most_one_gets_a_pair(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    answers = await asyncio.gather(*(renew(api, person.refresh_token) for _ in range(10)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [401] * 9
    winner = next(answer for answer in answers if answer.status_code == 200).json()
    assert (await ask_who(api, winner["access_token"])).status_code == 401


async def test_a_refresh_token_expires(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    async with open_identity_work() as work:
        await work.session.execute(text("UPDATE refresh_tokens SET expires_at = clock_timestamp() - interval '1 second'"))
    assert (await renew(api, person.refresh_token)).status_code == 401
    assert "refresh_reused" not in await events(person.id)


async def test_signing_out_ends_one_session_and_everywhere_ends_all(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    other = (await sign_in(api, person.email)).json()
    assert (await api.post("/api/v1/auth/logout", json={"refresh_token": person.refresh_token})).status_code == 204
    assert (await ask_who(api, person.access_token)).status_code == 401
    assert (await ask_who(api, other["access_token"])).status_code == 200
    third = (await sign_in(api, person.email)).json()
    headers = {"authorization": f"Bearer {third['access_token']}"}
    assert (await api.post("/api/v1/auth/logout-everywhere", headers=headers)).status_code == 204
    for pair in (other, third):
        assert (await ask_who(api, pair["access_token"])).status_code == 401
        assert (await renew(api, pair["refresh_token"])).status_code == 401


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(api: httpx.AsyncClient) -> None:
    person, other = await make_person(api), await make_person(api)
    await sign_in(api, person.email)
    listed = (await api.get("/api/v1/auth/sessions", headers=person.headers)).json()["data"]
    assert [session["is_current"] for session in listed] == [False, True]
    assert {session["ip"] for session in listed} == {"127.0.0.1"}
    theirs = (await api.get("/api/v1/auth/sessions", headers=other.headers)).json()["data"][0]["id"]
    refused = await api.delete(f"/api/v1/auth/sessions/{theirs}", headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "sign_in_not_found")
    assert (await api.delete(f"/api/v1/auth/sessions/{listed[0]['id']}", headers=person.headers)).status_code == 204
    assert len((await api.get("/api/v1/auth/sessions", headers=person.headers)).json()["data"]) == 1
    assert (await ask_who(api, other.access_token)).status_code == 200


async def test_another_key_signs_and_everybody_stays_signed_in(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    before = (await api.get("/api/v1/auth/jwks")).json()["keys"]
    await signing.rotate()
    after = (await api.get("/api/v1/auth/jwks")).json()["keys"]
    assert len(before) == 1
    assert before[0] in after
    assert len(after) == 2
    assert all("d" not in key for key in after)
    assert (await ask_who(api, person.access_token)).status_code == 200
    renewed = (await renew(api, person.refresh_token)).json()
    assert (await ask_who(api, renewed["access_token"])).status_code == 200


async def test_what_a_retired_key_has_signed_counts_no_more_and_a_new_one_is_made_when_all_have_retired(
    api: httpx.AsyncClient,
) -> None:
    person = await make_person(api)
    async with open_identity_work() as work:
        await work.session.execute(update(SigningKey).values(retires_at=work.time - timedelta(seconds=1)))
    signing.forget()
    assert (await ask_who(api, person.access_token)).status_code == 401
    renewed = (await renew(api, person.refresh_token)).json()
    assert (await ask_who(api, renewed["access_token"])).status_code == 200


async def test_a_key_that_was_made_elsewhere_is_known_at_once(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await make_person(api)
    monkeypatch.setattr(signing, "PAUSE_SECONDS", 0)
    old = signing._ring
    await signing.rotate()
    renewed = (await renew(api, person.refresh_token)).json()
    signing._ring = old  # this process has not heard of the new key
    assert (await ask_who(api, renewed["access_token"])).status_code == 200


async def test_tries_are_counted_per_address_of_the_network_and_per_account(
    api: httpx.AsyncClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person(api)
    application = api._transport.app  # type: ignore[attr-defined]  # the transport of the tests holds it
    application.state.settings = settings.model_copy(update={"sign_in_attempts_per_minute": 3})
    await application.state.redis.flushdb()
    codes = [(await sign_in(api, person.email, "wrong")).status_code for _ in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    # From another address of the network the account is still guarded
    elsewhere = httpx.ASGITransport(app=application, client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://nexova.test") as client:
        refused = await sign_in(client, person.email)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 0 < int(refused.headers["retry-after"]) <= 20
        assert (await sign_in(client, "somebody.else@shop.test", "x")).status_code == 401


async def test_without_redis_nobody_guesses_and_everybody_who_is_signed_in_works(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    application = api._transport.app  # type: ignore[attr-defined]  # as above

    class Away:
        def register_script(self, script: str) -> Any:
            async def refuse(keys: list[str], args: list[float]) -> list[Any]:
                raise ConnectionError

            return refuse

    application.state.buckets = Buckets(Away())  # type: ignore[arg-type]  # a Redis that does not answer
    refused = await sign_in(api, person.email)
    assert (refused.status_code, refused.json()["code"]) == (503, "sign_in_unavailable")
    assert (await ask_who(api, person.access_token)).status_code == 200


async def test_a_code_is_asked_for_taken_once_and_replaced_by_a_recovery_code(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    offered = await api.post("/api/v1/auth/second-factor", headers=person.headers, json={"password": PASSWORD})
    secret = offered.json()["secret"]
    assert (await sign_in(api, person.email)).status_code == 200  # nothing counts before it is confirmed

    def code(steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)

    wrong = await api.post("/api/v1/auth/second-factor/confirm", headers=person.headers, json={"code": "000000x"})
    assert wrong.status_code == 401
    done = await api.post("/api/v1/auth/second-factor/confirm", headers=person.headers, json={"code": code(-1)})
    codes = done.json()["recovery_codes"]
    assert len(set(codes)) == 10

    async def enter(given: str | None) -> str:
        body = {"email": person.email, "password": PASSWORD} | ({"code": given} if given else {})
        answer = await api.post("/api/v1/auth/login", json=body)
        return str(answer.json().get("code", "in"))

    assert await enter(None) == "code_needed"
    assert await enter(code(-1)) == "wrong_code"  # it was taken to confirm
    now = code(1)
    assert await enter(now) == "in"
    assert await enter(now) == "wrong_code"
    assert await enter(codes[0]) == "in"
    assert await enter(codes[0]) == "wrong_code"
    body = {"password": PASSWORD, "code": codes[1]}
    assert (await api.post("/api/v1/auth/second-factor/remove", headers=person.headers, json=body)).status_code == 204
    assert await enter(None) == "in"


async def test_of_many_who_use_one_code_at_once_one_gets_in(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    offered = await api.post("/api/v1/auth/second-factor", headers=person.headers, json={"password": PASSWORD})
    generator = pyotp.TOTP(offered.json()["secret"])
    first = {"code": generator.at(int(time.time()) - 30)}
    await api.post("/api/v1/auth/second-factor/confirm", headers=person.headers, json=first)
    body = {"email": person.email, "password": PASSWORD, "code": generator.at(int(time.time()) + 30)}
    answers = await asyncio.gather(*(api.post("/api/v1/auth/login", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_secrets_are_stored_nowhere_in_clear(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    async with open_identity_work() as work:
        for table in ("credentials", "refresh_tokens", "signing_keys", "identity_events", "sign_ins"):
            rows = (await work.session.execute(text(f"SELECT {table}::text AS row FROM {table}"))).scalars().all()
            for secret in (PASSWORD, person.refresh_token, person.access_token, '"d":'):
                assert not any(secret in row for row in rows), table
        assert await work.session.scalar(select(func.count()).select_from(SignIn)) == 1
