"""Matches the spans of two sets one-to-one: optimally, and independent of any order.

Exact matching pairs spans with the same start, end and key. Overlap matching pairs spans that share code points, so
that the sum of the pairs' weights is as great as it can be. The weight of a pair is its Dice coefficient (twice the
shared code points over the lengths of both), and 2 more where both spans cover the same passage: then no better fit
elsewhere can part an exact pair, and every exact match is an overlap match too. Nested, overlapping and repeated
spans are matched like any others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.assignment import assign
from chipstance.model import Span

Numbers = NDArray[Any]
Pair = tuple[Span, Span]
Key = Callable[[Span], Hashable]
Traits = Callable[[Span], Sequence[Hashable]]


def extent(span: Span) -> tuple[int, int]:
    """Return where a span stands: start and end."""
    return span.start, span.end


def no_traits(_span: Span) -> tuple[Hashable, ...]:
    """Return nothing: pairs are judged by their place alone."""
    return ()


def exact_pairs(left: Sequence[Span], right: Sequence[Span], key: Key = extent) -> tuple[Pair, ...]:
    """Pair spans whose keys are equal, as many as there are on both sides.

    Args:
        left: spans of one set.
        right: spans of the other.
        key: what has to be equal; by default start and end.

    Returns:
        Pairs in reading order.
    """
    waiting: dict[Hashable, list[Span]] = {}
    for span in reversed(_sorted(right)):
        waiting.setdefault(key(span), []).append(span)
    found = [(span, spans.pop()) for span in _sorted(left) if (spans := waiting.get(key(span)))]
    return tuple(sorted(found, key=lambda pair: (extent(pair[0]), extent(pair[1]))))


def overlap_pairs(left: Sequence[Span], right: Sequence[Span], traits: Traits = no_traits) -> tuple[Pair, ...]:
    """Pair overlapping spans so that the sum of weights is greatest (see the module's text for the weight).

    Args:
        left: spans of one set.
        right: spans of the other.
        traits: values of a span, as many for each; between equally good pairings, that with more equal values wins.

    Returns:
        Pairs in reading order; a span without extent is in none. What is left undecided by weights and traits is
        decided by position, then by id, the same way whichever set is called left and however the spans are ordered.
    """
    sides = ([span for span in _sorted(side) if span.start < span.end] for side in (left, right))
    found = [pair for group in _groups(*sides) for pair in _best(group[0], group[1], traits)]
    return tuple(sorted(found, key=lambda pair: (extent(pair[0]), extent(pair[1]))))


def _sorted(spans: Sequence[Span]) -> list[Span]:
    return sorted(spans, key=_order)


def _order(span: Span) -> tuple[int, int, str, str, str]:
    return span.start, span.end, span.layer, repr(sorted(span.attributes.items())), span.id


def _groups(left: list[Span], right: list[Span]) -> Iterator[tuple[list[Span], list[Span]]]:
    """Yield the runs of spans that hang together by overlap: what lies in different runs can't be paired."""
    marked = [(span.start, 0, span) for span in left] + [(span.start, 1, span) for span in right]
    group: tuple[list[Span], list[Span]] = ([], [])
    reach = 0
    for start, side, span in sorted(marked, key=lambda item: item[0]):
        if start >= reach:
            yield group
            group = ([], [])
        reach = max(reach, span.end)
        group[side].append(span)
    yield group


def _best(left: list[Span], right: list[Span], traits: Traits) -> Iterator[Pair]:
    """Yield the best pairs of one run."""
    if not left or not right:
        return
    if len(left) == len(right) == 1:
        yield from ((left[0], right[0]),) if left[0].overlaps(right[0]) else ()
        return
    if _orders(right) < _orders(left):  # one way round for both, so that ties fall alike
        yield from ((a, b) for b, a in _assigned(right, left, traits))
    else:
        yield from _assigned(left, right, traits)


def _orders(spans: list[Span]) -> list[tuple[int, int, str, str, str]]:
    return [_order(span) for span in spans]


def _assigned(left: list[Span], right: list[Span], traits: Traits) -> Iterator[Pair]:
    passages = (np.array([extent(span) for span in spans]) for spans in (left, right))
    one, other = assign(*passages, *_numbered([[traits(span) for span in spans] for spans in (left, right)]))
    return ((left[i], right[j]) for i, j in zip(one, other, strict=True))


def _numbered(sides: Sequence[Sequence[Sequence[Hashable]]]) -> list[Numbers]:
    """Return spans × traits of both sides, with the same number for equal values."""
    numbers: dict[Hashable, int] = {}
    return [
        np.array([[numbers.setdefault(value, len(numbers)) for value in row] for row in side], dtype=np.int64)
        for side in sides
    ]
