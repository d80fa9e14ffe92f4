"""Product mentions in a stretch of text: which words name a thing, and which quantity belongs to it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from agent.lexical.normalise import Token, tokenise
from agent.lexical.quantities import Quantity, find_quantities
from agent.lexical.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Mention:
    """A product as the customer named it, with the quantity that was said beside it.

    `size` is a measure behind the name without another quantity ("café 250 g", "queso 300 g"): only the catalogue
    can tell whether it is a package size or how much is wanted.
    """

    phrase: str
    quantity: Decimal | None = None
    unit: str | None = None
    container: str | None = None
    size: bool = False
    is_pack: bool = False
    """Counted as `x3`, which may also be how many are in a pack."""
    is_single: bool = False
    """Named with a singular article: `la mochila` is one."""
    is_known: bool = False
    """Named with an article that points to what is spoken of: `el arroz`, not `an egg`."""
    is_some: bool = False
    """Named with a plural article: `unos tapetes`."""
    is_of: bool = False
    """Counted with its own number before `de`: `una de aguacates`."""
    dozen: Decimal | None = None
    """What it is counted by: `dos docenas de huevos`."""
    is_told: bool = False
    """Perhaps only where or with whom: `al taller`, `con el motorizado`."""

    @property
    def is_bare(self) -> bool:
        """Only a quantity, without a product."""
        return not self.phrase


@dataclass(frozen=True, slots=True)
class _Piece:
    """Either a quantity or a run of words."""

    words: tuple[Token, ...] = ()
    quantity: Quantity | None = None


def _is_attribute(tokens: list[Token], quantity: Quantity) -> bool:
    """`de 2 litros`, `talle 40`, `rin 15`, `2 pulgadas`: the number describes the thing."""
    words = vocabulary()
    previous = tokens[quantity.start - 1] if quantity.start else None
    if previous is None:
        return False
    if quantity.end < len(tokens) and tokens[quantity.end].text in words.dimensions:
        return True
    if previous.text in words.size_words:
        return True
    if quantity.is_marked or not (previous.text in words.prepositions or previous.text == "a"):
        return False
    return previous.text != "a" or quantity.unit is not None


def _is_occasion(tokens: list[Token], quantity: Quantity) -> bool:
    """`cervezas para una reunión`: an article, and nothing is counted."""
    words = vocabulary()
    before = tokens[quantity.start - 1].text if quantity.start > 1 else ""
    is_article = quantity.end == quantity.start + 1 and tokens[quantity.start].text in words.articles
    return before in words.purpose and is_article


def _pieces(tokens: list[Token]) -> list[_Piece]:
    words = vocabulary()
    pieces: list[_Piece] = []
    run: list[Token] = []
    quantities = [quantity for quantity in find_quantities(tokens) if not _is_occasion(tokens, quantity)]
    starts = {q.start: q for q in quantities if not _is_attribute(tokens, q)}
    spelled = {q.start: q for q in quantities if _is_attribute(tokens, q)}
    index = 0
    while index < len(tokens):
        attribute = spelled.get(index)
        if attribute is not None:
            at = tokens[index]
            run.append(Token(_spoken(attribute), at.start, tokens[attribute.end - 1].end, "code"))
            index = attribute.end
            continue
        quantity = starts.get(index)
        token = tokens[index]
        if quantity is not None:
            if run:
                pieces.append(_Piece(words=tuple(run)))
                run = []
            pieces.append(_Piece(quantity=quantity))
            index = quantity.end
            continue
        if token.kind != "mark" or token.text in words.conjunctions:
            run.append(token)
        index += 1
    if run:
        pieces.append(_Piece(words=tuple(run)))
    return pieces


def name_words(tokens: tuple[Token, ...] | list[Token]) -> list[str]:
    """The words that can name a product: fillers at the edges are dropped, those inside stay."""
    words = vocabulary()
    texts = [token.text for token in tokens if token.kind != "mark" or token.text in words.conjunctions]
    # A single letter before an article is short for a word: `ojotas p la playa`.
    texts = [
        text
        for text, after in zip(texts, [*texts[1:], ""], strict=False)
        if not (len(text) == 1 and text in words.purpose and after in words.articles)
    ]
    while texts and _is_filler(texts[0]):
        texts.pop(0)
    while texts and _is_filler(texts[-1]):
        texts.pop()
    return texts


def _is_filler(text: str) -> bool:
    words = vocabulary()
    return text in words.fillers or text in words.conjunctions or text in words.articles


def _mention(words: tuple[Token, ...], quantity: Quantity | None, extra: Quantity | None = None) -> Mention:
    names = name_words(words)
    size = False
    if extra is not None:
        names.append(_spoken(extra))
    phrase = " ".join(names)
    if quantity is None:
        is_told = bool(words) and words[0].text in vocabulary().circumstance
        is_some = bool(words) and words[0].text in vocabulary().plural_articles
        is_single = _is_single(words)
        is_known = is_single and words[0].text not in vocabulary().unit_articles
        return Mention(phrase, is_single=is_single, is_known=is_known, is_some=is_some, is_told=is_told)
    is_of = bool(words) and words[0].text in vocabulary().prepositions
    counted = Mention(phrase, quantity.value, quantity.unit, quantity.container, size, is_pack=quantity.is_pack)
    return replace(counted, is_of=is_of, dozen=quantity.dozen)


def _is_single(words: tuple[Token, ...]) -> bool:
    """`la mochila`, `a leash`; not `a la …`, which is Spanish."""
    known = vocabulary()
    after = words[1].text if len(words) > 1 else ""
    return bool(words) and words[0].text in known.singular_articles and after not in known.articles


def _spoken(quantity: Quantity) -> str:
    value = f"{quantity.value.normalize():f}"
    if quantity.is_pack:
        return f"x{value}"
    return f"{value} {quantity.unit}" if quantity.unit else value


def _groups(tokens: list[Token]) -> list[list[Token]]:
    """The tokens cut before every conjunction that a quantity follows, and at commas."""
    words = vocabulary()
    quantities = find_quantities(tokens)
    starts = {quantity.start for quantity in quantities}
    inside = {index for quantity in quantities for index in range(quantity.start, quantity.end)}
    groups: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        if index not in inside:
            if token.text in (",", "|"):
                groups.append([])
                continue
            if token.text in words.conjunctions and (index + 1 in starts or _is_article(tokens, index + 1)):
                groups.append([])
                continue
        groups[-1].append(token)
    return [group for group in groups if group]


def _is_article(tokens: list[Token], index: int) -> bool:
    known = vocabulary()
    return index + 1 < len(tokens) and (tokens[index].text in known.articles or tokens[index].text in known.singular_articles)


def mentions(text: str) -> list[Mention]:
    """The products mentioned in a clause of folded text, in order."""
    found: list[Mention] = []
    for group in _groups(tokenise(text)):
        pieces = [p for p in _pieces(_without_occasion(group)) if p.quantity is not None or name_words(p.words)]
        if pieces:
            found.extend(_pair_backwards(pieces) if _is_quantity_last(pieces) else _pair_forwards(pieces))
    return _joined(found)


def _without_occasion(tokens: list[Token]) -> list[Token]:
    """`para la limpieza de la oficina 4 cloros`, `para mi sobrina la mochila`: what it is for says not what it is."""
    known = vocabulary()
    if len(tokens) < 3 or tokens[0].text not in known.purpose or tokens[1].text not in known.fillers:
        return tokens
    starts = {quantity.start for quantity in find_quantities(tokens)}
    for index in range(2, len(tokens)):
        is_article = tokens[index].text in known.articles and tokens[index - 1].text not in known.prepositions
        if index in starts or (is_article and index > 2):
            return tokens[index:]
    return tokens


def _joined(found: list[Mention]) -> list[Mention]:
    """A name and a lone quantity that a comma or a colon tore apart belong together: `queso, medio kilo`."""
    joined: list[Mention] = []
    for mention in found:
        if mention.is_bare and joined and joined[-1].quantity is None:
            last = joined.pop()
            joined.append(replace(mention, phrase=last.phrase, size=mention.unit is not None))
        else:
            joined.append(mention)
    return joined


def _is_quantity_last(pieces: list[_Piece]) -> bool:
    return pieces[0].quantity is None and pieces[-1].quantity is not None


def _pair_backwards(pieces: list[_Piece]) -> list[Mention]:
    """`harina 2 aceite 3`."""
    found: list[Mention] = []
    waiting: tuple[Token, ...] | None = None
    for piece in pieces:
        if piece.quantity is None:
            waiting = piece.words
        elif waiting is not None:
            found.append(_trailing(waiting, piece.quantity))
            waiting = None
        elif found and found[-1].size and not piece.quantity.unit:
            last = found.pop()
            found.append(Mention(_with_size(last), piece.quantity.value, None, piece.quantity.container))
        else:
            found.append(_mention((), piece.quantity))
    return found


def _with_size(mention: Mention) -> str:
    value = f"{(mention.quantity or Decimal(0)).normalize():f}"
    return f"{mention.phrase} {value} {mention.unit}"


def _trailing(words: tuple[Token, ...], quantity: Quantity) -> Mention:
    mention = _mention(words, quantity)
    return replace(mention, size=True) if quantity.unit else mention


def _pair_forwards(pieces: list[_Piece]) -> list[Mention]:
    """`2 harina 3 aceite`; a measure behind a name that has its quantity is a package size."""
    found: list[Mention] = []
    waiting: Quantity | None = None
    for index, piece in enumerate(pieces):
        if piece.quantity is None:
            following = pieces[index + 1].quantity if index + 1 < len(pieces) else None
            is_last_pair = index + 2 >= len(pieces) or pieces[index + 2].quantity is not None
            is_pack = following is not None and following.is_pack and index + 2 >= len(pieces)
            if waiting is not None and following is not None and is_last_pair and (is_pack or not following.is_marked):
                found.append(_mention(piece.words, waiting, following))
                pieces[index + 1] = _Piece()
            elif waiting is None and following is not None and (following.is_marked or (following.unit and is_last_pair)):
                found.append(_trailing(piece.words, following))
                pieces[index + 1] = _Piece()
            elif piece.words:
                found.append(_mention(piece.words, waiting))
            waiting = None
        else:
            if waiting is not None:
                found.append(_mention((), waiting))
            waiting = piece.quantity
    if waiting is not None:
        found.append(_mention((), waiting))
    return [mention for mention in found if mention.phrase or mention.quantity is not None]
