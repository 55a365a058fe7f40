"""Strict JSON, and lines and columns in it."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plain_places
from chipstance.locate import JsonError, Positions, decode, parse, position

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


SPACE = st.sampled_from(["", "", " ", "\r\n", "\n\t ", " \r"])
STRINGS = [
    r'""',
    '"a"',
    r'"\u0061"',
    '"a/b~"',
    r'"\"{["',
    '"🧵]}"',
    r'"\\"',
    '"0"',
    r'"\ud83e\uddf5,:"',
    '"NaN"',
    '"é\u2028"',
]
TOKENS = ["0", "-1.5e-7", "12", "true", "null", "1e5", f"{'1' * 4301}.5", *STRINGS]
REFUSED = ["NaN", "-Infinity", "1" * 4301, "-" + "7" * 4400, "[" * 70 + "]" * 70, '{"a":' * 65 + "1" + "}" * 65]


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = [draw(SPACE) + item + draw(SPACE) for item in draw(st.lists(inner, max_size=4))]
    return f"[{','.join(items) or draw(SPACE)}]"


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[str], *, unique: bool) -> str:
    distinct = json.loads if unique else None
    keys = draw(
        st.lists(st.sampled_from(STRINGS), max_size=4, unique_by=distinct)
        if unique
        else st.lists(st.sampled_from(STRINGS), max_size=4)
    )
    items = [f"{draw(SPACE)}{key}{draw(SPACE)}:{draw(SPACE)}{draw(inner)}{draw(SPACE)}" for key in keys]
    return "{" + (",".join(items) or draw(SPACE)) + "}"


def texts(tokens: list[str], *, unique: bool) -> st.SearchStrategy[str]:
    """Return JSON texts that are written in any way; keys stand once in an object, or not."""
    value = st.recursive(
        st.sampled_from(tokens), lambda inner: lists(inner) | objects(inner, unique=unique), max_leaves=12
    )
    return st.tuples(SPACE, value, SPACE).map("".join)


@given(texts(TOKENS, unique=True), st.data())
def test_everything_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    known = [mark.pointer for mark in plain_places.scan(text)]
    asked = st.lists(st.sampled_from(known), min_size=1, max_size=9)
    wanted = data.draw(asked.flatmap(st.permutations))
    gone = data.draw(st.sampled_from(["", "/0", "/7/x", "/00", "/-1", "/a", "/a~1b~0", "/²", "/x"]))
    places = Positions(text)
    for pointer in [*wanted, *(each + gone for each in wanted), *wanted]:
        for key in (True, False):
            assert places.find(pointer, key=key) == plain_places.find(text, pointer, key=key)


@given(texts([*TOKENS, *REFUSED], unique=False), st.data())
def test_what_is_refused_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    behind = data.draw(st.sampled_from(["", "]", "}", '{"a": 1, "a": 1}']))
    found = None
    try:
        parse(text + behind)
    except JsonError as error:
        found = error
    assert found or not behind
    if found and (found.rule != "json-syntax" or "digits" in str(found)):
        place = plain_places.refused_at(text, found.rule)
        assert (found.line, found.column) == place


@given(st.lists(st.sampled_from(["a", "\n", "\r\n", "🧵", "é" * 5, "\n" * 7])).map("".join), st.integers(1, 9))
def test_lines_are_counted_in_blocks(text: str, size: int) -> None:
    with mock.patch("chipstance.locate._BLOCK", size):
        places = Positions(text)
        assert [places.at(at) for at in range(len(text) + 1)] == [position(text, at) for at in range(len(text) + 1)]


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
    with pytest.raises(JsonError, match="byte 8 of the file, 0xff, is no UTF-8") as caught:
        decode("{\n🧵 ".encode() + b"\xff}")
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("json-encoding", 2, 3)


def test_what_is_no_text_is_named() -> None:
    with pytest.raises(JsonError, match="this is gzip: let the name end as its content asks for"):
        decode(gzip.compress(b"{}"))


def test_a_bad_byte_of_a_line_is_counted_from_its_start() -> None:
    with pytest.raises(JsonError, match="byte 7 of the line, 0xff, is no UTF-8"):
        decode("{ 🧵".encode() + b"\xff}", line=True)


@pytest.mark.parametrize(
    "text",
    ['{"name": "Žofie"}', '\n[{"name": "Übung für 5 €"}]', "a mill, an old one", '{"a": "中文中文中文中文中文"}'],
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_an_encoding_with_many_nuls_is_told(text: str, encoding: str) -> None:
    with pytest.raises(JsonError, match=f"the file is {encoding[:6].upper()}, by where NULs stand in it"):
        decode(text.encode(encoding))


@pytest.mark.parametrize("data", [b"", b"\0", b'"\0\0\0"', bytes(5000), b'{"a": "' + bytes(20) + b'"}', b"\0a\0b\0"])
def test_a_few_nuls_and_nuls_alone_are_no_encoding(data: bytes) -> None:
    assert decode(data) == data.decode()


def test_what_is_nested_is_looked_into_as_far_as_it_goes() -> None:
    for depth in (1, 2, 63, 64):
        assert parse("[" * depth + "]" * depth) is not None
    with pytest.raises(JsonError, match="nested more than 64 deep"):
        parse("[" * 64 + "0" + "]" * 64)


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


def test_places_are_found_about_as_quickly_as_a_text_is_parsed() -> None:
    span = '{"id": "s1", "layer": "cue", "start": 10, "text": "sa\\u0069d 🧵", "attributes": {"entity": null}}'
    text = f'{{"doc": "mill", "spans": [{", ".join([span] * 10_000)}], "doc": 1}}'
    parsing = min(_took(lambda: json.loads(text)) for _ in range(3))
    assert _took(lambda: Positions(text).find("/spans/9999/attributes/entity")) < 8 * parsing
    assert min(_took(lambda: _is_sound(text)) for _ in range(3)) < 16 * parsing


def _is_sound(text: str) -> bool:
    with suppress(JsonError):
        parse(text)
        return True
    return False


def _took(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


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
