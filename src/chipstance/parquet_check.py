"""Tells by columns which rows of a Parquet file are in order, without an object for each span.

What is accepted here breaks no schema and no rule: a test holds this. The other rows may still be in order; they are
judged one by one, as lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chipstance.currencies import iso_codes
from chipstance.layers import DECIMAL, LIMITS, SLUG, Attribute, Layer, Layers
from chipstance.parquet_columns import ATTRIBUTES, DOC, FIXED, SPANS, TEXT, is_text
from chipstance.quick_values import LONGEST_SLUG, MOST_KNOWN, overlap_rightly
from chipstance.rules_files import NUL
from chipstance.rules_spans import inside_character

Numbers = NDArray[Any]
IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])
"""Of a code point whether it is white space; all from the last on are not."""
HIGH = 32
"""Two numbers below two to the power of this make one."""
_PATTERNS = {"decimal": re.compile(DECIMAL.removesuffix("$")), "slug": re.compile(SLUG.removesuffix("$"))}


class ColumnCheck:
    """Looks at batches of documents, in whose columns ``column_faults`` finds no fault.

    Args:
        layers: what is annotated.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._right = {layer.name: _right(layer) for layer in layers}

    def in_order(self, batch: pa.RecordBatch) -> Numbers:
        """Return of each row whether it is surely in order."""
        try:
            batch.validate(full=True)  # strings that are no UTF-8 too
            return self._in_order(batch) if _has_structs(batch) else np.zeros(batch.num_rows, bool)
        except pa.ArrowException:
            return np.zeros(batch.num_rows, bool)

    def _in_order(self, batch: pa.RecordBatch) -> Numbers:
        docs, texts = _strings(batch.column(DOC)), _strings(batch.column(TEXT))
        right = _truth(pc.and_(_are_slugs(docs), pc.greater(pc.utf8_length(texts), 0)))
        right &= ~_truth(pc.match_substring(texts, NUL))
        groups = list(self._groups(batch, right))
        places = _Texts(pc.fill_null(texts, ""))
        for group in groups:
            places.look(group, right)
            _see_overlaps(group, right)
            if group.values and len(group.rows):
                self._look_at_values(group, right)
        self._look_at_ids(groups, right)
        return right

    def _groups(self, batch: pa.RecordBatch, right: Numbers) -> Iterator[_Group]:
        """Yield the spans of every layer; those that can't be looked at make their rows doubtful."""
        if SPANS not in batch.schema.names:
            for layer in (each for each in self._layers if not _is_empty(batch.column(each.name), right)):
                rows, fields = _flat(batch.column(layer.name), right)
                values = {name: fields[name] for name in layer.attributes if name in fields}
                yield _group(layer, rows, fields, values, right)
            return
        if _is_empty(batch.column(SPANS), right):
            return
        rows, fields = _flat(batch.column(SPANS), right)
        values = dict(zip(_names(fields[ATTRIBUTES].type), fields[ATTRIBUTES].flatten(), strict=True))
        layers = list(self._layers)
        names = pa.array([layer.name for layer in layers], pa.large_string())
        codes = pc.fill_null(pc.index_in(_strings(fields["layer"]), names), -1).to_numpy(zero_copy_only=False)
        wrong = (codes < 0) | _truth(pc.is_null(fields[ATTRIBUTES]))
        for name, given in values.items():
            having = [number for number, layer in enumerate(layers) if name in layer.attributes]
            wrong |= _truth(pc.is_valid(given)) & ~np.isin(codes, having)
        right[rows[wrong]] = False
        for number in np.unique(codes[codes >= 0]).tolist():
            at, layer = np.flatnonzero(codes == number), layers[number]
            own, held = (
                {name: given[name].take(pa.array(at)) for name in wanted if name in given}
                for given, wanted in ((fields, FIXED), (values, layer.attributes))
            )
            yield _group(layer, rows[at], own, held, right)

    def _look_at_values(self, group: _Group, right: Numbers) -> None:
        """Look once at each combination of values."""
        columns = list(group.values.values())
        codes = np.zeros(len(group.rows), np.int64)
        for column in columns:
            given = column.dictionary_encode(null_encoding="encode")
            codes = codes * max(len(given.dictionary), 1) + given.indices.to_numpy()
            codes = pa.array(codes).dictionary_encode().indices.to_numpy()
        first = np.zeros(codes.max() + 1, np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        found = zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
        fine = np.array([self._right[group.layer.name](*values) for values in found], bool)
        right[group.rows[~fine[codes]]] = False

    def _look_at_ids(self, groups: Sequence[_Group], right: Numbers) -> None:
        """See that ids are slugs and stand once in a document, and that links lead to spans of the right layer."""
        if not groups:
            return
        numbers = {layer.name: number for number, layer in enumerate(self._layers)}
        links = [(numbers[target], *link) for group in groups for target, *link in group.links]
        strings = pa.concat_arrays([*(group.ids for group in groups), *(values for _, _, values in links)])
        coded = strings.dictionary_encode()
        codes = coded.indices.to_numpy().astype(np.int64)
        rows = np.concatenate([*(group.rows for group in groups), *(rows for _, rows, _ in links)])
        size = sum(len(group.rows) for group in groups)
        fine = _truth(_are_slugs(coded.dictionary))
        right[rows[~fine[codes]]] = False
        keys = (rows << HIGH) + codes
        order = np.argsort(keys[:size], kind="stable")
        known = keys[order]
        right[known[1:][known[1:] == known[:-1]] >> HIGH] = False
        if len(keys) > size:
            layer = np.repeat([numbers[group.layer.name] for group in groups], [len(group.rows) for group in groups])
            target = np.repeat([number for number, _, _ in links], [len(rows) for _, rows, _ in links])
            at = np.minimum(np.searchsorted(known, keys[size:]), size - 1)
            right[rows[size:][(known[at] != keys[size:]) | (layer[order[at]] != target)]] = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Spans of one layer, none of whose fields is null.

    Attributes:
        layer: the layer.
        rows: the row of each.
        ids: their ids.
        start: their first code points.
        end: one past the last.
        texts: what they cover.
        values: of the attributes that are no links.
        links: the layer that links lead to, the rows they are in, and the ids they name.
    """

    layer: Layer
    rows: Numbers
    ids: pa.LargeStringArray
    start: Numbers
    end: Numbers
    texts: pa.LargeStringArray
    values: Mapping[str, pa.Array]
    links: Sequence[tuple[str, Numbers, pa.LargeStringArray]] = field(default_factory=list)


def _group(
    layer: Layer, rows: Numbers, fields: Mapping[str, pa.Array], values: Mapping[str, pa.Array], right: Numbers
) -> _Group:
    """Return the spans of a layer that can be looked at; the rows of the others are doubtful."""
    needed = [fields[name] for name in ("id", "start", "end", "text")]
    lost = ~np.logical_and.reduce([_truth(pc.is_valid(each)) for each in needed])
    lost |= not layer.attributes.keys() <= values.keys()
    given = {name: values[name] for name in layer.attributes if name in values}
    if lost.any():
        right[rows[lost]] = False
        kept, rows = pa.array(np.flatnonzero(~lost)), rows[~lost]
        needed = [each.take(kept) for each in needed]
        given = {name: each.take(kept) for name, each in given.items()}
    ids, start, end, texts = needed
    plain = {name: _plain(each) for name, each in given.items()}
    links = [_link(each, rows, plain.pop(each.name), right) for each in layer.references("span") if each.name in plain]
    return _Group(layer, rows, _strings(ids), _integers(start), _integers(end), _strings(texts), plain, links)


def _link(
    attribute: Attribute, rows: Numbers, values: pa.Array, right: Numbers
) -> tuple[str, Numbers, pa.LargeStringArray]:
    """Return where links lead to; those that are no strings, and nulls that may not be, make their rows doubtful."""
    given = _truth(pc.is_valid(values))
    if not attribute.nullable:
        right[rows[~given]] = False
    if not pa.types.is_large_string(values.type):
        right[rows[given]] = False
        given = np.zeros(len(rows), bool)
        values = pa.nulls(len(rows), pa.large_string())
    return attribute.layer, rows[given], values.take(pa.array(np.flatnonzero(given)))


class _Texts:
    """The texts of a batch, as code points in a row.

    Args:
        texts: without nulls.
    """

    def __init__(self, texts: pa.LargeStringArray) -> None:
        self._points, self._sizes = _code_points(texts)
        self._first = np.cumsum(self._sizes) - self._sizes

    def look(self, group: _Group, right: Numbers) -> None:
        """See that spans lie in their texts, cover what they say, and begin and end well."""
        rows, start, end, texts = group.rows, group.start, group.end, group.texts
        points, sizes = _code_points(texts)
        fits = (start >= 0) & (start < end) & (end <= self._sizes[rows]) & (sizes == end - start)
        right[rows[~fits]] = False
        if not fits.all():
            rows, start = rows[fits], start[fits]
            points, sizes = _code_points(texts.take(pa.array(np.flatnonzero(fits))))
        if len(rows):
            first = self._first[rows] + start
            self._compare(first, points, sizes, rows, right)
            self._look_at_edges(rows, first, first + sizes, right)

    def _compare(self, first: Numbers, points: Numbers, sizes: Numbers, rows: Numbers, right: Numbers) -> None:
        before = np.cumsum(sizes) - sizes
        covered = self._points[np.repeat(first - before, sizes) + np.arange(len(points))]
        wrong = np.flatnonzero(covered != points)
        right[rows[np.searchsorted(before, wrong, "right") - 1]] = False

    def _look_at_edges(self, rows: Numbers, first: Numbers, last: Numbers, right: Numbers) -> None:
        begins, ends = (IS_SPACE.take(self._points[at], mode="clip") for at in (first, last - 1))
        right[rows[begins | ends]] = False
        if self._points.dtype == np.uint8:  # ASCII has no character of several code points
            return
        for place in (first, last):
            inner = (place > self._first[rows]) & (place < self._first[rows] + self._sizes[rows])
            at = place[inner]
            pairs = (self._points[at - 1].astype(np.int64) << HIGH) + self._points[at]
            found, codes = np.unique(pairs, return_inverse=True)
            cuts = [inside_character(chr(each >> HIGH) + chr(each % (1 << HIGH)), 1) for each in found.tolist()]
            right[rows[inner][np.array(cuts, bool)[codes]]] = False


def _see_overlaps(group: _Group, right: Numbers) -> None:
    """See that spans of a layer overlap only as it allows; where some do overlap, row by row."""
    layer, order = group.layer, np.lexsort((group.start, group.rows))
    rows, start, end = group.rows[order], group.start[order], group.end[order]
    doubtful = np.unique(rows[1:][(rows[1:] == rows[:-1]) & (start[1:] < end[:-1])])
    for row in doubtful[right[doubtful]].tolist():
        first, last = np.searchsorted(rows, [row, row + 1])
        places = list(zip(start[first:last].tolist(), (-end[first:last]).tolist(), strict=True))
        apart = layer.overlap == "apart"
        values = group.values[layer.apart_by].take(pa.array(order[first:last])).to_pylist() if apart else ()
        right[row] = overlap_rightly(layer, places, values)


def _code_points(texts: pa.LargeStringArray) -> tuple[Numbers, Numbers]:
    """Return the code points of all texts, and how many each has."""
    sizes = pc.utf8_length(texts).to_numpy().astype(np.int64)
    if not sizes.sum():
        return np.zeros(0, np.uint8), sizes
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = bytes(memoryview(data)[bounds[0] : bounds[-1]])
    if content.isascii():
        return np.frombuffer(content, np.uint8), sizes
    return np.frombuffer(content.decode().encode("utf-32-le"), np.uint32), sizes


def _has_structs(batch: pa.RecordBatch) -> bool:
    """Tell whether no column is of nulls alone, and attributes are structs: these are looked at as columns."""
    if any(map(pa.types.is_null, batch.schema.types)):
        return False
    if SPANS not in batch.schema.names:
        return True
    spans = batch.schema.field(SPANS).type.value_type
    return pa.types.is_null(spans) or bool(pa.types.is_struct(spans.field(ATTRIBUTES).type))


def _is_empty(spans: pa.Array, right: Numbers) -> bool:
    """Tell whether a column has no spans to look at; rows that are nulls, or hold them, are doubtful."""
    if not pa.types.is_null(spans.type.value_type):
        return False
    right &= _truth(pc.equal(pc.list_value_length(spans), 0))
    return True


def _flat(spans: pa.Array, right: Numbers) -> tuple[Numbers, dict[str, pa.Array]]:
    """Return the rows and the fields of all spans of a column."""
    right &= _truth(pc.is_valid(spans))
    counts = pc.fill_null(pc.list_value_length(spans), 0).to_numpy()
    flat = spans.flatten()
    fields = dict(zip(_names(flat.type), flat.flatten(), strict=True))
    return np.repeat(np.arange(len(spans), dtype=np.int64), counts), fields


def _names(struct: pa.StructType) -> list[str]:
    return [each.name for each in struct]


def _strings(array: pa.Array) -> pa.LargeStringArray:
    return array.cast(pa.large_string())


def _plain(array: pa.Array) -> pa.Array:
    return _strings(array) if is_text(array.type) or pa.types.is_null(array.type) else array


def _integers(array: pa.Array) -> Numbers:
    found: Numbers = array.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _truth(array: pa.Array) -> Numbers:
    """Return booleans; a null is false."""
    found: Numbers = pc.fill_null(array, False).to_numpy(zero_copy_only=False).astype(bool)
    return found


def _are_slugs(strings: pa.Array) -> pa.Array:
    short = pc.less_equal(pc.utf8_length(strings), LONGEST_SLUG)
    return pc.and_(pc.match_substring_regex(strings, SLUG), short)


def _right(layer: Layer) -> Callable[..., bool]:
    """Return what tells whether the values of a layer's attributes, in order and but for links, are right."""
    plain = [attribute for attribute in layer.attributes.values() if attribute.type != "span"]

    @lru_cache(MOST_KNOWN, typed=True)
    def right(*values: Any) -> bool:
        found = {each.name: value for each, value in zip(plain, values, strict=True)}
        fine = all(each.nullable if found[each.name] is None else _fits(each, found[each.name]) for each in plain)
        low, high = map(found.get, LIMITS) if layer.is_ours(*LIMITS) else (None, None)
        return fine and (low is None or high is None or Decimal(low) <= Decimal(high))

    return right


def _fits(attribute: Attribute, value: Any) -> bool:
    match attribute.type:
        case "boolean":
            return isinstance(value, bool)
        case "decimal" if isinstance(value, Decimal):
            return value >= 0
        case "choice":
            return value in attribute.values
        case "currency":
            return value in iso_codes()
        case "entity" if value in attribute.also:
            return True
        case kind:
            pattern = _PATTERNS["decimal" if kind == "decimal" else "slug"]
            return isinstance(value, str) and pattern.fullmatch(value) is not None
