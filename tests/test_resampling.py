"""Intervals by resampling: all resamples where there are few, seeded ones where there are many."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from chipstance.resampling import Numbers, resampling


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
