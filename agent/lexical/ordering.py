"""Acts on the lines of the order, as changes of the draft: added, set, taken out, replaced, chosen."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from agent.brief import Brief, BriefLine
from agent.lexical.acts import Act, ActKind
from agent.lexical.normalise import tokenise
from agent.lexical.products import Catalogue, Found, among
from agent.lexical.sharing import shared_out
from agent.lexical.vocabulary import vocabulary
from agent.lexical.wanted import Call, Wanted, number
from domain.catalog.search import GAP, PLAUSIBLE, Verdict
from domain.catalog.words import read

_ARGUMENTS = {"choose_store": "store", "choose_method": "method", "choose_order": "number"}
"""Which argument the answer to a question about something else than a product fills."""

_QUESTIONS = (ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY)


class Ordering:
    """Collects what one turn changes, in the customer's order; later words of the turn correct earlier ones."""

    def __init__(self, brief: Brief, catalogue: Catalogue) -> None:
        self.brief = brief
        self.catalogue = catalogue
        self.wanted: list[Wanted] = []
        self.questions: list[tuple[ActKind, str]] = []
        self.talk: list[str] = []
        self.other_calls: list[Call] = []
        self.answered_pending = False
        self._mentioned: str | None = None
        self._asked: dict[str, str] = {}
        """What the phrases of the questions mean, where that is settled."""

    @property
    def lines(self) -> list[BriefLine]:
        """The lines of the open draft."""
        return list(self.brief.draft.lines) if self.brief.draft else []

    async def calls(self, acts: list[Act]) -> list[Call]:
        """The calls for all acts of the turn that are about products."""
        for act in await shared_out(acts, self.catalogue):
            await self._take(act)
        return [*(wanted.call for wanted in self.wanted), *self.other_calls]

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
                self.answered_pending = True
                self.talk.append("as_you_wish")
            case ActKind.CONFIRM:
                self._agree()
            case kind if kind in _QUESTIONS:
                await self._question(act)

    async def _add(self, act: Act) -> None:
        if not act.phrase:
            await self._lone_quantity(act)
            return
        if self._is_description(act.phrase) and await self._variant(act):
            return
        for found in await self.catalogue.resolve(act):
            if self.catalogue.is_small_talk(found):
                continue
            self._want(await self._with_head(found))
            if act.details.get("only") and any(line.sku == found.sku for line in self.lines):
                # `quiero 1 jabón, nada más` of what is in the order already: one in all.
                self.wanted[-1].is_total = self.wanted[-1].quantity is not None

    def _is_description(self, phrase: str) -> bool:
        """Only a size or a number, such as `500 gramos`, `talle m`: it describes what was just named."""
        words = vocabulary()
        return (
            all(
                token.kind == "number"
                or token.text in words.units
                or token.text in words.size_words
                or token.text in words.fillers
                for token in tokenise(phrase)
            )
            or phrase.split()[0] in words.size_words
        )

    async def _variant(self, act: Act) -> bool:
        """`no, el de 500 gramos`: the same product in another size takes the place of the last one."""
        if self.wanted or not self.lines:
            return False
        line = self.lines[-1]
        words = vocabulary()
        base = [
            word.text
            for word in read(line.name).words
            if not any(letter.isdigit() for letter in word.text) and len(word.text) > 2 and word.text not in words.size_words
        ]
        hits = [hit for hit in await self.catalogue.hits(" ".join([*base, act.phrase])) if hit.sku != line.sku]
        if not hits or hits[0].score < PLAUSIBLE or (len(hits) > 1 and hits[0].score - hits[1].score < GAP):
            return False
        wanted = hits[0].sku
        self.wanted.append(Wanted(line.sku, Decimal(0), None, line.name, is_total=True))
        self.wanted.append(Wanted(wanted, act.quantity if act.quantity is not None else line.quantity, act.unit, wanted))
        return True

    async def _with_head(self, found: Found) -> Found:
        """`2 amortiguadores delanteros y 2 traseros`: the noun of the product before it is left out."""
        if found.sku is not None or not self.wanted or found.act.quantity is None:
            return found
        head = self.wanted[-1].phrase.split()[:1]
        completed = await self.catalogue.decide(" ".join([*head, found.act.phrase])) if head else None
        if completed is None or completed.verdict is not Verdict.ONE or head[0] in found.act.phrase.split():
            return found
        return Found(found.act, completed)

    def _want(self, found: Found) -> None:
        act = found.act
        if act.quantity is None and act.details.get("single") and found.is_counted:
            act = replace(act, quantity=Decimal(1))
        name = found.name or act.phrase
        self._mentioned = found.sku or act.phrase
        self.wanted.append(Wanted(found.sku or act.phrase, act.quantity, act.unit, name, act.phrase))

    async def _lone_quantity(self, act: Act) -> None:
        """A quantity without a product: of what was just mentioned, asked about or offered."""
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
        if act.details.get("named") and (await self.catalogue.decide(act.phrase)).verdict is Verdict.NONE:
            # What stood before the quantity was no product: `ay caramba, mejor 3`.
            self._set_last(act.quantity, act.unit)
            return
        await self._add(act)

    async def _swap(self, act: Act) -> bool:
        """Another product of a kind that the order has one of takes its place: `mejor el aceite mazeite`."""
        meant = await self.catalogue.decide(act.phrase)
        known = [line.sku for line in self.lines] + [wanted.product for wanted in self.wanted]
        if meant.verdict is not Verdict.ONE or meant.hits[0].sku in known:
            return False
        head = [word.sound for word in read(meant.hits[0].name).words[:1]]
        same = [line for line in self.lines if [word.sound for word in read(line.name).words[:1]] == head]
        if len(same) != 1 or not any(word.sound in head for word in read(act.phrase).words):
            return False
        quantity = act.quantity if act.quantity is not None else same[0].quantity
        self.wanted.append(Wanted(same[0].sku, Decimal(0), None, same[0].name, is_total=True))
        self.wanted.append(Wanted(meant.hits[0].sku, quantity, act.unit, meant.hits[0].name, act.phrase))
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
        if act.quantity is not None and act.quantity < line.quantity and act.unit is None and not act.details.get("single"):
            self.wanted.append(Wanted(line.sku, line.quantity - act.quantity, None, line.name, is_total=True))
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
            self.wanted.append(Wanted(line.sku, Decimal(0), None, line.name, is_total=True))
            if new.quantity is None:
                new = replace(new, quantity=line.quantity)
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
            kind = f"{' '.join(word.text for word in read(line.name).words[:1])} {new.phrase}"
            if (await self.catalogue.decide(kind)).verdict is Verdict.ONE:
                new = replace(new, phrase=kind)
        await self._add(replace(new, details={**new.details, "asked": "1"}))

    async def _choose(self, act: Act) -> None:
        """One of the offered products, or how many of the one in question."""
        pending = self.brief.pending
        row = act.details.get("row")
        if row is not None:
            await self._row(act, row)
            return
        if pending is None:
            return
        self.answered_pending = True
        arguments = dict(pending.arguments)
        sku = act.details.get("sku")
        if pending.kind == "replace_draft":
            self._push(pending.tool, {**arguments, "existing": sku})
            return
        if pending.kind in _ARGUMENTS:
            name = next((option.name for option in pending.options if option.sku == sku), sku)
            self._push(pending.tool, {**arguments, _ARGUMENTS[pending.kind]: name if pending.kind == "choose_store" else sku})
            return
        if sku is not None or act.phrase:
            arguments["product"] = sku or act.phrase
        if act.quantity is not None:
            arguments["quantity"] = number(act.quantity)
            arguments.pop("unit", None)
            if act.unit:
                arguments["unit"] = act.unit
        elif act.details.get("each"):
            arguments["quantity"] = 1
        self._push(pending.tool or "add_item_to_draft", arguments)
        if act.details.get("each") and pending.kind == "choose_quantity":
            self._each(act)

    def _each(self, act: Act) -> None:
        """`2 de cada uno` answers all the waiting questions of how many."""
        for other in self.brief.waiting:
            if other.kind == "choose_quantity":
                self._push(other.tool, {**other.arguments, "quantity": number(act.quantity or Decimal(1))})

    def _push(self, tool: str, arguments: dict[str, Any]) -> None:
        product = str(arguments.get("product", ""))
        if tool in ("add_item_to_draft", "change_item_in_draft"):
            quantity = arguments.get("quantity")
            value = None if quantity is None else Decimal(str(quantity))
            is_total = tool == "change_item_in_draft"
            self.wanted.append(Wanted(product, value, arguments.get("unit"), product, is_total=is_total))
            self._mentioned = product
        else:
            self.other_calls.append(Call(tool, arguments))

    async def _row(self, act: Act, row: str) -> None:
        """A row of a list that is not the open question: a product of the catalogue, or a category."""
        decision = await self.catalogue.decide(row)
        if decision.verdict is Verdict.ONE and decision.hits[0].sku.casefold() == row.casefold():
            self.wanted.append(Wanted(decision.hits[0].sku, None, None, decision.hits[0].name))
        else:
            self.other_calls.append(Call("send_catalog", {"category": act.details.get("title") or row}))

    def _agree(self) -> None:
        """A yes to a single offered product ("did you mean…?", "shall I add it?")."""
        pending = self.brief.pending
        if pending is None or len(pending.options) != 1 or pending.kind not in ("choose_product", "offered"):
            return
        self.answered_pending = True
        self._push(pending.tool or "add_item_to_draft", {**pending.arguments, "product": pending.options[0].sku})

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
