"""Which parts of an answer are wanted: `fields` names some of each thing, `expand` adds what its ids stand for.

Every GET whose answer is a thing or a list of things takes `fields` by itself (`routing.noun`); what can be expanded is a
small set that a route names. Both sets are closed: what does not stand in them is refused with what does.
"""

import difflib
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Final, get_args, get_type_hints

from fastapi import Depends, Query, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from pydantic import BaseModel

from core.errors import Invalid

LONGEST: Final = 1_000


class FieldUnknown(Invalid):
    """Something is wanted that these things do not have."""

    code = "field_unknown"


class ExpansionUnknown(Invalid):
    """Something is to be expanded that these things do not stand for."""

    code = "expansion_unknown"


def _chosen(said: str, known: Sequence[str], error: type[Invalid]) -> frozenset[str]:
    """The names in a text that separates them by commas; raises the error for one that is not known."""
    names = [name.strip() for name in said.split(",")]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name[:100], known, 1)
            raise error(name=name[:100], known=", ".join(near or known))
    return frozenset(names)


def _thing(model: object) -> type[BaseModel] | None:
    """The model of the things that an answer shows: of its list, or itself."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    listed = model.model_fields.get("data")
    if listed is None:
        return model
    of_each = next(iter(get_args(listed.annotation)), None)
    return of_each if isinstance(of_each, type) and issubclass(of_each, BaseModel) else None


_choices: set[Callable[..., Any]] = set()
"""The dependencies that take `fields`."""


def _choosing(known: Sequence[str]) -> Dependency:
    said_of = f"Of each thing these alone, separated by commas: {', '.join(known)}."

    async def choose(
        request: Request, fields: Annotated[str | None, Query(max_length=LONGEST, description=said_of)] = None
    ) -> None:
        if fields is not None:
            request.state.fields = _chosen(fields, known, FieldUnknown)

    _choices.add(choose)
    return Dependency(choose)


def expanding(*known: str) -> Any:
    """A dependency on the ids that shall be shown as what they stand for: some of these names."""
    said_of = f"What is shown whole beside its id, separated by commas: {', '.join(known)}."

    async def choose(
        expand: Annotated[str | None, Query(max_length=LONGEST, description=said_of)] = None,
    ) -> frozenset[str]:
        return frozenset() if expand is None else _chosen(expand, known, ExpansionUnknown)

    return Depends(choose)


class ShownRoute(APIRoute):
    """A route whose answer can be had in part, if it reads and answers with things."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        given = list(options.get("dependencies") or ())
        reads = set(options.get("methods") or ()) == {"GET"}
        # A router that is included makes its routes anew, with the dependencies that they have.
        if reads and not any(each.dependency in _choices for each in given):
            thing = _thing(get_type_hints(endpoint).get("return"))
            if thing is not None:
                given.append(_choosing(sorted(thing.model_fields)))
        super().__init__(path, endpoint, **options | {"dependencies": given})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which leaves out what was not asked for."""
        whole = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await whole(request)
            wanted: frozenset[str] | None = getattr(request.state, "fields", None)
            if wanted is not None and response.status_code == 200 and isinstance(response.body, bytes):
                _leave_out(response, wanted)
            return response

        return handle


def _leave_out(response: Response, wanted: frozenset[str]) -> None:
    """Leave of each thing what is wanted; the list itself stays whole."""
    said = json.loads(bytes(response.body))
    if isinstance(said.get("data"), list):
        said["data"] = [{name: value for name, value in each.items() if name in wanted} for each in said["data"]]
    else:
        said = {name: value for name, value in said.items() if name in wanted}
    response.body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    response.headers["content-length"] = str(len(response.body))
