"""Lists what a system got wrong, each error with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chipstance.layers import Layer, Layers
from chipstance.matching import Pair, exact_pairs, extent, overlap_pairs
from chipstance.model import Document, Span
from chipstance.score_keys import scored
from chipstance.span_values import described, plain_traits, right_attributes

MISSED, INVENTED, BOUNDARY, LABEL, ATTRIBUTE = "missed", "invented", "wrong-boundary", "wrong-label", "wrong-attribute"
KINDS = (MISSED, INVENTED, BOUNDARY, LABEL, ATTRIBUTE)
AROUND = 40
"""Code points of context on either side."""


@dataclass(frozen=True, slots=True)
class Error:
    """Something that a system got wrong.

    Attributes:
        kind: ``missed``, ``invented``, ``wrong-boundary`` (matched by overlap), ``wrong-label`` (a missed span in
            whose place one of another layer was invented) or ``wrong-attribute`` (right place).
        doc: the document's id.
        gold: the gold span; None for ``invented``.
        predicted: the predicted span; None for ``missed``.
        attributes: names of the attributes that are wrong or left out, where spans are matched.
        context: the text around, with the gold span (the predicted one where it was invented) in brackets.
    """

    kind: str
    doc: str
    gold: Span | None
    predicted: Span | None
    attributes: tuple[str, ...]
    context: str

    @property
    def span(self) -> Span:
        """The gold span, or the predicted one where it was invented."""
        span = self.gold or self.predicted
        assert span  # noqa: S101 (an error is about a span)
        return span


def errors(gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers) -> tuple[Error, ...]:
    """Return every error, by document and place.

    Args:
        gold: the documents that are scored.
        predicted: predictions, by document id.
        layers: what is annotated.
    """
    return tuple(
        error for each in gold for error in _errors(each, predicted.get(each.id, Document(each.id, each.text)), layers)
    )


def _errors(gold: Document, found: Document, layers: Layers) -> list[Error]:
    missed, invented, listed = [], [], []
    for layer in layers:
        listed += list(_wrong(gold, found, layer))
        pairs = layer_pairs(gold, found, layer)
        taken = {id(span) for pair in pairs for span in pair}
        missed += [span for span in gold.layer(layer.name) if id(span) not in taken]
        invented += [span for span in found.layer(layer.name) if id(span) not in taken]
    swapped = exact_pairs(missed, invented)
    taken = {id(span) for pair in swapped for span in pair}
    listed += [_error(LABEL, gold, a, b) for a, b in swapped]
    listed += [_error(MISSED, gold, span, None) for span in missed if id(span) not in taken]
    listed += [_error(INVENTED, gold, None, span) for span in invented if id(span) not in taken]
    return sorted(listed, key=lambda each: (extent(each.span), each.span.layer, each.kind, each.span.id))


def layer_pairs(gold: Document, found: Document, layer: Layer) -> tuple[Pair, ...]:
    """Match the spans of a layer by overlap; among equal fits, that with more attributes right wins."""
    return overlap_pairs(gold.layer(layer.name), found.layer(layer.name), plain_traits(layer))


def _wrong(gold: Document, found: Document, layer: Layer) -> Iterator[Error]:
    """Yield the matched spans of a layer that differ."""
    left, right = described(gold, layer), described(found, layer)
    for a, b in layer_pairs(gold, found, layer):
        fine = right_attributes(left[id(a)], right[id(b)])
        wrong = tuple(each.name for each in scored(layer) if each.name not in fine)
        if extent(a) != extent(b):
            yield _error(BOUNDARY, gold, a, b, wrong)
        elif wrong:
            yield _error(ATTRIBUTE, gold, a, b, wrong)


def _error(kind: str, gold: Document, a: Span | None, b: Span | None, attributes: tuple[str, ...] = ()) -> Error:
    span, text = a or b, gold.text
    assert span  # noqa: S101 (as above)
    before = text[max(0, span.start - AROUND) : span.start]
    after = text[span.end : span.end + AROUND]
    return Error(kind, gold.id, a, b, attributes, f"{before}[{text[span.start : span.end]}]{after}")
