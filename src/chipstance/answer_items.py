"""Finds the quoted spans in the value of a language model's answer, whichever of the usual shapes it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chipstance.answers import AnswerError, read_json_answer
from chipstance.layers import Layer, Layers

LAYER_KEYS = ("layer", "type", "label", "category", "class", "tag", "layer_name", "span_type", "entity_type")
TEXT_KEYS = ("text", "quote", "quotation", "span", "passage", "exact_text", "span_text", "verbatim", "snippet")
LOOSE_TEXT_KEYS = ("mention", "surface", "phrase", "words", "word", "content", "value", "string", "name")
"""Keys of a quoted text where the layer is known."""
PLACES = ("id", "occurrence", "start", "end")
WRAPPER = "spans"
NUMBERED = re.compile(r"_*\d+$")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an answer that can't be used and is left out.

    Attributes:
        kind: ``answer`` (nothing can be read), ``shape``, ``layer``, ``text``, ``attribute``, ``value``, ``reference``.
        pointer: JSON pointer into the value that was read.
        message: what is wrong.
    """

    kind: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Item:
    """A quoted span as an answer has it.

    Attributes:
        pointer: where it stands in the value.
        layer: its layer.
        text: what is quoted.
        said: ``id``, ``occurrence``, ``start`` and ``end``, as far as they are given.
        values: its attributes as they are given, by name.
    """

    pointer: str
    layer: Layer
    text: str
    said: Mapping[str, Any]
    values: Mapping[str, Any]

    def number(self, key: str) -> int | None:
        """Return what is said under a key as a number that is not negative; None where it is none."""
        value = self.said.get(key)
        digits = value.strip() if isinstance(value, str) else ""
        if digits.isascii() and digits.isdigit():
            return int(digits[:12])
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def shown(value: Any) -> str:
    """Return a value as messages show it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - a line's worth


class ItemFinder:
    """Finds the items of values.

    Args:
        layers: the corpus's layers.
    """

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.faults: list[Fault] = []

    def items(self, value: Any, pointer: str = "", layer: Layer | None = None) -> Iterator[Item]:
        """Yield the items of a value; what can't be used goes into ``faults``.

        Args:
            value: the value, or a part of it.
            pointer: where it stands.
            layer: the layer that its place names.
        """
        if isinstance(value, list):
            yield from self._list(value, pointer, layer)
        elif isinstance(value, dict):
            yield from self._object(value, pointer, layer)
        elif isinstance(value, str) and (inner := _inner(value)) is not None:
            yield from self.items(inner, pointer, layer)
        elif isinstance(value, str) and layer:
            yield from self._item(layer, value, {}, pointer)
        elif value is not None or not layer:
            self.faults.append(Fault("shape", pointer, f"no span: {shown(value)}"))

    def names(self, value: Any) -> set[str]:
        """Return the layers that a value names, also those it lists nothing for."""
        if isinstance(value, list):
            return set().union(*map(self.names, value))
        if not isinstance(value, dict):
            return set()
        named = {layer.name for key in value if (layer := self.layer(key))}
        return named.union(*(self.names(entry) for entry in value.values()))

    def layer(self, name: Any) -> Layer | None:
        """Return the layer of a name, whatever its case, in the plural too."""
        name = name[0] if isinstance(name, list) and len(name) == 1 else name
        if not isinstance(name, str):
            return None
        plain = NUMBERED.sub("", name.strip(" *_#:`\"'").lower().replace("-", "_").replace(" ", "_"))
        return self.layers.get(plain) or self.layers.get(plain.removesuffix("s"))

    def _list(self, value: list[Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        """Yield the items of a list; one that begins with a quotation and a layer, in either order, is an item."""
        first, second = [*value[:2], None, None][:2]
        if layer is None and isinstance(first, str) and isinstance(second, str):
            for name, text in ((first, second), (second, first)):
                if found := self.layer(name):
                    yield from self._item(found, text, {}, pointer)
                    return
        for index, entry in enumerate(value):
            yield from self.items(entry, f"{pointer}/{index}", layer)

    def _object(self, data: dict[str, Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        key = next((key for key in LAYER_KEYS if self.layer(data.get(key))), "layer")
        named = self.layer(data[key]) if data.get(key) is not None else layer
        text = _text_key(data, named)
        holds = [key for key, entry in data.items() if isinstance(entry, list | dict) and key != "attributes"]
        if text and (named or "layer" in data or not (holds or _inner(data[text]) is not None)):
            yield from self._said(data, pointer, named, (key, text))
        elif record := self._record(data):
            yield from self._said(data, pointer, self.layer(record), (record,))
        elif named and not holds:
            self.faults.append(Fault("text", pointer, "a span needs its text, as a string"))
        elif named and key in data:  # one layer and a list of its quotations
            for name in (name for name in holds if name not in named.attributes):
                yield from self.items(data[name], f"{pointer}/{name}", named)
        elif layer and all(isinstance(entry, dict) for entry in data.values()) and not self._names_any(data):
            for name, entry in data.items():  # quotations to their attributes
                yield from self._item(layer, name, entry, f"{pointer}/{name}")
        else:
            for name, entry in data.items():
                yield from self._member(name, entry, f"{pointer}/{name}", layer)

    def _names_any(self, data: dict[str, Any]) -> bool:
        return any(name in (WRAPPER, *TEXT_KEYS) or self.layer(name) for name in data)

    def _said(self, data: dict[str, Any], pointer: str, layer: Layer | None, used: tuple[str, ...]) -> Iterator[Item]:
        """Yield the item of an object whose last used key holds the text."""
        if layer is None:
            self.faults.append(Fault("layer", pointer, f"no layer is called {shown(data.get('layer'))}"))
            return
        rest = {key: value for key, value in data.items() if key not in used}
        yield from self._item(layer, data[used[-1]], rest, pointer)

    def _item(self, layer: Layer, text: str, rest: Mapping[str, Any], pointer: str) -> Iterator[Item]:
        if not text.strip():
            self.faults.append(Fault("text", pointer, "a span needs its text: this one is empty"))
            return
        inside = rest.get("attributes")
        beside = {key: value for key, value in rest.items() if key not in PLACES and key != "attributes"}
        values = beside | (inside if isinstance(inside, dict) else {})
        yield Item(pointer, layer, text, {key: rest[key] for key in PLACES if key in rest}, values)

    def _record(self, data: dict[str, Any]) -> str:
        """Return the key of ``{"statement": "…", "speaker": "…", …}`` that is a layer with the others as attributes."""
        for key, value in data.items():
            layer = self.layer(key)
            others = data.keys() - {key}
            if layer and isinstance(value, str) and others & layer.attributes.keys():
                alien = [other for other in others - layer.attributes.keys() if self.layer(other)]
                if not alien:
                    return key
        return ""

    def _member(self, name: str, value: Any, pointer: str, layer: Layer | None) -> Iterator[Item]:
        """Yield the items under a key: a layer's name, a wrapper's, or a quotation whose value is the layer."""
        if found := self.layer(name):
            yield from self.items(value, pointer, found)
        elif isinstance(value, str) and (found := self.layer(value)) and name not in LAYER_KEYS:
            yield from self._item(found, name, {}, pointer)
        elif isinstance(value, list | dict) or (isinstance(value, str) and _inner(value) is not None):
            before = len(self.faults)
            inside = list(self.items(value, pointer, layer))
            if not inside and value and name != WRAPPER and not self.names(value):
                self.faults[before:] = [Fault("layer", pointer, f"no layer is called {shown(name)}")]
            yield from inside


def _text_key(data: Mapping[str, Any], layer: Layer | None) -> str:
    """Return the key that holds the quoted text; nothing where there is none."""
    known = layer.attributes if layer else {}
    keys = (*TEXT_KEYS, *LOOSE_TEXT_KEYS) if layer else TEXT_KEYS
    return next((key for key in keys if isinstance(data.get(key), str) and key not in known), "")


def _inner(text: str) -> Any:
    """Return the JSON that a string holds, as the arguments of a tool call do; None where it holds none."""
    if not text.lstrip().startswith(("{", "[{", '["', "[[", "```")):
        return None
    try:
        return read_json_answer(text).value
    except AnswerError:
        return None
