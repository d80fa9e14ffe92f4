"""Answers to the open question: which of the offered products, how many, add or replace."""

import re
from dataclasses import replace
from decimal import Decimal

from agent.brief import Brief
from agent.lexical.acts import Act, ActKind
from agent.lexical.details import Details, Page, read_payment
from agent.lexical.items import without
from agent.lexical.normalise import tokenise
from agent.lexical.phrases import Mention, mentions
from agent.lexical.products import among, choose, content_words
from agent.lexical.quantities import find_quantities, in_figures
from agent.lexical.vocabulary import Vocabulary, vocabulary
from core.language.folding import fold
from domain.catalog.words import read
from tools.context import NOTES, PROPOSED, Pending

_PRODUCTS = PROPOSED | {"offered"}
_CHOICES = _PRODUCTS | {"choose_store", "choose_method", "choose_order"}


def answer(folded: str, brief: Brief) -> list[Act] | None:
    """The acts of a text that answers an open point; None if it speaks of something else.

    A number or a name answers the first; what names a product of another one answers that. What is said of a note is
    an order of its own.
    """
    words = vocabulary()
    if "?" in folded or any(words.matches(name, folded) for name in ("human", "cancel", "ask_price")):
        return None
    if any(point.is_question for point in brief.points):
        if _is_nothing_but("finish", folded, words) and not words.matches("that_one", folded):
            return None
        if _is_nothing_but("none", folded, words) or _is_nothing_but("refuse", folded, words):
            return [Act(ActKind.CHOOSE_NONE)]
    answerable = [(place, point) for place, point in enumerate(brief.points) if point.kind not in NOTES]
    for place, point in answerable:
        acts = _answer(folded, point, words)
        if acts and (place == answerable[0][0] or _names(acts[0], point)):
            return [_of_point(_in_pairs(act, folded, words), place) for act in acts]
    return None


def _in_pairs(act: Act, folded: str, words: Vocabulary) -> Act:
    """`un par`: two, or one of what is sold by the pair."""
    pair = next((token.text for token in tokenise(folded) if token.text in words.pairs), None)
    if pair is None or act.kind is not ActKind.CHOOSE or act.quantity is None:
        return act
    return replace(act, details={**act.details, "container": pair})


def _is_nothing_but(name: str, folded: str, words: Vocabulary) -> bool:
    """`no`, `no gracias`, `eso es todo`: the words of one pattern, and courtesy at most."""
    found = words.matches(name, folded)
    rest = "" if found is None else f"{folded[: found.start()]} {folded[found.end() :]}"
    return found is not None and not content_words(without("thanks", without("please", rest, words), words))


def _names(act: Act, point: Pending) -> bool:
    """Whether an answer picks one of several products out, so that no other point can be meant."""
    return act.kind is ActKind.CHOOSE and "sku" in act.details and len(point.options) > 1


def _of_point(act: Act, place: int) -> Act:
    if act.kind not in (ActKind.CHOOSE, ActKind.CHOOSE_NONE) or not place:
        return act
    return replace(act, details={**act.details, "point": str(place)})


def _answer(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    if pending.tool == "register_payment" and (paid := _payment(folded)):
        return [paid]
    if pending.kind in _PRODUCTS and len(pending.options) == 1 and words.matches("that_one", folded):
        # `sí, ese` to "did you mean…?"
        return [Act(ActKind.CHOOSE, details={"sku": pending.options[0].sku})]
    if pending.kind == "choose_product" and (changed := _other_quantity(folded, pending, words)):
        return [changed]
    if pending.kind == "which_order" and (meant := _new_or_placed(folded, pending, words)):
        return [meant]
    if pending.kind in _CHOICES:
        taken = _takes(folded, pending, words) if pending.is_proposal else None
        return [taken] if taken else _which(folded, pending, words)
    if pending.kind == "number":
        return _of_what(folded, pending, words)
    if pending.kind == "choose_quantity":
        return _how_many(folded, pending, words)
    if pending.kind == "replace_draft":
        return _add_or_replace(folded, words)
    if words.matches("refuse", folded) or words.matches("none", folded):
        return [Act(ActKind.REFUSE)]
    return [Act(ActKind.CONFIRM)] if words.matches("affirm", folded) else None


def _new_or_placed(folded: str, pending: Pending, words: Vocabulary) -> Act | None:
    """`uno nuevo`, `al mismo`, `al 1001`: an order of its own, or the placed one."""
    placed, new = pending.options[0].sku, pending.options[-1].sku
    wants_new = words.matches("new_order", folded) is not None
    wants_placed = words.matches("same_order", folded) is not None or re.search(rf"\b{placed}\b", folded) is not None
    if wants_new is wants_placed:
        return None
    return Act(ActKind.CHOOSE, details={"sku": new if wants_new else placed})


def _takes(folded: str, pending: Pending, words: Vocabulary) -> Act | None:
    """`dame las 19 entonces`, `sí, mandame esos`: what is proposed, or another quantity of it, and nothing else."""
    text = _without_verbs(_affirmed(folded, words), words)
    if words.matches("refuse", folded) or _is_pointed_at(text) or _describes(text, words):
        return None
    said = [word for word in content_words(text) if word not in words.articles]
    quantities = find_quantities(tokenise(text))
    counted = {token.text for quantity in quantities for token in tokenise(text)[quantity.start : quantity.end]}
    is_wish = text != folded
    if len(quantities) > 1 or set(said) - counted or not (quantities or is_wish):
        return None
    quantity = quantities[0].value if quantities else None
    return Act(ActKind.CHOOSE, quantity=quantity, details={"sku": pending.options[0].sku})


def _of_what(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    """`de queso blanco`, `250 de queso` to "250 of what?": the product that the number counts."""
    found = [mention for mention in mentions(_without_verbs(folded, words)) if mention.phrase]
    if len(found) != 1 or found[0].quantity not in (None, Decimal(str(pending.arguments.get("quantity", 0)))):
        return None
    return [Act(ActKind.CHOOSE, found[0].phrase, found[0].quantity, found[0].unit)]


def _payment(folded: str) -> Act | None:
    """What is told of a payment while its method or its reference is asked for; a method alone is a choice."""
    details = Details()
    read_payment(Page.of(folded), details, expected=True, is_question=False)
    told = details.payment.keys() - {"method", "method_words"}
    return Act(ActKind.PAY, details=details.payment) if told else None


def _split(folded: str) -> tuple[str, str]:
    """The answer and what else was said after it; `kilo y medio` is one quantity."""
    tokens = tokenise(folded)
    spans = [(tokens[quantity.start].start, tokens[quantity.end - 1].end) for quantity in find_quantities(tokens)]
    for found in vocabulary().patterns["and_then"].finditer(folded):
        if not any(start < found.start() < end for start, end in spans):
            return folded[: found.start()], folded[found.end() :]
    return folded, ""


def _which(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    is_offer = pending.kind == "offered"
    options = [(option.sku, option.name) for option in pending.options]
    head, tail = _split(_without_pronoun(folded, words))
    if _names_several(head, words):
        if is_offer:
            return None
        head, _, behind = head.partition(",")
        tail = ", ".join(part for part in (behind, tail) if part.strip())
    both = words.matches("both", head)
    if both and options and not is_offer:
        return [*_all_of_them(head, both, pending, words), *_more(tail, pending, words)]
    if words.matches("none", head) and not is_offer:
        return [Act(ActKind.CHOOSE_NONE)]
    if words.matches("any_of_them", head) and options:
        return [Act(ActKind.CHOOSE, details={"sku": options[0][0]}), *_more(tail, pending, words)]
    chosen = _one_of_them(head, pending, words)
    if chosen is None:
        return None
    said = _mention(tail, words) if tail.strip() else None
    if said is not None and said.is_bare and said.quantity is not None and not words.matches("more", tail):
        # `la amarilla y ponme 3 mejor`: how many of the one that was chosen
        return [replace(chosen, quantity=said.quantity, unit=said.unit)]
    return [chosen, *_more(tail, pending, words)]


def _one_of_them(head: str, pending: Pending, words: Vocabulary) -> Act | None:
    """The option that an answer picks out by its place, its words or its figures, and how many if it says so."""
    is_offer = pending.kind == "offered"
    options = [(option.sku, option.name) for option in pending.options]
    found = _by_place(head, len(options), words, is_offer)
    mention = _mention(head, words)
    sku = options[found][0] if found is not None else _by_letter(head, options) or _by_size(head, options, words)
    is_count = mention is not None and mention.quantity is not None and is_offer and not mention.phrase
    if sku is None and not is_count:
        sku = choose(_choice_words(head, mention, words), options, is_sure=is_offer)
        sku = sku or choose(_choice_words(head, None, words), options, is_sure=is_offer)
        sku = sku or (choose(mention.phrase, options, is_sure=is_offer) if mention is not None else None)
    if sku is None and len(options) == 1 and _is_mere_count(head, mention, words):
        sku = options[0][0]
    if sku is None and is_offer and len(options) == 1 and mention is not None and not mention.phrase:
        sku = options[0][0]
    if sku is None:
        return None if is_offer else _narrowed(head, pending, mention, words)
    if mention is None or not _counts(head, mention, pending, by_place=found is not None):
        return Act(ActKind.CHOOSE, details={"sku": sku})
    unit = None if _by_letter(head, options) else mention.unit
    return Act(ActKind.CHOOSE, quantity=mention.quantity, unit=unit, details={"sku": sku})


def _all_of_them(head: str, both: re.Match[str], pending: Pending, words: Vocabulary) -> list[Act]:
    """`las dos` are the options, one of each; `las dos de 500` says which of them both shall be."""
    options = [(option.sku, option.name) for option in pending.options]
    rest = head[: both.start()] + " " * (both.end() - both.start()) + head[both.end() :]
    is_each = words.matches("one_of_each", head) is not None
    count = next((quantity.value for quantity in find_quantities(tokenise(both.group()))), None)
    count = Decimal(2) if count is None and words.matches("two_of_them", both.group()) else count
    known = pending.arguments.get("quantity")
    if not is_each and content_words(rest):
        sku = choose(_choice_words(rest, None, words), options)
        if sku is None:
            return [Act(ActKind.UNKNOWN)]
        return [Act(ActKind.CHOOSE, quantity=count if known is None else None, details={"sku": sku})]
    if is_each:
        each = next((quantity.value for quantity in find_quantities(tokenise(head))), Decimal(1))
        return [Act(ActKind.CHOOSE, quantity=each, details={"sku": sku}) for sku, _ in options[:5]]
    if count not in (None, len(options)) or (known is not None and Decimal(str(known)) not in (1, len(options))):
        return [Act(ActKind.UNKNOWN)]
    return [Act(ActKind.CHOOSE, details={"sku": sku, "each": "1"}) for sku, _ in options[:5]]


def _narrowed(head: str, pending: Pending, mention: Mention | None, words: Vocabulary) -> Act | None:
    """`las del tsuru`, `the 5 lb one`: more of what is asked for, though not yet which; it is looked up together."""
    asked = str(pending.arguments.get("product", ""))
    if not asked or pending.kind != "choose_product":
        return None
    said = content_words(_without_verbs(head, words))
    is_description = all(any(letter.isdigit() for letter in word) or word in words.units for word in said)
    fits = [option for option in pending.options if among(" ".join(said), [(option.sku or "", option.name)]).hits]
    if not said or (not fits and not is_description) or (fits and _unheard(said, pending)):
        return None
    phrase = " ".join([asked, *content_words(in_figures(_choice_words(head, None, words)))])
    is_measure = mention is not None and not mention.phrase and (mention.unit is not None or _is_pointed_at(head))
    if is_measure or mention is None or mention.quantity is None or not _counts(head, mention, pending, by_place=False):
        return Act(ActKind.CHOOSE, phrase=phrase)
    return Act(ActKind.CHOOSE, phrase=f"{asked} {mention.phrase}", quantity=mention.quantity, unit=mention.unit)


def _unheard(said: list[str], pending: Pending) -> bool:
    """Whether a word is in none of the options: then something else is spoken of."""
    options = [(option.sku or "", option.name) for option in pending.options]
    return any(not any(among(word, [option]).hits for option in options) for word in said if not word.isdecimal())


def _without_pronoun(folded: str, words: Vocabulary) -> str:
    """`the big one` without its `one`, which is no number."""
    found = words.matches("pronoun_one", folded)
    if found is None or not content_words(folded[: found.start()]):
        return folded
    return folded[: found.start()] + " " * (found.end() - found.start()) + folded[found.end() :]


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
    if by_place:
        return True
    options = [(option.sku, option.name) for option in pending.options]
    if _by_letter(head, options) is not None:
        return True
    is_known = pending.kind != "offered" and pending.arguments.get("quantity") is not None
    figures = [token.text for token in tokenise(in_figures(head)) if token.kind == "number"]
    if len(figures) == 1 and not _says_how_many(head):
        measured = f"{figures[0]} {mention.unit or ''}".strip()
        picks = choose(measured, options) is not None
        if picks and (is_known or _is_pointed_at(head)):
            return False
    return not (is_known and mention.size)


def _is_pointed_at(head: str) -> bool:
    """`el 12`, `the 5 lb`: a figure behind a singular article says which."""
    words = vocabulary()
    first = next((token.text for token in tokenise(head) if token.is_word or token.kind == "number"), "")
    return first in words.singular_articles or first == "the"


def _more(tail: str, pending: Pending, words: Vocabulary) -> list[Act]:
    """What is said after the answer: another of the options, or else it is read like any text."""
    if not tail.strip():
        return []
    if pending.kind == "choose_product" and (other := _one_of_them(tail, pending, words)) and other.details.get("sku"):
        return [other]
    return [Act(ActKind.UNKNOWN, phrase=tail)]


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


def _by_letter(head: str, options: list[tuple[str, str]]) -> str | None:
    """`una m y una l`: a letter that is a size here, though it may be a litre or a metre elsewhere."""
    units = vocabulary().units
    said = {token.text for token in tokenise(head) if len(token.text) == 1 and token.text in units}
    found = [sku for sku, name in options if said & {token.text for token in tokenise(fold(name))}]
    return found[0] if len(found) == 1 else None


def _by_size(head: str, options: list[tuple[str, str]], words: Vocabulary) -> str | None:
    """`la grande`, `the small one`: where all options have a size, and each another."""
    is_large, is_small = words.matches("the_large", head), words.matches("the_small", head)
    sizes = [(size.amount, sku) for sku, name in options for size in read(name).sizes]
    dimensions = {size.dimension for _, name in options for size in read(name).sizes}
    is_clear = len(sizes) == len(options) == len({amount for amount, _ in sizes}) and len(dimensions) == 1
    if not is_clear or bool(is_large) is bool(is_small):
        return None
    return (max(sizes) if is_large else min(sizes))[1]


def _is_mere_count(head: str, mention: Mention | None, words: Vocabulary) -> bool:
    """`sí, 2`: nothing but how many of the one thing that is meant."""
    if mention is None or mention.quantity is None or mention.phrase or mention.unit or words.matches("refuse", head):
        return False
    return not _is_pointed_at(head) and len(content_words(_affirmed(head, words))) == 1


def _affirmed(head: str, words: Vocabulary) -> str:
    found = words.matches("affirm", head)
    return head[: found.start()] + " " * (found.end() - found.start()) + head[found.end() :] if found else head


def _says_how_many(head: str) -> bool:
    """`dame 2 de la primera`: the number says how many, the ordinal which."""
    return vocabulary().matches("so_many_of", head) is not None


def _names_several(head: str, words: Vocabulary) -> bool:
    """A list of things is an order of its own, not the choice of one."""
    return len([mention for mention in mentions(_without_verbs(head, words)) if mention.phrase]) > 1


def _without_verbs(head: str, words: Vocabulary) -> str:
    text = head
    verbs = [*words.patterns["order_verb"].finditer(head), *words.patterns["set_quantity"].finditer(head)]
    for match in verbs:
        text = text[: match.start()] + "|" + " " * (match.end() - match.start() - 1) + text[match.end() :]
    return text


def _describes(head: str, words: Vocabulary) -> bool:
    """`la de 1 kg`, `el de 500`, `talle 40`: the number tells the option apart."""
    begins = re.match(r"\W*(?:l[aeo]s?|el)?\s*(?:de|del)\b", head) is not None
    return begins or any(token.text in words.size_words for token in tokenise(head))


def _mention(head: str, words: Vocabulary) -> Mention | None:
    found = mentions(_without_verbs(_affirmed(head, words), words))
    return found[0] if found else None


def _choice_words(head: str, mention: Mention | None, words: Vocabulary) -> str:
    """The words that tell the options apart, without verbs; sizes stay."""
    text = head
    for name in ("order_verb", "please", "thanks", "affirm", "set_quantity", "refuse"):
        for match in words.patterns[name].finditer(head):
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    if mention is not None and mention.quantity is not None and mention.phrase and not _describes(head, words):
        return mention.phrase
    return in_figures(" ".join(text.split()))


def _how_many(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    head, tail = _split(without("chatter", folded, words, " "))
    if words.matches("none", head) or words.matches("refuse", head):
        return [Act(ActKind.CHOOSE_NONE)]
    mention = _mention(head, words)
    quantities = find_quantities(tokenise(head))
    if mention is None or mention.quantity is None or mention.phrase or len(quantities) != 1:
        return None
    each = {"each": "1"} if re.search(r"\b(?:cada|each)\b", head) else {}
    return [Act(ActKind.CHOOSE, quantity=mention.quantity, unit=mention.unit, details=each), *_more(tail, pending, words)]


def _add_or_replace(folded: str, words: Vocabulary) -> list[Act] | None:
    if words.matches("replace_answer", folded):
        return [Act(ActKind.CHOOSE, details={"sku": "replace"})]
    if words.matches("add_answer", folded):
        return [Act(ActKind.CHOOSE, details={"sku": "add"})]
    return None
