"""The values of spans as they are compared: decimals as numbers, links by the place of what they lead to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from chipstance.layers import Attribute, Layer
from chipstance.model import Document, Span
from chipstance.score_keys import scored

Values = Mapping[str, Hashable]
MISSING = ("missing",)
"""Stands for an attribute that a prediction leaves out, or a link that leads nowhere; it is not null."""


def described(document: Document, layer: Layer) -> dict[int, Values]:
    """Return the scored values of a layer's spans as they are compared, by the identity of the span."""
    by_id, attributes = spans_by_id(document), scored(layer)
    return {
        id(span): {each.name: compared(span.attributes.get(each.name, MISSING), each, by_id) for each in attributes}
        for span in document.layer(layer.name)
    }


def spans_by_id(document: Document) -> dict[str, Span]:
    """Return the spans that can be referred to."""
    return {span.id: span for span in document if span.id}


def compared(value: Hashable, attribute: Attribute, by_id: Mapping[str, Span]) -> Hashable:
    """Return an attribute's value as it is compared.

    Args:
        value: as the span has it, or ``MISSING``.
        attribute: the attribute.
        by_id: the spans of the document that links can lead to.
    """
    if attribute.type == "decimal":
        return number(value)
    if attribute.type != "span" or value is None or value == MISSING:
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


def plain_traits(layer: Layer) -> Callable[[Span], Sequence[Hashable]]:
    """Return the function from a span of a layer to its scored values as they are compared, but for links."""
    attributes = [attribute for attribute in scored(layer) if attribute.type != "span"]
    return lambda span: [compared(span.attributes.get(each.name, MISSING), each, {}) for each in attributes]


def right_attributes(gold: Values, found: Values) -> list[str]:
    """Return the names of the attributes that have equal values."""
    return [name for name, value in gold.items() if value == found[name]]
