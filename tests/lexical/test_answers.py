"""Answers and corrections, whatever is on sale: a listed size is a choice, a correction is the whole, nothing else changes."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agent.lexical.reader.explain import explain
from agent.lexical.reader.goods import Product
from agent.lexical.reader.readings import Reading
from tests.lexical.demo import CLOTHES
from tests.lexical.reading import demo_goods
from tools.context import Pending
from tools.outcome import Option

GOODS = demo_goods(CLOTHES)
KINDS: dict[str, list[Product]] = {}
for sold in GOODS.products:
    if sold.label:
        KINDS.setdefault(sold.name.removesuffix(f" talle {sold.label.upper()}"), []).append(sold)
SIZED = [products for products in KINDS.values() if len(products) > 1]
WHOLE = [product for product in GOODS.products if not product.label and product.grain == 1]

kinds = st.sampled_from(SIZED)
counts = st.integers(1, 20)


def which(products: list[Product], quantity: int) -> Pending:
    options = [Option(sku=product.sku, name=product.name) for product in products]
    return Pending(kind="choose_product", tool="update_draft", arguments={"quantity": quantity}, options=options)


def changes(reading: Reading) -> list[tuple[str, Decimal | None, str]]:
    return [(change.sku, change.quantity, change.mode) for change in reading.changes]


@given(
    products=kinds, place=st.integers(0, 9), told=counts, form=st.sampled_from(["{}", "talle {}", "la {}", "el {} por favor"])
)
def test_a_listed_size_is_a_choice_and_the_quantity_told_before_stays(
    products: list[Product], place: int, told: int, form: str
) -> None:
    chosen = products[place % len(products)]
    read = explain(form.format(chosen.label), GOODS, points=[which(products, told)])
    assert changes(read) == [(chosen.sku, Decimal(told), "add")]


@given(
    products=st.lists(st.sampled_from(WHOLE), min_size=1, max_size=4, unique_by=lambda one: one.sku), held=counts, said=counts
)
def test_so_many_are_so_many_whatever_the_order_has(products: list[Product], held: int, said: int) -> None:
    named = products[-1]
    cart = {product.sku: Decimal(held) for product in products}
    read = explain(f"no, son {said} {named.name}", GOODS, cart=cart)
    assert changes(read) in ([(named.sku, Decimal(said), "set")], [])
    # What is not sure is asked, and never added.
    assert read.changes or read.questions


@given(products=kinds, place=st.integers(0, 9), other=st.sampled_from(WHOLE), held=counts, told=counts)
def test_an_answer_changes_no_other_line(products: list[Product], place: int, other: Product, held: int, told: int) -> None:
    chosen = products[place % len(products)]
    read = explain(chosen.label, GOODS, cart={other.sku: Decimal(held)}, points=[which(products, told)])
    assert {change.sku for change in read.changes} == {chosen.sku}
