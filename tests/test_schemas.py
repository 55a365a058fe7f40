"""The schemas: their own form, their examples, the value sets of layers.json, and the bundles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from chipstance.faults import show
from chipstance.folders import schema_folder
from chipstance.schema_errors import faults as schema_errors_of
from chipstance.schema_errors import make_validator
from chipstance.schema_set import URN
from chipstance.schemas import KINDS, PARTS, Schemas, load_schemas, schema_faults
from chipstance.validate import validate

FOLDER = schema_folder()
SCHEMAS = load_schemas(FOLDER)
WRITTEN = {name: json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8")) for name in (*KINDS, *PARTS)}
LAYERS = json.loads((FOLDER / "layers.json").read_text("utf-8"))


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from subschemas(child)


def test_every_schema_file_is_known() -> None:
    assert {path.name for path in FOLDER.glob("*.schema.json")} == {f"{name}.schema.json" for name in WRITTEN}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_schema_keeps_to_the_meta_schema_and_says_what_it_is(name: str) -> None:
    schema = WRITTEN[name]
    assert list(schema_faults(schema)) == []
    assert schema["$id"] == URN + name
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]
    assert "examples" in schema or name == "common"


@pytest.mark.parametrize("name", WRITTEN)
def test_objects_are_closed_and_properties_described(name: str) -> None:
    for schema in subschemas(WRITTEN[name]):
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert all(value.get("description") for value in schema["properties"].values())


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "common"])
def test_every_example_validates(name: str) -> None:
    for example in WRITTEN[name]["examples"]:
        assert list(SCHEMAS.faults(name, example)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_needs_nothing_else(kind: str) -> None:
    bundle = json.loads(json.dumps(SCHEMAS.bundle(kind)))
    Draft202012Validator.check_schema(bundle)
    validator = Draft202012Validator(bundle)
    for example in WRITTEN[kind]["examples"]:
        validator.validate(example)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**example, "unknown": 1})


def test_a_bundle_holds_the_value_sets() -> None:
    example = WRITTEN["annotations"]["examples"][0]
    span = {**example["spans"][0], "layer": "place"}
    with pytest.raises(jsonschema.ValidationError, match="place"):
        Draft202012Validator(SCHEMAS.bundle("annotations")).validate({**example, "spans": [span]})


@pytest.mark.parametrize("name", ["span", "predicted-span", "entities"])
def test_value_sets_are_written_in_layers_json_only(name: str) -> None:
    attributes = [a for layer in LAYERS["layers"].values() for a in layer["attributes"].values()]
    values = {*LAYERS["layers"], *LAYERS["entity_kinds"], *(value for a in attributes for value in a.get("values", []))}
    enumerated = [schema[key] for schema in subschemas(WRITTEN[name]) for key in ("enum", "const") if key in schema]
    assert not values & set(json.loads(json.dumps(enumerated)))


def test_a_new_value_in_layers_json_is_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "schema"
    folder.mkdir()
    for path in FOLDER.glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    layers = json.loads((folder / "layers.json").read_text("utf-8"))
    layers["layers"]["statement"]["attributes"]["kind"]["values"].append("free")
    (folder / "layers.json").write_text(json.dumps(layers), "utf-8")
    attributes = {"speaker": "p1", "cue": None, "kind": "free", "utterance": None}
    span = {"id": "q1", "layer": "statement", "start": 0, "end": 1, "text": "A", "attributes": attributes}
    assert list(load_schemas(folder).faults("span", span)) == []
    assert [fault.pointer for fault in SCHEMAS.faults("span", span)] == ["/attributes/kind"]


def fault(kind: str, value: object, schemas: Schemas = SCHEMAS) -> tuple[str, str, bool]:
    found = list(schemas.faults(kind, value))
    assert len(found) == 1
    return found[0].pointer, found[0].message, found[0].key


ENTITY = {"id": "a", "name": "A", "kind": "person", "aliases": []}


@pytest.mark.parametrize(
    ("change", "pointer", "said", "key"),
    [
        ({"id": "A b"}, "/entities/0/id", "'A b' must be a short id of lower-case letters and digits", False),
        ({"id": "a\n"}, "/entities/0/id", "single hyphens, such as 'ada-quill'", False),
        ({"kind": "robot"}, "/entities/0/kind", "'robot' must be one of 'person', 'organization', 'account'", False),
        ({"name": ""}, "/entities/0/name", "'' needs 1 character or more (Canonical name)", False),
        ({"name": None}, "/entities/0/name", "null must be a string", False),
        ({"aliases": ["A", "A"]}, "/entities/0/aliases", "holds an item twice", False),
        ({"url": "x"}, "/entities/0/url", "unknown key 'url': remove it, or use one of id, name, kind, aliases", True),
    ],
)
def test_messages_name_the_value_and_the_mend(change: dict[str, Any], pointer: str, said: str, key: bool) -> None:
    where, message, at_key = fault("entities", {"entities": [ENTITY | change]})
    assert where == pointer
    assert said in message
    assert at_key == key


def test_a_missing_key_is_named() -> None:
    where, message, _ = fault("entities", {"entities": [{k: v for k, v in ENTITY.items() if k != "name"}]})
    assert (where, message) == ("/entities/0", "the key 'name' is missing: add it")


@pytest.mark.parametrize("start", [True, 0.0, 0.5, "0", -1, None])
def test_an_offset_is_a_whole_number(start: object) -> None:
    assert fault("predicted-span", {"layer": "cue", "start": start, "end": 3})[0] == "/start"


SPAN = {"layer": "cue", "start": 1, "end": 3}


@pytest.mark.parametrize(
    ("kind", "value", "pointer", "said"),
    [
        ("predictions", {}, "", "the keys 'doc' and ('spans' or 'answer') are missing: add them"),
        ("predictions", {"doc": "a"}, "", "the key 'spans' or 'answer' is missing: add one of them"),
        ("predicted-span", {"layer": "cue"}, "", "the key 'end' or 'text' is missing: add one of them"),
        ("documents", {"doc": "a"}, "", "the keys 'text' and 'spans' are missing: add them"),
        ("documents", {"doc": "a", "text": "b", "spans": None}, "/spans", "null must be a list"),
        ("documents", [1], "", "[1] must be an object"),
        ("predictions", {"doc": "a", "answer": 1}, "/answer", "1 must be a string or a list"),
        ("predicted-span", SPAN | {"start": "1"}, "/start", "'1' must be a whole number counting code points from 0"),
        ("predicted-span", SPAN | {"attributes": "{bad"}, "/attributes", "an object, and this string holds none: "),
        ("predicted-span", SPAN | {"attributes": "{}"}, "/attributes", "'{}' must be an object: remove the quotation"),
        ("predicted-span", SPAN | {"attributes": "x"}, "/attributes", "'x' must be an object"),
    ],
)  # fmt: skip
def test_messages_say_in_words_what_is_wanted(kind: str, value: Any, pointer: str, said: str) -> None:
    where, message, at_key = fault(kind, value)
    assert (where, at_key) == (pointer, False)
    assert said in message


AMOUNT = {"layer": "money", "start": 1, "end": 3}


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"minimum": "5,600,000"}, "'5,600,000' must be a decimal in a string, without signs, separators or trailing"),
        ({"minimum": 5}, "such as '5600000' or '4.7', or null"),
        ({"currency": "usd"}, "'usd' must be a currency of three capital letters, as ISO 4217 has them, such as 'USD'"),
    ],
)
def test_values_of_layers_are_told_in_words(attributes: dict[str, Any], said: str) -> None:
    assert said in fault("predicted-span", AMOUNT | {"attributes": attributes})[1]


ARTICLE = WRITTEN["articles"]["examples"][0]["articles"][0]


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2025-1-27", "'2025-1-27' must be a date as year, month and day, such as '2031-03-03', or null"),
        (7, "7 must be a date as year, month and day, such as '2031-03-03' or null"),
    ],
)
def test_of_several_forms_the_nearest_is_told(date: object, said: str) -> None:
    assert fault("articles", {"articles": [ARTICLE | {"date": date}]}) == ("/articles/0/date", said, False)


def test_a_schema_of_ones_own_says_what_it_wants_by_its_title() -> None:
    schema = {"pattern": "^x+$", "title": "an x or more", "examples": ["x", "xx", "xxx"]}
    told = {"a": schema, "b": {"pattern": "^x+$", "title": "Label", "description": "Only x."}}
    validator = make_validator({"properties": told}, {})
    found = [each.message for each in schema_errors_of(validator, {"a": "y", "b": "y"})]
    assert found == ["'y' must be an x or more, such as 'x' or 'xx'", "'y' must match ^x+$ (Only x)"]


def test_a_bad_key_is_told_where_it_stands() -> None:
    layers = json.loads(json.dumps(LAYERS))
    layers["layers"]["side-effect"] = layers["layers"].pop("stance")
    where, message, at_key = fault("layers", layers)
    assert (where, at_key) == ("/layers/side-effect", True)
    assert message.startswith("'side-effect' must be a name of lower-case letters, digits and _")
    assert "such as 'side_effect'" in message


@pytest.mark.parametrize(("end", "written"), [(10.0, "10"), (-0.0, "0"), (1e300, "1")])
def test_a_whole_number_has_no_point(end: float, written: str) -> None:
    found = [each for each in SCHEMAS.faults("predicted-span", SPAN | {"end": end}) if each.rule != "schema"]
    assert [each.rule for each in found] == ["whole-number"]
    assert f"is a whole number: write {written}" in found[0].message
    assert Draft202012Validator({"type": "integer"}).is_valid(end)


@pytest.mark.parametrize("end", [0.5, float("inf"), float("nan")])
def test_a_fraction_is_no_whole_number(end: float) -> None:
    assert {each.rule for each in SCHEMAS.faults("predicted-span", SPAN | {"end": end})} == {"schema"}


@pytest.mark.parametrize(("value", "shown"), [(None, "null"), (True, "true"), ("a", "'a'"), (3, "3")])
def test_show(value: object, shown: str) -> None:
    assert show(value) == shown


def test_long_values_are_cut() -> None:
    assert len(show("x" * 1000)) < 70
    assert len(show([["x" * 100] * 100] * 100)) < 1000


@pytest.mark.parametrize("name", ["", ".", "../a.txt", "/a.txt", "a/../../b.txt", "C:/a.txt", "C:a.txt", "a\\b.txt"])
def test_a_file_that_is_named_stays_in_its_folder(change: Callable[..., Path], example: Path, name: str) -> None:
    change("annotations/articles.json", lambda data: data["articles"][0].update(source_file=name))
    (problem,) = validate([example])
    assert (problem.rule, problem.pointer) == ("schema", "/articles/0/source_file")
    change("annotations/articles.json", lambda data: data["articles"][0].update(source_file="a b/12:30 ü..txt"))
    assert validate([example]) == []
