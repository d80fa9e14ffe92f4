"""A message that points at a product without naming it, said in full: its SKU, which holds no quantity, where a pronoun stood.

`quiero este y un aceite` quoting the flour asks for two things, and `lo quiero` and `quiero más información` are about
what the message was sent from. A number alone needs no help: it answers the open question of how many.
"""

from agent.brief import Brief, BriefMessage
from agent.lexical.thread import common_words
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold


def spelled_out(brief: Brief) -> Brief:
    """The brief with what each message points at in its words: a product's SKU, or what its sizes are called together."""
    return brief.model_copy(update={"messages": [_spelled_out(message) for message in brief.messages]})


def _spelled_out(message: BriefMessage) -> BriefMessage:
    about = [(product.sku, product.name) for product in message.products]
    meant = about[0][0] if len(about) == 1 else " ".join(common_words(about))
    if not meant or not message.text:
        return message
    words, said = vocabulary(), message.text
    folded = fold(said)
    if asked := words.matches("asks_about_it", folded):
        said = f"{said[: asked.start()]}{_PRICE}{meant}{said[asked.end() :]}"
    elif wanted := words.matches("wants_it", folded):
        said = f"{said[: wanted.start()]}{meant}{said[wanted.end() :]}"
    elif words.matches("and_then", folded) and (pronoun := words.matches("it", folded)):
        said = f"{said[: pronoun.start()]}{meant}{said[pronoun.end() :]}"
    return message.saying(said)


_PRICE = "cuanto cuesta "
"""A question that is answered with what is known of a product; all languages are read at once, so one of them will do."""
