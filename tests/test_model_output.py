"""What a language model quotes becomes spans of the text; what it invents counts as predicted and matches nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipstance.layers import parse_layers
from chipstance.model import Span
from chipstance.model_output import Fault, Mend, spans_from_answer

LAYERS = parse_layers(json.loads((Path(__file__).parents[1] / "schema/layers.json").read_text("utf-8")))
TEXT = "Brightloom paid $4.7 million. “Looms matter,” Ada Brack said. She said it twice, and Brightloom agreed. 🧵"


def read(value: Any) -> tuple[tuple[Span, ...], set[str], set[str]]:
    spans, remarks = spans_from_answer(value if isinstance(value, str) else json.dumps(value), TEXT, LAYERS)
    assert len({span.id for span in spans}) == len(spans)
    assert all(span.text == TEXT[span.start : span.end] for span in spans)
    mends = {remark.kind for remark in remarks if isinstance(remark, Mend)}
    return spans, mends, {f"{fault.kind} {fault.pointer}" for fault in remarks if isinstance(fault, Fault)}


def places(spans: tuple[Span, ...]) -> list[tuple[str, int, int]]:
    return [(span.layer, span.start, span.end) for span in spans]


COMPANY = {"layer": "organization", "text": "Brightloom"}


@pytest.mark.parametrize(
    "value",
    [
        {"spans": [COMPANY, COMPANY]},
        [COMPANY, COMPANY],
        {"organization": ["Brightloom", "Brightloom"]},
        {"organization": [{"text": "Brightloom", "occurrence": 2}, {"text": "Brightloom", "occurrence": 1}]},
        {"Organization": [{"text": "Brightloom"}, "Brightloom"]},
        '{"layer": "organization", "text": "Brightloom"}\n{"layer": "organization", "text": "Brightloom"}',
    ],
)
def test_every_shape_is_read(value: Any) -> None:
    spans, _, faults = read(value)
    assert sorted(places(spans)) == [("organization", 0, 10), ("organization", 85, 95)]
    assert not faults


def test_what_is_not_in_the_text_stands_at_its_end() -> None:
    spans, mends, faults = read({"organization": ["Acme"], "money": [{"text": "$4.9 million", "start": 3, "end": 9}]})
    assert places(spans) == [("organization", len(TEXT), len(TEXT)), ("money", len(TEXT), len(TEXT))]
    assert (mends, faults) == ({"unaligned", "offsets"}, set())


@pytest.mark.parametrize(("start", "end", "found"), [(85, 95, 85), (80, 90, 85), (4, 14, 0), (10**9, 10**9 + 10, 85)])
def test_wrong_offsets_are_mended_by_the_text(start: int, end: int, found: int) -> None:
    spans, mends, _ = read([{**COMPANY, "start": start, "end": end}])
    assert places(spans) == [("organization", found, found + 10)]
    assert mends == (set() if start == found else {"offsets"})


@pytest.mark.parametrize("flat", [True, False])
def test_attributes_are_taken_and_checked(flat: bool) -> None:
    attributes = {"currency": "USD", "minimum": 4700000.50, "maximum": None, "qualifier": "lots", "mood": "good"}
    item = {"layer": "money", "text": "$4.7 MILLION", **(attributes if flat else {"attributes": attributes})}
    spans, mends, faults = read([item])
    assert dict(spans[0].attributes) == {"currency": "USD", "minimum": "4700000.5", "maximum": None}
    assert (mends, faults) == ({"normalized"}, {"value /0", "attribute /0"})


def test_references_are_found_by_id_and_by_text() -> None:
    value = {
        "cue": [{"text": "said", "occurrence": 2}, {"text": "said", "occurrence": 1}],
        "speaker": [{"id": 7, "text": "Ada Brack", "entity": None}],
        "statement": [
            {"text": '"Looms matter,"', "speaker": 7, "cue": "said", "kind": "direct"},
            {"text": "it", "speaker": "ada brack", "cue": None},
            {"text": "twice", "speaker": "Nobody"},
        ],
    }
    spans, _, faults = read(value)
    first, second, third = (dict(span.attributes) for span in spans[3:])
    assert first == {"speaker": "s3", "cue": "s2", "kind": "direct"}
    assert second == {"speaker": "s3", "cue": None}
    assert (third, faults) == ({}, {"reference /statement/2"})
    assert spans[3].text == "“Looms matter,”"


def test_a_link_to_a_repetition_leads_to_the_span_that_has_the_place() -> None:
    value = [
        {"id": "a", "layer": "speaker", "text": "Ada Brack"},
        {"id": "b", "layer": "speaker", "text": "Ada Brack"},
        {"layer": "statement", "text": "Looms matter", "speaker": "b"},
    ]
    spans, mends, faults = read(value)
    by_id = {span.id: span for span in spans}
    assert by_id[str(spans[2].attributes["speaker"])].text == "Ada Brack"
    assert (mends, faults) == ({"repeated"}, set())


def test_a_passage_may_take_two_stances() -> None:
    items = [{"layer": "stance", "text": "said", "target": target} for target in ("export_controls", "open_source")]
    spans, _, _ = read(items)
    assert len({(span.start, span.end) for span in spans}) == 1


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([{"layer": "colour", "text": "said"}], "layer /0"),
        ({"colours": ["said"]}, "layer /colours"),
        ([{"text": "said"}], "layer /0"),
        ([{"layer": "cue"}], "text /0"),
        ([{"layer": "cue", "text": 3}], "text /0"),
        (["said"], "shape /0"),
        ({"spans": [None]}, "shape /spans/0"),
        ({"cue": 4}, "shape /cue"),
    ],
)
def test_what_can_not_be_used_is_said(value: Any, fault: str) -> None:
    sound = {"layer": "organization", "text": "Brightloom"}  # alone, a value without a span is no answer
    spans, _, faults = read([sound, value])
    assert (places(spans), faults) == ([("organization", 0, 10)], {fault.replace(" ", " /1")})


def test_an_amount_of_monstrous_size_is_no_value() -> None:
    _, _, faults = read('[{"layer": "money", "text": "$4.7 million", "minimum": 1e999}]')
    assert faults == {"value /0"}
