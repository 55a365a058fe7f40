"""The release in an environment without chipstance: datasets, pandas, polars and DuckDB read the same thing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from chipstance.folders import Checkout
from chipstance.records import Records, make_records
from chipstance.release import build, write_release
from chipstance.tables import release_tables
from example_release import VERSION, change_span, example_corpus, write_example

LOAD = """
import json, sys
sys.modules["chipstance"] = None  # an import of it fails, as where it is not installed
from datasets import ClassLabel, List, load_dataset
folder, cache, configs = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

def names(feature):
    inner = feature.feature if isinstance(feature, List) else feature
    return inner.names if isinstance(inner, ClassLabel) else None

found = {}
for config in configs:
    whole = load_dataset(folder, config, cache_dir=cache)
    streams = load_dataset(folder, config, cache_dir=cache, streaming=True)
    for split, table in whole.items():
        assert table.info.version == sys.argv[4], table.info.version
        assert streams[split].features == table.features
        found[f"{config}/{split}"] = {
            "rows": list(table), "streamed": list(streams[split]),
            "labels": {name: names(feature) for name, feature in table.features.items() if names(feature)},
        }
found["default"] = load_dataset(folder, cache_dir=cache)["test"].column_names
json.dump(found, sys.stdout, default=str)
"""


def load_with_datasets(folder: Path, cache: Path, *configs: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder), str(cache), json.dumps(configs), VERSION],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return write_example(tmp_path_factory.mktemp("with spaces") / "checkout")


@pytest.fixture(scope="module")
def records(checkout: Checkout) -> Records:
    return make_records(example_corpus(checkout))


def test_every_config_and_split_loads_whole_and_streaming(checkout: Checkout, records: Records, tmp_path: Path) -> None:
    found = load_with_datasets(checkout.dataset, tmp_path, *records)
    tables = release_tables(example_corpus(checkout).layers)
    assert found.pop("default") == [column.name for column in tables[0].columns]
    assert found.keys() == {f"{config}/{split}" for config in records for split in records[config]}
    for table in tables:
        labels = {column.name: list(column.labels) for column in table.columns if column.labels}
        for split, rows in records[table.config].items():
            loaded = found[f"{table.config}/{split}"]
            assert loaded["labels"] == labels
            assert loaded["rows"] == loaded["streamed"] == [encoded(row, labels) for row in rows]


def encoded(row: dict[str, Any], labels: dict[str, list[str]]) -> Any:
    """Return a row as the other process prints it: class labels as numbers, amounts with the column's digits."""
    plain = {name: _numbers(value, labels[name]) if name in labels else value for name, value in row.items()}
    return json.loads(json.dumps(plain, default=lambda value: f"{value:.4f}"))


def _numbers(value: Any, names: list[str]) -> Any:
    return [names.index(name) for name in value] if isinstance(value, list) else names.index(value)


def test_a_rebuilt_release_does_not_meet_a_stale_cache(tmp_path: Path) -> None:
    checkout, cache = write_example(tmp_path / "checkout"), tmp_path / "cache"
    before = load_with_datasets(checkout.dataset, cache, "stance")["stance/test"]
    change_span(checkout, "harbor", "t3", lambda span: span["attributes"].update(polarity="against"))
    write_release(checkout.dataset, build(checkout, VERSION))
    after = load_with_datasets(checkout.dataset, cache, "stance")["stance/test"]
    names = before["labels"]["label"]
    assert [names[row["label"]] for row in (before["rows"][0], after["rows"][0])] == ["favor", "against"]
    assert before["rows"][1:] == after["rows"][1:]


def test_pandas_polars_and_duckdb_read_the_same(checkout: Checkout, records: Records) -> None:
    for config, splits in records.items():
        for split, rows in splits.items():
            path = checkout.dataset / "data" / config / f"{split}.parquet"
            relation = duckdb.read_parquet(str(path))
            assert len(rows) == len(pd.read_parquet(path)) == len(pl.read_parquet(path)) == len(relation.fetchall())


def test_amounts_are_the_same_decimals_everywhere(checkout: Checkout, records: Records) -> None:
    for split, rows in records["money"].items():
        path = checkout.dataset / "data" / "money" / f"{split}.parquet"
        wanted = [(row["id"], row["minimum"], row["maximum"]) for row in rows]
        columns = ["id", "minimum", "maximum"]
        assert [tuple(row) for row in pl.read_parquet(path).select(columns).rows()] == wanted
        assert duckdb.read_parquet(str(path)).project(", ".join(columns)).fetchall() == wanted
        frame = pd.read_parquet(path)[columns].astype(object)
        assert [tuple(row) for row in frame.where(frame.notna(), None).to_numpy()] == wanted


def test_tables_join_on_the_document(checkout: Checkout) -> None:
    data = checkout.dataset / "data"
    query = f"""
        SELECT s.text, substring(a.text, s.start + 1, s."end" - s.start)
        FROM read_parquet('{data}/statements/*.parquet') s JOIN read_parquet('{data}/articles/*.parquet') a USING (doc)
    """
    slices = duckdb.execute(query).fetchall()
    assert len(slices) == 11
    assert all(text == found for text, found in slices)
