"""What a visitor's page says to the door."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from core.db import storable

Storable = AfterValidator(storable)
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096), Storable]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), Storable]


class Said(BaseModel):
    """What is taken from a page; what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Begin(Said):
    """A page begins: with the identity that the shop's server has signed, if there is one, and what its visitor agrees to."""

    identity: str | None = Field(None, max_length=4096, repr=False)
    language: str | None = Field(None, max_length=100)
    agrees: bool = False


class TextSaid(Said):
    """Words, and the product of the page from which they were written."""

    kind: Literal["text"]
    text: Words
    product: Annotated[str, Field(max_length=100), Storable] | None = None


class Pressed(Said):
    """A button that was pressed, or a row that was chosen, of a message of the shop."""

    kind: Literal["answer"]
    message: UUID
    option: Annotated[str, Field(min_length=1, max_length=300), Storable]


class FileSaid(Said):
    """A file that was uploaded just before, by what the upload answered."""

    kind: Literal["file"]
    file: str = Field(max_length=1000)
    caption: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1024), Storable] | None = None


class PlaceSaid(Said):
    """Where the visitor is."""

    kind: Literal["place"]
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    name: Line | None = None


class Write(Said):
    """A message. `id` was made by the page, which sends the message again under it until it is told that it is stored."""

    id: UUID
    said: Annotated[TextSaid | Pressed | FileSaid | PlaceSaid, Field(discriminator="kind")]


class Seen(Said):
    """Up to which place of the thread the page has shown what the shop said, and up to which its visitor has looked."""

    shown: int = Field(ge=0, le=2**62)
    read: int = Field(ge=0, le=2**62)


class Phone(Said):
    """The telephone from which a visitor writes to the shop elsewhere."""

    phone: str = Field(min_length=5, max_length=40)


class Code(Said):
    """The code that came to it."""

    code: str = Field(pattern=r"^\s*[0-9]{6}\s*$", repr=False)
