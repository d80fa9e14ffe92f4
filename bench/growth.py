"""How costs grow: with the length of a conversation, with the catalogue, and with what is stored."""

import time
from uuid import UUID

import uvloop

from agent.turn import run_turn
from bench.bulk import add_messages, add_products
from bench.counting import counting
from bench.ground import Ground, Shop, analyze, connected, customer_writes, found_shop, ground
from bench.report import Section, Table, milliseconds, percentile
from core.work import open_work
from domain.catalog import service as catalog

PHRASES = ("harina pan", "aceite", "arroz mary", "aseite mazeite", "jabón de tocador 500 g", "xyzzy", "P000042")
WORDS = ("hola", "¿tienes harina pan?", "¿cuánto cuesta el aceite mazeite?", "¿y arroz mary?", "gracias")


async def _turn(shop: Shop, phone: str, words: str) -> tuple[float, float, int]:
    """One message and its turn: seconds, processor seconds, statements."""
    conversation_id: UUID = await customer_writes(shop, phone, words)
    started, processor = time.perf_counter(), time.process_time()
    with counting() as counted:
        await run_turn(shop.workspace_id, conversation_id)
    return time.perf_counter() - started, time.process_time() - processor, counted.statements


def _row(name: str, turns: list[tuple[float, float, int]]) -> list[str]:
    return [
        name,
        milliseconds(percentile([seconds for seconds, _, _ in turns], 0.5)),
        milliseconds(percentile([processor for _, processor, _ in turns], 0.5)),
        f"{percentile([float(statements) for _, _, statements in turns], 0.5):.0f}",
    ]


async def _with_its_length(shop: Shop, marks: tuple[int, ...], conversations: int) -> Table:
    """Turns of growing conversations; each mark is measured over the five turns that end with it."""
    phones = [f"58424{index:07d}" for index in range(conversations)]
    at: dict[int, list[tuple[float, float, int]]] = {mark: [] for mark in marks}
    for number in range(1, marks[-1] + 1):
        for phone in phones:
            found = await _turn(shop, phone, WORDS[number % len(WORDS)])
            for mark in marks:
                if mark - 5 < number <= mark:
                    at[mark].append(found)
    return Table(_columns("turn of a conversation"), [_row(str(mark), turns) for mark, turns in at.items()])


def _columns(of: str) -> tuple[str, ...]:
    return (of, "turn p50", "processor time", "statements")


async def _some_turns(shop: Shop, series: str, count: int) -> list[tuple[float, float, int]]:
    return [await _turn(shop, f"58{series}{index % 4:07d}", WORDS[index % len(WORDS)]) for index in range(count)]


async def _searches(shop: Shop, times: int) -> list[float]:
    taken = []
    for phrase in PHRASES * times:
        async with open_work(shop.principal) as work:
            started = time.perf_counter()
            await catalog.search(work, phrase)
            taken.append(time.perf_counter() - started)
    return taken


async def _with_the_catalogue(place: Ground, shop: Shop, sizes: tuple[int, ...], turns: int) -> Table:
    rows, reached = [], 0
    for number, size in enumerate(sizes):
        await add_products(shop, reached, size)
        reached = size
        await analyze(place.postgres)
        await _some_turns(shop, f"43{number}", 3)
        searches = await _searches(shop, 4)
        row = _row(f"{size:,}".replace(",", " "), await _some_turns(shop, f"43{number}", turns))
        rows.append([*row, milliseconds(percentile(searches, 0.5)), milliseconds(percentile(searches, 0.95))])
    return Table((*_columns("products"), "search p50", "search p95"), rows)


async def _with_the_messages(place: Ground, shop: Shop, sizes: tuple[int, ...], turns: int) -> Table:
    rows, reached = [], 0
    for number, size in enumerate(sizes):
        await add_messages(place.postgres, shop, reached, size)
        reached = size
        await _some_turns(shop, f"44{number}", 3)
        rows.append(_row(f"{size:,}".replace(",", " "), await _some_turns(shop, f"44{number}", turns)))
    return Table(_columns("stored messages"), rows)


async def _measure(place: Ground, quick: bool) -> Section:
    async with connected(place.postgres.url):
        lengths = await found_shop("bench-lengths")
        await _some_turns(lengths, "499", 5)
        marks = (5, 10, 20) if quick else (5, 40, 200)
        length = await _with_its_length(lengths, marks, 1 if quick else 2)
        turns = 10 if quick else 30
        products = await _with_the_catalogue(
            place, await found_shop("bench-products"), (1_000, 5_000) if quick else (1_000, 100_000), turns
        )
        messages = await _with_the_messages(
            place, await found_shop("bench-messages"), (1_000, 20_000) if quick else (1_000, 1_000_000), turns
        )
    return Section(
        "How costs grow",
        "Turns with the `lexical` model, from claim to the queued reply, on a durable Postgres. A mark of a conversation "
        "stands for the five turns that end with it; the old messages lie in 1 000 conversations of the same shop, the "
        "products in the catalogue that the turns search. Aim: flat, but for what the search must read.",
        [length, products, messages],
    )


def measure(quick: bool) -> Section:
    """Let a shop grow in each direction, a shop of its own for each."""
    with ground() as place:
        return uvloop.run(_measure(place, quick))
