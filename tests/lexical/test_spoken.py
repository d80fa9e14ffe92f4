"""The first messages of 120 spoken orders by people who had not read the reader: no wrong line, and few needless questions."""

import asyncio
from functools import lru_cache
from typing import Any

import pytest

from tests.lexical.spoken import CASES, Played, play

EXACT = 48
"""At least so many carts are right at once; a brand of several goods is asked, though the author meant the commoner one."""
LED_ON = 110
"""In at least so many, all that lacks is asked about."""


@lru_cache
def _played(number: int) -> Played:
    return asyncio.run(play(CASES[number]))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["id"] for case in CASES])
def test_no_line_is_wrong_at_first(number: int) -> None:
    played = _played(number)
    assert not played.wrong, f"{played.case['say']}\n{played.case['truth']}\n{played.cart}"


def test_most_are_right_at_once_or_led_on() -> None:
    played = [_played(number) for number in range(len(CASES))]
    exact = [one for one in played if one.is_exact]
    led = [one for one in played if one.is_led_on]
    assert len(exact) >= EXACT, _ids(played, exact)
    assert len(led) >= LED_ON, _ids(played, led)


def _ids(played: list[Played], right: list[Played]) -> list[Any]:
    return [one.case["id"] for one in played if one not in right]
