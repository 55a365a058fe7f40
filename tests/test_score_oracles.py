"""Other people's scorers, and trying everything out, give the same figures where they are right."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pytest
from nervaluate.evaluator import Evaluator
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from chipstance.model import Document, Span
from chipstance.score_figures import make_figures
from chipstance.scoring import score
from example_scores import LAYERS

KINDS = ("organization", "money", "cue")
LENGTH, DOCS = 40, 6

Flat = list[tuple[int, int, str]]


def flat(random: np.random.Generator) -> Flat:
    """Return spans that neither overlap nor touch, so that nothing about tags is ambiguous."""
    found, place = [], int(random.integers(0, 3))
    while place < LENGTH - 4:
        end = place + int(random.integers(1, 4))
        found.append((place, end, KINDS[int(random.integers(len(KINDS)))]))
        place = end + int(random.integers(1, 5))
    return found


def moved(gold: Flat, random: np.random.Generator) -> Flat:
    """Return some of the spans, some with another kind, some shortened by their first token."""
    found = []
    for start, end, kind in gold:
        luck = random.random()
        if luck < 0.5:
            found.append((start, end, kind))
        elif luck < 0.65:
            found.append((start, end, KINDS[int(random.integers(len(KINDS)))]))
        elif luck < 0.85 and end - start > 1:
            found.append((start + 1, end, kind))
    return found


@pytest.fixture(scope="module")
def given() -> list[tuple[Flat, Flat]]:
    random = np.random.default_rng(5)
    golds = [flat(random) for _ in range(DOCS)]
    return [(gold, moved(gold, random)) for gold in golds]


def tags(spans: Flat) -> list[str]:
    row = ["O"] * LENGTH
    for start, end, kind in spans:
        row[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return row


def ours(given: list[tuple[Flat, Flat]], *names: tuple[str, str]) -> list[list[float]]:
    text = "x" * LENGTH

    def document(number: int, spans: Flat) -> Document:
        return Document(f"d{number}", text, tuple(Span("", kind, a, b, text[a:b]) for a, b, kind in spans))

    gold = [document(number, pair[0]) for number, pair in enumerate(given)]
    found = {f"d{number}": document(number, pair[1]) for number, pair in enumerate(given)}
    figures = make_figures(score(gold, found, LAYERS), LAYERS, replicates=10).by_name
    measures = ("precision", "recall", "f1")
    return [[figures["spans", *name, measure].value or 0 for measure in measures] for name in names]


def test_exact_is_seqeval_strict(given: list[tuple[Flat, Flat]]) -> None:
    sides = [[tags(pair[side]) for pair in given] for side in (0, 1)]
    theirs = precision_recall_fscore_support(*sides, average=None, scheme=IOB2)
    overall = precision_recall_fscore_support(*sides, average="micro", scheme=IOB2)
    found = ours(given, *((kind, "exact") for kind in sorted(KINDS)), ("all", "exact"))
    np.testing.assert_allclose(found[:-1], np.array(theirs[:3]).T)
    np.testing.assert_allclose(found[-1], overall[:3])


def test_exact_and_boundary_are_nervaluate_strict_and_exact(given: list[tuple[Flat, Flat]]) -> None:
    sides = [
        [[{"label": kind, "start": a, "end": b - 1} for a, b, kind in pair[side]] for pair in given] for side in (0, 1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Evaluator(sides[0], sides[1], tags=list(KINDS), loader="dict").evaluate()["overall"]
    found = ours(given, ("all", "exact"), ("all", "boundary"))
    for row, regime in zip(found, ("strict", "exact"), strict=True):
        each = theirs[regime]
        assert row == pytest.approx([each.precision, each.recall, each.f1])


def test_exact_intervals_are_those_of_all_resamples(given: list[tuple[Flat, Flat]]) -> None:
    few = given[:4]
    gold = [Document(f"d{n}", "x" * LENGTH, _spans(pair[0])) for n, pair in enumerate(few)]
    found = {f"d{n}": Document(f"d{n}", "x" * LENGTH, _spans(pair[1])) for n, pair in enumerate(few)}
    figure = make_figures(score(gold, found, LAYERS), LAYERS).by_name["spans", "all", "exact", "f1"]
    values = []
    for drawn in product(few, repeat=len(few)):
        right = sum(len(set(a) & set(b)) for a, b in drawn)
        values.append(2 * right / sum(len(a) + len(b) for a, b in drawn))
    values.sort()
    tail = 0.025 * len(values)  # 256 equally probable draws: 6.4 of them lie below the lower end
    assert figure.low == pytest.approx(values[int(tail)])
    assert figure.high == pytest.approx(values[int(len(values) - tail)])


def _spans(spans: Flat) -> tuple[Span, ...]:
    return tuple(Span("", kind, a, b, "x" * (b - a)) for a, b, kind in spans)
