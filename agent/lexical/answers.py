"""Answers to an open question that are no goods of their own: yes and no, a store, a way to pay, an order, add or replace.

What names, counts or points to goods is read by the order reader, which has the open questions before it.
"""

import re

from agent.brief import Brief
from agent.lexical.acts import Act, ActKind
from agent.lexical.details import Details, Page, read_payment
from agent.lexical.products import choose
from agent.lexical.spoken import content_of
from agent.lexical.vocabulary import Vocabulary, vocabulary, without
from tools.context import NOTES, PROPOSED, Pending

_GOODS = PROPOSED | {"offered", "choose_quantity", "number"}
_CHOICES = frozenset({"choose_store", "choose_zone", "choose_method", "choose_order"})


def answer(folded: str, brief: Brief) -> list[Act] | None:
    """The acts of a text that answers an open point; None if it speaks of goods or of something else."""
    words = vocabulary()
    if "?" in folded or any(words.matches(name, folded) for name in ("human", "cancel", "ask_price")):
        return None
    is_end = _is_nothing_but("finish", folded, words) and not words.matches("that_one", folded)
    if is_end and any(point.is_question or point.kind == "offered" for point in brief.points):
        return None
    is_no = _is_nothing_but("none", folded, words) or _is_nothing_but("refuse", folded, words)
    if is_no and any(point.is_question for point in brief.points):
        return [Act(ActKind.CHOOSE_NONE)]
    first = next((point for point in brief.points if point.kind not in NOTES), None)
    return _answer(folded, first, words) if first is not None else None


def _is_nothing_but(name: str, folded: str, words: Vocabulary) -> bool:
    """`no`, `no gracias`, `eso es todo`: the words of one pattern, and courtesy at most."""
    found = words.matches(name, folded)
    rest = "" if found is None else f"{folded[: found.start()]} {folded[found.end() :]}"
    return found is not None and not content_of(without("thanks", without("please", rest, words), words))


def _answer(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    if pending.tool == "register_payment" and (paid := _payment(folded)):
        return [paid]
    if pending.kind in _GOODS:
        # `sí, ese`, `mándame esas` to "did you mean…?"
        wish = without("please", without("deictic", without("order_verb", folded, words), words), words)
        is_that = words.matches("that_one", folded) or (words.matches("deictic", folded) and not content_of(wish))
        is_that = is_that and len(pending.options) == 1 and pending.kind in PROPOSED | {"offered"}
        return [Act(ActKind.CHOOSE, sku=pending.options[0].sku)] if is_that else None
    if pending.kind == "which_order" and (meant := _new_or_placed(folded, pending, words)):
        return [meant]
    if pending.kind in _CHOICES:
        return _which(folded, pending, words)
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
    return Act(ActKind.CHOOSE, sku=new if wants_new else placed)


def _payment(folded: str) -> Act | None:
    """What is told of a payment while its method or its reference is asked for; a method alone is a choice."""
    details = Details()
    read_payment(Page.of(folded), details, expected=True, is_question=False)
    told = details.is_intent or details.payment.keys() - {"method", "method_words"}
    return Act(ActKind.PAY, payment=details.payment, is_intent=details.is_intent) if told else None


def _which(folded: str, pending: Pending, words: Vocabulary) -> list[Act] | None:
    """A store, a way to pay or an order, by its place in the list or its name."""
    if words.matches("none", folded):
        return [Act(ActKind.CHOOSE_NONE)]
    options = [(option.sku, option.name) for option in pending.options]
    place = _by_place(folded, len(options), words)
    if place is None and words.matches("any_of_them", folded) and options:
        place = 0
    sku = options[place][0] if place is not None else choose(folded, options)
    return [Act(ActKind.CHOOSE, sku=sku)] if sku is not None else None


def _by_place(folded: str, count: int, words: Vocabulary) -> int | None:
    """`la primera`, `la última`, a bare `2`."""
    ordinals = [words.ordinals[word] for word in re.findall(r"\w+", folded) if word in words.ordinals and word != "cuarto"]
    bare = re.fullmatch(r"\W*(?:el|la|opcion|numero|nro|option|number|#)?\W*(\d{1,2})\W*", folded)
    said = ordinals[0] if ordinals else int(bare[1]) if bare else 0
    place = said - 1 if said > 0 else count + said
    return place if said and 0 <= place < count else None


def _add_or_replace(folded: str, words: Vocabulary) -> list[Act] | None:
    if words.matches("replace_answer", folded):
        return [Act(ActKind.CHOOSE, sku="replace")]
    if words.matches("add_answer", folded):
        return [Act(ActKind.CHOOSE, sku="add")]
    return None
