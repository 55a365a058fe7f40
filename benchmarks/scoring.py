"""Score 500 documents with about 27,000 flat spans, and let nervaluate and seqeval score the same, in one run.

Ours is everything: all regimes, attributes, chains, and intervals from 1,000 bootstrap replicates. Theirs is the
evaluation alone; turning spans into their forms is not counted. Needs the extra ``benchmark``.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.model import Document, Span
from chipstance.score_figures import make_figures
from chipstance.scoring import score

DOCUMENTS, SPANS, REPLICATES = 500, 54, 1000
KINDS = ("organization", "cue", "money")
STEP = 8
"""A span begins every so many tokens; a token is one code point here."""
KEPT, MOVED = 0.7, 0.85
LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))

Flat = list[tuple[int, int, str]]


def main() -> None:
    """Print the times, and check that the figures are equal."""
    from nervaluate.evaluator import Evaluator
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    gold, found = flat_documents(seed=0)
    documents = [[document(number, spans) for number, spans in enumerate(side)] for side in (gold, found)]
    ours, seconds = timed(lambda: figures(*documents))
    spans = [[[{"label": k, "start": a, "end": b - 1} for a, b, k in each] for each in side] for side in (gold, found)]
    nerval, nerval_seconds = timed(lambda: Evaluator(*spans, tags=list(KINDS), loader="dict").evaluate()["overall"])
    tags = [[tagged(each) for each in side] for side in (gold, found)]
    seq, seq_seconds = timed(lambda: precision_recall_fscore_support(*tags, average="micro", scheme=IOB2))
    np.testing.assert_allclose(ours["exact"], seq[2])
    np.testing.assert_allclose(ours["exact"], nerval["strict"].f1)
    np.testing.assert_allclose(ours["boundary"], nerval["exact"].f1)
    print(f"{DOCUMENTS} documents, {sum(map(len, gold))} gold spans, {sum(map(len, found))} predicted")
    print(f"ours, all regimes, attributes and {REPLICATES} replicates: {seconds:.2f} s")
    for name, theirs in (("nervaluate", nerval_seconds), ("seqeval strict", seq_seconds)):
        print(f"{name}, evaluation alone: {theirs:.2f} s, {theirs / seconds:.1f} times ours")


def flat_documents(seed: int) -> tuple[list[Flat], list[Flat]]:
    """Return gold and predicted spans of every document; of the predicted some are shorter or of another kind."""
    random = np.random.default_rng(seed)
    gold, found = [], []
    for _ in range(DOCUMENTS):
        lengths, kinds = random.integers(2, STEP - 2, SPANS), random.integers(len(KINDS), size=SPANS)
        each = [(i * STEP, i * STEP + int(n), KINDS[k]) for i, (n, k) in enumerate(zip(lengths, kinds, strict=True))]
        gold.append(each)
        found.append([altered(span, luck) for span, luck in zip(each, random.random(SPANS), strict=True)])
    return gold, found


def altered(span: tuple[int, int, str], luck: float) -> tuple[int, int, str]:
    """Return a span as a system finds it: mostly right, at times too short, at times of another kind."""
    start, end, kind = span
    if luck < KEPT:
        return span
    return (start + 1, end, kind) if luck < MOVED else (start, end, KINDS[KINDS.index(kind) - 1])


def tagged(spans: Flat) -> list[str]:
    """Return the IOB2 tags of a document."""
    tags = ["O"] * (SPANS * STEP)
    for start, end, kind in spans:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def figures(gold: list[Document], found: list[Document]) -> dict[str, float | None]:
    """Return our F1 over all layers, from figures with intervals."""
    counts = score(gold, {each.id: each for each in found}, LAYERS)
    made = make_figures(counts, LAYERS, replicates=REPLICATES).by_name
    return {regime: made["spans", "all", regime, "f1"].value for regime in ("exact", "overlap", "boundary")}


def document(number: int, spans: Flat) -> Document:
    """Return a document with some spans, each with all attributes of its layer."""
    text = "x" * (SPANS * STEP)
    return Document(f"d{number}", text, tuple(Span("", k, a, b, text[a:b], ATTRIBUTES[k]) for a, b, k in spans))


ATTRIBUTES: dict[str, dict[str, str]] = {
    "organization": {"entity": "mill"},
    "cue": {},
    "money": {"currency": "USD", "minimum": "5", "maximum": "5", "qualifier": "exact"},
}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what some work gives, and how many seconds it takes."""
    before = time.perf_counter()
    return work(), time.perf_counter() - before


if __name__ == "__main__":
    main()
