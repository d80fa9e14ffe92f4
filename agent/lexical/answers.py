"""Answers to the open question: which of the offered products, how many, add or replace."""

import re

from agent.brief import Brief
from agent.lexical.acts import Act, ActKind
from agent.lexical.normalise import tokenise
from agent.lexical.phrases import Mention, mentions
from agent.lexical.products import choose
from agent.lexical.quantities import find_quantities, in_figures
from agent.lexical.vocabulary import Vocabulary, vocabulary
from tools.context import Pending

_CHOICES = frozenset({"choose_product", "offered", "choose_store", "choose_method", "choose_order"})


def answer(folded: str, brief: Brief) -> list[Act] | None:
    """The acts of a text that answers the open question; None if it speaks of something else."""
    pending = brief.pending
    words = vocabulary()
    if pending is None or "?" in folded or any(words.matches(name, folded) for name in ("human", "cancel", "ask_price")):
        return None
    if pending.kind == "choose_product" and (changed := _other_quantity(folded, pending, words)):
        return [changed]
    if pending.kind in _CHOICES:
        return _which(folded, pending, words)
    if pending.kind == "choose_quantity":
        return _how_many(folded, words)
    if pending.kind == "replace_draft":
        return _add_or_replace(folded, words)
    if words.matches("refuse", folded) or words.matches("none", folded):
        return [Act(ActKind.REFUSE)]
    return [Act(ActKind.CONFIRM)] if words.matches("affirm", folded) else None


def _split(folded: str) -> tuple[str, str]:
    """The answer and what else was said after it."""
    found = vocabulary().matches("and_then", folded)
    return (folded[: found.start()], folded[found.end() :]) if found else (folded, "")


def _which(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    is_offer = pending.kind == "offered"
    options = [(option.sku, option.name) for option in pending.options]
    head, tail = _split(folded)
    if _names_several(head, words):
        if is_offer:
            return None
        head, _, behind = head.partition(",")
        tail = ", ".join(part for part in (behind, tail) if part.strip())
    if words.matches("both", head) and options and not is_offer:
        return [Act(ActKind.CHOOSE, details={"sku": sku, "each": "1"}) for sku, _ in options[:5]]
    if words.matches("none", head) and not is_offer:
        return [Act(ActKind.CHOOSE_NONE)]
    if words.matches("any_of_them", head) and options:
        return [Act(ActKind.CHOOSE, details={"sku": options[0][0]}), *_more(tail)]
    found = _by_place(head, len(options), words, is_offer)
    mention = _mention(head, words)
    sku = options[found][0] if found is not None else None
    if sku is None and not (mention and mention.quantity is not None and is_offer and not mention.phrase):
        sku = choose(_choice_words(head, mention, words), options, is_sure=is_offer)
    if sku is None and is_offer and len(options) == 1 and mention is not None and not mention.phrase:
        sku = options[0][0]
    if sku is None:
        return None
    if mention is None or not _counts(head, mention, pending, by_place=found is not None):
        return [Act(ActKind.CHOOSE, details={"sku": sku}), *_more(tail)]
    return [Act(ActKind.CHOOSE, quantity=mention.quantity, unit=mention.unit, details={"sku": sku}), *_more(tail)]


def _other_quantity(folded: str, pending: Pending, words: Vocabulary) -> Act | None:
    """`no, mejor 3 de arroz`: how many of what is being asked about; which one is still open."""
    if not (words.matches("second_thought", folded) or words.matches("set_quantity", folded)):
        return None
    text = folded
    for name in ("set_quantity", "refuse"):
        while match := words.matches(name, text):
            text = text[: match.start()] + "," + " " * (match.end() - match.start() - 1) + text[match.end() :]
    found = [mention for mention in mentions(_without_verbs(text, words)) if mention.quantity is not None]
    asked = set(str(pending.arguments.get("product", "")).split())
    if len(found) != 1 or not set(found[0].phrase.split()) <= asked:
        return None
    return Act(ActKind.CHOOSE, quantity=found[0].quantity, unit=found[0].unit)


def _counts(head: str, mention: Mention, pending: Pending, *, by_place: bool) -> bool:
    """Whether the number in an answer says how many, and not which one."""
    if mention.quantity is None or (by_place and not _says_how_many(head)):
        return False
    is_known = pending.kind != "offered" and pending.arguments.get("quantity") is not None
    return by_place or not (is_known and _describes(head, vocabulary()))


def _more(tail: str) -> list[Act]:
    """What is said after the answer is read like any text."""
    return [Act(ActKind.UNKNOWN, phrase=tail)] if tail.strip() else []


def _by_place(head: str, count: int, words: Vocabulary, is_offer: bool) -> int | None:
    """`la primera`, `la última`, a bare `2`."""
    ordinals = [words.ordinals[word] for word in re.findall(r"\w+", head) if word in words.ordinals and word != "cuarto"]
    if ordinals:
        place = ordinals[0] - 1 if ordinals[0] > 0 else count - 1
        return place if 0 <= place < count else None
    bare = re.fullmatch(r"\W*(?:el|la|opcion|numero|nro|option|number|#)?\W*(\d{1,2})\W*", head)
    if bare and not is_offer and 1 <= int(bare[1]) <= count:
        return int(bare[1]) - 1
    return None


def _says_how_many(head: str) -> bool:
    """`dame 2 de la primera`: the number says how many, the ordinal which."""
    return vocabulary().matches("so_many_of", head) is not None


def _names_several(head: str, words: Vocabulary) -> bool:
    """A list of things is an order of its own, not the choice of one."""
    return len([mention for mention in mentions(_without_verbs(head, words)) if mention.phrase]) > 1


def _without_verbs(head: str, words: Vocabulary) -> str:
    text = head
    for match in words.patterns["order_verb"].finditer(head):
        text = text[: match.start()] + "|" + " " * (match.end() - match.start() - 1) + text[match.end() :]
    return text


def _describes(head: str, words: Vocabulary) -> bool:
    """`la de 1 kg`, `el de 500`, `talle 40`: the number tells the option apart."""
    begins = re.match(r"\W*(?:l[aeo]s?|el)?\s*(?:de|del)\b", head) is not None
    return begins or any(token.text in words.size_words for token in tokenise(head))


def _mention(head: str, words: Vocabulary) -> Mention | None:
    found = mentions(_without_verbs(head, words))
    return found[0] if found else None


def _choice_words(head: str, mention: Mention | None, words: Vocabulary) -> str:
    """The words that tell the options apart, without verbs; sizes stay."""
    text = head
    for name in ("order_verb", "please", "thanks", "affirm"):
        for match in words.patterns[name].finditer(head):
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    if mention is not None and mention.quantity is not None and mention.phrase and not _describes(head, words):
        return mention.phrase
    return in_figures(" ".join(text.split()))


def _how_many(folded: str, words: Vocabulary) -> list[Act] | None:
    head, tail = _split(folded)
    if words.matches("none", head) or words.matches("refuse", head):
        return [Act(ActKind.CHOOSE_NONE)]
    mention = _mention(head, words)
    quantities = find_quantities(tokenise(head))
    if mention is None or mention.quantity is None or mention.phrase or len(quantities) != 1:
        return None
    each = {"each": "1"} if re.search(r"\b(?:cada|each)\b", head) else {}
    return [Act(ActKind.CHOOSE, quantity=mention.quantity, unit=mention.unit, details=each), *_more(tail)]


def _add_or_replace(folded: str, words: Vocabulary) -> list[Act] | None:
    if words.matches("replace_answer", folded):
        return [Act(ActKind.CHOOSE, details={"sku": "replace"})]
    if words.matches("add_answer", folded):
        return [Act(ActKind.CHOOSE, details={"sku": "add"})]
    return None
