"""Turns to end with a reply: what tools have said and done, as the journal keeps it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from agent.brief import Brief, BriefDraft, BriefLine, LastOrder
from agent.grounds import Grounds
from agent.journal import recorded
from agent.models import StepOutcome
from agent.recorded import Recorded
from agent.reply.moves import Reply
from agent.reply.renderer import Rendered, render
from core import messages
from domain.conversations.content import Content
from domain.conversations.states import Trigger
from tests.factories.contents import buttons
from tools import registry
from tools.context import Pending
from tools.context import Signal as Happened
from tools.outcome import Deed, Fact, FactKind, Option, ToolOutcome

HARINA, ACEITE, CAFE, ARROZ = "Harina P.A.N. Blanca 1 kg", "Aceite Mazeite 1 L", "Café Flor de Arauca 500 g", "Arroz Mary 1 kg"
PRICES = {HARINA: "1.20", ACEITE: "3.50", CAFE: "6.00", ARROZ: "1.20", "Arroz Mary 5 kg": "5.50", "Queso Blanco": "4.50"}
TOOLS = [
    *("list_products", "send_catalog", "add_item_to_draft", "change_item_in_draft", "set_delivery_details", "clear_draft"),
    *("request_confirmation", "cancel_order", "get_order_status", "register_payment", "request_human_handoff"),
]


def money(kind: FactKind, subject: str, amount: str, language: str = "es", unit: str | None = None) -> Fact:
    shown = messages.money(Decimal(amount), "USD", "VE", language)
    return Fact(kind=kind, subject=subject, value=amount, currency="USD", text=shown, unit=unit)


def fact(kind: FactKind, subject: str, value: str, text: str | None = None) -> Fact:
    return Fact(kind=kind, subject=subject, value=value, text=text or value)


def _line(name: str, quantity: int = 1) -> dict[str, str]:
    return {"sku": name, "name": name, "quantity": str(quantity)}


class Turn:
    """A turn as it goes on: each method is one call of a tool, in its own words."""

    def __init__(self, language: str = "es", **brief: Any) -> None:
        self.language = language
        self.calls: list[Recorded] = []
        known = {
            "country": "VE",
            "currency": "USD",
            "shop_name": "La Esquina",
            "medium": "whatsapp",
            "state": "COLLECTING_ORDER",
            "tools": TOOLS,
        }
        self.brief = Brief(language=language, **{**known, **brief})
        self.recent: tuple[str, ...] = ()
        self.guessed: frozenset[int] = frozenset()
        self.seed = "turn"

    def call(
        self,
        tool: str,
        code: str,
        say: str,
        facts: list[Fact] | None = None,
        *,
        status: str = "ok",
        deeds: list[tuple[Deed, str]] | None = None,
        data: dict[str, Any] | None = None,
        arguments: dict[str, Any] | None = None,
        signals: tuple[Trigger, ...] = (),
        staged: Sequence[Content] | None = None,
        pending: Pending | None = None,
    ) -> "Turn":
        values = {"status": status, "code": code, "say": say, "facts": facts or [], "deeds": deeds or [], "data": data or {}}
        self.calls.append(
            recorded(
                len(self.calls) + 1,
                tool,
                arguments or {},
                ToolOutcome.model_validate(values),
                kind=StepOutcome.VALUE,
                writes=registry.DEFINED[tool].writes,
                signals=[Happened(name=name) for name in signals],
                staged=list(staged or []),
                asked=[pending] if pending is not None else [],
            )
        )
        return self

    def text(self, key: str, **fields: str) -> str:
        return messages.text(f"tool.{key}", self.language, count=None, **fields)

    def searched(self, *names: str, sold_out: tuple[str, ...] = ()) -> "Turn":
        facts = [
            each
            for name in names
            for each in (fact(FactKind.PRODUCT, name, name), money(FactKind.PRICE, name, PRICES[name], self.language))
        ]
        lines = [
            self.text(
                "product_line_sold_out" if name in sold_out else "product_line",
                product=f"{{{2 * n}}}",
                price=f"{{{2 * n + 1}}}",
            )
            for n, name in enumerate(names)
        ]
        one = "product_sold_out" if sold_out else "product_found"
        say = (
            self.text("products_found", lines="\n".join(lines))
            if len(names) > 1
            else self.text(one, product="{0}", price="{1}")
        )
        deeds = [(Deed.UNAVAILABLE if name in sold_out else Deed.AVAILABLE, name) for name in names]
        return self.call("list_products", "products_found", say, facts, deeds=deeds)

    def not_found(self, phrase: str) -> "Turn":
        say = self.text("phrase_not_found", product="{0}")
        deeds = [(Deed.UNAVAILABLE, phrase)]
        return self.call(
            "list_products", "product_not_found", say, [fact(FactKind.ECHO, "product", phrase)], status="refused", deeds=deeds
        )

    def added(self, name: str, quantity: int, total: str, lines: tuple[str, ...] = (), before: int = 0) -> "Turn":
        what = self.text("counted", quantity="{0}", product="{1}")
        key = "item_added_more" if before else "item_added"
        line = str(Decimal(PRICES[name]) * (before + quantity))
        facts = [
            fact(FactKind.QUANTITY, name, str(quantity)),
            fact(FactKind.PRODUCT, name, name),
            money(FactKind.LINE_TOTAL, name, line, self.language),
            money(FactKind.PRICE, name, PRICES[name], self.language),
            money(FactKind.TOTAL, "draft", total, self.language),
            fact(FactKind.QUANTITY, name, str(before + quantity)),
        ]
        return self.call(
            "add_item_to_draft",
            "item_added",
            self.text(key, what=what, amount="{2}", together="{5}"),
            facts,
            deeds=[(Deed.ITEM_ADDED, name), (Deed.AVAILABLE, name)],
            data={
                "sku": name,
                "quantity": str(before + quantity),
                "added": str(quantity),
                "draft": {"lines": [_line(each, before + quantity if each == name else 1) for each in (lines or (name,))]},
            },
            arguments={"product": name, "quantity": quantity},
            signals=(Trigger.ITEMS_CHANGED,),
        )

    def changed(self, name: str, quantity: int, total: str) -> "Turn":
        line = str(Decimal(PRICES[name]) * quantity)
        facts = [
            fact(FactKind.PRODUCT, name, name),
            fact(FactKind.QUANTITY, name, str(quantity)),
            money(FactKind.LINE_TOTAL, name, line, self.language),
            money(FactKind.TOTAL, "draft", total, self.language),
        ]
        say = self.text("item_changed", product="{0}", quantity="{1}", amount="{2}")
        data = {"sku": name, "draft": {"lines": [_line(name, quantity), _line("x")]}}
        deeds = [(Deed.ITEM_CHANGED, name)]
        return self.call(
            "change_item_in_draft", "item_changed", say, facts, deeds=deeds, data=data, signals=(Trigger.ITEMS_CHANGED,)
        )

    def removed(self, name: str, total: str) -> "Turn":
        facts = [fact(FactKind.PRODUCT, name, name), money(FactKind.TOTAL, "draft", total, self.language)]
        say, data = self.text("item_removed", product="{0}"), {"draft": {"lines": [_line("x")]}}
        deeds = [(Deed.ITEM_REMOVED, name)]
        return self.call(
            "change_item_in_draft", "item_removed", say, facts, deeds=deeds, data=data, signals=(Trigger.ITEMS_CHANGED,)
        )

    def cleared(self) -> "Turn":
        deeds = [(Deed.DRAFT_CLEARED, "draft")]
        return self.call("clear_draft", "draft_cleared", self.text("draft_cleared"), deeds=deeds, data={"draft": {"lines": []}})

    def delivered_to(self, address: str, fee: str = "2.00") -> "Turn":
        facts = [fact(FactKind.ADDRESS, "draft", address), money(FactKind.FEE, "draft", fee, self.language)]
        noted = self.text("noted", details=self.text("noted.address", address="{0}"))
        say = f"{noted} {self.text('fee_noted', amount='{1}')}"
        arguments = {"fulfilment": "delivery", "address": address}
        data = {"missing": ["recipient_name"], "draft": {"lines": [_line("x")]}}
        return self.call("set_delivery_details", "delivery_set", say, facts, data=data, arguments=arguments)

    def summarised(self, total: str) -> "Turn":
        facts = [money(FactKind.TOTAL, "draft", total, self.language)]
        staged = [buttons("{0}", ("confirm:token", "ok"))]
        say, data = self.text("confirmation_requested"), {"token": "token", "draft": {"lines": [_line("x")]}}
        return self.call("request_confirmation", "confirmation_requested", say, facts, data=data, staged=staged)

    def asked_which(self, *names: str) -> "Turn":
        facts = [
            each
            for name in names
            for each in (fact(FactKind.PRODUCT, name, name), money(FactKind.PRICE, name, PRICES[name], self.language))
        ]
        lines = [self.text("product_line", product=f"{{{2 * n}}}", price=f"{{{2 * n + 1}}}") for n in range(len(names))]
        options = [Option(sku=name, name=name) for name in names]
        pending = Pending(kind="choose_product", tool="add_item_to_draft", options=options)
        say = self.text("ambiguous_product", options="\n".join(lines))
        return self.call("add_item_to_draft", "ambiguous_product", say, facts, status="ask", pending=pending)

    def handed_off(self) -> "Turn":
        say = self.text("handoff_requested")
        return self.call("request_human_handoff", "handoff_requested", say, deeds=[(Deed.HANDOFF_REQUESTED, "customer_asked")])

    def status(self) -> "Turn":
        facts = [
            fact(FactKind.ORDER_NUMBER, "1042", "1042"),
            money(FactKind.TOTAL, "1042", "7.90", self.language),
            money(FactKind.DUE, "1042", "2.10", self.language),
        ]
        words = self.text("order_status", number="{0}", status=self.text("status.confirmed"), total="{1}")
        say = f"{words} {self.text('payment_status.partly_paid', due='{2}')}"
        return self.call("get_order_status", "order_status", say, facts, deeds=[(Deed.ORDER_STATUS, "1042")])

    def reply(self, *moves: dict[str, Any]) -> Rendered:
        grounds = Grounds(self.brief, self.calls, self.seed, self.recent, self.guessed)
        return render(Reply.model_validate({"moves": list(moves)}), grounds)

    def says(self, *moves: dict[str, Any]) -> str:
        return self.reply(*moves).text


def with_draft(language: str = "es", **brief: Any) -> Turn:
    """A turn with two harinas and an oil in the order, to be brought home."""
    facts = [
        *(
            fact(FactKind.QUANTITY, HARINA, "2"),
            money(FactKind.PRICE, HARINA, "1.20", language),
            money(FactKind.LINE_TOTAL, HARINA, "2.40", language),
        ),
        *(
            fact(FactKind.QUANTITY, ACEITE, "1"),
            money(FactKind.PRICE, ACEITE, "3.50", language),
            money(FactKind.LINE_TOTAL, ACEITE, "3.50", language),
        ),
        *(money(FactKind.FEE, "draft", "2.00", language), money(FactKind.TOTAL, "draft", "7.90", language)),
    ]
    lines = [
        BriefLine(sku="HAR", name=HARINA, quantity=Decimal(2), unit_price=Decimal("1.20"), total=Decimal("2.40")),
        BriefLine(sku="ACE", name=ACEITE, quantity=Decimal(1), unit_price=Decimal("3.50"), total=Decimal("3.50")),
    ]
    draft = brief.pop("draft", None) or BriefDraft(lines=lines, total=Decimal("7.90"), fulfilment="delivery", address="Calle 5")
    known = {f"s{n}": each for n, each in enumerate(facts, start=1)} | brief.pop("facts", {})
    return Turn(language, draft=draft, facts=known, **brief)


def with_order(language: str = "es", payment_status: str = "unpaid", **brief: Any) -> Turn:
    """A turn after the order 1042 was placed."""
    facts = [
        fact(FactKind.ORDER_NUMBER, "1042", "1042"),
        money(FactKind.TOTAL, "1042", "7.90", language),
        fact(FactKind.STATUS, "1042", "confirmed", messages.text("tool.status.confirmed", language)),
        fact(FactKind.PAYMENT_STATUS, "1042", payment_status),
        *([money(FactKind.DUE, "1042", "7.90", language)] if payment_status == "unpaid" else []),
        fact(FactKind.STORE, "Centro", "Centro", "Centro, Av. Bolívar 12"),
        *(fact(FactKind.HOURS, "shop", "08:00 – 20:00"), money(FactKind.FEE, "delivery", "2.00", language)),
        *(
            money(FactKind.OFFER, "delivery", "20.00", language),
            fact(FactKind.METHOD, "pm", "Pago móvil"),
            fact(FactKind.METHOD, "z", "Zelle"),
        ),
    ]
    last = LastOrder(number="1042", status="confirmed", payment_status=payment_status, total=Decimal("7.90"))
    known = {f"s{n}": each for n, each in enumerate(facts, start=1)}
    return Turn(language, last_order=last, facts=known, state=brief.pop("state", "DONE"), **brief)
