from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chipstance.card import front_matter
from chipstance.digests import sha256
from chipstance.folders import Checkout, schema_folder
from chipstance.parquet import CANARY
from chipstance.release import ReleaseError, build, differences, write_release
from chipstance.schemas import load_schemas
from chipstance.validate import validate
from example_release import VERSION, change_span, copy_example

CONFIGS = ("articles", "paragraphs", "statements", "stance", "money")
TABLES = {f"data/{config}/{split}.parquet" for config in CONFIGS for split in ("validation", "test")}

HASHES = """
import hashlib, sys
from pathlib import Path
from chipstance.folders import Checkout
from chipstance.release import build
for path, data in build(Checkout(Path(sys.argv[1])), sys.argv[2]).items():
    print(path, hashlib.sha256(data).hexdigest())
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return copy_example(tmp_path_factory.mktemp("a place with spaces") / "checkout")


@pytest.fixture(scope="module")
def files(checkout: Checkout) -> dict[str, bytes]:
    return build(checkout, VERSION)


@pytest.fixture
def released(checkout: Checkout, files: dict[str, bytes], tmp_path: Path) -> Path:
    """A checkout with its release."""
    copy = Checkout(Path(shutil.copytree(checkout.root, tmp_path / "released")))
    citation = f"{copy.citation.read_text('utf-8')}version: {VERSION}\n"
    copy.citation.write_text(citation, "utf-8")
    manifest = json.loads(files["manifest.json"])
    next(each for each in manifest["inputs"] if each["path"] == "CITATION.cff")["sha256"] = sha256(citation)
    write_release(copy.dataset, files | {"manifest.json": json.dumps(manifest, indent=2).encode()})
    assert validate([copy.root]) == []
    return copy.root


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "CITATION.cff",
            "citation.cff",
            "input 'CITATION.cff', from which the release was built, is missing: if citati",
        ),
        (
            "CITATION.cff",
            "elsewhere",
            "input 'CITATION.cff', from which the release was built, is missing: put it back",
        ),
        ("dataset_card.md", "elsewhere", "input 'dataset_card.md', from which the release was built, is missing: put"),
        ("dataset/data", "dataset/Data", "file 'data' is missing: if Data is it, give it that name; else build the"),
        ("dataset/data", "elsewhere", "file 'data' is missing: build the release again"),
        ("dataset/README.md", "dataset/Readme.md", "file 'README.md' is missing: if Readme.md is it, give it that"),
    ],
)
def test_what_is_gone_or_has_another_name_is_one_problem(released: Path, old: str, new: str, expected: str) -> None:
    (released / old).rename(released / new)
    (problem,) = validate([released])
    assert f"{problem.rule} {problem.message}".startswith(f"manifest-{expected}")


def test_a_croissant_gives_the_digests_of_the_manifest(released: Path) -> None:
    path, manifest = released / "dataset" / "croissant.json", released / "dataset" / "manifest.json"
    before = path.read_bytes()
    after = re.sub(rb'"sha256": "\w{64}"', b'"sha256": "%b"' % (b"0" * 64), before)
    path.write_bytes(after)
    manifest.write_text(manifest.read_text("utf-8").replace(sha256(before), sha256(after)), "utf-8")
    (problem,) = validate([released])
    assert (problem.rule, problem.path) == ("manifest-identity", str(manifest))
    assert f"({len(TABLES)} places in all): build the release again" in problem.message


def test_a_release_is_tables_card_croissant_and_manifest(files: dict[str, bytes]) -> None:
    assert files.keys() == TABLES | {"README.md", "croissant.json", "manifest.json"}


@pytest.mark.parametrize(("seed", "zone"), [("1", "Pacific/Apia"), ("77", "America/St_Johns")])
def test_another_process_builds_the_same_bytes(
    checkout: Checkout, files: dict[str, bytes], seed: str, zone: str
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", HASHES, str(checkout.root), VERSION],
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == [f"{path} {sha256(data)}" for path, data in files.items()]


def test_the_manifest_describes_every_file(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    assert list(load_schemas(schema_folder()).faults("manifest", manifest)) == []
    assert (manifest["name"], manifest["version"], manifest["canary"]) == ("chipstance", VERSION, CANARY)
    assert {entry["path"] for entry in manifest["files"]} == files.keys() - {"manifest.json"}
    for entry in manifest["files"]:
        data = files[entry["path"]]
        assert (entry["sha256"], entry["bytes"]) == (sha256(data), len(data))
        if entry["path"] in TABLES:
            assert entry["path"] == f"data/{entry['config']}/{entry['split']}.parquet"
            assert entry["rows"] == pq.read_metadata(pa.BufferReader(data)).num_rows
        else:
            assert (entry["config"], entry["split"], entry["rows"]) == (None, None, None)


def test_the_content_digest_is_what_sha256sum_gives(files: dict[str, bytes]) -> None:
    lines = "".join(f"{sha256(files[path])}  {path}\n" for path in sorted(TABLES))
    assert json.loads(files["manifest.json"])["content_sha256"] == sha256(lines)


def test_the_manifest_names_its_inputs(checkout: Checkout, files: dict[str, bytes]) -> None:
    inputs = {entry["path"]: entry["sha256"] for entry in json.loads(files["manifest.json"])["inputs"]}
    assert inputs == {
        path: sha256((checkout.root / path).read_bytes())
        for path in (
            "CITATION.cff",
            "annotations/articles.json",
            "annotations/articles/harbor.txt",
            "annotations/articles/mill.txt",
            "annotations/edits/harbor.json",
            "annotations/edits/mill.json",
            "annotations/entities.json",
            "annotations/gold/harbor.json",
            "annotations/gold/mill.json",
            "dataset_card.md",
            "schema/layers.json",
        )
    }


def test_every_table_carries_canary_version_and_typed_columns(files: dict[str, bytes]) -> None:
    for path in TABLES:
        schema = pq.read_schema(pa.BufferReader(files[path]))
        assert schema.metadata[b"chipstance.canary"].decode() == CANARY
        assert schema.metadata[b"chipstance.version"].decode() == VERSION
        assert "features" in json.loads(schema.metadata[b"huggingface"])["info"]
    money = pq.read_schema(pa.BufferReader(files["data/money/test.parquet"]))
    assert money.field("minimum").type == money.field("maximum").type == pa.decimal128(38, 4)
    articles = pq.read_schema(pa.BufferReader(files["data/articles/test.parquet"]))
    assert articles.field("date").type == pa.date32()
    assert articles.field("stance").type.value_type.field("explicit").type == pa.bool_()


def test_a_changed_label_changes_only_what_holds_it(files: dict[str, bytes], tmp_path: Path) -> None:
    changed = copy_example(tmp_path / "checkout")
    change_span(changed, "harbor", "t3", lambda span: span["attributes"].update(polarity="against"))
    new = build(changed, VERSION)
    assert {path for path in TABLES if new[path] != files[path]} == {
        "data/articles/test.parquet",
        "data/stance/test.parquet",
    }
    before, after = (described(release) for release in (files, new))
    assert {config for config in CONFIGS if before[config] != after[config]} == {"articles", "stance"}


def described(files: dict[str, bytes]) -> dict[str, str]:
    """Return each config's description: what keeps datasets from meeting a stale cache."""
    return {
        config["config_name"]: config["description"] for config in front_matter(files["README.md"].decode())["configs"]
    }


def test_the_version_of_the_citation_must_be_the_release_s(tmp_path: Path) -> None:
    checkout = copy_example(tmp_path / "checkout")
    checkout.citation.write_text(checkout.citation.read_text("utf-8") + "version: 9.9.9\n", "utf-8")
    with pytest.raises(ReleaseError, match=r"CITATION\.cff says version 9\.9\.9"):
        build(checkout, VERSION)


SMALL = {
    "manifest.json": b'{"files": [{"path": "data/a/test.parquet"}, {"path": "README.md"}]}',
    "data/a/test.parquet": b"one",
}


def test_writing_replaces_the_whole_release(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "dataset"
    stale = {"manifest.json": b'{"files": [{"path": "data/a/test.parquet"}, {"path": "data/b/test.parquet"}]}'}
    write_release(folder, SMALL | stale | {"data/b/test.parquet": b"stale"})
    write_release(folder, SMALL)
    assert differences(folder, SMALL) == []
    assert [path.name for path in folder.parent.iterdir()] == ["dataset"]


def test_differences_are_named(tmp_path: Path) -> None:
    write_release(tmp_path / "dataset", SMALL)
    assert differences(tmp_path / "dataset", {"manifest.json": b"{ }", "README.md": b""}) == [
        "README.md is missing",
        "data/a/test.parquet is no part of the release",
        "manifest.json differs",
    ]
    assert differences(tmp_path / "nothing", {"README.md": b""}) == ["README.md is missing"]


class _Full(dict[str, bytes]):
    def items(self) -> Iterator[tuple[str, bytes]]:  # type: ignore[override]
        yield "data/a/test.parquet", b"half"
        raise OSError("no space left on device")


def test_a_release_that_can_t_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    write_release(folder, SMALL)
    with pytest.raises(OSError, match="no space"):
        write_release(folder, _Full())
    assert differences(folder, SMALL) == []
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]


def test_a_swap_that_fails_puts_the_old_release_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dataset"
    write_release(folder, SMALL)
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise PermissionError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        write_release(folder, {"manifest.json": b"{ }"})
    assert differences(folder, SMALL) == []


def test_a_folder_that_is_no_release_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ReleaseError, match=r"thesis\.txt, which no release put there"):
        write_release(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
