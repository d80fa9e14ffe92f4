"""Infobip's JSON as it comes in: every member may be missing or null, because live bodies differ from their schema."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

EDIT = "EDIT"
CHANGES = (EDIT, "REVOKE")
"""The types of messages that change an earlier one instead of saying something new; see `Changed`."""

_MOMENT = TypeAdapter(datetime)


def _moment(value: Any) -> datetime | None:
    """A time such as `2026-05-04T09:15:30.000+0000`; None when it is missing, broken or out of range."""
    try:
        moment = _MOMENT.validate_python(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValidationError, OverflowError):
        return None


def _mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Wire(BaseModel):
    """A piece of Infobip's JSON: camel case outside, unknown members ignored, numbers accepted as texts."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )


class Contact(Wire):
    """Who wrote, as WhatsApp shows the person."""

    name: str | None = None
    phone_number: str | None = None
    user_id: str | None = None


class ReferredProduct(Wire):
    """A catalogue product that the customer asks about."""

    catalog_id: str | None = None
    product_retailer_id: str | None = None


class Context(Wire):
    """The earlier message that this one answers."""

    id: str | None = None
    referred_product: ReferredProduct | None = None


class Referral(Wire):
    """The advertisement through which the customer came."""

    source_type: str | None = None
    source_url: str | None = None
    source_id: str | None = None
    headline: str | None = None
    body: str | None = None


class InboundResult(Wire):
    """One message of a customer; `message` is read by its type."""

    sender: str | None = Field(None, validation_alias="from")
    received_at: Moment = None
    message_id: str | None = None
    contact: Annotated[Contact, BeforeValidator(_mapping)] = Contact()
    message: Annotated[dict[str, Any], BeforeValidator(_mapping)] = Field(default_factory=dict)


class Text(Wire):
    """A written message."""

    text: str


class File(Wire):
    """Any message that carries a file."""

    url: str = Field(min_length=1, max_length=2048)
    caption: str | None = None


class Location(Wire):
    """A place on the map."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = None
    address: str | None = None
    url: str | None = None


class SharedName(Wire):
    """How an entry of an address book is called."""

    formatted_name: str | None = None


class SharedPhone(Wire):
    """A telephone of it."""

    phone: str | None = None


class SharedEmail(Wire):
    """A mail address of it."""

    email: str | None = None


class SharedAddress(Wire):
    """A postal address of it."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


class SharedCompany(Wire):
    """Where they work."""

    company: str | None = None


class SharedContact(Wire):
    """One entry of an address book."""

    name: Annotated[SharedName, BeforeValidator(_mapping)] = SharedName()
    phones: list[SharedPhone] | None = None
    emails: list[SharedEmail] | None = None
    addresses: list[SharedAddress] | None = None
    org: Annotated[SharedCompany, BeforeValidator(_mapping)] = SharedCompany()


class SharedContacts(Wire):
    """Address book entries that the customer shared."""

    contacts: list[SharedContact]


class TemplateButton(Wire):
    """A pressed quick-reply button of a template."""

    text: str
    payload: str


class Reply(Wire):
    """A pressed button or a chosen row of a list."""

    id: str
    title: str
    description: str | None = None


class OrderItem(Wire):
    """One product of a WhatsApp cart; the price is the sender's word, not ours."""

    product_retailer_id: str
    quantity: Decimal = Field(gt=0, le=1_000_000)
    item_price: Decimal | None = Field(None, ge=0, le=Decimal("1e12"))
    currency: str | None = None


class Order(Wire):
    """A cart sent from the WhatsApp catalogue."""

    catalog_id: str | None = None
    product_items: list[OrderItem] = Field(min_length=1, max_length=500)
    text: str | None = None


class Reaction(Wire):
    """An emoji put on a message, or taken off."""

    emoji: str | None = None
    action: str | None = None


class Changed(Wire):
    """A customer's edit (`EDIT`, with the message as it reads now) or deletion (`REVOKE`) of an earlier message.

    Infobip's published schema (3.210.0) has neither yet. The shape is that of Meta's own webhooks in Infobip's spelling;
    where it differs in the end, here is the place.
    """

    original_message_id: str | None = None
    message: dict[str, Any] | None = None


class StatusDetail(Wire):
    """A status or an error as Infobip names it; decided on by id and group, never by name."""

    group_id: int | None = None
    group_name: str | None = None
    id: int | None = None
    name: str | None = None
    description: str | None = None


class ReportResult(Wire):
    """A delivery or seen report on a message of ours."""

    message_id: str | None = None
    status: StatusDetail | None = None
    error: StatusDetail | None = None
    sent_at: Moment = None
    done_at: Moment = None
    seen_at: Moment = None
