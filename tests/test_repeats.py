"""What a schema refuses in the same way in many places of a file is told once, with the lines."""

from __future__ import annotations

import json
from collections.abc import Callable
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
    assert messages(written(tmp_path / "x.jsonl", MANY, score=1)) == [
        (1, f"{NAME} (so it is in {MANY} places, in lines 1, 2, 3, 4, 5 …)")
    ]


def test_few_are_told_one_by_one(tmp_path: Path) -> None:
    found = messages(written(tmp_path / "x.jsonl", MANY - 1, score=1))
    assert found == [(line, NAME) for line in range(1, MANY)]


def test_each_file_tells_its_own(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, MANY, score=1) for name in ("a.jsonl", "b.jsonl")]
    assert [line for line, _ in messages(*paths)] == [1, 1]


def refused(pointer: str, message: str = "m: n", rule: str = "schema", line: int = 1) -> Problem:
    return Problem(rule, "x.json", pointer, message, line)


def test_another_place_name_or_rule_is_another_cause() -> None:
    same = [refused(f"/spans/{number}/layer") for number in range(MANY)]
    others = [
        *(refused(f"/spans/{number}/id") for number in range(MANY - 1)),
        *(refused(f"/spans/{number}/layer", "o: p") for number in range(MANY - 1)),
        *(refused(f"/spans/{number}/layer", rule="span-empty") for number in range(MANY)),
        *(refused(f"/spans/{number}/layer", f"'v{number}' must be one of 'w'") for number in range(MANY)),
        *(refused(f"/spans/3/attributes/{number}a") for number in range(MANY)),
    ]
    [told, *rest] = once([*same, *others])
    assert told.message == f"m: n (so it is in {MANY} places)"
    assert rest == others
    assert next(once(same, cut=True)).message == f"m: n (so it is in {MANY} places or more)"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("schema", "'T {}' must be a short id"),
        ("schema", "{} does not belong here: remove it"),
        ("schema", "unknown key 'score': remove it, or use one of a{}, b"),
        ("whole-number", "{}.0 is a whole number: write {}"),
        ("doc-duplicate", "this document stands on line {} already: put all its spans on one line"),
        ("json-encoding", "byte {} of the line, 0xe9, is no UTF-8: save the file as UTF-8"),
    ],
)
def test_what_differs_with_the_value_is_one_cause(rule: str, message: str) -> None:
    wrong = [refused("/a", message.replace("{}", str(line)), rule, line) for line in range(1, MANY + 1)]
    [told] = once(wrong)
    assert told.message == f"{wrong[0].message} (so it is in {MANY} places, in lines 1, 2, 3, 4, 5 …)"
    assert list(once(wrong[1:])) == wrong[1:]


def test_texts_that_are_all_unknown_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = (json.dumps({"doc": f"d{number}", "spans": []}) for number in range(40))
    (tmp_path / "p.jsonl").write_text("\n".join(rows), "utf-8")
    [(line, message)] = messages(tmp_path / "p.jsonl")
    assert (line, message.partition(" (")[2]) == (1, "so it is in 40 places, in lines 1, 2, 3, 4, 5 …)")
    assert "the text of 'd0' is not known here" in message


ALL_OVER: dict[str, Callable[[int], bytes]] = {
    "ids of another form": lambda n: row(n, [cue(1, id=f"T_{n}")]),
    "ids that are numbers": lambda n: row(n, [cue(1, id=n)]),
    "a layer of another name": lambda n: row(n, [cue(1, layer="CUE")]),
    "floats": lambda n: row(n, [cue(1, end=8.0)]),
    "another encoding": lambda n: row(n, [], text="é" * (n + 1)).decode().encode("latin-1"),
    "the same document": lambda _: row(7, []),
    "no value of JSON": lambda n: row(n, [cue(1, attributes=float("nan"))]),
    "an empty line": lambda n: row(n, []) + (b"\n" if n < MANY else b""),
    "NUL": lambda n: row(n, [], text="\0"),
}


def row(number: int, spans: list[Json], text: str = TEXT) -> bytes:
    return json.dumps({"doc": f"d{number}", "text": text, "spans": spans}, ensure_ascii=False).encode() + b"\n"


@pytest.mark.parametrize("made", ALL_OVER.values(), ids=ALL_OVER)
def test_what_is_wrong_all_over_a_file_is_one_problem(tmp_path: Path, made: Callable[[int], bytes]) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"".join(map(made, range(MANY + 1))))
    [(_, message)] = messages(tmp_path / "x.jsonl")
    assert "(so it is in 1" in message
    (tmp_path / "x.jsonl").write_bytes(b"".join(map(made, range(MANY - 1))))
    assert len(messages(tmp_path / "x.jsonl")) >= MANY - 2


def test_a_key_that_no_layer_knows_is_one_problem(tmp_path: Path) -> None:
    other = {"layer": "organization", "attributes": {"entity": "ada", "score": 1}}
    spans = [cue(1, attributes={"score": 1}), cue(2, **other)]
    (tmp_path / "x.jsonl").write_bytes(b"".join(row(number, spans) for number in range(MANY)))
    [(_, message)] = messages(tmp_path / "x.jsonl")
    assert f"(so it is in {2 * MANY} places" in message
