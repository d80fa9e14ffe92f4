"""Reading the corpora of the gate, and judging them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from agent.receipts import Refused, Verdict, check
from tools.outcome import Claim, Fact

FOLDER = Path(__file__).parent
Split = Literal["develop", "report"]
Corpus = Literal["lies", "honest"]


class World(BaseModel):
    """What a turn had looked up and done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: dict[str, Fact]
    claims: list[tuple[Claim, str]]


class Group(BaseModel):
    """Replies of one kind that were written in the same turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    world: str
    customer: list[str]
    language: str = "es"
    develop: list[str] = []
    report: list[str] = []


@dataclass(frozen=True, slots=True)
class Case:
    """One reply, and the turn it was written in."""

    corpus: Corpus
    split: Split
    kind: str
    reply: str
    world: World
    customer: tuple[str, ...]
    language: str

    def verdict(self) -> Verdict:
        """What the gate says of it."""
        return check(self.reply, self.world.facts, self.world.claims, self.customer, self.language)

    def is_right(self) -> bool:
        """Whether the gate does what it should: refuse a lie, let an honest reply through."""
        return isinstance(self.verdict(), Refused) == (self.corpus == "lies")


@lru_cache
def worlds() -> dict[str, World]:
    """The turns that replies are written in."""
    raw = yaml.safe_load((FOLDER / "worlds.yaml").read_text("utf-8"))
    return TypeAdapter(dict[str, World]).validate_python(raw)


@lru_cache
def cases(corpus: Corpus) -> tuple[Case, ...]:
    """All replies of a corpus."""
    groups = TypeAdapter(list[Group]).validate_python(yaml.safe_load((FOLDER / f"{corpus}.yaml").read_text("utf-8")))
    splits: tuple[Split, ...] = ("develop", "report")
    return tuple(
        Case(corpus, split, group.kind, reply, worlds()[group.world], tuple(group.customer), group.language)
        for group in groups
        for split in splits
        for reply in (group.develop if split == "develop" else group.report)
    )


def of(corpus: Corpus, split: Split) -> list[Case]:
    """The replies of one half of a corpus."""
    return [case for case in cases(corpus) if case.split == split]


def wrong(judged: Iterable[Case]) -> list[Case]:
    """The replies that the gate judges wrongly."""
    return [case for case in judged if not case.is_right()]
