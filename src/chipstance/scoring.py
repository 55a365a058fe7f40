"""Counts of what a system got right: they add up, so shards, documents and resamples are merged by summing.

Four regimes, in each of which a span is matched once at most:

* ``strict``: same place, same layer, and every attribute right but groups (see ``described``).
* ``exact``: same place and layer, whatever the attributes.
* ``overlap``: the optimal one-to-one matching of ``matching.overlap_pairs``; a pair earns its Dice coefficient (Lee
  R. Dice 1945: twice the shared code points over the lengths of both), so that credit is between 0 and 1 and the
  same for precision and recall. Unlike the span coverage of Richard Johansson and Alessandro Moschitti (2010), which
  sums over all overlapping pairs, a span earns nothing twice.
* ``boundary``, over all layers only: same place, whatever the layer.

A chain gives credit to a span only when its place and every link up to this one are right.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.layers import Attribute, Layer, Layers
from chipstance.matching import Pair, extent, overlap_pairs
from chipstance.model import Document, Span
from chipstance.records import RecordError, stance_label
from chipstance.tables import NO_STANCE
from chipstance.textunits import paragraphs

Numbers = NDArray[Any]
Key = tuple[str, ...]
"""What is counted, such as ``("exact", "money")`` or ``("chain", "stance", "polarity")``."""
Values = Mapping[str, Hashable]

DOCUMENT, PARAGRAPH = "document", "paragraph"
GOLD, PREDICTED, STRICT, EXACT, OVERLAP, BOUNDARY = "gold", "predicted", "strict", "exact", "overlap", "boundary"
CHAIN, ATTRIBUTE, LABEL = "chain", "attribute", "label"
REGIMES = (STRICT, EXACT, OVERLAP)
UNRESOLVED = "unresolved"
"""Label of a statement that is for and against a target at once; no gold label, so never right."""
MISSING = ("missing",)
"""Stands for an attribute that a prediction leaves out, or a link that leads nowhere."""

CHAINS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "organization": {"entity": ("entity",)},
    "speaker": {"entity": ("entity",)},
    "statement": {"speaker": ("speaker",)},
    "stance": {"target": ("target",), "polarity": ("polarity",), "holder": ("holder",)},
    "money": {"bounds": ("minimum", "maximum"), "currency": ("currency",), "qualifier": ("qualifier",)},
}
"""Layer to links, in order, each with the attributes that have to be right."""


@dataclass(frozen=True)
class Scores:
    """Counts by unit.

    Attributes:
        unit: ``document`` or ``paragraph``; what a row of counts is about.
        units: document id and number of the unit in it, sorted.
        columns: what each column counts.
        counts: units × columns.
    """

    unit: str
    units: tuple[tuple[str, int], ...]
    columns: tuple[Key, ...]
    counts: Numbers

    def __add__(self, other: Scores) -> Scores:
        """Return the scores of both sets of documents together.

        Raises:
            ValueError: a document is in both, or they do not count the same things.
        """
        return merge((self, other))

    @cached_property
    def _places(self) -> Mapping[Key, int]:
        return {key: number for number, key in enumerate(self.columns)}

    def sums(self, *keys: Sequence[Key]) -> Numbers:
        """Return units × groups: for each group of keys, the sum of their counts."""
        chosen = [self.counts[:, [self._places[key] for key in group]].sum(axis=1) for group in keys]
        return np.stack(chosen, axis=-1)

    def total(self, *keys: Key) -> float:
        """Return the sum of some counts over all units."""
        return float(self.sums(keys).sum())


def merge(parts: Sequence[Scores]) -> Scores:
    """Return the scores of several sets of documents together, whatever their order. Errors as for ``+``."""
    first = parts[0]
    if any((part.unit, part.columns) != (first.unit, first.columns) for part in parts):
        raise ValueError("scores can be merged only if they count the same things by the same units")
    docs = [doc for part in parts for doc in sorted({doc for doc, _ in part.units})]
    if len(set(docs)) < len(docs):
        raise ValueError(f"{max(docs, key=docs.count)} is scored twice: leave it out of one of them")
    units = [unit for part in parts for unit in part.units]
    order = sorted(range(len(units)), key=units.__getitem__)
    counts = np.concatenate([part.counts for part in parts])[order]
    return Scores(first.unit, tuple(units[i] for i in order), first.columns, counts)


def score(
    gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers, *, unit: str = DOCUMENT
) -> Scores:
    """Count what predictions got right. A document without a prediction counts: all its gold is missed.

    Args:
        gold: the documents that are scored.
        predicted: predictions, by document id; those of other documents are left alone. A span without extent
            stands for what could not be placed: it is predicted, and matches nothing.
        layers: what is annotated.
        unit: ``document`` or ``paragraph``, for resampling. A span counts where it starts, a pair where the first
            of both starts.

    Raises:
        ValueError: a document is there twice, or a prediction is of another text.
    """
    columns = tuple(_columns(layers))
    empty = Scores(unit, (), columns, np.zeros((0, len(columns))))
    parts = [_score(each, predicted.get(each.id, Document(each.id, each.text)), layers, unit, columns) for each in gold]
    return merge([empty, *parts])


def _columns(layers: Layers) -> Iterator[Key]:
    for layer in layers:
        yield from ((name, layer.name) for name in (GOLD, PREDICTED, *REGIMES))
        yield from ((CHAIN, layer.name, link) for link in chain(layer))
        yield from ((ATTRIBUTE, layer.name, attribute.name) for attribute in scored(layer))
    yield (BOUNDARY,)
    labels = stance_labels(layers)
    yield from ((LABEL, *key) for key in product(targets(layers), labels, (*labels, UNRESOLVED)))


def scored(layer: Layer) -> tuple[Attribute, ...]:
    """Return the attributes that are scored: all but groups, whose names mean nothing."""
    return tuple(attribute for attribute in layer.attributes.values() if attribute.type != "group")


def chain(layer: Layer) -> Mapping[str, tuple[str, ...]]:
    """Return the links of a layer's chain, as far as it declares their attributes."""
    links = CHAINS.get(layer.name, {})
    return {link: names for link, names in links.items() if layer.attributes.keys() >= set(names)}


def targets(layers: Layers) -> tuple[str, ...]:
    """Return what a statement can take a stance on; nothing where a corpus has no statements or stances."""
    stance = layers.get("stance")
    return stance.attributes["target"].values if stance and layers.get("statement") else ()


def stance_labels(layers: Layers) -> tuple[str, ...]:
    """Return the labels that a statement can have for a target: the polarities, and none."""
    return (*layers["stance"].attributes["polarity"].values, NO_STANCE) if targets(layers) else ()


class _Tally:
    """The counts of one document."""

    def __init__(self, document: Document, unit: str, columns: Sequence[Key]) -> None:
        starts = [0] if unit == DOCUMENT else [0, *(each.start for each in paragraphs(document.text)[1:])]
        self.starts, self.places = starts, {key: number for number, key in enumerate(columns)}
        self.counts = np.zeros((len(starts), len(columns)))

    def add(self, key: Key, place: int, amount: float = 1) -> None:
        self.counts[bisect_right(self.starts, place) - 1, self.places[key]] += amount


def _score(gold: Document, found: Document, layers: Layers, unit: str, columns: tuple[Key, ...]) -> Scores:
    if gold.text != found.text:
        raise ValueError(f"{gold.id}: the prediction is of another text than the gold labels")
    tally = _Tally(gold, unit, columns)
    for layer in layers:
        _count_layer(tally, gold, found, layer)
    for place, *_ in _common([extent(span) for span in gold], [extent(span) for span in found]):
        tally.add((BOUNDARY,), place)
    for target, statement, right, answer in closed_stance(gold, found, layers):
        tally.add((LABEL, target, right, answer), statement.start)
    units = tuple((gold.id, number) for number in range(len(tally.starts)))
    return Scores(unit, units, columns, tally.counts)


def _count_layer(tally: _Tally, gold: Document, found: Document, layer: Layer) -> None:
    left, right = gold.layer(layer.name), found.layer(layer.name)
    if not left and not right:
        return
    values = described(gold, layer), described(found, layer)
    for name, spans in ((GOLD, left), (PREDICTED, right)):
        for span in spans:
            tally.add((name, layer.name), span.start)
    for key, names in _keys(layer):
        sides = (_compared(spans, known, names) for spans, known in zip((left, right), values, strict=True))
        for place, *_ in _common(*sides):
            tally.add(key, place)
    for pair in layer_pairs(gold, found, layer):
        tally.add((OVERLAP, layer.name), min(span.start for span in pair), dice(*pair))
        if extent(pair[0]) == extent(pair[1]):
            for name in right_attributes(layer, values[0][id(pair[0])], values[1][id(pair[1])]):
                tally.add((ATTRIBUTE, layer.name, name), pair[0].start)


def _keys(layer: Layer) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """Yield what is counted where spans stand in the same place, with the attributes that have to be equal."""
    yield (EXACT, layer.name), ()
    yield (STRICT, layer.name), tuple(attribute.name for attribute in scored(layer))
    before: tuple[str, ...] = ()
    for link, names in chain(layer).items():
        before += names
        yield (CHAIN, layer.name, link), before


def _compared(spans: Sequence[Span], values: Mapping[int, Values], names: Sequence[str]) -> list[tuple[Any, ...]]:
    return [(span.start, span.end, *(values[id(span)][name] for name in names)) for span in spans]


def _common(left: Sequence[tuple[Any, ...]], right: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield what is equal and has extent, once for every pair; equal things can be paired in any way."""
    for found, count in (Counter(left) & Counter(right)).items():
        if found[0] < found[1]:
            yield from [found] * count


def dice(left: Span, right: Span) -> float:
    """Return twice the code points that two overlapping spans share over the lengths of both."""
    shared = min(left.end, right.end) - max(left.start, right.start)
    return 2 * shared / (left.end - left.start + right.end - right.start)


def layer_pairs(gold: Document, found: Document, layer: Layer) -> tuple[Pair, ...]:
    """Match the spans of a layer by overlap; among equal fits, that with more attributes right wins."""
    names = [attribute.name for attribute in scored(layer) if attribute.type != "span"]
    return overlap_pairs(
        gold.layer(layer.name), found.layer(layer.name), lambda span: [_plain(span, name) for name in names]
    )


def _plain(span: Span, name: str) -> Hashable:
    return span.attributes.get(name, MISSING)


def right_attributes(layer: Layer, gold: Values, found: Values) -> list[str]:
    """Return the names of the scored attributes that have equal values."""
    return [name for name in layer.attributes if name in gold and gold[name] == found[name]]


def described(document: Document, layer: Layer) -> dict[int, Values]:
    """Return the values of a layer's spans as they are compared, by the identity of the span.

    Decimals are compared as numbers, links by the place of what they lead to. What is left out is ``MISSING``, which
    is not null.
    """
    by_id = {span.id: span for span in document if span.id}
    attributes = scored(layer)
    return {
        id(span): {each.name: _value(span, each, by_id) for each in attributes} for span in document.layer(layer.name)
    }


def _value(span: Span, attribute: Attribute, by_id: Mapping[str, Span]) -> Hashable:
    value = span.attributes.get(attribute.name, MISSING)
    if value is None or value == MISSING:
        return value
    if attribute.type == "span":
        led = by_id.get(str(value))
        return extent(led) if led and led.layer == attribute.layer else MISSING
    return _number(str(value)) if attribute.type == "decimal" else value


def _number(value: str) -> Hashable:
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def closed_stance(gold: Document, found: Document, layers: Layers) -> Iterator[tuple[str, Span, str, str]]:
    """Yield target, gold statement, its label and the predicted one, for every gold statement and target.

    A label is that of ``records.stance_label``: here gold statements and speakers are given, and the predicted stance
    spans that overlap a statement and have its speaker's entity as holder decide. A statement whose gold label is
    unresolved is left out.
    """
    needed = {"target", "polarity", "holder"}
    given = tuple(span for span in gold if span.layer in ("statement", "speaker"))
    stances = tuple(span for span in found.layer("stance") if needed <= span.attributes.keys())
    answers = Document(gold.id, gold.text, given + stances)
    for target in targets(layers):
        for statement in gold.layer("statement"):
            right = _label(gold, statement, target)
            if right != UNRESOLVED:
                yield target, statement, right, _label(answers, statement, target)


def _label(document: Document, statement: Span, target: str) -> str:
    try:
        return stance_label(document, statement, target)[0]
    except (RecordError, KeyError):  # KeyError: no speaker is named, so nobody's stance can be told
        return UNRESOLVED
