"""How a simulated customer reads the shop: what kind of thing is asked, from buttons first and topics second."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from evals.phone import Bubble, Choice
from evals.tasks import Asked

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@lru_cache
def _patterns() -> tuple[re.Pattern[str], dict[Asked, re.Pattern[str]]]:
    content = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    topics = {Asked(name): re.compile("|".join(stems), re.IGNORECASE) for name, stems in content["topics"].items()}
    return re.compile("|".join(content["asks"]), re.IGNORECASE), topics


def confirm_button(bubbles: Sequence[Bubble]) -> Choice | None:
    """The button that confirms the order, of the newest message that has one."""
    return button(bubbles, "confirm")


def button(bubbles: Sequence[Bubble], meaning: str) -> Choice | None:
    """The newest button whose id says that it has this meaning: `confirm`, `change`, `cancel`, `replace`."""
    for bubble in reversed(bubbles):
        for choice in bubble.choices:
            if choice.id == meaning or choice.id.split(":")[0] == meaning:
                return choice
    return None


def row_of(bubbles: Sequence[Bubble], skus: Sequence[str]) -> tuple[Bubble, Choice, str] | None:
    """The newest choice that stands for one of the SKUs."""
    for bubble in reversed(bubbles):
        for choice in bubble.choices:
            sku = choice.id.rsplit(":", 1)[-1]
            if sku in skus:
                return bubble, choice, sku
    return None


def named(bubbles: Sequence[Bubble], names: Mapping[str, str]) -> str | None:
    """The SKU whose name the newest messages mention."""
    said = " ".join(bubble.text or "" for bubble in bubbles).casefold()
    return next((sku for sku, name in names.items() if name.casefold() in said), None)


_ONE = re.compile(r"te refieres|(did|do) you mean", re.IGNORECASE)


def offers_one(bubbles: Sequence[Bubble]) -> bool:
    """Whether the shop asks if one thing is meant, which a yes answers."""
    return any(_ONE.search(bubble.text or "") for bubble in bubbles)


def asked(bubbles: Sequence[Bubble]) -> list[Asked]:
    """What the shop's new messages ask for, the structured questions first."""
    found: list[Asked] = []
    if confirm_button(bubbles):
        found.append(Asked.CONFIRM)
    if button(bubbles, "replace") and button(bubbles, "add"):
        found.append(Asked.REPLACE)
    if not found and any(bubble.rows for bubble in bubbles):
        found.append(Asked.CHOOSE)
    found.extend(kind for bubble in bubbles for kind in _topics(bubble.text or "") if kind not in found)
    return _sorted_out(found, bubbles)


def _topics(text: str) -> list[Asked]:
    asks, topics = _patterns()
    questions = [sentence for sentence in _SENTENCE.split(text) if asks.search(sentence)]
    return [kind for kind, pattern in topics.items() if any(pattern.search(sentence) for sentence in questions)]


def _sorted_out(found: list[Asked], bubbles: Sequence[Bubble]) -> list[Asked]:
    """Leave out what only sounds like a question of its own."""
    shown = set(found)
    if Asked.CONFIRM in shown and confirm_button(bubbles):
        return [Asked.CONFIRM]
    if Asked.STORE in shown and Asked.FULFILMENT in shown and Asked.CHOOSE not in shown:
        # "Delivery, or do you fetch it at the store?" asks for the way, not for the store.
        shown.discard(Asked.STORE)
    if shown & {Asked.STORE, Asked.FULFILMENT, Asked.PAYMENT, Asked.ADDRESS, Asked.NAME, Asked.PHONE}:
        shown -= {Asked.CHOOSE, Asked.MORE}
    if shown & {Asked.CHOOSE, Asked.QUANTITY, Asked.REPLACE, Asked.CANCEL}:
        shown.discard(Asked.MORE)
    return [kind for kind in found if kind in shown]
