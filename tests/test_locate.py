"""Strict JSON, and lines and columns in it."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.locate import JsonError, Positions, decode, escape, parse, scan

TEXT = """{
  "mill": [1, {"a/b~": "🧵 {x}"}],
  "empty": {},
  "last": null
}"""

SCALARS = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=9)


@pytest.mark.parametrize(
    ("pointer", "place"),
    [("", (1, 1)), ("/mill", (2, 11)), ("/mill/0", (2, 12)), ("/mill/1/a~1b~0", (2, 24)), ("/last", (4, 11))],
)
def test_place_of_a_value(pointer: str, place: tuple[int, int]) -> None:
    assert Positions(TEXT).find(pointer) == place


def test_place_of_a_key() -> None:
    assert Positions(TEXT).find("/mill/1/a~1b~0", key=True) == (2, 16)
    assert Positions(TEXT).find("/mill/0", key=True) == (2, 12)


@pytest.mark.parametrize(("pointer", "place"), [("/mill/7/x", (2, 11)), ("/none", (1, 1)), ("/empty/x/y", (3, 12))])
def test_a_missing_value_is_placed_at_its_nearest_parent(pointer: str, place: tuple[int, int]) -> None:
    assert Positions(TEXT).find(pointer) == place


def test_columns_count_code_points() -> None:
    assert Positions('["🧵é", 1]').find("/1") == (1, 8)


def test_a_text_that_is_no_json_has_one_place() -> None:
    assert Positions("").find("/a/b") == (1, 1)


def pointers(value: Any, pointer: str = "") -> dict[str, Any]:
    found = {pointer: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        found |= pointers(child, f"{pointer}/{escape(key)}")
    return found


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_scan_finds_every_value_where_it_stands(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = {mark.pointer: json.JSONDecoder().raw_decode(text, mark.value)[0] for mark in scan(text)}
    assert found == pointers(value)


def test_scan_needs_no_stack() -> None:
    assert sum(1 for _ in scan("[" * 20_000 + "]" * 20_000)) == 20_000


@given(VALUES)
def test_parse_reads_what_json_writes(value: Any) -> None:
    assert parse(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ('{\n "a": 1\n "b": 2}', "json-syntax", (3, 2)),
        ("", "json-syntax", (1, 1)),
        ("7" * 5000, "json-syntax", (1, 1)),
        ('{"a": 1,\n "a": 1}', "json-duplicate-key", (2, 2)),
        ('{"b": [{"a": 1, "\\u0061": 1}]}', "json-duplicate-key", (1, 17)),
        ('{"a": ["NaN",\n NaN]}', "json-constant", (2, 2)),
        ("[1, -Infinity]", "json-constant", (1, 5)),
        ('["\\uD83E\\uDDF5", "\\uD83E"]', "json-surrogate", (1, 19)),
        ('["\\\\ud83e", "\\\\\\ud83e"]', "json-surrogate", (1, 16)),
        ('["é", "\ud83e"]', "json-surrogate", (1, 8)),
        ('["\\uD83E\\uDDF5", "\ud83e"]', "json-surrogate", (1, 19)),
        ("[" * 65 + "]" * 65, "json-depth", (1, 65)),
        ("[" * 64 + "1" + "]" * 64, "json-depth", (1, 65)),
        ("[" * 100_000, "json-depth", (1, 65)),
        ('{"a":\n' * 3000 + "1" + "}" * 3000, "json-depth", (65, 1)),
        ('{"a": 1,\n "b": -' + "7" * 5000 + "}", "json-syntax", (2, 7)),
    ],
)
def test_what_is_no_strict_json_is_refused_where_it_stands(text: str, rule: str, place: tuple[int, int]) -> None:
    with pytest.raises(JsonError) as caught:
        parse(text)
    assert (caught.value.rule, (caught.value.line, caught.value.column)) == (rule, place)


def test_depth_is_allowed_up_to_its_limit() -> None:
    parse("[" * 64 + "]" * 64)
    parse("[" * 63 + "1" + "]" * 63)


def test_a_key_may_stand_in_many_objects() -> None:
    with pytest.raises(JsonError) as caught:
        parse('{"a": {"b": 1}, "c": [{"b": 1}, {"b": {"b": 2}}], "d": {"b": 1},\n"a": 1}')
    assert (caught.value.rule, caught.value.line) == ("json-duplicate-key", 2)


def test_a_value_is_placed_whatever_was_placed_before() -> None:
    places = Positions(TEXT)
    assert [places.find(pointer) for pointer in ("/last", "/mill/0", "/empty", "/none", "")] == [
        (4, 11),
        (2, 12),
        (3, 12),
        (1, 1),
        (1, 1),
    ]


def test_a_bad_byte_is_placed() -> None:
    with pytest.raises(JsonError, match="0xff at 7") as caught:
        decode("{\n🧵 ".encode() + b"\xff}")
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("json-encoding", 2, 3)


def test_a_bad_byte_is_counted_from_the_start_of_the_file() -> None:
    with pytest.raises(JsonError, match="0xff at 27"):
        decode("{\n🧵 ".encode() + b"\xff}", before=20)


@pytest.mark.parametrize("text", ["", "[1,]", '{"a" 1}', "{a: 1}", "1 2", '"a', '"\t"', r'"\q"', "[1 2]"])
def test_bad_syntax_comes_with_its_mend(text: str) -> None:
    with pytest.raises(JsonError, match=r"(write|add|remove) ?"):
        parse(text)


def test_many_values_are_placed_quickly() -> None:
    text = "[" + ",\n".join("1" for _ in range(50_000)) + "]"
    places = Positions(text)
    start = time.perf_counter()
    assert [places.find(f"/{i}")[0] for i in range(50_000)] == list(range(1, 50_001))
    assert time.perf_counter() - start < 5


BROKEN_BEHIND = {
    '{"a":NaNl,t': ("json-constant", 6),
    '{"doc": "m", "answer": NaN\\&layer\\"r\\", "answer": NaN\\"}"}]"}': ("json-constant", 24),
    "[NaNl": ("json-constant", 2),
    "[-Infinityx}": ("json-constant", 2),
    f"[{'1' * 5000}l, }}": ("json-syntax", 2),
    f'{{"a": -{"1" * 5000}.x, }}': ("json-syntax", 7),
    '{"a":1,"a":2} }}]': ("json-duplicate-key", 8),
}


@pytest.mark.parametrize("text", BROKEN_BEHIND)
def test_what_is_refused_is_found_though_the_rest_is_no_json(text: str) -> None:
    with pytest.raises(JsonError) as raised:
        parse(text)
    assert (raised.value.rule, raised.value.column) == BROKEN_BEHIND[text]


@given(st.lists(st.sampled_from([*'{}[],:"\\ a1-', "NaN", "-Infinity", '"a":', "1" * 4400, ".5", "e9"]), max_size=12))
def test_no_text_raises_anything_else(tokens: list[str]) -> None:
    with suppress(JsonError):
        parse("".join(tokens))
