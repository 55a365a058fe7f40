"""Krippendorff's α against published examples, and its tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance.alpha import alpha, coincidences, inside, nominal_alpha, tokens
from chipstance.model import Span


def rows(*texts: str) -> list[list[str | None]]:
    return [[None if value == "." else value for value in text.split()] for text in texts]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        # Krippendorff (2011), sections A, B and C
        (rows("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),
        (rows("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),
        (
            rows(
                "1 2 3 3 2 1 4 1 2 . . .",
                "1 2 3 3 2 2 4 1 2 5 . 3",
                ". 3 3 3 2 3 4 2 2 5 1 .",
                "1 2 3 3 2 4 4 1 2 5 1 .",
            ),
            0.743,
        ),
        # Wikipedia, Krippendorff's alpha, "A computational example"
        (
            rows(
                ". . . . . 3 4 1 2 1 1 3 3 . 3",
                "1 . 2 1 3 3 4 3 . . . . . . .",
                ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
            ),
            0.691,
        ),
    ],
)
def test_published_examples(data: list[list[str | None]], value: float) -> None:
    assert nominal_alpha(data) == pytest.approx(value, abs=5e-4)


def test_one_value_has_no_alpha() -> None:
    assert math.isnan(nominal_alpha(rows("a a a", "a a a")))


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=4, max_size=20))
def test_coincidences_add_up(counts: list[list[int]]) -> None:
    data = np.array(counts, dtype=float)
    whole, parts = (
        coincidences(data).sum(axis=0),
        coincidences(data[:2]).sum(axis=0) + coincidences(data[2:]).sum(axis=0),
    )
    assert np.allclose(whole, parts)
    assert np.array_equal(alpha(whole[None]), [alpha(whole)], equal_nan=True)


def test_tokens_are_words_and_single_signs() -> None:
    text = "Bo’s $3.5bn 🚢—“yes”"
    assert [token.text for token in tokens(text)] == ["Bo", "’", "s", "$", "3", ".", "5bn", "🚢", "—", "“", "yes", "”"]
    assert all(text[token.start : token.end] == token.text for token in tokens(text))


@settings(deadline=None)
@given(st.text("ab .", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=4))
def test_a_token_is_inside_where_it_shares_a_code_point(text: str, places: list[tuple[int, int]]) -> None:
    spans = [Span("", "cue", start, start + size, "") for start, size in places]
    units = tokens(text)
    expected = [any(unit.start < s.end and s.start < unit.end for s in spans) for unit in units]
    assert inside(units, spans).tolist() == expected
