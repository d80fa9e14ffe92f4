"""A shop with people at its desk, and customers who write: hand-offs, clocks and who is given what."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from core import clock
from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.attending import DeskSettings
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceSettings, WorkspaceView
from domain.conversations import assigning, desk, handoffs, overdue
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import HandoffReason, Voice
from domain.conversations.models import Handoff, Notification
from domain.conversations.schemas import DeskFilter, HandoffView, Queue
from domain.teams import service as teams
from domain.teams.schemas import Presence
from tests.factories.customer import Customer
from tests.factories.shop import open_shop
from tests.factories.workspaces import make_connection, make_workspace

QUIET = DeskSettings(first_response_minutes=None, next_response_minutes=None, resolution_minutes=None, unanswered_minutes=None)


class Floor:
    """A shop with people at its desk, and customers who write."""

    def __init__(self, workspace: WorkspaceView, connection_id: UUID, chats: list[Customer]) -> None:
        self.workspace, self.connection_id, self.chats = workspace, connection_id, chats
        self.system = Principal.system(workspace.id)
        self.people: dict[str, Principal] = {}

    async def hire(self, name: str, role: Role = Role.OPERATOR, *, is_there: bool = True) -> Principal:
        """Somebody who is at the desk, or is not."""
        async with open_work(self.system) as work:
            member = await accounts.add_member(work, f"{name}-{new_id().hex[:8]}@shop.test", name, role)
        person = self.people[name] = roles.staff(self.workspace.id, member.user_id, role)
        if is_there:
            async with open_work(person) as work:
                await teams.be_present(work, Presence(is_away=False))
        return person

    async def leave(self, person: Principal) -> None:
        """Somebody goes away from the desk."""
        async with open_work(person) as work:
            await teams.be_present(work, Presence(is_away=True))

    async def settle(self, **desk_settings: object) -> None:
        """Change what the desk promises."""
        async with open_work(self.system) as work:
            workspace = await accounts.get_workspace(work)
            chosen = QUIET.model_copy(update=desk_settings)
            await accounts.update_settings(work, WorkspaceSettings(desk=chosen), workspace.version)

    async def hand_off(self, chat: int = 0, topic: str | None = None) -> UUID:
        """A customer who has written asks for a person."""
        conversation_id = self.chats[chat].conversation_id
        async with open_work(self.system) as work:
            await handoffs.wait_for_person(work, conversation_id, HandoffReason.CUSTOMER_ASKED, topic=topic)
        return conversation_id

    async def assign(self) -> int:
        """Somebody is looked for now."""
        async with open_work(self.system) as work:
            return await assigning.assign(work)

    async def pass_time(self, **span: float) -> None:
        """Business time goes on, and what is due is done."""
        async with open_work(self.system) as work:
            await clock.shift_by(work.session, timedelta(**span))
        await self.do_what_is_due()

    async def do_what_is_due(self) -> None:
        async with open_work(self.system) as work:
            due = (await work.session.scalars(select(Handoff.id).where(Handoff.due_at < work.now))).all()
        for each in due:
            async with open_work(self.system) as work:
                await overdue.settle(work, each)

    async def reply(self, by: Principal, conversation_id: UUID, text: str = "Ya lo veo", undo: float = 0) -> UUID:
        async with open_work(by) as work:
            seen = (await conversations.thread(work, conversation_id))[-1].id
            said = await conversations.reply(
                work, conversation_id, Text(text=text), seen=seen, undo_within=timedelta(seconds=undo)
            )
        return said[0]

    async def handoff(self, conversation_id: UUID) -> HandoffView:
        async with open_work(self.system) as work:
            return (await desk.list_handoffs(work, conversation_id)).items[0]

    async def voice(self, conversation_id: UUID) -> tuple[Voice, UUID | None]:
        async with open_work(self.system) as work:
            row = await conversations.get(work, conversation_id)
        return row.voice, row.operator_id

    async def queue(self, by: Principal, queue: Queue) -> list[UUID]:
        async with open_work(by) as work:
            return [each.id for each in (await desk.list_conversations(work, DeskFilter(queue=queue))).items]

    async def told(self, kind: str) -> list[str | None]:
        """Whom notices of a kind concern, None for everybody."""
        async with open_work(self.system) as work:
            rows = await work.session.scalars(
                select(Notification).where(Notification.kind == kind).order_by(Notification.created_at, Notification.id)
            )
            return [row.payload.get("member_id") for row in rows]


async def open_floor() -> Floor:
    """A shop whose desk promises nothing yet, with four customers who have written."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    connection = await make_connection(workspace)
    chats = [Customer(shop, connection.id, phone=f"58414555020{number}") for number in range(4)]
    for chat in chats:
        await chat.writes("hola")
    made = Floor(workspace, connection.id, chats)
    await made.settle()
    return made
