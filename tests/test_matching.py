"""Matching is one-to-one, optimal and independent of order."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance import matching
from chipstance.assignment import EXACT_BONUS, Numbers, assign
from chipstance.matching import Pair, exact_pairs, extent, overlap_pairs
from chipstance.model import Span


def span(start: int, end: int, name: str = "", kind: str = "") -> Span:
    return Span(name or f"{start}-{end}", "statement", start, end, "x" * (end - start), {"kind": kind} if kind else {})


def places(pairs: tuple[Pair, ...]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [(extent(a), extent(b)) for a, b in pairs]


def weight(a: Span, b: Span) -> float:
    shared = max(0, min(a.end, b.end) - max(a.start, b.start))
    return 2 * shared / (a.end - a.start + b.end - b.start) + EXACT_BONUS * (extent(a) == extent(b))


def greatest(left: list[Span], right: list[Span]) -> float:
    """Return the greatest sum of weights of all one-to-one pairings, by trying them all."""
    few, many = sorted((left, right), key=len)
    return max(sum(map(weight, few, chosen)) for chosen in permutations(many, len(few)))


extents = st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def sets(draw: st.DrawFn, size: int = 5) -> list[Span]:
    found = draw(st.lists(st.tuples(extents, st.sampled_from(["", "direct", "mixed"])), max_size=size))
    return [span(*place, f"s{number}", kind) for number, (place, kind) in enumerate(found)]


def test_the_outer_statement_goes_with_the_outer_one() -> None:
    left = [span(0, 40), span(10, 20)]
    right = [span(11, 20), span(0, 38)]
    assert places(overlap_pairs(left, right)) == [((0, 40), (0, 38)), ((10, 20), (11, 20))]
    assert exact_pairs(left, right) == ()


def test_two_short_spans_do_not_part_an_exact_pair() -> None:
    left, right = [span(0, 2), span(0, 1)], [span(0, 2), span(1, 2)]
    assert places(overlap_pairs(left, right)) == [((0, 2), (0, 2))]


def test_a_span_is_matched_once() -> None:
    assert places(overlap_pairs([span(0, 10)], [span(0, 5), span(5, 10), span(2, 10)])) == [((0, 10), (2, 10))]
    assert len(exact_pairs([span(0, 1), span(0, 1, "again")], [span(0, 1)])) == 1


def test_touching_spans_do_not_overlap() -> None:
    assert overlap_pairs([span(0, 5)], [span(5, 9)]) == ()


def test_a_span_without_extent_is_in_no_pair() -> None:
    assert overlap_pairs([span(0, 10)], [span(5, 5)]) == ()
    assert places(overlap_pairs([span(5, 5)], [span(5, 5), span(0, 10)])) == []
    assert places(overlap_pairs([span(0, 10), span(3, 3)], [span(3, 3), span(2, 10)])) == [((0, 10), (2, 10))]


def test_a_key_can_ask_for_more_than_the_place() -> None:
    left, right = [span(0, 5, "a", "direct")], [span(0, 5, "b", "mixed")]
    assert len(exact_pairs(left, right)) == 1
    assert exact_pairs(left, right, key=lambda s: (extent(s), s.attributes["kind"])) == ()


def test_traits_decide_between_spans_of_one_place() -> None:
    left = [span(0, 9, "a1", "direct"), span(0, 9, "a2", "mixed")]
    right = [span(0, 9, "b1", "mixed"), span(0, 9, "b2", "direct")]
    pairs = overlap_pairs(left, right, lambda s: (s.attributes["kind"],))
    assert {(a.id, b.id) for a, b in pairs} == {("a1", "b2"), ("a2", "b1")}


@settings(deadline=None)
@given(sets(), sets())
def test_no_pairing_is_better(left: list[Span], right: list[Span]) -> None:
    pairs = overlap_pairs(left, right)
    assert sum(weight(a, b) for a, b in pairs) == pytest.approx(greatest(left, right))
    assert all(a.overlaps(b) for a, b in pairs)
    assert len({id(a) for a, _ in pairs}) == len({id(b) for _, b in pairs}) == len(pairs)


@settings(deadline=None)
@given(sets(), sets(), st.randoms(use_true_random=False))
def test_order_changes_nothing(left: list[Span], right: list[Span], random: object) -> None:
    first, second = list(left), list(right)
    for side in (first, second):
        random.shuffle(side)  # type: ignore[attr-defined]
    assert exact_pairs(first, second) == exact_pairs(left, right)
    assert overlap_pairs(first, second) == overlap_pairs(left, right)


@settings(deadline=None)
@given(sets(), sets())
def test_sides_can_be_exchanged(left: list[Span], right: list[Span]) -> None:
    forward = {(a.id, b.id) for a, b in overlap_pairs(left, right)}
    assert {(a.id, b.id) for b, a in overlap_pairs(right, left)} == forward
    assert sorted(places(exact_pairs(left, right))) == sorted((a, b) for b, a in places(exact_pairs(right, left)))


@settings(deadline=None)
@given(sets(), sets())
def test_exact_matches_are_overlap_matches(left: list[Span], right: list[Span]) -> None:
    exact = places(exact_pairs(left, right))
    assert sorted(exact) == sorted(pair for pair in places(overlap_pairs(left, right)) if pair[0] == pair[1])


@settings(deadline=None)
@given(sets(8))
def test_a_set_matches_itself(spans: list[Span]) -> None:
    assert all(extent(a) == extent(b) for a, b in overlap_pairs(spans, spans))
    assert len(exact_pairs(spans, spans)) == len(overlap_pairs(spans, spans)) == len(spans)


@settings(max_examples=20, deadline=None)
@given(sets(), sets(), st.integers(50, 80))
def test_far_spans_change_nothing(left: list[Span], right: list[Span], far: int) -> None:
    beyond = span(far, far + 5, "far")
    assert overlap_pairs([*left, beyond], [*right, beyond])[:-1] == overlap_pairs(left, right)


def test_only_spans_that_hang_together_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def counted(left: Numbers, right: Numbers, *traits: Numbers) -> tuple[Numbers, Numbers]:
        sizes.append(len(left) * len(right))
        return assign(left, right, *traits)

    monkeypatch.setattr(matching, "assign", counted)
    flat = [span(10 * i, 10 * i + 10) for i in range(5_000)]  # they touch
    assert len(overlap_pairs(flat, flat)) == 5_000
    assert sizes == []
    nested = [span(i, 2000 - i, f"n{i}") for i in range(300)]
    shifted = [span(i + 1, 2001 - i, f"m{i}") for i in range(300)]
    beyond = [span(3000, 3010), span(3005, 3020)]
    assert len(overlap_pairs([*nested, *beyond], [*shifted, *beyond])) == 302
    assert sizes == [300 * 300, 4]
