"""Invented documents to score: short texts with spans of every layer, nested, repeated and faulty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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


TEXTS = (
    TEXT,
    "Die Mühle 🏭 summt.\r\n\r\nA\u0301da sagt: 🧵 frei!\r\n",
    "\n\n  Bo 👩🏽\u200d🌾 zahlt 3\u00a0€.\n\t\nUnd A\u0308?\u2028Nein.",
)
"""The spans of ``documents`` fit into each; some end where a text ends."""


@st.composite
def corpora(draw: st.DrawFn, most: int = 6) -> tuple[list[Document], dict[str, Document]]:
    """Gold documents and predictions, with spans that repeat, have no extent, or stand in other layers' places.

    Not every document has a prediction.
    """
    gold, found = [], {}
    for number in range(draw(st.integers(1, 3))):
        text, name = draw(st.sampled_from(TEXTS)), f"d{number}"
        right, answer = (draw(documents(name, most)) for _ in range(2))
        repeated = draw(st.lists(st.sampled_from(right.spans), max_size=4)) if right.spans else []
        shared = [replace(each, id=f"t{place}") for place, each in enumerate(repeated)]
        empty = draw(st.lists(st.integers(0, len(text)), max_size=2))
        layer = draw(st.sampled_from(sorted(_CHOICES)))
        lost = [Span("", layer, place, place, "") for place in empty]
        gold.append(_on(text, name, (*right.spans, *shared[:1])))
        if draw(st.integers(0, 5)):
            found[name] = _on(text, name, (*answer.spans, *shared, *lost))
    return gold, found


def _on(text: str, name: str, spans: Sequence[Span]) -> Document:
    return Document(name, text, tuple(replace(each, text=text[each.start : each.end]) for each in spans))
