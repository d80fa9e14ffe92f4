"""Replies in free words, honest ones and lies, and what would become of each if a model answered with it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from agent.reply.judge import is_small_talk, may_carry_something
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

    def is_admitted(self) -> bool:
        """Whether the turn is one in which an aside may be said at all: nothing looked up or done, and only small talk."""
        return not self.world.facts and not self.world.claims and is_small_talk(self.customer[-1:])

    def reaches_customer(self) -> bool:
        """Whether the words reach the customer if a model answers with them, as an aside or as text."""
        return self.is_admitted() and not may_carry_something(self.reply)


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
