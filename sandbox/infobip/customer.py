"""What a customer does on a phone: write, press, choose, send a photo or a place. Each becomes a webhook call."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from channels.infobip.media import MAX_BYTES
from core.blobs import open_blobs
from core.errors import Invalid
from core.filetypes import sniff
from core.work import Work, open_work
from domain.conversations.content import (
    About,
    Answer,
    Button,
    Buttons,
    Cart,
    CartLine,
    CatalogueProduct,
    Choices,
    Content,
    File,
    Place,
    Referral,
    Removed,
    Row,
    Text,
    Unsupported,
)
from sandbox.infobip import shapes, store
from sandbox.infobip.chaos import Chaos
from sandbox.infobip.line import Line
from sandbox.infobip.models import SandboxMessage, SandboxPhone, Ticks, Writer


class ChoiceUnknown(Invalid):
    """No button or row with this id is on the phone's screen."""

    code = "sandbox_choice_unknown"


class FileInvalid(Invalid):
    """The file is empty, too large, or not Base64."""

    code = "sandbox_file_invalid"


class BubbleUnknown(Invalid):
    """No such bubble on this phone, or none that its owner may change."""

    code = "sandbox_bubble_unknown"


class Advertisement(BaseModel):
    """What the customer pressed on elsewhere before they wrote."""

    headline: str = Field("", max_length=300)
    body: str = Field("", max_length=1000)
    url: str = "https://sandbox.example/ad"


class _Action(BaseModel):
    """What all actions have in common."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    connection: str
    profile_name: str | None = Field(None, max_length=200)
    reply_to: int | None = Field(None, description="The bubble that is quoted.")
    product: str | None = Field(None, max_length=100, description="The SKU of the catalogue's product that it is about.")
    ad: Advertisement | None = Field(None, description="The advertisement that it comes from.")


class WriteText(_Action):
    """A text."""

    type: Literal["text"]
    text: str = Field(min_length=1, max_length=65_536)


class SendFile(_Action):
    """A photo or another file, its bytes in Base64."""

    type: Literal["image", "document", "audio", "voice", "video", "sticker"]
    file: str = Field(min_length=1, validation_alias=AliasChoices("file", "content", "data"))
    caption: str | None = Field(None, max_length=3000, validation_alias=AliasChoices("caption", "text"))


class SendLocation(_Action):
    """A place."""

    type: Literal["location"]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = None
    address: str | None = None


class Press(_Action):
    """A button, or a row of a list, of a message on the screen."""

    type: Literal["button_reply", "list_reply"]
    id: str = Field(min_length=1, max_length=256)
    title: str | None = None


class CartItem(BaseModel):
    """One product of a cart from the WhatsApp catalogue."""

    model_config = ConfigDict(populate_by_name=True)

    sku: str = Field(min_length=1, validation_alias=AliasChoices("sku", "productRetailerId", "id"))
    quantity: int = Field(1, ge=1)
    price: Decimal = Field(Decimal(0), ge=0)
    currency: str = "USD"


class SendCart(_Action):
    """A cart from the WhatsApp catalogue."""

    type: Literal["order"]
    items: list[CartItem] = Field(min_length=1)
    text: str | None = None
    catalog_id: str = "sandbox"


class Edit(_Action):
    """Other words for a text that the customer has sent."""

    type: Literal["edit"]
    target: int = Field(description="The bubble that is edited.")
    text: str = Field(min_length=1, max_length=65_536)


class Delete(_Action):
    """The deletion, for everyone, of something that the customer has sent."""

    type: Literal["delete"]
    target: int = Field(description="The bubble that is deleted.")


class SendRaw(_Action):
    """Any message in Infobip's own words."""

    type: Literal["raw"]
    message: dict[str, Any] = Field(validation_alias=AliasChoices("message", "raw"))


Said = WriteText | SendFile | SendLocation | Press | SendCart | SendRaw
"""What puts a new bubble on the screen."""

Action = Annotated[Said | Edit | Delete, Field(discriminator="type")]


async def act(line: Line, phone: str, action: Action) -> SandboxMessage:
    """Do something on a phone: the bubble is stored together with the webhook call that it causes."""
    content = _decoded(action.file) if isinstance(action, SendFile) else None
    key = await open_blobs(line.settings).put(content) if content is not None else None
    async with open_work(line.principal) as work:
        owner = await store.lock_phone(work, line.connection.id, phone, action.profile_name)
        if isinstance(action, Edit | Delete):
            return await _change(work, line, owner, action)
        said, message, quoted = await _compose(work, owner, action)
        bubble = store.add_message(
            work,
            owner,
            {
                "direction": Writer.CUSTOMER,
                "content": said,
                "quoted": quoted,
                "provider_id": "wamid." + secrets.token_urlsafe(40),
                "status": Ticks.SENT,
                "blob_key": key,
                "content_type": sniff(content, None) if content is not None else None,
            },
        )
        if isinstance(said, File):
            message["url"] = line.media_url(bubble.id)
            bubble.content = said.model_copy(update={"url": message["url"]})
        await _point(work, owner, action, bubble, message)
        owner.last_inbound_at = work.now
        await work.session.flush()
        await _announce(work, line, owner, bubble, message, bubble.provider_id)
        return bubble


async def _change(work: Work, line: Line, owner: SandboxPhone, action: Edit | Delete) -> SandboxMessage:
    """Edit or delete a bubble; the shop is told by a webhook call of its own."""
    found = await store.screen(work, owner.connection_id, owner.phone, action.target - 1, 1)
    bubble = next((bubble for bubble in found if bubble.n == action.target), None)
    if bubble is None or bubble.direction is not Writer.CUSTOMER or isinstance(bubble.content, Removed):
        raise BubbleUnknown
    message: dict[str, Any] = {"type": "REVOKE", "originalMessageId": bubble.provider_id}
    if isinstance(action, Edit):
        if not isinstance(bubble.content, Text):
            raise BubbleUnknown
        message |= {"type": "EDIT", "message": {"type": "TEXT", "text": action.text}}
        bubble.content, bubble.edited = bubble.content.model_copy(update={"text": action.text}), True
    else:
        bubble.content = Removed(message_id=bubble.provider_id)
    await work.session.flush()
    await _announce(work, line, owner, bubble, message, "wamid." + secrets.token_urlsafe(40))
    return bubble


def _decoded(file: str) -> bytes:
    try:
        content = base64.b64decode(file.rsplit("base64,", 1)[-1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise FileInvalid from error
    if not 0 < len(content) <= MAX_BYTES:
        raise FileInvalid
    return content


_Composed = tuple[Content, dict[str, Any], int | None]


async def _compose(work: Work, phone: SandboxPhone, action: Said) -> _Composed:
    """What the bubble says, the provider's message, and the bubble that it answers."""
    match action:
        case WriteText():
            return Text(text=action.text), {"type": "TEXT", "text": action.text}, None
        case SendFile():
            message = {"type": action.type.upper(), "url": ""}
            if action.caption:
                message["caption"] = action.caption
            return File(media=action.type, url="", caption=action.caption), message, None
        case SendLocation():
            place = Place(
                latitude=action.latitude,
                longitude=action.longitude,
                name=action.name or None,
                address=action.address or None,
            )
            return place, {"type": "LOCATION", **place.model_dump(exclude={"kind"}, exclude_none=True)}, None
        case Press():
            return await _press(work, phone, action)
        case SendCart():
            return _cart(action)
        case SendRaw():
            text = action.message.get("text")
            raw = Unsupported(type="raw", text=text if isinstance(text, str) else None, raw=action.message)
            return raw, dict(action.message), None


async def _press(work: Work, phone: SandboxPhone, action: Press) -> _Composed:
    is_button = action.type == "button_reply"
    via: Literal["button", "row"] = "button" if is_button else "row"
    name = "INTERACTIVE_BUTTON_REPLY" if is_button else "INTERACTIVE_LIST_REPLY"
    for bubble in await store.last_interactive(work, phone.connection_id, phone.phone):
        for entry in _entries(bubble.content, is_button=is_button):
            if entry.id == action.id:
                said = entry.model_dump(exclude_none=True)
                context = {"id": bubble.provider_id, "groupId": None, "referredProduct": None}
                return Answer(via=via, **said), {"type": name, **said, "context": context}, bubble.n
    if action.title is None:
        raise ChoiceUnknown
    answer = Answer(via=via, id=action.id, title=action.title)
    return answer, {"type": name, "id": action.id, "title": action.title}, None


def _entries(content: Content, *, is_button: bool) -> Sequence[Button | Row]:
    """What can be pressed, or chosen, of a bubble."""
    if is_button:
        return content.buttons if isinstance(content, Buttons) else ()
    return content.rows if isinstance(content, Choices) else ()


def _cart(action: SendCart) -> _Composed:
    items = [
        {
            "productRetailerId": item.sku,
            "quantity": item.quantity,
            "itemPrice": float(item.price),
            "currency": item.currency,
        }
        for item in action.items
    ]
    message: dict[str, Any] = {"type": "ORDER", "catalogId": action.catalog_id, "productItems": items}
    if action.text:
        message["text"] = action.text
    lines = tuple(CartLine(sku=item.sku, quantity=Decimal(item.quantity)) for item in action.items)
    return Cart(items=lines, note=action.text), message, None


async def _point(work: Work, phone: SandboxPhone, action: _Action, bubble: SandboxMessage, message: dict[str, Any]) -> None:
    """Add what the message points at: a quoted bubble, a product, an advertisement."""
    context: dict[str, Any] = {"id": None, "groupId": None, "referredProduct": None}
    product = referral = None
    if action.reply_to is not None:
        for quoted in await store.screen(work, phone.connection_id, phone.phone, action.reply_to - 1, 1):
            context["id"] = quoted.provider_id
            bubble.quoted = quoted.n
    if action.product is not None:
        context["referredProduct"] = {"catalogId": "sandbox", "productRetailerId": action.product}
        product = CatalogueProduct(sku=action.product, catalog_id="sandbox")
    if context["id"] or context["referredProduct"]:
        message["context"] = context
    if action.ad is not None:
        shown = action.ad.model_dump(include={"headline", "body"})
        message["referral"] = {"sourceType": "AD", "sourceUrl": action.ad.url, **shown}
        referral = Referral(source_type="AD", source_url=action.ad.url, **shown)
    if product is not None or referral is not None:
        bubble.content = bubble.content.model_copy(update={"about": About(product=product, referral=referral)})


async def _announce(
    work: Work, line: Line, phone: SandboxPhone, bubble: SandboxMessage, message: dict[str, Any], message_id: str
) -> None:
    """Plan the webhook calls for a customer's message, as well or badly as the line behaves."""
    chaos = await store.chaos_of(work, line.connection.id)
    result = shapes.inbound(
        phone=phone.phone,
        user_id=phone.user_id,
        name=phone.name,
        to=line.connection.address,
        message_id=message_id,
        at=work.now,
        message=message,
    )
    wait = lateness(chaos, message_id)
    if chaos.happens(chaos.drop, message_id, "drop"):
        wait += timedelta(seconds=chaos.delay_seconds)
    store.add_call(work, bubble, Ticks.DELIVERED, result, wait)
    if chaos.happens(chaos.duplicate, message_id, "duplicate"):
        again = timedelta(seconds=chaos.fraction(message_id, "again") * chaos.delay_seconds)
        store.add_call(work, bubble, Ticks.DELIVERED, result, again)


def lateness(chaos: Chaos, *cause: object) -> timedelta:
    """How much later than it should a call comes: delayed, or held back so that a later one overtakes it."""
    seconds = 0.0
    if chaos.happens(chaos.delay, *cause, "delay"):
        seconds += chaos.delay_seconds * chaos.fraction(*cause, "how long")
    if chaos.happens(chaos.reorder, *cause, "reorder"):
        seconds += 0.05 + chaos.fraction(*cause, "how far")
    return timedelta(seconds=seconds)
