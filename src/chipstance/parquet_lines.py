"""The lines that the rows of a Parquet file of documents or predictions stand for."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chipstance.amounts import decimal_text
from chipstance.inputs import DOCUMENTS
from chipstance.layers import Attribute, Layer, Layers
from chipstance.locate import JsonError, parse
from chipstance.parquet_columns import ANSWER, ATTRIBUTES, DOC, FIXED, OCCURRENCE, REPAIRED, SPANS, SYSTEM, TEXT

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
UNREADABLE = "a value of the row can't be read: write it again, strings as UTF-8"


def row_lines(batch: pa.RecordBatch, written: Callable[[Row], bytes]) -> Iterator[bytes | None]:
    """Yield rows as lines; None for one that can't be read, such as a string that is no UTF-8.

    Args:
        batch: the rows.
        written: what writes a row as a line.
    """
    import pyarrow as pa

    try:
        rows = pa.RecordBatch.from_arrays([*map(_written_out, batch.columns)], batch.schema.names).to_pylist()
    except (pa.ArrowException, ValueError, OverflowError):
        if batch.num_rows == 1:
            yield None
        else:
            for row in range(batch.num_rows):
                yield from row_lines(batch.slice(row, 1), written)
    else:
        yield from map(written, rows)


def _written_out(column: pa.Array) -> pa.Array:
    """Return a column whose strings are no dictionaries: these would be turned into Python's values one by one."""
    import pyarrow as pa

    try:
        return column.cast(_plain_type(column.type))
    except pa.ArrowNotImplementedError:
        return column


def _plain_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(kind):
        return kind.value_type
    if types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return pa.large_list(_plain_type(kind.value_type)) if types.is_large_list(kind) else kind


class RowLines:
    """Writes rows as the lines of a documents or predictions file.

    A null is no value where the layer does not declare the attribute; in a predicted span, from which everything may be
    left out, also where the attribute can't be null. A ``repaired`` that is not true is no value either.

    Args:
        layers: what is annotated.
        kind: ``documents`` or ``predictions``.
    """

    def __init__(self, layers: Layers, kind: str) -> None:
        self._layers, self._whole = layers, kind == DOCUMENTS
        self._names = FIXED if self._whole else (*FIXED, OCCURRENCE)
        self._nulls = {layer.name: self._nullable(layer) for layer in layers}

    def _nullable(self, layer: Layer) -> Collection[str]:
        return {name for name, each in layer.attributes.items() if self._whole or each.nullable}

    def line(self, row: Row) -> bytes:
        """Return a row as a line."""
        return (self._document(row) if self._whole else self._prediction(row)).encode()

    def _document(self, row: Row) -> str:
        layers = [name for name in self._layers.by_name if SPANS not in row and row[name] is not None]
        listed = row[SPANS] if SPANS in row else self._gathered(layers, row)
        return f'{{"doc": {_dump(row[DOC])}, "text": {_dump(row[TEXT])}, "spans": {self._spans(listed)}}}'

    def _prediction(self, row: Row) -> str:
        """Write a row of predictions; of spans and an answer, one that is null is not there beside the other."""
        told = {name: row[name] for name in (SPANS, ANSWER) if name in row}
        layers = [name for name in self._layers.by_name if name in row and SPANS not in row]
        if layers:
            given = [name for name in layers if row[name] is not None]
            told = {SPANS: self._gathered(given, row) if given else None} | told
        if len(told) > 1:
            told = {name: value for name, value in told.items() if value is not None}
        parts = [f'"doc": {_dump(row[DOC])}']
        parts += [f'"system": {_dump(row[SYSTEM])}'] if row.get(SYSTEM) is not None else []
        parts += [f'"spans": {self._spans(told[SPANS])}'] if SPANS in told else []
        parts += [f'"answer": {_dump(told[ANSWER])}'] if ANSWER in told else []
        return f"{{{', '.join(parts)}}}"

    def _gathered(self, layers: Sequence[str], row: Row) -> list[Row | None]:
        """Return the spans in the columns of layers, each with its attributes put together."""
        found: list[Row | None] = []
        for layer in layers:
            found += [each and self._of(layer, each) for each in row[layer]]
        return found

    def _of(self, layer: str, entry: Row) -> Row:
        own = (*self._names, REPAIRED)
        attributes = {name: value for name, value in entry.items() if name not in own}
        return {name: entry[name] for name in own if name in entry} | {"layer": layer, ATTRIBUTES: attributes}

    def _spans(self, listed: Sequence[Row | None] | None) -> str:
        return "null" if listed is None else f"[{', '.join(map(self._span, listed))}]"

    def _span(self, entry: Row | None) -> str:
        if entry is None:
            return "null"
        given = {name: entry[name] for name in self._names if self._whole or entry.get(name) is not None}
        parts = [_dump(given)[1:-1]] if given else []
        attributes = entry.get(ATTRIBUTES)
        if self._whole or attributes is not None:
            parts.append(f'"attributes": {self._attributes(attributes, self._layers.get(entry["layer"]))}')
        parts += ['"repaired": true'] if self._whole and entry.get(REPAIRED) else []
        return f"{{{', '.join(parts)}}}"

    def _attributes(self, value: Any, layer: Layer | None) -> str:
        """Return attributes as JSON writes them; a string that is no strict JSON stays a string."""
        declared, nulls = (layer.attributes, self._nulls[layer.name]) if layer else ({}, ())
        if isinstance(value, str):
            try:
                parse(value)
            except JsonError:
                return _dump(value)
            return value.translate(_ONE_LINE)  # as it stands: a number would be written otherwise
        if isinstance(value, list):  # the pairs of a map, of which some may have the same key
            pairs = (f"{_dump(name)}: {_dump(_read(each, declared.get(name)))}" for name, each in value)
            return f"{{{', '.join(pairs)}}}"
        if value is None:
            return "null"
        own = {name: value[name] for name in declared if name in value and (value[name] is not None or name in nulls)}
        return _dump(own | {name: each for name, each in value.items() if each is not None and name not in own})


def _read(value: Any, attribute: Attribute | None) -> Any:
    """Return a value of a map; where all are strings, so are truth values."""
    is_truth = attribute is not None and attribute.type == "boolean"
    return {"true": True, "false": False}.get(value, value) if is_truth and isinstance(value, str) else value


def _plain(value: Any) -> str | None:
    return decimal_text(value) if isinstance(value, Decimal) else str(value)


_ONE_LINE = str.maketrans("\r\n", "  ")
_dump = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
