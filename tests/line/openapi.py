"""Infobip's published schemas as an oracle: JSON Schema with the discriminators applied, which validators leave out."""

import copy
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # the package ships no types
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_FACTS = Path(__file__).parent / "openapi_facts.json"
_PREFIX = "#/schemas/"


def _without_discrimination(schema: Any, parent: str) -> Any:
    """A child's schema in which its parent stands without the choice that leads back to the child."""
    if isinstance(schema, dict):
        return {
            key: f"{_PREFIX}{parent}.base"
            if key == "$ref" and value == _PREFIX + parent
            else _without_discrimination(value, parent)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_without_discrimination(item, parent) for item in schema]
    return schema


@lru_cache
def facts() -> dict[str, Any]:
    """The facts, with a choice by `if`/`then` wherever a discriminator stands."""
    loaded: dict[str, Any] = json.loads(_FACTS.read_text())
    schemas = loaded["schemas"]
    for name, schema in list(schemas.items()):
        discriminator = schema.get("discriminator")
        if not discriminator or not discriminator.get("mapping"):
            continue
        schemas[f"{name}.base"] = {key: value for key, value in copy.deepcopy(schema).items() if key != "oneOf"}
        prop = discriminator["propertyName"]
        choices = []
        for value, reference in discriminator["mapping"].items():
            child = reference.removeprefix(_PREFIX)
            schemas[child] = _without_discrimination(schemas[child], name)
            choices.append({"if": {"properties": {prop: {"const": value}}, "required": [prop]}, "then": {"$ref": reference}})
        schema["allOf"] = [*schema.get("allOf", []), *choices]
    return loaded


@lru_cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = DRAFT202012.create_resource(facts())
    found: Registry[Any] = Registry[Any]().with_resource("facts:", resource)
    return found


def problems(schema: dict[str, Any], instance: Any) -> list[str]:
    """What is wrong with an instance, by the published schema."""
    absolute = json.loads(json.dumps(schema).replace('"#/schemas/', '"facts:#/schemas/'))
    validator = Draft202012Validator(absolute, registry=_registry(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(instance)]


def request_problems(path: str, body: Any) -> list[str]:
    """What is wrong with a body that we send to an endpoint."""
    return problems(facts()["endpoints"][path]["request"], body)


def response_problems(path: str, body: Any, part: str = "response") -> list[str]:
    """What is wrong with an answer of an endpoint (`response` or `error`)."""
    return problems(facts()["endpoints"][path][part], body)


def webhook_problems(name: str, body: Any) -> list[str]:
    """What is wrong with a webhook body; nulls count as missing, because live bodies send them."""
    return problems(facts()["webhooks"][name], without_nulls(body))


def without_nulls(value: Any) -> Any:
    """The value without members that are null."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
