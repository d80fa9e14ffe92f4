"""Whether a webhook comes from the provider: each way accepts its own proof and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from channels.base import BadSignature
from channels.infobip.authentication import authenticate
from domain.connections.schemas import WebhookAuthentication
from sandbox.infobip.signing import headers_for

RULES: dict[str, dict[str, Any]] = {
    "token": {"token": SecretStr("t0ken-ñ")},
    "basic": {"username": "nexova", "password": SecretStr("p:ss wörd")},
    "header": {"header": "X-Shop-Secret", "secret": SecretStr("s3cret")},
    "hmac": {"header": "X-Signature", "secret": SecretStr("s3cret")},
    "hmac-base64": {"header": "X-Signature", "secret": SecretStr("s3cret"), "algorithm": "sha512", "encoding": "base64"},
    "hmac-prefix": {"header": "X-Signature", "secret": SecretStr("s3cret"), "algorithm": "sha1", "prefix": "sha1="},
    "none": {},
}
BODY = b'{"results": []}'


def rule(name: str) -> WebhookAuthentication:
    return WebhookAuthentication.model_validate({"method": name.split("-")[0], **RULES[name]})


def proof(name: str, body: bytes = BODY) -> tuple[dict[str, str], dict[str, str]]:
    token = RULES[name].get("token")
    return headers_for(rule(name), body), {"token": token.get_secret_value()} if token else {}


def is_accepted(name: str, headers: dict[str, str], query: dict[str, str]) -> bool:
    try:
        authenticate(rule(name), headers, query, BODY)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("name", RULES)
def test_the_right_proof_is_accepted_whatever_the_case_of_its_header(name: str) -> None:
    headers, query = proof(name)

    shouted = {key.upper(): value for key, value in headers.items()}

    assert is_accepted(name, headers, query)
    assert is_accepted(name, shouted, query)


@pytest.mark.parametrize("name", [name for name in RULES if name != "none"])
def test_no_proof_and_another_rules_proof_are_refused(name: str) -> None:
    for other in (None, *(each for each in RULES if each not in (name, "none"))):
        headers, query = proof(other) if other else ({}, {})
        with pytest.raises(BadSignature):
            authenticate(rule(name), headers, query, BODY)


@pytest.mark.parametrize("name", ["hmac", "hmac-base64", "hmac-prefix"])
def test_a_signature_is_of_these_bytes_only(name: str) -> None:
    headers, query = proof(name)

    with pytest.raises(BadSignature):
        authenticate(rule(name), headers, query, BODY + b" ")


@given(st.sampled_from([name for name in RULES if name != "none"]), st.text(), st.text())
def test_any_other_value_is_refused_and_nothing_else_is_raised(name: str, value: str, token: str) -> None:
    headers = dict.fromkeys(("Authorization", "X-Shop-Secret", "X-Signature"), value)

    with pytest.raises(BadSignature):
        authenticate(rule(name), headers, {"token": token}, BODY)
