"""Types that decode a line of JSON and hold it to its schema in one pass, made from the layers.

They accept no line that the JSON Schema refuses, but for what ``quick`` looks at besides: patterns, least lengths and
numbers, and keys that stand twice. Some lines that the schema accepts they refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chipstance.layers import Attribute, Layer, Layers


@dataclass(frozen=True, slots=True)
class LineTypes:
    """What decodes the lines of a kind.

    Attributes:
        decoder: of a line's bytes.
        spans: the type of a layer's spans, by layer name.
        fields: the name that an attribute has in its layer's type, by layer and attribute.
    """

    decoder: msgspec.json.Decoder[Any]
    spans: Mapping[str, type[Struct]]
    fields: Mapping[tuple[str, str], str]


def document_types(layers: Layers) -> LineTypes:
    """Return the types of a documents file: every attribute and id is there, and so is the text."""
    spans = {layer.name: _span_type(layer) for layer in layers}
    every: Any = reduce(or_, spans.values())
    line = msgspec.defstruct("Line", [("doc", str), ("text", str), ("spans", list[every])], **_STRICT)
    fields = {(layer.name, name): _field(index) for layer in layers for index, name in enumerate(layer.attributes)}
    return LineTypes(msgspec.json.Decoder(line), spans, fields)


_STRICT: Any = {"forbid_unknown_fields": True, "gc": False}


def _span_type(layer: Layer) -> type[Struct]:
    names = {_field(index): name for index, name in enumerate(layer.attributes)}
    attributes = [(_field(index), _type(each)) for index, each in enumerate(layer.attributes.values())]
    values = msgspec.defstruct("Attributes", attributes, rename=names, **_STRICT)
    fields: list[Any] = [("id", str), ("start", int), ("end", int), ("text", str), ("attributes", values)]
    fields.append(("repaired", Literal[True] | UnsetType, UNSET))
    return msgspec.defstruct("Span", fields, tag_field="layer", tag=layer.name, **_STRICT)


def _field(index: int) -> str:
    """Return the name of a field; an attribute's own name may be no name in Python."""
    return f"a{index}"


def _type(attribute: Attribute) -> Any:
    kind: Any = str
    if attribute.type == "choice":
        kind = Literal[attribute.values]
    elif attribute.type == "boolean":
        kind = bool
    return kind | None if attribute.nullable else kind
