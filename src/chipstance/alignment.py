"""Finds a quotation without offsets, as language models return it, in the text it was taken from."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from chipstance.normalization import NormalForm, Place, is_mark, normalize

EXACT, NORMALIZED, FUZZY, NONE = "exact", "normalized", "fuzzy", "none"

CODE_POINTS_PER_SLIP = 6
"""A slip is allowed for every so many code points of the quotation; a shorter one has to be there as it stands."""

MOST_PARTS = 10
"""So many parts of a quotation with ellipses are looked for."""

LONGEST_OMISSION = 1000
"""So many code points of the text an ellipsis inside a quotation may stand for."""

EDGE = " '.,;:!?-[]()"
ELLIPSIS = re.compile(r" ?[\[(] ?(?:\.\.\.+|\. \. \.) ?[\])] ?| ?(?:\.\.\.+|\. \. \.)[ .]*")


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a quotation stands in a text.

    Attributes:
        kind: ``exact``; ``normalized`` (equal up to quotation marks, white space, case, dashes, Unicode forms, marks at
            its edges and what an ellipsis leaves out); ``fuzzy`` (a few slips); ``none``.
        start: first code point; the text's length where the kind is ``none``.
        end: one past the last code point (half-open); the text's length where the kind is ``none``.
        score: 1 for a whole quotation, the share of the passage that is quoted where an ellipsis leaves something out,
            one minus slips by length for ``fuzzy``, 0 for ``none``.
        places: how many places were equally good.
    """

    kind: str
    start: int
    end: int
    score: float
    places: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation to be found.

    Attributes:
        text: what is quoted.
        occurrence: which of the places it stands at, from 1, if that was said.
        near: the code point that it should begin near, if that was said.
        group: quotations of different groups do not share out the places among them (a layer's name, say).
    """

    text: str
    occurrence: int | None = None
    near: int | None = None
    group: Hashable = ""


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    places: tuple[Place, ...]
    score: float = 1.0


def align(quotation: str, text: str, occurrence: int | None = None) -> Alignment:
    """Find one quotation; :class:`Aligner` is quicker for several of one text.

    Args:
        quotation: what is quoted.
        text: the text.
        occurrence: which of the places, from 1; the last where there are fewer; the first where it is not given.
    """
    return Aligner(text).align(Quotation(quotation, occurrence))


def align_all(quotations: Iterable[Quotation], text: str) -> tuple[Alignment, ...]:
    """Find the quotations of one text, in their order.

    The same quotation given again, with neither occurrence nor nearness, takes the next place, and the last place
    where there are no more.
    """
    aligner = Aligner(text)
    seen: Counter[Hashable] = Counter()
    return tuple(aligner.align(_counted(quotation, seen)) for quotation in quotations)


def _counted(quotation: Quotation, seen: Counter[Hashable]) -> Quotation:
    if quotation.occurrence is not None or quotation.near is not None:
        return quotation
    key = (quotation.group, quotation.text.strip())
    seen[key] += 1
    return Quotation(quotation.text, seen[key])


class Aligner:
    """Finds quotations in one text.

    Places that begin and end where words do are preferred, whatever the kind: ``ban`` is no part of ``urban``. Time
    is linear in the text and, but for slips, in the quotation; slips are found by bit-parallel search (Myers 1999).

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def align(self, quotation: Quotation) -> Alignment:
        """Find a quotation: the place nearest to ``near``, else the one that ``occurrence`` says, else the first."""
        wanted = max(quotation.occurrence or 1, 1)
        best = self._best(quotation.text.strip(), wanted)
        if not best.places:
            return Alignment(NONE, len(self.text), len(self.text), 0.0, 0)
        if quotation.near is None:
            start, end = best.places[min(wanted, len(best.places)) - 1]
        else:
            start, end = min(best.places, key=lambda place: abs(place[0] - (quotation.near or 0)))
        return Alignment(best.kind, start, end, best.score, len(best.places))

    def _best(self, quotation: str, wanted: int) -> _Found:
        """Return what the first step finds that finds as many places as are wanted, else most of them."""
        best = _Found(NONE, ())
        for found in self._steps(quotation) if quotation else ():
            if len(found.places) > len(best.places):
                best = found
            if len(best.places) >= wanted:
                break
        return best

    def _steps(self, quotation: str) -> Iterator[_Found]:
        exact = tuple(_occurrences(quotation, self.text))
        yield _Found(EXACT, self._whole(exact))
        needle = normalize(quotation)
        normalized = [self._normalized(variant) for variant in _variants(needle)]
        yield from (_Found(NORMALIZED, self._whole(places)) for places in normalized)
        yield self._with_omissions(needle)
        yield _Found(EXACT, exact)
        yield from (_Found(NORMALIZED, places) for places in normalized)
        if not exact and not any(normalized):
            yield self._with_slips(needle.strip(EDGE))

    def _whole(self, places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in places if not any(_splits(self.text, edge) for edge in place))

    def _normalized(self, needle: str) -> tuple[Place, ...]:
        """Return the places of a normalized quotation that begin and end where code points of the text do."""
        form = self._form
        found = _occurrences(needle, form.text)
        return tuple(form.place(start, end) for start, end in found if form.parts(start) and form.parts(end))

    def _with_omissions(self, needle: str) -> _Found:
        """Return the places of a quotation with an ellipsis: its parts in order, each soon after the one before."""
        parts = [part for part in (part.strip(EDGE) for part in ELLIPSIS.split(needle)) if part]
        if not 1 < len(parts) <= MOST_PARTS:
            return _Found(NORMALIZED, ())
        chains = {place[1]: place for place in self._whole(self._normalized(parts[0]))}
        for part in parts[1:]:
            chains = _continued(chains, self._whole(self._normalized(part)))
        places = tuple(sorted(chains.values()))
        longest = max((end - start for start, end in places), default=1)
        return _Found(NORMALIZED, places, min(1.0, sum(map(len, parts)) / longest))

    def _with_slips(self, needle: str) -> _Found:
        """Return the places with the fewest slips, if these are few enough. A wrong digit is no slip."""
        allowed = len(needle) // CODE_POINTS_PER_SLIP
        form = self._form
        if not allowed or not form.text:
            return _Found(FUZZY, ())
        distances = _distances(needle, form.text, free_start=True)
        near = (end for end, slips in enumerate(distances) if slips <= allowed)
        ends = [end for end in near if form.text[end - 1] not in EDGE and not _splits(form.text, end)]
        if not ends:
            return _Found(FUZZY, ())
        fewest = min(distances[end] for end in ends)
        apart = _apart([end for end in ends if distances[end] == fewest], len(needle) // 2)
        found = [(*_start(needle, form.text, end, allowed), end) for end in apart]
        slips = min(found)[0]
        places = [form.place(start, end) for count, start, end in found if count == slips]
        same = [place for place in places if _digits(self.text[slice(*place)]) == _digits(needle)]
        return _Found(
            FUZZY, tuple(dict.fromkeys(_stripped(self.text, *place) for place in same)), 1 - slips / len(needle)
        )

    @cached_property
    def _form(self) -> NormalForm:
        return NormalForm(self.text)


def _variants(needle: str) -> dict[str, None]:
    """Return a normalized quotation as it stands, and without the marks at its edges that a model adds."""
    core = needle.strip(EDGE)
    quoted = f"'{core}'" if core and needle[0] == "'" and needle[-1] in "'.,;:!?" and "'" in needle[-2:] else needle
    return dict.fromkeys(variant for variant in (needle, quoted, needle.strip("' "), core) if variant)


def _occurrences(needle: str, text: str) -> Iterator[Place]:
    """Yield where a string stands in another, from left to right, without overlap."""
    at = text.find(needle) if needle else -1
    while at >= 0:
        yield at, at + len(needle)
        at = text.find(needle, at + len(needle))


def _splits(text: str, edge: int) -> bool:
    """Tell whether a place is inside a word, or before the mark of a letter."""
    if not 0 < edge < len(text):
        return False
    return is_mark(text[edge]) or (_is_word(text[edge - 1]) and _is_word(text[edge]))


def _is_word(char: str) -> bool:
    return char.isalnum() or is_mark(char)


def _continued(chains: dict[int, Place], places: tuple[Place, ...]) -> dict[int, Place]:
    """Return the chains, by their end, with the next part added; of those with one end, the shortest."""
    starts = [start for start, _ in places]
    longer: dict[int, Place] = {}
    for end, (start, _) in sorted(chains.items()):
        index = bisect_left(starts, end)
        if index < len(starts) and starts[index] - end <= LONGEST_OMISSION:
            longer[places[index][1]] = (start, places[index][1])
    return longer


def _distances(needle: str, text: str, *, free_start: bool) -> list[int]:
    """Return, for every end in the text, the edit distance of the needle to the best passage that ends there.

    Bit-parallel (Myers 1999, A fast bit-vector algorithm for approximate string matching), one integer a column.

    Args:
        needle: what is sought.
        text: where.
        free_start: whether the passage begins anywhere, or at the text's beginning.
    """
    mask, top = (1 << len(needle)) - 1, 1 << (len(needle) - 1)
    equal: dict[str, int] = {}
    for bit, char in enumerate(needle):
        equal[char] = equal.get(char, 0) | 1 << bit
    plus, minus, distance = mask, 0, len(needle)
    distances = [distance]
    for char in text:
        same = equal.get(char, 0)
        diagonal = (((same & plus) + plus) ^ plus) | same | minus
        right_plus, right_minus = minus | (mask & ~(diagonal | plus)), plus & diagonal
        distance += (right_plus & top > 0) - (right_minus & top > 0)
        right_plus = (right_plus << 1 | (not free_start)) & mask
        plus = (right_minus << 1 & mask) | (mask & ~(same | minus | right_plus))
        minus = right_plus & (same | minus)
        distances.append(distance)
    return distances


def _start(needle: str, text: str, end: int, allowed: int) -> tuple[int, int]:
    """Return the slips and the start of the passage that ends at ``end``: where a word begins, if that is allowed."""
    window = text[max(0, end - len(needle) - allowed) : end]
    distances = _distances(needle[::-1], window[::-1], free_start=False)
    _, _, slips, _, negative = min(
        (text[end - length] in EDGE, _splits(text, end - length), distance, abs(length - len(needle)), -length)
        for length, distance in enumerate(distances)
        if length and distance <= allowed
    )
    return slips, end + negative


def _apart(ends: list[int], distance: int) -> Iterator[int]:
    """Yield the ends that are no nearer to the one before."""
    last = -distance - 1
    for end in ends:
        if end - last > distance:
            yield end
            last = end


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _stripped(text: str, start: int, end: int) -> Place:
    """Return a passage without the white space at its edges."""
    passage = text[start:end]
    return end - len(passage.lstrip()), start + len(passage.rstrip())
