"""Reading one message: from the customer's words to acts, without yet knowing which products the shop has."""

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from agent.lexical.acts import Act, ActKind
from agent.lexical.details import Details, Page, read_delivery, read_notes, read_payment, read_phone, read_recipient, way_to_pay
from agent.lexical.reader.closed import closed_phrases, closed_words
from agent.lexical.reader.tokens import without_headers
from agent.lexical.spelling import clean
from agent.lexical.spoken import content_of, goods_said
from agent.lexical.vocabulary import Vocabulary, blank, vocabulary, without
from core.language.folding import fold

_SENTENCE_END = re.compile(
    r"\n|[;|]|\?|!|\.(?!\w)|…|(?:(?<=\s)|^)[-*•·>]+(?=\s)|(?:(?<=\n)|^)\s*\d{1,2}\s*[).](?=\s)|[•·]|\s-\s|\((?!\d)|\)"
)
_NUMBER_OF_ORDER = re.compile(r"\b\d{3,}\b")
_SIMPLE = (
    "human",
    "not_understood",
    "complaint",
    "who_are_you",
    "chitchat",
    "clear",
    "cancel",
    "status",
    "ask_delivery_time",
    "ask_delivery",
    "ask_payment_methods",
    "ask_hours",
    "ask_stores",
    "ask_total",
    "ask_catalogue",
    "same_as_before",
    "start_order",
    "change",
    "haggle",
)
"""Patterns that settle a sentence; the order is that of precedence."""
_TALK = ("greet", "how_are_you", "thanks", "bye")
_ORDERS_NOTHING = frozenset(
    {
        ActKind.COMPLAINT,
        ActKind.HUMAN,
        ActKind.STATUS,
        ActKind.NOT_UNDERSTOOD,
        ActKind.WHO_ARE_YOU,
        ActKind.START_ORDER,
    }
)
"""Acts in whose sentence nothing else is ordered."""
_ORDERS_ON_DEMAND = frozenset({ActKind.CANCEL, ActKind.CLEAR, ActKind.CHITCHAT, ActKind.HAGGLE})
"""Acts beside which something is ordered only where it is asked for in so many words."""
_QUESTIONS = frozenset(
    {ActKind.ASK_DELIVERY, ActKind.ASK_DELIVERY_TIME, ActKind.ASK_PAYMENT_METHODS, ActKind.ASK_HOURS, ActKind.ASK_STORES}
)
_KINDS = {"same_as_before": ActKind.REPEAT_ORDER}


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation makes one expect of a message."""

    stores: list[str] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    """The detail that is being asked for."""
    lacks: frozenset[str] = frozenset()
    """All details that are not known yet; whoever gives one unasked is understood."""
    expects_payment: bool = False
    has_draft: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of folded text between marks."""

    text: str
    is_question: bool
    before: str
    """What the message says before it."""


def _sentences(folded: str) -> list[Sentence]:
    found: list[Sentence] = []
    start = 0
    for mark in [*_SENTENCE_END.finditer(folded), None]:
        end = mark.start() if mark else len(folded)
        text = folded[start:end]
        asked = bool(mark and mark.group() == "?") or "¿" in text
        if text.strip(" ,:¿¡-*"):
            found.append(Sentence(text.replace("¿", " ").replace("¡", " "), asked, folded[:start]))
        start = mark.end() if mark else end
    return found


def read(text: str, context: Context) -> list[Act]:
    """The acts of one text message, in the order in which they were said."""
    page, details = _without_details(text, context)
    words = vocabulary()
    acts: list[Act] = []
    for sentence in _sentences(page.folded):
        acts.extend(_read_sentence(sentence, words))
    if details.delivery:
        acts.append(Act(ActKind.DELIVERY, delivery=details.delivery))
    if details.is_paid:
        acts.append(Act(ActKind.PAY, payment=details.payment, is_intent=details.is_intent))
    return acts


def order_text(text: str, context: Context) -> str:
    """What of a message may order something: without its details, its small talk, and what other readers settle."""
    page, _ = _without_details(text, context)
    words = vocabulary()
    found = list(page.folded)
    start = 0
    for mark in [*_SENTENCE_END.finditer(page.folded), None]:
        end = mark.start() if mark else len(page.folded)
        found[start:end] = _order_part(page.folded[start:end], page.folded[:start], words)
        start = mark.end() if mark else end
    # What was blanked is blank in the text as it was written as well; accents tell tenses apart.
    kept = zip(page.raw, found, fold(page.raw), strict=True)
    return "".join(raw if left == folded else left for raw, left, folded in kept)


def _order_part(sentence: str, before: str, words: Vocabulary) -> str:
    """A sentence with everything blanked that is said beside an order; `before` is what the message says before it."""
    for name in _TALK:
        while match := words.matches(name, sentence):
            sentence = blank(sentence, match, ",")
    sentence = _without_apology(sentence, before, words)
    if (settled := _settled(sentence, before, words)) is not None:
        kind, said = settled
        if kind in _ORDERS_NOTHING:
            return " " * len(sentence)
        if kind in (ActKind.CANCEL, ActKind.CLEAR):
            # What was ordered before a cancellation is called off as well.
            return " " * said.end() + _without_parting(sentence[said.end() :], words)
        return blank(sentence, said, "|")
    if (match := words.matches("pay_intent", sentence)) is not None and not words.matches("ask_price", sentence):
        comma = sentence.find(",", match.end())
        end = comma if comma >= 0 else len(sentence)
        return sentence[: match.start()] + " " * (end - match.start()) + sentence[end:]
    return sentence


def _without_details(text: str, context: Context) -> tuple[Page, Details]:
    """A message with what it says of delivery and payment cut out, and that."""
    page = Page.of(clean(without_headers(text)))
    details = Details()
    words = vocabulary()
    asked = "?" in page.folded
    if not (asked and words.matches("ask_payment_methods", page.folded)):
        # `cancela el 1038`, `¿y el 1038?`: a number beside these is an order's, and not the reference of a payment.
        is_of_order = any(words.matches(name, page.folded) for name in ("cancel", "status", "change"))
        read_payment(page, details, expected=context.expects_payment and not is_of_order, is_question=asked)
    if not details.is_paid:
        read_phone(page, details, expected=context.has_draft)
    if not words.matches("human", page.folded):
        read_recipient(page, details, expected="recipient_name" in context.lacks)
        read_notes(page, details)
        if not _speaks_about(words, page.folded):
            read_delivery(page, details, context.stores, expected="address" in context.missing)
    return page, details


def _speaks_about(words: Vocabulary, folded: str) -> bool:
    """Whether delivery is only spoken of: asked about, or to be changed without saying into what."""
    return any(words.matches(name, folded) for name in ("ask_delivery", "ask_stores", "status", "change"))


def _read_sentence(sentence: Sentence, words: Vocabulary) -> list[Act]:
    talk, text = _small_talk(sentence, words)
    return [*talk, *_read_matter(text, sentence, words)] if _has_words(text) else talk


def _small_talk(sentence: Sentence, words: Vocabulary) -> tuple[list[Act], str]:
    """Greetings and thanks, and the text without them and without padding."""
    acts: list[Act] = []
    text = _without_apology(sentence.text, sentence.before, words)
    for name in ("because", "chatter", "please"):
        while match := words.matches(name, text):
            text = blank(text, match)
    for name in _TALK:
        if words.matches(name, text):
            acts.append(Act(ActKind(name)))
        while match := words.matches(name, text):
            text = blank(text, match, ",")
    return acts, text


def _without_apology(text: str, before: str, words: Vocabulary) -> str:
    """`my spanish is terrible, sorry`: ill said of one's own beside an apology is no complaint; `sorry, but …` leads to one."""
    ill = words.matches("complaint", text)
    own = words.matches("ill_of_own", text[: ill.start()]) if ill is not None else None
    if ill is None or own is None or any(words.matches(name, own.group()) for name in ("whole_order", "deliver")):
        return text
    said = f"{before}\n{text}"
    start = len(said) - len(text) + ill.start()
    leading = [said[match.end() : start].split() for match in words.patterns["apology"].finditer(said)]
    if all(set(between) & set(closed_phrases()["but"]) for between in leading):
        return text
    return text[: own.start()] + " " * (ill.end() - own.start()) + text[ill.end() :]


def _without_parting(rest: str, words: Vocabulary) -> str:
    """`…, sorry man`: an apology that ends the sentence behind a cancellation, with whom it is made to, names no thing."""
    said = words.matches("apology", rest)
    is_last = said is not None and len(re.findall(r"\w+", rest[said.end() :])) <= 1 and not re.search(r"\d", rest[said.end() :])
    return rest[: said.start()] + " " * (len(rest) - said.start()) if said is not None and is_last else rest


def _settled(text: str, before: str, words: Vocabulary) -> tuple[ActKind, re.Match[str]] | None:
    """What settles a sentence, and where it says so."""
    for name in _SIMPLE:
        match = words.matches(name, text)
        is_kept = name in ("clear", "cancel") and words.matches("all_but", text) is not None
        if match is not None and not is_kept and not (name == "cancel" and _is_of_one(text, match, before)):
            return _KINDS.get(name) or ActKind(name), match
    return None


def _read_matter(text: str, sentence: Sentence, words: Vocabulary) -> list[Act]:
    """What a sentence is about, beside small talk."""
    if not sentence.is_question and (way := way_to_pay(text)) and _is_only(text, way["method_words"], words):
        return [Act(ActKind.PAY_INTENT, payment=way)]
    if (settled := _settled(text, sentence.before, words)) is not None:
        kind, said = settled
        return [Act(kind), *_rest_of(kind, blank(text, said, "|"), said.end(), sentence, words)]
    if question := _question(text, sentence, words):
        return question
    if (match := words.matches("pay_intent", text)) is not None:
        return [Act(ActKind.PAY_INTENT, payment=way_to_pay(text)), *_beside_payment(text, match, words)]
    return _read_rest(text, sentence, words)


def _is_only(text: str, named: str, words: Vocabulary) -> bool:
    """`en efectivo, por favor`: besides the way of paying there is nothing but small words."""
    rest = without("pay_intent", text.replace(named, " "), words, " ")
    small = words.fillers | words.articles | words.prepositions
    return all(word in small for word in re.findall(r"\w+", rest))


def _beside_payment(text: str, match: re.Match[str], words: Vocabulary) -> list[Act]:
    """`2 kg de papa y una sal, pago en efectivo`: what is ordered before the words about paying, or behind their comma."""
    behind = text[match.end() :].partition(",")[2]
    return [act for act in goods_said(f"{text[: match.start()]},{behind}") if act.phrase and act.quantity is not None]


def _read_rest(text: str, sentence: Sentence, words: Vocabulary) -> list[Act]:
    """A refusal, what is ordered, and whether that was all."""
    acts: list[Act] = []
    if words.matches("refuse", text):
        acts.append(Act(ActKind.REFUSE, is_hold=words.matches("hold", text) is not None))
        text = without("hold", without("refuse", text, words), words)
    endings = [match.group() for match in words.patterns["finish"].finditer(text)]
    items = list(goods_said(without("finish", text, words)))
    if acts and len(items) == 1 and items[0].kind is ActKind.ADD and not items[0].phrase:
        # `no espera, 3`: not so many of what was said last.
        items = [replace(items[0], kind=ActKind.SET)]
    if not (acts or items) and words.matches("not_wanted", text):
        acts.append(Act(ActKind.REFUSE))
    if sentence.is_question:
        items = items or _size_alone(text, words)
        is_order = any(act.quantity is not None for act in items)
        items = [act if is_order and act.is_single else _as_question(act, text) for act in items]
    return [*acts, *items, *([Act(ActKind.FINISH)] if endings else [])]


def _size_alone(text: str, words: Vocabulary) -> list[Act]:
    """`¿y en talle L?`, `¿y en L?`: a size of what the thread is about."""
    said = content_of(text)
    is_led = any(word in words.size_words or word in ("en", "in", "em") for word in text.split())
    is_size = is_led and bool(said) and all(word in words.size_words or len(word) <= len("XXL") for word in said)
    return [Act(ActKind.ADD, " ".join(said))] if is_size else []


def _as_question(act: Act, text: str) -> Act:
    """`¿y el atún?` asks for the price; with a quantity it is a polite order."""
    if act.kind is ActKind.ADD and act.quantity is None and not act.is_wished:
        known = vocabulary()
        besides = set(re.findall(r"\w+", text)) - known.articles - known.conjunctions - known.prepositions - known.size_words
        return Act(ActKind.ASK_PRICE, act.phrase, is_bare=not besides <= set(act.phrase.split()))
    return act


def _has_words(text: str) -> bool:
    return bool(re.search(r"\w|[^\W\d_]|[\u2001-\U0010ffff]", text))


def _is_of_one(text: str, match: re.Match[str], before: str) -> bool:
    """`cancela el aceite`, `el aceite, ya no lo quiero` are about a thing; `cancela`, `cancela el 1038` call all off."""
    words = vocabulary()
    if words.matches("whole_order", match.group()):
        return False
    said = _NUMBER_OF_ORDER.sub(" ", without("cancel", f"{before}\n{text}", words))
    # Words that mean something of their own are things only behind an article: `la sal`, but `puedo`.
    led = {second for first, second in pairwise(re.findall(r"\w+", said)) if first in words.articles}
    named = {word for act in goods_said(said) for word in act.phrase.split()}
    return bool(content_of(_NUMBER_OF_ORDER.sub(" ", text[match.end() :])) or named - closed_words() or named & led)


def _rest_of(kind: ActKind, rest: str, after: int, sentence: Sentence, words: Vocabulary) -> list[Act]:
    """What a settled sentence may still order: `hacen delivery? quiero 2 panes`; only with a quantity, to be sure."""
    if kind in _ORDERS_NOTHING:
        return []
    if kind in _ORDERS_ON_DEMAND:
        # What was ordered before a cancellation is called off as well.
        later = goods_said(" " * after + rest[after:] if kind in (ActKind.CANCEL, ActKind.CLEAR) else rest)
        before = _named_before(rest, sentence, words) if kind is ActKind.HAGGLE else []
        corrected = [act for act in later if kind is ActKind.HAGGLE and act.kind is ActKind.SET]
        if taken := [act for act in later if act.kind is ActKind.REMOVE and act.phrase]:
            # `quita el bistec, está muy caro`
            return taken
        asked = [act for act in later if act.is_wished]
        return before or [act for act in (*corrected, *asked) if act.phrase and act.quantity is not None]
    if kind in _QUESTIONS and words.matches("ask_price", rest):
        return [act for act in _question(rest, sentence, words) if act.phrase]
    return [act for act in goods_said(rest) if act.phrase and act.quantity is not None]


def _named_before(rest: str, sentence: Sentence, words: Vocabulary) -> list[Act]:
    """`una batería, te doy 2000`: ordered all the same, if it stands apart and is not part of a question."""
    said, comma, _ = rest.partition("|")[0].rstrip().rpartition(",")
    if sentence.is_question or not comma or rest.partition("|")[0].rstrip()[-1:] != ",":
        return []
    return [act for act in goods_said(said) if act.phrase and act.quantity is not None]


def _question(text: str, sentence: Sentence, words: Vocabulary) -> list[Act]:
    """Questions about the price or the availability of products."""
    for name, kind in (("ask_price", ActKind.ASK_PRICE), ("ask_availability", ActKind.ASK_AVAILABILITY)):
        match = words.matches(name, text)
        if match is None:
            continue
        if kind is ActKind.ASK_AVAILABILITY and not sentence.is_question and _states_an_order(text, match, words):
            continue
        before, text = _ordered_before(text, match, words)
        text = blank(text, match, "|")
        for again in ("ask_price", "ask_availability", "question_word", "cheapest"):
            while more := words.matches(again, text):
                text = blank(text, more, "|")
        order = words.patterns["order_verb"].search(text, match.start())
        tail, head = "", text
        if order and order.start() > match.start():
            head, tail = text[: order.start()], text[order.end() :]
        named = [said for said in goods_said(without("order_verb", head, words)) if said.phrase]
        asked = [Act(kind, said.phrase, said.quantity, said.unit) for said in named]
        return [*before, *(asked or [Act(kind)]), *goods_said(tail)]
    return []


def _ordered_before(text: str, match: re.Match[str], words: Vocabulary) -> tuple[list[Act], str]:
    """What was ordered before the question in the same breath: `2 arroz y cuánto vale el aceite`."""
    before = list(goods_said(text[: match.start()]))
    if not any(act.phrase and act.quantity is not None for act in before):
        return [], text
    return before, " " * match.start() + text[match.start() :]


def _states_an_order(text: str, match: re.Match[str], words: Vocabulary) -> bool:
    verb = words.matches("order_verb", text)
    return verb is not None and verb.start() < match.start()
