"""Whether a message looks as if the customer had finished, so that the answer need not wait for more."""

from agent.lexical.assent import is_pure_assent
from agent.lexical.spelling import clean
from agent.lexical.spoken import goods_said
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold

_SETTLED = ("finish", "human", "status", "cancel", "paid", "address", "thanks", "bye", "ask_catalogue", "ask_total")
_SHORTEST_SENTENCE = 4


def looks_finished(text: str) -> bool:
    """Whether the answer may come soon: a question, a whole order line, an assent, a full sentence.

    A greeting alone, a trailing comma, "y también" or empty text (an image without a caption) ask for patience.
    """
    folded = fold(clean(text)).strip()
    words = vocabulary()
    if not folded or words.matches("only_greeting", folded):
        return False
    if folded.endswith("?") or is_pure_assent([text], "es") or words.matches("finish", folded):
        return True
    if words.matches("incomplete", folded):
        return False
    if any(words.matches(name, folded) for name in _SETTLED) or folded[-1] in ".!":
        return True
    if any(said.phrase and said.quantity is not None for said in goods_said(folded)):
        return True
    return len(folded.split()) >= _SHORTEST_SENTENCE
