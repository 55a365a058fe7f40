"""From a table's columns to ``datasets.Features``, and from those to the Arrow schema: one declaration, both types."""

from __future__ import annotations

from typing import Any

from chipstance.tables import Column, Table


def make_features(table: Table) -> Any:
    """Return a table's ``datasets.Features``; their ``arrow_schema`` is the schema of its Parquet files."""
    from datasets import Features

    return Features({column.name: _feature(column) for column in table.columns})


def _feature(column: Column) -> Any:
    from datasets import ClassLabel, List, Value

    if column.fields:
        inner: Any = {field.name: _feature(field) for field in column.fields}
    elif column.labels:
        inner = ClassLabel(names=list(column.labels))
    else:
        inner = Value(column.type)
    return List(inner) if column.many else inner
