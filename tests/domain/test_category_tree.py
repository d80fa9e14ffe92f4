"""The tree of categories under any sequence of moves and renames: no circle, and every path is the one of its place."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from core import db
from core.access import Principal
from core.errors import DomainError
from core.work import open_work
from domain.catalog import categories
from domain.catalog import service as catalog
from domain.catalog.schemas import CategoryView, ChangeCategory, NewCategory
from tests.factories.workspaces import make_workspace
from tests.properties import examples

NODES = 6
places = st.integers(0, NODES - 1)
moves = st.tuples(places, st.one_of(st.none(), places, st.sampled_from(("Uno", "Dos", "Tres"))))


def walked(nodes: tuple[CategoryView, ...], parent: CategoryView | None = None) -> list[CategoryView]:
    """All nodes below, each of which lies where its path says."""
    found = []
    for node in nodes:
        assert node.path.removeprefix(parent.path if parent else "/").count("/") == 1
        assert (node.level, node.parent_id) == ((parent.level + 1, parent.id) if parent else (0, None))
        found += [node, *walked(node.children, node)]
    return found


async def play(sequence: list[tuple[int, int | str | None]]) -> int:
    """A tree of six roots, and what becomes of it; how many changes were made, as what is refused shows nothing."""
    made = 0
    principal = Principal.system((await make_workspace()).id)
    ids: list[UUID] = []
    for number in range(NODES):
        async with open_work(principal) as work:
            ids.append((await categories.create_category(work, NewCategory(name=f"Nodo {number}"))).id)
    for place, what in sequence:
        try:
            async with open_work(principal) as work:
                seen = (await categories.get_category(work, ids[place])).version
                if isinstance(what, str):
                    await categories.change_category(work, ids[place], ChangeCategory(name=what), seen)
                else:
                    await categories.move_category(work, ids[place], None if what is None else ids[what], seen)
            made += 1
        except DomainError as error:
            assert error.code in {"category_circle", "code_taken"}  # noqa: PT017 - most moves are done
        async with open_work(principal) as work:
            assert {node.id for node in walked(await catalog.categories(work))} == set(ids)
    return made


@pytest.mark.hypothesis
def test_any_sequence_of_moves_leaves_a_tree(database_url: str) -> None:
    made: list[int] = []
    with asyncio.Runner() as runner:

        async def start() -> None:
            db.connect(database_url, pool_size=3)

        runner.run(start())

        @examples(15, suppress=(HealthCheck.too_slow,))
        @given(st.lists(moves, min_size=3, max_size=12))
        def run(sequence: list[tuple[int, int | str | None]]) -> None:
            made.append(runner.get_loop().run_until_complete(play(sequence)))

        run()
        runner.run(db.disconnect())
    assert sum(made) > len(made)
