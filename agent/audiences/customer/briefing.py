"""Writing the brief of a turn: what is true of the shop, the customer and the order when the turn is taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from agent import sessions
from agent.audiences.asked import heard
from agent.audiences.customer import pointing
from agent.brief import DELIVERY, Brief, BriefDraft, BriefLine, BriefMessage, LastOrder
from agent.models import AgentSession
from agent.spoken import spoken
from core import messages
from core.work import Work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.accounts.zones import DeliveryZone
from domain.catalog import service as catalog
from domain.catalog.schemas import StoreView
from domain.conversations.kinds import MessageStatus
from domain.conversations.schemas import CustomerConversation, MessageView, OpenMessage
from domain.conversations.states import State
from domain.customers import service as customers
from domain.orders import amendments, drafts
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from tools import registry
from tools.audience import AudienceKind
from tools.context import Pending
from tools.facts import measured_in
from tools.outcome import Fact, FactKind

RECENT = 6
"""How many of the newest messages are looked at for words that did not arrive."""


def facts_of(
    workspace: WorkspaceView, draft: OrderView | None, last: OrderView | None, stores: Sequence[StoreView], language: str
) -> dict[str, Fact]:
    """The facts of the session that a reply may state as `s1`, `s2`…: the draft's sums, the last order, the shop's own."""
    found = _Found(workspace.country, language)
    if draft is not None and draft.lines:
        _draft_facts(found, draft, workspace)
    if last is not None:
        _order_facts(found, last)
    _shop_facts(found, workspace, stores)
    return {f"s{index}": fact for index, fact in enumerate(found.facts, start=1)}


@dataclass(slots=True)
class _Found:
    """Facts as they are collected, in the words of a country."""

    country: str
    language: str
    facts: list[Fact] = field(default_factory=list)

    def add(self, kind: FactKind, subject: str, value: str, text: str | None = None) -> None:
        self.facts.append(Fact(kind=kind, subject=subject, value=value, text=text or value))

    def money(self, kind: FactKind, subject: str, amount: Decimal, currency: str, unit: str | None = None) -> None:
        shown = messages.money(amount, currency, self.country, self.language)
        self.facts.append(Fact(kind=kind, subject=subject, value=str(amount), currency=currency, unit=unit, text=shown))


def _draft_facts(found: _Found, draft: OrderView, workspace: WorkspaceView) -> None:
    currency = draft.currency
    for line in draft.lines:
        found.add(
            FactKind.QUANTITY,
            line.name,
            str(line.quantity),
            messages.quantity(line.quantity, line.unit, found.country, found.language),
        )
        found.money(FactKind.PRICE, line.name, line.unit_price, currency, measured_in(line.unit))
        found.money(FactKind.LINE_TOTAL, line.name, line.total, currency)
    if draft.delivery_fee:
        found.money(FactKind.FEE, "draft", draft.delivery_fee, currency)
    found.money(FactKind.TOTAL, "draft", draft.total, currency)
    free_from = workspace.settings.free_delivery_from
    if draft.delivery_fee and free_from is not None and draft.subtotal < free_from:
        found.money(FactKind.GAP, "draft", free_from - draft.subtotal, currency)


def _order_facts(found: _Found, last: OrderView) -> None:
    number = str(last.number)
    found.add(FactKind.ORDER_NUMBER, number, number)
    found.money(FactKind.TOTAL, number, last.total, last.currency)
    found.add(FactKind.STATUS, number, last.status, messages.text(f"tool.status.{last.status}", found.language))
    if last.status != "cancelled":
        found.add(FactKind.PAYMENT_STATUS, number, last.payment_status)
    if last.payment_status == "unpaid" and last.status != "cancelled":
        found.money(FactKind.DUE, number, last.total, last.currency)


def _shop_facts(found: _Found, workspace: WorkspaceView, stores: Sequence[StoreView]) -> None:
    for store in stores:
        found.add(FactKind.STORE, store.name, store.name, ", ".join(part for part in (store.name, store.address) if part))
    settings = workspace.settings
    if settings.offers_delivery:
        if settings.delivery_zones:
            _zone_facts(found, settings.delivery_zones, workspace.currency)
        else:
            found.money(FactKind.FEE, DELIVERY, settings.delivery_fee, workspace.currency)
        if (settings.delivery_fee or settings.delivery_zones) and settings.free_delivery_from is not None:
            found.money(FactKind.OFFER, DELIVERY, settings.free_delivery_from, workspace.currency)
    if settings.opens_at and settings.closes_at:
        found.add(FactKind.HOURS, "shop", f"{settings.opens_at:%H:%M} – {settings.closes_at:%H:%M}")
    if settings.minimum_order:
        found.money(FactKind.MINIMUM, "order", settings.minimum_order, workspace.currency)
    for method in settings.payment_methods:
        found.add(FactKind.METHOD, method.code, method.name)


def _zone_facts(found: _Found, zones: Sequence[DeliveryZone], currency: str) -> None:
    """What a delivery costs, as one fact: each fee with the zones in which it holds."""
    fees = {zone.fee: [other.name for other in zones if other.fee == zone.fee] for zone in zones}
    shown = [
        f"{messages.money(fee, currency, found.country, found.language)} ({', '.join(names)})" for fee, names in fees.items()
    ]
    value = ", ".join(map(str, fees))
    found.facts.append(Fact(kind=FactKind.FEE, subject=DELIVERY, value=value, currency=currency, text=", ".join(shown)))


def _lines(order: OrderView) -> list[BriefLine]:
    return [
        BriefLine(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            total=line.total,
        )
        for line in order.lines
    ]


async def _draft_brief(work: Work, draft: OrderView, stores: Mapping[UUID, str], token: str | None) -> BriefDraft:
    amended = await orders.get(work, draft.amends_order_id) if draft.amends_order_id is not None else None
    return BriefDraft(
        lines=_lines(draft),
        amends=str(amended.number) if amended is not None else None,
        total=draft.total,
        fulfilment=draft.fulfilment,
        address=draft.address_text,
        store=stores.get(draft.store_id) if draft.store_id else None,
        recipient_name=draft.recipient_name,
        recipient_phone=draft.recipient_phone,
        notes=draft.notes,
        payment_method=draft.payment_method,
        missing=list(await drafts.missing_details(work, draft)),
        confirmation_token=token,
    )


async def write(
    work: Work,
    session: AgentSession,
    conversation: CustomerConversation,
    open_messages: Sequence[OpenMessage],
    thread: Sequence[MessageView],
) -> Brief:
    """The brief for answering these messages now, with the order as it is open and the thread up to now."""
    workspace = await accounts.get_workspace(work)
    language = spoken(_written(open_messages, thread), messages.choose_language(workspace.language))
    customer, contact = await customers.with_contact(work, conversation.customer_id, conversation.contact_address_id)
    draft, last = await orders.open_and_newest(work, conversation.id, conversation.customer_id)
    places = await catalog.stores(work)
    stores = {store.id: store.name for store in places}
    last_order = None
    if last is not None:
        paid = last.payment_status == "paid"
        last_order = LastOrder(
            number=str(last.number),
            status=last.status,
            payment_status=last.payment_status,
            total=last.total,
            due=Decimal(0) if paid else last.total,
            lines=_lines(last),
            can_change=amendments.may_change(last, workspace.settings),
        )
    principal = roles.agent_for(work.workspace_id, conversation.customer_id)
    said = [await pointing.brief_message(work, conversation.id, message) for message in open_messages]
    questions = _questions(session, said)
    brief = Brief(
        language=language,
        country=workspace.country,
        currency=workspace.currency,
        timezone=workspace.timezone,
        shop_name=workspace.name,
        medium=contact.medium,
        state=State(session.state),
        customer_name=customer.called,
        draft=await _draft_brief(work, draft, stores, session.confirmation_token) if draft else None,
        pending=questions[0] if questions else None,
        waiting=questions[1:],
        last_order=last_order,
        stores=list(stores.values()),
        payment_methods=[method.name for method in workspace.settings.payment_methods],
        messages=said,
        facts=facts_of(workspace, draft, last, places, language),
        was_attended=bool(session.handoff_note),
        notes=[*_notes(session), *_undelivered(thread[-RECENT:])],
        tools=[spec.name for spec in registry.offered(AudienceKind.CUSTOMER, State(session.state), principal)],
        failures=session.failures,
    )
    return heard(brief)


def _questions(session: AgentSession, said: Sequence[BriefMessage]) -> list[Pending]:
    """The open questions, the first of which is the one that is answered first; what the messages point at comes first."""
    asked = sessions.points_of(session)
    pointed = pointing.open_question(said, asked[0] if asked else None)
    return asked if pointed is None else [pointed, *(item for item in asked if item.kind != pointed.kind)]


def _written(open_messages: Sequence[OpenMessage], thread: Sequence[MessageView]) -> list[str]:
    """What the customer wrote lately, newest first."""
    earlier = [message.text or "" for message in thread[-RECENT:] if message.direction == "in"]
    return [*reversed([*earlier, *(message.text or "" for message in open_messages)])]


def _notes(session: AgentSession) -> list[str]:
    notes: list[str] = []
    if session.handoff_note:
        notes.append(
            "A person of the shop attended this customer and has given the conversation back to you. "
            f"What was agreed: {session.handoff_note}"
        )
    return notes


def _undelivered(newest: Sequence[MessageView]) -> list[str]:
    """What the customer may not have read, so that it is not taken for said."""
    lost = {MessageStatus.UNCONFIRMED, MessageStatus.FAILED, MessageStatus.REJECTED}
    return [
        f"This message of yours may not have reached the customer: {message.text}"
        for message in newest
        if message.direction == "out" and message.status in lost
    ]


async def fresh_facts(work: Work, conversation: CustomerConversation, language: str) -> dict[str, Fact]:
    """The session's facts as they are now; at Finish they are compared with those that the reply was thought with."""
    workspace = await accounts.get_workspace(work)
    draft, last = await orders.open_and_newest(work, conversation.id, conversation.customer_id)
    return facts_of(workspace, draft, last, await catalog.stores(work), language)
