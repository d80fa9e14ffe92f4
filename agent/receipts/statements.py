"""The last rule: what a statement says of the shop's affairs needs a receipt, in whatever words it is said.

The other rules know words and can tell what is wrong with them. No list of words is ever complete, so this one turns
the question around: a clause that touches the shop's affairs (goods, money, delivery, people, a time, a state) must be
a question, a request, an offer or an avowal of not knowing, or state a fact by its slot or with a verb that the other
rules have measured, in words that say no more than that. A condition or an aim excuses only what follows it. Anything
else is refused, because nobody knows what it says.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from agent.receipts.claims import Receipts
from agent.receipts.deeds import has_measured_verb
from agent.receipts.lexicon import Lexicon, StatementWords, from_word_starts, lexicon
from agent.receipts.money import slot_marks
from agent.receipts.pledges import Pledge
from agent.receipts.reading import FIRST_NAME, WORD, Clause, Reading
from agent.receipts.verdict import Reason

_SHORTEST_PRODUCT = 3
_INTRODUCES = (":", "(", "—", "–", "-", "•", "→")


@dataclass(frozen=True)
class _Heard:
    """The text as one language hears it, without its harmless wordings."""

    reading: Reading
    lexicon: Lexicon
    text: str
    announced: list[Pledge]

    @property
    def words(self) -> StatementWords:
        """What makes a statement in this language."""
        return self.lexicon.words.statements

    @cached_property
    def measured(self) -> tuple[tuple[int, int], ...]:
        """Where the text says what there is, what is free, or words a deed: other rules have measured that."""
        words = self.lexicon.words
        stock = self.lexicon.any_of(words.availability.not_stock).sub(_blank, self.text)
        there = self.lexicon.any_of(words.availability.available + words.availability.unavailable)
        worded = self.lexicon.any_of((*(phrase.pattern for phrase in words.done.phrases), *words.promises.free))
        spans = [found.span() for found in (*there.finditer(stock), *worded.finditer(self.text))]
        return (*spans, *((pledge.start, pledge.end) for pledge in self.announced if pledge.worth == "kept"))

    def finds(self, pattern: str, start: int, end: int) -> bool:
        """Whether a pattern occurs in a stretch."""
        return bool(self.lexicon.find(pattern).search(self.text, start, end))

    def finds_affair(self, start: int, end: int) -> bool:
        """Whether a stretch speaks of the shop's affairs."""
        return bool(from_word_starts(self.words.affairs).search(self.text, start, end))

    def opens(self, start: int, end: int) -> bool:
        """Whether a stretch asks, offers, wishes or avows not to know."""
        if any(pledge.worth == "step" and start <= pledge.start < end for pledge in self.announced):
            return True
        asked = from_word_starts(self.words.open).search(self.reading.plain[start:end])
        return bool(asked) or bool(self.lexicon.find(self.words.requests).search(self.reading.spoken[start:end]))

    def stated_until(self, clause: Clause) -> int:
        """Where a clause stops stating: at a condition, an aim, or what the customer has said."""
        found = from_word_starts(self.words.onward).search(self.reading.plain, clause.start, clause.end)
        follows = self.finds(self.words.consequence, clause.start, clause.end)
        return found.start() if found and not follows else clause.end

    def lists_steps(self, clause: Clause) -> bool:
        """Whether a clause goes on with a list of next steps: `I can search products, build your order`."""
        offered = any(each.worth == "step" and clause.sentence[0] <= each.start < clause.start for each in self.announced)
        first = WORD.search(self.text, clause.start, clause.end)
        steps = self.lexicon.find(self.lexicon.words.pledges.next_steps)
        return bool(offered and first and steps.match(self.text, first.start(), clause.end))

    def measures(self, found: re.Match[str]) -> bool:
        """Whether a word says no more than the fact or the verb that the clause states."""
        return found[0] in self.lexicon.labels or any(first <= found.start() < last for first, last in self.measured)

    def is_measured(self, clause: Clause) -> bool:
        """Whether another rule has measured what a clause says."""
        if any(first < clause.end and last > clause.start for first, last in self.measured):
            return True
        return has_measured_verb(self.reading, self.lexicon, self.text, clause)


def statements(
    reading: Reading,
    spoken: tuple[Lexicon, ...],
    receipts: Receipts,
    announced: Mapping[str, list[Pledge]],
    customer_texts: Sequence[str],
) -> Iterator[Reason]:
    """The first clause about the shop's affairs that no other rule can have measured."""
    heard = [_Heard(reading, each, _own_text(reading, each), announced[each.language]) for each in spoken]
    familiar = _familiar(customer_texts, spoken)
    facts = [position for position, key in slot_marks(reading) if key in receipts.facts]
    for clause in reading.clauses:
        if any(_asks(language, clause) for language in heard):
            continue
        end = min(language.stated_until(clause) for language in heard)
        affair = any(language.finds_affair(clause.start, end) for language in heard)
        strange = [found for found in _strange(heard, clause.start, end) if found[0] not in familiar]
        slot = _is_stated_by_slot(reading, facts, clause)
        felt = not (affair or slot) and any(_exclaims(language, clause) for language in heard)
        if felt or not (affair or strange):
            continue
        unknown = [found for found in strange if not _is_known(found[0], receipts)]
        told = any(clause.sentence[0] <= position < clause.sentence[1] for position in facts)
        beside = told and not any(language.finds(language.words.own_verb, clause.start, clause.end) for language in heard)
        if (slot or beside or any(_is_measured(language, clause) for language in heard)) and all(
            any(language.measures(found) for language in heard) for found in unknown
        ):
            continue
        if any(_is_no_statement(language, clause) for language in heard):
            continue
        if affair or unknown or not (told or any(_only_names(language, clause) for language in heard)):
            yield _unbacked(reading.excerpt(clause.start, clause.end))
            return


def _is_known(word: str, receipts: Receipts) -> bool:
    return ord(word[0]) >= FIRST_NAME or receipts.products.knows(word.removesuffix("'s"))


def _own_text(reading: Reading, words: Lexicon) -> str:
    own = from_word_starts(words.words.statements.harmless).sub(_blank, reading.plain)
    return words.any_of(words.words.harmless).sub(_blank, own)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _familiar(customer_texts: Sequence[str], spoken: tuple[Lexicon, ...]) -> frozenset[str]:
    """The customer's own words, such as their name, except for those that may name goods they ask for."""
    said = {word for text in customer_texts for word in WORD.findall(text)}
    goods = set[str]()
    for text in customer_texts:
        for each in spoken:
            for request in each.find(each.words.statements.asks_for_goods).finditer(text):
                asked = {word for word in WORD.findall(text, request.end()) if len(word) >= _SHORTEST_PRODUCT}
                goods |= asked - _ordinary(each.language)
    return frozenset(said - goods)


@lru_cache
def _ordinary(language: str) -> frozenset[str]:
    """Words that never name goods."""
    words = lexicon(language)
    listed = frozenset(words.words.statements.ordinary.split())
    return listed | words.function_words | words.generic_heads | words.forms.keys() | words.objects.keys()


def _strange(heard: list[_Heard], start: int, end: int) -> list[re.Match[str]]:
    """The words of a stretch that do more than make conversation; echoes of the customer's numbers are theirs."""
    strange = []
    for found in WORD.finditer(heard[0].reading.plain, start, end):
        word = found[0]
        talk = any(word in language.lexicon.small_talk or language.text[found.start()] == " " for language in heard)
        talk = talk or bool(heard[0].lexicon.find(heard[0].words.infinitive).fullmatch(word))
        if (not talk and len(word) > 1) or ord(word[0]) >= FIRST_NAME:
            strange.append(found)
    return strange


def _only_names(heard: _Heard, clause: Clause) -> bool:
    """Whether a clause only names goods to speak of them next: `del aceite, …`, `la harina (P.A.N.) …`."""
    text = heard.text
    if heard.finds(heard.words.own_verb, clause.start, clause.end):
        return False
    alone = clause.start == 0 and not text[clause.end :].strip()
    if alone:
        return True
    aside = text[clause.start - 1 : clause.start] == "(" or text[clause.end - 1 : clause.end] == ")"
    return aside or heard.finds(heard.words.topic, clause.start, clause.end)


def _is_stated_by_slot(reading: Reading, facts: list[int], clause: Clause) -> bool:
    """Whether a fact stands in the clause, or after it in the list or the bracket that it opens."""
    if any(clause.start <= position < clause.end for position in facts):
        return True
    stretch = reading.plain[clause.start : clause.end].rstrip()
    if stretch.endswith(":") and any(position >= clause.end for position in facts):
        return True
    return stretch.endswith(_INTRODUCES) and any(clause.end <= position <= clause.end + 1 for position in facts)


def _asks(heard: _Heard, clause: Clause) -> bool:
    return clause.question and not heard.finds(heard.lexicon.words.mood.presupposition, clause.head, clause.end)


def _exclaims(heard: _Heard, clause: Clause) -> bool:
    """Whether a clause only utters a feeling, `¡qué rico plan!`, or talks of cooking."""
    own_verb = heard.finds(heard.words.own_verb, clause.start, clause.end)
    if not own_verb and heard.finds(heard.words.kitchen, *clause.sentence):
        return True
    return bool(heard.lexicon.find(heard.words.exclaims).fullmatch(heard.text, clause.start, clause.end))


def _is_measured(heard: _Heard, clause: Clause) -> bool:
    """Whether another rule has measured a clause, or the one that it goes on with."""
    head = _continued(heard, clause)
    return heard.is_measured(clause) or (head is not None and heard.is_measured(head))


def _is_no_statement(heard: _Heard, clause: Clause) -> bool:
    """Whether a clause offers, requests or avows not to know, or goes on with one that does."""
    if heard.opens(clause.start, clause.end):
        return True
    own_verb = heard.finds(heard.words.own_verb, clause.start, clause.end)
    if heard.reading.plain[clause.end - 1 : clause.end] == ":" and not own_verb:
        return True
    if heard.lists_steps(clause):
        return True
    named = heard.lexicon.find(heard.words.fragment).fullmatch(heard.text, clause.start, heard.stated_until(clause))
    head = replace(clause, start=clause.sentence[0], end=clause.start) if named else _continued(heard, clause)
    return head is not None and (heard.opens(head.start, head.end) or heard.stated_until(head) < head.end)


def _continued(heard: _Heard, clause: Clause) -> Clause | None:
    """What stands before a joining word in the same breath, if the clause has no verb of its own."""
    listed = heard.finds(heard.words.joins, clause.head, clause.start)
    if not listed or heard.finds(heard.words.own_verb, clause.start, clause.end):
        return None
    return replace(clause, start=clause.head, end=clause.start)


def _unbacked(excerpt: str) -> Reason:
    return Reason(
        "statement_without_receipt",
        excerpt,
        "No tool result supports this, or not in words that can be checked. State facts by their slots, and deeds with "
        "plain verbs after the tool call that did them; otherwise ask, offer, or say that you do not know.",
    )
