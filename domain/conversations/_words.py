"""The words of conversations, by which they are found: each once, folded, in the order of their letters."""

import re
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from core.language.folding import fold
from core.work import WORKSPACE, Work, own
from domain.conversations.content import Content, said
from domain.conversations.models import Conversation, ConversationWord

_LONGEST: Final = 40
_MOST: Final = 400
"""How many words of a message are found again; what is longer is no message but a file."""

_KEEP: Final = (
    insert(ConversationWord)
    .from_select(
        ["workspace_id", "conversation_id", "word"],
        select(WORKSPACE, bindparam("conversation", type_=Uuid), func.unnest(bindparam("words", type_=ARRAY(Text)))),
    )
    .on_conflict_do_nothing()
)

_WORD = re.compile(r"\d+|[^\W_]{2,}")
_LAST = "\U0010ffff"


def words(text: str) -> list[str]:
    """The different words of a text as they are kept, in their order."""
    return list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(fold(text))))[:_MOST]


async def keep(work: Work, conversation_id: UUID, *contents: Content) -> None:
    """Remember that these words were written in a conversation, which is locked."""
    found = words(" ".join(said(each) for each in contents))
    if found:
        await work.later(_KEEP, {"workspace": work.workspace_id, "conversation": conversation_id, "words": found})


def written(work: Work, text: str) -> list[ColumnElement[bool]]:
    """Conversations in which all words of a text were written; the last of them may be a beginning. None fit no words."""
    asked = words(text)
    conditions: list[ColumnElement[bool]] = []
    for number, word in enumerate(asked, start=1):
        is_last = number == len(asked)
        matches = ConversationWord.word.between(word, word + _LAST) if is_last else ConversationWord.word == word
        found = select(ConversationWord.conversation_id).where(own(ConversationWord, work), matches)
        conditions.append(Conversation.id.in_(found))
    return conditions
