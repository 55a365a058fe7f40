"""Intervals by resampling: all resamples where there are few, seeded ones where there are many."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

from chipstance.resampling import Numbers, Resampling, resampling


def mean(sums: Numbers) -> Numbers:
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[:, 0] / sums[:, 1])


def test_five_documents_have_126_resamples() -> None:
    drawn = resampling("document", 5)
    assert drawn.exact
    assert len(drawn.chances) == 126
    assert drawn.chances.sum() == pytest.approx(1)
    assert "all 126 distinct resamples of 5 documents" in drawn.note


def test_enumeration_is_what_drawing_every_way_gives() -> None:
    counts = np.array([[1.0, 2], [5, 5], [0, 3]])
    means = sorted(float(mean(counts[list(drawn)].sum(axis=0)[None])[0]) for drawn in product(range(3), repeat=3))
    found = resampling("document", 3).figure(counts, mean, 10)
    assert (found.low, found.high) == (means[0], means[-1])  # of 27 ways, 2.5 % is less than one
    assert found.value == pytest.approx(0.6)
    assert found.n == 10


def test_many_units_are_drawn_with_a_seed() -> None:
    counts = np.stack([np.arange(40.0), np.full(40, 50.0)], axis=1)
    first, again, other = (resampling("paragraph", 40, seed).figure(counts, mean, 40) for seed in (1, 1, 2))
    assert first == again != other
    deviation = np.std(np.arange(40) / 50) / np.sqrt(40)
    assert first.low is not None
    assert first.high is not None
    assert (first.high - first.low) / (2 * 1.96 * deviation) == pytest.approx(1, abs=0.1)
    assert "seed 1" in resampling("paragraph", 40, 1).note


def test_one_document_has_no_interval() -> None:
    found = resampling("document", 1).figure(np.array([[1.0, 2]]), mean, 2)
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert resampling("document", 1).note == "No intervals: one document can't be resampled."


def test_undefined_replicates_are_left_out() -> None:
    found = resampling("document", 2).figure(np.array([[1.0, 2], [0, 0]]), mean, 2)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)
    assert resampling("document", 2).figure(np.zeros((2, 2)), mean, 0).value is None


def test_no_units_have_no_figures() -> None:
    assert resampling("document", 0).figure(np.zeros((0, 2)), mean, 0).value is None


@pytest.mark.parametrize("units", [1, 2, 3, 4, 6])
def test_chances_are_those_of_drawing_every_way(units: int) -> None:
    ways = Counter(tuple(np.bincount(drawn, minlength=units)) for drawn in product(range(units), repeat=units))
    drawn = resampling("document", units)
    weights = drawn.replicates(np.eye(units))
    assert len(weights) == len(ways)
    for row, chance in zip(weights.astype(int).tolist(), drawn.chances, strict=True):
        assert chance == pytest.approx(ways[tuple(row)] / units**units)


def test_random_replicates_draw_as_many_units_as_there_are() -> None:
    weights = resampling("document", 30, seed=4, replicates=2000).replicates(np.eye(30))
    assert weights.shape == (2000, 30)
    assert set(weights.sum(axis=1)) == {30}
    assert weights.mean(axis=0) == pytest.approx(np.ones(30), abs=0.1)
    assert weights.var() == pytest.approx(1 - 1 / 30, abs=0.02)
    assert len({tuple(row) for row in weights.tolist()}) == 2000


def test_blocks_of_draws_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.default_rng(0).random((12, 3, 2))
    counts[:, 1, 1] = 0
    whole = resampling("document", 12, seed=5, replicates=300).replicates(counts)
    monkeypatch.setattr("chipstance.resampling.BLOCK", 100)
    np.testing.assert_allclose(resampling("document", 12, seed=5, replicates=300).replicates(counts), whole)
    assert whole.shape == (300, 3, 2)
    assert not whole[:, 1, 1].any()
    assert whole.mean(axis=0) == pytest.approx(counts.sum(axis=0), rel=0.05)


def test_ends_are_the_values_below_and_above_which_a_fortieth_lies() -> None:
    """Of 40 equally probable values the first has a chance of 2.5 %, and so is the lower end; the upper is the 39th."""
    draws = Resampling("document", 9, np.full(40, 1 / 40), False, 0)
    values = np.random.default_rng(1).permutation(np.arange(40.0))
    gaps = np.where(values < 20, np.nan, values)  # 20 are left, of which a fortieth is half of one
    found = draws.figures(np.array([7.0, 7, np.nan]), np.stack([values, gaps, gaps]), [1, 2, 3])
    assert [(each.low, each.high, each.n) for each in found] == [(0, 38, 1), (20, 39, 2), (None, None, 3)]
    exact = Resampling("document", 9, np.full(40, 1 / 40), True, 0)
    assert exact.figures(np.array([7.0, 7, np.nan]), np.stack([values, gaps, gaps]), [1, 2, 3]) == found


def test_improbable_resamples_weigh_little() -> None:
    draws = Resampling("document", 3, np.array([0.01, 0.02, 0.9, 0.05, 0.02]), True, 0)
    (figure,) = draws.figures(np.array([3.0]), np.array([[1.0, 2, 3, 4, 5]]), [9])
    assert (figure.low, figure.high) == (2, 4)


def test_what_is_exact_depends_on_how_many_replicates_are_allowed() -> None:
    assert [resampling("document", n).exact for n in (1, 7, 8)] == [True, True, True]
    assert not resampling("document", 9).exact
    assert not resampling("document", 5, replicates=125).exact
    assert resampling("document", 5, replicates=126).exact


def test_notes_say_what_intervals_assume() -> None:
    assert "rough and tend to be too narrow" in resampling("document", 5).note
    assert "rough" not in resampling("document", 50).note
    assert "Paragraphs of one document are not independent" in resampling("paragraph", 50).note
    assert "10000 random resamples of 50 documents, seed 3" in resampling("document", 50, 3).note
