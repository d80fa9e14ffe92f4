"""Stage 8, coverage: what of a message is sure is done, the rest is asked with the customer's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from agent.lexical.reader.amounts import amount_of, bought, comes_in
from agent.lexical.reader.arcs import Arc, Finder
from agent.lexical.reader.certainty import SURE, is_certain, is_guess
from agent.lexical.reader.choices import own_words
from agent.lexical.reader.closed import Role
from agent.lexical.reader.edits import Edit, EditMode, Editor
from agent.lexical.reader.goods import Goods, Mention, Product
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.path import Path, cheapest
from agent.lexical.reader.points import Answers
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.readings import Change, Question, QuestionKind, Reading
from agent.lexical.reader.rules import settle_lines
from agent.lexical.reader.sizes import strung
from agent.lexical.reader.tokens import MOST_TOKENS, Token, tokens_of, without_headers
from agent.lexical.reader.walk import lines_of
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from core.language.words import languages_of, words_of
from domain.catalog.search import Verdict
from tools.context import Pending
from tools.measures import is_tray

_MOST_OPTIONS = 5
_ONES = frozenset({"un", "una", "unos", "unas", "a", "an", "some", "um", "uma"})
_NO_THING = frozenset({":", "que", "q", "that"})
_SOMETHING = frozenset({"algo", "something", "anything"})


def explain(
    text: str,
    goods: Goods,
    native: str = "es",
    cart: Mapping[str, Decimal] | None = None,
    points: Sequence[Pending] = (),
) -> Reading:
    """Read a message on what is on sale.

    `cart` are the quantities of the order that there is, by SKU in its order; `points` the questions that are open.
    """
    folded = fold(without_headers(text))
    words = words_of(languages_of(folded.split(), native))
    tokens = tokens_of(text, words, vocabulary().containers)
    cut = tokens[MOST_TOKENS:]
    tokens = tokens[:MOST_TOKENS]
    agreed = frozenset(at for at, token in enumerate(tokens) if text[token.start : token.end].casefold() == "sí")
    choices = [[one.sku for one in point.options if one.sku in goods.by_sku] for point in points if len(point.options) > 1]
    in_question = frozenset(word for skus in choices for sku in skus for word in own_words(goods, sku, skus))
    path = cheapest(Finder(folded, tokens, goods, words, agreed, in_question).arcs())
    reading = Reading(tokens=tokens, arcs=path.arcs)
    lines = lines_of(path, tokens)
    each = next((line.quantity for line in lines if line.is_each), None)
    lines = settle_lines(lines, goods, tokens, words.alternatives)
    held = {sku: quantity for sku, quantity in (cart or {}).items() if sku in goods.by_sku}
    answers = Answers(folded, goods, points, tokens, path, lines, held, words.articles, each)
    answers.find()
    lines = [line for line in lines if id(line) not in answers.done]
    judge = _Judge(text, tokens, goods, reading, path)
    judge.as_much(lines, folded, is_ordering=bool(held))
    judge.edits(answers.edits)
    reading.declined = answers.declined
    reading.answers = bool(answers.edits or answers.declined)
    heard = [vocabulary().matches(name, folded) is not None for name in ("refuse", "a_share", "add_answer")]
    unanswered = [point for place, point in enumerate(points) if point.is_question and place not in answers.settled]
    asked = frozenset(sku for point in unanswered for sku in point.skus)
    editor = Editor(goods, held, judge.words, lines, asked, *heard)
    edits = editor.edits()
    for line in lines:
        if id(line) not in edits:
            line.touched += tuple(at for at in line.sized if not judge.is_known_size(line))
    for line in strung(lines, tokens):
        if id(line) in edits:
            judge.edits(edits[id(line)])
        elif id(line) not in editor.done:
            judge.line(line, lines)
    judge.unknowns(lines)
    done = {change.sku for change in reading.changes}
    reading.questions = [one for one in reading.questions if not (len(one.skus) == 1 and done.issuperset(one.skus))]
    if cut:
        reading.questions.append(Question("too_long", text[cut[0].start : cut[0].start + 60].strip()))
    return reading


@dataclass
class _Judge:
    """Decides for each line whether it is done, asked or noted: coverage."""

    text: str
    tokens: Sequence[Token]
    goods: Goods
    reading: Reading
    path: Path
    spoken_for: set[int] = field(default_factory=set)
    """Unknown tokens that a question already quotes."""
    has_bare_names: bool = False
    """Whether things are listed without their quantities."""

    def words(self, start: int, end: int) -> str:
        """The customer's own words for tokens."""
        return " ".join(self.text[self.tokens[start].start : self.tokens[end - 1].end].split())

    def ask(self, kind: QuestionKind, line: Line, products: Sequence[Product] = (), amount: Decimal | None = None) -> None:
        """Ask about a line, with the unexplained words that touch it."""
        self.spoken_for.update(line.touched)
        start, end = min((line.start, *line.touched)), max((line.end, *(at + 1 for at in line.touched)))
        unit = line.quantity.unit if line.quantity is not None and amount is None else None
        said = amount if amount is not None else (line.quantity.value if line.quantity is not None else None)
        if (
            line.quantity is not None
            and line.quantity.container
            and (counted := {self._amount(line, product) for product in products}) != {None}
        ):
            # `one pair` of shoes is one, whichever it will be.
            said, unit = (one, None) if len(counted) == 1 and (one := next(iter(counted))) is not None else (said, unit)
        skus = tuple(product.sku for product in products[:_MOST_OPTIONS])
        mode: EditMode = "set" if line.is_set and kind != "contradiction" else "add"
        self.reading.questions.append(Question(kind, self.words(start, end), skus, said, unit, mode))

    def as_much(self, lines: Sequence[Line], folded: str, *, is_ordering: bool) -> None:
        """`2 arroz, y lo mismo para mi suegra`: once more, or the same things: what is counted before it is asked.

        Alone it is of the order that there is, which it leaves as it is.
        """
        said = vocabulary().matches("as_much", folded)
        before = [line for line in lines if said is not None and self.tokens[line.start].start < said.start()]
        counted = [line for line in before if line.mode is Mode.ADD and line.mention is not None]
        counted = [line for line in counted if line.quantity is not None or line.is_single]
        is_of_cart = not lines and is_ordering
        if said is None or not (counted or is_of_cart) or vocabulary().matches("same_as_before", folded):
            return
        for line in counted:
            line.is_doubted = True
        self.spoken_for.update(at for at, token in enumerate(self.tokens) if said.start() <= token.start < said.end())
        self.reading.questions.append(Question("unclear", self.text[said.start() : said.end()].strip()))

    def line(self, line: Line, lines: Sequence[Line]) -> None:
        """Judge one line."""
        if line.mention is None:
            self._bare(line)
            return
        verdict, products = self.goods.settle(line.mention)
        match line.mode:
            case _ if line.either or line.mention.is_missing:
                self._either(line, products)
            case Mode.REFUSE:
                self._refused(line, products)
            case Mode.TELL:
                self._told(line, lines, products)
            case Mode.CONDITION:
                self._doubted(line, verdict, products)
            case Mode.ASK | Mode.ASK_PRICE if line.is_only_asked:
                if self._is_among(line, lines):
                    self.ask("quantity" if verdict is Verdict.ONE else "which", line, products)
            case Mode.ASK if line.is_about:
                self._doubted(line, verdict, products)
            case _ if line.is_wished or line.quantity is not None or not line.is_asked:
                self._wanted(line, verdict, products, lines)

    def _either(self, line: Line, products: Sequence[Product]) -> None:
        """One question which of several things it shall be, the quantity kept; what nothing is called is not sold."""
        others = [self.goods.settle(mention)[1] for mention in line.either]
        each = max(1, _MOST_OPTIONS // (len(others) + 1))
        shown = [product for some in (products, *others) for product in some[:each]]
        self.ask("which", line, shown) if line.either else self.ask("unknown", line)

    def _is_among(self, line: Line, lines: Sequence[Line]) -> bool:
        """`quiero un jean y con lo que queda remeras`: no question was put, and something is wished for in the same breath."""
        before = [other for other in lines if other.is_wished and other.clause == line.clause and other.start < line.start]
        return line.mode is Mode.ASK and not line.is_asked and bool(before)

    def is_known_size(self, line: Line) -> bool:
        """Whether all that a line may mean has the figures of its size in its name."""
        figures = {self.tokens[at].text for at in line.sized if any(letter.isdigit() for letter in self.tokens[at].text)}
        skus = line.mention.products if line.mention is not None else ()
        names = [self.goods.by_sku[sku].name.casefold().split() for sku in skus]
        return bool(figures) and all(figures <= set(name) for name in names)

    def _bare(self, line: Line) -> None:
        """A quantity without a product: of something unknown, or of nothing at all."""
        run, said = self._unknown_behind(line.end), line.quantity
        if said is None:
            return
        if run is not None:
            self.spoken_for.update(range(*run))
            self.reading.questions.append(Question("unknown", self.words(line.start, run[1]), (), said.value, said.unit))
        elif line.mode is not Mode.REFUSE:
            self._number(line)

    def _number(self, line: Line) -> None:
        """A number of nobody knows what; `el 12` names something that is no good, as it counts nothing."""
        said = line.quantity
        assert said is not None
        self.spoken_for.update(line.touched)
        if line.touched:
            self.reading.notes.append(self.words(line.touched[0], line.touched[-1] + 1))
            if said.is_plain and not line.is_wished and self.reading.changes and self._is_told(line):
                return
        if not line.is_single or line.is_wished or not said.is_plain or said.is_article:
            self.reading.questions.append(Question("number", self.words(line.start, line.end), (), said.value, said.unit))

    def _is_told(self, line: Line) -> bool:
        """`Santa Fe 3200 piso 5`: behind a word that is no thing of a list, as other words stand before it."""
        before = [arc for arc in self.path.arcs if arc.end <= min(line.touched)]
        return line.touched[-1] < line.start and bool(before) and before[-1].role not in (Role.MARK, Role.AND, Role.WISH)

    def _unknown_behind(self, at: int) -> tuple[int, int] | None:
        """The unknown words right behind a place, with nothing but little words between."""
        start: int | None = None
        end = at
        for arc in self.path.arcs:
            if arc.start < at:
                continue
            if arc.role is Role.UNKNOWN:
                start, end = (arc.start if start is None else start), arc.end
            elif arc.role is not Role.FILLER or (
                start is not None and self.tokens[arc.start].text not in ("de", "del", "of", "con")
            ):
                break
        return None if start is None else (start, end)

    def _refused(self, line: Line, products: Sequence[Product]) -> None:
        if line.quantity is not None:
            self.ask("contradiction", line, products)
            return
        if line.is_taken and products and is_certain(line, is_known=True):
            self.reading.changes.append(Change(products[0].sku, None, self.words(line.start, line.end), "remove"))

    def edits(self, edits: Sequence[Edit]) -> None:
        """Do to the order what a line says, or ask, if words touch the line that nobody understood."""
        for edit in edits:
            line = edit.line
            kind = edit.kind or (None if is_certain(line, is_known=True) else "confirm")
            if kind is None:
                words = self.words(line.start, line.end)
                self.reading.changes.append(Change(edit.skus[0], edit.quantity, words, edit.mode, price=line.price))
                continue
            self.spoken_for.update(line.touched)
            words = self.words(min((line.start, *line.touched)), max((line.end, *(at + 1 for at in line.touched))))
            self.reading.questions.append(Question(kind, words, edit.skus, edit.quantity, None, edit.mode))

    def _told(self, line: Line, lines: Sequence[Line], products: Sequence[Product]) -> None:
        """What is only told; alone in a message it may be a wish all the same."""
        if line.quantity is not None or all(other.mode is Mode.TELL for other in lines):
            self.ask("want" if line.quantity is not None else "quantity", line, products)

    def _doubted(self, line: Line, verdict: Verdict, products: Sequence[Product]) -> None:
        amount = self._amount(line, products[0]) if verdict is Verdict.ONE and line.quantity is not None else None
        self.ask("confirm" if amount is not None else "want", line, products, amount)

    def _is_noted(self, line: Line, products: Sequence[Product], lines: Sequence[Line], *, is_counted: bool) -> bool:
        """Whether what looks like a good is only told of something: no order is made of a story."""
        mention = line.mention
        if mention is None or line.is_wished:
            return False
        if is_counted:
            # `la del piso siete que tiene la perrita`: a number from elsewhere.
            return line.is_borrowed and bool(line.touched) and (mention.similarity < SURE or not mention.has_head)
        is_chatter = is_guess(line) and any(other.start > line.start for other in lines)
        # `soy M`
        is_label = mention.is_label and len(products) > 1
        return is_chatter or (bool(line.touched) and (is_label or not mention.has_head))

    def _wanted(self, line: Line, verdict: Verdict, products: Sequence[Product], lines: Sequence[Line]) -> None:
        quantity = self._quantity(line, products)
        if self._is_noted(line, products, lines, is_counted=quantity is not None):
            self.reading.notes.append(self.words(line.start, line.end))
            return
        if line.mention is not None and line.mention.is_label and len(products) > 1:
            # `una M`: a size of nobody knows what.
            self.ask("number", line)
            return
        if quantity is None:
            is_likely = line.is_doubled or line.is_wished
            kind: QuestionKind = "quantity" if verdict is Verdict.ONE else "which"
            self.ask("want" if (line.touched and not is_likely) or line.is_with else kind, line, products)
            return
        line.quantity = quantity
        verdict, products = self._fitting(line.mention, quantity, verdict, products)
        if verdict is not Verdict.ONE:
            # What none of them is sold by (`una caja de arroz`) tells nothing that an answer could take over.
            line.quantity = quantity if any(self._amount(line, product) for product in products) else None
            self.ask("which", line, products)
            return
        product = products[0]
        amount = self._amount(line, product)
        if quantity.unit == "money?" and (amount := bought(product, quantity.value)) is not None:
            # `sesenta mil de plátano`: so much money, most likely.
            self.ask("confirm", line, products, amount)
        elif amount is None or amount <= 0:
            line.quantity = None
            self.ask("quantity", line, products)
        elif (wider := self._wider(line)) is not None:
            self.ask("which", line, wider, amount)
        elif not is_certain(line):
            self.ask("confirm", line, products, amount)
        else:
            words = self.words(line.start, line.end)
            self.reading.changes.append(
                Change(product.sku, amount, words, is_each=quantity.price is not None, price=line.price)
            )

    def _wider(self, line: Line) -> Sequence[Product] | None:
        """`chicken breast`: where a word of the name is not understood, all that the others may mean is shown."""
        mention = line.mention
        if mention is None or mention.count > 1 or not any(at in (line.start - 1, line.end) for at in line.touched):
            return None
        among = self.goods.stands_for(mention.words) or self.goods.matches(mention.words)
        return [self.goods.by_sku[sku] for sku in among] if len(among) > len(mention.products) else None

    def _fitting(
        self, mention: Mention | None, quantity: Quantity, verdict: Verdict, products: Sequence[Product]
    ) -> tuple[Verdict, Sequence[Product]]:
        """Where several may be meant, the one that comes in what was said: `2 latas de refresco`, `medio kilo de café`."""
        if quantity.container and is_tray(quantity.container) and mention is not None:
            held = [one for sku in mention.products if comes_in(one := self.goods.by_sku[sku], quantity)]
            if len(held) == 1:
                return Verdict.ONE, held
        if verdict is Verdict.ONE:
            return verdict, products
        fitting = [product for product in products if comes_in(product, quantity)]
        return (Verdict.ONE, fitting) if len(fitting) == 1 else (verdict, products)

    def _quantity(self, line: Line, products: Sequence[Product]) -> Quantity | None:
        """The quantity that was said, or one where a singular article names what is sold by the piece."""
        if line.quantity is not None:
            return line.quantity
        if line.is_single and line.is_wished and not line.touched and not any(product.is_measured for product in products):
            return Quantity(Decimal(1), is_article=True)
        if line.is_some and not line.touched and products and all(product.is_set for product in products):
            return Quantity(Decimal(1), is_article=True)
        return None

    def _amount(self, line: Line, product: Product) -> Decimal | None:
        return amount_of(product, line.quantity, line.mention) if line.quantity is not None else None

    def unknowns(self, lines: Sequence[Line]) -> None:
        """Ask about unknown words that stand where a thing would: behind a wish, or in a list; the others are a note."""
        arcs = self.path.arcs
        self.has_bare_names = any(line.mention is not None and line.quantity is None for line in lines)
        for place, arc in enumerate(arcs):
            if self.tokens[arc.start].text in _SOMETHING and place + 1 < len(arcs) and arcs[place + 1].role is Role.PURPOSE:
                self._something(arcs, place)
            if arc.role is not Role.UNKNOWN or arc.start in self.spoken_for:
                continue
            run = self._unknown_behind(arc.start)
            assert run is not None
            self.spoken_for.update(range(*run))
            words = self.words(*run)
            is_order = bool(self.reading.changes or self.reading.questions) or self._is_wished(arcs, place)
            if self._is_slot(arcs, place) and (is_order or self._is_one(arcs, place)):
                self.reading.questions.append(Question("unknown", words))
            else:
                self.reading.notes.append(words)

    def _something(self, arcs: Sequence[Arc], place: int) -> None:
        """`algo para los pies`: wished for by what it is good for; what the shop has of that it cannot tell by itself."""
        is_asked = any(arc.role in (Role.ASK, Role.ASK_PRICE) for arc in arcs[:place])
        if not is_asked:
            self.reading.questions.append(Question("unknown", self.words(arcs[place].start, arcs[place + 1].end)))

    def _is_slot(self, arcs: Sequence[Arc], place: int) -> bool:
        behind = next((arc for arc in arcs[place + 1 :] if arc.role is not Role.UNKNOWN), None)
        if behind is not None and (behind.role is Role.WISH or self.tokens[behind.start].text in _NO_THING):
            # `ella quiere`, `dice que`, `me acordé q tengo`: who, and what somebody does.
            return False
        if self._is_one(arcs, place):
            return True
        before = place - 1
        while before >= 0 and arcs[before].role is Role.FILLER:
            before -= 1
        if before < 0:
            return False
        if arcs[before].role is Role.WISH:
            return True
        if not before or not any(arc.role in (Role.PRODUCT, Role.QUANTITY) for arc in arcs[max(0, before - 3) : before]):
            return False
        if arcs[before].role is Role.AND or self.tokens[arcs[before].start].text in ("\n", "-", "•"):
            return True
        # Behind a comma it is one of a list only where the list goes on, or has other things without a quantity.
        goes_on = behind is not None and self.tokens[behind.start].text in (",", "y", "and", "e")
        return self.tokens[arcs[before].start].text == "," and (self.has_bare_names or goes_on)

    def _is_one(self, arcs: Sequence[Arc], place: int) -> bool:
        """`, una lejía`: an article that counts one, and begins a thing of a list."""
        if not place or self.tokens[arcs[place - 1].end - 1].text not in _ONES:
            return False
        return place < 2 or arcs[place - 2].role in (Role.MARK, Role.AND, Role.WISH)

    def _is_wished(self, arcs: Sequence[Arc], place: int) -> bool:
        return any(arc.role is Role.WISH for arc in arcs[:place])
