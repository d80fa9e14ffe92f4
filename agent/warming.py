"""Loading words, patterns and prompts before the first customer waits for them."""

from agent import links, prompting
from agent.brief import Brief, BriefMessage
from agent.lexical.listening import hear
from agent.lexical.spelling import meant_keyword
from agent.lexical.vocabulary import vocabulary
from core import messages
from core.settings import get_settings
from domain.connections.medium import Medium
from domain.conversations.content import Text
from domain.conversations.states import State


def warm_up() -> None:
    """Fill the caches of this process: catalogue, vocabulary, prompts, the models' libraries."""
    links.load(get_settings().model_chain)
    _read_once(" ".join(vocabulary().ordinary))
    for language in messages.LANGUAGES:
        messages.text("turn.trouble", language)
        for state in State:
            prompting.system_prompt(_brief(language, state))


def _brief(language: str, state: State, *said: BriefMessage) -> Brief:
    return Brief(
        language=language,
        country="VE",
        currency="VES",
        shop_name="",
        medium=Medium.WHATSAPP,
        state=state,
        messages=list(said),
    )


def _read_once(text: str) -> None:
    """Let the order reader go through one message, so that all it keeps is there."""
    message = BriefMessage(content=Text(text=text))
    hear(_brief("es", State.IDLE, message))
    for word in text.split():
        meant_keyword(word)
