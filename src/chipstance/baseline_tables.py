"""What the baselines score: committed predictions, and each annotator's labels, against the gold of the test split.

A checkout keeps its baselines in ``benchmarks/baselines/``: one predictions file a system, and ``systems.json``, which
says what each is and what it answers. Nothing is predicted here, so that no model is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from chipstance.agreement_report import figure
from chipstance.corpus import Corpus
from chipstance.folders import Checkout
from chipstance.jsonfile import is_file, read_json
from chipstance.numbers import markdown
from chipstance.score_figures import ALL, Figures, Name, make_figures
from chipstance.score_input import Gold, read_system
from chipstance.score_report import signature
from chipstance.scoring import score
from chipstance.tables import SPLITS

TEST = SPLITS[-1]
STANCE = "stance label"
"""Stands among a system's answers for the closed task: a label for each gold statement and target."""
NOT_ANSWERED = "–"

SPANS: Mapping[str, tuple[str, Name]] = {
    "organization, place": ("organization", ("spans", "organization", "exact", "f1")),
    "organization, place and attributes": ("organization", ("spans", "organization", "strict", "f1")),
    "speaker, place": ("speaker", ("spans", "speaker", "exact", "f1")),
    "speaker, place and attributes": ("speaker", ("spans", "speaker", "strict", "f1")),
    "money, place": ("money", ("spans", "money", "exact", "f1")),
    "money, place and attributes": ("money", ("spans", "money", "strict", "f1")),
    "cue, place": ("cue", ("spans", "cue", "exact", "f1")),
    "statement, place": ("statement", ("spans", "statement", "exact", "f1")),
    "statement, overlap": ("statement", ("spans", "statement", "overlap", "f1")),
    "stance, place": ("stance", ("spans", "stance", "exact", "f1")),
    "stance, overlap": ("stance", ("spans", "stance", "overlap", "f1")),
    "speaker of a gold statement (accuracy)": ("statement", ("closed", "statement", "speaker", "accuracy")),
}
"""Row to the layer that has to be answered, and the figure."""
LABELS: Mapping[str, Name] = {
    "accuracy": ("closed", f"stance {ALL}", "label", "accuracy"),
    "macro F1": ("closed", f"stance {ALL}", "label", "macro_f1"),
    "mean F1 of favor and against": ("closed", f"stance {ALL}", "favor and against", "mean_f1"),
}


class BaselineError(ValueError):
    """Predictions of a baseline that can't be scored; the message names the file."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """One system, or one annotator.

    Attributes:
        name: of the system; its predictions are in ``<name>.jsonl``.
        description: what it does and what it is given.
        answers: the layers that it labels, and ``stance label``.
        path: its predictions, or a folder of label files.
    """

    name: str
    description: str
    answers: frozenset[str]
    path: Path


def scored_gold(corpus: Corpus) -> Gold:
    """Return what baselines are scored against: the gold labels of the test split."""
    split = {article.id: article.split for article in corpus.articles}
    documents = tuple(corpus.gold[doc] for doc in split if split[doc] == TEST)
    return Gold(documents, corpus.layers, TEST, frozenset(split) - {document.id for document in documents})


def find_baselines(checkout: Checkout, gold: Gold) -> tuple[Baseline, ...]:
    """Return the systems in the order of ``systems.json``, then the annotators; nothing where no file is there."""
    if not is_file(checkout.systems):
        return ()
    entries = read_json(checkout.systems)
    systems = [_system(checkout, entry) for entry in entries]
    return (*systems, *_annotators(checkout, gold))


def _system(checkout: Checkout, entry: Mapping[str, Any]) -> Baseline:
    path = checkout.predictions(entry["name"])
    if not is_file(path):
        raise BaselineError(f"{path.name} is not there: run scripts/baselines.py")
    return Baseline(entry["name"], entry["description"], frozenset(entry["answers"]), path)


def _annotators(checkout: Checkout, gold: Gold) -> Iterator[Baseline]:
    """Yield everybody who labelled each document that is scored, in any round."""
    for path in checkout.label_folders():
        if all(is_file(path / f"{document.id}.json") for document in gold.documents):
            answers = frozenset([STANCE, *(layer.name for layer in gold.layers)])
            yield Baseline(f"{path.name}, round {path.parent.name}", "", answers, path)


def measure(baselines: Iterable[Baseline], gold: Gold) -> dict[Baseline, Figures]:
    """Return everything that is measured of each baseline.

    Raises:
        BaselineError: a file has a problem, or leaves a document out.
    """
    return {each: _figures(each, gold) for each in baselines}


def _figures(baseline: Baseline, gold: Gold) -> Figures:
    system = read_system(baseline.path, gold)
    wrong = [f"{each.path}:{each.line} {each.message}" for each in system.problems]
    wrong += [f"{baseline.path.name} has no line for {doc}" for doc in system.unanswered]
    if wrong:
        raise BaselineError(f"{wrong[0]}: run scripts/baselines.py")
    return make_figures(score(gold.documents, system.documents, gold.layers), gold.layers)


def baseline_markdown(measured: Mapping[Baseline, Figures], gold: Gold) -> str:
    """Return what the systems are, two tables and how they were made, in Markdown; empty where there are none."""
    if not measured:
        return ""
    draws = next(iter(measured.values())).resampling
    line = signature(gold.split, gold.digest, draws)
    said = [f"- **{each.name}**: {each.description}" for each in measured if each.description]
    parts = [
        "\n".join(said),
        f"**F1 on spans of the {gold.split} split** (and one accuracy), with 95 % intervals",
        markdown(span_frame(measured), "what"),
        f"**Stance label of each gold statement and target of the {gold.split} split**, with 95 % intervals",
        markdown(label_frame(measured), "system"),
        f"- {NOT_ANSWERED}: not answered by the system.\n- {draws.note}\n- `{line}`",
    ]
    return "\n\n".join(parts)


def span_frame(measured: Mapping[Baseline, Figures]) -> pd.DataFrame:
    """Return what is measured on spans, a column for each system that labels any."""
    chosen = [each for each in measured if each.answers - {STANCE}]
    cells = [[_cell(measured[each], name, layer in each.answers) for each in chosen] for layer, name in SPANS.values()]
    return pd.DataFrame(cells, index=list(SPANS), columns=[each.name for each in chosen])


def label_frame(measured: Mapping[Baseline, Figures]) -> pd.DataFrame:
    """Return the figures of the closed task, a row for each system that has labels."""
    chosen: Sequence[Baseline] = [each for each in measured if STANCE in each.answers]
    cells = [[_cell(measured[each], name, True) for name in LABELS.values()] for each in chosen]
    return pd.DataFrame(cells, index=[each.name for each in chosen], columns=list(LABELS))


def _cell(figures: Figures, name: Name, answered: bool) -> str:
    return figure(figures.by_name[name]) if answered and name in figures.by_name else NOT_ANSWERED
