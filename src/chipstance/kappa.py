"""Cohen's κ: agreement of two annotators on categories, corrected for chance.

Jacob Cohen (1960): A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20(1).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


def tally(counts: Numbers) -> Numbers:
    """Return all that κ needs of a table, in a form that adds up: number of agreements, row sums, column sums."""
    return np.concatenate([[np.trace(counts)], counts.sum(axis=1), counts.sum(axis=0)])


def observed(tallies: Numbers) -> Numbers:
    """Return the raw agreement of tallies (last axis); NaN where nothing was compared."""
    size = (tallies.shape[-1] - 1) // 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(tallies[..., 0] / tallies[..., 1 : size + 1].sum(axis=-1))


def kappa(tallies: Numbers) -> Numbers:
    """Return κ of tallies (last axis); NaN where it is undefined: nothing compared, or one category used by both."""
    size = (tallies.shape[-1] - 1) // 2
    rows, columns = tallies[..., 1 : size + 1], tallies[..., size + 1 :]
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (rows * columns).sum(axis=-1) / rows.sum(axis=-1) ** 2
        value = (observed(tallies) - expected) / (1 - expected)
    return np.where(expected < 1, value, np.nan)


def cohen_kappa(counts: Numbers) -> float:
    """Return κ of one table of counts; NaN where it is undefined."""
    return float(kappa(tally(np.asarray(counts, dtype=float))))


def same_group_table(first: Sequence[Hashable], second: Sequence[Hashable]) -> Numbers:
    """Count pairs of items by whether each annotator put them into one group: [[neither, B only], [A only, both]].

    Names of groups mean nothing; only who stands with whom does. κ of this table is the adjusted Rand index
    (Matthijs J. Warrens, 2008: On the equivalence of Cohen's kappa and the Hubert-Arabie adjusted Rand index.
    Journal of Classification 25(2)).

    Args:
        first: for each item, its group by annotator A.
        second: for each item, its group by annotator B.
    """
    both = _pairs_within(list(zip(first, second, strict=True)))
    only_first, only_second = _pairs_within(first) - both, _pairs_within(second) - both
    size = len(first)
    neither = size * (size - 1) // 2 - both - only_first - only_second
    return np.array([[neither, only_second], [only_first, both]], dtype=float)


def _pairs_within(groups: Sequence[Hashable]) -> int:
    sizes: dict[Hashable, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    return sum(size * (size - 1) // 2 for size in sizes.values())
