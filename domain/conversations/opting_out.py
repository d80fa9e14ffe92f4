"""A customer who wants no marketing any more says so in a word; it stands at once, whoever has the conversation."""

from functools import lru_cache
from typing import Final

from core import messages
from core.work import Work
from domain.accounts import service as accounts
from domain.connections.medium import TRAITS, Medium
from domain.conversations import _words, repository, service
from domain.conversations.content import Answer, Content, Text, said
from domain.conversations.kinds import Voice
from domain.conversations.schemas import Received
from domain.customers import consent
from domain.customers import service as customers

LONGEST: Final = 30
"""A message of more characters says something else."""


@lru_cache(maxsize=1)
def _words_that_stop() -> frozenset[str]:
    """The words that templates of marketing tell people to answer with, in every language of the house."""
    listed = (messages.text("consent.words", language).split(",") for language in messages.LANGUAGES)
    return frozenset(_folded(word) for words in listed for word in words)


def _folded(text: str) -> str:
    return " ".join(_words.words(text))


async def heard(work: Work, received: Received, content: Content) -> bool:
    """Whether a message is nothing but the word of somebody who has agreed to marketing: then they have no longer.

    For anybody else it is a word like others. While the agent has the voice it is answered here, and no turn is due for it.
    """
    work.require_runtime()
    # What is chosen of what the agent offered is chosen, however it is called: `baja` may be a size.
    is_theirs = isinstance(content, Text) or (isinstance(content, Answer) and content.via == "template")
    if not is_theirs or len(words := said(content)) > LONGEST:
        return False
    if _folded(words) not in _words_that_stop() or not await consent.is_given(work, received.customer_id):
        return False
    await consent.record(work, received.customer_id, False, f"«{words.strip()}»")
    if received.voice is Voice.AGENT and received.message_id is not None:
        language = (await accounts.get_workspace(work)).language
        await service.queue(work, received.conversation_id, [Text(text=messages.text("consent.stopped", language))])
        await repository.mark_handled(work, received.conversation_id, "opted_out", None, [received.message_id])
    return True


async def chosen_at_medium(work: Work, medium: Medium, sender: str, *, wants: bool) -> None:
    """Somebody has said to the medium itself whether they want marketing; to want it again gives back a consent only."""
    work.require_runtime()
    contact = await customers.contact_of_number(work, medium, sender) or await customers.contact_of_user(work, medium, sender)
    if contact is None:
        return
    if not wants or (await customers.get(work, contact.customer_id)).marketing_consent is False:
        await consent.record(work, contact.customer_id, wants, TRAITS[medium].name)
