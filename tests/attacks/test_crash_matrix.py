"""The crash matrix: a worker is killed at every boundary of a conversation, and another one goes on.

Each run is a conversation with a shop of its own: an order of two products, its confirmation, and the payment. Whatever
the boundary, the end is the same: one order, one payment, the same stock, and each answer sent once.
"""

import asyncio
import multiprocessing
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from channels import registry
from core import db
from core.access import Principal
from core.embedded import EmbeddedPostgres, processes, start_redis
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import PaymentMethod, PaymentMethodKind, WorkspaceSettings
from evals.phone import Choice, Phone
from tests.attacks import crashing_worker
from tests.attacks.crashing_worker import Passed
from tests.drain import drain
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.workspaces import make_connection, make_workspace, settle

pytestmark = pytest.mark.slow

SCRIPT = (
    "quiero 2 harina pan y un aceite mazeite, lo busco en la tienda a nombre de Ana Pérez",
    "confirm",
    "pagué por transferencia, referencia 88123456",
)
"""What the customer does; `confirm` presses the confirming button of the summary."""

CHANGE = (SCRIPT[0], "confirm", "agrégale una harina pan más", "confirm")
"""The placed order is changed: the last press agrees to the amendment."""

ASKS_AGAIN = "listo, eso es todo"
"""What the customer writes when no summary has come."""


@dataclass(frozen=True)
class House:
    """A database and a web process; the workers are the test's own."""

    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def house(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A web process with the sandbox on a database of its own."""
    folder = tmp_path_factory.mktemp("crash")
    name = f"crash_{uuid4().hex[:8]}"
    asyncio.run(_create(postgres, template, name))
    redis = start_redis(folder / "redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {
        **os.environ,
        "DATABASE_URL": postgres.url_for("nexova", name),
        "REDIS_URL": redis.url,
        "NEXOVA_PORT": port,
        "NEXOVA_DATA_DIR": str(folder),
        "LEASE_SECONDS": "0.4",
        "DELIVERY_UNKNOWN_SECONDS": "3",
        "BURST_WINDOW_SECONDS": "0",
    }
    log = folder / "web.log"
    with processes.open_log(log) as output:
        web = processes.spawn(
            [sys.executable, "-m", "app.cli", "web"],
            prepare=processes.die_with_parent(signal.SIGKILL),
            environment=environment,
            output=output,
        )
    url = f"http://127.0.0.1:{port}"
    _await_ready(url, web, log)
    patch = pytest.MonkeyPatch()
    for key, value in environment.items():
        patch.setenv(key, value)
    get_settings.cache_clear()
    yield House(url, environment)
    patch.undo()
    get_settings.cache_clear()
    processes.stop(web, ((signal.SIGTERM, 10.0),))
    redis.stop()


async def _create(postgres: EmbeddedPostgres, template: str, name: str) -> None:
    admin = await asyncpg.connect(postgres.url_for("postgres", "postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER nexova")
    await admin.close()


def _await_ready(url: str, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        try:
            web.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(processes.tail(log, 20))


@dataclass(frozen=True)
class End:
    """What a conversation came to, without anything that differs between two runs."""

    orders: list[tuple[str, str, str]]
    lines: list[tuple[str, str]]
    payments: list[tuple[str, str]]
    holds: list[tuple[str, str]]
    stock: list[tuple[str, str, str]]
    sold: list[tuple[str, str]]
    answers: list[str]
    unconfirmed: list[str]
    open_messages: int


async def _end(shop: Shop, phone: Phone) -> End:
    queries = {
        "orders": "SELECT status, payment_status, total::text FROM orders ORDER BY created_at",
        "lines": "SELECT sku, quantity::text FROM order_lines ORDER BY sku",
        "payments": "SELECT status, reference FROM payments ORDER BY created_at",
        "holds": "SELECT status, quantity::text FROM stock_holds WHERE status <> 'released' ORDER BY quantity, id",
        "stock": "SELECT v.sku, i.on_hand::text, i.held::text FROM stock_items i JOIN product_variants v "
        "ON v.workspace_id = i.workspace_id AND v.id = i.variant_id ORDER BY v.sku",
        "sold": "SELECT v.sku, m.delta::text FROM stock_movements m JOIN product_variants v "
        "ON v.workspace_id = m.workspace_id AND v.id = m.variant_id WHERE m.type = 'sale' ORDER BY v.sku",
        "unconfirmed": "SELECT CASE WHEN n.id IS NULL THEN 'nobody was told' "
        "ELSE (m.content ->> 'kind') || ': ' || (m.content ->> 'text') END FROM messages m "
        "LEFT JOIN notifications n ON n.workspace_id = m.workspace_id AND n.dedupe_key = 'message_unconfirmed:' || m.id "
        "WHERE m.status = 'unconfirmed'",
    }
    async with open_work(Principal.system(shop.workspace_id)) as work:
        found = {
            name: [tuple(str(value) for value in row) for row in await work.session.execute(text(query))]
            for name, query in queries.items()
        }
        left = await work.session.scalar(text("SELECT count(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"))
    answers = [f"{bubble.type}: {bubble.text}" for bubble in phone.thread if bubble.direction == "shop"]
    return End(answers=answers, unconfirmed=[what for (what,) in found.pop("unconfirmed")], open_messages=left or 0, **found)  # type: ignore[arg-type]  # the names are the fields


async def _found() -> tuple[Shop, str]:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    connection = await make_connection(workspace)
    async with open_work(shop.principal) as work:
        transfer = PaymentMethod(code="transferencia", kind=PaymentMethodKind.TRANSFER, name="Transferencia")
        await settle(work, WorkspaceSettings(payment_methods=(transfer,)))
        await fill(work, shop, "HAR-1", 10)
        await fill(work, shop, "ACE-1", 10)
    return shop, connection.slug


async def _say(shop: Shop, phone: Phone, words: str) -> None:
    """Send what the script says and wait until the webhook stands in the database."""
    if words == "confirm":
        await phone.send("button_reply", id=_buttons(phone)[0].id)
    else:
        await phone.send("text", text=words)
    async with asyncio.timeout(20):
        while await _arrived(shop) < phone.sent:
            await asyncio.sleep(0.01)


def _buttons(phone: Phone) -> list[Choice]:
    """The buttons of what was answered to the customer's last words."""
    mine = [place for place, bubble in enumerate(phone.thread) if bubble.direction == "customer"]
    return [choice for bubble in phone.thread[mine[-1] if mine else 0 :] for choice in bubble.buttons]


async def _arrived(shop: Shop) -> int:
    async with open_work(shop.principal) as work:
        found = await work.session.scalar(text("SELECT count(*) FROM inbound_events WHERE kind = 'message'"))
    return found or 0


PHONE = "584141112233"

SAMPLE = 7
"""How many boundaries the quick form tries."""


@dataclass(frozen=True)
class Run:
    """A conversation with a worker that may have died: its end, what it passed, and what before the last words."""

    end: End
    died: bool
    boundaries: int
    sent: list[int]
    untold: list[int]
    script: tuple[str, ...]
    before_last: int


def _run(house: House, kill_at: int, script: tuple[str, ...] = SCRIPT) -> Run:
    """One conversation in which the worker dies at one boundary; at none if it is 0."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.attacks.crashing_worker"])
    passed = Passed(context.Value("i", 0), context.Array("i", 40), context.Array("i", 40))
    died = False
    before_last = 0

    async def one(shop: Shop, phone: Phone, words: str) -> None:
        nonlocal died, before_last
        before_last = passed.boundaries.value
        await _say(shop, phone, words)
        worker = context.Process(target=crashing_worker.work, args=(house.environment, 0 if died else kill_at, passed))
        worker.start()
        await asyncio.to_thread(worker.join, 60)
        assert worker.exitcode in (0, -signal.SIGKILL), worker.exitcode
        if worker.exitcode != 0:
            died = True
            await _recover(shop)
        await phone.read()

    async def all_of_it() -> End:
        db.connect(house.environment["DATABASE_URL"], pool_size=5)
        try:
            async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
                shop, slug = await _found()
                phone = Phone(client, PHONE, slug)
                for words in script:
                    if words == "confirm" and not _buttons(phone):
                        await one(shop, phone, ASKS_AGAIN)
                    await one(shop, phone, words)
                return await _end(shop, phone)
        finally:
            await registry.close()
            await db.disconnect()

    end = asyncio.run(all_of_it())
    sent, untold = ([boundary for boundary in noted[:] if boundary] for noted in (passed.sent, passed.untold))
    return Run(end, died, passed.boundaries.value, sent, untold, script, before_last)


async def _recover(shop: Shop) -> None:
    """Another worker: it waits for the dead one's leases to run out, as the sweeps do, and goes on.

    A deliverer's claim is the longest of them; here it ends at once.
    """
    async with open_work(shop.principal) as work:
        await work.session.execute(
            text("UPDATE messages SET lease_until = clock_timestamp() WHERE direction = 'out' AND status = 'sending'")
        )
    async with asyncio.timeout(30):
        while True:
            await drain(sweep=True)
            async with db.session() as session:
                await session.execute(text("SET LOCAL ROLE nexova_system"))
                left = await session.scalar(
                    text(
                        "SELECT (SELECT count(*) FROM turns WHERE status = 'open') + (SELECT count(*) FROM inbound_events "
                        "WHERE handled_at IS NULL AND parked_reason IS NULL) + (SELECT count(*) FROM messages "
                        "WHERE direction = 'out' AND status IN ('queued', 'sending', 'retry', 'unknown')) "
                        "+ (SELECT count(*) FROM agent_sessions WHERE turn_due_at IS NOT NULL)"
                    )
                )
            if not left:
                return
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def undisturbed(house: House) -> Run:
    """A conversation in which nobody dies."""
    run = _run(house, 0)
    assert not run.died
    return run


def test_the_undisturbed_conversation_sells(undisturbed: Run) -> None:
    end = undisturbed.end
    assert end.orders == [("confirmed", "claimed", "95000.00")], end
    assert end.payments == [("claimed", "88123456")]
    assert (
        end.stock == [("ACE-1", "9.000", "0.000"), ("HAR-1", "8.000", "0.000"), ("QUE-1", "0.000", "0.000")][: len(end.stock)]
    )
    assert end.open_messages == 0
    assert undisturbed.boundaries > 60
    assert len(undisturbed.sent) == len(end.answers) == 4


def _without_times(end: End) -> End:
    """The end without times of day in the answers, which differ between two runs."""

    def bare(texts: list[str]) -> list[str]:
        return [re.sub(r"\d{1,2}( \w+\.?)? \d{1,2}:\d{2}|\d{1,2}:\d{2}", "…", words) for words in texts]

    return replace(end, answers=bare(end.answers), unconfirmed=bare(end.unconfirmed))


def _unlike(house: House, undisturbed: Run, kills: Iterable[int]) -> dict[int, str]:
    """Kill the worker at each of the boundaries: those after which the end was another one, with what differs."""
    started, tried, unlike = time.monotonic(), 0, dict[int, str]()
    for kill_at in kills:
        run = _run(house, kill_at, undisturbed.script)
        tried += 1
        # Two runs differ by a few boundaries, as reports come when they like: the last may lie behind the end.
        assert run.died or run.boundaries < kill_at, kill_at
        if difference := _difference(undisturbed.end, run.end, may_miss_one=kill_at in run.untold):
            unlike[kill_at] = difference
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"\n{tried} of {undisturbed.boundaries} boundaries tried, {tried - len(unlike)} ended the same, {seconds:.0f} s\n"
    )
    return unlike


def _difference(expected: End, found: End, *, may_miss_one: bool) -> str:
    """What differs, in words.

    A message whose deliverer died before anybody could know whether it left may be missing on the phone (decision 0010):
    then it stands as unconfirmed, and people have been told.
    """
    before, after = _without_times(expected), _without_times(found)
    if may_miss_one and after.unconfirmed:
        (missing,) = after.unconfirmed
        if missing.startswith("buttons"):
            # A customer who waited in vain for the summary has asked for it, and it was announced and shown once more.
            before, after = (replace(end, answers=list(dict.fromkeys(end.answers))) for end in (before, after))
        else:
            # The same words may be said twice; which of the two was lost is all the same.
            lost = [place for place, words in enumerate(before.answers) if words == missing]
            possible = [before.answers[:place] + before.answers[place + 1 :] for place in lost]
            before = replace(before, answers=after.answers if after.answers in possible else before.answers)
        before = replace(before, unconfirmed=[missing])
    names = [name for name in before.__dict__ if getattr(before, name) != getattr(after, name)]
    return "; ".join(f"{name}: {getattr(after, name)} instead of {getattr(before, name)}" for name in names)


def _spread(undisturbed: Run, most: int) -> list[int]:
    """Some boundaries, other ones each day: one within each stretch of the conversation, one before and one after a send."""
    chance = random.Random(int(os.environ.get("CRASH_SEED") or time.time() // 86_400))
    stretch = undisturbed.boundaries / most
    found = {int(chance.uniform(index, index + 1) * stretch) + 1 for index in range(most)}
    return sorted(found | {chance.choice(undisturbed.sent), chance.choice(undisturbed.untold)})


@pytest.mark.timeout(600)
def test_a_kill_at_some_boundaries_changes_nothing_in_the_outcome(house: House, undisturbed: Run) -> None:
    assert _unlike(house, undisturbed, _spread(undisturbed, SAMPLE)) == {}


@pytest.fixture(scope="module")
def changed(house: House) -> Run:
    """A conversation in which a placed order is changed, and nobody dies."""
    return _run(house, 0, CHANGE)


def test_the_undisturbed_change_is_one_amendment_and_its_difference_leaves_the_shelf_once(changed: Run) -> None:
    end = changed.end
    assert end.orders == [("confirmed", "unpaid", "120000.00"), ("applied", "unpaid", "120000.00")]
    assert end.sold == [("ACE-1", "-1.000"), ("HAR-1", "-2.000"), ("HAR-1", "-1.000")]
    assert end.holds == [("consumed", "1.000"), ("consumed", "1.000"), ("consumed", "2.000")]
    assert changed.boundaries - changed.before_last > 20


@pytest.mark.timeout(600)
def test_a_kill_within_the_yes_to_an_amendment_changes_nothing_in_the_outcome(house: House, changed: Run) -> None:
    chance = random.Random(int(os.environ.get("CRASH_SEED") or time.time() // 86_400))
    assert _unlike(house, changed, sorted(chance.sample(range(changed.before_last + 1, changed.boundaries + 1), 3))) == {}


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_kill_anywhere_within_the_yes_to_an_amendment_changes_nothing_in_the_outcome(house: House, changed: Run) -> None:
    assert _unlike(house, changed, range(changed.before_last + 1, changed.boundaries + 1)) == {}


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_kill_at_any_boundary_changes_nothing_in_the_outcome(house: House, undisturbed: Run) -> None:
    assert _unlike(house, undisturbed, range(1, undisturbed.boundaries + 1)) == {}
