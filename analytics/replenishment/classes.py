"""ABC by what products bring in, XYZ by how evenly they sell."""

from enum import StrEnum

import numpy as np

from analytics.forecasting.panel import Floats

_WEEK = 7
_EVEN, _UNEVEN = 0.5, 1.0


class Abc(StrEnum):
    """A makes most of the money, C hardly any."""

    A = "a"
    B = "b"
    C = "c"


class Xyz(StrEnum):
    """X sells much the same every week, Z now and then."""

    X = "x"
    Y = "y"
    Z = "z"


def shares(worth: Floats) -> Floats:
    """(S,) each product's part of the whole; what brought in nothing or less has none, and all together are 1, if any has."""
    earned = np.maximum(worth, 0.0)
    total = earned.sum()
    parts: Floats = earned / total if total > 0 else earned
    return parts


def abc(worth: Floats, a: float = 0.8, b: float = 0.95) -> list[Abc]:
    """The class of each of S products: A as long as those before it bring in less than `a` of the whole, then B up to `b`.

    So the product that crosses a border is still above it, and one that brings in 90 % alone is A. Equal ones are of one
    class, the better of theirs. What brings in nothing is C.
    """
    parts = shares(worth)
    order = np.argsort(-parts, kind="stable")
    before = np.cumsum(parts[order]) - parts[order]
    found = [Abc.C] * len(parts)
    last: tuple[float, Abc] | None = None
    for at, ahead in zip(order.tolist(), before.tolist(), strict=True):
        if parts[at] <= 0:
            continue
        kind = Abc.A if ahead < a - 1e-12 else Abc.B if ahead < b - 1e-12 else Abc.C
        if last is not None and last[0] == parts[at]:
            kind = last[1]
        found[at], last = kind, (float(parts[at]), kind)
    return found


def xyz(quantity: Floats) -> list[Xyz]:
    """The class of each of (S, T) daily series by the variation of their whole weeks since the first sale; without any, Z."""
    weeks = quantity.shape[1] // _WEEK
    if weeks < 2:
        return [Xyz.Z] * len(quantity)
    sums = quantity[:, -weeks * _WEEK :].reshape(len(quantity), weeks, _WEEK).sum(2)
    begun = np.maximum.accumulate(sums > 0, axis=1)
    count = np.maximum(begun.sum(1), 1)
    mean = sums.sum(1) / count
    spread = np.sqrt((((sums - mean[:, None]) ** 2) * begun).sum(1) / count)
    variation = np.where(mean > 0, spread / np.maximum(mean, 1e-9), np.inf)
    return [Xyz.X if value <= _EVEN else Xyz.Y if value <= _UNEVEN else Xyz.Z for value in variation.tolist()]
