"""Delivery, contact and payment details: read from the text and cut out of it, so that no number in them is a quantity."""

import re
from dataclasses import dataclass, field

from agent.lexical.acts import DeliveryDetails, PaymentDetails
from agent.lexical.spoken import goods_said
from agent.lexical.vocabulary import Vocabulary, vocabulary
from core.language.folding import fold
from core.language.words import MEASURES, literal

LONGEST_ADDRESS = 300
_MIN_ADDRESS = 4
_WHOSE = frozenset({"mi", "mis", "su", "sus", "tu", "tus", "my", "his", "her"})


@dataclass
class Page:
    """One message while it is read: the cleaned text, its folded form, and what was cut out so far."""

    raw: str
    folded: str

    @classmethod
    def of(cls, cleaned: str) -> "Page":
        """Begin with cleaned text."""
        return cls(cleaned, fold(cleaned))

    def cut(self, start: int, end: int, mark: str = "|") -> None:
        """Blank a stretch; a mark in its place keeps what stands around it apart."""
        filler = mark + " " * (end - start - 1) if end > start else ""
        self.folded = self.folded[:start] + filler + self.folded[end:]


@dataclass
class Details:
    """What was read: delivery details, and the parts of a payment."""

    delivery: DeliveryDetails = field(default_factory=DeliveryDetails)
    payment: PaymentDetails = field(default_factory=PaymentDetails)
    is_paid: bool = False
    is_intent: bool = False
    """Only the way of paying is said."""


def _group(match: re.Match[str], name: str) -> tuple[str, int, int] | None:
    """The filled group whose name begins so: `name`, `name2`, `name_en`."""
    for key, value in match.groupdict().items():
        if value is not None and key.startswith(name):
            return value, match.start(key), match.end(key)
    return None


def read_payment(page: Page, details: Details, *, expected: bool, is_question: bool) -> None:
    """A claim of having paid, with method, reference, amount and bank; `expected` while a payment is waited for."""
    words = vocabulary()
    paid = words.matches("paid", page.folded)
    if is_question and not _has_reference(page.folded, words):
        paid = None
    method = _method(page.folded, words)
    if not paid and not (expected and not is_question and (method or _bare_reference(page.folded))):
        return
    details.is_paid = True
    if method:
        details.payment["method"], details.payment["method_words"] = method
    reference = words.matches("reference", page.folded)
    _take_reference(page, details, _group(reference, "reference") if reference else None)
    amount = words.matches("amount", page.folded)
    found = _group(amount, "amount") if amount else None
    value = literal(found[0]) if found else None
    if value is not None and found is not None:
        details.payment["amount"] = value
        page.cut(found[1], found[2])
    if reference is None:
        bare = _bare_reference(page.folded)
        _take_reference(page, details, (bare.group(), bare.start(), bare.end()) if bare else None)
    bank = _bank(page.folded, words)
    if bank:
        name = page.raw[bank[0] : bank[1]]
        details.payment["bank"] = name.title() if name.islower() else name
    if not paid and not details.payment.keys() - {"method", "method_words"}:
        details.is_intent = True
    _cut_payment_clauses(page, paid, words)


def way_to_pay(folded: str) -> PaymentDetails:
    """The way of paying that folded text names, and its words; empty if it names none."""
    method = _method(folded, vocabulary())
    return {"method": method[0], "method_words": method[1]} if method is not None else {}


def _take_reference(page: Page, details: Details, span: tuple[str, int, int] | None) -> None:
    if span is not None:
        details.payment["reference"] = re.sub(r"\s+", "", page.raw[span[1] : span[2]]).strip("-")
        page.cut(span[1], span[2])


def _cut_payment_clauses(page: Page, paid: re.Match[str] | None, words: Vocabulary) -> None:
    """What is left of the sentence that speaks of the payment names no product."""
    start, end = 0, len(page.folded)
    if paid:
        starts = [m.end() for m in re.finditer(r"[\n.!?](?=\s|$)", page.folded) if m.end() <= paid.start()]
        start = starts[-1] if starts else 0
        ends = [m.start() for m in re.finditer(r"[\n!?]|\.(?=\s)", page.folded) if m.start() >= paid.end()]
        order = words.matches("order_verb", page.folded[paid.end() :])
        stops = [*ends[:1], *([paid.end() + order.start()] if order else [])]
        end = min(stops) if stops else end
        verb = words.matches("order_verb", page.folded[start : paid.start()])
        if verb:
            start = paid.start()
    page.cut(start, end)


def _has_reference(folded: str, words: Vocabulary) -> bool:
    return words.matches("reference", folded) is not None


def _method(folded: str, words: Vocabulary) -> tuple[str, str] | None:
    """The way of paying that is named, and the words that name it."""
    for name, pattern in words.methods.items():
        if found := pattern.search(folded):
            return name, found.group()
    return None


def _bare_reference(folded: str) -> re.Match[str] | None:
    return re.search(r"(?<![\w.,$/-])\d{4,}(?![\w.,]*\d|\s*(?:bs|pesos|dolares|bolivares|usd|soles))", folded)


def _bank(folded: str, words: Vocabulary) -> tuple[int, int] | None:
    for bank in words.banks:
        found = re.search(rf"\b{re.escape(bank)}\b", folded)
        if found:
            return found.span()
    return None


def read_phone(page: Page, details: Details, *, expected: bool) -> None:
    """A telephone number, with its label or where one is waited for."""
    words = vocabulary()
    found = words.matches("phone", page.folded) or (words.matches("bare_phone", page.folded) if expected else None)
    span = _group(found, "phone") if found else None
    if found is None or span is None:
        return
    digits = re.sub(r"[^\d+]", "", span[0])
    if 7 <= len(digits.lstrip("+")) <= 15:
        details.delivery["phone"] = digits
        page.cut(found.start(), found.end())


def _is_name(words: list[str]) -> bool:
    return bool(words) and all(word.isalpha() or "'" in word or "-" in word for word in words)


def looks_like_name(text: str) -> bool:
    """`Luis Rojas`: two to four words that begin with a capital, and nothing else."""
    said = text.strip(" .,!").split()
    return 2 <= len(said) <= 4 and _is_name(said) and all(word[0].isupper() for word in said)


def read_recipient(page: Page, details: Details, *, expected: bool) -> None:
    """Who receives the order: after `a nombre de`, `recibe`…, or alone where a name is waited for."""
    words = vocabulary()
    found = words.matches("recipient", page.folded)
    if found is None and expected:
        found = words.matches("recipient_self", page.folded)
    span = _group(found, "name") if found else None
    if found is None or span is None:
        return
    stop = words.patterns["name_stop"].search(span[0], 1)
    length = stop.start() if stop else len(span[0])
    name = _person(page.raw[span[1] : span[1] + length], is_sure=not found.group().startswith("es para"))
    if _is_name(name.split()) and len(name) > 1:
        details.delivery["recipient_name"] = name if not name.islower() else name.title()
        page.cut(found.start(), span[1] + length)


def _person(said: str, *, is_sure: bool) -> str:
    """The name in what a leading word announces: `mi mamá Carmen Díaz` is Carmen Díaz, `un regalo`, `mi hijo` are nobody's."""
    words = said.split()
    if words and fold(words[0]) in vocabulary().articles | _WHOSE:
        while words and not words[0][0].isupper():
            words.pop(0)
        is_sure = False
    return " ".join(words) if words and (is_sure or words[0][0].isupper()) else ""


def read_notes(page: Page, details: Details) -> None:
    """Words for the courier."""
    found = vocabulary().matches("notes", page.folded)
    span = _group(found, "note") if found else None
    if found and span:
        details.delivery["notes"] = page.raw[span[1] : span[2]].strip()[:LONGEST_ADDRESS]
        page.cut(found.start(), found.end())


def _address_end(folded: str, start: int, words: Vocabulary) -> int:
    """Where words of another kind begin, or something was cut out already."""
    stops = (words.patterns[name].search(folded, start) for name in ("hard_stop", "order_verb"))
    mark = folded.find("|", start)
    return min([*(stop.start() for stop in stops if stop), mark if mark >= 0 else len(folded)])


def read_store(text: str, stores: list[str]) -> str | None:
    """The store that folded text names."""
    for store in sorted(stores, key=len, reverse=True):
        name = fold(store)
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            return store
    for store in stores:
        parts = [part for part in re.split(r"[\W_]+", fold(store)) if len(part) >= 5]
        others = [fold(other) for other in stores if other != store]
        for part in parts:
            if re.search(rf"\b{re.escape(part)}\b", text) and not any(part in other for other in others):
                return store
    return None


def read_delivery(page: Page, details: Details, stores: list[str], *, expected: bool) -> None:
    """Delivery or pick-up, the address after its lead words, the store."""
    words = vocabulary()
    _cut_told_places(page, words)
    pickup = words.matches("pickup", page.folded)
    if pickup is None and _read_usual_place(page, details, expected=expected):
        return
    address = words.matches("address", page.folded)
    deliver = _lead(page.folded, address, words)
    if pickup and not (deliver and deliver.start() < pickup.start()):
        _read_pickup(page, details, stores, pickup)
        return
    if address is None and (deliver is None or _is_amount(page.folded[deliver.end() :])):
        return
    if deliver is None and address is not None and not _stands_as_address(page, address, expected):
        return
    start = min(m.start() for m in (deliver, address) if m is not None)
    if address is not None and address.start() == start and expected:
        start = _street_start(page.folded, start)
    lead = deliver.end() if deliver and (address is None or deliver.start() <= address.start()) else start
    lead += _preposition(page.folded, lead)
    if address is not None and start <= address.start() < lead:
        lead = address.start()
    end = _address_end(page.folded, max(lead, address.end() if address else lead), words)
    while expected and page.folded[end : end + 1] == "\n" and _is_address_line(page, end + 1):
        end = _address_end(page.folded, end + 1, words)
    text = re.sub(r"\s*\n\s*", ", ", page.raw[lead:end].strip(" \t\n,.:;"))
    if _is_address(text, page.folded[lead:end], address is not None or (expected and end > lead)):
        details.delivery["address"] = text[:LONGEST_ADDRESS]
        page.cut(_lead_start(page.folded, start), end)
    elif deliver is not None:
        page.cut(deliver.start(), deliver.end() + _home(page.folded, deliver.end(), words))
    details.delivery["fulfilment"] = "delivery"


def _cut_told_places(page: Page, words: Vocabulary) -> None:
    """`quita el champú, ya conseguí en la casa`: where something is already is no place to bring an order to."""
    for told in words.patterns["is_at_home"].finditer(page.folded):
        page.cut(told.start("place"), told.end("place"))


def _read_usual_place(page: Page, details: Details, *, expected: bool) -> bool:
    """`a mi casa`, `a la misma dirección`: to be brought where the shop has brought things before, if no street follows."""
    words = vocabulary()
    usual = words.matches("usual_place", page.folded) or (words.matches("usual_answer", page.folded) if expected else None)
    behind = page.folded[usual.end() :] if usual else ""
    if usual is None or words.matches("address", behind) or (re.search(r"\d", behind) and (expected or not _is_list(behind))):
        return False
    page.cut(usual.start(), usual.end())
    for name in ("usual_place", "deliver", *(("usual_answer",) if expected else ())):
        while again := words.matches(name, page.folded):
            page.cut(again.start(), again.end())
    details.delivery["fulfilment"] = "delivery"
    return True


def _is_list(text: str) -> bool:
    """`6 cervezas, 2 pepsi`: things with how many of them, and nothing of an address."""
    return all(said.phrase and said.quantity is not None for said in goods_said(text))


def _is_amount(text: str) -> bool:
    """`kilo y medio. de cebolla…`: how much of a thing it shall be; no address begins with a number and its unit."""
    said = goods_said(re.split(r"[.,;!?\n]", text)[0])
    return len(said) == 1 and said[0].quantity is not None and not said[0].phrase and said[0].unit in MEASURES


def _lead(folded: str, address: re.Match[str] | None, words: Vocabulary) -> re.Match[str] | None:
    """The words that announce an address: the last ones before it (`delivery, por favor, estoy en…`)."""
    found = list(words.patterns["deliver"].finditer(folded))
    before = [match for match in found if address is not None and match.end() <= address.start()]
    return before[-1] if before else (found[0] if found else None)


def _read_pickup(page: Page, details: Details, stores: list[str], pickup: re.Match[str]) -> None:
    details.delivery["fulfilment"] = "pickup"
    end = vocabulary().patterns["hard_stop"].search(page.folded, pickup.end())
    tail = page.folded[pickup.start() : end.start() if end else len(page.folded)]
    tail = re.split(r"[:;\n!?]|(?<!\bav)\.\s", tail)[0]
    store = read_store(tail, stores)
    if store:
        details.delivery["store"] = store
        page.cut(pickup.start(), pickup.start() + len(tail))
    else:
        page.cut(pickup.start(), pickup.end())


def _stands_as_address(page: Page, address: re.Match[str], expected: bool) -> bool:
    """Street words without a lead are an address where one is expected, behind `a la`, or with a number behind them."""
    before = page.folded[: address.start()]
    behind = page.folded[address.end() :]
    led = re.search(r"\b(?:a|en|hasta|para|to|at)(?:\s+(?:la|el|los|las|the))?\s*$", before)
    return bool(expected or led or (re.search(r"\d", behind) and not before.strip(" ,.;:-")))


def _preposition(folded: str, start: int) -> int:
    """Small words between the lead and the address: `a la`, `es:`, `para el`."""
    found = vocabulary().patterns["address_opening"].match(folded, start)
    return found.end() - start if found else 0


def _street_start(folded: str, found: int) -> int:
    """Where the address begins of which `apto 5` was recognised: what stands before it on the line belongs to it too."""
    words = vocabulary()
    before = folded[:found]
    stops = [match.end() for match in re.finditer(r"[\n|?!]", before)]
    for name in ("order_verb", "remove", "finish", "recipient"):
        stops += [found for _ in words.patterns[name].finditer(before)]
    return max(stops, default=0)


def _is_address_line(page: Page, start: int) -> bool:
    """Whether the next line goes on with the address: no name, no wish, nothing that was cut out."""
    words = vocabulary()
    end = page.folded.find("\n", start)
    raw, folded = (text[start : end if end >= 0 else len(text)] for text in (page.raw, page.folded))
    says_more = any(words.matches(name, folded) for name in ("order_verb", "remove", "finish", "thanks", "recipient"))
    is_name = looks_like_name(raw) and not words.matches("address", folded)
    return bool(raw.strip()) and not is_name and not says_more and not set(folded) & set("|?")


def bare_address(text: str) -> str:
    """What a message says of an address when it says nothing else: without greeting, courtesy and `es en` around it."""
    folded = fold(text)
    start = _preposition(folded, 0)
    stop = vocabulary().patterns["hard_stop"].search(folded, start + 1)
    bare = text[start : stop.start() if stop else len(text)].strip(" \t\n,.:;")
    return bare[:LONGEST_ADDRESS]


def _lead_start(folded: str, start: int) -> int:
    found = re.search(r"\b(?:y|a|en|hasta|para|al|la|el)\s*(?:la|el|los|las)?\s*$", folded[:start])
    return found.start() if found else start


def _is_address(text: str, folded: str, has_street: bool) -> bool:
    if len(text) < _MIN_ADDRESS or vocabulary().matches("no_address", folded.strip()):
        return False
    return has_street or bool(re.search(r"\d", folded) and re.search(r"[a-z]{3,}", folded)) or len(folded.split()) >= 3


def _home(folded: str, start: int, words: Vocabulary) -> int:
    found = re.match(r"\s*(?:a|hasta|en)?\s*(?:la|mi)?\s*(?:casa|oficina|domicilio|trabajo)\b", folded[start:])
    return found.end() if found else 0
