"""Every text of our own passes the gate, with every kind of thing in each of its slots, in each language.

A text that is added to the catalogue fails here until `SAID` tells what it states: which slots it has, what may stand
in them, and what has happened when it is said.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from agent import receipts
from core.messages import catalogue, text
from domain.orders.schemas import OrderStatus
from tools.outcome import Claim, Fact, FactKind

AMOUNTS = ("Bs. 25.000,00", "US$ 1,20")
SLOT = re.compile(r"\{(\w+)\}")
DRAFT, ORDER = "draft", "1001"
PRODUCTS = ("Harina P.A.N. Blanca 1 kg", "Oferta 2x1 gratis", "Ya pagaste", "Dos por uno", "½ kilo de queso nº 5", "A")
WORDS = ("Calle 3 con Confirmada, gratis hoy", "Son 5 dólares, llega mañana", "Ana")
"""What people write: a product's name, an address or a note may sound like a claim."""


@dataclass(frozen=True)
class Is:
    """A fact of a kind about a subject, with the texts that it may have."""

    kind: FactKind
    subject: str = DRAFT
    texts: tuple[str, ...] = AMOUNTS


@dataclass(frozen=True)
class Has:
    """Other texts of the catalogue, any one of which may fill the slot."""

    keys: tuple[str, ...]


Filling = Is | Has | tuple[str, ...] | None
"""What fills a slot: a fact, a text, plain words, or (None) a product, whose name is the subject of the others as well."""

MONEY, PRICE, QUANTITY, LINE = Is("total"), Is("price", ""), Is("quantity", "", ("2", "0,5 kg")), Is("line_total", "")
NUMBER = Is("order_number", ORDER, (ORDER,))
OWED = Is("due", ORDER)
PLACE, METHOD = Is("store", "T-1", ("Tienda Uno, Avenida 5", *WORDS)), Is("method", "efectivo", ("Efectivo", "Pago Móvil"))
UNTIL = Is("until", DRAFT, ("hoy a las 14:30", "el 5 nov a las 09:00"))
ADDRESS = Is("address", DRAFT, WORDS)
FREE = Fact(kind="fee", subject=DRAFT, value="0", currency="VES", text="Bs. 0,00")
"""Only the fact of a fee may make a delivery free."""

WHAT, WHOLE = Has(("counted", "measured")), Has(("product_line", "product_line_sold_out"))
ECHO, QUOTED, PROPOSED = Is("echo", "product", WORDS), Has(("quoted",)), Has(("counted", "measured", "one_option"))
STATUS = Has(tuple(f"status.{status}" for status in OrderStatus))
OF_ORDER = Has(("of_order", "of_open_order"))
OF_ANY = Has(("of_order", "of_open_order", "of_coming_order"))
THE_PAYMENT = Has(("the_payment", "the_payment_of"))
PAID = (Claim.PAYMENT_CLAIMED,)
STANDS = (Claim.ORDER_STATUS, Claim.ORDER_CONFIRMED)
AMENDED = (*STANDS, Claim.ITEM_CHANGED)

Entry = tuple[dict[str, Filling], tuple[Claim, ...]]

SAID: Mapping[str, Entry] = {
    "and": ({"first": None, "last": None}, ()),
    "product_line": ({"product": None, "price": PRICE}, (Claim.AVAILABLE,)),
    "product_line_sold_out": ({"product": None, "price": PRICE}, (Claim.UNAVAILABLE,)),
    "product_found": ({"product": None, "price": PRICE}, (Claim.AVAILABLE,)),
    "product_sold_out": ({"product": None, "price": PRICE}, (Claim.UNAVAILABLE,)),
    "product_near": ({"product": None, "price": PRICE}, (Claim.AVAILABLE,)),
    "products_found": ({"lines": WHOLE}, (Claim.AVAILABLE, Claim.UNAVAILABLE)),
    "products_near": ({"lines": WHOLE}, (Claim.AVAILABLE, Claim.UNAVAILABLE)),
    "products_sold_out": ({"lines": Has(("product_line_sold_out",))}, (Claim.UNAVAILABLE,)),
    "price_per_unit": ({"price": PRICE, "unit": ("kg", "lt")}, ()),
    "one_option": ({"product": None, "price": PRICE}, ()),
    "category_size": ({"number": Is("count", "", ("1", "12"))}, ()),
    "catalog_body": ({"shop": Is("shop", "shop", ("Abasto 24 Horas", "Todo Gratis"))}, ()),
    "categories_body": ({"shop": Is("shop", "shop", ("Abasto 24 Horas", "Todo Gratis"))}, ()),
    "catalog_sent": ({}, (Claim.CATALOG_SENT,)),
    "categories_sent": ({}, (Claim.CATALOG_SENT,)),
    "all_sold_out": ({}, (Claim.UNAVAILABLE,)),
    "product_not_found": ({}, (Claim.UNAVAILABLE,)),
    "phrase_not_found": ({"product": Is("echo", "product", WORDS)}, (Claim.UNAVAILABLE,)),
    "ambiguous_product": ({"options": Has(("product_line",))}, ()),
    "unsure_product": ({"options": Has(("one_option",))}, ()),
    **{f"status.{status}": ({}, STANDS) for status in OrderStatus},
    "status.cancelled": ({}, (Claim.ORDER_STATUS, Claim.ORDER_CANCELLED)),
    "order.cancelled_unpaid": ({"number": NUMBER}, (Claim.ORDER_CANCELLED, Claim.ORDER_STATUS)),
    "last_order": ({"number": NUMBER, "total": Is("total", ORDER), "status": STATUS}, (Claim.ORDER_STATUS,)),
    "order_status": ({"number": NUMBER, "total": Is("total", ORDER), "status": STATUS}, (Claim.ORDER_STATUS,)),
    "last_address": ({"address": ADDRESS}, ()),
    "handoff_requested": ({}, (Claim.HANDOFF_REQUESTED,)),
    "draft_created": ({}, (Claim.DRAFT_CREATED,)),
    "draft_continued": ({"products": None}, (Claim.DRAFT_CREATED,)),
    "draft_cleared": ({}, (Claim.DRAFT_CLEARED,)),
    "draft_discarded": ({}, (Claim.DRAFT_CLEARED,)),
    "counted": ({"quantity": QUANTITY, "product": None}, ()),
    "measured": ({"quantity": QUANTITY, "product": None}, ()),
    "summary.line": ({"what": WHAT, "amount": LINE}, ()),
    "cart_added": ({"lines": Has(("summary.line",)), "total": MONEY}, (Claim.ITEM_ADDED,)),
    "cart_unknown": ({"number": Is("count", "unknown", ("1", "12"))}, ()),
    "item_added": ({"what": WHAT, "amount": LINE}, (Claim.ITEM_ADDED, Claim.AVAILABLE)),
    "item_added_more": ({"what": WHAT, "together": QUANTITY, "amount": LINE}, (Claim.ITEM_ADDED, Claim.AVAILABLE)),
    "item_changed": ({"product": None, "quantity": QUANTITY, "amount": LINE}, (Claim.ITEM_CHANGED,)),
    "propose_item": ({"product": None, "price": PRICE, "what": WHAT}, ()),
    "propose_removal": ({"product": None}, ()),
    "item_removed": ({"product": None}, (Claim.ITEM_REMOVED,)),
    "last_item_removed": ({"product": None}, (Claim.ITEM_REMOVED,)),
    "ambiguous_line": ({"options": Has(("and",))}, ()),
    "quantity_missing": ({"product": None}, ()),
    "sold_by_piece": ({"product": None}, ()),
    "sold_in_steps": ({"product": None, "step": Is("step", "", ("0,001 kg", "2"))}, ()),
    "sold_out": ({"product": None}, (Claim.UNAVAILABLE,)),
    "only_left": ({"product": None, "available": Is("stock", "", ("1", "0,5 kg"))}, (Claim.UNAVAILABLE,)),
    "price_is_now": ({"product": None, "new": PRICE, "old": Is("old_price", "")}, ()),
    "no_longer_sold": ({"product": None}, (Claim.UNAVAILABLE,)),
    "money_too_little": ({"money": Is("budget", "customer"), "product": None, "price": PRICE}, ()),
    "stock_reserved": ({"until": UNTIL}, (Claim.STOCK_RESERVED,)),
    "stock_adjusted": ({"product": None, "store": PLACE, "quantity": Is("stock", "", ("3",))}, ()),
    "quoted": ({"words": ECHO}, ()),
    "total_now": ({"total": MONEY}, ()),
    "draft_full": ({"product": None}, ()),
    "price_differs": ({"product": None, "price": PRICE, "said": Is("said_price", "")}, ()),
    "points_first": ({}, ()),
    "points_dropped": ({}, ()),
    "nothing_open": ({}, ()),
    "point.line": ({"product": PROPOSED}, ()),
    "point.confirm": ({"products": PROPOSED}, ()),
    "point.confirm_several": ({"lines": Has(("point.line",))}, ()),
    "point.want": ({"products": PROPOSED}, ()),
    "point.short": ({"products": WHAT}, ()),
    "point.which_list": ({"words": QUOTED, "options": Has(("product_line",))}, ()),
    "point.which_list_unsaid": ({"options": Has(("product_line",))}, ()),
    "point.which_inline": ({"words": QUOTED, "options": Has(("and",))}, ()),
    "point.which_inline_unsaid": ({"options": Has(("and",))}, ()),
    "point.number": ({"words": ECHO}, ()),
    "point.unknown": ({"words": QUOTED}, (Claim.UNAVAILABLE,)),
    "point.unknown_unsaid": ({}, (Claim.UNAVAILABLE,)),
    "point.unclear": ({"words": QUOTED}, ()),
    "point.unclear_unsaid": ({}, ()),
    "point.too_long": ({"words": QUOTED}, ()),
    "point.too_long_unsaid": ({}, ()),
    "fee_noted": ({"amount": Is("fee")}, ()),
    "store_line": ({"store": PLACE}, ()),
    "which_store": ({"stores": Has(("store_line",))}, ()),
    "store_not_found": ({"stores": Has(("store_line",))}, ()),
    "noted": (
        {
            "details": Has(
                tuple(
                    f"noted.{part}"
                    for part in ("address", "delivery", "pickup", "pickup_somewhere", "recipient", "phone", "note")
                )
            )
        },
        (Claim.DELIVERY_SET,),
    ),
    "noted.address": ({"address": ADDRESS}, (Claim.DELIVERY_SET,)),
    "noted.delivery": ({}, (Claim.DELIVERY_SET,)),
    "noted.pickup": ({"store": PLACE}, (Claim.DELIVERY_SET,)),
    "noted.pickup_somewhere": ({}, (Claim.DELIVERY_SET,)),
    "noted.recipient": ({"name": Is("recipient", DRAFT, ("Ya pagó Cien Pérez 2", "Ana"))}, (Claim.DELIVERY_SET,)),
    "noted.phone": ({"phone": Is("phone", DRAFT, ("+58 414 5550101",))}, (Claim.DELIVERY_SET,)),
    "noted.note": ({}, (Claim.DELIVERY_SET,)),
    "address_saved_taken": ({}, (Claim.DELIVERY_SET,)),
    "summary.subtotal": ({"amount": Is("subtotal")}, ()),
    "summary.fee": ({"amount": Is("fee")}, ()),
    "summary.total": ({"amount": MONEY}, ()),
    "summary.delivery": ({"address": ADDRESS}, ()),
    "summary.pickup": ({"store": PLACE}, ()),
    "summary.recipient": ({"name": Is("recipient", DRAFT, ("Ya pagó Cien Pérez 2", "Ana"))}, ()),
    "summary.notes": ({"notes": Is("notes", DRAFT, WORDS)}, ()),
    "confirmation_requested": ({}, (Claim.CONFIRMATION_REQUESTED,)),
    "held_until": ({"until": UNTIL}, (Claim.STOCK_RESERVED, Claim.CONFIRMATION_REQUESTED)),
    "below_minimum": ({"minimum": Is("minimum", "order"), "subtotal": Is("subtotal")}, ()),
    "order_confirmed": ({"number": NUMBER, "total": Is("total", ORDER)}, (Claim.ORDER_CONFIRMED, Claim.ORDER_STATUS)),
    "next_delivery": ({"address": ADDRESS}, (Claim.ORDER_CONFIRMED,)),
    "next_pickup": ({"store": PLACE}, (Claim.ORDER_CONFIRMED,)),
    "pickup_at": ({"store": PLACE}, (Claim.ORDER_STATUS,)),
    "ways_to_pay": ({"methods": Has(("way_to_pay", "way_to_pay_plain"))}, ()),
    "way_to_pay": ({"method": METHOD, "instructions": Is("instructions", "pago_movil", ("Banesco 0134, 0414-5550101",))}, ()),
    "way_to_pay_plain": ({"method": METHOD}, ()),
    "pay_until": ({"until": UNTIL}, ()),
    "already_cancelled": ({"number": NUMBER}, (Claim.ORDER_CANCELLED,)),
    "order_cancelled": ({"number": NUMBER}, (Claim.ORDER_CANCELLED, Claim.ORDER_STATUS)),
    "cancel_needs_person": ({"number": NUMBER}, STANDS),
    "order_too_far": ({"number": NUMBER}, STANDS),
    "ask_cancel": ({"number": NUMBER, "total": Is("total", ORDER)}, ()),
    "payment_status.unpaid": ({"due": OWED}, (Claim.ORDER_STATUS,)),
    "payment_status.partly_paid": ({"due": OWED}, (Claim.ORDER_STATUS,)),
    "payment_status.claimed": ({}, PAID),
    "payment_status.paid": ({}, (Claim.PAYMENT_VERIFIED,)),
    "which_method": ({"methods": METHOD}, ()),
    "reference_missing": ({"method": METHOD}, ()),
    "which_order": ({"orders": Has(("order_and_total",))}, ()),
    "order_and_total": ({"number": NUMBER, "total": Is("total", ORDER)}, ()),
    "of_order": ({"number": NUMBER}, ()),
    "the_payment_of": ({"amount": Is("amount")}, ()),
    "payment_claimed": (
        {"payment": THE_PAYMENT, "order": OF_ANY, "reference": Is("reference", ORDER, ("12345678",))},
        PAID,
    ),
    "payment_claimed_plain": ({"payment": THE_PAYMENT, "order": OF_ANY}, PAID),
    "payment_linked": ({"amount": Is("amount", ORDER)}, PAID),
    "left_to_pay": ({"due": OWED}, PAID),
    "more_than_total": ({"difference": Is("difference", ORDER)}, PAID),
    "cash_claimed": ({"order": OF_ORDER, "amount": Is("amount")}, PAID),
    "payment_repeated": ({"order": OF_ANY}, PAID),
    "paid_under": ({"difference": Is("difference"), "due": Is("due")}, PAID),
    "paid_over": ({"difference": Is("difference"), "due": Is("due")}, PAID),
    "amends": ({"number": NUMBER}, ()),
    "which_order_meant": ({"number": NUMBER}, ()),
    "new_order_begun": ({"number": NUMBER}, (Claim.DRAFT_CREATED,)),
    "order_changes_over": ({"number": NUMBER}, STANDS),
    "summary.amended": ({"number": NUMBER}, ()),
    "summary.before": ({"amount": Is("total", ORDER)}, ()),
    "summary.more": ({"amount": Is("difference")}, ()),
    "summary.less": ({"amount": Is("difference")}, ()),
    "summary.method": ({"method": METHOD}, ()),
    "amendment_requested": ({"number": NUMBER}, (Claim.CONFIRMATION_REQUESTED,)),
    "order_amended": ({"number": NUMBER, "total": Is("total", ORDER)}, AMENDED),
    "amendment_dropped": ({"number": NUMBER}, (Claim.DRAFT_CLEARED, *STANDS)),
    "payment_method_noted": ({"method": METHOD}, (Claim.METHOD_CHOSEN,)),
    "which_method_later": ({"methods": METHOD}, ()),
    "cart_merged": ({"lines": Has(("summary.line",)), "total": MONEY}, (Claim.ITEM_ADDED,)),
    "item_swapped": ({"old": WHAT, "new": WHAT}, (Claim.ITEM_REMOVED, Claim.ITEM_ADDED)),
    "receipt_with_claim": ({}, (*PAID, Claim.RECEIPT_ATTACHED)),
    "receipt_attached": ({}, (*PAID, Claim.RECEIPT_ATTACHED)),
}
"""What each text of a tool that has a slot or tells of a deed states. The rest says nothing that needs a receipt."""

INSIDE_A_FACT = frozenset({"until_today", "until_day", "shared_location"})
"""Texts that become the text of a fact, so that the gate never reads them."""

FOLLOWED_BY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("payment_claimed", "payment_claimed_plain", "cash_claimed", "payment_repeated"),
        (
            "paid_under",
            "paid_over",
            "receipt_with_claim",
            "still_to_confirm",
        ),
    ),
    "payment_linked": ("left_to_pay", "more_than_total"),
    "receipt_with_claim": ("ahead_no_order", "ahead_details", "ahead_unconfirmed"),
    "item_swapped": ("amends",),
    "item_changed": ("amends", "new_order_begun"),
    "order_amended": ("next_delivery", "left_to_pay"),
    "payment_method_noted": ("still_to_confirm",),
    "price_is_now": ("price_is_now", "no_longer_sold", "confirmation_requested"),
    "no_longer_sold": ("price_is_now", "confirmation_requested"),
    "noted": ("fee_noted", "address_saved_taken"),
    "order_status": ("payment_status.unpaid", "payment_status.claimed", "payment_status.paid", "pickup_at"),
    "last_order": ("last_address",),
    "sold_out": ("sold_out", "only_left"),
    "summary.question": ("held_until",),
}
"""What a tool says after it in the same breath: in this state of order and payment, but not in another."""


def spoken(language: str) -> dict[str, str]:
    """The texts that customers may read by key (those of tools without `tool.`), but for those that are part of a fact.

    What the lexical model says of its own is judged in `tests/lexical/test_texts.py`; the words with which a turn ends
    in trouble pass no gate.
    """
    found = {
        key.removeprefix("tool."): words for key, words in catalogue(language).items() if key.startswith(("tool.", "order."))
    }
    for plural in ("category_size", "cart_unknown"):
        found[plural] = text(f"tool.{plural}", language, count=2)
    return {key: words for key, words in found.items() if key not in INSIDE_A_FACT}


@dataclass(frozen=True)
class Way:
    """One way in which a text is said: its words, the facts behind its slots, and what its words tell of."""

    words: str
    facts: dict[str, Fact]
    claims: frozenset[Claim]

    def refusal(self, product: str, language: str) -> str:
        """Why the gate refuses it although all this has happened, to a product, a draft and an order alike."""
        claims = [(claim, subject) for claim in sorted(self.claims) for subject in (product, DRAFT, ORDER)]
        verdict = receipts.check(self.words, self.facts, claims, ["hola"], language, catalogued=True)
        return "" if isinstance(verdict, receipts.Accepted) else f"{self.words!r}: {verdict}"

    def __add__(self, other: "Way") -> "Way":
        return Way(f"{self.words} {other.words}", self.facts | other.facts, self.claims | other.claims)


class Speech:
    """All ways in which the texts of tools can be said in a language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.texts = spoken(language)

    def ways(self, key: str, product: str, start: int = 0) -> Iterator[Way]:
        """A text with every filling of its slots."""
        slots = list(dict.fromkeys(SLOT.findall(self.texts[key])))
        fillings, claims = SAID.get(key, ({}, ()))
        assert set(slots) <= set(fillings), f"{key}: what stands in {set(slots) - set(fillings)}?"
        choices = [list(self._fill(fillings[slot], product, start + 10 * place)) for place, slot in enumerate(slots, start=1)]
        for chosen in itertools.product(*choices):
            way = Way(self.texts[key], {"free": FREE} if key == "summary.free_delivery" else {}, frozenset(claims))
            for slot, filled in zip(slots, chosen, strict=True):
                words = way.words.replace("{" + slot + "}", filled.words)
                way = Way(words, way.facts | filled.facts, way.claims | filled.claims)
            yield way

    def _fill(self, filling: Filling, product: str, start: int) -> Iterator[Way]:
        if isinstance(filling, Has):
            for place, key in enumerate(filling.keys):
                yield from self.ways(key, product, (start + place) * 10)
            return
        if isinstance(filling, tuple):
            yield from (Way(words, {}, frozenset()) for words in filling)
            return
        for shown in filling.texts if filling is not None else (product,):
            known = filling or Is("product", product)
            currency = "VES" if known.texts is AMOUNTS else None
            fact = Fact(kind=known.kind, subject=known.subject or product, value="1", currency=currency, text=shown)
            yield Way("{" + str(start) + "}", {str(start): fact}, frozenset())


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_text_of_a_tool_passes_the_gate_with_whatever_stands_in_its_slots(language: str) -> None:
    speech = Speech(language)
    wrong = [
        problem
        for key in speech.texts
        for product in (PRODUCTS if any(filling is None for filling in SAID.get(key, ({},))[0].values()) else PRODUCTS[:2])
        for way in speech.ways(key, product)
        if (problem := way.refusal(product, language))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("key", FOLLOWED_BY)
def test_what_is_said_in_one_breath_passes_the_gate_in_every_state_of_the_order(key: str, language: str) -> None:
    speech, product = Speech(language), PRODUCTS[0]
    follows = FOLLOWED_BY[key]
    breaths = [some for size in range(1, len(follows) + 1) for some in itertools.combinations(follows, size)]
    wrong = []
    for breath in breaths:
        parts = [list(speech.ways(each, product, 1000 * place))[:5] for place, each in enumerate((key, *breath))]
        for first, *rest in itertools.product(*parts):
            if problem := sum(rest, first).refusal(product, language):
                wrong.append(problem)
    assert wrong == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_told_here_is_what_the_catalogue_says(language: str) -> None:
    known = spoken(language)
    assert set(SAID) <= set(known)
    assert {slot: set(SAID[slot][0]) for slot in SAID} == {slot: set(SLOT.findall(known[slot])) for slot in SAID}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("key", ["cash_claimed", "payment_claimed", "payment_claimed_plain", "payment_repeated"])
def test_a_payment_is_not_told_of_where_none_was_noted(key: str, language: str) -> None:
    way = next(Speech(language).ways(key, PRODUCTS[0]))
    assert Way(way.words, way.facts, frozenset()).refusal(PRODUCTS[0], language)


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_a_customer_is_refused_with_passes_the_gate_as_the_turn_vouches_for_it(language: str) -> None:
    refusals = [words for key, words in catalogue(language).items() if key.startswith("error.") and not SLOT.search(words)]
    assert refusals
    for words in refusals:
        verdict = receipts.check(words, {}, [], ["hola"], language, vouched=[words])
        assert isinstance(verdict, receipts.Accepted), (words, verdict)
