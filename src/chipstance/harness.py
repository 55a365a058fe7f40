"""The tasks that evaluation harnesses run: what is asked, and the counts and figures of the answers.

A harness shows a sample's instructions and question to a model and gives the answer to ``Task.count``; what all samples
counted makes the figures, over the whole set and with our intervals, so that they are those of ``chipstance score``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

import numpy as np

from chipstance.answer_thoughts import without_thoughts
from chipstance.answers import AnswerError, read_json_answer
from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import Layers, parse_layers
from chipstance.model import Document, Span
from chipstance.model_output import spans_from_answer
from chipstance.prompts import (
    article_question,
    span_instructions,
    spans_answer,
    stance_answer,
    stance_instructions,
    stance_question,
)
from chipstance.score_figures import Figures, Name, make_figures, measures
from chipstance.score_input import read_gold
from chipstance.score_keys import EXACT, GOLD, LABEL, PREDICTED, UNRESOLVED, Key, keys, stance_labels
from chipstance.scoring import DOCUMENT, Scores, closed_stance, score
from chipstance.tables import SPLITS

SPANS, STANCE, MONEY = "spans", "stance", "money"
TASKS = (SPANS, STANCE, MONEY)
VALIDATION, TEST = SPLITS
SAMPLES, UNANSWERED, QUOTATIONS, UNALIGNED = "samples", "unanswered", "quotations", "unaligned"
ANSWERS = (SAMPLES, UNANSWERED, QUOTATIONS, UNALIGNED)
"""What is counted about the answers themselves."""

Counts = Mapping[str, float]
"""What one or several samples counted, by name; what is not there is 0."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Something that is asked of a model.

    Attributes:
        id: the document's id; for a pair of statement and target ``<doc>/<statement>/<target>``.
        doc: the document's id.
        question: with the text.
        answer: what the gold labels answer.
    """

    id: str
    doc: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class _Pair:
    """A statement and a target, with the gold label."""

    document: Document
    statement: Span
    target: str
    label: str

    @property
    def id(self) -> str:
        return f"{self.document.id}/{self.statement.id}/{self.target}"

    @property
    def sample(self) -> Sample:
        question = stance_question(self.document, self.statement, self.target)
        return Sample(self.id, self.document.id, question, stance_answer(self.label))


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One task on one split of a release.

    Attributes:
        name: ``spans``, ``stance`` or ``money``.
        layers: the corpus's; those that are scored are ``scored``.
        instructions: what a model is told before the first question.
        samples: what is asked, document by document.
        examples: samples of the validation split, to be shown with their answers; none where that split is scored.
    """

    name: str
    layers: Layers
    instructions: str
    samples: tuple[Sample, ...]
    examples: tuple[Sample, ...]
    _documents: Mapping[str, Document] = field(repr=False)
    _pairs: Mapping[str, _Pair] = field(repr=False)

    @property
    def scored(self) -> Layers:
        """The layers that are scored."""
        return _scored_by(self.name, self.layers)

    def shots(self, number: int) -> tuple[Sample, ...]:
        """Return the first so many examples.

        Raises:
            ValueError: there are not so many.
        """
        if not 0 <= number <= len(self.examples):
            raise ValueError(f"{self.name} has {len(self.examples)} examples: ask for 0 to {len(self.examples)}")
        return self.examples[:number]

    def count(self, sample: str, answer: str) -> Counts:
        """Count what an answer got right.

        An answer that can't be read is unanswered: all its gold is missed, and its label never right. A quotation
        that is not in the text counts as predicted.

        Args:
            sample: the sample's id.
            answer: the model's answer as it came.
        """
        return self._count_label(sample, answer) if self.name == STANCE else self._count_spans(sample, answer)

    def _count_label(self, sample: str, answer: str) -> Counts:
        pair = self._pairs[sample]
        label = read_label(answer, stance_labels(self.layers))
        key = _written((LABEL, pair.target, pair.label, label or UNRESOLVED))
        return {SAMPLES: 1, UNANSWERED: int(label is None), key: 1}

    def _count_spans(self, sample: str, answer: str) -> Counts:
        gold = self._documents[sample]
        try:
            read, _ = spans_from_answer(answer, gold.text, self.layers)
        except AnswerError:
            return {SAMPLES: 1, UNANSWERED: 1, **_counts(gold, None, self.scored)}
        spans = [span for span in read if self.scored.get(span.layer)]
        unaligned = sum(span.start == span.end for span in spans)
        return {SAMPLES: 1, QUOTATIONS: len(spans), UNALIGNED: unaligned, **_counts(gold, spans, self.scored)}

    def outline(self, counts: Counts) -> dict[str, float]:
        """Return the few counts that tell a reader how a sample went."""
        if self.name == STANCE:
            labels = (key.split("/")[-2:] for key in counts if key.startswith(LABEL))
            return {"right": sum(right == answer for right, answer in labels)}
        whats = (GOLD, PREDICTED, EXACT)
        return {what: sum(counts.get(_written((what, each.name)), 0) for each in self.scored) for what in whats}

    def figures(self, counted: Iterable[tuple[str, Counts]]) -> Figures:
        """Return the figures of what samples counted.

        Args:
            counted: document id and counts of each sample.
        """
        sums: dict[str, Counter[str]] = {}
        for doc, counts in counted:
            sums.setdefault(doc, Counter()).update(counts)
        columns = tuple(keys(self.scored))
        rows = [[sums[doc][_written(key)] for key in columns] for doc in sorted(sums)]
        table = np.array(rows, dtype=float).reshape(len(rows), len(columns))
        figures = make_figures(Scores(DOCUMENT, tuple((doc, 0) for doc in sorted(sums)), columns, table), self.scored)
        shown = {name: each for name, each in figures.by_name.items() if _shows(self.name, name)}
        return Figures(shown, figures.resampling)

    def summary(self, counted: Iterable[tuple[str, Counts]]) -> dict[str, float | None]:
        """Return the figures by the names that ``names`` gives; None for what is undefined."""
        given = list(counted)
        totals: list[float | None] = [sum(counts.get(name, 0) for _, counts in given) for name in ANSWERS]
        for name, figure in self.figures(given).by_name.items():
            totals += (figure.value, figure.low, figure.high) if _bounded(name) else (figure.value,)
        return dict(zip(names(self.name, self.layers), totals, strict=True))


def names(task: str, layers: Layers | None = None) -> tuple[str, ...]:
    """Return the names of a task's figures: what is counted about answers, then the scores.

    A score is called ``<part>.<layer>.<what>.<measure>``; the ends of its 95 % interval end in ``.low`` and ``.high``.
    Precision and recall come without intervals here.

    Args:
        task: the task's name.
        layers: the corpus's; by default ChipStance's.
    """
    known = _scored_by(task, layers or parse_layers(read_json(schema_folder() / "layers.json")))
    shown = [name for name in measures(known) if _shows(task, name)]
    ends = {True: ("", ".low", ".high"), False: ("",)}
    return (*ANSWERS, *(f"{plain(name)}{end}" for name in shown for end in ends[_bounded(name)]))


def _scored_by(task: str, layers: Layers) -> Layers:
    return Layers({MONEY: layers[MONEY]}, layers.entity_kinds) if task == MONEY else layers


def _shows(task: str, name: Name) -> bool:
    return task != STANCE or (name[0] == "closed" and name[1].startswith(STANCE))


def _bounded(name: Name) -> bool:
    return name[3] not in ("precision", "recall")


def plain(name: Name) -> str:
    """Return a figure's name in one word."""
    return ".".join(name).replace(" ", "_")


def _written(key: Key) -> str:
    return "/".join(key)


def _counts(gold: Document, spans: Sequence[Span] | None, layers: Layers) -> Counts:
    """Return what some spans count; None where there is no answer."""
    found = {} if spans is None else {gold.id: Document(gold.id, gold.text, tuple(spans))}
    scores = score([gold], found, layers)
    return {_written(key): float(n) for key, n in zip(scores.columns, scores.counts[0], strict=True) if n}


@lru_cache(maxsize=8)
def open_task(name: str, dataset: str | None = None, split: str = TEST) -> Task:
    """Return a task.

    Args:
        name: ``spans``, ``stance`` or ``money``.
        dataset: the release's folder; by default as for ``chipstance.load``.
        split: what is scored: ``test``, ``validation`` or ``all``.

    Raises:
        ValueError: there is no such task or split, or the release is faulty.
        FileNotFoundError: there is no release.
    """
    if name not in TASKS:
        raise ValueError(f"{name!r} is no task: choose from {', '.join(TASKS)}")
    place = Path(dataset) if dataset else None
    gold = read_gold(place, split)
    shown = read_gold(place, VALIDATION).documents if split == TEST else ()
    layers = gold.layers
    if name == STANCE:
        pairs = tuple(_pairs(gold.documents, layers))
        instructions = stance_instructions(stance_labels(layers))
        examples = _in_turn(_pairs(shown, layers))
        samples = tuple(pair.sample for pair in pairs)
        return Task(name, layers, instructions, samples, examples, {}, {pair.id: pair for pair in pairs})
    scored = _scored_by(name, layers)
    samples, examples = (tuple(_article(each, scored) for each in documents) for documents in (gold.documents, shown))
    documents = {each.id: each for each in gold.documents}
    return Task(name, layers, span_instructions(scored), samples, examples, documents, {})


def _article(document: Document, layers: Layers) -> Sample:
    return Sample(document.id, document.id, article_question(document), spans_answer(document, layers))


def _pairs(documents: Iterable[Document], layers: Layers) -> Iterator[_Pair]:
    for document in documents:
        for target, statement, label, _ in closed_stance(document, document, layers):
            yield _Pair(document, statement, target, label)


def _in_turn(pairs: Iterable[_Pair]) -> tuple[Sample, ...]:
    """Return samples with a different label each time, as long as there are some, the rarest label first."""
    by_label: dict[str, list[Sample]] = {}
    for pair in pairs:
        by_label.setdefault(pair.label, []).append(pair.sample)
    groups = sorted(by_label.values(), key=len)
    return tuple(sample for turn in zip_longest(*groups) for sample in turn if sample)


def read_label(answer: str, labels: Sequence[str]) -> str | None:
    """Return the label that an answer gives: in JSON, or as the only one of the labels that it names; None if neither.

    Args:
        answer: the model's answer as it came.
        labels: those there are, in lower case.
    """
    try:
        value = read_json_answer(answer).value
    except AnswerError:
        value = without_thoughts(answer)
    if isinstance(value, dict):
        value = value.get("label")
    named = set(re.findall(r"\w+", value.lower())) & set(labels) if isinstance(value, str) else set()
    return named.pop() if len(named) == 1 else None
