"""Rows to Parquet: explicit schema, fixed settings, so that equal rows give equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chipstance.digests import sha256
from chipstance.features import make_features
from chipstance.records import Row
from chipstance.tables import Column, Table

NAME = "chipstance"

CANARY = "chipstance-canary c94076d7-fcc3-4753-b35e-f0825e2ad5a7"
"""Stands in the card and in every table: who finds it in a training corpus has found test data there."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """One Parquet file of a release: one config, one split.

    Attributes:
        config: the table's name.
        split: the split.
        rows: how many rows it has.
        num_bytes: what they take in memory, in Arrow.
        data: the file's content.
    """

    config: str
    split: str
    rows: int
    num_bytes: int
    data: bytes

    @property
    def path(self) -> str:
        """The file's path inside the release."""
        return f"data/{self.config}/{self.split}.parquet"

    @property
    def sha256(self) -> str:
        """The digest of the file's content."""
        return sha256(self.data)


def make_table_file(table: Table, split: str, rows: Sequence[Row], version: str) -> TableFile:
    """Write one config and split as Parquet, in memory.

    Args:
        table: the config's declaration.
        split: the split.
        rows: its rows; class labels as names.
        version: the release's version, written beside the canary into the table's metadata.
    """
    schema = make_features(table).arrow_schema
    metadata = {**schema.metadata, b"chipstance.canary": CANARY.encode(), b"chipstance.version": version.encode()}
    columns = {column.name: [_stored(column, row[column.name]) for row in rows] for column in table.columns}
    arrow = pa.table(columns, schema=schema.with_metadata(metadata))
    return TableFile(table.config, split, arrow.num_rows, arrow.nbytes, _parquet(arrow))


def _stored(column: Column, value: Any) -> Any:
    if not column.labels:
        return value
    return [column.labels.index(name) for name in value] if column.many else column.labels.index(value)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, version="2.6", compression="zstd", compression_level=9, row_group_size=1000)
    return bytes(sink.getvalue().to_pybytes())
