"""Counts of what a system got right: they add up, so shards, documents and resamples are merged by summing.

Four regimes, in each of which a span is matched once at most:

* ``strict``: same place, same layer, and every attribute right but groups (see ``span_values``).
* ``exact``: same place and layer, whatever the attributes.
* ``overlap``: the optimal one-to-one matching of ``matching.overlap_pairs``; a pair earns its Dice coefficient (Lee
  R. Dice 1945: twice the shared code points over the lengths of both), so that credit is between 0 and 1 and the
  same for precision and recall. Unlike the span coverage of Richard Johansson and Alessandro Moschitti (2010), which
  sums over all overlapping pairs, a span earns nothing twice.
* ``boundary``, over all layers only: same place, whatever the layer.

A chain gives credit to a span only when its place and every link up to this one are right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.counting import Tally, count_spans
from chipstance.layers import Layers
from chipstance.model import Document, Span
from chipstance.records import RecordError, stance_label
from chipstance.score_keys import LABEL, UNRESOLVED, Key, keys, targets
from chipstance.span_columns import SpanColumns

Numbers = NDArray[Any]
DOCUMENT, PARAGRAPH = "document", "paragraph"
BLOCK = 1000
"""So many documents are counted at once: what the arrays of a block take does not grow with the corpus."""


@dataclass(frozen=True)
class Scores:
    """Counts by unit.

    Attributes:
        unit: ``document`` or ``paragraph``; what a row of counts is about.
        units: document id and number of the unit in it, sorted.
        columns: what each column counts.
        counts: units × columns.
    """

    unit: str
    units: tuple[tuple[str, int], ...]
    columns: tuple[Key, ...]
    counts: Numbers

    def __add__(self, other: Scores) -> Scores:
        """Return the scores of both sets of documents together.

        Raises:
            ValueError: a document is in both, or they do not count the same things.
        """
        return merge((self, other))

    @cached_property
    def _places(self) -> Mapping[Key, int]:
        return {key: number for number, key in enumerate(self.columns)}

    def sums(self, *keys: Sequence[Key]) -> Numbers:
        """Return units × groups: for each group of keys, the sum of their counts."""
        chosen = [self.counts[:, [self._places[key] for key in group]].sum(axis=1) for group in keys]
        return np.stack(chosen, axis=-1)

    def total(self, *keys: Key) -> float:
        """Return the sum of some counts over all units."""
        return float(self.sums(keys).sum())


def merge(parts: Sequence[Scores]) -> Scores:
    """Return the scores of several sets of documents together, whatever their order. Errors as for ``+``."""
    first = parts[0]
    if any((part.unit, part.columns) != (first.unit, first.columns) for part in parts):
        raise ValueError("scores can be merged only if they count the same things by the same units")
    units = [unit for part in parts for unit in part.units]
    if len(set(units)) < len(units):
        ((doc, _), _), *_ = Counter(units).most_common(1)
        raise ValueError(f"{doc} is scored twice: leave it out of one of them")
    order = sorted(range(len(units)), key=units.__getitem__)
    counts = np.concatenate([part.counts for part in parts])[order]
    return Scores(first.unit, tuple(units[i] for i in order), first.columns, counts)


def score(
    gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers, *, unit: str = DOCUMENT
) -> Scores:
    """Count what predictions got right. A document without a prediction counts: all its gold is missed, no label right.

    Args:
        gold: the documents that are scored.
        predicted: predictions, by document id; those of other documents are left alone. A span without extent
            stands for what could not be placed: it is predicted, and matches nothing.
        layers: what is annotated; spans of other layers are left alone.
        unit: ``document`` or ``paragraph``, for resampling. A span counts where it starts, a pair where the first
            of both starts.

    Raises:
        ValueError: a document is there twice, or a prediction is of another text.
    """
    columns = tuple(keys(layers))
    empty = Scores(unit, (), columns, np.zeros((0, len(columns))))
    blocks = (gold[start : start + BLOCK] for start in range(0, len(gold), BLOCK))
    return merge([empty, *(_score_block(block, predicted, layers, unit) for block in blocks)])


def _score_block(gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers, unit: str) -> Scores:
    found = [predicted.get(each.id) or Document(each.id, each.text) for each in gold]
    unanswered = [each.id for each in gold if each.id not in predicted]
    return score_columns(SpanColumns(gold, layers), SpanColumns(found, layers), unit=unit, unanswered=unanswered)


def score_columns(
    gold: SpanColumns, found: SpanColumns, *, unit: str = DOCUMENT, unanswered: Collection[str] = ()
) -> Scores:
    """Count what predictions got right, from spans in columns; these can be made once for many systems.

    Args:
        gold: the spans of the documents that are scored.
        found: the predicted spans of the same documents, in the same order.
        unit: as for ``score``.
        unanswered: ids of the documents that have no prediction: no label of theirs is right, not even that of a
            statement without a stance.

    Raises:
        ValueError: a prediction is of another text.
    """
    for one, other in zip(gold.documents, found.documents, strict=True):
        if one.text != other.text:
            raise ValueError(f"{one.id}: the prediction is of another text than the gold labels")
    columns = tuple(keys(gold.layers))
    tally = Tally(gold, columns, by_paragraph=unit == PARAGRAPH)
    count_spans(tally, gold, found)
    _count_stance(tally, gold, found, frozenset(unanswered))
    return merge([Scores(unit, tuple(tally.units), columns, tally.table())])


def _count_stance(tally: Tally, gold: SpanColumns, found: SpanColumns, unanswered: frozenset[str]) -> None:
    if not targets(gold.layers):
        return
    for index in np.unique(gold.document[gold.rows_of(gold.layers["statement"])]):
        document = gold.documents[index]
        for target, span, right, label in closed_stance(document, found.documents[index], gold.layers):
            answer = UNRESOLVED if document.id in unanswered else label
            tally.add((LABEL, target, right, answer), tally.unit(gold.offsets[[index]] + span.start))


def closed_stance(gold: Document, found: Document, layers: Layers) -> Iterator[tuple[str, Span, str, str]]:
    """Yield target, gold statement, its label and the predicted one, for every gold statement and target.

    A label is that of ``records.stance_label``: here gold statements and speakers are given, and the predicted stance
    spans that overlap a statement and have its speaker's entity as holder decide. A statement whose gold label is
    unresolved is left out.
    """
    needed = {"target", "polarity", "holder"}
    statements = gold.layer("statement")
    given = tuple(span for span in gold if span.layer in ("statement", "speaker"))
    stances = tuple(span for span in found.layer("stance") if needed <= span.attributes.keys())
    answers = Document(gold.id, gold.text, given + stances)
    for target in targets(layers):
        for statement in statements:
            right = _label(gold, statement, target)
            if right != UNRESOLVED:
                yield target, statement, right, _label(answers, statement, target)


def _label(document: Document, statement: Span, target: str) -> str:
    try:
        return stance_label(document, statement, target)[0]
    except (RecordError, KeyError):  # KeyError: no speaker is named, so nobody's stance can be told
        return UNRESOLVED
