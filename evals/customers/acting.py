"""Doing what a customer decided: steps become messages on the phone."""

import zlib
from hashlib import sha256
from struct import pack

from evals.phone import Phone, move_clock
from evals.tasks import Step
from evals.world import World

BETWEEN_MESSAGES = 0.05
"""Seconds between the messages of a burst, well inside the burst window."""

_IN_WORDS = {
    "confirm": {"es": "sí, confirmo", "en": "yes, I confirm"},
    "change": {"es": "quiero cambiar algo", "en": "I want to change something"},
    "cancel": {"es": "no, cancélalo", "en": "no, cancel it"},
    "replace": {"es": "reemplázalo", "en": "replace it"},
    "add": {"es": "agrégalo", "en": "add it"},
}
"""What is written where the shop has sent no button for it."""


def picture(caption: str) -> bytes:
    """A small valid PNG whose pixels depend on the caption, so that equal captions are the same photo."""
    pixel = sha256(caption.encode()).digest()[:3]

    def chunk(name: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(name + body))

    rows = b"".join(b"\0" + pixel * 8 for _ in range(8))
    header = pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def perform(step: Step, phone: Phone, shop: World, language: str) -> None:
    """Do one step: everything in it, in the order in which its fields stand."""
    for index, words in enumerate(step.say):
        if index:
            await phone.pause(BETWEEN_MESSAGES)
        await phone.send("text", text=words)
    if step.press is not None:
        await _press(step.press, phone, shop, language)
    if step.image is not None:
        await phone.send_file("image", step.image, picture(step.image))
    if step.send is not None:
        await phone.send_file(step.send, "", _SOUND if step.send == "voice" else picture(step.send))
    if step.location is not None:
        await phone.send("location", latitude=step.location[0], longitude=step.location[1])
    if step.cart:
        items = [
            {
                "sku": item.sku,
                "quantity": item.quantity,
                "price": str(item.price if item.price is not None else shop.price_of(item.sku)),
                "currency": shop.currency,
            }
            for item in step.cart
        ]
        await phone.send("order", items=items)
    if step.raw is not None:
        await phone.send("raw", message=step.raw)
    if step.advance_minutes:
        await move_clock(phone.client, step.advance_minutes)


_SOUND = b"OggS\x00\x02" + bytes(60)


async def _press(wanted: str, phone: Phone, shop: World, language: str) -> None:
    """Press what is meant, or say it where nothing like it is on the screen."""
    screen = [bubble for bubble in phone.thread if bubble.direction == "shop"]
    for bubble in reversed(screen):
        for choice in bubble.choices:
            if wanted in (choice.id, choice.title, choice.id.split(":")[0], choice.id.rsplit(":", 1)[-1]):
                kind = "list_reply" if choice in bubble.rows else "button_reply"
                await phone.send(kind, id=choice.id, title=choice.title)
                return
    spoken = _IN_WORDS.get(wanted, {}).get("en" if language == "en" else "es")
    if spoken is None and shop.product_of(wanted) is not None:
        spoken = shop.name_of(wanted)
    await phone.send("text", text=spoken or wanted)
