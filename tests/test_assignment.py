"""Both ways to assign find the greatest sum of weights, and look at no more pairs than there are overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from chipstance import assignment, counting
from chipstance.assignment import EXACT_BONUS, LIKENESS, Numbers, assign
from chipstance.model import Document, Span
from chipstance.scoring import score
from example_scores import LAYERS

Pairs = tuple[Numbers, Numbers]
places = st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
passages = st.lists(st.tuples(places, st.tuples(st.integers(0, 1), st.integers(0, 1))), min_size=1, max_size=5)
Drawn = list[tuple[tuple[int, int], tuple[int, int]]]


def columns(drawn: Drawn) -> tuple[Numbers, Numbers]:
    return np.array([place for place, _ in drawn]), np.array([traits for _, traits in drawn])


def weight(one: tuple[Any, Any], other: tuple[Any, Any]) -> float:
    """Return the weight of two passages with traits, as the module's text has it."""
    ((a, b), traits), ((c, d), others) = one, other
    shared = min(b, d) - max(a, c)
    if shared <= 0:
        return 0.0
    exact = EXACT_BONUS * ((a, b) == (c, d))
    return float(2 * shared / (b - a + d - c) + exact + LIKENESS * np.mean(np.equal(traits, others)))


def earned(left: Drawn, right: Drawn, pairs: Pairs) -> float:
    one, other = pairs
    assert len(set(one.tolist())) == len(set(other.tolist())) == len(one) == len(other)
    weights = [weight(left[i], right[j]) for i, j in zip(one, other, strict=True)]
    assert all(weights)
    return sum(weights)


def greatest(left: Drawn, right: Drawn) -> float:
    few, many = sorted((left, right), key=len)
    return max(sum(map(weight, few, chosen)) for chosen in permutations(many, len(few)))


@settings(max_examples=150, deadline=None)
@given(passages, passages)
def test_dense_and_sparse_find_what_trying_everything_finds(left: Drawn, right: Drawn) -> None:
    (one, traits), (other, others) = columns(left), columns(right)
    best = pytest.approx(greatest(left, right), abs=LIKENESS / 100)  # so near that traits tell
    assert earned(left, right, assignment._assign_dense(one, other, traits, others)) == best
    assert earned(left, right, assignment._assign_sparse(one, other, traits, others)) == best
    assert earned(left, right, assign(one, other, traits, others)) == best


def drawn_at_random(seed: int, size: int, width: int) -> Drawn:
    random = np.random.default_rng(seed)
    starts, lengths, traits = (random.integers(*ends, size) for ends in ((0, width), (1, 9), (0, 2)))
    return [((int(a), int(a + n)), (int(t), 0)) for a, n, t in zip(starts, lengths, traits, strict=True)]


@pytest.mark.parametrize("width", [30, 300, 3000])
def test_large_sets_earn_what_scipy_finds_in_a_table_of_all_pairs(width: int) -> None:
    left, right = drawn_at_random(1, 120, width), drawn_at_random(2, 100, width)
    table = np.array([[weight(one, other) for other in right] for one in left])
    best = pytest.approx(table[linear_sum_assignment(table, maximize=True)].sum(), abs=1e-8)
    (one, traits), (other, others) = columns(left), columns(right)
    assert earned(left, right, assign(one, other, traits, others)) == best
    assert earned(right, left, assign(other, one, others, traits)) == best
    assert earned(left, right, assignment._assign_sparse(one, other, traits, others)) == best


def test_a_table_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = drawn_at_random(3, 30, 40), drawn_at_random(4, 25, 40)
    one, other = columns(left)[0], columns(right)[0]
    whole = assign(one, other)
    monkeypatch.setattr(assignment, "ROWS", 60)
    np.testing.assert_array_equal(assign(one, other), whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=1, max_size=8), st.lists(places, min_size=1, max_size=8))
def test_every_overlap_is_looked_at_once(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    there = {(i, j) for i, (a, b) in enumerate(left) for j, (c, d) in enumerate(right) if a < d and c < b}
    one, other = np.array(left), np.array(right)
    pairs = [pair for rows, others in assignment._overlapping(one, other) for pair in zip(rows, others, strict=True)]
    assert sorted(pairs) == sorted(there)
    assert assignment._count_overlapping(one, other) == len(there)


@pytest.fixture
def edges(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of edges of each sparse table that is made; a table of all pairs can't be."""
    found: list[int] = []

    def matching(table: Any) -> Pairs:
        found.append(table.nnz)
        one, other = min_weight_full_bipartite_matching(table)
        return one, other

    monkeypatch.setattr(assignment, "min_weight_full_bipartite_matching", matching)
    monkeypatch.setattr(assignment, "linear_sum_assignment", None)
    return found


def test_far_passages_take_no_table(edges: list[int]) -> None:
    left = np.array([(2 * i, 2 * i + 5) for i in range(20_000)])
    one, other = assign(left, left + 1)
    assert len(one) == len(other) == 20_000
    assert edges[0] < 8 * len(left)  # a table of all pairs has 400,000,000 cells


def test_one_passage_over_all_adds_as_many_edges_as_there_are_passages(edges: list[int]) -> None:
    left = np.array([(0, 4_010), *((2 * i, 2 * i + 5) for i in range(2_000))])
    one, _ = assign(left, left + 1)
    assert len(one) == len(left)
    assert edges[0] < 10 * len(left)


def test_passages_that_overlap_with_nothing_are_left_out() -> None:
    left, right = np.array([(0, 5), (10, 15)]), np.array([(5, 10), (20, 30)])
    for pairs in (assign(left, right), assignment._assign_dense(left, right, *[np.zeros((2, 0))] * 2)):
        assert [len(side) for side in pairs] == [0, 0]


def test_of_equal_pairings_traits_decide_and_never_against_a_better_fit() -> None:
    left, right = np.array([(0, 10), (0, 10)]), np.array([(0, 10), (0, 9)])
    same, other = np.array([[1], [2]]), np.array([[2], [1]])
    one, two = assign(left, right, same, other)
    assert sorted(zip(one.tolist(), two.tolist(), strict=True)) == [(0, 1), (1, 0)]
    alone = assign(np.array([(0, 10)]), right, np.array([[1]]), other)
    assert [side.tolist() for side in alone] == [[0], [0]]  # the exact one, though its trait differs
    better = assign(np.array([(0, 10)]), np.array([(0, 8), (0, 9)]), np.array([[1]]), same)
    assert [side.tolist() for side in better] == [[0], [1]]


def test_flat_spans_are_matched_without_assigning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where three or more spans hang together is there anything to choose."""
    sizes: list[tuple[int, int]] = []

    def counted(left: Numbers, right: Numbers) -> Pairs:
        sizes.append((len(left), len(right)))
        return assign(left, right)

    monkeypatch.setattr(counting, "assign", counted)
    flat = [(10 * i, 10 * i + 10) for i in range(300)]  # they touch

    def earns(gold: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]) -> float:
        sides = [Document("d", "x" * 3000, tuple(Span("", "cue", a, b, "") for a, b in each)) for each in (gold, found)]
        return score(sides[:1], {"d": sides[1]}, LAYERS).total(("overlap", "cue"))

    assert earns(flat, [(a + 1, b) for a, b in flat]) == pytest.approx(300 * 18 / 19)
    assert sizes == []
    assert earns([*flat, (2, 5)], [(a + 1, b) for a, b in flat]) == pytest.approx(300 * 18 / 19)
    assert sizes == [(2, 1)]
