"""Routes: what all of them have in common, so that an endpoint's file says only what is its own."""

import difflib
import re
from pathlib import Path
from typing import Any, Final

import yaml
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.openapi.utils import get_openapi
from fastapi.params import Query
from fastapi.routing import APIRoute

from app.web.api.fields import ShownRoute
from app.web.problems import MEDIA_TYPE, Problem
from core.errors import Invalid

PREFIX: Final = "/api/v1"

_WHEN: Final = {
    400: "The request names something unknown, or cannot be accepted.",
    401: "Nobody is signed in.",
    403: "The caller lacks a right.",
    404: "It does not exist, or not for this caller.",
    409: "Its state forbids it, or the same request is still running.",
    412: "It was changed since the version that was seen.",
    413: "The body is too large.",
    422: "The request is malformed, or its key was used for another one.",
    428: "The version that was seen is missing.",
    429: "The caller asks too often.",
    500: "A fault of ours.",
    503: "Something that is needed is away; ask again.",
}

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in _WHEN.items()
}


class ParameterUnknown(Invalid):
    """The query names a parameter that the route does not have."""

    code = "parameter_unknown"


class ParameterMisspelt(Invalid):
    """The query names a parameter that the route does not have, and has one much like it."""

    code = "parameter_misspelt"


class NullCharacter(Invalid):
    """A null character stands in the path, the query or the body: no text of ours has one, and no column takes it."""

    code = "null_character"
    http_status = 422


_NULL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_known: dict[str, frozenset[str]] = {}
"""The names that each operation knows in its query."""


def _parameters(route: APIRoute) -> frozenset[str]:
    if route.unique_id not in _known:
        fields = get_flat_params(route.dependant)
        _known[route.unique_id] = frozenset(field.alias for field in fields if isinstance(field.field_info, Query))
    return _known[route.unique_id]


async def _knows_all(request: Request) -> None:
    """Refuse a request whose query names something that the route does not know."""
    route = request.scope.get("route")
    assert isinstance(route, APIRoute), "only routes of a noun depend on this"
    known = _parameters(route)
    for name in request.query_params:
        if name not in known:
            if near := difflib.get_close_matches(name[:100], known, 1):
                raise ParameterMisspelt(name=name[:100], nearest=near[0])
            raise ParameterUnknown(name=name[:100], known=", ".join(sorted(known)) or "-")


async def _has_no_null(request: Request) -> None:
    """Refuse a null character before anything is made of it, as some places would drop it and others fail."""
    if "\0" in request.url.path or any("\0" in text for pair in request.query_params.multi_items() for text in pair):
        raise NullCharacter
    is_json = "json" in request.headers.get("content-type", "")
    if is_json and _NULL_IN_JSON.search(await request.body()):
        raise NullCharacter


def noun(name: str, prefix: str = PREFIX) -> APIRouter:
    """A router for one noun; its operations are called `noun_function`."""
    return APIRouter(
        prefix=prefix,
        tags=[name],
        responses=PROBLEMS,
        dependencies=[Depends(_has_no_null), Depends(_knows_all)],
        route_class=ShownRoute,
        generate_unique_id_function=lambda route: f"{name}_{route.name}",
    )


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application, with the form of its errors."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes, description=app.description)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas["Problem"] = schema
        for name in schemas:
            if name.endswith(("-Input", "-Output")):
                # One of our models in its two forms: a generated client needs two names for them.
                schemas[name]["title"] = name.replace("-", "")
            elif "__" in name:
                # Two nouns have a model of this name: each is titled with its noun.
                *path, model = name.split("__")
                noun = next(step for step in reversed(path) if step not in ("schemas", "models"))
                schemas[name]["title"] = f"{noun.title().replace('_', '')}{model}"
        _show_examples(made)
        app.openapi_schema = made
    return app.openapi_schema


def _show_examples(made: dict[str, Any]) -> None:
    """Put an example beside the form of each body of which there is one."""
    examples = yaml.safe_load((Path(__file__).parent / "examples.yaml").read_text("utf-8"))
    for operation in (each for methods in made["paths"].values() for each in methods.values()):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        schema = body["schema"]
        named = next((form["$ref"] for form in (schema, *schema.get("anyOf", ())) if "$ref" in form), "")
        model = named.rpartition("/")[2].removesuffix("-Input")
        for name in (operation["operationId"], model):
            if name in examples:
                body["example"] = examples[name]
                break
