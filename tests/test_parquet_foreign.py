"""Parquet as others write it: every encoding, types that stand for others, names nearly right, and where it lies."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chipstance import parquet_rows
from chipstance.engines import Processes
from chipstance.line_files import check_lines
from chipstance.line_sources import read_predictions
from chipstance.parquet_rows import open_table
from chipstance.validate import check
from example_scores import LAYERS
from test_line_check import BROKEN, CONTEXT, line, with_attributes, with_span, written
from test_parquet_check import (
    FIXED,
    INTEGER,
    LAYOUTS,
    OF_LAYER,
    STRING,
    USUAL,
    VALUES,
    as_lines,
    by_layer,
    places,
    save,
    sorted_by_layer,
    swelling,
    table,
)
from test_parquet_predictions import LINES
from test_parquet_predictions import table as predicted

DOCUMENTS = [
    line(doc="before"), with_span(0, end=0), BROKEN["link to nothing"], with_span(3, text="so"), line(doc="after")
]  # fmt: skip
BY_LENGTH, BY_DIFFERENCE = "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"
NUMBERS = ("BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED")


def leaves(made: pa.Table, folder: Path, kind: str) -> list[str]:
    about = pq.read_metadata(save(folder / "leaves.parquet", made)).schema
    columns = [about.column(number) for number in range(len(about))]
    return [column.path for column in columns if column.physical_type == kind]


def encodings(path: Path, leaf: int) -> list[set[str]]:
    about = pq.read_metadata(path)
    return [set(about.row_group(group).column(leaf).encodings) for group in range(about.num_row_groups)]


def found_in(path: Path, kind: str = "") -> list[tuple[str, str, str]]:
    return [(each.rule, each.pointer, each.message) for each in check_lines(str(path), kind, CONTEXT)]


# --- encodings


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", [BY_LENGTH, BY_DIFFERENCE, "PLAIN"])
def test_strings_in_every_encoding_are_read(encoding: str, layout: str, tmp_path: Path) -> None:
    documents = [sorted_by_layer(each) for each in DOCUMENTS] if layout == "layers" else DOCUMENTS
    made = table(documents, layout)
    wanted = dict.fromkeys(leaves(made, tmp_path, "BYTE_ARRAY"), encoding)
    for changed in (wanted, {"doc": encoding}, {"text": encoding}):
        path = save(tmp_path / "x.parquet", made, use_dictionary=False, column_encoding=changed, row_group_size=2)
        found = places(check_lines(str(path), "documents", CONTEXT))
        assert found == as_lines(documents, tmp_path)
        assert len(found) > 3


@pytest.mark.parametrize("encoding", NUMBERS)
def test_numbers_in_every_encoding_are_read(encoding: str, tmp_path: Path) -> None:
    made = table(DOCUMENTS, "struct")
    wanted = dict.fromkeys(leaves(made, tmp_path, "INT64"), encoding)
    path = save(tmp_path / "x.parquet", made, use_dictionary=False, column_encoding=wanted)
    assert places(check_lines(str(path), "documents", CONTEXT)) == as_lines(DOCUMENTS, tmp_path)


def test_a_column_with_a_dictionary_in_one_row_group_and_none_in_another(tmp_path: Path) -> None:
    half, path = 2048, tmp_path / "x.parquet"
    texts = [f"A mill by river {number if number < half else number % 3}." for number in range(2 * half)]
    rows = [line(text, doc=f"d{number}", spans=[]) for number, text in enumerate(texts)]
    made = table(rows, "json")  # as duckdb sees it
    with duckdb.connect() as connection:
        connection.register("made", made)
        options = f"(FORMAT parquet, PARQUET_VERSION v2, ROW_GROUP_SIZE {half})"
        connection.execute(f"COPY (SELECT * FROM made) TO '{path}' {options}")
    assert encodings(path, 1) == [{BY_LENGTH}, {"RLE_DICTIONARY"}]
    assert found_in(path) == []
    with open_table(str(path)) as (opened, _):
        kinds = [opened.reader(group)[0].schema_arrow.field("text").type for group in (0, 1)]
    assert [pa.types.is_dictionary(kind) for kind in kinds] == [False, True]


def test_predictions_in_a_delta_encoding_are_scored(tmp_path: Path) -> None:
    made = predicted(LINES.values(), "json")
    encoded = {"doc": BY_DIFFERENCE, "answer.list.element": BY_LENGTH, "spans.list.element.layer": BY_LENGTH}
    path = save(tmp_path / "x.parquet", made, use_dictionary=False, column_encoding=encoded)
    found = list(read_predictions(path, CONTEXT))
    assert [(source.line, source.problems) for source in found] == [(number + 1, ()) for number in range(len(LINES))]


def test_a_dictionary_that_is_given_up_in_the_middle(tmp_path: Path) -> None:
    rows = [line(f"A mill by river {number}.", doc=f"d{number}", spans=[]) for number in range(3000)]
    path = save(tmp_path / "x.parquet", table(rows, "json"), dictionary_pagesize_limit=9000, data_page_size=2000)
    assert encodings(path, 1) == [{"PLAIN", "RLE", "RLE_DICTIONARY"}]
    assert found_in(path) == []


def test_what_swells_by_its_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"use_dictionary": False, "column_encoding": {"text": BY_DIFFERENCE}}
    made = swelling(40, 3_000_000)  # with no dictionary, which pyarrow would ask for when it reads
    made = made.set_column(1, "text", made.column("text").cast(STRING))
    path = save(tmp_path / "x.parquet", made, **options)
    assert path.stat().st_size < 400_000
    monkeypatch.setattr(parquet_rows, "SWELLING", 16_000_000)
    with open_table(str(path)) as (opened, _):
        assert opened.reader(0)[1] == 5
    assert [rule for rule, _, _ in found_in(path)] == ["compression-ratio"]


def test_a_row_too_long_in_any_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "LONGEST_LINE", 20_000)
    documents = [line(f"A mill. {'x' * 20_001 * (number == 7)}", doc=f"d{number}", spans=[]) for number in range(40)]
    made = table(documents, "struct")
    path = save(tmp_path / "x.parquet", made, use_dictionary=False, column_encoding={"text": BY_LENGTH})
    assert [(each.rule, each.line) for each in check_lines(str(path), "", CONTEXT)] == [("line-too-long", 8)]


def test_an_encoding_that_pyarrow_lacks_is_not_called_damage(tmp_path: Path) -> None:
    made = table(DOCUMENTS, "json")
    made = made.set_column(0, "doc", made.column("doc").dictionary_encode())
    path = save(tmp_path / "x.parquet", made, use_dictionary=False, column_encoding={"doc": BY_LENGTH})
    [(rule, _, message)] = found_in(path)
    assert (rule, message.partition(" (")[0]) == ("parquet-broken", "pyarrow can't read it")
    assert message.endswith(": write its strings plainly or with dictionaries")


# --- types that stand for others


def as_extension(array: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.json_(array.type), array)


def with_spans(made: pa.Table, changed: Callable[[pa.StructArray], pa.Array], kind: str = "list") -> pa.Table:
    """Return a table with other spans, in another kind of list."""
    spans = made.column("spans").combine_chunks()
    flat = changed(spans.values)
    counts = spans.value_lengths().cast(pa.int32())
    offsets = spans.offsets
    match kind:
        case "list":
            lists = pa.ListArray.from_arrays(offsets, flat)
        case "list_view":
            lists = pa.ListViewArray.from_arrays(offsets[:-1], counts, flat)
        case _:
            lists = pa.LargeListViewArray.from_arrays(offsets[:-1].cast(INTEGER), counts.cast(INTEGER), flat)
    return made.set_column(2, "spans", lists)


def replaced(span: pa.StructArray, name: str, changed: Callable[[pa.Array], pa.Array]) -> pa.StructArray:
    names = [each.name for each in span.type]
    return pa.StructArray.from_arrays(
        [changed(span.field(each)) if each == name else span.field(each) for each in names], names
    )


@pytest.mark.parametrize("storage", [STRING, pa.large_string()])
@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {
    "use_dictionary": False, "column_encoding": dict.fromkeys(("doc", "spans.list.element.attributes"), BY_LENGTH)}],
    ids=["dictionary", "plain", "delta"])  # fmt: skip
def test_strings_that_are_json_are_strings(options: dict[str, Any], storage: pa.DataType, tmp_path: Path) -> None:
    def turned(array: pa.Array) -> pa.Array:
        return as_extension(array.cast(storage))

    made = with_spans(table(DOCUMENTS, "json"), lambda flat: replaced(flat, "attributes", turned))
    made = made.set_column(0, "doc", turned(made.column("doc").combine_chunks()))
    path = save(tmp_path / "x.parquet", made, **options)
    assert places(check_lines(str(path), "documents", CONTEXT)) == as_lines(DOCUMENTS, tmp_path)
    with open_table(str(path)) as (opened, _):  # a string that stands in many rows is held once
        kind = opened.reader(0)[0].schema_arrow.field("doc").type
    assert pa.types.is_dictionary(kind) is ("column_encoding" not in options)


def test_values_of_a_map_that_are_json_are_strings(tmp_path: Path) -> None:
    def turned(array: pa.MapArray) -> pa.Array:
        return pa.MapArray.from_arrays(array.offsets, array.keys, as_extension(array.items))

    made = with_spans(table(DOCUMENTS, "map"), lambda flat: replaced(flat, "attributes", turned))
    path = save(tmp_path / "x.parquet", made)
    assert places(check_lines(str(path), "documents", CONTEXT)) == as_lines(DOCUMENTS, tmp_path)


@pytest.mark.parametrize("layout", ["struct", "map", "json"])
@pytest.mark.parametrize("kind", ["list_view", "large_list_view"])
def test_views_of_lists_are_lists(kind: str, layout: str, tmp_path: Path) -> None:
    documents = [*DOCUMENTS, line(doc="none", spans=[])]
    path = save(tmp_path / "x.parquet", with_spans(table(documents, layout), lambda flat: flat, kind))
    assert str(pq.read_schema(path).field("spans").type).startswith(kind)
    assert places(check_lines(str(path), "documents", CONTEXT)) == as_lines(documents, tmp_path)


def test_a_type_that_stores_no_string_is_refused(tmp_path: Path) -> None:
    rows = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16] * len(DOCUMENTS), pa.binary(16)))
    path = save(tmp_path / "x.parquet", table(DOCUMENTS, "json").set_column(0, "doc", rows))
    assert [(rule, pointer) for rule, pointer, _ in found_in(path)] == [("parquet-columns", "/doc")]


@pytest.mark.parametrize("number", [INTEGER, pa.int8(), pa.float64(), pa.float16()])
def test_an_attribute_that_is_a_number_is_one_problem_of_its_column(number: pa.DataType, tmp_path: Path) -> None:
    made = {
        "struct": (pa.struct(VALUES | {"minimum": number, "maximum": pa.decimal128(9, 2)}), "/minimum"),
        "map": (pa.map_(STRING, number), ""),
    }
    for kind, pointer in made.values():
        schema = pa.schema(USUAL | {"spans": pa.list_(pa.struct(FIXED | {"attributes": kind}))})
        path = save(tmp_path / "x.parquet", pa.Table.from_pylist([line(spans=[])], schema))
        [(rule, at, message)] = found_in(path)
        assert (rule, at) == ("parquet-columns", f"/spans/attributes{pointer}")
        assert message.endswith("decimals, or JSON in a string" if not pointer else "a string, boolean or decimal")
    schema = by_layer([line(spans=[])]).schema
    money = pa.list_(pa.struct(OF_LAYER | dict.fromkeys(LAYERS["money"].attributes, STRING) | {"minimum": number}))
    fields = [field.with_type(money) if field.name == "money" else field for field in schema]
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist(by_layer([line(spans=[])]).to_pylist(), pa.schema(fields)))
    assert [(rule, pointer) for rule, pointer, _ in found_in(path)] == [("parquet-columns", "/money/minimum")]


# --- names that are nearly right

SPANS = pa.list_(pa.struct(FIXED | {"attributes": STRING}))
ONE_A_ROW = {"id": STRING, "layer": STRING, "start": INTEGER, "end": INTEGER, "text": STRING}
MEANT = "the column {} is unknown: is {} meant, which is missing?"
UNCLEAR = "nobody can tell what the rows hold: "
NAMES: dict[str, tuple[Mapping[str, pa.DataType], list[str]]] = {
    "capitals": ({"Doc": STRING, "Text": STRING, "Spans": SPANS},
                 [MEANT.format(name, name.lower()) for name in ("Doc", "Text", "Spans")]),
    "one in capitals": ({"DOC": STRING, "text": STRING, "spans": SPANS}, [MEANT.format("DOC", "doc")]),
    "the text in capitals": ({"doc": STRING, "TEXT": STRING, "spans": SPANS}, [MEANT.format("TEXT", "text")]),
    "singular": ({"doc": STRING, "text": STRING, "span": SPANS}, [MEANT.format("span", "spans")]),
    "predictions": ({"Doc": STRING, "Spans": SPANS}, [MEANT.format("Doc", "doc"), MEANT.format("Spans", "spans")]),
    "unclear": ({"Doc": STRING, "span": SPANS}, [f"{UNCLEAR}rename Doc to doc, span to spans, if that is meant"]),
    "an answer": ({"doc": STRING, "Answer": STRING}, [f"{UNCLEAR}rename Answer to answer, if that is meant"]),
    "a layer": ({"doc": STRING, "cues": SPANS}, [f"{UNCLEAR}rename cues to cue, if that is meant"]),
    "something else": ({"doc": STRING, "cues": STRING, "label": STRING}, [f"{UNCLEAR}add the columns text and spans"]),
    "one span a row": ({"doc": STRING, **ONE_A_ROW}, ["this seems to be a table with one row a span: group its rows"]),
    "one span a row with values": ({"Doc": STRING, **ONE_A_ROW, "speaker": STRING},
                                   ["this seems to be a table with one row a span: group its rows by doc"]),
    "places alone": ({"doc": STRING, "layer": STRING, "start": INTEGER, "end": INTEGER},
                     ["this seems to be a table with one row a span: group its rows by doc"]),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_nearly_right(name: str, tmp_path: Path) -> None:
    columns, messages = NAMES[name]
    path = save(tmp_path / "x.parquet", pa.table({name: pa.nulls(1, kind) for name, kind in columns.items()}))
    found = found_in(path)
    assert {rule for rule, _, _ in found} == {"parquet-columns"}
    assert all(said.startswith(message) for (_, _, said), message in zip(found, messages, strict=True))


def test_columns_of_a_flat_table_beside_spans_are_not_looked_at(tmp_path: Path) -> None:
    made = table(DOCUMENTS[:1], "json")
    for name, kind in ONE_A_ROW.items():
        made = made if name == "text" else made.append_column(name, pa.nulls(1, kind))
    assert found_in(save(tmp_path / "x.parquet", made)) == []


# --- JSON in strings


@pytest.mark.parametrize("number", ["1e400", "-0", "1.0", "-0.0", "3"])
@pytest.mark.parametrize("space", ["", " ", "\r\n\t"])
def test_a_number_in_json_is_told_as_in_a_line(number: str, space: str, tmp_path: Path) -> None:
    given = with_attributes(0, entity="@")
    made = table([given], "json").to_pylist()
    attributes = made[0]["spans"][0]["attributes"].replace('"@"', number).replace(" ", space)
    made[0]["spans"][0]["attributes"] = attributes
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist(made, table([], "json").schema))
    (tmp_path / "x.jsonl").write_bytes(written(given).replace(b'"@"', number.encode()) + b"\n")
    found = found_in(path)
    assert len(found) == 1
    assert found == found_in(tmp_path / "x.jsonl", "documents")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ('\ufeff{"entity": "ada"}', "a byte order mark stands here: remove it"),
        ('{"entity": "ada"}{}', "a file of this kind holds one JSON value: write all of it as one, or remove this one"),
    ],
)
def test_why_a_string_holds_no_attributes(given: str, why: str, tmp_path: Path) -> None:
    made = table(DOCUMENTS[:1], "json").to_pylist()
    made[0]["spans"][0]["attributes"] = given
    path = save(tmp_path / "x.parquet", pa.Table.from_pylist(made, table([], "json").schema))
    [(_, _, message)] = found_in(path)
    assert message.endswith(f"must be an object, and this string holds none: {why}")


# --- where and what


class _Whole(SimpleHTTPRequestHandler):
    """Sends no parts, whatever it is asked for."""

    def handle(self) -> None:
        with suppress(OSError):  # who asks may hang up
            super().handle()

    def log_message(self, *_: object) -> None:
        pass


class _Stream(_Whole):
    """Does not say how much it sends."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword.lower() != "content-length":
            super().send_header(keyword, value)


@pytest.fixture(params=[_Whole, _Stream])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(request.param, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x.parquet"
    server.shutdown()
    server.server_close()


def test_a_server_that_sends_no_parts(served: str, tmp_path: Path) -> None:
    long = line("A mill. " + "".join(map(chr, range(0x4E00, 0x9FFF))) * 40, spans=[])  # more than is asked for at once
    rows = [long | {"doc": f"d{number}"} for number in range(4)] + [with_span(0, end=0)]
    options = {"row_group_size": 1, "use_dictionary": False, "compression": "none"}
    path = save(tmp_path / "x.parquet", table(rows, "struct"), **options)
    assert path.stat().st_size > 8 << 20
    found = [(each.rule, each.line) for each in check([path]).problems]
    assert found == [("span-empty", 5)]
    assert [(each.rule, each.line) for each in check([served]).problems] == found
    assert [(each.rule, each.line) for each in check([served], engine=Processes(2)).problems] == found


def test_lines_from_a_server_that_sends_no_parts(served: str, tmp_path: Path) -> None:
    long = line("A mill. " * 1000, spans=[])
    rows = [long | {"doc": f"d{number}"} for number in range(1000)] + [with_span(0, end=0)]
    content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    assert len(content) > 5 << 20
    for name, data in (("x.jsonl", content), ("x.jsonl.gz", gzip.compress(content)), ("lines", content)):
        (tmp_path / name).write_bytes(data)
        found = check([served.replace("x.parquet", name)], kind="documents").problems
        assert [(each.rule, each.line) for each in found] == [("span-empty", 1001)]


@pytest.mark.parametrize(
    ("begin", "name"),
    [(b"ARROW1\0\0", "Arrow IPC (Feather)"), (b"FEA1", "Feather"), (b"\xff\xff\xff\xff\x10", "an Arrow IPC stream"),
     (b"ORC\n\3", "ORC"), (b"Obj\1\4", "Avro")],
)  # fmt: skip
def test_other_tables_are_told_as_what_they_are(begin: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(begin + b"\0" * 40)
    [(rule, _, message)] = found_in(path)
    assert rule == "parquet-broken"
    assert message.startswith(f"this is {name}, not Parquet: ")


@pytest.mark.parametrize("begin", [b"\0\0\0\0", b"XXXX", b"PARE"])
def test_a_file_that_only_ends_as_parquet(begin: bytes, tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", table(DOCUMENTS[:1], "struct"))
    assert found_in(path) == []
    path.write_bytes(begin + path.read_bytes()[4:])
    [(rule, _, message)] = found_in(path)
    assert (rule, message) == (
        "parquet-broken",
        "it ends as Parquet does, but does not begin so: fetch or write it again",
    )
