"""Turns what a language model quotes from a text into spans of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from chipstance.alignment import EXACT, NONE, Alignment, Quotation, align_all
from chipstance.answers import Mend, read_json_answer
from chipstance.layers import Attribute, Layer, Layers, attribute_schema
from chipstance.model import Span, Value
from chipstance.normalization import normalize

OWN_KEYS = {"id", "layer", "text", "occurrence", "start", "end", "attributes"}
LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an answer that can't be used and is left out.

    Attributes:
        kind: ``shape``, ``layer``, ``text``, ``attribute``, ``value`` or ``reference``.
        pointer: JSON pointer into the value that was read.
        message: what is wrong.
    """

    kind: str
    pointer: str
    message: str


@dataclass(slots=True)
class _Item:
    """A quoted span before it has a place."""

    pointer: str
    layer: Layer
    data: Mapping[str, Any]
    attributes: dict[str, Value] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.data["text"])

    def offset(self, key: str) -> int | None:
        value = self.data.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def spans_from_answer(answer: str, text: str, layers: Layers) -> tuple[tuple[Span, ...], tuple[Mend | Fault, ...]]:
    """Read a language model's answer and find what it quotes in the text.

    It may be ``{"spans": [{"layer", "text", …}]}``, such a list alone, or ``{layer: [text or {"text", …}]}``. An
    item may say the ``occurrence`` (from 1) or ``start``, and its attributes, in ``attributes`` or beside the rest. A
    reference to another span is that item's ``id`` or its quoted text.

    Args:
        answer: the answer as it came.
        text: the document's text.
        layers: the corpus's layers.

    Returns:
        The spans in the answer's order, with ids ``s1``, ``s2``, …, and what was mended or left out. A quotation that
        is not in the text becomes a span of no length at the text's end, which counts as predicted and matches
        nothing.

    Raises:
        chipstance.answers.AnswerError: nothing can be read.
    """
    read = read_json_answer(answer)
    faults: list[Fault] = []
    items = list(_items(read.value, "", layers, faults))
    for item in items:
        _take_attributes(item, faults)
    alignments = align_all(map(_quotation, items), text)
    places = [_place(item, alignment, text) for item, alignment in zip(items, alignments, strict=True)]
    _resolve(items, places, faults)
    spans = tuple(
        Span(f"s{number}", item.layer.name, start, end, text[start:end], item.attributes)
        for number, (item, (start, end)) in enumerate(zip(items, places, strict=True), 1)
    )
    aligned = (mend for row in zip(items, alignments, places, strict=True) for mend in _alignment_mends(*row))
    return spans, (*read.mends, *aligned, *faults)


def _items(value: Any, pointer: str, layers: Layers, faults: list[Fault], name: str | None = None) -> Iterator[_Item]:
    """Yield the quoted spans of a value, whichever of the known shapes it has."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _items(entry, f"{pointer}/{index}", layers, faults, name)
    elif isinstance(value, str) and name is not None:
        yield from _item({"text": value}, pointer, layers.get(name), faults)
    elif not isinstance(value, dict):
        faults.append(Fault("shape", pointer, f"no span: {_shown(value)}"))
    elif "text" in value or "layer" in value:
        yield from _item(value, pointer, layers.get(_name(value.get("layer", name))), faults)
    else:
        for key, entry in value.items():
            if key == "spans" or layers.get(_name(key)):
                yield from _items(entry, f"{pointer}/{key}", layers, faults, None if key == "spans" else _name(key))
            elif isinstance(entry, list | dict):
                faults.append(Fault("layer", f"{pointer}/{key}", f"no layer is called {_shown(key)}"))


def _item(data: Mapping[str, Any], pointer: str, layer: Layer | None, faults: list[Fault]) -> Iterator[_Item]:
    if layer is None:
        faults.append(Fault("layer", pointer, f"no layer is called {_shown(data.get('layer'))}"))
    elif not isinstance(data.get("text"), str):
        faults.append(Fault("text", pointer, "a span needs its text, as a string"))
    else:
        yield _Item(pointer, layer, data)


def _name(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"  # noqa: PLR2004 - a line's worth


def _take_attributes(item: _Item, faults: list[Fault]) -> None:
    given = item.data.get("attributes")
    beside = {key: value for key, value in item.data.items() if key not in OWN_KEYS}
    for key, value in (beside | (given if isinstance(given, dict) else {})).items():
        attribute = item.layer.attributes.get(key)
        if attribute is None:
            faults.append(Fault("attribute", item.pointer, f"{item.layer.name} has no attribute {_shown(key)}"))
        elif attribute.type == "span" and isinstance(value, str | int) and not isinstance(value, bool):
            item.references[key] = str(value)
        else:
            _take_value(item, attribute, _as_decimal(value) if attribute.type == "decimal" else value, faults)


def _take_value(item: _Item, attribute: Attribute, value: Any, faults: list[Fault]) -> None:
    if Draft202012Validator(attribute_schema(attribute)).is_valid(value):
        item.attributes[attribute.name] = value
    else:
        faults.append(Fault("value", item.pointer, f"{attribute.name} can't be {_shown(value)}"))


def _as_decimal(value: Any) -> Any:
    """Return a number as the decimal string that labels hold; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    number = Decimal(value)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        return value
    digits = f"{number:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"


def _quotation(item: _Item) -> Quotation:
    """Return what is to be found; spans of a layer that may lie on one passage do not share out its places."""
    group = (item.layer.name, item.attributes.get(item.layer.apart_by))
    return Quotation(item.text, item.offset("occurrence"), item.offset("start"), group)


def _place(item: _Item, alignment: Alignment, text: str) -> tuple[int, int]:
    """Return the offsets that the answer gives where its text stands there, else those of the alignment."""
    start = item.offset("start")
    if start is not None and item.text and text.startswith(item.text, start) and item.text == item.text.strip():
        return start, start + len(item.text)
    return alignment.start, alignment.end


def _alignment_mends(item: _Item, alignment: Alignment, place: tuple[int, int]) -> Iterator[Mend]:
    start, end = item.offset("start"), item.offset("end")
    if alignment.kind == NONE:
        yield Mend("unaligned", f"{item.pointer}: {_shown(item.text)} is not in the text")
    elif alignment.kind != EXACT and place == (alignment.start, alignment.end):
        yield Mend(alignment.kind, f"{item.pointer}: {_shown(item.text)} is found with score {alignment.score:.3f}")
    if (start is not None and start != place[0]) or (end is not None and end != place[1]):
        yield Mend("offsets", f"{item.pointer}: the offsets do not fit the text: [{place[0]}, {place[1]}) is taken")


def _resolve(items: Sequence[_Item], places: Sequence[tuple[int, int]], faults: list[Fault]) -> None:
    """Turn references into span ids: by the item's id, else by its text, the nearest of equals."""
    by_id: dict[tuple[str, str], list[int]] = {}
    by_text: dict[tuple[str, str], list[int]] = {}
    for index, item in enumerate(items):
        if isinstance(item.data.get("id"), str | int):
            by_id.setdefault((item.layer.name, str(item.data["id"])), []).append(index)
        by_text.setdefault((item.layer.name, normalize(item.text)), []).append(index)
    for item, place in zip(items, places, strict=True):
        for name, said in item.references.items():
            layer = item.layer.attributes[name].layer
            found = by_id.get((layer, said)) or by_text.get((layer, normalize(said)))
            if found:
                item.attributes[name] = f"s{min(found, key=lambda index: _gap(places[index], place)) + 1}"
            else:
                faults.append(Fault("reference", item.pointer, f"no {layer} span has the id or text {_shown(said)}"))


def _gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(one[0] - other[1], other[0] - one[1], 0)
