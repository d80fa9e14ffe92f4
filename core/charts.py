"""Charts, drawn here: SVG for pages, print and pictures, coloured by classes: the style sheet decides how they look.

A chart is what is to be seen; a frame is where. Nothing is computed of the values but their place, and none is drawn that is
not there: a gap in a line stays one. The numbers themselves stand in a table beside each chart.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final, Literal

Values = Sequence[float | None]
"""A value for each label of the chart; None, and what is no finite number, is a gap."""

MOST_SERIES: Final = 6
"""For so many there are colours that can be told from one another."""

_TOLD_POINTS: Final = 130
"""Of so many points each tells its value under the pointer; more would only swell the page."""

_CHARACTER: Final = 0.55
"""The width of a character in parts of its height, on the generous side."""

_UNDRAWABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart is drawn, in pixels at a text height of `text`; a titled one says its title itself."""

    width: float
    height: float
    text: float = 12
    is_titled: bool = False


WIDE: Final = Frame(720, 260)
NARROW: Final = Frame(350, 250)
PICTURE: Final = Frame(720, 480, 15, is_titled=True)
"""For a phone's chat, where nothing stands around it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one set of bars. `quiet` is what another one is held against: it is drawn thin."""

    name: str
    values: Values
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Between which values something lies, with its level in the name: «80 % of the days»."""

    name: str
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that should not be passed, or be reached."""

    name: str
    value: float
    kind: Literal["warn", "bad", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be seen: values of one unit over labels in their order, or over names.

    `title` says what, of when and in which unit; `summary` tells the same in words to whoever does not see it. `said`
    writes a value as people of the country do. From label `ahead` on the values are expected, not measured.
    """

    title: str
    summary: str
    labels: Sequence[str]
    series: Sequence[Series]
    said: Callable[[float], str]
    band: Band | None = None
    limits: Sequence[Limit] = ()
    ahead: int | None = None
    marks: Sequence[int] = ()
    """Labels at which the first series is out of the ordinary."""

    def __post_init__(self) -> None:
        parts = [one.values for one in self.series] + ([self.band.low, self.band.high] if self.band else [])
        if len(self.series) > MOST_SERIES:
            raise ValueError(f"{len(self.series)} series cannot be told apart; {MOST_SERIES} can")
        if any(len(values) != len(self.labels) for values in parts):
            raise ValueError("a chart has a value, or a gap, for each of its labels")

    def written(self, value: float | None) -> str:
        """A value as the table beside the chart says it; a gap is a dash."""
        known = _number(value)
        return "–" if known is None else self.said(known)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The inner part of a frame: where values and labels stand."""

    left: float
    right: float
    top: float
    bottom: float
    lowest: float
    highest: float
    count: int

    def y(self, value: float) -> float:
        """The height at which a value stands."""
        return self.bottom - (value - self.lowest) / (self.highest - self.lowest) * (self.bottom - self.top)

    @property
    def step(self) -> float:
        """The width that a label has."""
        return (self.right - self.left) / max(1, self.count)

    def x(self, index: int) -> float:
        """The middle of a label's width."""
        return self.left + (index + 0.5) * self.step


def line(chart: Chart, frame: Frame = WIDE) -> str:
    """Lines over time, with the band in which they lie."""
    plot, head = _layout(chart, frame, from_zero=False)
    drawn = [*head, *_grid(chart, frame, plot), *_band(chart, plot)]
    for number, series in enumerate(chart.series):
        drawn += _path(series, number, plot)
    first = chart.series[0].values if chart.series else ()
    for index in chart.marks:
        if (value := _number(first[index])) is not None:
            drawn.append(f'<circle class="c-mark" cx="{_at(plot.x(index))}" cy="{_at(plot.y(value))}" r="4"/>')
    return _svg(chart, frame, [*drawn, *_told(chart, plot)])


def bars(chart: Chart, frame: Frame = WIDE) -> str:
    """Bars over time or over a few short names; several series stand side by side."""
    plot, head = _layout(chart, frame, from_zero=True)
    drawn = [*head, *_grid(chart, frame, plot)]
    width = min(plot.step * 0.72, 64) / max(1, len(chart.series))
    for number, series in enumerate(chart.series):
        offset = (number - len(chart.series) / 2) * width
        for index, given in enumerate(series.values):
            value = _number(given)
            if value is None:
                continue
            top, bottom = sorted((plot.y(value), plot.y(0)))
            size = f'x="{_at(plot.x(index) + offset)}" y="{_at(top)}" width="{_at(width - 1)}" height="{_at(bottom - top)}"'
            ahead = " ahead" if chart.ahead is not None and index >= chart.ahead else ""
            told = _text(f"{chart.labels[index]}: {chart.said(value)}")
            drawn.append(f'<rect class="c-bar c-{number}{ahead}" {size} rx="2"><title>{told}</title></rect>')
    return _svg(chart, frame, drawn)


def ranking(chart: Chart, frame: Frame = WIDE) -> str:
    """Bars that lie, one under the other, for names that are long: products, stores, people. Of the first series alone."""
    values = [_number(value) or 0.0 for value in chart.series[0].values]
    row = frame.text * 2.9
    head, top = _title(chart, frame)
    said = [chart.said(value) for value in values]
    beside = max((len(each) for each in said), default=0) * frame.text * _CHARACTER + 10
    most = max([abs(value) for value in values] + [0.0]) or 1.0
    length = frame.width - beside - 4
    drawn = [*head]
    for index, (label, value) in enumerate(zip(chart.labels, values, strict=True)):
        y = top + index * row
        name = _cut(label, frame.width, frame.text)
        size = f'y="{_at(y + frame.text * 1.45)}" height="{_at(frame.text * 0.85)}"'
        width = max(abs(value) / most * length, 1.0)
        below = " below" if value < 0 else ""
        drawn += [
            f'<text class="c-name" x="2" y="{_at(y + frame.text)}">{_text(name)}<title>{_text(label)}</title></text>',
            f'<rect class="c-bar c-0{below}" x="2" width="{_at(width)}" {size} rx="2"/>',
            f'<text class="c-value" x="{_at(width + 8)}" y="{_at(y + frame.text * 2.2)}">{_text(said[index])}</text>',
        ]
    height = top + len(values) * row + 4
    return _svg(chart, Frame(frame.width, max(height, row), frame.text, frame.is_titled), drawn)


def _svg(chart: Chart, frame: Frame, drawn: Sequence[str]) -> str:
    margin = frame.text * 1.5 if frame.is_titled else 0.0
    width, height = _at(frame.width + 2 * margin), _at(frame.height + 2 * margin)
    box = f'viewBox="{_at(-margin)} {_at(-margin)} {width} {height}" width="{width}" height="{height}"'
    named = f"<title>{_text(chart.title)}</title><desc>{_text(chart.summary)}</desc>"
    font = f'font-size="{_at(frame.text)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {box} {font} role="img">{named}{"".join(drawn)}</svg>'


def _text(words: str) -> str:
    """Words as they may stand in a drawing, whoever wrote them."""
    return escape(_UNDRAWABLE.sub("", words))


def _at(place: float) -> str:
    """A place, to a tenth of a pixel."""
    return f"{place:.1f}".removesuffix(".0")


def _number(value: float | None) -> float | None:
    """What can be drawn of a value: nothing of what is no finite number, and zero of what is next to nothing."""
    if value is None or not math.isfinite(value):
        return None
    return value if abs(value) >= 1e-9 else 0.0


def _cut(words: str, width: float, text: float) -> str:
    """Words as far as they fit."""
    room = max(1, int(width / (text * _CHARACTER)))
    return words if len(words) <= room else f"{words[: room - 1].rstrip()}…"


def _all(chart: Chart) -> list[float]:
    """Every value that is to be seen."""
    parts = [one.values for one in chart.series] + ([chart.band.low, chart.band.high] if chart.band else [])
    found = [number for values in parts for value in values if (number := _number(value)) is not None]
    return found + [limit.value for limit in chart.limits]


def ticks(lowest: float, highest: float, most: int = 5) -> list[float]:
    """Round values from at or below the lowest to at or above the highest, `most` steps at most."""
    size = max(abs(lowest), abs(highest))
    if highest - lowest <= size * 1e-9 or size < 1e-9:  # one value, or too little between two to be told apart
        highest = lowest + (size if size >= 1e-9 else 1.0)
    raw = (highest - lowest) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= raw * (1 - 1e-9))
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _layout(chart: Chart, frame: Frame, *, from_zero: bool) -> tuple[_Plot, list[str]]:
    """Where the values stand, and what stands above them: the title and the names of what is drawn."""
    found = _all(chart) or [0.0]
    lowest, highest = min(found), max(found)
    if from_zero or 0 <= lowest <= highest / 2:
        lowest = min(lowest, 0.0)
    if from_zero:
        highest = max(highest, 0.0)
    marks = ticks(lowest, highest)
    beside = max(len(chart.said(mark)) for mark in marks) * frame.text * _CHARACTER + 10
    title, above = _title(chart, frame)
    names = _names(chart, frame, above)
    top = above + (frame.text * 2.2 if names else 8)
    bottom = frame.height - frame.text * 2
    return _Plot(beside, frame.width - 6, top, bottom, marks[0], marks[-1], len(chart.labels)), [*title, *names]


def _title(chart: Chart, frame: Frame) -> tuple[list[str], float]:
    """Title and summary in lines that fit, and the height that they take; nothing where a page says them."""
    if not frame.is_titled:
        return [], 0.0
    lines = [("c-title", each) for each in _wrapped(chart.title, frame, 1.15)]
    lines += [("c-summary", each) for each in _wrapped(chart.summary, frame, 1)]
    height = frame.text * 1.55
    drawn = [
        f'<text class="{kind}" x="2" y="{_at(height * (index + 0.8))}">{_text(words)}</text>'
        for index, (kind, words) in enumerate(lines)
    ]
    return drawn, height * (len(lines) + 0.4)


def _wrapped(words: str, frame: Frame, larger: float) -> list[str]:
    room = int(frame.width / (frame.text * larger * _CHARACTER))
    lines: list[str] = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _named(chart: Chart) -> list[tuple[str, str]]:
    """What needs a name of its own, with the class that draws it; one line alone is named by the title."""
    named = [(f"c-{number}", one.name) for number, one in enumerate(chart.series)]
    return [*named, ("c-band", chart.band.name)] if chart.band else (named if len(named) > 1 else [])


def _names(chart: Chart, frame: Frame, above: float) -> list[str]:
    """The names of what is drawn, in a row above it."""
    x, y, drawn = 2.0, above + frame.text * 1.1, []
    for kind, name in _named(chart):
        shown = _cut(name, max(frame.width - x - 22, frame.text * 4), frame.text)
        drawn += [
            f'<rect class="c-swatch {kind}" x="{_at(x)}" y="{_at(y - frame.text * 0.72)}" width="14" height="8" rx="2"/>',
            f'<text x="{_at(x + 20)}" y="{_at(y)}">{_text(shown)}</text>',
        ]
        x += 34 + len(shown) * frame.text * _CHARACTER
    return drawn


def _grid(chart: Chart, frame: Frame, plot: _Plot) -> Iterator[str]:
    """The values at the side, the labels below as far as they fit, the limits, and where expecting begins."""
    for mark in ticks(plot.lowest, plot.highest):
        y = _at(plot.y(mark))
        zero = " c-zero" if mark == 0 else ""
        yield f'<line class="c-grid{zero}" x1="{_at(plot.left)}" x2="{_at(plot.right)}" y1="{y}" y2="{y}"/>'
        place = f'x="{_at(plot.left - 6)}" y="{_at(plot.y(mark) + frame.text / 3)}" text-anchor="end"'
        yield f'<text class="c-tick" {place}>{_text(chart.said(mark))}</text>'
    width = max((len(label) for label in chart.labels), default=1) * frame.text * _CHARACTER + 12
    every = max(1, math.ceil(width / plot.step))
    # The last label that has room, and those before it at the same distance.
    last = plot.count - 1 - max(0, math.ceil((plot.x(plot.count - 1) + width / 2 - 6 - frame.width) / plot.step))
    for index in range(last % every, last + 1, every):
        x, y = _at(plot.x(index)), _at(frame.height - frame.text * 0.5)
        yield f'<text class="c-tick" x="{x}" y="{y}" text-anchor="middle">{_text(chart.labels[index])}</text>'
    for limit in chart.limits:
        left, right, high = _at(plot.left), _at(plot.right), plot.y(limit.value)
        across = f'x1="{left}" x2="{right}" y1="{_at(high)}" y2="{_at(high)}"'
        yield f'<line class="c-limit {limit.kind}" {across}/>'
        yield f'<text class="c-limit-name" x="{right}" y="{_at(high - 4)}" text-anchor="end">{_text(limit.name)}</text>'
    if chart.ahead is not None and 0 < chart.ahead < plot.count:
        x = _at(plot.left + chart.ahead * plot.step)
        yield f'<line class="c-now" x1="{x}" x2="{x}" y1="{_at(plot.top)}" y2="{_at(plot.bottom)}"/>'


def _runs(values: Sequence[tuple[float, ...] | None]) -> Iterator[list[tuple[int, tuple[float, ...]]]]:
    """The parts without a gap, each value with its index."""
    run: list[tuple[int, tuple[float, ...]]] = []
    for index, value in enumerate([*values, None]):
        if value is not None:
            run.append((index, value))
        elif run:
            yield run
            run = []


def _band(chart: Chart, plot: _Plot) -> Iterator[str]:
    if chart.band is None:
        return
    pairs: list[tuple[float, ...] | None] = []
    for low, high in zip(chart.band.low, chart.band.high, strict=True):
        ends = (_number(low), _number(high))
        pairs.append((ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else None)
    for run in _runs(pairs):
        above = [f"{_at(plot.x(index))},{_at(plot.y(ends[1]))}" for index, ends in run]
        below = [f"{_at(plot.x(index))},{_at(plot.y(ends[0]))}" for index, ends in reversed(run)]
        yield f'<polygon class="c-band" points="{" ".join([*above, *below])}"/>'


def _path(series: Series, number: int, plot: _Plot) -> Iterator[str]:
    quiet = " quiet" if series.quiet else ""
    known: list[tuple[float, ...] | None] = []
    for given in series.values:
        value = _number(given)
        known.append(None if value is None else (value,))
    for run in _runs(known):
        points = [f"{_at(plot.x(index))},{_at(plot.y(value[0]))}" for index, value in run]
        if len(points) == 1:  # a value between two gaps is a point
            x, y = points[0].split(",")
            yield f'<circle class="c-point c-{number}{quiet}" cx="{x}" cy="{y}" r="2.5"/>'
        else:
            yield f'<polyline class="c-line c-{number}{quiet}" points="{" ".join(points)}"/>'


def _told(chart: Chart, plot: _Plot) -> Iterator[str]:
    """What each label tells under the pointer."""
    if plot.count > _TOLD_POINTS:
        return
    edges = [plot.left + index * plot.step for index in range(plot.count + 1)]
    for index, (left, right) in enumerate(pairwise(edges)):
        values = [(one.name, _number(one.values[index])) for one in chart.series]
        lines = [f"{name}: {chart.said(value)}" for name, value in values if value is not None]
        if not lines:
            continue
        told = _text("\n".join([chart.labels[index], *lines]))
        size = f'x="{_at(left)}" y="{_at(plot.top)}" width="{_at(right - left)}" height="{_at(plot.bottom - plot.top)}"'
        yield f'<rect class="c-told" {size}><title>{told}</title></rect>'
