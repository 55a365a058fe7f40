"""What a span must not cut in two: Unicode's extended grapheme clusters, as far as they are looked for."""

from __future__ import annotations

import json
import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from chipstance.quick import Quick
from chipstance.rules_spans import MOST_FLAG_LETTERS, inside_character, may_be_inside
from example_scores import LAYERS

D, E = "\U0001f1e9", "\U0001f1ea"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
PARTS = [
    *"a1 é가각क日.",
    *("\u0301", "\u20e3", "\ufe0f", "\u0903", "\u102b", "\u0e33", "\U0001f469", "\U0001f3fd", D, E),
    *("\U0001f3f4", "\U000e0067", "\U000e007f", "\u1100", "\u1161", "\u11a8", "\ua960", "\ud7b0", "\ud7cb"),
    *("\uff8a", "\uff9e", "\u302e"),
]


def inside(text: str) -> list[int]:
    return [at for at in range(len(text) + 1) if inside_character(text, at)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"x{D}{E}{E}{D} {D}{E}", [2, 4, 7]),
        (f"{D}{E}{D}", [1]),
        (SCOTLAND, [1, 2, 3, 4, 5, 6]),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", [1, 2, 4, 5]),
        ("가\u11a8각\u11a8\u1161", [1, 3]),
        ("\u1100가나", []),
        ("가나", []),
        ("का\u093f\u102c", [1, 2]),
        ("ทำ", [1]),
    ],
)
def test_where_a_character_is_cut_in_two(text: str, expected: list[int]) -> None:
    assert inside(text) == expected


@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
def test_it_is_as_unicode_says(text: str) -> None:
    text = re.sub("(?<=[\u1100\ua960])(?=[가각])", ".", text)
    begins = {found.start() for found in regex.finditer(r"\X", text)}
    assert inside(text) == [at for at in range(1, len(text)) if at not in begins]


@given(st.lists(st.sampled_from([*PARTS, "\u200d"]), min_size=2, max_size=9).map("".join))
def test_no_place_inside_is_missed_by_what_stands_behind_it(text: str) -> None:
    assert all(may_be_inside(text[at]) or "\u200d" in text for at in inside(text))


def test_no_text_of_flags_alone_keeps_anybody_waiting() -> None:
    text = (D + E) * MOST_FLAG_LETTERS
    assert inside(text) == list(range(1, MOST_FLAG_LETTERS, 2))


@pytest.mark.parametrize("text", [f"{D}{E}{E}{D}", "\u1112\u1161\u11ab", "\u1100가", "가나다", SCOTLAND, "देश"])
def test_the_quick_way_accepts_no_cut(text: str) -> None:
    quick = Quick(LAYERS)
    for at in range(1, len(text)):
        span = {"id": "c1", "layer": "cue", "start": 0, "end": at, "text": text[:at], "attributes": {}}
        data = json.dumps({"doc": "mill", "text": text, "spans": [span]}, ensure_ascii=False).encode()
        accepted = quick.doc(data) == "mill"
        assert accepted <= (not inside_character(text, at))
        assert accepted == (not inside_character(text, at)) or D in text
