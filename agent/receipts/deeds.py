"""Statements that something was done, is being done or will be done, each measured against the claims of the turn."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import Form, Lexicon, Phrase, Receipt
from agent.receipts.money import stated
from agent.receipts.reading import WORD, Clause, Reading
from agent.receipts.subjects import joined_nouns, wrong_product
from agent.receipts.verbs import Tense
from agent.receipts.verdict import Reason

_SECOND_PERSON = re.compile(r"\byou('ve| have)?( just| already)*$")
_BY = frozenset({"por", "by"})
_PREPOSITIONS = frozenset({"a", "al", "de", "del", "en", "con", "desde", "para", "to", "of", "from", "in", "with", "for"})
_SUBJECTS = frozenset({"i", "we", "te", "le", "se", "lo"})
_ACCENTED = re.compile("[áéóú]|í(?!d[oa])")
_FAR = 20
"""How much further away a thing behind a preposition counts."""
_LOOSE_LEADS = frozenset({"ya", "lo", "la", "le", "te", "se", "los", "las", "les", "nos", "me"})
_DETERMINERS = frozenset({"tu", "tus", "el", "la", "los", "las", "un", "una", "su", "este", "esta", "ese", "esa", "nuestro"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a clause, with and without accents."""

    plain: str
    spoken: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mood:
    """What stands before a verb, and whether its clause asks or depends on something."""

    before: str
    question: bool
    depends: bool
    denied: bool
    conditional: bool


def deeds(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    """Every statement of a deed that no claim of the turn supports."""
    text = reading.without(lexicon, lexicon.words.harmless)
    for clause in reading.clauses:
        words = _words(reading, text, clause)
        for index, word in enumerate(words):
            form = _form(word, lexicon)
            if form is None and not _may_be_past(word, lexicon):
                continue
            mood = _mood(reading, text, clause, word, lexicon, first=index == 0)
            if form is not None:
                yield from _verb(reading, lexicon, receipts, words, index, form, mood)
            else:
                yield from _unknown(reading, lexicon, receipts, words, index, mood)
    yield from _phrases(reading, text, lexicon, receipts)


def _words(reading: Reading, text: str, clause: Clause) -> list[Word]:
    return [
        Word(found[0], reading.spoken[found.start() : found.end()], found.start(), found.end())
        for found in WORD.finditer(text, clause.start, clause.end)
    ]


def has_measured_verb(reading: Reading, lexicon: Lexicon, text: str, clause: Clause) -> bool:
    """Whether a clause has a verb that `deeds` knows and has measured: stated, denied, asked or made to depend."""
    last = ""
    words = _words(reading, text, clause)
    for index, word in enumerate(words):
        form = _form(word, lexicon)
        follows = words[index + 1].plain if index + 1 < len(words) else ""
        leads = last in _SUBJECTS or (index == 0 and follows in _DETERMINERS)
        is_noun = word.plain in lexicon.words.done.nouns and word.spoken == word.plain and not leads
        if form is not None and not is_noun:
            mood = _mood(reading, text, clause, word, lexicon, first=index == 0)
            if mood.denied or _is_open(mood) or _time(lexicon, words, index, form, mood) is not None:
                return True
        last = word.plain
    return False


def _form(word: Word, lexicon: Lexicon) -> Form | None:
    if word.spoken in lexicon.harmless_words:
        return None
    if (form := lexicon.forms.get(word.spoken)) is not None:
        return form
    form = lexicon.forms.get(word.plain)
    if form is not None and form.tense in {"present", "participle"} and _ACCENTED.search(word.spoken):
        return None
    if form is not None and (form.tense != "loose_past" or word.spoken == word.plain):
        return form if form.tense in {"participle", "gerund", "infinitive", "future", "present", "loose_past"} else None
    clitics = lexicon.words.mood.clitics
    bare = re.sub(rf"(?<=r|o){clitics}\Z", "", word.plain) if clitics else word.plain
    form = lexicon.forms.get(bare) if bare != word.plain else None
    return form if form is not None and form.tense in {"infinitive", "gerund"} else None


def _mood(reading: Reading, text: str, clause: Clause, word: Word, lexicon: Lexicon, *, first: bool) -> Mood:
    mood = lexicon.words.mood
    before = text[clause.head if first else clause.start : word.start].strip()
    earlier = text[clause.sentence[0] : clause.start]
    asks = clause.question and not lexicon.find(mood.presupposition).search(text[clause.head : clause.end])
    asked = lexicon.find(mood.asked).search(reading.spoken, clause.start, word.start)
    return Mood(
        before=before,
        question=asks,
        depends=bool(lexicon.find(mood.conditional_before).search(earlier)),
        denied=bool(lexicon.find(mood.negation).search(before)) or bool(asked),
        conditional=bool(lexicon.find(mood.conditional_here).search(before)),
    )


def _verb(
    reading: Reading, lexicon: Lexicon, receipts: Receipts, words: list[Word], index: int, form: Form, mood: Mood
) -> Iterator[Reason]:
    time = _time(lexicon, words, index, form, mood)
    if time is None or _is_harmless_object(lexicon, form.verb, words, index):
        return
    clause = reading.clause_at(words[index].start)
    if stated(reading, receipts, lexicon.words.done.harmless_slots.get(form.verb, ()), clause.start, clause.end + 2):
        return
    permitted = form.action.claims
    if time == "future" and form.action.future is not None:
        permitted = form.action.future
    narrowed = _narrow(permitted, lexicon, receipts, words, index)
    word = words[index]
    end = min(words[-1].end, word.end + 40)
    supporting = receipts.supporting(narrowed)
    if supporting is None:
        yield unsupported(reading.excerpt(max(word.start - 12, words[0].start), end), narrowed)
        return
    yield from _joined(reading, lexicon, receipts, form, word.end)
    if form.action.about == "product":
        yield from wrong_product(reading, lexicon, receipts, word.end, receipts.products_of(supporting))


def _joined(reading: Reading, lexicon: Lexicon, receipts: Receipts, form: Form, start: int) -> Iterator[Reason]:
    """The further things that the same verb was done to: `anoté la harina y tu pago`."""
    for noun, position in joined_nouns(reading, lexicon, start):
        entry = lexicon.objects.get(noun)
        if entry is None or "any" in form.action.claims:
            continue
        narrowed = tuple(claim for claim in form.action.claims if claim in entry.claims)
        if receipts.supporting(narrowed) is None:
            yield unsupported(reading.excerpt(start, position + len(noun)), narrowed)
            return


def _time(lexicon: Lexicon, words: list[Word], index: int, form: Form, mood: Mood) -> str | None:
    """When the deed is said to happen: `now` (done or under way), `future`, or None if it is not stated."""
    if mood.denied:
        return None
    match form.tense:
        case "past":
            return _past(lexicon, form, mood)
        case "loose_past":
            lead = words[index - 1].plain if index else None
            wished = mood.question or lexicon.find(lexicon.words.mood.wish).search(mood.before)
            return "now" if not wished and (lead is None or lead in _LOOSE_LEADS) else None
        case "participle":
            return _participle(lexicon, mood)
        case "infinitive":
            return _infinitive(lexicon, mood)
        case "gerund":
            leads = not mood.before or lexicon.find(lexicon.words.mood.gerund_lead).search(mood.before)
            return "now" if leads and not _is_open(mood) else None
        case _:
            return _present(lexicon, words, index, form.tense, mood)


def _is_open(mood: Mood) -> bool:
    return mood.question or mood.conditional or mood.depends


def _past(lexicon: Lexicon, form: Form, mood: Mood) -> str | None:
    if lexicon.words.mood.present_lead is None:
        return "now"
    if mood.conditional or (form.verb != "pay" and _SECOND_PERSON.search(mood.before)):
        return None
    return "future" if lexicon.find(lexicon.words.mood.future_auxiliary).search(mood.before) else "now"


def _participle(lexicon: Lexicon, mood: Mood) -> str | None:
    if lexicon.find(lexicon.words.mood.future_auxiliary).search(mood.before):
        return None if mood.conditional and not mood.before.endswith(("sera", "seran")) else "future"
    if mood.conditional or (
        mood.question and not re.search(r"\b(ya|esta|estan|fue|quedo|he|hemos|ha|quedaron)\b", mood.before)
    ):
        return None
    return "now"


def _infinitive(lexicon: Lexicon, mood: Mood) -> str | None:
    if lexicon.find(lexicon.words.mood.just_done).search(mood.before):
        return "now"
    if lexicon.find(lexicon.words.mood.soon).search(mood.before):
        return None if _is_open(mood) else "future"
    lead = lexicon.words.mood.present_lead
    return "now" if lead and lexicon.find(lead).search(mood.before) and not _is_open(mood) else None


def _present(lexicon: Lexicon, words: list[Word], index: int, tense: Tense, mood: Mood) -> str | None:
    if _is_open(mood):
        return None
    word = words[index]
    if word.plain in lexicon.words.done.nouns:
        lead = words[index - 1].plain if index else ""
        follow = words[index + 1].plain if index + 1 < len(words) else ""
        verbal = lead in _LOOSE_LEADS - {"la", "los", "las", "me"} or lead == "yo"
        if not verbal and not (not mood.before and follow in _DETERMINERS):
            return None
    return "future" if tense == "future" else "now"


def _is_harmless_object(lexicon: Lexicon, verb: str, words: list[Word], index: int) -> bool:
    harmless = lexicon.words.done.harmless_objects.get(verb, ())
    return any(word.plain in harmless for word in words[index + 1 : index + 5]) or (
        verb in {"recibir", "receive"} and any(word.plain in harmless for word in words[max(0, index - 4) : index])
    )


def _narrow(
    permitted: tuple[Receipt, ...], lexicon: Lexicon, receipts: Receipts, words: list[Word], index: int
) -> tuple[Receipt, ...]:
    """Keep the claims that fit the nearest thing named beside the verb; people before it are who acts."""
    nearest: tuple[Receipt, ...] | None = None
    distance = 99.0
    for other, word in enumerate(words):
        entry = lexicon.objects.get(word.plain)
        if entry is None or other == index:
            continue
        before = [previous.plain for previous in words[max(0, other - 3, index + 1 if other > index else 0) : other]]
        if entry.agents and (other < index or not _BY.isdisjoint(before)):
            continue
        away = other - index if other > index else index - other + 0.5
        away += _FAR if not _PREPOSITIONS.isdisjoint(before[-2:]) else 0
        if away < distance:
            known = not entry.facts or any(fact.kind in entry.facts for fact in receipts.facts.values())
            nearest, distance = entry.claims if known else (), away
    if nearest is None:
        return permitted
    if "any" in permitted:
        return nearest
    if nearest and distance >= _FAR:
        return permitted
    return tuple(claim for claim in permitted if claim in nearest)


def _unknown(
    reading: Reading, lexicon: Lexicon, receipts: Receipts, words: list[Word], index: int, mood: Mood
) -> Iterator[Reason]:
    """A past that the lexicon does not know is taken for a deed, unless it is a listed harmless one."""
    word, done = words[index], lexicon.words.done
    if mood.denied or word.spoken in lexicon.harmless_words or not _states_a_past(word, words, index, lexicon, mood):
        return
    if word.spoken in lexicon.harmless_past or word.plain in done.harmless_participles.split():
        if word.spoken in done.looked_up and not receipts.facts and not receipts.claims:
            yield unsupported(reading.excerpt(word.start, words[-1].end), ("fact",))
        return
    yield unsupported(reading.excerpt(max(words[0].start, word.start - 12), min(words[-1].end, word.end + 40)), ())


def _may_be_past(word: Word, lexicon: Lexicon) -> bool:
    return word.spoken.endswith(("é", "í", "ó")) or _is_participle(word, lexicon)


def _is_participle(word: Word, lexicon: Lexicon) -> bool:
    """Whether a word looks like a participle; an accent further ahead tells that it is none, as in `rápido`."""
    return not _ACCENTED.search(word.spoken) and bool(lexicon.find(lexicon.words.done.participle).fullmatch(word.plain))


def _states_a_past(word: Word, words: list[Word], index: int, lexicon: Lexicon, mood: Mood) -> bool:
    done = lexicon.words.done
    previous = [other.plain for other in words[max(0, index - 2) : index]]
    if _is_participle(word, lexicon):
        starts = index == 0 and not mood.before and lexicon.words.mood.present_lead is None and not mood.question
        return (
            starts
            or any(lead in done.auxiliary_have or lead in done.auxiliary_passive for lead in previous)
            or (
                lexicon.words.mood.present_lead is not None
                and word.plain.endswith("ed")
                and bool(re.search(r"\b(i|we)('ve| have)?( just| already| also)*$", mood.before))
                and not mood.conditional
            )
        )
    if lexicon.words.mood.present_lead is not None or len(word.plain) < 4 or mood.question:
        return False
    if word.spoken.endswith("é"):
        return not word.spoken.endswith(("aré", "eré", "iré"))
    return word.spoken.endswith(("í", "ó"))


def completions(reading: Reading, lexicon: Lexicon) -> Iterator[Reason]:
    """Every `Listo.` and `all done` that says that something was done and not what: any deed is its receipt, but one it
    needs, and what an earlier turn did is none.
    """
    bare = [phrase for phrase in lexicon.words.done.phrases if "any" in phrase.claims]
    yield from _phrases(reading, reading.plain, lexicon, Receipts.of({}, []), bare)


def _phrases(
    reading: Reading, text: str, lexicon: Lexicon, receipts: Receipts, phrases: Sequence[Phrase] | None = None
) -> Iterator[Reason]:
    for phrase in lexicon.words.done.phrases if phrases is None else phrases:
        for found in lexicon.find(phrase.pattern).finditer(text):
            clause = reading.clause_at(found.start())
            before = text[clause.head : found.start()].strip()
            mood = lexicon.words.mood
            asks = clause.question and not lexicon.find(mood.presupposition).search(text[clause.head : clause.end])
            depends = lexicon.find(mood.conditional_before).search(text[clause.sentence[0] : found.start()])
            if (
                asks
                or depends
                or lexicon.find(mood.negation).search(before)
                or lexicon.find(mood.conditional_here).search(before)
                or lexicon.find(lexicon.words.pledges.wishes).search(text, clause.start, found.start())
            ):
                continue
            if receipts.supporting(phrase.claims) is None:
                yield unsupported(reading.excerpt(found.start(), min(clause.end, found.end() + 20)), phrase.claims)
                break
            if phrase.about == "product":
                done = receipts.products_of(receipts.supporting(phrase.claims) or frozenset())
                yield from wrong_product(reading, lexicon, receipts, found.end(), done)


_TOOLS = {
    "item_added": "add_item_to_draft",
    "item_changed": "change_item_in_draft",
    "item_removed": "change_item_in_draft",
    "draft_cleared": "clear_draft",
    "draft_created": "create_order_draft",
    "delivery_set": "set_delivery_details",
    "address_saved": "set_delivery_details",
    "confirmation_requested": "request_confirmation",
    "order_confirmed": "confirm_order",
    "order_cancelled": "cancel_order",
    "order_status": "get_order_status",
    "method_chosen": "choose_payment_method",
    "payment_claimed": "register_payment",
    "receipt_attached": "attach_receipt",
    "handoff_requested": "request_human_handoff",
    "catalog_sent": "send_catalog",
    "stock_reserved": "reserve_stock",
}


def unsupported(excerpt: str, permitted: tuple[Receipt, ...]) -> Reason:
    """The refusal of a deed that nothing supports, with the tools that would make it true."""
    tools = sorted({_TOOLS[str(claim)] for claim in permitted if str(claim) in _TOOLS})
    if tools:
        advice = (
            f"No tool call of this turn did this. Call {' or '.join(tools)} first, or do not say that it is done or "
            "will be done."
        )
    else:
        advice = "Nothing of this turn makes this true, and no tool can. Do not say it; offer what you can do."
    return Reason("claim_without_receipt", excerpt, advice)
