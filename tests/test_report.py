"""How problems are shown."""

from __future__ import annotations

import json

import pytest

from chipstance.model import Problem
from chipstance.report import escape, json_text, rich_lines, summary, text_lines

PROBLEMS = (
    Problem("span-empty", "gold/mill.json", "/spans/0/end", "the span covers nothing", 7, 14),
    Problem("kind-unknown", "odd\nname.json", "", "it says \x1b[31m“red”\x07 and 🧵\u202e", 1, 1),
)


def test_a_text_report_has_one_line_a_problem() -> None:
    assert text_lines(PROBLEMS).splitlines() == [
        "gold/mill.json:7:14 span-empty the span covers nothing",
        r"odd\nname.json:1:1 kind-unknown it says \x1b[31m“red”\x07 and 🧵\u202e",
    ]


def test_coloured_lines_say_the_same() -> None:
    lines = rich_lines(PROBLEMS)
    assert [line.plain for line in lines] == text_lines(PROBLEMS).splitlines()
    assert all(line.spans for line in lines)


def test_a_json_report_holds_everything() -> None:
    data = json.loads(json_text(PROBLEMS, 3))
    assert data["files"] == 3
    assert data["problems"][0] == {
        "rule": "span-empty",
        "path": "gold/mill.json",
        "pointer": "/spans/0/end",
        "line": 7,
        "column": 14,
        "message": "the span covers nothing",
    }


@pytest.mark.parametrize(
    ("problems", "files", "line"),
    [((), 3, "3 files, 0 problems"), (PROBLEMS[:1], 1, "1 file, 1 problem"), (PROBLEMS, 0, "0 files, 2 problems")],
)
def test_summary(problems: tuple[Problem, ...], files: int, line: str) -> None:
    assert summary(problems, files) == line


ESCAPES = [("café 🧵", "café 🧵"), ("a\tb\n", r"a\tb\n"), ("\x9b", r"\x9b"), ("\ud83e", r"\ud83e")]


@pytest.mark.parametrize(("text", "shown"), ESCAPES)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown
