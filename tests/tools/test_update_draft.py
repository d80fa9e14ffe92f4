"""Many lines in one call: what fits goes in together, what does not is said, and what is open stays open."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.tables import new_id
from core.work import open_work
from domain.catalog import editing
from domain.catalog import service as catalog
from domain.catalog.schemas import NewProduct, NewVariant
from domain.conversations.content import Text
from domain.conversations.schemas import OpenMessage
from domain.orders import drafts
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.counter import Counter, agreed, spoken


def said(words: str) -> OpenMessage:
    return OpenMessage(id=new_id(), content=Text(text=words), received_at=datetime(2026, 1, 5, 12, tzinfo=UTC))


async def cart(counter: Counter) -> dict[str, Decimal]:
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    return {line.sku: line.quantity for line in draft.lines} if draft else {}


async def test_many_lines_are_one_change(counter: Counter) -> None:
    # When
    outcome = await counter(
        "update_draft",
        lines=[
            {"product": "HAR-1", "quantity": 2},
            {"product": "aceite mazeite", "quantity": 1},
            {"product": "queso blanco", "quantity": 250, "unit": "g"},
        ],
    )

    # Then
    assert await cart(counter) == {"HAR-1": 2, "ACE-1": 1, "QUE-1": Decimal("0.25")}
    assert (outcome.status, outcome.code) == ("ok", "draft_updated")
    assert [line["status"] for line in outcome.data["lines"]] == ["added"] * 3
    assert [signal.name for signal in counter.signals] == ["items_changed"]
    assert "117.500" in spoken(outcome)


async def test_lines_are_added_set_and_taken_out_together(counter: Counter) -> None:
    # Given
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 4}, {"product": "ACE-1", "quantity": 1}])

    # When
    outcome = await counter(
        "update_draft",
        lines=[
            {"product": "HAR-1", "quantity": 1, "mode": "remove"},
            {"product": "ACE-1", "mode": "remove"},
            {"product": "ARR-1", "quantity": 2, "mode": "set"},
        ],
    )

    # Then a swap empties nothing on its way
    assert await cart(counter) == {"HAR-1": 3, "ARR-1": 2}
    assert [line["status"] for line in outcome.data["lines"]] == ["changed", "removed", "added"]
    assert "vacío" not in spoken(outcome)


async def test_a_step_is_told_with_what_the_line_holds_then(counter: Counter) -> None:
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 2}])
    outcome = await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 3}])
    assert "ahora llevas 5" in spoken(outcome)
    assert "125.000" in spoken(outcome)


async def test_what_does_not_fit_is_said_and_what_fits_goes_in(counter: Counter) -> None:
    # Given
    counter.messages = [said("2 harinas, 3 arroz, hielo, 99 aceites y café")]

    # When
    outcome = await counter(
        "update_draft",
        lines=[
            {"product": "HAR-1", "quantity": 2},
            {"product": "arroz", "quantity": 3},
            {"product": "hielo", "quantity": 1},
            {"product": "ACE-1", "quantity": 99},
            {"product": "QUE-1"},
        ],
    )

    # Then the clear line is in, and everything else is asked or told
    assert await cart(counter) == {"HAR-1": 2}
    assert [line["status"] for line in outcome.data["lines"]] == ["added", "asked", "asked", "short", "asked"]
    words = spoken(outcome)
    for part in (
        "Agregué 2 × Harina",
        "«arroz», ¿cuál",
        "¿Cuánto quieres de Queso",
        "No encontré «hielo»",
        "solo nos quedan 10",
    ):
        assert part in words
    assert [point.kind for point in counter.points] == ["short", "choose_product", "choose_quantity", "unknown"]
    assert counter.points[1].arguments["quantity"] == 3


async def test_sixty_lines_go_in_and_further_products_than_an_order_holds_are_named(counter: Counter) -> None:
    lines = [{"product": sku, "quantity": 1} for sku in ("HAR-1", "ACE-1", "ARR-1", "ARR-2")] * 15
    await counter("update_draft", lines=[{"product": "QUE-1", "quantity": 1}])
    outcome = await counter("update_draft", lines=[{**line, "mode": "set"} for line in lines])
    assert len(outcome.data["lines"]) == 60
    assert await cart(counter) == {"QUE-1": 1, "HAR-1": 1, "ACE-1": 1, "ARR-1": 1, "ARR-2": 1}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"price": 20000}, "es Bs. 25.000,00, no Bs. 20.000,00"),
        ({"total": 40000}, "es Bs. 25.000,00, no Bs. 20.000,00"),
        ({"price": 25000}, None),
        ({"total": 50000}, None),
    ],
)
async def test_a_price_that_the_customer_wrote_is_compared_with_ours(
    counter: Counter, written: dict[str, int], told: str | None
) -> None:
    outcome = await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 2, **written}])
    assert await cart(counter) == {"HAR-1": 2}
    assert (told or "") in spoken(outcome)
    assert (", no Bs" in spoken(outcome)) == (told is not None)


async def test_points_are_read_back_together_each_with_what_was_said(counter: Counter) -> None:
    # Given
    counter.messages = [said("250, y 2 bolsas de hielo, unas cositas raras")]

    # When
    outcome = await counter(
        "update_draft",
        open_points=[
            {"kind": "number", "words": "250", "quantity": 250},
            {"kind": "confirm", "words": "arina", "skus": ["HAR-1"], "quantity": 2},
            {"kind": "confirm", "words": "asite", "skus": ["ACE-1"], "quantity": 3},
            {"kind": "want", "skus": ["QUE-1"]},
            {"kind": "quantity", "skus": ["ARR-1"]},
            {"kind": "quantity", "skus": ["ARR-2"]},
            {"kind": "unknown", "words": "2 bolsas de hielo"},
            {"kind": "unclear", "words": "cositas raras"},
            {"kind": "which", "words": "not theirs", "skus": ["CAF-1", "HAR-1"], "quantity": 1},
        ],
    )

    # Then nothing was changed, and nothing is put into the customer's mouth
    assert (outcome.status, outcome.code, await cart(counter)) == ("ask", "points_open", {})
    words = spoken(outcome)
    assert "¿Te refieres a esto?\n• 2 × Harina" in words
    assert "¿Quieres Queso blanco duro" in words
    assert "¿Cuánto quieres de Arroz Mary Tradicional 1 kg y Arroz Primor 1 kg?" in words
    assert "¿250 de qué?" in words
    assert "No encontré «2 bolsas de hielo»" in words
    assert "No entendí «cositas raras»" in words
    assert "not theirs" not in words


async def test_an_open_question_comes_before_the_summary_and_before_the_order(counter: Counter) -> None:
    # Given an order that is complete but for a question
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 1}])
    await counter("set_delivery_details", fulfilment="pickup", recipient_name="Ana")
    token = str((await counter("request_confirmation")).data["token"])
    await counter("update_draft", open_points=[{"kind": "confirm", "skus": ["ACE-1"], "quantity": 2}])

    # When the customer agrees to the summary
    await agreed(counter, token)
    asked = await counter("confirm_order", token=token)
    again = await counter("request_confirmation")

    # Then it is asked first
    assert (asked.code, again.code) == ("points_open", "points_open")
    assert "¿Te refieres a 2 × Aceite" in spoken(again)

    # And once it is dropped the order can be placed
    dropped = await counter("update_draft", lines=[{"product": "ACE-1", "mode": "remove"}])
    assert dropped.status == "ok"
    assert (await counter("confirm_order", token=token)).code == "order_confirmed"


async def test_what_was_not_found_is_told_again_with_the_summary_and_then_forgotten(counter: Counter) -> None:
    counter.messages = [said("una harina y dos bolsas de hielo")]
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 1}, {"product": "bolsas de hielo", "quantity": 2}])
    await counter("set_delivery_details", fulfilment="pickup", recipient_name="Ana")
    summary = await counter("request_confirmation")
    assert summary.code == "confirmation_requested"
    assert "«bolsas de hielo»" in spoken(summary)
    assert counter.points == []


@pytest.mark.parametrize("tool", ["update_draft", "add_item_to_draft"])
async def test_what_is_left_of_a_product_stays_proposed(counter: Counter, tool: str) -> None:
    wish = {"product": "HAR-1", "quantity": 30}
    await counter(tool, **({"lines": [wish]} if tool == "update_draft" else wish))
    (point,) = counter.points
    assert (point.kind, point.is_proposal, point.arguments["quantity"]) == ("short", True, 10)
    await counter("set_delivery_details", fulfilment="pickup", recipient_name="Ana")
    assert [one.kind for one in counter.points] == ["short"]
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 10, "mode": "set"}])
    assert counter.points == []
    assert await cart(counter) == {"HAR-1": 10}


async def test_an_answer_settles_its_question_and_no_other(counter: Counter) -> None:
    counter.messages = [said("arroz y queso")]
    await counter("update_draft", lines=[{"product": "arroz", "quantity": 2}, {"product": "QUE-1"}])
    outcome = await counter("update_draft", lines=[{"product": "ARR-1", "quantity": 2}])
    assert [point.kind for point in counter.points] == ["choose_quantity"]
    assert "¿Cuánto quieres de Queso" in spoken(outcome)


async def test_a_narrower_question_takes_the_place_of_the_wider(counter: Counter) -> None:
    counter.messages = [said("arroz")]
    await counter("update_draft", lines=[{"product": "arroz"}])
    await counter("update_draft", lines=[{"product": "ARR-1"}])
    assert [(point.kind, sorted(point.skus)) for point in counter.points] == [("choose_quantity", ["ARR-1"])]


async def test_what_is_sold_out_is_in_question_no_more(counter: Counter) -> None:
    # Given
    def choice(*skus: str) -> dict[str, object]:
        return {"kind": "which", "words": "algo", "skus": [*skus], "quantity": 2}

    await counter("update_draft", open_points=[choice("CAF-1", "ARR-1")])

    # When the one that is chosen turns out to be sold out
    outcome = await counter("update_draft", lines=[{"product": "CAF-1", "quantity": 2}])

    # Then the other one is proposed
    assert [(point.is_proposal, sorted(point.skus)) for point in counter.points] == [(True, ["ARR-1"])]
    assert spoken(outcome).count("Café") == 1

    # And when that is all that was in question, nothing is
    await counter("update_draft", lines=[{"product": "ARR-1", "mode": "remove"}, {"product": "CAF-1"}])
    await counter("update_draft", lines=[{"product": "CAF-1", "quantity": 2}])
    assert counter.points == []


async def test_of_what_is_sold_out_at_once_the_other_sizes_are_in_question(counter: Counter) -> None:
    # Given: a shirt of which only the L and the XL are on the shelf
    sizes = tuple(NewVariant(sku=f"CHO-{size}", label=f"talle {size}") for size in ("L", "XL"))
    async with open_work(counter.chat.staff) as work:
        await editing.create_products(
            work, [NewProduct(code="CHO-M", name="Chomba", label="talle M", price=Decimal(9), variants=sizes)]
        )
        known = await catalog.variants_by_sku(work, ["CHO-L", "CHO-XL"])
        shelf = [HoldLine(variant_id=one.variant_id, quantity=Decimal(4)) for one in known.values()]
        await stock.receive(work, counter.chat.shop.store_id, shelf)

    # When
    await counter("update_draft", lines=[{"product": "CHO-M", "quantity": 2}])

    # Then
    assert await cart(counter) == {}
    (point,) = counter.points
    assert point.is_question
    assert point.skus == {"CHO-L", "CHO-XL"}
    assert point.arguments["quantity"] == 2


async def test_an_emptied_order_has_no_questions(counter: Counter) -> None:
    await counter("update_draft", lines=[{"product": "HAR-1", "quantity": 1}, {"product": "QUE-1"}])
    await counter("clear_draft")
    assert counter.points == []


KINDS = ("which", "confirm", "quantity", "want", "number", "unknown", "unclear", "contradiction", "too_long")


async def test_every_kind_of_point_is_told_whatever_it_is_about(counter: Counter) -> None:
    for kind in KINDS:
        for skus in ([], ["QUE-1"], ["QUE-1", "HAR-1"], ["QUE-1", "HAR-1", "ARR-1"]):
            for words in ("", "el queso"):
                outcome = await counter(
                    "update_draft", open_points=[{"kind": kind, "skus": skus, "words": words, "quantity": 2}]
                )
                assert outcome.status in ("ask", "refused"), (kind, skus, words)
    assert await cart(counter) == {}


async def test_a_number_is_no_longer_asked_about_once_it_is_told_what_it_counts(counter: Counter) -> None:
    # Given
    counter.messages = [said("250")]
    await counter("update_draft", open_points=[{"kind": "number", "words": "250", "quantity": 250}])

    # When
    outcome = await counter("update_draft", lines=[{"product": "queso blanco", "quantity": 250, "unit": "g"}])

    # Then
    assert (await cart(counter), outcome.data["open"]) == ({"QUE-1": Decimal("0.25")}, [])


async def test_a_proposal_says_what_the_proposed_quantity_costs(counter: Counter) -> None:
    outcome = await counter("update_draft", open_points=[{"kind": "confirm", "skus": ["QUE-1"], "quantity": 0.5}])
    alone = await counter("update_draft", open_points=[{"kind": "confirm", "skus": ["QUE-1"]}])
    assert "¿Te refieres a 0,5 kg de Queso blanco duro (Bs. 45.000,00)?" in spoken(outcome)
    assert "Queso blanco duro (Bs. 90.000,00" in spoken(alone)
    assert "kg)?" in spoken(alone)
