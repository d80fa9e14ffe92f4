"""Two shops that share everything but themselves: one phone, the same codes, one database. Neither sees the other."""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from agent import takeover
from app.cli import handoff as handoff_command
from app.cli import session
from app.queue.actors import RUNNERS
from core.access import Principal
from core.blobs import open_blobs
from core.errors import DomainError, NotFound
from core.inbound import InboundEvent
from core.settings import get_settings
from core.tables import GLOBAL_TABLES, new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.models import Membership
from domain.accounts.roles import Role
from domain.catalog.schemas import NewProduct
from domain.conversations import service as conversations
from domain.conversations import suggestions
from domain.conversations.kinds import NoticeKind
from domain.conversations.models import Attachment, Notification
from domain.emissions import reports
from domain.emissions.schemas import NewReport
from domain.erp import service as erp
from domain.erp.kinds import Preset
from domain.erp.schemas import NewErpConnection, SyncRequest
from domain.imports import service as imports
from domain.imports.schemas import Answers
from domain.logistics.kinds import PlanStatus
from domain.logistics.models import Plan
from domain.machines import modelling
from domain.machines.kinds import ModelKind
from domain.machines.model_schemas import NewModel
from domain.notifications.kinds import NoticeStatus, Way
from domain.notifications.models import Notice
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.models import Routine
from domain.subscriptions import service as subscriptions
from domain.subscriptions.schemas import NewSubscription
from migrations.models import metadata
from sandbox.anthropic.answers import calls, moves
from sandbox.anthropic.server import AnthropicServer
from tests.factories.chat import chat_of
from tests.factories.customer import Customer
from tests.factories.plant import open_plant
from tests.factories.shop import fill, open_shop
from tests.factories.webhooks import result
from tests.factories.workspaces import make_connection, make_workspace
from tools import registry

MARK = "Zanzibar"
"""Stands in everything that the other shop and its customer have written."""

THEIRS = (
    NewProduct(code="HAR-1", name=f"Harina {MARK}", price=Decimal(77777), synonyms=("harina pan",)),
    NewProduct(code="ACE-1", name=f"Aceite {MARK}", price=Decimal(88888)),
)

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_products", {"query": "harina"}),
    ("list_products", {"query": MARK}),
    ("send_catalog", {}),
    ("get_customer_context", {}),
    ("get_order_status", {"number": "1001"}),
    ("cancel_order", {"number": "1001", "reason": "x"}),
    ("add_item_to_draft", {"product": MARK, "quantity": 1}),
    ("add_item_to_draft", {"product": "HAR-1", "quantity": 1}),
    ("set_delivery_details", {"fulfilment": "pickup", "recipient_name": "Ana"}),
    ("register_payment", {"method": "transferencia", "reference": "99887766"}),
)


@pytest.fixture
async def theirs(database: str) -> Customer:
    """The other shop: its customer has an order, a draft, words and a person who attends them."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id, THEIRS)
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            await fill(work, shop, sku, 10)
    line = await make_connection(workspace)
    other = Customer(shop, line.id)
    await other.says(f"quiero 2 harina {MARK}, lo busco en la tienda a nombre de {MARK} Pérez")
    await other.says("sí")
    await other.says(f"quiero 3 aceite {MARK}")
    async with open_work(shop.principal) as work:
        assert await work.session.scalar(text("SELECT count(*) FROM orders WHERE status = 'confirmed'")) == 1
        await work.session.execute(text("UPDATE agent_sessions SET handoff_note = :note"), {"note": f"{MARK} prometido"})
    return other


async def _everything(workspace_id: UUID) -> str:
    """Every row of a workspace as text."""
    async with open_work(Principal.system(workspace_id)) as work:
        found = [
            str(tuple(row))
            for name in sorted(set(metadata.tables) - GLOBAL_TABLES)
            for row in await work.session.execute(text(f"SELECT row_to_json(t)::text FROM {name} t ORDER BY 1"))
        ]
    return "\n".join(found)


async def test_no_tool_and_no_prompt_shows_anything_of_the_other_shop(
    theirs: Customer, customer: Customer, model: AnthropicServer
) -> None:
    # Given a customer with the same phone in this shop, and a model that looks everywhere
    model.always(moves({"move": "social", "what": "here_for_you"}))
    for name, arguments in LOOKS:
        model.answers(calls((name, arguments)), moves({"move": "social", "what": "here_for_you"}))
        await customer.writes("¿qué hay?")
        await customer.is_answered()
    # Then every tool was offered or refused, and nothing that the model was shown is the other shop's
    assert {name for name, _ in LOOKS} <= {definition["name"] for definition in registry.schemas()}
    shown = json.dumps(model.bodies, ensure_ascii=False)
    ours = shown.replace(f'"query": "{MARK}"', "").replace(f'"product": "{MARK}"', "").replace(f'\\"product\\":\\"{MARK}', "")
    assert "77.777" not in shown
    assert "88.888" not in shown
    assert "99887766" in shown
    assert MARK not in ours.replace(f"«{MARK}»", "").replace(f'"text": "{MARK}"', "").replace(f'"value": "{MARK}"', "")
    # And nothing of it is kept with us, in briefs, journal or thread
    kept = (await _everything(customer.shop.workspace_id)).replace(f'"query": "{MARK}"', "").replace(f'"query":"{MARK}"', "")
    assert f"Harina {MARK}" not in kept
    assert f"{MARK} prometido" not in kept
    assert f"{MARK} Pérez" not in kept
    assert str(theirs.shop.workspace_id) not in kept


async def _notice(work: Work) -> Notice:
    """A notice that waits for its time, of a notification that nobody was told of."""
    await conversations.notify(work, NoticeKind.OTHER, dedupe_key="test")
    await accounts.add_member(work, f"{new_id().hex}@shop.test", "María", Role.OWNER)
    await work.session.flush()
    notice = Notice(
        workspace_id=work.workspace_id,
        id=new_id(),
        notification_id=await work.session.scalar(select(Notification.id).where(Notification.dedupe_key == "test")),
        user_id=await work.session.scalar(select(Membership.user_id)),
        way=Way.MAIL,
        kind=NoticeKind.OTHER,
        details={},
        status=NoticeStatus.PENDING,
        due_at=work.system_time,
    )
    work.session.add(notice)
    return notice


def _waiting_plan(work: Work, store_id: UUID) -> Plan:
    """A plan of deliveries that a worker is to make."""
    plan = Plan(
        workspace_id=work.workspace_id,
        id=new_id(),
        store_id=store_id,
        day=date(2026, 1, 1),
        status=PlanStatus.PENDING,
        asked=1,
        attempts=0,
        next_try_at=work.system_time,
    )
    work.session.add(plan)
    return plan


async def _waiting_erp(work: Work) -> UUID:
    """An ERP that is to be read, of which nobody is in."""
    command = NewErpConnection(
        name="ERP", preset=Preset.ASPEL_SAE, host="127.0.0.1", port=9, database="x", username="x", password=SecretStr("x")
    )
    made = await erp.create_connection(work, command)
    await erp.start(work, made.id, SyncRequest())
    return made.id


async def _open_work_of(theirs: Customer) -> dict[str, tuple[str, UUID]]:
    """Something that each job would handle in its own workspace, by the job's name and argument."""
    message_id = await theirs.writes("hola de nuevo")
    sheet = await open_blobs(get_settings()).put(b"codigo;nombre;precio\nZ-1;Zeta;1,50\n")
    async with open_work(theirs.shop.principal) as work:
        brought = await imports.start(work, "x.csv", sheet, 40, store=None, answers=Answers())
        told = await subscriptions.create(work, NewSubscription(url="https://hooks.example.com/x", types=["*"]))
        events = [
            InboundEvent(
                workspace_id=work.workspace_id,
                id=new_id(),
                connection_id=theirs.connection_id,
                kind=kind,
                dedupe_key=kind,
                body=json.dumps(body).encode(),
                correlation_id=kind,
                next_try_at=work.system_time,
            )
            for kind, body in (("message", result("hola")), ("seen", {"messageId": "m", "seenAt": "2026-05-04T09:15:30Z"}))
        ]
        attachment = Attachment(
            workspace_id=work.workspace_id,
            id=new_id(),
            message_id=message_id,
            conversation_id=theirs.conversation_id,
            kind="image",
            source_url="https://media.example/1",
            next_try_at=work.system_time,
        )
        work.session.add_all([*events, attachment])
        notice = await _notice(work)
        await routines.ensure(work, work.workspace_id)
        due = {row.name: row.id for row in await work.session.scalars(select(Routine))}
        route_plan = _waiting_plan(work, theirs.shop.store_id)
        erp_id = await _waiting_erp(work)
        model = await modelling.ask(work, NewModel(kind=ModelKind.FAILURE, machine_kind="molino"))
        report = await reports.ask(work, NewReport(first_day=date(2026, 1, 1), last_day=date(2026, 1, 31)))
    plant = await open_plant(theirs.shop.workspace_id)
    return {
        "inbound.ingest": ("event_id", events[0].id),
        "inbound.reports": ("connection_id", theirs.connection_id),
        "conversation.turn": ("conversation_id", theirs.conversation_id),
        "conversation.suggest": ("conversation_id", await _asked_in(theirs)),
        "message.deliver": ("conversation_id", theirs.conversation_id),
        "media.process": ("attachment_id", attachment.id),
        "notification.send": ("notification_id", notice.notification_id),
        "notice.send": ("notice_id", notice.id),
        "import.apply": ("import_id", brought.id),
        "subscription.deliver": ("subscription_id", told.id),
        "machine.judge": ("machine_id", plant.machine_id),
        "machine.learn": ("model_id", model.id),
        "emission.report": ("report_id", report.id),
        "route.plan": ("plan_id", route_plan.id),
        "erp.sync": ("connection_id", erp_id),
        **{name: ("routine_id", due[name]) for name in RoutineName},
    }


async def _asked_in(theirs: Customer) -> UUID:
    """A conversation in which somebody who attends has asked what the agent would answer."""
    other = await chat_of(theirs.shop)
    async with open_work(other.staff) as work:
        await takeover.take(work, other.conversation_id)
        await suggestions.ask(work, other.conversation_id)
    return other.conversation_id


WITHOUT_AN_ID = {"mail.send", "handoff.assign"}
"""A mail is about a person's account, which belongs to no shop; who attends is found for a whole workspace, its own."""


@pytest.mark.parametrize("job", sorted(RUNNERS.keys() - WITHOUT_AN_ID))
async def test_a_job_with_ids_of_another_workspace_changes_nothing(theirs: Customer, customer: Customer, job: str) -> None:
    # Given open work of every kind in the other shop
    argument, value = (await _open_work_of(theirs))[job]
    before = await _everything(theirs.shop.workspace_id)
    mine = await _everything(customer.shop.workspace_id)
    # When a job names it with our workspace
    with suppress(NotFound):
        await RUNNERS[job](workspace_id=str(customer.shop.workspace_id), **{argument: str(value)})
    # Then nothing has changed on either side
    assert await _everything(theirs.shop.workspace_id) == before
    assert await _everything(customer.shop.workspace_id) == mine


async def test_a_service_call_with_ids_of_another_workspace_finds_nothing(theirs: Customer, customer: Customer) -> None:
    before = await _everything(theirs.shop.workspace_id)
    async with open_work(customer.shop.principal) as work:
        for act in (takeover.take, takeover.release):
            with pytest.raises(DomainError):
                await act(work, theirs.conversation_id)
    assert await _everything(theirs.shop.workspace_id) == before


async def test_a_command_for_one_workspace_lists_only_its_own(theirs: Customer, customer: Customer) -> None:
    # Given both shops with a customer who waits for a person
    for each in (theirs, customer):
        await each.says("quiero hablar con una persona")
    async with open_work(customer.shop.principal) as work:
        slug = await work.session.scalar(text("SELECT slug FROM workspaces"))
    rows = await session.in_each(slug, handoff_command._of)
    assert [row.conversation for row in rows] == [customer.conversation_id]
    everyone = {row.conversation for row in await session.in_each(None, handoff_command._of)}
    assert everyone == {theirs.conversation_id, customer.conversation_id}
