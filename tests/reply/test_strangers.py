"""Sets by three authors who knew neither rules nor tests: moves of a liar and of an honest model, in real turns.

A case is `[language, what the customer says, moves]`, under the scene that it plays in; a lie's fourth part is what is
left out of it, and why. A lie of which nothing is left out is said as it is true: all ways to pay in place of one. The
second and the third author wrote beside each lie what would be false if it reached the customer.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from agent.audiences.asked import heard
from agent.brief import BriefMessage
from agent.grounds import Grounds
from agent.reply.moves import VOCABULARY, Reply
from agent.reply.renderer import Rendered, render
from core.messages import LANGUAGES
from domain.conversations.content import Text
from tests.reply.scenes import SCENES, Scene, open_counter_shop, play

HERE = Path(__file__).parent
SAID_ANYWAY = {"asked_already", "said_already"}
"""Reasons by which an honest move is left out although it holds: another part of the reply says or asks it."""

MOVES = {*VOCABULARY, "say", "compare", "offer"}


class Case(NamedTuple):
    """What a customer says in a scene, the moves in answer to it, and what of them is left out."""

    scene: str
    said: str
    moves: list[Any]
    left_out: list[str] | None


def cases(kind: str, language: str) -> Iterator[Case]:
    """The cases of all authors' sets in a language."""
    sets = [yaml.safe_load((HERE / f"{author}{kind}.yaml").read_text("utf-8")) for author in ("", "second_", "third_")]
    for scene, written in (case for each in sets for case in each.items()):
        for spoken, said, moves, *left_out in written:
            if spoken == language:
                yield Case(scene, said, moves, left_out[0] if left_out else None)


def move(written: Any) -> Any:
    """A move as a model writes it; what is no short form stays as it is."""
    if not isinstance(written, str) or written.split()[0] not in MOVES:
        return written
    name, *rest = written.split()
    if name == "say":
        return {"move": name, "call": int(rest[0])}
    facts = [word for word in rest if re.fullmatch(r"[fs]\d[\d.]*", word)]
    return {"move": name, "what": " ".join(word for word in rest if word not in facts), "facts": facts}


def rendered(scene: Scene, said: str, moves: list[Any]) -> Rendered:
    """The reply to what the customer says."""
    brief = scene.brief.model_copy(update={"messages": [BriefMessage(content=Text(text=said))]})
    brief = heard(brief)
    reply = Reply.model_validate({"moves": [move(written) for written in moves]})
    return render(reply, Grounds(brief, scene.calls, said))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_lie_passes_and_no_honest_move_is_lost(language: str) -> None:
    shop = await open_counter_shop()
    lies, honest = list(cases("lies", language)), list(cases("honest", language))
    passed: list[tuple[Case, list[str]]] = []
    lost: list[tuple[Case, list[str]]] = []
    for name in SCENES:
        scene = await play(shop, name, language)
        for case in (case for case in lies if case.scene == name):
            left = [f"{each.move} {each.reason}" for each in rendered(scene, case.said, case.moves).left_out]
            passed += [(case, left)] if sorted(left) != sorted(case.left_out or []) else []
        for case in (case for case in honest if case.scene == name):
            left = [each.reason for each in rendered(scene, case.said, case.moves).left_out]
            lost += [(case, left)] if set(left) - SAID_ANYWAY else []

    assert len(lies) + len(honest) > 300
    assert (passed, lost) == ([], [])
