"""Compact labels become spans at the right places, or an error that names the line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from place import PlaceError, place

LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))
TEXT = "🌾 “The canal\nis too narrow,” said Jane Roe [of Tarn]. Roe said it twice."


def test_labels_are_placed_linked_and_numbered_in_reading_order() -> None:
    compact = """
# order in the file does not matter
statement @s @c direct - | ⟦“The canal ⋯ narrow,”⟧ said
cue @c | ⟦said⟧ Jane
speaker @s jane-roe name | said ⟦Jane Roe⟧
organization tarn | [of ⟦Tarn⟧]
"""
    spans = place(compact, TEXT, LAYERS)
    assert [(s.id, s.start, s.text) for s in spans] == [
        ("statement-1", 2, "“The canal\nis too narrow,”"),
        ("cue-1", 29, "said"),
        ("speaker-1", 34, "Jane Roe"),
        ("organization-1", 47, "Tarn"),
    ]
    assert all(TEXT[s.start : s.end] == s.text for s in spans)
    assert spans[0].attributes == {"speaker": "speaker-1", "cue": "cue-1", "kind": "direct", "utterance": None}


def test_several_brackets_make_several_spans_with_the_same_values() -> None:
    spans = place("speaker jane-roe name | ⟦Jane Roe⟧ ⋯ ⟦Roe⟧ said it", TEXT, LAYERS)
    assert [(s.start, s.text) for s in spans] == [(34, "Jane Roe"), (54, "Roe")]


def test_a_line_break_and_null_and_booleans_are_written_out() -> None:
    (span,) = place(r"stance open_source favor - false | The ⟦canal\nis⟧ too", TEXT, LAYERS)
    assert span.text == "canal\nis"
    assert span.attributes["holder"] is None
    assert span.attributes["explicit"] is False


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cue | ⟦said⟧", "line 1: .* stands 2 times"),
        ("cue | ⟦shouted⟧", "line 1: .* stands 0 times"),
        ("cue | said Jane", "needs its span in ⟦⟧"),
        ("cue | said⟦⟧ Jane", "not empty"),
        ("cue | ⟦said Jane", "needs its span in ⟦⟧"),
        ("cue | ⟦sa⟦id⟧ Jane⟧", "not nested"),
        ("cue @c | ⟦said⟧ Jane\ncue @c | ⟦too⟧", "line 2: @c names a label already"),
        ("cue @c | ⟦said⟧ Jane ⋯ ⟦twice⟧", "line 1: @c names a label already"),
        ("stance open_source favor - yes | ⟦too narrow⟧", "explicit is true or false, found 'yes'"),
        ("clue | ⟦said⟧ Jane", "line 1: expected"),
        ("speaker jane-roe | said ⟦Jane Roe⟧", "speaker takes 2 values, found 1"),
        ("statement @x - direct - | ⟦“The canal⟧", "refers to @x, which no line defines"),
    ],
)
def test_a_faulty_line_is_named(line: str, message: str) -> None:
    with pytest.raises(PlaceError, match=message):
        place(line, TEXT, LAYERS)


def test_the_program_writes_an_annotation_file_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from place import app

    root = tmp_path / "check out"
    folders = ["annotations/articles", "annotations/edits", "schema"]
    for folder in folders:
        (root / folder).mkdir(parents=True)
    (root / "annotations/articles.json").write_text('{"articles": []}')
    (root / "annotations/articles/canal.txt").write_bytes(TEXT.encode())
    (root / "annotations/edits/canal.json").write_text('{"doc": "canal", "article_sha256": "", "edits": []}')
    (root / "schema/layers.json").write_bytes((schema_folder() / "layers.json").read_bytes())
    labels = tmp_path / "canal.labels"
    monkeypatch.chdir(root)
    out = root / "annotations/rounds/1/me/canal.json"

    labels.write_text("cue | ⟦said⟧\n")
    result = CliRunner().invoke(app, [str(labels), "canal", "me", str(out)])
    assert (result.exit_code, out.exists()) == (1, False)
    assert "line 1" in result.stderr

    labels.write_text("cue | ⟦said⟧ Jane\n")
    assert CliRunner().invoke(app, [str(labels), "canal", "me", str(out)]).exit_code == 0
    assert [s["text"] for s in json.loads(out.read_text())["spans"]] == ["said"]

    assert CliRunner().invoke(app, [str(labels), "river", "me", str(out)]).exit_code == 2
