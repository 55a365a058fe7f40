"""γ: chance-corrected agreement on where units stand and what they are, for units that may overlap and nest.

Yann Mathet, Antoine Widlöcher, Jean-Philippe Métivier (2015): The unified and holistic method gamma (γ) for
inter-annotator agreement measure and alignment. Computational Linguistics 41(3), 437–479. doi:10.1162/COLI_a_00227

The units of all annotators are aligned so that the disorder is least; γ = 1 - observed / expected disorder. Two units
differ by α·d_pos + β·d_cat, here with α = β = Δ∅ = 1: d_pos is the positional sporadic dissimilarity (the paper's
section 4.3), d_cat is the share of their categories that differ. The best alignment is exact for two annotators (an
assignment with null units) and, for more, wherever the alignments worth looking at can be listed (an integer
program, as in the paper); beyond that see ``gamma_many``. Expected disorder is the mean over texts onto which the
annotators' own units are shifted at random (section 5.2), sampled until it is known with the wanted precision
(section 5.3).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from chipstance.gamma_many import best_alignment_of_many

Numbers = NDArray[Any]

NULL_COST = 1.0
"""Δ∅: what a unit costs that is aligned with nothing."""

PRECISION = 0.02
"""How far, with 95 % confidence, the expected disorder may be off, as a share of itself (the paper's choice)."""

FIRST_SAMPLES = 30
MOST_SAMPLES = 2000
CONFIDENCE = 1.96


@dataclass(frozen=True)
class Units:
    """What one annotator marked in a text.

    Attributes:
        places: units × 2: start and end.
        categories: units × k: numbers that stand for the values of k categories.
    """

    places: Numbers
    categories: Numbers

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self.places)

    def shifted(self, shift: int, length: int) -> Units:
        """Return the units moved on; what would start past the end of the text starts again at its beginning."""
        starts = (self.places[:, 0] + shift) % length
        return Units(np.stack([starts, starts + self.places[:, 1] - self.places[:, 0]], axis=1), self.categories)


Marked = tuple[int, int, Sequence[Hashable]]
"""A unit as annotators mark it: start, end and the values of its categories, as many for each unit."""

Distance = Callable[[Numbers, Numbers], Numbers]
"""From the categories of two annotators' units to a matrix of dissimilarities from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Continuum:
    """A text with the units of all its annotators.

    Attributes:
        length: of the text, in code points.
        annotators: their units.
    """

    length: int
    annotators: tuple[Units, ...]

    @property
    def mean_units(self) -> float:
        """How many units an annotator marked on average."""
        return sum(map(len, self.annotators)) / len(self.annotators)


@dataclass(frozen=True, slots=True)
class Gamma:
    """γ of some texts, and what it comes from.

    Attributes:
        observed: disorder of each text's best alignment, times its mean number of units; these add up.
        expected: the same of random texts.
        samples: how many random texts were made of each.
        precision: how far the expected disorder may be off (95 %), as a share; None where there is none.
    """

    observed: Numbers
    expected: Numbers
    samples: int
    precision: float | None

    @property
    def value(self) -> float:
        """γ of all texts: 1 - summed observed / summed expected disorder; NaN where no unit was marked."""
        return float(gamma(np.array([self.observed.sum(), self.expected.sum()])))


def gamma(sums: Numbers) -> Numbers:
    """Return γ from observed and expected disorder (last axis)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[..., 1] > 0, 1 - sums[..., 0] / sums[..., 1], np.nan)


def continuum(length: int, marked: Sequence[Sequence[Marked]]) -> Continuum:
    """Build a text's units: annotators, units and categories are put into an order that depends on nothing but them.

    Args:
        length: of the text, in code points.
        marked: for each annotator, its units.
    """
    values = sorted({value for units in marked for unit in units for value in unit[2]}, key=repr)
    numbers = {value: number for number, value in enumerate(values)}
    rows = [[(start, end, *(numbers[value] for value in values)) for start, end, values in units] for units in marked]
    return Continuum(length, tuple(map(_units, sorted(map(sorted, rows)))))


def _units(rows: list[tuple[int, ...]]) -> Units:
    columns = len(rows[0]) if rows else 2
    numbers = np.array(rows, dtype=int).reshape(len(rows), columns)
    return Units(numbers[:, :2].astype(float), numbers[:, 2:])


def share_differing(first: Numbers, second: Numbers) -> Numbers:
    """Return the share of categories that differ, for every pair of units; 0 where units have none."""
    count = max(first.shape[1], second.shape[1])
    if not count or not first.size or not second.size:
        return np.zeros((len(first), len(second)))
    differing: Numbers = sum(first[:, None, i] != second[:, i] for i in range(count)) / count
    return differing


def positional(first: Numbers, second: Numbers) -> Numbers:
    """Return the positional sporadic dissimilarity of every pair of places."""
    apart = np.abs(first[:, None] - second).sum(axis=2)
    lengths = (first[:, 1] - first[:, 0])[:, None] + (second[:, 1] - second[:, 0])
    return np.asarray((apart / lengths) ** 2 * NULL_COST)


@dataclass(frozen=True, slots=True)
class Dissimilarity:
    """How much two units differ.

    Attributes:
        alpha: weight of where they stand.
        beta: weight of what they are.
        categories: how much categories differ.
    """

    alpha: float = 1
    beta: float = 1
    categories: Distance = share_differing

    def __call__(self, first: Units, second: Units) -> Numbers:
        """Return the dissimilarity of every pair of units."""
        differing = self.categories(first.categories, second.categories) * NULL_COST
        return self.alpha * positional(first.places, second.places) + self.beta * differing


COMBINED = Dissimilarity()


def disorder(continuum: Continuum, dissimilarity: Dissimilarity = COMBINED) -> float:
    """Return the sum of disorders of the best alignment's unitary alignments."""
    annotators = continuum.annotators
    if len(annotators) > 2:  # noqa: PLR2004
        costs = {(i, j): dissimilarity(annotators[i], annotators[j]) for j in range(len(annotators)) for i in range(j)}
        return best_alignment_of_many([len(marked) for marked in annotators], costs, NULL_COST)
    first, second = annotators
    if not len(first) or not len(second):
        return (len(first) + len(second)) * NULL_COST
    # to align two units saves the cost of leaving both alone; the best alignment saves the most
    saved = np.maximum(2 * NULL_COST - dissimilarity(first, second), 0)
    rows, columns = linear_sum_assignment(saved, maximize=True)
    return float((len(first) + len(second)) * NULL_COST - saved[rows, columns].sum())


def shuffled(continuum: Continuum, random: np.random.Generator) -> Continuum:
    """Return a random text: each annotator is given the units of one drawn at random, shifted at random.

    Two shifts differ by half a mean unit or more, so that no text is compared with itself. A draw
    of nothing but annotators without units is made again.
    """
    free = np.empty(continuum.length, dtype=bool)
    lengths = np.concatenate([marked.places[:, 1] - marked.places[:, 0] for marked in continuum.annotators])
    gap = int(np.ceil(lengths.mean() / 2))
    made: list[Units] = []
    while not any(map(len, made)):
        free[:] = True
        made = [_drawn(continuum, random, free, gap) for _ in continuum.annotators]
    return Continuum(continuum.length, tuple(made))


def _drawn(continuum: Continuum, random: np.random.Generator, free: Numbers, gap: int) -> Units:
    """Return a random annotator's units at a random place, and take that place and what is around it from the free."""
    places = np.flatnonzero(free)
    shift = int(random.choice(places)) if len(places) else int(random.integers(continuum.length))
    free[np.arange(shift - gap, shift + gap + 1) % continuum.length] = False
    return continuum.annotators[random.integers(len(continuum.annotators))].shifted(shift, continuum.length)


def normalized(continuum: Continuum, dissimilarity: Dissimilarity = COMBINED) -> float:
    """Return the disorder of the best alignment as the paper defines it: per mean number of units."""
    return disorder(continuum, dissimilarity) / continuum.mean_units


def compute_gamma(
    continua: Sequence[Continuum],
    *,
    seed: int = 0,
    precision: float = PRECISION,
    dissimilarity: Dissimilarity = COMBINED,
    most: int = MOST_SAMPLES,
) -> Gamma:
    """Return γ of some texts together.

    Each text is aligned and shuffled by itself; disorders are summed over texts, each weighted with its mean number
    of units, so that γ of one text is the paper's.

    Args:
        continua: the texts.
        seed: of the random texts.
        precision: how well the expected disorder is to be known; a smaller number asks for more random texts.
        dissimilarity: how much units differ.
        most: the most random texts that are made; the precision reached is in the result.
    """
    random = np.random.default_rng(seed)
    weights = np.array([continuum.mean_units for continuum in continua])
    observed = np.array([disorder(continuum, dissimilarity) for continuum in continua])

    def sample() -> list[float]:
        return [normalized(shuffled(c, random), dissimilarity) if c.mean_units else 0 for c in continua]

    if not weights.sum():
        return Gamma(observed, np.zeros(len(continua)), 0, None)
    drawn = [sample() for _ in range(FIRST_SAMPLES)]
    needed = int(np.ceil((_variation(np.array(drawn) @ weights) * CONFIDENCE / precision) ** 2))
    drawn += [sample() for _ in range(min(needed, most) - FIRST_SAMPLES)]
    samples = np.array(drawn)
    reached = CONFIDENCE * _variation(samples @ weights) / np.sqrt(len(drawn))
    return Gamma(observed, samples.mean(axis=0) * weights, len(drawn), float(reached))


def _variation(values: Numbers) -> float:
    """Return the coefficient of variation."""
    return float(values.std() / values.mean()) if values.any() else 0.0
