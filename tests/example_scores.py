"""Invented documents to score: short texts with spans of every layer, nested, repeated and faulty."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import Layers, parse_layers
from chipstance.model import Document, Span, Value

LAYERS: Layers = parse_layers(read_json(Path(schema_folder()) / "layers.json"))
TEXT = "The mill hums.\nAda says looms are free.\nBo pays $3 to $5."

_CHOICES: Mapping[str, Mapping[str, tuple[Value, ...]]] = {
    "organization": {"entity": ("mill", "loom")},
    "speaker": {"entity": ("ada", "bo", None), "mention": ("name", "pronoun")},
    "money": {"currency": ("USD", "EUR"), "minimum": ("3", None), "maximum": ("5", "3"), "qualifier": ("exact",)},
    "cue": {},
    "statement": {"speaker": ("s0", "s1"), "cue": ("s2", None), "kind": ("direct", "mixed"), "utterance": (None,)},
    "stance": {
        "target": ("open_source", "export_controls"),
        "polarity": ("favor", "against", "neutral"),
        "holder": ("ada", "bo", None),
        "explicit": (True, False),
    },
}


def span(layer: str, start: int, end: int, name: str = "", **attributes: Value) -> Span:
    return Span(name, layer, start, end, TEXT[start:end], attributes)


def document(*spans: Span, name: str = "mill") -> Document:
    return Document(name, TEXT, spans)


@st.composite
def spans(draw: st.DrawFn, number: int) -> Span:
    layer = draw(st.sampled_from(sorted(_CHOICES)))
    start = draw(st.integers(0, 30))
    end = start + draw(st.integers(1, 8))
    attributes = {name: draw(st.sampled_from(values)) for name, values in _CHOICES[layer].items()}
    return span(layer, start, end, f"s{number}", **attributes)


@st.composite
def documents(draw: st.DrawFn, name: str = "mill", most: int = 8) -> Document:
    return document(*(draw(spans(number)) for number in range(draw(st.integers(0, most)))), name=name)
