"""Hundreds of conversations under random kills: the books add up, nothing is lost, and nothing is said twice."""

import os
import sys

import pytest

from tests.attacks.torture import torture


@pytest.mark.torture
@pytest.mark.timeout(1200)
async def test_a_short_torture_leaves_the_books_in_order() -> None:
    figures, _ = await torture(conversations=16, at_once=8, pause=2.5, seed=7)
    sys.stdout.write(f"\n{figures}\n")
    assert figures.confirmed > 0
    assert figures.kills.total() > 0


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_the_torture() -> None:
    conversations = int(os.environ.get("TORTURE_CONVERSATIONS", "300"))
    seed = int(os.environ.get("TORTURE_SEED", "1"))
    figures, _ = await torture(conversations=conversations, at_once=24, pause=2.0, seed=seed)
    sys.stdout.write(f"\nseed {seed}: {figures}\n")
    assert figures.messages_in >= conversations
