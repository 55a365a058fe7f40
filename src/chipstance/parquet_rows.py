"""Parquet files whose rows are read: opened safely, cut between row groups, and read in batches."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature as arguments
from typing import TYPE_CHECKING, BinaryIO

from chipstance.first_bytes import instead, seems_text, signature
from chipstance.inputs import Part, is_address, open_address
from chipstance.parquet_columns import stored
from chipstance.rules import declare
from chipstance.streams import (
    COMPRESSION_RATIO,
    HARMLESS,
    LONGEST_LINE,
    PIECE,
    RATIO,
    SMALL_PIECE,
    StreamError,
    pieces,
)

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 8 << 20
"""So many bytes of a row group are looked at together, but no more than ``MOST`` rows."""
MOST = 500
MEND = "let the name end as its content asks for, or write it as Parquet"
MENDS = {"JSON": "let the name end with .jsonl if each line is a document, or write it as Parquet"}
"""What is to be done with a file that is something else."""
OTHERWISE = "write its strings plainly or with dictionaries"
"""What is to be done where an encoding can't be read."""
MOST_ROWS = 1 << 40
"""No row group is believed to have more."""
MAGIC = b"PAR1"
"""What every Parquet file begins with that is not encrypted."""
TABLES = {
    b"ARROW1": "Arrow IPC (Feather)",
    b"FEA1": "Feather",
    b"\xff\xff\xff\xff": "an Arrow IPC stream",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
}
"""What other tables begin with."""
END = 1 << 16
"""So many bytes are read first to find what stands at the end of a file."""
AS_DICTIONARY = {"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED"}
"""The encodings from which pyarrow reads strings as dictionaries."""
AS_LARGE = {"PLAIN", "RLE", "BIT_PACKED", "DELTA_LENGTH_BYTE_ARRAY"}
"""The encodings in which strings have as many bytes as they have when they are read."""
SWELLING = 4 * HARMLESS
"""So many bytes at most are a batch's strings of one column where nobody knows before how many they are."""

PARQUET_BROKEN = declare("parquet-broken", "A Parquet file is whole, and anybody can read it.")


class Table:
    """A Parquet file that is open.

    Attributes:
        metadata: what stands at its end.
        schema_arrow: its columns.

    Args:
        file: its bytes, to be read in any order.
    """

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self.metadata = pq.read_metadata(file)
        leaves = [self.metadata.schema.column(index) for index in range(self.metadata.num_columns)]
        self._file, self._readers = file, dict[tuple[str, ...], pq.ParquetFile]()
        self._strings = {index: leaf.path for index, leaf in enumerate(leaves) if leaf.physical_type == "BYTE_ARRAY"}
        self.schema_arrow = self._reader(self._strings.values()).schema_arrow

    def reader(self, group: int) -> tuple[pq.ParquetFile, int]:
        """Return what reads a row group, and how many of its rows it may read at once."""
        about = self.metadata.row_group(group)
        size = min(MOST, BATCH * about.num_rows // max(about.total_byte_size, 1))
        dictionaries = []
        for index, path in self._strings.items():
            leaf = about.column(index)
            if AS_DICTIONARY.issuperset(leaf.encodings):
                dictionaries.append(path)
            elif not AS_LARGE.issuperset(leaf.encodings):  # each value may be as large as all
                size = min(size, SWELLING * about.num_rows // max(leaf.total_uncompressed_size * leaf.num_values, 1))
        return self._reader(dictionaries), max(1, size)

    def _reader(self, dictionaries: Collection[str]) -> pq.ParquetFile:
        """Return what reads some columns as dictionaries: a text that stands in many rows is held once there."""
        import pyarrow.parquet as pq

        paths = tuple(dictionaries)
        if paths not in self._readers:
            # what is an extension for pyarrow is no dictionary; releases before 21 know no such option
            has_option = "arrow_extensions_enabled" in arguments(pq.ParquetFile).parameters
            self._readers[paths] = pq.ParquetFile(
                self._file,
                metadata=self.metadata,
                read_dictionary=paths,
                # nothing is read ahead: a row group may be larger than the memory
                buffer_size=PIECE,
                pre_buffer=False,
                page_checksum_verification=True,
                **({"arrow_extensions_enabled": False} if has_option else {}),
            )
        return self._readers[paths]


@contextmanager
def open_table(address: str) -> Iterator[tuple[Table, int]]:
    """Open a Parquet file, and tell how many bytes it has.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: it is no sound Parquet.
    """
    with _in_any_order(address) as file:
        with _looking(file), _telling():
            length = file.seek(0, os.SEEK_END)
            file.seek(0)
            table = Table(file)
        if not is_address(address):  # a server is asked for no more than is needed
            file.seek(0)
            if file.read(len(MAGIC)) != MAGIC:
                message = "it ends as Parquet does, but does not begin so: fetch or write it again"
                raise StreamError(PARQUET_BROKEN, message)
        yield table, length


@contextmanager
def _in_any_order(address: str) -> Iterator[BinaryIO]:
    """Open a file that can be read in any order: a copy, where a server sends it only from the beginning."""
    with open_address(address) as file:
        if not is_address(address) or _has_any_order(file):
            yield file
            return
    with open_address(address, onward=True) as file, tempfile.TemporaryFile() as copy:
        copy.writelines(pieces(file, ""))
        yield copy


def _has_any_order(file: BinaryIO) -> bool:
    """Tell whether a file at an address can be read at its end, which is read next anyway."""
    try:
        file.seek(max(0, file.seek(0, os.SEEK_END) - END))
        file.read(END)
    except OSError:
        return False
    return True


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
    name = signature(begin) or next((name for magic, name in TABLES.items() if begin.startswith(magic)), "")
    name = name or ("text" if seems_text(begin) else "")
    if name == "text" and begin.lstrip().startswith((b"{", b"[")):
        name = "JSON"
    return f"this is {name}, not Parquet: {MENDS.get(name, MEND)}" if name not in ("", "Parquet") else ""


@contextmanager
def _telling() -> Iterator[None]:
    """Turn what pyarrow says of a broken file into our own error."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        said = " ".join(str(error).split())[:200]
        mend = "write it without encryption" if "crypt" in said else "fetch or write it again"
        if "not yet implemented" in said.lower():
            raise StreamError(PARQUET_BROKEN, f"pyarrow can't read it ({said}): {OTHERWISE}") from None
        raise StreamError(PARQUET_BROKEN, f"it is no sound Parquet ({said}): {mend}") from None


def cut_table(part: Part, size: int) -> list[Part]:
    """Return a Parquet file as parts of whole row groups, each of about so many bytes.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: it is no sound Parquet.
    """
    if is_address(part.address):
        with open_address(part.address) as file:
            if not _has_any_order(file):  # each part would take all of it
                return [part]
    with open_table(part.address) as (table, _):
        about = table.metadata
    sizes = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
    parts, start, held = [], 0, 0
    for group, each in enumerate(sizes, start=1):
        held += each
        if held >= size or group == len(sizes):
            parts.append(Part(part.address, start, group))
            start, held = group, 0
    return parts


def groups(table: Table, part: Part) -> Iterator[tuple[int, int]]:
    """Yield the row groups of a part, and how many rows each has."""
    end = table.metadata.num_row_groups if part.end is None else part.end
    rows = (table.metadata.row_group(group).num_rows for group in range(part.start, end))
    return ((group, max(0, min(each, MOST_ROWS))) for group, each in enumerate(rows, start=part.start))


def batches(table: Table, length: int, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a row group.

    Args:
        table: the file.
        length: how many bytes it has.
        group: the row group's number.
        columns: those that are needed; by default all.

    Raises:
        chipstance.streams.StreamError: it can't be read on, or swells beyond all measure.
    """
    is_plain = all(stored(kind) == kind for kind in table.schema_arrow.types)
    with _telling():
        reader, size = table.reader(group)
        # one thread: with more, an interpreter that ends right afterwards can abort (see loading.py)
        found = reader.iter_batches(size, row_groups=[group], columns=columns, use_threads=False)
    produced = 0
    while True:
        with _telling():
            batch = next(found, None)
            batch = batch if batch is None or is_plain else _plain(batch)
            held = sum(map(_size, batch.columns)) if batch else 0
        if batch is None:
            return
        produced += held
        if produced > max(HARMLESS, RATIO * length):
            message = f"a file of {length} bytes swells to more than {produced}: write it again if you trust it"
            raise StreamError(COMPRESSION_RATIO, message)
        rows = 1 if held > LONGEST_LINE else max(1, BATCH * batch.num_rows // max(held, 1))
        yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch whose columns are as they are stored."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(list(map(_as_stored, batch.columns)), batch.schema.names)


def _as_stored(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    from pyarrow import compute, types

    if types.is_list_view(array.type) or types.is_large_list_view(array.type):
        # pyarrow can cast a view to a list, but not rightly
        counts = compute.fill_null(compute.list_value_length(array), 0).cast(pa.int64())
        offsets = pa.concat_arrays([pa.array([0], pa.int64()), compute.cumulative_sum(counts)])
        array = pa.LargeListArray.from_arrays(offsets, array.flatten(), mask=array.is_null())
    return array.cast(stored(array.type))


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
