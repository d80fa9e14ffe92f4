"""What members ask is read right or not at all: the set of `questions.yaml`, and what a reader of words may not do."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.audiences.staff.questions import Asked, Question, read
from tools.context import Pending
from tools.figures import PERIOD_OF

TODAY = date(2026, 11, 30)
ROWS: list[list[Any]] = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text("utf-8"))
ASKED = [(words, tool, arguments) for words, tool, *arguments in ROWS if tool is not None]
NOT_ANSWERED = [words for words, tool, *_ in ROWS if tool is None]


def test_the_set_is_large_enough() -> None:
    assert len(ASKED) >= 80


@pytest.mark.parametrize(("words", "tool", "arguments"), ASKED)
def test_a_question_is_the_call_that_it_means(words: str, tool: str, arguments: list[dict[str, Any]]) -> None:
    assert read(words, TODAY) == Asked((Question(tool, arguments[0]),))


@pytest.mark.parametrize("words", NOT_ANSWERED)
def test_a_condition_that_no_argument_takes_is_never_left_out(words: str) -> None:
    assert read(words, TODAY) == Asked(understood=False)


@pytest.mark.parametrize("words", [words for words, *_ in ROWS if "hoy" not in words and "today" not in words])
def test_one_more_word_never_leaves_the_same_figure(words: str) -> None:
    # A word that nobody has given a role may name a product, which the catalogue does not have; it is never dropped.
    before, after = read(words, TODAY), read(f"{words} xilografico", TODAY)
    assert after == Asked(understood=False) or (after != before and "xilografico" in str(after))


def test_a_period_answers_the_question_for_one() -> None:
    asked = Pending(kind=PERIOD_OF, tool="metrics_query", arguments={"metric": "sales", "store": "tienda uno"})
    assert read("ayer", TODAY, asked).questions == (
        Question("metrics_query", {"metric": "sales", "store": "tienda uno", "period": "yesterday"}),
    )
    assert read("la de ayer no, la otra", TODAY, asked) == Asked(understood=False)


def test_a_name_answers_the_question_for_one() -> None:
    asked = Pending(kind="which_store", tool="metrics_query", arguments={"metric": "sales", "period": "today"})
    assert read("Tienda Dos", TODAY, asked).questions[0].arguments["store"] == "tienda dos"
