"""How fast scoring is: against nervaluate and seqeval in one run, how it grows, and where spans overlap worst.

Ours is everything: all regimes, attributes, chains, and intervals from 1,000 bootstrap replicates. Theirs is the
evaluation alone. Turning spans into the form that each works on is not counted, neither theirs nor our columns; what
ours takes with it, from documents as they are loaded, is printed too. Every time is the best of several, taken in
turn. ``make benchmark`` runs it too.
"""

from __future__ import annotations

import logging
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.model import Document, Span
from chipstance.score_figures import make_figures
from chipstance.scoring import Scores, score, score_columns
from chipstance.span_columns import SpanColumns
from chipstance.streaming import Shard, score_shards

DOCUMENTS, SPANS, REPLICATES, TIMES = 500, 54, 1000, 5
SIZES, SHARD = (1_000, 10_000, 100_000), 1_000
KINDS = ("organization", "cue", "money")
STEP = 8
"""A span begins every so many tokens; a token is one code point here."""
KEPT, MOVED, RIGHT = 0.7, 0.85, 0.9
"""Shares of spans that are found in place, or at least in their layer, and of those with all attributes right."""
LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))

Flat = list[tuple[int, int, str]]


def main() -> None:
    """Print the times, and check that the figures are equal."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    against_peers()
    growth()
    worst_cases()


def against_peers() -> None:
    """Print our time and those of nervaluate and seqeval on the same flat spans."""
    from nervaluate.evaluator import Evaluator
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    gold, found = flat_documents(DOCUMENTS, seed=0)
    documents = [
        [document(f"d{n}", spans, n * side) for n, spans in enumerate(each)] for side, each in enumerate((gold, found))
    ]
    spans = [[[{"label": k, "start": a, "end": b - 1} for a, b, k in each] for each in side] for side in (gold, found)]
    tags = [[tagged(each) for each in side] for side in (gold, found)]
    columns = [SpanColumns(side, LAYERS) for side in documents]
    (ours, whole, nerval, seq), times = timed(
        lambda: figures(score_columns(*columns)),
        lambda: figures(score(documents[0], {each.id: each for each in documents[1]}, LAYERS)),
        lambda: Evaluator(*spans, tags=list(KINDS), loader="dict").evaluate()["overall"],
        lambda: precision_recall_fscore_support(*tags, average="micro", scheme=IOB2),
    )
    assert ours == whole
    np.testing.assert_allclose(ours["exact"], seq[2])
    np.testing.assert_allclose(ours["exact"], nerval["strict"].f1)
    np.testing.assert_allclose(ours["boundary"], nerval["exact"].f1)
    print(f"{DOCUMENTS} documents, {sum(map(len, gold))} gold spans, {sum(map(len, found))} predicted")
    print(f"  ours, all regimes, attributes and {REPLICATES} replicates: {times[0]:.4f} s")
    print(f"  ours, with making the columns: {times[1]:.4f} s")
    for name, theirs in zip(("nervaluate", "seqeval strict"), times[2:], strict=True):
        print(
            f"  {name}, evaluation alone: {theirs:.3f} s, {theirs / times[0]:.1f} times ours, "
            f"{theirs / times[1]:.1f} times ours with making the columns"
        )


def growth() -> None:
    """Print how long streamed scoring takes for more and more documents, and the most memory held until then."""
    print(f"streamed in shards of {SHARD} documents, {REPLICATES} replicates; making the documents is not counted")
    for size in SIZES:
        clock = Clock()
        score_shards(clock.over(shards(size)), LAYERS, replicates=REPLICATES).figures(LAYERS)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        each = clock.outside / size * 1e6
        print(f"  {size} documents: {clock.outside:.2f} s, {each:.0f} µs each, at most {memory:.0f} MB")


def worst_cases() -> None:
    """Print how long one document takes whose spans overlap without end, none of them in place."""
    print("one document, one layer, no span in place")
    for name, places in WORST.items():
        text = "x" * (max(end for _, end in places) + 1)
        sides = [
            Document("d", text, tuple(Span("", "cue", a + moved, b + moved, text[a:b]) for a, b in places))
            for moved in (0, 1)
        ]
        _, (seconds,) = timed(lambda sides=sides: score(sides[:1], {"d": sides[1]}, LAYERS), times=1)
        print(f"  {len(places)} {name}: {seconds:.2f} s")


WORST = {
    "nested spans, each in the one before": [(i, 6000 - i) for i in range(2500)],
    "spans that each overlap with the next nine": [(2 * i, 2 * i + 20) for i in range(20_000)],
    "such spans, and one over all of them": [(0, 41_000), *((2 * i, 2 * i + 20) for i in range(20_000))],
}


class Clock:
    """Measures the time that passes outside of an iterator."""

    def __init__(self) -> None:
        self.outside = 0.0

    def over(self, items: Iterator[Shard]) -> Iterator[Shard]:
        """Yield the items, the clock standing still while they are made."""
        for item in items:
            before = time.perf_counter()
            yield item
            self.outside += time.perf_counter() - before


def shards(size: int) -> Iterator[Shard]:
    """Yield shards of gold documents and predictions."""
    for start in range(0, size, SHARD):
        gold, found = flat_documents(min(SHARD, size - start), seed=start)
        yield (
            [document(f"d{start + n}", spans, 0) for n, spans in enumerate(gold)],
            {f"d{start + n}": document(f"d{start + n}", spans, n) for n, spans in enumerate(found)},
        )


def flat_documents(size: int, seed: int) -> tuple[list[Flat], list[Flat]]:
    """Return gold and predicted spans of every document; of the predicted some are shorter or of another kind."""
    random = np.random.default_rng(seed)
    gold, found = [], []
    for _ in range(size):
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


def figures(counts: Scores) -> dict[str, float | None]:
    """Return our F1 over all layers, from figures with intervals."""
    made = make_figures(counts, LAYERS, replicates=REPLICATES).by_name
    return {regime: made["spans", "all", regime, "f1"].value for regime in ("exact", "overlap", "boundary")}


def document(name: str, spans: Flat, seed: int) -> Document:
    """Return a document with some spans; with a seed other than 0, some have a wrong attribute."""
    text = "x" * (SPANS * STEP)
    lucky = np.random.default_rng(seed).random(len(spans)) < (RIGHT if seed else 1)
    return Document(
        name,
        text,
        tuple(
            Span(f"s{number}", kind, a, b, text[a:b], dict((ATTRIBUTES if right else WRONG)[kind]))
            for number, ((a, b, kind), right) in enumerate(zip(spans, lucky.tolist(), strict=True))
        ),
    )


ATTRIBUTES: dict[str, dict[str, str]] = {
    "organization": {"entity": "mill"},
    "cue": {},
    "money": {"currency": "USD", "minimum": "5", "maximum": "5", "qualifier": "exact"},
}
WRONG: dict[str, dict[str, str]] = {
    "organization": {"entity": "loom"},
    "cue": {},
    "money": {"currency": "USD", "minimum": "4", "maximum": "5.5", "qualifier": "range"},
}


def timed(*works: Callable[[], Any], times: int = TIMES) -> tuple[list[Any], list[float]]:
    """Return what each work gives, and the fewest seconds it took; they take turns."""
    results: list[Any] = [None] * len(works)
    seconds = [float("inf")] * len(works)
    for _ in range(times):
        for number, work in enumerate(works):
            before = time.perf_counter()
            results[number] = work()
            seconds[number] = min(seconds[number], time.perf_counter() - before)
    return results, seconds


if __name__ == "__main__":
    main()
