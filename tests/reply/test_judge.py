"""Asides: let in only beside small talk, and only if they carry nothing."""

import pytest

from agent.reply.judge import is_small_talk, may_carry_something
from agent.reply.moves import LeftOut
from evals.replies.corpus import cases
from tests.reply.test_renderer import move
from tests.reply.turns import HARINA, Turn

HOLIDAY = "me voy a la playa con mi familia 🏖️"


@pytest.mark.parametrize(
    "said",
    ["qué calor hace", "mi abuela está enferma", "so cold outside lol", "está chovendo muito aqui na praia", HOLIDAY],
)
def test_small_talk_is_heard(said: str) -> None:
    assert is_small_talk([said])


@pytest.mark.parametrize(
    "said",
    [
        *("¿hay arroz?", "ok", "sí", "dale", "cuánto te debo", "y mi pedido?", "mándame 2 cocosettes", "¿a qué hora abren?"),
        *("hace calor, dame una cerveza", "es el cumpleaños de mi hija, ¿tienes torta?", "mi mamá quiere hablar con el dueño"),
        *(
            "do you have rice?",
            "is it far?",
            "tem arroz?",
            "chove muito, vocês entregam?",
            "me duele la cabeza, venden acetaminofén?",
        ),
        *("", "👍", "gracias", "y eso?", "en serio?"),
    ],
)
def test_whoever_asks_anything_of_the_shop_makes_no_small_talk(said: str) -> None:
    assert not is_small_talk([said])


def test_one_message_about_the_shop_is_enough() -> None:
    assert not is_small_talk([HOLIDAY, "y el envío?"])
    assert not is_small_talk([])


@pytest.mark.parametrize(
    "words",
    [
        *("¡Qué rico, a disfrutar de la playa!", "Ay, qué triste, un abrazo grande.", "Jaja, ese gato es un personaje 😄"),
        *("How lovely, enjoy the beach!", "Que delícia, aproveita a praia!", "¡Qué emoción!"),
    ],
)
def test_a_feeling_passes(words: str) -> None:
    assert not may_carry_something(words)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Te lo mando mañana",
            "Son ５ dólares",
            "vale d o s",
            "Hay de todo",
            "✅",
            "laesquina.com",
            "Ya quedó",
            "Sí.",
            "Claro que sí",
        ),
        *(
            "Vamos a regalarte algo",
            "te llegará frío",
            "We will bring it",
            "chega hoje",
            "двa",
            "¿Y tú?",
            "dos_tres",
            "Ⅴ",
            "Eso ya es tuyo",
        ),
    ],
)
def test_whatever_may_be_a_fact_a_deed_or_a_promise_does_not(words: str) -> None:
    assert may_carry_something(words)


def test_no_lie_of_the_corpora_would_reach_a_customer_as_an_aside() -> None:
    told = [case.reply for case in cases("lies") if case.reaches_customer()]

    assert told == []


def test_an_aside_needs_a_turn_without_calls_facts_and_open_questions() -> None:
    aside = move("aside", words="¡Qué rico, a disfrutar!")
    turn = Turn()
    assert LeftOut(move="aside", reason="not_admitted") in turn.reply(aside).left_out

    turn.chats()
    assert turn.says(aside, move("ask", "items")).startswith("¡Qué rico, a disfrutar! ")
    assert LeftOut(move="aside", reason="may_carry_something") in turn.reply(move("aside", words="Te llega hoy")).left_out

    looked = turn.searched(HARINA)
    assert LeftOut(move="aside", reason="not_admitted") in looked.reply(aside).left_out


def test_an_aside_that_is_dropped_is_no_failure() -> None:
    turn = Turn()
    turn.chats()

    assert turn.reply(move("aside", words="Te llega hoy")).understood
