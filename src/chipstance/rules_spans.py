"""Rules about where spans stand and what they refer to."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from heapq import heappop, heappush
from itertools import pairwise

from chipstance.digests import sha256
from chipstance.faults import show
from chipstance.layers import Layer
from chipstance.model import Span, by_position
from chipstance.rules import Finding, Labels, others, rule

ZERO_WIDTH_JOINER = "\u200d"
FIRST_MARK = "\u0300"
"""No combining mark, and no part of an emoji that is not its first, comes before it in Unicode."""
SHOWN = 100
"""A message shows less than so many code points of either edge of a text."""
NEAR = 10_000
"""So far from its offsets a span's text is looked for."""
UNSPACED = ("CJK ", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO ", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE")
"""How the names of letters begin whose scripts do not set every word apart by spaces."""


@rule("span-empty", "offsets")
def span_empty(labels: Labels) -> Iterator[Finding]:
    """A span starts before it ends."""
    for index, span in labels.spans.items():
        if span.start >= span.end:
            message = f"the span [{span.start}, {span.end}) covers nothing: end must be greater than start"
            yield Finding(f"/spans/{index}/end", message)


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
    size = end - start
    if len(utf8 := covered.encode()) == size and labels.utf8.startswith(utf8, start):
        yield "the offsets fit when they are read as UTF-8 bytes; count code points"
    if len(utf16 := covered.encode("utf-16-le")) == 2 * size and labels.utf16.startswith(utf16, 2 * start):
        yield "the offsets fit when they are read as UTF-16 units; count code points"
    yield from _slips(labels, span)


def _slips(labels: Labels, span: Span) -> Iterator[str]:
    text, covered, start = labels.text, span.text, span.start
    end = min(span.end, start + 4 * len(covered))  # no form of a text is longer
    if labels.raw[start:end] == covered:
        yield "the offsets fit the article as received; carry them over its edits"
    if unicodedata.normalize("NFC", covered) == unicodedata.normalize("NFC", text[start:end]):
        yield "they differ in Unicode normalization only; copy the text as it stands"
    if covered.splitlines() == text[start:end].splitlines():
        yield "they differ in line ends only; copy the text as it stands"
    near = (max(0, start - NEAR), end + NEAR)
    place = text.find(covered, *near)
    if place >= 0 and text.find(covered, place + 1, near[1]) < 0:
        yield f"that text stands at [{place}, {place + len(covered)})"


@rule("span-edge-space", "annotations", "documents")
def span_edge_space(labels: Labels) -> Iterator[Finding]:
    """A span neither begins nor ends with white space."""
    for index, span in labels.spans.items():
        if span.text != span.text.strip():
            message = (
                f"{show(span.text)} begins or ends with white space: shorten the span to {show(span.text.strip())}"
            )
            yield Finding(f"/spans/{index}/text", message)


@rule("span-splits-character", "annotations", "documents")
def span_splits_character(labels: Labels) -> Iterator[Finding]:
    """A span does not cut off a combining mark or a part of an emoji."""
    for index, span in labels.spans.items():
        for name, offset in (("start", span.start), ("end", span.end)):
            if inside_character(labels.text, offset):
                message = f"{name} {offset} cuts a character in two, before U+{ord(labels.text[offset]):04X}: move it"
                yield Finding(f"/spans/{index}/{name}", message)


def inside_character(text: str, offset: int) -> bool:
    """Tell whether a place is before a combining mark, or inside an emoji."""
    if not 0 < offset < len(text):
        return False
    here, before = text[offset], text[offset - 1]
    if here < FIRST_MARK:
        return before == ZERO_WIDTH_JOINER
    joined = ZERO_WIDTH_JOINER in (here, before)
    return joined or unicodedata.category(here) in ("Mn", "Me") or "\U0001f3fb" <= here <= "\U0001f3ff"


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


@rule("span-overlap", "annotations", "documents")
def span_overlap(labels: Labels) -> Iterator[Finding]:
    """Spans of one layer overlap only as layers.json allows."""
    for layer in labels.layers:
        groups: dict[object, dict[tuple[object, ...], tuple[int, Span]]] = {}
        for index, span in labels.layer(layer.name) if layer.overlap != "free" else ():
            group = groups.setdefault(span.attributes.get(layer.apart_by), {})
            group.setdefault(_identity(span), (index, span))  # the same twice is another rule's
        for group in groups.values():
            yield from _overlaps(layer, group.values())


def _overlaps(layer: Layer, spans: Collection[tuple[int, Span]]) -> Iterator[Finding]:
    """Yield each span that one before it must not overlap; of several, the one that ends first is named."""
    under_way: list[tuple[int, int, int, Span]] = []
    for index, span in sorted(spans, key=lambda item: (item[1].start, -item[1].end, item[0])):
        while under_way and under_way[0][0] <= span.start:
            heappop(under_way)
        if under_way:
            *_, other_index, other = under_way[0]
            same = (other.start, other.end) == (span.start, span.end)
            if layer.overlap != "nested" or same or not other.covers(span):
                yield Finding(f"/spans/{index}", _overlap_message(layer, span, other_index, other))
        heappush(under_way, (span.end, -span.start, index, span))


def _overlap_message(layer: Layer, span: Span, index: int, other: Span) -> str:
    mend = {
        "none": "shorten or remove one of them",
        "nested": "one may stand inside the other, but not cross it or equal it",
        "apart": f"they may overlap only with a different {layer.apart_by}",
    }[layer.overlap]
    return (
        f"the {layer.name} [{span.start}, {span.end}) overlaps span {index} [{other.start}, {other.end}) "
        f"{show(other.text)}: {mend}"
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
                message = f"no span has the id {target!r}: name a {attribute.layer} span of this document"
                yield Finding(f"/spans/{index}/attributes/{attribute.name}", message)


@rule("reference-layer", "labels")
def reference_layer(labels: Labels) -> Iterator[Finding]:
    """A reference to a span names a span of the right layer."""
    for index, span in labels.spans.items():
        for attribute in labels.layers[span.layer].references("span"):
            target = labels.linked(span, attribute.name)
            if target and target.layer != attribute.layer:
                message = (
                    f"{target.id!r} is a {target.layer} span, but {attribute.name} must name a {attribute.layer} span"
                )
                yield Finding(f"/spans/{index}/attributes/{attribute.name}", message)


@rule("span-unused", "annotations")
def span_unused(labels: Labels) -> Iterator[Finding]:
    """Every speaker and cue span belongs to a statement."""
    if not labels.whole:
        return
    statement = labels.layers.get("statement")
    linking = {attribute.layer for attribute in statement.references("span")} if statement else set()
    links = {
        name: {s.attributes.get(name) for _, s in labels.layer("statement")} - {None} for name in ("speaker", "cue")
    }
    linked = links["speaker"] | links["cue"]
    for name in sorted(linking & set(links)):
        if links[name] - {span.id for _, span in labels.layer(name)}:
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
    if labels.path.stem != labels.doc:
        yield Finding("/doc", f"doc is {labels.doc!r}, but the file is {labels.path.name}: rename one of them")
    annotator = labels.header.get("annotator")
    if labels.owner and annotator is not None and annotator != labels.owner:
        yield Finding(
            "/annotator", f"annotator is {annotator!r}, but the file stands in {labels.owner}/: change one of them"
        )
