"""Finds a quotation without offsets, as language models return it, in the text it was taken from."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from chipstance.normalization import QUOTES, NormalForm, Place, normalize, unmarked
from chipstance.slips import EDGE, nearest, splits

EXACT, NORMALIZED, FUZZY, REPEATED, NONE = "exact", "normalized", "fuzzy", "repeated", "none"
KINDS = (EXACT, NORMALIZED, FUZZY, REPEATED, NONE)
NOWHERE = (REPEATED, NONE)
"""Kinds of quotations without a place of their own: each counts as a prediction that matches nothing."""

MOST_PARTS = 10
"""So many parts of a quotation with ellipses are looked for."""

LONGEST_OMISSION = 1000
"""So many code points of the text an ellipsis inside a quotation may stand for."""

ARTICLE = re.compile(r"(?:the|an?) (?=\S{3})")
CLOSING = re.compile(rf"[.,;:!?…]?[{re.escape(QUOTES)}]")
ELLIPSIS = re.compile(r" ?[\[(] ?(?:\.\.\.+|\. \. \.) ?[\])] ?| ?(?:\.\.\.+|\. \. \.)[ .]*")


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a quotation stands in a text.

    Attributes:
        kind: ``exact``; ``normalized`` (equal up to quotation marks, white space, case, dashes, Unicode forms, marks at
            its edges, the escapes and signs of HTML, JSON and Markdown, and what an ellipsis leaves out); ``fuzzy`` (a
            few slips, spaces or accents more or less, or an article put before it); ``repeated`` (its places are taken
            by other quotations of its group); ``none``.
        start: first code point; the text's length where the kind is ``repeated`` or ``none``.
        end: one past the last code point (half-open); the text's length as for ``start``.
        score: 1 for a whole quotation, the share of the passage that is quoted where an ellipsis leaves something out,
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
        beside: a passage next to which it should stand, not inside it, if that is known.
    """

    text: str
    occurrence: int | None = None
    near: int | None = None
    group: Hashable = ""
    apart: bool = False
    beside: Place | None = None

    def distance(self, place: Place) -> tuple[bool, int]:
        """Return what sorts places by how near they are to where the quotation should stand."""
        if self.beside is None:
            return False, abs(place[0] - (self.near or 0))
        gap = max(place[0] - self.beside[1], self.beside[0] - place[1])
        return gap < 0, gap


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    places: tuple[Place, ...]
    score: float = 1.0
    whole: bool = True


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
    beside: Mapping[int, int] = MappingProxyType({}),
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
        beside: number of a quotation to that of the one it belongs to.
    """
    wanted, aligner = tuple(quotations), Aligner(text)
    taken = {group: _Taken(len(text)) for group in {each.group for each in wanted}}
    for group, place in given:
        if group in taken:
            taken[group].take(*place)
    found: dict[int, Alignment] = {}
    for index in sorted(range(len(wanted)), key=lambda index: (index in beside, *aligner.rank(wanted[index]))):
        quotation = wanted[index]
        owner = found.get(beside.get(index, -1))
        if owner and owner.kind not in NOWHERE and quotation.near is None:
            quotation = replace(quotation, beside=(owner.start, owner.end))
        found[index] = aligner.align(quotation, taken[quotation.group])
        if found[index].kind not in NOWHERE:
            taken[quotation.group].take(found[index].start, found[index].end)
    return tuple(found[index] for index in range(len(wanted)))


class Aligner:
    """Finds quotations in one text.

    Places that begin and end where words do are preferred, whatever the kind: ``ban`` is no part of ``urban``. Time
    is linear in the text and, but for slips, in the quotation; slips are found by bit-parallel search (Myers 1999).

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[str, tuple[_Found, ...]] = {}

    def rank(self, quotation: Quotation) -> tuple[bool, int]:
        """Return what sorts quotations by whose place is sought first."""
        return not (quotation.occurrence or self._stands(quotation)), -len(quotation.text)

    def align(self, quotation: Quotation, taken: _Taken | None = None) -> Alignment:
        """Find a quotation: where it says that it stands, else the nearest free place, or the first."""
        taken = taken or _Taken(len(self.text))
        found, places = self._choice(quotation, taken)
        if not places:
            size = len(self.text)
            return Alignment(REPEATED if found.places else NONE, size, size, 0.0, len(found.places))
        start, end = min(places, key=quotation.distance)
        return Alignment(found.kind, start, end, found.score, len(found.places))

    def _choice(self, quotation: Quotation, taken: _Taken) -> tuple[_Found, Sequence[Place]]:
        """Return what was found, and the places of it that the quotation can take."""
        core = quotation.text.strip()
        if place := self._stands(quotation):
            found = _Found(EXACT, (place,))
            return found, taken.free(found.places)
        steps = self._finds(core)
        if quotation.occurrence:
            found = _best(steps, quotation.occurrence)
            return found, taken.free(found.places[quotation.occurrence - 1 :][:1] or found.places[-1:])
        for apart in (True, False) if quotation.apart else (False,):
            for found in steps:
                if (found.whole or not apart) and (free := taken.free(found.places, apart=apart)):
                    return found, free
        return _best(steps, 1), ()

    def _stands(self, quotation: Quotation) -> Place | None:
        """Return the place that a quotation names by its start, if it does stand there."""
        near, core = quotation.near, quotation.text.strip()
        if near is None or not core or core != quotation.text or not self.text.startswith(core, near):
            return None
        return near, near + len(core)

    def _finds(self, quotation: str) -> tuple[_Found, ...]:
        """Return what each step finds, the best first, where it finds anything."""
        if quotation not in self._known:
            plain = unmarked(quotation)
            found = [step for step in self._steps(quotation) if step.places]
            if plain and plain != quotation:
                found += [replace(step, kind=NORMALIZED) for step in self._steps(plain) if step.places]
            if not found and plain:
                found = [step for step in (self._with_slips(normalize(plain)),) if step.places]
            self._known[quotation] = tuple(found)
        return self._known[quotation]

    def _steps(self, quotation: str) -> Iterator[_Found]:
        exact = tuple(_occurrences(quotation, self.text))
        yield _Found(EXACT, self._whole(exact))
        needle = normalize(quotation)
        normalized = [self._variant(variant, needle) for variant in _variants(needle)]
        yield from (_Found(NORMALIZED, self._whole(places)) for places in normalized)
        yield self._with_omissions(needle)
        yield _Found(EXACT, exact, whole=False)
        yield from (_Found(NORMALIZED, places, whole=False) for places in normalized)

    def _whole(self, places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in places if not any(splits(self.text, edge) for edge in place))

    def _normalized(self, needle: str) -> tuple[Place, ...]:
        """Return the places of a normalized quotation that begin and end where code points of the text do."""
        form = self._form
        found = _occurrences(needle, form.text)
        return tuple(form.place(start, end) for start, end in found if form.parts(start) and form.parts(end))

    def _variant(self, variant: str, needle: str) -> tuple[Place, ...]:
        """Return the places of a variant of a normalized quotation; in quotation marks if those were taken from it."""
        places = self._normalized(variant)
        return places if variant[0] == "'" else tuple(self._in_marks(place, needle) for place in places)

    def _with_omissions(self, needle: str) -> _Found:
        """Return the places of a quotation with an ellipsis: its parts in order, each soon after the one before."""
        parts = [part for part in (part.strip(EDGE) for part in ELLIPSIS.split(needle)) if part]
        if not 1 < len(parts) <= MOST_PARTS:
            return _Found(NORMALIZED, ())
        chains = {place[1]: place for place in self._whole(self._normalized(parts[0]))}
        for part in parts[1:]:
            chains = _continued(chains, self._whole(self._normalized(part)))
        places = tuple(sorted(self._in_marks(place, needle) for place in chains.values()))
        longest = max((end - start for start, end in places), default=1)
        return _Found(NORMALIZED, places, min(1.0, sum(map(len, parts)) / longest))

    def _in_marks(self, place: Place, needle: str) -> Place:
        """Return a place with the marks at its edges that a quotation has there too; quotation marks on both sides."""
        start, end = place
        head = needle[: len(needle) - len(needle.lstrip(EDGE))].replace(" ", "")[::-1]
        tail = needle[len(needle.rstrip(EDGE)) :].replace(" ", "")
        before = _shared(head, self.text[max(0, start - len(head)) : start][::-1])
        after = _shared(tail, self.text[end : end + len(tail)])
        closing = CLOSING.match(self.text, end) if "'" in tail and "'" not in tail[:after] else None
        after = closing.end() - end if closing else after
        opened, closed = "'" in head[:before], "'" in tail[:after] or closing is not None
        if "'" in head and "'" in tail and opened != closed:
            return place
        return start - before, end + after

    def _bared(self, marked: str) -> _Found | None:
        """Return the places of a quotation that has lost accents or spaces, or has some too many."""
        needle = NormalForm(marked.strip(EDGE), bare=True).text
        places = self._whole(self._bare.place(*place) for place in _occurrences(needle, self._bare.text))
        kept = tuple(self._in_marks(_stripped(self.text, *place), marked) for place in places)
        return _Found(FUZZY, kept, 1 - 1 / (len(needle) + 1)) if kept else None

    def _with_slips(self, marked: str) -> _Found:
        """Return the places with the fewest slips, if these are few enough. A wrong digit is no slip."""
        if bare := self._bared(marked):
            return bare
        needle = marked.strip(EDGE)
        if article := ARTICLE.match(needle):
            named = self._whole(self._normalized(needle[article.end() :]))
            if named:
                return _Found(FUZZY, named, 1 - article.end() / len(needle))
        slips, found = nearest(needle, self._form.text)
        places = (_stripped(self.text, *self._form.place(start, end)) for start, end in found)
        same = [place for place in places if _digits(self.text[slice(*place)]) == _digits(needle)]
        kept = tuple(dict.fromkeys(self._in_marks(place, marked) for place in same))
        return _Found(FUZZY, kept, 1 - slips / max(1, len(needle)))

    @cached_property
    def _form(self) -> NormalForm:
        return NormalForm(self.text)

    @cached_property
    def _bare(self) -> NormalForm:
        return NormalForm(self.text, bare=True)


def _best(steps: Sequence[_Found], wanted: int) -> _Found:
    """Return what the first step finds that finds as many places as are wanted, else most of them."""
    enough = (found for found in steps if len(found.places) >= wanted)
    most = max(steps, key=lambda found: len(found.places), default=_Found(NONE, ()))
    return next(enough, most)


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


def _shared(marks: str, passage: str) -> int:
    """Return how many of a quotation's marks a passage begins with."""
    pairs = zip(marks, passage, strict=False)
    return next(
        (count for count, (mark, char) in enumerate(pairs) if normalize(char) != mark), min(len(marks), len(passage))
    )


def _continued(chains: dict[int, Place], places: tuple[Place, ...]) -> dict[int, Place]:
    """Return the chains, by their end, with the next part added; of those with one end, the shortest."""
    starts = [start for start, _ in places]
    longer: dict[int, Place] = {}
    for end, (start, _) in sorted(chains.items()):
        index = bisect_left(starts, end)
        if index < len(starts) and starts[index] - end <= LONGEST_OMISSION:
            longer[places[index][1]] = (start, places[index][1])
    return longer


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _stripped(text: str, start: int, end: int) -> Place:
    """Return a passage without the white space at its edges."""
    passage = text[start:end]
    return end - len(passage.lstrip()), start + len(passage.rstrip())
