"""What a schema refuses in the same way in many places of a file is told once, with the lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipstance.model import Problem
from chipstance.repeats import MANY, once
from chipstance.validate import check

Json = Any
TEXT = "Ada said yes."
NAME = "unknown key 'score': remove it, or use one of id, layer, start, end, text, attributes, repaired"


def cue(number: int, **more: Json) -> dict[str, Json]:
    return {"id": f"c{number}", "layer": "cue", "start": 4, "end": 8, "text": "said", "attributes": {}} | more


def written(path: Path, docs: int, **more: Json) -> Path:
    rows = ({"doc": f"d{number}", "text": TEXT, "spans": [cue(1, **more)]} for number in range(docs))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def messages(*paths: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in check(paths).problems]


def test_a_key_that_nothing_knows_is_told_once_with_its_lines(tmp_path: Path) -> None:
    assert messages(written(tmp_path / "x.jsonl", 7, score=1)) == [
        (1, f"{NAME} (so it is in 7 places, in lines 1, 2, 3, 4, 5 …)")
    ]
    assert messages(written(tmp_path / "x.jsonl", 3, score=2)) == [
        (1, f"{NAME} (so it is in 3 places, in lines 1, 2, 3)")
    ]


def test_few_are_told_one_by_one(tmp_path: Path) -> None:
    assert messages(written(tmp_path / "x.jsonl", MANY - 1, score=1)) == [(1, NAME), (2, NAME)]


def test_each_file_tells_its_own(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, 3, score=1) for name in ("a.jsonl", "b.jsonl")]
    assert [line for line, _ in messages(*paths)] == [1, 1]


def test_another_place_value_or_rule_is_another_cause() -> None:
    def refused(pointer: str, message: str = "m: n", rule: str = "schema") -> Problem:
        return Problem(rule, "x.json", pointer, message)

    same = [refused(f"/spans/{number}/layer") for number in range(3)]
    others = [
        *(refused(f"/spans/{number}/id") for number in range(2)),
        *(refused(f"/spans/{number}/layer", "o: p") for number in range(2)),
        *(refused(f"/spans/{number}/layer", rule="span-empty") for number in range(5)),
        refused("/spans/3/attributes/7a"),
        refused("/spans/3/attributes/8a"),
        refused("/spans/3/attributes/9a"),
    ]
    [told, *rest] = once([*same, *others])
    assert told.message == "m: n (so it is in 3 places)"
    assert rest == others


def test_texts_that_are_all_unknown_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = (json.dumps({"doc": f"d{number}", "spans": []}) for number in range(40))
    (tmp_path / "p.jsonl").write_text("\n".join(rows), "utf-8")
    [(line, message)] = messages(tmp_path / "p.jsonl")
    assert (line, message.partition(" (")[2]) == (1, "so it is in 40 places, in lines 1, 2, 3, 4, 5 …)")
    assert "the text of 'd0' is not known here" in message
