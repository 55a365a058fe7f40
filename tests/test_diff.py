"""What changed between two sets of labels: every change once, in words and as JSON."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.corpus import parse_document
from chipstance.diff import Change, Difference, diff, words
from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.model import Document

LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))
GOLD = Path(__file__).parent / "example/annotations/gold"


def gold(doc: str) -> Document:
    return parse_document(read_json(GOLD / f"{doc}.json"), "")


def changed(document: Document, span_id: str, **values: Any) -> Document:
    return replace(document, spans=tuple(replace(s, **values) if s.id == span_id else s for s in document.spans))


def without(document: Document, *span_ids: str) -> Document:
    return replace(document, spans=tuple(span for span in document.spans if span.id not in span_ids))


def compare(old: Document, new: Document) -> Difference:
    return diff({old.id: old}, {new.id: new}, LAYERS)


def test_fresh_ids_are_no_change() -> None:
    document = gold("harbor")
    names = {span.id: f"n{index}" for index, span in enumerate(document.spans)}
    renamed = replace(
        document,
        spans=tuple(
            replace(s, id=names[s.id], attributes={k: names.get(str(v), v) for k, v in s.attributes.items()})
            for s in document.spans
        ),
    )
    assert compare(document, renamed) == Difference((), (), (), len(document.spans))


def test_a_moved_boundary_is_one_change_with_the_attributes_that_changed_too() -> None:
    document = gold("harbor")
    money = document.span("m2")
    moved = changed(
        document, "m2", end=money.end - 4, text=money.text[:-4], attributes={**money.attributes, "minimum": "450"}
    )
    (change,) = compare(document, moved).changes
    assert (change.kind, change.layer, change.attributes) == ("moved", "money", {"minimum": ("450000", "450")})
    assert list(words(compare(document, moved))) == [
        "harbor:",
        "  moved money [329, 337) «£450,000» to [329, 333) «£450»; minimum 450000 → 450",
        "0 added, 0 removed, 1 moved, 0 changed, 21 the same",
    ]


def test_a_link_counts_by_the_place_it_points_to() -> None:
    document = gold("harbor")
    statement = document.span("q2")
    relinked = changed(document, "q2", attributes={**statement.attributes, "speaker": "p1"})
    (change,) = compare(document, relinked).changes
    assert (change.kind, change.attributes) == ("changed", {"speaker": ("138:140", "34:42")})


def test_whole_documents_come_and_go() -> None:
    mill, harbor = gold("mill"), gold("harbor")
    assert list(words(diff({"mill": mill}, {"harbor": harbor}, LAYERS)))[:2] == [
        "mill: document removed",
        "harbor: document added",
    ]


SPANS = st.sets(st.sampled_from([span.id for span in gold("mill").spans if span.layer in ("organization", "stance")]))


@given(SPANS, SPANS)
def test_swapping_the_sides_turns_every_change_round(first: set[str], second: set[str]) -> None:
    left, right = without(gold("mill"), *first), without(gold("mill"), *second)
    there, back = compare(left, right), compare(right, left)
    assert sorted(map(repr, (Change(c.doc, c.after, c.before) for c in there.changes))) == sorted(
        map(repr, back.changes)
    )
    kinds = [change.kind for change in there.changes]
    assert there.same + kinds.count("removed") + kinds.count("moved") + kinds.count("changed") == len(left.spans)


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    def call(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["diff", *map(str, arguments)])
        return result.exit_code, result.output

    return call


def test_the_command_compares_files_folders_and_rounds(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    assert run(GOLD, GOLD)[0] == 0
    for name in ("ada", "ben", "adjudication"):
        shutil.copytree(GOLD, tmp_path / "1" / name)
    shutil.copytree(tmp_path / "1", tmp_path / "2")
    path = tmp_path / "2/ben/harbor.json"
    data = json.loads(path.read_text())
    data["spans"] = [entry for entry in data["spans"] if entry["id"] != "o2"]
    path.write_text(json.dumps(data))
    status, output = run(tmp_path / "1", tmp_path / "2")
    assert (status, "ben/harbor:\n  removed organization [245, 254) «Tidewater»" in output) == (1, True), output
    status, output = run(GOLD / "harbor.json", path, "--format", "json")
    assert (status, [change["kind"] for change in json.loads(output)["changes"]]) == (1, ["removed"])


def test_what_holds_no_labels_is_wrong_usage(tmp_path: Path, run: Callable[..., tuple[int, str]]) -> None:
    (tmp_path / "x.json").write_text('{"doc": 1}')
    for path in (tmp_path / "nothing", tmp_path / "x.json", tmp_path):
        status, output = run(GOLD, path)
        assert (status, "Traceback" in output) == (2, False)
