"""Rules about values that a scorer relies on; an entity may be unknown, since a system need not know the registry."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chipstance.currencies import iso_codes
from chipstance.faults import show
from chipstance.layers import LIMITS
from chipstance.rules import Finding, Labels, rule


@rule("quotation-blank", "predictions")
def blank_quotation(labels: Labels) -> Iterator[Finding]:
    """A quotation that is to be looked for holds more than white space."""
    for index, span in labels.spans.items():
        if span.start == span.end and not span.text.strip():
            message = f"{show(span.text)} holds nothing but white space: quote the words, or remove the span"
            yield Finding(f"/spans/{index}/text", message)


@rule("money-currency", "labels")
def unknown_currency(labels: Labels) -> Iterator[Finding]:
    """A currency is a code of ISO 4217."""
    for index, span in labels.spans.items():
        for attribute in labels.layers[span.layer].references("currency"):
            code = span.attributes.get(attribute.name)
            if code is not None and code not in iso_codes():
                message = f"{show(code)} is no code of ISO 4217: look it up"
                yield Finding(f"/spans/{index}/attributes/{attribute.name}", message)


@rule("money-order", "labels")
def crossed_bounds(labels: Labels) -> Iterator[Finding]:
    """The minimum of an amount is not above its maximum."""
    for index, span in labels.having("money", *LIMITS):
        low, high = map(span.attributes.get, LIMITS)
        if low and high and Decimal(str(low)) > Decimal(str(high)):
            message = f"minimum {show(low)} is above maximum {show(high)}: swap them"
            yield Finding(f"/spans/{index}/attributes/minimum", message)
