"""Counts what is right in a block of documents, with arrays in place of loops over spans.

Spans of one layer that cover the same passage make a cell. Where gold and predictions both have one span in a cell,
these two are a pair; where one of them has several, they are matched as ``matching`` says. What exact matching leaves
over is matched by overlap. To take exact pairs out first loses nothing: two pairs that part an exact one weigh at most
2, and the exact pair alone weighs 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.assignment import assign
from chipstance.layers import Layer, Layers
from chipstance.matching import overlap_pairs
from chipstance.score_keys import ATTRIBUTE, BOUNDARY, EXACT, GOLD, OVERLAP, PREDICTED, Key, demands, scored
from chipstance.span_columns import SpanColumns
from chipstance.span_values import plain_traits, right_attributes
from chipstance.textunits import paragraphs

Numbers = NDArray[Any]
PAIR = 2
"""So many spans make a pair, if there is one of each side."""


class Tally:
    """Units × columns of counts, filled in by place.

    Args:
        gold: the spans of the gold documents.
        columns: what each column counts.
        by_paragraph: whether a unit is a paragraph, else it is a document.

    Attributes:
        units: document id and number of the unit in it.
    """

    def __init__(self, gold: SpanColumns, columns: Sequence[Key], *, by_paragraph: bool) -> None:
        starts = [_starts(each.text) if by_paragraph else [0] for each in gold.documents]
        named = zip(gold.documents, starts, strict=True)
        self.units = [(each.id, number) for each, begins in named for number in range(len(begins))]
        placed = zip(starts, gold.offsets.tolist(), strict=True)
        self._begins = np.array([start + offset for begins, offset in placed for start in begins], dtype=np.int64)
        self._places = {key: number for number, key in enumerate(columns)}
        self._table = np.zeros((len(self.units), len(columns)))
        self._cells: list[Numbers] = []
        self._amounts: list[Numbers] = []

    def columns(self, name: str, layers: Layers) -> Numbers:
        """Return the column of every layer that counts the same."""
        return np.array([self._places[name, layer.name] for layer in layers], dtype=np.int64)

    def unit(self, at: Numbers) -> Numbers:
        """Return the unit of places among all texts."""
        return np.searchsorted(self._begins, at, side="right") - 1

    def add(self, column: Numbers | Key, units: Numbers, amounts: Numbers | float = 1.0) -> None:
        """Count amounts in a column, or in a column each."""
        chosen = self._places[column] if isinstance(column, tuple) else column
        self._cells.append(units * len(self._places) + chosen)
        self._amounts.append(np.broadcast_to(np.asarray(amounts, dtype=float), units.shape))

    def add_table(self, columns: Numbers, amounts: Numbers) -> None:
        """Count amounts (units × columns) in some columns."""
        self._table[:, columns] += amounts

    def table(self) -> Numbers:
        """Return the counts."""
        cells = np.concatenate([np.zeros(0, np.int64), *self._cells])
        counts = np.bincount(cells, np.concatenate([np.zeros(0), *self._amounts]), self._table.size)
        return np.asarray(self._table + counts.reshape(self._table.shape))


def _starts(text: str) -> list[int]:
    return [0, *(each.start for each in paragraphs(text)[1:])]


def count_spans(tally: Tally, gold: SpanColumns, found: SpanColumns) -> None:
    """Count spans, regimes, chains and attributes.

    Args:
        tally: where to.
        gold: the spans of the documents that are scored.
        found: the predicted spans for each of them, of the same text.
    """
    layers, sides = gold.layers, (gold, found)
    cells = _make_cells(*sides, tally, len(layers.by_name))
    _count_places(tally, cells, layers)
    _count_overlap(tally, cells, layers)
    single, repeated = cells.single, list(cells.repeated())
    for number, layer in enumerate(layers):
        _count_single(tally, sides, cells, single[cells.layer[single] == number], layer)
        for cell, rows in repeated:
            if cells.layer[cell] == number:
                _count_repeated(tally, sides, cells.unit[[cell]], rows, layer)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Passages with the spans of one layer that cover them, in reading order.

    Attributes:
        start: of the passage among all texts.
        length: in code points.
        layer: index of the layer.
        unit: what the passage counts for.
        counts: sides × cells: how many spans each side has.
        matched: how many exact pairs there are; none where a span has no extent or its layer is not declared.
        rows: of each side, the rows of its spans, cell by cell.
    """

    start: Numbers
    length: Numbers
    layer: Numbers
    unit: Numbers
    counts: Numbers
    matched: Numbers
    rows: tuple[Numbers, Numbers]

    @property
    def single(self) -> Numbers:
        """The cells where each side has one span, and the two are a pair."""
        return np.flatnonzero((self.matched == 1) & (self.counts.sum(axis=0) == PAIR))

    def row(self, side: int, cells: Numbers) -> Numbers:
        """Return the first row of a side in some cells."""
        return np.asarray(self.rows[side][(np.cumsum(self.counts[side]) - self.counts[side])[cells]])

    def repeated(self) -> Iterator[tuple[int, tuple[Numbers, Numbers]]]:
        """Yield every cell with pairs where one side has several spans, with the rows of both sides."""
        ends = np.cumsum(self.counts, axis=1)
        for cell in np.flatnonzero((self.matched > 0) & (self.counts.sum(axis=0) > PAIR)).tolist():
            first, last = ends[:, cell] - self.counts[:, cell], ends[:, cell]
            yield cell, (self.rows[0][first[0] : last[0]], self.rows[1][first[1] : last[1]])


def _make_cells(gold: SpanColumns, found: SpanColumns, tally: Tally, layers: int) -> _Cells:
    start, length, layer = (np.concatenate([getattr(side, name) for side in (gold, found)]) for name in _FIELDS)
    keys = (start * (int(length.max(initial=0)) + 1) + length) * (layers + 1) + layer
    order = np.argsort(keys, kind="stable")  # both sides are mostly in reading order, and then merging is quick
    begins = np.flatnonzero(np.diff(keys[order], prepend=-1))
    first, ours = order[begins], order < len(gold.spans)
    of_gold = np.add.reduceat(ours, begins, dtype=np.int64) if len(begins) else begins
    counts = np.stack([of_gold, np.diff(begins, append=len(order)) - of_gold])
    start, length, layer = start[first], length[first], layer[first]
    matched = np.where((length > 0) & (layer < layers), counts.min(axis=0), 0)
    rows = order[ours], order[~ours] - len(gold.spans)
    return _Cells(start, length, layer, tally.unit(start), counts, matched, rows)


_FIELDS = ("start", "length", "layer")


def _count_places(tally: Tally, cells: _Cells, layers: Layers) -> None:
    height = len(layers.by_name) + 1
    groups = cells.unit * height + cells.layer
    size = len(tally.units) * height
    for name, amounts in zip(
        (GOLD, PREDICTED, EXACT, OVERLAP), (*cells.counts, cells.matched, cells.matched), strict=True
    ):
        table = np.bincount(groups, weights=amounts, minlength=size).reshape(-1, height)
        tally.add_table(tally.columns(name, layers), table[:, :-1])
    new = (np.diff(cells.start, prepend=-1) != 0) | (np.diff(cells.length, prepend=-1) != 0)
    passages = np.flatnonzero(new)
    if len(passages):
        declared = cells.counts * (cells.layer < len(layers.by_name))
        both = np.add.reduceat(declared, passages, axis=1).min(axis=0)
        tally.add((BOUNDARY,), cells.unit[passages], np.where(cells.length[passages] > 0, both, 0))


def _count_overlap(tally: Tally, cells: _Cells, layers: Layers) -> None:
    """Match what is left over by overlap; a pair earns its Dice coefficient where the first of both starts."""
    pairs = list(_overlapping(cells, len(layers.by_name)))
    left, right = (np.concatenate([np.zeros(0, np.int64), *(pair[side] for pair in pairs)]) for side in (0, 1))
    start, end = cells.start, cells.start + cells.length
    shared = np.minimum(end[left], end[right]) - np.maximum(start[left], start[right])
    credit = 2 * shared / (cells.length[left] + cells.length[right])
    columns = tally.columns(OVERLAP, layers)[cells.layer[left]]
    tally.add(columns, np.minimum(cells.unit[left], cells.unit[right]), credit)


def _overlapping(cells: _Cells, layers: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield the cells of overlapping pairs, as arrays; every run of spans that hang together by itself."""
    could = (cells.length > 0) & (cells.layer < layers)
    sides = [np.repeat(np.arange(len(could)), spare) for spare in (cells.counts - cells.matched) * could]
    both = np.concatenate(sides)
    start = cells.start[both] + cells.layer[both] * (int((cells.start + cells.length).max(initial=0)) + 1)
    order = np.argsort(start, kind="stable")
    reach = np.maximum.accumulate((start + cells.length[both])[order])
    begins = np.flatnonzero(np.concatenate([np.ones(min(len(both), 1), bool), start[order][1:] >= reach[:-1]]))
    ours = order < len(sides[0])
    sizes = np.diff(np.concatenate([begins, [len(order)]]))
    gold = np.add.reduceat(ours.astype(np.int64), begins) if len(begins) else begins
    mixed = (gold > 0) & (gold < sizes)
    simple = begins[mixed & (sizes == PAIR)]
    yield both[order[simple]], both[order[simple + 1]]
    for begin, size in zip(*(each[mixed & (sizes > PAIR)] for each in (begins, sizes)), strict=True):
        members, mine = both[order[begin : begin + size]], ours[begin : begin + size]
        yield _assigned(cells, members[mine], members[~mine])


def _assigned(cells: _Cells, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    if right.tolist() < left.tolist():  # one way round for both, so that ties fall alike
        other, one = _assigned(cells, right, left)
        return one, other
    passages = [np.stack([cells.start[side], cells.start[side] + cells.length[side]], axis=1) for side in (left, right)]
    one, other = assign(*passages)
    return left[one], right[other]


def _count_single(
    tally: Tally, sides: tuple[SpanColumns, SpanColumns], cells: _Cells, single: Numbers, layer: Layer
) -> None:
    """Count attributes and chains of pairs that nobody else could be in."""
    units, gold, found = cells.unit[single], cells.row(0, single), cells.row(1, single)
    if not len(units):
        return
    right = {}
    for attribute in scored(layer):
        one, other = (side.coded(layer, attribute.name) for side in sides)
        equal = right[attribute.name] = one.codes[gold] == other.as_in(one)[found]
        tally.add((ATTRIBUTE, layer.name, attribute.name), units[equal])
    for key, names in demands(layer):
        fine = np.logical_and.reduce([right[name] for name in names]) if names else slice(None)
        tally.add(key, units[fine])


def _count_repeated(
    tally: Tally, sides: tuple[SpanColumns, SpanColumns], unit: Numbers, rows: tuple[Numbers, Numbers], layer: Layer
) -> None:
    """Count attributes and chains in a cell with several spans of one side."""
    spans = [[side.spans[row] for row in chosen] for side, chosen in zip(sides, rows, strict=True)]
    values = [[side.values(row, layer) for row in chosen] for side, chosen in zip(sides, rows, strict=True)]
    for key, names in demands(layer):
        gold, found = (Counter(tuple(each[name] for name in names) for each in side) for side in values)
        tally.add(key, unit, (gold & found).total())
    known = [{id(span): each for span, each in zip(*side, strict=True)} for side in zip(spans, values, strict=True)]
    for one, other in overlap_pairs(spans[0], spans[1], plain_traits(layer)):
        for name in right_attributes(known[0][id(one)], known[1][id(other)]):
            tally.add((ATTRIBUTE, layer.name, name), unit)
