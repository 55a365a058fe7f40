"""Files of lines: the quick way accepts nothing that the exact way refuses, and no cutting changes what is found."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance import line_files, streams
from chipstance.cli import app
from chipstance.context import Context
from chipstance.corpus import span_entry
from chipstance.engines import Processes
from chipstance.folders import schema_folder
from chipstance.inputs import DOCUMENTS, PREDICTIONS, UNCLEAR, Part, cut
from chipstance.judge import judge_line
from chipstance.line_check import Outcome
from chipstance.line_files import Task, check_lines, in_process
from chipstance.line_kinds import ASKED, LOOKED_AT, kind_of
from chipstance.locate import JsonError, decode
from chipstance.model import Document, Problem, Span
from chipstance.quick import Quick
from chipstance.schemas import load_schemas
from chipstance.sources import parse_source
from chipstance.streams import Line
from chipstance.validate import check
from example_scores import LAYERS, documents

SCHEMAS = schema_folder()
CONTEXT = Context(None, load_schemas(SCHEMAS), SCHEMAS / "layers.json")
QUICK = Quick(LAYERS)
TEXT = "Ada Quill said so. Über 5 £ 😀 e\u0301 zero."


def line(text: str = TEXT, **changes: Any) -> dict[str, Any]:
    spans = [
        Span("p1", "speaker", 0, 9, text[0:9], {"entity": "ada-quill", "mention": "name"}),
        Span("c1", "cue", 10, 14, text[10:14]),
        Span(
            "q1", "statement", 15, 17, text[15:17],
            {"speaker": "p1", "cue": "c1", "kind": "direct", "utterance": None},
        ),
        Span(
            "m1", "money", 24, 27, text[24:27],
            {"currency": "GBP", "minimum": "5", "maximum": "5", "qualifier": "exact"},
        ),
    ]  # fmt: skip
    return {"doc": "quarry", "text": text, "spans": [span_entry(span) for span in spans]} | changes


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def exactly(data: bytes) -> list[Problem]:
    try:
        text = decode(data)
    except JsonError as error:
        return [Problem(error.rule, "", "", str(error))]
    return judge_line(parse_source(Path("x.jsonl"), DOCUMENTS, text, 1, CONTEXT.schemas), CONTEXT)


def with_span(number: int, **changes: Any) -> dict[str, Any]:
    changed = line()
    changed["spans"][number] |= changes
    return changed


def with_attributes(number: int, **changes: Any) -> dict[str, Any]:
    changed = line()
    changed["spans"][number]["attributes"] |= changes
    return changed


def test_what_is_in_order_is_seen_quickly() -> None:
    assert exactly(written(line())) == []
    assert QUICK.doc(written(line())) == "quarry"
    assert QUICK.doc(written(line(spans=[]))) == "quarry"
    assert QUICK.doc(json.dumps(line()).encode()) == "quarry"
    assert QUICK.doc(written(line('Ada Quill said "so":  Über 5 £ done.', spans=[]))) == "quarry"


BROKEN = {
    "no text": {"doc": "quarry", "spans": []},
    "empty text": line("", spans=[]),
    "text no string": line() | {"text": 3},
    "doc no slug": line(doc="Quarry/.."),
    "doc too long": line(doc="q" * 81),
    "unknown key": line(more=1),
    "spans no list": line(spans={}),
    "unknown layer": with_span(0, layer="river"),
    "id no slug": with_span(0, id="P 1"),
    "id twice": with_span(1, id="p1"),
    "start a float": with_span(0, start=0.0),
    "start true": with_span(1, start=True),
    "start below zero": with_span(0, start=-1),
    "end past the text": with_span(0, end=10_000),
    "end before start": with_span(0, end=0),
    "other text": with_span(0, text="Ada Quilt"),
    "empty span": with_span(0, end=0, text=""),
    "white space": with_span(0, end=10, text="Ada Quill "),
    "unknown attribute": with_attributes(0, colour="red"),
    "value not allowed": with_attributes(0, mention="alias"),
    "null not allowed": with_attributes(0, mention=None),
    "entity no slug": with_attributes(0, entity="Ada Quill"),
    "no currency": with_attributes(3, currency="QQQ"),
    "no decimal": with_attributes(3, minimum="5.0"),
    "decimal a number": with_attributes(3, minimum=5),
    "bounds swapped": with_attributes(3, minimum="6"),
    "link to nothing": with_attributes(2, speaker="p9"),
    "link to another layer": with_attributes(2, speaker="c1"),
    "attribute missing": with_span(0, attributes={"entity": None}),
    "repaired false": with_span(0, repaired=False),
    "cut off a mark": line(spans=[span_entry(Span("o1", "organization", 30, 31, "e", {"entity": "ada"}))]),
    "overlap": line(
        spans=[span_entry(Span(f"c{n}", "cue", n, 9, TEXT[n:9])) for n in (0, 4)],
    ),
    "the same twice": line(
        spans=[span_entry(Span(f"t{n}", "stance", 0, 9, TEXT[:9], {"target": "open_source", "polarity": "favor",
                                                                  "holder": None, "explicit": True}))
               for n in (0, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_left_to_the_exact_way(broken: Any) -> None:
    assert exactly(written(broken))
    assert QUICK.doc(written(broken)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"null", b"[]", b'{"doc": "quarry"', b'{"doc": "a", "text": "b", "spans": []} {}',
        b"\xef\xbb\xbf" + written(line()), written(line()).replace(b"said", b"s\xffid"), b"[" * 100_000,
        written(line()).replace(b'"id": "p1"', b'"id": "p1", "id": "p1"', 1),
        written(line()).replace(b'"doc": "quarry"', b'"doc": "x", "doc": "quarry"', 1),
        written(line()).replace(b'"start": 0', b'"start": ' + b"9" * 5000, 1),
        written(line()).replace(b'"start": 0', b'"start": NaN', 1),
        written(line()).replace(b"Ada Quill", b"Ada \\ud800", 1),
    ],
)  # fmt: skip
def test_what_is_no_strict_json_is_left_to_the_exact_way(data: bytes) -> None:
    assert exactly(data)
    assert QUICK.doc(data) is None


@settings(max_examples=150, deadline=None)
@given(documents(most=6), st.data())
def test_what_is_quickly_accepted_is_in_order(document: Document, draw: st.DataObject) -> None:
    data = bytearray(written({"doc": document.id, "text": document.text, "spans": [*map(span_entry, document)]}))
    for _ in range(draw.draw(st.integers(0, 2))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + draw.draw(st.integers(0, 3))] = draw.draw(
            st.sampled_from([b"", b"1", b'"', b" ", b"\xc3", b"-"])
        )
    if QUICK.doc(bytes(data)) is not None:
        assert exactly(bytes(data)) == []


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "mixed.jsonl"
    path.parent.mkdir()
    rows = [written(line(doc=f"quarry-{number % 17}")) for number in range(40)]
    rows[3], rows[9], rows[20] = b"{", b"", written(line(doc="quarry-3", text=""))
    path.write_bytes(b"\n".join(rows))
    return path


def in_small_parts(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
    for task in tasks:
        for part in cut(Part(task.part.address), 700):
            small = replace(task, part=part, kind=DOCUMENTS)
            yield small, small.outcome(contexts)


def test_no_cutting_changes_what_is_found(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check_lines(str(mixed), "", CONTEXT)
    lines = [(problem.rule, problem.line) for problem in whole if problem.rule != "doc-duplicate"]
    assert lines == [("json-syntax", 4), ("json-syntax", 10), ("schema", 21), *lines[3:]]
    twice = [problem for problem in whole if problem.rule == "doc-duplicate"]
    # lines 4 and 10 have no document that could be read, so lines 21 and 27 are the first with theirs
    assert [problem.line for problem in twice] == [number for number in range(18, 41) if number not in (21, 27)]
    assert all(problem.column == 9 for problem in twice)
    assert check_lines(str(mixed), "", CONTEXT, in_small_parts) == whole
    monkeypatch.setattr(line_files, "PART", 3000)
    assert check_lines(str(mixed), "", CONTEXT, Processes(2)) == whole


def test_a_broken_stream_keeps_what_came_before(tmp_path: Path) -> None:
    import gzip

    rows = b"".join(written(line(doc=f"quarry-{number}")) + b"\n" for number in range(3000))
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(rows.replace(b'"doc": "quarry-7"', b'"dok": "quarry-7"'))[:-2000])
    problems = check_lines(str(path), "", CONTEXT)
    assert [problem.rule for problem in problems][:1] == ["schema"]
    assert [problem.rule for problem in problems][-1:] == ["compression-broken"]
    assert problems[0].line == 8
    readable = zlib.decompressobj(wbits=31).decompress(path.read_bytes())
    assert problems[-1].line == readable.count(b"\n") + 1 > 1000


TOLD = b'{"spans": [], "text": "a", "doc": "b"}'
PREDICTED = b'{"doc": "b", "spans": [{"text": "a"}]}'


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([written(line())], DOCUMENTS),
        ([TOLD, PREDICTED], DOCUMENTS),
        ([PREDICTED, TOLD], DOCUMENTS),
        ([PREDICTED, TOLD, PREDICTED], PREDICTIONS),
        ([PREDICTED, TOLD, TOLD], DOCUMENTS),
        ([b"", TOLD, *[PREDICTED] * 2, *[b"{"] * 99, PREDICTED], PREDICTIONS),
        ([*[PREDICTED] * ASKED, *[TOLD] * LOOKED_AT], PREDICTIONS),
        ([b'{"doc": "b", "answer": "x"}'], PREDICTIONS),
        ([b'{"doc": "b", "Text": "a", "spans": []}', TOLD], DOCUMENTS),
        ([b'{"doc": "b", "score": 1, "spans": []}', b"{}"], PREDICTIONS),
        ([b'{"doc": "b", "text": "cut', PREDICTED], PREDICTIONS),
        ([b"{}", b"[]", b'{"doc": "b"}', b"3"], UNCLEAR),
        ([b"{}"] * LOOKED_AT + [TOLD], UNCLEAR),
        ([], UNCLEAR),
    ],
)
def test_a_file_is_what_most_of_the_first_lines_are_that_tell(rows: list[bytes], kind: str) -> None:
    assert kind_of(Line(number, data) for number, data in enumerate(rows, start=1)) == kind


BEFORE = {
    "an empty line": (b"", {"json-syntax"}),
    "a comment": (b"# comment", {"json-syntax"}),
    "a conflict": (b"<<<<<<< HEAD", {"json-syntax"}),
    "null": (b"null", {"schema"}),
    "a header": (b'{"version": 1}', {"schema"}),
    "deep": (b"[" * 100_000, {"json-depth"}),
    "Text": (b'{"doc": "m", "Text": "abc", "spans": []}', {"schema"}),
    "a byte order mark": (b"\xef\xbb\xbf{}", {"json-encoding"}),
}


@pytest.mark.parametrize(("first", "rules"), BEFORE.values(), ids=BEFORE)
def test_a_first_line_that_is_wrong_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bytes, rules: set[str]
) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"\n".join([first, *(written(line(doc=f"quarry-{number}")) for number in range(30))]))
    whole = check_lines(str(path), "", CONTEXT)
    assert {(problem.rule, problem.line) for problem in whole} == {(rule, 1) for rule in rules}
    monkeypatch.setattr(line_files, "PART", 3000)
    assert check_lines(str(path), "", CONTEXT, Processes(2)) == whole


def test_a_first_line_that_is_too_long_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_LINE", 5000)
    path = tmp_path / "some.jsonl"
    path.write_bytes(written(line("x" * 9000)) + b"\n" + written(line()))
    assert [(problem.rule, problem.line) for problem in check_lines(str(path), "", CONTEXT)] == [("line-too-long", 1)]


@pytest.mark.parametrize("rows", [[b'{"a": 1}'], [b"{", b"null", b"3", b"[1,"]])
def test_lines_that_nobody_can_tell_are_one_problem_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[bytes]
) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"\n".join(rows * 50))
    (tmp_path / "other.jsonl").write_bytes(b"<\n>\n")
    whole = check([tmp_path])
    unclear = [problem for problem in whole.problems if problem.rule == "kind-unknown"]
    assert [(Path(problem.path).name, problem.line) for problem in unclear] == [("some.jsonl", 1)]
    assert "--kind documents or --kind predictions" in unclear[0].message
    broken = [problem for problem in whole.problems if problem not in unclear]
    assert {problem.rule for problem in broken} == {"json-syntax"}
    assert len(broken) == 1 + sum(row in (b"{", b"[1,") for row in rows)
    monkeypatch.setattr(line_files, "PART", 20)
    assert check([tmp_path], engine=Processes(2)) == whole


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n"
"""What Git LFS writes in place of a file."""


def test_a_first_document_without_its_text_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_files, "PART", 200)
    first = {name: value for name, value in line().items() if name != "text"}
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"".join(written(each) + b"\n" for each in (first, *(line(doc=name) for name in "abc"))))
    for run in (in_process, in_two):
        (problem,) = check_lines(str(path), "", CONTEXT, run)
        assert (problem.rule, problem.line, problem.message) == ("schema", 1, "the key 'text' is missing: add it")


def test_a_file_that_is_something_else_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bz2
    import gzip
    import lzma

    rows = b"".join(written(line(doc=f"quarry-{number}")) + b"\n" for number in range(300))
    packed = zstandard.ZstdCompressor().compress(rows)
    utf_16, utf_32 = (rows.decode().encode(name) for name in ("utf-16", "utf-32"))
    monkeypatch.setattr(line_files, "PART", 200)
    for name, content, rule, message in (
        ("x.jsonl", gzip.compress(rows), "compression-broken", "this is gzip: let the name end with .gz"),
        ("x.jsonl", packed, "compression-broken", "this is Zstandard: let the name end with .zst"),
        ("x.jsonl.gz", packed, "compression-broken", "this is Zstandard: let the name end with .zst"),
        ("x.jsonl.zst", gzip.compress(rows), "compression-broken", "this is gzip: let the name end with .gz"),
        ("x.jsonl.gz", gzip.compress(packed), "compression-broken", "it is compressed twice: compress it once"),
        ("x.jsonl.gz", gzip.compress(gzip.compress(rows)), "compression-broken", "it is compressed twice"),
        ("x.jsonl.gz", rows, "compression-broken", "it is not compressed: let the name end without .gz"),
        ("x.ndjson.zst", rows, "compression-broken", "it is not compressed: let the name end without .zst"),
        ("x.jsonl.gz", POINTER, "compression-broken", "this only points to a file in Git LFS: fetch the file itself"),
        ("x.jsonl.gz", b"\x01\x02\x03" + rows, "compression-broken", "it is no sound gzip"),
        ("x.jsonl", lzma.compress(rows), "compression-broken", "this is xz, which is not read"),
        ("x.jsonl", bz2.compress(rows), "compression-broken", "this is bzip2, which is not read"),
        ("x.jsonl", b"PK\3\4" + rows, "compression-broken", "this is zip, which is not read"),
        ("x.jsonl", b"PAR1" + rows, "compression-broken", "this is Parquet: let the name end with .parquet"),
        ("x.jsonl.gz", b"", "compression-broken", "is empty"),
        ("x.jsonl.zst", b"", "compression-broken", "is empty"),
        ("x.jsonl", utf_16, "json-encoding", "this is UTF-16: save it as UTF-8"),
        ("x.jsonl", utf_32, "json-encoding", "this is UTF-32: save it as UTF-8"),
        ("x.jsonl", b" \0" + utf_16[2:], "json-encoding", "this is UTF-16: save it as UTF-8"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        for kind in ("", DOCUMENTS):
            (problem,) = check_lines(str(path), kind, CONTEXT)
            assert (problem.rule, problem.line, problem.column) == (rule, 1, 1)
            assert message in problem.message
            assert check_lines(str(path), kind, CONTEXT, in_two) == [problem]


def in_two(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
    """Check as another engine would, for which files are cut."""
    return ((task, task.outcome(contexts)) for task in tasks)


def test_globs_addresses_and_standard_input(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    count = len(check([mixed]).problems)
    assert len(check([str(mixed.parent / "m?xed.json*")]).problems) == count
    with fsspec.open("memory://corpus/mixed.jsonl", "wb") as file:
        file.write(mixed.read_bytes())
    assert len(check(["memory://corpus/*.jsonl"]).problems) == count
    monkeypatch.chdir(mixed.parent)
    assert CliRunner().invoke(app, ["validate", "*.nothing"]).exit_code == 2
    plain, several = (
        CliRunner().invoke(app, ["validate", "mixed.jsonl", "--kind", "documents", *more])
        for more in ([], ["--workers", "2"])
    )
    assert plain.exit_code == several.exit_code == 1
    assert plain.stdout == several.stdout


def test_the_documented_line_is_in_order() -> None:
    text = (Path(__file__).parents[1] / "docs" / "validation.md").read_text("utf-8")
    lines = re.findall(r"^```json\n(.+)\n```$", text, re.MULTILINE)
    assert [QUICK.doc(line.encode()) for line in lines] == ["mill"]
