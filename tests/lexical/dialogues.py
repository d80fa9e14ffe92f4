"""Single messages of a thread whose meaning is known: an order, open questions, one act said in some way, and what is right.

The house is the lexical model on a demo shop in memory; its points are kept by the rule that the tools keep them by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from agent.brief import Brief, BriefDraft, BriefLine, BriefMessage
from domain.connections.medium import Medium
from domain.conversations.content import Text
from domain.conversations.states import State
from evals.lexical.run import converse
from evals.lexical.shop import Shop
from tests.lexical.reading import demo_goods
from tests.lexical.spoken import catalogue_of
from tools.context import Pending, still_open
from tools.outcome import Option

T = TypeVar("T")


class Pick(Protocol):
    """Draws one of several."""

    def __call__(self, choices: Sequence[T], /) -> T: ...


Cart = dict[str, Decimal]

_OPENED_AS = {"which": "choose_product", "quantity": "choose_quantity"}


class House(Shop):
    """A demo shop in memory, whose points stay open as those of `update_draft` do."""

    def __init__(self, slug: str, cart: Mapping[str, Decimal], points: Sequence[Pending]) -> None:
        super().__init__(catalogue_of(slug), cart=dict(cart), points=list(points))
        self.__dict__["goods"] = demo_goods(slug)
        self.reply = ""

    async def hears(self, said: str, language: str) -> None:
        """Answer one message."""
        known = self.goods.by_sku
        lines = [
            BriefLine(sku=sku, name=known[sku].name, quantity=quantity, unit=known[sku].unit)
            for sku, quantity in self.cart.items()
        ]
        brief = Brief(
            language=language,
            country=self.catalogue.country,
            currency=self.catalogue.currency,
            shop_name=self.catalogue.shop,
            medium=Medium.WHATSAPP,
            state=State.COLLECTING_ORDER if lines else State.IDLE,
            draft=BriefDraft(lines=lines, missing=["fulfilment"]) if lines else None,
            pending=self.points[0] if self.points else None,
            waiting=self.points[1:],
            stores=self.catalogue.stores,
            payment_methods=self.catalogue.payment_methods,
            messages=[BriefMessage(content=Text(text=said))],
        )
        self.reply = await converse(brief, self)

    def _update_draft(
        self,
        lines: list[dict[str, Any]] | None = None,
        open_points: list[dict[str, Any]] | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        before, asked, settled = dict(self.cart), list[Pending](), list[Pending]()
        for line in lines or []:
            self._take(line, asked, settled)
        asked += [self._pending(one) for one in open_points or []]
        changed = self.cart != before
        self.points = still_open(self.points, [(asked, settled, changed)])
        status = "ok" if changed or (settled and not asked) else "ask" if self.points else "refused"
        return {"status": status, "code": "draft_updated" if changed else "nothing_changed", "say": "<draft>"}

    def _take(self, line: dict[str, Any], asked: list[Pending], settled: list[Pending]) -> None:
        sku, mode, quantity = line["product"], line.get("mode", "add"), line.get("quantity")
        settled += [point for point in self.points if point.is_of_order and point.is_about(sku)]
        if mode == "remove" or (mode == "set" and not quantity):
            left = self.cart.get(sku, Decimal(0)) - Decimal(str(quantity)) if quantity else Decimal(0)
            self.cart.pop(sku, None) if left <= 0 else self.cart.update({sku: left})
        elif quantity is None:
            asked.append(Pending(kind="choose_quantity", tool="update_draft", options=[self._option(sku)]))
        else:
            has = self.cart.get(sku, Decimal(0)) if mode == "add" else Decimal(0)
            self.cart[sku] = has + self._amount(sku, quantity, line.get("unit"))

    def _pending(self, one: dict[str, Any]) -> Pending:
        arguments: dict[str, Any] = {name: one[name] for name in ("quantity", "unit", "mode") if name in one}
        if len(one["skus"]) == 1:
            arguments["product"] = one["skus"][0]
        options = [self._option(sku) for sku in one["skus"]]
        kind = _OPENED_AS.get(one["kind"], one["kind"])
        return Pending(kind=kind, tool="update_draft", arguments=arguments, options=options, words=one["words"])

    def _option(self, sku: str) -> Option:
        return Option(sku=sku, name=self.goods.by_sku[sku].name)


def open_point(slug: str, kind: str, skus: Sequence[str], quantity: Decimal | None = None) -> Pending:
    """A question that is open about some things, with the number that was said."""
    known = demo_goods(slug).by_sku
    arguments: dict[str, Any] = {"mode": "add"} | ({"quantity": float(quantity)} if quantity is not None else {})
    options = [Option(sku=sku, name=known[sku].name) for sku in skus]
    named = {"product": skus[0]} if len(skus) == 1 else {}
    return Pending(kind=kind, tool="update_draft", arguments=arguments | named, options=options, words=known[skus[0]].name)


@dataclass(frozen=True)
class Thing:
    """Something on sale as customers call it; `skus` by size, or by nothing."""

    name: str
    plural: str
    article: str
    skus: Mapping[str, str]
    is_weighed: bool = False

    @property
    def sku(self) -> str:
        return next(iter(self.skus.values()))


def _clothes(code: str, name: str, plural: str, article: str, sizes: str = "") -> Thing:
    first, *rest = sizes.split() or [""]
    return Thing(name, plural, article, {first: code, **{size: f"{code}-{size}" for size in rest}})


SIZED = [
    _clothes("CHO-001", "chomba", "chombas", "la", "S M L XL"),
    _clothes("CAM-002", "camisa leñadora", "camisas leñadoras", "la", "M L XL"),
    _clothes("BUZ-001", "buzo con capucha", "buzos con capucha", "el", "S M L XL"),
    _clothes("POL-001", "pollera", "polleras", "la", "S M L"),
    _clothes("PIJ-001", "pijama", "pijamas", "el", "S M L"),
    _clothes("BER-001", "bermuda", "bermudas", "la", "38 40 42 44"),
    _clothes("CAR-001", "cargo", "cargos", "el", "38 40 42 44"),
]
PLAIN = [
    _clothes("REM-001", "remera básica", "remeras básicas", "la"),
    _clothes("GOR-001", "gorra trucker", "gorras trucker", "la"),
    _clothes("GOR-002", "gorro de lana", "gorros de lana", "el"),
    _clothes("BUF-001", "bufanda", "bufandas", "la"),
    _clothes("CIN-001", "cinto", "cintos", "el"),
    _clothes("MOC-002", "mochila", "mochilas", "la"),
    _clothes("PNU-001", "pañuelo", "pañuelos", "el"),
    _clothes("JEA-001", "jean", "jeans", "el"),
]
PIECES = [
    Thing("arroz primor", "arroz primor", "el", {"": "ARR-002"}),
    Thing("azúcar", "azúcar", "el", {"": "AZU-001"}),
    Thing("mayonesa kraft", "mayonesas kraft", "la", {"": "MAY-002"}),
    Thing("coca cola de 2 litros", "coca cola de 2 litros", "la", {"": "BEB-001"}),
    Thing("pepsi", "pepsis", "la", {"": "BEB-003"}),
    Thing("malta", "maltas", "la", {"": "BEB-004"}),
    Thing("cerveza zulia", "cervezas zulia", "la", {"": "BEB-006"}),
    Thing("mortadela", "mortadelas", "la", {"": "MOR-001"}),
    Thing("toddy", "toddy", "el", {"": "CHO-002"}),
    Thing("diablito", "diablitos", "el", {"": "DIA-001"}),
    Thing("cloro", "cloros", "el", {"": "LIM-004"}),
]
WEIGHED = [
    Thing("queso blanco duro", "queso blanco duro", "el", {"": "QUE-001"}, is_weighed=True),
    Thing("queso de mano", "queso de mano", "el", {"": "QUE-002"}, is_weighed=True),
    Thing("jamón", "jamón", "el", {"": "JAM-001"}, is_weighed=True),
    Thing("pechuga", "pechuga", "la", {"": "POL-002"}, is_weighed=True),
    Thing("tomate", "tomate", "el", {"": "FRU-002"}, is_weighed=True),
    Thing("cebolla", "cebolla", "la", {"": "FRU-003"}, is_weighed=True),
    Thing("carne molida", "carne molida", "la", {"": "RES-001"}, is_weighed=True),
]

NUMBERS = {
    "es": ("", "", "dos", "tres", "cuatro", "cinco", "seis"),
    "pt": ("", "", "dois", "três", "quatro", "cinco", "seis"),
    "en": ("", "", "two", "three", "four", "five", "six"),
}
ARTICLES = {"es": {"el": "el", "la": "la"}, "pt": {"el": "o", "la": "a"}, "en": {"el": "the", "la": "the"}}
KILOS = {
    "es": {"0.5": "medio kilo", "1": "un kilo", "1.5": "kilo y medio", "2": "2 kilos", "0.3": "300 gramos"},
    "pt": {"0.5": "meio quilo", "1": "um quilo", "1.5": "1,5 kg", "2": "2 quilos", "0.3": "300 gramas"},
    "en": {"0.5": "half a kilo", "1": "one kilo", "1.5": "1.5 kg", "2": "2 kilos", "0.3": "300 grams"},
}


@dataclass
class Dialogue:
    """One message of a thread: what is there before it, what is said, and what the order is to be after it."""

    act: str
    slug: str
    language: str
    cart: Cart
    points: list[Pending]
    said: str
    right: Cart
    must_ask: frozenset[str] = frozenset()
    """Of which products something has to be asked, as the words leave it open."""
    refused: frozenset[str] = frozenset()
    """What nothing may be asked of any more."""

    def __str__(self) -> str:
        points = [(one.kind, sorted(one.skus), one.arguments) for one in self.points]
        said = f"{self.act} [{self.language}] cart={_plain(self.cart)} open={points}"
        return f"{said}\n   > {self.said}\n   right={_plain(self.right)}"


def _plain(cart: Cart) -> dict[str, float]:
    return {sku: float(quantity) for sku, quantity in cart.items()}


@dataclass
class Judged:
    """What came of a dialogue's message."""

    dialogue: Dialogue
    house: House
    faults: list[str] = field(default_factory=list)


async def play(dialogue: Dialogue) -> Judged:
    """Say the message, and judge the order and the questions."""
    house = House(dialogue.slug, dialogue.cart, dialogue.points)
    await house.hears(dialogue.said, dialogue.language)
    judged = Judged(dialogue, house)
    for sku in sorted(house.cart.keys() | dialogue.cart.keys() | dialogue.right.keys()):
        had, has, shall = (cart.get(sku, Decimal(0)) for cart in (dialogue.cart, house.cart, dialogue.right))
        if has not in (had, shall):
            judged.faults.append(f"wrong: {sku} had {had}, has {has}, shall be {shall}")
    questions = [point for point in house.points if point.is_question]
    asked = {sku for point in questions for sku in point.skus}
    lacking = {sku for sku in house.cart.keys() | dialogue.right.keys() if house.cart.get(sku) != dialogue.right.get(sku)}
    new = [point for point in house.points if point not in dialogue.points]
    is_doubtful = any(not point.skus for point in new) or not house.called or "sorry" in house.reply
    if lacking and not (lacking <= asked or lacking & asked or is_doubtful):
        judged.faults.append(f"lost: {sorted(lacking)}")
    if dialogue.must_ask and not dialogue.must_ask & asked and not is_doubtful:
        judged.faults.append(f"not asked: {sorted(dialogue.must_ask)}")
    if again := dialogue.refused & asked:
        judged.faults.append(f"asked again: {sorted(again)}")
    return judged
