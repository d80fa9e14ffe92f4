"""Conversations under random kills: the books add up, nothing is lost, nothing happens twice, and nothing is said twice."""

import os
import sys

import pytest

from tests.attacks.torture import VICTIMS, torture

CUSTOMERS = 12


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_customers_are_served_and_the_books_are_in_order_although_everything_is_killed_once() -> None:
    # When customers shop while each process of the house is killed, and the line misbehaves
    figures = await torture(CUSTOMERS, at_once=6, pause=1.0, seed=7, rounds=1)
    sys.stdout.write(f"\n{figures}\n")
    # Then the house came to rest with its books in order (checked inside), and trade went on
    assert set(figures.kills) == set(VICTIMS)
    assert figures.confirmed >= CUSTOMERS // 2
    assert figures.paid >= CUSTOMERS // 2


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_hundreds_of_customers_are_served_under_kills_without_end() -> None:
    conversations = int(os.environ.get("TORTURE_CONVERSATIONS", "200"))
    seed = int(os.environ.get("TORTURE_SEED", "1"))
    figures = await torture(conversations, at_once=16, pause=4.0, seed=seed)
    sys.stdout.write(f"\nseed {seed}: {figures}\n")
    assert set(figures.kills) == set(VICTIMS)
    assert figures.messages_in >= conversations
    assert figures.confirmed >= conversations // 2
