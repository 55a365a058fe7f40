"""Whoever checks the lines, what they are judged by is read once and first, and its problems are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chipstance.context import Context, Given
from chipstance.engines import Processes
from chipstance.folders import find_checkout, schema_folder
from chipstance.line_check import PREDICTIONS
from chipstance.line_files import Engine, check_lines, in_process
from chipstance.schemas import load_schemas
from chipstance.validate import check
from example_release import copy_example
from example_scores import LAYERS, TEXT

SCHEMAS = schema_folder()


def written(path: Path, *docs: str) -> Path:
    path.write_text("".join(json.dumps({"doc": doc, "spans": [{"id": 3}]}) + "\n" for doc in docs), "utf-8")
    return path


def test_a_broken_text_is_told_whoever_checks(tmp_path: Path) -> None:
    checkout = copy_example(tmp_path / "a checkout")
    with checkout.article("mill").open("a", encoding="utf-8") as file:
        file.write("more")
    path = written(checkout.root / "predictions.jsonl", "mill", "harbor")
    one = check([path])
    assert "article-digest" in {problem.rule for problem in one.problems}
    assert check([path], engine=Processes(2)) == one


def test_broken_layers_are_told_whoever_checks(tmp_path: Path) -> None:
    schemas = tmp_path / "schema"
    schemas.mkdir()
    for each in SCHEMAS.iterdir():
        (schemas / each.name).write_bytes(each.read_bytes())
    (schemas / "layers.json").write_text("{}")
    path = written(tmp_path / "predictions.jsonl", "mill")
    one = check([path], schemas)
    assert "layers.json" in {Path(problem.path).name for problem in one.problems}
    assert check([path], schemas, engine=Processes(2)) == one


@pytest.mark.parametrize("given", [None, Given({"mill": TEXT}, LAYERS)])
def test_what_is_packed_needs_no_file(tmp_path: Path, given: Given | None) -> None:
    checkout = find_checkout(copy_example(tmp_path / "a checkout").root)
    context = Context(checkout, load_schemas(SCHEMAS), SCHEMAS / "layers.json", given)
    path = written(tmp_path / "predictions.jsonl", "mill", "none")
    whole = check_lines(str(path), PREDICTIONS, context)
    packed = context.packed()
    assert checkout
    checkout.annotations.rename(tmp_path / "elsewhere")
    packed.layers_path = tmp_path / "gone"
    assert check_lines(str(path), PREDICTIONS, packed) == whole
    assert packed.problems == set()


@pytest.mark.parametrize("engine", [in_process, Processes(2)])
def test_standard_input_is_read_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    context = Context(None, load_schemas(SCHEMAS), SCHEMAS / "layers.json")
    path = tmp_path / "some.jsonl"
    path.write_text('{"doc": "mill", "text": 3, "spans": []}\n', "utf-8")
    stdin = os.dup(0)
    try:
        with path.open("rb") as file:
            os.dup2(file.fileno(), 0)
        assert [problem.pointer for problem in check_lines("-", "documents", context, engine)] == ["/text"]
    finally:
        os.dup2(stdin, 0)
        os.close(stdin)
