"""Tells quickly that a line of a documents file is in order; where it can't, the slow and exact way has to look.

What is accepted here breaks no schema and no rule: a test holds this. What is not accepted may still be in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from chipstance.currencies import iso_codes
from chipstance.layers import DECIMAL, SLUG, Layer, Layers
from chipstance.line_types import LineTypes, document_types
from chipstance.rules_spans import inside_character

LINE_KEYS = 3
SPAN_KEYS = 6
"""Keys of a line and of a span; in a span without those of its attributes."""
LONGEST_SLUG = 80
MOST_KNOWN = 100_000
"""So many values are remembered."""


class _Known(dict[Any, bool]):
    """Remembers of values whether they are right: most stand in a corpus again and again."""

    def __init__(self, is_right: Callable[[Any], bool]) -> None:
        super().__init__()
        self._is_right = is_right

    def __missing__(self, value: Any) -> bool:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[value] = self._is_right(value)
        return found


class Quick:
    """Looks at lines of a documents file.

    Args:
        layers: what is annotated.
    """

    def __init__(self, layers: Layers) -> None:
        types = document_types(layers)
        self._decode = types.decoder.decode
        self._slugs = _Known(_is_slug)
        self._cuts = _Known(lambda around: inside_character(around, 1))
        self._looks = {types.spans[layer.name]: _look(n, layer, types) for n, layer in enumerate(layers)}

    def doc(self, data: bytes) -> str | None:
        """Return the id of a line's document if the line is surely in order, else None."""
        try:
            line = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return str(line.doc) if self._slugs[line.doc] and line.text and self._spans(line, data) else None

    def _spans(self, line: Any, data: bytes) -> bool:
        text, size, looks = line.text, len(line.text), self._looks
        ids: dict[str, type] = {}
        led: list[Any] = []
        ends = [0] * len(looks)
        keys = LINE_KEYS
        for span in line.spans:
            start, end, covered, kind = span.start, span.end, span.text, span.__class__
            layer, values, right, links, count = looks[kind]
            if not ends[layer] <= start < end <= size or text[start:end] != covered or covered.strip() != covered:
                return False
            if values and not right[values(span.attributes)]:
                return False
            if links:
                led += [(link(span.attributes), target) for link, target in links]
            ids[span.id] = kind
            ends[layer] = end
            keys += count
        if len(ids) < len(line.spans) or not all(map(self._slugs.__getitem__, ids)):
            return False
        whole = text.isascii() or all(self._is_whole(text, span) for span in line.spans)
        linked = not led or all(value is None or ids.get(value) is target for value, target in led)
        return whole and linked and _has(data, keys, text)

    def _is_whole(self, text: str, span: Any) -> bool:
        """Tell whether a span cuts no character in two."""
        return not any(edge and self._cuts[text[edge - 1 : edge + 1]] for edge in (span.start, span.end))


def _has(data: bytes, keys: int, text: str) -> bool:
    """Tell whether a line has no more keys than it was decoded to: one that stands twice is decoded once."""
    if ":" not in text:  # then it is in no value at all
        return data.count(b":") == keys
    return data.count(b'":') - data.count(b'\\":') == keys


_Look = tuple[int, Callable[[Any], Any] | None, Mapping[Any, bool], Sequence[tuple[Callable[[Any], Any], type]], int]
"""A layer's number, what gives the values to be looked at, whether they are right, what gives links and where they
lead, and how many keys a span has."""


def _look(number: int, layer: Layer, types: LineTypes) -> _Look:
    """Return what there is to look at in a layer's spans."""
    checks = {"entity": _is_slug, "group": _is_slug, "currency": _is_currency, "decimal": _is_decimal}
    checked = [attribute for attribute in layer.attributes.values() if attribute.type in checks]
    fields = [types.fields[layer.name, each.name] for each in checked]
    values: Callable[[Any], Any] | None = attrgetter(*fields) if checked else None
    places = {each.name: place for place, each in enumerate(checked)}

    def right(found: Any) -> bool:
        given = found if len(checked) > 1 else (found,)
        fine = all(value is None or checks[each.type](value) for each, value in zip(checked, given, strict=True))
        low, high = (given[places[name]] if name in places else None for name in ("minimum", "maximum"))
        return fine and (low is None or high is None or Decimal(low) <= Decimal(high))

    links = [(attrgetter(types.fields[layer.name, a.name]), types.spans[a.layer]) for a in layer.references("span")]
    return number, values, _Known(right), links, SPAN_KEYS + len(layer.attributes)


def _is_slug(value: str) -> bool:
    return len(value) <= LONGEST_SLUG and _SLUG.fullmatch(value) is not None


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None


def _is_currency(value: str) -> bool:
    return value in iso_codes()


_SLUG, _DECIMAL = (re.compile(pattern.removeprefix("^").removesuffix("$")) for pattern in (SLUG, DECIMAL))
