"""Charts: what is drawn is what was given, at its place, whoever has named it; and the same drawing is a picture."""

import math
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import charts
from core.charts import Band, Chart, Frame, Limit, Series
from core.pictures import WIDTH, png

NAME = "{http://www.w3.org/2000/svg}"
FRAMES = (charts.WIDE, charts.NARROW, charts.PICTURE)
DRAWERS = (charts.line, charts.bars, charts.ranking)
numbers = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 0.1, 1.0]) | st.none() | st.sampled_from([math.nan, math.inf])


def of(values: list[float | None], **more: Any) -> Chart:
    labels = [f"{number} oct" for number in range(len(values))]
    given: dict[str, Any] = {"labels": labels, "series": [Series("Ventas", values)], "said": lambda value: f"{value:g}"} | more
    return Chart("Ventas por día", "1 a 30 de octubre, datos hasta hoy", **given)


def all_of(drawn: str, tag: str, kind: str) -> list[ET.Element]:
    found = ET.fromstring(drawn).iter(f"{NAME}{tag}")
    return [one for one in found if kind in (one.get("class") or "").split()]


@given(st.lists(numbers, max_size=40), st.sampled_from(DRAWERS), st.sampled_from(FRAMES))
def test_whatever_the_values_the_drawing_is_whole_and_stays_in_its_frame(
    values: list[float | None], draw: Callable[[Chart, Frame], str], frame: Frame
) -> None:
    drawn = draw(of(values), frame)

    root = ET.fromstring(drawn)
    assert (root.get("role"), root[0].tag, root[1].tag) == ("img", f"{NAME}title", f"{NAME}desc")
    assert "nan" not in drawn
    assert "inf" not in drawn
    left, top, width, height = map(float, (root.get("viewBox") or "").split())
    for bar in list(root.iter(f"{NAME}rect")):
        x, y, w, h = (float(bar.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert w >= 0, bar.attrib
        assert h >= 0, bar.attrib
        assert left <= x <= x + w <= left + width + 0.2, bar.attrib
        assert top <= y <= y + h <= top + height + 0.2, bar.attrib


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_a_bar_is_as_long_as_its_value(values: list[float]) -> None:
    drawn = charts.bars(of(list(values)))
    heights = [float(bar.get("height") or 0) for bar in all_of(drawn, "rect", "c-bar")]

    most = max(values)
    if most > 0.01:
        for value, height in zip(values, heights, strict=True):
            assert abs(height / max(heights) - value / most) < 0.02


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_are_round_in_order_and_hold_the_values_between_them(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    found = charts.ticks(low, high)

    assert found[0] <= low + 1e-6 * max(abs(low), 1e-3)
    assert found[-1] >= high - 1e-6 * max(abs(high), 1e-3)
    assert 2 <= len(found) <= 8
    steps = {f"{(after - before):.6e}" for before, after in pairwise(found)}
    assert len({step[:4] for step in steps}) == 1
    assert steps.pop()[0] in "125"


def test_a_gap_is_a_gap_and_a_lone_value_a_point() -> None:
    drawn = charts.line(of([1, 2, None, 5, None, 3, 4]))

    assert [len((one.get("points") or "").split()) for one in all_of(drawn, "polyline", "c-line")] == [2, 2]
    assert len(all_of(drawn, "circle", "c-point")) == 1


def test_the_band_lies_where_it_says_and_no_side_of_it_is_made_up() -> None:
    band = Band("80 %", [None, 1, 2, None], [None, 3, None, 4])
    drawn = charts.line(of([0, 2, 2, 2], band=band, ahead=1, limits=[Limit("mínimo", 1, "warn")], marks=[2]))

    (polygon,) = all_of(drawn, "polygon", "c-band")
    assert len((polygon.get("points") or "").split()) == 2
    assert len(all_of(drawn, "line", "c-now")) == 1
    assert len(all_of(drawn, "line", "c-limit")) == 1
    assert len(all_of(drawn, "circle", "c-mark")) == 1


def test_less_is_never_drawn_as_nothing() -> None:
    drawn = charts.ranking(of([5.0, -3.0]))

    first, second = all_of(drawn, "rect", "c-bar")
    assert float(first.get("width") or 0) > float(second.get("width") or 0) > 1
    assert "below" in (second.get("class") or "")


@pytest.mark.parametrize("draw", DRAWERS)
def test_what_strangers_have_named_does_nothing_and_breaks_nothing(draw: Callable[[Chart, Frame], str]) -> None:
    attack = "</title><script>alert(1)</script>\" onload='x' &\x00\x0b\ud800"
    drawn = draw(of([1, 2], labels=[attack, attack], series=[Series(attack, [1, 2]), Series(attack, [1, 2])]), charts.PICTURE)

    assert list(ET.fromstring(drawn).iter(f"{NAME}script")) == []
    assert not re.search(r"""\s(style|on\w+)=["'][^&]""", drawn)
    assert png(drawn).startswith(b"\x89PNG")


def test_a_page_says_its_colours_so_no_drawing_carries_a_style() -> None:
    band = Band("b", [1, 1], [2, 2])
    for draw in DRAWERS:
        drawn = draw(of([1, 2], band=band), charts.WIDE)
        assert "style" not in drawn
        assert "fill=" not in drawn


def test_a_chart_of_other_length_or_of_too_many_series_is_refused() -> None:
    with pytest.raises(ValueError, match="for each of its labels"):
        of([1, 2], labels=["a"])
    with pytest.raises(ValueError, match="told apart"):
        of([1], series=[Series(str(number), [1]) for number in range(charts.MOST_SERIES + 1)])


def test_a_picture_is_the_drawing_with_its_words_and_the_same_each_time() -> None:
    named, unnamed = charts.bars(of([1, 2]), charts.PICTURE), charts.bars(of([1, 2], labels=["", ""]), charts.PICTURE)
    picture = png(named)

    assert struct.unpack(">I", picture[16:20]) == (WIDTH,)
    assert png(named) == picture
    assert png(unnamed) != picture  # there is a font, so that the words are seen
