"""The spans of many documents as columns: one array for each field, so that counting needs no loop over spans."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain as chained
from operator import attrgetter, eq
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.layers import Attribute, Layer, Layers
from chipstance.model import Document, Span, Value
from chipstance.score_keys import scored

Numbers = NDArray[Any]
Values = Mapping[str, Hashable]
MISSING = ("missing",)
"""Stands for an attribute that a prediction leaves out, or a link that leads nowhere."""


class SpanColumns:
    """The spans of a sequence of documents, one row each, in the documents' order.

    Args:
        documents: the documents.
        layers: what is annotated.
        offsets: of each document, where its text begins among all texts, in code points; a gap lies between texts.

    Attributes:
        spans: the spans themselves.
        document: index of each span's document.
        layer: index of its layer; their number for a layer that is not declared.
        start: its first code point, counted from the beginning of the first document.
        length: in code points.

    Raises:
        ValueError: a span is no passage of its text.
    """

    def __init__(self, documents: Sequence[Document], layers: Layers, offsets: Numbers) -> None:
        self._documents = documents
        self._by_id: dict[int, Mapping[str, Span]] = {}
        self.spans: list[Span] = list(chained.from_iterable(map(attrgetter("spans"), documents)))
        size = len(self.spans)
        counts = np.fromiter((len(each.spans) for each in documents), np.int64, len(documents))
        self.document = np.repeat(np.arange(len(documents)), counts)
        start = np.fromiter(map(attrgetter("start"), self.spans), np.int64, size)
        self.start = start + offsets[self.document]
        self.length = np.fromiter(map(attrgetter("end"), self.spans), np.int64, size) - start
        self._check(start)
        numbers = _Numbers((layer.name, number) for number, layer in enumerate(layers))
        names = map(attrgetter("layer"), self.spans)
        self.layer = np.fromiter(map(numbers.__getitem__, names), np.int64, size)

    def _check(self, start: Numbers) -> None:
        ends = np.fromiter((len(each.text) for each in self._documents), np.int64, len(self._documents))
        wrong = (start < 0) | (self.length < 0) | (start + self.length > ends[self.document])
        for row in np.flatnonzero(wrong)[:1]:
            document, span = self._documents[self.document[row]], self.spans[row]
            size = len(document.text)
            raise ValueError(f"{document.id}: [{span.start}, {span.end}) is no passage of a text of {size} code points")

    def attributes(self, rows: Numbers) -> Iterable[Mapping[str, Value]]:
        """Return the attributes of some spans."""
        return map(attrgetter("attributes"), map(self.spans.__getitem__, rows.tolist()))

    def values(self, rows: Numbers, attribute: Attribute) -> list[Hashable]:
        """Return the values of an attribute as they are compared: decimals as numbers, links as places."""
        name = attribute.name
        found: list[Hashable] = [each.get(name, MISSING) for each in self.attributes(rows)]
        if attribute.type == "decimal":
            return [number(value) for value in found]
        if attribute.type != "span":
            return found
        linked = zip(found, self.document[rows].tolist(), strict=True)
        return [_led(value, attribute, self._ids(document)) for value, document in linked]

    def described(self, rows: Numbers, attributes: Sequence[Attribute]) -> list[Values]:
        """Return the values of some spans as they are compared, by attribute."""
        columns = {attribute.name: self.values(rows, attribute) for attribute in attributes}
        return [{name: column[i] for name, column in columns.items()} for i in range(len(rows))]

    def _ids(self, document: int) -> Mapping[str, Span]:
        if document not in self._by_id:
            self._by_id[document] = spans_by_id(self._documents[document])
        return self._by_id[document]


class _Numbers(dict[str, int]):
    """Numbers of layers; a layer that is not declared has the one after the last."""

    def __missing__(self, name: str) -> int:
        return len(self)


def equal_values(
    sides: tuple[SpanColumns, SpanColumns], ones: Numbers, others: Numbers, attributes: Sequence[Attribute]
) -> dict[str, Numbers]:
    """Return for each attribute which pairs of spans have equal values.

    Args:
        sides: the spans of both sides.
        ones: rows of the first.
        others: the row of the second that is paired with each of them.
        attributes: of the layer that all these spans belong to.
    """
    left, right = sides
    alike: Numbers = np.zeros(len(ones), bool)
    if attributes and all(
        attribute.type != "span" for attribute in attributes
    ):  # mostly all is right, and that is quickly seen
        alike = np.fromiter(map(eq, left.attributes(ones), right.attributes(others)), bool, len(ones))
    rest = np.flatnonzero(~alike)
    equal: dict[str, Numbers] = {attribute.name: alike.copy() for attribute in attributes}
    for attribute in attributes:
        pairs = zip(left.values(ones[rest], attribute), right.values(others[rest], attribute), strict=True)
        equal[attribute.name][rest] = [one == other for one, other in pairs]
    return equal


def spans_by_id(document: Document) -> dict[str, Span]:
    """Return the spans that can be referred to."""
    return {span.id: span for span in document if span.id}


def described(document: Document, layer: Layer) -> dict[int, Values]:
    """Return the scored values of a layer's spans as they are compared, by the identity of the span.

    Decimals are compared as numbers, links by the place of what they lead to. What is left out is ``MISSING``, which
    is not null.
    """
    by_id, attributes = spans_by_id(document), scored(layer)
    return {
        id(span): {each.name: _compared(span, each, by_id) for each in attributes}
        for span in document.layer(layer.name)
    }


def _compared(span: Span, attribute: Attribute, by_id: Mapping[str, Span]) -> Hashable:
    value: Hashable = span.attributes.get(attribute.name, MISSING)
    if attribute.type == "span":
        return _led(value, attribute, by_id)
    return number(value) if attribute.type == "decimal" else value


def plain_traits(layer: Layer) -> Callable[[Span], Sequence[Hashable]]:
    """Return the function from a span of a layer to its scored values, but what links lead to."""
    names = [attribute.name for attribute in scored(layer) if attribute.type != "span"]
    return lambda span: [span.attributes.get(name, MISSING) for name in names]


def right_attributes(gold: Values, found: Values) -> list[str]:
    """Return the names of the attributes that have equal values."""
    return [name for name, value in gold.items() if value == found[name]]


def _led(value: Hashable, attribute: Attribute, by_id: Mapping[str, Span]) -> Hashable:
    """Return the place of the span that a link leads to."""
    if value is None or value == MISSING:
        return value
    led = by_id.get(str(value))
    return (led.start, led.end) if led and led.layer == attribute.layer else MISSING


def number(value: Hashable) -> Hashable:
    """Return a decimal string as a number; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        found = Decimal(value)
    except InvalidOperation:
        return value
    return found if found.is_finite() else value
