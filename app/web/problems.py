"""Problems: how every error is told over HTTP (RFC 9457), in the language of whoever asked, with nothing that leaks."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, Protocol

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.web.faults import said as fault_said
from core import messages, observability
from core.errors import DomainError, Invalid, NotFound
from core.settings import get_settings

MEDIA_TYPE: Final = "application/problem+json"

log = observability.log(__name__)


router = APIRouter()


@router.get("/problems/{code}")
async def explain(request: Request, code: str) -> PlainTextResponse:
    """Tell what a kind of problem is; the page behind its `type`."""
    texts = messages.catalogue(messages.choose_language(request.headers.get("accept-language")))
    said = texts.get(f"error.{code}")
    if said is None:
        raise NotFound
    return PlainTextResponse(f"{code}\n\n{said}\n")


class Pages(Protocol):
    """Whoever tells people of errors in pages, for requests of their own."""

    def is_ours(self, request: Request) -> bool:
        """Whether an error of this request is told in a page."""

    def render(self, request: Request, error: DomainError, status: int) -> Response:
        """The page."""


class Malformed(Invalid):
    """The request is no such thing as its route takes; each of its faults is listed."""

    code = "malformed"
    http_status = 422


class UnknownField(Invalid):
    """The request names something that its route does not know."""

    code = "unknown_field"


class NotOffered(DomainError):
    """The path exists, but not for this method, media type or the like."""

    code = "not_offered"


class Fault(BaseModel):
    """One fault of a request, and where it is."""

    pointer: str | None = Field(None, description="Where it is in the body, as a JSON pointer.")
    parameter: str | None = Field(None, description="The parameter of the path, the query or the headers.")
    code: str
    detail: str


class Problem(BaseModel):
    """An error. `code` is stable; `detail` is written for people, in the language that the request accepts."""

    type: str = Field(description="A page that tells more about this kind of problem.")
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    errors: list[Fault] | None = None


def render(
    request: Request,
    error: DomainError,
    *,
    status: int | None = None,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An expected error as people and programs read it: as a problem, and in the console as a page."""
    pages: Pages | None = getattr(request.app.state, "pages", None)
    if pages is not None and pages.is_ours(request):
        return pages.render(request, error, status or error.http_status)
    language = messages.choose_language(request.headers.get("accept-language"))
    try:
        said = messages.refusal(error, language)
    except messages.MessageMissing:
        said = messages.text("error.error", language)
        log.error("error.unworded", code=error.code)
    number = status or error.http_status
    problem = Problem(
        type=f"{get_settings().base_url}/problems/{error.code}",
        title=HTTPStatus(number).phrase,
        status=number,
        code=error.code,
        detail=said,
        request_id=observability.correlation_id(),
        errors=list(faults) or None,
    )
    sent = {name: str(value) for name, value in (headers or {}).items()}
    if number == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("www-authenticate", "Bearer")
    retry_after = error.fields.get("retry_after")
    if isinstance(retry_after, int):
        sent.setdefault("retry-after", str(retry_after))
    return JSONResponse(problem.model_dump(exclude_none=True), number, sent, media_type=MEDIA_TYPE)


async def domain_error(request: Request, error: Exception) -> Response:
    """An error that was foreseen."""
    assert isinstance(error, DomainError)
    if error.http_status >= 500:
        log.error("request.unserved", code=error.code, path=request.url.path)
    return render(request, error)


async def http_error(request: Request, error: Exception) -> Response:
    """An error of the framework: a path or a method that does not exist, a body that is no JSON."""
    assert isinstance(error, HTTPException)
    known: DomainError = NotFound() if error.status_code == 404 else NotOffered()
    return render(request, known, status=error.status_code, headers=error.headers)


async def malformed(request: Request, error: Exception) -> Response:
    """A request that does not fit its route: 400 if it names what the route does not know, else 422."""
    assert isinstance(error, RequestValidationError)
    language = messages.choose_language(request.headers.get("accept-language"))
    details: Sequence[ErrorDetails] = error.errors()
    found = [_fault(detail, language) for detail in details]
    unknown = next((detail for detail in details if detail["type"] == "extra_forbidden"), None)
    if unknown is not None:
        return render(request, UnknownField(name=str(unknown["loc"][-1])), faults=found)
    return render(request, Malformed(), faults=found)


def _fault(detail: ErrorDetails, language: str) -> Fault:
    where, *steps = map(str, detail["loc"] or ("body",))
    pointer = "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps) if where == "body" else None
    return Fault(
        pointer=pointer,
        parameter=None if where == "body" else "/".join(steps),
        code=detail["type"],
        detail=fault_said(detail, language),
    )
