"""Intervals by resampling: what a figure would be, had other documents (or paragraphs) of the same kind been labelled.

The percentile bootstrap of Bradley Efron and Robert Tibshirani (1993): An Introduction to the Bootstrap. A figure is
computed from counts that add up over units, so that all replicates are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Formula = Callable[[Numbers], Numbers]
"""From summed counts (first axis: replicates) to the figure of each replicate; NaN where it is undefined."""

REPLICATES = 10_000
LEVEL = 0.95
BLOCK = 1 << 22
"""So many draws are held at once."""
_TAILS = ((1 - LEVEL) / 2 - 1e-12, (1 + LEVEL) / 2 - 1e-12)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its interval.

    Attributes:
        value: None where it is undefined.
        low: lower end of the interval; None where there is none.
        high: its upper end.
        n: how many things it is about.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Resampling:
    """A way to draw units again and again.

    Attributes:
        unit: ``document`` or ``paragraph``.
        units: how many there are.
        chances: how probable each replicate is.
        exact: whether these are all resamples there are.
        seed: of the random draws; it changes nothing where all are enumerated.
        poisson: whether each unit is drawn by itself, as ``streaming`` says.
    """

    unit: str
    units: int
    chances: Numbers
    exact: bool
    seed: int
    poisson: bool = False

    def figure(self, counts: Numbers, formula: Formula, n: int) -> Figure:
        """Return a figure with its percentile interval.

        Replicates in which the figure is undefined are left out.

        Args:
            counts: units × whatever the formula takes; they add up over units.
            formula: from sums of counts to figures.
            n: how many things the figure is about.
        """
        value = formula(counts.sum(axis=0)[None])
        return self.figures(value, formula(self.replicates(counts))[None], [n])[0]

    def replicates(self, counts: Numbers) -> Numbers:
        """Return the sums of counts (units × whatever) in each replicate; many figures can share them."""
        if not self.units:
            return np.zeros((len(self.chances), *counts.shape[1:]))
        weights = (self._kept,) if self.units * len(self.chances) <= BLOCK else self._weights()
        flat = counts.reshape(len(counts), -1)
        used = np.flatnonzero(flat.any(axis=0))  # of many counts only some are ever other than 0
        sums = np.zeros((len(self.chances), flat.shape[1]))
        sums[:, used] = np.concatenate([block @ flat[:, used] for block in weights])
        return sums.reshape(len(sums), *counts.shape[1:])

    def figures(self, values: Numbers, replicates: Numbers, about: Sequence[int]) -> list[Figure]:
        """Return figures from what they are over all units, and in each replicate (figures × replicates).

        Args:
            values: NaN where a figure is undefined.
            replicates: the same of each replicate.
            about: how many things each figure is about.
        """
        if self.units < 2:  # noqa: PLR2004
            return [Figure(_defined(value), None, None, n) for value, n in zip(values, about, strict=True)]
        rows = zip(values, *self._intervals(replicates), about, strict=True)
        return [
            Figure(None, None, None, n) if np.isnan(value) else Figure(float(value), _defined(low), _defined(high), n)
            for value, low, high, n in rows
        ]

    @cached_property
    def _kept(self) -> Numbers:
        return np.concatenate(list(self._weights()))

    def _weights(self) -> Iterator[Numbers]:
        """Yield replicates × units, block by block: how often each unit is drawn in each replicate."""
        if self.exact:
            yield np.array(list(_compositions(self.units, self.units)), dtype=float)
            return
        random, size = np.random.default_rng(self.seed), max(BLOCK // self.units, 1)
        for start in range(0, len(self.chances), size):
            rows = min(size, len(self.chances) - start)
            drawn = random.integers(0, self.units, (rows, self.units))
            drawn += np.arange(rows)[:, None] * self.units
            yield np.bincount(drawn.ravel(), minlength=rows * self.units).reshape(rows, -1).astype(float)

    def _intervals(self, values: Numbers) -> tuple[Numbers, Numbers]:
        """Return the percentile interval of each figure over the replicates in which it is defined."""
        if self.exact:
            order = np.argsort(values, axis=1, kind="stable")
            ordered = np.take_along_axis(values, order, axis=1)
            mass = np.cumsum(np.where(np.isnan(ordered), 0, self.chances[order]), axis=1)
            # a little slack keeps rounding in the sum from moving an end to the next value
            ends = [np.argmax(mass >= share * mass[:, -1:], axis=1) for share in _TAILS]
        else:
            ordered = np.sort(values, axis=1)
            defined = np.count_nonzero(~np.isnan(ordered), axis=1)
            ends = [np.maximum(np.ceil(share * defined).astype(int) - 1, 0) for share in _TAILS]
        low, high = (np.take_along_axis(ordered, end[:, None], axis=1)[:, 0] for end in ends)
        return low, high

    @property
    def note(self) -> str:
        """What the intervals are and what they can't tell."""
        if self.units < 2:  # noqa: PLR2004
            return f"No intervals: one {self.unit} can't be resampled."
        share, counted = f"{LEVEL:.0%} percentile intervals by resampling {self.unit}s", f"{self.units} {self.unit}s"
        if self.exact:
            how = f"all {len(self.chances)} distinct resamples of {counted}, each with its probability"
        else:
            drawn = "Poisson" if self.poisson else "random"
            how = f"{len(self.chances)} {drawn} resamples of {counted}, seed {self.seed}"
        return f"{share}: {how}. {self._limits}"

    @property
    def _limits(self) -> str:
        limits = []
        if self.unit == "paragraph":
            limits = [
                "Paragraphs of one document are not independent: for other documents the intervals are too narrow."
            ]
        elif self.exact:
            limits = ["From so few documents they are rough and tend to be too narrow."]
        limits.append("An interval of no width says that no difference was seen, not that there is none elsewhere.")
        return " ".join(limits)


def resampling(unit: str, units: int, seed: int = 0, replicates: int = REPLICATES) -> Resampling:
    """Return all resamples of some units, or as many random ones where there are more.

    Args:
        unit: what is drawn, by name.
        units: how many there are.
        seed: of the random draws.
        replicates: the most that are made.
    """
    if units and comb(2 * units - 1, units) <= replicates:
        chances = np.array([_chance(counts) for counts in _compositions(units, units)])
        return Resampling(unit, units, chances, True, seed)
    return Resampling(unit, units, np.full(replicates, 1 / replicates), False, seed)


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to share a total out to so many parts."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _compositions(total - first, parts - 1))


def _chance(counts: Sequence[int]) -> float:
    """Return how probable it is to draw each unit so often."""
    units = len(counts)
    return float(factorial(units) / prod(map(factorial, counts)) / units**units)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
