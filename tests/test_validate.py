"""Which files are found, what is known of them, and that nothing a file holds makes the validator fail."""

from __future__ import annotations

import copy
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipstance.context import Given
from chipstance.folders import schema_folder
from chipstance.schemas import load_schemas
from chipstance.validate import check, validate

GOLD = "annotations/gold/mill.json"
Change = Callable[[str, Callable[[Any], object]], Path]


def rules(*paths: Path) -> list[str]:
    return [problem.rule for problem in validate(paths)]


def move_first_span(data: Any) -> None:
    data["spans"][1]["start"] += 1


def test_every_file_of_a_checkout_is_counted_once(example: Path) -> None:
    assert check([example]).files == 8
    assert check([example, example / "annotations", example / GOLD, example / "annotations" / "gold"]).files == 8
    assert check([example / "annotations" / "articles"]).files == 2


def test_results_do_not_depend_on_the_order_of_arguments(example: Path, change: Change) -> None:
    change(GOLD, move_first_span)
    change("annotations/entities.json", lambda data: data["entities"].reverse())
    paths = [example / GOLD, example, example / "annotations" / "entities.json"]
    found = validate(paths)
    assert found == validate(reversed(paths)) == validate([example])
    assert found == sorted(found, key=lambda problem: (problem.path, problem.line, problem.column, problem.rule))
    assert len(set(found)) == len(found) > 1


def test_a_problem_says_where(example: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    path = change(GOLD, move_first_span)
    monkeypatch.chdir(example)
    (problem,) = validate([path])
    line = path.read_text("utf-8").splitlines()[problem.line - 1]
    assert problem.path == GOLD
    assert problem.pointer == "/spans/1/text"
    assert line[problem.column - 1 :].startswith('"Brightloom"')
    assert "[47, 56) covers 'rightloom'" in problem.message
    assert "mend" in problem.message


@pytest.mark.parametrize(("encoding", "unit", "name"), [("utf-8", 1, "UTF-8 bytes"), ("utf-16-le", 2, "UTF-16 units")])
def test_one_span_in_another_unit_says_where_its_text_stands(
    tmp_path: Path, encoding: str, unit: int, name: str
) -> None:
    text = "\U0001f3ed Brightloom and Br\u00fcnn said \U0001f3ed Brightloom."
    start = text.rindex("Brightloom")
    moved = len(text[:start].encode(encoding)) // unit
    span = {"id": "o1", "layer": "organization", "start": moved, "end": moved + 10, "text": "Brightloom"}
    line = {"doc": "mill", "text": text, "spans": [span | {"attributes": {"entity": "brightloom"}}]}
    (tmp_path / "some.jsonl").write_text(json.dumps(line), "utf-8")
    (problem,) = validate([tmp_path / "some.jsonl"])
    assert f"read as {name}; count code points; that text stands at [{start}, {start + 10})" in problem.message


def test_a_link_to_another_layer_says_an_organization(example: Path, change: Change) -> None:
    def link(data: Any) -> None:
        found = {span["layer"]: span for span in reversed(data["spans"])}
        found["statement"]["attributes"]["speaker"] = found["organization"]["id"]

    (problem,) = validate([change(GOLD, link)])
    assert "is an organization span, but speaker must name a speaker span: name another" in problem.message


def test_a_path_outside_the_working_folder_stays_whole(example: Path, tmp_path: Path, change: Change) -> None:
    path = change(GOLD, move_first_span)
    assert [problem.path for problem in validate([path])] == [path.as_posix()]


def test_a_file_of_its_own_needs_no_other_labels(example: Path) -> None:
    (example / "annotations" / "gold" / "harbor.json").unlink()
    assert rules(example / GOLD) == []
    assert rules(example) == ["article-files"]


def test_what_a_label_file_rests_on_is_reported_with_it(example: Path, change: Change) -> None:
    change("annotations/edits/mill.json", lambda data: data["edits"][0].update(end=9999))
    (problem,) = validate([example / GOLD])
    assert (problem.rule, Path(problem.path).name) == ("edit-out-of-range", "mill.json")
    assert "edit 0" in problem.message


def test_a_broken_span_does_not_bring_up_what_follows_from_it(example: Path, change: Change) -> None:
    def break_speaker(data: Any) -> None:
        next(span for span in data["spans"] if span["id"] == "p1")["layer"] = "spaeker"

    path = change(GOLD, break_speaker)
    assert [problem.pointer for problem in validate([path])] == ["/spans/6/layer"]
    assert rules(example) == ["schema"]


def test_two_checkouts_do_not_mix(example: Path, tmp_path: Path, change: Change) -> None:
    other = Path(shutil.copytree(example, tmp_path / "other"))
    change(GOLD, move_first_span)
    assert {Path(problem.path).parents[2].name for problem in validate([tmp_path])} == {"a checkout"}
    assert check([tmp_path]).files == 16
    assert rules(other) == []


def test_a_checkout_can_have_layers_of_its_own(example: Path, change: Change) -> None:
    layers = json.loads((schema_folder() / "layers.json").read_text("utf-8"))
    layers["layers"]["money"]["attributes"] = {}
    folder = example / "schema"
    folder.mkdir()
    (folder / "layers.json").write_text(json.dumps(layers), "utf-8")
    assert set(rules(example)) == {"schema"}

    def plain_money(data: Any) -> None:
        for span in data["spans"]:
            span["attributes"] = {} if span["layer"] == "money" else span["attributes"]

    for name in ("mill", "harbor"):
        change(f"annotations/gold/{name}.json", plain_money)
    assert rules(example) == []


def test_schemas_from_another_folder(example: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(schema_folder(), tmp_path / "strict"))
    schema = json.loads((folder / "entities.schema.json").read_text("utf-8"))
    schema["properties"]["entities"]["maxItems"] = 1
    (folder / "entities.schema.json").write_text(json.dumps(schema), "utf-8")
    assert [problem.rule for problem in validate([example], schema=folder)] == ["schema"]


def test_predictions_from_elsewhere_are_for_the_working_folders_checkout(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "system.jsonl"
    path.write_text('{"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 9999}]}\n', "utf-8")
    assert rules(path) == ["doc-unknown"]
    monkeypatch.chdir(example)
    assert rules(path) == ["span-outside"]


def test_a_line_of_predictions_is_placed_by_its_number(example: Path) -> None:
    path = example / "system.jsonl"
    path.write_text('{"doc": "mill", "spans": []}\n{"doc": "harbor",  "spans": [{"layer": "place"}]}\n', "utf-8")
    places = {(problem.line, problem.column, problem.pointer) for problem in validate([path])}
    assert places == {(2, 30, "/spans/0"), (2, 40, "/spans/0/layer")}


def test_predictions_are_not_judged_as_gold(example: Path) -> None:
    spans = [
        {"layer": "organization", "start": 0, "end": 11},
        {"layer": "organization", "start": 5, "end": 10, "text": "tloom", "attributes": {"entity": "nobody"}},
        {"layer": "money", "start": 5, "end": 10, "attributes": {"qualifier": "exact", "maximum": "1"}},
        {"layer": "statement", "start": 0, "end": 10, "attributes": {"kind": "direct", "utterance": "once"}},
    ]
    path = example / "system.jsonl"
    path.write_text(json.dumps({"doc": "mill", "system": "s", "spans": spans}) + "\n", "utf-8")
    assert rules(path) == []


def test_missing_paths_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json does not exist"):
        validate([tmp_path / "none.json"])
    with pytest.raises(FileNotFoundError, match="nothing to validate"):
        validate([tmp_path])


def test_the_repository_itself_has_good_schemas() -> None:
    assert validate([schema_folder()]) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("layers.json", '{"version": "1", "layers": [], "entity_kinds": ["person"]}', "[] must be an object"),
        ("layers.json", '{"version": "1", "layers": {"cue": 1}, "entity_kinds": ["person"]}', "1 must be an object"),
        ("layers.json", "[]", "[] must be an object"),
        ("layers.json", "", "nothing stands here"),
        ("layers.json", '{"version": "1", "entity_kinds": ["person"]}', "'layers' is missing"),
        ("layers.json", None, "missing"),
        ("common.schema.json", "[]", "[] must be an object or true or false"),
        ("common.schema.json", "true", "$id must be"),
        ("common.schema.json", '{"$id": "urn:chipstance:schema:common", "pattern": "("}', "'(' is no 'regex'"),
        ("common.schema.json", '{"$id": "urn:chipstance:schema:common", "type": 5}', "5 must be "),
        ("common.schema.json", None, "missing"),
        ("span.schema.json", '{"$id": "urn:chipstance:schema:spam"}', "$id must be"),
        ("span.schema.json", '{"$id": "urn:chipstance:schema:span", "$ref": "#/$defs/none"}', "leads nowhere"),
        ("span.schema.json", '{"$id": "urn:chipstance:schema:span", "$ref": "urn:none"}', "leads nowhere"),
    ],
)
def test_broken_rules_are_problems_of_their_file(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | None, said: str
) -> None:
    folder = Path(shutil.copytree(schema_folder(), tmp_path / "rules"))
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content, "utf-8")
    found = [problem for problem in validate([example], schema=folder) if Path(problem.path) == folder / name]
    assert any(said in problem.message for problem in found), found
    with pytest.raises((OSError, ValueError)):
        load_schemas(folder)
    monkeypatch.setattr("chipstance.validate.schema_folder", lambda: folder)
    assert {problem.message for problem in found} <= {problem.message for problem in validate([example])}


def test_a_checkouts_schemas_are_those_it_is_judged_by(example: Path) -> None:
    folder = Path(shutil.copytree(schema_folder(), example / "schema"))
    assert rules(example) == []
    path = folder / "annotations.schema.json"
    path.write_text(path.read_text("utf-8").replace("one annotator", "an annotator"), "utf-8")
    assert rules(example) == ["schema-set"]
    path.unlink()
    assert rules(example) == ["schema-set"]


def test_pipes_are_refused_unread(example: Path) -> None:
    gold = example / "annotations" / "gold"
    (gold / "mill.json").unlink()
    for path in (gold / "mill.json", gold / "other.json", example / "annotations" / "system.jsonl"):
        os.mkfifo(path)
    assert rules(example) == ["file-unreadable", "file-unreadable", "file-stray"]
    assert rules(example / "annotations" / "articles", gold / "mill.json") == ["file-unreadable"]


def test_links_to_folders_are_not_followed(example: Path, tmp_path: Path) -> None:
    rounds = example / "annotations" / "rounds"
    rounds.mkdir()
    for name, target in (("a", ".."), ("b", "../.."), ("c", str(tmp_path))):
        (rounds / name).symlink_to(target)
    assert rules(example) == ["file-stray"] * 3
    assert check([example]).files == 11
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "loop").symlink_to(".")
    assert check([tmp_path]).files == 11


def test_what_nobody_may_read_is_a_problem(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = example / "annotations" / "gold"
    stat, listed = Path.stat, Path.iterdir

    def refuse(path: Path, *arguments: Any, **options: Any) -> os.stat_result:
        if locked in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *arguments, **options)

    def refuse_list(path: Path) -> Iterator[Path]:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse_list)
    found = validate([example])
    assert {problem.rule for problem in found} == {"file-unreadable"}
    assert [Path(problem.path).name for problem in found] == ["gold"]


def test_the_list_of_articles_is_missed_once(example: Path) -> None:
    (example / "annotations" / "articles.json").unlink()
    assert rules(example) == rules(example / "annotations") == rules(example / GOLD) == ["file-missing"]


LAYERS = json.loads((schema_folder() / "layers.json").read_text("utf-8"))
ATTRIBUTES = [(layer, name) for layer, entry in LAYERS["layers"].items() for name in entry["attributes"]]


@pytest.mark.parametrize(("layer", "name"), ATTRIBUTES)
def test_rules_ask_for_no_attribute_that_is_not_declared(example: Path, change: Change, layer: str, name: str) -> None:
    layers = copy.deepcopy(LAYERS)
    del layers["layers"][layer]["attributes"][name]
    if layers["layers"][layer].get("apart_by") == name:
        layers["layers"][layer] |= {"overlap": "free"}
        del layers["layers"][layer]["apart_by"]
    (example / "schema").mkdir()
    (example / "schema" / "layers.json").write_text(json.dumps(layers), "utf-8")

    def without(data: Any) -> None:
        for span in data["spans"]:
            if span["layer"] == layer:
                span["attributes"].pop(name)

    for doc in ("mill", "harbor"):
        change(f"annotations/gold/{doc}.json", without)
    assert set(rules(example)) <= {"entity-unused", "alias-unseen", "span-unused", "utterance-once"}


def test_many_faults_take_no_longer_than_they_must(example: Path) -> None:
    spans = [
        {"layer": "cue", "start": place // 20, "end": place // 20 + 1 + place % 20, "odd": 1} for place in range(8000)
    ]
    path = example / "system.jsonl"
    path.write_text(json.dumps({"doc": "mill", "spans": spans}) + "\n", "utf-8")
    start = time.perf_counter()
    [problem] = validate([path])
    assert problem.message.endswith("(so it is in 8000 places)")
    assert time.perf_counter() - start < 20


def test_a_release_that_is_cited_must_be_there(example: Path) -> None:
    with (example / "CITATION.cff").open("a", encoding="utf-8") as file:
        file.write('version: "1.0.0"\n')
    assert rules(example) == ["release-missing"]
    assert rules(example / "annotations") == []


JUNK: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.just([])
    | st.just({})
    | st.just([[1]])
)
FILES = [GOLD, "annotations/articles.json", "annotations/entities.json", "annotations/edits/harbor.json"]


@st.composite
def broken_file(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a file of the example with one value replaced or removed."""
    name = draw(st.sampled_from(FILES))
    data = json.loads((Path(__file__).parent / "example" / name).read_text("utf-8"))
    owner: Any = {"root": data}
    key: Any = "root"
    while isinstance(owner[key], dict | list) and owner[key] and draw(st.integers(0, 5)):
        owner = owner[key]
        key = draw(st.sampled_from(list(owner)) if isinstance(owner, dict) else st.integers(0, len(owner) - 1))
    if draw(st.booleans()):
        owner[key] = copy.deepcopy(draw(JUNK))
    else:
        del owner[key]
    return name, owner.get("root", data) if isinstance(owner, dict) else data


@given(broken_file())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_makes_the_validator_fail(example: Path, drawn: tuple[str, Any]) -> None:
    name, data = drawn
    path = example / name
    kept = path.read_bytes()
    path.write_text(json.dumps(data), "utf-8")
    try:
        assert all(problem.message and problem.rule for problem in validate([example]))
    finally:
        path.write_bytes(kept)


def test_of_very_many_documents_a_message_names_some(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"doc": "mill", "spans": []}\n' * 2, "utf-8")
    texts = {f"d{number}": "A." for number in range(10_000)}
    problems = check([path], given=Given(texts)).problems
    unknown = [problem for problem in problems if problem.rule == "doc-unknown"]
    assert [problem.line for problem in unknown] == [1, 2]
    assert all("choose one of d0, d1, " in problem.message for problem in unknown)
    assert all(problem.message.endswith(", d49 … (10000 in all)") for problem in unknown)
