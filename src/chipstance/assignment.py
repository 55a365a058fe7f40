"""Matches two sets of passages one-to-one so that the sum of weights is greatest; see ``matching`` for the weight.

Where few of the passages overlap, only those pairs are looked at (Jonker and Volgenant 1987: A shortest augmenting
path algorithm for dense and sparse linear assignment problems); else all pairs, in a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

Numbers = NDArray[Any]

EXACT_BONUS = 2.0
LIKENESS = 1e-9
"""Weight of the share of equal traits: it decides between pairs that cover each other equally well, and no others."""
SMALL = 10_000
"""A table with so many pairs costs nothing to speak of."""
SPARSE = 0.05
"""Where fewer of all pairs overlap, a table of all of them is not worth making."""
ROWS = 1 << 20
"""So many pairs are weighed at once."""


def assign(
    left: Numbers, right: Numbers, left_traits: Numbers | None = None, right_traits: Numbers | None = None
) -> tuple[Numbers, Numbers]:
    """Match overlapping passages; a passage that overlaps with none is left out.

    Args:
        left: start and end of each passage of one side.
        right: the same of the other side.
        left_traits: passages × traits, as numbers; between equally good pairings, that with more equal traits wins.
        right_traits: the same of the other side.

    Returns:
        Indices of the matched passages of both sides.
    """
    traits = np.zeros((len(left), 0)) if left_traits is None else left_traits
    others = np.zeros((len(right), 0)) if right_traits is None else right_traits
    size = len(left) * len(right)
    if size > SMALL and _count_overlapping(left, right) < SPARSE * size:
        return _assign_sparse(left, right, traits, others)
    return _assign_dense(left, right, traits, others)


def _assign_dense(left: Numbers, right: Numbers, traits: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    rows, columns = _mixed(len(left), len(right))
    table = np.empty((len(rows), len(columns)))
    step = max(ROWS // max(len(right), 1), 1)
    for start in range(0, len(rows), step):
        some = rows[start : start + step, None]
        table[start : start + step] = _weights(left[some], right[columns], traits[some], others[columns])
    one, other = linear_sum_assignment(table, maximize=True)
    real = table[one, other] > 0
    return rows[one[real]], columns[other[real]]


def _mixed(rows: int, columns: int) -> tuple[Numbers, Numbers]:
    """Return an order of rows and columns: where a large table is in reading order, nested spans take far longer."""
    if rows * columns <= SMALL:
        return np.arange(rows), np.arange(columns)
    random = np.random.default_rng(0)
    return random.permutation(rows), random.permutation(columns)


def _assign_sparse(left: Numbers, right: Numbers, traits: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    one, other = map(np.concatenate, zip(*_overlapping(left, right), strict=True))
    weights = _weights(left[one], right[other], traits[one], others[other])
    # every passage of the left may stay alone, with a column of its own; costs are above 0, for 0 means no edge
    alone = np.arange(len(left))
    costs = np.concatenate([EXACT_BONUS + 2 - weights, np.full(len(left), EXACT_BONUS + 2)])
    rows, columns = np.concatenate([one, alone]), np.concatenate([other, len(right) + alone])
    table = coo_array((costs, (rows, columns)), shape=(len(left), len(right) + len(left))).tocsr()
    chosen, partner = min_weight_full_bipartite_matching(table)
    real = partner < len(right)
    return chosen[real], partner[real]


def _weights(a: Numbers, b: Numbers, traits: Numbers, others: Numbers) -> Numbers:
    """Return the weight of pairs; 0 where they don't overlap."""
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    dice = np.maximum(shared, 0) * 2 / (a[..., 1] - a[..., 0] + b[..., 1] - b[..., 0])
    weights = np.where(dice == 1, dice + EXACT_BONUS, dice)
    if traits.shape[-1]:
        weights = np.where(weights > 0, weights + LIKENESS * (traits == others).mean(axis=-1), 0)
    return np.asarray(weights)


def _count_overlapping(left: Numbers, right: Numbers) -> int:
    """Return how many pairs overlap, or nearly so: those that begin before the other ends, and end after it begins."""
    begun = np.searchsorted(np.sort(right[:, 0]), left[:, 1], side="left").sum()
    ended = np.searchsorted(np.sort(right[:, 1]), left[:, 0], side="right").sum()
    return int(begun - ended)


def _overlapping(left: Numbers, right: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield the indices of all pairs that overlap: the right begins inside the left one, or the left in the right."""
    yield _begun(left, right, "left")
    other, one = _begun(right, left, "right")
    yield one, other


def _begun(around: Numbers, inner: Numbers, side: Any) -> tuple[Numbers, Numbers]:
    """Return all pairs in which the second begins inside the first, or with it where ``side`` is ``left``."""
    order = np.argsort(inner[:, 0], kind="stable")
    starts = inner[order, 0]
    first, last = np.searchsorted(starts, around[:, 0], side=side), np.searchsorted(starts, around[:, 1], side="left")
    counts = np.maximum(last - first, 0)
    which = np.repeat(np.arange(len(around)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, order[np.repeat(first, counts) + within]
