"""Layers, attributes and value sets, as ``layers.json`` declares them.

The span schema of every annotation and predictions file is computed from that file, so a value set
is written in one place only, and a repository with layers of its own is validated by the same code.
"""

from __future__ import annotations

import re
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
OURS: Mapping[str, Mapping[str, str]] = {
    "organization": {"entity": "entity"},
    "speaker": {"entity": "entity", "mention": "choice"},
    "money": {"currency": "currency", "minimum": "decimal", "maximum": "decimal", "qualifier": "choice"},
    "statement": {"speaker": "span speaker", "cue": "span cue", "kind": "choice", "utterance": "group"},
    "stance": {"target": "choice", "polarity": "choice", "holder": "entity", "explicit": "boolean"},
}
"""The layers of this benchmark about which rules and scores know more than about others: their attributes' types.

Another repository may have layers of these names that are something else; so all of that asks ``is_ours`` or ``ours``.
"""
LIMITS = ("minimum", "maximum")
"""Those attributes of an amount that have an order."""
COUNTED = frozenset({"all", "none", "unresolved"})
"""What is counted beside the targets and polarities of stances."""


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

    @property
    def form(self) -> str:
        """Its type, and of a ``span`` the layer."""
        return f"{self.type} {self.layer}".rstrip()


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

    def is_ours(self, *attributes: str) -> bool:
        """Tell whether it has the name of a layer of this benchmark, and these attributes with the types of ours."""
        wanted, known = OURS.get(self.name), self.attributes
        return wanted is not None and all(name in known and wanted[name] == known[name].form for name in attributes)


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

    def ours(self, name: str, *attributes: str) -> Layer | None:
        """Return a layer of this benchmark if it is declared, with these attributes; None for another of the name."""
        layer = self.get(name)
        return layer if layer and layer.is_ours(*attributes) else None

    @property
    def stance_targets(self) -> tuple[str, ...]:
        """What a statement can take a stance on; nothing where these layers, or what they tell apart, are not ours."""
        stance = self.ours("stance", "target", "polarity", "holder")
        if not (stance and self.ours("statement", "speaker") and self.ours("speaker", "entity")):
            return ()
        target, polarity = stance.attributes["target"], stance.attributes["polarity"]
        told = not polarity.nullable and COUNTED.isdisjoint((*target.values, *polarity.values))
        return target.values if told else ()


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
    named = {"boolean": {}, "entity": _entity_form(attribute), "group": _FORMS["id"]}
    return about | {"type": [kind, "null"] if attribute.nullable else kind} | (named | _FORMS)[attribute.type]


def _entity_form(attribute: Attribute) -> dict[str, Json]:
    """Return the form of an entity's id, and of what stands for none where that has another form, as with ``_``."""
    form, others = _FORMS["id"], [value for value in attribute.also if not re.search(SLUG, value)]
    if not others:
        return form
    title = f"{form['title']}, or {' or '.join(others)}"
    return form | {"title": title, "pattern": "|".join([SLUG, *(f"^{value}$" for value in others)])}


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
