"""Finds the passages of a text that a quotation may have been taken from, the best first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chipstance.normalization import QUOTES, NormalForm, Place, normalize, unmarked
from chipstance.slips import EDGE, cuts_number, nearest, splits
from chipstance.wording import same_wording, vital

EXACT, NORMALIZED, FUZZY = "exact", "normalized", "fuzzy"

MOST_PARTS = 10
"""So many parts of a quotation with ellipses are looked for."""

LONGEST_OMISSION = 500
"""So many code points of the text an ellipsis inside a quotation may stand for."""

OMITTED_PER_QUOTED = 8
"""So many code points an ellipsis may stand for to each one of the parts beside it."""

LONGEST_REPLACED = 40
"""So many code points of the text may stand where a quotation has something in brackets."""

LONGEST_WORD = 40
"""A place that is nearly right may lack a word of fewer code points."""

SHORTEST_INSIDE = 4
"""A quotation of fewer letters is not looked for inside words."""

ARTICLE = re.compile(r"(?:the|an?) (?=\S{3})")
CLOSING = re.compile(rf"[.,;:!?…]?[{re.escape(QUOTES)}]")
BRACKET = re.compile(r"\[([^\[\]]{1,60})\]")
DOTS = re.compile(r"[\[(]?\.{2,3}[\])]?")
ELLIPSIS = re.compile(r" ?[\[(] ?(?:\.\.\.+|\. \. \.) ?[\])] ?| ?(?:\.\.\.+|\. \. \.)[ .]*")


@dataclass(frozen=True, slots=True)
class Found:
    """What one step of the search finds.

    Attributes:
        kind: ``exact``, ``normalized`` or ``fuzzy``.
        places: where, from left to right.
        score: as for an alignment.
        whole: whether they begin and end where words do.
    """

    kind: str
    places: tuple[Place, ...]
    score: float = 1.0
    whole: bool = True


class Passages:
    """Finds quotations in one text.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, tuple[Found, ...]] = {}

    def find(self, quotation: str) -> tuple[Found, ...]:
        """Return what each step finds, the best first, where it finds anything."""
        if quotation not in self._known:
            plain = unmarked(quotation)
            found = [step for step in self._steps(quotation) if step.places]
            if plain and plain != quotation:
                found += [replace(step, kind=NORMALIZED) for step in self._steps(plain) if step.places]
            if not found and plain:
                found = [step for step in (self._with_slips(normalize(plain)),) if step.places]
            whole = [step for step in found if step.whole]
            self._known[quotation] = tuple(whole or found)
        return self._known[quotation]

    def anywhere(self, quotation: str) -> Found:
        """Return where a quotation stands exactly, inside words too; not inside numbers."""
        places = _occurrences(quotation, self._text)
        kept = (place for place in places if not any(cuts_number(self._text, edge) for edge in place))
        return Found(EXACT, tuple(kept), whole=False)

    def _steps(self, quotation: str) -> Iterator[Found]:
        exact = tuple(_occurrences(quotation, self._text))
        yield Found(EXACT, self._whole(exact))
        needle = normalize(quotation)
        normalized = [self._variant(variant, needle) for variant in _variants(needle)]
        yield from (Found(NORMALIZED, self._whole(places)) for places in normalized)
        yield self._with_omissions(needle)
        yield from self._with_insertions(needle)
        if _may_be_inside(needle):
            yield Found(EXACT, self._inside(exact), whole=False)
            yield from (Found(NORMALIZED, self._inside(places), whole=False) for places in normalized)

    def _whole(self, places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in self._inside(places) if not any(splits(self._text, edge) for edge in place))

    def _inside(self, places: Iterable[Place]) -> tuple[Place, ...]:
        """Return the places that part no number, begin in no word and do not turn it into its opposite: ``hope|less``.

        One may begin where words have run together: ``pastAda``.
        """
        return tuple(place for place in places if not self._spoils(*place))

    def _spoils(self, start: int, end: int) -> bool:
        text = self._text
        if cuts_number(text, start) or cuts_number(text, end):
            return True
        runs_on = text[start - 1 : start].islower() and text[start : start + 1].isupper()
        cased = text[start : start + 1].lower() != text[start : start + 1].upper()
        return (splits(text, start) and cased and not runs_on) or text.startswith("less", end)

    def _normalized(self, needle: str) -> tuple[Place, ...]:
        """Return the places of a normalized quotation that begin and end where code points of the text do."""
        form = self._form
        found = _occurrences(needle, form.text)
        return tuple(form.place(start, end) for start, end in found if form.parts(start) and form.parts(end))

    def _variant(self, variant: str, needle: str) -> tuple[Place, ...]:
        """Return the places of a variant of a normalized quotation; in quotation marks if those were taken from it."""
        places = self._normalized(variant)
        return places if variant[0] == "'" else tuple(self._in_marks(place, needle) for place in places)

    def _with_omissions(self, needle: str) -> Found:
        """Return the places of a quotation with an ellipsis: its parts in order, each soon after the one before."""
        parts = _parts(ELLIPSIS.split(needle))
        pairs = zip(map(len, parts), map(len, parts[1:]), strict=False)
        limits = [min(LONGEST_OMISSION, OMITTED_PER_QUOTED * (one + other)) for one, other in pairs]
        return self._chained(parts, limits, needle) if len(parts) > 1 else Found(NORMALIZED, ())

    def _with_insertions(self, needle: str) -> Iterator[Found]:
        """Yield the places of a quotation with brackets: what they hold is the text's, or stands in place of some."""
        put_in = "".join(match[1] for match in BRACKET.finditer(needle))
        if not put_in:
            return
        yield Found(NORMALIZED, self._whole(self._normalized(BRACKET.sub(r"\1", needle).strip(EDGE))))
        parts = _parts(BRACKET.split(needle)[::2])
        quoted = " ".join(parts)
        if len(put_in) <= len(quoted) and not vital(put_in):
            found = self._chained(parts, [LONGEST_REPLACED] * len(parts), needle)
            same = [place for place in found.places if vital(normalize(self._text[slice(*place)])) == vital(quoted)]
            yield replace(found, places=tuple(same))

    def _chained(self, parts: Sequence[str], limits: Sequence[int], needle: str) -> Found:
        """Return the places where the parts stand one after another, no farther apart than the limits."""
        if not 0 < len(parts) <= MOST_PARTS:
            return Found(NORMALIZED, ())
        chains = {place[1]: place for place in self._whole(self._normalized(parts[0]))}
        for part, limit in zip(parts[1:], limits, strict=False):
            chains = _continued(chains, self._whole(self._normalized(part)), limit)
        places = self._whole(sorted(self._in_marks(place, needle) for place in chains.values()))
        longest = max((end - start for start, end in places), default=1)
        return Found(NORMALIZED, places, min(1.0, sum(map(len, parts)) / longest))

    def _in_marks(self, place: Place, needle: str) -> Place:
        """Return a place with the marks at its edges that a quotation has there too; quotation marks on both sides."""
        start, end = place
        head = DOTS.sub("", needle[: len(needle) - len(needle.lstrip(EDGE))].replace(" ", ""))[::-1]
        tail = DOTS.sub("", needle[len(needle.rstrip(EDGE)) :].replace(" ", ""))
        before = _shared(head, self._text[max(0, start - len(head)) : start][::-1])
        after = _shared(tail, self._text[end : end + len(tail)])
        closing = CLOSING.match(self._text, end) if "'" in tail and "'" not in tail[:after] else None
        after = closing.end() - end if closing else after
        opened, closed = "'" in head[:before], "'" in tail[:after] or closing is not None
        if "'" in head and "'" in tail and opened != closed:
            return place
        return start - before, end + after

    def _bared(self, marked: str) -> Found:
        """Return the places of a quotation that has lost accents or spaces, or has some too many."""
        needle = NormalForm(_core(marked), bare=True).text
        places = self._whole(self._bare.place(*place) for place in _occurrences(needle, self._bare.text))
        kept = [self._in_marks(_stripped(self._text, *place), marked) for place in places]
        return Found(FUZZY, self._worded(marked, kept), 1 - 1 / (len(needle) + 1))

    def _with_slips(self, marked: str) -> Found:
        """Return the places with the fewest slips, if these are few enough, and slips of spelling alone."""
        bare, needle = self._bared(marked), _core(marked)
        if bare.places:
            return bare
        if article := ARTICLE.match(needle):
            named = self._worded(needle, self._whole(self._normalized(needle[article.end() :])))
            if named:
                return Found(FUZZY, named, 1 - article.end() / len(needle))
        slips, found = nearest(needle, self._form.text)
        worded = (self._same(needle, *place) for place in found)
        places = (_stripped(self._text, *self._form.place(*place)) for place in worded if place)
        kept = dict.fromkeys(self._in_marks(place, marked) for place in places)
        return Found(FUZZY, self._inside(kept), 1 - slips / max(1, len(needle)))

    def _same(self, needle: str, start: int, end: int) -> Place | None:
        """Return a place with the wording of a quotation, with a word more at an edge if need be.

        ``in mill`` has fewer slips to ``the mill`` than to ``in the mill``.
        """
        text = self._form.text
        before = max(text.rfind(" ", max(0, start - LONGEST_WORD), max(0, start - 1)) + 1, 0)
        after = text.find(" ", end + 1, end + LONGEST_WORD)
        starts = (start, before) if start - LONGEST_WORD < before < start else (start,)
        ends = (end, after) if after > 0 else (end, len(text)) if len(text) - end < LONGEST_WORD else (end,)
        places = ((one, one + len(text[one:other].rstrip(EDGE))) for other in ends for one in starts)
        return next((place for place in places if same_wording(needle, text[slice(*place)])), None)

    def _worded(self, needle: str, places: Iterable[Place]) -> tuple[Place, ...]:
        """Return the places with the wording of a quotation."""
        return tuple(place for place in places if same_wording(needle, normalize(self._text[slice(*place)])))

    @cached_property
    def _form(self) -> NormalForm:
        return NormalForm(self._text)

    @cached_property
    def _bare(self) -> NormalForm:
        return NormalForm(self._text, bare=True)


def _variants(needle: str) -> dict[str, None]:
    """Return a normalized quotation as it stands, and without the marks at its edges that a model adds."""
    core = _core(needle)
    quoted = f"'{core}'" if core and needle[0] == "'" and needle[-1] in "'.,;:!?" and "'" in needle[-2:] else needle
    return dict.fromkeys(variant for variant in (needle, quoted, needle.strip("' "), core) if variant)


def _core(needle: str) -> str:
    """Return a normalized quotation without the marks at its edges, but with that of a number: ``-5``, ``.5``."""
    core = needle.strip(EDGE)
    before = needle[: len(needle) - len(needle.lstrip(EDGE))]
    return before[-1] + core if core[:1].isdigit() and before[-1:] in tuple("-.,") and before[-2:] != ".." else core


def _parts(pieces: Iterable[str]) -> list[str]:
    return [part for part in (piece.strip(EDGE) for piece in pieces) if part]


def _may_be_inside(needle: str) -> bool:
    """Tell whether a quotation is looked for inside words: not a short one in a script that has spaces."""
    return len(needle) >= SHORTEST_INSIDE or needle.lower() == needle.upper()


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


def _continued(chains: dict[int, Place], places: tuple[Place, ...], limit: int) -> dict[int, Place]:
    """Return the chains, by their end, with the next part added; of those with one end, the shortest."""
    starts = [start for start, _ in places]
    longer: dict[int, Place] = {}
    for end, (start, _) in sorted(chains.items()):
        index = bisect_left(starts, end)
        if index < len(starts) and starts[index] - end <= limit:
            longer[places[index][1]] = (start, places[index][1])
    return longer


def _stripped(text: str, start: int, end: int) -> Place:
    """Return a passage without the white space at its edges."""
    passage = text[start:end]
    return end - len(passage.lstrip()), start + len(passage.rstrip())
