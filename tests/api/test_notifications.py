"""What staff must know comes to those who can do something about it: once, on the ways and in the hours that they chose."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.queue.actors import notifications as actor
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from connectors.mail.mailbox import Mailbox, Shown
from core.access import Principal
from core.settings import Settings, get_settings
from core.work import open_work
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.kinds import HandoffReason, NoticeKind
from domain.notifications import outgoing
from domain.notifications.schemas import Preferences
from tests.api.test_payments import told
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tests.queues.test_subscriptions import receiving


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings, with a mailbox of the test's own, and a network of its own that may be posted to."""
    monkeypatch.setenv("NEXOVA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CALLS_TO_PRIVATE_ADDRESSES", "true")
    get_settings.cache_clear()
    return get_settings()


async def rows(desk: Desk, query: str) -> list[Any]:
    async with open_work(desk.shop.principal) as work:
        return [tuple(row) for row in await work.session.execute(text(query))]


async def deliver(desk: Desk) -> None:
    """Do what relay and worker do with what is to be told, twice."""
    shop = str(desk.workspace.id)
    for _ in range(2):
        for (notification,) in await rows(desk, "SELECT id FROM notifications"):
            await actor.send(shop, str(notification))
        for (notice,) in await rows(desk, "SELECT id FROM notices WHERE way <> 'inbox' ORDER BY id"):
            await actor.carry(shop, str(notice))


async def mailed() -> list[Shown]:
    return await Mailbox(get_settings().data_dir).letters()


async def ask_for_a_person(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED)


async def inbox(desk: Desk, by: Employee | None = None, **query: Any) -> list[str]:
    return [one["kind"] for one in (await desk.get("/notifications", by=by, **query))["data"]]


async def choose(desk: Desk, by: Employee | None = None, **chosen: Any) -> dict[str, Any]:
    person = by or desk.owner
    seen = (await desk.api.get("/api/v1/notifications/preferences", headers=person.headers)).headers["etag"]
    path = "/api/v1/notifications/preferences"
    answer = await desk.api.patch(path, headers=person.headers | {"if-match": seen}, json=chosen)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_hand_off_is_told_to_those_who_can_take_it_once(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    gone = await employ(desk.api, desk.workspace, Role.OPERATOR)
    await rows(desk, f"UPDATE memberships SET status = 'suspended' WHERE user_id = '{gone.id}' RETURNING id")
    await ask_for_a_person(desk)
    await deliver(desk)

    assert await inbox(desk) == await inbox(desk, operator) == ["handoff_requested"]
    assert await inbox(desk, viewer) == []
    assert sorted(letter.address for letter in await mailed()) == sorted([desk.owner.email, operator.email])
    letter = (await mailed())[0]
    assert "Un cliente espera a una persona." in letter.subject
    assert f"/console/@{desk.workspace.slug}" in letter.text
    assert "Ana" not in letter.text  # no customer stands in a mail


async def test_a_payment_to_verify_is_told_where_its_order_is(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    here = await employ(desk.api, desk.workspace, Role.OPERATOR, desk.shop.store_id)
    there = await employ(desk.api, desk.workspace, Role.OPERATOR, branch)
    order = await placed(desk.chat, {"HAR-1": 1})
    await told(desk, order)
    await deliver(desk)
    (notice,) = (await desk.get("/notifications", by=here))["data"]
    assert (notice["kind"], notice["text"]) == ("payment_claimed", f"Hay un pago por verificar del pedido {order.number}.")
    assert await inbox(desk, there) == []


async def test_whoever_lost_the_right_or_the_store_meanwhile_is_not_told(desk: Desk) -> None:
    # Given letters on their way to an owner and two operators of the store of the order
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    demoted = await employ(desk.api, desk.workspace, Role.OPERATOR, desk.shop.store_id)
    moved = await employ(desk.api, desk.workspace, Role.OPERATOR, desk.shop.store_id)
    await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    for (notification,) in await rows(desk, "SELECT id FROM notifications"):
        await actor.send(str(desk.workspace.id), str(notification))
    assert len(await rows(desk, "SELECT id FROM notices WHERE way = 'mail'")) == 3

    # When one of them may only look now, and the other works elsewhere
    await rows(desk, f"UPDATE memberships SET role = 'viewer' WHERE user_id = '{demoted.id}' RETURNING id")
    where = f"WHERE membership_id = (SELECT id FROM memberships WHERE user_id = '{moved.id}') RETURNING id"
    assert len(await rows(desk, f"UPDATE membership_stores SET store_id = '{branch}' {where}")) == 1
    await deliver(desk)

    # Then only the owner is told
    assert [letter.address for letter in await mailed()] == [desk.owner.email]
    dropped = await rows(desk, "SELECT user_id FROM notices WHERE way = 'mail' AND status = 'dropped'")
    assert {user for (user,) in dropped} == {demoted.id, moved.id}


async def test_the_bell_counts_what_is_unread(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    await ask_for_a_person(desk)
    await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    await deliver(desk)
    first = await desk.get("/notifications", limit=1)
    assert (len(first["data"]), first["has_more"], first["unread"]) == (1, True, 2)
    second = await desk.get("/notifications", limit=1, cursor=first["next_cursor"])
    assert (second["has_more"], {first["data"][0]["kind"], second["data"][0]["kind"]}) == (
        False,
        {"handoff_requested", "payment_claimed"},
    )
    read = await desk.post("/notifications/read", {"ids": [first["data"][0]["id"]]})
    assert read.json() == {"read": 1, "unread": 1}
    # Nobody reads what is another's
    others = (await desk.get("/notifications", by=operator))["data"][0]["id"]
    assert (await desk.post("/notifications/read", {"ids": [others]})).json() == {"read": 0, "unread": 1}
    assert await inbox(desk, unread=True) == [second["data"][0]["kind"]]
    assert (await desk.post("/notifications/read", {})).json() == {"read": 1, "unread": 0}
    assert (await desk.get("/notifications", by=operator))["unread"] == 2


async def test_each_is_told_on_the_ways_that_they_chose(desk: Desk) -> None:
    async with receiving(503) as slack:
        shown = await choose(
            desk,
            ways={"inbox": [], "mail": ["payment_claimed"], "webhook": ["*"]},
            webhook_url=slack.url,
        )
        assert shown["has_webhook"]
        assert slack.url not in json.dumps(shown)
        await ask_for_a_person(desk)
        await deliver(desk)
        assert (await inbox(desk), await mailed()) == ([], [])
        assert [set(body) for body in slack.told] == [{"text"}]
        # It answered that it could not: it is asked again later, and told once
        await rows(desk, "UPDATE notices SET due_at = clock_timestamp() - interval '9 seconds' RETURNING id")
        await deliver(desk)
        assert "Un cliente espera a una persona." in slack.told[1]["text"]
        assert len(slack.told) == 2
    assert await rows(desk, "SELECT way, status, attempts FROM notices") == [("webhook", "sent", 2)]
    assert slack.url not in str(await desk.get("/events", type="notification_preferences.changed"))


async def test_in_quiet_hours_only_the_inbox_is_told_and_what_was_read_is_not_told_again(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        now = work.now.astimezone(desk.workspace.zone)
    quiet: dict[str, Any] = {"quiet_from": f"{now - timedelta(hours=1):%H:%M}", "quiet_to": f"{now + timedelta(hours=1):%H:%M}"}
    await choose(desk, **quiet)
    await ask_for_a_person(desk)
    await deliver(desk)
    assert (await inbox(desk), await mailed()) == (["handoff_requested"], [])
    (waits,) = await rows(desk, "SELECT due_at - created_at FROM notices WHERE way = 'mail'")
    assert timedelta(minutes=55) < waits[0] < timedelta(minutes=65)
    await desk.post("/notifications/read", {})
    await rows(desk, "UPDATE notices SET due_at = clock_timestamp() - interval '9 seconds' WHERE way = 'mail' RETURNING id")
    await deliver(desk)
    assert await mailed() == []
    assert await rows(desk, "SELECT status FROM notices WHERE way = 'mail'") == [("dropped",)]


@pytest.mark.parametrize(
    ("at", "hours"),
    [("2026-03-02T21:59", 0.0), ("2026-03-02T22:00", 9.0), ("2026-03-03T06:30", 0.5), ("2026-03-03T07:00", 0.0)],
)
def test_a_night_goes_over_midnight(at: str, hours: float) -> None:
    workspace = WorkspaceView.model_validate(
        {
            "id": UUID(int=1),
            "slug": "s",
            "name": "S",
            "currency": "VES",
            "timezone": "America/Caracas",
            "language": "es",
            "country": "VE",
            "is_active": True,
            "settings": {},
        }
    )
    night = Preferences.model_validate({"quiet_from": "22:00", "quiet_to": "07:00"})
    here = datetime.fromisoformat(at).replace(tzinfo=workspace.zone)
    assert outgoing.quiet_for(night, here, workspace) == timedelta(hours=hours)


async def test_whose_sender_died_is_never_told_twice(desk: Desk) -> None:
    await ask_for_a_person(desk)
    shop = str(desk.workspace.id)
    for (notification,) in await rows(desk, "SELECT id FROM notifications"):
        await actor.send(shop, str(notification))
    ((notice,),) = await rows(desk, "SELECT id FROM notices WHERE way = 'mail'")
    async with open_work(Principal.system(desk.workspace.id)) as work:
        assert await outgoing.take(work, notice) is not None
    await actor.carry(shop, str(notice))
    assert await mailed() == []  # another has it
    await rows(desk, "UPDATE notices SET lease_until = clock_timestamp() - interval '1 second' RETURNING id")
    sweep = next(sweep for sweep in SWEEPS if sweep.job == "notice.send")
    for found in await unhandled(sweep):
        await actor.carry(**found.ring.arguments)
    assert await mailed() == []
    assert await rows(desk, "SELECT status, attempts FROM notices WHERE way = 'mail'") == [("unconfirmed", 1)]


async def test_a_customer_s_next_words_call_only_whoever_attends_them(desk: Desk) -> None:
    operator = await employ(desk.api, desk.workspace, Role.OPERATOR)
    assert (await desk.post(f"/conversations/{desk.chat.conversation_id}/take", by=operator)).status_code == 200
    async with open_work(desk.shop.principal) as work:
        await conversations.notify(work, NoticeKind.CUSTOMER_WROTE, dedupe_key="x", conversation_id=desk.chat.conversation_id)
    await deliver(desk)
    assert (await inbox(desk), await inbox(desk, operator)) == ([], ["customer_wrote"])


@pytest.mark.parametrize(
    "body",
    [{"ways": {"inbox": ["nonsense"]}}, {"quiet_from": "22:00"}, {"webhook_url": "file:///etc/passwd"}],
)
async def test_preferences_that_make_no_sense_are_refused(desk: Desk, body: object) -> None:
    path = "/api/v1/notifications/preferences"
    answer = await desk.api.patch(path, headers=desk.owner.headers | {"if-match": '"v0"'}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), answer.text


async def test_a_program_has_no_inbox(desk: Desk) -> None:
    key = (await desk.post(f"/workspaces/{desk.workspace.id}/api-keys", {"name": "erp", "permissions": ["*"]})).json()["key"]
    answer = await desk.api.get("/api/v1/notifications", headers={"authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "person_needed")
