"""Parquet files of documents: the same problems as in JSON Lines, in every layout, however the file is cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance import line_files, parquet_rows
from chipstance.cli import app
from chipstance.context import Context
from chipstance.corpus import span_entry
from chipstance.engines import Processes
from chipstance.line_files import check_lines, in_process
from chipstance.line_sources import read_lines
from chipstance.model import Problem, Span
from chipstance.parquet_check import IS_SPACE, ColumnCheck
from chipstance.parquet_rows import batches, open_table
from chipstance.validate import check
from example_scores import LAYERS, TEXTS, corpora
from test_line_check import BROKEN, CONTEXT, TEXT, exactly, line, with_attributes, with_span, written

STRING, INTEGER = pa.string(), pa.int64()
FIXED = {"id": STRING, "layer": STRING, "start": INTEGER, "end": INTEGER, "text": STRING}
VALUES = {
    name: pa.bool_() if each.type == "boolean" else STRING
    for layer in LAYERS
    for name, each in layer.attributes.items()
}


def of_struct(values: Mapping[str, Any]) -> Any:
    return dict(values)


def of_map(values: Mapping[str, Any]) -> Any:
    return [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in values.items()]


ATTRIBUTES: dict[str, tuple[pa.DataType, Callable[[Mapping[str, Any]], Any]]] = {
    "struct": (pa.struct(VALUES), of_struct),
    "map": (pa.map_(STRING, STRING), of_map),
    "json": (STRING, json.dumps),
}
LAYOUTS = [*ATTRIBUTES, "layers"]


def table(documents: Iterable[Mapping[str, Any]], layout: str) -> pa.Table:
    if layout == "layers":
        return by_layer(documents)
    kind, turned = ATTRIBUTES[layout]
    rows = [
        {"doc": each["doc"], "text": each["text"]}
        | {"spans": [span | {"attributes": turned(span["attributes"])} for span in each["spans"]]}
        for each in documents
    ]
    span = pa.struct(FIXED | {"attributes": kind, "repaired": pa.bool_()})
    return pa.Table.from_pylist(rows, pa.schema({"doc": STRING, "text": STRING, "spans": pa.list_(span)}))


def by_layer(documents: Iterable[Mapping[str, Any]]) -> pa.Table:
    columns = {"doc": STRING, "title": STRING, "text": STRING}
    fixed = {name: kind for name, kind in FIXED.items() if name != "layer"}
    for layer in LAYERS:
        values = {
            name: pa.decimal128(38, 4) if each.type == "decimal" else VALUES[name]
            for name, each in layer.attributes.items()
        }
        columns[layer.name] = pa.list_(pa.struct(fixed | values | {"repaired": pa.bool_()}))
    rows = []
    for each in documents:
        row: dict[str, Any] = {"doc": each["doc"], "text": each["text"]} | {layer.name: [] for layer in LAYERS}
        for span in each["spans"]:
            row[span["layer"]].append(span | span["attributes"] | {"repaired": False})
            numbers = {name: span["attributes"].get(name) for name in ("minimum", "maximum")}
            row[span["layer"]][-1] |= {name: value and Decimal(value) for name, value in numbers.items()}
        rows.append(row)
    return pa.Table.from_pylist(rows, pa.schema(columns))


def sorted_by_layer(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with its spans in the order in which the columns of its layers give them."""
    order = list(LAYERS.by_name)
    return document | {"spans": sorted(document["spans"], key=lambda span: order.index(span["layer"]))}


def save(path: Path, made: pa.Table, **options: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(made, path, **options)
    return path


def places(problems: Iterable[Problem]) -> list[tuple[str, int, str, str]]:
    said = {each.rule: "" for each in problems if each.rule == "doc-duplicate"}
    return sorted((each.rule, each.line, each.pointer, said.get(each.rule, each.message)) for each in problems)


def as_lines(documents: Iterable[Mapping[str, Any]], folder: Path) -> list[tuple[str, int, str, str]]:
    path = folder / "corpus.jsonl"
    path.write_bytes(b"".join(written(each) + b"\n" for each in documents))
    return places(check_lines(str(path), "documents", CONTEXT))


def as_table(documents: Iterable[Mapping[str, Any]], folder: Path, layout: str, **options: Any) -> Any:
    path = save(folder / "corpus.parquet", table(documents, layout), **options)
    return places(check_lines(str(path), "documents", CONTEXT))


STANCE = [
    Span("t1", "stance", 0, 9, TEXT[:9], {"target": "open_source", "polarity": "favor", "holder": None}
         | {"explicit": True}),
    Span("q2", "statement", 15, 17, TEXT[15:17], {"speaker": "p1", "cue": None, "kind": "direct", "utterance": "a-b"}),
    Span("p1", "speaker", 0, 9, TEXT[:9], {"entity": None, "mention": "name"}),
]  # fmt: skip
NESTED = [replace(STANCE[1], id=f"q{end}", start=start, end=end, text=TEXT[start:end]) for start, end in
          ((10, 17), (10, 14), (15, 16))]  # fmt: skip
FINE = {
    "usual": line(),
    "one inside another": line(doc="d2", spans=[span_entry(each) for each in (*STANCE[2:], *NESTED)]),
    "stances on two targets": line(
        doc="d3",
        spans=[
            span_entry(replace(STANCE[0], id=target[0], attributes={**STANCE[0].attributes, "target": target}))
            for target in ("open_source", "export_controls")
        ],
    ),
    "no spans": line(spans=[]),
    "stance": line(doc="d1", spans=[span_entry(each) for each in STANCE]),
    "unsorted": line(spans=line()["spans"][::-1]),
    "nothing nullable": with_attributes(3, minimum=None),
}
MORE = {
    "zero links": with_attributes(2, speaker="zzz"),
    "slug with a line end": with_span(0, id="p1\n"),
    "entity with a line end": with_attributes(0, entity="ada\n"),
    "doc with a line end": line(doc="quarry\n"),
    "other order of bounds": with_attributes(3, minimum="10", maximum="9.5"),
    "negative": with_attributes(3, minimum="-5"),
    "null link": with_attributes(2, speaker=None),
    "too long an id": with_span(0, id="p" * 81),
    "ends late": with_span(3, end=43, text=TEXT[24:]),
    "NUL": line(text=TEXT + "\0"),
    "one past the text": with_span(3, end=len(TEXT) + 1),
}
EXPRESSIBLE = {
    name: each
    for name, each in (BROKEN | MORE).items()
    if name not in ("no text", "text no string", "unknown key", "spans no list", "start a float", "start true")
    and name not in ("repaired false", "decimal a number")
}
"""Without what a file's columns decide, and false, which is what most rows of a release hold."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_in_order_is_accepted(layout: str, tmp_path: Path) -> None:
    documents = [each | {"doc": f"d{number}"} for number, each in enumerate(FINE.values())]
    assert as_table(documents, tmp_path, layout) == []


@pytest.mark.parametrize("layout", ["struct", "layers"])
@pytest.mark.parametrize("fine", FINE.values(), ids=FINE)
def test_what_is_in_order_is_seen_by_columns(fine: dict[str, Any], layout: str) -> None:
    assert ColumnCheck(LAYERS).in_order(table([fine], layout).to_batches()[0]).tolist() == [True]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_what_is_broken_is_found_as_in_lines(name: str, layout: str, tmp_path: Path) -> None:
    broken = EXPRESSIBLE[name]
    if layout == "struct" and name in ("attribute missing", "unknown attribute"):
        return  # a null is an attribute that is there, and an unknown one is a fault of its column: see below
    if layout == "layers":
        if name in ("unknown layer", "unknown attribute", "attribute missing", "no decimal"):
            return
        broken = sorted_by_layer(broken)
    documents = [line(doc="before"), broken, line(doc="after")]
    found = as_table(documents, tmp_path, layout)
    assert {number for _, number, _, _ in found} == {2}
    assert found == as_lines(documents, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_problems_of_a_row_are_as_many_as_in_its_line_and_in_their_order(layout: str, tmp_path: Path) -> None:
    names = [Span(f"P {n}", "speaker", n + 1, n, "x", {"entity": "A B", "mention": "nym"}) for n in range(12)]
    amount = Span("p1", "money", 0, 3, "Ada", {"currency": "Q", "minimum": "2", "maximum": "1", "qualifier": "about"})
    documents = [line(doc="a b", spans=[span_entry(each) for each in (*names, *[amount] * 2)]), with_span(1, id="p1")]
    documents += [documents[1], line(spans=[span_entry(replace(names[0], repaired=True))])]
    if layout == "layers":
        documents = [sorted_by_layer(each) for each in documents[:-1]]
    (tmp_path / "x.jsonl").write_bytes(b"".join(written(each) + b"\n" for each in documents))
    save(tmp_path / "x.parquet", table(documents, layout))
    lines, rows = (check([tmp_path / name], kind="documents").problems for name in ("x.jsonl", "x.parquet"))
    assert len(lines) > 10
    assert [(each.rule, each.line, each.pointer, each.message) for each in rows] == [
        (each.rule, each.line, each.pointer, each.message) for each in lines
    ]
    assert {each.column for each in rows} == {1}


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with every attribute there: a struct can't leave one out."""
    for span in document["spans"]:
        span["attributes"] = dict.fromkeys(LAYERS[span["layer"]].attributes) | span["attributes"]
    return document


@settings(max_examples=25, deadline=None)
@given(corpus=corpora(), layout=st.sampled_from(LAYOUTS))
def test_made_up_documents_have_the_same_problems(
    corpus: Any, layout: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("made up")
    documents = [
        {"doc": each.id, "text": each.text, "spans": [*map(span_entry, each)]}
        for each in [*corpus[0], *corpus[1].values()]
    ]
    if layout in ("struct", "layers"):
        documents = list(map(filled, documents))
    if layout == "layers":
        documents = list(map(sorted_by_layer, documents))
    assert as_table(documents, folder, layout) == as_lines(documents, folder)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0, 45), st.integers(1, 9)), max_size=4))
def test_passages_of_any_text_are_seen_alike(text: str, passages: list[tuple[int, int]]) -> None:
    spans = [
        span_entry(Span(f"c{number}", "cue", start, start + size, text[start : start + size]))
        for number, (start, size) in enumerate(passages)
    ]
    document = {"doc": "d", "text": text, "spans": spans}
    fine = ColumnCheck(LAYERS).in_order(table([line(), document, line()], "struct").to_batches()[0]).tolist()
    assert fine == [True, not exactly(written(document)), True]


def test_white_space_is_what_python_strips() -> None:
    assert [code for code in range(0x110000) if chr(code).isspace()] == IS_SPACE.nonzero()[0].tolist()
    assert not IS_SPACE[-1]


def test_lists_that_are_all_empty_are_seen_by_columns() -> None:
    rows = [{"doc": "d", "text": "a", "spans": []}, {"doc": "e", "text": "a", "spans": [None]}]
    rows += [{"doc": "f", "text": "a", "spans": None}]
    assert ColumnCheck(LAYERS).in_order(pa.RecordBatch.from_pylist(rows)).tolist() == [True, False, False]
    cues = [{"id": "c", "start": 0, "end": 1, "text": text} for text in "ab"]
    bare: dict[str, Any] = {"doc": "d", "text": "a"} | {layer.name: [] for layer in LAYERS}
    layered = [bare | {"cue": [cue]} for cue in cues]
    assert ColumnCheck(LAYERS).in_order(pa.RecordBatch.from_pylist(layered)).tolist() == [True, False]


def mixed() -> list[dict[str, Any]]:
    rows = [line(doc=f"quarry-{number % 17}") for number in range(40)]
    rows[5], rows[9] = with_span(0, end=0), with_attributes(3, minimum="6")
    rows[20] = line(doc="quarry-3", text="")
    return rows


@pytest.mark.parametrize("layout", ["struct", "json"])
def test_no_cutting_changes_what_is_found(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = as_lines(mixed(), tmp_path)
    assert len(whole) > 20
    assert as_table(mixed(), tmp_path, layout) == whole
    path = save(tmp_path / "cut.parquet", table(mixed(), layout), row_group_size=7)
    one = check_lines(str(path), "documents", CONTEXT)
    assert places(one) == whole
    monkeypatch.setattr(line_files, "PART", 1)
    assert check_lines(str(path), "documents", CONTEXT, Processes(2)) == one


def test_addresses_folders_globs_and_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a folder" / "corpus.parquet", table(mixed(), "struct"))
    count = len(check([path]).problems)
    assert count
    assert len(check([tmp_path / "a folder"]).problems) == count
    assert len(check([str(tmp_path / "a*" / "*.parquet")]).problems) == count
    with fsspec.open("memory://corpus/corpus.parquet", "wb") as file:
        file.write(path.read_bytes())
    assert len(check(["memory://corpus/corpus.parquet"]).problems) == count
    monkeypatch.chdir(path.parent)
    plain, several = (
        CliRunner().invoke(app, ["validate", "corpus.parquet", *more]) for more in ([], ["--workers", "2"])
    )
    assert plain.exit_code == several.exit_code == 1
    assert plain.stdout == several.stdout
    assert "corpus.parquet:6:1" in plain.stdout


def test_a_checkout_has_no_parquet_of_documents(example: Path) -> None:
    path = save(example / "annotations" / "corpus.parquet", table([line()], "struct"))
    assert [each.rule for each in check([path]).problems] == ["file-stray"]
    path = save(example / "more" / "corpus.parquet", table([with_span(0, end=0)], "struct"))
    assert [each.rule for each in check([path]).problems] == ["span-empty"]


def rules(path: Path, context: Context = CONTEXT) -> list[tuple[str, str, int]]:
    return [(each.rule, each.pointer, each.line) for each in check_lines(str(path), "documents", context)]


SPAN = pa.struct(FIXED | {"attributes": pa.struct(VALUES)})
USUAL = {"doc": STRING, "text": STRING, "spans": pa.list_(SPAN)}
DATED = pa.struct({"kind": pa.date32()})
COLOURED = pa.struct(VALUES | {"c/d": pa.date32()})
OF_LAYER = {name: kind for name, kind in FIXED.items() if name != "layer"}
LAYERED = {"doc": STRING, "text": STRING} | {
    layer.name: pa.list_(pa.struct(OF_LAYER | dict.fromkeys(layer.attributes, STRING))) for layer in LAYERS
}
FAULTS: dict[str, tuple[Any, list[str]]] = {
    "no text": ({name: kind for name, kind in USUAL.items() if name != "text"}, [""]),
    "no spans": ({name: kind for name, kind in USUAL.items() if name != "spans"}, [""]),
    "no layer": ({name: kind for name, kind in LAYERED.items() if name != "cue"}, [""]),
    "nothing": ({"river": INTEGER}, ["", "", ""]),
    "text an integer": (USUAL | {"text": INTEGER}, ["/text"]),
    "doc bytes": (USUAL | {"doc": pa.binary()}, ["/doc"]),
    "spans a string": (USUAL | {"spans": STRING}, ["/spans"]),
    "spans a map": (USUAL | {"spans": pa.map_(STRING, STRING)}, ["/spans"]),
    "spans of strings": (USUAL | {"spans": pa.list_(STRING)}, ["/spans"]),
    "start a float": (USUAL | {"spans": pa.list_(pa.struct(FIXED | {"start": pa.float64(), "attributes": STRING}))},
                      ["/spans/start"]),
    "no attributes": (USUAL | {"spans": pa.list_(pa.struct(FIXED))}, ["/spans"]),
    "attributes a date": (USUAL | {"spans": pa.list_(pa.struct(FIXED | {"attributes": pa.date32()}))},
                          ["/spans/attributes"]),
    "an attribute a date": (USUAL | {"spans": pa.list_(pa.struct(FIXED | {"attributes": DATED}))},
                            ["/spans/attributes/kind"]),
    "an unknown attribute": (USUAL | {"spans": pa.list_(pa.struct(FIXED | {"attributes": COLOURED}))},
                             ["/spans/attributes/c~1d"]),
    "an unknown attribute of a layer": (LAYERED | {"cue": pa.list_(pa.struct(OF_LAYER | {"kind": STRING}))},
                                        ["/cue/kind"]),
    "twice": ([*USUAL.items(), ("doc", STRING)], ["/doc"]),
    "both layouts": (USUAL | {"cue": pa.list_(SPAN)}, ["/cue"]),
    "an unknown field": (USUAL | {"spans": pa.list_(pa.struct([*SPAN, ("score", pa.float64())]))}, ["/spans/score"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_columns_that_are_missing_or_wrong(name: str, tmp_path: Path) -> None:
    columns, pointers = FAULTS[name]
    schema = pa.schema(columns)
    path = save(
        tmp_path / "x.parquet", pa.Table.from_arrays([pa.nulls(2, each.type) for each in schema], schema=schema)
    )
    assert rules(path) == [("parquet-columns", pointer, 1) for pointer in pointers]
    mends = ("make it", "add", "keep one", "remove it")
    assert all(sum(map(each.message.count, mends)) == 1 for each in check_lines(str(path), "documents", CONTEXT))


def test_a_wrong_type_is_named_as_the_file_has_it(tmp_path: Path) -> None:
    span = pa.struct(FIXED | {"start": STRING, "attributes": STRING})
    made = pa.table({"doc": ["a"], "text": [b"b"], "spans": pa.nulls(1, pa.list_(span))})
    found = {
        each.pointer: each.message
        for each in check_lines(str(save(tmp_path / "x.parquet", made)), "documents", CONTEXT)
    }
    assert found == {
        "/text": "the column text is binary: make it a string",
        "/spans/start": "the column spans/start is string: make it an integer",
    }


@pytest.mark.parametrize("kept", [0, 4, 200, -20])
@pytest.mark.parametrize("end", [b"", b"PARE", b"\xff\xff\xff\x7fPAR1", b"\x00\x00\x00\x00PAR1"])
def test_what_is_no_parquet(kept: int, end: bytes, tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", table([line()], "struct"))
    path.write_bytes(path.read_bytes()[:kept] + end)
    assert rules(path) == [("parquet-broken", "", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"doc": "mill"}\n', "this is JSON, not Parquet: let the name end with .jsonl"),
        (b"doc,text\na,b\n", "this is text, not Parquet"),
        (b"\x1f\x8b\x08\x00", "this is gzip, not Parquet"),
        (b"PK\x03\x04", "this is zip, not Parquet"),
        (b"<!DOCTYPE html>\n<html></html>", "this is HTML or XML: fetch the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\n", "this only points to a file in Git LFS"),
    ],
)
def test_what_a_file_is_in_place_of_parquet(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    path.write_bytes(content)
    for engine in (in_process, Processes(2)):
        (problem,) = check([path], engine=engine).problems
        assert problem.rule == "parquet-broken"
        assert problem.message.startswith(message)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [line(doc=f"d{number}") for number in range(5)]
    return save(tmp_path_factory.mktemp("sound") / "x.parquet", table(rows, "struct"), row_group_size=2)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(changes=st.lists(st.tuples(st.integers(-12_000, -1), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damage_is_more_than_a_problem(changes: list[tuple[int, int]], sound: Path) -> None:
    data = bytearray(sound.read_bytes())
    for place, value in changes:
        data[max(place, -len(data))] = value
    path = sound.with_name("damaged.parquet")
    path.write_bytes(data)
    assert all(each.line >= 1 and each.message for each in check_lines(str(path), "documents", CONTEXT))


def test_what_is_encrypted_or_not_there(tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", table([line()], "struct"))
    path.write_bytes(path.read_bytes()[:-4] + b"PARE")
    assert "without encryption" in check_lines(str(path), "documents", CONTEXT)[0].message
    assert rules(tmp_path / "none.parquet") == [("file-unreadable", "", 1)]
    assert rules(tmp_path) == [("file-unreadable", "", 1)]


def test_a_broken_row_group_does_not_hide_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line(doc=f"d{number}") for number in range(30)]
    rows[2], rows[25] = line(doc="x y"), line(doc="d0")
    path = save(tmp_path / "x.parquet", table(rows, "struct"), row_group_size=10, write_page_checksum=True)
    column = pq.read_metadata(path).row_group(1).column(1)
    data = bytearray(path.read_bytes())
    data[column.dictionary_page_offset + column.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(data)
    found = rules(path)
    assert found == [("schema", "/doc", 3), ("parquet-broken", "", 11), ("doc-duplicate", "/doc", 26)]
    monkeypatch.setattr(line_files, "PART", 1)
    assert [
        (each.rule, each.pointer, each.line) for each in check_lines(str(path), "documents", CONTEXT, Processes(2))
    ] == found


def swelling(rows: int, repeated: int) -> pa.Table:
    """Return rows with a text that is the same in each, and spans that are."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * repeated]))
    return pa.table(
        {
            "doc": [f"d{row}" for row in range(rows)],
            "text": texts,
            "spans": pa.array([[]] * rows, table([], "json").schema[2].type),
        }
    )


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False, "compression": "zstd"}])
def test_a_row_group_that_swells(options: dict[str, Any], tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", swelling(40, 3_000_000), **options)
    assert path.stat().st_size < 400_000
    assert [rule for rule, _, _ in rules(path)] == ["compression-ratio"]


def test_rows_that_swell_a_little_are_held_few_at_a_time(tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", swelling(20, 3_000_000))
    with open_table(str(path)) as (opened, length):
        assert [batch.num_rows for batch in batches(opened, length, 0)] == [2] * 10


def test_a_row_too_long_is_told_as_a_line_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "LONGEST_LINE", 20_000)
    documents: list[dict[str, Any]] = [{"doc": f"mill-{n}", "text": "A mill.", "spans": []} for n in range(40)]
    documents[7]["text"] = "x" * 20_001
    documents[9]["text"] = ""
    path = save(tmp_path / "x.parquet", table(documents, "struct"))
    assert rules(path) == [("line-too-long", "", 8), ("schema", "/text", 10)]
    read = list(read_lines(path, "documents", CONTEXT.schemas, lambda row: json.dumps(row).encode()))
    assert [source.line for source in read] == list(range(1, 41))
    assert [problem.rule for problem in read[7].problems] == ["line-too-long"]


def test_no_rows_and_null_rows(tmp_path: Path) -> None:
    assert rules(save(tmp_path / "x.parquet", table([], "struct"))) == [("predictions-empty", "", 1)]
    schema = pa.schema(USUAL)
    nulls = pa.Table.from_arrays([pa.nulls(1, each.type) for each in schema], schema=schema)
    null_span = pa.Table.from_pylist([{"doc": "d", "text": "a", "spans": [None]}], schema)
    found = rules(save(tmp_path / "x.parquet", pa.concat_tables([nulls, null_span])))
    assert found == [("schema", "/doc", 1), ("schema", "/text", 1), ("schema", "/spans", 1), ("schema", "/spans/0", 2)]
    nothing = pa.table({"doc": ["a"], "text": ["b"], "spans": [[]]})
    assert rules(save(tmp_path / "x.parquet", nothing)) == []
    nulls = pa.Table.from_pylist([{"doc": "d", "text": "a"}], table([], "layers").schema)
    assert rules(save(tmp_path / "x.parquet", nulls)) == []


@pytest.mark.parametrize("name", ["doc", "text", "spans", "cue"])
@pytest.mark.parametrize("layout", ["struct", "layers"])
def test_columns_of_nulls_alone(name: str, layout: str, tmp_path: Path) -> None:
    made = table([line(), line(doc="d1")], layout)
    if name not in made.column_names:
        return
    path = save(tmp_path / "x.parquet", made.set_column(made.column_names.index(name), name, pa.nulls(2)))
    assert {each.line for each in check_lines(str(path), "documents", CONTEXT)} == {1, 2}


@pytest.mark.parametrize("layout", ["struct", "map", "json"])
def test_attributes_that_are_null(layout: str, tmp_path: Path) -> None:
    made = table([line(spans=[span_entry(Span("c1", "cue", 10, 14, TEXT[10:14]))])], layout)
    [row] = made.to_pylist()
    row["spans"][0]["attributes"] = None
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist([row], made.schema))
    assert rules(path) == [("schema", "/spans/0/attributes", 1)]


def test_strings_that_are_no_utf_8(tmp_path: Path) -> None:
    made = table([line(), line(doc="d1")], "struct")
    bad = pa.array([TEXT.encode(), b"a\xed\xa0\x80"], pa.binary()).view(STRING)
    path = save(tmp_path / "x.parquet", made.set_column(1, "text", bad))
    assert rules(path) == [("json-encoding", "", 2)]


@pytest.mark.parametrize("changed", [
    {"spans": pa.large_list(SPAN), "doc": pa.large_string()},
    {"doc": pa.dictionary(pa.int32(), STRING), "text": pa.dictionary(pa.int32(), STRING)},
    {"spans": pa.list_(pa.struct(FIXED | {"start": pa.uint16(), "end": pa.int32(), "attributes": pa.struct(VALUES)}))},
])  # fmt: skip
def test_other_types_of_the_same_values(changed: dict[str, Any], tmp_path: Path) -> None:
    rows = [line(), with_span(1, text="sayd") | {"doc": "d1"}]
    made = pa.Table.from_pylist(rows, pa.schema(USUAL)).cast(pa.schema(USUAL | changed))
    assert rules(save(tmp_path / "x.parquet", made)) == [("span-text-mismatch", "/spans/1/text", 2)]


@pytest.mark.parametrize("given", ["{", '{"entity": "a", "entity": "b"}', '{}, "x": {}', "[" * 9000, '{"entity": NaN}'])
def test_attributes_that_are_no_strict_json_stay_a_string(given: str, tmp_path: Path) -> None:
    made = table([line()], "json").to_pylist()
    made[0]["spans"][0]["attributes"] = given
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist(made, table([], "json").schema))
    assert rules(path) == [("schema", "/spans/0/attributes", 1)]


def test_a_key_that_stands_twice_in_a_map(tmp_path: Path) -> None:
    made = table([line()], "map").to_pylist()
    made[0]["spans"][0]["attributes"] += [("entity", "bo")]
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist(made, table([], "map").schema))
    assert [rule for rule, _, _ in rules(path)] == ["json-duplicate-key"]


def test_values_of_other_types_are_judged_row_by_row(tmp_path: Path) -> None:
    kinds = VALUES | {"minimum": pa.decimal128(9, 2), "entity": pa.null(), "currency": pa.bool_()}
    schema = pa.schema(USUAL | {"spans": pa.list_(pa.struct(FIXED | {"attributes": pa.struct(kinds)}))})
    rows = with_attributes(3, minimum=Decimal(5), currency=True)
    rows["spans"] = [rows["spans"][3]]
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist([rows, rows | {"doc": "d1", "spans": []}], schema))
    assert rules(path) == [("schema", "/spans/0/attributes/currency", 1)]


def test_a_release_s_articles_are_in_order() -> None:
    folder = Path(__file__).parents[1] / "dataset" / "data" / "articles"
    assert check(sorted(folder.glob("*.parquet"))).problems == ()


def test_memory_does_not_grow_with_a_row_group(tmp_path: Path) -> None:
    """However many rows a row group has, few are held at once."""
    rows = table([line(doc=f"d{number}") for number in range(2000)], "struct")
    path = save(tmp_path / "x.parquet", rows, row_group_size=2000)
    sizes: list[int] = []

    class Spy(ColumnCheck):
        def in_order(self, batch: pa.RecordBatch) -> Any:
            sizes.append(batch.num_rows)
            return super().in_order(batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chipstance.parquet_check.ColumnCheck", Spy)
        assert rules(path) == []
    assert sum(sizes) == 2000
    assert max(sizes) <= 500
