"""Views: filters of the queues that somebody comes back to, under a name of their own or for everybody."""

from uuid import UUID

from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskFilter
from domain.desk import repository
from domain.desk.errors import NameTaken, ViewNotFound
from domain.desk.models import DeskView
from domain.desk.schemas import SetView, ViewOfDesk
from domain.teams.permissions import DeskPermission


def _view(row: DeskView) -> ViewOfDesk:
    filters = DeskFilter.model_validate(row.filters)
    return ViewOfDesk(id=row.id, name=row.name, filters=filters, is_shared=row.owner_id is None)


async def list_views(work: Work) -> list[ViewOfDesk]:
    """The views of the caller and those of everybody, by name."""
    work.require(ConversationsPermission.READ)
    return [_view(row) for row in await repository.views(work, work.principal.id)]


async def create(work: Work, command: SetView) -> ViewOfDesk:
    """Keep filters under a name; one for everybody is made by whoever sets up the desk, one's own by a person.

    Raises NameTaken.
    """
    work.require(ConversationsPermission.READ)
    if command.is_shared:
        work.require(DeskPermission.MANAGE)
    row = DeskView(
        workspace_id=work.workspace_id,
        id=new_id(),
        owner_id=None if command.is_shared else work.require_person(),
        name=command.name,
        filters=command.filters.model_dump(mode="json", exclude_defaults=True, exclude={"customer_ids"}),
    )
    async with unique(work, NameTaken()):
        work.session.add(row)
    return _view(row)


async def delete(work: Work, view_id: UUID) -> None:
    """Give up a view; raises ViewNotFound."""
    work.require(ConversationsPermission.READ)
    row = await repository.lock(work, DeskView, view_id)
    if row is None or row.owner_id not in (None, work.principal.id):
        raise ViewNotFound
    if row.owner_id is None:
        work.require(DeskPermission.MANAGE)
    await work.session.delete(row)
