"""The commands ``score`` and ``compare``: what they read, print and refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chipstance.cli import app
from chipstance.loading import load_documents
from chipstance.score_input import ScoreInputError, read_gold
from example_release import write_example

RUNNER = CliRunner()
GOLD = "annotations/gold"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example checkout with its release, as working folder, and perfect predictions for all of it."""
    root = tmp_path / "a checkout"
    write_example(root)
    monkeypatch.chdir(root)
    write("right.jsonl", lines())
    return root


def lines() -> list[dict[str, Any]]:
    return [
        {
            "doc": document.id,
            "spans": [
                {"id": s.id, "layer": s.layer, "start": s.start, "end": s.end, "attributes": dict(s.attributes)}
                for s in document
            ],
        }
        for document in load_documents(Path("dataset"))
    ]


def write(name: str, content: list[dict[str, Any]]) -> str:
    Path(name).write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in content), "utf-8")
    return name


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, list(arguments))


def figures(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = run("score", "--format", "json", *arguments)
    assert result.exit_code == status, result.output
    data = json.loads(result.stdout)
    named = {(f["part"], f["layer"], f["match"], f["measure"]): f for f in data["figures"]}
    return {**data, "figures": named}


def test_right_predictions_are_right(checkout: Path) -> None:
    found = figures("right.jsonl", "--split", "all", "--errors")
    assert {figure["value"] for figure in found["figures"].values()} <= {1, None}
    assert (found["unanswered"], found["problems"], found["errors"]) == ([], [], [])
    assert found["figures"]["spans", "all", "strict", "f1"]["value"] == 1


def test_gold_in_every_form_gives_the_same_figures_and_signature(checkout: Path) -> None:
    released = figures("right.jsonl")
    assert figures("right.jsonl", "--gold", GOLD) == released
    assert figures(GOLD) == released
    assert released["signature"].endswith("|split:test|unit:document|seed:0|resamples:exact")


def test_a_line_that_cannot_be_read_is_unanswered_and_said_so(checkout: Path) -> None:
    for broken in ("{", '{"doc": "mill"}', '{"doc": "mill", "spans": [{"layer": "cue", "start": 5, "end": 99999}]}'):
        Path("bad.jsonl").write_text(
            "".join(f"{json.dumps(x)}\n" for x in lines() if x["doc"] != "mill") + broken + "\n", "utf-8"
        )
        result = run("score", "bad.jsonl", "--split", "all")
        assert result.exit_code == 1
        assert "bad.jsonl:" in result.stderr
        assert "UNANSWERED: 1 of" in result.stderr
        assert "all missed: mill" in result.stdout
        strict = run("score", "bad.jsonl", "--split", "all", "--strict")
        assert (strict.exit_code, strict.stdout) == (1, "")
        found = figures("bad.jsonl", "--split", "all", status=1)
        assert found["unanswered"] == ["mill"]
        assert found["figures"]["spans", "all", "exact", "recall"]["value"] < 1
        assert found["figures"]["spans", "all", "exact", "precision"]["value"] == 1


@pytest.mark.parametrize(
    "content", ["doc,layer,text\n" + "mill,cue,said\n" * 9, json.dumps([{"doc": "mill"}], indent=1)]
)
def test_a_file_that_holds_no_lines_is_one_problem_as_in_validation(checkout: Path, content: str) -> None:
    Path("bad.jsonl").write_text(content, "utf-8")
    scored = figures("bad.jsonl", "--split", "all", status=1)["problems"]
    validated = json.loads(run("validate", "bad.jsonl", "--kind", "predictions", "--format", "json").stdout)["problems"]
    assert [problem["rule"] for problem in scored] == ["json-syntax"]
    assert scored == validated


def test_an_unknown_document_is_a_problem_and_another_split_is_none(checkout: Path) -> None:
    write("more.jsonl", [*lines(), {"doc": "nowhere", "spans": []}])
    result = run("score", "more.jsonl")
    assert result.exit_code == 1
    assert result.stderr.count("nowhere") == 1
    assert "UNANSWERED" not in result.stderr
    assert run("score", "right.jsonl").exit_code == 0


def test_text_that_is_not_covered_is_a_problem_without_a_checkout_too(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = lines()
    wrong[0]["spans"][0]["text"] = "something else"
    write("wrong.jsonl", wrong)
    outside = Path(shutil.copytree("dataset", tmp_path / "release"))
    shutil.copy("wrong.jsonl", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = run("score", "wrong.jsonl", "--gold", str(outside), "--split", "all")
    assert result.exit_code == 1
    assert "span-text-mismatch" in result.stderr
    assert f"all missed: {wrong[0]['doc']}" in result.stderr


def test_the_text_report_has_intervals_errors_and_a_signature(checkout: Path) -> None:
    fewer = lines()
    for line in fewer:
        line["spans"] = [s for s in line["spans"] if s["layer"] != "organization"]
    write("fewer.jsonl", fewer)
    result = run("score", "fewer.jsonl", "--split", "all", "--errors", "--unit", "paragraph", "--seed", "4")
    assert result.exit_code == 0, result.output
    assert "recall 0.000 [0.000, 0.000]" in result.stdout
    assert "precision n/a" in result.stdout
    assert "resampling paragraphs" in result.stdout
    assert "too narrow" in result.stdout
    assert "\nErrors: missed " in result.stdout
    assert "|unit:paragraph|seed:4|" in result.stdout


def test_two_systems_are_compared(checkout: Path) -> None:
    write("none.jsonl", [{**line, "spans": []} for line in lines()])
    result = run("compare", "right.jsonl", "none.jsonl", "--split", "all")
    assert result.exit_code == 0, result.output
    assert "+1.000  p " in result.stdout
    assert "smallest " in result.stdout
    data = json.loads(run("compare", "right.jsonl", "none.jsonl", "--split", "all", "--format", "json").stdout)
    test = next(each for each in data["tests"] if each["layer"] == "all" and each["match"] == "exact")
    documents = len(lines())
    assert (test["first"], test["second"], test["difference"]) == (1, 0, 1)
    assert test["p"] == test["smallest"] == 2 / 2**documents
    assert data["signature"].endswith("swaps:exact")


def test_comparing_says_who_did_not_answer(checkout: Path) -> None:
    write("part.jsonl", lines()[:1])
    result = run("compare", "right.jsonl", "part.jsonl", "--split", "all")
    assert result.exit_code == 1
    assert result.stderr.startswith("B:\nUNANSWERED")


BROKEN: list[tuple[str, str, str]] = [
    ("annotations/gold/mill.json", '{\n "doc": "x",\n}', r"annotations/gold/mill\.json:2 json-syntax .*: remove it"),
    ("annotations/articles.json", "{", r"annotations/articles\.json:1 json-syntax it ends .*: fetch or save it again"),
    ("labels/mill.jsonl", "{}", r"labels holds no labels: name a release, or a folder of label files"),
    ("labels/data/test.parquet", "", r"labels is a release without its manifest\.json: copy the whole folder"),
]


@pytest.mark.parametrize(("name", "content", "said"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_broken_gold_is_told_with_its_file_and_mend(checkout: Path, name: str, content: str, said: str) -> None:
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    with pytest.raises(ScoreInputError, match=said):
        read_gold("annotations/gold" if name.startswith("annotations") else "labels", "all")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "gone.jsonl"), "does not exist"),
        (("score", "right.txt"), "is no file of lines or rows"),
        (("score", "right.jsonl", "--annotator", "ada"), "has no annotators"),
        (("score", "right.jsonl", "--gold", "gone"), "is no folder"),
        (("score", "right.jsonl", "--gold", "annotations/articles"), "holds no labels"),
        (("score", "right.jsonl", "--split", "train"), "train"),
        (("compare", "right.jsonl", "gone.jsonl"), "does not exist"),
    ],
)
def test_wrong_usage_is_told(checkout: Path, arguments: tuple[str, ...], message: str) -> None:
    shutil.copy("right.jsonl", "right.txt")
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())
