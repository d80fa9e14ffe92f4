"""What a message leaves unsaid because the thread has it: `y en talle L?`, `la de cuero?`, `dos de esas`, said in full.

A message that points at a product without naming it gets its SKU, which holds no quantity, where a pronoun stood: `quiero
este y un aceite` quoting the flour asks for two things, and `lo quiero` and `quiero más información` are about what the
message was sent from. A number alone needs no help: it answers the open question of how many.

The subject of a thread is what was offered or asked about last, else the last line of the order. Words that fit it are
looked for among its like before the whole catalogue; words that name another product change the subject.
"""

import re
from dataclasses import replace

from agent.brief import Brief, BriefMessage
from agent.lexical.acts import SMALL_TALK, Act, ActKind
from agent.lexical.products import Catalogue
from agent.lexical.reader.goods import Product
from agent.lexical.spelling import clean
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from domain.catalog.search import rank
from domain.catalog.words import read
from domain.conversations.content import Text
from tools.context import PROPOSED

_ASKS = frozenset({ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY})
_COUNTS = frozenset({ActKind.ADD, ActKind.MORE})
_OF_GOODS = PROPOSED | {"offered", "choose_quantity"}
_AS_GOOD = 0.02
"""Scores this near to the best are as good as it."""
_MOST_OTHERS = 3


def subject(brief: Brief) -> list[tuple[str, str]]:
    """The products (SKU, name) that the thread is about."""
    asked = next((point for point in brief.points if point.options and point.kind in _OF_GOODS), None)
    if asked is not None:
        return [(option.sku, option.name) for option in asked.options]
    lines = brief.draft.lines[-1:] if brief.draft is not None else []
    return [(line.sku, line.name) for line in lines]


def spelled_out(brief: Brief) -> Brief:
    """The brief with what each message points at, or was sent from, in its words."""
    return brief.model_copy(update={"messages": [_spelled_out(message) for message in brief.messages]})


def _spelled_out(message: BriefMessage) -> BriefMessage:
    meant = _in_words([(product.sku, product.name) for product in message.products])
    words, folded = vocabulary(), fold(message.text)
    if not meant or not message.text:
        return message
    if asked := words.matches("asks_about_it", folded):
        return _with_said(message, asked, f"{_PRICE}{meant}")
    wanted = words.matches("wants_it", folded) or (words.matches("and_then", folded) and words.matches("it", folded))
    return _with_said(message, wanted, meant) if wanted else message


_PRICE = "cuanto cuesta "
"""A question that is answered with what is known of a product; all languages are read at once, so one of them will do."""


def with_pronouns_said(brief: Brief) -> Brief:
    """The brief with what `of those` means in its words."""
    meant = _in_words(subject(brief))
    if not meant:
        return brief
    return brief.model_copy(update={"messages": [_with_pronoun_said(message, meant) for message in brief.messages]})


def _with_pronoun_said(message: BriefMessage, meant: str) -> BriefMessage:
    found = vocabulary().matches("of_those", fold(message.text)) if isinstance(message.content, Text) else None
    return message if found is None or not message.text else _with_said(message, found, f" {meant}")


def _in_words(about: list[tuple[str, str]]) -> str:
    """The SKU of the one product that is meant, or what several are called together."""
    return about[0][0] if len(about) == 1 else " ".join(common_words(about))


def _with_said(message: BriefMessage, found: re.Match[str], said: str) -> BriefMessage:
    return message.saying(f"{message.text[: found.start()]}{said}{message.text[found.end() :]}")


async def continued(brief: Brief, acts: list[Act], catalogue: Catalogue) -> list[Act]:
    """The acts of a turn with the subject of the thread in those that leave it out."""
    about = subject(brief)
    if not about:
        return acts
    said = " ".join(fold(clean(message.text)) for message in brief.messages if isinstance(message.content, Text))
    is_alone = sum(act.kind not in SMALL_TALK for act in acts) == 1
    thread = _Thread(about, said, catalogue)
    return [full for act in acts for full in await thread.complete(act, is_alone=is_alone)]


class _Thread:
    """One subject and what is said next."""

    def __init__(self, about: list[tuple[str, str]], said: str, catalogue: Catalogue) -> None:
        self.about = about
        self.said = said
        self.catalogue = catalogue
        self.words = common_words(about)

    async def complete(self, act: Act, *, is_alone: bool) -> list[Act]:
        """An act with the subject in it, if it leaves that out."""
        if not self.words:
            return [act]
        if not act.phrase and is_alone and (size := self._size()) is not None and act.kind in _ASKS | _COUNTS:
            return [Act(ActKind.ASK_PRICE, phrase) for phrase in await self._full(size)]
        if act.kind in _ASKS and act.phrase:
            return [replace(act, phrase=said, quantity=None, is_bare=False) for said in await self._full(act.phrase)] or [act]
        if act.kind is ActKind.MORE and not act.phrase and "?" in self.said and vocabulary().matches("the_other", self.said):
            return [Act(ActKind.ASK_PRICE, phrase) for phrase in await self._others()] or [act]
        if act.kind is ActKind.ADD and not act.phrase and act.quantity is not None and is_alone and len(self.about) > 1:
            return [replace(act, phrase=" ".join(self.words))]
        return [act]

    def _size(self) -> str | None:
        """`hay en 38?` of what comes in numbered sizes."""
        asked = re.search(r"\b(?:en|in|em) (?:el |la |the |o |a )?(\d{1,3})\b", self.said) if "?" in self.said else None
        words = {word for _, name in self.about for word in fold(name).split()} & vocabulary().size_words
        is_numbered = any(re.search(rf"\b(?:{'|'.join(words)}) \d", fold(name)) for _, name in self.about) if words else False
        return f"{min(words)} {asked[1]}" if asked is not None and is_numbered else None

    async def _full(self, phrase: str) -> list[str]:
        """The SKU or the words that a phrase means of the subject; none if it speaks of something else."""
        kind = " ".join(self.words)
        products = list((await self.catalogue.shelf(f"{kind} {phrase}")).products)
        is_elliptic = vocabulary().matches("the_one_with", self.said) is not None or _is_description(phrase)
        if not is_elliptic and _names_a_thing(phrase, products):
            return []
        for count in range(len(self.words), 0, -1):
            full = f"{' '.join(self.words[:count])} {phrase}"
            found = _fitting(full, phrase, products)
            if found:
                return [found[0].sku if len(found) == 1 else full]
        if not is_elliptic:
            return []
        # Nothing of the kind is so: that is said, and the kind shown, not whatever else is of leather.
        full = f"{kind} {phrase}"
        return [full] if (await self.catalogue.decide(full)).hits else [full, kind]

    async def _others(self) -> list[str]:
        """The others of the kind, each kind of them once, in whatever sizes."""
        noun, known = self.words[0], {sku for sku, _ in self.about}
        own = {" ".join(_plain_name(name)) for _, name in self.about}
        like = [
            one for one in (await self.catalogue.shelf(noun)).products if one.sku not in known and _names_a_thing(noun, [one])
        ]
        return list(dict.fromkeys(name for one in like if (name := " ".join(_plain_name(one.name))) not in own))[:_MOST_OTHERS]


def _fitting(full: str, phrase: str, products: list[Product]) -> list[Product]:
    """The products that have all the words, and the numbers, of a phrase."""
    by_sku = {product.sku: product for product in products}
    numbers = set(re.findall(r"\d+", phrase))
    hits = rank(full, [product.candidate for product in products])
    whole = [
        hit
        for hit in hits
        if not any(one.unmatched for one in rank(full, [by_sku[hit.sku].candidate]))
        and numbers <= set(re.findall(r"\d+", hit.name))
    ]
    return [by_sku[hit.sku] for hit in whole if whole[0].score - hit.score <= _AS_GOOD]


def _names_a_thing(phrase: str, products: list[Product]) -> bool:
    """Whether one of the words is what something on sale is called, and not only what it is like."""
    heads = {
        form for one in products for name in (one.name, *one.aliases) for known in read(name).words[:1] for form in known.forms
    }
    return any(typed.forms & heads for typed in read(phrase).words)


def common_words(about: list[tuple[str, str]]) -> list[str]:
    """The words that the names of all begin with, without their sizes."""
    names = [_plain_name(name) for _, name in about]
    shared = []
    for words in zip(*names, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    while shared and shared[-1] in vocabulary().fillers | vocabulary().articles | vocabulary().linking:
        shared.pop()
    return shared


def _plain_name(name: str) -> list[str]:
    """The folded words of a name, without its size."""
    words = []
    for word in fold(name).split():
        if word in vocabulary().size_words:
            break
        if not any(character.isdigit() for character in word) and word not in vocabulary().units:
            words.append(word)
    return words


def _is_description(phrase: str) -> bool:
    """Only a size or a number, such as `500 gramos`, `talle m`: it describes what was just named."""
    words = vocabulary()
    said = words.units.keys() | words.size_words | words.fillers
    return phrase.split()[0] in words.size_words or all(
        piece[0].isdigit() or piece in said for piece in re.findall(r"\d+(?:[.,/]\d+)*|[^\W\d]+", phrase)
    )
