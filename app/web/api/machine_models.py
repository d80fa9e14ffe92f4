"""Models of machines: asked for, of the history of a plant or of a file, looked at, promoted and taken out of use."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request, Response

from app.web import files
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.machines import modelling
from domain.machines.errors import ModelFileMissing, ModelNotReady
from domain.machines.kinds import ModelKind, ModelSource, ModelStatus
from domain.machines.model_schemas import MachineKind, ModelView, NewModel
from domain.machines.permissions import MachinesPermission

router = noun("machine_models")

Reader = Annotated[Principal, may(MachinesPermission.READ)]
Writer = Annotated[Write, may_write(MachinesPermission.WRITE)]

UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/machine-models")
async def list_models(caller: Reader, paging: Paged, machine_kind: MachineKind | None = None) -> Page[ModelView]:
    """List models, the newest first."""
    async with open_work(caller) as work:
        found = await modelling.list_models(work, paging.id, paging.limit, machine_kind=machine_kind)
    return paging.page(found.items, found.next_cursor)


@router.post("/machine-models", status_code=202)
async def ask(write: Writer, body: NewModel) -> ModelView:
    """Have a model learned from the plant's own readings and failures; a worker makes it."""
    return await write.once(ModelView, lambda work: modelling.ask(work, body))


@router.post("/machine-models/files", status_code=202, openapi_extra=UPLOAD)
async def bring(
    write: Writer,
    request: Request,
    kind: ModelKind,
    machine_kind: MachineKind,
    filename: Annotated[str, Query(min_length=1, max_length=255)],
    source: Annotated[ModelSource, Query(description="file: readings whose outcome is known. model: a model in ONNX.")] = (
        ModelSource.FILE
    ),
    horizon_hours: Annotated[float, Query(gt=0, le=720)] = 24.0,
    settings: Annotated[str, Query(max_length=500, description="Sensors that tell the regime, with commas between.")] = "",
) -> ModelView:
    """Bring a file as the whole body: a table of which a model is learned, or a model, which is checked."""
    names = tuple(name.strip() for name in settings.split(",") if name.strip())
    command = NewModel(kind=kind, machine_kind=machine_kind, horizon_hours=horizon_hours, settings=names)
    content = await request.body()
    if not content or source is ModelSource.HISTORY:
        raise ModelFileMissing
    given = modelling.Given(await open_blobs(get_settings()).put(content), filename, source)
    return await write.once(ModelView, lambda work: modelling.ask(work, command, given))


@router.get("/machine-models/{model_id}")
async def get(caller: Reader, model_id: UUID) -> ModelView:
    """Show a model: of what it was made, how good it was, and where it is."""
    async with open_work(caller) as work:
        return await modelling.get(work, model_id)


@router.get("/machine-models/{model_id}/file", response_model=None)
async def get_file(caller: Reader, request: Request, model_id: UUID) -> Response:
    """Download a model in ONNX."""
    async with open_work(caller) as work:
        found = await modelling.get(work, model_id)
    if found.sha256 is None or found.status in {ModelStatus.PENDING, ModelStatus.REFUSED}:
        raise ModelNotReady(status=found.status)
    name = f"{found.machine_kind}-{found.kind}-{found.number}.onnx"
    return await files.give(request, found.sha256, name, header="application/octet-stream", shown=frozenset())


@router.post("/machine-models/{model_id}/promote")
async def promote(write: Writer, model_id: UUID) -> ModelView:
    """Judge the machines of its kind by a model from now on, and by no other of its sort."""
    return await write.once(ModelView, lambda work: modelling.promote(work, model_id))


@router.post("/machine-models/{model_id}/retire")
async def retire(write: Writer, model_id: UUID) -> ModelView:
    """Judge no machine by a model any more."""
    return await write.once(ModelView, lambda work: modelling.retire(work, model_id))
