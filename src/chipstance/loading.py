"""A release as typed documents, read with pyarrow alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from chipstance.digests import sha256
from chipstance.jsonfile import read_bytes
from chipstance.locate import JsonError, decode, parse
from chipstance.model import Document, Span, Value, by_position
from chipstance.tables import SPLITS

MANIFEST = "manifest.json"
AGAIN = "get the release again"
SPAN_FIELDS = ("id", "start", "end", "text", "repaired")


class LoadError(ValueError):
    """A folder that is no release, or a release that has been changed."""


def load_documents(folder: Path, split: str | None = None) -> tuple[Document, ...]:
    """Return the documents of a release: split by split, in the order of its articles.

    Args:
        folder: the release, the folder with ``manifest.json``.
        split: one split only; None for all.

    Raises:
        LoadError: there is no release, no such split, or a file is not the one the manifest names.
    """
    files = _files(folder, "articles")
    if split is not None and split not in files:
        raise LoadError(f"{folder} has no split {split!r}: choose from {', '.join(files)}")
    chosen = [entry for name, entry in files.items() if split in (None, name)]
    try:
        return tuple(document for entry in chosen for document in _documents(_checked(folder, entry)))
    except KeyError as error:
        raise LoadError(f"{folder} holds no release: its articles have no column {error}; {AGAIN}") from None


def load_rows(folder: Path, config: str) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of one config of a release, split by split; class labels as their indices.

    Args:
        folder: the release.
        config: its name.

    Raises:
        LoadError: as for ``load_documents``.
    """
    files = _files(folder, config).values()
    return tuple(row for entry in files for row in _checked(folder, entry).to_pylist())


def load_layers(folder: Path) -> dict[str, frozenset[str]]:
    """Return the layers that a release has, each with the names of its attributes. Errors as for ``load_documents``."""
    table = _checked(folder, next(iter(_files(folder, "articles").values())))
    columns = [field for field in table.schema if _is_layer(field.type)]
    return {
        field.name: frozenset(each.name for each in field.type.value_type).difference(SPAN_FIELDS) for field in columns
    }


def _files(folder: Path, config: str) -> dict[str, Mapping[str, Any]]:
    path = folder / MANIFEST
    try:
        files = parse(decode(read_bytes(path)))["files"]
        entries = {entry["split"]: entry for entry in files if entry["config"] == config}
        _ = [(folder / entry["path"], entry["sha256"]) for entry in entries.values()]
    except OSError as error:
        raise LoadError(f"{folder} holds no release: can't read its {MANIFEST} ({error.strerror}); {AGAIN}") from None
    except JsonError as error:
        place = f"{path}:{error.line}:{error.column}"
        raise LoadError(f"{folder} holds no release: {place} {error}, or {AGAIN}") from None
    except (LookupError, TypeError):
        raise LoadError(f"{folder} holds no release: {path} does not list the files of one; {AGAIN}") from None
    if not entries:
        raise LoadError(f"{folder} holds no release: its {MANIFEST} names no {config}; {AGAIN}")
    return {split: entries[split] for split in SPLITS if split in entries}


def _checked(folder: Path, entry: Mapping[str, Any]) -> Any:
    """Return a table that is the one that the manifest names."""
    path = folder / entry["path"]
    try:
        data = read_bytes(path)
    except OSError as error:
        raise LoadError(f"can't read {path}: {error.strerror}; {AGAIN}") from None
    if sha256(data) != entry["sha256"]:
        raise LoadError(f"{path} has been changed: its digest is not the manifest's; build or {AGAIN}")
    try:
        return _table(data)
    except (ValueError, OSError):  # pyarrow's errors
        raise LoadError(f"{path} is no sound Parquet file, though the manifest names it; {AGAIN}") from None


def _table(data: bytes) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # One thread: with more, an interpreter that ends right after a load can abort on pyarrow's thread pool (26.0.1).
    return pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)


def _documents(table: Any) -> Iterator[Document]:
    layers = [name for name in table.column_names if _is_layer(table.schema.field(name).type)]
    for row in table.to_pylist():
        spans = [_span(layer, entry) for layer in layers for entry in row[layer]]
        yield Document(row["doc"], row["text"], by_position(spans))


def _is_layer(kind: Any) -> bool:
    """Tell whether a column holds spans: a list of structs with a span's fields."""
    import pyarrow as pa

    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return False
    return {field.name for field in kind.value_type}.issuperset(SPAN_FIELDS)


def _span(layer: str, entry: Mapping[str, Any]) -> Span:
    attributes = {name: _value(value) for name, value in entry.items() if name not in SPAN_FIELDS}
    return Span(layer=layer, attributes=attributes, **{name: entry[name] for name in SPAN_FIELDS})


def _value(value: str | bool | Decimal | None) -> Value:
    return decimal_string(value) if isinstance(value, Decimal) else value


def decimal_string(number: Decimal) -> str:
    """Return a number as annotation files write it: no exponent, no zeros at the end of a fraction."""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
