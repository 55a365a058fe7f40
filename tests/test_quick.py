"""The quick ways accept nothing that the exact way refuses, and accept what corpora are full of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance.context import Context, Given
from chipstance.corpus import span_entry
from chipstance.folders import schema_folder
from chipstance.judge import judge_line
from chipstance.locate import JsonError, decode
from chipstance.model import Document, Problem, Span
from chipstance.quick import Quick
from chipstance.quick_predictions import QuickPredictions
from chipstance.schemas import load_schemas
from chipstance.sources import parse_source
from example_scores import LAYERS, TEXT, TEXTS, documents

SCHEMAS = schema_folder()
COLON = 'She said: "Ada says: go." Then 😀 e\u0301, 👩🏽\u200d🌾 and Bo.'
GIVEN = {"mill": TEXT, "colon": COLON, **{f"t{number}": text for number, text in enumerate(TEXTS)}}
CONTEXT = Context(None, load_schemas(SCHEMAS), SCHEMAS / "layers.json", Given(GIVEN))
QUICK, PREDICTED = Quick(LAYERS), QuickPredictions(LAYERS, GIVEN)
STATEMENT = {"speaker": "p1", "cue": None, "kind": "direct", "utterance": None}
STANCE = {"target": "open_source", "polarity": "favor", "holder": None, "explicit": True}


def exactly(data: bytes, kind: str) -> list[Problem]:
    try:
        text = decode(data)
    except JsonError as error:
        return [Problem(error.rule, "", "", str(error))]
    return judge_line(parse_source(Path("x.jsonl"), kind, text, 1, CONTEXT.schemas), CONTEXT)


def line(text: str, *spans: tuple[str, int, int, dict[str, Any]]) -> dict[str, Any]:
    made = [Span(f"s{n}", *each[:3], text[each[1] : each[2]], each[3]) for n, each in enumerate(spans)]
    made.append(Span("p1", "speaker", 0, 3, text[:3], {"entity": "ada", "mention": "pronoun"}))
    return {"doc": "mill", "text": text, "spans": [span_entry(each) for each in made]}


def written(value: Any, **form: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **form).encode()


SOUND = {
    "one inside another": line(TEXT, ("statement", 0, 20, STATEMENT), ("statement", 4, 8, STATEMENT),
                               ("statement", 9, 20, STATEMENT), ("statement", 22, 25, STATEMENT)),
    "in any order": line(TEXT, ("statement", 4, 8, STATEMENT), ("cue", 15, 18, {}), ("statement", 0, 20, STATEMENT),
                         ("cue", 0, 3, {})),
    "stances on two targets": line(TEXT, ("stance", 0, 8, STANCE),
                                   ("stance", 0, 8, STANCE | {"target": "export_controls"})),
    "colons": line(COLON, ("cue", 4, 8, {}), ("statement", 10, 25, STATEMENT), ("statement", 11, 20, STATEMENT)),
    "emoji and marks": line(COLON, ("cue", 31, 32, {}), ("statement", 33, 35, STATEMENT),
                            ("statement", 37, 41, STATEMENT)),
    "to the end": line(TEXT, ("cue", len(TEXT) - 1, len(TEXT), {})),
}  # fmt: skip


@pytest.mark.parametrize("sound", SOUND.values(), ids=SOUND)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["dense", "spaced"])
def test_what_corpora_are_full_of_is_seen_quickly(sound: dict[str, Any], separators: tuple[str, str]) -> None:
    data = written(sound, separators=separators)
    assert exactly(data, "documents") == []
    assert QUICK.doc(data) == "mill"


def test_a_repaired_span_is_seen_quickly() -> None:
    sound = line(TEXT, ("cue", 0, 3, {}), ("cue", 4, 8, {}))
    sound["spans"][0]["repaired"] = True
    assert QUICK.doc(written(sound)) == "mill"
    twice = written(sound).replace(b'"id": "s1"', b'"id": "s1", "id": "s1"')
    assert exactly(twice, "documents")
    assert QUICK.doc(twice) is None


BROKEN = {
    "crossing": line(TEXT, ("statement", 0, 9, STATEMENT), ("statement", 4, 12, STATEMENT)),
    "crossing, the later first": line(TEXT, ("statement", 4, 12, STATEMENT), ("statement", 0, 9, STATEMENT)),
    "the same place": line(TEXT, ("statement", 0, 9, STATEMENT), ("statement", 0, 9, STATEMENT | {"kind": "mixed"})),
    "crossing inside another": line(TEXT, ("statement", 0, 30, STATEMENT), ("statement", 2, 9, STATEMENT),
                                    ("statement", 4, 12, STATEMENT)),
    "one target twice": line(TEXT, ("stance", 0, 8, STANCE), ("stance", 9, 12, STANCE | {"target": "export_controls"}),
                             ("stance", 4, 12, STANCE)),
    "nested where none may": line(TEXT, ("organization", 0, 8, {"entity": "mill"}),
                                  ("organization", 4, 8, {"entity": "mill"})),
    "past the end, inside another": line(TEXT, ("statement", 0, len(TEXT), STATEMENT),
                                         ("statement", 50, len(TEXT) + 2, STATEMENT)),
    "past the end, before another": line(TEXT, ("cue", 50, len(TEXT) + 2, {}), ("cue", 0, 3, {})),
    "cut off a mark": line(COLON, ("cue", 33, 34, {})),
    "cut off before a mark": line(COLON, ("cue", 34, 35, {})),
    "inside an emoji": line(COLON, ("cue", 37, 39, {})),
    "after a joiner": line(COLON, ("cue", 40, 41, {})),
    "NUL": line(TEXT + "\0", ("cue", 0, 3, {})),
    "before a joiner": line(COLON, ("cue", 37, 38, {})),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_overlaps_or_cuts_wrongly_is_left_to_the_exact_way(broken: dict[str, Any]) -> None:
    assert exactly(written(broken), "documents")
    assert QUICK.doc(written(broken)) is None


@pytest.mark.parametrize("text", [TEXT, COLON], ids=["plain", "colons"])
@pytest.mark.parametrize(
    "again", [b'"id" :"s0",', b'"id"\t:"s0",', b'"id": "s0" ,', b'"\\u0069d": "s0",', b'"id":"s0",']
)
def test_no_form_of_a_key_hides_that_it_stands_twice(text: str, again: bytes) -> None:
    data = written(line(text, ("cue", 0, 3, {})))
    twice = data.replace(b'"id"', again + b'"id"')
    assert exactly(data, "documents") == []
    assert [problem.rule for problem in exactly(twice, "documents")] == ["json-duplicate-key"]
    assert QUICK.doc(twice) is None


def test_an_escaped_colon_hides_no_key() -> None:
    data = written(line(COLON, ("cue", 0, 3, {}))).replace(b"said:", b"said\\u003a")
    twice = data.replace(b'"id"', b'"id":"s0","id"')
    assert exactly(data, "documents") == []
    assert QUICK.doc(data) == "mill"
    assert QUICK.doc(twice) is None


def predicted(document: Document, draw: st.DataObject) -> dict[str, Any]:
    """Return a document as predictions that leave much out, and are now and then wrong."""
    spans = []
    for span in document.spans:
        entry = span_entry(span)
        entry.pop("repaired", None)
        for key in draw.draw(st.sets(st.sampled_from(["id", "text", "end", "attributes"]), max_size=2)):
            del entry[key]
        if entry.get("attributes"):
            entry["attributes"].pop(draw.draw(st.sampled_from(["", *entry["attributes"]])), None)
        entry |= draw.draw(
            st.sampled_from([{}, {}, {}, {}, {"occurrence": 2}, {"start": 3}, {"text": ""}, {"id": "s1"}])
        )
        spans.append(entry)
    again = draw.draw(st.lists(st.sampled_from(spans), max_size=1)) if spans else []
    doc = draw.draw(st.sampled_from([*GIVEN, "mill", "mill", "mill"]))
    return {"doc": doc, "spans": spans + again} | draw.draw(st.sampled_from([{}, {"system": "a: b"}, {"system": ""}]))


@settings(max_examples=300, deadline=None)
@given(documents(most=4), st.data())
def test_predictions_that_are_quickly_accepted_are_in_order(document: Document, draw: st.DataObject) -> None:
    data = bytearray(written(predicted(document, draw)))
    for _ in range(draw.draw(st.integers(0, 1))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + draw.draw(st.integers(0, 3))] = draw.draw(st.sampled_from([b"", b"1", b'"', b" ", b"\xc3"]))
    if PREDICTED.doc(bytes(data)) is not None:
        assert exactly(bytes(data), "predictions") == []


FORMS: dict[str, dict[str, Any]] = {
    "offsets": {"layer": "organization", "start": 4, "end": 8},
    "offsets and text": {"layer": "money", "start": 4, "end": 8, "text": "mill", "attributes": {"currency": "USD"}},
    "a quotation": {"layer": "organization", "text": "mill"},
    "a quotation with its number": {"layer": "organization", "text": "mill", "occurrence": 1},
    "a quotation and a hint": {"id": "o1", "layer": "organization", "text": "mill", "start": 2, "attributes": {}},
    "no cue": {"layer": "statement", "start": 4, "end": 8, "attributes": {"cue": None, "kind": "direct"}},
}  # fmt: skip


@pytest.mark.parametrize("span", FORMS.values(), ids=FORMS)
def test_predictions_in_order_are_seen_quickly(span: dict[str, Any]) -> None:
    data = written({"doc": "mill", "system": "a: b", "spans": [span]})
    assert exactly(data, "predictions") == []
    assert PREDICTED.doc(data) == "mill"


def test_stances_at_one_place_are_seen_quickly_if_they_differ() -> None:
    stance = {"layer": "stance", "start": 0, "end": 8, "attributes": STANCE}
    other = stance | {"attributes": STANCE | {"target": "export_controls"}}
    assert PREDICTED.doc(written({"doc": "mill", "spans": [stance, other]})) == "mill"
    assert exactly(written({"doc": "mill", "spans": [stance, stance]}), "predictions")
    assert PREDICTED.doc(written({"doc": "mill", "spans": [stance, stance]})) is None


WRONG: dict[str, Any] = {
    "another document": {"doc": "river", "spans": []},
    "past the end": {"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 999}]},
    "other text": {"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 3, "text": "She"}]},
    "no text": {"doc": "mill", "spans": [{"layer": "cue", "start": 0}]},
    "no start": {"doc": "mill", "spans": [{"layer": "cue", "end": 3, "text": "The"}]},
    "a number beside offsets": {"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 3, "occurrence": 1}]},
    "ids twice": {"doc": "mill", "spans": [{"id": "a", "layer": "cue", "text": word} for word in ("says", "hums")]},
    "a link to a quotation that is none": {"doc": "mill", "spans": [
        {"layer": "statement", "text": "looms are free", "attributes": {"speaker": "s1"}}]},
    "a link to another layer": {"doc": "mill", "spans": [
        {"id": "c1", "layer": "cue", "text": "says"},
        {"layer": "statement", "text": "looms are free", "attributes": {"speaker": "c1"}}]},
    "no such currency": {"doc": "mill", "spans": [{"layer": "money", "text": "$3", "attributes": {"currency": "QQQ"}}]},
    "an answer too": {"doc": "mill", "answer": "{}", "spans": []},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_predictions_are_left_to_the_exact_way(wrong: dict[str, Any]) -> None:
    assert exactly(written(wrong), "predictions")
    assert PREDICTED.doc(written(wrong)) is None
