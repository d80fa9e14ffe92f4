"""Search as customers type it: how often one phrase settles one product, and how often it settles a wrong one."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from app.demo import seed
from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.schemas import ProductHit
from domain.catalog.search import Decision, Verdict, decide

Expected = str | list[str]
CORPUS: dict[str, dict[str, list[tuple[str, Expected]]]] = yaml.safe_load(
    (Path(__file__).parent / "search_corpus.yaml").read_text(encoding="utf-8")
)


def judge(expected: Expected, decision: Decision[ProductHit]) -> str:
    """What became of a phrase: right, asked (right, but only after a question), missed or wrong."""
    found = {hit.sku for hit in decision.hits}
    if expected == "none":
        return "right" if decision.verdict is Verdict.NONE else ("wrong" if decision.verdict is Verdict.ONE else "asked")
    if isinstance(expected, list):
        if decision.verdict is Verdict.ONE:
            return "wrong"
        return "right" if set(expected) <= found else "missed"
    if decision.verdict is Verdict.ONE:
        return "right" if found == {expected} else "wrong"
    return "asked" if expected in found else "missed"


async def run(work: Work, phrases: list[tuple[str, Expected]]) -> list[tuple[str, str]]:
    """What became of every phrase, with what was found."""
    outcomes = []
    for phrase, expected in phrases:
        hits = await catalog.search(work, phrase, limit=100)
        found = ", ".join(f"{hit.sku} {hit.score:.2f}" for hit in hits[:4])
        outcomes.append((judge(expected, decide(hits)), f"{phrase!r}: expected {expected}, found {found or 'nothing'}"))
    return outcomes


@pytest.mark.slow
async def test_customers_find_what_they_type(database: str) -> None:
    # Given the demo shops
    await seed.seed_demo()
    workspaces = {workspace.slug: workspace.id for workspace in await accounts.list_workspaces()}

    # When customers type the phrases of the corpus
    outcomes: dict[str, list[tuple[str, str]]] = {"develop": [], "report": []}
    for slug, parts in CORPUS.items():
        async with open_work(Principal.system(workspaces[slug])) as work:
            for part, phrases in parts.items():
                outcomes[part] += await run(work, phrases)

    # Then nearly all are understood at once, and a wrong product is next to never chosen
    for part, judged in outcomes.items():
        tally = Counter(outcome for outcome, _ in judged)
        misses = "\n".join(f"{outcome}: {found}" for outcome, found in judged if outcome != "right")
        assert tally["right"] / tally.total() >= 0.95, f"{part}: {dict(tally)}\n{misses}"
        assert tally["wrong"] / tally.total() <= 0.01, f"{part}: {dict(tally)}\n{misses}"
