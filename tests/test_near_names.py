"""One slip in the names of a checkout, in its folders, links or schemas, is one problem that says how to mend it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from case_files import lay_over
from chipstance.folders import Checkout
from chipstance.near_names import misnamed, misspelt
from chipstance.release import build, write_release
from chipstance.validate import validate
from example_release import VERSION, copy_example
from test_unnamed import held_to_permissions

CASES = Path(__file__).parent / "cases"
ROUND = "annotations/rounds/1"
SPAN = "schema/span.schema.json"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented checkout with schemas, a round from which its gold labels are made, and its release."""
    checkout = copy_example(tmp_path_factory.mktemp("released") / "a checkout")
    lay_over(CASES / "gold-derived" / "good-round", checkout.root)
    citation = checkout.citation.read_text("utf-8")
    checkout.citation.write_text(f"{citation}version: {VERSION}\n", "utf-8")
    write_release(checkout.dataset, build(checkout, VERSION))
    return checkout.root


@pytest.fixture
def checkout(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "a checkout"))


def said(checkout: Path) -> str:
    """Return the only problem."""
    (problem,) = validate([checkout])
    path = Path(problem.path).relative_to(checkout).as_posix()
    return f"{path}:{problem.pointer} {problem.rule} {problem.message}"


def change(path: Path, edit: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text("utf-8"))
    edit(data)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")


def meant(stands: str, wanted: str) -> str:
    return f"{stands}: file-stray {wanted} is missing: if this is it, give it that name"


RENAMED: list[tuple[str, str]] = [
    ("annotations/edits", "annotations/edit"),
    ("annotations/gold", "annotations/Gold"),
    ("annotations/articles", "annotations/article"),
    ("annotations/rounds", "annotations/Rounds"),
    ("annotations/articles.json", "annotations/Articles.json"),
    ("annotations/entities.json", "annotations/entitys.json"),
    ("annotations/gold/mill.json", "annotations/gold/mill.JSON"),
    ("annotations/gold/mill.json", "annotations/gold/mill.json.orig"),
    ("annotations/articles/mill.txt", "annotations/articles/Mill.txt"),
    ("annotations/articles/mill.txt", "annotations/articles/mil.txt"),
    (f"{ROUND}/round.json", f"{ROUND}/Round.json"),
    (f"{ROUND}/adjudication", f"{ROUND}/Adjudication"),
    (f"{ROUND}/ada/mill.json", f"{ROUND}/ada/mill.jsn"),
    (SPAN, "schema/Span.schema.json"),
]


@pytest.mark.parametrize(("old", "new"), RENAMED, ids=[new for _, new in RENAMED])
def test_another_name_is_one_problem_that_says_the_right_one(checkout: Path, old: str, new: str) -> None:
    (checkout / old).rename(checkout / new)
    assert said(checkout) == meant(new, old)


def test_another_name_for_layers_beside_all_schemas_is_one_problem(checkout: Path) -> None:
    (checkout / "schema/layers.json").rename(checkout / "schema/Layers.json")
    assert said(checkout).startswith("schema/Layers.json: file-stray schema/layers.json is missing")


@pytest.mark.parametrize("folder", ["annotations/gold", "annotations/edits", f"{ROUND}/ada", f"{ROUND}/adjudication"])
def test_a_file_that_names_its_document_is_told_by_that(checkout: Path, folder: str) -> None:
    (checkout / folder / "mill.json").rename(checkout / folder / "spinnery.json")
    expected = "/doc file-name doc is 'mill', but the file is spinnery.json: rename one of them"
    assert said(checkout) == f"{folder}/spinnery.json:{expected}"


@pytest.mark.parametrize("folder", ["annotations/gold", "annotations/edits"])
@pytest.mark.parametrize("name", ["mill2.json", "harbor.json"])
def test_a_copy_under_another_name_is_to_be_removed(checkout: Path, folder: str, name: str) -> None:
    shutil.copy(checkout / folder / "mill.json", checkout / folder / name)
    assert said(checkout).startswith(f"{folder}/{name}:/doc file-name doc is 'mill', but the file is {name}: remove it")


@pytest.mark.parametrize("doc", ["mil", "spinnery"])
def test_a_misspelt_id_is_one_problem(checkout: Path, doc: str) -> None:
    change(checkout / "annotations/articles.json", lambda data: data["articles"][0].update(id=doc))
    expected = f"{doc} has no files, but those of mill are there, which is not listed: rename one of them"
    assert said(checkout) == f"annotations/articles.json:/articles/0/id article-files {expected}"
    for name in ("articles/mill.txt", "edits/mill.json", "gold/mill.json"):
        (problem,) = validate([checkout / "annotations" / name])
        assert problem.message == expected


def test_an_article_without_any_files_is_one_problem(checkout: Path) -> None:
    change(
        checkout / "annotations/articles.json",
        lambda data: data["articles"].append(data["articles"][0] | {"id": "weir"}),
    )
    assert said(checkout).startswith("annotations/articles.json:/articles/2/id article-files weir has no files: add")


@pytest.mark.parametrize("folder", ["edits", "gold", "articles"])
def test_a_folder_that_is_gone_is_one_problem(checkout: Path, folder: str) -> None:
    shutil.rmtree(checkout / "annotations" / folder)
    expected = f"/articles article-files annotations/{folder} is missing: put it back"
    assert said(checkout).startswith(f"annotations/articles.json:{expected}")


@pytest.mark.parametrize("target", ["nowhere", "itself"])
@pytest.mark.parametrize("name", ["schema", "dataset", "annotations", "annotations/gold", "annotations/rounds", ROUND])
def test_a_folder_that_is_a_dead_link_is_one_problem(checkout: Path, name: str, target: str) -> None:
    shutil.rmtree(checkout / name)
    (checkout / name).symlink_to(Path(name).name if target == "itself" else target)
    assert said(checkout).startswith(f"{name}: file-unreadable the link leads nowhere: mend it")


def test_layers_that_are_a_dead_link_are_not_replaced_in_silence(checkout: Path) -> None:
    (checkout / "schema/layers.json").unlink()
    (checkout / "schema/layers.json").symlink_to("nowhere")
    assert said(checkout).startswith("schema/layers.json: file-unreadable")


@pytest.mark.skipif(sys.platform != "linux", reason="root has no permissions of its own elsewhere")
@pytest.mark.parametrize(
    "name", ["annotations", "annotations/gold", "annotations/articles", "annotations/edits", ROUND, "schema"]
)
def test_a_folder_that_nobody_may_look_into_is_one_problem(checkout: Path, name: str) -> None:
    (checkout / name).chmod(0)
    try:
        with held_to_permissions():
            assert said(checkout).startswith(f"{name}: file-unreadable it can't be read (Permission denied)")
    finally:
        (checkout / name).chmod(0o700)


@pytest.mark.parametrize("content", ["{}", '{"$ref": "http://127.0.0.1:9/x"}', "", "copy"])
@pytest.mark.parametrize("name", ["x.schema.json", "span (copy).schema.json", "more/span.schema.json"])
def test_a_foreign_schema_is_stray(checkout: Path, name: str, content: str) -> None:
    (checkout / "schema/more").mkdir()
    text = (checkout / SPAN).read_text("utf-8") if content == "copy" else content
    (checkout / "schema" / name).write_text(text, "utf-8")
    assert said(checkout).startswith(f"schema/{name}: file-stray nothing of this name or kind belongs here")


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/x", "file:///etc/hosts", "urn:chipstance:schema:common#/none"])
def test_a_reference_to_nothing_is_one_problem(checkout: Path, target: str) -> None:
    change(checkout / SPAN, lambda data: data["properties"]["id"].update({"$ref": target}))
    assert said(checkout).startswith(f"{SPAN}:/properties/id/$ref schema-set '{target}' leads nowhere")


def test_another_id_of_a_schema_is_one_problem(checkout: Path) -> None:
    change(checkout / SPAN, lambda data: data.update({"$id": "urn:chipstance:schema:spam"}))
    assert said(checkout).startswith(f"{SPAN}:/$id schema-set the schema's $id must be")
    (checkout / SPAN).write_text("true\n", "utf-8")
    assert said(checkout).startswith(f"{SPAN}: schema-set the schema's $id must be")


@pytest.mark.parametrize("key", ["kinds", "values", "layer"])
def test_an_unknown_type_of_attribute_is_one_problem(checkout: Path, key: str) -> None:
    def edit(data: Any) -> None:
        attributes = [each for layer in data["layers"].values() for each in layer["attributes"].values()]
        attribute = next(each for each in attributes if key in each)
        attribute["type"] = attribute["type"].title()

    change(checkout / "schema/layers.json", edit)
    assert "/type schema " in said(checkout)


def test_an_unknown_document_of_a_round_is_one_problem(checkout: Path) -> None:
    change(checkout / ROUND / "round.json", lambda data: data["docs"].append("weir"))
    assert said(checkout).startswith(f"{ROUND}/round.json:/docs/2 doc-unknown no article is called 'weir'")
    change(checkout / ROUND / "round.json", lambda data: data.update(docs=["harbor", "mil"]))
    assert said(checkout).startswith(f"{ROUND}/round.json:/docs/1 doc-unknown no article is called 'mil'")


@pytest.mark.parametrize("name", ["articles", "entities"])
def test_an_entry_that_stands_twice_is_to_be_removed(checkout: Path, name: str) -> None:
    path = checkout / f"annotations/{name}.json"
    change(path, lambda data: data[name].insert(1, dict(data[name][0])))
    assert said(checkout).endswith("is taken by entry 0: the two are the same: remove one")
    change(path, lambda data: data[name][1].update({"title" if name == "articles" else "name": "Another"}))
    assert said(checkout).endswith("is taken by entry 0: choose another")


def test_names_of_very_many_are_compared_soon(tmp_path: Path) -> None:
    folder = tmp_path / "annotations/articles"
    folder.mkdir(parents=True)
    for number in range(2000):
        (folder / f"Text-{number}.txt").touch()
    docs = {f"text-{number}": None for number in range(1, 2001)}
    found = misnamed(Checkout(tmp_path), docs)
    assert len(found) == 1999
    assert found[folder / "Text-7.txt"] == folder / "text-7.txt"
    assert misspelt(Checkout(tmp_path), docs) == {}


def test_what_may_be_one_of_several_is_not_guessed(checkout: Path) -> None:
    gold = checkout / "annotations/articles/mill.txt"
    for name in ("mill-1.txt", "mill-2.txt"):
        shutil.copy(gold, gold.with_name(name))
    gold.unlink()
    rules = sorted(problem.rule for problem in validate([checkout]))
    assert rules == ["article-files", "file-stray", "file-stray"]
