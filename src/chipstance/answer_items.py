"""Finds the quoted spans in the value of a language model's answer, whichever of the usual shapes it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chipstance.answer_keys import (
    KEYS,
    LAYER_KEYS,
    LOOSE_TEXT_KEYS,
    MENTION_KEYS,
    PLACES,
    REFUSALS,
    TEXT_KEYS,
    WRAPPERS,
    is_empty,
)
from chipstance.answers import AnswerError, read_json_answer
from chipstance.layers import SLUG, Layer, Layers

NUMBERED = re.compile(r"_*\d+$")
ORDINAL = re.compile(r"([0-9]{1,12})(?:st|nd|rd|th)?")
NUMERALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LARGEST = 10**12
LONGEST_NAME = 60
PARTED = re.compile(r"[,;]\s+(?!(?:Inc|Ltd|LLC|LLP|Corp|Co|Plc|PLC|GmbH|AG|SA|S\.A|N\.?V|L\.P)\b)")
SCHEMA = ("type", "enum", "$ref", "anyOf", "oneOf", "const")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an answer that can't be used and is left out.

    Attributes:
        kind: ``answer`` (nothing can be read), ``shape``, ``layer``, ``text``, ``gloss``, ``attribute``, ``value``,
            ``reference``.
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
        if isinstance(value, str):
            word = value.strip().lower()
            found = ORDINAL.fullmatch(word)
            return int(found[1]) if found else NUMERALS.index(word) + 1 if word in NUMERALS else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != value // 1 or value < 0:
            return None
        return int(value) if value < LARGEST else None


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
            for text in _parted(value, layer):
                yield from self._item(layer, text, {}, pointer)
        elif value is not None or not layer:
            self.faults.append(Fault("shape", pointer, f"no span: {shown(value)}"))

    def says_none(self, value: Any) -> bool:
        """Tell whether a value says that there are no spans, and is no refusal or something else."""
        if not isinstance(value, dict):
            return isinstance(value, list) and all(map(self.says_none, value))
        if any(value.get(key) for key in REFUSALS):
            return False
        known = [entry for key, entry in value.items() if key in WRAPPERS or self.layer(key)]
        others = [entry for key, entry in value.items() if not (key in WRAPPERS or self.layer(key))]
        return not value or (
            (bool(known) or any(map(self._wraps_none, others)))
            and all(map(self._is_nothing, known))
            and all(not entry or not isinstance(entry, list | dict) or self.says_none(entry) for entry in others)
        )

    def _wraps_none(self, value: Any) -> bool:
        return isinstance(value, dict) and bool(value) and self.says_none(value)

    def _is_nothing(self, value: Any) -> bool:
        """Tell whether what a layer or wrapper holds is nothing."""
        if isinstance(value, str):
            inner = _inner(value)
            return is_empty(value) if inner is None else self.says_none(inner)
        if isinstance(value, list):
            return all(map(self._is_nothing, value))
        return value is None or (isinstance(value, dict) and self.says_none(value))

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
        if not isinstance(name, str) or len(name) > LONGEST_NAME:
            return None
        plain = NUMBERED.sub("", name.strip(" *_#:`\"'").lower().replace("-", "_").replace(" ", "_"))
        return self.layers.get(plain) or self.layers.get(plain.removesuffix("s"))

    def _list(self, value: list[Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        """Yield the items of a list; one that begins with a quotation and a layer, in either order, is an item."""
        first, second = [*value[:2], None, None][:2]
        if layer is None and isinstance(first, str) and isinstance(second, str):
            named = [(self.layer(name), text) for name, text in ((first, second), (second, first))]
            pairs = [(found, text) for found, text in named if found]
            if len(pairs) == 1 and pairs[0][0]:
                yield from self._item(pairs[0][0], pairs[0][1], {}, pointer)
                return
        for index, entry in enumerate(value):
            place = f"{pointer}/{index}"
            if isinstance(entry, str) and layer and _inner(entry) is None:
                yield from self._item(layer, entry, {}, place)
            else:
                yield from self.items(entry, place, layer)

    def _object(self, data: dict[str, Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        taken = layer.attributes if layer else {}
        key = next((key for key in LAYER_KEYS if key not in taken and self.layer(data.get(key))), "layer")
        named = self.layer(data[key]) if data.get(key) is not None else layer
        mentions = next((name for name in MENTION_KEYS if isinstance(data.get(name), list) and data[name]), "")
        if _is_schema(data):
            self.faults.append(Fault("shape", pointer, "a JSON Schema is no answer"))
        elif named and mentions:
            yield from self._mentions(data, pointer, named, (key, mentions))
        else:
            yield from self._span(data, pointer, named, key)

    def _span(self, data: dict[str, Any], pointer: str, named: Layer | None, key: str) -> Iterator[Item]:
        """Yield the item that an object is, or those in it.

        Args:
            data: the object.
            pointer: where it stands.
            named: the layer that it names, or its place.
            key: the key that names a layer, if it is there.
        """
        text, record = _text_key(data, named, key), self._record(data)
        if text and not named and self._is_own(text, record):
            text = ""
        holds = [key for key, entry in data.items() if isinstance(entry, list | dict) and key != "attributes"]
        if text and (named or "layer" in data or not (holds or _inner(data[text]) is not None)):
            yield from self._said(data, pointer, named, (key, text))
        elif record:
            yield from self._said(data, pointer, self.layer(record), (record,))
        elif named and not holds:
            self.faults.append(Fault("text", pointer, "a span needs its text, as a string"))
        elif named and key in data:  # one layer and a list of its quotations
            for name in (name for name in holds if name not in named.attributes):
                yield from self.items(data[name], f"{pointer}/{name}", named)
        else:
            yield from self._members(data, pointer, None if key in data else named)

    def _is_own(self, key: str, record: str) -> bool:
        """Tell whether the key of a text is one of a layer, or of an attribute of the layer that a record is of."""
        layer = self.layer(record)
        return self.layer(key) is not None or (layer is not None and key in layer.attributes)

    def _members(self, data: dict[str, Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        """Yield the items of an object that is none itself: keys are layers, wrappers or quotations."""
        if layer and all(isinstance(entry, dict) for entry in data.values()) and not self._names_any(data):
            for name, entry in data.items():  # quotations to their attributes
                yield from self._item(layer, name, entry, f"{pointer}/{name}")
            return
        named = any(name in KEYS for name in data)
        if not layer and not named and all(isinstance(entry, str) and self.layer(entry) for entry in data.values()):
            for name, entry in data.items():  # quotations to their layers
                if found := self.layer(entry):
                    yield from self._item(found, name, {}, f"{pointer}/{name}")
            return
        yield from self._keyed(data, pointer, layer)

    def _keyed(self, data: dict[str, Any], pointer: str, layer: Layer | None) -> Iterator[Item]:
        faults, found = len(self.faults), False
        for name, entry in data.items():
            for item in self._member(name, entry, f"{pointer}/{name}", layer):
                found = True
                yield item
        if not found and len(self.faults) == faults and not self.says_none(data):
            self.faults.append(Fault("shape", pointer, f"no span: {shown(data)}"))

    def _mentions(self, data: dict[str, Any], pointer: str, layer: Layer, used: tuple[str, str]) -> Iterator[Item]:
        """Yield the items of an object with a list of quotations, each with the attributes of the object."""
        shared = {name: value for name, value in data.items() if name in layer.attributes and name not in used}
        for index, entry in enumerate(data[used[1]]):
            place = f"{pointer}/{used[1]}/{index}"
            if isinstance(entry, str):
                yield from self._item(layer, entry, shared, place)
            elif isinstance(entry, dict):
                yield from self._object(shared | entry, place, layer)
            else:
                self.faults.append(Fault("shape", place, f"no span: {shown(entry)}"))

    def _names_any(self, data: dict[str, Any]) -> bool:
        return any(name in (*WRAPPERS, *TEXT_KEYS) or self.layer(name) for name in data)

    def _said(self, data: dict[str, Any], pointer: str, layer: Layer | None, used: tuple[str, ...]) -> Iterator[Item]:
        """Yield the item of an object whose last used key holds the text."""
        if layer is None:
            name = next((data[key] for key in LAYER_KEYS if data.get(key) is not None), None)
            why = "a span needs its layer" if name is None else f"no layer is called {shown(name)}"
            self.faults.append(Fault("layer", pointer, why))
            return
        rest = {key: value for key, value in data.items() if key not in used}
        yield from self._item(layer, data[used[-1]], rest, pointer)

    def _item(self, layer: Layer, text: str, rest: Mapping[str, Any], pointer: str) -> Iterator[Item]:
        if is_empty(text):
            self.faults.append(Fault("text", pointer, f"a span needs its text: {shown(text)} is none"))
            return
        inside = rest.get("attributes")
        beside = {key: value for key, value in rest.items() if key not in PLACES and key != "attributes"}
        values = beside | (inside if isinstance(inside, dict) else {})
        for attribute in layer.references("span"):
            said = values.get(attribute.name)
            if attribute.nullable and isinstance(said, str) and is_empty(said):
                values[attribute.name] = None
        item = Item(pointer, layer, text, {key: rest[key] for key in PLACES if key in rest}, values)
        for key in ("occurrence", "start", "end"):
            number = item.number(key)
            if item.said.get(key) is not None and (number is None or (key == "occurrence" and not number)):
                self.faults.append(Fault("value", pointer, f"{key} can't be {shown(item.said[key])}"))
        yield item

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
        elif isinstance(value, list | dict) or (isinstance(value, str) and _inner(value) is not None):
            before = len(self.faults)
            inside = list(self.items(value, pointer, layer))
            if not inside and value and name not in WRAPPERS and not self.names(value) and not self.says_none(value):
                self.faults[before:] = [Fault("layer", pointer, f"no layer is called {shown(name)}")]
            yield from inside
        elif isinstance(value, str) and name not in (*KEYS, *WRAPPERS):
            self.faults.append(Fault("layer", pointer, f"no layer is called {shown(name)}"))


def _text_key(data: Mapping[str, Any], layer: Layer | None, used: str = "") -> str:
    """Return the key that holds the quoted text; nothing where there is none.

    A layer may have attributes that are called so: they are none where attributes stand apart, and are not taken for
    the text where another key holds it.
    """
    known = layer.attributes if layer and not isinstance(data.get("attributes"), dict) else {}
    keys = (*TEXT_KEYS, *LOOSE_TEXT_KEYS) if layer else TEXT_KEYS
    strings = [key for key in keys if isinstance(data.get(key), str) and key != used]
    named = next((key for key in strings if key not in known), "")
    named = named or next((key for key in strings if key in TEXT_KEYS), "")
    return named or next((key for key in strings if key == "entity" and not re.fullmatch(SLUG, data[key])), "")


def _parted(text: str, layer: Layer) -> list[str]:
    """Return the names that one text lists, where spans are names; a legal suffix is no name."""
    parts = [part.strip() for part in PARTED.split(text)] if layer.overlap == "none" else [text]
    starts = all(part[:1].isupper() or not part[:1].isalpha() for part in parts)
    words = all(part and " " not in part for part in parts)
    return parts if (starts or words) and all(parts) else [text]


def _is_schema(data: Mapping[str, Any]) -> bool:
    """Tell whether an object is a JSON Schema, as a question may hold it."""
    properties = data.get("properties")
    if not isinstance(properties, dict) or not properties:
        return False
    return all(isinstance(entry, dict) and any(key in SCHEMA for key in entry) for entry in properties.values())


def _inner(text: str) -> Any:
    """Return the JSON that a string holds, as the arguments of a tool call do; None where it holds none."""
    if not text.lstrip().startswith(("{", "[{", '["', "[[")) and '{"' not in text and "```" not in text:
        return None
    try:
        return read_json_answer(text).value
    except AnswerError:
        return None
