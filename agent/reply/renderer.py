"""The renderer: moves in, one message out, as a person of the shop would write it.

Courtesies first, then what was done, what is stated, suggested and compared, and one question last. A move that does not
hold is left out with its reason; an effect that no move names is told all the same; and there is always something to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.brief import DELIVERY
from agent.recorded import Recorded
from agent.reply import effects, moves
from agent.reply.goods import Goods
from agent.reply.grounds import Grounds
from agent.reply.statements import family, statements
from agent.reply.wording import Wording, flowing, with_short_names
from domain.conversations.states import State

_CLOSING = frozenset(
    {"bye", "here_for_you", "no_hurry", "thanks", "take_care", "enjoy", "good_luck", "happy_holidays"}
    | {"safe_travels", "rest", "cheer_team", "courage"}
)
"""Courtesies that end a message."""

_HINTS = frozenset({"how_to_reach_person", "how_to_finish", "how_to_see_list", "how_to_clear"})
"""Statements that tell a word to write, which stand best behind the question."""

_OF_LINES = frozenset({"anything_else", "confirm", "change", "resume", "leave_it_so"})
"""Questions that an empty order gives no reason for."""

_KNOWN: dict[moves.Topic, tuple[tuple[str, str | None], ...]] = {
    "delivery_fee": (("fee", DELIVERY), ("offer", DELIVERY)),
    "hours": (("hours", None),),
    "stores": (("store", None),),
    "payment_methods": (("method", None),),
    "minimum": (("minimum", None),),
    "order_status": (("order_number", None), ("status", None), ("payment_status", None), ("due", None)),
    "payment_received": (("payment_status", None),),
    "total": (("total", "draft"), ("fee", "draft")),
}
"""What a topic is when it is known: the kinds of facts, and their subject."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in words: the names of the facts it states, the moves left out, and whether it says anything to the point."""

    text: str
    stated: frozenset[str] = frozenset()
    left_out: tuple[moves.LeftOut, ...] = ()
    understood: bool = True


def render(reply: moves.Reply, grounds: Grounds) -> Rendered:
    """Put a reply into words. Pure: the same moves on the same grounds are always the same text."""
    return _Renderer(reply, grounds).run()


@dataclass
class _Parts:
    """The parts of a message, in the order in which they are said."""

    opening: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    question: str = ""
    hints: list[str] = field(default_factory=list)

    def in_order(self) -> list[str]:
        said = [*self.opening, *self.done, *self.stated, *self.closing, *self.offers]
        return [*said, self.question, *self.hints]

    @property
    def has_substance(self) -> bool:
        """Whether it says more than a courtesy."""
        return any([*self.done, *self.stated, *self.offers, self.question, *self.hints])


class _Renderer:
    def __init__(self, reply: moves.Reply, grounds: Grounds) -> None:
        self.grounds = grounds
        self.moves = reply.moves
        self.left_out = list(reply.left_out)
        self.wording = Wording(grounds.language, grounds.seed, grounds.recent)
        self.goods = Goods(grounds)
        self.parts = _Parts()
        self.stated: dict[str, None] = {}
        self.used: set[str] = set()
        self.topics: dict[str, None] = {}
        self.told: list[Recorded] = []
        self.understood = True

    def run(self) -> Rendered:
        self._tell()
        for move in self.moves:
            self._one(move)
        self._state()
        self._end()
        lost = any(isinstance(move, moves.Say | moves.State | moves.Suggest | moves.Compare) for move in self.moves)
        if not self.parts.has_substance and (lost or not any(self.parts.in_order())):
            self._nothing_left()
        text = with_short_names(flowing(self.parts.in_order()), self.goods.names, self.grounds.recent)
        return Rendered(text, frozenset(self.stated) | self.used, tuple(self.left_out), self.understood)

    def _tell(self) -> None:
        """The calls that are told. What was guessed of a call in the same answer is said by that call instead."""
        said = {move: self.grounds.call(move.call) for move in self.moves if isinstance(move, moves.Say)}
        named = {call.call for call in said.values() if call is not None}
        for move in self.moves:
            if isinstance(move, moves.State | moves.Suggest | moves.Compare):
                names = move.facts if isinstance(move, moves.State) else move.goods
                named |= {number for name in names if (number := _call_of(name)) in self.grounds.guessed}
        self.told = effects.told(self.grounds.calls, named)
        self._word()
        for move, call in said.items():
            if call not in self.told:
                self._leave_out(move, "unknown_call" if call is None else "no_longer_so")

    def _word(self) -> None:
        """The words of the calls that are told; a tool's question stands where the reply's own would."""
        asked = [call for call in self.told if call.asks and not call.has_effect]
        told = effects.worded([call for call in self.told if call not in asked], self.wording)
        self.parts.done = [words for words in told if words]
        self.parts.question = " ".join(call.words for call in asked)

    def _fact_names(self, move: moves.State | moves.Suggest | moves.Compare, names: Iterable[str]) -> list[str]:
        """The names that are facts; those of a call that was guessed are said by it."""
        for name in names:
            if name not in self.grounds.facts:
                self._leave_out(move, "unknown_fact")
        known = [name for name in names if name in self.grounds.facts and _call_of(name) not in self.grounds.guessed]
        self.used |= set(known)
        return known

    def _leave_out(self, move: moves.Move, reason: str) -> None:
        self.left_out.append(moves.LeftOut(move=move.move, reason=reason))

    def _one(self, move: moves.Move) -> None:
        match move:
            case moves.Social():
                self._social(move)
            case moves.State():
                self._take(move)
            case moves.Unknown():
                self._unknown(move)
            case moves.Cannot():
                self.parts.stated.append(self.wording.say(f"cannot.{move.what}"))
            case moves.Suggest():
                self._suggest(move)
            case moves.Compare():
                self._compare(move)
            case moves.Offer():
                self._offer(move)
            case moves.Say() | moves.Ask():
                pass

    def _social(self, move: moves.Social) -> None:
        key = f"social.{move.kind}"
        repeated = self.wording.was_said(key, self.grounds.last_said)
        if move.kind == "greet" and self.grounds.recent and (self.grounds.brief.state != State.IDLE or repeated):
            self._leave_out(move, "greeted_before")
            return
        name = _first_name(self.grounds.brief.customer_name) if move.kind in ("greet", "welcome_back") else ""
        part = self.parts.closing if move.kind in _CLOSING else self.parts.opening
        part.append(self.wording.say("social.greet_named", name=name) if name else self.wording.say(key))

    def _take(self, move: moves.State) -> None:
        """Note what is stated; all facts of a reply go into sentences together."""
        for name in self._fact_names(move, move.facts):
            if family(self.grounds.facts[name]) is None:
                self._leave_out(move, "not_a_statement")
            elif not self._is_told(name):
                self.stated |= dict.fromkeys([name, *self._price_of(name)])
        if move.what is not None:
            if self._holds(move.what):
                part = self.parts.hints if move.what in _HINTS else self.parts.stated
                part.append(self.wording.say(f"state.{move.what}"))
            else:
                self._leave_out(move, "not_so")

    def _price_of(self, name: str) -> list[str]:
        """Where a product is stated to be there, what it costs belongs to it."""
        fact = self.grounds.facts[name]
        is_there = fact.kind == "product" and self.grounds.in_stock.get(fact.subject)
        return self.grounds.named("price", fact.subject)[-1:] if is_there else []

    def _is_told(self, name: str) -> bool:
        """Whether the words of a call that is told hold the fact, or its summary does."""
        fact = self.grounds.facts[name]
        if any(effects.sends_summary(call, self.grounds.calls) for call in self.told) and family(fact) == "draft":
            return True
        is_new_total = fact.kind == "total" and any(fact.text in words for words in self.parts.done)
        return is_new_total or any("{" + name + "}" in call.say for call in self.told)

    def _holds(self, statement: str) -> bool:
        has_lines, brief = self.grounds.has_lines, self.grounds.brief
        if statement == "draft_empty":
            return not has_lines
        if statement == "confirm_by_button":
            return brief.draft is not None and brief.draft.confirmation_token is not None and has_lines
        if statement == "payment_details_come":
            return bool(self.grounds.named("method"))
        return has_lines if statement in ("draft_kept", "not_confirmed", "how_to_finish", "how_to_clear") else True

    def _unknown(self, move: moves.Unknown) -> None:
        known = [name for kind, subject in _KNOWN.get(move.topic, ()) for name in self.grounds.named(kind, subject)]
        if known:
            self.stated |= dict.fromkeys(name for name in known if not self._is_told(name))
            self._leave_out(move, "known")
        else:
            self.topics[self.wording.say(f"topic.{move.topic}")] = None

    def _suggest(self, move: moves.Suggest) -> None:
        names = self._fact_names(move, move.goods)
        goods = [good for good in self.goods.of(names) if good.price is not None]
        there = [good for good in goods if good.in_stock is not False]
        if there:
            self.parts.stated.append(self.goods.suggested(there, move.why, self.wording))
        elif names:
            self._leave_out(move, "sold_out" if goods else "no_price")

    def _compare(self, move: moves.Compare) -> None:
        words = self.goods.compared(self.goods.of(self._fact_names(move, move.goods)), self.wording)
        if not words:
            self._leave_out(move, "nothing_to_compare")
        self.parts.stated.append(words)

    def _offer(self, move: moves.Offer) -> None:
        is_gone = move.tool == "list_products" and False in self.grounds.in_stock.values()
        key = "offer.other_options" if is_gone else f"offer.{move.tool}"
        tools = self.grounds.brief.tools
        if not self.wording.has(key) or (tools and move.tool not in tools):
            self._leave_out(move, "not_offered")
        elif any(call.tool == move.tool and call.has_effect for call in self.grounds.calls):
            self._leave_out(move, "done_already")
        elif self.wording.was_said(key, self.grounds.last_said) and len(self.moves) > 1:
            self._leave_out(move, "repeated")
        else:
            self.parts.offers.append(self.wording.say(key))

    def _state(self) -> None:
        facts = [self.grounds.facts[name] for name in self.stated]
        sentences = statements(facts, self.grounds.in_stock, self.wording)
        self.parts.stated = [*sentences, *self.parts.stated]
        if self.topics:
            topics = self.wording.listed(list(self.topics), "nor")
            self.parts.stated.append(self.wording.say("unknown", topic=topics))

    def _end(self) -> None:
        """The one question that the reply ends with, unless something is being asked already."""
        asks = [move for move in self.moves if isinstance(move, moves.Ask)]
        if self._asks_already():
            self.parts.offers = self.parts.hints = []
            for move in asks:
                self._leave_out(move, "asked_already")
            return
        for move in asks:
            words = "" if self.parts.question else self._asked(move)
            if words:
                self.parts.question = words

    def _asks_already(self) -> bool:
        return any(
            call.asks
            or call.tool == "request_human_handoff"
            or effects.sends_summary(call, self.grounds.calls)
            or "?" in call.words
            for call in self.told
        )

    def _asked(self, move: moves.Ask) -> str:
        what = move.what
        if what in _OF_LINES and not self.grounds.has_lines:
            self._leave_out(move, "nothing_to_confirm" if what == "confirm" else "no_order")
            return self.wording.say("ask.items") if what == "anything_else" else ""
        if (
            what == "anything_else"
            and self.wording.was_said("ask.anything_else", self.grounds.last_said)
            and (self.parts.done or self.parts.stated)
        ):
            self._leave_out(move, "repeated")
            return ""
        about = [self.grounds.facts[name] for name in move.about if name in self.grounds.facts]
        if what == "same_address":
            address = next((fact for fact in [*about, *self.grounds.facts.values()] if fact.kind == "address"), None)
            return (
                self.wording.say("ask.address")
                if address is None
                else self.wording.say("ask.same_address", address=address.text)
            )
        goods = self.goods.of(name for name in move.about if name in self.grounds.facts)
        if what in ("add", "quantity") and goods and all(good.in_stock is False for good in goods):
            self._leave_out(move, "sold_out")
            return ""
        if what in ("quantity", "add") and len(goods) == 1 and goods[0].name != self._last_named():
            return self.wording.say(f"ask.{what}_of", product=goods[0].name)
        return self.wording.say(f"ask.{what}")

    def _last_named(self) -> str:
        """The product that the reply has named last, which a question need not name again."""
        text = flowing(self.parts.in_order())
        return max(self.goods.names, key=text.rfind, default="")

    def _nothing_left(self) -> None:
        """What to say when no move holds: what the calls said, the next detail, the open order, a courtesy, or a plea."""
        grounds = self.grounds
        self.told = effects.told(grounds.calls, {call.call for call in grounds.calls})
        self._word()
        if any(self.parts.done) or self.parts.question:
            return
        if grounds.has_lines and grounds.missing:
            self.parts.question = self.wording.say(f"ask.{grounds.missing[0]}")
        elif grounds.has_lines:
            self.parts.question = self.wording.say("ask.anything_else")
        else:
            self.understood = False
            self.parts.opening = [self.wording.say("social.not_understood")]
            self.parts.question = self.wording.say("ask.rephrase")


def _call_of(name: str) -> int:
    """The number of the call that a fact is of; 0 for a fact of the session."""
    number = name[1:].partition(".")[0] if name.startswith("f") else ""
    return int(number) if number.isdecimal() else 0


def _first_name(name: str | None) -> str:
    first = (name or "").split()[:1]
    return first[0].capitalize() if first and first[0].isalpha() else ""
