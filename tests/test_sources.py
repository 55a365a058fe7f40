"""Files as they are read: what a file looks like that is named wrongly, and where a bad key stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipstance.folders import schema_folder
from chipstance.schemas import load_schemas
from chipstance.sources import parse_source
from chipstance.validate import check, validate

SCHEMAS = load_schemas(schema_folder())
DOCUMENT = {"doc": "mill", "text": "Brightloom opened a mill.", "spans": []}
PREDICTION = {"doc": "mill", "spans": [{"layer": "organization", "start": 0, "end": 10}]}


@pytest.mark.parametrize("place", ["annotations/gold/mill.json", "mill.json"])
@pytest.mark.parametrize(
    ("value", "said"),
    [(PREDICTION, "the predictions of a document"), ({"doc": "mill", "answer": "{}"}, "the predictions of a document")],
)
def test_predictions_in_a_json_file_are_told_as_such(example: Path, place: str, value: Any, said: str) -> None:
    path = example / place
    path.write_text(json.dumps(value), "utf-8")
    (problem,) = validate([path])
    assert (problem.rule, problem.line) == ("kind-unknown", 1)
    assert problem.message.startswith(
        f"this looks like {said}: name it .jsonl, on one line, or give --kind predictions"
    )


def test_a_document_in_the_place_of_labels_is_told_as_such(example: Path) -> None:
    path = example / "annotations" / "gold" / "mill.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    (problem,) = validate([path])
    assert problem.rule == "kind-unknown"
    assert problem.message.startswith("this looks like a document with its text: name it .jsonl")


@pytest.mark.parametrize(("value", "kind"), [(PREDICTION, "predictions"), (DOCUMENT, "documents"), (DOCUMENT, "")])
def test_the_mend_that_is_told_mends(example: Path, value: Any, kind: str) -> None:
    for name, said in (("x.json", kind), ("x.jsonl", "")):
        path = example / name
        path.write_text(json.dumps(value) + "\n", "utf-8")
        assert check([path], kind=said).problems == ()


@pytest.mark.parametrize("key", ["annotator", "text_sha256"])
def test_a_label_file_without_a_key_is_a_label_file(key: str) -> None:
    value = dict(SCHEMAS.by_id["urn:chipstance:schema:annotations"]["examples"][0])
    del value[key]
    source = parse_source(Path("x.json"), "", json.dumps(value), 0, SCHEMAS)
    assert [problem.message for problem in source.problems] == [f"the key {key!r} is missing: add it"]


def test_a_bad_key_is_told_in_its_line() -> None:
    text = (schema_folder() / "layers.json").read_text("utf-8").replace('"stance": {', '"Side-effect": {')
    line = next(number for number, each in enumerate(text.split("\n"), start=1) if "Side-effect" in each)
    (problem,) = parse_source(Path("layers.json"), "layers", text, 0, SCHEMAS).problems
    assert (problem.line, problem.column, problem.pointer) == (line, 5, "/layers/Side-effect")


@pytest.mark.parametrize("kind", ["", "documents", "predictions"])
def test_a_list_of_objects_is_told_as_such(tmp_path: Path, kind: str) -> None:
    (tmp_path / "some.json").write_text(json.dumps([DOCUMENT, DOCUMENT]), "utf-8")
    (problem,) = check([tmp_path / "some.json"], kind=kind).problems
    assert problem.message == (
        "this is a list of objects: write each of them on a line of its own,"
        " without the brackets and commas around, and name it .jsonl"
    )
