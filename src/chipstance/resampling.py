"""Intervals by resampling: what a figure would be, had other documents (or paragraphs) of the same kind been labelled.

The percentile bootstrap of Bradley Efron and Robert Tibshirani (1993): An Introduction to the Bootstrap. A figure is
computed from counts that add up over units, so that all replicates are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb, factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Formula = Callable[[Numbers], Numbers]
"""From summed counts (first axis: replicates) to the figure of each replicate; NaN where it is undefined."""

REPLICATES = 10_000
LEVEL = 0.95


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


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often each unit stands in each replicate.

    Attributes:
        unit: ``document`` or ``paragraph``.
        units: how many units there are.
        weights: replicates × units: how often the unit was drawn.
        chances: how probable each replicate is.
        exact: whether these are all resamples there are.
        seed: of the random draws; it changes nothing where all are enumerated.
    """

    unit: str
    units: int
    weights: Numbers
    chances: Numbers
    exact: bool
    seed: int

    def figure(self, counts: Numbers, formula: Formula, n: int) -> Figure:
        """Return a figure with its percentile interval.

        Replicates in which the figure is undefined are left out.

        Args:
            counts: units × whatever the formula takes; they add up over units.
            formula: from sums of counts to figures.
            n: how many things the figure is about.
        """
        return self.figure_of(counts.sum(axis=0), self.replicates(counts), formula, n)

    def replicates(self, counts: Numbers) -> Numbers:
        """Return the sums of counts (units × whatever) in each replicate; many figures can share them."""
        return np.asarray(np.tensordot(self.weights, counts, axes=1))

    def figure_of(self, total: Numbers, replicates: Numbers, formula: Formula, n: int) -> Figure:
        """Return a figure from the sums of its counts over all units, and in each replicate; else as ``figure``."""
        value = float(formula(total[None])[0])
        if np.isnan(value):
            return Figure(None, None, None, n)
        if self.units < 2:  # noqa: PLR2004
            return Figure(value, None, None, n)
        return Figure(value, *_interval(formula(replicates), self.chances), n)

    @property
    def note(self) -> str:
        """What the intervals are and what they can't tell."""
        if self.units < 2:  # noqa: PLR2004
            return f"No intervals: one {self.unit} can't be resampled."
        share, counted = f"{LEVEL:.0%} percentile intervals by resampling {self.unit}s", f"{self.units} {self.unit}s"
        if self.exact:
            how = f"all {len(self.chances)} distinct resamples of {counted}, each with its probability"
        else:
            how = f"{len(self.chances)} random resamples of {counted}, seed {self.seed}"
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
        weights = np.array(list(_compositions(units, units)), dtype=float)
        chances = np.array([_chance(counts) for counts in weights])
        return Resampling(unit, units, weights, chances, True, seed)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(units, np.full(units, 1 / max(units, 1)), size=replicates).astype(float)
    return Resampling(unit, units, drawn, np.full(replicates, 1 / replicates), False, seed)


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to share a total out to so many parts."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _compositions(total - first, parts - 1))


def _chance(counts: Numbers) -> float:
    """Return how probable it is to draw each unit so often."""
    units = len(counts)
    return float(factorial(units) / prod(factorial(int(count)) for count in counts) / units**units)


def _interval(values: Numbers, chances: Numbers) -> tuple[float, float]:
    defined = ~np.isnan(values)
    order = np.argsort(values[defined], kind="stable")
    ordered, mass = values[defined][order], np.cumsum(chances[defined][order])
    tail = (1 - LEVEL) / 2
    # a little slack keeps rounding in the sum from moving an end to the next value
    ends = np.searchsorted(mass / mass[-1], [tail - 1e-12, 1 - tail - 1e-12])
    return float(ordered[ends[0]]), float(ordered[ends[1]])
