from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlcroissant as mlc
import pytest

from chipstance.croissant import RAI_FIELDS, CroissantError, rai_values
from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.records import Records, Row, make_records
from example_release import VERSION, example_corpus, write_example

# mlcroissant calls what rdflib and pandas are about to drop.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index is deprecated"),
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return write_example(tmp_path_factory.mktemp("with spaces") / "checkout")


@pytest.fixture(scope="module")
def records(checkout: Checkout) -> Records:
    return make_records(example_corpus(checkout))


@pytest.fixture(scope="module")
def described(checkout: Checkout) -> Any:
    return json.loads((checkout.dataset / "croissant.json").read_text("utf-8"))


def test_mlcroissant_s_own_command_accepts_it(checkout: Checkout) -> None:
    command = [str(Path(sys.executable).with_name("mlcroissant")), "validate", "--jsonld"]
    file = checkout.dataset / "croissant.json"
    run = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "error" not in run.stderr.lower()


def test_what_mlcroissant_only_warns_about_is_there(described: Any) -> None:
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert described["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert described["version"] == VERSION
    assert described["datePublished"] == "2031-03-04"
    assert described["citeAs"] == f"The loom readers, Ida Warp (2031). ChipStance example. Version {VERSION}."
    assert [author["name"] for author in described["creator"]] == ["The loom readers", "Ida Warp"]
    assert described["rai:dataLimitations"] == "2 articles."
    assert described["rai:personalSensitiveInformation"] == "None: every person is invented."
    assert {key for key in described if key.startswith("rai:")} == {f"rai:{name}" for name in RAI_FIELDS}


def test_every_table_is_a_file_with_its_digest(checkout: Checkout, described: Any) -> None:
    files = {entry["contentUrl"]: entry["sha256"] for entry in described["distribution"]}
    tables = sorted((checkout.dataset / "data").rglob("*.parquet"))
    assert files == {path.relative_to(checkout.dataset).as_posix(): sha256(path.read_bytes()) for path in tables}


def test_every_record_set_loads_and_holds_the_rows(checkout: Checkout, records: Records) -> None:
    dataset = mlc.Dataset(jsonld=str(checkout.dataset / "croissant.json"))
    names = [f"{config}/{split}" for config in records for split in records[config]]
    assert [record_set.id for record_set in dataset.metadata.record_sets] == names
    for name in names:
        config, split = name.split("/")
        loaded = [plain(record) for record in dataset.records(name)]
        wanted = [as_floats(row) for row in records[config][split]]
        assert [without_labels(row) for row in loaded] == [without_labels(row) for row in wanted]


def plain(value: Any) -> Any:
    """Return what mlcroissant gives (names with their parents, text as bytes) as a row."""
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.decode() if isinstance(value, bytes) else value


def as_floats(row: Row) -> Any:
    return json.loads(json.dumps(row, default=float))


def without_labels(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "label" and not name.endswith("_tags")}


def test_a_changed_file_does_not_load(tmp_path: Path) -> None:
    folder = write_example(tmp_path / "checkout").dataset
    (folder / "data/money/test.parquet").write_bytes((folder / "data/money/validation.parquet").read_bytes())
    with pytest.raises(mlc.GenerationError):
        list(mlc.Dataset(jsonld=str(folder / "croissant.json")).records("money/test"))


CARD = "".join(f"## A heading\n\n<!-- rai:{name} -->\nText of {name}.\n\nMore.\n\n" for name in RAI_FIELDS)


def test_a_marked_passage_ends_at_the_next_heading_or_mark() -> None:
    assert rai_values(CARD + "# End\n\nOther text.") == {
        ours: f"Text of {name}.\n\nMore." for name, ours in RAI_FIELDS.items()
    }
    assert rai_values(CARD.replace("## A heading\n\n", ""))["data_biases"] == "Text of dataBiases.\n\nMore."


@pytest.mark.parametrize(
    ("card", "name"),
    [
        (CARD.replace("<!-- rai:dataBiases -->\n", ""), "dataBiases"),
        (CARD + "<!-- rai:dataBiases -->\nTwice.\n", "dataBiases"),
        (CARD.replace("Text of dataBiases.\n\nMore.", ""), "dataBiases"),
        (CARD + "<!-- rai:dataLooms -->\nNo such field.\n", "dataLooms"),
    ],
)
def test_a_missing_double_or_unknown_mark_is_named(card: str, name: str) -> None:
    with pytest.raises(CroissantError, match=f"rai:{name} "):
        rai_values(card)
