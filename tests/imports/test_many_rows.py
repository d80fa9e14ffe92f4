"""Many rows: a chunk takes as many statements as another of any size, and Postgres has counted what grew under an import."""

from sqlalchemy import text

from app.queue.actors import imports as job
from bench.counting import counting
from core.work import open_work
from tests.factories.shop import Shop
from tests.imports.conftest import Load
from tests.imports.test_imports import counts


def products(first: int, last: int, price: int = 1) -> str:
    """A list of products by number."""
    return "code,name,price\n" + "".join(f"M{n:05d},Cosa {n},{price}.50\n" for n in range(first, last))


def levels(last: int) -> str:
    """A count of them."""
    return "code,existencia\n" + "".join(f"M{n:05d},{n % 9 + 1}\n" for n in range(last))


async def test_a_chunk_takes_the_same_statements_however_many_rows_it_has(shop: Shop, load: Load) -> None:
    async def statements(content: str) -> int:
        with counting() as counted:
            result = await load(content)
        assert result.failed == 0
        return counted.statements

    # Given the units and all that is made once
    await load(products(0, 10))

    assert await statements(products(10, 40)) == await statements(products(40, 130))
    assert await statements(products(0, 30, 2)) == await statements(products(30, 120, 2))
    assert await statements(levels(30)) == await statements(levels(90))


async def test_postgres_has_counted_what_grows_before_most_rows_come(shop: Shop, load: Load) -> None:
    counted = text("SELECT reltuples FROM pg_class WHERE relname IN ('product_variants', 'search_postings') ORDER BY relname")

    assert counts(await load(products(0, job.FIRST_CHUNK + 1)))[1] == job.FIRST_CHUNK + 1

    async with open_work(shop.principal) as work:
        variants, postings = (await work.session.scalars(counted)).all()
        assert variants >= job.FIRST_CHUNK
        assert postings >= job.FIRST_CHUNK
