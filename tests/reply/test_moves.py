"""Reading what a model answers: every move by itself, so that a bad one costs nothing but itself."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from agent.reply.moves import MOST_MOVES, Ask, Move, Reply, Say, Social, State, Suggest, as_reply

GREET = {"move": "social", "what": "greet"}


def read(value: Any) -> Reply:
    return TypeAdapter(Reply).validate_python(value)


def test_bad_moves_are_left_out_with_a_reason_and_the_others_stay() -> None:
    reply = read(
        {
            "moves": [
                GREET,
                {"move": "social", "what": "yes"},
                {"move": "promise", "words": "mañana"},
                {"move": "say"},
                {"move": "compare", "facts": ["f1.0"]},
                {"move": "aside", "words": "¡Qué calor!"},
                "hola",
                {"move": "say", "call": 2},
            ]
        }
    )

    assert reply.moves == [Social(what="greet"), Say(call=2)]
    assert [(move.move, move.reason) for move in reply.left_out] == [
        ("social", "bad_fields"),
        ("?", "unknown_move"),
        ("say", "bad_fields"),
        ("compare", "bad_fields"),
        ("?", "unknown_move"),
        ("?", "prose"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"moves": [GREET]},
        {"moves": json.dumps([GREET])},
        {"moves": json.dumps(GREET)},
        {"moves": GREET},
        {"moves": {"moves": [GREET]}},
        GREET,
        [GREET],
        {"moves": [GREET], "left_out": [{"move": "say", "reason": "made up"}]},
    ],
)
def test_the_wrappings_that_models_use_are_opened(answer: Any) -> None:
    assert read(answer) == Reply(moves=[Social(what="greet")])


@pytest.mark.parametrize(
    "answer", [{}, {"moves": None}, {"moves": []}, {"moves": "{broken"}, {"moves": "[" * 5000}, {"other": 1}, {"moves": 7}]
)
def test_nothing_that_a_model_writes_is_sent_back(answer: Any) -> None:
    assert read(answer).moves == []


def test_slips_within_a_move_are_forgiven() -> None:
    reply = read(
        {
            "moves": [
                {"move": "state", "what": None, "facts": "{s1}, {s2}", "call": None, "words": ""},
                {"move": "suggest", "what": " Cheapest ", "facts": ["f1.1"]},
                {"move": "say", "call": "3"},
                {"move": "ask", "what": "quantity", "facts": "f1.0", "extra": 1},
            ]
        }
    )

    assert reply.moves == [
        State(facts=("s1", "s2")),
        Suggest(facts=("f1.1",), what="cheapest"),
        Say(call=3),
        Ask(what="quantity", facts=("f1.0",)),
    ]
    assert reply.left_out == []


def test_a_reply_without_end_is_cut() -> None:
    reply = read({"moves": [GREET] * (MOST_MOVES + 3)})

    assert len(reply.moves) == MOST_MOVES
    assert [move.reason for move in reply.left_out] == ["too_many"] * 3


def test_an_answer_in_text_says_nothing_unless_it_spells_moves() -> None:
    assert as_reply("¡Qué calor! ").moves == []
    assert [(left.move, left.reason) for left in as_reply("Tu pedido está confirmado.").left_out] == [("?", "prose")]
    assert as_reply('[{"move": "social", "what": "greet"}]').moves == [Social(what="greet")]
    assert as_reply('```json\n{"moves": [{"move": "say", "call": 1}]}\n```').moves == [Say(call=1)]
    assert as_reply("{broken").moves == []


def test_the_schema_that_a_model_is_shown_is_flat_and_small() -> None:
    schema = TypeAdapter(Reply).json_schema()
    item = schema["properties"]["moves"]["items"]

    assert schema["properties"].keys() == {"moves"}
    assert schema.get("required", []) == []
    assert item["properties"].keys() == {"move", "what", "facts", "call"}
    assert item["required"] == ["move"]
    assert len(json.dumps(schema)) < 1200


def test_a_reply_survives_the_way_through_a_call() -> None:
    moves: list[Move] = [
        Say(call=1),
        State(facts=("s1",)),
        Suggest(facts=("f1.0",), what="goes_with"),
        Ask(what="items"),
    ]
    reply = Reply(moves=moves)

    assert read(json.loads(json.dumps(reply.arguments()))) == reply
