"""All SQL of members' telephones."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.tables import new_id
from core.work import Work, own
from domain.phones.models import MemberPhone


async def of_user(work: Work, user_id: UUID) -> MemberPhone | None:
    """A member's telephone."""
    return await work.session.scalar(select(MemberPhone).where(own(MemberPhone, work), MemberPhone.user_id == user_id))


async def lock_of_user(work: Work, user_id: UUID) -> MemberPhone | None:
    """A member's telephone, locked."""
    query = select(MemberPhone).where(own(MemberPhone, work), MemberPhone.user_id == user_id)
    return await work.session.scalar(query.with_for_update())


async def lock_or_begin(work: Work, user_id: UUID, phone: str, key: str) -> MemberPhone:
    """A member's telephone, locked; of whoever has none it is this one."""
    await work.session.execute(
        insert(MemberPhone)
        .values(workspace_id=work.workspace_id, id=new_id(), user_id=user_id, phone=phone, key=key, wrong_pins=0)
        .on_conflict_do_nothing(index_elements=["workspace_id", "user_id"])
    )
    row = await lock_of_user(work, user_id)
    assert row is not None, "it was there, or was made just now"
    return row


async def confirmed_by_key(work: Work, key: str) -> MemberPhone | None:
    """The telephone of this number that somebody has proven."""
    query = select(MemberPhone).where(own(MemberPhone, work), MemberPhone.key == key, MemberPhone.confirmed_at.is_not(None))
    return await work.session.scalar(query)


async def lock_by_key(work: Work, key: str) -> Sequence[MemberPhone]:
    """All who have named this number, locked in the order of their ids."""
    query = select(MemberPhone).where(own(MemberPhone, work), MemberPhone.key == key).order_by(MemberPhone.id)
    return (await work.session.scalars(query.with_for_update())).all()


async def confirmed(work: Work, user_ids: Collection[UUID]) -> Sequence[MemberPhone]:
    """The telephones that some members have proven."""
    query = select(MemberPhone).where(
        own(MemberPhone, work), MemberPhone.user_id.in_(user_ids), MemberPhone.confirmed_at.is_not(None)
    )
    return (await work.session.scalars(query)).all()
