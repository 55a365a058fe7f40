"""Layers of others that have the names of ours: what is special to ours is done for ours alone, and nothing fails."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from chipstance import agreement as agreement_module
from chipstance.agreement import measure_agreement
from chipstance.agreement_report import json_text
from chipstance.cli import app
from chipstance.compare_systems import compare_scores
from chipstance.corpus import parse_document
from chipstance.digests import sha256
from chipstance.folders import schema_folder
from chipstance.gamma import compute_gamma
from chipstance.layers import OURS, Attribute, attribute_schema, parse_layers
from chipstance.model import Document
from chipstance.model_output import read_answers
from chipstance.quick import Quick
from chipstance.quick_predictions import QuickPredictions
from chipstance.score_confusion import confusions
from chipstance.score_errors import errors
from chipstance.score_figures import Figures, make_figures
from chipstance.scoring import score
from chipstance.validate import validate

Data = dict[str, Any]
Change = Callable[[Data], object]

DECLARED = json.loads((schema_folder() / "layers.json").read_text("utf-8"))
TEXT = "Brightloom paid $5 million for a mill, said Ada Quill. “Looms should be open,” she added."
PLACES = {
    "organization": ("Brightloom", "mill"),
    "speaker": ("Ada Quill", "she"),
    "money": ("$5 million", "million"),
    "cue": ("said", "added"),
    "statement": ("Brightloom paid $5 million for a mill", "“Looms should be open,”"),
    "stance": ("Looms should be open", "open"),
}
FORMS: dict[str, Data] = {
    "choice": {"type": "choice", "values": ["left", "right"]},
    "boolean": {"type": "boolean"},
    "entity": {"type": "entity", "kinds": ["person"]},
    "span": {"type": "span", "layer": "cue"},
    "currency": {"type": "currency"},
    "decimal": {"type": "decimal"},
    "group": {"type": "group"},
}
"""An attribute of each type; a null, too, is a type of its own here."""


def declared(change: Change = lambda _: None) -> Data:
    data: Data = copy.deepcopy(DECLARED)
    for layer in data["layers"].values():
        layer.update(overlap="free")
        layer.pop("apart_by", None)
    change(data)
    return data


def without(layer: str, *names: str) -> Change:
    return lambda data: [data["layers"][layer]["attributes"].pop(name) for name in names]


def other(layer: str, name: str, kind: str) -> Change:
    attribute = {"description": "Another.", **FORMS[kind]}
    return lambda data: data["layers"][layer]["attributes"].update({name: attribute})


def null(layer: str, name: str) -> Change:
    return lambda data: data["layers"][layer]["attributes"][name].update(nullable=True)


def chosen(layer: str, name: str, *values: str) -> Change:
    return lambda data: data["layers"][layer]["attributes"][name].update(values=list(values))


def both(first: Change, second: Change) -> Change:
    return lambda data: (first(data), second(data))


def variants() -> Iterator[tuple[str, Change]]:
    for layer, attributes in OURS.items():
        yield f"no {layer}", partial(_drop, gone=layer)
        yield f"{layer} without attributes", without(layer, *attributes)
        for name in attributes:
            yield f"no {layer}.{name}", without(layer, name)
            yield f"{layer}.{name} or null", null(layer, name)
            for kind in FORMS:
                yield f"{layer}.{name} as {kind}", other(layer, name, kind)
            alone = without(layer, *(each for each in attributes if each != name))
            yield f"{layer}.{name} alone, as group", both(alone, other(layer, name, "group"))
    for layer, name in (("stance", "target"), ("stance", "polarity")):
        yield f"{layer}.{name}: words of the scorer", chosen(layer, name, "all", "none", "unresolved", "favor")


def _drop(data: Data, gone: str) -> None:
    """Take a layer away, and what refers to it."""
    del data["layers"][gone]
    for layer in data["layers"].values():
        layer["attributes"] = {k: v for k, v in layer["attributes"].items() if v.get("layer") != gone}


VARIANTS = dict(variants())


def value(attribute: Data, turn: int, ids: list[str]) -> Any:
    if attribute.get("nullable") and turn % 2:
        return None
    match attribute["type"]:
        case "choice":
            return attribute["values"][turn % len(attribute["values"])]
        case "boolean":
            return bool(turn % 2)
        case "span":
            return ids[turn % len(ids)]
    words = {"entity": ("ada-quill", "brightloom"), "currency": ("USD", "EUR"), "decimal": ("7", "5")}
    return words.get(attribute["type"], ("one", "two"))[turn]


def labels(data: Data, flip: int = 0) -> Data:
    """Return labels of TEXT that fit the layers; ``flip`` gives other values."""
    spans = []
    for name, layer in data["layers"].items():
        for turn, covered in enumerate(PLACES.get(name, ("Brightloom", "mill"))):
            start = TEXT.index(covered)
            values = {
                key: value(each, (turn + flip + place) % 2, [f"{each.get('layer')}{number}" for number in (1, 2)])
                for place, (key, each) in enumerate(layer["attributes"].items())
            }
            place = {"start": start, "end": start + len(covered), "text": covered}
            spans.append({"id": f"{name}{turn + 1}", "layer": name} | place | {"attributes": values})
    spans.sort(key=lambda span: (span["start"], span["end"]))
    return {"doc": "mill", "spans": spans}


def documents(data: Data) -> list[Document]:
    """Return three labellings of TEXT: two that differ, and one that leaves attributes out."""
    made = [parse_document(labels(data, flip), TEXT) for flip in (0, 1)]
    bare = tuple(replace(span, attributes={}) for span in made[0].spans)
    return [*made, Document("mill", TEXT, bare)]


def figures(data: Data) -> list[Figures]:
    layers = parse_layers(data)
    gold, *others = documents(data)
    scores = [score([gold], {"mill": each}, layers) for each in (gold, *others)]
    compare_scores(scores[0], scores[1], layers)
    for each, counted in zip((gold, *others), scores, strict=True):
        found = errors([gold], {"mill": each}, layers)
        confusions([gold], {"mill": each}, found, counted, layers)
    return [make_figures(each, layers) for each in scores]


def agreement(data: Data) -> Data:
    given = {name: {"mill": each} for name, each in zip(("ada", "bo"), documents(data), strict=False)}
    found: Data = json.loads(json_text(measure_agreement(given, parse_layers(data)), (), listed=True))
    return found


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


def checkout(root: Path, data: Data) -> Path:
    """Write a repository with these layers, labels, predictions and documents."""
    folder, digest = root / "annotations", sha256(TEXT)
    write(root / "schema" / "layers.json", data)
    about = dict.fromkeys(("publisher", "title", "date"), None)
    article = {"id": "mill", "source_file": "mill.txt", "split": "test", "sha256": digest, "rights": "", "note": ""}
    write(folder / "articles.json", {"articles": [article | about | {"rights": "Invented.", "note": "Invented."}]})
    people = [("ada-quill", "Ada Quill", "person", ["Ada Quill"]), ("brightloom", "Brightloom", "organization", [])]
    entries = [dict(zip(("id", "name", "kind", "aliases"), each, strict=True)) for each in people]
    write(folder / "entities.json", {"entities": entries})
    (folder / "articles").mkdir()
    (folder / "articles" / "mill.txt").write_text(TEXT, "utf-8")
    write(folder / "edits" / "mill.json", {"doc": "mill", "article_sha256": digest, "edits": []})
    write(folder / "gold" / "mill.json", labels(data) | {"annotator": "gold", "text_sha256": digest})
    write(root / "p.jsonl", labels(data, 1))
    write(root / "d.jsonl", labels(data) | {"text": TEXT})
    return root


def labels_of(root: Path) -> Path:
    return root / "annotations" / "gold" / "mill.json"


def registry_of(root: Path) -> Path:
    return root / "annotations" / "entities.json"


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """How well γ is known matters nowhere here."""
    monkeypatch.setattr(agreement_module, "compute_gamma", partial(compute_gamma, precision=1))


def test_what_is_said_of_our_layers_is_so() -> None:
    layers = parse_layers(DECLARED)
    forms = {layer.name: {each.name: each.form for each in layer.attributes.values()} for layer in layers}
    assert forms == {**OURS, "cue": {}}
    assert layers.stance_targets == ("export_controls", "open_source")


@pytest.mark.parametrize("change", VARIANTS.values(), ids=list(VARIANTS))
def test_layers_of_our_names_are_measured_whatever_they_are(change: Change) -> None:
    data = declared(change)
    figures(data)
    agreement(data)


@pytest.mark.parametrize("change", VARIANTS.values(), ids=list(VARIANTS))
def test_layers_of_our_names_are_judged_whatever_they_are(change: Change, tmp_path: Path) -> None:
    root = checkout(tmp_path / "own", declared(change))
    forms = {"schema", "layers-reference", "kind-unknown"}
    assert not {each.rule for each in validate([root, root / "p.jsonl", root / "d.jsonl"])} & forms


def only(name: str, layer: str, **attributes: str) -> Data:
    """Return layers of which one has these attributes, by type, and the other is our cue."""
    data = declared()
    made = {each: {"description": "Any.", **FORMS[kind]} for each, kind in attributes.items()}
    rest = data["layers"][layer] | {"attributes": made}
    return data | {"layers": {name: rest, "cue": data["layers"]["cue"]}}


SAME = {
    "stance": {"target": "group", "polarity": "decimal", "holder": "choice"},
    "statement": {"speaker": "group", "cue": "choice", "kind": "boolean", "utterance": "decimal"},
    "organization": {"entity": "group"},
    "speaker": {"entity": "choice", "mention": "group"},
    "money": {"minimum": "choice", "maximum": "group", "currency": "decimal", "qualifier": "boolean"},
}


@pytest.mark.parametrize("layer", SAME)
def test_a_layer_of_our_name_is_treated_as_one_of_any_name(
    layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> tuple[Any, ...]:
        data = only(name, layer, **SAME[layer])
        root = checkout(tmp_path / name, data)
        rules = sorted((each.rule, each.pointer) for each in validate([root, root / "p.jsonl", root / "d.jsonl"]))
        told = agreement(data)
        stance, measured = told["stance"], {key.replace(name, "it"): each for key, each in told["layers"].items()}
        scored = [[(*key, each.value) for key, each in some.by_name.items()] for some in figures(data)]
        named = [[tuple(str(part).replace(name, "it") for part in row) for row in some] for some in scored]
        return rules, stance, measured, named

    monkeypatch.setitem(PLACES, "thing", PLACES[layer])
    assert found(layer) == found("thing")


def layered(layer: str, name: str, kind: str) -> Data:
    return declared(other(layer, name, kind))


def told(root: Path) -> set[str]:
    return {each.rule for each in validate([root, root / "p.jsonl", root / "d.jsonl"])}


@pytest.mark.parametrize("kind", ["choice", "decimal", "currency", "span", "boolean", "entity"])
def test_an_utterance_that_is_no_group_may_stand_once(tmp_path: Path, kind: str) -> None:
    assert "utterance-once" in told(checkout(tmp_path / "ours", declared()))
    assert "utterance-once" not in told(checkout(tmp_path / "own", layered("statement", "utterance", kind)))


def test_bounds_have_an_order_in_amounts_only(tmp_path: Path) -> None:
    bounds = {"minimum": "decimal", "maximum": "decimal"}
    assert "money-order" in told(checkout(tmp_path / "ours", only("money", "money", **bounds)))
    assert "money-order" not in told(checkout(tmp_path / "own", only("prices", "money", **bounds)))
    quick = Quick(parse_layers(only("prices", "money", **bounds)))
    line = labels(only("prices", "money", **bounds)) | {"text": TEXT}
    assert quick.doc(json.dumps(line).encode()) == "mill"


def test_an_entity_of_a_layer_that_is_none_of_ours_need_be_no_alias(tmp_path: Path) -> None:
    """Neither where a layer has attributes as our speakers, nor where no layer mentions organizations by name."""
    attributes = DECLARED["layers"]["speaker"]["attributes"]
    data = only("witness", "speaker")
    data["layers"]["witness"]["attributes"] = attributes
    root = checkout(tmp_path / "own", data)
    gold, entities = (json.loads(path.read_text("utf-8")) for path in (labels_of(root), registry_of(root)))
    entities["entities"][1]["aliases"] = ["Brightloom"]
    first, second = (span for span in gold["spans"] if span["layer"] == "witness")
    first["attributes"] = {"entity": "brightloom", "mention": "nominal"}
    second["attributes"] = {"entity": "ada-quill", "mention": "name"}
    write(labels_of(root), gold)
    write(registry_of(root), entities)
    assert not told(root) & {"mention-alias", "alias-unseen", "speaker-mention", "speaker-unnamed"}


def test_a_speaker_that_is_linked_by_another_name_is_not_unused(tmp_path: Path) -> None:
    data = declared(without("statement", "speaker", "cue", "kind", "utterance"))
    by = {"type": "span", "layer": "speaker", "description": "Who."}
    data["layers"]["statement"]["attributes"] = {"by": by}
    assert "span-unused" not in told(checkout(tmp_path / "own", data))


def test_rows_are_for_our_layers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout(tmp_path / "own", declared(without("stance", "target"))))
    result = CliRunner().invoke(app, ["schema", "money-row"], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert "no layer is called stance, or not one like ours" in result.output


def test_what_stands_for_no_entity_is_accepted_as_it_is_declared(tmp_path: Path) -> None:
    def change(data: Data) -> None:
        data["layers"]["stance"]["attributes"]["holder"]["also"] = ["author", "no_one"]

    data = declared(change)
    line = labels(data) | {"text": TEXT}
    for span in line["spans"]:
        if span["layer"] == "stance":
            span["attributes"]["holder"] = "no_one"
    predicted = {key: line[key] for key in ("doc", "spans")}
    layers, root = parse_layers(data), checkout(tmp_path / "own", data)
    assert Quick(layers).doc(json.dumps(line).encode()) == "mill"
    assert QuickPredictions(layers, {"mill": TEXT}).doc(json.dumps(predicted).encode()) == "mill"
    for name, written in (("d.jsonl", line), ("p.jsonl", predicted)):
        write(root / name, written)
        assert validate([root / name]) == []
        write(root / name, json.loads(json.dumps(written).replace("no_one", "any_one")))
        (first, *_) = validate([root / name])
        assert first.message.startswith("'any_one' must be a short id of lower-case letters and digits")
        assert "or no_one" in first.message
        assert Quick(layers).doc((root / name).read_bytes()) is None


@pytest.mark.parametrize("value", ["no_on", "xno_one", "no_one-a", "No_one", ""])
def test_nothing_else_is_accepted_in_its_place(value: str) -> None:
    attribute = Attribute("holder", "entity", "Who.", also=("author", "no_one"))
    validator = Draft202012Validator(attribute_schema(attribute))
    assert validator.is_valid("no_one")
    assert not validator.is_valid(value)


TITLED: Data = {
    "version": "1",
    "layers": {
        "species": {
            "description": "A name.",
            "overlap": "none",
            "attributes": {
                "text": {"type": "choice", "values": ["long", "short"], "description": "Its length."},
                "quote": {"type": "boolean", "description": "Whether it is quoted."},
                "name": {"type": "group", "description": "What is called so."},
                "type": {"type": "choice", "values": ["habitat", "plant"], "description": "A kind."},
            },
        },
        "habitat": {"description": "A place.", "overlap": "none", "attributes": {}},
        "quotation": {"description": "Words.", "overlap": "free", "attributes": {}},
    },
    "entity_kinds": [],
}
CLOVER = "Red clover"


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ({"spans": [{"layer": "species", "text": CLOVER, "attributes": {"text": "long"}}]}, {"text": "long"}),
        ({"spans": [{"layer": "species", "text": CLOVER, "attributes": {"quote": True}}]}, {"quote": True}),
        ({"spans": [{"layer": "species", "text": CLOVER, "quote": True}]}, {"quote": True}),
        ({"spans": [{"layer": "species", "span": CLOVER, "text": "long"}]}, {"text": "long"}),
        ({"spans": [{"layer": "species", "text": CLOVER}]}, {}),
        ({"species": [{"text": CLOVER, "attributes": {"text": "short", "name": "a"}}]}, {"text": "short", "name": "a"}),
        ({"species": [{"name": CLOVER, "attributes": {"name": "one"}}]}, {"name": "one"}),
        ({"species": [{"text": CLOVER, "type": "habitat"}]}, {"type": "habitat"}),
        ({"species": CLOVER, "text": "long"}, {"text": "long"}),
        ({"layer": "species", "text": "long", "mentions": [CLOVER]}, {"text": "long"}),
        ('<species text="long" type="plant">Red clover</species>', {"text": "long", "type": "plant"}),
        ("| layer | text | quote |\n|---|---|---|\n| species | Red clover | true |", {"quote": True}),
    ],
)  # fmt: skip
def test_answers_are_read_whatever_attributes_are_called(answer: Any, values: Data) -> None:
    given = answer if isinstance(answer, str) else json.dumps(answer)
    reading = read_answers([given], "Red clover grows by the pond.", parse_layers(TITLED))
    assert [(span.layer, span.text, span.attributes) for span in reading.spans] == [("species", CLOVER, values)]


def test_a_layer_may_be_called_as_the_key_of_a_text() -> None:
    answer = json.dumps({"quotation": CLOVER, "habitat": "the pond"})
    reading = read_answers([answer], "Red clover grows by the pond.", parse_layers(TITLED))
    assert [(span.layer, span.text) for span in reading.spans] == [("quotation", CLOVER), ("habitat", "the pond")]


@pytest.mark.parametrize("name", ["text", "system", "answer", "spans", "doc", "all"])
def test_a_layer_is_not_called_as_what_stands_beside_it(tmp_path: Path, name: str) -> None:
    for given, wrong in ((name, True), (f"{name}_", False), (f"{name}s", f"{name}s" == "spans")):
        write(tmp_path / "layers.json", TITLED | {"layers": {given: TITLED["layers"]["habitat"]}})
        found = validate([tmp_path / "layers.json"])
        assert [each.message.partition(" (")[0] for each in found] == [
            f"{given!r} must not be a name of a column beside the layers, or of the sum over them"
        ] * wrong
        assert [each.message.endswith("): choose another") for each in found] == [True] * wrong


def test_layers_with_a_schema_of_their_own_are_layers_everywhere(tmp_path: Path) -> None:
    """A key that editors like must not turn them, or another file, into a JSON Schema."""
    root = checkout(tmp_path / "own", {"$schema": "./layers.schema.json"} | declared())
    for asked in (root, root / "schema", root / "schema" / "layers.json"):
        assert "unknown key '$schema'" in [each.message.partition(":")[0] for each in validate([asked])]
    alone = tmp_path / "elsewhere"
    write(alone / "layers.json", {"$schema": "./layers.schema.json"} | TITLED)
    write(alone / "entities.json", {"$schema": "./entities.schema.json", "entities": []})
    assert {Path(each.path).name for each in validate([alone])} == {"layers.json", "entities.json"}


@pytest.mark.parametrize("near", ["", "schema/layers.json", "annotations"])
def test_the_folder_that_is_meant_is_named(tmp_path: Path, near: str) -> None:
    root = checkout(tmp_path / "own", declared())
    with pytest.raises(FileNotFoundError, match=r"no layers\.json: name .*own/schema$"):
        validate([root / "d.jsonl"], root / near)
    with pytest.raises(FileNotFoundError, match=r"no layers\.json$"):
        validate([root / "d.jsonl"], tmp_path)
