from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipstance
from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.loading import LoadError, decimal_string
from chipstance.model import by_position
from example_release import example_corpus, write_example


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return write_example(tmp_path_factory.mktemp("loading") / "checkout")


def test_load_gives_the_gold_documents(checkout: Checkout) -> None:
    gold = example_corpus(checkout).gold
    loaded = chipstance.load(checkout.dataset)
    assert [document.id for document in loaded] == ["mill", "harbor"]
    for document in loaded:
        assert document.text == gold[document.id].text
        assert document.annotator == "gold"
        assert document.spans == by_position(gold[document.id].spans)
        assert [dict(span.attributes) for span in document] == [
            dict(span.attributes) for span in by_position(gold[document.id].spans)
        ]


def test_spans_slice_their_text(checkout: Checkout) -> None:
    for document in chipstance.load(str(checkout.dataset)):
        assert document.spans
        assert all(document.text[span.start : span.end] == span.text for span in document)


def test_one_split(checkout: Checkout) -> None:
    assert [document.id for document in chipstance.load(checkout.dataset, "test")] == ["harbor"]
    assert [document.id for document in chipstance.load(checkout.dataset, split="validation")] == ["mill"]
    with pytest.raises(LoadError, match="no split 'train': choose from validation, test"):
        chipstance.load(checkout.dataset, split="train")


def test_the_default_is_the_release_of_the_checkout_around(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout.annotations)
    assert [document.id for document in chipstance.load()] == ["mill", "harbor"]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = write_example(tmp_path / "checkout").dataset
    path = folder / "data" / "articles" / "test.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(LoadError, match=r"test\.parquet has been changed"):
        chipstance.load(folder)
    assert chipstance.load(folder, "validation")
    path.unlink()
    with pytest.raises(LoadError, match=r"can't read .*test\.parquet"):
        chipstance.load(folder)


LISTED = '{"config": "articles", "split": "test"'


@pytest.mark.parametrize(
    ("content", "said"),
    {
        None: "can't read its manifest.json",
        "": "manifest.json:1:1 nothing stands here",
        "{": "manifest.json:1:",
        '{"files": [],\n"files": []}': "manifest.json:2:1 key 'files' stands twice",
        "[]": "does not list the files",
        "{}": "does not list the files",
        '{"files": 3}': "does not list the files",
        '{"files": [1]}': "does not list the files",
        '{"files": []}': "names no articles",
        f'{{"files": [{LISTED}}}]}}': "does not list the files",
        f'{{"files": [{LISTED}, "path": 3, "sha256": 4}}]}}': "does not list the files",
    }.items(),
)
def test_a_folder_without_a_release_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(LoadError, match=r"holds no release.*get the release again") as caught:
        chipstance.load(tmp_path)
    assert said in str(caught.value)


def test_a_file_that_the_manifest_names_rightly_is_a_table_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(LoadError, match=r"some\.parquet is no sound Parquet file.*get the release again"):
        chipstance.load(_listing(path))
    pq.write_table(pa.table({"text": ["A"]}), path)
    with pytest.raises(LoadError, match=r"its articles have no column 'doc'; get the release again"):
        chipstance.load(_listing(path))


def _listing(path: Path) -> Path:
    """Return the folder of a file, with a manifest that lists it."""
    entry = {"config": "articles", "split": "test", "path": path.name, "sha256": sha256(path.read_bytes())}
    (path.parent / "manifest.json").write_text(json.dumps({"files": [entry]}))
    return path.parent


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.0000", "0"), ("5600000.0000", "5600000"), ("0.1400", "0.14"), ("1000", "1000"), ("1E+3", "1000")],
)
def test_amounts_come_back_as_annotation_files_write_them(number: str, text: str) -> None:
    assert decimal_string(Decimal(number)) == text


@given(st.decimals(0, 10**20, places=4))
def test_a_decimal_string_keeps_the_number(number: Decimal) -> None:
    assert Decimal(decimal_string(number)) == number
    assert decimal_string(Decimal(decimal_string(number))) == decimal_string(number)


def test_loading_imports_no_heavy_package(checkout: Checkout) -> None:
    code = """
import sys, chipstance
assert "pyarrow" not in sys.modules
assert len(chipstance.load(sys.argv[1])) == 2
import json; print(json.dumps(sorted({"datasets", "pandas", "spacy", "mlcroissant", "jinja2"} & sys.modules.keys())))
"""
    command = [sys.executable, "-c", code, str(checkout.dataset)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout) == []
