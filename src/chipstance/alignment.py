"""Finds a quotation without offsets, as language models return it, in the text it was taken from."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from chipstance.normalization import QUOTES, Place
from chipstance.passages import EXACT, FUZZY, NORMALIZED, Found, Passages
from chipstance.slips import cuts_number

__all__ = [
    "EXACT", "FUZZY", "KINDS", "NONE", "NORMALIZED", "NOWHERE", "REPEATED",
    "Aligner", "Alignment", "Nearness", "Quotation", "align", "align_all",
]  # fmt: skip

STOP = 30
"""The end of a sentence parts a quotation from what it belongs to like so many code points."""

CLOSING = 2
"""A sentence that ends a passage does so in its last code points: a full stop and a quotation mark."""

STOPS = re.compile(rf"[.!?\u2026](?=[{re.escape(QUOTES)})\]]*(?:\s|$))|\n")

REPEATED, NONE = "repeated", "none"
KINDS = (EXACT, NORMALIZED, FUZZY, REPEATED, NONE)
NOWHERE = (REPEATED, NONE)
"""Kinds of quotations without a place of their own: each counts as a prediction that matches nothing."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a quotation stands in a text.

    Attributes:
        kind: ``exact``; ``normalized`` (equal up to quotation marks, white space, case, dashes, Unicode forms, marks at
            its edges, the escapes and signs of HTML, JSON and Markdown, what an ellipsis leaves out and what brackets
            put in); ``fuzzy`` (a few slips of spelling, spaces or accents more or less, or articles); ``repeated`` (its
            places are taken by other quotations of its group); ``none``.
        start: first code point; the text's length where the kind is ``repeated`` or ``none``.
        end: one past the last code point (half-open); the text's length as for ``start``.
        score: 1 for a whole quotation, the share of the passage that is quoted where something is left out or put in,
            one minus slips by length for ``fuzzy``, 0 for ``repeated`` and ``none``.
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
        group: quotations of one group share out the places among them: a layer's name, say.
        apart: whether what the group quotes does not overlap: a place inside that of another quotation comes last.
        beside: passages next to one of which it should stand, not inside it, if that is known.
        outside: passages inside of which it should not stand.
    """

    text: str
    occurrence: int | None = None
    near: int | None = None
    group: Hashable = ""
    apart: bool = False
    beside: tuple[Place, ...] = ()
    outside: tuple[Place, ...] = ()


class Nearness:
    """Tells how near places are to where a quotation should stand: in code points, and many for a sentence's end.

    Args:
        quotation: the quotation.
        stops: where sentences and lines of the text end.
    """

    def __init__(self, quotation: Quotation, stops: Sequence[int] = ()) -> None:
        self._near = quotation.near or 0
        self._beside = bool(quotation.beside)
        self._starts, self._ends = _edges(quotation.beside)
        self._inside = [_edges(quotation.beside), _edges(quotation.outside)]
        self._stops = stops

    def __call__(self, place: Place) -> tuple[bool, int]:
        """Return what sorts places, the nearest first."""
        if not self._beside:
            return False, abs(place[0] - self._near)
        before, after = bisect_right(self._ends, place[0]), bisect_left(self._starts, place[1])
        gaps = [self._gap(end, place[0], CLOSING) for end in self._ends[:before][-1:]]
        gaps += [self._gap(place[1], start) for start in self._starts[after : after + 1]]
        inside = any(bisect_left(starts, place[1]) > bisect_right(ends, place[0]) for starts, ends in self._inside)
        return inside, min(gaps, default=0)

    def _gap(self, start: int, end: int, closing: int = 0) -> int:
        stops = bisect_left(self._stops, end) - bisect_left(self._stops, start - closing)
        return end - start + STOP * stops


def _edges(places: Iterable[Place]) -> tuple[list[int], list[int]]:
    kept = tuple(places)
    return sorted(start for start, _ in kept), sorted(end for _, end in kept)


class _Taken:
    """The places that the quotations of a group have taken."""

    def __init__(self, size: int) -> None:
        self._places: set[Place] = set()
        self._covered = bytearray(size)

    def take(self, start: int, end: int) -> None:
        self._places.add((start, end))
        self._covered[start:end] = b"\1" * (end - start)

    def free(self, places: Iterable[Place], *, apart: bool = False) -> list[Place]:
        """Return the places that are not taken; those that overlap none that is, where they are to stay apart."""
        free = [place for place in places if place not in self._places]
        return [place for place in free if self._covered.find(1, *place) < 0] if apart else free


def align(quotation: str, text: str, occurrence: int | None = None) -> Alignment:
    """Find one quotation; :class:`Aligner` is quicker for several of one text.

    Args:
        quotation: what is quoted.
        text: the text.
        occurrence: which of the places, from 1; the last where there are fewer; the first where it is not given.
    """
    return Aligner(text).align(Quotation(quotation, occurrence))


def align_all(
    quotations: Iterable[Quotation],
    text: str,
    given: Iterable[tuple[Hashable, Place]] = (),
    beside: Mapping[int, int | Sequence[int]] = MappingProxyType({}),
) -> tuple[Alignment, ...]:
    """Find the quotations of one text; no two of a group get the same place.

    First come those that say where they stand, by occurrence or by a start at which they do stand; then the others,
    the longer first. Each takes the best place that is free, the first (or nearest) of equals; so the same quotation
    given again takes the next place, and where there is none, it is ``repeated``. A quotation that belongs to another
    one (a speaker to a statement) comes after it and takes the free place next to it.

    Args:
        quotations: what is quoted.
        text: the text.
        given: groups and places that are taken already.
        beside: number of a quotation to that of the one it belongs to, or of those of which it may belong to any.
    """
    wanted, aligner = tuple(quotations), Aligner(text)
    taken = {group: _Taken(len(text)) for group in {each.group for each in wanted}}
    for group, place in given:
        if group in taken:
            taken[group].take(*place)
    found: dict[int, Alignment] = {}
    for index in sorted(range(len(wanted)), key=lambda index: (index in beside, *aligner.rank(wanted[index]))):
        quotation = wanted[index]
        if index in beside and quotation.near is None:
            quotation = replace(quotation, beside=tuple(_places(beside[index], found)))
        found[index] = aligner.align(quotation, taken[quotation.group])
        if found[index].kind not in NOWHERE:
            taken[quotation.group].take(found[index].start, found[index].end)
    return tuple(found[index] for index in range(len(wanted)))


def _places(numbers: int | Sequence[int], found: Mapping[int, Alignment]) -> Iterator[Place]:
    """Yield the places of those quotations that have one."""
    for number in (numbers,) if isinstance(numbers, int) else numbers:
        if number in found and found[number].kind not in NOWHERE:
            yield found[number].start, found[number].end


class Aligner:
    """Finds quotations in one text.

    A place inside a word (``loom`` in ``looms``) is found only where none begins and ends as words do. Time
    is linear in the text and, but for slips, in the quotation; slips are found by bit-parallel search (Myers 1999).

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._passages = Passages(text)

    def rank(self, quotation: Quotation) -> tuple[bool, int]:
        """Return what sorts quotations by whose place is sought first."""
        return not (quotation.occurrence or self._stands(quotation)), -len(quotation.text)

    def align(self, quotation: Quotation, taken: _Taken | None = None) -> Alignment:
        """Find a quotation: where it says that it stands, else the nearest free place, or the first."""
        found, places = self._choice(quotation, taken)
        if not places:
            size = len(self.text)
            return Alignment(REPEATED if found.places else NONE, size, size, 0.0, len(found.places))
        start, end = min(_around(places, quotation), key=self.nearness(quotation))
        return Alignment(found.kind, start, end, found.score, len(found.places))

    def nearness(self, quotation: Quotation) -> Nearness:
        """Return what tells how near places of the text are to where a quotation should stand."""
        return Nearness(quotation, self._stops if quotation.beside else ())

    def _choice(self, quotation: Quotation, taken: _Taken | None) -> tuple[Found, Sequence[Place]]:
        """Return what was found, and the places of it that the quotation can take."""
        if place := self._stands(quotation):
            return _free(Found(EXACT, (place,)), taken)
        core = quotation.text.strip()
        steps = self._passages.find(core)
        if quotation.occurrence:
            found = _best(steps or (self._passages.anywhere(core),), quotation.occurrence)
            return _free(found, taken, found.places[quotation.occurrence - 1 :][:1] or found.places[-1:])
        for apart in (True, False) if quotation.apart and taken else (False,):
            for found in steps:
                if (found.whole or not apart) and (free := _free(found, taken, apart=apart))[1]:
                    return free
        return _best(steps, 1), ()

    def _stands(self, quotation: Quotation) -> Place | None:
        """Return the place that a quotation names by its start, if it does stand there; in UTF-16 units, too."""
        near, core = quotation.near, quotation.text.strip()
        if near is None or not core or core != quotation.text:
            return None
        places = ((start, start + len(core)) for start in dict.fromkeys((near, self._from_utf16(near))))
        stands = (place for place in places if self.text.startswith(core, place[0]))
        return next((place for place in stands if not any(cuts_number(self.text, edge) for edge in place)), None)

    def _from_utf16(self, units: int) -> int:
        """Return how many code points so many UTF-16 units are; the same number where the text has none beyond."""
        return units - bisect_left(self._wide, units)

    @cached_property
    def _stops(self) -> list[int]:
        return [match.start() for match in STOPS.finditer(self.text)]

    @cached_property
    def _wide(self) -> list[int]:
        """Where, in UTF-16 units, the code points begin that take two of them."""
        wide = (at for at, char in enumerate(self.text) if char > "\uffff")
        return [at + before for before, at in enumerate(wide)]


def _free(
    found: Found, taken: _Taken | None, places: Sequence[Place] | None = None, *, apart: bool = False
) -> tuple[Found, Sequence[Place]]:
    """Return what was found, and those of its places, or of some of them, that are free."""
    some = found.places if places is None else places
    return found, taken.free(some, apart=apart) if taken else some


def _around(places: Sequence[Place], quotation: Quotation) -> Sequence[Place]:
    """Return the places next to the edges of where a quotation should stand: the nearest is among them."""
    edges = {edge for place in (*quotation.beside, *quotation.outside) for edge in place}
    numbers = {bisect_left(places, (edge, edge)) + step for edge in edges for step in (-2, -1, 0, 1)}
    return [places[number] for number in sorted(numbers) if 0 <= number < len(places)] if quotation.beside else places


def _best(steps: Sequence[Found], wanted: int) -> Found:
    """Return what the first step finds that finds as many places as are wanted, else most of them."""
    enough = (found for found in steps if len(found.places) >= wanted)
    most = max(steps, key=lambda found: len(found.places), default=Found(NONE, ()))
    return next(enough, most)
