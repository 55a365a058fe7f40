"""Schemas that would hold a value to ever more schemas are told, soon; those that don't are taken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipstance.faults import Fault
from chipstance.folders import schema_folder
from chipstance.schema_set import MOST_VALUES, URN, set_faults
from chipstance.schemas import NAMES, computed_schemas
from chipstance.validate import validate

Json = dict[str, Any]


def chain(step: Callable[[Json], Json], size: int = 20) -> Json:
    """Return a schema of definitions that each refer to the next."""
    steps = {f"d{i}": step({"$ref": f"#/$defs/d{i + 1}"}) for i in range(size)}
    return {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{size}": {"type": "integer"}}}


def itself(step: Callable[[Json], Json]) -> Json:
    return {"$ref": "#/$defs/d", "$defs": {"d": step({"$ref": "#/$defs/d"})}}


def anchored(key: str) -> Json:
    steps = {f"d{i}": {"$anchor": f"a{i}", "allOf": [{key: f"#a{i + 1}"}] * 2} for i in range(20)}
    return {"$ref": "#a0", "$defs": {**steps, "d20": {"$anchor": "a20"}}}


def faults(**changed: Any) -> list[tuple[str, Fault]]:
    written: dict[str, Any] = {name: {"$id": URN + name} for name in NAMES}
    written |= {name: {"$id": URN + name} | schema for name, schema in changed.items()}
    return list(set_faults(written, computed_schemas(None)))


DOUBLING: dict[str, Callable[[Json], Json]] = {
    "in place": lambda each: {"allOf": [each, each]},
    "items": lambda each: {"allOf": [{"items": each}, {"items": each}]},
    "items of forms": lambda each: {"oneOf": [{"items": each}, {"items": each}]},
    "items and what is contained": lambda each: {"items": each, "contains": each},
    "the first item": lambda each: {"prefixItems": [each], "contains": each},
    "properties": lambda each: {"anyOf": [{"properties": {"a": each}}, {"properties": {"a": each}}]},
    "a property that a pattern matches": lambda each: {"properties": {"ab": each}, "patternProperties": {"^a": each}},
    "two patterns": lambda each: {"patternProperties": {"^a": each, "b$": each}},
    "a name and the rest": lambda each: {"allOf": [{"properties": {"a": each}}, {"additionalProperties": each}]},
    "the rest": lambda each: {"not": {"additionalProperties": each}, "unevaluatedProperties": each},
    "conditions": lambda each: {"if": {"items": each}, "then": {"items": each}},
    "what depends on keys": lambda each: {"dependentSchemas": {"a": each, "b": each}},
    "names": lambda each: {"propertyNames": {"allOf": [each, each]}},
    "what is looked at again": lambda each: {"allOf": [each], "unevaluatedProperties": False},
}


@pytest.mark.parametrize("step", DOUBLING.values(), ids=DOUBLING)
def test_what_doubles_at_each_step_is_told(step: Callable[[Json], Json]) -> None:
    start = time.process_time()
    ((name, fault),) = faults(documents=chain(step))
    assert time.process_time() - start < 2
    assert name == "documents"
    assert "schemas here, more than 10000" in fault.message


INSIDE = [
    key for key in DOUBLING if key not in ("in place", "what depends on keys", "what is looked at again", "names")
]


@pytest.mark.parametrize("key", INSIDE)
def test_what_doubles_by_itself_is_told(key: str) -> None:
    ((name, fault),) = faults(span=itself(DOUBLING[key]))
    assert name == "span"
    assert "schemas here, more than 10000" in fault.message


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef"])
def test_what_anchors_hide_is_told(key: str) -> None:
    ((_, fault),) = faults(documents=anchored(key))
    assert "more than 10000" in fault.message


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef"])
def test_a_circle_of_anchors_is_told(key: str) -> None:
    ((_, fault),) = faults(documents={"$ref": "#q", "$defs": {"d": {"$dynamicAnchor": "q", "not": {key: "#q"}}}})
    assert fault == Fault(f"/$defs/d/not/{key}", "this leads back to itself, for the same value: remove it")


def test_what_only_another_schema_makes_of_it_is_told() -> None:
    twice = {"allOf": [{"items": {"$ref": f"{URN}span#/$defs/d"}}] * 2, "$dynamicAnchor": "q"}
    assert faults(documents=twice, span={"$defs": {"d": {"$dynamicRef": "#q"}, "e": {"$dynamicAnchor": "q"}}})


def test_what_is_too_intricate_is_told() -> None:
    parts: list[Json] = [{"properties": {f"k{i}-{j}": {} for j in range(100)}} for i in range(100)]
    start = time.process_time()
    ((_, fault),) = faults(documents={"allOf": parts})
    assert time.process_time() - start < 5
    assert "can't be told" in fault.message


FINE: dict[str, Json] = {
    "a tree": itself(lambda each: {"properties": {"left": each, "right": each}, "additionalProperties": False}),
    "a list of lists": itself(lambda each: {"anyOf": [{"type": "integer"}, {"items": each}]}),
    "a name or the rest": itself(lambda each: {"properties": {"a": each}, "additionalProperties": each}),
    "a name or a pattern": itself(lambda each: {"properties": {"a": each}, "patternProperties": {"^x": each}}),
    "a pattern or the rest": itself(lambda each: {"patternProperties": {"^x": each}, "additionalProperties": each}),
    "the first or the others": itself(lambda each: {"prefixItems": [each, each], "items": each}),
    "a long way": chain(lambda each: {"items": each}, 500),
    "many names": {"properties": {f"k{i}": {"type": "integer"} for i in range(5000)}},
    "what is no schema": {
        "enum": [{"properties": 5, "allOf": 3, "prefixItems": {}, "$anchor": []}],
        "default": {"if": {}},
    },
}


@pytest.mark.parametrize("schema", FINE.values(), ids=FINE)
def test_what_does_not_grow_is_taken(schema: Json) -> None:
    assert faults(documents=schema) == []


def test_a_large_schema_is_told() -> None:
    ((_, fault),) = faults(layers={"examples": list(range(MOST_VALUES))})
    assert "values, more than 20000" in fault.message
    names = [f"k{i}" for i in range(1001)]
    large: Json = {"patternProperties": dict.fromkeys(names[:101], True), "enum": names, "required": names}
    assert faults(layers=large) == [
        ("layers", Fault("/patternProperties", "more than 100 values here: write fewer")),
        ("layers", Fault("/enum", "more than 1000 values here: write fewer")),
        ("layers", Fault("/required", "more than 1000 values here: write fewer")),
    ]
    assert faults(layers={key: value[:-1] for key, value in large.items() if isinstance(value, list)}) == []


def test_a_folder_with_such_a_schema_is_refused_at_its_file(tmp_path: Path) -> None:
    for path in schema_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "documents.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["more"] = {"$ref": "#/$defs/d"}
    schema["$defs"] = itself(DOUBLING["items"])["$defs"]
    path.write_text(json.dumps(schema), "utf-8")
    (tmp_path / "some.jsonl").write_text('{"doc": "mill", "text": "A", "spans": [], "more": [[[]]]}\n', "utf-8")
    (found,) = validate([tmp_path / "some.jsonl"], tmp_path)
    assert (found.rule, found.path) == ("schema-set", str(path))
    assert found.column > 1
