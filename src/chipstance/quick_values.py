"""What spans of a layer have to be looked at for, beyond their types: values, links, and overlaps in the layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from chipstance.currencies import iso_codes
from chipstance.layers import DECIMAL, LIMITS, SLUG, Layer
from chipstance.line_types import Get, LineTypes

LONGEST_SLUG = 80
MOST_KNOWN = 100_000
"""So many values are remembered."""
SPACE, QUOTE, COLON, BACKSLASH = b' ":\\'


class Known(dict[Any, bool]):
    """Remembers of values whether they are right: most stand in a corpus again and again.

    Args:
        is_right: tells it of a value.
    """

    def __init__(self, is_right: Callable[[Any], bool]) -> None:
        super().__init__()
        self._is_right = is_right

    def __missing__(self, value: Any) -> bool:
        """Find out, and remember."""
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[value] = self._is_right(value)
        return found


class Look(NamedTuple):
    """What there is to look at in the attributes of a layer's spans.

    Attributes:
        layer: the layer.
        values: gives those that are to be looked at; None where there are none.
        right: tells whether these are right.
        links: what gives a link, and the type of the spans that it may lead to.
        group: gives the value by which spans of the layer may overlap; None where there is none.
    """

    layer: Layer
    values: Get | None
    right: Mapping[Any, bool]
    links: Sequence[tuple[Get, type]]
    group: Get | None


def look(layer: Layer, types: LineTypes) -> Look:
    """Return what there is to look at in a layer's spans."""
    checks = {"entity": is_slug, "group": is_slug, "currency": _is_currency, "decimal": _is_decimal}
    checked = [attribute for attribute in layer.attributes.values() if attribute.type in checks]
    fields = [types.fields[layer.name, each.name] for each in checked]
    places = {each.name: place for place, each in enumerate(checked)}
    bounds = [places[name] for name in LIMITS] if layer.is_ours(*LIMITS) else []

    def right(found: Any) -> bool:
        given = found if len(checked) > 1 else (found,)
        fine = all(
            not value or checks[each.type](value) or value in each.also
            for each, value in zip(checked, given, strict=True)
        )
        low, high = (given[place] for place in bounds) if bounds else (None, None)
        return fine and "" not in given and (not low or not high or Decimal(low) <= Decimal(high))

    links = [(types.getter(layer.name, each.name), types.spans[each.layer]) for each in layer.references("span")]
    group = types.getter(layer.name, layer.apart_by) if layer.apart_by else None
    values = attrgetter(*fields) if checked else None
    return Look(layer, values, Known(right), links, group)


def is_slug(value: str) -> bool:
    """Tell whether a string is a slug of no more than 80 characters."""
    return len(value) <= LONGEST_SLUG and _SLUG.fullmatch(value) is not None


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None


def _is_currency(value: str) -> bool:
    return value in iso_codes()


_SLUG, _DECIMAL = (re.compile(pattern.removeprefix("^").removesuffix("$")) for pattern in (SLUG, DECIMAL))


def keys(data: bytes, text: str) -> int:
    """Return how many keys a sound line has, each time that one stands there; -1 if that is not simply told.

    Args:
        data: the line.
        text: holds a colon wherever one of the line's strings does.
    """
    codes = np.frombuffer(data, np.uint8)
    if ":" not in text:
        return int(np.count_nonzero(codes == COLON))
    quotes = codes[1:-1] == QUOTE
    quotes &= codes[:-2] != BACKSLASH  # inside a string, or after a value: a key has none
    after = codes[2:]
    return -1 if np.any(quotes & (after <= SPACE)) else int(np.count_nonzero(quotes & (after == COLON)))


def has_minus_zero(spans: Sequence[Any], data: bytes) -> bool:
    """Tell whether a line may hold a zero with a sign, which only a start could be.

    Args:
        spans: those of the line.
        data: the line.
    """
    # one byte is looked for far sooner than two
    return MINUS in data and 0 in [span.start for span in spans] and _MINUS_ZERO.search(data) is not None


MINUS = b"-"
_MINUS_ZERO = re.compile(rb"-0(?![\d.])")


def overlap_rightly(layer: Layer, places: Sequence[tuple[int, int]], values: Sequence[Any]) -> bool:
    """Tell whether a document's spans of one layer surely overlap only as the layer allows.

    Args:
        layer: the layer.
        places: start of each, and its end below zero; no span is empty.
        values: of each, where these tell which spans may overlap.
    """
    check = {"free": _are_different, "nested": _are_nested}.get(layer.overlap, _are_apart)
    if layer.overlap != "apart":
        return check(sorted(places))
    groups: dict[Any, list[tuple[int, int]]] = {}
    for value, place in zip(values, places, strict=True):
        groups.setdefault(value, []).append(place)
    return all(check(sorted(each)) for each in groups.values())


def _are_different(places: Sequence[tuple[int, int]]) -> bool:
    return all(one != other for one, other in pairwise(places))


def _are_apart(places: Sequence[tuple[int, int]]) -> bool:
    return all(-minus_end <= start for (_, minus_end), (start, _) in pairwise(places))


def _are_nested(places: Sequence[tuple[int, int]]) -> bool:
    """Tell whether places in reading order stand apart, or one inside another that is longer."""
    if not _are_different(places):
        return False
    outer: list[int] = []
    for start, minus_end in places:
        while outer and -outer[-1] <= start:
            outer.pop()
        if outer and minus_end < outer[-1]:
            return False
        outer.append(minus_end)
    return True
