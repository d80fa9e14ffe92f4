"""The acts of a customer in a thread, each with the ways in which it is said and what it makes of the order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml

from tests.lexical.demo import CLOTHES, GROCERIES
from tests.lexical.dialogues import (
    ARTICLES,
    KILOS,
    NUMBERS,
    PIECES,
    PLAIN,
    SIZED,
    WEIGHED,
    Cart,
    Dialogue,
    Pick,
    Thing,
    open_point,
)
from tools.context import Pending

Ways = dict[str, list[str]]
"""By language."""

_WAYS: dict[str, Ways] = yaml.safe_load((Path(__file__).parent / "dialogue_ways.yaml").read_text(encoding="utf-8"))


@dataclass
class Scene:
    """What is drawn for a dialogue: things that the order has and things that it has not, amounts, a language."""

    pick: Pick
    language: str = ""
    slug: str = ""
    taken: list[Thing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.language = self.pick(("es", "es", "pt", "en"))
        self.slug = self.pick((CLOTHES, GROCERIES))

    def thing(self, kinds: Sequence[Thing] | None = None) -> Thing:
        """One that is not drawn yet."""
        known = kinds if kinds is not None else [*PLAIN] if self.slug == CLOTHES else [*PIECES, *WEIGHED]
        one = self.pick([thing for thing in known if thing not in self.taken])
        self.taken.append(one)
        return one

    def sized(self) -> Thing:
        """One that comes in sizes."""
        self.slug = CLOTHES
        return self.thing(SIZED)

    def amount(self, thing: Thing, but: Decimal | None = None) -> Decimal:
        """So much of it, and not as much as that."""
        amounts = [Decimal(one) for one in (KILOS["es"] if thing.is_weighed else ["2", "3", "4", "5", "6"])]
        return self.pick([one for one in amounts if one != but])

    def said(self, amount: Decimal, thing: Thing) -> str:
        """An amount in words or figures."""
        if thing.is_weighed:
            return KILOS[self.language][f"{amount}"]
        return self.pick((str(amount), NUMBERS[self.language][int(amount)]))

    def much(self, amount: Decimal, thing: Thing) -> str:
        """So much of a thing."""
        of = {"es": " de", "pt": " de", "en": " of"}[self.language] if thing.is_weighed else ""
        return f"{self.said(amount, thing)}{of} {thing.plural}"

    def named(self, thing: Thing) -> str:
        """A thing with its article."""
        return f"{ARTICLES[self.language][thing.article]} {thing.name}"

    def words(self, ways: Ways, first: Thing, second: Thing | None = None, /, **more: str) -> str:
        """One of the ways to say something of one or two things."""
        slots = {"a": self.named(first), "p": first.name, "ps": first.plural}
        if second is not None:
            slots |= {"b": self.named(second), "q": second.name, "qs": second.plural}
        return self.pick(ways[self.language]).format(**slots, **more)

    def made(
        self, act: str, cart: Cart, said: str, right: Cart, points: Sequence[Pending] = (), **more: frozenset[str]
    ) -> Dialogue:
        """The dialogue; what there is nothing of stands in no order."""
        left = {sku: amount for sku, amount in right.items() if amount > 0}
        return Dialogue(act, self.slug, self.language, cart, list(points), said, left, **more)

    def others(self) -> Cart:
        """What else the order has: nothing, or one or two things."""
        things = [self.thing() for _ in range(self.pick((0, 1, 1, 2)))]
        return {thing.sku: self.amount(thing) for thing in things}

    def point(self, kind: str, skus: Sequence[str], quantity: Decimal | None = None) -> Pending:
        """An open question about some things."""
        return open_point(self.slug, kind, skus, quantity)


def want(scene: Scene) -> Dialogue:
    """Something that the order has not."""
    cart, thing = scene.others(), scene.thing()
    amount = scene.amount(thing)
    said = scene.words(_WAYS["want"], thing, np=scene.much(amount, thing))
    return scene.made("want", cart, said, cart | {thing.sku: amount})


def want_again(scene: Scene) -> Dialogue:
    """Something that the order has, wished for once more: added, or asked whether that is all."""
    others, thing = scene.others(), scene.thing()
    had, amount = scene.amount(thing), scene.amount(thing)
    cart = {**others, thing.sku: had}
    more = scene.words(_WAYS["more"], thing, np=scene.much(amount, thing), n=scene.said(amount, thing))
    return scene.made("more", cart, more, cart | {thing.sku: had + amount})


def total(scene: Scene) -> Dialogue:
    """So many in all of what the order has."""
    others, thing = scene.others(), scene.thing()
    had = scene.amount(thing)
    amount = scene.amount(thing, had)
    cart = {**others, thing.sku: had}
    slots = {"np": scene.much(amount, thing), "n": scene.said(amount, thing), "o": scene.said(had, thing)}
    return scene.made("total", cart, scene.words(_WAYS["total"], thing, **slots), cart | {thing.sku: amount})


def less(scene: Scene) -> Dialogue:
    """So many less."""
    others, thing = scene.others(), scene.thing()
    amount = scene.amount(thing)
    had = amount + scene.amount(thing)
    cart = {**others, thing.sku: had}
    said = scene.words(_WAYS["less"], thing, np=scene.much(amount, thing), n=scene.said(amount, thing))
    return scene.made("less", cart, said, cart | {thing.sku: had - amount})


def out(scene: Scene) -> Dialogue:
    """Taken out."""
    others, thing = scene.others(), scene.thing()
    cart = {**others, thing.sku: scene.amount(thing)}
    return scene.made("out", cart, scene.words(_WAYS["out"], thing), others, refused=frozenset(thing.skus.values()))


def out_sized(scene: Scene) -> Dialogue:
    """One of two sizes taken out."""
    thing = scene.sized()
    others, sizes = scene.others(), list(thing.skus)
    size = scene.pick(sizes)
    other = scene.pick([one for one in sizes if one != size])
    kept = {**others, thing.skus[other]: scene.amount(thing)}
    cart = {**kept, thing.skus[size]: scene.amount(thing)}
    return scene.made("out_sized", cart, scene.words(_WAYS["other_out"], thing, s=size), kept)


def out_either(scene: Scene) -> Dialogue:
    """One or the other taken out, nobody knows which."""
    others, first, second = scene.others(), scene.thing(), scene.thing()
    cart = {**others, first.sku: scene.amount(first), second.sku: scene.amount(second)}
    said = scene.words(_WAYS["out_either"], first, second)
    return scene.made("out_either", cart, said, cart, must_ask=frozenset({first.sku, second.sku}))


def either(scene: Scene) -> Dialogue:
    """One or the other wanted, nobody knows which."""
    cart, first, second = scene.others(), scene.thing(), scene.thing()
    slots = {"np": scene.much(scene.amount(first), first), "mq": scene.much(scene.amount(second), second)}
    said = scene.words(_WAYS["either"], first, second, **slots)
    return scene.made("either", cart, said, cart, must_ask=frozenset({first.sku, second.sku}))


def size(scene: Scene) -> Dialogue:
    """Another size of what the order has."""
    thing = scene.sized()
    others, sizes = scene.others(), list(thing.skus)
    old = scene.pick(sizes)
    new = scene.pick([one for one in sizes if one != old])
    had = scene.amount(thing)
    cart = {**others, thing.skus[old]: had}
    return scene.made("size", cart, scene.words(_WAYS["size"], thing, s=old, t=new), {**others, thing.skus[new]: had})


def size_named(scene: Scene) -> Dialogue:
    """Another size of what the order has, and nothing that says whether it takes its place."""
    thing = scene.sized()
    others, sizes = scene.others(), list(thing.skus)
    old = scene.pick(sizes)
    new = scene.pick([one for one in sizes if one != old])
    cart = {**others, thing.skus[old]: scene.amount(thing)}
    said = scene.words(_WAYS["size_named"], thing, t=new)
    return scene.made("size_named", cart, said, cart, must_ask=frozenset({thing.skus[old]}))


def swap(scene: Scene) -> Dialogue:
    """Another thing in the place of what the order has; as many of it, or so many."""
    others, old = scene.others(), scene.thing()
    alike = [one for one in ([*PLAIN] if scene.slug == CLOTHES else [*PIECES, *WEIGHED]) if one.is_weighed == old.is_weighed]
    new = scene.thing(alike)
    had, amount = scene.amount(old), scene.amount(new)
    cart = {**others, old.sku: had}
    way = scene.pick(_WAYS["swap"][scene.language])
    said = scene.words({scene.language: [way]}, old, new, mq=scene.much(amount, new))
    return scene.made("swap", cart, said, {**others, new.sku: amount if "{mq}" in way else had})


def refuse(scene: Scene) -> Dialogue:
    """What is proposed is not wanted."""
    cart, thing = scene.others(), scene.thing()
    point = scene.point("confirm", [thing.sku], scene.amount(thing))
    said = scene.words(_WAYS["refuse"], thing)
    return scene.made("refuse", cart, said, cart, [point], refused=frozenset({thing.sku}))


def refuse_amount(scene: Scene) -> Dialogue:
    """Of what is asked how much, nothing."""
    cart, thing = scene.others(), scene.thing()
    point = scene.point("choose_quantity", [thing.sku])
    said = scene.words(_WAYS["refuse"], thing)
    return scene.made("refuse_amount", cart, said, cart, [point], refused=frozenset({thing.sku}))


def second(scene: Scene) -> Dialogue:
    """Another number of the one thing that was ordered."""
    thing = scene.thing()
    had = scene.amount(thing)
    amount = scene.amount(thing, had)
    said = scene.words(_WAYS["second"], thing, n=scene.said(amount, thing), o=scene.said(had, thing))
    return scene.made("second", {thing.sku: had}, said, {thing.sku: amount})


def second_size(scene: Scene) -> Dialogue:
    """Another size of the one thing that was ordered."""
    thing = scene.sized()
    old = scene.pick(list(thing.skus))
    new = scene.pick([one for one in thing.skus if one != old])
    had = scene.pick((Decimal(1), scene.amount(thing)))
    said = scene.words(_WAYS["second_size"], thing, s=old, t=new)
    return scene.made("second_size", {thing.skus[old]: had}, said, {thing.skus[new]: had})


def answers(scene: Scene) -> Dialogue:
    """How much of each of two things that are asked about."""
    cart, first, second = scene.others(), scene.thing(), scene.thing()
    amounts = scene.amount(first), scene.amount(second)
    points = [scene.point("choose_quantity", [thing.sku]) for thing in scene.pick(((first, second), (second, first)))]
    slots = {"np": scene.much(amounts[0], first), "mq": scene.much(amounts[1], second)}
    said = scene.words(
        _WAYS["answers"], first, second, n=scene.said(amounts[0], first), m=scene.said(amounts[1], second), **slots
    )
    return scene.made("answers", cart, said, cart | {first.sku: amounts[0], second.sku: amounts[1]}, points)


def answer_out(scene: Scene) -> Dialogue:
    """How much of what is asked about, and something of the order taken out."""
    others, first, second = scene.others(), scene.thing(), scene.thing()
    amount = scene.amount(first)
    cart = {**others, second.sku: scene.amount(second)}
    said = scene.words(_WAYS["answer_out"], first, second, np=scene.much(amount, first), n=scene.said(amount, first))
    point = scene.point("choose_quantity", [first.sku])
    return scene.made("answer_out", cart, said, {**others, first.sku: amount}, [point])


def answer_total(scene: Scene) -> Dialogue:
    """How much of what is asked about, and so many in all of something of the order."""
    others, first, second = scene.others(), scene.thing(), scene.thing()
    amount, had = scene.amount(first), scene.amount(second)
    new = scene.amount(second, had)
    cart = {**others, second.sku: had}
    slots = {"np": scene.much(amount, first), "n": scene.said(amount, first), "m": scene.said(new, second)}
    said = scene.words(_WAYS["answer_total"], first, second, mq=scene.much(new, second), **slots)
    point = scene.point("choose_quantity", [first.sku])
    return scene.made("answer_total", cart, said, cart | {first.sku: amount, second.sku: new}, [point])


def choice(scene: Scene) -> Dialogue:
    """Which size, and yes to what is proposed beside it if that is named."""
    return _chosen(scene, "choice", _WAYS["choice"], is_no=False)


def choice_no(scene: Scene) -> Dialogue:
    """Which size, and no to what is proposed beside it."""
    return _chosen(scene, "choice_no", _WAYS["choice_no"], is_no=True)


def _chosen(scene: Scene, act: str, ways: Ways, *, is_no: bool) -> Dialogue:
    thing = scene.sized()
    other, chosen = scene.thing(), scene.pick(list(thing.skus))
    cart, amount, proposed = scene.others(), scene.amount(thing), scene.amount(other)
    way = scene.pick(ways[scene.language])
    points = [scene.point("choose_product", list(thing.skus.values()), amount)]
    right = cart | {thing.skus[chosen]: amount}
    if "{b}" in way or "{q}" in way:
        points.append(scene.point("confirm", [other.sku], proposed))
        right = right if is_no else right | {other.sku: proposed}
    said = scene.words({scene.language: [way]}, thing, other, s=chosen)
    refused = frozenset({other.sku}) if is_no else frozenset()
    return scene.made(act, cart, said, right, points, refused=refused)


def beside(scene: Scene) -> Dialogue:
    """Something new while how much of another thing is asked."""
    cart, asked, thing = scene.others(), scene.thing(), scene.thing()
    amount = scene.amount(thing)
    said = scene.words(_WAYS["want"], thing, np=scene.much(amount, thing))
    point = scene.point("choose_quantity", [asked.sku])
    return scene.made("beside", cart, said, cart | {thing.sku: amount}, [point], must_ask=frozenset({asked.sku}))


def keep(scene: Scene) -> Dialogue:
    """What the order has is to stay as it is."""
    others, thing = scene.others(), scene.thing()
    cart = {**others, thing.sku: scene.amount(thing)}
    return scene.made("keep", cart, scene.words(_WAYS["keep"], thing), cart)


def total_sized(scene: Scene) -> Dialogue:
    """So many in all of one of two sizes."""
    thing = scene.sized()
    others, sizes = scene.others(), list(thing.skus)
    which = scene.pick(sizes)
    other = scene.pick([one for one in sizes if one != which])
    had = scene.amount(thing)
    amount = scene.amount(thing, had)
    cart = {**others, thing.skus[other]: scene.amount(thing), thing.skus[which]: had}
    said = scene.words(_WAYS["total_sized"], thing, s=which, n=scene.said(amount, thing))
    return scene.made("total_sized", cart, said, cart | {thing.skus[which]: amount})


def out_total(scene: Scene) -> Dialogue:
    """One thing taken out, and so many in all of another."""
    others, first, second = scene.others(), scene.thing(), scene.thing()
    had = scene.amount(second)
    amount = scene.amount(second, had)
    kept = {**others, second.sku: had}
    slots = {"m": scene.said(amount, second), "mq": scene.much(amount, second)}
    said = scene.words(_WAYS["out_total"], first, second, **slots)
    return scene.made("out_total", {**kept, first.sku: scene.amount(first)}, said, kept | {second.sku: amount})


def out_keep(scene: Scene) -> Dialogue:
    """One thing taken out, and another to stay."""
    others, first, second = scene.others(), scene.thing(), scene.thing()
    kept = {**others, second.sku: scene.amount(second)}
    said = scene.words(_WAYS["out_keep"], first, second)
    return scene.made("out_keep", {**kept, first.sku: scene.amount(first)}, said, kept)


Act = Callable[[Scene], Dialogue]
ACTS: list[Act] = [
    want,
    want_again,
    total,
    less,
    out,
    out_sized,
    out_either,
    either,
    size,
    size_named,
    swap,
    refuse,
    refuse_amount,
    second,
    second_size,
    answers,
    answer_out,
    answer_total,
    choice,
    choice_no,
    beside,
    keep,
    total_sized,
    out_total,
    out_keep,
]
