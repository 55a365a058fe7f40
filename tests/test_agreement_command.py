"""The command ``agreement``: what it reads, prints, draws and refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chipstance.agreement_input import read_annotations
from chipstance.cli import app
from chipstance.labeling import make_task, to_results
from example_round import DOCS, make_round

GOLDEN = Path(__file__).parent / "golden"
RUNNER = CliRunner()


@pytest.fixture
def round_folder(example: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(example)
    make_round(example)
    return Path("annotations/rounds/1")


def figures(*arguments: object) -> Any:
    result = RUNNER.invoke(app, ["agreement", "--format", "json", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_report_is_as_it_was(round_folder: Path, form: str) -> None:
    result = RUNNER.invoke(app, ["agreement", str(round_folder), "--format", form, "--list"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (GOLDEN / f"agreement.{form}").read_text("utf-8")


def test_folders_and_files_give_the_same_figures(round_folder: Path) -> None:
    whole = figures(round_folder)
    assert figures(round_folder / "ben", round_folder / "ann") == whole
    assert figures(*(round_folder / name / f"{doc}.json" for name in ("ann", "ben") for doc in DOCS)) == whole


def test_gold_is_an_annotator_where_it_is_named(round_folder: Path) -> None:
    found = figures(round_folder / "ann", "annotations/gold")
    assert found["annotators"] == ["ann", "gold"]
    assert found["layers"]["stance"]["exact"]["value"] == 1


def test_two_folders_of_one_name_are_told_apart(round_folder: Path) -> None:
    shutil.copytree(round_folder / "ben", "elsewhere/ann")
    assert figures(round_folder / "ann", "elsewhere/ann")["annotators"] == ["1/ann", "elsewhere/ann"]


def test_annotators_can_be_chosen(round_folder: Path) -> None:
    shutil.copytree(round_folder / "ann", round_folder / "cleo")
    assert figures(round_folder)["annotators"] == ["ann", "ben", "cleo"]
    assert figures(round_folder, "--annotators", "cleo,ben")["annotators"] == ["ben", "cleo"]


def exported(round_folder: Path) -> list[dict[str, Any]]:
    """Return the round as a server would export it."""
    given = read_annotations([round_folder])
    tasks = []
    for number, doc in enumerate(DOCS, start=1):
        first = given.annotations["ann"][doc]
        task = make_task(doc, first.text, "", None, given.layers)
        del task["data"]["text_sha256"]
        annotations = [
            {
                "id": 10 * number + user,
                "completed_by": {"id": user, "email": f"{name}@example.org"},
                "was_cancelled": False,
                "result": to_results(given.annotations[name][doc].spans, given.layers),
            }
            for user, name in enumerate(("ann", "ben"), start=1)
        ]
        tasks.append({"id": number, "data": task["data"], "annotations": annotations, "predictions": []})
    return tasks


def test_an_export_gives_the_figures_of_the_label_files(round_folder: Path) -> None:
    Path("export.json").write_text(json.dumps(exported(round_folder)), "utf-8")
    assert figures("export.json") == figures(round_folder)


def test_a_faulty_export_is_scored_with_its_faults(round_folder: Path) -> None:
    tasks = exported(round_folder)
    tasks[0]["annotations"][1]["result"][0]["value"]["end"] = 99_999
    Path("export.json").write_text(json.dumps(tasks), "utf-8")
    result = RUNNER.invoke(app, ["agreement", "export.json"])
    assert result.exit_code == 1
    assert result.stderr.startswith("export.json:1:1 export harbor by ben (task 1, annotation 12, region ")
    assert "Agreement by layer" in result.stdout
    listed = json.loads(RUNNER.invoke(app, ["agreement", "export.json", "--format", "json"]).stdout)
    assert len(listed["problems"]) == len(result.stderr.splitlines())


def test_a_broken_label_file_is_not_scored(round_folder: Path) -> None:
    path = round_folder / "ben" / "mill.json"
    path.write_text(path.read_text("utf-8").replace('"start": 46', '"start": 47'), "utf-8")
    result = RUNNER.invoke(app, ["agreement", str(round_folder)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{path}:1:")
    assert "span-text-mismatch" in result.stderr
    assert "Left out, as not all annotators labelled them: mill." in result.stdout


def test_nothing_left_to_compare(round_folder: Path) -> None:
    for doc in DOCS:
        (round_folder / "ben" / f"{doc}.json").write_text("[", "utf-8")
    result = RUNNER.invoke(app, ["agreement", str(round_folder)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("nothing is left to compare: agreement needs two annotators")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["annotations/rounds/1/ann"], "two annotators"),
        (["annotations/rounds/2"], "does not exist"),
        (["annotations/rounds/1", "--annotators", "ann,zed"], "no annotator is called zed"),
        (["annotations/rounds/1", "--plot", "bars.pdf"], "name a .png"),
        (["annotations/rounds/1", "--unit", "word"], "word"),
        (["annotations/rounds/1", "--format", "xml"], "xml"),
        ([], "ROUND"),
    ],
)
def test_wrong_usage(round_folder: Path, arguments: list[str], message: str) -> None:
    result = RUNNER.invoke(app, ["agreement", *arguments], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_texts_from_elsewhere(round_folder: Path, tmp_path: Path) -> None:
    """Label files outside every checkout are about the documents of the working folder's."""
    for name in ("ann", "ben"):
        shutil.copytree(round_folder / name, tmp_path / "away" / name)
    assert figures(tmp_path / "away") == figures(round_folder)


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plots(round_folder: Path, suffix: str, start: bytes) -> None:
    pytest.importorskip("matplotlib")
    pictures = [Path(f"{number}.{suffix}") for number in (1, 2)]
    for picture in pictures:
        assert RUNNER.invoke(app, ["agreement", str(round_folder), "--plot", str(picture)]).exit_code == 0
    assert pictures[0].read_bytes().startswith(start)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_paragraphs_state_their_limits(round_folder: Path) -> None:
    found = figures(round_folder, "--unit", "paragraph", "--seed", "4")
    assert found["resampling"]["units"] == 11
    assert "too narrow" in found["resampling"]["note"]
    assert found["seed"] == 4
