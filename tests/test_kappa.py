"""Cohen's κ against published tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipstance.kappa import cohen_kappa, kappa, observed, same_group_table, tally


@pytest.mark.parametrize(
    ("counts", "raw", "value"),
    [
        # Cohen (1968), Psychological Bulletin 70(4), table 1: 200 patients, three diagnoses
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.70, 0.492),
        # Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72(5), table 1
        ([[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.70, 0.429),
        # Bonnardel's manual of KAPPA.EXE
        ([[25, 3, 5], [6, 32, 8], [1, 0, 20]], 0.77, 0.654),
    ],
)
def test_published_tables(counts: list[list[int]], raw: float, value: float) -> None:
    assert float(observed(tally(np.array(counts)))) == pytest.approx(raw, abs=5e-3)
    assert cohen_kappa(np.array(counts)) == pytest.approx(value, abs=5e-4)


def test_one_category_or_nothing_has_no_kappa() -> None:
    assert math.isnan(cohen_kappa(np.array([[7, 0], [0, 0]])))
    assert math.isnan(cohen_kappa(np.zeros((2, 2))))
    assert float(observed(tally(np.array([[7, 0], [0, 0]])))) == 1


def test_tallies_add_up() -> None:
    parts = [np.array([[3, 1], [0, 2]]), np.array([[0, 4], [1, 5]])]
    assert float(kappa(sum(tally(part) for part in parts))) == cohen_kappa(sum(parts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "value"),
    # the adjusted Rand indices in scikit-learn's documentation
    [([0, 0, 1, 1], [1, 1, 0, 0], 1.0), ([0, 0, 1, 2], [0, 0, 1, 1], 0.571), ([0, 0, 0, 0], [0, 1, 2, 3], 0.0)],
)
def test_kappa_of_groups_is_the_adjusted_rand_index(first: list[int], second: list[int], value: float) -> None:
    assert cohen_kappa(same_group_table(first, second)) == pytest.approx(value, abs=1e-3)


def test_names_of_groups_mean_nothing() -> None:
    assert same_group_table("aabbc", "xxyyz").tolist() == [[8, 0], [0, 2]]
    assert same_group_table("aabbc", "xxxyz").tolist() == [[6, 2], [1, 1]]
