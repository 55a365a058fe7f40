"""Raw exports are read whole: whose labels they are, what is left out, and what is no such export."""

import json
from typing import Any

import pytest

from chipstance.digests import sha256
from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.labeling import LeftOut, from_results, left_out, read_export, to_results
from chipstance.layers import parse_layers
from chipstance.model import Span

LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))
TEXT = "🌾 Jane Roe of Tarn\r\nsaid no."
SPANS = (Span("tn", "organization", 14, 18, "Tarn", {"entity": "tarn"}), Span("sd", "cue", 20, 24, "said"))


def annotation(number: int, by: Any, **more: Any) -> dict[str, Any]:
    result = to_results(SPANS, LAYERS)
    return {"id": number, "completed_by": by, "was_cancelled": False, "lead_time": 2.5, "result": result, **more}


def task(number: int, doc: str, *annotations: Any, **more: Any) -> dict[str, Any]:
    data = {"doc": doc, "text": TEXT, "text_sha256": sha256(TEXT)}
    return {"id": number, "data": data, "annotations": list(annotations), "drafts": [], "predictions": [7], **more}


ADA = {"id": 1, "email": "Ada.Quill@example.com", "first_name": "", "last_name": ""}
BO = {"id": 2, "email": "bo@example.com"}


def test_every_submitted_annotation_is_read() -> None:
    data = [task(3, "mill", annotation(5, ADA), annotation(6, BO)), task(4, "loom", annotation(7, 2))]
    found = read_export(json.loads(json.dumps(data)), LAYERS, {2: "bo"})
    assert [(f.doc, f.annotator, f.task, f.annotation) for f in found] == [
        ("mill", "ada-quill", 3, 5),
        ("mill", "bo", 3, 6),
        ("loom", "bo", 4, 7),
    ]
    assert all(item.spans == SPANS and item.faults == () for item in found)
    assert all(item.text == TEXT and item.text_sha256 == sha256(TEXT) for item in found)


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (ADA, "quill"),
        ({"email": "bo@example.com"}, "bo-marsh"),
        (9, "user-9"),
        (None, "user-unknown"),
        ({}, "user-unknown"),
    ],
)
def test_an_annotator_is_called_as_the_caller_says_else_by_address_or_number(by: Any, name: str) -> None:
    (found,) = read_export([task(3, "mill", annotation(5, by))], LAYERS, {1: "quill", "bo@example.com": "bo-marsh"})
    assert found.annotator == name


def test_skipped_annotations_and_drafts_are_counted() -> None:
    skipped = annotation(6, BO, was_cancelled=True)
    data = [task(3, "mill", annotation(5, ADA), skipped, drafts=[{"id": 1}, {"id": 2}]), task(4, "loom")]
    assert [item.annotation for item in read_export(data, LAYERS)] == [5]
    assert left_out(data) == LeftOut(skipped=1, drafts=2)


def test_a_second_annotation_of_one_document_is_a_fault() -> None:
    data = [task(3, "mill", annotation(5, ADA), annotation(6, ADA)), task(4, "mill", annotation(7, ADA))]
    found = read_export(data, LAYERS)
    assert [[fault.message for fault in item.faults] for item in found] == [
        [],
        ["ada-quill has another annotation of mill, 5: delete one of them"],
        ["ada-quill has another annotation of mill, 5: delete one of them"],
    ]


def test_a_text_that_is_not_the_one_sent_is_a_fault() -> None:
    changed = task(3, "mill", annotation(5, ADA))
    changed["data"]["text_sha256"] = "0f"
    (found,) = read_export([changed], LAYERS)
    assert "the task's text has the digest" in found.faults[0].message
    assert found.text_sha256 == sha256(TEXT)


def test_faults_are_those_of_the_rows() -> None:
    broken = annotation(5, ADA, result=[{"type": "rating"}])
    (found,) = read_export([task(3, "mill", broken)], LAYERS)
    assert (found.spans, found.faults) == from_results(broken["result"], TEXT, LAYERS)
    assert len(found.faults) == 1


def test_two_users_of_one_name_are_refused() -> None:
    data = [task(3, "mill", annotation(5, BO), annotation(6, {"id": 4, "email": "bo@example.org"}))]
    with pytest.raises(ValueError, match="users 2 and 4 are both called bo: name them"):
        read_export(data, LAYERS)


MINIMAL = [{"id": 3, "text": TEXT, "label": [{"start": 14, "end": 18, "labels": ["organization"]}], "annotator": 1}]
NO_EXPORTS: list[Any] = [
    MINIMAL,
    {"tasks": []},
    None,
    [5],
    [{"id": 3, "data": {"doc": "mill", "text": TEXT}, "predictions": []}],
    [{"id": 3, "data": {"doc": "mill", "text": TEXT}, "annotations": [8]}],
]


@pytest.mark.parametrize("data", NO_EXPORTS)
def test_another_format_is_refused_with_the_one_to_choose(data: Any) -> None:
    for read in (left_out, lambda data: read_export(data, LAYERS)):
        with pytest.raises(ValueError, match=r"no raw export .* in the format JSON \(not JSON-MIN"):
            read(data)


@pytest.mark.parametrize("key", ["doc", "text"])
def test_a_task_that_no_round_has_made_is_refused(key: str) -> None:
    alien = task(3, "mill", annotation(5, ADA))
    del alien["data"][key]
    with pytest.raises(ValueError, match=rf"task 3 has no data\.{key}: export a project that a round has made"):
        read_export([alien], LAYERS)
