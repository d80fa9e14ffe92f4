"""Forms: a write comes from a page of ours, in the browser of whoever is signed in, or it is refused.

Two fences, of which each would do: browsers say from where a request comes, and each page gives its forms a token that is
bound to the sign-in. What says nothing of where it comes from is refused too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request
from itsdangerous import BadSignature
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from app.console import manners
from app.web import faults, signed
from core import messages
from core.db import storable
from core.errors import DomainError
from core.settings import Settings

FIELD: Final = "form_token"
KEY: Final = "key"
"""The hidden field with the key under which a form happens once, made with the page."""


class ForeignForm(DomainError):
    """The request does not come from a page of this installation."""

    code = "foreign_form"
    http_status = 403


class FormExpired(DomainError):
    """The form was made for another sign-in."""

    code = "form_expired"
    http_status = 403


def token_for(sign_in_id: UUID) -> str:
    """What the forms of a sign-in carry."""
    return str(signed.serializer("console form").dumps(sign_in_id.hex))


def _is_own(request: Request) -> bool:
    """Whether a browser says that a page of ours asks."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    settings: Settings = request.app.state.settings
    ours = {request.headers.get("host", ""), urlsplit(settings.base_url).netloc}
    return origin is None or urlsplit(origin).netloc in ours


async def require_own(request: Request) -> None:
    """Raise ForeignForm unless a page of ours asks."""
    if not _is_own(request):
        raise ForeignForm


async def require_token(request: Request, sign_in_id: UUID) -> None:
    """Raise FormExpired unless the form was made for this sign-in."""
    try:
        made_for = signed.serializer("console form").loads(str((await request.form()).get(FIELD, "")))
    except BadSignature as error:
        raise FormExpired from error
    if made_for != sign_in_id.hex:
        raise FormExpired


class FormWrong(DomainError):
    """Something is wrong with a field of a form; what was written stays in it."""

    code = "form_wrong"
    http_status = 422


M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Filled:
    """What somebody wrote into a form, and what is wrong with it, so that it can be shown again as it was."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    refusal: str | None = None
    """Why the whole was refused, in words."""


async def fill(
    request: Request,
    model: type[M],
    language: str,
    *,
    besides: Collection[str] = (),
    emptied: Collection[str] = (),
    lists: Collection[str] = (),
) -> tuple[M | None, Filled]:
    """What a form says, as a model, which is None where something is wrong with it.

    A field that was left empty counts as not given, but for those of `emptied`, which are nothing then, and of `lists`,
    which are separated by commas; one that comes several times is a list. The fields `besides` are others' business. Files
    are not taken here.
    """
    given = {name: value for name, value in (await _values(request)).items() if name not in besides}
    filled = Filled(given)
    listed = {name: separated(given.get(name)) for name in lists}
    values = dict.fromkeys(emptied) | given | listed
    try:
        return model.model_validate(values), filled
    except ValidationError as error:
        for detail in error.errors():
            filled.faults[".".join(map(str, detail["loc"]))] = faults.said(detail, language)
        return None, filled


async def take(request: Request, model: type[M], /, *, besides: Collection[str] = (), **known: Any) -> M:
    """What a form of a dialog says, as a model, with what is known without it; the fields `besides` are others' business.

    Raises FormWrong: a dialog that is wrong stays open under its notice.
    """
    values = {name: value for name, value in (await _values(request)).items() if name not in besides}
    return judge(request, model, values | known)


def judge(request: Request, model: type[M], values: Mapping[str, Any]) -> M:
    """Values of a form as a model; the first fault is told with the name of its field. Raises FormWrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        detail, language = error.errors()[0], manners.of(request).language
        name = next((str(step) for step in reversed(detail["loc"]) if isinstance(step, str)), "")
        label = messages.catalogue(language).get(f"console.field.{name}", name)
        raise FormWrong(field=label, fault=faults.said(detail, language)) from error


async def part(request: Request, model: type[M], /, **known: Any) -> M:
    """The part of a form that a model takes, where the rest of it belongs to others. Raises FormWrong."""
    others = (await request.form()).keys() - model.model_fields.keys()
    return await take(request, model, besides=others | known.keys(), **known)


async def _values(request: Request) -> dict[str, Any]:
    """The fields of a form that were not left empty, but for its token and its key; what comes several times is a list."""
    values: dict[str, Any] = {}
    for name, value in (await request.form()).multi_items():
        if name in (FIELD, KEY) or isinstance(value, UploadFile) or value == "":
            continue
        values[name] = [*_listed(values[name]), storable(value)] if name in values else storable(value)
    return values


def separated(words: object) -> list[str]:
    """What is separated by commas."""
    return [each.strip() for each in str(words or "").split(",") if each.strip()]


class _Seen(BaseModel):
    version: int


async def seen(request: Request) -> int:
    """The version of what a form changes, as its page showed it."""
    return (await part(request, _Seen)).version


async def key_of(request: Request) -> str:
    """The key under which a form happens once, for a deed whose service keeps it too."""
    return str((await request.form()).get(KEY, ""))[:100]


async def chosen(request: Request, name: str) -> list[str]:
    """What is ticked of a field that may be ticked many times."""
    return [storable(str(value)) for value in (await request.form()).getlist(name)]


async def emptied(request: Request, *names: str) -> dict[str, Any]:
    """Those of some fields that stand in a form and were left empty, so that what they held goes."""
    form = await request.form()
    return {name: None for name in names if form.get(name) == ""}


async def rows(request: Request, *names: str) -> list[dict[str, str]]:
    """The rows of a form whose fields stand in each of them under the same name; an empty row counts as not given."""
    form = await request.form()
    columns = [[storable(str(value)).strip() for value in form.getlist(name)] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=False) if any(row)]


async def goods_said(request: Request, *names: str) -> list[dict[str, str]]:
    """The rows of products of which something is said: one whose first field is empty or zero is none of them."""
    return [row for row in await rows(request, "variant_id", *names) if row[names[0]] not in ("", "0")]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


OwnForm = Annotated[None, Depends(require_own)]
"""For forms that stand before the sign-in, and so can have no token."""
