"""Lays spans out over a text, overlapping, nested and repeated ones too: tracks for lines, segments for the text.

Each side, gold and predicted, has tracks of its own; spans on one track do not overlap, so that every span can be told
apart. Where spans lie deeper than there are tracks, the longest are left undrawn. The text is cut wherever a drawn span
begins or ends, but never inside a character: a span that begins or ends between a letter and its mark, or
inside an emoji, is drawn around the whole of it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chipstance.model import Span
from chipstance.normalization import is_mark

GOLD, PREDICTED = "gold", "predicted"
TRACKS = 12
"""The most lines that are drawn above or below one passage."""
JOINER, NON_JOINER = "\u200d", "\u200c"


@dataclass(frozen=True, slots=True)
class Mark:
    """A span as it is drawn.

    Attributes:
        span: what is drawn.
        side: ``gold`` or ``predicted``.
        wrong: whether it is part of an error.
        start: first code point drawn.
        end: one past the last (half-open).
        track: which line of its side, from the text outwards.
    """

    span: Span
    side: str
    wrong: bool
    start: int
    end: int
    track: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the text that the same marks cover from end to end.

    Attributes:
        start: first code point.
        end: one past the last (half-open).
        text: what stands there.
        marks: those that cover it, gold first, each side from the text outwards.
    """

    start: int
    end: int
    text: str
    marks: tuple[Mark, ...]


def is_placed(span: Span) -> bool:
    """Tell whether a span covers anything; one that does not stands for what could not be found in the text."""
    return span.start < span.end


def make_mark(text: str, span: Span, side: str, *, wrong: bool) -> Mark:
    """Return the mark of a span, widened to whole characters."""
    start, end = (min(max(place, 0), len(text)) for place in (span.start, span.end))
    return Mark(span, side, wrong, whole(text, start, -1), whole(text, end, 1))


def whole(text: str, place: int, step: int) -> int:
    """Return the next place, in a direction, that lies between characters as people see them."""
    while 0 < place < len(text) and _joined(text, place):
        place += step
    return place


def _joined(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if before + after == "\r\n":
        return True
    if before.isspace():
        return False
    if _is_regional(before) and _is_regional(after):
        return _regionals_before(text, place) % 2 == 1
    extends = is_mark(after) or "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f"
    return extends or after in (JOINER, NON_JOINER) or before == JOINER


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_before(text: str, place: int) -> int:
    count = 0
    while count < place and _is_regional(text[place - count - 1]):
        count += 1
    return count


def lay(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Give each mark the track nearest to the text that is free, short ones first; leave out what finds none."""
    taken: dict[tuple[str, int], list[tuple[int, int]]] = {}
    laid = []
    for mark in sorted(marks, key=lambda each: (each.end - each.start, each.start, each.span.layer, each.span.id)):
        for track in range(TRACKS if mark.start < mark.end else 0):
            places = taken.setdefault((mark.side, track), [])
            if _is_free(places, mark):
                insort(places, (mark.start, mark.end))
                laid.append(replace(mark, track=track))
                break
    return tuple(laid)


def _is_free(places: Sequence[tuple[int, int]], mark: Mark) -> bool:
    after = bisect_left(places, (mark.end,))
    return after == 0 or places[after - 1][1] <= mark.start


def segments(text: str, marks: Sequence[Mark], start: int, end: int, cuts: Iterable[int] = ()) -> Iterator[Segment]:
    """Yield a stretch of the text, cut into segments.

    Args:
        text: the whole text.
        marks: laid out by ``lay``.
        start: first code point of the stretch.
        end: one past its last (half-open).
        cuts: where to cut besides.
    """
    events: dict[int, list[Mark]] = {place: [] for place in (*cuts, start, end)}
    for mark in marks:
        for place in (mark.start, mark.end):
            events.setdefault(place, []).append(mark)
    covering: dict[tuple[str, int], Mark] = {}
    places = sorted(events)
    for place, following in pairwise(places):
        for mark in events[place]:  # what ends here leaves its track before what begins here takes it
            if mark.end == place:
                del covering[mark.side, mark.track]
        covering |= {(mark.side, mark.track): mark for mark in events[place] if mark.start == place}
        if start <= place and following <= end:
            shown = tuple(mark for _, mark in sorted(covering.items(), key=lambda item: item[0]))
            yield Segment(place, following, text[place:following], shown)
