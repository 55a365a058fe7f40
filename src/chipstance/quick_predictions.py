"""Tells quickly that a line of a predictions file is in order, as ``quick`` does of a documents file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from chipstance.layers import Layers
from chipstance.line_types import prediction_types
from chipstance.quick_values import Known, has_minus_zero, is_slug, keys, look

ANYTHING = ":"
"""Stands for a text in which there may be colons."""


class QuickPredictions:
    """Looks at lines of a predictions file.

    Args:
        layers: what is annotated.
        texts: what is predicted about, by document id.
    """

    def __init__(self, layers: Layers, texts: Mapping[str, str]) -> None:
        types = prediction_types(layers)
        self._decode, self._texts = types.decoder.decode, texts
        self._encode = msgspec.json.Encoder().encode
        self._slugs = Known(is_slug)
        looks = {types.spans[layer.name]: look(layer, types) for layer in layers}
        self._by_type = {kind: (each.values, each.right, each.links) for kind, each in looks.items()}

    def doc(self, data: bytes) -> str | None:
        """Return the id of a line's document if the line is surely in order, else None."""
        try:
            line = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        text = self._texts.get(line.doc)
        if text is None or has_minus_zero(line.spans, data) or not self._spans(text, line.spans):
            return None
        # a key that stands twice is decoded once; one that is not there is not written
        return str(line.doc) if keys(data, ANYTHING) == keys(self._encode(line), ANYTHING) else None

    def _spans(self, text: str, spans: Sequence[Any]) -> bool:
        led: list[tuple[Any, type]] = []
        for span in spans:
            values, right, links = self._by_type[span.__class__]
            if not _is_placed(span, text):
                return False
            if span.attributes is not UNSET:
                if values and not right[values(span.attributes)]:
                    return False
                led += [(link(span.attributes), target) for link, target in links]
        return self._are_linked(spans, led) and self._are_different(spans)

    def _are_linked(self, spans: Sequence[Any], led: Sequence[tuple[Any, type]]) -> bool:
        """Tell whether ids, where there are any, are right, and lead where they should."""
        ids = [span.id for span in spans if span.id is not UNSET]
        if len({*ids}) < len(ids) or not all(map(self._slugs.__getitem__, ids)):
            return False
        kinds = {span.id: span.__class__ for span in spans} if led else {}
        return all(value is None or value is UNSET or kinds.get(value) is target for value, target in led)

    def _are_different(self, spans: Sequence[Any]) -> bool:
        """Tell whether no span with a place stands there twice."""
        placed = [span for span in spans if span.end is not UNSET]
        if len({(span.__class__, span.start, span.end) for span in placed}) == len(placed):
            return True
        # what has no attributes is as what has empty ones
        written = {(s.__class__, s.start, s.end, self._encode(s.attributes or {})) for s in placed}
        return len(written) == len(placed)


def _is_placed(span: Any, text: str) -> bool:
    """Tell whether a span has a place in the text and covers what it says it covers, or has a quotation instead."""
    start, end, covered = span.start, span.end, span.text
    if end is UNSET:
        return covered is not UNSET and not covered.isspace()
    if start is UNSET or span.occurrence is not UNSET or not start < end <= len(text):
        return False
    return covered is UNSET or text[start:end] == covered
