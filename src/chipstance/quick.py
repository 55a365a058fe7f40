"""Tells quickly that a line of a documents file is in order; where it can't, the slow and exact way has to look.

What is accepted here breaks no schema and no rule: a test holds this. What is not accepted may still be in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chipstance.layers import Layers
from chipstance.line_types import document_types
from chipstance.quick_values import Known, has_minus_zero, is_slug, keys, look, overlap_rightly
from chipstance.rules_files import NUL
from chipstance.rules_spans import ZERO_WIDTH_JOINER, inside_character, may_be_inside

LINE_KEYS = 3
SPAN_KEYS = 6
"""Keys of a line and of a span; in a span without those of its attributes."""


class Quick:
    """Looks at lines of a documents file.

    Args:
        layers: what is annotated.
    """

    def __init__(self, layers: Layers) -> None:
        types = document_types(layers)
        self._decode = types.decoder.decode
        self._slugs = Known(is_slug)
        self._doubtful = Known(may_be_inside)
        self._inside = Known(lambda pair: inside_character(pair, 1))
        looks = {types.spans[layer.name]: look(layer, types) for layer in layers}
        self._looks = list(looks.items())
        # a plain tuple is unpacked sooner than a named one
        self._by_type = {
            kind: (number, each.values, each.right, each.links, SPAN_KEYS + len(each.layer.attributes))
            for number, (kind, each) in enumerate(looks.items())
        }

    def doc(self, data: bytes) -> str | None:
        """Return the id of a line's document if the line is surely in order, else None."""
        try:
            line = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        text, spans = line.text, line.spans
        fine = (
            is_slug(line.doc) and NUL not in text and not has_minus_zero(spans, data) and self._spans(text, spans, data)
        )
        return str(line.doc) if fine and self._are_whole(text, spans) else None

    def _spans(self, text: str, spans: Sequence[Any], data: bytes) -> bool:
        by_type, ends = self._by_type, [0] * len(self._looks)
        overlapping: set[int] = set()
        led: list[tuple[str | None, type]] = []
        expected = LINE_KEYS
        for span in spans:
            start, end, covered = span.start, span.end, span.text
            layer, values, right, links, more = by_type[span.__class__]
            # no offset is below zero and no covered text empty: so a start that is not below its end shows here too
            if text[start:end] != covered or covered.strip() != covered:
                return False
            if values and not right[values(span.attributes)]:
                return False
            if links:
                led += [(link(span.attributes), target) for link, target in links]
            if start < ends[layer]:
                overlapping.add(layer)
            ends[layer] = end
            expected += more
        more = keys(data, text) - expected
        return (
            max(ends, default=0) <= len(text)
            and all(self._overlap_rightly(layer, text, spans) for layer in overlapping)
            and self._are_linked(spans, led)
            and (not more or more == sum(span.repaired is True for span in spans))
        )

    def _overlap_rightly(self, layer: int, text: str, spans: Sequence[Any]) -> bool:
        kind, found = self._looks[layer]
        own: list[Any] = [span for span in spans if span.__class__ is kind]
        places = [(span.start, -span.end) for span in own]
        values = [found.group(span.attributes) for span in own] if found.group else ()
        return max([span.end for span in own]) <= len(text) and overlap_rightly(found.layer, places, values)

    def _are_linked(self, spans: Sequence[Any], led: Sequence[tuple[str | None, type]]) -> bool:
        """Tell whether ids are right, and lead where they should."""
        ids = {span.id for span in spans}
        if len(ids) < len(spans) or not all(map(self._slugs.__getitem__, ids)):
            return False
        kinds = {span.id: span.__class__ for span in spans} if led else {}
        return all(value is None or kinds.get(value) is target for value, target in led)

    def _are_whole(self, text: str, spans: Sequence[Any]) -> bool:
        """Tell whether no span cuts a character in two."""
        if text.isascii():
            return True
        after = {text[span.start] for span in spans}
        after.update([text[span.end : span.end + 1] for span in spans])
        if ZERO_WIDTH_JOINER not in text and not any(map(self._doubtful.__getitem__, after - {""})):
            return True
        pairs = {text[edge - 1 : edge + 1] for span in spans for edge in (span.start, span.end)}
        return not any(map(self._inside.__getitem__, pairs))
