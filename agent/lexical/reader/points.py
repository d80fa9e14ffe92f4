"""Stage 7 where questions are open: which line answers which of them. They are looked at before the order and the catalogue.

| said | of a choice | of a quantity | of a proposal | of a number |
|---|---|---|---|---|
| one of the products in question | chosen, with the quantity that was said before | asked still | taken | counted |
| the same with a quantity | chosen, that much | that much | that much | that much |
| a size that only one of them has (`39`, `talle M`) | chosen | | taken | |
| a quantity alone | asked, that much | that much | that much | |
| a refusal that names it | left out | left out | left out | |
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.lexical.reader.amounts import amount_asked_for, amount_of, counted_of
from agent.lexical.reader.binding import Slot, bound, is_of_another
from agent.lexical.reader.choices import by_place, by_size, counting, own_words, pointing, shared_out
from agent.lexical.reader.denial import denies, dropped
from agent.lexical.reader.edits import Edit
from agent.lexical.reader.goods import Mention, has_number
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.open_points import ONE, OpenPoints
from agent.lexical.reader.quantities import Quantity
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Verdict, decide, rank
from domain.catalog.words import read

_NOT_AN_ANSWER = (Mode.ASK, Mode.ASK_PRICE, Mode.TELL, Mode.CONDITION)


@dataclass
class Answers(OpenPoints):
    """Finds the answers of one message to the open questions, in the order in which these were asked."""

    def find(self) -> None:
        """Find what the lines answer."""
        if not self.points or ("?" in self.folded and not any(point.is_question for point in self.points)):
            return
        self._declined()
        self._choices()
        self._all()
        self._pronouns()
        for line in self.lines:
            is_spoken_of = line.mode not in _NOT_AN_ANSWER and not line.is_out and id(line) not in self.done
            if line.mention is not None and is_spoken_of:
                self._named(line)
        if not self.edits and not self.lines:
            self._one()
        self._numbers([line for line in self.lines if self._is_number(line)])
        self._agreed()
        self._denied()

    def _declined(self) -> None:
        """`ninguno, dame 2 de azúcar`: of what was to choose from nothing is wanted."""
        found = vocabulary().matches("none", self.folded)
        fillers = vocabulary().fillers
        later = [token for token in self.tokens if found is not None and token.start >= found.end()]
        behind = next((token for token in later if token.text not in fillers), None)
        if found is None or found.group().startswith("no ") or self.folded[: found.start()].strip(" ,.!"):
            return
        first = next(self._open(several=True), None)
        if first is not None and behind is not None and behind.kind in ("mark", "newline"):
            self._close(first[0], Line(0, 1), first[2])

    def _denied(self) -> None:
        """What a no drops: all that is proposed, unless it is about what else the message speaks of."""
        left = {place: point for place, point in enumerate(self.points) if point.is_question and place not in self.settled}
        kept = {id(line) for line in self.lines if self._is_kept(line)}
        others = [line for line in self.lines if id(line) not in kept]
        is_free = not any(self._is_spoken_of(line) for line in others)
        # `no, solo el vestido y las medias`: nothing but what the order has.
        is_rest = bool(kept) and not others and denies(self.path.arcs, self.tokens)
        found = dropped(left, others, self.path.arcs, self.tokens, is_free=is_free and not self.edits)
        for place in left if is_rest else found:
            self._close(place, Line(0, 1), ())

    def _is_kept(self, line: Line) -> bool:
        """Whether a line only names what the order has, and nothing in question."""
        named = set(line.mention.products) if line.mention is not None else set[str]()
        in_question = {sku for point in self.points if point.is_question for sku in point.skus}
        is_named = line.quantity is None and line.mode is Mode.ADD and not line.sized
        return is_named and bool(named & self.cart.keys()) and not named & in_question

    def _is_spoken_of(self, line: Line) -> bool:
        """Whether a line is about the order, what is asked, or a number of nobody knows what."""
        named = set(line.mention.products) if line.mention is not None else set[str]()
        is_number = line.mention is None and line.quantity is not None and not line.touched and line.mode not in _NOT_AN_ANSWER
        is_other = is_of_another(line, self.path.arcs, self.tokens)
        in_question = {sku for point in self.points for sku in point.skus}
        return bool(named & (in_question | self.cart.keys())) or (is_number and not is_other)

    def _choices(self) -> None:
        """`39`, `talle 41`, `la segunda`, `un par 38 y un par 42`: which of the products in question, and what counts it."""
        if self._of_each_question():
            return
        bare = [line for line in self.lines if line.mention is None and line.mode not in _NOT_AN_ANSWER]
        bare = [line for line in bare if id(line) not in self.done]
        chosen: dict[int, tuple[int, str]] = {}
        for line in [*bare, *self._pointed()]:
            if self._narrowed(line):
                continue
            meant = self._placed(line) or self._sized(line)
            if meant is not None:
                chosen[id(line)] = meant
                bare = [*bare, line] if line not in bare else bare
        if not chosen:
            return
        bare.sort(key=lambda line: line.start)
        if (whole := shared_out(bare, chosen)) is not None:
            self.done.add(id(whole))
            bare = [line for line in bare if line is not whole]
        counts = counting(bare, chosen, self.tokens)
        self.done.update(id(line) for line in counts.values())
        for line in bare:
            if id(line) not in chosen:
                continue
            place, sku = chosen[id(line)]
            said = counts[id(line)].quantity if id(line) in counts else self.each
            is_one_of = len(chosen) > 1 and self.points[place].arguments.get("quantity") == len(chosen)
            said = ONE if said is None and (is_one_of or line.is_more) else said
            self._answer(place, line, self._edit(line, place, sku, said))

    def _of_each_question(self) -> bool:
        """`las dos en talle M`: as many as there are choices open, and so the one size of each of them."""
        several = list(self._open(several=True))
        said = {line.quantity.value for line in self.lines if line.quantity is not None}
        is_named = any(line.mention is not None and line.mention.has_head for line in self.lines)
        if len(several) < 2 or is_named or said - {len(several)} or vocabulary().matches("both", self.folded) is None:
            return False
        words = {token.text for token in self.tokens}
        meant = [(place, sku) for place, _, skus in several if (sku := by_size(self.goods, words, None, skus)) is not None]
        if len(meant) < len(several):
            return False
        for place, sku in meant:
            one = ONE if self.points[place].arguments.get("quantity") is None else None
            self._answer(place, Line(0, 1), self._edit(Line(0, 1), place, sku, one))
        self.done.update(id(line) for line in self.lines)
        return True

    def _pointed(self) -> list[Line]:
        """What points to one of several and is part of no line of its own."""
        several = [skus for _, _, skus in self._open(several=True)]
        labels = {self.goods.by_sku[sku].label for skus in several for sku in skus} - {""}
        taken = [line for line in self.lines if not self._is_place(line)]
        spans = pointing(self.path, self.tokens, self.folded, labels, self.goods.closed)
        spans = [span for span in spans if not self._is_of_other(span[0])]
        free = [span for span in spans if not any(line.start <= span[0] < line.end for line in taken)]
        return [Line(start, end, size=size, sized=tuple(range(start, end))) for start, end, size in free]

    def _is_of_other(self, at: int) -> bool:
        """`y los pants, talla M`: a size right behind another thing is of that, and chooses none of those in question."""
        last = next((line for line in reversed(self.lines) if line.mention is not None and line.end <= at), None)
        between = [token.text for token in self.tokens[last.end : at]] if last is not None else []
        is_behind = set(between) <= vocabulary().fillers - vocabulary().conjunctions | vocabulary().size_words | {","}
        in_question = {sku for _, _, skus in self._open() for sku in skus}
        return last is not None and last.mention is not None and is_behind and in_question.isdisjoint(last.mention.products)

    def _is_place(self, line: Line) -> bool:
        """`la primera`, though a word of something on sale may be like it."""
        is_one = line.mention is not None and line.mention.words in vocabulary().ordinals and line.quantity is None
        if is_one and any(self._open(several=True)):
            self.done.add(id(line))
        return id(line) in self.done

    def _placed(self, line: Line) -> tuple[int, str] | None:
        """`la segunda`, `la última`, `la grande`, `cualquiera`; a number alone if no size of theirs is one."""
        said = " ".join(token.text for token in self.tokens[line.start : line.end])
        is_alone = len(self.lines) == 1 and not line.touched and not line.is_wished and not line.is_set
        for place, point, skus in self._open(several=True):
            is_place = line.sized or (is_alone and said.isdecimal() and point.is_question and not self._sized(line))
            sku = by_place(self.goods, said, skus) if is_place else None
            return None if sku is None else (place, sku)
        return None

    def _all(self) -> None:
        """`las dos`, `una de cada`: each of those that were to choose from, if nothing says otherwise how many."""
        if vocabulary().matches("both", self.folded) is None or self.done or any(line.mention for line in self.lines):
            return
        counted = next((line for line in self.lines if line.quantity is not None), None)
        count = counted.quantity.value if counted is not None and counted.quantity is not None and self.each is None else None
        several = list(self._open(several=True))
        if len(several) > 1 and self.each is None:
            # All of one question, or one of each of them: nobody knows.
            return
        for place, point, skus in several:
            known = point.arguments.get("quantity")
            if count not in (None, len(skus)) or (self.each is None and known not in (None, 1, len(skus))):
                return
            begin = counted or Line(0, 1)
            for sku in skus:
                self._answer(place, begin, self._edit(begin, place, sku, self.each or ONE))
            return

    def _pronouns(self) -> None:
        """`sí, sácala`: a pronoun is what is asked to go, and nothing else of the order; of two of them neither."""
        asked = [(place, skus) for place, point, skus in self._open() if point.arguments.get("mode") == "remove"]
        for line in self.lines if asked else ():
            if not line.is_taken or line.mention is not None or line.quantity is not None or line.sized:
                continue
            self.done.add(id(line))
            line.is_doubted = line.is_doubted and not self._is_yes()
            place, skus = asked[0]
            if len(asked) == len(skus) == 1 and place not in self.settled:
                self._answer(place, line, self._edit(line, place, skus[0], None))

    def _narrowed(self, line: Line) -> bool:
        """`para tsuru`: a word that some of those in question have, and not all; among these it is asked again."""
        if not line.sized or line.size is not None:
            return False
        said = {token.text for token in self.tokens[line.start : line.end]}
        for place, point, skus in self._open(several=True):
            fits = tuple(sku for sku in skus if said & {word.text for word in read(self.goods.by_sku[sku].name).words})
            if 1 < len(fits) < len(skus) and place not in self.settled:
                known = point.arguments.get("quantity")
                self._answer(place, line, Edit(line, fits, "add", Decimal(str(known)) if known else None, "which"))
                return True
        return False

    def _named(self, line: Line) -> None:
        """A line that names products in question; of what else is on sale it is no answer."""
        mention = line.mention
        assert mention is not None
        if line.is_set and len(self.cart.keys() & set(mention.products)) == 1:
            # `no, only one hoodie`: so many in all of what the order has.
            return
        sized = [skus for _, _, skus in self._open(several=True) if len(set(skus) & set(mention.products)) == 1]
        if mention.is_label and len(sized) > 1:
            # `2 en talle M`: of which of two questions, nobody knows.
            return
        for place, _point, skus in self._open():
            within = tuple(sku for sku in mention.products if sku in skus)
            if not within:
                continue
            if line.mode is Mode.REFUSE or (line.is_left and not self.cart.keys() & set(within)):
                self._refused(place, line, skus, within)
                continue
            if place in self.settled and self.chosen.intersection(mention.products):
                self._said_with(line)
                return
            made = self._chosen(line, place, skus, within)
            if line.either:
                # `la kraft solo si no pasa de 70 mil, si no mavesa`: which of them is still open.
                made = Edit(line, tuple(skus), "add", made.quantity, "which")
            line.touched = self._unexplained(line, place)
            is_echo = made.quantity is not None and made.quantity == self.points[place].arguments.get("quantity")
            if self._is_yes() and is_echo and len(skus) == 1:
                # `yes one pear`: however little of its name is said.
                made = replace(made, line=replace(line, mention=None))
            self._answer(place, line, made)
            return
        self._of_none(line, mention)

    def _refused(self, place: int, line: Line, skus: Sequence[str], within: tuple[str, ...]) -> None:
        """A refusal that names products in question leaves them out, and agrees to take out what is asked to go."""
        if self.points[place].arguments.get("mode") == "remove":
            # `the backpack, I don't want it anymore` to "shall it go?"
            self._answer(place, line, Edit(line, within, "remove"))
            return
        self.refused.update(within if line.quantity is None else ())
        if self.refused.issuperset(skus):
            # `ninguno, saca el top L` takes out what the order has as well.
            self._close(place, Line(0, 1) if line.is_taken and self.cart.keys() & set(within) else line, skus)

    def _of_none(self, line: Line, mention: Mention) -> None:
        """A line that names nothing in question: what only describes or counts may still belong to it."""
        nouns = {self.goods.noun_of(sku) for _, _, skus in self._open() for sku in skus}
        if mention.has_head or mention.has_brand or mention.count > 1 or line.quantity is None:
            self._as_elsewhere(line)
        elif kin := tuple(sku for sku in mention.products if self.goods.noun_of(sku) in nouns):
            # `y de la blanca dos` to the yellow flour: another of its kind.
            line.mention = replace(mention, products=kin)
        elif not self.cart.keys() & set(mention.products):
            # `1 entero`: no noun is said, and so it counts what is asked about.
            self._numbers([line])

    def _said_with(self, line: Line) -> None:
        """`2 coca cola normal de 2 litros`: the size has chosen it; the name only counts it."""
        assert line.mention is not None
        self.done.add(id(line))
        for at, edit in enumerate(self.edits):
            if line.quantity is not None and edit.skus and edit.skus[0] in line.mention.products and edit.mode != "remove":
                amount = amount_of(self.goods.by_sku[edit.skus[0]], line.quantity, line.mention)
                self.edits[at] = Edit(edit.line, edit.skus, edit.mode, amount, None if amount else "quantity")

    def _as_elsewhere(self, line: Line) -> None:
        """`la de jean` of the camperas in question; `de queso` to "250 of what?"."""
        mention = line.mention
        assert mention is not None
        before = [token.text for token in self.tokens[max(0, line.start - 1) : line.start]]
        if before in (["de"], ["of"]) and line.quantity is None and (meant := self._having(set(mention.words.split()), None)):
            place, sku = meant
            self._answer(place, line, self._edit(line, place, sku, None))
            return
        numbers = [point for point in self.points if point.kind == "number" and point.arguments.get("quantity")]
        is_only = len(self.lines) == 1 and not line.is_wished and line.quantity is None
        if len(numbers) == 1 and is_only and line.mode is Mode.ADD:
            known = numbers[0].arguments
            line.quantity = Quantity(Decimal(str(known["quantity"])), known.get("unit"))

    def _chosen(self, line: Line, place: int, skus: Sequence[str], within: tuple[str, ...]) -> Edit:
        """The one of the products in question that a line names, else those that are left to choose from."""
        assert line.mention is not None
        said = line.quantity
        if said is not None and said.value == 1 and vocabulary().matches("pronoun_one", self.folded):
            # `the big one`
            said = None
        if len(within) > 1 and said is not None and said.is_plain and not said.is_article:
            figure = f"{said.value.normalize():f}"
            sized = [sku for sku in within if figure in own_words(self.goods, sku, skus)]
            within, said = (tuple(sized), None) if len(sized) == 1 else (within, said)
        if len(within) > 1:
            hits = decide(rank(line.mention.words, [self.goods.by_sku[sku].candidate for sku in within]))
            within = (hits.hits[0].sku,) if hits.verdict is Verdict.ONE else within
        if len(within) == 1:
            return self._edit(line, place, within[0], said)
        known = self.points[place].arguments.get("quantity")
        kept = Decimal(str(known)) if known is not None else None
        quantity = counted_of(self._products(within), said) if said is not None else kept
        return Edit(line, within, "add", quantity, "which")

    def _is_number(self, line: Line) -> bool:
        """Whether a line is a number alone that may answer something."""
        is_other = line.is_more or line.instead_of is not None or line.mode in _NOT_AN_ANSWER
        if line.mention is not None or line.quantity is None or is_other or id(line) in self.done:
            return False
        if self._counts_nothing(line, line.quantity):
            self.done.add(id(line))
            return False
        return not is_of_another(line, self.path.arcs[self._is_yes() :], self.tokens)

    def _numbers(self, lines: Sequence[Line]) -> None:
        """Numbers alone: each of the one question that it can only be of; what stands beside an unknown word comes last."""
        if self._is_yes():
            for line in lines:
                line.touched = tuple(at for at in line.touched if at)
        numbers = [line for line in lines if not line.touched] or list(lines)
        slots = [Slot(place, point, self._products(skus)) for place, point, skus in self._open() if place not in self.settled]
        if not numbers or not slots:
            return
        if len(numbers) == 1 and numbers[0].start and self.tokens[numbers[0].start - 1].text in ("de", "of"):
            for slot in slots:
                if len(slot.products) == 1 and numbers[0].quantity is not None and numbers[0].quantity.is_plain:
                    self._other_size(numbers[0], slot.place, slot.products[0].sku)
                    return
        is_no = denies(self.path.arcs, self.tokens) and not self._is_yes()
        found = bound(numbers, slots, is_yes=self._is_yes(), is_no=is_no)
        for at, slot in found.items():
            said, skus = numbers[at].quantity, tuple(product.sku for product in slot.products)
            assert said is not None
            if len(skus) == 1:
                amount = amount_asked_for(slot.products[0], said)
                # `sí, 3 en total`
                is_whole = numbers[at].is_set and skus[0] in self.cart
                edit = Edit(numbers[at], skus, "set" if is_whole else slot.point.arguments.get("mode", "add"), amount)
            else:
                edit = Edit(numbers[at], skus, "add", counted_of(slot.products, said), "which")
            self._answer(slot.place, numbers[at], edit)
        if len(found) == 1 and len(slots) == 1:
            # `medio kilo, 500 gramos`: said once more.
            self.done.update(id(line) for line in numbers)

    def _counts_nothing(self, line: Line, said: Quantity) -> bool:
        """`la leche líquida, la de litro` tells which, and `sim, quero os dois` means both that are in question."""
        is_size = line.is_size or (said.unit is not None and self.tokens[line.start - 1].text in ("de", "of"))
        is_all = line.is_definite and said.is_plain and said.value == sum(point.is_question for point in self.points)
        # `no, las dos`; to "shall the S take the place of the M?" it may be both of them.
        is_open = denies(self.path.arcs, self.tokens) or any(one.arguments.get("mode") == "remove" for one in self.points)
        self.is_all = self.is_all or (is_all and line.mode is Mode.ADD and not is_open)
        # `yes, all three`, of which two are in the order: never three of the third.
        return (is_size and bool(self.edits)) or is_all or self.tokens[line.start - 1].text == "all"

    def _other_size(self, line: Line, place: int, sku: str) -> None:
        """`no, el de 500`: another of the kind that was proposed."""
        assert line.quantity is not None
        figure, noun = f"{line.quantity.value.normalize():f}", self.goods.noun_of(sku)
        kin = [one for one in self.goods.products if self.goods.noun_of(one.sku) == noun and has_number(one, figure)]
        if len(kin) == 1:
            made = self._edit(line, place, kin[0].sku, None)
            self._close(place, line, [sku])
            self._answer(place, line, made)

    def _one(self) -> None:
        """`un paquete`, `una entera`: the article counts what is asked about, as nothing else is named."""
        if not self.tokens or self.tokens[0].text not in self.articles:
            return
        behind = self.tokens[1].text if len(self.tokens) > 1 else ""
        container = behind if behind in vocabulary().containers else ""
        self._numbers([Line(0, 1, quantity=Quantity(Decimal(1), container=container, is_article=True))])

    def _agreed(self) -> None:
        """`sí, y 2 de arroz`, `sí, una de cada`, `all three`: what is proposed and not spoken of otherwise."""
        is_begun = len(self.tokens) > 1 and self._is_yes() and self.tokens[1].kind in ("mark", "newline")
        is_yes = self.is_all or (is_begun and not denies(self.path.arcs, self.tokens))  # `ok gracias, pero no`
        begin = next((line for line in self.lines if line.is_each and line.is_bare), Line(0, 1))
        for place, point, skus in list(self._open()):
            if place in self.settled:
                continue
            if (is_yes and point.is_proposal) or (self.each is not None and len(skus) == 1 and point.is_question):
                self._answer(place, begin, self._edit(begin, place, skus[0], None))
