"""Parquet files whose rows are read: opened safely, cut between row groups, and read in batches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from chipstance.first_bytes import instead, seems_text, signature
from chipstance.inputs import Part, open_address
from chipstance.rules import declare
from chipstance.streams import COMPRESSION_RATIO, HARMLESS, LONGEST_LINE, PIECE, RATIO, SMALL_PIECE, StreamError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 8 << 20
"""So many bytes of a row group are looked at together, but no more than ``MOST`` rows."""
MOST = 500
MEND = "let the name end as its content asks for, or write it as Parquet"
MENDS = {"JSON": "let the name end with .jsonl if each line is a document, or write it as Parquet"}
"""What is to be done with a file that is something else."""
MOST_ROWS = 1 << 40
"""No row group is believed to have more."""

PARQUET_BROKEN = declare("parquet-broken", "A Parquet file is whole, and anybody can read it.")


@contextmanager
def open_table(address: str) -> Iterator[tuple[pq.ParquetFile, int]]:
    """Open a Parquet file, and tell how many bytes it has.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: it is no sound Parquet.
    """
    import pyarrow.parquet as pq

    with open_address(address) as file:
        with _looking(file), _telling():
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
def _looking(file: BinaryIO) -> Iterator[None]:
    """Tell of what can't be opened, rather than what pyarrow misses, that it is something else."""
    try:
        yield
    except StreamError:
        file.seek(0)
        if message := _something_else(file.read(SMALL_PIECE)):
            raise StreamError(PARQUET_BROKEN, message) from None
        raise


def _something_else(begin: bytes) -> str:
    """Return what a file is that is no Parquet, and the mend; empty where nobody can tell, or where it was Parquet."""
    if message := instead(begin):
        return message
    name = signature(begin) or ("text" if seems_text(begin) else "")
    if name == "text" and begin.lstrip().startswith((b"{", b"[")):
        name = "JSON"
    return f"this is {name}, not Parquet: {MENDS.get(name, MEND)}" if name not in ("", "Parquet") else ""


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


def batches(
    table: pq.ParquetFile, length: int, group: int, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a row group.

    Args:
        table: the file.
        length: how many bytes it has.
        group: the row group's number.
        columns: those that are needed; by default all.

    Raises:
        chipstance.streams.StreamError: it can't be read on, or swells beyond all measure.
    """
    about = table.metadata.row_group(group)
    size = max(1, min(MOST, BATCH * about.num_rows // max(about.total_byte_size, 1)))
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
        rows = 1 if held > LONGEST_LINE else max(1, BATCH * batch.num_rows // max(held, 1))
        yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def too_large(batch: pa.RecordBatch) -> str:
    """Return what is wrong with the only row of a batch, if it has more bytes than a line may; else nothing."""
    size = sum(map(_size, batch.columns)) if batch.num_rows == 1 else 0
    return f"the row has {size} bytes, more than {LONGEST_LINE}: divide the document" if size > LONGEST_LINE else ""


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
