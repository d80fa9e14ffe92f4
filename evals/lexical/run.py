"""Measure the lexical model on its corpus: carts, acts, ambiguities asked, by family. `python -m evals.lexical.run`."""

import argparse
import asyncio
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters

from agent.brief import Brief, BriefDraft, BriefLine, BriefMessage, LastOrder
from agent.grounds import Grounds
from agent.journal import recorded
from agent.lexical.listening import hear
from agent.lexical.model import LexicalModel
from agent.lexical.products import Offer
from agent.lexical.reader.goods import Goods
from agent.models import StepOutcome
from agent.recorded import Recorded
from agent.reply.moves import REPLY, Reply
from agent.reply.renderer import render
from core.language.folding import fold
from domain.connections.medium import Medium
from domain.conversations.content import Cart, Content, Text
from domain.conversations.states import State
from evals.lexical.shop import Shop, TestCatalogue, load
from tools import registry
from tools.context import Pending
from tools.outcome import Option, ToolOutcome

FOLDER = Path(__file__).parent
CATALOGUES = {"ve": "groceries_ve", "ar": "clothes_ar", "mx": "autoparts_mx"}
MOST_REQUESTS = 8


@dataclass
class Checked:
    """What one entry came to."""

    id: str
    family: str
    right: dict[str, bool] = field(default_factory=dict)
    got: dict[str, Any] = field(default_factory=dict)
    reply: str = ""
    milliseconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether everything that the entry wants came true."""
        return all(self.right.values())


def entries(split: str) -> list[dict[str, Any]]:
    """The entries of a split: `develop` or `report`."""
    loaded: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{split}.yaml").read_text(encoding="utf-8"))
    return loaded


_CONTENT: TypeAdapter[Content] = TypeAdapter(Content)


def _message(said: Any) -> BriefMessage:
    return BriefMessage(content=Text(text=said) if isinstance(said, str) else _CONTENT.validate_python(said))


def _line(catalogue: TestCatalogue, sku: str, quantity: float) -> BriefLine:
    product = catalogue.product(sku)
    return BriefLine(sku=sku, name=product.name, quantity=Decimal(str(quantity)), unit=product.unit, unit_price=product.price)


def _pending(entry: dict[str, Any], catalogue: TestCatalogue) -> Pending | None:
    asked = entry.get("pending")
    if asked is None:
        return None
    options = [Option(sku=sku, name=catalogue.product(sku).name) for sku in asked["options"]]
    return Pending(kind=asked["kind"], tool=asked["tool"], arguments=asked["args"], options=options)


def brief_of(entry: dict[str, Any], catalogue: TestCatalogue) -> Brief:
    """The brief that an entry describes."""
    lines = [_line(catalogue, sku, quantity) for sku, quantity in entry.get("draft", {}).items()]
    ready = bool(entry.get("ready"))
    state = entry.get("state", State.COLLECTING_ORDER if lines else State.IDLE)
    draft = BriefDraft(
        lines=lines,
        fulfilment="pickup" if ready else None,
        store=catalogue.stores[0] if ready else None,
        missing=entry.get("missing", [] if ready else ["fulfilment"]),
        confirmation_token="T1" if state == State.AWAITING_CONFIRMATION else None,
    )
    order = LastOrder(number="1001", status="confirmed", payment_status="unpaid", total=Decimal(500), due=Decimal(500))
    return Brief(
        language=entry.get("language", "es"),
        country=catalogue.country,
        currency=catalogue.currency,
        shop_name=catalogue.shop,
        medium=Medium.WHATSAPP,
        state=state,
        draft=draft if lines else None,
        pending=_pending(entry, catalogue),
        last_order=order if entry.get("order") else None,
        stores=catalogue.stores,
        payment_methods=catalogue.payment_methods,
        messages=[_message(said) for said in entry["say"]],
    )


async def converse(brief: Brief, shop: Shop) -> str:
    """Let the model answer, doing its calls in the shop's memory; the final text."""
    shop.points = brief.points

    async def look_up(phrase: str) -> list[Offer]:
        return [Offer(hit.sku, hit.name, hit.score, hit.unmatched) for hit in shop.look_up(phrase)]

    async def shelf(_: str) -> Goods:
        return shop.goods

    model = LexicalModel(brief, look_up, shelf)
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart("(the model reads the brief)")])]
    done: list[Recorded] = []
    for _ in range(MOST_REQUESTS):
        response: ModelResponse = await model.request(messages, None, ModelRequestParameters())
        calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
        if calls[0].tool_name == REPLY:
            return render(Reply.model_validate(calls[0].args_as_dict()), Grounds(brief, done)).text
        returns = []
        for call in calls:
            record = _record(len(done) + 1, call, shop.call(call.tool_name, call.args_as_dict()))
            done.append(record)
            returns.append(ToolReturnPart(call.tool_name, record.shown(), tool_call_id=call.tool_call_id))
        messages += [response, ModelRequest(parts=returns)]
    raise RuntimeError("the model does not come to an end")


def _record(number: int, call: ToolCallPart, outcome: dict[str, Any]) -> Recorded:
    """The call as the journal would keep it."""
    return recorded(
        number,
        call.tool_name,
        call.args_as_dict(),
        ToolOutcome.model_validate(outcome),
        kind=StepOutcome.VALUE,
        writes=registry.DEFINED[call.tool_name].writes,
    )


async def check(entry: dict[str, Any]) -> Checked:
    """Run one entry and compare."""
    catalogue = load(CATALOGUES[entry["shop"]])
    brief = brief_of(entry, catalogue)
    shop = Shop(catalogue, cart={line.sku: line.quantity for line in brief.draft.lines} if brief.draft else {})
    carts = [message.content for message in brief.messages if isinstance(message.content, Cart)]
    shop.basket = [line.model_dump(mode="json") for cart in carts for line in cart.items]
    before = dict(shop.cart)
    started = time.perf_counter()
    reply = await converse(brief, shop)
    checked = Checked(entry["id"], entry["family"], reply=reply, milliseconds=(time.perf_counter() - started) * 1000)
    kinds = {act.kind.value for act in hear(brief)}
    want = entry["want"]
    checked.got = {"cart": {k: str(v.normalize()) for k, v in shop.cart.items()}, "acts": sorted(kinds), "calls": shop.called}
    _compare_cart(want, before, shop, checked)
    _compare_rest(want, shop, kinds, checked)
    return checked


def _compare_cart(want: dict[str, Any], before: dict[str, Decimal], shop: Shop, checked: Checked) -> None:
    wanted = {sku: Decimal(str(quantity)) for sku, quantity in want["cart"].items()} if "cart" in want else before
    checked.right["cart"] = wanted == shop.cart
    for key in ("asks", "asks_quantity", "unknown_product"):
        if key not in want:
            continue
        if key == "asks":
            checked.right["asks"] = any(set(want["asks"]) <= asked for asked in shop.asked)
            checked.got["asked"] = [sorted(asked) for asked in shop.asked]
        elif key == "asks_quantity":
            wanted_skus = want[key] if isinstance(want[key], list) else [want[key]]
            checked.right["asks"] = set(wanted_skus) <= shop.asked_quantity
            checked.got["asked"] = sorted(shop.asked_quantity)
        else:
            checked.right["asks"] = bool(shop.unknown)
    if not {"asks", "asks_quantity", "unknown_product"} & want.keys():
        checked.right["cart"] &= not shop.asked and not shop.unknown and not shop.asked_quantity
        checked.got["asked"] = [*shop.asked, *shop.asked_quantity, *shop.unknown]


def _compare_rest(want: dict[str, Any], shop: Shop, kinds: set[str], checked: Checked) -> None:
    if "acts" in want:
        checked.right["acts"] = set(want["acts"]) <= kinds
    if "calls" in want:
        checked.right["calls"] = set(want["calls"]) <= set(shop.called)
    if "no_calls" in want:
        checked.right["calls"] = checked.right.get("calls", True) and not set(want["no_calls"]) & set(shop.called)
    if "delivery" in want:
        got, wanted = shop.delivery, want["delivery"]
        checked.got["delivery"] = got
        checked.right["delivery"] = all(_is_detail(key, value, got) for key, value in wanted.items())
    if "payment" in want:
        checked.got["payment"] = shop.payment
        checked.right["payment"] = all(
            fold(str(shop.payment.get(key, ""))) == fold(str(value))
            if not isinstance(value, int | float)
            else shop.payment.get(key) == value
            for key, value in want["payment"].items()
        )


def _is_detail(key: str, wanted: str | None, got: dict[str, str]) -> bool:
    """Whether a detail of the delivery is as wanted; None wants that nothing was said of it."""
    if wanted is None:
        return key not in got
    said, meant = fold(got.get(key, "")), fold(str(wanted))
    return meant in said if key == "address" else meant == said


@dataclass
class Report:
    """The figures of a split."""

    split: str
    checked: list[Checked]

    def share(self, aspect: str | None = None) -> float:
        """The share of entries that are right, in one aspect or in all."""
        relevant = [c for c in self.checked if aspect is None or aspect in c.right]
        right = [c for c in relevant if (c.is_right if aspect is None else c.right[aspect])]
        return len(right) / len(relevant) if relevant else 1.0

    def lines(self) -> list[str]:
        """The figures as text."""
        out = [f"{self.split}: {len(self.checked)} entries"]
        for aspect in ("cart", "asks", "acts", "calls", "delivery", "payment"):
            count = sum(aspect in c.right for c in self.checked)
            out.append(f"  {aspect:9} {self.share(aspect):6.1%} of {count}")
        out.append(f"  all right {self.share():6.1%}")
        families: dict[str, list[Checked]] = defaultdict(list)
        for one in self.checked:
            families[one.family].append(one)
        for family, members in sorted(families.items()):
            out.append(f"    {family:12} {sum(c.is_right for c in members):3} of {len(members):3}")
        times = sorted(c.milliseconds for c in self.checked)
        out.append(f"  time per turn: median {times[len(times) // 2]:.1f} ms, worst {times[-1]:.1f} ms")
        return out


async def measure(split: str) -> Report:
    """Run a whole split."""
    return Report(split, [await check(entry) for entry in entries(split)])


def main() -> None:
    """Print the figures of both splits; with `--failures`, what went wrong in the development split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("splits", nargs="*", default=["develop", "report"])
    parser.add_argument("--failures", action="store_true", help="show what went wrong (development split only)")
    options = parser.parse_args()
    for split in options.splits:
        report = asyncio.run(measure(split))
        sys.stdout.write("\n".join(report.lines()) + "\n")
        if options.failures and split == "develop":
            said = {entry["id"]: entry for entry in entries(split)}
            for one in report.checked:
                if not one.is_right:
                    wrong = [aspect for aspect, right in one.right.items() if not right]
                    sys.stdout.write(
                        f"{one.id} {wrong}\n   {said[one.id]['say']}\n   want {said[one.id]['want']}\n   got  {one.got}\n"
                    )


if __name__ == "__main__":
    main()
