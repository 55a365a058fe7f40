"""What makes many lines of JSON Lines wrong at once is one problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipstance import line_files
from chipstance.engines import Processes
from chipstance.line_slips import SPREAD, is_spread
from chipstance.streams import Line
from chipstance.validate import check

DOCUMENTS: list[dict[str, Any]] = [{"doc": name, "text": "A mill.", "spans": []} for name in ("mill", "harbor", "loom")]
ROWS = [json.dumps(each) for each in DOCUMENTS]
BEGUN = '{"doc": "mill", "text": "A mill.", "spans": [{"id": "o1",'

Found = Callable[[str], list[tuple[str, int]]]


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    """Tell the message and line of each problem of a JSON Lines file, which is the same however it is cut."""
    monkeypatch.setattr(line_files, "PART", 40)

    def tell(text: str) -> list[tuple[str, int]]:
        path = tmp_path / "some.jsonl"
        path.write_text(text, "utf-8")
        problems = check([path], kind="documents").problems
        assert check([path], kind="documents", engine=Processes(2)).problems == problems
        return [(each.message, each.line) for each in problems]

    return tell


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(each, indent=2) for each in DOCUMENTS),
        json.dumps(DOCUMENTS, indent=1),
        "[\n" + ",\n".join(ROWS) + "\n]\n",
        "[\n" + ROWS[0] + "\n]\n",
        "[" + ",\n".join(ROWS) + "]\n",
        '{"doc": "mill",\r\n "text": "A mill.",\r\n "spans": []}\r\n',
    ],
)
def test_a_value_over_several_lines_is_one_problem(found: Found, text: str) -> None:
    assert found(text) == [(SPREAD, 1)]


@pytest.mark.parametrize("lines", [[BEGUN, *ROWS[1:]], ["{", ROWS[0]], ["[{"], ["{"], [ROWS[0] + ",", ROWS[1]]])
def test_a_line_that_is_cut_off_says_nothing_of_the_others(found: Found, lines: list[str]) -> None:
    told = found("\n".join(lines) + "\n")
    assert [line for _, line in told] == [1]
    assert SPREAD not in told[0]


def test_lines_that_are_too_long_are_not_looked_at() -> None:
    assert is_spread([Line(1, b"["), Line(2, b"{")])
    assert not is_spread([Line(1, b"[", 100), Line(2, b"{")])
    assert not is_spread([Line(1, b"["), Line(2, b"{", 100)])


CHANGED = ROWS[1].replace("A mill", "A small mill")


@pytest.mark.parametrize("base", [[], ["||||||| base", ROWS[1]]])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_merge_conflict_is_one_problem(found: Found, base: list[str], end: str) -> None:
    one = ["<<<<<<< HEAD", ROWS[1], *base, "=======", CHANGED, ">>>>>>> changed"]
    told = found(end.join([ROWS[0], *one, ROWS[2]]) + end)
    assert [line for _, line in told] == [2]
    assert told[0][0].startswith("a merge conflict: keep one side")
    told = found(end.join([ROWS[0], *one, ROWS[2], *one, ROWS[0]]) + end)
    again = 3 + 2 * len(one)
    assert [line for _, line in told] == [2, 3 + len(one), again]
    assert "stands on line 1 already" in told[-1][0]


def test_what_is_wrong_inside_a_merge_conflict_is_told(found: Found) -> None:
    told = found("\n".join(["<<<<<<< HEAD", ROWS[0], "=======", "{}", ">>>>>>> other"]) + "\n")
    assert [line for _, line in told] == [1, 4]


@pytest.mark.parametrize("mark", ["=======", ">>>>>>> other", "||||||| base"])
def test_a_mark_without_a_beginning_is_told(found: Found, mark: str) -> None:
    ((message, line),) = found("\n".join([ROWS[0], mark, ROWS[1]]) + "\n")
    assert line == 2
    assert "of a merge conflict: keep one side" in message
