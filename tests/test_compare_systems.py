"""The paired test: exact where units are few, never below the smallest p that data allow."""

from __future__ import annotations

from itertools import product

import pytest
from scipy.stats import permutation_test

from chipstance.compare_systems import SWAPS, compare_scores
from chipstance.model import Document, Span
from chipstance.scoring import PARAGRAPH, Scores, score
from example_scores import LAYERS, document, span

NAME = ("spans", "cue", "exact", "f1")
GOLD = (span("cue", 0, 3), span("cue", 19, 23), span("cue", 43, 47))
FIRST, SECOND = ([3, 3, 2, 3], [1, 2, 3, 0])


def system(right: list[int], invented: int = 0) -> Scores:
    gold = [document(*GOLD, name=f"d{n}") for n in range(len(right))]
    extra = (span("cue", 50, 52),) * invented
    found = {f"d{n}": document(*GOLD[:many], *extra, name=f"d{n}") for n, many in enumerate(right)}
    return score(gold, found, LAYERS)


def by_hand(first: list[int], second: list[int]) -> list[float]:
    """Return the differences of F1 of all swaps, that of no swap first."""
    found = []
    for swapped in product((0, 1), repeat=len(first)):
        pairs = list(zip(swapped, first, second, strict=True))
        a, b = (sum(pair[1 + (side != pair[0])] for pair in pairs) for side in (0, 1))
        gold = 3 * len(first)
        found.append(2 * a / (a + gold) - 2 * b / (b + gold))
    return found


def test_p_is_that_of_all_swaps() -> None:
    compared = compare_scores(system(FIRST), system(SECOND), LAYERS)
    tested, all_of_them = compared.by_name[NAME], by_hand(FIRST, SECOND)
    assert (compared.exact, compared.swaps) == (True, 16)
    assert tested.difference == pytest.approx(all_of_them[0])
    assert tested.p == sum(abs(each) >= abs(all_of_them[0]) - 1e-9 for each in all_of_them) / 16
    assert tested.smallest == 2 / 16 < tested.p


def test_p_of_a_recall_is_that_of_scipy() -> None:
    """With as many gold spans in every unit, a difference of recalls is one of sums: the usual permutation test."""
    name = ("spans", "cue", "exact", "recall")
    for first, second in ((FIRST, SECOND), ([3, 3, 2, 3, 1, 3, 0], [1, 2, 2, 0, 2, 1, 1])):
        tested = compare_scores(system(first), system(second), LAYERS, names=[name]).by_name
        assert list(tested) == [name]
        theirs = permutation_test((first, second), lambda one, other: sum(one) - sum(other), permutation_type="samples")
        assert tested[name].p == pytest.approx(theirs.pvalue)
        assert tested[name].difference == pytest.approx(theirs.statistic / (3 * len(first)))


def test_it_is_the_same_the_other_way_round() -> None:
    there = compare_scores(system(FIRST), system(SECOND), LAYERS).by_name[NAME]
    back = compare_scores(system(SECOND), system(FIRST), LAYERS).by_name[NAME]
    assert (there.p, there.smallest) == (back.p, back.smallest)
    assert there.difference == pytest.approx(-(back.difference or 0))


def test_equal_systems_do_not_differ() -> None:
    tested = compare_scores(system(FIRST), system(FIRST), LAYERS).by_name[NAME]
    assert (tested.difference, tested.p, tested.smallest) == (0, 1, 1)
    assert tested.first == pytest.approx(2 * sum(FIRST) / (sum(FIRST) + 3 * len(FIRST)))


def test_only_units_that_differ_can_make_p_small() -> None:
    tested = compare_scores(system([3, 3, 3, 3]), system([0, 3, 3, 3]), LAYERS).by_name[NAME]
    assert (tested.p, tested.smallest) == (1, 1)


def test_many_units_are_swapped_at_random_but_seeded() -> None:
    many = len(bin(SWAPS))
    first, second = system([3, 2] * many), system([1, 2] * many)
    once, again = (compare_scores(first, second, LAYERS, seed=3) for _ in range(2))
    assert once == again
    assert not once.exact
    tested = once.by_name[NAME]
    assert tested.p is not None
    assert 1 / (SWAPS + 1) <= tested.p <= 0.01
    assert tested.smallest == pytest.approx(max(1 / (SWAPS + 1), 2.0 ** (1 - many)))
    assert "random swaps, seed 3" in once.note


def test_random_swaps_come_near_the_exact_p(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = system([3, 3, 2, 3, 1, 3, 2, 3]), system([2, 3, 3, 1, 1, 2, 2, 2])
    exact = compare_scores(first, second, LAYERS).by_name[NAME].p
    monkeypatch.setattr("chipstance.compare_systems.SWAPS", 200)
    random = compare_scores(first, second, LAYERS)
    assert not random.exact
    assert random.by_name[NAME].p == pytest.approx(exact, abs=0.1)


def test_precision_counts_too() -> None:
    tested = compare_scores(system(FIRST), system(FIRST, invented=2), LAYERS).by_name[NAME]
    assert tested.difference is not None
    assert tested.difference > 0


def test_an_undefined_figure_is_not_tested() -> None:
    tested = compare_scores(system(FIRST), system(SECOND), LAYERS).by_name["spans", "money", "exact", "f1"]
    assert (tested.first, tested.difference, tested.p, tested.smallest) == (None, None, None, None)


def test_other_documents_or_units_are_refused() -> None:
    with pytest.raises(ValueError, match="only on the same documents"):
        compare_scores(system([1]), system([1, 2]), LAYERS)
    one = Document("d0", "x", (Span("", "cue", 0, 1, "x"),))
    with pytest.raises(ValueError, match="only on the same documents"):
        compare_scores(score([one], {}, LAYERS), score([one], {}, LAYERS, unit=PARAGRAPH), LAYERS)
