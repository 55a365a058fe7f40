"""Tests whether two systems differ on the same documents: the paired sign-flip test on F1 and other figures.

If both were equally good, who gave which answers in a unit would be chance: so the answers of both are swapped, unit
by unit, and the difference of the figure is computed again (approximate randomization: Eric Noreen 1989; for F1,
Alexander Yeh 2000: More accurate tests for the statistical significance of result differences). All swaps are
enumerated where units are few.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from chipstance.layers import Layers
from chipstance.resampling import Formula
from chipstance.score_figures import Name, measures
from chipstance.scoring import Numbers, Scores

SWAPS = 2**14
"""The most swaps that are made."""
SLACK = 1e-12
"""Differences as near as this are equal: what is between them is rounding."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The difference of two systems in one figure.

    Attributes:
        first: of one system; None where it is undefined.
        second: of the other.
        p: two-sided: how often swapping gives a difference as great as this one; None where one figure is undefined.
        smallest: the smallest p that the swaps of these answers could have given.
    """

    first: float | None
    second: float | None
    p: float | None
    smallest: float | None

    @property
    def difference(self) -> float | None:
        """The figure of the first minus that of the second."""
        return None if self.first is None or self.second is None else self.first - self.second


@dataclass(frozen=True, slots=True)
class SystemComparison:
    """Two systems, compared.

    Attributes:
        by_name: the tests, by the name of the figure that is compared.
        unit: what was swapped.
        units: how many there are.
        swaps: how many swaps were looked at.
        exact: whether these are all there are.
        seed: of the random swaps.
    """

    by_name: Mapping[Name, Outcome]
    unit: str
    units: int
    swaps: int
    exact: bool
    seed: int

    @property
    def note(self) -> str:
        """What the test is and what it can't tell."""
        how = f"all {self.swaps} swaps" if self.exact else f"{self.swaps} random swaps, seed {self.seed},"
        note = f"Paired sign-flip test, two-sided: {how} of the answers in {self.units} {self.unit}s."
        if self.unit == "paragraph":
            note += " Paragraphs of one document are not independent: for other documents p is too small."
        return f"{note} Many tests are made here: a small p among them is expected."


def compare_scores(
    first: Scores, second: Scores, layers: Layers, *, seed: int = 0, names: Collection[Name] | None = None
) -> SystemComparison:
    """Test every F1 of spans, by layer and regime, or the figures that are named.

    Args:
        first: of one system.
        second: of the other, on the same gold labels.
        layers: what is annotated.
        seed: of the random swaps; it changes nothing where all are enumerated.
        names: of other figures to test.

    Raises:
        ValueError: they are not of the same units.
    """
    if (first.unit, first.units, first.columns) != (second.unit, second.units, second.columns):
        raise ValueError("two systems can be compared only on the same documents and units")
    units = len(first.units)
    exact = 2**units <= SWAPS
    swaps = _all_swaps(units) if exact else np.random.default_rng(seed).integers(0, 2, (SWAPS, units))
    known = measures(layers)
    chosen = [name for name in known if (name[0], name[3]) == ("spans", "f1")] if names is None else names
    tested = {
        name: _test(first.sums(*counts), second.sums(*counts), swaps, known[name].formula, exact=exact)
        for name in chosen
        for counts in (known[name].counts,)
    }
    return SystemComparison(tested, first.unit, units, len(swaps), exact, seed)


def _all_swaps(units: int) -> Numbers:
    return np.asarray((np.arange(2**units)[:, None] >> np.arange(units)) & 1)


def _test(first: Numbers, second: Numbers, swaps: Numbers, formula: Formula, *, exact: bool) -> Outcome:
    moved = swaps @ (second - first)
    one, other = first.sum(axis=0), second.sum(axis=0)
    values = [None if np.isnan(value) else float(value) for value in (formula(one), formula(other))]
    if None in values:
        return Outcome(values[0], values[1], None, None)
    apart = np.abs(formula(one + moved) - formula(other - moved))
    seen = abs(float(formula(one) - formula(other)))
    as_great = int(np.sum(~(apart < seen - SLACK)))  # an undefined difference counts against the systems' difference
    if exact:
        greatest = int(np.sum(~(apart < np.nanmax(apart) - SLACK)))
        return Outcome(values[0], values[1], as_great / len(apart), greatest / len(apart))
    telling = int(np.sum(np.any(first != second, axis=1)))
    smallest = max(1 / (len(apart) + 1), min(1.0, 2.0 ** (1 - telling)))
    return Outcome(values[0], values[1], (as_great + 1) / (len(apart) + 1), smallest)
