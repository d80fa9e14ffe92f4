"""Mediums: where people write to a shop, and what each of them can do. Whoever needs to know asks here.

A medium keys people: one telephone is one person on WhatsApp, whichever provider carries it. Who carries it is the
provider's matter and decides on the adapter only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.filetypes import PICTURES


class Medium(StrEnum):
    """Where a customer writes."""

    WHATSAPP = "whatsapp"
    WEBCHAT = "webchat"


class Provider(StrEnum):
    """Who carries the messages: an Infobip account, this installation's sandbox, or its own web chat."""

    INFOBIP = "infobip"
    SANDBOX = "sandbox"
    WEB = "web"


CARRIED: Final[Mapping[Provider, frozenset[Medium]]] = {
    Provider.INFOBIP: frozenset({Medium.WHATSAPP}),
    Provider.SANDBOX: frozenset({Medium.WHATSAPP}),
    Provider.WEB: frozenset({Medium.WEBCHAT}),
}
"""What each provider carries."""


class Transport(StrEnum):
    """How an answer reaches the customer: we call the provider, or the customer's page comes for it."""

    PUSH = "push"
    PULL = "pull"


@dataclass(frozen=True, slots=True)
class Buttons:
    """How many buttons stand under a message, and the lengths of what is on and behind them, in UTF-16 units."""

    most: int
    title: int
    id: int


@dataclass(frozen=True, slots=True)
class ListRows:
    """How many rows a list has, and the lengths of what stands in and above them, in UTF-16 units."""

    most: int
    title: int
    description: int
    id: int
    section_title: int
    opener: int
    """The button that opens the list."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a medium can do. Lengths are in UTF-16 units.

    `answer_window` is how long after a customer's message free words may be sent; None where that never ends.
    `body` is the text above buttons or a list, `footer` the small print under it; `pictures` are the kinds of picture that
    it shows, of at most so many bytes each.
    """

    name: str
    answer_window: timedelta | None
    text: int
    body: int
    footer: int
    buttons: Buttons
    rows: ListRows
    pictures: frozenset[str]
    picture_bytes: int
    typing: bool
    read_receipts: bool
    transport: Transport

    def may_write(self, last_inbound_at: datetime | None, now: datetime) -> bool:
        """Whether free words may be sent to somebody who wrote last at this time; both times are business time."""
        if self.answer_window is None:
            return True
        return last_inbound_at is not None and now < last_inbound_at + self.answer_window


TRAITS: Final[Mapping[Medium, Traits]] = {
    Medium.WHATSAPP: Traits(
        name="WhatsApp",
        answer_window=timedelta(hours=24),
        text=4096,
        body=1024,
        footer=60,
        buttons=Buttons(most=3, title=20, id=256),
        rows=ListRows(most=10, title=24, description=72, id=200, section_title=24, opener=20),
        pictures=frozenset({"image/jpeg", "image/png"}),
        picture_bytes=5 * 1024 * 1024,
        typing=True,
        read_receipts=True,
        transport=Transport.PUSH,
    ),
    # The page is ours: nothing but its layout limits it.
    Medium.WEBCHAT: Traits(
        name="web",
        answer_window=None,
        text=4096,
        body=4096,
        footer=200,
        buttons=Buttons(most=10, title=40, id=256),
        rows=ListRows(most=30, title=60, description=200, id=256, section_title=60, opener=40),
        pictures=PICTURES,
        picture_bytes=10 * 1024 * 1024,
        typing=True,
        read_receipts=True,
        transport=Transport.PULL,
    ),
}
"""What each medium can do."""
