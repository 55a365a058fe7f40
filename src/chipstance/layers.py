"""Layers, attributes and value sets, as ``layers.json`` declares them.

The span schema of every annotation and predictions file is computed from that file, so a value set
is written in one place only, and a repository with layers of its own is validated by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
DECIMAL = r"^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
CURRENCY = r"^[A-Z]{3}$"
_FORMS: dict[str, dict[str, Json]] = {
    "currency": {
        "title": "a currency of three capital letters, as ISO 4217 has them",
        "pattern": CURRENCY,
        "examples": ["USD"],
    },
    "decimal": {
        "title": "a decimal in a string, without signs, separators or trailing zeros",
        "pattern": DECIMAL,
        "examples": ["5600000", "4.7"],
    },
    "span": {"title": "an id of a span"},
    "id": {
        "title": "a short id of lower-case letters and digits in groups joined by single hyphens",
        "pattern": SLUG,
        "examples": ["ada-quill"],
    },
}
"""The forms of strings; a title that begins with an article says one in words, for messages."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a layer.

    Attributes:
        name: its key in ``attributes``.
        type: ``choice``, ``boolean``, ``entity``, ``span``, ``currency``, ``decimal`` or ``group``.
        description: one sentence.
        nullable: whether null is allowed.
        values: allowed values of a ``choice``.
        kinds: allowed registry kinds of an ``entity``.
        also: values of an ``entity`` that stand for no registry entry (``author``).
        layer: the layer a ``span`` reference points into.
    """

    name: str
    type: str
    description: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        name: its name.
        description: what a span of it is.
        overlap: ``none``, ``nested`` (one inside the other), ``apart`` (free where ``apart_by`` differs) or ``free``.
        apart_by: the attribute that tells overlapping spans of an ``apart`` layer from one another.
        attributes: by name, in declared order.
        color: for display.
        hotkey: for the labeling interface.
        tagged: whether its spans are also published as BIO tags.
    """

    name: str
    description: str
    overlap: str
    attributes: Mapping[str, Attribute]
    apart_by: str = ""
    color: str = ""
    hotkey: str = ""
    tagged: bool = False
    _references: dict[str, tuple[Attribute, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def references(self, kind: str) -> tuple[Attribute, ...]:
        """Return the attributes of one type, such as ``entity`` or ``span``."""
        if kind not in self._references:
            self._references[kind] = tuple(each for each in self.attributes.values() if each.type == kind)
        return self._references[kind]


@dataclass(frozen=True, slots=True)
class Layers:
    """All layers of a corpus, in declared order, and the kinds its registry knows."""

    by_name: Mapping[str, Layer]
    entity_kinds: tuple[str, ...]

    def __iter__(self) -> Iterator[Layer]:
        """Iterate over the layers in declared order."""
        return iter(self.by_name.values())

    def __getitem__(self, name: str) -> Layer:
        """Return a layer by name."""
        return self.by_name[name]

    def get(self, name: str) -> Layer | None:
        """Return a layer by name, or None."""
        return self.by_name.get(name)


def parse_layers(data: Mapping[str, Json]) -> Layers:
    """Build the layers from the content of a ``layers.json`` that its schema accepts."""
    return Layers(
        by_name={name: _layer(name, entry) for name, entry in data["layers"].items()},
        entity_kinds=tuple(data["entity_kinds"]),
    )


def _layer(name: str, entry: Mapping[str, Json]) -> Layer:
    return Layer(
        name=name,
        description=entry["description"],
        overlap=entry["overlap"],
        attributes={key: _attribute(key, value) for key, value in entry["attributes"].items()},
        apart_by=entry.get("apart_by", ""),
        color=entry.get("color", ""),
        hotkey=entry.get("hotkey", ""),
        tagged=entry.get("tagged", False),
    )


def _attribute(name: str, entry: Mapping[str, Json]) -> Attribute:
    lists = {key: tuple(entry.get(key, ())) for key in ("values", "kinds", "also")}
    return Attribute(
        name=name,
        type=entry["type"],
        description=entry["description"],
        nullable=entry.get("nullable", False),
        layer=entry.get("layer", ""),
        **lists,
    )


def attribute_schema(attribute: Attribute) -> dict[str, Json]:
    """Return the JSON Schema of one attribute's value."""
    about: dict[str, Json] = {"description": attribute.description}
    if attribute.type == "choice":
        return about | {"enum": [*attribute.values, *([None] if attribute.nullable else [])]}
    kind = "boolean" if attribute.type == "boolean" else "string"
    named = {"boolean": {}, "entity": _FORMS["id"], "group": _FORMS["id"]}
    return about | {"type": [kind, "null"] if attribute.nullable else kind} | (named | _FORMS)[attribute.type]


def attributes_schema(layer: Layer, *, complete: bool) -> dict[str, Json]:
    """Return the JSON Schema of a layer's ``attributes`` object.

    Args:
        layer: the layer.
        complete: whether every attribute must be there (annotations) or may be left out (predictions).
    """
    return {
        "type": "object",
        "properties": {name: attribute_schema(attribute) for name, attribute in layer.attributes.items()},
        "additionalProperties": False,
        "required": list(layer.attributes) if complete else [],
    }


def layers_schema(layers: Layers, *, complete: bool) -> dict[str, Json]:
    """Return the JSON Schema that ties a span's ``layer`` to its ``attributes``.

    It is the part of the span schema that ``layers.json`` decides: the layer is one of the declared
    ones, and the attributes are those of that layer with values from its value sets.
    """
    return {
        "properties": {"layer": {"enum": [layer.name for layer in layers]}},
        "allOf": [
            {
                "if": {"properties": {"layer": {"const": layer.name}}, "required": ["layer"]},
                "then": {"properties": {"attributes": attributes_schema(layer, complete=complete)}},
            }
            for layer in layers
        ],
    }
