"""Chooses the errors that a page shows, and says each in full: both spans in their context, and their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from chipstance.alignment import NOWHERE
from chipstance.layers import Attribute, Layers
from chipstance.model import Document, Span
from chipstance.score_confusion import LEFT_OUT, show_value
from chipstance.score_errors import ATTRIBUTE, BOUNDARY, INVENTED, LABEL, MISSED, Error
from chipstance.score_input import Answered, System
from chipstance.score_keys import scored
from chipstance.score_marks import GOLD, PREDICTED, Mark, Segment, is_placed, lay, make_mark, segments, whole

LISTED = 300
"""So many errors of each kind are listed."""
AROUND = 60
"""Code points of context around each end of a span."""
GAP = 100
"""Fewer code points than these are not left out."""
WORD = 15
"""Code points by which context is lengthened so that it begins and ends with a whole word."""
QUOTED = 80
"""Code points of a span that are quoted beside its offsets."""
UNALIGNED = "unaligned"
KINDS: Mapping[str, tuple[str, str]] = {
    MISSED: ("−", "in the gold labels, and no prediction is matched to it"),
    INVENTED: ("+", "predicted, and no gold label is matched to it"),
    BOUNDARY: ("↔", "matched by overlap: it begins or ends elsewhere"),
    LABEL: ("⇄", "missed, and one of another layer is predicted in its place"),
    ATTRIBUTE: ("≠", "in the right place, but an attribute is wrong or left out"),
    UNALIGNED: ("∅", "quoted, but not in the text, or not so often: it has no place and counts as a wrong prediction"),
}
"""Kind of error to its sign and what it means; what is not in the text stands apart from what is invented in it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the text that is shown.

    Attributes:
        before: how many code points are left out before it.
        segments: the stretch.
        after: how many are left out between it and the text's end; 0 but for the last.
    """

    before: int
    segments: tuple[Segment, ...]
    after: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """An error as it is listed.

    Attributes:
        number: on the page, from 1.
        kind: a key of ``KINDS``.
        error: what is wrong.
        values: attribute, gold value, predicted value, and whether they differ; the value of a missing side is "".
        windows: the text around; none for what is not in it.
        quoted: what a prediction without a place quotes, if it is known.
    """

    number: int
    kind: str
    error: Error
    values: tuple[tuple[str, str, str, bool], ...]
    windows: tuple[Window, ...]
    quoted: str = ""

    @property
    def sides(self) -> tuple[tuple[str, Span, str], ...]:
        """The spans that there are, each with its side and the beginning of what it covers."""
        both = ((GOLD, self.error.gold), (PREDICTED, self.error.predicted))
        return tuple((side, span, _beginning(self.quoted or span.text)) for side, span in both if span)

    @property
    def sign(self) -> str:
        """The sign of its kind."""
        return KINDS[self.kind][0]


@dataclass(frozen=True, slots=True)
class Group:
    """The errors of a kind.

    Attributes:
        kind: a key of ``KINDS``.
        total: how many there are.
        cases: those that are listed, by layer, then in the order of the text.
    """

    kind: str
    total: int
    cases: tuple[Case, ...]

    @property
    def by_layer(self) -> list[tuple[str, list[Case]]]:
        """The listed errors of each layer."""
        return [(layer, list(cases)) for layer, cases in groupby(self.cases, key=lambda case: case.error.span.layer)]


def _beginning(text: str) -> str:
    end = whole(text, QUOTED, -1)
    return text if end >= len(text) else f"{text[:end]}…"


def kind_of(error: Error) -> str:
    """Return the kind under which an error is listed."""
    return error.kind if is_placed(error.span) else UNALIGNED


def quotations(answered: Sequence[Answered]) -> dict[int, str]:
    """Return what a system quotes where its span has no place, by the identity of the span."""
    quoted: dict[int, str] = {}
    for each in answered:
        spans = (span for span in each.reading.spans if not is_placed(span))
        lost = (one for one in each.reading.aligned if one.found.kind in NOWHERE)
        quoted |= {id(span): one.text for span, one in zip(spans, lost, strict=False) if span.layer == one.layer}
    return quoted


def groups(errors: Sequence[Error], gold: Sequence[Document], system: System, layers: Layers) -> tuple[Group, ...]:
    """Return the first errors of each kind, with how many there are in all.

    Args:
        errors: all of them, in their order.
        gold: the documents that are scored.
        system: what is predicted.
        layers: what is annotated.
    """
    quoted = quotations(system.answered)
    texts = {document.id: document for document in gold}
    order = [layer.name for layer in layers]
    made, numbers = [], count(1)
    for kind in KINDS:
        some = [error for error in errors if kind_of(error) == kind]
        listed = sorted(some[:LISTED], key=lambda each: order.index(each.span.layer))
        cases = []
        for error in listed:
            text = texts[error.doc]
            case = _case(next(numbers), kind, error, (text, system.documents.get(error.doc, text)), layers)
            cases.append(replace(case, quoted=quoted.get(id(error.predicted), "")))
        made.append(Group(kind, len(some), tuple(cases)))
    return tuple(made)


def _case(number: int, kind: str, error: Error, documents: tuple[Document, Document], layers: Layers) -> Case:
    spans, text = (error.gold, error.predicted), documents[0].text
    sides = zip((GOLD, PREDICTED), spans, strict=True)
    marks = lay(make_mark(text, span, side, wrong=True) for side, span in sides if span and is_placed(span))
    known = [_values(span, document, layers) for span, document in zip(spans, documents, strict=True)]
    names = dict.fromkeys((*known[0], *known[1]) if kind != LABEL else ())  # other layers have other attributes
    values = tuple((name, known[0].get(name, ""), known[1].get(name, ""), name in error.attributes) for name in names)
    return Case(number, kind, error, values, tuple(_windows(text, marks)))


def _values(span: Span | None, document: Document, layers: Layers) -> dict[str, str]:
    """Return the scored attributes of a span in words; a link as what it leads to."""
    if span is None:
        return {}
    by_id = {each.id: each for each in document if each.id}
    return {each.name: _value(span, each, by_id) for each in scored(layers[span.layer])}


def _value(span: Span, attribute: Attribute, by_id: Mapping[str, Span]) -> str:
    if attribute.name not in span.attributes:
        return LEFT_OUT
    value = span.attributes[attribute.name]
    if attribute.type != "span" or value is None:
        return show_value(value)
    led = by_id.get(str(value))
    return f"“{led.text}” [{led.start}, {led.end})" if led else f"{value}, which leads nowhere"


def _windows(text: str, marks: Sequence[Mark]) -> Iterator[Window]:
    """Yield the text around the ends of the marks, leaving out what is long between them."""
    last = 0
    stretches = list(_stretches(text, sorted(place for mark in marks for place in (mark.start, mark.end))))
    for start, end in stretches:
        after = len(text) - end if end == stretches[-1][1] else 0
        yield Window(start - last, tuple(segments(text, marks, start, end)), after)
        last = end


def _stretches(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = end = None
    for place in places:
        low, high = max(0, place - AROUND), min(len(text), place + AROUND)
        if start is None or end is None:
            start = low
        elif low - end > GAP:
            yield _edge(text, start, -1), _edge(text, end, 1)
            start = low
        end = high
    if start is not None and end is not None:
        yield _edge(text, start, -1), _edge(text, end, 1)


def _edge(text: str, place: int, step: int) -> int:
    """Return where the next word begins or ends in a direction; the next whole character where that is far."""
    near = range(place, place + step * WORD, step)
    ends = (at for at in near if not 0 < at < len(text) or text[at - 1].isspace() != text[at].isspace())
    return whole(text, next(ends, place), step)
