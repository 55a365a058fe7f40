"""Predictions in Parquet: the same problems and scores as of the lines that the rows stand for, in every layout."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance import line_files
from chipstance.cli import app
from chipstance.context import Context, Given
from chipstance.engines import Processes
from chipstance.folders import schema_folder
from chipstance.line_files import check_lines
from chipstance.model import Document, Problem, Span
from chipstance.schemas import load_schemas
from chipstance.score_input import Gold, System, read_system
from chipstance.validate import check
from example_scores import LAYERS, TEXT, corpora, document
from standard_input import as_standard_input
from test_parquet_check import ATTRIBUTES, INTEGER, LAYOUTS, STRING, VALUES, save

FIXED = {"id": STRING, "start": INTEGER, "end": INTEGER, "text": STRING, "occurrence": INTEGER}
FOLDER = schema_folder()
Line = dict[str, Any]
Found = list[tuple[str, int, str, str]]


def context(texts: Mapping[str, str]) -> Context:
    return Context(None, load_schemas(FOLDER), FOLDER / "layers.json", Given(texts, LAYERS))


CONTEXT = context({"mill": TEXT, **{f"d{number}": TEXT for number in range(40)}})


def table(lines: Iterable[Line], layout: str) -> pa.Table:
    """Return lines as a table; what a line does not have is null."""
    columns = {"doc": STRING, "system": STRING, "answer": pa.list_(STRING)}
    if layout == "layers":
        for layer in LAYERS:
            columns[layer.name] = pa.list_(pa.struct(FIXED | {name: VALUES[name] for name in layer.attributes}))
        return pa.Table.from_pylist([by_layer(line) for line in lines], pa.schema(columns))
    kind, turned = ATTRIBUTES[layout]
    rows = []
    for line in lines:
        spans = [
            span | ({"attributes": turned(span["attributes"])} if "attributes" in span else {})
            for span in line.get("spans", ())
        ]
        rows.append(line | ({"spans": spans} if "spans" in line else {}))
    span = pa.struct(FIXED | {"layer": STRING, "attributes": kind})
    return pa.Table.from_pylist(rows, pa.schema(columns | {"spans": pa.list_(span)}))


def by_layer(line: Line) -> Line:
    row: Line = {name: value for name, value in line.items() if name != "spans"}
    if "spans" in line:
        row |= {layer.name: [] for layer in LAYERS}
        for span in line["spans"]:
            row[span["layer"]].append(span | span.get("attributes", {}))
    return row


def as_stands(line: Line, layout: str) -> Line:
    """Return the line that a row stands for: in the order of columns; a struct has a null for what it does not hold."""
    if "spans" not in line:
        return line
    spans = [dict(span) for span in line["spans"]]
    order = ["id", "layer", "start", "end", "text", "occurrence", "attributes"]
    if layout == "layers":
        spans.sort(key=lambda span: list(LAYERS.by_name).index(span["layer"]))
    for span in spans:
        layer = LAYERS.get(span.get("layer", ""))
        if layer and (layout == "layers" or (layout == "struct" and "attributes" in span)):
            nulls = {name: None for name, each in layer.attributes.items() if each.nullable}
            given = nulls | span.get("attributes", {})
            more = {name: value for name, value in given.items() if name not in layer.attributes}
            span["attributes"] = {name: given[name] for name in layer.attributes if name in given} | more
    found = [{name: span[name] for name in order if name in span} for span in spans]
    given = line | {"spans": found}
    return {name: given[name] for name in ("doc", "system", "spans", "answer") if name in given}


def write_lines(path: Path, lines: Iterable[Line]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def shown(problems: Iterable[Problem]) -> Found:
    return [(each.rule, each.line, each.pointer, each.message) for each in problems]


def both(lines: Sequence[Line], layout: str, folder: Path, about: Context = CONTEXT) -> tuple[Found, Found]:
    """Return what is found in lines, and in the rows that stand for them, in the order of a report."""
    given = about.given
    paths = [write_lines(folder / "p.jsonl", [as_stands(line, layout) for line in lines])]
    paths.append(save(folder / "p.parquet", table(lines, layout)))
    one, other = (shown(check([path], given=given, kind="predictions").problems) for path in paths)
    return one, other


def span(layer: str, **given: Any) -> Line:
    return {"layer": layer} | given


PLACE = {"start": 4, "end": 8}
LINES: dict[str, Line] = {
    "offsets": {"doc": "d1", "system": "rules", "spans": [span("organization", **PLACE, text="mill")]},
    "no spans": {"doc": "d2", "spans": []},
    "a quotation": {"doc": "d3", "spans": [span("cue", text="says", occurrence=1), span("cue", text="hums", start=9)]},
    "linked": {"doc": "d4", "spans": [
        span("speaker", id="p1", start=15, end=18, attributes={"entity": "ada", "mention": "name"}),
        span("statement", start=24, end=33, attributes={"speaker": "p1", "kind": "direct"})]},
    "an answer": {"doc": "d5", "answer": ['{"organization": ["mill"]}']},
    "a boolean": {"doc": "d6", "spans": [span("stance", **PLACE, attributes={"explicit": True, "polarity": "favor"})]},
}  # fmt: skip
FAULTY: dict[str, Line] = {
    "no document": {"doc": "moon", "spans": []},
    "no slug": {"doc": "The Mill", "spans": []},
    "twice": LINES["offsets"] | {"doc": "d4"},
    "spans and an answer": {"doc": "d7", "spans": [], "answer": ["[]"]},
    "nothing": {"doc": "d8"},
    "an empty system": {"doc": "d9", "system": "", "spans": []},
    "an unreadable answer": {"doc": "d10", "answer": ["[]", "I can not."]},
    "no answer": {"doc": "d11", "answer": []},
    "outside": {"doc": "d12", "spans": [span("cue", start=0, end=999), span("cue", start=7, end=7)]},
    "another text": {"doc": "d13", "spans": [span("cue", **PLACE, text="mall")]},
    "no place": {"doc": "d14", "spans": [span("cue"), span("cue", end=4), span("cue", id="c1", start=4)]},
    "an id twice": {"doc": "d15", "spans": [span("cue", id="c1", text="mill"), span("cue", id="c1", text="says")]},
    "the same twice": {"doc": "d16", "spans": [span("cue", **PLACE)] * 2},
    "a link to nothing": {"doc": "d17", "spans": [span("statement", **PLACE, attributes={"speaker": "p9"})]},
    "a link to a cue": {"doc": "d18", "spans": [
        span("cue", id="c1", text="mill"), span("statement", **PLACE, attributes={"speaker": "c1"})]},
    "values": {"doc": "d19", "spans": [
        span("money", **PLACE, attributes={"currency": "QQQ", "minimum": "5.0", "qualifier": "about"}),
        span("speaker", text="Ada", attributes={"entity": "Ada Quill", "mention": "alias"})]},
    "below zero": {"doc": "d20", "spans": [span("cue", start=-1, end=4), span("cue", text="mill", occurrence=0)]},
    "many": {"doc": "d21", "spans": [span("cue", id=f"C {n}", start=9, end=n) for n in range(12)]},
}  # fmt: skip
BY_SPANS = {
    "no layer": {"doc": "d22", "spans": [{"text": "mill"}, {"start": 4, "end": 8}]},
    "an unknown layer": {"doc": "d23", "spans": [span("river", text="mill")]},
    "an attribute of another layer": {"doc": "d24", "spans": [span("cue", text="mill", attributes={"entity": "ada"})]},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_in_order_is_accepted(layout: str, tmp_path: Path) -> None:
    assert both(list(LINES.values()), layout, tmp_path) == ([], [])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_broken_is_found_as_in_lines_and_in_their_order(layout: str, tmp_path: Path) -> None:
    lines = [*LINES.values(), *FAULTY.values(), *(BY_SPANS.values() if layout != "layers" else ())]
    one, other = both(lines, layout, tmp_path)
    assert {line for _, line, _, _ in one} == set(range(len(LINES) + 1, len(lines) + 1))
    assert other == one


@st.composite
def predicted(draw: st.DrawFn, documents: Mapping[str, Document]) -> list[Line]:
    """Draw lines about documents in which many things may be left out, or wrong."""
    lines = []
    for doc, each in documents.items():
        spans = []
        for labelled in each:
            entry: Line = {"layer": labelled.layer, "start": labelled.start, "end": labelled.end}
            entry |= {"id": labelled.id or None, "text": labelled.text, "attributes": dict(labelled.attributes)}
            entry["end"] += draw(st.sampled_from([0, 0, 0, 1, 99]))
            lost = draw(st.sets(st.sampled_from(["id", "start", "end", "text", "attributes"]), max_size=2))
            spans.append({name: value for name, value in entry.items() if name not in lost and value is not None})
        lines.append({"doc": draw(st.sampled_from([doc, doc, doc, "moon"])), "spans": spans})
    return lines


@settings(max_examples=30, deadline=None)
@given(corpus=corpora(most=4), layout=st.sampled_from(LAYOUTS), data=st.data())
def test_made_up_predictions_have_the_same_problems(
    corpus: Any, layout: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gold, found = corpus
    lines = data.draw(predicted(found))
    one, other = both(lines, layout, tmp_path_factory.mktemp("made up"), context({each.id: each.text for each in gold}))
    assert other == one


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_cutting_changes_what_is_found(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "p.parquet", table([*LINES.values(), *FAULTY.values()], layout), row_group_size=3)
    one = check_lines(str(path), "", CONTEXT)
    assert len(one) > 20
    assert {each.column for each in one} == {1}
    monkeypatch.setattr(line_files, "PART", 1)
    assert check_lines(str(path), "", CONTEXT, Processes(2)) == one


def found_in(columns: Mapping[str, Any], folder: Path, kind: str = "") -> Found:
    path = save(folder / "some.parquet", pa.table(dict(columns)))
    return shown(check_lines(str(path), kind, CONTEXT))


def test_what_a_file_holds_is_told_by_its_columns(tmp_path: Path) -> None:
    cue = pa.array([[{"text": "mill"}]])
    assert found_in({"doc": ["mill"], "spans": [[]]}, tmp_path) == []
    assert found_in({"doc": ["mill"], "answer": ['{"cue": ["mill"]}']}, tmp_path) == []
    assert found_in({"doc": ["mill"], "cue": cue, "more": [1]}, tmp_path) == []
    assert found_in({"doc": ["moon"], "spans": [[]]}, tmp_path)[0][:3] == ("doc-unknown", 1, "/doc")
    assert found_in({"doc": ["mill"], "text": [TEXT], "spans": [[]]}, tmp_path) == []
    documents = {"doc": ["moon"], "text": [TEXT], "spans": [[]]}
    assert found_in(documents, tmp_path) == []
    assert found_in(documents, tmp_path, "predictions")[0][0] == "doc-unknown"
    [(rule, _, pointer, message)] = found_in({"doc": ["mill"], "spans": [[]]}, tmp_path, "documents")
    assert (rule, pointer, message) == ("parquet-columns", "", "the column text is missing: add it, as a string")
    [(rule, _, pointer, message)] = found_in({"doc": ["mill"], "label": ["x"]}, tmp_path)
    assert (rule, pointer, message.partition(":")[0]) == ("parquet-columns", "", "nobody can tell what the rows hold")
    [(rule, _, pointer, message)] = found_in({"doc": ["mill"], "label": ["x"]}, tmp_path, "predictions")
    assert (rule, message.partition(":")[0]) == ("parquet-columns", "the column spans is missing")


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"system": [1]}, {"/system": "the column system is int64: make it a string"}),
        ({"answer": [[1]]}, {"/answer": "the column answer is list<element: int64>: make it a string or a list of"}),
        ({"cue": [[{"text": "a"}]]}, {"/cue": "the file has spans in the column spans and in cue: keep one layout"}),
        ({"spans": [[{"text": "a"}]]}, {"/spans": "the column spans/layer is missing: add it, as a string"}),
        ({"spans": [[{"layer": "cue", "score": 1.5}]]}, {"/spans/score": "the column spans/score is unknown: remove"}),
        ({"spans": [[{"layer": "cue", "repaired": True}]]}, {"/spans/repaired": "the column spans/repaired"}),
        ({"spans": [[{"layer": "cue", "start": "1"}]]},
         {"/spans/start": "the column spans/start is string: make it"}),
        ({"spans": [[{"layer": "cue", "end": 2}]]}, {"/spans": "the column spans/start is missing: add it, as an int"}),
        ({"spans": [[{"layer": "cue", "attributes": {"entity": "a", "colour": 1}}]]},
         {"/spans/attributes/colour": "the column spans/attributes/colour is unknown: remove it"}),
        ({"spans": [[{"layer": "cue", "attributes": {"entity": [1]}}]]},
         {"/spans/attributes/entity": "the column spans/attributes/entity is list"}),
        ({"spans": None, "cue": [[{"layer": "cue", "text": "a", "entity": "a"}]]},
         {"/cue/entity": "the column cue/entity is unknown", "/cue/layer": "the column cue/layer is unknown"}),
        ({"spans": [[{"layre": "cue", "strat": 1, "text": "a"}]]},
         {"/spans/layre": "the column spans/layre is unknown: is layer meant, which is missing?",
          "/spans/strat": "the column spans/strat is unknown: is start meant, which is missing?"}),
        ({"spans": [[{"layer": "cue", "attributes": {"Entity": "a"}}]]},
         {"/spans/attributes/Entity": "the column spans/attributes/Entity is unknown: is entity meant"}),
        ({"spans": None, "cue": [[{"text": "a"}]], "speakers": [[{"text": "a"}]], "cues": ["free"]},
         {"/speakers": "the column speakers is unknown: is speaker meant, which is missing?"}),
    ],
)  # fmt: skip
def test_columns_that_are_wrong(columns: Line, found: Mapping[str, str], tmp_path: Path) -> None:
    given = {"doc": ["mill"], "spans": [[]]} | columns
    problems = found_in({name: value for name, value in given.items() if value is not None}, tmp_path)
    assert {(rule, pointer) for rule, _, pointer, _ in problems} == {("parquet-columns", each) for each in found}
    assert all(message.startswith(found[pointer]) for _, _, pointer, message in problems)


def test_nulls_are_absent_where_something_else_is_there(tmp_path: Path) -> None:
    spans = pa.array([[], None, None, [None]], pa.list_(pa.struct({"layer": STRING, "text": STRING})))
    columns = {"doc": ["d1", "d2", "d3", "d4"], "system": pa.nulls(4, STRING), "spans": spans}
    answered = found_in(columns | {"answer": [None, "[]", None, None]}, tmp_path)
    assert [(rule, line, pointer) for rule, line, pointer, _ in answered] == [
        ("schema", 3, ""),
        ("schema", 4, "/spans/0"),
    ]
    assert "'spans' or 'answer' is missing" in answered[0][3]
    alone = found_in(columns, tmp_path)
    assert [(line, pointer) for _, line, pointer, _ in alone] == [(2, "/spans"), (3, "/spans"), (4, "/spans/0")]
    layered = pa.array([[{"text": "mill"}], None, None], pa.list_(pa.struct({"text": STRING})))
    other = pa.array([None, [], None], layered.type)
    by_layers = found_in({"doc": ["d1", "d2", "d3"], "cue": layered, "organization": other}, tmp_path)
    assert [(line, pointer) for _, line, pointer, _ in by_layers] == [(3, "/spans")]


def test_a_null_of_an_attribute_is_given_only_where_it_may_be_null(tmp_path: Path) -> None:
    entry = {"layer": "speaker", "text": "Ada", "attributes": {"entity": None, "mention": None, "polarity": None}}
    kind = pa.struct({"entity": STRING, "mention": STRING, "polarity": STRING})
    span_type = pa.struct({"layer": STRING, "text": STRING, "attributes": kind})
    made = pa.table({"doc": ["mill"], "spans": pa.array([[entry]], pa.list_(span_type))})
    path = save(tmp_path / "p.parquet", made)
    assert check_lines(str(path), "", CONTEXT) == []
    [predicted] = read_system(path, GOLD).documents["mill"].spans
    assert dict(predicted.attributes) == {"entity": None}


def test_a_string_that_is_no_utf_8_costs_its_row_alone(tmp_path: Path) -> None:
    bad = pa.array([b"[]", b"a\xed\xa0\x80", b"x"], pa.binary()).view(STRING)
    found = found_in({"doc": ["d1", "d2", "d3"], "answer": bad}, tmp_path)
    assert [(rule, line) for rule, line, _, _ in found] == [("json-encoding", 2), ("answer-unreadable", 3)]
    system = read_system(
        tmp_path / "some.parquet", Gold((Document("d1", TEXT),), LAYERS, "all", frozenset(("d2", "d3")))
    )
    assert (set(system.documents), [each.rule for each in system.problems]) == ({"d1"}, ["json-encoding"])


# --- scores

GOLD = Gold(
    (
        document(Span("p1", "speaker", 15, 18, "Ada", {"entity": "ada", "mention": "name"}),
                 Span("q1", "statement", 24, 33, TEXT[24:33], {"speaker": "p1", "cue": None, "kind": "direct"})),
        *(document(name=f"d{number}") for number in range(12)),
    ),
    LAYERS, "all", frozenset(),
)  # fmt: skip


def told(system: System) -> Any:
    return system.documents, system.unanswered, system.answered, shown(system.problems)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_predictions_are_read_as_from_lines(layout: str, tmp_path: Path) -> None:
    lines = [*LINES.values(), *FAULTY.values()]
    system = read_system(write_lines(tmp_path / "p.jsonl", [as_stands(line, layout) for line in lines]), GOLD)
    assert len(system.documents) > 6
    assert len(system.problems) > 20
    assert told(read_system(save(tmp_path / "p.parquet", table(lines, layout), row_group_size=4), GOLD)) == told(system)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def scored(example: Path, monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    """Predictions about the example's documents, as p.jsonl; the example is the working folder."""
    monkeypatch.chdir(example)
    gold = [json.loads(path.read_text("utf-8")) for path in sorted(Path("annotations/gold").glob("*.json"))]
    lines = [
        {"doc": each["doc"], "spans": [
            {name: value for name, value in entry.items() if name != "repaired"} for entry in each["spans"][number:]]}
        for number, each in enumerate(gold)
    ]  # fmt: skip
    write_lines(Path("p.jsonl"), lines)
    return lines


GOLD_FOLDER = ("--gold", "annotations/gold", "--split", "all", "--format", "json")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_commands_give_the_same_figures(layout: str, scored: list[Line]) -> None:
    save(Path("p.parquet"), table(scored, layout))
    assert "1 file, 0 problems" in run("validate", "p.parquet").output
    assert run("validate", "p.parquet", "--kind", "predictions").exit_code == 0
    problem, *_ = json.loads(run("validate", "p.parquet", "--kind", "documents", "--format", "json").stdout)["problems"]
    assert list(problem) == ["rule", "path", "pointer", "message", "line", "column"]
    assert problem["message"] == "the column text is missing: add it, as a string"
    one, other = (run("score", name, *GOLD_FOLDER, "--errors") for name in ("p.jsonl", "p.parquet"))
    assert one.exit_code == 0
    assert "missed" in one.stdout
    assert other.stdout == one.stdout
    compared = run("compare", "p.jsonl", "p.parquet", *GOLD_FOLDER)
    assert compared.exit_code == 0
    assert {each["difference"] for each in json.loads(compared.stdout)["tests"]} <= {0, None}


def test_compressed_lines_are_scored(scored: list[Line]) -> None:
    data = Path("p.jsonl").read_bytes()
    Path("p.jsonl.gz").write_bytes(gzip.compress(data))
    Path("p.ndjson.zst").write_bytes(zstandard.ZstdCompressor().compress(data))
    one, *others = (run("score", name, *GOLD_FOLDER) for name in ("p.jsonl", "p.jsonl.gz", "p.ndjson.zst"))
    assert one.exit_code == 0
    assert {each.stdout for each in others} == {one.stdout}
    Path("cut.jsonl.gz").write_bytes(gzip.compress(data)[:-9])
    found = run("score", "cut.jsonl.gz", *GOLD_FOLDER)
    assert [each["rule"] for each in json.loads(found.stdout)["problems"]] == ["compression-broken"]
    Path("more.jsonl.gz").write_bytes(gzip.compress(data) + b"more")
    more = json.loads(run("score", "more.jsonl.gz", *GOLD_FOLDER).stdout)
    assert [(each["rule"], each["line"]) for each in more["problems"]] == [
        ("compression-broken", data.count(b"\n") + 1)
    ]
    assert more | {"problems": []} == json.loads(one.stdout) | {"problems": []}
    Path("other.jsonl").write_bytes(gzip.compress(data))
    assert "let the name end with .gz" in run("score", "other.jsonl", *GOLD_FOLDER).stderr


@pytest.mark.parametrize(("content", "rule"), [(b"PAR1", "parquet-broken"), (b"", "parquet-broken")])
def test_what_is_no_parquet_is_a_problem_of_the_score(content: bytes, rule: str, scored: list[Line]) -> None:
    Path("p.parquet").write_bytes(content)
    found = run("score", "p.parquet", *GOLD_FOLDER)
    assert found.exit_code == 1
    assert [(each["rule"], each["line"]) for each in json.loads(found.stdout)["problems"]] == [(rule, 1)]


def test_rows_and_columns_that_are_lost_are_problems_of_the_score(tmp_path: Path) -> None:
    rows = [{"doc": f"d{number}", "spans": []} for number in range(12)]
    path = save(tmp_path / "p.parquet", table(rows, "json"), row_group_size=4, write_page_checksum=True)
    column = pq.read_metadata(path).row_group(1).column(0)
    data = bytearray(path.read_bytes())
    data[column.dictionary_page_offset + column.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(data)
    system = read_system(path, GOLD)
    assert [(each.rule, each.line) for each in system.problems] == [("parquet-broken", 5)]
    assert set(system.documents) == {f"d{number}" for number in (0, 1, 2, 3, 8, 9, 10, 11)}
    system = read_system(save(path, pa.table({"doc": ["d1"], "label": ["x"]})), GOLD)
    assert [(each.rule, each.message.partition(":")[0]) for each in system.problems] == [
        ("parquet-columns", "the column spans is missing")
    ]
    assert [each.rule for each in read_system(save(path, table([], "json")), GOLD).problems] == ["predictions-empty"]


def test_standard_input_may_be_parquet_of_predictions(scored: list[Line]) -> None:
    path = save(Path("p.parquet"), table([*scored, {"doc": "moon", "spans": []}], "json"))
    for kind in ("auto", "predictions"):
        with as_standard_input(path):
            found = run("validate", "-", "--kind", kind)
        assert (found.exit_code, "-:3:1 doc-unknown" in found.stdout) == (1, True)
    with as_standard_input(path):
        found = run("validate", "-", "--kind", "edits")
    assert (found.exit_code, "can't hold edits" in " ".join(found.output.split())) == (2, True)
