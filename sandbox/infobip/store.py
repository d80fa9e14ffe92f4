"""All SQL of the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import RuntimeClock
from core.tables import new_id
from core.work import Work, own
from sandbox.infobip.chaos import Chaos
from sandbox.infobip.models import SandboxChaos, SandboxMessage, SandboxOutbox, SandboxPhone, Ticks, Writer

LEASE = timedelta(seconds=30)
"""How long one web process may take for one webhook before another one takes it over."""


async def lock_phone(work: Work, connection_id: UUID, phone: str, name: str | None = None) -> SandboxPhone:
    """A customer's phone, locked; made when it is new."""
    values = {"connection_id": connection_id, "phone": phone, "name": name, "user_id": f"SB.{phone}"}
    statement = insert(SandboxPhone).values(workspace_id=work.workspace_id, id=new_id(), **values)
    await work.session.execute(statement.on_conflict_do_nothing(index_elements=["workspace_id", "connection_id", "phone"]))
    query = (
        select(SandboxPhone)
        .where(
            own(SandboxPhone, work),
            SandboxPhone.connection_id == connection_id,
            SandboxPhone.phone == phone,
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    row = (await work.session.scalars(query)).one()
    if name and row.name != name:
        row.name = name
    return row


async def find_phone(work: Work, connection_id: UUID, address: str) -> SandboxPhone | None:
    """The phone behind an address, which may be its number or its user id; not locked."""
    query = select(SandboxPhone).where(
        own(SandboxPhone, work),
        SandboxPhone.connection_id == connection_id,
        (SandboxPhone.phone == address) | (SandboxPhone.user_id == address),
    )
    return await work.session.scalar(query.limit(1))


async def phones(work: Work, connection_id: UUID) -> Sequence[SandboxPhone]:
    """The phones that have a thread with a connection, by age."""
    query = (
        select(SandboxPhone)
        .where(own(SandboxPhone, work), SandboxPhone.connection_id == connection_id)
        .order_by(SandboxPhone.created_at)
    )
    return (await work.session.scalars(query)).all()


def add_message(work: Work, phone: SandboxPhone, values: dict[str, Any]) -> SandboxMessage:
    """Put a new bubble on a locked phone's screen."""
    phone.last_n += 1
    row = SandboxMessage(
        workspace_id=work.workspace_id,
        id=new_id(),
        connection_id=phone.connection_id,
        phone=phone.phone,
        n=phone.last_n,
        at=work.now,
        sends=1,
        **values,
    )
    work.session.add(row)
    return row


async def find_message(work: Work, connection_id: UUID, direction: Writer, provider_id: str) -> SandboxMessage | None:
    """The bubble with a provider's id."""
    query = select(SandboxMessage).where(
        own(SandboxMessage, work),
        SandboxMessage.connection_id == connection_id,
        SandboxMessage.direction == direction,
        SandboxMessage.provider_id == provider_id,
    )
    return await work.session.scalar(query)


async def get_message(work: Work, message_id: UUID) -> SandboxMessage | None:
    """One bubble."""
    return await work.session.get(SandboxMessage, (work.workspace_id, message_id))


async def screen(work: Work, connection_id: UUID, phone: str, after: int, limit: int) -> Sequence[SandboxMessage]:
    """The bubbles of a phone after the n-th."""
    query = (
        select(SandboxMessage)
        .where(
            own(SandboxMessage, work),
            SandboxMessage.connection_id == connection_id,
            SandboxMessage.phone == phone,
            SandboxMessage.n > after,
        )
        .order_by(SandboxMessage.n)
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


async def last_interactive(work: Work, connection_id: UUID, phone: str, limit: int = 30) -> Sequence[SandboxMessage]:
    """The newest bubbles of the shop that have buttons or rows."""
    query = (
        select(SandboxMessage)
        .where(
            own(SandboxMessage, work),
            SandboxMessage.connection_id == connection_id,
            SandboxMessage.phone == phone,
            SandboxMessage.content["kind"].astext.in_(["buttons", "choices"]),
        )
        .order_by(SandboxMessage.n.desc())
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


async def mark_read(work: Work, connection_id: UUID, phone: str, up_to: int) -> None:
    """The customer sees blue ticks on what they wrote up to a bubble."""
    await work.session.execute(
        update(SandboxMessage)
        .where(
            own(SandboxMessage, work),
            SandboxMessage.connection_id == connection_id,
            SandboxMessage.phone == phone,
            SandboxMessage.direction == Writer.CUSTOMER,
            SandboxMessage.n <= up_to,
        )
        .values(status=Ticks.READ)
    )


def add_call(
    work: Work, message: SandboxMessage, effect: Ticks, body: dict[str, Any] | None, after: timedelta
) -> SandboxOutbox:
    """Plan one call of the webhook."""
    row = SandboxOutbox(
        workspace_id=work.workspace_id,
        id=new_id(),
        connection_id=message.connection_id,
        sandbox_message_id=message.id,
        phone=message.phone,
        effect=effect,
        body=body,
        due_at=work.system_time + after,
    )
    work.session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class Call:
    """A due call of a webhook, taken by this process."""

    workspace_id: UUID
    id: UUID
    connection_id: UUID
    sandbox_message_id: UUID
    phone: str
    effect: Ticks
    body: dict[str, Any] | None
    attempts: int


_TAKE = text(
    """
    UPDATE sandbox_outbox SET lease_until = clock_timestamp() + :lease, attempts = attempts + 1
    WHERE (workspace_id, id) IN (
        SELECT workspace_id, id FROM sandbox_outbox
        WHERE due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING workspace_id, id, connection_id, sandbox_message_id, phone, effect, body, attempts, due_at
    """
)


async def take_due(session: AsyncSession, limit: int) -> list[Call]:
    """Take what is due, oldest first; other web processes take other rows."""
    rows = (await session.execute(_TAKE, {"lease": LEASE, "limit": limit})).all()
    return [
        Call(
            row.workspace_id,
            row.id,
            row.connection_id,
            row.sandbox_message_id,
            row.phone,
            Ticks(row.effect),
            row.body,
            row.attempts,
        )
        for row in sorted(rows, key=lambda row: (row.due_at, row.id))
    ]


async def next_due(session: AsyncSession) -> float | None:
    """In how many seconds the next call is due; None if none waits."""
    query = select(func.extract("epoch", func.min(SandboxOutbox.due_at) - func.clock_timestamp()))
    found = await session.scalar(query.where(SandboxOutbox.lease_until.is_(None)))
    return float(found) if found is not None else None


async def apply_effect(session: AsyncSession, call: Call) -> None:
    """What has become of the message on the phone; ticks never go back."""
    order = list(Ticks)
    behind = order[: order.index(call.effect)]
    await session.execute(
        update(SandboxMessage)
        .where(
            own(SandboxMessage, call.workspace_id),
            SandboxMessage.id == call.sandbox_message_id,
            SandboxMessage.status.in_(behind),
        )
        .values(status=call.effect)
    )


async def forget_call(session: AsyncSession, call: Call) -> None:
    """The webhook has taken it."""
    await session.execute(delete(SandboxOutbox).where(own(SandboxOutbox, call.workspace_id), SandboxOutbox.id == call.id))


async def call_again(session: AsyncSession, call: Call, status: int | None, pause: timedelta) -> None:
    """The webhook did not take it: call again after a pause."""
    await session.execute(
        update(SandboxOutbox)
        .where(own(SandboxOutbox, call.workspace_id), SandboxOutbox.id == call.id)
        .values(due_at=func.clock_timestamp() + pause, lease_until=None, last_status=status)
    )


async def chaos_of(work: Work, connection_id: UUID) -> Chaos:
    """How a connection's line behaves."""
    query = select(SandboxChaos.settings).where(own(SandboxChaos, work), SandboxChaos.connection_id == connection_id)
    return Chaos.model_validate(await work.session.scalar(query) or {})


async def set_chaos(work: Work, connection_id: UUID, chaos: Chaos) -> None:
    """Change how a connection's line behaves."""
    settings = chaos.model_dump(mode="json")
    statement = insert(SandboxChaos).values(
        workspace_id=work.workspace_id, id=new_id(), connection_id=connection_id, settings=settings
    )
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "connection_id"], set_={"settings": statement.excluded.settings}
        )
    )


async def clock(session: AsyncSession) -> tuple[datetime, timedelta]:
    """Business time, and how far it runs ahead."""
    shift = await session.scalar(select(RuntimeClock.shift)) or timedelta(0)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now + shift, shift
