"""The best alignment of three or more annotators' units, for γ (Mathet, Widlöcher & Métivier 2015, section 5.1).

A unitary alignment takes a unit or a null unit from every annotator; its disorder is the mean over all pairs of
annotators, a pair with a null unit costing Δ∅. An alignment takes every unit once. Units too far apart ever to
be aligned are dealt with apart; in each group the unitary alignments that can be part of a best one are listed,
and an integer program chooses. A group with more than ``MOST_LISTED`` combinations is aligned step by
step instead: annotators are added one after the other, in an order that their units decide, each by an optimal
assignment to the unitary alignments so far. Its disorder may then be too high, for observed and random texts alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[Any]
Costs = Mapping[tuple[int, int], Numbers]
"""For annotators i < j: units of i × units of j."""

Unit = tuple[int, int]
"""An annotator and one of its units."""

Tuple = tuple[Unit, ...]
"""The units of a unitary alignment; its null units are not written."""

MOST_LISTED = 2_000_000


def best_alignment_of_many(sizes: Sequence[int], costs: Costs, null: float) -> float:
    """Return the sum of disorders of the best alignment.

    Args:
        sizes: how many units each annotator has.
        costs: dissimilarity of every pair of units of different annotators.
        null: Δ∅.
    """
    listed: list[tuple[Tuple, float]] = []
    total = 0.0
    for group in _groups(sizes, costs, null):
        by_annotator = [[unit for annotator, unit in group if annotator == wanted] for wanted in range(len(sizes))]
        if len(group) == 1:
            total += null
        elif prod(len(members) + 1 for members in by_annotator) > MOST_LISTED:
            total += _stepwise(by_annotator, costs, null)
        else:
            listed += _candidates(by_annotator, costs, null)
    return total + (_chosen(listed) if listed else 0)


def _groups(sizes: Sequence[int], costs: Costs, null: float) -> Iterator[list[Unit]]:
    """Yield the units that hang together.

    To part a unitary alignment in two changes its cost, times the pairs of annotators, by at most (pairs + k)·Δ∅
    less the k dissimilarities across: where each of these is (pairs + 1)·Δ∅ or more, parting costs nothing.
    """
    limit = (comb(len(sizes), 2) + 1) * null
    starts = np.cumsum([0, *sizes])
    edges = np.concatenate([np.argwhere(costs[i, j] < limit) + starts[[i, j]] for i, j in costs])
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(starts[-1], starts[-1]))
    count, labels = connected_components(graph, directed=False)
    members: list[list[Unit]] = [[] for _ in range(count)]
    every = [(annotator, unit) for annotator, size in enumerate(sizes) for unit in range(size)]
    for unit, label in zip(every, labels, strict=True):
        members[label].append(unit)
    yield from members


def cost(chosen: Tuple, annotators: int, costs: Costs, null: float) -> float:
    """Return the disorder of a unitary alignment."""
    real = sum(costs[i, j][u, v] for (i, u), (j, v) in combinations(chosen, 2))
    pairs = comb(annotators, 2)
    return float(real + (pairs - comb(len(chosen), 2)) * null) / pairs


def _candidates(by_annotator: list[list[int]], costs: Costs, null: float) -> Iterator[tuple[Tuple, float]]:
    """Yield every unit alone, and the unitary alignments from which no unit is better taken out, with their costs."""
    annotators, pairs = len(by_annotator), comb(len(by_annotator), 2)
    shape = [len(members) + 1 for members in by_annotator]  # the last place is the null unit's
    filled = sum(_along(np.arange(size) < size - 1, [axis], annotators) for axis, size in enumerate(shape))
    count = np.broadcast_to(filled, shape)
    away = [np.zeros(shape) for _ in shape]  # of each annotator's unit from all the others
    for (i, j), matrix in costs.items():
        near = np.pad(matrix[np.ix_(by_annotator[i], by_annotator[j])], ((0, 1), (0, 1)))
        for axis in (i, j):
            away[axis] += _along(near, [i, j], annotators)
    total = sum(away) / 2 + (pairs - count * (count - 1) / 2) * null
    kept = np.all([part < (pairs + count - 1) * null for part in away], axis=0) & (total < count * pairs * null)
    for places in np.argwhere((kept & (count > 1)) | (count == 1)):
        units = tuple((i, by_annotator[i][place]) for i, place in enumerate(places) if place < shape[i] - 1)
        yield units, float(total[tuple(places)]) / pairs


def _along(values: Numbers, axes: list[int], dimensions: int) -> Numbers:
    """Return an array turned so that its axes are some of several dimensions."""
    return np.expand_dims(values, [axis for axis in range(dimensions) if axis not in axes])


def _chosen(listed: list[tuple[Tuple, float]]) -> float:
    """Return the least cost of unitary alignments that take every unit once."""
    rows: dict[Unit, int] = {}
    entries = [(rows.setdefault(u, len(rows)), column) for column, (units, _) in enumerate(listed) for u in units]
    places = np.array(entries)
    matrix = coo_array((np.ones(len(places)), (places[:, 0], places[:, 1])), shape=(len(rows), len(listed)))
    costs = np.array([value for _, value in listed])
    once = LinearConstraint(matrix, 1, 1)
    options = {"mip_rel_gap": 0}
    result = milp(costs, integrality=np.ones(len(listed)), bounds=Bounds(0, 1), constraints=once, options=options)
    return float(costs @ np.round(result.x))


def _stepwise(by_annotator: list[list[int]], costs: Costs, null: float) -> float:
    annotators = len(by_annotator)
    order = sorted(range(annotators), key=lambda annotator: -len(by_annotator[annotator]))
    made: list[Tuple] = []
    for annotator in order:
        alone: list[Tuple] = [((annotator, unit),) for unit in by_annotator[annotator]]
        made = _joined(made, alone, annotators, costs, null)
    return sum(cost(units, annotators, costs, null) for units in made)


def _joined(made: list[Tuple], alone: list[Tuple], annotators: int, costs: Costs, null: float) -> list[Tuple]:
    """Add one annotator's units to the unitary alignments so far, where that saves the most."""
    if not made or not alone:
        return made + alone

    def joined(first: Tuple, second: Tuple) -> Tuple:
        return tuple(sorted((*first, *second)))

    def price(units: Tuple) -> float:
        return cost(units, annotators, costs, null)

    apart = np.array([price(units) for units in made])[:, None] + null
    saved = np.maximum(apart - np.array([[price(joined(a, b)) for b in alone] for a in made]), 0)
    rows, columns = linear_sum_assignment(saved, maximize=True)
    taken = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if saved[i, j] > 0}
    rest = [units for j, units in enumerate(alone) if j not in taken.values()]
    return [joined(units, alone[taken[i]]) if i in taken else units for i, units in enumerate(made)] + rest
