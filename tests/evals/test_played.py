"""The suite end to end: real processes, real webhooks, and conversations that are frozen and played again."""

import asyncio
from pathlib import Path

import pytest

from core import db
from domain.accounts import service as accounts
from evals import captures, installation, replay, shadow
from evals.captures import Capture
from evals.installation import Installation
from evals.results import Attempt
from evals.run import Options, run
from evals.tasks import load_tasks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


async def frozen(place: Installation) -> list[Capture]:
    """All conversations of an installation in which turns were taken, frozen as shadow mode reads them."""
    db.connect(place.database_url, pool_size=4)
    try:
        return [item for ref in await accounts.list_workspaces() for item in await shadow.recent(ref.id, days=1)]
    finally:
        await db.disconnect()


def test_a_conversation_is_played_judged_frozen_and_played_again_bit_for_bit(tmp_path: Path) -> None:
    # Given one conversation that ends with an order and a claimed payment
    told: list[Attempt] = []
    with installation.started("lexical") as place:
        options = Options(tasks=load_tasks(ids=["payments-pago-movil"]), running=place, jobs=1)
        found = run(options, on_done=told.append)
        (capture,) = asyncio.run(frozen(place))
    # Then it was judged by the database
    assert [attempt.findings for attempt in found.attempts] == [[]]
    assert told == found.attempts
    assert found.prompt_hashes
    # And the frozen conversation has its effects and no telephone
    path = tmp_path / "capture.json"
    captures.save(capture, path)
    assert [order.status for order in capture.effects.orders] == ["confirmed"]
    assert [payment.method for payment in capture.effects.payments] == ["pago_movil"]
    assert "Alba Ruiz" not in path.read_text()
    assert capture.effects.sold == capture.effects.orders[0].total
    # When it is played again with the answers that were given
    again = replay.replay(captures.load(path))
    # Then everything is as it was
    assert again.differences == []
    assert again.replies == []
    assert again.is_identical


def test_with_another_model_the_difference_in_effects_is_named() -> None:
    # Given a conversation in which one bag was ordered
    with installation.started("lexical") as place:
        run(Options(tasks=load_tasks(ids=["order-simple-bateria"]), running=place, jobs=1))
        (capture,) = asyncio.run(frozen(place))
    # When the capture says that two were, as another model might have understood it
    order = capture.effects.orders[0]
    doubled = order.model_copy(update={"lines": {sku: quantity * 2 for sku, quantity in order.lines.items()}})
    changed = capture.model_copy(update={"effects": capture.effects.model_copy(update={"orders": [doubled]})})
    again = replay.replay(changed, "lexical")
    # Then the replay with the offline model says so in words
    assert again.differences == ["order 1 would have 1 BAT-LTH instead of 2 BAT-LTH"]


def test_orders_go_through_and_no_lie_gets_out_when_the_provider_misbehaves() -> None:
    # Given a provider that is down, and one that lies
    tasks = load_tasks(ids=["faults-down-correction", "faults-lies"])
    # When customers write all the same
    found = run(Options(tasks=tasks, jobs=2))
    # Then the order stands, and no invention was sent
    assert {attempt.task: attempt.findings for attempt in found.attempts} == {"faults-down-correction": [], "faults-lies": []}
    assert {model for attempt in found.attempts for model in attempt.models} >= {"lexical"}
