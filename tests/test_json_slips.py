"""What is wrong where a text stops being JSON: what is told, where, and that no text is too odd for it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chipstance.json_slips import SLIPS, is_open, slip
from chipstance.locate import JsonError, decode, parse
from chipstance.validate import check

QUOTES, NUMBERS = "straight double quotes", "numbers are written like"

ENDS = ("\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x1e")

MENDS = [
    ("", 1, 1, "nothing stands here"),
    ("{\n// no\n}", 2, 1, "JSON has no comments"),
    ('{"a": 1 /* no */}', 1, 9, "JSON has no comments"),
    ('{"a": 1} # no', 1, 10, "JSON has no comments"),
    ("{'a': 1}", 1, 2, QUOTES),
    ("{“a”: 1}", 1, 2, 'write " for “'),
    ('{"a": ‘b’}', 1, 7, 'write " for ‘'),
    ("{`a`: 1}", 1, 2, QUOTES),
    ("{a: 1}", 1, 2, 'keys stand in double quotes: write "a"'),
    ('{"a": 1, b-c: 1}', 1, 10, 'write "b-c"'),
    ("{1: 2}", 1, 2, 'write "1"'),
    ('{"a": b}', 1, 7, 'text stands in double quotes: write "b"'),
    ('{"a": True}', 1, 7, "in lower case"),
    ('{"a": FALSE}', 1, 7, "in lower case"),
    ('{"a": None}', 1, 7, "write null"),
    ("[undefined]", 1, 2, "write null"),
    ("[nan, 1]", 1, 2, "write null"),
    ("{\n<<<<<<< HEAD\n=======\n>>>>>>> b\n}", 2, 1, "a merge conflict: keep one side"),
    ('{\n "a": 1,\n<<<<<<< HEAD\r\n', 3, 1, "a merge conflict"),
    ("\n<!DOCTYPE html>", 1, 1, "this is HTML or XML"),
    ("<?xml version='1.0'?>", 1, 1, "this is HTML or XML"),
    ("version https://git-lfs.github.com/spec/v1\n", 1, 1, "git lfs pull"),
    ("```json\n{}\n```", 1, 1, "this marks JSON in another text"),
    ("doc: mill", 1, 1, "no JSON begins like this: begin with { or ["),
    ('"doc": "mill",', 1, 6, "the middle of a JSON value"),
    ("{\0", 1, 2, "a NUL stands here"),
    ('{\0"', 1, 2, "a NUL stands here"),
    ("{'a': \"b", 1, 2, QUOTES),
    ('{"a": "b\0c"}', 1, 9, "a NUL stands in the string"),
    ("\ufeff{}", 1, 1, "a byte order mark"),
    ('{\u00a0"a": 1}', 1, 2, "no white space of JSON"),
    ("[1,\u200b2]", 1, 4, "no white space of JSON"),
    ('{"a": [1, 2', 1, 12, "it ends while [ at 1:7 is open"),
    ('{"a": 1,\n "b": {', 2, 8, "it ends while { at 2:7 is open"),
    ('{"a": tru', 1, 7, "it ends while { at 1:1 is open"),
    ('{"a": 1, "b"', 1, 13, "it ends while"),
    ('{\n "a": "b\n}', 2, 7, "the string that begins here has no end: add the quotation mark, or write \\n"),
    ('{"a": "b', 1, 7, "the string that begins here has no end: add the quotation mark, or fetch"),
    ('{"a": "b\\', 1, 7, "the string that begins here has no end"),
    ('{"a": "b \\"}', 1, 7, "the string that begins here has no end"),
    ('{"a": "say "no" to it"}', 1, 13, 'the string that begins at 1:7 ends here: write \\" for'),
    ('["\t"]', 1, 3, "a tab stands in the string: write \\t"),
    ('["\x01"]', 1, 3, "a control character"),
    (r'["\q"]', 1, 3, "no escape of JSON: write two backslashes"),
    (r'["\u12"]', 1, 3, "no escape of JSON"),
    (r'["a\'s"]', 1, 4, "write ' alone"),
    ("[1, 2,]", 1, 6, "a comma too many: remove it"),
    ('{"a": 1,\n}', 1, 8, "a comma too many: remove it"),
    ('{"a": 1},', 1, 9, "a comma too many: remove it"),
    ("[1,,2]", 1, 4, "a comma too many, or no value before it"),
    ('{"a": 1}}', 1, 9, "a bracket too many: remove it"),
    ('{"a": [1, 2}', 1, 12, "[ at 1:7 is open: write ] before this"),
    ('{"a": 1]', 1, 8, "{ at 1:1 is open: write } before this"),
    ('{"a": }', 1, 7, "the key has no value"),
    ('{"a"}', 1, 5, "add a colon and a value"),
    ('{"a" 1}', 1, 6, "add a colon and a value"),
    ('{"a" = 1}', 1, 6, "write a colon for ="),
    ('["a": 1]', 1, 5, "a list has no keys"),
    ('{"a": 1\n "b": 2}', 2, 2, "add a comma"),
    ('{"a": 1; "b": 2}', 1, 8, "write a comma for ;"),
    ('{"a": 01}', 1, 8, NUMBERS),
    ('{"a": .5}', 1, 7, NUMBERS),
    ('{"a": 1.}', 1, 8, NUMBERS),
    ('{"a": +1}', 1, 7, NUMBERS),
    ('{"a": 0x1F}', 1, 8, NUMBERS),
    ('{"a": 1,000}', 1, 9, "a number has no comma in it"),
    ('{"a": 1} 2', 1, 10, "remove what follows"),
    ('{"start": \uff15\uff13}', 1, 11, "write the digits 0 to 9"),
    ('{"a": 5\uff13}', 1, 8, "write the digits 0 to 9"),
    ('{"a": -\u0665}', 1, 7, "write the digits 0 to 9"),
    ('{"a"\uff1a 1}', 1, 5, "a wide sign stands here: write the plain one"),
    ('{\uff02a": 1}', 1, 2, QUOTES),
    ('\x1e{"a": 1}\n', 1, 1, "a record separator (U+001E) stands here: remove it"),
    ('{"a": 1}\u2028{"b": 2}', 1, 9, "a file holds one value"),
    ('{"a": 1}\n{"b": 2}', 2, 1, "name the file .jsonl if each line holds one"),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), MENDS)
def test_what_stands_there_tells_the_mend(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("json-syntax", line, column)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ('{"doc": "a"}{"doc": "b"}', 13, "two values on a line: put this one on a line of its own"),
        ('{"doc": "a"} , {"doc": "b"}', 14, "two values on a line"),
        *((f'{{"doc": "a"}}{end} {{"doc": "b"}}', 13, "this ends no line of JSON Lines: write .n") for end in ENDS),
        ('{"doc": "a"}\u2028', 13, "no white space of JSON"),
        ("=======", 1, "the middle of a merge conflict"),
        (">>>>>>> theirs\r", 1, "the end of a merge conflict"),
        ("||||||| base", 1, "the middle of a merge conflict"),
    ],
)
def test_a_line_is_told_as_a_line(text: str, column: int, said: str) -> None:
    with pytest.raises(JsonError, match=said) as caught:
        parse(text, line=True)
    assert caught.value.column == column


def test_every_slip_of_the_table_can_be_met() -> None:
    told = [_told(text) for text, *_ in MENDS]
    for each in SLIPS:
        literal = max((part for part, *_ in Formatter().parse(each.mend)), key=len)
        assert not literal or any(literal in message for message in told), each


def _told(text: str) -> str:
    with pytest.raises(JsonError) as caught:
        parse(text)
    return str(caught.value)


def test_a_comma_is_told_the_same_wherever_python_stops() -> None:
    assert slip("[1, ]", 4, "Expecting value") == slip("[1, ]", 2, "Illegal trailing comma before end of array")


ODD = [*'{}[]",:\\ \n\t\r\0', "'", "//", "<<<<<<< a\n", "=======\n", "1", "-", "null", "a", "\\u12", "é"]


@given(st.lists(st.sampled_from(ODD), max_size=20).map("".join), st.booleans())
@example('"\\', False)
@example("[1]]", True)
def test_no_text_is_too_odd(text: str, line: bool) -> None:
    caught = None
    try:
        parse(text, line=line)
    except JsonError as error:
        caught = error
    if caught:
        rows = text.split("\n")
        assert str(caught).strip()
        assert 1 <= caught.line <= len(rows)
        assert 1 <= caught.column <= len(rows[caught.line - 1]) + 1


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists, max_leaves=6), st.data())
def test_what_is_cut_off_is_told_as_such(value: object, data: st.DataObject) -> None:
    text = json.dumps([value])
    at = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(JsonError, match=r"has no end|it ends while|numbers are written|no escape"):
        parse(text[:at])


@pytest.mark.parametrize("values", [2, 9])
def test_a_json_text_sequence_is_one_problem(tmp_path: Path, values: int) -> None:
    (tmp_path / "some.jsonl").write_text('\x1e{"doc": "mill", "text": "A mill.", "spans": []}\n' * values, "utf-8")
    (problem,) = check([tmp_path / "some.jsonl"]).problems
    assert (problem.rule, problem.line) == ("json-syntax", 1)
    assert problem.message.startswith("a record separator (U+001E) stands before each value: remove them")


def test_is_open() -> None:
    assert [is_open(text) for text in ('{"a": [', "[1],", '["a', '[{"a": "]"}')] == [True, False, False, True]


def test_a_long_text_is_looked_at_in_linear_time() -> None:
    text = "[" + '{"a": "b"},\n' * 100_000 + "'"
    start = time.perf_counter()
    with pytest.raises(JsonError, match=QUOTES) as caught:
        parse(text)
    assert caught.value.line == 100_001
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_told(encoding: str) -> None:
    with pytest.raises(JsonError, match=r"UTF-16|a NUL stands .*: save the file as UTF-8") as caught:
        parse(decode('{"a": 1}'.encode(encoding)))
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1, "b": [}', "[ at {}15 is open"),
        ('{"a": [1, 2', "[ at {}7 is open"),
        ('{"a": "b"c"}', "the string that begins at {}7 ends here"),
    ],
)
def test_a_place_inside_a_line_is_told_by_its_column(text: str, place: str) -> None:
    for line, before in ((True, "column "), (False, "1:")):
        with pytest.raises(JsonError) as caught:
            parse(text, line=line)
        assert place.format(before) in str(caught.value)
