"""What a customer's message points at besides its words: a product of the catalogue, a message it quotes, an advertisement.

Whatever of it names products of the shop becomes the question "how many of these?", so that "quiero 2 de este" has a
meaning for every model: the products stand as options of an open `offered` question, and as typed data in the brief.
"""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from agent import journal
from agent.brief import AboutProduct, BriefMessage, Quoted
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.schemas import ProductHit
from domain.catalog.words import plain
from domain.conversations import service as conversations
from domain.conversations.content import Answer, Cart, Content, Reaction, texts_of
from domain.conversations.schemas import MessageView, OpenMessage
from tools.context import Pending
from tools.outcome import Option

Key = TypeVar("Key")

MOST_PRODUCTS = 5
MOST_VARIANTS = 20
"""As many sizes and colours of what an advertisement shows are known to the turn."""
GOODS = frozenset({"product", "price", "old_price", "stock", "step", "quantity", "line_total"})
"""Kinds of facts of which the subject is a product's name."""


async def brief_message(work: Work, conversation_id: UUID, message: OpenMessage) -> BriefMessage:
    """A message with all that it points at, as far as this shop knows it."""
    quoted = None
    # A press, a reaction and a cart say all by themselves; what they answer is known by their ids.
    if message.reply_to is not None and not isinstance(message.content, Answer | Reaction | Cart):
        quoted = await conversations.quoted(work, conversation_id, message.reply_to)
    return BriefMessage(
        content=message.content,
        quoted=Quoted(author=quoted.author, text=quoted.text) if quoted is not None else None,
        products=await _products(work, message.content, quoted),
    )


def open_question(messages: Sequence[BriefMessage], pending: Pending | None) -> Pending | None:
    """The question that what the messages point at opens, None if they point at no product or at what is asked already."""
    named = {product.sku: product.name for message in messages for product in message.products}
    asked = {option.sku for option in pending.options} if pending is not None else set()
    if not named or set(named) == asked:
        return None
    options = [Option(sku=sku, name=name) for sku, name in named.items()]
    return Pending(kind="offered", tool="add_item_to_draft", options=options)


async def _products(work: Work, content: Content, quoted: MessageView | None) -> list[AboutProduct]:
    """The products on sale that a message is about: the one it was sent from, else those of its quotation, else of the ad."""
    for pointer in (content, quoted.content if quoted is not None else None):
        if pointer is not None and pointer.about is not None and pointer.about.product is not None:
            variant = await catalog.find(work, pointer.about.product.sku)
            return [AboutProduct(sku=variant.sku, name=variant.name)] if variant is not None and variant.is_sold else []
    if quoted is not None:
        return await _on_sale(work, await _named_in(work, quoted))
    referral = content.about.referral if content.about is not None else None
    if referral is not None:
        words = f"{referral.headline or ''}\n{referral.body or ''}".strip()
        return _mentioned(words, await catalog.search(work, words, limit=MOST_VARIANTS)) if words else []
    return []


async def _named_in(work: Work, quoted: MessageView) -> list[str]:
    """The names of the products of a quoted message: those that ours states, or that the customer's led to."""
    turn_id = quoted.turn_id if quoted.direction == "out" else quoted.handled_ref
    if turn_id is None:
        return []
    calls = await journal.calls_thought_last(work, turn_id)
    names = dict.fromkeys(fact.subject for call in calls for fact in call.facts.values() if fact.kind in GOODS)
    if quoted.direction == "in":
        return list(names)
    return [name for _, name in _occurring("\n".join(texts_of(quoted.content)), [(name, name) for name in names])]


async def _on_sale(work: Work, names: Sequence[str]) -> list[AboutProduct]:
    found: list[AboutProduct] = []
    for name in names[:MOST_PRODUCTS]:
        hits = await catalog.search(work, name, limit=MOST_PRODUCTS)
        found += [AboutProduct(sku=hit.sku, name=hit.name) for hit in hits if hit.name == name]
    return found


def _mentioned(words: str, hits: Sequence[ProductHit]) -> list[AboutProduct]:
    """What an advertisement names: a product in one size, or the product, which may come in several."""
    meant: dict[str, list[ProductHit]] = {}
    for hit in hits:
        meant.setdefault(hit.product_name, []).append(hit)
    meant |= {hit.name: [hit] for hit in hits}
    found = [hit for hits_of, _ in _occurring(words, [(tuple(some), name) for name, some in meant.items()]) for hit in hits_of]
    return [AboutProduct(sku=hit.sku, name=hit.name) for hit in found][:MOST_VARIANTS]


def _occurring(words: str, candidates: Sequence[tuple[Key, str]]) -> list[tuple[Key, str]]:
    """The candidates (key, name) whose name stands in the words; a longer name takes its words from a shorter one."""
    left = plain(words)
    found: list[tuple[Key, str]] = []
    for key, name in sorted(candidates, key=lambda candidate: -len(candidate[1])):
        folded = plain(name)
        if folded and folded in left:
            left = left.replace(folded, "\x00")
            found.append((key, name))
    return found
