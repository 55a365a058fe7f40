"""Predictions as rows of the release's configs: the same figures as spans give, and nothing dropped in silence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.features import make_features
from chipstance.loading import load_documents, load_rows
from chipstance.model import Document, Span
from chipstance.records import RecordError, stance_label
from chipstance.row_predictions import (
    RowAnswers,
    RowsError,
    compare_rows,
    read_rows,
    score_rows,
    take_rows,
)
from chipstance.row_schemas import CONFIGS, IDENTITY
from chipstance.score_figures import Figures, Name, make_figures
from chipstance.score_input import Gold, ScoreInputError, read_gold
from chipstance.scoring import score
from chipstance.tables import release_tables
from example_release import write_example
from example_scores import LAYERS, TEXT, document, documents, span

Rows = list[dict[str, Any]]

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "rows.md"
TARGETS = ("export_controls", "open_source")
LABELS = ("favor", "against", "neutral", "none")
PLACE, ENTITY = (("closed", "statement", what, "accuracy") for what in ("speaker", "entity"))
ACCURACY: Name = ("closed", "stance all", "label", "accuracy")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example checkout with its release; no test writes into it but the docs' own."""
    folder = tmp_path_factory.mktemp("rows") / "a checkout"
    write_example(folder)
    return folder


@pytest.fixture(scope="module")
def gold(root: Path) -> Gold:
    return read_gold(root / "dataset", "all")


@pytest.fixture
def rows(root: Path) -> Callable[[str], Rows]:
    """The gold rows of a config, with what a row is and says alone."""
    said = {
        "paragraphs": ("organization_tags", "speaker_tags", "money_tags"),
        "statements": ("speaker_id",),
        "stance": ("label",),
        "money": ("currency", "minimum", "maximum", "qualifier"),
    }

    def load(config: str) -> Rows:
        kept = (*IDENTITY[config], *said[config])
        return [{name: row[name] for name in kept} for row in load_rows(root / "dataset", config)]

    return load


def values(figures: Figures) -> dict[Name, float | None]:
    return {name: figure.value for name, figure in figures.by_name.items()}


def one(*spans: Any) -> Gold:
    return Gold((document(*spans),), LAYERS, "all", frozenset())


def problems(answers: RowAnswers) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.rule, problem.pointer) for problem in answers.problems]


# --- all configs


@pytest.mark.parametrize("config", CONFIGS)
def test_the_release_s_own_rows_are_right_in_any_order(config: str, root: Path, gold: Gold) -> None:
    whole = load_rows(root / "dataset", config)
    figures = score_rows(whole, config, gold)
    assert {figure.value for figure in figures.by_name.values()} <= {1, None}
    assert 1 in values(figures).values()
    assert score_rows(whole[::-1], config, gold).by_name == figures.by_name
    taken = take_rows(whole, config, gold)
    assert (taken.problems, taken.unanswered, taken.errors()) == ((), (), ())


@pytest.mark.parametrize("config", CONFIGS)
def test_a_file_that_datasets_writes_gives_the_same(config: str, root: Path, gold: Gold, tmp_path: Path) -> None:
    from datasets import Dataset

    whole = load_rows(root / "dataset", config)
    table = next(table for table in release_tables(gold.layers) if table.config == config)
    made = Dataset.from_list(list(whole), features=make_features(table))
    made.to_json(tmp_path / "rows.jsonl")
    made.to_parquet(tmp_path / "rows.parquet")
    figures = score_rows(whole, config, gold).by_name
    for name in ("rows.jsonl", "rows.parquet"):
        answers = read_rows(tmp_path / name, config, gold)
        assert answers.problems == ()
        assert answers.figures().by_name == figures


def test_rows_of_parquet_have_the_problems_of_lines(
    root: Path, gold: Gold, rows: Callable[[str], Rows], tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    wrong = [dict(row) for row in rows("stance")]
    wrong[0]["label"], wrong[1]["doc"], wrong[2]["target"] = 99, "moon", None
    (tmp_path / "p.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [*wrong, wrong[3]]), "utf-8")
    pq.write_table(pa.Table.from_pylist([*wrong, wrong[3]]), tmp_path / "p.parquet")
    lines, table = (read_rows(tmp_path / name, "stance", gold) for name in ("p.jsonl", "p.parquet"))
    assert len({line for line, _, _ in problems(table)}) == 4
    assert problems(table) == problems(lines)
    assert table.figures().by_name == lines.figures().by_name


@pytest.mark.parametrize("config", CONFIGS)
def test_gold_from_label_files_asks_for_the_same_rows(config: str, root: Path, rows: Callable[[str], Rows]) -> None:
    labels = read_gold(root / "annotations" / "gold", "all")
    assert labels.release is None
    assert set(values(score_rows(rows(config), config, labels)).values()) <= {1, None}


def test_rows_of_another_split_are_left_alone(root: Path, rows: Callable[[str], Rows]) -> None:
    for config in CONFIGS:
        answers = take_rows(rows(config), config, read_gold(root / "dataset", "test"))
        assert (answers.problems, answers.unanswered) == ((), ())
        assert {key[0] for key in answers.rows} == {"harbor"}


@pytest.mark.parametrize("config", CONFIGS)
def test_a_row_twice_is_a_problem_and_the_first_counts(config: str, gold: Gold, rows: Callable[[str], Rows]) -> None:
    given = rows(config)
    answers = take_rows([*given, given[1]], config, gold)
    assert problems(answers) == [(len(given) + 1, "row-duplicate", "")]
    assert "line 2" in answers.problems[0].message
    assert values(answers.figures()) == values(score_rows(given, config, gold))


@pytest.mark.parametrize("config", CONFIGS)
def test_missing_rows_are_unanswered_and_wrong(config: str, gold: Gold, rows: Callable[[str], Rows]) -> None:
    answers = take_rows(rows(config)[4:], config, gold)
    assert len(answers.unanswered) == 4 - max(0, 4 - len(answers.form.things))
    figures = values(answers.figures())
    assert all((figures[name] or 0) < 1 for name in figures if name[3] in ("recall", "accuracy") and "all" in name[1])
    with pytest.raises(RowsError, match="rows are missing, the first of them mill "):
        score_rows(rows(config)[4:], config, gold)


@pytest.mark.parametrize(
    ("config", "change", "rule", "pointer", "said"),
    [
        ("stance", {"label": "for"}, "schema", "/label", "'favor', 'against', 'neutral', 'none', 0, 1, 2, 3"),
        ("stance", {"label": 4}, "schema", "/label", "must be one of"),
        ("stance", {"label": True}, "schema", "/label", "must be one of"),
        ("stance", {"label": None}, "schema", "/label", "must be one of"),
        ("stance", {"target": "looms"}, "schema", "/target", "'export_controls', 'open_source'"),
        ("stance", {"statement_id": "q99"}, "row-misfit", "/statement_id", "no row with statement_id 'q99'"),
        ("stance", {"statement_start": 3}, "row-misfit", "/statement_start", "which is 121"),
        ("stance", {"doc": "nowhere"}, "doc-unknown", "/doc", "choose one of mill, harbor"),
        ("stance", {"holder": "ada-quill"}, "schema", "/holder", "unknown key"),
        ("statements", {"speaker_id": "p99"}, "row-misfit", "/speaker_id", "has no speaker 'p99'"),
        ("statements", {"speaker_id": "q1"}, "row-misfit", "/speaker_id", "has no speaker 'q1'"),
        ("statements", {"speaker_id": None}, "row-misfit", "", "says no speaker"),
        ("statements", {"speaker_entity": "bo-marsh"}, "row-misfit", "/speaker_entity", "'p1' is 'ada-quill'"),
        ("statements", {"speaker_entity": None}, "row-misfit", "/speaker_entity", "'p1' is 'ada-quill'"),
        ("statements", {"speaker_start": 1, "speaker_end": 5}, "row-misfit", "/speaker_start", "stands at [162, 171)"),
        ("statements", {"speaker_id": None, "speaker_start": 1}, "row-misfit", "/speaker_start", "[1, null) is no"),
        (
            "statements",
            {"speaker_id": None, "speaker_start": 600, "speaker_end": 9999},
            "row-misfit",
            "/speaker_start",
            "has 6",
        ),
        ("paragraphs", {"organization_tags": ["O"]}, "row-misfit", "/organization_tags", "1 tags for 4 tokens"),
        (
            "paragraphs",
            {"organization_tags": ["O", "B-money", "O", "O"]},
            "schema",
            "/organization_tags/1",
            "'B-money'",
        ),
        ("paragraphs", {"tags": ["O"] * 4}, "row-misfit", "", "in one column tags, or"),
        ("paragraphs", {"paragraph": 77}, "row-misfit", "/paragraph", "no row with paragraph 77"),
        ("paragraphs", {"money_tags": [0, 1, 2, 3]}, "schema", "/money_tags/3", "3 must be one of"),
        ("money", {"id": None}, "row-misfit", "", "name all amounts by id, or none"),
        ("money", {"id": "m99"}, "row-misfit", "/id", "no row with id 'm99'"),
        ("money", {"end": 270}, "row-misfit", "/end", "which is 271"),
        ("money", {"currency": "dollars"}, "schema", "/currency", "must be a currency of three capital letters"),
        (
            "money",
            {"minimum": "3 million"},
            "schema",
            "/minimum",
            "must be a decimal without signs or separators, such as '5600000' or 4.7, or null",
        ),
        ("money", {"minimum": -3}, "schema", "/minimum", "must be 0 or more"),
        ("money", {"qualifier": "about"}, "schema", "/qualifier", "must be one of"),
    ],
)
def test_a_wrong_row_is_told_with_its_place_and_counts_as_missing(
    config: str, change: dict[str, Any], rule: str, pointer: str, said: str, gold: Gold, rows: Callable[[str], Rows]
) -> None:
    given = rows(config)
    answers = take_rows([given[0] | change, *given[1:]], config, gold)
    assert problems(answers) == [(1, rule, pointer)]
    assert said in answers.problems[0].message
    assert len(answers.unanswered) == 1
    with pytest.raises(RowsError, match=r"^row 1\D"):
        score_rows([given[0] | change, *given[1:]], config, gold)


def test_other_rows_than_those_of_a_config_are_refused(gold: Gold) -> None:
    with pytest.raises(ScoreInputError, match="choose one of paragraphs, statements, stance, money"):
        take_rows([], "articles", gold)
    without = replace(gold.layers, by_name={"cue": gold.layers["cue"]})
    with pytest.raises(ScoreInputError, match="no layer is called statement or speaker or stance or money"):
        take_rows([], "stance", replace(gold, layers=without))


def test_columns_leave_no_gold_label_in_the_answers(root: Path, gold: Gold) -> None:
    statements = load_rows(root / "dataset", "statements")
    nobody = score_rows(statements, "statements", gold, columns={"speaker_entity": ["nobody"] * len(statements)})
    assert values(nobody) == {ENTITY: 0}
    paragraphs = load_rows(root / "dataset", "paragraphs")
    tags = [row["organization_tags"] for row in paragraphs]
    found = values(score_rows(paragraphs, "paragraphs", gold, columns={"organization_tags": tags}))
    assert found["spans", "organization", "exact", "f1"] == 1
    assert found["spans", "money", "exact", "recall"] == 0
    with pytest.raises(RowsError, match="has 1 values for 11 rows"):
        score_rows(statements, "statements", gold, columns={"speaker_entity": [None]})


# --- stance


def labelled(gold_document: Document, labels: Mapping[tuple[str, str], str | None]) -> Rows:
    return [
        {"doc": gold_document.id, "statement_id": name, "target": target, "label": label}
        for (name, target), label in labels.items()
        if label is not None
    ]


def label_of(holder: Document, statement: Any, target: str) -> str | None:
    try:
        return stance_label(holder, statement, target)[0]
    except (RecordError, KeyError):
        return None


@settings(max_examples=30, deadline=None)
@given(documents(), documents())
def test_rows_score_as_the_spans_that_give_their_labels(right: Document, found: Document) -> None:
    given_spans = tuple(each for each in right if each.layer in ("statement", "speaker"))
    answer = Document(right.id, TEXT, (*given_spans, *found.layer("stance")))
    statements = right.layer("statement")
    labels = {(each.id, target): label_of(answer, each, target) for each in statements for target in TARGETS}
    gold = Gold((right,), LAYERS, "all", frozenset())
    by_rows = take_rows(labelled(right, labels), "stance", gold).figures(replicates=10)
    by_spans = make_figures(score(gold.documents, {right.id: found}, LAYERS), LAYERS, replicates=10)
    assert by_rows.by_name == {name: by_spans.by_name[name] for name in by_rows.by_name}


NESTED = (
    span("speaker", 15, 18, "s", entity="ada", mention="name"),
    span("statement", 0, 30, "outer", speaker="s", cue=None, kind="direct", utterance=None),
    span("statement", 4, 12, "inner", speaker="s", cue=None, kind="direct", utterance=None),
    span("stance", 20, 25, "t", target="open_source", polarity="favor", holder="ada", explicit=True),
)
RIGHT = {(name, target): "none" for name in ("outer", "inner") for target in TARGETS} | {
    ("outer", "open_source"): "favor"
}


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({key: st.sampled_from((*LABELS, None)) for key in RIGHT}))
def test_figures_are_those_counted_by_hand_though_statements_nest(answers: dict[tuple[str, str], str | None]) -> None:
    gold = one(*NESTED)
    found = values(take_rows(labelled(gold.documents[0], answers), "stance", gold).figures())
    assert found[ACCURACY] == sum(answers[key] == RIGHT[key] for key in RIGHT) / 4
    for label in LABELS:
        sides = [[key for key in RIGHT if each[key] == label] for each in (RIGHT, answers)]
        both, total = len(set(sides[0]) & set(sides[1])), len(sides[0]) + len(sides[1])
        assert found["closed", "stance all", label, "f1"] == (pytest.approx(2 * both / total) if total else None)


def test_a_missing_row_is_not_taken_for_none() -> None:
    gold = one(*NESTED)
    without = {**RIGHT, ("inner", "open_source"): None}
    answers = take_rows(labelled(gold.documents[0], without), "stance", gold)
    assert answers.unanswered == ("mill inner open_source",)
    assert values(answers.figures())[ACCURACY] == 3 / 4
    assert values(answers.figures())["closed", "stance all", "none", "f1"] == pytest.approx(2 * 2 / (3 + 2))


def test_labels_by_name_by_index_and_from_numpy_are_the_same(gold: Gold, rows: Callable[[str], Rows]) -> None:
    indices = [(row["label"] + number) % 4 for number, row in enumerate(rows("stance"))]
    forms: list[Any] = [indices, [LABELS[index] for index in indices], np.array(indices), np.array(indices, "uint8")]
    first, *others = [values(score_rows(rows("stance"), "stance", gold, columns={"label": form})) for form in forms]
    assert others == [first] * 3
    assert first[ACCURACY] == sum(not number % 4 for number in range(len(indices))) / len(indices)


def test_wrong_labels_are_listed_row_by_row() -> None:
    gold = one(*NESTED)
    wrong = {
        ("outer", "open_source"): "against",
        ("outer", "export_controls"): "neutral",
        ("inner", "open_source"): "none",
    }
    listed = take_rows(labelled(gold.documents[0], wrong), "stance", gold).errors()
    shown = [(error.kind, error.span.attributes["target"], error.attributes) for error in listed]
    assert sorted(shown) == [("invented", "export_controls", ()), ("wrong-attribute", "open_source", ("polarity",))]
    unanswered = take_rows([], "stance", gold).errors()
    assert [(error.kind, error.gold and error.gold.attributes["polarity"]) for error in unanswered] == [
        ("missed", "favor")
    ]


# --- statements


def speakers(gold: Gold, change: Callable[[dict[str, Any]], dict[str, Any]], rows: Rows) -> dict[Name, float | None]:
    return values(score_rows([change(row) for row in rows], "statements", gold))


def test_speakers_by_id_place_or_entity(root: Path, gold: Gold) -> None:
    whole = [dict(row) for row in load_rows(root / "dataset", "statements")]

    def bare(row: dict[str, Any], *names: str) -> dict[str, Any]:
        return {name: row[name] for name in ("doc", "id", *names)}

    assert speakers(gold, lambda row: bare(row, "speaker_id"), whole) == {PLACE: 1, ENTITY: 1}
    assert speakers(gold, lambda row: bare(row, "speaker_start", "speaker_end"), whole) == {PLACE: 1, ENTITY: 1}
    assert speakers(gold, lambda row: bare(row, "speaker_entity"), whole) == {ENTITY: 1}
    unnamed = sum(row["speaker_entity"] is None for row in whole)
    assert 0 < unnamed < len(whole)
    assert speakers(gold, lambda row: bare(row) | {"speaker_entity": None}, whole) == {ENTITY: unnamed / len(whole)}


def test_another_mention_of_the_speaker_is_the_right_entity_in_the_wrong_place(
    gold: Gold, rows: Callable[[str], Rows]
) -> None:
    swapped = {("mill", "q1"): "p2", ("mill", "q3"): "p1"}
    given = [
        row | {"speaker_id": swapped.get((row["doc"], row["id"]), row["speaker_id"])} for row in rows("statements")
    ]
    answers = take_rows(given, "statements", gold)
    assert values(answers.figures()) == {PLACE: 9 / 11, ENTITY: 10 / 11}
    assert [(error.span.id, error.attributes) for error in answers.errors()] == [
        ("q1", ("speaker",)),
        ("q3", ("speaker", "entity")),
    ]


def test_a_place_where_no_gold_speaker_stands_has_no_entity_but_what_the_row_says(gold: Gold) -> None:
    row = {"doc": "mill", "id": "q1", "speaker_start": 162, "speaker_end": 165}
    assert values(take_rows([row], "statements", gold).figures()) == {PLACE: 0, ENTITY: 0}
    named = take_rows([row | {"speaker_entity": "ada-quill"}], "statements", gold)
    assert values(named.figures()) == {PLACE: 0, ENTITY: 1 / 11}
    assert all("speaker" not in error.attributes for error in take_rows([], "statements", gold).errors())


# --- paragraphs


def test_tags_score_as_the_spans_that_they_mark(gold: Gold, rows: Callable[[str], Rows]) -> None:
    given = {(row["doc"], row["paragraph"]): row for row in rows("paragraphs")}
    given["mill", 1]["organization_tags"][4] = 0
    given["mill", 1]["organization_tags"][0] = "I-organization"
    given["harbor", 3]["money_tags"][5] = 0
    found = score_rows(given.values(), "paragraphs", gold)
    moved = {("mill", 46): (29, 36), ("harbor", 267): (267, 270)}
    layers = {name: replace(gold.layers[name], attributes={}) for name in ("organization", "speaker", "money")}
    kept = [replace(each, spans=tuple(s for s in each if s.layer in layers)) for each in gold.documents]
    predicted = {each.id: replace(each, spans=tuple(_moved(each, s, moved) for s in each)) for each in kept}
    plain = replace(gold.layers, by_name=layers)
    right = make_figures(score(kept, predicted, plain), plain)
    assert found.by_name == {name: right.by_name[name] for name in right.by_name if name[2] != "strict"}
    organizations = found.by_name["spans", "organization", "exact", "f1"].value
    assert organizations == pytest.approx(5 / 6)
    assert 0 < (values(found)["spans", "money", "overlap", "f1"] or 0) < 1


def _moved(each: Document, found: Span, moved: dict[tuple[str, int], tuple[int, int]]) -> Span:
    start, end = moved.get((each.id, found.start), (found.start, found.end))
    return Span(found.id, found.layer, start, end, each.text[start:end])


def test_one_list_of_tags_is_as_good_as_one_for_each_layer(gold: Gold, rows: Callable[[str], Rows]) -> None:
    given, together = rows("paragraphs"), []
    for row in given:
        tags = ["O"] * len(row["money_tags"])
        for layer in ("organization", "speaker", "money"):
            for place, tag in enumerate(row[f"{layer}_tags"]):
                tags[place] = ("O", f"B-{layer}", f"I-{layer}")[tag] if tag else tags[place]
        together.append({"doc": row["doc"], "paragraph": row["paragraph"], "tags": tags})
    assert values(score_rows(together, "paragraphs", gold)) == values(score_rows(given, "paragraphs", gold))


def test_an_unknown_tag_in_the_one_list_is_a_problem(gold: Gold) -> None:
    answers = take_rows([{"doc": "mill", "paragraph": 0, "tags": ["O", "B-person", "O", "O"]}], "paragraphs", gold)
    assert problems(answers) == [(1, "row-misfit", "/tags/1")]
    assert "B-organization" in answers.problems[0].message


# --- money


def amounts(root: Path, *names: str) -> Rows:
    names = (*names, "currency", "minimum", "maximum", "qualifier")
    return [{name: row[name] for name in ("doc", *names)} for row in load_rows(root / "dataset", "money")]


def test_found_amounts_score_as_spans(root: Path, gold: Gold) -> None:
    given = amounts(root, "start", "end")
    given[0]["end"] -= 8
    given[1] |= {"qualifier": "exact", "maximum": None}
    del given[2]["currency"]
    answers = take_rows(given[:4], "money", gold)
    found = answers.figures()
    spans = {doc: tuple(each.layer("money")) for doc, each in answers.documents.items()}
    predicted = {each.id: Document(each.id, each.text, spans[each.id]) for each in gold.documents}
    right = make_figures(score(gold.documents, predicted, gold.layers), gold.layers)
    assert found.by_name == {name: right.by_name[name] for name in right.by_name if name[1] == "money"}
    assert values(found)["spans", "money", "strict", "precision"] == 1 / 4
    assert values(found)["spans", "money", "exact", "recall"] == 3 / 5
    assert values(found)["attributes", "money", "currency", "accuracy"] == 2 / 3


@pytest.mark.parametrize(
    "change",
    [{"end": 9999}, {"start": 300}, {"start": None}, {"text": "three dollars"}, {"minimum": "three"}, {"start": -1}],
)
def test_an_amount_that_cannot_be_read_counts_as_invented(change: dict[str, Any], root: Path, gold: Gold) -> None:
    given = amounts(root, "start", "end")
    answers = take_rows([given[0] | change, *given[1:]], "money", gold)
    assert len(answers.problems) == 1
    found = values(answers.figures())
    assert found["spans", "money", "exact", "precision"] == found["spans", "money", "exact", "recall"] == 4 / 5


def test_no_amount_at_all_is_no_answer(root: Path, gold: Gold) -> None:
    elsewhere = [row for row in amounts(root, "start", "end") if row["doc"] == "mill"]
    answers = take_rows(elsewhere, "money", read_gold(root / "dataset", "test"))
    assert (answers.problems, answers.unanswered) == ((), ("harbor",))
    assert take_rows(elsewhere, "money", gold).unanswered == ()


def test_given_amounts_are_scored_by_attribute(root: Path, gold: Gold) -> None:
    given = amounts(root, "id")
    given[0]["qualifier"], given[1]["minimum"] = "exact", None
    del given[2]["maximum"]
    answers = take_rows(given[:4], "money", gold)
    assert answers.unanswered == ("harbor m2",)
    assert values(answers.figures()) == {
        ("closed", "money", "all attributes", "accuracy"): 1 / 5,
        ("closed", "money", "currency", "accuracy"): 4 / 5,
        ("closed", "money", "minimum", "accuracy"): 3 / 5,
        ("closed", "money", "maximum", "accuracy"): 3 / 5,
        ("closed", "money", "qualifier", "accuracy"): 3 / 5,
    }


@pytest.mark.parametrize("form", [str, float, int, Decimal, lambda value: f"{value:.2f}"])
def test_a_bound_is_a_decimal_however_it_is_written(form: Callable[[Decimal], Any], root: Path, gold: Gold) -> None:
    given = amounts(root, "id")
    for row in given:
        row |= {name: row[name] and form(row[name]) for name in ("minimum", "maximum")}
    assert set(values(score_rows(given, "money", gold)).values()) == {1}


# --- comparing


def test_two_systems_are_compared_on_what_their_rows_say(gold: Gold, rows: Callable[[str], Rows]) -> None:
    right = take_rows(rows("stance"), "stance", gold)
    wrong = take_rows(rows("stance"), "stance", gold, columns={"label": ["none"] * len(rows("stance"))})
    compared = compare_rows(right, wrong)
    assert list(compared.by_name) == list(right.figures().by_name)
    outcome = compared.by_name[ACCURACY]
    assert (outcome.first, outcome.second) == (1, values(wrong.figures())[ACCURACY])
    assert outcome.p == outcome.smallest == 2 / 2**2
    other = compare_rows(wrong, right).by_name[ACCURACY]
    assert other.difference == pytest.approx(-(outcome.difference or 0))
    assert compare_rows(right, right).by_name[ACCURACY].p == 1


def test_only_what_both_say_is_compared(root: Path, gold: Gold, rows: Callable[[str], Rows]) -> None:
    places = take_rows(rows("statements"), "statements", gold)
    entities = [{"doc": row["doc"], "id": row["id"], "speaker_entity": None} for row in rows("statements")]
    assert list(compare_rows(places, take_rows(entities, "statements", gold)).by_name) == [ENTITY]
    by_id, by_place = (take_rows(amounts(root, *names), "money", gold) for names in (("id",), ("start", "end")))
    with pytest.raises(ValueError, match="money-given and money rows"):
        compare_rows(by_id, by_place)
    assert {name[3] for name in compare_rows(by_place, by_place).by_name} == {"f1", "accuracy"}


# --- the command line


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    monkeypatch.chdir(root)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def stance_file(tmp_path: Path, rows: Callable[[str], Rows]) -> Callable[..., str]:
    def write(*more: str, drop: int = 0) -> str:
        path = tmp_path / f"some rows {len(more)} {drop}.jsonl"
        path.write_text("".join(f"{line}\n" for line in [*map(json.dumps, rows("stance")[drop:]), *more]), "utf-8")
        return str(path)

    return write


def test_the_command_scores_rows(root: Path, monkeypatch: pytest.MonkeyPatch, stance_file: Callable[..., str]) -> None:
    result = run(root, monkeypatch, "score", stance_file(), "--config", "stance", "--split", "all", "--errors")
    assert result.exit_code == 0, result.output
    assert re.search(r"stance all +label +accuracy 1\.000 \[1\.000, 1\.000\]", result.stdout)
    assert "Spans" not in result.stdout
    assert "|split:all|config:stance|unit:document|" in result.stdout
    assert "\nErrors: none" in result.stdout


def test_the_command_says_loudly_what_is_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch, stance_file: Callable[..., str]
) -> None:
    path = stance_file("{", drop=12)
    result = run(root, monkeypatch, "score", path, "--config", "stance", "--split", "all", "--errors")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{path}:11:2 json-syntax")
    assert "UNANSWERED: 12 of 22 rows, scored as missed or wrong: mill q1 export_controls, " in result.stderr
    assert "mill q5 open_source and 2 more\n" in result.stderr
    assert "missed mill: gold stance [121, 156) open_source favor, predicted none" in result.stdout
    as_json = run(root, monkeypatch, "score", path, "--config", "stance", "--split", "all", "--format", "json")
    data = json.loads(as_json.stdout)
    assert (data["rows"], len(data["unanswered"]), len(data["problems"])) == (22, 12, 1)
    strict = run(root, monkeypatch, "score", path, "--config", "stance", "--split", "all", "--strict")
    assert (strict.exit_code, strict.stdout) == (1, "")


def test_an_empty_file_answers_nothing(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").touch()
    result = run(root, monkeypatch, "score", str(tmp_path / "none.jsonl"), "--config", "statements", "--split", "all")
    assert result.exit_code == 1
    assert "predictions-empty the file is empty: write one line for each row" in result.stderr
    assert "UNANSWERED: 11 of 11 rows" in result.stderr


def test_the_command_compares_rows(
    root: Path, monkeypatch: pytest.MonkeyPatch, stance_file: Callable[..., str]
) -> None:
    arguments = ("compare", stance_file(), stance_file(drop=3), "--config", "stance", "--split", "all")
    result = run(root, monkeypatch, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("B:\nUNANSWERED: 3 of 22 rows")
    assert re.search(r"stance all +label +accuracy +1\.000 +0\.864 +\+0\.136 +p 1\.0000", result.stdout)
    data = json.loads(run(root, monkeypatch, *arguments, "--format", "json").stdout)
    assert {test["part"] for test in data["tests"]} == {"closed"}
    assert "|config:stance|" in data["signature"]


def test_wrong_usage_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, stance_file: Callable[..., str], tmp_path: Path
) -> None:
    path, money = stance_file(), tmp_path / "money.jsonl"
    money.write_text('{"doc": "mill", "start": 255, "end": 271}\n', "utf-8")
    by_id = tmp_path / "by id.jsonl"
    by_id.write_text('{"doc": "mill", "id": "m1"}\n', "utf-8")
    for arguments, message in [
        (("score", path, "--config", "stances"), "stances"),
        (("score", str(tmp_path), "--config", "stance"), "is no file of lines or rows"),
        (("score", "gone.jsonl", "--config", "stance"), "does not exist"),
        (("score", path, "--config", "stance", "--html", str(tmp_path / "page.html")), "leave out --config"),
        (("compare", str(money), str(by_id), "--config", "money"), "of different tasks"),
    ]:
        result = run(root, monkeypatch, *arguments)
        assert result.exit_code == 2, arguments
        assert message in " ".join(result.output.replace("│", " ").split())
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("config", CONFIGS)
def test_a_row_s_schema_is_printed_whole(config: str, rows: Callable[[str], Rows]) -> None:
    from jsonschema import Draft202012Validator

    result = CliRunner().invoke(app, ["schema", f"{config}-row"])
    validator = Draft202012Validator(json.loads(result.stdout))
    for row in rows(config):
        plain = {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        assert validator.is_valid(plain)
        assert not validator.is_valid(plain | {"unknown": 1})


# --- the documentation


def test_the_documented_rows_are_read(root: Path, gold: Gold) -> None:
    sections = re.split(r"^### (\w+)$", DOCS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = dict(zip(sections[::2], sections[1::2], strict=True))
    assert sorted(found) == sorted(CONFIGS)
    for config, text in found.items():
        blocks = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        assert len(blocks) == 1 + (config == "money")
        for block in blocks:
            given = [json.loads(line) for line in block.splitlines()]
            answers = take_rows(given, config, gold)
            assert (answers.problems, len(answers.rows)) == ((), len(given))
            right = take_rows(load_rows(root / "dataset", config), config, gold)
            assert config in ("paragraphs", "stance") or all(_same(answers, right, key) for key in answers.rows)


def _same(answers: RowAnswers, right: RowAnswers, key: Any) -> bool:
    """Tell whether what a documented row says is what the gold labels say."""
    shown = {name: value for name, value in answers.rows[key].items() if name not in ("minimum", "maximum")}
    whole = {(row["doc"], row.get("id")): row for row in right.rows.values()} | {
        (row["doc"], row.get("start")): row for row in right.rows.values()
    }
    row = whole[key[0], key[1]]
    return all(row[name] == value for name, value in shown.items())


def documented() -> Iterator[tuple[str, str]]:
    yield from re.findall(
        r"^```python\n(.*?)^```(?:\n+```text\n(.*?)^```)?", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


def test_the_documented_programs_run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One interpreter for both programs: what takes time is importing datasets."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "dataset").symlink_to(root / "dataset")
    quiet = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    (code, printed), (second, _) = documented()
    command = [sys.executable, "-W", "error::UserWarning", "-c", code + second]
    result = subprocess.run(command, cwd=work, env=os.environ | quiet, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == printed
    written = str(work / "stance.jsonl")
    scored = run(root, monkeypatch, "score", written, "--config", "stance", "--split", "validation")
    assert scored.exit_code == 0, scored.output
    assert len(load_documents(root / "dataset")) == 2


def test_columns_are_no_rows(gold: Gold) -> None:
    table = pd.DataFrame({"doc": ["mill"], "statement_id": ["q1"]})
    for columns in (table, table.to_dict("list")):
        with pytest.raises(RowsError, match="one by one"):
            take_rows(columns, "stance", gold)  # type: ignore[arg-type]
