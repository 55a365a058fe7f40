"""The output of other tools becomes spans of the text, or an error where it does not fit it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.adapters import (
    AdapterError,
    spans_from_paragraphs,
    spans_from_spacy,
    spans_from_tags,
    spans_from_token_classification,
)
from chipstance.model import Span
from chipstance.textunits import Unit, bio_tags

TEXT = "🧵 Brightloom Mills and Café Nord paid Ada Brack."
LABELS = {"ORG": "organization"}


def units(text: str) -> list[Unit]:
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append(Unit(at, at + len(word), word))
        at += len(word)
    return found


def texts(spans: tuple[Span, ...]) -> list[tuple[str, str]]:
    assert all(span.text == TEXT[span.start : span.end] for span in spans)
    return [(span.layer, span.text) for span in spans]


def row(word: str, label: str, key: str = "entity", shown: str = "") -> dict[str, Any]:
    start = TEXT.index(word)
    return {key: label, "score": 0.9, "word": shown or word, "start": start, "end": start + len(word)}


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O B-a I-a O B-a I-a O O O", ["Brightloom Mills", "Café Nord"]),
        ("O I-a I-a O B-a B-a O O O", ["Brightloom Mills", "Café", "Nord"]),
        ("B-a I-b I-b O O O O O I-b", ["🧵", "Brightloom Mills", "Brack."]),
        ("O O O O O O O O O", []),
    ],
)
def test_tags_become_spans(tags: str, found: list[str]) -> None:
    assert [text for _, text in texts(spans_from_tags(units(TEXT), tags.split(), TEXT))] == found


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 3), st.sampled_from("ab")), max_size=4))
def test_tags_lead_back_to_the_spans(drawn: list[tuple[int, int, str]]) -> None:
    words, free = units(TEXT), 0
    spans: list[Span] = []
    for first, length, layer in sorted(drawn):
        if first >= free and first + length <= len(words):
            start, end = words[first].start, words[first + length - 1].end
            spans.append(Span(f"s{len(spans) + 1}", layer, start, end, TEXT[start:end]))
            free = first + length
    assert spans_from_tags(words, bio_tags(words, spans), TEXT) == tuple(spans)


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        (units(TEXT), ["O"], "1 tags for 9 tokens"),
        (units("Bright"), ["X-a"], "'X-a' is no tag"),
        (units("Bright"), ["B-"], "'B-' is no tag"),
        (units("Bright"), ["O"], "is '🧵 Brig' in the text, not 'Bright'"),
    ],
)
def test_tags_that_do_not_fit_are_refused(words: list[Unit], tags: list[str], message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        spans_from_tags(words, tags, TEXT if message[0] != "'" else "Bright")


def test_tags_of_the_paragraphs_config_become_spans() -> None:
    text = "Brightloom paid.\nAda Brack of Nord paid $3."
    rows: list[dict[str, Any]] = []
    for tokens, organizations, money in (
        ("Brightloom paid.", ["B-organization", "O"], [0, 0]),
        ("Ada Brack of Nord paid $3.", [0, 0, 0, 1, 0, 0], ["O", "O", "O", "O", "O", "B-money"]),
    ):
        found = [unit for unit in units(text) if unit.text in tokens]
        found = found[:2] if len(rows) == 0 else found[-6:]
        rows.append(
            {
                "tokens": [unit.text for unit in found],
                "token_start": [unit.start for unit in found],
                "token_end": [unit.end for unit in found],
                "organization_tags": organizations,
                "money_tags": money,
                "speaker_tags": ["B-speaker"] * len(found),
            }
        )
    spans = spans_from_paragraphs(rows, text, ["organization", "money"])
    assert [(span.id, span.layer, span.text) for span in spans] == [
        ("s1", "organization", "Brightloom"),
        ("s2", "organization", "Nord"),
        ("s3", "money", "$3."),
    ]
    rows[0]["money_tags"] = [0]
    with pytest.raises(AdapterError, match="1 tags for 2 tokens"):
        spans_from_paragraphs(rows, text, ["money"])


def test_aggregated_rows_become_spans() -> None:
    rows = [
        row("Brightloom Mills", "ORG", "entity_group"),
        row(" Café Nord", "ORG", "entity_group", "cafe nord"),
        row("Ada Brack", "PER", "entity_group"),
    ]
    rows[1]["word"] = " Café Nord"
    assert texts(spans_from_token_classification(rows, TEXT, LABELS)) == [
        ("organization", "Brightloom Mills"),
        ("organization", "Café Nord"),
    ]


@pytest.mark.parametrize("prefixes", [("B-", "I-"), ("I-", "I-"), ("", "")])
def test_rows_of_tokens_are_joined(prefixes: tuple[str, str]) -> None:
    first, rest = (f"{prefix}ORG" for prefix in prefixes)
    rows = [
        row("Bright", first),
        row("loom", rest, shown="##loom"),
        row("Mills", rest),
        row("Café", rest, shown="▁Café"),
    ]
    assert texts(spans_from_token_classification(rows, TEXT, LABELS)) == [
        ("organization", "Brightloom Mills"),
        ("organization", "Café"),
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start": None}, "no offsets"),
        ({"start": 3}, "not 'Bright'"),
        ({"end": 999}, "not 'Bright'"),
        ({"end": 2}, "not"),
    ],
)
def test_rows_that_do_not_fit_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        spans_from_token_classification([row("Bright", "ORG") | wrong], TEXT, LABELS)


def test_spacys_entities_become_spans() -> None:
    entities = [
        SimpleNamespace(label_=label, start_char=TEXT.index(word), end_char=TEXT.index(word) + len(word))
        for word, label in [("Café Nord", "ORG"), ("Ada Brack", "PERSON")]
    ]
    doc = SimpleNamespace(text=TEXT, ents=entities)
    assert texts(spans_from_spacy(doc, TEXT, LABELS)) == [("organization", "Café Nord")]
    with pytest.raises(AdapterError, match="another text"):
        spans_from_spacy(doc, TEXT + " ", LABELS)
