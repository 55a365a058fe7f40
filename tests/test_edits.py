"""Recorded edits, and offsets carried from article to text and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.digests import sha256
from chipstance.edits import EditError, OffsetMap, apply_edits, edit_errors
from chipstance.model import Edit

LETTERS = st.sampled_from(["a", "é", "q\u0308", "🧵", "👩🏽\u200d🚀", "\r\n", "\n", " ", "漢"])
TEXTS = st.lists(LETTERS, min_size=1, max_size=30).map("".join)


@st.composite
def articles_with_edits(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """Draw an article and edits of it: adjacent ones, deletions, and edits at both ends included."""
    raw = draw(TEXTS)
    size = len(raw)
    cuts = sorted(draw(st.sets(st.integers(0, size), min_size=2, max_size=min(8, size + 1))))
    edits = []
    for start, end in pairwise(cuts):
        if draw(st.booleans()):
            replacement = draw(st.just("") | TEXTS)
            edits.append(Edit(start, end, replacement, "repair" if replacement else "deletion", "a test"))
    return raw, tuple(edits)


def untouched(raw: str, edits: Sequence[Edit]) -> list[int]:
    return [i for i in range(len(raw)) if not any(edit.start <= i < edit.end for edit in edits)]


@given(articles_with_edits())
def test_the_text_is_what_splicing_from_the_right_makes(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    spliced = raw
    for edit in reversed(edits):
        spliced = spliced[: edit.start] + edit.replacement + spliced[edit.end :]
    assert apply_edits(raw, edits, sha256(raw)) == spliced


@given(articles_with_edits())
def test_outside_edits_both_maps_keep_the_character_and_invert_one_another(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    kept = untouched(raw, edits)
    places = [offsets.to_text(i) for i in kept]
    assert all(place.exact for place in places)
    assert [text[place.offset] for place in places] == [raw[i] for i in kept]
    assert [offsets.to_raw(place.offset).offset for place in places] == kept
    assert all(offsets.to_raw(place.offset).exact for place in places)


@given(articles_with_edits())
def test_inside_an_edit_the_place_names_it(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    for edit in edits:
        places = [offsets.to_text(i) for i in range(edit.start, edit.end)]
        assert {place.edit for place in places} == {edit}
        start = places[0].offset
        assert {place.offset for place in places} == {start}
        assert text[start : start + len(edit.replacement)] == edit.replacement
        back = [offsets.to_raw(start + i) for i in range(len(edit.replacement))]
        assert all((place.offset, place.edit) == (edit.start, edit) for place in back)


@given(articles_with_edits())
def test_the_ends_are_carried_to_the_ends(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    assert offsets.to_text(len(raw)).offset == len(text)
    assert offsets.to_raw(len(text)).offset == len(raw)


@given(articles_with_edits(), st.data())
def test_spans_outside_edits_keep_their_covered_text(drawn: tuple[str, tuple[Edit, ...]], data: st.DataObject) -> None:
    raw, edits = drawn
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    text_start, text_end, touched = offsets.span_to_text(start, end)
    assert touched == tuple(edit for edit in edits if edit.start < end and start < edit.end)
    pieces = [edit.replacement for edit in touched] + [raw[i] for i in untouched(raw, edits) if start <= i < end]
    assert sorted("".join(pieces)) == sorted(text[text_start:text_end])
    if not touched:
        assert text[text_start:text_end] == raw[start:end]
        assert offsets.span_to_raw(text_start, text_end) == (start, end, ())


@given(articles_with_edits(), st.data())
def test_text_spans_go_back_to_all_that_they_came_from(
    drawn: tuple[str, tuple[Edit, ...]], data: st.DataObject
) -> None:
    raw, edits = drawn
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    raw_start, raw_end, touched = offsets.span_to_raw(start, end)
    assert 0 <= raw_start < raw_end <= len(raw)
    text_start, text_end, again = offsets.span_to_text(raw_start, raw_end)
    assert text_start <= start
    assert end <= text_end
    assert touched == again


@given(articles_with_edits())
def test_repaired_is_true_on_replacements_of_repairs_only(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    text, offsets = apply_edits(raw, edits), OffsetMap(edits)
    found = [offsets.repaired(i, i + 1) for i in range(len(text))]
    assert found == [offsets.to_raw(i).edit is not None for i in range(len(text))]


@given(articles_with_edits())
def test_good_edits_have_no_errors(drawn: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = drawn
    assert list(edit_errors(raw, edits)) == []


def edit(start: int, end: int) -> Edit:
    return Edit(start, end, "", "deletion", "a test")


@pytest.mark.parametrize(
    ("edits", "rule", "index", "said"),
    [
        ([edit(0, 2), edit(5, 11)], "edit-out-of-range", 1, r"edit 1 \[5, 11\)"),
        ([edit(-1, 2)], "edit-out-of-range", 0, r"edit 0 \[-1, 2\)"),
        ([edit(3, 3)], "edit-out-of-range", 0, r"edit 0 \[3, 3\)"),
        ([edit(4, 2)], "edit-out-of-range", 0, r"edit 0 \[4, 2\)"),
        ([edit(5, 6), edit(1, 2)], "edit-order", 1, r"edit 1 \[1, 2\)"),
        ([edit(1, 4), edit(3, 6)], "edit-overlap", 1, r"edit 1 \[3, 6\)"),
        ([edit(1, 8), edit(2, 3), edit(5, 9)], "edit-overlap", 1, "ends at 8"),
    ],
)
def test_bad_edits_are_errors_that_name_the_edit(edits: list[Edit], rule: str, index: int, said: str) -> None:
    with pytest.raises(EditError, match=said) as caught:
        apply_edits("0123456789", edits)
    assert (caught.value.rule, caught.value.index) == (rule, index)


def test_every_bad_edit_is_reported() -> None:
    bad = [edit(1, 8), edit(2, 3), edit(9, 99)]
    assert [(error.rule, error.index) for error in edit_errors("0123456789", bad)] == [
        ("edit-overlap", 1),
        ("edit-out-of-range", 2),
    ]


def test_a_changed_article_is_an_error() -> None:
    with pytest.raises(EditError, match="put the article back") as caught:
        apply_edits("0123456789", [], sha256("012345678"))
    assert (caught.value.rule, caught.value.index) == ("article-digest", None)


def test_sha256_of_text_is_that_of_its_utf_8() -> None:
    assert sha256("🧵") == sha256("🧵".encode())
