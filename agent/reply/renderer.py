"""The renderer: moves in, one message out, as a person of the shop would write it.

Courtesies first, then what was done, what is stated, suggested and compared, and one question last. A move that does not
hold is left out with its reason; an effect that no move names is told all the same; and there is always something to say.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from agent import telling
from agent.brief import Asked
from agent.differing import differing
from agent.grounds import SERVES, Grounds
from agent.recorded import Recorded
from agent.reply import judge, moves
from agent.reply.goods import Good, Goods
from agent.reply.statements import family, statements, worded
from agent.reply.wording import Wording
from domain.catalog.naming import with_short_names
from tools.outcome import Deed
from tools.speech import flowing

_GREETINGS = frozenset({"greet", "welcome_back"})
_SAD = frozenset({"sympathy", "apology", "condolences", "get_well"})
"""Courtesies beside which a greeting is not cheerful."""

_HINTS = frozenset({"how_to_reach_person", "how_to_finish", "how_to_see_list", "how_to_clear"})
"""Statements that tell a word to write, which stand best behind the question."""


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
        return [*self.opening, *self.done, *self.stated, *self.closing, *self.offers, self.question, *self.hints]

    @property
    def has_substance(self) -> bool:
        """Whether it says more than a courtesy."""
        return any([*self.done, *self.stated, *self.offers, self.question, *self.hints])


class _Renderer:
    def __init__(self, reply: moves.Reply, grounds: Grounds) -> None:
        self.grounds = grounds
        self.moves = [move for move in reply.moves if judge.is_theirs(move, grounds)]
        others = [move for move in reply.moves if move not in self.moves]
        self.left_out = [*reply.left_out, *(moves.LeftOut(move=move.move, reason="not_for_staff") for move in others)]
        self.void: list[moves.Move] = []
        self.wording = Wording(grounds.brief.language, grounds.seed, grounds.recent)
        self.goods = Goods(grounds)
        self.parts = _Parts()
        self.stated: dict[str, None] = {}
        self.used: set[str] = set()
        self.topics: dict[str, None] = {}
        self.suggested: dict[moves.Why, list[Good]] = defaultdict(list)
        self.told: list[Recorded] = []
        self.names_any, self.differs = False, ""
        self.understood = True

    def run(self) -> Rendered:
        socials = [move for move in self.moves if isinstance(move, moves.Social)]
        is_parting = any(move.what in judge.PARTING for move in socials)
        self._tell()
        taken: dict[str, Callable[..., str | None]]
        taken = {"state": self._take, "suggest": self._suggest, "compare": self._compare, "offer": self._offer}
        taken |= dict.fromkeys(("unknown", "cannot"), self._deny)
        for move in self.moves:
            if move.move in taken and (reason := taken[move.move](move)) is not None:
                self._leave_out(move, reason)
        self._state()
        self._end(is_parting=is_parting)
        if self.parts.has_substance:
            self._tell_undone()
            self._tell_differing()
        for move in sorted(socials, key=lambda move: move.what not in _GREETINGS):
            self._social(move, {other.what for other in socials})
        asked = self.grounds.brief.asked
        lost = any(isinstance(move, moves.Say | moves.State | moves.Suggest | moves.Compare) for move in self.moves)
        if not self.parts.has_substance:
            if lost or asked in judge.WANTED or not any(self.parts.in_order()):
                self._nothing_left()
            elif asked is Asked.UNCLEAR and not is_parting and any(move.what in judge.ASSENTS for move in socials):
                self.parts.question = self.wording.say("ask.items")
        text = with_short_names(flowing(self.parts.in_order()), self.goods.names, self.grounds.recent)
        return Rendered(text, frozenset(self.stated) | self.used, tuple(self.left_out), self.understood)

    def _tell(self) -> None:
        """The calls that are told. What was guessed of a call in the same answer is said by that call instead."""
        said = {move: self.grounds.call(move.call) for move in self.moves if isinstance(move, moves.Say)}
        named = {call.call for call in said.values() if call is not None}
        goods = {fact.subject for call in said.values() if call is not None for fact in call.facts.values()}
        for move in self.moves:
            if isinstance(move, moves.State | moves.Suggest | moves.Compare):
                named |= {number for name in move.facts if (number := self.grounds.call_of(name)) in self.grounds.guessed}
                goods |= self._spoken_of(move)
        self.names_any = bool(named or goods)
        denied = {move.what for move in self.moves if isinstance(move, moves.Unknown | moves.Cannot)}
        self._word(named | self.grounds.passed_over(goods, denied))
        for move, call in said.items():
            if call not in self.told:
                self._leave_out(move, "unknown_call" if call is None else "no_longer_so")

    def _spoken_of(self, move: moves.State | moves.Suggest | moves.Compare) -> set[str]:
        """The subjects of a move, but for goods whose reason does not hold: then all that was found with them is told."""
        known = [name for name in move.facts if name in self.grounds.facts]
        goods = self.goods.of(known)
        is_so = not isinstance(move, moves.Suggest) or move.what == "cheapest" or self.goods.is_so(goods, move.what)
        return {self.grounds.facts[name].subject for name in known} if is_so else set()

    def _word(self, named: set[int]) -> None:
        """The words of the calls that are told; a tool's question stands where the reply's own would."""
        self.told = telling.told(self.grounds.calls, named)
        asked = [call for call in self.told if call.asks and not call.has_effect]
        told = worded([call for call in self.told if call not in asked], self.wording)
        self.parts.done = [words for words in told if words]
        self.parts.question = " ".join(call.words for call in asked)

    def _fact_names(self, move: moves.State | moves.Suggest | moves.Compare) -> list[str]:
        """The names that are facts; those of a call that was guessed are said by it."""
        for name in move.facts:
            if name not in self.grounds.facts and not any(name in call.facts for call in self.told):
                self._leave_out(move, "unknown_fact")
        known = [
            name for name in move.facts if name in self.grounds.facts and self.grounds.call_of(name) not in self.grounds.guessed
        ]
        self.used |= set(known)
        return known

    def _leave_out(self, move: moves.Move, reason: str) -> None:
        self.left_out.append(moves.LeftOut(move=move.move, reason=reason))
        self.void.append(move)

    def _held(self, kind: type[moves.Ask | moves.Offer | moves.Cannot | moves.Unknown]) -> set[str]:
        """What the moves of a kind are about, but for those left out."""
        return {move.what for move in self.moves if isinstance(move, kind) and move not in self.void}

    def _social(self, move: moves.Social, beside: set[moves.Kind]) -> None:
        key, parts = f"social.{move.what}", self.parts
        has_substance, has_facts = parts.has_substance, bool(self.told or self.stated)
        reason = judge.unfit(move.what, beside, self.grounds, has_substance=has_substance, has_facts=has_facts)
        is_assent, has_said = move.what in judge.ASSENTS, bool(parts.question if move.what == "congratulate" else parts.stated)
        is_no_yes = is_assent and not judge.may_assent(move.what, self.grounds, self.told, has_said=has_said)
        if reason is None and (is_no_yes or (self.differs and (is_assent or move.what == "no_hurry"))):
            reason = "no_answer"
        if reason is None and move.what in judge.ONCE and self.wording.was_said(key, self.grounds.last_said):
            reason = "repeated"
        if reason is not None:
            self._leave_out(move, reason)
            return
        if move.what in _GREETINGS:
            key = "social.greet_quietly" if beside & _SAD else "social.greet_named" if self.grounds.brief.first_name else key
        elif move.what == "thanks" and self.grounds.has_done(Deed.ORDER_CONFIRMED):
            key = "social.thanks_order"
        is_answered = self.grounds.brief.asked is not Asked.NOTHING and bool(parts.done or parts.stated)
        # Thanks for a detail stand before the next question, and behind an order that is complete.
        is_last = move.what in judge.CLOSING or (is_assent and is_answered)
        is_early = move.what == "thanks" and (bool(parts.question) or self._asks_already())
        part = parts.closing if is_last and not is_early else parts.stated if move.what == "software" else parts.opening
        part.append(self.wording.say(key, name=self.grounds.brief.first_name))

    def _deny(self, move: moves.Cannot | moves.Unknown) -> str | None:
        is_unknown = isinstance(move, moves.Unknown)
        reason = judge.denies_wrongly(move.what, self.grounds, self.told, is_unknown=is_unknown, names=self.names_any)
        if reason == "not_looked_up":
            self.parts.offers = [self.wording.say("offer.list_products")]
        elif reason is not None:
            self._also_state(self.grounds.known(move.what))
        elif is_unknown:
            self.topics[self.wording.say(f"topic.{move.what}")] = None
        else:
            self._says(f"cannot.{move.what}")
        return reason

    def _says(self, key: str, **slots: str) -> None:
        self.parts.stated.append(self.wording.say(key, **slots))

    def _take(self, move: moves.State) -> str | None:
        """Note what is stated; all facts of a reply go into sentences together."""
        for name in self._fact_names(move):
            if family(self.grounds.facts[name]) is None:
                self._leave_out(move, "not_a_statement")
            elif not self._is_told(name):
                self._also_state([name, *self.grounds.belonging(name)])
        if move.what is None:
            return None
        if not judge.holds(move.what, self.grounds):
            return "not_so"
        if judge.is_said(move.what, self.grounds, self.told, self.moves):
            return "said_already"
        if move.what == "staff_verify_payments":  # as if one were to be verified
            self._also_state(self.grounds.known("payment_stands"))
        is_of_placed = move.what == "how_to_pay" or (move.what == "payment_details_come" and not self.told)
        if is_of_placed and not self.grounds.owes and judge.holds("not_confirmed", self.grounds):
            self._says("state.not_confirmed")
        if move.what in _HINTS:
            self.parts.hints.append(self.wording.say(f"state.{move.what}"))
            return None
        is_kept = move.what == "draft_kept" and judge.holds("confirm_by_button", self.grounds)
        self._says("state.summary_kept" if is_kept else f"state.{move.what}")
        return None

    def _also_state(self, names: Iterable[str]) -> None:
        self.stated |= dict.fromkeys(name for name in names if not self._is_told(name))

    def _is_told(self, name: str) -> bool:
        """Whether the words of a call that is told hold the fact, or its summary does."""
        fact = self.grounds.facts[name]
        is_summed_up = family(fact) == "draft" and any(telling.sends_summary(call, self.grounds.calls) for call in self.told)
        is_sum = fact.kind == "total" and family(fact) == "draft"
        is_new_total = is_sum and (not self.grounds.has_lines or any(fact.text in words for words in self.parts.done))
        return is_summed_up or is_new_total or any("{" + name + "}" in call.say for call in self.told)

    def _suggest(self, move: moves.Suggest) -> str | None:
        names = self._fact_names(move)
        goods = [good for good in self.goods.of(names) if good.price is not None]
        there = [good for good in goods if good.in_stock is not False]
        if not there:
            return ("sold_out" if goods else "no_price") if names else None
        best = self.goods.rivals(there)[: len(there)] if move.what == "cheapest" else []
        if self.goods.is_so(there, move.what) or (best and not self.goods.is_so(best, move.what)):
            self.suggested[move.what] += there
            return None
        if best:
            self.suggested[move.what] += best
        return "not_so"

    def _compare(self, move: moves.Compare) -> str | None:
        goods = self.goods.of(self._fact_names(move))
        if words := self.goods.compared(goods, self.wording):
            self.parts.stated.append(words)
            return None
        self.stated |= dict.fromkeys(name for good in goods for name in self.grounds.named("price", good.name)[-1:])
        return "nothing_to_compare"

    def _offer(self, move: moves.Offer) -> str | None:
        is_gone = move.what == "list_products" and False in self.grounds.in_stock.values()
        key = "offer.other_options" if is_gone else f"offer.{move.what}"
        if (reason := judge.unoffered(move.what, self.grounds) if self.wording.has(key) else "not_offered") is not None:
            return reason
        if self.wording.was_said(key, self.grounds.last_said) and len(self.moves) > 1:
            return "repeated"
        self.parts.offers.append(self.wording.say(key))
        return None

    def _state(self) -> None:
        """Sentences of what is stated, with what was plainly asked, for which other figures would pass, and what is due."""
        asked = [name for topic in self.grounds.brief.topics if self.stated for name in self.grounds.known(topic)]
        due = self.grounds.named("due") if self.grounds.has_called("choose_payment_method") else []
        self._also_state([*asked, *due])
        facts = [self.grounds.facts[name] for name in self.stated]
        suggested = [self.goods.suggested(goods, why, self.wording) for why, goods in self.suggested.items()]
        self.parts.stated = [*statements(facts, self.grounds, self.wording), *suggested, *self.parts.stated]
        if self.topics:
            self._says("unknown", topic=self.wording.listed(list(self.topics), "nor"))

    def _end(self, *, is_parting: bool) -> None:
        """The one question that the reply ends with, unless something is being asked already."""
        is_asked, asked = self._asks_already(), self.grounds.brief.asked
        if is_asked:
            self.parts.offers = self.parts.hints = []
        for move in (move for move in self.moves if isinstance(move, moves.Ask)):
            if is_asked:
                self._leave_out(move, "asked_already")
            elif is_parting and asked not in judge.WANTED and move.what in judge.ANYTHING:
                self._leave_out(move, "parting")
            elif not self.parts.question:
                self.parts.question = self._asked(move)
        if asked is Asked.UNCLEAR and not is_asked and self.parts.question and not any(self.parts.in_order()[:-1]):
            self._show_order()  # words that nobody read may have been about it

    def _asks_already(self) -> bool:
        ends = (call.asks or call.tool == "request_human_handoff" or "?" in call.words for call in self.told)
        return any(ends) or any(telling.sends_summary(call, self.grounds.calls) for call in self.told)

    def _asked(self, move: moves.Ask) -> str:
        wording, grounds = self.wording, self.grounds
        what: str = "anything_else" if move.what == "items" and grounds.has_lines else move.what
        saved = [grounds.facts[name].text for name in grounds.named("address", "saved")]
        what = "address" if what == "same_address" and not (saved or grounds.has_lines) else what
        goods = self.goods.of(name for name in move.facts if name in grounds.facts)
        text = flowing(self.parts.in_order())
        reason = judge.pointless(what, goods, grounds)
        if reason == "not_added":
            self._leave_out(move, reason)
            there = [name for name in grounds.offered if name in text] or grounds.offered
            what, reason, goods = "which" if len(there) > 1 else "add", None, [Good(there[0])]
        is_said_enough = what == "anything_else" and bool(self.parts.done or self.parts.stated)
        if reason is None and is_said_enough and wording.was_said("ask.anything_else", grounds.last_said):
            reason = "repeated"
        if reason is not None:
            if reason != "no_order" or what != "anything_else":
                self._leave_out(move, reason)
            better = {"no_order": "items", "of_nothing": "items", "details_missing": "".join(grounds.missing[:1])}.get(reason)
            return wording.say(f"ask.{better}") if better else ""
        if what == "same_address":
            is_told = any(address in words for words in self.parts.done for address in saved)
            key = "address" if not saved else "same_address_told" if is_told else "same_address"
            return wording.say(f"ask.{key}", address="".join(saved))
        # A question need not name what was named last, but for one of a list.
        last_named = "" if "• " in text.rpartition("\n")[2] else max(self.goods.names, key=text.rfind, default="")
        if what in ("quantity", "add") and len(goods) == 1 and goods[0].name != last_named:
            return wording.say(f"ask.{what}_of", product=goods[0].name)
        return wording.say(f"ask.{what}")

    def _tell_undone(self) -> None:
        """What was ordered and passed over is said, so that neither silence nor the next question passes for it."""
        asked, offered = self._held(moves.Ask), self._held(moves.Offer)
        refused = self._held(moves.Cannot) & {"other", "change_placed"}
        is_seen_to = bool(self.parts.question) and bool(asked - judge.OF_ORDER - {"items"})
        is_asking = self._asks_already() and not telling.ends_turn(self.grounds.calls)
        asks_of_goods = any(call.tool in SERVES[Deed.ITEM_ADDED] for call in self.told)
        if refused or is_seen_to or (is_asking and (asks_of_goods or len(self.grounds.brief.clauses) < 2)):
            return
        is_told = {Deed.CONFIRMATION_REQUESTED: bool(self.parts.question), Deed.ITEM_ADDED: bool(self.grounds.missed)}
        for deed in self.grounds.undone if not is_asking else ():
            if offered.isdisjoint(SERVES[deed]) and not is_told.get(deed):
                self.parts.done.append(self.wording.say(f"undone.{deed}"))
        if offered.isdisjoint(SERVES[Deed.ITEM_ADDED]) and (quoted := self._quoted(self.grounds.missed)):
            self.parts.done.append(self.wording.say("undone.goods", words=quoted))

    def _tell_differing(self) -> None:
        """Where the reply speaks of other figures or names than the customer, it says so."""
        told = self.told if not telling.hands_over(self.told) else []
        if (told or self.parts.stated) and not self.grounds.brief.is_for_colleague:
            text, answers = flowing(self.parts.in_order()), not (self._held(moves.Unknown) or self._held(moves.Cannot))
            self.differs = self._quoted(differing(text, told, self.grounds, answers=answers))
            self.parts.stated += [self.wording.say("differs", words=self.differs)] if self.differs else []

    def _quoted(self, said: Sequence[str]) -> str:
        return self.wording.listed([self.wording.say("quoted", words=words) for words in said])

    def _show_order(self) -> None:
        """State how the open order stands, or else the newest one, in place of what was stated."""
        self.stated = dict.fromkeys(self.grounds.of_order())
        self.parts.stated = []
        self._state()

    def _nothing_left(self) -> None:
        """What to say when no move holds: what the calls said, what is known of the order, the next detail, or a plea."""
        grounds, asked = self.grounds, self.grounds.brief.asked
        self._word({call.call for call in grounds.calls})
        if any(self.parts.done) or self.parts.question:
            return
        # Where something was ordered and nothing done, another model of the chain may still do it.
        self.understood = asked in (Asked.NOTHING, Asked.AN_ANSWER)
        if asked is Asked.AN_ANSWER:
            self._show_order()
        self._tell_undone()
        if judge.holds("confirm_by_button", grounds):
            self._says("state.confirm_by_button")
        elif grounds.has_lines:
            self.parts.question = self.wording.say(f"ask.{next(iter(grounds.missing), 'anything_else')}")
        elif not any(self.parts.stated):
            self.understood = False
            self.parts.question = self.wording.say("ask.rephrase")
        if self.parts.question and (asked is Asked.UNCLEAR or not grounds.has_lines):
            self.parts.opening = [self.wording.say("social.not_understood")]
