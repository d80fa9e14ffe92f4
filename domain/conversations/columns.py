"""The column in which a content stands; other tables than those of conversations may have one too."""

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from domain.conversations.content import Content, JsonObject, dump, load


class ContentColumn(TypeDecorator[Content]):
    """What a message says, as JSON; validated when it is read."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Content | None, dialect: Dialect) -> JsonObject | None:
        """To JSON."""
        return None if value is None else dump(value)

    def process_result_value(self, value: object | None, dialect: Dialect) -> Content | None:
        """From JSON, whatever has become of it."""
        return None if value is None else load(value)
