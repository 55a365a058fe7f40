"""Types that decode a line of JSON and hold it to its schema in one pass, made from the layers.

They accept no line that the JSON Schema refuses, but for what ``quick`` looks at besides: patterns, values in strings,
and keys that stand twice. Some lines that the schema accepts they refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter, or_
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chipstance.layers import Attribute, Layer, Layers

Get = Callable[[Any], Any]
Filled = Annotated[str, Meta(min_length=1)]
Offset = Annotated[int, Meta(ge=0)]


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

    def getter(self, layer: str, attribute: str) -> Get:
        """Return what gives the value of an attribute of a layer, from a span's attributes."""
        return attrgetter(self.fields[layer, attribute])


def document_types(layers: Layers) -> LineTypes:
    """Return the types of a documents file: every attribute and id is there, and so is the text."""
    fields: list[Any] = [("id", str), ("start", Offset), ("end", Offset), ("text", Filled)]
    spans = {
        layer.name: _span_type(layer, [*fields, ("attributes", _values_type(layer)), ("repaired", _True, UNSET)])
        for layer in layers
    }
    return _line_types(layers, spans, [("doc", str), ("text", Filled)])


def prediction_types(layers: Layers) -> LineTypes:
    """Return the types of a predictions file: spans with offsets or quotations, and what else a system says of them."""
    fields: list[Any] = [("id", str), ("start", Offset), ("end", Offset), ("text", Filled), ("occurrence", _Ordinal)]
    spans = {}
    for layer in layers:
        values = _values_type(layer, needed=False)
        spans[layer.name] = _span_type(layer, [_optional(*each) for each in (*fields, ("attributes", values))])
    return _line_types(layers, spans, [("doc", str), _optional("system", Filled)])


_STRICT: Any = {"forbid_unknown_fields": True, "gc": False, "kw_only": True}
_True: Any = Literal[True] | UnsetType
_Ordinal = Annotated[int, Meta(ge=1, le=2**31 - 1)]


def _line_types(layers: Layers, spans: Mapping[str, type[Struct]], fields: Sequence[Any]) -> LineTypes:
    every: Any = reduce(or_, spans.values())
    line = msgspec.defstruct("Line", [*fields, ("spans", list[every])], **_STRICT)
    names = {(layer.name, name): _field(index) for layer in layers for index, name in enumerate(layer.attributes)}
    return LineTypes(msgspec.json.Decoder(line), spans, names)


def _span_type(layer: Layer, fields: Sequence[Any]) -> type[Struct]:
    return msgspec.defstruct("Span", fields, tag_field="layer", tag=layer.name, **_STRICT)


def _values_type(layer: Layer, *, needed: bool = True) -> type[Struct]:
    names = {_field(index): name for index, name in enumerate(layer.attributes)}
    fields = [(_field(index), _type(each)) for index, each in enumerate(layer.attributes.values())]
    made = fields if needed else [_optional(*each) for each in fields]
    return msgspec.defstruct("Attributes", made, rename=names, **_STRICT)


def _optional(name: str, kind: Any) -> tuple[str, Any, UnsetType]:
    return name, kind | UnsetType, UNSET


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
