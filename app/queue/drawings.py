"""Figures as pictures, kept for the provider to fetch under an address that nobody can guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.web import signed
from core import charts, pictures
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.accounts import service as accounts
from domain.notifications.schemas import Answer
from tools.drawing import chart_of


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture by its address, and what it shows."""

    url: str
    title: str


async def of(workspace_id: UUID, answer: Answer) -> Sequence[Drawing]:
    """The pictures of those figures of an answer that can be drawn."""
    async with open_work(Principal.system(workspace_id)) as work:
        workspace = await accounts.get_workspace(work)
    settings, made = get_settings(), []
    for each in answer.figures:
        chart = chart_of(each, workspace, answer.language)
        if chart is not None:
            what, draw = chart
            key = await open_blobs(settings).put(pictures.png(draw(what, charts.PICTURE)))
            made.append(Drawing(f"{settings.base_url}/pictures/{signed.serializer('picture').dumps(key)}", what.title))
    return made
