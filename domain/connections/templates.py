"""Texts that a provider has approved for writing to somebody outside the answer window, and what one of them costs."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

PLACE: Final = re.compile(r"\{\{([1-9]\d?)\}\}")
"""A place of a template, by its number from 1, which a value takes."""

MOST: Final = 250
"""Templates that a line keeps."""

Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6)]


class TemplateCategory(StrEnum):
    """What a template is for, as its approval says: it decides on the price, and on whose consent is needed."""

    MARKETING = "marketing"
    UTILITY = "utility"


class ApprovedTemplate(BaseModel):
    """A template as it was approved; `text` is what the customer reads, with `{{1}}`, `{{2}}` and so on as its places."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=512, pattern=r"^[a-z0-9_]+$")
    language: str = Field(min_length=2, max_length=10)
    category: TemplateCategory
    text: str = Field(min_length=1, max_length=4096)

    def count_places(self) -> int:
        """How many values it needs."""
        return max((int(number) for number in PLACE.findall(self.text)), default=0)

    def filled(self, values: Sequence[str]) -> str:
        """What the customer reads, with a value for each place."""
        return PLACE.sub(lambda found: values[int(found[1]) - 1], self.text)


class TemplatePrices(BaseModel):
    """What one template costs by its category, as the shop's contract with the provider says; None where it was not told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    marketing: Price | None = None
    utility: Price | None = None

    def of(self, category: TemplateCategory) -> Decimal | None:
        """What a template of this category costs."""
        return self.marketing if category is TemplateCategory.MARKETING else self.utility


class TemplatesFound(BaseModel):
    """What a provider says of a line's templates: those that can be filled in and sent, and the names of the others.

    `code` is `ok` or that of a `LineCheck`; `left_out` are approved ones that need more than values for their text.
    """

    code: str
    templates: tuple[ApprovedTemplate, ...] = ()
    left_out: tuple[str, ...] = ()
