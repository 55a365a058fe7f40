"""Gold labels of several invented articles, and answers to the harness tasks as models give them: good, bad, broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from chipstance.harness import STANCE, TASKS, Task, open_task
from example_release import copy_example

COPIES = {"harbor": ("quay", "dock", "pier"), "mill": ("loom", "shed")}
"""What is copied under other names, as articles of the test split."""

LABELS = (
    ('{"label": "favor"}', "favor"),
    ("The label is **against**, I think.", "against"),
    ('Here it is:\n```json\n{"label": "Neutral"}\n```\nHope that helps!', "neutral"),
    ("none", "none"),
    ("It could be favor or against.", None),
    ("", None),
    ('{"label": "bullish"}', None),
    ('<think>favor? no</think>{"label": "against"}', "against"),
)
"""Answers to stance questions, with the label that each of them gives; None where it gives none."""


def write_several(folder: Path) -> Path:
    """Write a checkout with copies of its articles; return its gold labels, which stand for a release."""
    checkout = copy_example(folder)
    articles = json.loads(checkout.articles.read_text("utf-8"))
    for entry in list(articles["articles"]):
        for name in COPIES[entry["id"]]:
            articles["articles"].append({**entry, "id": name, "split": "test"})
            shutil.copy(checkout.article(entry["id"]), checkout.article(name))
            for place in (checkout.edits, checkout.gold):
                place(name).write_text(json.dumps({**json.loads(place(entry["id"]).read_text("utf-8")), "doc": name}))
    checkout.articles.write_text(json.dumps(articles), "utf-8")
    return checkout.gold("mill").parent


def mock_answers(gold: Path) -> dict[str, dict[str, str]]:
    """Return an answer to every sample of every task, by task and sample."""
    return {name: _answers(open_task(name, str(gold))) for name in TASKS}


def _answers(task: Task) -> dict[str, str]:
    if task.name == STANCE:
        return {sample.id: LABELS[number % len(LABELS)][0] for number, sample in enumerate(task.samples)}
    makers = (_good, _wrapped, _cut, _refused, _wrong)
    assert len(task.samples) > len(makers)
    return {sample.id: makers[number % len(makers)](sample.answer) for number, sample in enumerate(task.samples)}


def _good(answer: str) -> str:
    return answer


def _wrapped(answer: str) -> str:
    return f"Sure! These are the spans:\n\n```json\n{answer}\n```\n\nLet me know if you need anything else."


def _cut(answer: str) -> str:
    return answer[: len(answer) * 2 // 3]


def _refused(answer: str) -> str:
    return "I am sorry, I can't help with that."


def _wrong(answer: str) -> str:
    """Return an answer with wrong attributes, a wrong boundary, inventions and a quotation that is not in the text."""
    spans: list[dict[str, Any]] = json.loads(answer)["spans"]
    for number, span in enumerate(spans):
        if number % 3 == 0:
            span |= {key: "mill" for key in ("entity", "holder") if key in span}
            span |= {key: "1" for key in ("minimum", "maximum") if key in span}
        if number % 3 == 1:
            span["text"] = span["text"].split()[0]
    invented = {"layer": "money", "text": "nine thousand golden shuttles", "currency": "USD", "qualifier": "exact"}
    return json.dumps({"spans": [*spans[1:], invented, {"layer": "money", "text": "the"}]})


def label_rows(gold: Path) -> list[dict[str, str]]:
    """Return the labels that the mock answers give, as rows of the stance config; none where they give none."""
    task = open_task(STANCE, str(gold))
    rows = zip(task.samples, (LABELS[number % len(LABELS)][1] for number in range(len(task.samples))), strict=True)
    names = ("doc", "statement_id", "target", "label")
    return [dict(zip(names, (*sample.id.split("/"), label), strict=True)) for sample, label in rows if label]
