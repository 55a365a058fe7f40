"""Rules about offsets that do not fit the text, and what makes those of many spans wrong at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from heapq import nlargest, nsmallest
from itertools import chain, islice
from typing import Literal, NamedTuple

from chipstance.faults import show
from chipstance.model import Span
from chipstance.rules import Finding, Labels, rule

SHOWN = 100
"""A message shows less than so many code points of either edge of a text."""
NEAR = 10_000
"""So far from its offsets a span's text is looked for."""
FAR = 100_000
"""Code points are counted up to here, where offsets count something else."""
LONGEST_FORM = 4
"""No form of a text is so many times longer than another."""
MANY = 3
"""So many spans can be wrong by one cause."""
ANCHORS, LOOKED_AT, PLACES = 3, 1000, 20
"""So many spans tell by how much offsets are off: of so many places where their texts stand, so many that are near."""
READ = "fit when their offsets are read as"
SWAPPED = "fit when start and end change places; end must be greater than start"
LENGTH = "fit when end is read as a length; end is where the span ends, start plus length"
REVERSED = "begin behind their ends; see whether starts and ends have changed places, or ends are lengths"
STRANGE = "have texts that stand nowhere in this document; see that it is the right one"
FORMS: dict[Literal["NFC", "NFD"], str] = {"NFC": "composed", "NFD": "decomposed"}
COPIED = "copy the texts and count the offsets as the text stands"
MOST_STRANGE = 10**8
"""Texts are looked for in the whole document if these are no more steps at worst."""

Wrong = tuple[str, Finding]


@rule("span-empty", "offsets")
def span_empty(labels: Labels) -> Iterator[Finding]:
    """A span starts before it ends."""
    for index, span in labels.spans.items():
        if span.start >= span.end:
            mends = (mend for fits, mend in ((_is_swapped, SWAPPED), (_is_length, LENGTH)) if fits(labels.text, span))
            mend = next((f"the offsets {mend}" for mend in mends), "end must be greater than start")
            yield Finding(f"/spans/{index}/end", f"the span [{span.start}, {span.end}) covers nothing: {mend}")


@rule("span-outside", "offsets")
def span_outside(labels: Labels) -> Iterator[Finding]:
    """A span lies inside the document's text."""
    size = len(labels.text)
    for index, span in labels.spans.items():
        if span.start < span.end and span.end > size:
            message = f"end {span.end} is past the text of {labels.doc}, which has {size} code points"
            yield Finding(f"/spans/{index}/end", f"{message}: {_mend(labels, span)}")


@rule("span-text-mismatch", "offsets")
def span_text_mismatch(labels: Labels) -> Iterator[Finding]:
    """The covered text is the slice of the document's text at the span's offsets."""
    for index, span in labels.spans.items():
        if span.start < span.end <= len(labels.text) and not _covers(labels.text, span):
            covered = show(_edges(labels.text, span.start, span.end))
            message = f"text is {show(span.text)}, but [{span.start}, {span.end}) covers {covered}"
            yield Finding(f"/spans/{index}/text", f"{message}: {_mend(labels, span)}")


def _covers(text: str, span: Span) -> bool:
    """Tell whether a span's text is what it covers, without a copy of that: many spans may claim the whole text."""
    return len(span.text) == span.end - span.start and text.startswith(span.text, span.start)


def _edges(text: str, start: int, end: int) -> str:
    """Return what stands between two places, without the middle that no message shows."""
    return text[start:end] if end - start <= 2 * SHOWN else text[start : start + SHOWN] + text[end - SHOWN : end]


def _mend(labels: Labels, span: Span) -> str:
    """Say in which unit the offsets fit, how the texts differ, or where the covered text stands."""
    return next(_hints(labels, span), "mend the offsets or the text")


def _hints(labels: Labels, span: Span) -> Iterator[str]:
    text, covered, start, end = labels.text, span.text, span.start, span.end
    if covered == text[start : min(end, start + len(covered) + 1)]:
        return  # a prediction without a text has nothing to compare
    if _of_bytes(labels, span):
        yield f"the offsets fit when they are read as UTF-8 bytes; count code points{_stands(labels.utf8, 1, span)}"
    if _of_units(labels, span):
        yield f"the offsets fit when they are read as UTF-16 units; count code points{_stands(labels.utf16, 2, span)}"
    yield from _slips(labels, span)


def _stands(text: bytes, unit: int, span: Span) -> str:
    """Say where a span begins and ends in code points, unless that takes long to be counted."""
    if span.start > FAR:
        return ""
    start = len(text[: unit * span.start].decode("utf-8" if unit == 1 else "utf-16-le", "surrogatepass"))
    return f"; that text stands at [{start}, {start + len(span.text)})"


def _slips(labels: Labels, span: Span) -> Iterator[str]:
    text, covered, start = labels.text, span.text, span.start
    if _covers(labels.raw, span):
        yield "the offsets fit the article as received; carry them over its edits"
    if _is_written(text, span):
        yield "they differ in Unicode normalization only; copy the text as it stands"
    if covered.splitlines() == _covered(text, span).splitlines():
        yield "they differ in line ends only; copy the text as it stands"
    near = (max(0, start - NEAR), start + LONGEST_FORM * len(covered) + NEAR)
    place = text.find(covered, *near)
    if place >= 0 and text.find(covered, place + 1, near[1]) < 0:
        yield f"that text stands at [{place}, {place + len(covered)})"


class Cause(NamedTuple):
    """What makes the offsets of many spans wrong.

    Attributes:
        fits: tells of a span whether its offsets would be right without it.
        mend: what to do about all of them.
    """

    fits: Callable[[Span], bool]
    mend: str


def by_cause(labels: Labels, wrong: Sequence[Wrong]) -> Iterator[Wrong]:
    """Yield what is wrong with offsets: one finding, the first, for at least half of the spans if they have one cause.

    Args:
        labels: the spans.
        wrong: what the rules about offsets find, with their ids.
    """
    found = {int(each[1].pointer.split("/")[2]): each for each in wrong}
    rest = {index: found[index] for index in sorted(found)}
    while len(rest) >= MANY:
        mend, same = _most(labels, [index for index in rest if _tells(labels.text, labels.spans[index])])
        if len(same) < max(MANY, len(rest) / 2):
            break
        rule_id, first = rest[same[0]]
        message = f"{first.message.rpartition(': ')[0]}: {len(same)} spans {mend}"  # no mend has a colon in it
        yield rule_id, Finding(first.pointer, message)
        for index in same:
            del rest[index]
    yield from rest.values()


def _tells(text: str, span: Span) -> bool:
    """Tell whether something else than the offsets says where a span may stand: its text, or a start above its end."""
    return span.start > span.end or span.text != text[span.start : min(span.end, span.start + len(span.text) + 1)]


def _most(labels: Labels, indexes: Sequence[int]) -> tuple[str, list[int]]:
    """Return the mend of the cause by which most spans are wrong, and these."""
    spans = {index: labels.spans[index] for index in indexes}
    found = (
        (cause.mend, [index for index, span in spans.items() if cause.fits(span)])
        for cause in _causes(labels, list(spans.values()))
    )
    return max(found, key=lambda each: len(each[1]))


def _causes(labels: Labels, wrong: Sequence[Span]) -> Iterator[Cause]:
    text = labels.text
    yield Cause(partial(_of_bytes, labels), f"{READ} UTF-8 bytes; count code points")
    yield Cause(partial(_of_units, labels), f"{READ} UTF-16 units; count code points")
    yield Cause(partial(_is_swapped, text), SWAPPED)
    yield Cause(partial(_is_length, text), LENGTH)
    yield Cause(lambda span: span.start > span.end and not span.text, REVERSED)
    yield Cause(partial(_covers, labels.raw), "fit the article as received; carry their offsets over its edits")
    yield Cause(partial(_is_written, text), "differ in Unicode normalization only; copy the text as it stands")
    yield Cause(partial(_in_lines, text), "differ in line ends only; copy the text as it stands")
    if "\r\n" in text:
        yield Cause(partial(_in_lines, _lines(text)), "fit when \\r\\n is counted as one; count two code points")
    doubled = _lines(text).replace("\n", "\r\n")
    if doubled != text:
        yield Cause(partial(_in_lines, doubled), "fit when \\n is counted as two; count one code point")
    moves = chain.from_iterable(
        _moves(text, span) for span in nlargest(ANCHORS, wrong, key=lambda span: len(span.text))
    )
    for start, end in sorted(dict.fromkeys(moves), key=lambda move: max(map(abs, move))):
        yield Cause(partial(_moved, text, start, end), _move(start, end))
    for form, name in FORMS.items():
        if (other := unicodedata.normalize(form, text)) != text:
            yield Cause(partial(_covers, other), f"fit the text in its {name} form ({form}); {COPIED}")
    if _are_strange(labels, wrong):
        letters = _letters(text)
        yield Cause(lambda span: _letters(span.text) not in letters, STRANGE)


def _are_strange(labels: Labels, wrong: Sequence[Span]) -> bool:
    """Tell whether hardly any span has a text that stands in the document, be it in other signs."""
    if len(labels.spans) > MOST_STRANGE / max(1, len(labels.text)):
        return False
    letters = _letters(labels.text)
    return 3 * sum(_letters(span.text) not in letters for span in wrong) >= 2 * len(labels.spans)


@lru_cache(maxsize=8)
def _letters(text: str) -> str:
    """Return what is left of a text whatever its spaces, marks, quotation marks and case are."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


def _of_bytes(labels: Labels, span: Span) -> bool:
    utf8 = span.text.encode()
    return len(utf8) == span.end - span.start and labels.utf8.startswith(utf8, span.start)


def _of_units(labels: Labels, span: Span) -> bool:
    utf16 = span.text.encode("utf-16-le")
    return len(utf16) == 2 * (span.end - span.start) and labels.utf16.startswith(utf16, 2 * span.start)


def _is_swapped(text: str, span: Span) -> bool:
    return span.end + len(span.text) == span.start > span.end and text.startswith(span.text, span.end)


def _is_length(text: str, span: Span) -> bool:
    return len(span.text) == span.end > 0 and text.startswith(span.text, span.start)


def _is_written(text: str, span: Span) -> bool:
    """Tell whether a span covers its text in another normalization."""
    return unicodedata.normalize("NFC", span.text) == unicodedata.normalize("NFC", _covered(text, span))


def _in_lines(text: str, span: Span) -> bool:
    """Tell whether a span covers its text but for the line ends."""
    return _lines(span.text) == _lines(_covered(text, span))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _covered(text: str, span: Span) -> str:
    """Return what a span covers, as far as it may be a form of its text, which is never longer."""
    return text[span.start : min(span.end, span.start + LONGEST_FORM * len(span.text))]


def _moves(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """Yield by how much start and end would have to be moved to the nearest places where a span's text may stand."""
    begun = islice(re.finditer(re.escape(span.text[:SHOWN]), text), LOOKED_AT) if span.text else ()
    places = (found.start() for found in begun)
    for place in nsmallest(PLACES, places, key=lambda place: abs(place - span.start)):
        yield place - span.start, place + len(span.text) - span.end


def _moved(text: str, start: int, end: int, span: Span) -> bool:
    place = span.start + start
    return place >= 0 and place + len(span.text) == span.end + end and text.startswith(span.text, place)


def _move(start: int, end: int) -> str:
    """Say how offsets have to be moved."""
    if start == end:
        way, mend = ("left", f"add {start} to") if start > 0 else ("right", f"take {-start} from")
        return f"stand {abs(start)} too far {way}; {mend} their starts and ends"
    moves = ((start, "their starts"), (end, "their ends"))
    words = (f"add {by} to {which}" if by > 0 else f"take {-by} from {which}" for by, which in moves if by)
    return f"are off by the same; {' and '.join(words)}"
