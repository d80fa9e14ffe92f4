"""Telephones of customers in what people and programs are shown: whole for whoever may see them, else masked."""

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

from core import observability
from core.access import Principal
from domain.customers.permissions import CustomersPermission


class Numbered(BaseModel):
    """Something that is shown with numbers by which its customer is reached, in the fields named by `NUMBERS`."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    NUMBERS: ClassVar[tuple[str, ...]] = ("phone",)

    def masked(self) -> Self:
        """The same with its numbers masked."""
        said = {name: getattr(self, name) for name in self.NUMBERS}
        return self.model_copy(update={name: observability.mask(value) for name, value in said.items() if value is not None})

    def seen_by(self, principal: Principal) -> Self:
        """The same as somebody may see it."""
        return self if principal.may(CustomersPermission.REVEAL) else self.masked()
