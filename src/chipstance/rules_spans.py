"""Rules about where spans stand and what they refer to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain, pairwise
from typing import NamedTuple

from chipstance.digests import sha256
from chipstance.faults import show
from chipstance.layers import Layer
from chipstance.model import Span, by_position
from chipstance.rules import Finding, Labels, others, rule
from chipstance.rules_files import of_other_name

ZERO_WIDTH_JOINER = "\u200d"
FIRST_MARK = "\u0300"
"""No combining mark, and no part of an emoji that is not its first, comes before it in Unicode."""
FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of them are a flag."""
MOST_FLAG_LETTERS = 1000
"""An even number: so far back it is looked where flags in a row begin; behind that, none is seen to be cut in two."""
JAMO = {
    "L": re.compile("[\u1100-\u115f\ua960-\ua97c]"),
    "V": re.compile("[\u1160-\u11a7\ud7b0-\ud7c6]"),
    "T": re.compile("[\u11a8-\u11ff\ud7cb-\ud7fb]"),
}
JAMO_AFTER = {"L": ("L", "V"), "V": ("V", "T"), "LV": ("V", "T"), "T": ("T",), "LVT": ("T",), "": ()}
_JOINED = re.compile("[\u0e33\u0eb3\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What belongs to the character before it and is no mark: vowels, half-width voicing, skin tones, tags."""
_APART = re.compile(
    "[\u102b\u102c\u1038\u1062-\u1064\u1067-\u106d\u1083\u1087-\u108c\u108f\u109a-\u109c"
    "\u1a61\u1a63\u1a64\uaa7b\uaa7d\U00011720\U00011721]"
)
"""Marks that stand apart from the letter before them."""
TURNS = 3
"""So often it is looked for spans that overlap several others: without those, others may be seen."""
UNSPACED = ("CJK ", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO ", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE")
"""How the names of letters begin whose scripts do not set every word apart by spaces."""


@rule("span-edge-space", "annotations", "documents")
def span_edge_space(labels: Labels) -> Iterator[Finding]:
    """A span neither begins nor ends with white space."""
    for index, span in labels.spans.items():
        if span.text != span.text.strip():
            mend = f"shorten the span to {show(span.text.strip())}" if span.text.strip() else "remove the span"
            message = f"{show(span.text)} begins or ends with white space: {mend}"
            yield Finding(f"/spans/{index}/text", message)


@rule("span-splits-character", "annotations", "documents")
def span_splits_character(labels: Labels) -> Iterator[Finding]:
    """A span does not cut off a combining mark, a part of an emoji or of a flag, or a part of a Hangul syllable."""
    for index, span in labels.spans.items():
        for name, offset in (("start", span.start), ("end", span.end)):
            if inside_character(labels.text, offset):
                message = f"{name} {offset} cuts a character in two, before U+{ord(labels.text[offset]):04X}: move it"
                yield Finding(f"/spans/{index}/{name}", message)


def inside_character(text: str, offset: int) -> bool:
    """Tell whether a place is before a combining mark, or inside an emoji, a flag or a Hangul syllable.

    These are the extended grapheme clusters of Unicode (UAX 29), but that conjuncts of Indic letters, signs that stand
    before digits, U+200C, and a leading jamo before a whole syllable hold nothing together here, and U+200D does,
    whatever follows it.
    """
    if not 0 < offset < len(text):
        return False
    here, before = text[offset], text[offset - 1]
    if here < FIRST_MARK:
        return before == ZERO_WIDTH_JOINER
    if ZERO_WIDTH_JOINER in (here, before) or _goes_on(here):
        return True
    if here in FLAG_LETTERS and before in FLAG_LETTERS:
        run = text[max(0, offset - MOST_FLAG_LETTERS) : offset]
        return (len(run) - len(run.rstrip(FLAG_LETTERS))) % 2 == 1
    return _jamo(here) in JAMO_AFTER[_jamo(before)]


def may_be_inside(character: str) -> bool:
    """Tell whether a place before a character may be inside one, by what stands before."""
    return inside_character(f" {character}", 1) or character in FLAG_LETTERS or _jamo(character) in JAMO


def _goes_on(character: str) -> bool:
    """Tell whether a character belongs to the one before it, whatever that is."""
    category = unicodedata.category(character)
    if category == "Mc":
        return not _APART.match(character)
    return category in ("Mn", "Me") or _JOINED.match(character) is not None


def _jamo(character: str) -> str:
    """Return which parts of a Hangul syllable a character holds: the leading L, the vowel V, the trailing T."""
    if "\uac00" <= character <= "\ud7a3":
        return "LVT" if (ord(character) - 0xAC00) % 28 else "LV"
    return next((part for part, ranges in JAMO.items() if ranges.match(character)), "")


@rule("span-splits-word", "annotations")
def span_splits_word(labels: Labels) -> Iterator[Finding]:
    """A span does not begin or end inside a word."""
    for index, span in labels.spans.items():
        for name, offset in (("start", span.start), ("end", span.end)):
            before, after = labels.text[max(0, offset - 1) : offset], labels.text[offset : offset + 1]
            if _in_word(before) and _in_word(after) and not inside_character(labels.text, offset):
                around = show(labels.text[max(0, offset - 10) : offset] + "|" + labels.text[offset : offset + 10])
                yield Finding(f"/spans/{index}/{name}", f"{name} {offset} cuts a word in two, {around}: move it")


def _in_word(character: str) -> bool:
    """Tell whether words hold this letter, digit or mark, in a script that puts spaces between them."""
    return unicodedata.category(character or " ")[0] in "LNM" and not unicodedata.name(character, "").startswith(
        UNSPACED
    )


@rule("id-duplicate", "labels")
def span_id_duplicate(labels: Labels) -> Iterator[Finding]:
    """An id stands once."""
    seen: dict[str, int] = {}
    for index, span in labels.spans.items():
        first = seen.setdefault(span.id, index) if span.id else index
        if first != index and not _is_copy(span, labels.spans[first]):
            yield Finding(f"/spans/{index}/id", f"id {span.id!r} is taken by span {first}: choose another")


def _is_copy(span: Span, other: Span) -> bool:
    """Tell whether a span is the same as another, which is another rule's."""
    return span.start < span.end and _identity(span) == _identity(other)


@rule("span-duplicate", "labels")
def span_duplicate(labels: Labels) -> Iterator[Finding]:
    """Two spans of one layer never have the same start, end and attributes."""
    seen: dict[tuple[object, ...], int] = {}
    for index, span in labels.spans.items():
        first = seen.setdefault(_identity(span), index)
        if first != index and span.start < span.end:  # quotations without a place yet may be the same
            yield Finding(
                f"/spans/{index}", f"the same {span.layer} as span {first} [{span.start}, {span.end}): remove it"
            )


def _identity(span: Span) -> tuple[object, ...]:
    return span.layer, span.start, span.end, frozenset(span.attributes.items())


class Overlap(NamedTuple):
    """A span that overlaps others of its layer as it must not.

    Attributes:
        layer: their layer.
        place: its place in the file.
        others: theirs.
    """

    layer: Layer
    place: int
    others: list[int]


@rule("span-overlap", "annotations", "documents")
def span_overlap(labels: Labels) -> Iterator[Finding]:
    """Spans of one layer overlap only as layers.json allows."""
    for found in overlaps(labels):
        yield Finding(f"/spans/{found.place}", _overlap_message(found, labels.spans))


def overlaps(labels: Labels) -> Iterator[Overlap]:
    """Yield the spans that overlap others as they must not: of two, what does so more often, or stands later."""
    for layer in labels.layers:
        groups: dict[object, dict[tuple[object, ...], tuple[int, Span]]] = {}
        for index, span in labels.layer(layer.name) if layer.overlap != "free" else ():
            group = groups.setdefault(span.attributes.get(layer.apart_by), {})
            group.setdefault(_identity(span), (index, span))  # the same twice is another rule's
        for group in groups.values():
            yield from _overlaps(layer, dict(group.values()))


def _overlaps(layer: Layer, rest: dict[int, Span]) -> Iterator[Overlap]:
    """Yield each span that crosses several others, which is then put aside; of the rest, each that crosses another."""
    for _ in range(TURNS):
        wide = _wide(list(_crossing(layer, rest)))
        yield from (Overlap(layer, index, others) for index, others in wide.items())
        rest = {index: span for index, span in rest.items() if index not in wide}
        if not wide:
            break
    yield from (Overlap(layer, later, [earlier]) for later, earlier in _crossing(layer, rest))


def _wide(pairs: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Return the spans that cross several others, each of which crosses fewer, and these."""
    often = Counter(chain.from_iterable(pairs))
    found: dict[int, list[int]] = {}
    for later, earlier in pairs:
        wide, other = (earlier, later) if often[earlier] > often[later] else (later, earlier)
        found.setdefault(wide, []).append(other)
    return {index: others for index, others in found.items() if len(others) == often[index] > 1}


def _crossing(layer: Layer, spans: Mapping[int, Span]) -> Iterator[tuple[int, int]]:
    """Yield each span with one before it that it must not overlap: of several, the one that ends first."""
    under_way: list[tuple[int, int, int, Span]] = []
    for index, span in sorted(spans.items(), key=lambda item: (item[1].start, -item[1].end, item[0])):
        while under_way and under_way[0][0] <= span.start:
            heappop(under_way)
        if under_way:
            *_, other_index, other = under_way[0]
            same = (other.start, other.end) == (span.start, span.end)
            if layer.overlap != "nested" or same or not other.covers(span):
                yield index, other_index
        heappush(under_way, (span.end, -span.start, index, span))


def _overlap_message(found: Overlap, spans: Mapping[int, Span]) -> str:
    span, other = spans[found.place], spans[found.others[0]]
    more = len(found.others) > 1
    mend = {
        "none": "shorten it, if it is too long, or remove the others" if more else "shorten or remove one of them",
        "nested": "one may stand inside the other, but not cross it or equal it",
        "apart": f"they may overlap only with a different {found.layer.apart_by}",
    }[found.layer.overlap]
    others = f"{len(found.others)} others, the first " if more else ""
    return (
        f"the {span.layer} [{span.start}, {span.end}) overlaps {others}span {found.others[0]} "
        f"[{other.start}, {other.end}) {show(other.text)}: {mend}"
    )


@rule("span-order", "annotations")
def span_order(labels: Labels) -> Iterator[Finding]:
    """Spans are in reading order: by start, the longer first, then by layer and id."""
    misplaced = [
        (index, following)
        for (_, span), (index, following) in pairwise(labels.spans.items())
        if by_position((following, span))[0] is following and span != following
    ]
    for index, span in misplaced[:1]:
        message = f"{span.layer} [{span.start}, {span.end}) belongs before the span above it: sort the spans"
        yield Finding(f"/spans/{index}", message + others(len(misplaced)))


@rule("span-repaired", "annotations")
def span_repaired(labels: Labels) -> Iterator[Finding]:
    """A span says that it is repaired exactly where it overlaps a repaired passage."""
    for index, span in labels.spans.items():
        if labels.offsets.repaired(span.start, span.end) != span.repaired:
            mend = "overlaps no repaired passage: remove" if span.repaired else "overlaps a repaired passage: add"
            where = f"/spans/{index}/repaired" if span.repaired else f"/spans/{index}"
            yield Finding(where, f'[{span.start}, {span.end}) {mend} "repaired": true', key=span.repaired)


@rule("reference-missing", "labels")
def reference_missing(labels: Labels) -> Iterator[Finding]:
    """A reference to a span names a span of the same document."""
    for index, span in labels.spans.items():
        for attribute in labels.layers[span.layer].references("span"):
            target = span.attributes.get(attribute.name)
            if target is not None and target not in labels.ids:
                message = f"no span has the id {target!r}: name {_a_span(attribute.layer)} of this document"
                yield Finding(f"/spans/{index}/attributes/{attribute.name}", message)


@rule("reference-layer", "labels")
def reference_layer(labels: Labels) -> Iterator[Finding]:
    """A reference to a span names a span of the right layer."""
    for index, span in labels.spans.items():
        for attribute in labels.layers[span.layer].references("span"):
            target = labels.linked(span, attribute.name)
            if target and target.layer != attribute.layer:
                wanted = f"{attribute.name} must name {_a_span(attribute.layer)}"
                message = f"{target.id!r} is {_a_span(target.layer)}, but {wanted}: name another"
                yield Finding(f"/spans/{index}/attributes/{attribute.name}", message)


def _a_span(layer: str | None) -> str:
    return f"{'an' if str(layer).startswith(tuple('aeiou')) else 'a'} {layer} span"


@rule("span-unused", "annotations")
def span_unused(labels: Labels) -> Iterator[Finding]:
    """Every speaker and cue span belongs to a statement."""
    if not labels.whole:
        return
    links = {
        name: {s.attributes.get(name) for _, s in labels.layer("statement")} - {None}
        for name in ("cue", "speaker")
        if labels.layers.ours("statement", name)
    }
    linked = set[object]().union(*links.values())
    for name, led in links.items():
        if led - {span.id for _, span in labels.layer(name)}:
            continue  # a link leads elsewhere, which is another rule's: that may be why a span is left
        for index, span in labels.layer(name):
            if span.id not in linked:
                yield Finding(
                    f"/spans/{index}", f"no statement names the {name} {span.id!r} {show(span.text)}: link or remove it"
                )


@rule("text-digest", "annotations")
def text_digest(labels: Labels) -> Iterator[Finding]:
    """A label file names the digest of the text it was made for."""
    digest, declared = sha256(labels.text), labels.header.get("text_sha256")
    if declared is not None and declared != digest:
        message = f"the text of {labels.doc} has the digest {digest}, but the labels were made for {declared}"
        yield Finding("/text_sha256", f"{message}: check them against the text, then write its digest")


@rule("file-name", "annotations")
def label_file_name(labels: Labels) -> Iterator[Finding]:
    """A file stands where its content says: under its document's id, in its annotator's folder."""
    if labels.owner and labels.path.stem != labels.doc:
        yield of_other_name(labels.path, labels.doc)
    annotator = labels.header.get("annotator")
    if labels.owner and annotator is not None and annotator != labels.owner:
        yield Finding(
            "/annotator", f"annotator is {annotator!r}, but the file stands in {labels.owner}/: change one of them"
        )
