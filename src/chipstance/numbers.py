"""Counts of a release, as frames whose columns are the splits and a total, and their Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from chipstance.contents import Contents
from chipstance.tables import Table, stance_labels


def count_frame(contents: Contents) -> pd.DataFrame:
    """Return how many articles, paragraphs, tokens and spans of each layer there are."""
    records = contents.records
    tokens = {split: sum(len(row["tokens"]) for row in rows) for split, rows in records["paragraphs"].items()}
    spans = {
        layer.name: {split: sum(len(row[layer.name]) for row in rows) for split, rows in records["articles"].items()}
        for layer in contents.corpus.layers
    }
    units = {"article": _sizes(contents, "articles"), "paragraph": _sizes(contents, "paragraphs"), "token": tokens}
    return _with_total(pd.DataFrame(units | spans).T)


def row_frame(contents: Contents) -> pd.DataFrame:
    """Return how many rows each config has."""
    return _with_total(pd.DataFrame({table.config: _sizes(contents, table.config) for table in contents.tables}).T)


def span_frame(contents: Contents, layer: str, *attributes: str) -> pd.DataFrame:
    """Return how many spans of a layer have each value (or pair of values) of choice attributes."""
    declared = contents.corpus.layers[layer].attributes
    rows = [
        {"split": split} | span
        for split, articles in contents.records["articles"].items()
        for article in articles
        for span in article[layer]
    ]
    return _tally(contents, rows, {name: declared[name].values for name in attributes})


def stance_frame(contents: Contents) -> pd.DataFrame:
    """Return how many rows of the ``stance`` config have each target and label."""
    rows = [{"split": split} | row for split, rows in contents.records["stance"].items() for row in rows]
    layers = contents.corpus.layers
    targets = layers["stance"].attributes["target"].values
    return _tally(contents, rows, {"target": targets, "label": stance_labels(layers)})


def shared_frame(contents: Contents) -> pd.DataFrame:
    """Return the utterances rendered in more than one split, with the statements (``doc:id``) of each."""
    found: dict[str, dict[str, list[str]]] = {}
    for split, rows in contents.records["statements"].items():
        for row in rows:
            if row["utterance"]:
                found.setdefault(row["utterance"], {}).setdefault(split, []).append(f"{row['doc']}:{row['id']}")
    shared = {name: places for name, places in sorted(found.items()) if len(places) > 1}
    cells = [[", ".join(places.get(split, [])) for split in contents.splits] for places in shared.values()]
    return pd.DataFrame(cells, index=list(shared), columns=list(contents.splits))


def config_frame(contents: Contents) -> pd.DataFrame:
    """Return what one row of each config is, and how many rows it has."""
    rows = row_frame(contents)
    rows.insert(0, "one row is", [table.description for table in contents.tables])
    return rows


def column_frame(table: Table) -> pd.DataFrame:
    """Return the columns of a table with types and descriptions; the fields of a struct follow it."""
    listed = [
        (name, column)
        for parent in table.columns
        for name, column in [
            (parent.name, parent),
            *((f"{parent.name}.{field.name}", field) for field in parent.fields),
        ]
    ]
    cells = [[column.kind, column.description] for _, column in listed]
    return pd.DataFrame(cells, index=[f"`{name}`" for name, _ in listed], columns=["type", "what it holds"])


def markdown(frame: pd.DataFrame, corner: str = "") -> str:
    """Return a frame as a Markdown table.

    Args:
        frame: its index becomes the first columns.
        corner: the heading of the first column, where the index has no names.
    """
    names = [name or corner for name in frame.index.names]
    flat = frame.reset_index(names=names)
    lines = [list(map(str, flat.columns)), ["---"] * len(flat.columns), *flat.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _sizes(contents: Contents, config: str) -> dict[str, int]:
    return {split: len(rows) for split, rows in contents.records[config].items()}


def _with_total(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(total=frame.sum(axis=1))


def _tally(contents: Contents, rows: Sequence[Mapping[str, Any]], keys: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Count rows by the given keys' values, and by split; values and splits that no row has count 0."""
    every = pd.MultiIndex.from_product([*keys.values(), contents.splits], names=[*keys, "split"])
    counts = pd.DataFrame(rows, columns=every.names).groupby(every.names).size()
    return _with_total(counts.reindex(every, fill_value=0).unstack("split", sort=False))
