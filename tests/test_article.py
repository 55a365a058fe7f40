"""A new article comes in byte for byte, and its edits are recorded by what they replace."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import article
from chipstance.edits import apply_edits
from chipstance.model import Edit
from chipstance.validate import validate

RAW = "Subscribe now 🗞\r\nThe weir held.\r\nIt cost 3million.3million.\r\n"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(article.app, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def file(example: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(example)
    path = example.parent / "weir (1).txt"
    path.write_bytes(RAW.encode())
    return path


def test_an_article_and_its_edits(file: Path, example: Path) -> None:
    assert run("add", file, "weir")[0] == 0
    assert (example / "annotations/articles/weir.txt").read_bytes() == RAW.encode()
    assert (
        run("edit", "weir", r"It cost 3million.3million", "--replacement", "It cost $3 million", "--reason", "Signs.")[
            0
        ]
        == 0
    )
    assert run("edit", "weir", r"Subscribe now 🗞\r\n", "--reason", "Site furniture.")[0] == 0
    edits = json.loads((example / "annotations/edits/weir.json").read_text())["edits"]
    assert [edit["kind"] for edit in edits] == ["deletion", "repair"]
    assert apply_edits(RAW, [Edit(**edit) for edit in edits]) == "The weir held.\r\nIt cost $3 million.\r\n"
    paths = [example / "annotations" / name for name in ("articles.json", "edits/weir.json", "articles/weir.txt")]
    assert validate(paths) == []


def test_what_can_not_be_taken_in_changes_nothing(file: Path, example: Path) -> None:
    before = (example / "annotations/articles.json").read_text()
    assert run("add", file, "Weir One")[0] == 2
    status, output = run("add", file, "mill")
    assert (status, "mill is taken" in output) == (1, True)
    file.write_bytes(b"caf\xe9")
    status, output = run("add", file, "weir")
    assert (status, "byte 3 is no UTF-8" in output) == (1, True)
    assert (example / "annotations/articles.json").read_text() == before
    assert not (example / "annotations/articles/weir.txt").exists()


def test_an_edit_has_to_be_placed_and_may_not_overlap(file: Path) -> None:
    assert run("add", file, "weir")[0] == 0
    assert "stands 2 times" in run("edit", "weir", "3million", "--reason", "x")[1]
    assert "stands 0 times" in run("edit", "weir", "flood", "--reason", "x")[1]
    assert run("edit", "weir", "The weir", "--reason", "x")[0] == 0
    status, output = run("edit", "weir", "weir held", "--reason", "x")
    assert (status, "overlaps" in output) == (1, True)
    assert "no article is called flood" in run("edit", "flood", "x", "--reason", "x")[1]
