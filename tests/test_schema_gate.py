"""Compiled schemas: the gate accepts nothing that is refused exactly, and no schema keeps the validator waiting."""

from __future__ import annotations

import json
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance import schema_errors
from chipstance.faults import MOST_FAULTS, Fault
from chipstance.folders import schema_folder
from chipstance.schema_gate import Gate, are_distinct, matches
from chipstance.schema_set import URN
from chipstance.schemas import KINDS, NAMES, load_schemas, schema_faults
from chipstance.validate import validate

FOLDER = schema_folder()
SCHEMAS = load_schemas(FOLDER)
EXACT = {
    kind: schema_errors.make_validator(
        {key: value for key, value in SCHEMAS.by_id[URN + kind].items() if key != "$schema"},
        {key: {k: v for k, v in schema.items() if k != "$schema"} for key, schema in SCHEMAS.by_id.items()},
    )
    for kind in NAMES
}
EXAMPLES = [(kind, each) for kind in NAMES for each in SCHEMAS.by_id[URN + kind].get("examples", [])]
NUMBERS = [1.0, 0.0, -0.0, 0.5, 1e308, float("inf"), 0, 1, -1, 2**31 - 1, 2**31, 2**63, 2**64, 10**30, -(10**30)]
ODD: list[Any] = [
    *NUMBERS,
    True,
    False,
    None,
    "",
    "a",
    "a\n",
    "\0",
    "١",
    "\ud800",
    "x" * 81,
    [],
    {},
    ["a", "a"],
    [1, True, 1.0],
]
KEYS = ["id", "spans", "answer", "start", "end", "text", "attributes", "x", "a\n", "\ud800", ""]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from places(child, (*path, key))


@st.composite
def mutated(draw: Callable[..., Any]) -> tuple[str, Any]:
    kind, value = draw(st.sampled_from(EXAMPLES))
    value = deepcopy(value)
    for _ in range(draw(st.integers(0, 3))):
        found = list(places(value))
        if not found:
            break
        *parents, key = draw(st.sampled_from(found))
        parent = value
        for each in parents:
            parent = parent[each]
        match draw(st.sampled_from(["odd", "odd", "delete", "add", "longer"])):
            case "delete":
                del parent[key]
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(KEYS))] = deepcopy(draw(st.sampled_from(ODD)))
            case "longer" if isinstance(parent[key], str):
                parent[key] += draw(st.sampled_from(["\n", " ", "A", "é", "\0", "-", "١", "\ud800"]))
            case _:
                parent[key] = deepcopy(draw(st.sampled_from(ODD)))
    return kind, value


@given(mutated())
def test_the_gate_accepts_nothing_that_is_refused_exactly(found: tuple[str, Any]) -> None:
    kind, value = found
    if SCHEMAS.accepts(kind, value):
        assert list(schema_errors.faults(EXACT[kind], value)) == []


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_the_gate_accepts_what_is_in_order(kind: str, value: object) -> None:
    assert SCHEMAS.accepts(kind, value)


KEYWORDS = [
    {"type": "integer"},
    {"type": "integer", "minimum": 0},
    {"type": "integer", "maximum": 2**31 - 1},
    {"type": "number", "exclusiveMinimum": 0},
    {"multipleOf": 2},
    {"enum": [1, "a", None]},
    {"const": True},
    {"const": 1},
    {"uniqueItems": True},
    {"type": "string", "maxLength": 3},
    {"pattern": "^a$"},
    {"pattern": "^\\d$"},
    {"pattern": "^\\w$"},
    {"format": "date"},
    {"propertyNames": {"pattern": "^a$"}},
    {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False},
    {"not": {"type": "integer"}},
    {"items": {"type": "integer"}},
    {"prefixItems": [True], "items": {"type": "integer"}},
    {"prefixItems": [True, True], "items": False},
    {"prefixItems": [{"type": "integer"}], "unevaluatedItems": False},
    {"contains": {"type": "integer"}, "minContains": 2},
    {"if": {"type": "array"}, "then": {"items": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "integer"}}},
    {"type": ["array", "integer"], "items": {"$ref": "#"}},
    {"$dynamicAnchor": "a", "type": ["array", "integer"], "items": {"$dynamicRef": "#a"}},
    {"dependentRequired": {"a": ["b"]}},
    {"not": {"dependencies": {"a": ["b"]}}},
    {"unevaluatedProperties": False, "properties": {"a": {"type": "integer"}}},
]
VALUES = [*ODD, 4, -(10**400), float("nan"), "aé", "😀" * 3, "😀" * 4, "é", [1, 1.0], [{"a": 1}, {"a": 1}], {"a": 1.0}]


@pytest.mark.parametrize("schema", KEYWORDS, ids=json.dumps)
def test_odd_values_get_through_nowhere(schema: Any) -> None:
    gate, exact = Gate(schema, {}), schema_errors.make_validator(schema, {})
    for value in [*VALUES, *({"a": value} for value in VALUES), *({value: 1} for value in ODD if type(value) is str)]:
        assert not gate.accepts(value) or exact.is_valid(value), value


@pytest.mark.parametrize("schema", [each for each in KEYWORDS if "$" not in json.dumps(each)], ids=json.dumps)
def test_items_are_judged_at_once_as_they_are_one_by_one(schema: Any) -> None:
    one, many = (schema_errors.make_validator(each, {}) for each in (schema, {"items": schema}))
    for value in VALUES:
        assert many.is_valid([1, value]) == (one.is_valid(1) and one.is_valid(value)), value


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a\n", False),
        ("^\\d$", "١", False),
        ("^\\w$", "é", False),
        ("b", "abc", True),
        ("^a.c$", "a😀c", True),
        ("^a.$", "a\0", True),
        ("^\\p{Lu}$", "É", True),
        ("^.$", "\ud800", True),
        ("(a+)+$", "a" * 100_000 + "!", False),
    ],
)
def test_patterns_are_read_as_json_schema_says_in_linear_time(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


def test_items_that_cannot_be_sorted_are_compared_in_linear_time() -> None:
    items: list[Any] = [each for number in range(20_000) for each in (number, str(number), [number])]
    exact = schema_errors.make_validator({"uniqueItems": True}, {})
    assert are_distinct(items)
    assert exact.is_valid(items)
    assert not exact.is_valid([*items, ["7"], [7]])
    assert not exact.is_valid(["\ud800", "\ud800"])


def test_schemas_go_to_another_process() -> None:
    value = SCHEMAS.by_id[URN + "documents"]["examples"][0]
    assert SCHEMAS.accepts("documents", value)
    assert list(SCHEMAS.faults("documents", {}))
    copy = pickle.loads(pickle.dumps(SCHEMAS))
    assert copy == SCHEMAS
    assert list(copy.faults("documents", {})) == list(SCHEMAS.faults("documents", {}))
    assert copy.accepts("documents", value)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"pattern": "^(?!a)b"}, ("/pattern", False, "schema-pattern")),
        ({"items": {"pattern": "(a)\\1"}}, ("/items/pattern", False, "schema-pattern")),
        ({"patternProperties": {"(?<=a/)b": {}}}, ("/patternProperties/(?<=a~1)b", True, "schema-pattern")),
        ({"pattern": "((a{200}){200}){200}"}, ("/pattern", False, "schema-pattern")),
        ({"pattern": "("}, ("/pattern", False, "schema")),
    ],
)
def test_a_pattern_that_takes_no_linear_time_is_a_fault_at_its_place(schema: Any, expected: object) -> None:
    (fault,) = schema_faults(schema)
    assert (fault.pointer, fault.key, fault.rule) == expected


@pytest.mark.parametrize("schema", [{"pattern": "(a+)+$"}, {"patternProperties": {"^(a|a)*$": {}}}, {"maximum": 1.5}])
def test_a_pattern_of_any_other_form_is_in_order(schema: object) -> None:
    assert list(schema_faults(schema)) == []


A = "a" * 60 + "!"
LINE = {"doc": "mill", "text": "Brightloom opened a mill.", "spans": []}

Change = Callable[[dict[str, Any]], object]
Judge = Callable[[Change, object], list[tuple[str, str, str]]]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Judge a line by schemas one of which is changed."""

    def judge(change: Change, line: object) -> list[tuple[str, str, str]]:
        folder = tmp_path / "schema"
        folder.mkdir()
        for path in FOLDER.glob("*.json"):
            (folder / path.name).write_bytes(path.read_bytes())
        path = folder / "documents.schema.json"
        schema = json.loads(path.read_text("utf-8"))
        change(schema)
        path.write_text(json.dumps(schema, indent=2), "utf-8")
        (tmp_path / "lines.jsonl").write_text(json.dumps(line), "utf-8")
        problems = validate([tmp_path / "lines.jsonl"], folder)
        return [(problem.rule, problem.pointer, problem.message) for problem in problems]

    return judge


def of_text(**keywords: object) -> Change:
    return lambda schema: schema["properties"]["text"].update(keywords)


def both(*changes: Change) -> Change:
    return lambda schema: [change(schema) for change in changes]


def in_schema(**keywords: object) -> Change:
    return lambda schema: schema.update(keywords)


def test_a_pattern_that_would_backtrack_is_matched_at_once(judged: Judge) -> None:
    ((rule, pointer, message),) = judged(of_text(pattern="(a+)+$"), LINE | {"text": A})
    assert (rule, pointer) == ("schema", "/text")
    assert "must match (a+)+$" in message


def test_keys_are_matched_at_once(judged: Judge) -> None:
    ((rule, pointer, message),) = judged(in_schema(patternProperties={"^(a+)+$": {}}), LINE | {A: 1, "aaa": 2})
    assert (rule, pointer) == ("schema", f"/{A}")
    assert "unknown key" in message


def test_keys_that_a_pattern_matches_are_judged(judged: Judge) -> None:
    change = in_schema(patternProperties={"^(a+)+$": {"type": "integer"}, "^b": False})
    found = judged(change, LINE | {"aaa": "x", "b": 1, "c": 1})
    assert [(rule, pointer) for rule, pointer, _ in found] == [("schema", "/aaa"), ("schema", "/b"), ("schema", "/c")]


LOOP = {"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}}
DOUBLED = {"$defs": {**{str(i): {"anyOf": [{"$ref": f"#/$defs/{i + 1}"}] * 2} for i in range(40)}, "40": {}}}


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        (of_text(**{"$ref": "SERVER/a.json"}), "/properties/text/$ref", "nothing is fetched"),
        (of_text(**{"$ref": "SERVER/a.json#/$defs/a"}), "/properties/text/$ref", "nothing is fetched"),
        (of_text(**{"$dynamicRef": "SERVER/a.json"}), "/properties/text/$dynamicRef", "nothing is fetched"),
        (of_text(**{"$ref": "file:///etc/hostname"}), "/properties/text/$ref", "nothing is fetched"),
        (of_text(**{"$ref": "#/$defs/none"}), "/properties/text/$ref", "name a definition that is there"),
        (of_text(**{"$ref": ""}), "/properties/text/$ref", "name a definition that is there"),
        (of_text(**{"$ref": "#none"}), "/properties/text/$ref", "name a definition that is there"),
        (in_schema(**{"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema", "is another dialect"),
        (in_schema(**{"$schema": "urn:none"}), "/$schema", "or remove the key"),
        (of_text(**{"$schema": "SERVER/a.json", "pattern": "(a+)+$"}), "/properties/text/$schema", "remove it"),
        (of_text(**{"$id": "SERVER/a.json"}), "/properties/text/$id", "remove it"),
        (both(of_text(**{"$ref": "#/more"}), in_schema(more={"pattern": "(?=a)"})), "", "it can't be used"),
        (in_schema(unevaluatedProperties=False, patternProperties={"(a+)+$": {}}), "/patternProperties", "patterns of"),
        (both(of_text(**{"$ref": "#/$defs/a"}), in_schema(**LOOP)), "/$defs/a/not/$ref", "leads back to itself"),
        (both(of_text(**{"$ref": "#/$defs/0"}), in_schema(**DOUBLED)), "/properties/text", "more than 10000"),
        (in_schema(**{"$schema": "SERVER/a.json", "$vocabulary": {"SERVER/v": True}}), "/$schema", "another dialect"),
        (in_schema(**{"$vocabulary": {"SERVER/v": True}}), None, ""),
    ],
)
def test_no_schema_is_fetched_or_keeps_anybody_waiting(
    judged: Judge, change: Change, pointer: str | None, said: str
) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        do_HEAD = do_POST = do_GET  # noqa: N815

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        found = judged(lambda schema: _put_in(schema, change, address), LINE | {"text": A})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []
    assert [(rule, where) for rule, where, _ in found] == ([] if pointer is None else [("schema-set", pointer)])
    assert all(said in message for _, _, message in found)


def _put_in(schema: dict[str, Any], change: Change, address: str) -> None:
    change(schema)
    changed = json.loads(json.dumps(schema).replace("SERVER", address))
    schema.clear()
    schema.update(changed)


def test_a_copy_of_the_own_schemas_is_as_quick_as_they_are(judged: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chipstance.line_check.parse_source", None)
    assert judged(in_schema(), LINE) == []


def test_faults_without_end_are_not_all_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    spans = ",".join(["{}"] * 20_000)
    path.write_text('{"doc": "mill", "text": "A", "spans": [' + spans + "]}\n", "utf-8")
    problems = validate([path])
    assert [problem.rule for problem in problems] == ["schema", "problems-many"]
    assert problems[0].message.endswith(f"(so it is in {MOST_FAULTS} places or more)")


@pytest.mark.parametrize("reference", ["#/$defs/a%20b", "#yes", "#/allOf/0"])
def test_references_of_every_form_are_followed(judged: Judge, reference: str) -> None:
    definitions = {"a b": {"$anchor": "yes", "maxLength": 3}}
    change = both(of_text(**{"$ref": reference}), in_schema(**{"$defs": definitions, "allOf": [{"maxLength": 3}]}))
    assert [(rule, pointer) for rule, pointer, _ in judged(change, LINE)] == [("schema", "/text")]


@pytest.mark.parametrize("name", ["span.schema.json", "layers.json"])
@pytest.mark.parametrize("content", ["[" * 100_000, "{"])
def test_what_is_no_json_is_named(tmp_path: Path, name: str, content: str) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "schemas"))
    (folder / name).write_text(content, "utf-8")
    with pytest.raises(ValueError, match=f"{name}: "):
        load_schemas(folder)


@pytest.mark.parametrize(
    ("pattern", "mend"),
    [(r"^a\Z", "write '^a$'"), (r"\A[a-z]+\Z", "write '^[a-z]+$'"), (r"(?=a)\Z", "write it without look-around and")],
)
def test_an_anchor_of_other_languages_is_told_with_ours(judged: Judge, pattern: str, mend: str) -> None:
    ((rule, pointer, message),) = judged(of_text(pattern=pattern), LINE)
    assert (rule, pointer) == ("schema-pattern", "/properties/text/pattern")
    assert mend in message


def test_a_schema_that_refers_to_itself_without_end_raises_nothing() -> None:
    schema = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"b": {"$ref": "#/$defs/a"}, "c": False}}
    (fault,) = schema_errors.faults(schema_errors.make_validator(schema, {}), {"b": 1, "c": 1})
    assert fault == Fault("", "is refused, but where can't be told: the schema refers to itself too often")


@pytest.mark.parametrize("kind", KINDS)
def test_the_own_schemas_are_compiled(kind: str) -> None:
    assert not SCHEMAS.accepts(kind, 1)


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("README.md", True),
        ("data/stance/test.parquet", True),
        ("a/.b/..c/...", True),
        ("...", True),
        ("a//b/", True),
        ("/a", False),
        ("..", False),
        (".", False),
        ("a/..", False),
        ("a/../b", False),
        ("./a", False),
        ("a/.", False),
        ("a\\b", False),
        ("", False),
    ],
)
def test_a_path_of_a_manifest_stays_in_its_folder(path: str, fine: bool) -> None:
    example = deepcopy(SCHEMAS.by_id[URN + "manifest"]["examples"][0])
    example["files"][0]["path"] = path
    assert SCHEMAS.accepts("manifest", example) is fine
