"""JSON that lies in no checkout is judged by --gold, else by the checkout around the working folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.validate import check

GOLD = "annotations/gold/mill.json"


@pytest.fixture
def alone(example: Path) -> Path:
    """A label file with one fault, under a name of its own, outside the checkout."""
    path = example.parent / "some labels.json"
    path.write_bytes((example / GOLD).read_bytes().replace(b'"start": 46', b'"start": 47'))
    return path


def told(path: Path) -> list[tuple[str, str]]:
    return [(problem.rule, problem.pointer) for problem in check([path]).problems]


def test_labels_are_about_the_working_folders_texts(
    example: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example.parent)
    assert told(alone) == [("text-unknown", "/doc")]
    monkeypatch.chdir(example)
    mismatch = [("span-text-mismatch", "/spans/1/text")]
    assert told(alone) == mismatch
    (alone.parent / "folder").mkdir()
    assert told(Path(shutil.copy(alone, alone.parent / "folder")).parent) == mismatch
    shutil.copy(alone, example / GOLD)
    assert [problem.rule for problem in check(["annotations/gold"]).problems] == ["span-text-mismatch"]


@pytest.mark.parametrize("gold", ["a checkout", "a checkout/annotations/gold"])
def test_labels_are_about_the_texts_that_are_given(
    example: Path, alone: Path, monkeypatch: pytest.MonkeyPatch, gold: str
) -> None:
    monkeypatch.chdir(example.parent)
    result = CliRunner().invoke(app, ["validate", alone.name, "--gold", gold])
    assert (result.exit_code, result.stdout.split()[2]) == (1, "span-text-mismatch"), result.output


def test_edits_are_of_the_working_folders_article(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example)
    edits = json.loads((example / "annotations" / "edits" / "mill.json").read_text("utf-8"))
    path = example.parent / "some edits.json"
    path.write_text(json.dumps(edits), "utf-8")
    assert told(path) == []
    edits["edits"].append({**edits["edits"][0], "start": 10**6, "end": 10**6 + 1})
    path.write_text(json.dumps(edits), "utf-8")
    assert [rule for rule, _ in told(path)] == ["edit-out-of-range"]
    del edits["edits"][1]
    edits["doc"] = "moon"
    path.write_text(json.dumps(edits), "utf-8")
    assert told(path) == [("doc-unknown", "/doc")]


def test_a_manifest_from_elsewhere_is_no_release_of_the_working_folder(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(__file__).parents[1] / "dataset", example.parent / "dataset")
    monkeypatch.chdir(example)
    assert told(example.parent / "dataset") == []


def test_a_round_needs_no_folder_of_its_number(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    path = example.parent / "round.json"
    shutil.copy("annotations/rounds/1/round.json", path)
    assert told(path) == []


def test_repaired_passages_of_a_text_that_is_given_are_not_known(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[1]
    for path in (root / "annotations" / "gold").glob("*.json"):
        shutil.copy(path, example.parent)
    monkeypatch.chdir(example.parent)
    result = CliRunner().invoke(
        app, ["validate", *sorted(map(str, Path().glob("*.json"))), "--gold", str(root / "dataset")]
    )
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.parquet"])
def test_a_kind_that_lines_can_not_be_is_wrong_usage_at_an_address_too(tmp_path: Path, name: str) -> None:
    for given in (tmp_path / name, f"file://{tmp_path / name}"):
        (tmp_path / name).touch()
        result = CliRunner().invoke(app, ["validate", str(given), "--kind", "layers"], env={"COLUMNS": "999"})
        assert result.exit_code == 2
        assert "can't hold layers: lines and rows are documents or predictions" in result.output


@pytest.mark.parametrize("key", ["Text", "TEXT", "texts"])
def test_a_misspelt_text_is_none_of_predictions(tmp_path: Path, key: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"doc": "mill", key: "It hums.", "spans": []}), "utf-8")
    [problem] = check([path]).problems
    assert "'text'" in problem.message
    assert "meant, which is missing?" in problem.message
