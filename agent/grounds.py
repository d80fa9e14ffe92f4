"""What a reply may rest on: what is so at the end of its turn, of the facts that brief and calls gave, and what was said."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from agent.brief import DELIVERY, Asked, Brief, Clause
from agent.frozen import Memory, TakenTurn
from agent.recorded import Recorded
from core.language.folding import fold
from core.language.words import LANGUAGES, words_of
from domain.conversations.states import Trigger
from tools.outcome import Deed, Fact, FactKind

_DRAFT = frozenset({"draft", "hold"})
"""Subjects of the open order."""

_SUMS = frozenset({FactKind.TOTAL, FactKind.SUBTOTAL, FactKind.FEE, FactKind.GAP, FactKind.UNTIL})
_OF_LINE = frozenset({FactKind.QUANTITY, FactKind.LINE_TOTAL})
_OF_GOODS = _OF_LINE | {FactKind.PRODUCT, FactKind.PRICE, FactKind.STOCK}
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

_KNOWN: dict[str, tuple[tuple[FactKind, str | None], ...]] = {
    "delivery_fee": ((FactKind.FEE, DELIVERY), (FactKind.OFFER, DELIVERY)),
    "hours": ((FactKind.HOURS, None),),
    "stores": ((FactKind.STORE, None),),
    "payment_methods": ((FactKind.METHOD, None),),
    "minimum": ((FactKind.MINIMUM, None),),
    "order_status": tuple(
        (kind, None) for kind in (FactKind.ORDER_NUMBER, FactKind.STATUS, FactKind.PAYMENT_STATUS, FactKind.DUE)
    ),
    "payment_received": ((FactKind.PAYMENT_STATUS, None),),
    "payment_stands": ((FactKind.DUE, None), (FactKind.PAYMENT_STATUS, None)),
    "stock": ((FactKind.STOCK, None),),
    "total": ((FactKind.TOTAL, "draft"), (FactKind.FEE, "draft")),
}
"""What a topic of a reply is when it is known: the kinds of facts, and their subject."""

_WORD = re.compile(r"[^\W\d]+|\d+")
_COUNTING = SERVES[Deed.ITEM_ADDED] | SERVES[Deed.DELIVERY_SET] | PAYING
"""Tools that take goods, or numbers that may pass for a quantity: of a house, of a payment."""

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
        return cls.within(turn.frozen.brief, turn.memory, calls, guessed)

    @classmethod
    def within(cls, brief: Brief, memory: Memory, calls: list[Recorded], guessed: frozenset[int]) -> "Grounds":
        """The grounds that calls give within a thread."""
        ours = [words for direction, words in memory.thread if direction == "out"]
        return cls(brief, calls, str(len(memory.thread)), tuple(ours[-MOST_RECENT:]), guessed)

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

    def has_called(self, tool: str) -> bool:
        """Whether a call of this turn has done what a tool does."""
        return any(call.tool == tool and call.has_effect for call in self.calls)

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
        # What was taken out, down to the last line, leaves nothing to be cancelled.
        is_emptied = self.has_done(Deed.ITEM_REMOVED) and not self.has_lines and self.brief.last_order is None
        past = {
            Deed.ITEM_ADDED: bool(called),
            Deed.CONFIRMATION_REQUESTED: not self.has_lines,
            Deed.ORDER_CANCELLED: is_emptied,
        }
        return [deed for deed in self.brief.ordered if called.isdisjoint(SERVES[deed]) and not past.get(deed)]

    @cached_property
    def _unnamed(self) -> tuple[list[Clause], int]:
        """The clauses of which no call speaks, and how many of them calls may have served under other names."""
        tried = [call for call in self.calls if call.has_effect or call.tool in SERVES[Deed.ITEM_ADDED]]
        said = words_in(*(f"{call.tool.replace('_', ' ')} {call.told}" for call in tried))
        done = {deed for call in tried if call.has_effect for deed, _ in call.deeds} - ITEM
        left = [one for one in self.brief.clauses if not (is_in(one.telling, said) or self._stands(one, done))]
        facts = [fact for call in tried for fact in call.facts.values()]
        served = max(len({fact.subject for fact in facts if fact.kind is FactKind.PRODUCT}), len(tried))
        # `farinhas` of a shop that sells `Harina` are known by how many they are, alone or together.
        counts = {Decimal(fact.value) for fact in facts if fact.kind is FactKind.QUANTITY}
        counted = [clause for clause in left if clause.quantity in counts]
        if len(self.brief.clauses) - len(left) < served and len(counted) == 1:
            left.remove(counted[0])
        sums = {sum((one.quantity or 0 for one in some), Decimal()) for some in (left, self.brief.clauses) if len(some) > 1}
        if sums & counts:
            left = [clause for clause in left if clause.quantity is None]
        return left, served - len(self.brief.clauses) + len(left)

    def _stands(self, clause: Clause, done: set[Deed]) -> bool:
        """Whether a clause is so without a call that names it: its deed was done or asked about, or the order has its goods."""
        is_in_order = clause.quantity is None and not clause.deeds and is_in(clause.telling, words_in(*self.lines))
        asked = {call.tool for call in self.calls if call.asks}
        is_asked = any(asked & SERVES[deed] for deed in clause.deeds)
        return is_in_order or is_asked or not done.isdisjoint(clause.deeds)

    @property
    def is_all_told(self) -> bool:
        """Whether calls speak of every clause and of every figure that the customer has written."""
        left, under_other_names = self._unnamed
        said = words_in(*(call.told for call in self.calls))
        figures = {word for word in words_in(*(message.text for message in self.brief.messages)) if word.isdecimal()}
        return len(left) <= under_other_names and figures <= said

    @property
    def missed(self) -> list[str]:
        """What is plainly ordered and no call speaks of, in the customer's words, where it is plain which of it that is."""
        left, under_other_names = self._unnamed
        if Deed.ITEM_ADDED in self.undone:
            left = self.brief.clauses
        elif under_other_names > 0 or not self.calls:
            # Calls that take neither goods nor numbers can have served nothing that is counted.
            is_counting = any(call.tool in _COUNTING for call in self.calls)
            left = [clause for clause in left if clause.quantity is not None and self.calls and not is_counting]
        if self.has_called("request_human_handoff"):  # the other words may be what it is asked for
            left = [clause for clause in left if clause.quantity not in (None, 1)]
        return [clause.words for clause in left if clause.is_deed and self.undone_but_goods.isdisjoint(clause.deeds)]

    @property
    def undone_but_goods(self) -> set[Deed]:
        """The deeds that are said to be undone by a name of their own."""
        return {*self.undone} - {Deed.ITEM_ADDED}

    @property
    def is_open(self) -> bool:
        """Whether an order has goods or a question waits, so that a yes would be understood as one to it."""
        return self.has_lines or bool(self.brief.points)

    @property
    def speaks_of_goods(self) -> bool:
        """Whether there is anything to be had that may be meant: found now, waiting, in the order, or said before."""
        if found := self.in_stock.values():
            return any(found)
        if self.brief.asked is Asked.AN_ANSWER:  # whether there is any was asked, and nobody has looked
            return bool(self.brief.points)
        names = {fact.subject for fact in [*self.facts.values(), *self.brief.facts.values()] if fact.kind in _OF_GOODS}
        said = self.last_said  # with a price, or a product by name
        return self.is_open or any(map(str.isdigit, said)) or any(name in said for name in names)

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
    def is_fee_open(self) -> bool:
        """Whether the sum of the order is still without what a delivery will cost."""
        return "fulfilment" in self.missing and bool(self.named("fee", DELIVERY))

    @property
    def missing(self) -> list[str]:
        """What the open order still lacks, in the order in which it is asked for."""
        return list(self._draft.get("missing", []))

    def named(self, kind: str, subject: str | None = None) -> list[str]:
        """The names of the facts of a kind."""
        return [name for name, fact in self.facts.items() if fact.kind == kind and subject in (None, fact.subject)]

    def known(self, topic: str) -> list[str]:
        """The facts that tell a topic; the total of no open order is what is due of the placed one."""
        found = [name for kind, subject in _KNOWN.get(topic, ()) for name in self.named(kind, subject)]
        return self.named("due") if topic == "total" and not found else found

    def belonging(self, name: str) -> list[str]:
        """What is told with a fact: one way to pay would pass for all of them, an order without its debt for paid."""
        fact = self.facts[name]
        is_of_draft = fact.subject in _DRAFT
        match fact.kind:
            case FactKind.STORE | FactKind.METHOD:
                return self.named(fact.kind)
            case FactKind.ORDER_NUMBER | FactKind.STATUS:
                return self.named("due", fact.subject) or self.named("payment_status", fact.subject)
            case FactKind.TOTAL if not is_of_draft:
                return self.named("due", fact.subject) or self.named("payment_status", fact.subject)
            case FactKind.TOTAL if not self.offered:
                return self.named("fee", fact.subject)
            case FactKind.LINE_TOTAL if self.is_question:
                return self.known("total")
            case FactKind.PRODUCT if self.in_stock.get(fact.subject):
                return self.named("price", fact.subject)[-1:]
        return []

    def of_order(self) -> list[str]:
        """The facts of the open order, or else of the newest one."""
        named = [name for kind in ("quantity", "line_total") for name in self.named(kind)]
        return [*named, *self.known("total")] if self.has_lines else self.known("order_status")

    def passed_over(self, subjects: Collection[str], denied: Collection[str]) -> set[int]:
        """The lookups of which a reply about these goods names nothing, or only what is sold out, or what it denies to know."""
        if self.brief.asked is Asked.NOTHING and not denied:
            return set()
        passed, known = set(), () if denied or self.is_question else self.lines
        for call, found in zip(self.calls, self.lookups, strict=True):
            there, spoken = {name for name in found if self.in_stock.get(name)}, found & set(subjects)
            is_news = any(_differs(old, new) for old in self.brief.facts.values() for new in call.facts.values())
            is_lost = there.isdisjoint(spoken) if spoken and there else not spoken and (is_news or found.isdisjoint(known))
            is_denied = "other" in denied and not found and bool(call.facts)
            if (is_denied or (found and is_lost)) and not call.writes and call.status == "ok":
                passed.add(call.call)
        return passed

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


def words_in(*texts: str) -> set[str]:
    """The words and figures of texts, folded."""
    return set(_WORD.findall(fold(" ".join(texts))))


def is_in(telling: Sequence[str], said: set[str]) -> bool:
    """Whether words of ours have one of these, but for the ends by which one and many differ, or all their numbers."""
    known = words_of(LANGUAGES).numbers
    numbers = {str(known.get(word, word)) for word in telling if word in known or word.isdecimal()}
    words = [word for word in telling if len(word) > 2 and word.isalpha() and word not in known]
    stems = tuple(word[: max(3, min(5, len(word) - 1))] for word in words)
    return any(word.startswith(stems) for word in said) if stems else numbers <= said


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
