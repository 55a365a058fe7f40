from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chipstance.corpus import Corpus
from chipstance.model import Document, Span
from chipstance.records import RecordError, Row, make_records, stance_label
from chipstance.tables import release_tables, stance_labels
from example_release import copy_example, example_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return example_corpus(copy_example(tmp_path_factory.mktemp("records") / "checkout"))


def rows(corpus: Corpus, config: str, doc: str) -> list[Row]:
    return [row for split in make_records(corpus)[config].values() for row in split if row["doc"] == doc]


def change(corpus: Corpus, doc: str, span_id: str, **changes: Any) -> Corpus:
    document = corpus.gold[doc]
    spans = tuple(replace(span, **changes) if span.id == span_id else span for span in document)
    return replace(corpus, gold={**corpus.gold, doc: replace(document, spans=spans)})


def attributes(corpus: Corpus, doc: str, span_id: str, **changes: Any) -> Corpus:
    return change(corpus, doc, span_id, attributes={**corpus.gold[doc].span(span_id).attributes, **changes})


def test_every_row_has_the_declared_columns_in_order(corpus: Corpus) -> None:
    records = make_records(corpus)
    assert list(records) == [table.config for table in release_tables(corpus.layers)]
    for table in release_tables(corpus.layers):
        for split in records[table.config].values():
            assert all(list(row) == [column.name for column in table.columns] for row in split)


def test_splits_are_those_of_the_articles(corpus: Corpus) -> None:
    for splits in make_records(corpus).values():
        assert {split: {row["doc"] for row in rows} for split, rows in splits.items()} == {
            "validation": {"mill"},
            "test": {"harbor"},
        }


def test_an_article_holds_all_its_labels(corpus: Corpus) -> None:
    (row,) = rows(corpus, "articles", "harbor")
    assert row["title"] == "Port firms weigh the loom limits"
    assert (row["publisher"], row["date"]) == (None, None)
    assert [edit["kind"] for edit in row["edits"]] == ["repair"]
    assert row["money"][0] == {
        "id": "m1",
        "start": 267,
        "end": 278,
        "text": "$12 million",
        "currency": "USD",
        "minimum": Decimal(12000000),
        "maximum": Decimal(12000000),
        "qualifier": "approximate",
        "repaired": True,
    }
    assert sum(len(row[layer.name]) for layer in corpus.layers) == len(corpus.gold["harbor"].spans)


def test_a_stated_date_becomes_a_date(corpus: Corpus) -> None:
    articles = tuple(replace(article, date="2031-03-03") for article in corpus.articles)
    (row,) = rows(replace(corpus, articles=articles), "articles", "mill")
    assert row["date"] == date(2031, 3, 3)


def test_spans_stand_in_reading_order_whatever_the_files_order(corpus: Corpus) -> None:
    backward = {doc: replace(d, spans=tuple(reversed(d.spans))) for doc, d in corpus.gold.items()}
    assert make_records(replace(corpus, gold=backward)) == make_records(corpus)


def test_every_offset_slices_the_article(corpus: Corpus) -> None:
    records = make_records(corpus)
    texts = {row["doc"]: row["text"] for split in records["articles"].values() for row in split}
    for config, prefixes in {
        "paragraphs": [""],
        "statements": ["", "speaker_", "cue_"],
        "stance": ["statement_"],
        "money": [""],
    }.items():
        for row in (row for split in records[config].values() for row in split):
            for prefix in prefixes:
                if row[f"{prefix}start"] is not None:
                    assert texts[row["doc"]][row[f"{prefix}start"] : row[f"{prefix}end"]] == row[f"{prefix}text"]


def test_context_covers_the_span(corpus: Corpus) -> None:
    for config, prefix in {"statements": "", "stance": "statement_", "money": ""}.items():
        for row in rows(corpus, config, "mill") + rows(corpus, config, "harbor"):
            start = row[f"{prefix}start"] - row["context_start"]
            assert row["context"][start:].startswith(row[f"{prefix}text"])


def test_tags_give_every_span_of_a_tagged_layer_back(corpus: Corpus) -> None:
    for doc, document in corpus.gold.items():
        for layer in ("organization", "speaker", "money"):
            tagged = [s for row in rows(corpus, "paragraphs", doc) for s in decode(row, f"{layer}_tags")]
            assert tagged == sorted((s.start, s.end) for s in document.layer(layer))


def decode(row: Row, tags: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for tag, start, end in zip(row[tags], row["token_start"], row["token_end"], strict=True):
        if tag[0] == "B":
            spans.append((start, end))
        elif tag[0] == "I":
            spans[-1] = (spans[-1][0], end)
    return spans


def test_a_statement_brings_its_speaker_and_cue(corpus: Corpus) -> None:
    first = rows(corpus, "statements", "mill")[0]
    assert (first["text"], first["kind"]) == ("“Open patterns belong to everyone,”", "direct")
    assert (first["speaker_text"], first["speaker_mention"]) == ("Ada Quill", "name")
    assert (first["speaker_entity"], first["speaker_name"], first["speaker_kind"]) == (
        "ada-quill",
        "Ada Quill",
        "person",
    )
    assert (first["cue_id"], first["cue_text"]) == ("c1", "said")


def test_no_cue_and_no_named_source_are_nulls(corpus: Corpus) -> None:
    post = rows(corpus, "statements", "harbor")[-1]
    assert [post[f"cue_{name}"] for name in ("id", "start", "end", "text")] == [None] * 4
    critics = next(row for row in rows(corpus, "statements", "mill") if row["speaker_text"] == "Critics")
    assert [critics[f"speaker_{name}"] for name in ("entity", "name", "kind")] == [None] * 3


def test_stance_pairs_every_statement_with_every_target(corpus: Corpus) -> None:
    found = rows(corpus, "stance", "mill")
    assert len(found) == 2 * len(corpus.gold["mill"].layer("statement"))
    assert {(row["statement_id"], row["target"]): (row["label"], row["stance_ids"]) for row in found} == {
        ("q1", "export_controls"): ("none", []),
        ("q1", "open_source"): ("favor", ["t2"]),
        ("q2", "export_controls"): ("none", []),
        ("q2", "open_source"): ("favor", ["t3"]),
        ("q3", "export_controls"): ("none", []),
        ("q3", "open_source"): ("none", []),
        ("q4", "export_controls"): ("against", ["t5"]),
        ("q4", "open_source"): ("none", []),
        ("q5", "export_controls"): ("none", []),
        ("q5", "open_source"): ("none", []),
        ("q6", "export_controls"): ("against", ["t6"]),
        ("q6", "open_source"): ("none", []),
    }


def test_stance_classes_are_the_polarities_and_none(corpus: Corpus) -> None:
    assert stance_labels(corpus.layers) == ("favor", "against", "neutral", "none")


SPEAKER = Span("p1", "speaker", 30, 33, "she", {"entity": "ida", "mention": "pronoun"})
STATEMENT = Span("q1", "statement", 5, 20, "", {"speaker": "p1"})


def stance(span_id: str, polarity: str, start: int = 6, end: int = 10, holder: str | None = "ida") -> Span:
    values = {"target": "open_source", "polarity": polarity, "holder": holder, "explicit": True}
    return Span(span_id, "stance", start, end, "", values)


@pytest.mark.parametrize(
    ("spans", "label", "ids"),
    [
        ([], "none", []),
        ([stance("t1", "favor")], "favor", ["t1"]),
        ([stance("t1", "against"), stance("t2", "against", 12, 14)], "against", ["t1", "t2"]),
        ([stance("t1", "neutral")], "neutral", ["t1"]),
        ([stance("t1", "neutral"), stance("t2", "favor", 12, 14)], "favor", ["t2"]),
        ([stance("t1", "favor", 0, 6)], "favor", ["t1"]),  # overlaps by one code point
        ([stance("t1", "favor", 0, 5)], "none", []),  # ends where the statement starts
        ([stance("t1", "favor", 20, 22)], "none", []),  # starts where it ends
        ([stance("t1", "favor", 0, 40)], "favor", ["t1"]),  # covers it
        ([stance("t1", "favor", holder="ned")], "none", []),
        ([stance("t1", "favor", holder="author")], "none", []),
        ([stance("t1", "favor", holder=None)], "none", []),
        ([stance("t1", "favor"), stance("t2", "against", holder="ned")], "favor", ["t1"]),
    ],
)
def test_stance_of_a_statement(spans: list[Span], label: str, ids: list[str]) -> None:
    document = Document("loom", "", (SPEAKER, STATEMENT, *spans))
    found, deciding = stance_label(document, STATEMENT, "open_source")
    assert (found, [span.id for span in deciding]) == (label, ids)
    assert stance_label(document, STATEMENT, "export_controls") == ("none", ())


@pytest.mark.parametrize(("holder", "label"), [(None, "favor"), ("author", "none"), ("ida", "none")])
def test_an_unnamed_holder_is_an_unnamed_speaker(holder: str | None, label: str) -> None:
    unnamed = replace(SPEAKER, attributes={"entity": None, "mention": "nominal"})
    document = Document("loom", "", (unnamed, STATEMENT, stance("t1", "favor", holder=holder)))
    assert stance_label(document, STATEMENT, "open_source")[0] == label


def test_both_sides_at_once_are_an_error() -> None:
    document = Document("loom", "", (SPEAKER, STATEMENT, stance("t1", "favor"), stance("t2", "against")))
    with pytest.raises(RecordError, match="loom: statement q1 is for and against open_source"):
        stance_label(document, STATEMENT, "open_source")


def test_a_span_that_cuts_a_token_stops_the_build(corpus: Corpus) -> None:
    start = corpus.gold["mill"].span("o1").start
    broken = change(corpus, "mill", "o1", end=start + 3)
    with pytest.raises(RecordError, match=rf"mill: organization span o1 \[{start}, {start + 3}\)"):
        make_records(broken)


def test_a_tagged_span_that_crosses_paragraphs_stops_the_build(corpus: Corpus) -> None:
    broken = change(corpus, "mill", "o1", end=40)
    with pytest.raises(RecordError, match=r"mill: organization span o1 .* one paragraph"):
        make_records(broken)


def test_an_amount_is_kept_exactly_or_stops_the_build(corpus: Corpus) -> None:
    fine = attributes(corpus, "mill", "m1", minimum="12345678901234567890.1234")
    assert rows(fine, "money", "mill")[0]["minimum"] == Decimal("12345678901234567890.1234")
    with pytest.raises(RecordError, match=r"mill: money span m1 .*0\.00001 has more than 4 digits"):
        make_records(attributes(corpus, "mill", "m1", minimum="0.00001"))


def test_a_split_without_rows_stops_the_build(corpus: Corpus, tmp_path: Path) -> None:
    document = corpus.gold["harbor"]
    bare = replace(document, spans=tuple(span for span in document if span.layer != "money"))
    with pytest.raises(RecordError, match="config money has no row in split test"):
        make_records(replace(corpus, gold={**corpus.gold, "harbor": bare}))
