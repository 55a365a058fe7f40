"""Real runs of both harnesses with mock models: they give the figures of ``chipstance score`` on the same answers."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.harness import MONEY, SPANS, STANCE, TASKS, plain
from chipstance.predictions import write_answers
from chipstance.score_input import read_gold
from example_harness import label_rows, mock_answers, write_several

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "harnesses.md").read_text("utf-8")
QUIET = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_several(tmp_path_factory.mktemp("runs") / "a checkout")


@pytest.fixture(scope="module")
def expected(gold: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """What ``chipstance score`` says about the same answers."""
    folder = tmp_path_factory.mktemp("answers")
    answers = mock_answers(gold)
    for name in (SPANS, MONEY):
        write_answers(folder / f"{name}.jsonl", answers[name], system="mock")
    rows = label_rows(gold)
    (folder / "labels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    found = {name: command(folder / f"{name}.jsonl", gold) for name in (SPANS, MONEY)}
    money = {name: each for name, each in found[MONEY].items() if name.split(".")[1] == MONEY}
    return {
        SPANS: found[SPANS],
        MONEY: money,
        STANCE: command(folder / "labels.jsonl", gold, "--config", "stance"),
    }


def command(path: Path, gold: Path, *options: str) -> dict[str, float]:
    arguments = ["score", str(path), "--gold", str(gold), "--format", "json", *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1, result.output  # an answer can't be read, and is reported
    figures = {}
    for each in json.loads(result.stdout)["figures"]:
        name = plain((each["part"], each["layer"], each["match"], each["measure"]))
        figures[name] = each["value"]
        if each["measure"] not in ("precision", "recall"):
            figures |= {f"{name}.low": each["low"], f"{name}.high": each["high"]}
    return figures


def run(harness: str, gold: Path, folder: Path) -> dict[str, Any]:
    answers = json.dumps(mock_answers(gold))
    script = [sys.executable, str(ROOT / "tests" / "run_harness.py"), harness, str(gold), str(folder / "logs")]
    report: dict[str, Any] = json.loads(started(script, folder, answers).splitlines()[-1])
    assert report["attempts"] == [], "the harness tried to reach another machine"
    tasks: dict[str, Any] = report["tasks"]
    return tasks


def started(command: list[str], folder: Path, given: str = "") -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"HF_HOME": str(folder / "hf"), "XDG_DATA_HOME": str(folder / "data"), "PATH": path}
    environment = os.environ | QUIET | places
    done = subprocess.run(
        command, input=given, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(language: str, words: str) -> str:
    """Return the page's code block with these words in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return next(str(each) for each in blocks if words in each)


@pytest.mark.parametrize("harness", ["inspect", "lm-eval"])
def test_a_harness_gives_the_figures_of_the_command(
    harness: str, gold: Path, expected: dict[str, dict[str, float]], tmp_path: Path
) -> None:
    tasks = run(harness, gold, tmp_path)
    assert set(tasks) == set(TASKS)
    for name, report in tasks.items():
        shown = {figure: none_for_nan(value) for figure, value in report["figures"].items() if value != "N/A"}
        scores = {figure: shown.get(figure) for figure in expected[name]}
        assert scores == expected[name], name
        assert sum(value is not None and 0 < value < 1 for value in scores.values()) > 20
        assert shown["unanswered"]
    assert tasks[SPANS]["figures"]["unaligned"] == tasks[MONEY]["figures"]["unaligned"] == 1
    check_prompts(tasks, gold)
    if harness == "inspect":
        check_scores(tasks)
        started([sys.executable, "-c", block("python", "read_eval_log")], tmp_path)
        assert sorted(logged(tmp_path).values()) == sorted(mock_answers(gold)[SPANS].values())


def none_for_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def check_prompts(tasks: dict[str, Any], gold: Path) -> None:
    """A prompt shows examples from validation and their labels, and of the test split the text alone."""
    shown = read_gold(gold, "validation").documents[0]
    for name in (SPANS, MONEY):
        for prompt in tasks[name]["prompts"]:
            assert prompt.count("## Article") == prompt.count("## Answer") == 2
            assert shown.text in prompt
            assert prompt.count('{"spans": [{"layer": "') == 2  # the form of the answer, and the example's
    for prompt in tasks[STANCE]["prompts"]:
        assert prompt.count("## Statement") == prompt.count('{"label": "') == 4  # the form, or the pair that is asked


def check_scores(tasks: dict[str, Any]) -> None:
    """Inspect shows a few counts for each sample."""
    scores = tasks[STANCE]["scores"]
    right = sum(each["right"] for each in scores)
    assert right == pytest.approx(tasks[STANCE]["figures"]["closed.stance_all.label.accuracy"] * len(scores))
    assert {tuple(each) for each in tasks[MONEY]["scores"]} == {("gold", "predicted", "exact")}


def logged(folder: Path) -> dict[str, str]:
    lines = (folder / "answers.jsonl").read_text("utf-8").splitlines()
    return {line["doc"]: line["answer"] for line in map(json.loads, lines)}


def test_the_commands_for_lm_evaluation_harness_run_as_they_are_written(tmp_path: Path) -> None:
    printed = started(["bash", "-euc", block("sh", "--model dummy")], tmp_path)
    assert "spans.all.strict.f1" in printed
    started([sys.executable, "-c", block("python", "samples_chipstance_spans")], tmp_path)
    tests = {each.id for each in read_gold(None, "test").documents}
    assert logged(tmp_path) == dict.fromkeys(tests, "lol")
