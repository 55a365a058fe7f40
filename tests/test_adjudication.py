"""Gold labels are what annotators agree on and what was decided, whatever the order of anything."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import adjudicate as program
from chipstance.adjudication import (
    AdjudicationError,
    Decision,
    Place,
    adjudicate,
    adjudication_entries,
    compare,
    parse_decision,
)
from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.model import Document, Span, by_position

LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))
TEXT = "🌾 Ada said the ban works, and Ben said it fails."
STANCE: dict[str, str | bool | None] = {
    "target": "export_controls",
    "polarity": "favor",
    "holder": "ada",
    "explicit": True,
}


def span(span_id: str, layer: str, words: str, **attributes: str | bool | None) -> Span:
    start = TEXT.index(words)
    return Span(span_id, layer, start, start + len(words), words, attributes)


LABELS = (
    span("s", "speaker", "Ada", entity="ada", mention="name"),
    span("c", "cue", "said"),
    span("q", "statement", "the ban works", speaker="s", cue="c", kind="indirect", utterance=None),
    span("t", "stance", "the ban works", **STANCE),
    span("u", "stance", "the ban works", **STANCE | {"target": "open_source"}),
)


def annotated(annotator: str, spans: Sequence[Span]) -> Document:
    return Document("weather", TEXT, by_position(spans), annotator)


def test_what_all_agree_on_is_gold_whatever_the_ids_are() -> None:
    renamed = {"s": "x1", "c": "x2", "q": "x3", "t": "x4", "u": "x5"}
    other = [
        replace(s, id=renamed[s.id], attributes={k: renamed.get(str(v), v) for k, v in s.attributes.items()})
        for s in LABELS
    ]
    gold = adjudicate([annotated("a", LABELS), annotated("b", other)], [], LAYERS)
    assert [s.id for s in gold.spans] == ["speaker-1", "cue-1", "stance-1", "stance-2", "statement-1"]
    assert gold.span("statement-1").attributes["speaker"] == "speaker-1"
    assert {(s.layer, s.start, s.end, s.text) for s in gold} == {(s.layer, s.start, s.end, s.text) for s in LABELS}


def test_two_stances_on_one_passage_are_two_places() -> None:
    agreed, disputes = compare([annotated("a", LABELS), annotated("b", LABELS[:-1])], LAYERS)
    assert (len(agreed), [d.place.apart for d in disputes]) == (4, ["open_source"])
    assert disputes[0].variants["b"] is None


SOME = st.lists(st.sampled_from(LABELS[:2]), unique_by=lambda s: s.id)


@given(SOME, SOME, st.randoms())
def test_the_order_of_spans_annotators_and_decisions_changes_nothing(
    first: list[Span], second: list[Span], chance: random.Random
) -> None:
    documents = [annotated("a", first), annotated("b", second)]
    disputes = compare(documents, LAYERS)[1]
    decisions = [Decision(d.place, d.text, next(filter(None, d.variants.values()), {}), "so") for d in disputes]
    gold = adjudicate(documents, decisions, LAYERS)
    chance.shuffle(decisions)
    turned = [replace(d, spans=tuple(chance.sample(d.spans, len(d.spans)))) for d in reversed(documents)]
    assert adjudicate(turned, decisions, LAYERS).spans == gold.spans
    assert {s.text for s in gold} == {s.text for s in [*first, *second]}


def test_decisions_change_agreed_labels_and_add_new_ones() -> None:
    documents = [annotated("a", LABELS), annotated("b", LABELS)]
    start = TEXT.rindex("said")
    decisions = [
        Decision(Place("stance", LABELS[4].start, LABELS[4].end, "open_source"), "the ban works", None, "no openness"),
        Decision(Place("cue", start, start + 4), "said", {}, "overlooked by both"),
    ]
    gold = adjudicate(documents, decisions, LAYERS)
    assert [s.attributes["target"] for s in gold.layer("stance")] == ["export_controls"]
    assert [s.start for s in gold.layer("cue")] == [LABELS[1].start, start]


def test_an_undecided_dispute_a_second_decision_and_a_dead_link_are_errors() -> None:
    documents = [annotated("a", LABELS), annotated("b", LABELS[:-1])]
    with pytest.raises(AdjudicationError, match="on open_source: 'the ban works' is disputed and not decided"):
        adjudicate(documents, [], LAYERS)
    rejected = Decision(Place("stance", LABELS[4].start, LABELS[4].end, "open_source"), "the ban works", None, "no")
    with pytest.raises(AdjudicationError, match="decided twice"):
        adjudicate(documents, [rejected, rejected], LAYERS)
    speaker = Decision(Place("speaker", LABELS[0].start, LABELS[0].end), "Ada", None, "no")
    with pytest.raises(AdjudicationError, match="speaker points to 2:5, where no speaker is labelled"):
        adjudicate(documents, [rejected, speaker], LAYERS)


def test_entries_keep_decisions_and_add_what_is_new() -> None:
    documents = [annotated("a", LABELS), annotated("b", LABELS[:-1])]
    (entry,) = adjudication_entries(compare(documents, LAYERS)[1], [])
    assert (entry["verdict"], entry["variants"]["b"]) == (None, None)
    decided = {**entry, "verdict": "a", "reason": "both targets"}
    assert adjudication_entries(compare(documents, LAYERS)[1], [decided]) == [decided]
    assert parse_decision(decided).attributes == STANCE | {"target": "open_source"}
    assert parse_decision({**decided, "verdict": "reject"}).attributes is None
    assert parse_decision({**decided, "verdict": "accept", "attributes": STANCE}).attributes == STANCE


def test_the_program_opens_waits_for_decisions_and_makes_gold(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example)
    for annotator in ("ada", "ben"):
        for doc in ("mill", "harbor"):
            data = json.loads((example / f"annotations/gold/{doc}.json").read_text()) | {"annotator": annotator}
            if (annotator, doc) == ("ben", "harbor"):
                data["spans"] = [entry for entry in data["spans"] if entry["id"] != "o2"]
            folder = example / f"annotations/rounds/1/{annotator}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{doc}.json").write_text(json.dumps(data))

    assert CliRunner().invoke(program.app, ["gold", "1"]).exit_code == 1
    result = CliRunner().invoke(program.app, ["open", "1", "--as", "cleo"])
    assert (result.exit_code, "harbor: 1 disputes, 1 to decide" in result.output) == (0, True), result.output

    result = CliRunner().invoke(program.app, ["gold", "1"])
    assert (result.exit_code, "adjudication/harbor.json:21:18 schema null" in result.output) == (1, True), result.output

    path = example / "annotations/rounds/1/adjudication/harbor.json"
    data = json.loads(path.read_text())
    data["decisions"][0] |= {"verdict": "ben", "reason": "A port, no company (section 1)."}
    path.write_text(json.dumps(data))
    assert "0 to decide" in CliRunner().invoke(program.app, ["open", "1", "--as", "cleo"]).output
    result = CliRunner().invoke(program.app, ["gold", "1"])
    assert result.exit_code == 0, result.output
    gold = json.loads((example / "annotations/gold/harbor.json").read_text())
    assert [s["text"] for s in gold["spans"] if s["layer"] == "organization"] == ["Tidewater Labs"]
    assert [s["text"] for s in gold["spans"] if s.get("repaired")] == ["$12 million"]
