"""Nothing wrong in a checkout stays silent, one cause is one problem, and it is told where it is to be mended."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from case_files import lay_over
from chipstance.digests import sha256
from chipstance.folders import schema_folder
from chipstance.model import Problem
from chipstance.validate import validate

CASES = Path(__file__).parent / "cases"
GOLD, ROUND = "annotations/gold", "annotations/rounds/1"


@pytest.fixture
def checkout(example: Path) -> Path:
    """The invented checkout with a round from which its gold labels are made, and with its release."""
    lay_over(CASES / "gold-derived" / "good-round", example)
    lay_over(CASES / "manifest-file" / "good-release", example)
    assert {problem.rule for problem in validate([example])} <= {"manifest-input", "manifest-identity"}
    return example


def edit(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")


def found(checkout: Path) -> list[Problem]:
    return [problem for problem in validate([checkout]) if problem.rule != "manifest-identity"]


def said(checkout: Path) -> list[str]:
    return [
        f"{Path(each.path).relative_to(checkout).as_posix()}:{each.pointer} {each.rule} {each.message}"
        for each in found(checkout)
    ]


def first(layer: str, data: Any) -> Any:
    return next(span for span in data["spans"] if span["layer"] == layer)


EDITS: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "a gold offset": (
        f"{GOLD}/mill.json",
        lambda d: d["spans"][0].update(end=d["spans"][0]["end"] + 1),
        "text-mismatch",
    ),
    "an annotator's offset": (
        f"{ROUND}/ada/harbor.json",
        lambda d: d["spans"][0].update(end=d["spans"][0]["end"] + 1),
        "text-mismatch",
    ),
    "a text's digest": (f"{GOLD}/mill.json", lambda d: d.update(text_sha256="0f" * 32), "gold/mill.json:/text_sha256"),
    "a document's name": (f"{GOLD}/mill.json", lambda d: d.update(doc="harbor"), "gold/mill.json:/doc file-name"),
    "a link to nothing": (
        f"{GOLD}/mill.json",
        lambda d: first("statement", d)["attributes"].update(speaker="speaker-99"),
        "reference-missing",
    ),
    "a link to another layer": (
        f"{GOLD}/mill.json",
        lambda d: first("statement", d)["attributes"].update(speaker=first("cue", d)["id"]),
        "reference-layer",
    ),
    "an id that is a number": (f"{GOLD}/mill.json", lambda d: first("speaker", d).update(id=1), "/id schema"),
    "labels in reverse": (f"{GOLD}/mill.json", lambda d: d["spans"].reverse(), "places in all"),
    "the registry in reverse": ("annotations/entities.json", lambda d: d["entities"].reverse(), "places in all"),
    "an alias with a space": (
        "annotations/entities.json",
        lambda d: d["entities"][0]["aliases"].__setitem__(0, d["entities"][0]["aliases"][0] + " "),
        "string-form",
    ),
    "a decision's end": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0].update(end=d["decisions"][0]["end"] - 1),
        "decision-text",
    ),
    "a decision's layer": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0].update(layer="stances"),
        "no layer is called 'stances'",
    ),
    "an adjudication's text": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d.update(text_sha256="0f" * 32),
        "decision-text",
    ),
    "an adjudication's document": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d.update(doc="harbour"),
        "doc-unknown no article is called 'harbour'",
    ),
    "an annotator of the round": (
        f"{ROUND}/round.json",
        lambda d: d["annotators"][0].update(id="eve"),
        "eve has no labels here, and ada/ is of nobody who is listed",
    ),
    "a document of the round": (
        f"{ROUND}/round.json",
        lambda d: d["docs"].remove("mill"),
        "mill is not listed, but has files in ada, ben, adjudication",
    ),
    "an organization over others": (
        f"{GOLD}/mill.json",
        lambda d: d["spans"][0].update(end=56, text="Brightloom opens its weights\nWeaving start-up Brightloom"),
        "/spans/1 span-overlap the organization",
    ),
    "a registry without entries": (
        "annotations/entities.json",
        lambda d: d.update(entities=[]),
        "/entities entity-unknown the registry is empty",
    ),
    "all offsets": (
        f"{GOLD}/mill.json",
        lambda d: [span.update(start=span["start"] + 3, end=span["end"] + 3) for span in d["spans"]],
        "spans stand 3 too far right; take 3 from their starts and ends",
    ),
    "a reason that can't be seen": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0].update(reason=" \u200b"),
        "/decisions/0/reason string-form",
    ),
    "a variant's value": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0]["variants"]["ada"].update(polarity="against"),
        "/decisions/0/variants/ada/polarity decision-variants ada's polarity is 'against', but should be 'favor', for",
    ),
    "a variant too few": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0]["variants"].pop("ben"),
        "/decisions/0/variants decision-variants ben is missing, whose label is null, for",
    ),
    "a variant too many": (
        f"{ROUND}/adjudication/harbor.json",
        lambda d: d["decisions"][0]["variants"].update(eve=None),
        "/decisions/0/variants/eve decision-variants eve is none of the annotators, for",
    ),
    "an entry's id": (
        "annotations/entities.json",
        lambda d: next(each for each in d["entities"] if each["id"] == "brightloom").update(id="brightlooms"),
        "entity-unused no gold label names 'brightlooms': if 'brightloom' is meant, which labels name",
    ),
    "the guidelines' digest": (
        f"{ROUND}/round.json",
        lambda d: d.update(guidelines_sha256="0f" * 32),
        "/guidelines_sha256 round-guidelines",
    ),
}


@pytest.mark.parametrize(("name", "change", "expected"), EDITS.values(), ids=list(EDITS))
def test_one_edit_is_one_problem(checkout: Path, name: str, change: Callable[[Any], object], expected: str) -> None:
    edit(checkout / name, change)
    (message,) = said(checkout)
    assert message.startswith(f"{name}:")
    assert expected in message


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        f"{ROUND}/round.json": "round-files the round has no round.json",
        f"{ROUND}/adjudication/mill.json": "docs/1 round-files other documents of the round are adjudicated, but mill",
        f"{ROUND}/adjudication": "/docs gold-derived there are gold labels of harbor, mill, but the round has no",
        f"{ROUND}/ben": "/annotators/1/id round-files the round is adjudicated, but has no labels of ben",
        f"{ROUND}/ben/mill.json": "/docs/1 round-files the round is adjudicated, but mill has no labels of ben",
        "annotations/guidelines.md": "round-guidelines annotations/guidelines.md is missing",
        "annotations/edits/mill.json": "article-files the edits file of mill is missing",
    }.items(),
)
def test_what_is_deleted_is_one_problem(checkout: Path, name: str, expected: str) -> None:
    path = checkout / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    (message,) = said(checkout)
    assert expected in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"{ROUND}/ben", f"{ROUND}/eve", "ben has no labels here, and eve/ is of nobody who is listed: rename one"),
        (ROUND, "annotations/rounds/one", "rounds/one: file-stray a round's folder is called by its number"),
        (
            f"{ROUND}/adjudication",
            f"{ROUND}/adjudications",
            "file-stray annotations/rounds/1/adjudication is missing: if",
        ),
    ],
)
def test_a_renamed_folder_is_one_problem(checkout: Path, old: str, new: str, expected: str) -> None:
    (checkout / old).rename(checkout / new)
    (message,) = said(checkout)
    assert expected in message


def test_a_label_that_an_annotator_lost_names_the_file(checkout: Path) -> None:
    edit(checkout / ROUND / "ada" / "harbor.json", lambda data: data["spans"].remove(first("money", data)))
    (message,) = said(checkout)
    assert message.startswith(f"{ROUND}/adjudication/harbor.json:/decisions decision-missing")
    assert message.endswith(", or put back what stood in rounds/1/ada/harbor.json")


def test_a_label_that_was_decided_on_names_the_file_too(checkout: Path) -> None:
    edit(checkout / ROUND / "ada" / "harbor.json", lambda data: data["spans"].pop(6))
    (message,) = said(checkout)
    assert "/decisions/0/variants/ada decision-variants ada has no label there, for" in message
    assert message.endswith("decide again, or put back what stood in rounds/1/ada/harbor.json")


def test_a_card_without_front_matter_is_told(checkout: Path) -> None:
    (checkout / "dataset_card.md").write_text("# A card\n", "utf-8")
    (message,) = said(checkout)
    assert message.startswith("dataset_card.md: yaml-syntax no front matter stands at its beginning")


def test_gold_that_was_changed_by_hand_is_told_in_the_gold(checkout: Path) -> None:
    def flip(data: Any) -> None:
        first("stance", data)["attributes"]["polarity"] = "against"

    before = first("stance", json.loads((checkout / GOLD / "harbor.json").read_text("utf-8")))
    edit(checkout / GOLD / "harbor.json", flip)
    (problem,) = found(checkout)
    assert (problem.rule, Path(problem.path).parts[-2:]) == ("gold-derived", ("gold", "harbor.json"))
    line = (checkout / GOLD / "harbor.json").read_text("utf-8").splitlines()[problem.line - 1]
    assert '"polarity": "against"' in line
    assert f"polarity is 'against', but should be '{before['attributes']['polarity']}'" in problem.message
    assert "rounds/1/adjudication/harbor.json, then run scripts/adjudicate.py gold 1" in problem.message


def test_a_label_less_is_one_problem_whatever_the_ids_are(checkout: Path) -> None:
    edit(checkout / GOLD / "mill.json", lambda data: data["spans"].pop(0))
    (message,) = said(checkout)
    assert "/spans gold-derived" in message or "reference-missing" in message


def test_a_document_that_is_not_listed_stops_nothing(checkout: Path) -> None:
    edit(checkout / "annotations/articles.json", lambda data: data["articles"].pop())
    messages = said(checkout)
    assert sorted(message.split(" ")[1] for message in messages) == ["file-stray", "split-empty"]
    alone = validate([checkout / ROUND / "adjudication" / f"{doc}.json" for doc in ("harbor", "mill")])
    assert {problem.rule for problem in alone} == {"doc-unknown"}


def test_an_article_that_changed_is_one_problem(checkout: Path) -> None:
    path = checkout / "annotations/articles/mill.txt"
    path.write_bytes(path.read_bytes().replace(b"a", b"e", 1))
    (message,) = said(checkout)
    assert message.startswith("annotations/articles.json:/articles/")


def test_a_stale_release_is_told_only_when_what_it_is_made_from_is_in_order(checkout: Path) -> None:
    path = checkout / "dataset_card.md"
    path.write_text(path.read_text("utf-8") + "More prose.\n", "utf-8")
    assert {problem.rule for problem in found(checkout)} == {"manifest-input"}
    edit(checkout / GOLD / "mill.json", lambda data: data["spans"].reverse())
    assert [problem.rule for problem in found(checkout)] == ["span-order"]


def test_a_round_that_is_gone_is_one_problem(checkout: Path) -> None:
    manifest = checkout / "dataset" / "manifest.json"
    lost = [{"path": f"annotations/rounds/7/ada/{doc}.json", "sha256": "0f" * 32} for doc in ("harbor", "mill")]
    edit(manifest, lambda data: data["inputs"].extend(lost))
    (message,) = [message for message in said(checkout) if "manifest-input" in message and "rounds/7" in message]
    assert "'annotations/rounds/7', from which the release was built, is missing: put it back" in message


@pytest.mark.parametrize("rest", ["annotations", "annotations/gold"])
def test_annotations_that_are_gone_are_one_problem(checkout: Path, rest: str) -> None:
    shutil.copytree(schema_folder(), checkout / "schema", dirs_exist_ok=True)
    (checkout / "tests").mkdir()
    (checkout / "tests" / "x.json").write_text("{", "utf-8")
    shutil.rmtree(checkout / "annotations")
    if rest != "annotations":
        (checkout / rest).mkdir(parents=True)
    (message,) = said(checkout)
    assert "annotations/articles.json: file-missing annotations/ is missing here" in message


def test_what_stands_in_schema_by_mistake_is_told(example: Path) -> None:
    (example / "schema").mkdir()
    for name in ("layers.yaml", "NOTES.txt", "README.md", ".keep"):
        (example / "schema" / name).write_text("x: 1\n", "utf-8")
    assert [message.split(" ")[0] for message in said(example)] == ["schema/NOTES.txt:", "schema/layers.yaml:"]
    assert validate([example / "schema"]) == validate([example])


SHUT = {
    "annotations/guidelines.md": "put the file itself here",
    "annotations/articles/mill.txt": "put the file itself here",
    "schema/layers.json": "put the file itself here",
    "dataset/manifest.json": "mend the link",
    "benchmarks/baselines/systems.json": "mend the link",
}


@pytest.mark.parametrize(("name", "mend"), SHUT.items())
def test_what_is_no_file_is_one_problem(checkout: Path, name: str, mend: str) -> None:
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(path.name) if "link" in mend else os.mkfifo(path)
    (message,) = said(checkout)
    assert message.startswith(f"{name}: file-unreadable it can't be read (")
    assert mend in message


@pytest.mark.parametrize("name", ["span.schema.json", "layers.json"])
@pytest.mark.parametrize("link", [True, False])
def test_schemas_that_are_no_files_are_told(example: Path, tmp_path: Path, name: str, link: bool) -> None:
    folder = Path(shutil.copytree(schema_folder(), tmp_path / "schemas"))
    (folder / name).unlink()
    (folder / name).symlink_to(name) if link else os.mkfifo(folder / name)
    (problem,) = validate([example], folder)
    assert (problem.rule, problem.path) == ("file-unreadable", str(folder / name))
    assert ("mend the link" if link else "put the file itself here") in problem.message


@pytest.mark.parametrize("pipe", [True, False])
def test_the_guidelines_that_a_round_keeps_are_told_where_they_are_broken(checkout: Path, pipe: bool) -> None:
    lay_over(CASES / "round-guidelines" / "good-kept", checkout)
    path = checkout / ROUND / "guidelines.md"
    path.unlink()
    os.mkfifo(path) if pipe else path.write_bytes(b"Another.\r\n")
    (message,) = said(checkout)
    name = path.relative_to(checkout).as_posix()
    other = f"{ROUND}/round.json:/guidelines_sha256 round-guidelines {name} has another digest: put back what"
    assert message.startswith(f"{name}: file-unreadable" if pipe else other)


def test_two_annotators_whose_folders_are_exchanged_are_one_problem(checkout: Path) -> None:
    for old, new in (("ada", "eve"), ("ben", "ada"), ("eve", "ben")):
        (checkout / ROUND / old).rename(checkout / ROUND / new)
    (message,) = said(checkout)
    assert message.startswith(f"{ROUND}/round.json:/annotators/0/id round-files ada/ holds the labels of ben, and ben/")


def described(checkout: Path, content: bytes) -> None:
    """Put another Croissant into the release, and list it in the manifest."""
    (checkout / "dataset" / "croissant.json").write_bytes(content)
    entry = {"sha256": sha256(content), "bytes": len(content)}
    new = {"path": "croissant.json", "config": None, "split": None, "rows": None} | entry

    def change(data: Any) -> None:
        data["files"] = sorted([*(e for e in data["files"] if e["path"] != new["path"]), new], key=lambda e: e["path"])

    edit(checkout / "dataset" / "manifest.json", change)


@pytest.mark.parametrize(
    ("content", "expected"),
    {
        b"[" * 100_000: "croissant.json can't be read (line 1, column 65: nested more than 64 deep)",
        b"{": "croissant.json can't be read (line 1, ",
        '{"name": "example"}'.encode("utf-16"): "croissant.json can't be read (line 1, column 1: the file is UTF-16",
        b"{}": "croissant.json can't be read (it is no object with keys)",
        b'{"version": "0.1.0", "distribution": [7]}': "name is 'example', but croissant.json says ''",
        b'{"name": "example", "version": "0.1.0", "distribution": 7}': "but croissant.json says null",
        b'{"name": "example", "version": "0.1.0", "canary": "x"}': "but croissant.json says 'x'",
    }.items(),
)
def test_a_croissant_that_says_something_else_is_told(checkout: Path, content: bytes, expected: str) -> None:
    described(checkout, content)
    told = [problem for problem in validate([checkout]) if problem.rule == "manifest-identity"]
    assert any(expected in problem.message for problem in told)
