"""What language models answer is read, mended where that is safe, and never evaluated."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.answers import AnswerError, read_json_answer

SAID = {"layer": "cue", "text": "said"}


@pytest.mark.parametrize(
    ("answer", "value", "kinds"),
    [
        ('{"spans": []}', {"spans": []}, []),
        ("[]", [], []),
        ('Sure!\n```json\n[{"a": "said",},]\n```\nHope it helps.', [{"a": "said"}], "fence text-around trailing-comma"),
        ('```\n{"a": 1}\n```', {"a": 1}, ["fence"]),
        ('As in [1], here: {"a": [2, 3]} (see [1])', {"a": [2, 3]}, "text-around several-values"),
        ('<think>maybe {"a": [1, 2, 3]}</think>{"b": 1}', {"b": 1}, "thought"),
        ('maybe {"a": [1, 2, 3]}\n</think>\n{"b": 1}', {"b": 1}, "thought"),
        ('["</think>", {}]', ["</think>", {}], []),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}], "lines"),
        ('{"a": 1}\n{"a": 2}\n{"a": ', [{"a": 1}, {"a": 2}], "lines truncated"),
        ("{'a': None, 'b': 'won't go', 'c': True}", {"a": None, "b": "won't go", "c": True}, "quotes literal"),
        ("{“a”: “b”}", {"a": "b"}, "quotes"),
        ('{"a": "“b”"}', {"a": "“b”"}, []),
        ('{"a": "He said "no" to it", "b": 2}', {"a": 'He said "no" to it', "b": 2}, "inner-quote"),
        ('{a: 1 /* x */, // y\n "b": [2]}', {"a": 1, "b": [2]}, "bare-key comment"),
        ('{"a": ["http://x.example // y"]}', {"a": ["http://x.example // y"]}, []),
        ('[{"a": 1}\n{"b": 2}]', [{"a": 1}, {"b": 2}], "missing-comma"),
        ('{"a": [1, 2, ...]}', {"a": [1, 2]}, "comment trailing-comma"),
        ('{"a": "x\ny"}', {"a": "x\ny"}, "control-character"),
        ('{"a": "\\ud83e\\uddf5\\u00e9\\n\\ud83e"}', {"a": "🧵é\n\ufffd"}, []),
        ('{"a": "\\q\\uzzzz"}', {"a": "quzzzz"}, "escape"),
        ('{"a": 1, "a": 2}', {"a": 2}, "duplicate-key"),
        ('{"cue": ["a"], "cue": ["b"]}', {"cue": ["a", "b"]}, "duplicate-key"),
        ("[4.70, -2, 1e3]", [Decimal("4.70"), -2, Decimal("1e3")], []),
        ('[{"a": 1} oops, {"a": 2}', [[{"a": 1}], {"a": 2}], "broken lines missing-comma"),
        ('{"a": NaN, "b": -Infinity}', {"a": None, "b": None}, "literal"),
        ('1. {"a": 1}\n2. {"a": 1}', [{"a": 1}, {"a": 1}], "lines text-around"),
        ('[{"a": 1}]\n\n[{"a": 1}]\n[2]', [[{"a": 1}], [2]], "lines"),
        ('"{\\"a\\": [1]}"', {"a": [1]}, []),
        ('<THINKING>{"a": [1, 2, 3]}</THINKING>\n{"b": 1}', {"b": 1}, "thought"),
    ],
)
def test_messy_answers(answer: str, value: Any, kinds: str | list[str]) -> None:
    read = read_json_answer(answer)
    assert read.value == value
    assert {mend.kind for mend in read.mends} == set(kinds.split() if isinstance(kinds, str) else kinds)


@pytest.mark.parametrize(
    ("answer", "value", "lost"),
    [
        ('[{"layer":"cue","text":"said"},{"layer":"cue","te', [SAID, {"layer": "cue"}], 4),
        ('{"spans":[{"layer":"cue","text":"said"},{"layer":"cue","text":"sa', {"spans": [SAID, {"layer": "cue"}]}, 11),
        ('{"spans":[{"layer":"cue","text":"said"}', {"spans": [SAID]}, 0),
        ('[{"spans":[{"layer":"cue","text":"said"},', [{"spans": [SAID]}], 1),
        ('{"a":[1,2,3', {"a": [1, 2]}, 2),
        ('{"a": 1, "b": tru', {"a": 1}, 10),
        ('{"a": 1, "b": {"c": 2, "d', {"a": 1, "b": {"c": 2}}, 4),
        ('```json\n[{"a": 1},\n```', [{"a": 1}], 5),
    ],
)
def test_what_is_complete_of_a_truncated_answer_is_kept(answer: str, value: Any, lost: int) -> None:
    read = read_json_answer(answer)
    assert (read.value, read.lost) == (value, lost)
    assert "truncated" in {mend.kind for mend in read.mends}
    assert "text-around" not in {mend.kind for mend in read.mends}


@pytest.mark.parametrize("answer", ["", "No spans.", "see [here", '"said"', "{", "[", "__import__('os').getcwd()"])
def test_an_answer_without_json_is_an_error(answer: str) -> None:
    with pytest.raises(AnswerError, match="no JSON"):
        read_json_answer(answer)


@pytest.mark.parametrize(
    "start",
    [
        "[",
        "{",
        '{"a":',
        '["',
        '{"a":"',
        "[/*",
        '"',
        "[1,",
        '{"a":1}',
        "['',a",
        '["",a',
        "[//",
        "\n</think>[",
        "<think>",
        "[1" * 9,
        "[" + "9" * 99,
    ],
)
def test_hostile_answers_are_read_or_refused(start: str) -> None:
    with suppress(AnswerError):
        assert read_json_answer(start * (50_000 // len(start))).value


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\"'“:,", max_size=3), inner, max_size=3),
    max_leaves=8,
)
containers = st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=3), values, max_size=3)


@given(containers, st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_json_does(value: Any, ascii_only: bool, indent: int | None) -> None:
    read = read_json_answer(json.dumps(value, ensure_ascii=ascii_only, indent=indent))
    assert (read.value, read.mends, read.lost) == (value, (), 0)


@given(
    st.lists(st.dictionaries(st.sampled_from("ab"), st.text('xy"\\,}]“ ', max_size=4), min_size=1), min_size=2),
    st.data(),
)
def test_a_truncated_list_keeps_what_is_complete_before_the_cut(
    items: list[dict[str, str]], data: st.DataObject
) -> None:
    whole = json.dumps(items)
    cut = data.draw(st.integers(len(json.dumps(items[:1])), len(whole) - 1))
    *kept, last = read_json_answer(whole[:cut]).value
    assert kept == items[: len(kept)]
    assert last.items() <= items[len(kept)].items()
    assert len(json.dumps(items[: len(kept) + 2])) > cut


@given(st.text("[]{}\"',:\\/*.a1 \n`“”", max_size=40))
def test_nothing_but_an_answer_error_is_raised(answer: str) -> None:
    with suppress(AnswerError):
        assert isinstance(read_json_answer(answer).value, list | dict)
