"""The spans of many documents as columns: one array for each field, so that counting needs no loop over spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as chained
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.layers import Attribute, Layer, Layers
from chipstance.model import Document, Span
from chipstance.score_keys import scored
from chipstance.span_values import MISSING, Values, compared, number, spans_by_id

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Coded:
    """The values of an attribute, each written once.

    Attributes:
        codes: of every span, the index of its value; -1 for spans of other layers.
        values: as they are compared.
    """

    codes: Numbers
    values: Sequence[Hashable]

    def as_in(self, other: Coded) -> Numbers:
        """Return the codes that the values have in another column; -2 where they do not occur there."""
        known = {value: code for code, value in enumerate(other.values)}
        return np.array([*(known.get(value, -2) for value in self.values), -1])[self.codes]


class SpanColumns:
    """The spans of a sequence of documents, one row each, in the documents' order.

    Args:
        documents: the documents.
        layers: what is annotated.

    Attributes:
        documents: the documents.
        layers: what is annotated.
        offsets: of each document, where its text begins among all texts, in code points; a gap lies between texts.
        spans: the spans themselves.
        document: index of each span's document.
        layer: index of its layer; their number for a layer that is not declared.
        start: its first code point among all texts.
        length: in code points.

    Raises:
        ValueError: a span is no passage of its text.
    """

    def __init__(self, documents: Sequence[Document], layers: Layers) -> None:
        self.documents, self.layers = documents, layers
        sizes = np.fromiter((len(each.text) + 1 for each in documents), np.int64, len(documents))
        self.offsets = np.cumsum(sizes) - sizes
        self.spans: list[Span] = list(chained.from_iterable(map(attrgetter("spans"), documents)))
        rows = len(self.spans)
        counts = np.fromiter((len(each.spans) for each in documents), np.int64, len(documents))
        self.document = np.repeat(np.arange(len(documents)), counts)
        start = np.fromiter(map(attrgetter("start"), self.spans), np.int64, rows)
        self.length = np.fromiter(map(attrgetter("end"), self.spans), np.int64, rows) - start
        self._check((start < 0) | (self.length < 0) | (start + self.length >= sizes[self.document]))
        self.start = start + self.offsets[self.document]
        numbers = {layer.name: index for index, layer in enumerate(layers)}
        names = map(attrgetter("layer"), self.spans)
        self.layer = np.fromiter((numbers.get(name, len(numbers)) for name in names), np.int64, rows)
        self._coded = {(layer.name, each.name): coded for layer in layers for each, coded in self._columns(layer)}

    def _check(self, wrong: Numbers) -> None:
        for row in np.flatnonzero(wrong)[:1]:
            document, span = self.documents[self.document[row]], self.spans[row]
            size = len(document.text)
            raise ValueError(f"{document.id}: [{span.start}, {span.end}) is no passage of a text of {size} code points")

    def _columns(self, layer: Layer) -> Iterator[tuple[Attribute, Coded]]:
        rows = self.rows_of(layer)
        attributes = [self.spans[row].attributes for row in rows.tolist()]
        for attribute in scored(layer):
            values: list[Hashable] = [each.get(attribute.name, MISSING) for each in attributes]
            if attribute.type == "span":
                values = list(self._led(values, rows, attribute))
            yield attribute, _coded(values, rows, len(self.spans), decimal=attribute.type == "decimal")

    def _led(self, values: Sequence[Hashable], rows: Numbers, attribute: Attribute) -> Iterator[Hashable]:
        known: dict[int, Mapping[str, Span]] = {}
        for value, document in zip(values, self.document[rows].tolist(), strict=True):
            if document not in known:
                known[document] = spans_by_id(self.documents[document])
            yield compared(value, attribute, known[document])

    def rows_of(self, layer: Layer) -> Numbers:
        """Return the rows of a layer's spans."""
        return np.flatnonzero(self.layer == list(self.layers.by_name).index(layer.name))

    def coded(self, layer: Layer, attribute: str) -> Coded:
        """Return the values of a scored attribute."""
        return self._coded[layer.name, attribute]

    def values(self, row: int, layer: Layer) -> Values:
        """Return the scored values of a span as they are compared."""
        columns = {each.name: self.coded(layer, each.name) for each in scored(layer)}
        return {name: column.values[column.codes[row]] for name, column in columns.items()}


def _coded(values: Sequence[Hashable], rows: Numbers, size: int, *, decimal: bool) -> Coded:
    """Return values as codes; decimals that are written in different ways have one code."""
    numbers: defaultdict[Hashable, int] = defaultdict(count().__next__)
    codes = np.full(size, -1)
    codes[rows] = np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))
    if not decimal:
        return Coded(codes, list(numbers))
    written = Coded(codes, [number(value) for value in numbers])
    distinct = Coded(codes, list(dict.fromkeys(written.values)))
    return Coded(written.as_in(distinct), distinct.values)
