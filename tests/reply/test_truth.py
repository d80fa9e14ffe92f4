"""Whatever moves a model makes, no reply says of the shop what its database does not hold after the turn.

The oracle reads a reply by the catalogue's own texts: each becomes a pattern, and what stands in its slots is compared
with the order, the shelf and the price list as they are in Postgres.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brief import Asked
from agent.grounds import Grounds
from agent.reply.judge import ASSENTS
from agent.reply.moves import VOCABULARY, Reply
from agent.reply.renderer import render
from core import messages
from core.messages import LANGUAGES, catalogue, variants
from domain.catalog import service as catalog
from domain.orders import drafts
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from domain.stock import service as stock
from tests.factories.shop import Shop
from tests.properties import examples
from tests.reply.scenes import SCENES, Scene, open_counter_shop, play
from tests.reply.test_renderer import move

MONEY = r"Bs\. \d{1,3}(?:[.,]\d{3})*[.,]\d{2}(?!\d)"
SLOTS = {"quantity": r"\d[\d.,]*\d?(?: kg)?", "stock": r"\d[\d.,]*\d?(?: kg)?", "number": r"\d+", "order_number": r"\d+"}
AMOUNTS = ("price", "total", "fee", "subtotal", "gap", "due", "line_total", "balance")
PAID = ("unpaid", "claimed", "partly_paid", "paid")


@dataclass(frozen=True)
class Truth:
    """What the database holds once the turn is over, in the words of a language."""

    language: str
    draft: OrderView | None
    placed: OrderView | None
    prices: dict[str, str]
    in_stock: dict[str, Decimal]

    def money(self, amount: Decimal) -> str:
        return messages.money(amount, "VES", "VE", self.language)

    def lines(self) -> dict[str, tuple[str, str]]:
        """Quantity and sum of each line of the open order, by the product's name."""
        lines = self.draft.lines if self.draft is not None else ()
        return {
            line.name: (messages.quantity(line.quantity, line.unit, "VE", self.language), self.money(line.total))
            for line in lines
        }

    def sums(self, order: OrderView | None) -> dict[str, str]:
        if order is None:
            return {}
        sums = {"total": order.total, "subtotal": order.subtotal, "fee": order.delivery_fee, "due": order.total}
        return {kind: self.money(amount) for kind, amount in sums.items()}


async def truth_of(scene: Scene, shop: Shop) -> Truth:
    """What is so after the calls of a scene."""
    async with scene.chat.work() as work:
        draft = await drafts.open_draft(work, scene.chat.conversation_id)
        placed = await orders.history(work, scene.chat.customer_id, limit=1)
        goods = await catalog.variants(work, shop.variants.values())
        left = await stock.available(work, goods)
    language = scene.brief.language
    prices = {one.name: messages.money(one.price, "VES", "VE", language) for one in goods.values()}
    return Truth(
        language, draft, placed[0] if placed else None, prices, {one.name: left[id_].available for id_, one in goods.items()}
    )


def short(name: str) -> str:
    """The name without its size, as it is said from the second time on."""
    return re.sub(r" \d+ ?(?:kg|g|L)$", "", name)


@lru_cache
def patterns(language: str, names: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    """Each text with slots that speaks of goods and orders, as what may be read in a reply."""
    products = "|".join(re.escape(name) for name in sorted({*names, *map(short, names)}, key=len, reverse=True))
    found = []
    for key, text in catalogue(language).items():
        if not key.startswith(
            ("reply.goods", "reply.cart", "reply.draft", "reply.order.", "reply.suggest.", "reply.compare.one")
        ):
            continue
        pieces = re.split(r"\{(\w+)\}", text)
        if len(pieces) == 1:
            continue
        pattern = re.escape(pieces[0])
        for slot, after in zip(pieces[1::2], pieces[2::2], strict=True):
            kind = SLOTS.get(slot) or (MONEY if slot in AMOUNTS else products if slot == "product" else r"[^.\n]+?")
            again = f"(?P<{slot}>" in pattern
            pattern += (f"(?P={slot})" if again else f"(?P<{slot}>{kind})") + re.escape(after)
        found.append((re.sub(r"\.\d+$", "", key.removeprefix("reply.")), re.compile(pattern)))
    return found


def false_claims(text: str, truth: Truth) -> Iterator[str]:
    """What a reply says that is not so."""
    for key, pattern in patterns(truth.language, tuple(truth.prices)):
        for match in pattern.finditer(text):
            if not is_so(key, match.groupdict(), truth):
                yield f"{key}: {match.group()}"


def is_so(key: str, said: dict[str, str], truth: Truth) -> bool:
    """Whether what stands in the slots of a text is what the database holds."""
    family, _, rest = key.partition(".")
    kinds = set(rest.split("+"))
    if family == "order":
        order = truth.placed
        return (
            order is not None
            and {said.get("number"), said.get("order_number")} <= {None, str(order.number)}
            and all(said[kind] == truth.sums(order)[kind] for kind in ("total", "due") if kind in said)
            and not (kinds & {*PAID} - {order.payment_status})
        )
    if family == "draft" or key in ("cart.total", "cart.fee"):
        orders_meant = [truth.draft] if family == "draft" else [truth.draft, truth.placed]
        return any(
            all(truth.sums(order).get(kind) == words for kind, words in said.items() if kind in AMOUNTS)
            for order in orders_meant
        )
    names = [name for name in truth.prices if said["product"] in (name, short(name))]
    return any(_is_so_of(name, family, kinds, said, truth) for name in names)


def _is_so_of(name: str, family: str, kinds: set[str], said: dict[str, str], truth: Truth) -> bool:
    quantity, line_total = truth.lines().get(name, ("", ""))
    left = truth.in_stock[name]
    return (
        said.get("price", truth.prices[name]) == truth.prices[name]
        and said.get("quantity", quantity) == quantity
        and said.get("line_total", line_total) == line_total
        and not ("in_stock" in kinds and left <= 0)
        and not ("sold_out" in kinds and left > 0)
        and not (family == "suggest" and left <= 0)
    )


def false_statements(text: str, truth: Truth, asked: Asked, grounds: Grounds) -> Iterator[str]:
    """What a reply says without a number that is not so."""
    has_lines = truth.draft is not None and bool(truth.draft.lines)
    wrong = ["state.draft_empty", "cannot.reserve"] if has_lines else ["state.not_confirmed", "state.draft_kept"]
    wrong += ["ask.confirm", "ask.anything_else"] if not has_lines else []
    wrong += ["state.draft_empty"] if truth.placed is not None and truth.draft is None else []
    if truth.placed is not None and truth.placed.payment_status == "claimed" and not has_lines:
        wrong.append("state.how_to_pay")
    if asked is Asked.A_DEED and not any(call.has_effect for call in grounds.calls):
        wrong += [f"social.{kind}" for kind in ASSENTS]
    for key in wrong:
        yield from (f"{key}: {words}" for words in variants(f"reply.{key}", truth.language) if words in text)
    if messages.text("reply.cart.head", truth.language) in text:
        yield from (f"left out of the order: {name}" for name in truth.lines() if short(name) not in text)


def moves_over(names: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Any moves about any facts, and some that are none."""
    facts = st.lists(st.sampled_from([*names, "s99", "f9.9"]), max_size=5)
    worded = [st.builds(move, st.just(name), st.sampled_from(words)) for name, words in VOCABULARY.items()]
    about = [st.builds(lambda what, named: move("ask", what, *named), st.sampled_from(VOCABULARY["ask"]), facts)]
    about += [st.builds(lambda what, named: move("suggest", what, *named), st.sampled_from(VOCABULARY["suggest"]), facts)]
    stated = [st.builds(lambda name, named: move(name, "", *named), st.sampled_from(["state", "state", "compare"]), facts)]
    said = [st.builds(lambda call: move("say", call=call), st.integers(0, 4))]
    wished = [st.builds(move, st.just("social"), st.sampled_from(sorted(ASSENTS)))]
    return st.lists(st.one_of([*wished, *worded, *about, *stated, *stated, *said]), min_size=1, max_size=6)


def replies_in(name: str, scene: Scene, truth: Truth) -> set[str]:
    """Search for moves that say in this scene what is not so; all that was said on the way."""
    said_so: set[str] = set()
    names = [*scene.brief.facts, *(fact for call in scene.calls for fact in call.facts)]

    @examples(40)
    @given(moves=moves_over(names), asked=st.sampled_from(Asked), said=st.sampled_from(["", "Bs. 1,00. ¿Algo más?"]))
    def holds(moves: list[dict[str, Any]], asked: Asked, said: str) -> None:
        grounds = Grounds(scene.brief.model_copy(update={"asked": asked}), scene.calls, said, (said,) if said else ())
        text = render(Reply.model_validate({"moves": moves}), grounds).text
        said_so.add(text)
        assert text
        assert list(false_claims(text, truth)) == [], (name, text)
        assert list(false_statements(text, truth, asked, grounds)) == [], (name, text)

    holds()
    return said_so


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_reply_says_what_the_database_does_not_hold(language: str) -> None:
    shop = await open_counter_shop()
    for name in SCENES:
        scene = await play(shop, name, language)
        assert len(replies_in(name, scene, await truth_of(scene, shop))) > 1, name
