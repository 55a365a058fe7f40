"""From counts to figures with intervals: precision, recall and F1 by layer, link and attribute, and stance labels.

Empty against empty says nothing about a system: precision without predictions, recall without gold and F1 without
both are undefined (None), not 1. In sums over layers and documents such a part adds nothing; a mean of F1 over
classes leaves undefined ones out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from chipstance.agreement import f1, mean_of_pairs
from chipstance.layers import Layers
from chipstance.resampling import REPLICATES, Figure, Formula, Resampling, resampling
from chipstance.score_keys import (
    ATTRIBUTE,
    BOUNDARY,
    CHAIN,
    EXACT,
    GOLD,
    LABEL,
    PREDICTED,
    REGIMES,
    UNRESOLVED,
    Key,
    chain,
    scored,
    stance_labels,
    targets,
)
from chipstance.scoring import Numbers, Scores

ALL = "all"
Name = tuple[str, str, str, str]
"""Part (``spans``, ``chains``, ``attributes``, ``closed``), layer or target, what is counted, and the measure."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure still to be computed.

    Attributes:
        counts: groups of keys, each of which is summed.
        formula: from the sums of the groups to the figure.
        about: the groups whose sum is the number of things that the figure is about.
    """

    counts: tuple[tuple[Key, ...], ...]
    formula: Formula
    about: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a system.

    Attributes:
        by_name: in the order in which they are shown.
        resampling: how the intervals were made.
    """

    by_name: Mapping[Name, Figure]
    resampling: Resampling


def _share(over: int) -> Formula:
    """Return the formula of the first sum over another one."""

    def formula(counts: Numbers) -> Numbers:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(counts[..., 0] / counts[..., over])

    return formula


precision, recall, ratio = _share(2), _share(1), _share(1)


def make_figures(scores: Scores, layers: Layers, *, seed: int = 0, replicates: int = REPLICATES) -> Figures:
    """Compute every figure with its 95 % interval.

    Args:
        scores: of the documents.
        layers: what is annotated.
        seed: of the random draws.
        replicates: the most that are made.
    """
    draws = resampling(scores.unit, len(scores.units), seed, replicates)
    return figures_of(scores.columns, scores.counts.sum(axis=0), draws.replicates(scores.counts), draws, layers)


def figures_of(
    columns: Sequence[Key], total: Numbers, replicates: Numbers, draws: Resampling, layers: Layers
) -> Figures:
    """Compute every figure from sums of counts.

    Args:
        columns: what is counted.
        total: the sum of each count over all units.
        replicates: the same of each replicate (replicates × columns).
        draws: how the replicates were made.
        layers: what is annotated.
    """
    named = measures(layers)
    about = dict(zip(named, _Sums(columns, tuple(named.values())).about(total), strict=True))
    # what is about nothing is undefined, in every replicate too
    defined = {name: measure for name, measure in named.items() if about[name]}
    figures = {name: Figure(None, None, None, 0) for name in named}
    if defined:
        sums = _Sums(columns, tuple(defined.values()))
        values = sums.values(total[None])[:, 0], sums.values(replicates)
        figures |= zip(defined, draws.figures(*values, [about[name] for name in defined]), strict=True)
    return Figures(figures, draws)


class _Sums:
    """The sums that many measures need.

    Args:
        columns: what is counted.
        measures: the measures.
    """

    def __init__(self, columns: Sequence[Key], measures: Sequence[Measure]) -> None:
        places = {key: number for number, key in enumerate(columns)}
        groups = dict.fromkeys(group for each in measures for group in each.counts)
        numbers = {group: number for number, group in enumerate(groups)}
        self._chosen = np.array([places[key] for group in groups for key in group], dtype=np.int64)
        self._begins = np.cumsum([0, *map(len, groups)])[:-1]
        self._needed = [np.array([numbers[group] for group in each.counts]) for each in measures]
        self._measures = measures

    def _groups(self, counts: Numbers) -> Numbers:
        """Return groups × rows: the sum of the counts of each group."""
        return np.asarray(np.add.reduceat(np.ascontiguousarray(counts.T)[self._chosen], self._begins))

    def values(self, counts: Numbers) -> Numbers:
        """Return measures × rows: every measure of every row of counts."""
        sums = self._groups(counts)
        values = np.empty((len(self._measures), len(counts)))
        alike: dict[tuple[Formula, int], list[int]] = {}
        for number, each in enumerate(self._measures):
            alike.setdefault((each.formula, len(each.counts)), []).append(number)
        for (formula, _), numbers in alike.items():
            groups = sums[np.stack([self._needed[number] for number in numbers])]
            values[numbers] = formula(np.moveaxis(groups, 1, -1))
        return values

    def about(self, total: Numbers) -> list[int]:
        """Return how many things each measure is about."""
        sums = self._groups(total[None])[:, 0]
        pairs = zip(self._needed, self._measures, strict=True)
        return [round(float(sums[needed[list(measure.about)]].sum())) for needed, measure in pairs]


def measures(layers: Layers) -> dict[Name, Measure]:
    """Return everything that is measured, by name."""
    parts = (_spans(layers), _chains(layers), _attributes(layers), _stance(layers))
    return {name: measure for part in parts for name, measure in part}


def _prf(
    part: str, layer: str, what: str, matched: Sequence[Key], names: Sequence[str]
) -> Iterator[tuple[Name, Measure]]:
    gold, predicted = (tuple((side, name) for name in names) for side in (GOLD, PREDICTED))
    sums = (tuple(matched), gold, predicted)
    yield (part, layer, what, "precision"), Measure(sums, precision, (2,))
    yield (part, layer, what, "recall"), Measure(sums, recall, (1,))
    yield (part, layer, what, "f1"), Measure(sums, f1, (1, 2))


def _spans(layers: Layers) -> Iterator[tuple[Name, Measure]]:
    every = [layer.name for layer in layers]
    for title, names in ((ALL, every), *((name, [name]) for name in every)):
        for regime in REGIMES:
            yield from _prf("spans", title, regime, [(regime, name) for name in names], names)
        if title == ALL:
            yield from _prf("spans", ALL, BOUNDARY, [(BOUNDARY,)], every)


def _chains(layers: Layers) -> Iterator[tuple[Name, Measure]]:
    for layer in layers:
        for link in chain(layer):
            yield from _prf("chains", layer.name, link, [(CHAIN, layer.name, link)], [layer.name])


def _attributes(layers: Layers) -> Iterator[tuple[Name, Measure]]:
    for layer in layers:
        for attribute in scored(layer):
            sums = ((ATTRIBUTE, layer.name, attribute.name),), ((EXACT, layer.name),)
            yield ("attributes", layer.name, attribute.name, "accuracy"), Measure(sums, ratio, (1,))
    if "speaker" in (chain(layers["statement"]) if layers.get("statement") else ()):
        sums = ((CHAIN, "statement", "speaker"),), ((GOLD, "statement"),)
        yield ("closed", "statement", "speaker", "accuracy"), Measure(sums, ratio, (1,))


def _stance(layers: Layers) -> Iterator[tuple[Name, Measure]]:
    labels, every = stance_labels(layers), targets(layers)
    if not every:
        return
    formulas = tuple(_stance_formulas(labels))
    for title, chosen in ((ALL, every), *((target, (target,)) for target in every)):
        pairs = product(labels, (*labels, UNRESOLVED))
        cells = tuple(tuple((LABEL, target, *pair) for target in chosen) for pair in pairs)
        for what, measure, formula in formulas:
            yield ("closed", f"stance {title}", what, measure), Measure(cells, formula, tuple(range(len(cells))))


def _stance_formulas(labels: Sequence[str]) -> Iterator[tuple[str, str, Formula]]:
    size = len(labels)
    sides = [number for number, label in enumerate(labels) if label in ("favor", "against")]
    yield "label", "accuracy", lambda counts: _accuracy(_table(counts, size))
    yield "label", "macro_f1", lambda counts: mean_of_pairs(_class_f1(_table(counts, size)))
    yield "favor and against", "mean_f1", lambda counts: mean_of_pairs(_class_f1(_table(counts, size))[..., sides])
    for number, label in enumerate(labels):
        yield label, "f1", _one_class(number, size)


def _one_class(number: int, size: int) -> Formula:
    return lambda counts: np.asarray(_class_f1(_table(counts, size))[..., number])


def _table(counts: Numbers, size: int) -> Numbers:
    """Return replicates × gold labels × predicted labels."""
    return counts.reshape(*counts.shape[:-1], size, size + 1)


def _accuracy(table: Numbers) -> Numbers:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.trace(table, axis1=-2, axis2=-1) / table.sum(axis=(-2, -1)))


def _class_f1(table: Numbers) -> Numbers:
    right = np.diagonal(table, axis1=-2, axis2=-1)
    gold, predicted = table.sum(axis=-1), table.sum(axis=-2)[..., : right.shape[-1]]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * right / (gold + predicted))
