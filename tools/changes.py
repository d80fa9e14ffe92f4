"""What a call of `update_draft` is given: changes of lines, and points that cannot be lines yet."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.definition import Amount, Quantity, Sentence, Words
from tools.products import MOST_OPTIONS

Mode = Literal["add", "set", "remove"]
PointKind = Literal["which", "quantity", "confirm", "want", "contradiction", "number", "unknown", "unclear", "too_long"]


class DraftLine(BaseModel):
    """One change of the order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Sentence = Field(description="The SKU, or what the customer calls the product, with brand and size.")
    quantity: Quantity | None = Field(
        None,
        description="add: how many more, left out only if the customer did not say. set: how many in all, 0 takes it out. "
        "remove: how many less, left out to take it out.",
    )
    unit: Words | None = Field(
        None, description="The unit or the money the customer said: kg, g, docena, bs; 500 bs of cheese is 500, bs."
    )
    size: Words | None = Field(None, description="The size, if it was said apart from the product: M, 42, 500 g.")
    mode: Mode = Field("add", description="What to do with the quantity.")
    price: Amount | None = Field(None, description="The price of one that the customer wrote, to be compared with ours.")
    total: Amount | None = Field(None, description="The sum of the line that the customer wrote, to be compared with ours.")
    words: Sentence = Field("", description="The customer's own words for this line.")

    @property
    def phrase(self) -> str:
        """What the product is called, with its size."""
        return f"{self.product} {self.size}" if self.size else self.product


class OpenPoint(BaseModel):
    """Something the customer said that cannot be put into the order without guessing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: PointKind = Field(
        description="which: several products fit. quantity: no quantity was said. confirm: product and quantity are likely, "
        "but words are in doubt. want: named, but perhaps not wanted. contradiction: refused and ordered. number: nobody "
        "knows what it counts. unknown: not sold. unclear: not understood. too_long: words are where the reading stopped."
    )
    words: Sentence = Field("", description="The customer's own words.")
    skus: list[Words] = Field(default_factory=list, max_length=MOST_OPTIONS, description="The products in question.")
    quantity: Quantity | None = Field(None, description="The quantity that was said; the answer takes it.")
    unit: Words | None = Field(None, description="Its unit.")
    mode: Mode = Field("add", description="What to do with the quantity.")
