"""Parquet files of documents: the columns they need, their rows in batches, and a row as the line it stands for.

There are two layouts: ``doc``, ``text`` and ``spans``, a list of structs; or, as in a release's articles, one such list
for each layer in place of ``spans``. Other columns are not looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from chipstance.amounts import decimal_text
from chipstance.inputs import Part, open_address
from chipstance.layers import Attribute, Layers
from chipstance.locate import JsonError, parse
from chipstance.rules import declare
from chipstance.streams import COMPRESSION_RATIO, HARMLESS, PIECE, RATIO, StreamError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

DOC, TEXT, SPANS = "doc", "text", "spans"
FIXED = ("id", "layer", "start", "end", "text")
ATTRIBUTES, REPAIRED = "attributes", "repaired"
BATCH = 8 << 20
"""So many bytes of a row group are looked at together, but no more than ``MOST`` rows."""
MOST = 500
MOST_ROWS = 1 << 40
"""No row group is believed to have more."""

PARQUET_BROKEN = declare("parquet-broken", "A Parquet file is whole, and anybody can read it.")
PARQUET_COLUMNS = declare("parquet-columns", "A Parquet file of documents has the columns of its layout.")


@contextmanager
def open_table(address: str) -> Iterator[tuple[pq.ParquetFile, int]]:
    """Open a Parquet file, and tell how many bytes it has.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: it is no sound Parquet.
    """
    import pyarrow.parquet as pq

    with open_address(address) as file:
        with _telling():
            length = file.seek(0, os.SEEK_END)
            file.seek(0)
            about = pq.read_metadata(file)
            leaves = [about.schema.column(index) for index in range(about.num_columns)]
            table = pq.ParquetFile(
                file,
                metadata=about,
                # a text that stands in many rows is held once, until it is known how much it is
                read_dictionary=[leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"],
                # nothing is read ahead: a row group may be larger than the memory
                buffer_size=PIECE,
                pre_buffer=False,
                page_checksum_verification=True,
            )
            _ = table.schema_arrow
        yield table, length


@contextmanager
def _telling() -> Iterator[None]:
    """Turn what pyarrow says of a broken file into our own error."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        said = " ".join(str(error).split())[:200]
        mend = "write it without encryption" if "crypt" in said else "fetch or write it again"
        raise StreamError(PARQUET_BROKEN, f"it is no sound Parquet ({said}): {mend}") from None


def cut_table(part: Part, size: int) -> list[Part]:
    """Return a Parquet file as parts of whole row groups, each of about so many bytes.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: it is no sound Parquet.
    """
    with open_table(part.address) as (table, _):
        sizes = [table.metadata.row_group(group).total_byte_size for group in range(table.num_row_groups)]
    parts, start, held = [], 0, 0
    for group, each in enumerate(sizes, start=1):
        held += each
        if held >= size or group == len(sizes):
            parts.append(Part(part.address, start, group))
            start, held = group, 0
    return parts


def groups(table: pq.ParquetFile, part: Part) -> Iterator[tuple[int, int]]:
    """Yield the row groups of a part, and how many rows each has."""
    end = table.num_row_groups if part.end is None else part.end
    rows = (table.metadata.row_group(group).num_rows for group in range(part.start, end))
    return ((group, max(0, min(each, MOST_ROWS))) for group, each in enumerate(rows, start=part.start))


def batches(table: pq.ParquetFile, length: int, group: int, layers: Layers) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a row group, with the columns that are needed.

    Args:
        table: the file.
        length: how many bytes it has.
        group: the row group's number.
        layers: what is annotated.

    Raises:
        chipstance.streams.StreamError: it can't be read on, or swells beyond all measure.
    """
    about = table.metadata.row_group(group)
    size = max(1, min(MOST, BATCH * about.num_rows // max(about.total_byte_size, 1)))
    columns = list(wanted_columns(table.schema_arrow, layers))
    with _telling():
        # one thread: with more, an interpreter that ends right afterwards can abort (see loading.py)
        found = table.iter_batches(size, row_groups=[group], columns=columns, use_threads=False)
    produced = 0
    while True:
        with _telling():
            batch = next(found, None)
            held = sum(map(_size, batch.columns)) if batch else 0
        if batch is None:
            return
        produced += held
        if produced > max(HARMLESS, RATIO * length):
            message = f"a file of {length} bytes swells to more than {produced}: write it again if you trust it"
            raise StreamError(COMPRESSION_RATIO, message)
        rows = max(1, BATCH * batch.num_rows // max(held, 1))
        yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _size(array: pa.Array) -> int:
    """Return how many bytes an array has when every value is written out."""
    from pyarrow import compute, types

    if types.is_dictionary(array.type):
        each = compute.binary_length(array.dictionary).take(array.indices)
        return int(compute.sum(each, min_count=0).as_py())
    if types.is_struct(array.type):
        return sum(map(_size, array.flatten()))
    if types.is_map(array.type):
        return _size(array.keys) + _size(array.items)
    return _size(array.flatten()) if types.is_nested(array.type) else int(array.nbytes)


Kind = tuple[Callable[["pa.DataType"], bool], str]
"""What tells whether a type is right, and the type in words."""


def _kinds() -> dict[str, Kind]:
    from pyarrow import types

    def is_spans(kind: pa.DataType) -> bool:
        lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        return bool(lists) and (types.is_struct(kind.value_type) or types.is_null(kind.value_type))

    def is_value(kind: pa.DataType) -> bool:
        numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        return is_text(kind) or bool(types.is_boolean(kind) or numbers)

    def is_attributes(kind: pa.DataType) -> bool:
        if types.is_map(kind):
            return is_text(kind.key_type) and is_value(kind.item_type)
        return is_text(kind) or (types.is_struct(kind) and all(_fine(field.type, is_value) for field in kind))

    return {
        "text": (is_text, "a string"),
        "offset": (types.is_integer, "an integer"),
        "truth": (types.is_boolean, "a boolean"),
        "value": (is_value, "a string, boolean or decimal"),
        "spans": (is_spans, "a list of structs"),
        "attributes": (is_attributes, "a struct or map of strings, booleans and decimals, or JSON in a string"),
    }


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is one of strings."""
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _fine(kind: pa.DataType, is_right: Callable[[pa.DataType], bool]) -> bool:
    from pyarrow import types

    return bool(types.is_null(kind)) or is_right(kind)


def wanted_columns(schema: pa.Schema, layers: Layers) -> dict[str, str]:
    """Return the columns of a file's layout, and what each has to be."""
    by_layer = SPANS not in schema.names and any(layer.name in schema.names for layer in layers)
    return {DOC: "text", TEXT: "text"} | ({layer.name: "spans" for layer in layers} if by_layer else {SPANS: "spans"})


def column_faults(schema: pa.Schema, layers: Layers) -> Iterator[tuple[str, str]]:
    """Yield pointer and message of every column, or field of one, that is missing or of a wrong type."""
    wanted = wanted_columns(schema, layers)
    yield from _faults(list(schema), wanted, "")
    are_spans = _kinds()["spans"][0]
    for name in (name for name, kind in wanted.items() if kind == "spans" and schema.names.count(name) == 1):
        spans = schema.field(name).type
        if are_spans(spans) and spans.value_type.num_fields:  # where no row has a span, it may be null
            fields = _fields(spans.value_type, name, layers)
            yield from _faults(list(spans.value_type), fields, f"/{name}")
            yield from _unknown(spans.value_type, fields) if name == SPANS else ()
    for layer in layers if SPANS in wanted else ():
        if schema.names.count(layer.name) == 1 and are_spans(schema.field(layer.name).type):
            yield f"/{layer.name}", f"the file has spans in the column {SPANS} and in {layer.name}: keep one layout"


def _unknown(span: pa.StructType, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted({field.name for field in span} - set(known)):
        yield f"/{SPANS}/{name}", f"the column {SPANS}/{name} is unknown: remove it"


def _fields(struct: pa.StructType, name: str, layers: Layers) -> dict[str, str]:
    """Return what a span's fields have to be; those that may be missing stand there only if they don't."""
    wanted = {key: "offset" if key in ("start", "end") else "text" for key in FIXED}
    if name == SPANS:
        wanted["attributes"] = "attributes"
    else:
        del wanted["layer"]
        wanted |= {key: "value" for key in layers[name].attributes if struct.get_field_index(key) >= 0}
    return wanted | ({REPAIRED: "truth"} if struct.get_field_index(REPAIRED) >= 0 else {})


def _faults(fields: list[pa.Field], wanted: Mapping[str, str], at: str) -> Iterator[tuple[str, str]]:
    counts = Counter(field.name for field in fields)
    types = {field.name: field.type for field in fields}
    for name, kind in wanted.items():
        is_right, words = _kinds()[kind]
        column = f"the column {at[1:]}{'/' if at else ''}{name}"
        if name not in types:
            release = "; a table of a release is checked with its folder" if name == SPANS else ""
            yield at, f"{column} is missing: add it, as {words}{release}"
        elif counts[name] > 1:
            yield f"{at}/{name}", f"{column} stands {counts[name]} times: keep one"
        elif not _fine(types[name], is_right):
            yield f"{at}/{name}", f"{column} is {_shown(types[name])}: make it {words}"


def _shown(kind: pa.DataType) -> str:
    """Return a type as the file has it: all strings are read as dictionaries here."""
    return _DICTIONARY.sub(r"\1", str(kind))[:80]


_DICTIONARY = re.compile(r"dictionary<values=(\w+), indices=\w+, ordered=\d>")


def row_line(row: Mapping[str, Any], layers: Layers) -> bytes:
    """Return a row as the line of a documents file that it stands for.

    A null is no value where the layer does not declare the attribute, and so is a ``repaired`` that is not true.
    """
    listed = row.get(SPANS) if SPANS in row else []
    entries = [] if listed is None else [_entry(each, layers) for each in listed]
    for layer in layers if SPANS not in row else ():
        listed = [None] if row[layer.name] is None else row[layer.name]
        entries += (_entry(each and _gathered(each, layer.name), layers) for each in listed)
    spans = f"[{', '.join(entries)}]" if row.get(SPANS, ()) is not None else "null"
    return f'{{"doc": {_dump(row[DOC])}, "text": {_dump(row[TEXT])}, "spans": {spans}}}'.encode()


def _gathered(entry: Mapping[str, Any], layer: str) -> dict[str, Any]:
    """Return a span of a layer's own column with its attributes put together."""
    fixed = {name: entry[name] for name in (*FIXED, REPAIRED) if name in entry}
    attributes = {name: value for name, value in entry.items() if name not in fixed}
    return fixed | {"layer": layer, ATTRIBUTES: attributes}


def _entry(entry: Mapping[str, Any] | None, layers: Layers) -> str:
    if entry is None:
        return "null"
    layer = layers.get(entry["layer"])
    attributes = _attributes(entry[ATTRIBUTES], layer.attributes if layer else {})
    others = {name: value for name, value in entry.items() if name not in FIXED and name != ATTRIBUTES}
    given = {name: value for name, value in others.items() if value is not None and (name, value) != (REPAIRED, False)}
    plain = _dump({name: entry[name] for name in FIXED} | given).removesuffix("}")
    return f'{plain}, "attributes": {attributes}}}'


def _attributes(value: Any, declared: Mapping[str, Attribute]) -> str:
    """Return the attributes as JSON writes them; a string that is no strict JSON stays a string."""
    if isinstance(value, str):
        try:
            return _dump(parse(value))
        except JsonError:
            return _dump(value)
    if isinstance(value, list):  # the pairs of a map, of which some may have the same key
        pairs = (f"{_dump(name)}: {_dump(_read(each, declared.get(name)))}" for name, each in value)
        return f"{{{', '.join(pairs)}}}"
    if value is None:
        return "null"
    return _dump({name: each for name, each in value.items() if each is not None or name in declared})


def _read(value: Any, attribute: Attribute | None) -> Any:
    """Return a value of a map; where all are strings, so are truth values."""
    is_truth = attribute is not None and attribute.type == "boolean"
    return {"true": True, "false": False}.get(value, value) if is_truth and isinstance(value, str) else value


def _plain(value: Any) -> str | None:
    return decimal_text(value) if isinstance(value, Decimal) else str(value)


_dump = partial(json.dumps, ensure_ascii=False, default=_plain)
