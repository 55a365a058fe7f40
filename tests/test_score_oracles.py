"""Other people's scorers, and trying everything out, give the same figures where they are right."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given as given_drawn
from hypothesis import settings
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from scipy.stats import bootstrap, ks_2samp
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2
from spacy.scorer import Scorer
from spacy.tokens import Doc, SpanGroup
from spacy.tokens import Span as Tokens
from spacy.training import Example
from spacy.vocab import Vocab

from chipstance.matching import extent, overlap_pairs
from chipstance.model import Document, Span
from chipstance.resampling import Numbers, resampling
from chipstance.score_figures import make_figures
from chipstance.score_keys import BOUNDARY, EXACT, GOLD, PREDICTED, Key, demands
from chipstance.scoring import PARAGRAPH, score
from chipstance.span_values import described
from chipstance.textunits import paragraphs
from example_scores import LAYERS, corpora

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


def nested(random: np.random.Generator, size: int) -> Flat:
    """Return spans that nest and cross as they fall; no two of one kind cover the same passage."""
    starts, lengths = random.integers(0, LENGTH - 8, size), random.integers(1, 9, size)
    kinds = random.integers(len(KINDS), size=size)
    found = {(int(a), int(a + n), KINDS[k]) for a, n, k in zip(starts, lengths, kinds, strict=True)}
    return sorted(sorted(found), key=lambda _: random.random())


def test_exact_is_spacy_on_nested_spans() -> None:
    random = np.random.default_rng(9)
    golds = [nested(random, size) for size in (30, 0, 12, 25)]
    # half of what was in gold, and as many others; in the second document all is invented
    given = [(gold, nested(random, 9) + gold[::2]) for gold in golds]
    given = [(gold, list(dict.fromkeys(found))) for gold, found in given]
    words = Vocab(strings=list(KINDS))
    examples = [Example(spacy_document(found, words), spacy_document(gold, words)) for gold, found in given]
    theirs = Scorer.score_spans(
        examples, "spans", getter=lambda doc, attr: getattr(doc, attr)["all"], allow_overlap=True, labeled=True
    )
    *rows, every = ours(given, *((kind, "exact") for kind in KINDS), ("all", "exact"))
    assert every == pytest.approx([theirs[f"spans_{measure}"] for measure in "prf"])
    assert rows == [pytest.approx([theirs["spans_per_type"][kind][measure] for measure in "prf"]) for kind in KINDS]
    assert all(0 < each < 1 for row in (*rows, every) for each in row)


def spacy_document(spans: Flat, vocab: Vocab) -> Doc:
    doc = Doc(vocab, words=["x"] * LENGTH, spaces=[False] * LENGTH)
    doc.spans["all"] = SpanGroup(doc, spans=[Tokens(doc, a, b, label=kind) for a, b, kind in spans])
    return doc


LINES = [(0, 12), (13, 25), (26, 40)]
"""The paragraphs of a text."""


def line(start: int) -> int:
    return next(number for number, (_, end) in enumerate(LINES) if start <= end)


def credits_by_line(gold: Flat, found: Flat) -> Numbers:
    """Return lines × exact pairs, overlap credit, gold and predicted spans; no span has more than one partner here."""
    rows = np.zeros((len(LINES), 4))
    for (a, b, kind), (c, d, other) in product(gold, found):
        shared = min(b, d) - max(a, c)
        if kind == other and shared > 0:
            rows[line(min(a, c)), :2] += (a, b) == (c, d), 2 * shared / (b - a + d - c)
    for column, side in ((2, gold), (3, found)):
        for start, *_ in side:
            rows[line(start), column] += 1
    return rows


def test_exact_intervals_over_paragraphs_are_those_of_all_resamples(given: list[tuple[Flat, Flat]]) -> None:
    text, few = "\n".join("x" * (end - start) for start, end in LINES), given[:2]
    gold, found = ([Document(f"d{n}", text, _spans(pair[side])) for n, pair in enumerate(few)] for side in (0, 1))
    scores = score(gold, {each.id: each for each in found}, LAYERS, unit=PARAGRAPH)
    rows = np.concatenate([credits_by_line(*pair) for pair in few])
    np.testing.assert_allclose(scores.sums(*([(what, k) for k in KINDS] for what in COUNTED)), rows)
    sums = rows[np.array(list(product(range(6), repeat=6)))].sum(axis=1)
    figures = make_figures(scores, LAYERS).by_name
    for column, regime in enumerate(("exact", "overlap")):
        values = np.sort(2 * sums[:, column] / (sums[:, 2] + sums[:, 3]))
        figure = figures["spans", "all", regime, "f1"]
        tail = 0.025 * len(values)
        assert figure.low == pytest.approx(values[int(tail)])
        assert figure.high == pytest.approx(values[int(len(values) - tail)])


COUNTED = ("exact", "overlap", "gold", "predicted")


def f1(right: Numbers, gold: Numbers, found: Numbers, axis: int = -1) -> Numbers:
    return np.asarray(2 * right.sum(axis=axis) / (gold.sum(axis=axis) + found.sum(axis=axis)))


def test_random_intervals_are_those_of_scipy() -> None:
    random = np.random.default_rng(2)
    gold = random.integers(1, 9, 40)
    found, right = gold + random.integers(0, 3, 40), random.binomial(gold, 0.7)
    theirs = bootstrap(
        (right, gold, found), f1, paired=True, vectorized=True, method="percentile", n_resamples=8000, rng=random
    )
    counts = np.stack([right, gold, found], axis=1)
    draws = resampling("document", 40, seed=1, replicates=8000)
    assert not draws.exact
    figure = draws.figure(counts, lambda sums: f1(*np.moveaxis(sums[..., None], 1, 0)), 40)
    assert figure.value == pytest.approx(f1(right, gold, found))
    assert figure.low == pytest.approx(theirs.confidence_interval.low, abs=0.003)
    assert figure.high == pytest.approx(theirs.confidence_interval.high, abs=0.003)
    drawn = f1(*np.moveaxis(draws.replicates(counts)[..., None], 1, 0))
    assert ks_2samp(drawn, theirs.bootstrap_distribution).statistic < 0.03


@settings(max_examples=100, deadline=None)
@given_drawn(corpora())
def test_counts_are_those_of_plain_loops(corpus: tuple[list[Document], dict[str, Document]]) -> None:
    gold, found = corpus
    scores = score(gold, found, LAYERS, unit=PARAGRAPH)
    expected: Counter[tuple[tuple[str, int], Key]] = Counter()
    for each in gold:
        expected.update(plainly(each, found.get(each.id, replace(each, spans=()))))
    table = {(unit, key): 0.0 for unit in scores.units for key in scores.columns if key[0] not in LEFT_OUT}
    assert {key: scores.counts[scores.units.index(key[0]), scores.columns.index(key[1])] for key in table} == (
        table | expected
    )
    for each in gold:
        own = score([each], found, LAYERS)
        for layer in LAYERS:
            pairs = overlap_pairs(each.layer(layer.name), found.get(each.id, Document("", "")).layer(layer.name))
            assert own.total(("overlap", layer.name)) == pytest.approx(sum(dice(*pair) for pair in pairs))


LEFT_OUT = ("overlap", "label", "attribute")


def dice(one: Span, other: Span) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared / (one.end - one.start + other.end - other.start)


def plainly(gold: Document, found: Document) -> Counter[tuple[tuple[str, int], Key]]:
    """Count by paragraph what has equal place and values, but not the overlaps, attributes and labels."""
    begins = [unit.start for unit in paragraphs(gold.text)[1:]]
    counts: Counter[tuple[tuple[str, int], Key]] = Counter()

    def add(key: Key, places: Iterable[int]) -> None:
        counts.update(((gold.id, sum(begin <= place for begin in begins)), key) for place in places)

    def add_equal(key: Key, *sides: Iterable[tuple[int, int, Hashable]]) -> None:
        one, other = (Counter(each for each in side if each[0] < each[1]) for side in sides)
        add(key, (start for start, *_ in (one & other).elements()))

    add_equal((BOUNDARY,), *([(*extent(span), None) for span in side] for side in (gold, found)))
    for layer in LAYERS:
        sides = [(side.layer(layer.name), described(side, layer)) for side in (gold, found)]
        for what, (spans, _) in zip((GOLD, PREDICTED), sides, strict=True):
            add((what, layer.name), (span.start for span in spans))
        links = ((EXACT, layer.name), ()), *demands(layer)
        for key, names in links:
            add_equal(key, *(
                [(*extent(s), tuple(values[id(s)][name] for name in names)) for s in spans] for spans, values in sides
            ))  # fmt: skip
    return counts


@settings(max_examples=60, deadline=None)
@given_drawn(st.data())
def test_attributes_of_spans_in_one_place_are_paired_as_well_as_can_be(data: st.DataObject) -> None:
    values = st.lists(st.tuples(st.sampled_from(["5", "5.0", "40", "040"]), st.sampled_from(["exact", "range"])),
                      min_size=1, max_size=4)  # fmt: skip
    rows = [data.draw(values) for _ in range(2)]
    sides = [
        Document("d", "$5", tuple(Span("", "money", 0, 2, "$5", {"minimum": a, "qualifier": b}) for a, b in side))
        for side in rows
    ]
    counted = score(sides[:1], {"d": sides[1]}, LAYERS)
    few, many = sorted(([(Decimal(a), b) for a, b in side] for side in rows), key=len)
    best = max(
        sum(a == c for pair in zip(few, chosen, strict=True) for a, c in zip(*pair, strict=True))
        for chosen in permutations(many, len(few))
    )
    assert counted.total(("attribute", "money", "minimum"), ("attribute", "money", "qualifier")) == best
