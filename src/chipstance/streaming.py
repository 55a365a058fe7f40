"""Scores shard by shard: what is kept does not grow with the number of documents.

Intervals come from the Poisson bootstrap (James Hanley and Brenda MacGibbon 2006: Creating non-parametric bootstrap
samples using Poisson frequencies; for streams, Nicholas Chamandy et al. 2012: Estimating uncertainty for massive data
streams): in each replicate a unit counts as often as a Poisson draw of mean 1 says. The draw depends on the seed and
the unit's own name alone, so that it is the same in whatever shard, order, process or machine the unit is scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from math import exp, factorial
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.layers import Layers
from chipstance.model import Document
from chipstance.resampling import Resampling
from chipstance.score_figures import Figures, figures_of
from chipstance.score_keys import Key
from chipstance.scoring import DOCUMENT, Scores, score

Numbers = NDArray[Any]
Shard = tuple[Sequence[Document], Mapping[str, Document]]
"""Gold documents, and predictions by document id."""

REPLICATES = 1000
MOST = 20
"""No unit counts more often than this in a replicate; the chance of more is below 1e-19."""
_BELOW = np.cumsum([exp(-1) / factorial(count) for count in range(MOST)])
"""How probable it is to count no more often than 0, 1, 2, … times."""


@dataclass(frozen=True)
class Sums:
    """The counts of any number of units, summed.

    Attributes:
        unit: ``document`` or ``paragraph``.
        units: how many were summed.
        columns: what each column counts.
        total: the sum of each column.
        replicates: replicates × columns: the same of each replicate.
        seed: of the replicates.
    """

    unit: str
    units: int
    columns: tuple[Key, ...]
    total: Numbers
    replicates: Numbers
    seed: int

    def __add__(self, other: Sums) -> Sums:
        """Return the sums of both; documents that are in both count twice, for their names are not kept.

        Raises:
            ValueError: they do not count the same things, or are resampled in another way.
        """
        same = [(each.unit, each.columns, each.seed, each.replicates.shape) for each in (self, other)]
        if same[0] != same[1]:
            raise ValueError("sums can be added only if they count the same things by the same units, seed and draws")
        units, total = self.units + other.units, self.total + other.total
        return Sums(self.unit, units, self.columns, total, self.replicates + other.replicates, self.seed)

    def figures(self, layers: Layers) -> Figures:
        """Compute every figure with its 95 % interval."""
        chances = np.full(len(self.replicates), 1 / len(self.replicates))
        draws = Resampling(self.unit, self.units, chances, False, self.seed, poisson=True)
        return figures_of(self.columns, self.total, self.replicates, draws, layers)


def sum_scores(scores: Scores, *, seed: int = 0, replicates: int = REPLICATES) -> Sums:
    """Return the sums of some scores.

    Args:
        scores: of some documents.
        seed: of the replicates.
        replicates: how many there are.
    """
    weights = poisson_weights(scores.units, seed, replicates)
    total = scores.counts.sum(axis=0)
    return Sums(scores.unit, len(scores.units), scores.columns, total, weights @ scores.counts, seed)


def score_shards(
    shards: Iterable[Shard], layers: Layers, *, unit: str = DOCUMENT, seed: int = 0, replicates: int = REPLICATES
) -> Sums:
    """Score one shard after the other; arguments and errors as for ``score`` and ``sum_scores``.

    Raises:
        ValueError: there is no shard.
    """
    counted = (score(gold, found, layers, unit=unit) for gold, found in shards)
    sums = (sum_scores(each, seed=seed, replicates=replicates) for each in counted)
    first = next(sums, None)
    if first is None:
        raise ValueError("there is no shard to score")
    return reduce(add, sums, first)


def poisson_weights(units: Sequence[tuple[str, int]], seed: int, replicates: int) -> Numbers:
    """Return replicates × units: how often each unit counts in each replicate.

    Args:
        units: document id and number of the unit in it.
        seed: of the draws.
        replicates: how many there are.
    """
    names = (f"{seed}\n{doc}\n{number}".encode() for doc, number in units)
    hashes = b"".join(blake2b(name, digest_size=8).digest() for name in names)
    first = np.frombuffer(hashes, dtype="<u8").astype(np.uint64)
    step = np.arange(1, replicates + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    uniform = (_mixed(first + step[:, None]) >> np.uint64(11)).astype(float) / 2**53
    return np.searchsorted(_BELOW, uniform, side="right").astype(float)


def _mixed(numbers: Numbers) -> Numbers:
    """Return numbers whose bits look random (Guy Steele, Doug Lea, Christine Flood 2014: SplitMix)."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
