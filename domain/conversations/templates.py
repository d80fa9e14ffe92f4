"""Approved templates that a person sends where free words may not go any more: what each says, costs, and to whom it may go."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.errors import Conflict, Invalid, NotFound
from core.work import Work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionSettings
from domain.connections.templates import ApprovedTemplate, TemplateCategory
from domain.conversations import repository, service
from domain.conversations.content import Template
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import CustomerConversation, ThreadMessage
from domain.customers import consent


class TemplateNotFound(NotFound):
    """The line of the conversation has no such template."""

    code = "template_not_found"


class TemplateValuesWrong(Invalid):
    """A template has a value for each of its places, and none besides."""

    code = "template_values_wrong"
    http_status = 422


class MarketingNotAgreed(Conflict):
    """The customer has not agreed to be written to without having asked."""

    code = "marketing_not_agreed"


class TemplateOffer(ApprovedTemplate):
    """A template as it may be sent in a conversation; `places` is how many values it needs.

    What is not `is_allowed` is marketing, and the customer has not agreed to it.
    """

    model_config = ConfigDict(frozen=True)

    places: int
    price: Decimal | None = Field(description="What it costs, None where the shop has not said so.")
    currency: str
    is_allowed: bool


class SendTemplate(BaseModel):
    """A template to be sent, with a value for each of its places."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=512)
    language: str = Field(max_length=10)
    values: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]] = Field(
        [], max_length=99
    )
    last_seen_message_id: UUID = Field(description="The newest message of the thread that the writer has read.")


async def _of_line(work: Work, conversation_id: UUID) -> tuple[CustomerConversation, ConnectionSettings]:
    found = await service.get(work, conversation_id)
    assert isinstance(found, CustomerConversation), "what members ask the agent is no conversation of the desk"
    return found, await connections.settings_of(work, found.connection_id)


async def offered(work: Work, conversation_id: UUID) -> list[TemplateOffer]:
    """The templates of a conversation's line with their prices, those that may be sent before the others, by their names.

    Raises ConversationNotFound.
    """
    work.require(ConversationsPermission.READ)
    found, settings = await _of_line(work, conversation_id)
    is_agreed = bool(settings.templates) and await consent.is_given(work, found.customer_id)
    offers = [
        TemplateOffer(
            **each.model_dump(),
            places=each.count_places(),
            price=settings.template_prices.of(each.category),
            currency=settings.template_prices.currency,
            is_allowed=is_agreed or each.category is not TemplateCategory.MARKETING,
        )
        for each in settings.templates
    ]
    return sorted(offers, key=lambda each: (not each.is_allowed, each.name, each.language))


async def send(work: Work, conversation_id: UUID, command: SendTemplate, undo_within: timedelta = timedelta()) -> ThreadMessage:
    """Send a template in a conversation that the caller has, as `service.reply` sends words and for the same refusals.

    Raises TemplateNotFound, TemplateValuesWrong, and MarketingNotAgreed, which is asked once more when it leaves.
    """
    work.require(ConversationsPermission.REPLY)
    found, settings = await _of_line(work, conversation_id)
    wanted = (command.name, command.language)
    template = next((each for each in settings.templates if (each.name, each.language) == wanted), None)
    if template is None:
        raise TemplateNotFound
    if len(command.values) != template.count_places():
        raise TemplateValuesWrong(count=template.count_places())
    is_marketing = template.category is TemplateCategory.MARKETING
    if is_marketing and not await consent.is_given(work, found.customer_id):
        raise MarketingNotAgreed
    values = [" ".join(each.split()) for each in command.values]
    content = Template(
        name=template.name,
        language=template.language,
        placeholders=tuple(values),
        text=template.filled(values),
        is_marketing=is_marketing,
    )
    seen = command.last_seen_message_id
    (message_id,) = await service.reply(work, conversation_id, content, seen=seen, undo_within=undo_within)
    return ThreadMessage.model_validate(await repository.message(work, message_id))
