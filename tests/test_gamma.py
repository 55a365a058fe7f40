"""γ against the paper's numbers, those that pygamma-agreement publishes, and brute force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance import gamma_many
from chipstance.gamma import (
    COMBINED,
    Continuum,
    Dissimilarity,
    Marked,
    Numbers,
    compute_gamma,
    continuum,
    normalized,
    positional,
    share_differing,
    shuffled,
)


def rows(text: str) -> list[Marked]:
    return [(int(start), int(end), (kind,)) for kind, start, end in (row.split(",") for row in text.split())]


# an example of Mathet, Widlöcher and Métivier (2015), as pygamma-agreement's tests write it out
ALEX = rows("1,2,9 2,11,17 5,24,30 6,32,36 6,36,44 7,44,60")
PAUL = rows("1,2,9 3,11,17 5,19,25 6,32,44")
SUZAN = rows("1,2,9 4,11,17 5,21,27 6,32,36 6,36,40 6,40,44")


@pytest.mark.parametrize(
    ("first", "second", "value"),
    # figure 10 of the paper
    [
        ((4, 14), (40, 44), 22.2),
        ((4, 14), (4, 14), 0),
        ((4, 14), (20, 25), 3.2),
        ((4, 14), (14, 24), 1),
        ((20, 30), (20, 25), 0.11),
        ((20, 25), (14, 24), 0.22),
    ],
)
def test_the_papers_positional_dissimilarities(first: tuple[int, int], second: tuple[int, int], value: float) -> None:
    assert positional(np.array([first]), np.array([second]))[0, 0] == pytest.approx(value, abs=0.05)


def test_dissimilarity_does_not_depend_on_scale() -> None:
    places = [np.array([[0, 7]]), np.array([[0, 10]])]
    assert positional(*places) == positional(*(3 * place for place in places))


@pytest.mark.parametrize(
    ("marked", "alpha", "value"),
    [
        ([ALEX, PAUL, SUZAN], 3, 0.96),  # test_gammas.py of pygamma-agreement
        ([ALEX, PAUL, SUZAN], 1, 0.653542),  # from here on: as pygamma-agreement 0.5.9 computes it
        ([ALEX, SUZAN], 1, 0.560185),
        ([rows("A,4,14 B,20,30"), rows("A,4,14 B,20,25"), rows("A,14,24 B,40,44")], 1, 1.185185),  # figure 10
        ([rows("A,0,20"), rows("A,0,5 A,5,10 A,10,15 A,15,20")], 1, 1.344),  # figure 19
    ],
)
def test_published_disorders(marked: list[list[Marked]], alpha: float, value: float) -> None:
    assert normalized(continuum(62, marked), Dissimilarity(alpha)) == pytest.approx(value, abs=1e-3)


def test_a_published_matrix_of_categories() -> None:
    """The best alignment in test_alignement.py of pygamma-agreement, whose Δ∅ is 0.5."""
    far = {"AB": 0.5, "AC": 0.3, "AJ": 0.7, "BC": 0.6, "BJ": 0.4, "CJ": 0.7}
    matrix = np.array([[far.get("".join(sorted(a + b)), 0) for b in "ABCJ"] for a in "ABCJ"])

    def distance(first: Numbers, second: Numbers) -> Numbers:
        return np.asarray(matrix[first[:, 0][:, None], second[:, 0]])

    marked = [
        rows("C,1,5 B,6,8 C,12,18 A,7,20"),
        rows("C,2,6 B,7,8 A,12,18 A,8,10 J,7,19"),
        rows("C,1,6 A,8,10 J,7,19 A,19,20"),
    ]
    value = normalized(continuum(20, marked), Dissimilarity(3, 1, distance))
    assert value / 2 == pytest.approx(0.43478876, abs=1e-6)


def test_the_published_gamma() -> None:
    """Between 0.44 and 0.47 in test_gammas.py of pygamma-agreement, which takes the text from first to last unit."""
    marked = [[(start - 2, end - 2, kind) for start, end, kind in units] for units in (ALEX, PAUL, SUZAN)]
    found = compute_gamma([continuum(58, marked)], dissimilarity=Dissimilarity(3))
    assert 0.44 <= found.value <= 0.47
    assert found.precision is not None
    assert found.precision < 0.025


places = st.tuples(st.integers(0, 25), st.integers(1, 12), st.sampled_from("ab"))
marks = st.lists(places.map(lambda p: (p[0], p[0] + p[1], (p[2],))), max_size=3)


def partitions(units: Sequence[tuple[int, int]]) -> Iterator[list[list[tuple[int, int]]]]:
    """Yield every way to put units into unitary alignments, each with one unit an annotator or none."""
    if not units:
        yield []
        return
    for rest in partitions(units[1:]):
        yield [[units[0]], *rest]
        for number, part in enumerate(rest):
            if all(annotator != units[0][0] for annotator, _ in part):
                yield [*rest[:number], [units[0], *part], *rest[number + 1 :]]


def least(made: Continuum) -> float:
    """Return the disorder of the best of all alignments, by the paper's definitions."""
    annotators = made.annotators
    costs = {(i, j): COMBINED(annotators[i], annotators[j]) for i, j in combinations(range(len(annotators)), 2)}
    units = [(i, u) for i, marked in enumerate(annotators) for u in range(len(marked))]

    def cost(part: list[tuple[int, int]]) -> float:
        given = dict(part)
        values = [costs[i, j][given[i], given[j]] if i in given and j in given else 1 for i, j in costs]
        return float(np.mean(values))

    return min(sum(map(cost, parts)) for parts in partitions(units))


@settings(max_examples=60, deadline=None)
@given(st.lists(marks, min_size=2, max_size=3))
def test_no_alignment_is_better(marked: list[list[Marked]]) -> None:
    made = continuum(40, marked)
    if made.mean_units:
        assert normalized(made) * made.mean_units == pytest.approx(least(made))


@settings(max_examples=40, deadline=None)
@given(st.lists(marks, min_size=3, max_size=4))
def test_the_stepwise_alignment_is_an_alignment(marked: list[list[Marked]]) -> None:
    made = continuum(40, marked)
    exact = normalized(made) if made.mean_units else 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gamma_many, "MOST_LISTED", 0)
        stepwise = normalized(made) if made.mean_units else 0
    assert exact - 1e-9 <= stepwise <= len(marked)


@settings(max_examples=8, deadline=None)
@given(st.lists(marks, min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_order_changes_nothing(marked: list[list[Marked]], random: object) -> None:
    other = [list(units) for units in marked]
    for units in (other, *other):
        random.shuffle(units)  # type: ignore[attr-defined]
    first, second = (compute_gamma([continuum(40, each)], most=30) for each in (marked, other))
    assert first.value == second.value or (isnan(first.value) and isnan(second.value))


def test_the_same_labels_agree_wholly() -> None:
    found = compute_gamma([continuum(62, [ALEX, ALEX]), continuum(62, [PAUL, PAUL])])
    assert found.value == 1
    assert found.observed.tolist() == [0, 0]


def test_random_labels_agree_by_chance() -> None:
    random = np.random.default_rng(7)
    texts = [
        continuum(2000, [[(int(s), int(s) + 20, ("a",)) for s in random.integers(0, 1980, 15)] for _ in range(2)])
        for _ in range(20)
    ]
    assert abs(compute_gamma(texts).value) < 0.05


def test_no_units_no_gamma() -> None:
    assert isnan(compute_gamma([continuum(62, [[], []])]).value)
    assert compute_gamma([continuum(62, [ALEX, []])]).value < 0.1


def test_a_random_text_keeps_units_whole_and_shifts_apart() -> None:
    made = continuum(62, [ALEX, PAUL])
    random = np.random.default_rng(0)
    lengths = [sorted(marked.places[:, 1] - marked.places[:, 0]) for marked in made.annotators]
    for _ in range(50):
        other = shuffled(made, random)
        assert all(sorted(marked.places[:, 1] - marked.places[:, 0]) in lengths for marked in other.annotators)
        assert all((marked.places[:, 0] < 62).all() for marked in other.annotators)
        assert not np.array_equal(other.annotators[0].places, other.annotators[1].places)


def test_more_precision_takes_more_random_texts() -> None:
    made = [continuum(62, [ALEX, PAUL])]
    rough, fine = (compute_gamma(made, precision=precision, most=800) for precision in (0.1, 0.01))
    assert rough.samples == 30
    assert fine.samples > rough.samples
    assert compute_gamma(made, seed=1).value != compute_gamma(made, seed=2).value


def test_categories_differ_by_share() -> None:
    first, second = np.array([[0, 1], [2, 1]]), np.array([[0, 1], [0, 3]])
    assert share_differing(first, second).tolist() == [[0, 0.5], [0.5, 1]]
    assert share_differing(first[:, :0], second[:, :0]).tolist() == [[0, 0], [0, 0]]
