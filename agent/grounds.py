"""What a reply may rest on: what is so at the end of its turn, of the facts that brief and calls gave, and what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from agent.brief import Brief
from agent.frozen import TakenTurn
from agent.recorded import Recorded
from core.language.folding import fold
from domain.conversations.states import Trigger
from tools.outcome import Deed, Fact, FactKind

_DRAFT = frozenset({"draft", "hold"})
"""Subjects of the open order."""

_SUMS = frozenset({FactKind.TOTAL, FactKind.SUBTOTAL, FactKind.FEE, FactKind.GAP, FactKind.UNTIL})
_OF_LINE = frozenset({FactKind.QUANTITY, FactKind.LINE_TOTAL})
_OWED = frozenset({FactKind.PAYMENT_STATUS, FactKind.DUE, FactKind.BALANCE, FactKind.DIFFERENCE})
ITEM = frozenset({Deed.ITEM_ADDED, Deed.ITEM_CHANGED, Deed.ITEM_REMOVED})
_WHOLE = frozenset({Deed.DRAFT_CREATED, Deed.DRAFT_CLEARED, Deed.ORDER_CONFIRMED})
"""Deeds after which nothing of the order is as it was."""

_ITEMS = frozenset({"add_item_to_draft", "change_item_in_draft", "swap_item_in_draft", "update_draft", "create_order_draft"})
PAYING = frozenset({"register_payment", "attach_receipt"})

SERVES: dict[Deed, frozenset[str]] = {
    Deed.ITEM_ADDED: _ITEMS | {"list_products", "get_customer_context"},
    Deed.ITEM_REMOVED: _ITEMS | {"clear_draft"},
    Deed.DRAFT_CLEARED: _ITEMS | {"clear_draft", "cancel_order"},
    Deed.DRAFT_CREATED: _ITEMS | {"get_customer_context"},
    Deed.ORDER_CANCELLED: frozenset({"cancel_order", "clear_draft"}),
    Deed.DELIVERY_SET: frozenset({"set_delivery_details"}),
    Deed.CONFIRMATION_REQUESTED: frozenset({"request_confirmation", "confirm_order"}),
    Deed.PAYMENT_CLAIMED: PAYING,
    Deed.RECEIPT_ATTACHED: PAYING,
    Deed.HANDOFF_REQUESTED: frozenset({"request_human_handoff"}),
}
"""The tools that try a deed, whatever comes of it."""

MOST_RECENT = 6
"""Texts of ours that a new one does not repeat the wording of."""


@dataclass(frozen=True)
class Grounds:
    """The brief of a turn and its calls, and what holds after the last one.

    `seed` makes the choice of wordings: how far the thread has come, the same on every replay; `recent` are our newest
    texts, oldest first; `guessed` numbers the calls that stand in one answer with the reply, whose results the model had
    not read.
    """

    brief: Brief
    calls: Sequence[Recorded] = ()
    seed: str = ""
    recent: tuple[str, ...] = ()
    guessed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, turn: TakenTurn, calls: list[Recorded], guessed: frozenset[int] = frozenset()) -> "Grounds":
        """The grounds of a turn that was taken."""
        ours = [words for direction, words in turn.memory.thread if direction == "out"]
        seed, recent = str(len(turn.memory.thread)), tuple(ours[-MOST_RECENT:])
        return cls(turn.frozen.brief, calls, seed, recent, guessed)

    @property
    def last_said(self) -> str:
        """Our newest text."""
        return self.recent[-1] if self.recent else ""

    @property
    def offered(self) -> list[str]:
        """What was looked up in this turn and can be had, and is not in the order."""
        looked = {name for call, found in zip(self.calls, self.lookups, strict=True) if not call.writes for name in found}
        return [name for name, there in self.in_stock.items() if there and name in looked - self.lines.keys()]

    @property
    def is_question(self) -> bool:
        """Whether the customer's words put a question, whatever else they want."""
        return any("?" in message.text for message in self.brief.messages)

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The facts that hold at the end of the turn, by name: what a call has changed or found anew is past."""
        held = dict(self.brief.facts)
        for call in self.calls:
            anew = [new for fact in held.values() for new in call.facts.values() if _differs(fact, new)]
            held = {name: fact for name, fact in held.items() if not _is_past(fact, call, anew)} | call.facts
        offered = {name for call in self.calls if not call.has_effect for name in call.facts}
        return {name: fact for name, fact in held.items() if fact.kind not in _OF_LINE or self._is_so(fact, name in offered)}

    def _is_so(self, fact: Fact, is_offer: bool) -> bool:
        """Whether a quantity or its price is that of a line of the order: not what was added to it, or only proposed."""
        if fact.kind is FactKind.QUANTITY:
            return Decimal(fact.value) == self.lines.get(fact.subject)
        return fact.subject in self.lines and not is_offer

    def has_done(self, *deeds: Deed) -> bool:
        """Whether a call of this turn has done one of these."""
        return any(deed in deeds for call in self.calls if call.has_effect for deed, _ in call.deeds)

    @property
    def owes(self) -> bool:
        """Whether there is a placed order of which a payment is still to be told."""
        last, done = self.brief.last_order, self.has_done(Deed.ORDER_CONFIRMED)
        is_due = last is not None and last.payment_status in ("unpaid", "partly_paid") and last.status != "cancelled"
        return (is_due or done) and not self.has_done(Deed.PAYMENT_CLAIMED, Deed.ORDER_CANCELLED)

    @cached_property
    def undone(self) -> list[Deed]:
        """The deeds that the customer's words order and no call has tried."""
        called = {call.tool for call in self.calls}
        # A number may be that of a house: where anything was done, goods that are passed over are told by name (`missed`).
        past = {Deed.ITEM_ADDED: bool(called), Deed.CONFIRMATION_REQUESTED: not self.has_lines}
        return [deed for deed in self.brief.ordered if called.isdisjoint(SERVES[deed]) and not past.get(deed)]

    @property
    def missed(self) -> list[str]:
        """The goods of an order of several that no call speaks of, where it is plain which they are."""
        calls = [call for call in self.calls if call.tool in SERVES[Deed.ITEM_ADDED]]
        served = {fact.subject for call in calls for fact in call.facts.values() if fact.kind is FactKind.PRODUCT}
        told = fold(" ".join(str([call.arguments, call.words, call.data, *call.facts.values()]) for call in calls))
        left = [phrase for phrase in self.brief.goods if not any(word in told for word in _telling(phrase))]
        return left if calls and len(left) == len(self.brief.goods) - max(len(served), len(calls)) else []

    @property
    def is_open(self) -> bool:
        """Whether an order has goods or a question waits, so that a yes would be understood as one to it."""
        return self.has_lines or bool(self.brief.points)

    @cached_property
    def lookups(self) -> list[set[str]]:
        """The products whose prices each call has found together."""
        return [{fact.subject for fact in call.facts.values() if fact.kind is FactKind.PRICE} for call in self.calls]

    @cached_property
    def in_stock(self) -> dict[str, bool]:
        """Which products can be had, as far as the calls of this turn have found; the newest look counts."""
        found: dict[str, bool] = {}
        for call in self.calls:
            for deed, subject in call.deeds:
                if deed in (Deed.AVAILABLE, Deed.UNAVAILABLE):
                    left = (
                        fact.value for fact in call.facts.values() if (fact.kind, fact.subject) == (FactKind.STOCK, subject)
                    )
                    found[subject] = deed is Deed.AVAILABLE or any(Decimal(value) > 0 for value in left)
        return found

    @cached_property
    def _draft(self) -> Mapping[str, Any]:
        """The order as the last call left it, or else as the brief has it; none once it is placed."""
        if self.has_done(Deed.ORDER_CONFIRMED):
            return {}
        for call in reversed(self.calls):
            if isinstance(draft := call.data.get("draft"), dict):
                missing = self.brief.draft.missing if self.brief.draft is not None else []
                return {"lines": draft.get("lines", []), "missing": call.data.get("missing", missing)}
            if call.has_effect and call.code in ("draft_cleared", "draft_discarded"):
                return {}
        draft = self.brief.draft
        return {} if draft is None else {"lines": draft.lines, "missing": draft.missing}

    @cached_property
    def lines(self) -> dict[str, Decimal]:
        """What the open order has in it, by the products' names."""
        lines = [line if isinstance(line, dict) else line.model_dump() for line in self._draft.get("lines", [])]
        return {line["name"]: Decimal(line["quantity"]) for line in lines}

    @property
    def has_lines(self) -> bool:
        """Whether the open order has anything in it."""
        return bool(self.lines)

    @property
    def missing(self) -> list[str]:
        """What the open order still lacks, in the order in which it is asked for."""
        return list(self._draft.get("missing", []))

    def named(self, kind: str, subject: str | None = None) -> list[str]:
        """The names of the facts of a kind."""
        return [name for name, fact in self.facts.items() if fact.kind == kind and subject in (None, fact.subject)]

    def call_of(self, name: str) -> int:
        """The number of the call that a fact of this name is of, whether there is one or not; 0 for one of the session."""
        number = name[1:].partition(".")[0] if name.startswith("f") else ""
        return int(number) if number.isdecimal() else 0

    def call(self, number: int) -> Recorded | None:
        """The call with this number, or the one that it repeats; without a number, the only one there is."""
        if not number and len(self.calls) == 1:
            return self.calls[0]
        found = next((call for call in self.calls if call.call == number), None)
        return found if found is None or found.repeats is None else self.call(found.repeats)


def _telling(phrase: str) -> list[str]:
    """The words of a phrase, without the ends by which one and many differ."""
    return [word[:5] for word in fold(phrase).split() if len(word) > 2 and word.isalpha()] or [fold(phrase)]


def _differs(fact: Fact, new: Fact) -> bool:
    """Whether a fact says otherwise than a newer one about the same."""
    same = (new.kind, new.subject, new.unit) == (fact.kind, fact.subject, fact.unit) and fact.kind is not FactKind.ECHO
    return same and new.text != fact.text


def _is_past(fact: Fact, call: Recorded, anew: Sequence[Fact]) -> bool:
    """Whether a call has changed what a fact says, or found it anew; a new price changes the sums made with the old one."""
    if any(_differs(fact, new) for new in anew):
        return True
    done = set(call.deeds) if call.has_effect else set()
    deeds = {deed for deed, _ in done}
    changes_items = any(signal.name == Trigger.ITEMS_CHANGED for signal in call.signals)
    repriced = {new.subject for new in anew if new.kind is FactKind.PRICE}
    if fact.subject in _DRAFT:
        is_sum = fact.kind in _SUMS and (changes_items or bool(repriced) or Deed.DELIVERY_SET in deeds)
        return is_sum or bool(deeds & _WHOLE)
    if fact.kind in _OF_LINE:
        named = {subject for deed, subject in done if deed in ITEM}
        of_it = fact.subject in named | repriced or (changes_items and not named)
        return of_it or bool(deeds & _WHOLE)
    is_owed = fact.kind in _OWED or (fact.kind is FactKind.STATUS and Deed.ORDER_CANCELLED in deeds)
    return is_owed and fact.subject in {subject for _, subject in done}
