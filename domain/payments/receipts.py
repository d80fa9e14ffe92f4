"""Receipts: files that shall prove a payment. A file that proved another one before is flagged, never refused."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from core import events
from core.errors import Conflict, Invalid, NotFound
from core.event_types import EventType
from core.filetypes import ending, sniff
from core.work import Work
from domain.conversations import files
from domain.payments import repository, service
from domain.payments.models import Payment
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Flag, ReceiptView

MOST_BYTES = 10 * 1024 * 1024
MOST = 20
"""How many receipts one payment has at most."""

KINDS = ("image/jpeg", "image/png", "image/webp", "application/pdf")
"""The kinds of files that can be a receipt, by what their bytes are."""


class NoReceipt(Invalid):
    """The bytes are no picture or document that could prove a payment."""

    code = "receipt_kind_unknown"


class TooManyReceipts(Conflict):
    """The payment has as many receipts as it takes."""

    code = "too_many_receipts"


class ReceiptNotFound(NotFound):
    """The payment has no such receipt."""

    code = "receipt_not_found"


def kind_of(content: bytes) -> str:
    """The kind of a receipt by its bytes; raises NoReceipt."""
    kind = sniff(content, None)
    if kind not in KINDS:
        raise NoReceipt(kinds=", ".join(sorted(ending(kind).removeprefix(".") for kind in KINDS)))
    return kind


async def upload(work: Work, payment_id: UUID, sha256: str) -> ReceiptView:
    """Tie a file that staff have, whose bytes are stored, to a payment; the same file twice is one receipt.

    Raises PaymentNotFound and TooManyReceipts.
    """
    work.require(PaymentsPermission.CLAIM)
    await service.get(work, payment_id)
    room = await _room(work, payment_id, [sha256])
    row, is_new = await repository.add_upload(work, payment_id, sha256)
    if is_new:
        if room < 1:
            raise TooManyReceipts(most=MOST)
        events.record(work, EventType.PAYMENT_RECEIPT_LINKED, subject=payment_id, after={"receipt_id": row.id})
        await _flag_reuse(work, payment_id, sha256)
    return ReceiptView.model_validate(row)


async def digest(work: Work, payment_id: UUID, receipt_id: UUID) -> str:
    """Under which key the bytes of a receipt lie. Raises PaymentNotFound and ReceiptNotFound."""
    work.require(PaymentsPermission.READ)
    await service.get(work, payment_id)
    row = await repository.receipt(work, payment_id, receipt_id)
    if row is None or row.sha256 is None:
        raise ReceiptNotFound
    return row.sha256


async def link_receipts(work: Work, payment_id: UUID, attachment_ids: Sequence[UUID]) -> list[ReceiptView]:
    """Tie files to a payment; as many as it takes. Those that are tied to one already stay where they are.

    The new ties are returned.
    """
    work.require(PaymentsPermission.CLAIM)
    digests = {each: await files.attachment_digest(work, each) for each in attachment_ids}
    room = await _room(work, payment_id, filter(None, digests.values()))
    linked: list[ReceiptView] = []
    for attachment_id, sha256 in digests.items():
        if len(linked) >= room:
            break
        row = await repository.link_receipt(work, payment_id, attachment_id, sha256)
        if row is None:
            continue
        events.record(work, EventType.PAYMENT_RECEIPT_LINKED, subject=payment_id, after={"attachment_id": attachment_id})
        await _flag_reuse(work, payment_id, sha256)
        linked.append(ReceiptView.model_validate(row))
    return linked


async def _room(work: Work, payment_id: UUID, digests: Iterable[str]) -> int:
    """How many more receipts a payment takes; it is locked, so that of many who add at once each counts those before.

    With it those that were proved with the same bytes, which will be flagged: always in one order, so that none deadlock.
    """
    others = [other for sha256 in digests for other in await repository.same_bytes(work, sha256, payment_id)]
    for each in sorted({payment_id, *others}):
        await repository.lock(work, each)
    return MOST - len(await repository.receipts(work, [payment_id]))


async def receipt_stored(work: Work, attachment_id: UUID, sha256: str) -> None:
    """The bytes of a file have arrived: if it is a receipt, compare them with all others."""
    work.require_runtime()
    row = await repository.receipt_of(work, attachment_id)
    if row is None or row.sha256 == sha256:
        return
    row.sha256 = sha256
    await work.session.flush()
    await _flag_reuse(work, row.payment_id, sha256)


async def _flag_reuse(work: Work, payment_id: UUID, sha256: str | None) -> None:
    """Flag every payment that rests on these bytes, the earlier ones too: either may be the false one."""
    others = await repository.same_bytes(work, sha256, payment_id) if sha256 is not None else []
    if not others:
        return
    for affected in sorted([payment_id, *others]):
        payment = await repository.lock(work, affected)
        if payment is not None:
            _flag(work, payment)
    await work.session.flush()


def _flag(work: Work, payment: Payment) -> None:
    if Flag.RECEIPT_REUSED in payment.flags:
        return
    payment.flags = [*payment.flags, Flag.RECEIPT_REUSED]
    events.record(work, EventType.PAYMENT_FLAGGED, subject=payment.id, reason=Flag.RECEIPT_REUSED)


async def unlinked(work: Work, attachment_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the files that are nobody's receipt yet, in the given order."""
    work.require(PaymentsPermission.READ)
    taken = await repository.linked(work, attachment_ids)
    return [attachment_id for attachment_id in attachment_ids if attachment_id not in taken]


async def receipts_of(work: Work, payment_ids: Sequence[UUID]) -> list[ReceiptView]:
    """The receipts of payments, in the order in which they came."""
    work.require(PaymentsPermission.READ)
    return [ReceiptView.model_validate(row) for row in await repository.receipts(work, payment_ids)]
