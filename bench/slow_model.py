"""A model that takes its time: what the house adds when very many customers wait for it at once."""

import asyncio
import time

import uvloop

from bench.ground import LINE, connected, found_shop, ground
from bench.load import Caller
from bench.processes import House, free_port, house
from bench.provider import provider, says
from bench.report import Section, Table, milliseconds, percentile
from core.settings import get_settings
from sandbox.anthropic.answers import says as answers_with
from sandbox.anthropic.server import AnthropicServer

MODEL = "anthropic:claude-sonnet-4-5"
THINKS = 2.0
ANSWER = "Con gusto, aquí estoy."
PATIENCE = 120.0


async def _play(found: House, port: int, conversations: int) -> tuple[list[float], int]:
    async with provider(port) as far_end, Caller(found.port) as caller:

        async def converse(phone: str) -> float:
            began = await says(caller, phone, "hola")
            return await far_end.arrival(phone, began, PATIENCE) - began

        await asyncio.gather(*(converse(f"58412{index:07d}") for index in range(4)))
        phones = [f"58414{index:07d}" for index in range(conversations)]
        taken = await asyncio.gather(*map(converse, phones))
        by_the_model = sum(ANSWER in text for phone in phones for text in far_end.texts[phone])
    return taken, by_the_model


async def _found(url: str) -> None:
    async with connected(url):
        await found_shop()


def measure(quick: bool) -> Section:
    """Let that many customers write in the same moment."""
    conversations = 40 if quick else 200
    with ground() as place, AnthropicServer() as model:
        asyncio.run(_found(place.postgres.url))
        place.postgres.stop()
        model.always(answers_with(ANSWER).after(THINKS))
        port, settings = free_port(), get_settings()
        given = {"LLM_MODELS": f"{MODEL},lexical", "ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": model.url}
        with house(place.folder, INFOBIP_BASE_URL=f"http://127.0.0.1:{port}", **given) as found:
            started = time.perf_counter()
            taken, by_the_model = uvloop.run(_play(found, port, conversations))
            lasted = time.perf_counter() - started
    added = [each - THINKS for each in taken]
    shares = [milliseconds(percentile(added, share)) for share in (0.5, 0.95, 1.0)]
    return Section(
        "Many conversations, slow model",
        f"{conversations} customers of `{LINE}` write at once, and the model (a stand-in that speaks Anthropic's Messages API "
        f"over HTTP) takes {THINKS:.0f} s for each. The wait that the house adds is what is longer than that; "
        f"{settings.worker_processes} workers with {settings.worker_threads} threads each, the default.",
        [
            Table(
                ("conversations", "answered by the model", "added p50", "added p95", "longest", "all in"),
                [[str(conversations), str(by_the_model), *shares, f"{lasted:.1f} s"]],
            )
        ],
    )
