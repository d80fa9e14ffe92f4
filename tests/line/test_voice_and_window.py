"""Whose words go out, and when: the voice of the conversation, and WhatsApp's 24 hours, are looked at before each send."""

from datetime import timedelta

from sqlalchemy import select, text, update

from app.queue.actors.deliveries import deliver_next
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.connections.models import Connection
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.content import Template, Text
from domain.conversations.kinds import HandoffReason
from domain.conversations.models import Conversation
from domain.customers import consent
from domain.customers import service as customers
from tests.factories.provider import accepted
from tests.factories.threads import Thread, opened


async def test_the_agents_words_are_cut_off_when_an_operator_takes_the_conversation(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("del agente")
        operator = roles.staff(workspace.id, new_id(), Role.OPERATOR)
        async with open_work(operator) as work:
            await handoffs.take(work, thread.conversation_id)
            seen = (await conversations.thread(work, thread.conversation_id))[-1].id
            await conversations.reply(work, thread.conversation_id, Text(text="de una persona"), seen=seen)

        await thread.deliver()

        assert thread.said == ["de una persona"]
        assert await thread.statuses() == ["cancelled", "sent"]


async def test_a_message_of_an_older_voice_is_not_sent_even_if_nobody_cancelled_it(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("viejo")
        async with open_work(thread.principal) as work:
            await work.session.execute(update(Conversation).values(voice_epoch=Conversation.voice_epoch + 1))
        await thread.queue("nuevo")

        await thread.deliver()

        assert thread.said == ["nuevo"]
        assert [row.error_code for row in await thread.messages()] == ["voice_lost", None]


async def test_the_farewell_of_the_agent_goes_out_while_nobody_has_taken_over(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("Te paso con una persona.")
        async with open_work(thread.principal) as work:
            await handoffs.wait_for_person(work, thread.conversation_id, HandoffReason.CUSTOMER_ASKED)

        await thread.deliver()

        assert thread.said == ["Te paso con una persona."]


async def close_window(thread: Thread) -> None:
    async with open_work(thread.principal) as work:
        await work.session.execute(update(Conversation).values(last_inbound_at=work.now - timedelta(hours=24)))


async def test_outside_the_window_a_text_is_refused_and_staff_are_told(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("tarde")
        await close_window(thread)

        await thread.deliver()

        [row] = await thread.messages()
        assert (row.status, row.error_code, row.attempts) == ("rejected", "window_closed", 0)
        assert thread.provider.received == []
        assert await thread.notifications() == ["message_rejected"]


async def test_outside_the_window_the_template_goes_out_once_until_the_customer_writes(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted(), accepted()) as thread:
        async with open_work(thread.principal) as work:
            await work.session.execute(
                update(Connection).values(settings={"window_template": "seguimos_aqui", "template_language": "es"})
            )
        await close_window(thread)
        await thread.queue("uno", "dos")

        await thread.deliver()

        rows = await thread.messages()
        assert [(row.content.kind, row.status) for row in rows] == [
            ("text", "rejected"),
            ("text", "rejected"),
            ("template", "sent"),
        ]
        [request] = thread.provider.received
        assert request.path == "/whatsapp/1/message/template"
        assert request.json["messages"][0]["content"]["templateName"] == "seguimos_aqui"


async def test_the_window_is_read_from_the_business_clock(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("tarde")
        async with open_work(thread.principal) as work:
            await work.session.execute(text("INSERT INTO runtime_clock (id, shift) VALUES (1, interval '25 hours')"))

        await thread.deliver()

        assert [row.error_code for row in await thread.messages()] == ["window_closed"]


async def test_a_window_that_closes_between_the_parts_of_a_text_blocks_nothing(workspace: WorkspaceView) -> None:
    # Given a long text of which the first part is out when the window closes
    async with opened(workspace, accepted(), accepted()) as thread:
        async with open_work(thread.principal) as work:
            await work.session.execute(
                update(Connection).values(settings={"window_template": "seguimos_aqui", "template_language": "es"})
            )
        await thread.queue("párrafo largo.\n\n" * 600)
        await deliver_next(thread.principal, thread.conversation_id)
        await close_window(thread)

        await thread.deliver()

        # Then the other parts are refused and the template asks the customer to write again
        [first, *others, last] = [(row.content.kind, row.status) for row in await thread.messages()]
        assert first == ("text", "sent")
        assert others
        assert set(others) == {("text", "rejected")}
        assert last == ("template", "sent")


async def test_marketing_that_waits_is_not_sent_to_who_has_refused_it_meanwhile(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted(), accepted()) as thread:
        # Given a customer who has agreed to marketing, and two templates of it and one of service that wait
        async with open_work(thread.principal) as work:
            customer_id = (await work.session.scalars(select(Conversation.customer_id))).one()
            assert customer_id is not None
            await consent.record(work, customer_id, True, "mostrador")
        await thread.queue(Template(name="ofertas", is_marketing=True), Template(name="ofertas", is_marketing=True))
        assert await deliver_next(thread.principal, thread.conversation_id)

        # When they tell the shop that they want no more
        async with open_work(thread.principal) as work:
            assert await consent.record(work, customer_id, False, "BAJA")
        await thread.queue(Template(name="aviso"))
        await thread.deliver()

        # Then what was on its way went, and nothing but the service after it
        assert [request.json["messages"][0]["content"]["templateName"] for request in thread.provider.received] == [
            "ofertas",
            "aviso",
        ]
        assert [row.error_code for row in await thread.messages()][1] == "marketing_not_agreed"


async def test_whoever_refuses_marketing_at_the_provider_has_refused_it(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        async with open_work(thread.principal) as work:
            customer_id = (await work.session.scalars(select(Conversation.customer_id))).one()
            assert customer_id is not None
            await consent.record(work, customer_id, True, "mostrador")
        [message_id] = await thread.queue(Template(name="ofertas", is_marketing=True))
        await thread.deliver()

        await thread.report(message_id, "failed", "marketing_refused")

        async with open_work(thread.principal) as work:
            customer = await customers.get(work, customer_id)
        assert (customer.marketing_consent, customer.consent_source) == (False, "WhatsApp")
