"""The plan of a turn: which tools to call with what, and what to say besides; a pure function of brief and look-ups."""

from dataclasses import dataclass, field
from typing import Any

from agent.brief import Brief
from agent.lexical.acts import ITEM_ACTS, SMALL_TALK, Act, ActKind, DeliveryDetails, PaymentDetails
from agent.lexical.details import looks_like_name
from agent.lexical.listening import AWAITING, hear
from agent.lexical.ordering import Ordering
from agent.lexical.products import Catalogue, among
from agent.lexical.spelling import repaired
from agent.lexical.thread import continued, with_pronouns_said
from agent.lexical.wanted import Call
from agent.lexical.wants import FOR_A_PERSON
from domain.catalog.search import Verdict
from domain.conversations.states import State
from tools.context import Pending

MOST_LINES = 100
"""Lines in one call on the draft; a longer list makes several."""

_TALK = {
    ActKind.GREET: "greet",
    ActKind.HOW_ARE_YOU: "how_are_you",
    ActKind.THANKS: "thanks",
    ActKind.BYE: "bye",
    ActKind.WHO_ARE_YOU: "who_are_you",
    ActKind.ASK_DELIVERY: "delivery_info",
    ActKind.ASK_DELIVERY_TIME: "delivery_time",
    ActKind.ASK_STORES: "stores",
    ActKind.ASK_HOURS: "hours",
    ActKind.ASK_PAYMENT_METHODS: "payment_methods",
    ActKind.PAY_INTENT: "pay_later",
    ActKind.MEDIA: "media",
    ActKind.CHANGE: "what_to_change",
    ActKind.NOT_UNDERSTOOD: "sorry",
    ActKind.START_ORDER: "yes_to_what",
    ActKind.HAGGLE: "haggle",
    ActKind.CHITCHAT: "chitchat",
}


@dataclass
class Plan:
    """What the turn does first, what it does once that has worked, and what it says of its own."""

    acts: list[Act]
    calls: list[Call] = field(default_factory=list)
    then_repeat: bool = False
    """Order again what the last order had, once it is known."""
    then_confirm: bool = False
    """Ask for the confirmation if the calls leave nothing open."""
    talk: list[str] = field(default_factory=list)
    """Keys of catalogue texts, without their prefix."""
    understood: bool = True


async def make_plan(brief: Brief, catalogue: Catalogue) -> Plan:
    """Read the messages of the brief and decide what to do."""
    brief = await repaired(brief, catalogue)
    brief = with_pronouns_said(brief)
    acts = await continued(brief, hear(brief), catalogue)
    heard = [act for act in acts if not act.is_bare or await catalogue.has_any(act.phrase)]
    plan = Plan(acts=heard if heard or not acts else [Act(ActKind.UNKNOWN)])
    await _Planner(brief, catalogue, plan).run()
    plan.calls = [call for call in plan.calls if not brief.tools or call.tool in brief.tools]
    plan.then_repeat = plan.then_repeat and (not brief.tools or "create_order_draft" in brief.tools)
    return plan


class _Planner:
    """Turns acts into calls and talk, one kind at a time."""

    def __init__(self, brief: Brief, catalogue: Catalogue, plan: Plan) -> None:
        self.brief = brief
        self.catalogue = catalogue
        self.plan = plan
        self.ordering = Ordering(brief, catalogue)
        self.asks_again = False

    def call(self, tool: str, **arguments: Any) -> None:
        """Plan a call; only what changes the lines of the order may stand twice."""
        call = Call(tool, {name: value for name, value in arguments.items() if value is not None})
        if tool in _ITEM_TOOLS or call not in self.plan.calls:
            self.plan.calls.append(call)

    def say(self, key: str) -> None:
        if key not in self.plan.talk:
            self.plan.talk.append(key)

    @property
    def has_lines(self) -> bool:
        return self.brief.draft is not None and bool(self.brief.draft.lines)

    async def run(self) -> None:
        acts = self.plan.acts
        if any(act.kind is ActKind.HUMAN for act in acts):
            self.call("request_human_handoff", reason="customer_asked")
            return
        if any(self._is_for_a_person(act) for act in acts):
            return
        if any(act.kind is ActKind.COMPLAINT for act in acts):
            self.say("sorry")
            self.call("request_human_handoff", reason="customer_asked")
            return
        if any(act.kind is ActKind.BASKET for act in acts):
            self.call("create_order_draft")
        await self._items()
        for act in acts:
            if act.kind is ActKind.WANT:
                self._want(act)
            else:
                await self._one(act)
        self._deliveries()
        self._payments()
        self._settle()
        self._repeat()

    def _is_for_a_person(self, act: Act) -> bool:
        """A want that only a person can see to is handed over, with the customer's words."""
        if act.want not in FOR_A_PERSON:
            return False
        self.say("sorry")
        self.call("request_human_handoff", reason="cannot_answer", detail=act.said[:500])
        return True

    def _want(self, act: Act) -> None:
        """What is asked of the shop besides its goods: what it sells and where, or whom to ask."""
        if act.want != "information":
            self.say("ask_a_person")
            return
        if self.brief.stores:
            self.say("stores")
        self.call("send_catalog")

    def _repeat(self) -> None:
        """What is still open is asked again, unless a call of the turn does that or has done with it."""
        is_asked = self.plan.then_confirm or any(call.tool in _REPEATING for call in self.plan.calls)
        if not is_asked and (self.asks_again or any(point.is_due for point in self.brief.points)):
            self.call("update_draft")

    async def _items(self) -> None:
        others = await self.ordering.calls(self.plan.acts)
        lines = [wanted.line for wanted in self.ordering.wanted]
        lines += [{"product": subject, "mode": "remove"} for subject in self.ordering.dropped]
        points = self.ordering.open_points
        for start in range(0, max(len(lines), len(points)), MOST_LINES):
            end = start + MOST_LINES
            self.call(
                "update_draft",
                lines=lines[start:end] or None,
                open_points=points[start:end] or None,
                order=self.ordering.added_to,
            )
        for call in others:
            self.call(call.tool, **call.arguments)
        for _, phrase in self.ordering.questions:
            self.call("list_products", query=phrase)
        for key in self.ordering.talk:
            self.say(key)

    async def _one(self, act: Act) -> None:
        kind = act.kind
        if kind is ActKind.PAY_INTENT and act.payment.get("method"):
            self._way_to_pay(act.payment)
        elif kind in _TALK:
            self.say(_TALK[kind])
        elif kind is ActKind.ASK_CATALOGUE:
            self.call("send_catalog")
        elif kind is ActKind.ASK_TOTAL:
            self.say("total" if self.has_lines else "nothing_yet")
        elif kind is ActKind.STATUS:
            self._status()
        elif kind is ActKind.CLEAR:
            self.call("clear_draft")
        elif kind is ActKind.CANCEL:
            self._cancel()
        elif kind is ActKind.REPEAT_ORDER:
            self.call("get_customer_context")
            self.plan.then_repeat = True
        elif kind is ActKind.CONFIRM:
            await self._confirm(act)

    def _status(self) -> None:
        """Where the order stands; one that was never confirmed is shown again instead."""
        if self.has_lines and self.brief.last_order is None:
            self.say("not_confirmed")
            self.plan.then_confirm = True
        else:
            self.call("get_order_status")

    def _cancel(self) -> None:
        last = self.brief.last_order
        if self.has_lines or last is None or last.status != "confirmed":
            # Which one can still be called off, if any, the tool finds out.
            self.call("cancel_order")
        else:
            self.call("cancel_order", number=last.number)

    async def _confirm(self, act: Act) -> None:
        """A yes means what was asked: the open summary, the open question, or nothing."""
        draft, pending = self.brief.draft, self.brief.pending
        if self.ordering.answered_pending and self.brief.state == AWAITING and not act.token:
            # A yes to what was proposed beside the summary, which goes out anew.
            self.plan.then_confirm = True
            return
        if self.brief.state == AWAITING and draft is not None and (act.token or draft.confirmation_token):
            token = act.token or draft.confirmation_token
            self.call("confirm_order", token=token)
        elif pending is not None and pending.kind == "cancel_order":
            self.call(pending.tool, **pending.arguments)
        elif act.token and not self.has_lines:
            self.call("get_order_status")
        elif act.token:
            self.plan.then_confirm = True
        elif not self.ordering.answered_pending and not self._ask_again():
            self._nothing_asked()

    def _ask_again(self) -> bool:
        """A question about the order that is still open is asked once more."""
        pending = self.brief.pending
        if pending is not None and pending.tool == "register_payment":
            self.call(pending.tool, **{"method": "", **pending.arguments})
            return True
        self.asks_again = any(point.is_question for point in self.brief.points)
        return self.asks_again

    def _nothing_asked(self) -> None:
        """A yes where nothing was asked: on with the order, or at the customer's service."""
        if self.has_lines:
            self.say("anything_else")
        else:
            self.say("at_your_service" if self.brief.state == State.DONE else "yes_to_what")

    def _deliveries(self) -> None:
        merged = DeliveryDetails()
        for act in self.plan.acts:
            if act.kind is ActKind.DELIVERY:
                merged.update(act.delivery)
        if merged:
            self.call("set_delivery_details", **merged)

    def _payments(self) -> None:
        merged = PaymentDetails()
        claims = [act for act in self.plan.acts if act.kind is ActKind.PAY]
        for act in claims:
            merged.update(act.payment)
        if any(act.is_intent for act in claims) and not merged.keys() - {"method", "method_words"}:
            self._way_to_pay(merged)
            return
        pending = self.brief.pending if self.brief.pending and self.brief.pending.tool == "register_payment" else None
        has_receipt = any(act.kind is ActKind.RECEIPT for act in self.plan.acts)
        # A picture that only says "here it is" tells nothing to claim with; the receipt stands for it.
        if claims and (merged or not has_receipt):
            if has_receipt and "method" not in merged:
                self.call("attach_receipt")
            self._claim(merged, pending)
        elif has_receipt and pending is not None and pending.kind == "payment_reference":
            self.call(pending.tool, **pending.arguments)
        elif has_receipt:
            self.call("attach_receipt")
            if pending is not None:
                self.call(pending.tool, **{"method": "", **pending.arguments})

    def _way_to_pay(self, said: PaymentDetails) -> None:
        """How the order will be paid, before anything is."""
        self.call("choose_payment_method", method=self._own_name(said.get("method_words", "")) or said["method"])
        # The summary goes out once more, so that a plain yes still answers it.
        self.plan.then_confirm = self.plan.then_confirm or self.brief.state == AWAITING

    def _own_name(self, words: str) -> str | None:
        """The shop's own name of a way of paying, where that was said."""
        named = among(words, [(name, name) for name in self.brief.payment_methods])
        return named.hits[0].sku if named.verdict is Verdict.ONE else None

    def _claim(self, said: PaymentDetails, pending: Pending | None) -> None:
        """A payment, together with what was said of it before a question about it; pictures of the turn are tied to it."""
        given: dict[str, Any] = dict(pending.arguments) if pending is not None else {}
        given |= said
        words = given.pop("method_words", "")
        if "method" not in given:
            given["method"] = self.brief.payment_methods[0] if len(self.brief.payment_methods) == 1 else ""
        elif words:
            # Where the shop's own name for it was said, that is the one; `transferencia` and `Zelle` are both transfers.
            given["method"] = self._own_name(words) or given["method"]
        if "amount" in said:
            given["amount"] = float(said["amount"])
        self.call("register_payment", **given)

    def _settle(self) -> None:
        """What follows from the whole: asking for the confirmation, or admitting that nothing was understood."""
        plan, kinds = self.plan, {act.kind for act in self.plan.acts}
        finished = self._is_finished(kinds)
        gives_details = ActKind.DELIVERY in kinds
        orders = any(call.tool in _ITEM_TOOLS for call in plan.calls)
        goes_on = self.ordering.answered_pending and any(point.holds_up for point in self.brief.points)
        if (finished or gives_details or goes_on) and (self.has_lines or orders):
            plan.then_confirm = True
        elif finished and not plan.calls:
            self.say("nothing_yet")
        elif ActKind.REFUSE in kinds and not plan.calls:
            self._refused()
        if ActKind.REACTION in kinds and self.brief.state == AWAITING and not plan.calls:
            plan.then_confirm = True
        if plan.calls or plan.then_confirm or any(key not in _EMPTY_TALK for key in plan.talk):
            return
        if not kinds - SMALL_TALK and plan.talk:
            return
        self._not_settled(kinds)

    def _is_finished(self, kinds: set[ActKind]) -> bool:
        """Whether the order is complete, as the customer sees it."""
        if ActKind.START_ORDER in kinds and self.has_lines and "yes_to_what" in self.plan.talk:
            # `quiero hacer el pedido` of whoever has one already: it is to be placed.
            self.plan.talk.remove("yes_to_what")
            return True
        return ActKind.FINISH in kinds or (ActKind.REFUSE in kinds and self._is_no_more(kinds))

    def _not_settled(self, kinds: set[ActKind]) -> None:
        """Nothing came of the words: a yes to nothing, a name, or something that was not understood."""
        if kinds <= {ActKind.AFFIRM, ActKind.REACTION}:
            self._nothing_asked()
            return
        if self._gives_name():
            return
        self.plan.understood = False
        if not self.brief.failures and self._ask_again():
            self.say("not_caught")
            return
        self.say("rephrase_or_person" if self.brief.failures else "rephrase")

    def _refused(self) -> None:
        if self.brief.state == AWAITING:
            self.say("not_yet")
        else:
            self.say("draft_kept" if self.has_lines and self.brief.state == State.IDLE else "as_you_wish")

    def _gives_name(self) -> bool:
        """`Luis Rojas` after the summary: nothing that is sold, but the name of who receives it."""
        said = [message.text or "" for message in self.brief.messages]
        if self.brief.state != AWAITING or len(said) != 1 or not looks_like_name(said[0]):
            return False
        self.call("set_delivery_details", recipient_name=said[0].strip(" .,!"))
        self.plan.then_confirm = True
        return True

    def _is_no_more(self, kinds: set[ActKind]) -> bool:
        """A bare no to "anything else?" ends the order; to a summary it does not."""
        return (
            self.has_lines
            and self.brief.state not in (AWAITING, State.IDLE)
            and (self.brief.pending is None or self.brief.pending.kind == "offered")
            and not kinds & ITEM_ACTS
            and ActKind.UNKNOWN not in kinds
            and not self.ordering.wanted
            and not any(act.is_hold for act in self.plan.acts)
        )


_EMPTY_TALK = frozenset({"greet", "how_are_you", "thanks", "bye"})
_ITEM_TOOLS = frozenset({"update_draft", "create_order_draft"})
_REPEATING = frozenset({"update_draft", "confirm_order", "cancel_order", "clear_draft", "request_human_handoff"})
