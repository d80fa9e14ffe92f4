"""Acts on the lines of the order, as changes of the draft: added, set, taken out, replaced, chosen."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from agent.brief import BriefLine
from agent.lexical.acts import Act, ActKind
from agent.lexical.choosing import Choosing
from agent.lexical.orders import read_order
from agent.lexical.products import Found, among
from agent.lexical.terms import as_counted, in_shop_terms
from agent.lexical.variants import is_description, variant_of
from agent.lexical.vocabulary import vocabulary
from agent.lexical.wanted import Call, Wanted
from agent.lexical.weights import as_weighed, in_dozens, is_in_grams
from core.language.folding import fold
from domain.catalog.search import Decision, Verdict
from domain.catalog.words import read

_QUESTIONS = (ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY)


class Ordering(Choosing):
    """Collects what one turn changes, in the customer's order; later words of the turn correct earlier ones."""

    async def calls(self, acts: list[Act]) -> list[Call]:
        """The calls for all acts of the turn that are about products, beside the lines that are wanted."""
        self.open_points: list[dict[str, Any]] = []
        ordered = await read_order(self.brief, acts, self.catalogue.shelf)
        if ordered is not None:
            self.wanted, self.open_points = ordered.wanted, ordered.open_points
            acts = [act for act in acts if act.kind in _QUESTIONS]
        named = [await in_shop_terms(act, self.catalogue) for act in acts]
        for act in named:
            await self._take(act)
        for wanted in self.wanted:
            await self._in_grams(wanted)
        return self.other_calls

    @property
    def added_to(self) -> str | None:
        """`agrégale 2 más`, just after an order was placed: it is that order to which something is added."""
        placed = self.brief.just_placed
        said = [fold(message.text or "") for message in self.brief.messages]
        if placed is None or not any(vocabulary().matches("adds_to_order", text) for text in said):
            return None
        return placed.number

    async def _in_grams(self, wanted: Wanted) -> None:
        """A bare `300`, said of what is weighed."""
        if wanted.quantity is None or wanted.unit is not None or not is_in_grams(wanted.quantity):
            return
        line = next((line for line in self.lines if line.sku == wanted.product), None)
        hits = (await self.catalogue.decide(wanted.product)).hits
        is_weighed = line.unit.casefold() in vocabulary().units if line else bool(hits) and not hits[0].is_counted
        wanted.unit = "g" if is_weighed else None

    async def _take(self, act: Act) -> None:
        match act.kind:
            case ActKind.ADD:
                await self._add(act)
            case ActKind.SET:
                await self._set(act)
            case ActKind.MORE:
                await self._more(act)
            case ActKind.REMOVE:
                await self._remove(act)
            case ActKind.REPLACE:
                await self._replace(act)
            case ActKind.CHOOSE:
                await self._choose(act)
            case ActKind.CHOOSE_NONE:
                self._decline(act)
            case ActKind.CONFIRM:
                self._agree()
            case kind if kind in _QUESTIONS:
                await self._question(act)

    async def _add(self, act: Act) -> None:
        if not act.phrase:
            await self._lone_quantity(act)
            return
        if self._is_only_named(act):
            return
        if is_description(act.phrase) and await self._variant(act):
            return
        for found in await self.catalogue.resolve(act):
            if self.catalogue.is_small_talk(found):
                continue
            self._want(await self._with_head(found))
            if act.details.get("only") and any(line.sku == found.sku for line in self.lines):
                # `quiero 1 jabón, nada más` of what is in the order already: one in all.
                self.wanted[-1].is_total = self.wanted[-1].quantity is not None

    def _is_only_named(self, act: Act) -> bool:
        """`la malta sí, el arroz no`, `el arroz está bien así`: what the order has, and no wish for more of it."""
        is_named = act.details.get("kept") or (act.details.get("known") and not act.details.get("asked"))
        return bool(is_named) and act.quantity is None and self._line(act.phrase) is not None

    async def _variant(self, act: Act) -> bool:
        """`no, el de 500 gramos`: the same product in another size takes the place of the last one."""
        if self.wanted or self.questions or not self.lines:
            return False
        line = self.lines[-1]
        variant = await variant_of(line.sku, line.name, act.phrase, self.catalogue)
        if variant is None:
            return False
        quantity = act.quantity if act.quantity is not None else line.quantity
        self.wanted.append(Wanted(line.sku, Decimal(0), None, line.name, is_total=True))
        self.wanted.append(Wanted(variant.sku, quantity, act.unit, variant.name))
        return True

    async def _with_head(self, found: Found) -> Found:
        """What leaves out the noun that was said before it: `2 amortiguadores delanteros y 2 traseros`, `si hay, 2 de 250`."""
        if found.sku is not None or (found.act.quantity is None and not found.act.details.get("single")):
            return found
        heads = [wanted.phrase.split()[0] for wanted in self.wanted[-1:] if wanted.phrase]
        for head in (*heads, *list(self._asked)[-1:]):
            described = f"{head} {found.act.phrase}"
            completed = await self.catalogue.decide(await self.catalogue.essence(described))
            if completed.verdict is Verdict.ONE and head not in found.act.phrase:
                return Found(found.act, completed)
        if self.wanted and is_description(found.act.phrase):
            # `una remera negra en M y otra en L`: the colour stays.
            last = self.wanted[-1]
            variant = await variant_of(last.product, last.name, found.act.phrase, self.catalogue)
            return Found(found.act, Decision(Verdict.ONE, (variant,))) if variant else found
        return found

    def _want(self, found: Found) -> None:
        act = found.act
        if act.quantity is None and act.details.get("single") and found.is_counted:
            act = replace(act, quantity=Decimal(1))
        if act.quantity is None and act.details.get("some") and found.is_set:
            act = replace(act, quantity=Decimal(1))
        name = found.name or act.phrase
        self._mentioned = found.sku or act.phrase
        self.wanted.append(Wanted(found.sku or act.phrase, act.quantity, act.unit, name, act.phrase))

    async def _lone_quantity(self, act: Act) -> None:
        """A quantity without a product: of what was just mentioned, asked about or offered."""
        last = self.wanted[-1].name if self.wanted else self._mentioned or ""
        act = await as_counted(act, last, self.catalogue)
        if act.quantity is None:
            return
        if self.wanted and self.wanted[-1].quantity is None:
            self.wanted[-1] = replace(self.wanted[-1], quantity=act.quantity, unit=act.unit)
        elif self.wanted and self.wanted[-1].product == self._mentioned:
            # `dame 2 azúcar` · `no espera, 3`
            self.wanted[-1] = replace(self.wanted[-1], quantity=act.quantity, unit=act.unit)
        elif self._mentioned is not None:
            self.wanted.append(Wanted(self._mentioned, act.quantity, act.unit, self._mentioned))
            self.questions = [one for one in self.questions if self._asked.get(one[1], one[1]) != self._mentioned]
        elif self.wanted:
            self.wanted[-1] = replace(self.wanted[-1], quantity=act.quantity, unit=act.unit)
        elif container := act.details.get("container"):
            await self._add(replace(act, phrase=container, details={}))
        else:
            self.talk.append("of_what")

    async def _set(self, act: Act) -> None:
        """`que sean 4`, `mejor 2 maltas`, `no, el de 500`, `la pintura mejor celeste`."""
        if not act.phrase:
            self._set_last(act.quantity, act.unit)
            return
        if await self._swap(act):
            return
        line = self._line(act.phrase)
        if line is not None:
            self._total(line, act)
            return
        wanted = self._in_turn(act.phrase)
        if wanted is not None:
            index = self.wanted.index(wanted)
            if act.quantity is not None:
                self.wanted[index] = replace(wanted, quantity=act.quantity, unit=act.unit)
            return
        if act.details.get("named") and not any(found.is_known for found in await self.catalogue.resolve(act)):
            # What stood before the quantity was no product: `ay caramba, mejor 3`.
            self._set_last(act.quantity, act.unit)
            return
        await self._add(act)

    async def _swap(self, act: Act) -> bool:
        """Another product of a kind that the order has one of takes its place: `mejor el aceite mazeite`."""
        meant = await self.catalogue.decide(act.phrase)
        known = [line.sku for line in self.lines] + [wanted.product for wanted in self.wanted]
        if not meant.hits or any(hit.sku in known for hit in meant.hits):
            return False
        same = [line for line in self.lines if _noun(line.name) & _noun(meant.hits[0].name)]
        known_words = [word.forms for word in read(same[0].name).words] if len(same) == 1 else []
        if not any(word.forms & forms for word in read(act.phrase).words for forms in known_words):
            return False
        other = meant.hits[0]
        if meant.verdict is not Verdict.ONE:
            variant = await variant_of(same[0].sku, same[0].name, act.phrase, self.catalogue)
            if variant is None:
                return False
            other = variant
        quantity = act.quantity if act.quantity is not None else same[0].quantity
        self.wanted.append(Wanted(same[0].sku, Decimal(0), None, same[0].name, is_total=True))
        self.wanted.append(Wanted(other.sku, quantity, act.unit, other.name, act.phrase))
        return True

    def _set_last(self, quantity: Decimal | None, unit: str | None) -> None:
        if quantity is None:
            return
        if self.wanted:
            self.wanted[-1] = replace(self.wanted[-1], quantity=quantity, unit=unit)
        elif self.lines:
            line = self.lines[-1]
            self.wanted.append(Wanted(line.sku, quantity, unit, line.name, is_total=True))
        else:
            self.talk.append("of_what")

    def _total(self, line: BriefLine, act: Act) -> None:
        sizes = read(act.phrase).sizes - read(line.name).sizes
        if act.quantity is None and len(sizes) == 1 and line.unit.casefold() in vocabulary().units:
            # `que el pollo sea de kilo y medio`: of what is weighed the size is how much.
            (size,) = sizes
            act = replace(act, quantity=size.amount, unit=size.dimension)
        if act.quantity is None:
            return
        act = as_weighed(act, line.name) if line.unit.casefold() in vocabulary().units else in_dozens(act)
        self._mentioned = line.sku
        self.wanted.append(Wanted(line.sku, act.quantity, act.unit, line.name, is_total=True))

    def _line(self, phrase: str) -> BriefLine | None:
        decision = among(phrase, [(line.sku, line.name) for line in self.lines])
        if not decision.hits or (decision.verdict is Verdict.SEVERAL and len(decision.hits) > 1):
            return None
        return next(line for line in self.lines if line.sku == decision.hits[0].sku)

    def _in_turn(self, phrase: str) -> Wanted | None:
        decision = among(phrase, [(wanted.product, wanted.name) for wanted in self.wanted])
        if not decision.hits:
            return None
        return next(wanted for wanted in self.wanted if wanted.product == decision.hits[0].sku)

    async def _more(self, act: Act) -> None:
        """`uno más`, `otro foco`: added to what is there; without a product to the last line."""
        quantity = act.quantity if act.quantity is not None else Decimal(1)
        if act.phrase:
            line = self._line(act.phrase)
            again = next((wanted for wanted in self.wanted if wanted.phrase == act.phrase), None)
            if again is not None and again.quantity is not None:
                again.quantity += quantity
            elif line is not None:
                self.wanted.append(Wanted(line.sku, quantity, act.unit, line.name))
            else:
                await self._add(act)
        elif self.wanted:
            last = self.wanted[-1]
            self.wanted[-1] = replace(last, quantity=(last.quantity or Decimal(0)) + quantity)
        elif self.lines:
            self.wanted.append(Wanted(self.lines[-1].sku, quantity, act.unit, self.lines[-1].name))
        else:
            self.talk.append("of_what")

    async def _remove(self, act: Act) -> None:
        if act.details.get("except"):
            self._keep_only(act.details["except"].split("|"))
            return
        if not act.phrase:
            self._remove_last(act.quantity)
            return
        wanted = self._in_turn(act.phrase)
        line = self._line(act.phrase)
        if wanted is not None and line is None:
            self.wanted.remove(wanted)
            return
        if line is None:
            several = among(act.phrase, [(known.sku, known.name) for known in self.lines])
            if several.verdict is Verdict.NONE and (await self.catalogue.decide(act.phrase)).verdict is Verdict.NONE:
                return
            self.wanted.append(Wanted(act.phrase, Decimal(0), None, act.phrase, is_total=True))
            return
        is_counted = line.unit.casefold() not in vocabulary().units
        is_one = act.quantity is None and act.details.get("single") and not act.details.get("known") and is_counted
        count = Decimal(1) if is_one else act.quantity
        if count is not None and count < line.quantity and act.unit is None:
            self.wanted.append(Wanted(line.sku, line.quantity - count, None, line.name, is_total=True))
        else:
            self.wanted.append(Wanted(line.sku, Decimal(0), None, line.name, is_total=True))

    def _keep_only(self, phrases: list[str]) -> None:
        """Take out all lines but these; if one of them is not in the order, it is not clear what is meant."""
        kept = [self._line(phrase) for phrase in phrases]
        if None in kept:
            self.talk.append("what_to_change")
            return
        self.wanted += [Wanted(line.sku, Decimal(0), None, line.name, is_total=True) for line in self.lines if line not in kept]

    def _remove_last(self, quantity: Decimal | None = None) -> None:
        """`quítalo`, `uno menos`: what was named last."""
        if self.wanted:
            last = self.wanted[-1]
            if quantity is not None and last.quantity is not None and last.quantity > quantity:
                last.quantity -= quantity
            elif not last.is_total:
                self.wanted.pop()
        elif self.lines:
            line = self.lines[-1]
            left = max(line.quantity - quantity, Decimal(0)) if quantity is not None else Decimal(0)
            self.wanted.append(Wanted(line.sku, left, None, line.name, is_total=True))

    async def _replace(self, act: Act) -> None:
        """One product instead of another; without a quantity of its own the new one takes the old one's."""
        new = act.new
        if new is None:
            return
        line = self._line(act.phrase) if act.phrase else (self.lines[-1] if self.lines else None)
        if line is not None:
            is_part = act.quantity is not None and act.quantity < line.quantity
            taken = Wanted(line.sku, act.quantity, None, line.name, is_less=True) if is_part else None
            self.wanted.append(taken or Wanted(line.sku, Decimal(0), None, line.name, is_total=True))
            if new.quantity is None:
                new = replace(new, quantity=act.quantity if is_part else line.quantity)
        else:
            wanted = self._in_turn(act.phrase)
            if wanted is not None:
                self.wanted.remove(wanted)
                new = replace(new, quantity=new.quantity if new.quantity is not None else wanted.quantity)
            elif act.details.get("unsure"):
                await self._add(replace(new, phrase=f"{act.phrase} {new.phrase}"))
                return
        if line is not None and (await self.catalogue.decide(new.phrase)).verdict is not Verdict.ONE:
            # `cambia la blanca por la celeste`: the noun is that of what is replaced.
            variant = await variant_of(line.sku, line.name, new.phrase, self.catalogue)
            new = replace(new, phrase=variant.sku if variant else new.phrase)
        await self._add(replace(new, details={**new.details, "asked": "1"}))

    async def _question(self, act: Act) -> None:
        """What is asked about: the words, or else what is on the table."""
        if act.phrase:
            for found in await self.catalogue.resolve(replace(act, quantity=None, unit=None)):
                if found.is_known or not self.questions:
                    self.questions.append((act.kind, found.act.phrase))
                    self._mentioned = self._asked[found.act.phrase] = found.sku or found.act.phrase
            return
        pending = self.brief.pending
        if pending is not None and pending.options:
            self.questions.extend((act.kind, option.sku) for option in pending.options[:5])
        elif self.wanted:
            self.questions.append((act.kind, self.wanted[-1].product))
        elif self.lines:
            self.questions.append((act.kind, self.lines[-1].sku))
        else:
            self.talk.append("of_what")


def _noun(name: str) -> frozenset[str]:
    """The forms of the word that says what a product is."""
    return next((word.forms for word in read(name).words), frozenset())
