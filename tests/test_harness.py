"""The tasks for evaluation harnesses: what is asked, what is shown, what an answer counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chipstance.harness import MONEY, SPANS, STANCE, TASKS, names, open_task, read_label
from chipstance.prompts import spans_answer
from chipstance.score_figures import make_figures
from chipstance.score_input import read_gold
from chipstance.scoring import score
from example_harness import write_several
from example_scores import LAYERS, document, span

LABELS = ("favor", "against", "neutral", "none")


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_several(tmp_path_factory.mktemp("several") / "a checkout"))


@pytest.mark.parametrize("name", TASKS)
def test_the_gold_answers_are_all_right(name: str, gold: str) -> None:
    task = open_task(name, gold)
    figures = task.summary((each.doc, task.count(each.id, each.answer)) for each in task.samples)
    scores = {figure: value for figure, value in figures.items() if "." in figure and value is not None}
    assert set(scores.values()) == {1.0}
    assert len(scores) > 40
    assert (figures["samples"], figures["unanswered"], figures["unaligned"]) == (len(task.samples), 0, 0)


@pytest.mark.parametrize("name", TASKS)
def test_the_names_of_the_figures_are_known_beforehand(name: str, gold: str) -> None:
    assert tuple(open_task(name, gold).summary([("mill", {})])) == names(name)


def test_only_validation_is_shown_and_no_label_of_the_test_split_is_asked(gold: str) -> None:
    shown = {each.id for each in read_gold(Path(gold), "validation").documents}
    for name in TASKS:
        task = open_task(name, gold)
        assert {each.doc for each in task.examples} == shown
        assert not shown & {each.doc for each in task.samples}
        for each in task.samples:
            assert each.answer not in each.question
            assert '"entity"' not in each.question
        assert "harbor" not in task.instructions.lower()


def test_nothing_is_shown_where_the_validation_split_is_scored(gold: str) -> None:
    task = open_task(MONEY, gold, "validation")
    assert [each.id for each in task.samples] == ["mill"]
    assert task.shots(0) == ()
    with pytest.raises(ValueError, match="money has 0 examples"):
        task.shots(1)


def test_stance_examples_show_each_label_in_turn(gold: str) -> None:
    shown = [json.loads(each.answer)["label"] for each in open_task(STANCE, gold).examples]
    assert len(set(shown[:3])) == len(set(shown)) == 3
    assert open_task(STANCE, gold).shots(2) == open_task(STANCE, gold).examples[:2]


@pytest.mark.parametrize(
    ("name", "split", "message"), [("spam", "test", "is no task"), (SPANS, "train", "has no split|no document")]
)
def test_an_unknown_task_or_split_is_refused(name: str, split: str, message: str, gold: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_task(name, gold, split)


def test_the_instructions_explain_every_layer_and_attribute() -> None:
    text = open_task(SPANS).instructions
    for layer in LAYERS:
        assert f"{layer.name}: {layer.description}" in text
        for attribute in layer.attributes.values():
            assert (f"- {attribute.name}: " in text) == (attribute.name != "utterance")
            assert all(value in text for value in attribute.values)


def test_repeated_text_is_told_apart_by_its_occurrence() -> None:
    repeated = document(span("organization", 4, 8, "o1", entity="mill"), span("cue", 34, 37, "c1"))
    again = document(*repeated, span("organization", 34, 36, "o2", entity="loom"))
    assert json.loads(spans_answer(repeated, LAYERS))["spans"] == [
        {"layer": "organization", "text": "mill", "entity": "mill"},
        {"layer": "cue", "text": again.text[34:37], "occurrence": 1},
    ]
    task_text = json.loads(spans_answer(document(span("cue", 1, 2, "c1")), LAYERS))["spans"]
    assert task_text[0]["occurrence"] >= 1


def test_an_unreadable_answer_misses_everything_and_an_unaligned_one_costs_precision(gold: str) -> None:
    task = open_task(MONEY, gold)
    refused = task.count("harbor", "I can't do that.")
    assert refused == {"samples": 1, "unanswered": 1, "gold/money": 2}
    assert task.outline(refused) == {"gold": 2, "predicted": 0, "exact": 0}
    invented = task.count("harbor", '{"money": ["$12 million", "nine golden shuttles"]}')
    assert invented["predicted/money"] == invented["quotations"] == 2
    assert (invented["exact/money"], invented["unaligned"]) == (1, 1)
    assert task.summary([("harbor", invented)])["spans.money.exact.precision"] == 0.5


def test_what_an_answer_says_about_other_layers_is_left_alone(gold: str) -> None:
    counts = open_task(MONEY, gold).count("harbor", '{"cue": ["argued"], "money": ["£450,000"]}')
    assert (counts["quotations"], counts["predicted/money"]) == (1, 1)
    assert "predicted/cue" not in counts


def test_a_label_that_can_not_be_read_is_never_right(gold: str) -> None:
    task = open_task(STANCE, gold)
    counts = task.count("harbor/q1/open_source", "who knows")
    assert counts == {"samples": 1, "unanswered": 1, "label/open_source/none/unresolved": 1}
    assert task.outline(counts) == {"right": 0}
    assert task.summary([("harbor", counts)])["closed.stance_all.label.accuracy"] == 0


def test_the_figures_are_those_of_the_scorer_and_not_a_mean_over_samples(gold: str) -> None:
    task = open_task(SPANS, gold)
    documents = read_gold(Path(gold), "test").documents
    right = {each.id: each for each in documents[:1]}
    first = task.samples[0]
    counted = [(each.doc, task.count(each.id, first.answer if each == first else "no")) for each in task.samples]
    expected = make_figures(score(documents, right, LAYERS), LAYERS).by_name
    assert task.figures(counted).by_name == expected
    assert expected["spans", "all", "exact", "recall"].value != pytest.approx(1 / len(documents))


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ('{"label": "favor"}', "favor"),
        ('```json\n{"label": "Against."}\n```', "against"),
        ("**Neutral**", "neutral"),
        ("Label: none", "none"),
        ("<think>favor or against?</think> against", "against"),
        ("favor, not against", None),
        ('{"label": "favour"}', None),
        ('{"label": null}', None),
        ('{"stance": "favor"}', None),
        ('["favor"]', None),
        ("unfavorable", None),
        ("", None),
    ],
)
def test_a_label_is_read_from_json_or_as_the_only_one_named(answer: str, label: str | None) -> None:
    assert read_label(answer, LABELS) == label
