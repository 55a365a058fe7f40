"""A repository of somebody else's: the same kinds of files, layers of another field, nothing of ours."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.validate import validate

TEXTS = {
    "meadow": (
        "“Red clover is back,” said the warden. We counted 12 plants of red clover by the pond in spring; the big "
        "bumblebee, which likes it, cost $3 million to bring back. In spring 7 more bumblebees came."
    ),
    "moor": "A bumblebee by the pond. She says nothing.",
}
LAYERS = {
    "version": "1",
    "layers": {
        "species": {
            "description": "A name of a species.",
            "overlap": "none",
            "attributes": {
                "taxon": {"type": "entity", "kinds": ["plant", "insect"], "description": "Which."},
                "alive": {"type": "boolean", "nullable": True, "description": "Whether it lives."},
            },
        },
        "habitat": {"description": "A place where something lives.", "overlap": "nested", "attributes": {}},
        "sighting": {
            "description": "A count of a species in a season.",
            "overlap": "apart",
            "apart_by": "season",
            "attributes": {
                "of": {"type": "span", "layer": "species", "description": "What was seen."},
                "at": {"type": "span", "layer": "habitat", "nullable": True, "description": "Where."},
                "season": {"type": "choice", "values": ["spring", "autumn"], "description": "When."},
                "number": {"type": "decimal", "nullable": True, "description": "How many."},
                "walk": {"type": "group", "nullable": True, "description": "On which walk."},
                "prize": {"type": "currency", "nullable": True, "description": "What the prize is paid in."},
            },
        },
    },
    "entity_kinds": ["plant", "insect"],
}
ENTITIES = {
    "entities": [
        {"id": "bombus", "name": "Bumblebee", "kind": "insect", "aliases": ["bumblebee"]},
        {"id": "clover", "name": "Red clover", "kind": "plant", "aliases": ["Red clover", "red clover"]},
    ]
}
SIGHTING = {"season": "spring", "number": "12", "walk": None, "prize": None, "at": None}


def span(doc: str, key: str, layer: str, covered: str, **attributes: Any) -> dict[str, Any]:
    start = TEXTS[doc].index(covered)
    place = {"start": start, "end": start + len(covered), "text": covered}
    return {"id": key, "layer": layer} | place | {"attributes": attributes}


SPANS = {
    "meadow": [
        span("meadow", "s1", "species", "Red clover", taxon="clover", alive=True),
        span("meadow", "n1", "sighting", "12 plants of red clover", of="s2", **SIGHTING | {"at": "h1"}),
        span("meadow", "s2", "species", "red clover", taxon="clover", alive=None),
        span("meadow", "h1", "habitat", "the pond"),
        span("meadow", "s3", "species", "bumblebee", taxon="bombus", alive=False),
        span("meadow", "n2", "sighting", "7 more", of="s3", **SIGHTING | {"number": "7", "prize": "EUR"}),
    ],
    "moor": [
        span("moor", "s1", "species", "bumblebee", taxon="bombus", alive=None),
        span("moor", "h1", "habitat", "the pond"),
    ],
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Somebody's repository: annotations/ and schema/layers.json, no schemas, no release."""
    root = tmp_path / "their own repository"
    folder = root / "annotations"
    write(root / "schema" / "layers.json", LAYERS)
    write(folder / "entities.json", ENTITIES)
    listed = []
    for doc, text in TEXTS.items():
        split = "test" if doc == "moor" else "validation"
        empty: dict[str, Any] = {
            "publisher": None,
            "title": None,
            "date": None,
            "note": "Invented.",
            "rights": "Invented.",
        }
        listed.append({"id": doc, "source_file": f"{doc}.txt", "split": split, "sha256": digest(text)} | empty)
        write(folder / "edits" / f"{doc}.json", {"doc": doc, "article_sha256": digest(text), "edits": []})
        labels = {"doc": doc, "annotator": "gold", "text_sha256": digest(text), "spans": SPANS[doc]}
        write(folder / "gold" / f"{doc}.json", labels)
        (folder / "articles").mkdir(exist_ok=True)
        (folder / "articles" / f"{doc}.txt").write_text(text, "utf-8")
    write(folder / "articles.json", {"articles": listed})
    return root


def predict(root: Path, spans: Any) -> Path:
    path = root / "p.jsonl"
    path.write_text(json.dumps({"doc": "meadow", "spans": spans}, ensure_ascii=False) + "\n", "utf-8")
    return path


def test_their_repository_is_valid(theirs: Path) -> None:
    assert validate([theirs]) == []


def test_their_predictions_are_valid(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert validate([predict(theirs, SPANS["meadow"])]) == []
    quoted = [{"layer": "habitat", "text": "the pond"}]
    assert validate([predict(theirs, quoted)]) == []
    elsewhere = predict(theirs, SPANS["meadow"]).rename(theirs.parent / "p.jsonl")
    monkeypatch.chdir(theirs)
    result = CliRunner().invoke(app, ["validate", "../p.jsonl", "."])
    assert (result.exit_code, result.stdout) == (0, "")
    assert elsewhere.exists()


def test_answers_about_their_layers_are_read(theirs: Path) -> None:
    path = theirs / "p.jsonl"
    good, bad = '{"habitat": ["the pond"]}', '{"money": ["$3 million"]}'
    path.write_text(json.dumps({"doc": "meadow", "answer": good}) + "\n", "utf-8")
    assert validate([path]) == []
    path.write_text(json.dumps({"doc": "meadow", "answer": bad}) + "\n", "utf-8")
    assert {problem.rule for problem in validate([path])} == {"answer-unreadable"}


def test_their_own_citation_and_data_are_none_of_ours(theirs: Path) -> None:
    (theirs / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 2.0.0\n", "utf-8")
    (theirs / "dataset").mkdir()
    (theirs / "dataset" / "photographs.csv").write_text("a,b\n", "utf-8")
    write(theirs / "package.json", {"name": "meadow"})
    assert validate([theirs]) == []


Mutate = Callable[[list[dict[str, Any]]], object]


def attribute(index: int, name: str, value: Any) -> Mutate:
    return lambda spans: spans[index]["attributes"].update({name: value})


def change(index: int, **values: Any) -> Mutate:
    return lambda spans: spans[index].update(values)


def add(**values: Any) -> Mutate:
    """Add a span behind all others of the document."""
    text = TEXTS["meadow"]
    start = text.rindex("more bumblebees came")
    place = {"start": start, "end": start + 20, "text": text[start : start + 20]}
    return lambda spans: spans.append({"id": "x9"} | place | {"attributes": {}} | values)


def between(index: int, **values: Any) -> Mutate:
    return lambda spans: spans.insert(index, copy.deepcopy(spans[index - 1]) | values)


BOTH = {
    "our layer": (add(layer="money"), "schema"),
    "value": (attribute(1, "season", "winter"), "schema"),
    "unknown attribute": (attribute(3, "speaker", "s1"), "schema"),
    "decimal": (attribute(1, "number", "12.0"), "schema"),
    "boolean": (attribute(0, "alive", "yes"), "schema"),
    "group": (attribute(1, "walk", "Second Walk"), "schema"),
    "null": (attribute(1, "season", None), "schema"),
    "currency": (attribute(5, "prize", "XQQ"), "money-currency"),
    "no span": (attribute(1, "of", "s9"), "reference-missing"),
    "other layer": (attribute(1, "of", "h1"), "reference-layer"),
    "text": (change(3, text="a pond"), "span-text-mismatch"),
    "outside": (change(3, end=2000), "span-outside"),
    "empty": (change(3, end=0), "span-empty"),
    "id": (change(1, id="s1"), "id-duplicate"),
    "twice": (between(4, id="h2"), "span-duplicate"),
}
LABELS = {
    "missing attribute": (lambda spans: spans[0]["attributes"].pop("alive"), "schema"),
    "unknown entity": (attribute(0, "taxon", "daisy"), "entity-unknown"),
    "overlap": (between(1, id="s9", attributes={"taxon": "clover", "alive": False}), "span-overlap"),
    "same season": (between(2, id="n9", attributes=SIGHTING | {"of": "s1"}), "span-overlap"),
    "order": (lambda spans: spans.reverse(), "span-order"),
    "space": (change(3, start=SPANS["meadow"][3]["start"] - 1, text=" the pond"), "span-edge-space"),
    "half a word": (change(3, end=SPANS["meadow"][3]["end"] - 1, text="the pon"), "span-splits-word"),
}


def broken(mutate: Mutate) -> list[dict[str, Any]]:
    spans = copy.deepcopy(SPANS["meadow"])
    mutate(spans)
    return spans


@pytest.mark.parametrize(("mutate", "rule"), (BOTH | LABELS).values(), ids=list(BOTH | LABELS))
def test_what_is_wrong_with_their_labels(theirs: Path, mutate: Mutate, rule: str) -> None:
    path = theirs / "annotations" / "gold" / "meadow.json"
    write(path, json.loads(path.read_text("utf-8")) | {"spans": broken(mutate)})
    problems = validate([path])
    assert {problem.rule for problem in problems} == {rule}, problems
    assert {Path(problem.path).name for problem in problems} == {"meadow.json"}


@pytest.mark.parametrize(("mutate", "rule"), BOTH.values(), ids=list(BOTH))
def test_what_is_wrong_with_their_predictions(theirs: Path, mutate: Mutate, rule: str) -> None:
    assert {problem.rule for problem in validate([predict(theirs, broken(mutate))])} == {rule}


def test_other_seasons_may_overlap(theirs: Path) -> None:
    path = theirs / "annotations" / "gold" / "meadow.json"
    spans = broken(between(2, id="n9", attributes=SIGHTING | {"of": "s1", "season": "autumn"}))
    write(path, json.loads(path.read_text("utf-8")) | {"spans": spans})
    assert validate([theirs]) == []


WHOLE: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "kind": ("annotations/entities.json", lambda data: data["entities"][0].update(kind="person"), "schema"),
    "unused": (
        "annotations/entities.json",
        lambda data: data["entities"].append({"id": "daisy", "name": "Daisy", "kind": "plant", "aliases": []}),
        "entity-unused",
    ),
    "alias": ("annotations/entities.json", lambda data: data["entities"][0]["aliases"].append("bee"), "alias-unseen"),
    "kinds of a layer": (
        "schema/layers.json",
        lambda data: data["layers"]["species"]["attributes"]["taxon"]["kinds"].append("fungus"),
        "layers-reference",
    ),
    "wrong kind": (
        "schema/layers.json",
        lambda data: data["layers"]["species"]["attributes"]["taxon"].update(kinds=["plant"]),
        "entity-kind",
    ),
    "layer of a layer": (
        "schema/layers.json",
        lambda data: data["layers"]["sighting"]["attributes"]["at"].update(layer="place"),
        "layers-reference",
    ),
    "no attributes": ("schema/layers.json", lambda data: data["layers"]["habitat"].pop("attributes"), "schema"),
    "a digest": (
        "annotations/articles.json",
        lambda data: data["articles"][0].update(sha256=digest("")),
        "article-digest",
    ),
}


@pytest.mark.parametrize(("name", "mutate", "rule"), WHOLE.values(), ids=list(WHOLE))
def test_what_is_wrong_with_their_repository(
    theirs: Path, name: str, mutate: Callable[[Any], object], rule: str
) -> None:
    data = json.loads((theirs / name).read_text("utf-8"))
    mutate(data)
    write(theirs / name, data)
    assert {problem.rule for problem in validate([theirs])} == {rule}


NAMESAKES = {
    "version": "1",
    "layers": {
        "money": {
            "description": "A coin of a collection.",
            "overlap": "free",
            "attributes": {
                "currency": {"type": "choice", "values": ["denarius", "ducat"], "description": "Which coin."},
                "minimum": {"type": "choice", "values": ["low", "high"], "description": "Its price."},
                "maximum": {"type": "boolean", "description": "Whether it is the largest."},
                "qualifier": {"type": "choice", "values": ["worn", "mint"], "description": "Its state."},
            },
        },
        "speaker": {
            "description": "A loudspeaker.",
            "overlap": "free",
            "attributes": {"mention": {"type": "choice", "values": ["box", "horn"], "description": "Its form."}},
        },
        "cue": {"description": "A billiard cue.", "overlap": "free", "attributes": {}},
        "statement": {
            "description": "A statement of a bank.",
            "overlap": "free",
            "attributes": {
                "speaker": {"type": "group", "description": "A room."},
                "cue": {"type": "group", "description": "A number."},
                "kind": {"type": "choice", "values": ["opening", "closing"], "description": "Which."},
            },
        },
        "stance": {
            "description": "A way to stand.",
            "overlap": "free",
            "attributes": {"polarity": {"type": "choice", "values": ["left", "right"], "description": "A foot."}},
        },
    },
    "entity_kinds": [],
}


def test_layers_that_only_share_our_names_are_none_of_ours(theirs: Path) -> None:
    """The rules about amounts and statements speak of ours: they keep quiet about others of the name."""
    write(theirs / "schema" / "layers.json", NAMESAKES)
    write(theirs / "annotations" / "entities.json", {"entities": []})
    coin = {"currency": "ducat", "minimum": "low", "maximum": True, "qualifier": "worn"}
    statement = {"speaker": "west", "cue": "one", "kind": "opening"}
    meadow = [
        span("meadow", "q1", "statement", "Red clover is back", **statement),
        span("meadow", "q2", "statement", "the warden", **statement | {"speaker": "east"}),
        span("meadow", "p1", "speaker", "We", mention="horn"),
        span("meadow", "m1", "money", "3 million", **coin),
    ]
    moor = [
        span("moor", "c1", "cue", "bumblebee"),
        span("moor", "t1", "stance", "She", polarity="left"),
    ]
    for doc, spans in {"meadow": meadow, "moor": moor}.items():
        path = theirs / "annotations" / "gold" / f"{doc}.json"
        write(path, json.loads(path.read_text("utf-8")) | {"spans": spans})
    assert validate([theirs]) == []
    assert validate([predict(theirs, meadow)]) == []


PAGE = Path(__file__).parents[1] / "docs" / "own-corpus.md"


def test_the_corpus_of_the_docs_is_valid(tmp_path: Path) -> None:
    files = re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for name, content in files:
        path = tmp_path / "a corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    assert len(files) == 6
    assert validate([tmp_path / "a corpus"]) == []


def test_a_folder_of_layers_alone_goes_with_the_schemas_of_the_package(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = {"doc": "meadow", "text": TEXTS["meadow"], "spans": SPANS["meadow"]}
    path = tmp_path / "some.jsonl"
    path.write_text(json.dumps(line) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert {problem.rule for problem in validate([path])} == {"schema"}
    assert validate([path], theirs / "schema") == []
    gold = str(theirs / "annotations" / "gold")
    for arguments in (["validate", str(path), "--schema"], ["diff", gold, gold, "--schema"]):
        result = CliRunner().invoke(app, [*arguments, str(theirs / "schema")])
        assert (result.exit_code, result.stderr.count("Usage")) == (0, 0), result.output


@pytest.mark.parametrize("kind", ["annotations", "money-row"])
def test_the_schema_that_is_printed_has_the_layers_that_hold(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def printed(*arguments: str) -> str:
        return CliRunner().invoke(app, ["schema", kind, *arguments]).output

    monkeypatch.chdir(tmp_path)
    ours, given = printed(), printed("--schema", str(theirs / "schema"))
    monkeypatch.chdir(theirs / "annotations")
    assert printed() == given != ours
    if kind == "annotations":
        assert "sighting" in given
        assert "statement" not in given


def test_labels_of_a_checkout_are_compared_by_its_layers(theirs: Path) -> None:
    gold = str(theirs / "annotations" / "gold")
    result = CliRunner().invoke(app, ["diff", gold, gold])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["schema/Layers.json", "schema/layers.yaml", "schema/layer.json", "layers.json"])
def test_layers_of_another_name_are_told(theirs: Path, name: str) -> None:
    (theirs / "schema" / "layers.json").rename(theirs / name)
    for asked in (theirs, theirs / "annotations" / "gold" / "moor.json"):
        (told,) = (problem for problem in validate([asked]) if problem.rule == "file-stray")
        assert Path(told.path) == theirs / name
        assert "schema/layers.json is missing, so the package's layers are used" in told.message
    assert [problem.rule for problem in validate([theirs])] == ["file-stray"]


def test_a_checkout_can_be_the_gold(theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = predict(theirs, SPANS["meadow"]).rename(tmp_path / "p.jsonl")
    monkeypatch.chdir(tmp_path)
    # not by the texts of the checkout that this code stands in
    (problem,) = (problem for problem in validate([path]) if problem.rule != "schema")
    assert problem.rule == "text-unknown"
    assert "run this in the checkout that has it, or name that, or a release, with --gold" in problem.message
    for folder in (theirs, theirs / "annotations", theirs / "annotations" / "gold"):
        result = CliRunner().invoke(app, ["validate", "p.jsonl", "--gold", str(folder)])
        assert (result.exit_code, result.stdout) == (0, ""), result.output
        result = CliRunner().invoke(app, ["score", "p.jsonl", "--split", "validation", "--gold", str(folder)])
        assert result.exit_code == 0, result.output
