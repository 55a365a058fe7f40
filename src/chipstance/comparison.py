"""Compares two annotators' labels of one document: which spans belong together, and where they differ."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chipstance.layers import Attribute, Layer, Layers
from chipstance.matching import Pair, extent, overlap_pairs
from chipstance.model import Document, Span, Value

ONLY_LEFT, ONLY_RIGHT, BOUNDARY, ATTRIBUTE = "only-left", "only-right", "boundary", "attribute"
KINDS = (ONLY_LEFT, ONLY_RIGHT, BOUNDARY, ATTRIBUTE)


@dataclass(frozen=True)
class Comparison:
    """Two annotators' labels of one document.

    Attributes:
        left: one annotator's labels.
        right: the other's, of the same text.
        pairs: by layer, the spans that belong together: matched one-to-one by overlap.
    """

    left: Document
    right: Document
    pairs: Mapping[str, tuple[Pair, ...]]

    @cached_property
    def _together(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((layer, a.id, b.id) for layer, pairs in self.pairs.items() for a, b in pairs)

    def linked_alike(self, pair: Pair, attribute: Attribute) -> bool:
        """Tell whether both spans refer to spans that belong together, or to none."""
        first, second = (span.attributes.get(attribute.name) for span in pair)
        return first == second if None in (first, second) else (attribute.layer, first, second) in self._together


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two annotators do not agree on.

    Attributes:
        kind: ``only-left``, ``only-right``, ``boundary`` (spans that belong together with other start or end) or
            ``attribute`` (same passage, other attributes).
        doc: the document's id.
        layer: the layer.
        left: one annotator's span; None for ``only-right``.
        right: the other's; None for ``only-left``.
        attributes: names of the attributes that differ, each with both values; for a link, what it leads to.
    """

    kind: str
    doc: str
    layer: str
    left: Span | None
    right: Span | None
    attributes: Mapping[str, tuple[Value, Value]] = field(default_factory=dict, hash=False)

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return min(span.start for span in (self.left, self.right) if span)


def comparable(layer: Layer) -> tuple[Attribute, ...]:
    """Return the attributes whose values can be compared as they are: no ids of spans, no names of groups."""
    return tuple(attribute for attribute in layer.attributes.values() if attribute.type not in ("span", "group"))


def values(layer: Layer, span: Span) -> tuple[Hashable, ...]:
    """Return the values of a span's comparable attributes, in declared order."""
    return tuple(span.attributes.get(attribute.name) for attribute in comparable(layer))


def compare(left: Document, right: Document, layers: Layers) -> Comparison:
    """Match the labels of two annotators.

    Raises:
        ValueError: they are not of the same text.
    """
    if left.text != right.text:
        raise ValueError(f"{left.id}: {left.annotator} and {right.annotator} did not label the same text")
    return Comparison(left, right, {layer.name: _pairs(left, right, layer) for layer in layers})


def _pairs(left: Document, right: Document, layer: Layer) -> tuple[Pair, ...]:
    return overlap_pairs(left.layer(layer.name), right.layer(layer.name), lambda span: values(layer, span))


def differences(comparisons: Sequence[Comparison], layers: Layers) -> tuple[Difference, ...]:
    """Return everything that two annotators do not agree on, by document and place.

    Args:
        comparisons: one a document; groups are compared over all of them.
        layers: what is annotated.
    """
    apart = _grouped_apart(comparisons, layers)
    found = [d for each in comparisons for layer in layers for d in _differences(each, layer, apart)]
    order = list(layers.by_name)
    return tuple(sorted(found, key=lambda d: (d.doc, d.start, order.index(d.layer), d.kind)))


def _differences(each: Comparison, layer: Layer, apart: set[tuple[str, str, str]]) -> Iterator[Difference]:
    doc, pairs = each.left.id, each.pairs[layer.name]
    taken = [{id(pair[side]) for pair in pairs} for side in (0, 1)]
    for span in each.left.layer(layer.name):
        if id(span) not in taken[0]:
            yield Difference(ONLY_LEFT, doc, layer.name, span, None)
    for span in each.right.layer(layer.name):
        if id(span) not in taken[1]:
            yield Difference(ONLY_RIGHT, doc, layer.name, None, span)
    for pair in pairs:
        differing = [a for a in layer.attributes.values() if _differs(each, pair, a, apart)]
        same_place = extent(pair[0]) == extent(pair[1])
        if differing or not same_place:
            shown = {a.name: (_shown(each.left, pair[0], a), _shown(each.right, pair[1], a)) for a in differing}
            yield Difference(ATTRIBUTE if same_place else BOUNDARY, doc, layer.name, *pair, shown)


def _differs(each: Comparison, pair: Pair, attribute: Attribute, apart: set[tuple[str, str, str]]) -> bool:
    if attribute.type == "span":
        return not each.linked_alike(pair, attribute)
    if attribute.type == "group":
        return (attribute.name, each.left.id, pair[0].id) in apart
    return pair[0].attributes.get(attribute.name) != pair[1].attributes.get(attribute.name)


def _shown(document: Document, span: Span, attribute: Attribute) -> Value:
    """Return a value as people can compare it: for a link, the text of the span it leads to."""
    value = span.attributes.get(attribute.name)
    if attribute.type != "span":
        return value
    return next((f"“{other.text}” at {other.start}" for other in document if other.id == value), value)


def groups(comparisons: Sequence[Comparison], layer: Layer, attribute: str) -> tuple[list[Hashable], list[Hashable]]:
    """Return the group of every matched span by each annotator; a span in none is a group of its own."""
    sides: tuple[list[Hashable], list[Hashable]] = ([], [])
    for each in comparisons:
        for pair in each.pairs[layer.name]:
            for side, span in zip(sides, pair, strict=True):
                name = span.attributes.get(attribute)
                side.append(("alone", len(side)) if name is None else ("group", name))
    return sides


def _grouped_apart(comparisons: Sequence[Comparison], layers: Layers) -> set[tuple[str, str, str]]:
    """Return attribute, document and span id of the matched spans that do not stand with the same others."""
    found = set()
    for layer in layers:
        spans = [(each.left.id, pair[0].id) for each in comparisons for pair in each.pairs[layer.name]]
        for attribute in layer.references("group"):
            first, second = map(_members, groups(comparisons, layer, attribute.name))
            found |= {(attribute.name, *spans[i]) for i in range(len(spans)) if first[i] != second[i]}
    return found


def _members(names: list[Hashable]) -> list[list[int]]:
    """Return for each item who is in its group."""
    members: dict[Hashable, list[int]] = {}
    for index, name in enumerate(names):
        members.setdefault(name, []).append(index)
    return [members[name] for name in names]
