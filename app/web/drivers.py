"""Links of drivers: what opens one route, with nothing in it that could be guessed or written by anybody else."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from itsdangerous import BadSignature

from app.web import signed
from core.work import Work
from domain.logistics.errors import RouteLinkOver
from domain.logistics.schemas import Dispatched, RouteLink

PREFIX: Final = "/route"
_PURPOSE: Final = "route of a driver"


@dataclass(frozen=True, slots=True)
class Held:
    """What a link says: which route of which workspace, and which of its links it is."""

    workspace_id: UUID
    route_id: UUID
    version: int


def link(work: Work, dispatched: Dispatched) -> RouteLink:
    """The link of a route that has left; the table says until when it opens."""
    said = [work.workspace_id.hex, dispatched.route_id.hex, dispatched.link_version]
    path = f"{PREFIX}/{signed.serializer(_PURPOSE).dumps(said)}"
    return RouteLink(route_id=dispatched.route_id, path=path, until=dispatched.link_until)


def read(token: str) -> Held:
    """What a link says; raises RouteLinkOver for one that we have not written."""
    try:
        workspace, route, version = signed.serializer(_PURPOSE).loads(token)
    except BadSignature as error:
        raise RouteLinkOver from error
    return Held(UUID(workspace), UUID(route), int(version))
