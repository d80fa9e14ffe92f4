"""Loading words, patterns and prompts before the first customer waits for them."""

from agent import links, prompting, receipts
from agent.brief import Brief
from agent.lexical.vocabulary import vocabulary
from agent.states import State
from core import messages
from core.settings import get_settings


def warm_up() -> None:
    """Fill the caches of this process: catalogue, vocabulary, the gate's patterns, prompts, the models' libraries."""
    links.load(get_settings().model_chain)
    vocabulary()
    for language in messages.LANGUAGES:
        greeting = messages.text("turn.trouble", language)
        receipts.check(greeting, {}, [], [greeting], language)
        for state in State:
            prompting.system_prompt(Brief(language=language, country="VE", currency="VES", shop_name="", state=state))
