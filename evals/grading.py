"""Grading: the end state in the database, effects that nobody asked for, lies, and messages left without an answer."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from domain.conversations import delivery
from domain.conversations.content import Reaction
from evals import claims
from evals.claims import Lie
from evals.evidence import Evidence, OrderFound, PaymentFound
from evals.tasks import Expected, ExpectedOrder, ExpectedPayment, Task, ToldPrice
from evals.world import World

FindingKind = Literal["end_state", "unauthorised", "lie", "unanswered", "stuck", "told"]
_OPEN = ("draft", "awaiting_confirmation")
_SOLD = ("confirmed", "shipped", "delivered")


class Finding(BaseModel):
    """One thing that is wrong."""

    kind: FindingKind
    text: str
    turn: int | None = None


class Grade(BaseModel):
    """The judgement on one played task."""

    findings: list[Finding]
    wrong_skus: list[str] = []

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def count(self, kind: FindingKind) -> int:
        """How many findings are of a kind."""
        return sum(finding.kind == kind for finding in self.findings)


def grade(task: Task, world: World, evidence: Evidence) -> Grade:
    """Judge a played task; of several good end states the nearest counts."""
    states = [task.expect, *task.expect.alternatives]
    judged = [(_end_state(state, world, evidence), state) for state in states]
    findings, state = min(judged, key=lambda pair: len(pair[0]))
    findings = [*findings, *_untouched(evidence), *_answers(evidence)]
    findings.extend(_lie(lie) for lie in claims.lies(world, evidence))
    return Grade(findings=findings, wrong_skus=_wrong_skus(state, evidence))


def _lie(lie: Lie) -> Finding:
    return Finding(kind="lie", text=f"{lie.what}: {lie.text!r}", turn=lie.turn)


def _end_state(state: Expected, world: World, evidence: Evidence) -> list[Finding]:
    findings = [*_orders(state, evidence), *_payments(state, evidence)]
    if state.handoff is True and not evidence.handoffs:
        findings.append(Finding(kind="end_state", text="no person was brought in"))
    if state.handoff is False and evidence.handoffs:
        findings.append(Finding(kind="end_state", text="a person was brought in without need"))
    findings.extend(_told(told, world, evidence) for told in state.told if not _was_told(told, world, evidence))
    return findings


# Orders


def _made(evidence: Evidence) -> list[OrderFound]:
    """The orders of this conversation. An open draft with nothing in it, and one that was given up, are none."""
    return [
        order
        for order in evidence.orders
        if order.key is None and (order.number is not None or (order.lines and order.status in _OPEN))
    ]


def _orders(state: Expected, evidence: Evidence) -> list[Finding]:
    findings: list[Finding] = []
    left = _made(evidence)
    for expected in state.orders:
        if expected.key is not None:
            found = next(order for order in evidence.orders if order.key == expected.key)
            findings.extend(_differences(expected, found))
            continue
        if not left:
            findings.append(Finding(kind="end_state", text=f"there is no order with {_shown(expected.lines)}"))
            continue
        nearest = min(left, key=lambda order: len(_differences(expected, order)))
        left.remove(nearest)
        findings.extend(_differences(expected, nearest))
    for order in left:
        if order.status in _OPEN and state.any_draft:
            continue
        kind: FindingKind = "end_state" if order.status in (*_OPEN, "cancelled") else "unauthorised"
        findings.append(Finding(kind=kind, text=f"nobody asked for the {order.status} order with {_shown(order.lines)}"))
    judged = {expected.key for expected in state.orders}
    for order in evidence.orders:
        if order.key is not None and order.key not in judged and order.changed:
            paid = any(payment.order_key == order.key for payment in evidence.payments)
            if not (paid and state.payments):
                findings.append(Finding(kind="unauthorised", text=f"the past order {order.key!r} was changed"))
    return findings


def _shown(lines: dict[str, Decimal] | None) -> str:
    return ", ".join(f"{quantity.normalize():f} {sku}" for sku, quantity in sorted((lines or {}).items())) or "nothing in it"


def _differences(expected: ExpectedOrder, order: OrderFound) -> list[Finding]:
    wrong: list[str] = []
    if order.status != expected.status:
        wrong.append(f"it is {order.status}, not {expected.status}")
    if expected.lines is not None and _trimmed(order.lines) != _trimmed(expected.lines):
        wrong.append(f"it has {_shown(order.lines)}, not {_shown(expected.lines)}")
    for name in ("fulfilment", "store", "payment_status"):
        value = getattr(expected, name)
        if value is not None and getattr(order, name) != value:
            wrong.append(f"its {name} is {getattr(order, name)}, not {value}")
    address = (order.address or "").casefold()
    wrong.extend(f"its address lacks {word!r}" for word in expected.address_has if word.casefold() not in address)
    if expected.recipient_has and expected.recipient_has.casefold() not in (order.recipient or "").casefold():
        wrong.append(f"its recipient is {order.recipient!r}, not {expected.recipient_has!r}")
    name = f"order {order.key or order.number or '(draft)'}"
    return [Finding(kind="end_state", text=f"{name}: {text}") for text in wrong]


def _trimmed(lines: dict[str, Decimal]) -> dict[str, Decimal]:
    return {sku: quantity.normalize() for sku, quantity in lines.items()}


def _wrong_skus(state: Expected, evidence: Evidence) -> list[str]:
    """The SKUs by which the orders differ from what was wanted."""
    wanted: dict[str, Decimal] = {}
    for expected in state.orders:
        if expected.key is None:
            wanted.update(expected.lines or {})
    got: dict[str, Decimal] = {}
    for order in _made(evidence):
        got.update(order.lines)
    return sorted(sku for sku in {*wanted, *got} if _trimmed(wanted).get(sku) != _trimmed(got).get(sku))


# Payments


def _payments(state: Expected, evidence: Evidence) -> list[Finding]:
    findings: list[Finding] = []
    left = list(evidence.payments)
    for expected in state.payments:
        found = next((payment for payment in left if _is_payment(expected, payment)), None)
        if found is None:
            found = left[0] if left else None
            what = f", only {found.method} {found.reference} {found.amount} ({found.status})" if found else ""
            findings.append(Finding(kind="end_state", text=f"there is no payment like {_payment_shown(expected)}{what}"))
        if found is not None:
            left.remove(found)
    findings.extend(
        Finding(kind="unauthorised", text=f"nobody claimed the payment {payment.method} {payment.reference} {payment.amount}")
        for payment in left
    )
    return findings


def _payment_shown(expected: ExpectedPayment) -> str:
    return ", ".join(f"{name} {value}" for name, value in expected.model_dump(exclude_none=True).items())


def _is_payment(expected: ExpectedPayment, payment: PaymentFound) -> bool:
    digits = "".join(filter(str.isalnum, payment.reference or ""))
    return (
        expected.status == payment.status
        and expected.method in (None, payment.method)
        and (expected.reference is None or expected.reference.casefold() == digits.casefold())
        and expected.amount in (None, payment.amount)
        and expected.with_receipt in (None, payment.has_receipt)
    )


# Nothing else


def _untouched(evidence: Evidence) -> list[Finding]:
    """Changes that the orders of the conversation do not explain."""
    findings = [Finding(kind="unauthorised", text=text) for text in evidence.foreign]
    explained = _trimmed(_explained(evidence))
    if explained != _trimmed(evidence.moved):
        text = f"stock moved by {_shown(evidence.moved)}, the orders explain {_shown(explained)}"
        findings.append(Finding(kind="unauthorised", text=text))
    promised = _sum(order for order in _made(evidence) if order.status in _OPEN)
    for sku, held in evidence.held.items():
        if held > promised.get(sku, Decimal(0)):
            findings.append(Finding(kind="unauthorised", text=f"{held.normalize():f} {sku} are held for nobody"))
    return findings


def _sum(orders: Iterable[OrderFound]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for order in orders:
        for sku, quantity in order.lines.items():
            sums[sku] = sums.get(sku, Decimal(0)) + quantity
    return sums


def _explained(evidence: Evidence) -> dict[str, Decimal]:
    """How the stock must have moved: sold by the new orders, put back by the past ones that were called off."""
    sold = _sum(order for order in _made(evidence) if order.status in _SOLD)
    back = _sum(order for order in evidence.orders if order.key and order.changed and order.status == "cancelled")
    moved = {sku: back.get(sku, Decimal(0)) - sold.get(sku, Decimal(0)) for sku in {*sold, *back}}
    return {sku: delta for sku, delta in moved.items() if delta}


def _answers(evidence: Evidence) -> list[Finding]:
    findings: list[Finding] = []
    if evidence.unanswered and not evidence.handoff_open:
        findings.append(Finding(kind="unanswered", text=f"{evidence.unanswered} messages got no answer"))
    asked = [line for line in evidence.thread if line.direction == "in" and not isinstance(line.content, Reaction)]
    if asked and not any(line.direction == "out" for line in evidence.thread):
        findings.append(Finding(kind="unanswered", text="the shop never said a word"))
    lost = [
        line
        for line in evidence.thread
        if line.direction == "out"
        and line.status in ("failed", "rejected", "unconfirmed")
        # To a customer who wrote last more than a day ago nothing but a template may be sent.
        and line.error_code != delivery.WINDOW_CLOSED
    ]
    findings.extend(Finding(kind="unanswered", text=f"a message never arrived: {line.text!r}", turn=line.turn) for line in lost)
    return [*findings, *_unheard(evidence)]


def _unheard(evidence: Evidence) -> list[Finding]:
    """Orders that were placed in this conversation without the customer ever being told their number."""
    said = {value for line in evidence.thread if line.direction == "out" for _, values in claims.values_of(line.text or "")
            for value in values}  # fmt: skip
    return [
        Finding(kind="told", text=f"the customer was never told that order {order.number} is placed")
        for order in _made(evidence)
        if order.number is not None and Decimal(order.number) not in said
    ]


# What the customer was told


def _was_told(told: ToldPrice, world: World, evidence: Evidence) -> bool:
    said = [line.text or "" for line in evidence.thread if line.direction == "out"]
    if told.price is not None:
        price = world.price_of(told.price).normalize()
        return any(price in values for text in said for _, values in claims.values_of(text))
    number = next((order.number for order in evidence.orders if order.key == told.order), None)
    return number is not None and any(Decimal(number) in values for text in said for _, values in claims.values_of(text))


def _told(told: ToldPrice, world: World, evidence: Evidence) -> Finding:
    what = f"the price of {told.price}" if told.price is not None else f"how order {told.order!r} stands"
    return Finding(kind="told", text=f"the customer was not told {what}")


def first_wrong(task: Task, world: World, evidence: Evidence, found: Grade) -> Finding | None:
    """Where a failed conversation first went wrong, as far as the journal shows it."""
    if found.passed:
        return None
    names = {world.name_of(sku).casefold() for sku in found.wrong_skus if world.product_of(sku)}
    for turn in evidence.turns:
        for step in turn.steps:
            subjects = {subject.casefold() for claim, subject in step.claims if claim.startswith("item_")}
            words = str(step.arguments.get("product", "")).casefold()
            if names and (subjects & names or words in {sku.casefold() for sku in found.wrong_skus}):
                return Finding(kind="end_state", turn=turn.number, text=f"{step.name} {step.arguments}: {step.code}")
            if step.kind == "tool" and step.status == "refused" and step.outcome != "value":
                return Finding(kind="end_state", turn=turn.number, text=f"{step.name} {step.arguments} failed: {step.code}")
        if turn.outcome not in ("answered", None):
            return Finding(kind="end_state", turn=turn.number, text=f"the turn ended as {turn.outcome}")
    located: Sequence[Finding] = [finding for finding in found.findings if finding.turn is not None]
    if located:
        return located[0]
    last = evidence.turns[-1].number if evidence.turns else None
    return Finding(kind="end_state", turn=last, text="the conversation ended here without what was wanted")
