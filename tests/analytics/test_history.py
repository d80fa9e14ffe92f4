"""A history in a CSV file: what is read, and what is said of a file that cannot be."""

import random
from pathlib import Path

import numpy as np
import pytest

from analytics.forecasting.history import BadHistory, Row, history, read_csv


def _file(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "sales.csv"
    path.write_text("\n".join(lines), encoding=encoding)
    return path


def test_rows_of_one_day_are_added_and_returns_taken_off(tmp_path: Path) -> None:
    path = _file(
        tmp_path, "Store,Product,Date,Quantity", "a,x,2026-01-01,3", "a,x,2026-01-01,2", "a,x,2026-01-01,-1",
        "a,x,2026-01-03,-4", "b,ñ,2026-01-02,1",
    )  # fmt: skip
    read = read_csv(path)
    assert read.panel.quantity.tolist() == [[4, 0, 0], [0, 1, 0]]
    assert [read.store_names[number] for number in read.stores] == ["a", "b"]
    assert [read.product_names[number] for number in read.products] == ["x", "ñ"]


def test_the_order_of_the_rows_means_nothing() -> None:
    rows = [Row(f"s{n % 3}", f"p{n % 5}", 738000 + n % 90, n % 7, price=1.0 + n % 2, promo=float(n % 2)) for n in range(400)]
    mixed = rows.copy()
    random.Random(7).shuffle(mixed)
    one, other = history(rows).panel, history(mixed).panel
    assert np.array_equal(one.quantity, other.quantity)
    assert np.array_equal(one.observed, other.observed)
    assert one.promo is not None
    assert other.promo is not None
    assert np.array_equal(one.promo, other.promo)


def test_days_before_the_first_row_and_days_a_store_was_shut_say_nothing_of_demand() -> None:
    rows = [Row("a", "x", 738000 + day, 5) for day in range(28) if day != 20]
    rows += [Row("a", "new", 738000 + day, 1) for day in range(14, 28) if day != 20]
    read = history(rows)
    new, old = read.panel.observed
    assert not new[:14].any()
    assert new[15]
    assert old[:14].all()
    # Day 20: the store sold nothing on a weekday on which it sells.
    assert not old[20]


def test_a_store_said_to_be_closed_is_closed_for_all_its_products() -> None:
    rows = [Row("a", product, 738000 + day, 5, open=None) for day in range(10) for product in "xy"]
    rows.append(Row("a", "x", 738000 + 10, 0, open=False))
    rows.append(Row("b", "x", 738000 + 10, 2, open=True))
    read = history(rows)
    stores = [read.store_names[number] for number in read.stores]
    assert [bool(open_) for open_ in read.panel.open[:, 10]] == [store == "b" for store in stores]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["store,product,quantity", "a,x,1"], "history_columns_missing"),
        (["store,product,date,quantity"], "history_empty"),
        (["store,product,date,quantity", "a,x,2026-13-01,1"], "history_value_unreadable"),
        (["store,product,date,quantity", "a,x,2026-01-01,many"], "history_value_unreadable"),
        (["store,product,date,quantity", "a,x,2026-01-01,nan"], "history_value_unreadable"),
        (["store,product,date,quantity", "a,x,2026-01-01"], "history_value_unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong(tmp_path: Path, lines: list[str], code: str) -> None:
    with pytest.raises(BadHistory) as refused:
        read_csv(_file(tmp_path, *lines))
    assert refused.value.code == code


def test_other_encodings_and_missing_files_are_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "store,product,date,quantity", "a,Piña,2026-01-01,1", encoding="latin-1")
    with pytest.raises(BadHistory, match="history_not_utf8"):
        read_csv(path)
    with pytest.raises(BadHistory, match="history_unreadable"):
        read_csv(tmp_path / "none.csv")
