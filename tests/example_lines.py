"""Many small files of lines and rows, plain and compressed, sound and broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

TEXT = "Ada Quill said so."
SPAN = {"id": "c1", "layer": "cue", "start": 10, "end": 14, "text": "said", "attributes": {}}
FIELDS = pa.struct({"id": pa.string(), "layer": pa.string(), "start": pa.int32(), "end": pa.int32(),
                    "text": pa.string(), "attributes": pa.string()})  # fmt: skip
COLUMNS = pa.schema({"doc": pa.string(), "text": pa.string(), "spans": pa.list_(FIELDS)})
LINES = 12


def many_files(folder: Path, times: int = 4) -> Path:
    """Write files of every kind, again and again with other faults; return their folder."""
    folder.mkdir()
    for number in range(times):
        rows = [document(number, index) for index in range(LINES)]
        data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        for name, content in {
            "plain.jsonl": data,
            "predictions.jsonl": json.dumps({"doc": "mill", "spans": [{"id": number}]}).encode() * (number + 1),
            "packed.jsonl.gz": gzip.compress(data),
            "packed.jsonl.zst": zstandard.ZstdCompressor().compress(data),
            "cut.jsonl.gz": gzip.compress(data)[: -9 - number],
            "empty.jsonl": b"",
            "broken.parquet": data,
        }.items():
            (folder / f"{number}-{name}").write_bytes(content)
        for row in rows:
            row["spans"] = [span | {"attributes": "{}"} for span in row["spans"]]
        pq.write_table(pa.Table.from_pylist(rows, COLUMNS), folder / f"{number}-rows.parquet", row_group_size=5)
        predicted = pa.Table.from_pylist([{"doc": f"d{index}", "answer": "[]"} for index in range(LINES + number)])
        pq.write_table(predicted, folder / f"{number}-predicted.parquet", row_group_size=5)
        other = pa.Table.from_pylist([{"doc": "a"}] * 20)
        pq.write_table(other, folder / f"{number}-other.parquet", row_group_size=5)
    return folder


def document(number: int, index: int) -> dict[str, Any]:
    """Return a document; one has a fault, and one stands there already."""
    doc = f"d{index % (LINES - 1)}"
    return {"doc": doc, "text": TEXT, "spans": [SPAN | {"end": 13}] if index == number else [SPAN]}
