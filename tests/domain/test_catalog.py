"""The catalogue: finding, listing and changing what is sold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import Invalid, NotPermitted
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import roles
from domain.catalog import categories, editing, pricing
from domain.catalog import service as catalog
from domain.catalog.errors import CategoryNotFound, CodeTaken, PriceMissing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ChangeProduct, NewCategory, NewProduct, NewVariant
from domain.catalog.search import Candidate, Verdict, decide, rank
from domain.catalog.words import read
from tests.factories.shop import Shop, open_shop
from tests.factories.workspaces import make_workspace


async def skus(work: Work, phrase: str) -> list[str]:
    """The SKUs that a phrase settles or asks about."""
    return [hit.sku for hit in decide(await catalog.search(work, phrase)).hits]


@pytest.mark.parametrize(
    "phrase", ["harina pan", "HARINA P.A.N.", "arina pan", "harinita pan", "har-1", "HAR1", "harinas p a n", "hrna pan"]
)
async def test_flour_is_found_however_it_is_written(shop: Shop, phrase: str) -> None:
    async with open_work(shop.principal) as work:
        assert await skus(work, phrase) == ["HAR-1"]


async def test_other_names_are_found_as_soon_as_they_are_given_and_not_after_they_are_taken(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        # Given a product that nobody calls masa
        assert await skus(work, "masa blanca") == []

        # When it gets that name, then it is found by it
        await editing.change_product(work, "HAR-1", ChangeProduct(synonyms=("masa blanca",)))
        assert await skus(work, "masa blanca") == ["HAR-1"]

        # When the name is taken from it, then it is not
        await editing.change_product(work, "HAR-1", ChangeProduct(synonyms=()))
        assert await skus(work, "masa") == []


async def test_a_word_that_stands_for_another_is_understood(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        assert await skus(work, "óleo mazeite") != ["ACE-1"]
        await editing.add_expansion(work, "óleo", "aceite")
        await editing.add_expansion(work, "óleo", "aceite")
        assert await skus(work, "oleo mazeite") == ["ACE-1"]


async def test_what_is_archived_or_has_no_price_is_not_sold(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await editing.change_product(work, "HAR-1", ChangeProduct(status=ProductStatus.ARCHIVED))
        assert await skus(work, "harina pan") == []
        assert "HAR-1" not in {item.sku for item in (await catalog.list_products(work)).items}
        assert not (await catalog.get_variant(work, "HAR-1")).is_sold
        with pytest.raises(PriceMissing):
            await editing.create_product(work, NewProduct(code="NEW", name="Nuevo", price=Decimal(0)))
        draft = await editing.create_product(
            work, NewProduct(code="NEW", name="Nuevo", price=Decimal(0), status=ProductStatus.DRAFT)
        )
        with pytest.raises(PriceMissing):
            await editing.change_product(work, draft.code, ChangeProduct(status=ProductStatus.ACTIVE))


async def test_a_code_is_given_once_and_the_transaction_survives_the_refusal(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        with pytest.raises(CodeTaken):
            await editing.create_product(work, NewProduct(code="HAR-1", name="Otra harina", price=Decimal(1)))
        assert (await catalog.get_variant(work, "HAR-1")).name == "Harina P.A.N. Blanca"
        with pytest.raises(CategoryNotFound):
            await editing.create_product(work, NewProduct(code="X", name="X", price=Decimal(1), category="/no/"))


async def test_variants_are_told_apart_by_their_size(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        sizes = tuple(NewVariant(sku=f"BUZ-1-{size}", label=f"talle {size}") for size in ("M", "L"))
        shirt = NewProduct(code="BUZ-1", name="Buzo", label="talle S", price=Decimal(100), variants=sizes)
        await editing.create_product(work, shirt)
        assert sorted(await skus(work, "un buzo")) == ["BUZ-1", "BUZ-1-L", "BUZ-1-M"]
        assert await skus(work, "buzos talle m") == ["BUZ-1-M"]
        assert (await catalog.get_variant(work, "BUZ-1-M")).name == "Buzo talle M"


async def test_the_list_is_read_page_by_page_and_by_category(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await categories.create_category(work, NewCategory(name="Despensa"))
        await categories.create_category(work, NewCategory(name="Granos", parent="/despensa/"))
        products = [
            NewProduct(code=f"G-{n}", name=f"Grano {n}", price=Decimal(5), category="/despensa/granos/") for n in range(7)
        ]
        await editing.create_products(work, products)

        # When the category above is listed in pages of three, whatever way its name is written
        found, cursor = [], None
        for _ in range(3):
            page = await catalog.list_products(work, "DESPENSAS", limit=3, cursor=cursor)
            found += [item.sku for item in page.items]
            cursor = page.next_cursor

        # Then everything below it comes once
        assert found == [f"G-{n}" for n in range(7)]
        assert cursor is None
        assert (await catalog.list_products(work, "juguetes")).items == ()
        (tree,) = await catalog.categories(work)
        assert (tree.name, tree.products, [child.name for child in tree.children]) == ("Despensa", 7, ["Granos"])
        with pytest.raises(Invalid):
            await catalog.list_products(work, cursor="rubbish")


async def test_a_changed_price_is_on_record(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        changed = await pricing.set_price(work, "HAR-1", Decimal("26000"), "the supplier raised it")
        assert changed.price == Decimal("26000.00")
        entry = (
            await work.session.execute(text("SELECT before, after, reason FROM events WHERE type = 'product.repriced'"))
        ).one()
        assert (entry.before, entry.after) == ({"sku": "HAR-1", "price": "25000.00"}, {"sku": "HAR-1", "price": "26000.00"})
        with pytest.raises(PriceMissing):
            await pricing.set_price(work, "HAR-1", Decimal("NaN"))


async def test_whole_bags_and_loose_cheese(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        flour = NewProduct(code="BAG", name="Harina en bolsa", price=Decimal(9), unit="KG", step=Decimal(1))
        await editing.create_product(work, flour)
        bag, cheese = await catalog.get_variant(work, "BAG"), await catalog.get_variant(work, "QUE-1")
        assert [bag.allows(Decimal(quantity)) for quantity in ("2", "0.5")] == [True, False]
        assert [cheese.allows(Decimal(quantity)) for quantity in ("0.250", "0.0005", "0")] == [True, False, False]


async def test_two_workspaces_do_not_see_each_other(shop: Shop) -> None:
    # Given a second shop with the same codes and a product of its own
    other = await open_shop((await make_workspace()).id)
    async with open_work(other.principal) as work:
        await editing.create_product(work, NewProduct(code="SECRET", name="Vino secreto", price=Decimal(7)))
        await editing.add_expansion(work, "tinto", "vino")

    # When the first one looks, by search, list, code and id
    async with open_work(shop.principal) as work:
        assert await catalog.search(work, "vino secreto") == []
        assert await catalog.search(work, "tinto") == []
        assert await catalog.find(work, "SECRET") is None
        assert await catalog.variants(work, other.variants.values()) == {}
        assert {item.sku for item in (await catalog.list_products(work)).items} == set(shop.variants)

        # Then it does not even see the rows when the filter is left out
        assert await work.session.scalar(text("SELECT count(*) FROM products")) == len(shop.variants)
        assert await work.session.scalar(text("SELECT count(*) FROM search_postings WHERE word = 'vino'")) == 0
        assert await work.session.scalar(text("SELECT count(*) FROM workspaces")) == 1


async def test_a_customer_reads_and_never_writes(shop: Shop) -> None:
    async with open_work(roles.agent_for(shop.workspace_id, new_id())) as work:
        assert await skus(work, "harina pan") == ["HAR-1"]
        with pytest.raises(NotPermitted):
            await pricing.set_price(work, "HAR-1", Decimal(1))


@pytest.mark.parametrize("phrase", ["", "   ", "\x00", "%", "' OR 1=1 --", "🛒🛒", "1 kg", "ñ" * 5000, "a" * 5000, "x " * 3000])
async def test_nonsense_finds_nothing_and_breaks_nothing(shop: Shop, phrase: str) -> None:
    async with open_work(shop.principal) as work:
        assert decide(await catalog.search(work, phrase)).verdict is Verdict.NONE


CANDIDATES = [Candidate("A", "Harina P.A.N. Blanca 1 kg", "P.A.N."), Candidate("B", "Aceite 1/2 L"), Candidate("C", "x")]


@given(st.text(max_size=60))
def test_any_text_can_be_ranked(phrase: str) -> None:
    hits = rank(phrase, CANDIDATES)
    assert all(0 < hit.score <= 1 for hit in hits)
    assert hits == sorted(hits, key=lambda hit: -hit.score)


@given(st.text(alphabet="abcdefghilmnoprstuvzáéíóúüñ 0123456789.,-/", max_size=40))
def test_case_and_accents_never_matter(phrase: str) -> None:
    bare = phrase.translate(str.maketrans("áéíóúüñ", "aeiouun"))
    expected = [(hit.sku, hit.score) for hit in rank(bare, CANDIDATES)]
    assert [(hit.sku, hit.score) for hit in rank(phrase.upper(), CANDIDATES)] == expected


@pytest.mark.parametrize(
    ("text_", "dimension", "amount"),
    [
        ("1 kg", "g", 1000),
        ("1kg", "g", 1000),
        ("1,5 lts", "ml", 1500),
        ("900ml", "ml", 900),
        ("medio kilo", "g", 500),
        ("1/2 kilo", "g", 500),
        ("½ litro", "ml", 500),
        ("un litro", "ml", 1000),
        ("litro y medio", "ml", 1500),
        ("2 kg y medio", "g", 2500),
        ("tres cuartos de kilo", "g", 750),
        ("x12", "u", 12),
        ("30 unidades", "u", 30),
    ],
)
def test_sizes_are_read_as_people_write_them(text_: str, dimension: str, amount: int) -> None:
    (size,) = read(f"queso {text_}").sizes
    assert (size.dimension, size.amount) == (dimension, Decimal(amount))
