"""Agreement of two or more annotators: by layer, by attribute, on links and on stance labels, with intervals.

Every figure is a formula over counts that add up over documents (or paragraphs): that is what is resampled. Figures
for pairs of annotators are means over all pairs; γ and α take all annotators at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance import kappa as cohen
from chipstance.agreement_figures import Agreement, Categories, LayerAgreement, PairAgreement
from chipstance.alpha import TOKENIZER, Tokenize, alpha, coincidences, inside, tokens
from chipstance.comparison import Comparison, comparable, compare, differences, groups, values
from chipstance.gamma import Gamma, compute_gamma, continuum, gamma
from chipstance.layers import Layer, Layers
from chipstance.matching import exact_pairs
from chipstance.model import Document, Span
from chipstance.records import RecordError, stance_label
from chipstance.resampling import Figure, resampling
from chipstance.textunits import paragraphs

Numbers = NDArray[Any]
Annotations = Mapping[str, Mapping[str, Document]]
"""Annotator to document id to labels."""

DOCUMENT, PARAGRAPH = "document", "paragraph"
UNRESOLVED = "unresolved"
"""Stance label of a statement that is for and against a target at once, or has no speaker."""


class AgreementError(ValueError):
    """Annotations that can't be compared: too few annotators, no common document, different texts."""


def measure_agreement(
    annotations: Annotations,
    layers: Layers,
    *,
    unit: str = DOCUMENT,
    seed: int = 0,
    tokenize: Tokenize = tokens,
    tokenizer: str = TOKENIZER,
) -> Agreement:
    """Measure agreement on the documents that all annotators labelled.

    The order of annotators, documents and spans changes nothing.

    Args:
        annotations: of two annotators or more.
        layers: what is annotated.
        unit: what is resampled: ``document`` or ``paragraph``.
        seed: of the random draws.
        tokenize: splits a text into tokens, for α.
        tokenizer: what that is called.

    Raises:
        AgreementError: there are fewer than two annotators, they have no document in common, or different texts.
    """
    names = tuple(sorted(annotations))
    if len(names) < 2:  # noqa: PLR2004
        found = ", ".join(names) or "none"
        raise AgreementError(f"agreement needs two annotators or more, and here is {found}")
    every = sorted({doc for documents in annotations.values() for doc in documents})
    common = [doc for doc in every if all(doc in documents for documents in annotations.values())]
    if not common:
        raise AgreementError(f"{', '.join(names)} have no document in common")
    documents = {doc: tuple(annotations[name][doc] for name in names) for doc in common}
    study = _Study(names, documents, layers, unit, seed)
    return Agreement(
        annotators=names,
        documents={doc: labelled[0].text for doc, labelled in documents.items()},
        left_out=tuple(doc for doc in every if doc not in documents),
        layers={layer.name: study.layer(layer, tokenize) for layer in layers},
        stance=study.stance(),
        pairs=tuple(study.pair(number) for number in range(len(study.pairs))),
        resampling=study.resampling,
        tokenizer=tokenizer,
        seed=seed,
    )


def f1(counts: Numbers) -> Numbers:
    """Return F1 from matched spans, spans of one and spans of the other (last axis); NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * counts[..., 0] / counts[..., 1:].sum(axis=-1))


def mean_of_pairs(figures: Numbers) -> Numbers:
    """Return the mean over pairs of annotators (last axis), those aside where a figure is undefined."""
    defined = ~np.isnan(figures)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(defined, figures, 0).sum(axis=-1) / defined.sum(axis=-1))


_Values = tuple[str, int, int, Hashable, Hashable]
"""Document, place, pair of annotators, and the value each of them gave."""


class _Study:
    """The labels of all annotators, matched, and the units that are resampled."""

    def __init__(
        self,
        names: Sequence[str],
        documents: Mapping[str, tuple[Document, ...]],
        layers: Layers,
        unit: str,
        seed: int,
    ) -> None:
        self.documents, self.layers, self.seed, self.unit = documents, layers, seed, unit
        self.pairs = list(combinations(range(len(names)), 2))
        self.names = names
        try:
            self.comparisons = [
                [compare(labelled[i], labelled[j], layers) for labelled in documents.values()] for i, j in self.pairs
            ]
        except ValueError as error:
            raise AgreementError(str(error)) from None
        self.starts = {doc: self._unit_starts(labelled[0].text) for doc, labelled in documents.items()}
        self.first = dict(zip(documents, np.cumsum([0, *map(len, self.starts.values())]).tolist(), strict=False))
        self.units = sum(map(len, self.starts.values()))
        self.resampling = resampling(unit, self.units, seed)

    def _unit_starts(self, text: str) -> list[int]:
        return [0] if self.unit == DOCUMENT else [0, *(paragraph.start for paragraph in paragraphs(text)[1:])]

    def row(self, doc: str, place: int) -> int:
        """Return the number of the unit in which a place lies."""
        return int(self.first[doc]) + bisect_right(self.starts[doc], place) - 1

    def layer(self, layer: Layer, tokenize: Tokenize) -> LayerAgreement:
        """Measure one layer."""
        exact, overlap = self.counts(layer, exact=True), self.counts(layer, exact=False)
        figures = self.gamma(layer)
        spans = [sum(len(d.layer(layer.name)) for d in of) for of in zip(*self.documents.values(), strict=True)]
        return LayerAgreement(
            spans=tuple(spans),
            exact=self.figure(exact, f1, sum(spans)),
            overlap=self.figure(overlap, f1, sum(spans)),
            gamma=self.gamma_figure(figures, sum(spans)),
            samples=figures.samples,
            precision=figures.precision,
            alpha=self.alpha(layer, tokenize),
            attributes={a.name: self.categories(self.attribute_values(layer, a.name)) for a in comparable(layer)},
            links={a.name: self.categories(self.link_values(layer, a.name)).raw for a in layer.references("span")},
            groups={a.name: self.group(layer, a.name) for a in layer.references("group")},
        )

    def figure(self, counts: Numbers, formula: Any, n: int) -> Figure:
        """Return the mean over pairs of a formula, with its interval."""
        return self.resampling.figure(counts, lambda sums: mean_of_pairs(formula(sums)), n)

    def counts(self, layer: Layer, *, exact: bool) -> Numbers:
        """Return units × pairs × (matched, spans of one, spans of the other)."""
        counts = np.zeros((self.units, len(self.pairs), 3))
        for number, each in self._compared():
            left, right = each.left.layer(layer.name), each.right.layer(layer.name)
            matched = exact_pairs(left, right) if exact else each.pairs[layer.name]
            starts = ([min(a.start, b.start) for a, b in matched], [s.start for s in left], [s.start for s in right])
            for column, places in enumerate(starts):
                for place in places:
                    counts[self.row(each.left.id, place), number, column] += 1
        return counts

    def _compared(self) -> Iterator[tuple[int, Comparison]]:
        return ((number, each) for number, comparisons in enumerate(self.comparisons) for each in comparisons)

    def gamma(self, layer: Layer) -> Gamma:
        """Return γ of a layer's places and comparable attributes."""
        texts = [
            continuum(len(labelled[0].text), [_marked(layer, each.layer(layer.name)) for each in labelled])
            for labelled in self.documents.values()
        ]
        return compute_gamma(texts, seed=self.seed)

    def gamma_figure(self, figures: Gamma, n: int) -> Figure:
        """Return γ with its interval; it is a figure of whole documents, so paragraphs give none."""
        counts = np.stack([figures.observed, figures.expected], axis=1)
        if self.unit == DOCUMENT:
            return self.resampling.figure(counts, gamma, n)
        return replace(resampling(DOCUMENT, 1).figure(counts.sum(axis=0)[None], gamma, n), low=None, high=None)

    def alpha(self, layer: Layer, tokenize: Tokenize) -> Figure:
        """Return token-level α of a layer."""
        sums, count = np.zeros((self.units, 2, 2)), 0
        for doc, labelled in self.documents.items():
            units = tokenize(labelled[0].text)
            marked = sum(inside(units, each.layer(layer.name)).astype(float) for each in labelled)
            counts = np.stack([marked, len(labelled) - marked], axis=1)
            np.add.at(sums, [self.row(doc, unit.start) for unit in units], coincidences(counts))
            count += len(units)
        return self.resampling.figure(sums, alpha, count)

    def categories(self, rows: Iterable[_Values]) -> Categories:
        """Return raw agreement and κ of values."""
        listed = list(rows)
        kinds = sorted({value for *_, first, second in listed for value in (first, second)}, key=repr)
        places = {kind: place for place, kind in enumerate(kinds, start=1)}
        counts = np.zeros((self.units, len(self.pairs), 1 + 2 * len(kinds)))
        for doc, place, pair, first, second in listed:
            cell = counts[self.row(doc, place), pair]
            cell[0] += first == second
            cell[places[first]] += 1
            cell[len(kinds) + places[second]] += 1
        raw, kappa = (self.figure(counts, formula, len(listed)) for formula in (cohen.observed, cohen.kappa))
        return Categories(raw, kappa)

    def attribute_values(self, layer: Layer, name: str) -> Iterator[_Values]:
        """Yield both annotators' values of an attribute, for every two matched spans."""
        for number, each in self._compared():
            for a, b in each.pairs[layer.name]:
                yield each.left.id, min(a.start, b.start), number, a.attributes.get(name), b.attributes.get(name)

    def link_values(self, layer: Layer, name: str) -> Iterator[_Values]:
        """Yield True, and whether two matched spans refer to spans matched with one another."""
        for number, each in self._compared():
            for a, b in each.pairs[layer.name]:
                alike = each.linked_alike((a, b), layer.attributes[name])
                yield each.left.id, min(a.start, b.start), number, True, alike

    def group(self, layer: Layer, name: str) -> Categories:
        """Return agreement on who is in one group; groups go over documents, so there is no interval."""
        tables = [cohen.same_group_table(*groups(each, layer, name)) for each in self.comparisons]
        tallies = np.array([cohen.tally(table) for table in tables])
        n = int(sum(table.sum() for table in tables))
        raw, kappa = (_plain(mean_of_pairs(formula(tallies)[None])[0], n) for formula in (cohen.observed, cohen.kappa))
        return Categories(raw, kappa)

    def stance(self) -> dict[str, Categories]:
        """Return agreement on stance labels; nothing where the layers have no statements or stances like ours."""
        targets = self.layers.stance_targets
        if not targets:
            return {}
        rows = {target: list(self._stance_values(target)) for target in targets}
        every = [row for target in targets for row in rows[target]]
        return {"all": self.categories(every)} | {target: self.categories(rows[target]) for target in targets}

    def _stance_values(self, target: str) -> Iterator[_Values]:
        for number, each in self._compared():
            for a, b in each.pairs["statement"]:
                labels = _stance(each.left, a, target), _stance(each.right, b, target)
                yield each.left.id, min(a.start, b.start), number, *labels

    def pair(self, number: int) -> PairAgreement:
        """Return what two annotators differ in."""
        i, j = self.pairs[number]
        found = differences(self.comparisons[number], self.layers)
        scores = {
            exact: {
                layer.name: _value(f1(self.counts(layer, exact=exact)[:, number].sum(axis=0))) for layer in self.layers
            }
            for exact in (True, False)
        }
        differing = Counter(d.layer for d in found if d.left and d.right)
        matched = {name: sum(len(c.pairs[name]) for c in self.comparisons[number]) for name in self.layers.by_name}
        same = {name: count - differing[name] for name, count in matched.items()}
        return PairAgreement((self.names[i], self.names[j]), scores[True], scores[False], same, found)


def _marked(layer: Layer, spans: Iterable[Span]) -> list[tuple[int, int, tuple[Hashable, ...]]]:
    return [(span.start, span.end, values(layer, span)) for span in spans]


def _stance(document: Document, statement: Span, target: str) -> str:
    try:
        return stance_label(document, statement, target)[0]
    except (RecordError, KeyError):
        return UNRESOLVED


def _value(number: Numbers) -> float | None:
    return None if np.isnan(number) else float(number)


def _plain(number: Numbers, n: int) -> Figure:
    return Figure(_value(number), None, None, n)
