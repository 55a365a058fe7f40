"""What makes many lines of JSON Lines wrong at once is one problem."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipstance import line_check, line_files
from chipstance.engines import Processes
from chipstance.line_slips import SPREAD, SPREAD_STRING, is_spread
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


INDENTED = [json.dumps(each, indent=2) for each in DOCUMENTS]
LISTED = '{"doc": "weir", "answer": [\n"one",\n"two"\n]}'


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([ROWS[0], INDENTED[1], ROWS[2]], [2]),
        ([ROWS[0], INDENTED[1], INDENTED[2]], [2]),
        ([ROWS[0], INDENTED[1], ROWS[2], LISTED, "{'doc': 'quay'}"], [2, 8, 12]),
        ([ROWS[0], ROWS[1].replace('"text": ', '"text":\n'), ROWS[2]], [2]),
        ([ROWS[0], ROWS[1].replace(', "spans"', ',\r\n\r\n\t, "spans"'), ROWS[2]], [2]),
        ([ROWS[0], INDENTED[1].replace("}", ""), ROWS[2]], [2, 3, 4, 5, 6]),
        ([ROWS[0], BEGUN, INDENTED[1], ROWS[2]], [2, 3]),
        ([ROWS[0], BEGUN, ROWS[1], '}], "system": "x"}', ROWS[2]], [2, 4]),
        ([ROWS[0], INDENTED[1].replace("{", "{\n<<<<<<< HEAD"), ROWS[2]], [2, 3, 4, 5, 6, 7]),
    ],
)
def test_a_value_over_several_lines_is_told_once_wherever_it_begins(
    found: Found, values: list[str], lines: list[int]
) -> None:
    told = found("\n".join(values) + "\n")
    assert [line for _, line in told] == lines


def test_what_is_said_of_a_value_over_several_lines(found: Found) -> None:
    assert found(f"{ROWS[0]}\n{INDENTED[1]}") == [(SPREAD, 2)]
    assert found(f"{ROWS[0]}\n{LISTED}\n") == [(SPREAD, 2)]
    for broken in ('"A \nmill."', '"A \n\n\\"mill."', '"\nA mill."'):
        changed = ROWS[1].replace('"A mill."', broken)
        assert found(f"{ROWS[0]}\n{changed}\n{ROWS[2]}\n") == [(SPREAD_STRING, 2)]


BLANK_BETWEEN = "".join(f"\n  {each}\n".replace("[]", "[\n\n    ]") for each in INDENTED)
"""What pandas writes with ``to_json(orient="records", lines=True, indent=2)``."""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BLANK_BETWEEN, 1),
        ("\r\n \r\n" + BLANK_BETWEEN + "\r\n", 1),
        (f"{ROWS[0]}\n{BLANK_BETWEEN}\n\n{BLANK_BETWEEN}", 3),
        (f"{ROWS[0]}\n{INDENTED[1]}\n\n\t\n{INDENTED[2]}\n", 2),
    ],
)
def test_values_in_a_row_are_one_problem_with_the_blank_lines_between(found: Found, text: str, line: int) -> None:
    assert found(text) == [(SPREAD, line)]


def test_a_blank_line_between_lines_that_are_in_order_is_told(found: Found) -> None:
    text = f"{ROWS[0]}\n\n{ROWS[1]}\n{INDENTED[2]}\n{ROWS[1].replace('harbor', 'quay')}\n\n"
    assert [line for _, line in found(text)] == [2, 4, 10]


def test_lines_with_the_same_slip_are_told_each(found: Found) -> None:
    endless = [row.replace('mill."', "mill.") for row in ROWS]
    assert [line for _, line in found("\n".join([ROWS[0], *endless[1:], *endless[1:]]))] == [2, 3, 4, 5]


def test_commas_between_lines_are_one_problem(found: Found) -> None:
    for rows in (ROWS, [*ROWS, json.dumps(DOCUMENTS[0] | {"doc": "weir"}) + ","]):
        ((message, line),) = found(",\n".join(rows) + "\n")
        assert (message.startswith("a comma too many: remove it (so it is in the first"), line) == (True, 1)
    assert [line for _, line in found(f"{ROWS[0]},\n{ROWS[1]}\n{ROWS[2]},\n")] == [1, 3]


def test_what_is_wrong_behind_too_many_lines_is_told_of(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (line_check, line_files):
        monkeypatch.setattr(module, "MOST_PROBLEMS", 20)
    told = found("\n".join([ROWS[0], *INDENTED * 5]))
    assert (SPREAD, 2) in told
    assert told[-1][0].startswith("there are more lines with problems")


def test_lines_that_nothing_closes_take_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(ROWS[0] + "\n" + "[\n" * 9000 + ROWS[1] + "\n", "utf-8")
    start = time.perf_counter()
    [problem] = check([path]).problems
    assert "so it is in 9000 places, in lines 2, 3, 4, 5, 6 …" in problem.message
    assert time.perf_counter() - start < 20


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
