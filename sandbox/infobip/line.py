"""Which connection the sandbox plays the provider for, and the settings it runs under."""

import re
from dataclasses import dataclass

from channels import registry
from core.access import Principal
from core.errors import Invalid
from core.settings import Settings
from domain.connections import service as connections
from domain.connections.medium import Provider
from domain.connections.schemas import ConnectionView


class PhoneInvalid(Invalid):
    """No telephone has this number."""

    code = "sandbox_phone_invalid"


@dataclass(frozen=True, slots=True)
class Line:
    """One connection as the simulated provider sees it."""

    connection: ConnectionView
    settings: Settings

    @property
    def principal(self) -> Principal:
        """Who writes the sandbox's rows: the runtime itself, in the connection's workspace."""
        return Principal.system(self.connection.workspace_id)

    def media_url(self, message_id: object) -> str:
        """Where the provider keeps a customer's file."""
        base = registry.base_url(self.connection, self.settings)
        return f"{base}/whatsapp/1/senders/{self.connection.address}/media/{message_id}"


async def open_line(slug: str, settings: Settings) -> Line:
    """The line of a connection that the sandbox carries, by its id; raises ConnectionNotFound."""
    connection = await connections.find_by_slug(slug)
    if connection.provider is not Provider.SANDBOX:
        raise connections.ConnectionNotFound
    return Line(connection, settings)


def phone_number(written: str) -> str:
    """A number as WhatsApp writes it, digits only; raises PhoneInvalid."""
    digits = re.sub(r"[\s()+.\-]", "", written)
    if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 15):
        raise PhoneInvalid
    return digits
