"""What devices send: readings, and what they have made of them; and what they are told. Sending again does no harm: each is
stored once.
"""

import io
import json
import zlib
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response

from app.web import files
from app.web.api.callers import may
from app.web.api.routing import noun
from app.web.bodies import BodyTooLarge
from core.access import Principal
from core.work import open_work
from domain.machines import edge, intake
from domain.machines.edge import EdgeConfiguration
from domain.machines.errors import BodyUnreadable
from domain.machines.intake_schemas import IntakeView
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import MachineCode

router = noun("ingest")

Device = Annotated[Principal, may(MachinesPermission.INGEST)]

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_UNPACKED: Final = 8 * 1024 * 1024
LINES: Final = "application/x-ndjson"

_READING: Final = {
    "type": "object",
    "required": ["machine", "at"],
    "properties": {
        "machine": {"type": "string", "description": "The code of the machine."},
        "at": {"description": "ISO 8601 with an offset, or milliseconds since 1970.", "type": ["string", "number"]},
        "sensor": {"type": "string"},
        "value": {"type": "number"},
        "unit": {"type": "string", "description": "Where it is not the sensor's own, in which it is stored."},
        "values": {"type": "object", "description": "Several sensors at that moment, instead of `sensor` and `value`."},
    },
}
_WINDOW: Final = {
    "type": "object",
    "required": ["machine", "sensor", "starts_at", "seconds", "values"],
    "properties": {
        "machine": {"type": "string"},
        "sensor": {"type": "string"},
        "starts_at": {"type": ["string", "number"]},
        "seconds": {"type": "integer", "minimum": 1, "maximum": 86_400},
        "values": {"type": "object", "description": "mean, rms, slope, peaks, kurtosis, crest_factor, low, high, sma, count."},
    },
}


def _body(item: dict[str, Any]) -> dict[str, Any]:
    """The document of a body: one, a list of them, or a line for each, perhaps compressed with gzip."""
    forms = {"oneOf": [item, {"type": "array", "items": item}]}
    content = {"application/json": {"schema": forms}, LINES: {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/ingest/raw", openapi_extra=_body(_READING))
async def raw(device: Device, request: Request) -> IntakeView:
    """Take readings: one, a list, or a line of JSON for each, perhaps compressed; at most ten thousand.

    Each has its own verdict; with the answer all are stored, were there already, or are in quarantine.
    """
    items = await _items(request)
    async with open_work(device) as work:
        return await intake.take(work, items)


@router.post("/ingest/features", openapi_extra=_body(_WINDOW))
async def features(device: Device, request: Request) -> IntakeView:
    """Take what devices have made of the readings of their windows, in the same forms."""
    items = await _items(request)
    async with open_work(device) as work:
        return await intake.take_features(work, items)


async def _items(request: Request) -> list[object]:
    """What the body holds; a line that is no JSON is an item that will be found broken. Raises BodyUnreadable, BodyTooLarge."""
    body = await request.body()
    if request.headers.get("content-encoding", "").strip().lower() == "gzip":
        body = _unpacked(body)
    is_lines = request.headers.get("content-type", "").partition(";")[0].strip().lower() == LINES
    if is_lines:
        lines = (line for line in io.BytesIO(body) if line.strip())
        # One too many is read, which the service tells of.
        return [_line(line.rstrip(b"\n")) for line in islice(lines, intake.MOST_ITEMS + 1)]
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable from error
    return said if isinstance(said, list) else [said]


def _line(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.decode(errors="replace")


def _unpacked(body: bytes) -> bytes:
    """A body without its compression; one that grows beyond all bounds is refused before it has."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(body, MOST_UNPACKED)
    except zlib.error as error:
        raise BodyUnreadable from error
    if unpacking.unconsumed_tail:
        raise BodyTooLarge
    if not unpacking.eof:
        raise BodyUnreadable
    return unpacked


@router.get("/ingest/configuration", response_model=EdgeConfiguration)
async def configuration(
    device: Device,
    request: Request,
    response: Response,
    machine: Annotated[list[MachineCode], Query(max_length=edge.MOST_MACHINES, description="All machines for none.")] = [],  # noqa: B006 - FastAPI copies it
) -> EdgeConfiguration | Response:
    """Tell a box the limits and the pace of sensors, and by which model it may judge alone; 304 where it knows that."""
    async with open_work(device) as work:
        told = await edge.configuration(work, machine)
    etag = f'"{told.version}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    response.headers["etag"] = etag
    return told


@router.get("/ingest/models/{sha256}", response_model=None)
async def model(device: Device, request: Request, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Give a box the failure model that is in use, by the digest of its file."""
    async with open_work(device) as work:
        await edge.require_model(work, sha256)
    return await files.give(request, sha256, f"{sha256}.onnx", header="application/octet-stream", shown=frozenset())
