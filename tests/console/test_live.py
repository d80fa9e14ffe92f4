"""Who may keep lines open: one caller cannot wake the house without end. And who is seen to be in a conversation."""

from contextlib import ExitStack
from uuid import uuid4

import pytest
import redis.asyncio
from fastapi import FastAPI

from app.web.company import WRITES_MILLISECONDS, Beside, Company
from app.web.limits import TooManyRequests
from app.web.live import MOST_OF_ONE, Live
from core.tables import new_id
from domain.accounts import roles
from domain.accounts.roles import Role
from tests.factories.workspaces import make_workspace
from tests.line.conftest import free_port


def test_one_caller_keeps_so_many_lines_open_and_no_more() -> None:
    line, workspace, caller, colleague = Live(""), uuid4(), uuid4(), uuid4()
    with ExitStack() as open_lines:
        for _ in range(MOST_OF_ONE):
            open_lines.enter_context(line.watching(workspace, caller))

        # Then the next is refused before it begins, and a colleague's is not
        with pytest.raises(TooManyRequests):
            line.admit(caller)
        with pytest.raises(TooManyRequests):
            open_lines.enter_context(line.watching(workspace, caller))
        with line.watching(workspace, colleague):
            line.admit(colleague)

    # And lines that are closed count no more
    line.admit(caller)


async def test_whoever_is_in_a_conversation_is_seen_by_the_others_for_some_moments(application: FastAPI) -> None:
    # Given two who look at the same conversation, and two who do not
    company, client = application.state.company, application.state.redis
    workspace = await make_workspace()
    ana, olga = (roles.staff(workspace.id, new_id(), Role.OPERATOR) for _ in range(2))
    stranger = roles.staff((await make_workspace()).id, new_id(), Role.OPERATOR)
    talk = new_id()
    assert await company.look(ana, talk) == Beside()
    assert await company.look(stranger, talk) == Beside()
    await company.look(ana, new_id())
    seen = await company.look(olga, talk)
    assert (seen.looking, seen.writing) == ({ana.id}, set())
    # When one of them writes, the other sees it, and looks again before it can be over
    await company.write(olga, talk)
    seen = await company.look(ana, talk)
    assert (seen.looking, seen.writing) == ({olga.id}, {olga.id})
    assert 0 < seen.seconds <= WRITES_MILLISECONDS / 1000
    # Then it is over once its time is, and so is looking
    (key,) = [each async for each in client.scan_iter(f"nexova:company:{workspace.id}:{talk}")]
    await client.zadd(key, {f"writes {olga.id}": 1})
    assert (await company.look(ana, talk)).writing == frozenset()
    await client.zadd(key, {f"looks {olga.id}": 1})
    assert await company.look(ana, talk) == Beside()


async def test_without_redis_everybody_seems_to_be_alone() -> None:
    client = redis.asyncio.Redis.from_url(f"redis://127.0.0.1:{free_port()}")
    assert await Company(client).look(roles.staff(new_id(), new_id(), Role.OPERATOR), new_id()) == Beside()
    await client.aclose()
