from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance.model import Span
from chipstance.textunits import (
    AlignmentError,
    Unit,
    bio_tags,
    check_inside,
    context,
    paragraphs,
    tokenizer_name,
    tokens,
)

TEXT = "  Looms hum 🧵.\n\n \t\nAcme's loom, they say,\tcost $5 million.\r\nThe end"


def span(start: int, end: int, text: str = TEXT, layer: str = "organization") -> Span:
    return Span("x1", layer, start, end, text[start:end])


def found(text: str, words: str) -> Span:
    return span(text.index(words), text.index(words) + len(words), text)


def test_paragraphs_are_the_lines_that_are_not_blank_without_their_edges() -> None:
    assert [unit.text for unit in paragraphs(TEXT)] == [
        "Looms hum 🧵.",
        "Acme's loom, they say,\tcost $5 million.",
        "The end",
    ]
    assert paragraphs(" \n\n") == ()


@settings(deadline=None)  # the first example imports spaCy
@given(st.text(alphabet=" \n\t\r\u2028\u00a0aé🧵.'"))
def test_every_visible_character_lies_in_exactly_one_paragraph_and_token(text: str) -> None:
    units = paragraphs(text)
    assert all(text[unit.start : unit.end] == unit.text == unit.text.strip() for unit in units)
    pieces = [token for unit in units for token in tokens(unit)]
    assert all(text[token.start : token.end] == token.text for token in pieces)
    assert "".join("".join(token.text.split()) for token in pieces) == "".join(text.split())


def test_tokens_have_offsets_into_the_document() -> None:
    second = tokens(paragraphs(TEXT)[1])
    assert [token.text for token in second[:4]] == ["Acme", "'s", "loom", ","]
    assert [token.text for token in second[-4:]] == ["$", "5", "million", "."]
    assert second[0].start == TEXT.index("Acme")


def test_tokenizer_is_named_with_its_version() -> None:
    assert re.fullmatch(r'spaCy 3\.8\.\d+, spacy\.blank\("en"\)', tokenizer_name())


def test_context_is_the_paragraph_or_the_run_of_paragraphs() -> None:
    units = paragraphs(TEXT)
    assert context(TEXT, units, found(TEXT, "loom,")) == units[1]
    run = context(TEXT, units, span(TEXT.index("million"), len(TEXT)))
    assert (run.start, run.end) == (units[1].start, len(TEXT))
    assert TEXT[run.start : run.end] == run.text


def test_tags_begin_and_go_on() -> None:
    text = "Acme Mills Acme."
    tags = bio_tags(tokens(paragraphs(text)[0]), [span(0, 10, text), span(11, 15, text)])
    assert tags == ["B-organization", "I-organization", "B-organization", "O"]


@pytest.mark.parametrize(("start", "end"), [(0, 3), (1, 4), (0, 6)])
def test_a_span_that_cuts_a_token_is_an_error_that_names_it(start: int, end: int) -> None:
    text = "Acme hums."
    with pytest.raises(AlignmentError, match=rf"organization span x1 \[{start}, {end}\) .*Acme"):
        bio_tags(tokens(paragraphs(text)[0]), [span(start, end, text)])


def test_a_span_that_crosses_paragraphs_is_an_error_that_names_it() -> None:
    units = paragraphs(TEXT)
    check_inside(units, [found(TEXT, "Acme")])
    with pytest.raises(AlignmentError, match=r"x1 .* does not lie inside one paragraph"):
        check_inside(units, [span(TEXT.index("million"), len(TEXT))])


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=12))
def test_tags_give_the_spans_back(runs: list[tuple[int, bool]]) -> None:
    units: list[Unit] = []
    wanted: list[Span] = []
    for length, labelled in runs:
        first = len(units)
        units += [Unit(2 * (first + i), 2 * (first + i) + 1, "x") for i in range(length)]
        if labelled:
            wanted.append(Span("", "money", units[first].start, units[-1].end, ""))
    assert [(s.start, s.end) for s in wanted] == spans_of(units, bio_tags(units, wanted))


def spans_of(units: list[Unit], tags: list[str]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for unit, tag in zip(units, tags, strict=True):
        if tag.startswith("B-"):
            spans.append((unit.start, unit.end))
        elif tag.startswith("I-"):
            spans[-1] = (spans[-1][0], unit.end)
    return spans
