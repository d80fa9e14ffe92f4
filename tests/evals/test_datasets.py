"""The datasets: whole, varied, and playable."""

from collections import Counter

import pytest
from pydantic import ValidationError

from evals import world
from evals.tasks import Family, Task, load_families, load_tasks


def test_every_dataset_and_world_is_valid_and_ids_are_unique() -> None:
    # When all files are read, which checks each task against its world
    tasks = load_tasks()
    # Then no id stands twice and every world is used
    assert [item for item, count in Counter(task.id for task in tasks).items() if count > 1] == []
    assert {task.world for task in tasks} == set(world.names())


def test_there_are_enough_tasks_in_several_languages_and_every_family_can_be_tried_quickly() -> None:
    tasks = load_tasks()
    assert len(tasks) >= 120
    assert {"es-VE", "es-MX", "es-AR", "es-CO", "es-PE", "en", "mixed"} <= {task.language for task in tasks}
    assert len(load_families()) >= 20


def test_a_task_that_names_what_its_world_does_not_sell_is_refused() -> None:
    # Given a task that expects a product which no shelf holds
    good = load_tasks(ids=["order-simple-pan"])[0].model_dump(exclude={"family"}, exclude_none=True, exclude_defaults=True)
    good["expect"]["orders"][0]["lines"] = {"NOWHERE": 1}
    # Then it cannot be read
    with pytest.raises(ValidationError, match="NOWHERE"):
        Task.model_validate(good)


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="scrpt"):
        Family.model_validate({"family": "x", "about": "y", "tasks": [{"id": "a", "world": "abasto_ve", "scrpt": []}]})


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        load_tasks(["nonsense"])


@pytest.mark.parametrize("task", load_tasks(), ids=lambda task: task.id)
def test_what_is_wanted_can_be_bought_at_all(task: Task) -> None:
    """A task whose end state the shelves cannot serve would fail for ever through no fault of the agent."""
    shop = world.load(task.world)
    for state in [task.expect, *task.expect.alternatives]:
        for order in state.orders:
            if order.key is not None or order.status != "confirmed":
                continue
            for sku, quantity in (order.lines or {}).items():
                product = shop.product_of(sku)
                assert product is not None
                stock = product.stock if not isinstance(product.stock, dict) else max(product.stock.values())
                assert stock >= quantity
