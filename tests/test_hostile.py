"""Files that mean harm, or were broken on the way: each is a problem of its line, soon, and never a crash."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import zstandard

from chipstance import line_files
from chipstance.engines import Processes
from chipstance.faults import whole
from chipstance.model import Problem
from chipstance.rules import run
from chipstance.rules_manifest import Manifest
from chipstance.sources import MOST_PROBLEMS
from chipstance.streams import HARMLESS, LONGEST_LINE
from chipstance.validate import check

TEXT = "Ada Quill said so. Über 5 £ zero."
SPAN = {"id": "c1", "layer": "cue", "start": 10, "end": 14, "text": "said", "attributes": {}}
DEEP = 100_000


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def document(**changes: Any) -> bytes:
    return written({"doc": "quarry", "text": TEXT, "spans": [SPAN]} | changes)


def with_span(**changes: Any) -> bytes:
    return document(spans=[SPAN | changes])


GOOD = document()


def with_end(number: bytes) -> bytes:
    return GOOD.replace(b'"end": 14', b'"end": ' + number)


def with_money(**changes: Any) -> bytes:
    money = {"currency": "GBP", "minimum": "5", "maximum": "5", "qualifier": "exact"} | changes
    span = {"id": "m1", "layer": "money", "start": 24, "end": 27, "text": "5 £", "attributes": money}
    return document(spans=[span])


HOSTILE: dict[str, tuple[bytes, set[str]]] = {
    "no UTF-8": (GOOD.replace(b"said so", b"s\xffid so"), {"json-encoding"}),
    "cut in a character": (b'{"doc": "quarry", "text": "\xc3', {"json-encoding"}),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, {"json-encoding"}),
    "overlong form": (GOOD.replace(b"said so", b"s\xc0\xaf so"), {"json-encoding"}),
    "beyond Unicode": (GOOD.replace(b"said so", b"\xf4\x90\x80\x80 so"), {"json-encoding"}),
    "surrogate as bytes": (GOOD.replace(b"said so", b"\xed\xa0\x80id so"), {"json-encoding"}),
    "surrogate escaped": (GOOD.replace(b"said so", b"\\ud800id so"), {"json-surrogate"}),
    "surrogate in a key": (GOOD.replace(b'"doc"', b'"\\udc00"'), {"json-surrogate"}),
    "NUL": (GOOD.replace(b"said so", b"\0id so"), {"json-syntax"}),
    "NULs only": (bytes(1000), {"json-syntax"}),
    "NUL in an id": (GOOD.replace(b"quarry", b"qua\\u0000rry"), {"schema"}),
    "key twice": (GOOD.replace(b'"doc"', b'"doc": "x", "\\u0064oc"'), {"json-duplicate-key"}),
    "key of a span twice": (GOOD.replace(b'"id"', b'"i\\u0064": "x", "id"'), {"json-duplicate-key"}),
    "key deep inside twice": (
        GOOD.replace(b'"attributes": {}', b'"attributes": {"a": [{"b": {"c": 1, "c": 1}}]}'),
        {"json-duplicate-key"},
    ),
    "key in two normal forms": (GOOD.replace(b'"doc"', '"\u00e9": 1, "e\u0301": 1, "doc"'.encode()), {"schema"}),
    "key of another script": (GOOD.replace(b'"doc"', '"d\u043e\u0441"'.encode()), {"schema"}),
    "key of a prototype": (document(__proto__={"polluted": True}), {"schema"}),
    "NaN in attributes": (GOOD.replace(b'"attributes": {}', b'"attributes": {"a": NaN}'), {"json-constant"}),
    "NaN": (with_end(b"NaN"), {"json-constant"}),
    "Infinity": (with_end(b"Infinity"), {"json-constant"}),
    "minus Infinity": (with_end(b"-Infinity"), {"json-constant"}),
    "1e999": (with_end(b"1e999"), {"json-constant"}),
    "minus zero": (with_end(b"-0"), {"whole-number"}),
    "a fraction": (with_end(b"14.0"), {"whole-number"}),
    "hexadecimal": (with_end(b"0x0e"), {"json-syntax"}),
    "1,000 digits": (with_end(b"9" * 1000), {"schema"}),
    "100,000 digits": (with_end(b"9" * 100_000), {"json-syntax"}),
    "2**31": (with_end(b"%d" % 2**31), {"schema"}),
    "2**63": (with_end(b"%d" % 2**63), {"schema"}),
    "2**31 - 1": (with_end(b"%d" % (2**31 - 1)), {"span-outside"}),
    "below zero": (with_span(start=-1), {"schema"}),
    "open lists": (b"[" * DEEP, {"json-depth"}),
    "lists": (b"[" * DEEP + b"]" * DEEP, {"json-depth"}),
    "objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, {"json-depth"}),
    "both": (b'[{"a":' * DEEP + b"1" + b"}]" * DEEP, {"json-depth"}),
    "lists in a span": (with_end(b"[" * DEEP + b"]" * DEEP), {"json-depth"}),
    "nothing": (b"  \t", {"json-syntax"}),
    "carriage returns only": (GOOD + b"\r" + GOOD, {"json-syntax"}),
    "line separator": (GOOD + "\u2028".encode() + GOOD, {"json-syntax"}),
    "two values": (GOOD + GOOD, {"json-syntax"}),
    "trailing comma": (GOOD[:-1] + b",}", {"json-syntax"}),
    "single quotes": (GOOD.replace(b'"', b"'"), {"json-syntax"}),
    "comment": (b"/* x */" + GOOD, {"json-syntax"}),
    "null": (b"null", {"schema"}),
    "huge exponent": (with_money(minimum="1e999999999"), {"schema"}),
    "other digits": (with_money(minimum="\u0665"), {"schema"}),
    "line end behind a number": (with_money(minimum="5\n"), {"schema"}),
    "100,000 digits as money": (with_money(minimum="9" * 100_000), {"money-order"}),
    "no object": (b"[3]", {"schema"}),
    "spans null": (document(spans=[None, 3, [], "x"]), {"schema"}),
    "a way out": (document(doc="../../etc/passwd"), {"schema"}),
    "terminal escapes": (document(doc="a\x1b[2J\r\n\x07\u202e\x9b31m"), {"schema"}),
    "terminal escapes in a key": (document(**{"\x1b]0;x\x07": 1}), {"schema"}),
    "id of a megabyte": (document(doc="x" * 1_000_000), {"schema"}),
    "key of a megabyte": (document(**{"x" * 1_000_000: 1}), {"schema"}),
}
"""A line, and the rules that it breaks as a document."""


def plain(found: Sequence[Problem]) -> list[tuple[str, int, int]]:
    return [(problem.rule, problem.line, problem.column) for problem in found]


@pytest.mark.parametrize(("data", "rules"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_is_a_problem_of_its_line(tmp_path: Path, data: bytes, rules: set[str]) -> None:
    (tmp_path / "some.jsonl").write_bytes(document(doc="harbor") + b"\n" + data + b"\n" + document(doc="mill"))
    (tmp_path / "some.jsonl.gz").write_bytes(gzip.compress((tmp_path / "some.jsonl").read_bytes()))
    found, packed = (check([tmp_path / name]).problems for name in ("some.jsonl", "some.jsonl.gz"))
    assert plain(found) == plain(packed)
    assert {problem.rule for problem in found} == rules
    assert {problem.line for problem in found} == {2}
    assert all(len(problem.message) < 2000 for problem in found)
    (tmp_path / "first.jsonl").write_bytes(data)
    for kind in ("documents", "predictions"):
        assert {problem.line for problem in check([tmp_path / "first.jsonl"], kind=kind).problems} == {1}


KINDS = ("annotations/gold/mill.json", "annotations/articles.json", "annotations/entities.json", "schema/layers.json")


@pytest.mark.parametrize(
    ("number", "rule", "message"),
    [
        ("14.0", "whole-number", "14.0 is a whole number: write 14"),
        ("1.4e1", "whole-number", "1.4e1 is a whole number: write 14"),
        ("140E-1", "whole-number", "140E-1 is a whole number: write 14"),
        ("-0.00", "whole-number", "-0.00 is a whole number: write 0"),
        ("10.0000000000000000001", "schema", "10.0000000000000000001 must be a whole number"),
        ("1e-99999", "schema", "1e-99999 must be a whole number"),
        (f"1e-{'9' * 3000}", "schema", "must be a whole number"),
        (f"0.{'0' * 400}1", "schema", "must be a whole number"),
        (f"14.{'0' * 4000}", "whole-number", "is a whole number: write 14"),
    ],
)
def test_a_number_is_shown_as_it_is_written(tmp_path: Path, number: str, rule: str, message: str) -> None:
    (tmp_path / "some.jsonl").write_bytes(GOOD + b"\n" + with_end(number.encode()).replace(b"quarry", b"mill"))
    (problem,) = check([tmp_path / "some.jsonl"]).problems
    assert (problem.rule, problem.line, problem.pointer) == (rule, 2, "/spans/0/end")
    assert problem.message.endswith(message)


def test_a_whole_number_is_told_exactly() -> None:
    assert whole("-1e23") == "-1" + "0" * 23
    assert whole("12.5e1") == "125"
    assert whole("12.5e0") == ""


@pytest.mark.parametrize("name", KINDS)
def test_hostile_content_of_a_whole_file_is_a_problem(example: Path, name: str) -> None:
    path = example / name
    path.parent.mkdir(exist_ok=True)
    for data, _ in HOSTILE.values():
        path.write_bytes(data)
        found = check([path]).problems
        assert path.as_posix() in {problem.path for problem in found}
        assert all(len(problem.message) < 2000 for problem in found)


def test_nothing_raw_gets_into_a_report(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\nb.jsonl"
    path.write_bytes(
        b"\n".join(data for data, _ in HOSTILE.values()) + b"\n" + written({"doc": "\x1b[2J\u202e", "spans": []})
    )
    for form in ("text", "json", "github", "sarif", "junit"):
        command = [sys.executable, "-m", "chipstance", "validate", str(path), "--format", form]
        result = subprocess.run(command, capture_output=True, check=False)
        assert result.returncode == 1
        assert b"Traceback" not in result.stderr
        shown = result.stdout.decode()
        assert all(character.isprintable() or character == "\n" for character in shown)


def test_the_same_is_found_by_any_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for data, _ in HOSTILE.values() if len(data) < 5000 for row in (data, document(doc="mill"), b"")]
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"\r\n".join(rows))
    monkeypatch.setattr(line_files, "PART", 1500)
    whole = check([path]).problems
    assert len(whole) > 40
    assert check([path], engine=Processes(2)).problems == whole


def test_a_report_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"[}\n{]\n" * 25_000)
    monkeypatch.setattr(line_files, "PART", 9000)
    found = check([path]).problems
    assert [problem.rule for problem in found] == ["json-syntax", "json-syntax", "problems-many"]
    assert found[0].message.endswith("(so it is in 5001 places or more, in lines 1, 3, 5, 7, 9 …)")
    assert found[-1].line == MOST_PROBLEMS + 1
    assert check([path], engine=Processes(2)).problems == found
    path.write_bytes((GOOD + b"\n") * (MOST_PROBLEMS + 1))
    found = check([path]).problems
    assert [problem.rule for problem in found] == ["doc-duplicate"]
    assert f"in {MOST_PROBLEMS} places, in lines 2, 3, 4, 5, 6 …" in found[0].message
    path.write_bytes((GOOD + b"\n") * (MOST_PROBLEMS + 2))
    assert len(check([path]).problems) == len(found) + 1
    assert plain(check([path]).problems)[-1] == ("problems-many", MOST_PROBLEMS + 2, 9)


def cue(number: int, start: int, end: int, text: str) -> dict[str, Any]:
    return SPAN | {"id": f"c{number}", "start": start, "end": end, "text": text}


MANY = 4000
WORDS = "ab " * 50_000
CROWDED: dict[str, Callable[[int], dict[str, Any]]] = {
    "overlapping": lambda n: cue(n, n, n + MANY, WORDS[n : n + MANY]),
    "the same": lambda n: cue(n, 0, 2, "ab"),
    "mismatching": lambda n: cue(n, 3 * n, 3 * n + 2, f"z{n}"),
    "claiming it all": lambda n: cue(n, 0, len(WORDS), f"z{n}"),
    "outside": lambda n: cue(n, len(WORDS) + n, len(WORDS) + n + 1, "a"),
    "nested": lambda n: {**cue(n, n, len(WORDS) - n, "a"), "layer": "statement"},
}


@pytest.mark.parametrize("span", CROWDED.values(), ids=CROWDED)
def test_many_spans_cost_no_more_than_they_must(tmp_path: Path, span: Callable[[int], dict[str, Any]]) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(document(text=WORDS, spans=[span(number) for number in range(MANY)]))
    start = time.process_time()
    found = check([path]).problems
    assert time.process_time() - start < 20
    once = found[0].message.endswith(f"(so it is in {MANY} places)")
    assert once or MANY - 1 <= len(found) <= MOST_PROBLEMS + 1


def test_a_line_without_end_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(GOOD + b"\n" + b"x" * (LONGEST_LINE + 1) + b"\n{")
    assert [problem[:2] for problem in plain(check([path]).problems)] == [("line-too-long", 2), ("json-syntax", 3)]
    path.write_bytes(b'{"doc": "a", "text": "' + b"x" * (LONGEST_LINE + 1))
    assert [problem[:2] for problem in plain(check([path]).problems)] == [("line-too-long", 1)]


PACKERS = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}


@pytest.mark.parametrize("suffix", PACKERS)
def test_hostile_compressed_files(tmp_path: Path, suffix: str) -> None:
    pack, path = PACKERS[suffix], tmp_path / f"some.jsonl.{suffix}"
    packed = pack(GOOD * 50)
    bomb = bytes(HARMLESS // 32)
    for content, rule in {
        b"": "compression-broken",
        pack(b""): "predictions-empty",
        pack(b"") * 100_000: "predictions-empty",
        packed[:-3]: "compression-broken",
        packed[:1]: "compression-broken",
        packed + b"rest": "compression-broken",
        packed + packed[:-3]: "compression-broken",
        packed[: len(packed) // 2] + b"?" + packed[len(packed) // 2 + 1 :]: "compression-broken",
        GOOD: "compression-broken",
        PACKERS["zst" if suffix == "gz" else "gz"](GOOD): "compression-broken",
        pack(bomb) * 64: "compression-ratio",
        pack(GOOD) + pack(bomb * 64): "compression-ratio",
        pack(bomb * 64): "compression-ratio",
        pack(b'{"doc": "a", "text": "' + bomb.replace(b"\0", b"x") * 64): "compression-ratio",
    }.items():
        path.write_bytes(content)
        (problem,) = check([path], kind="documents").problems
        assert (problem.rule, problem.line) == (rule, 1)
    path.write_bytes(pack(b"") + pack(GOOD[:20]) + pack(GOOD[20:]))
    assert check([path]).problems == ()


def test_frames_of_zstandard_that_hold_no_data(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl.zst"
    skipped = struct.pack("<II", 0x184D2A50, 5) + b"hello"
    path.write_bytes(skipped + PACKERS["zst"](GOOD) + skipped)
    assert check([path]).problems == ()
    words = zstandard.train_dictionary(1000, [f"abcdefgh{number}".encode() * 50 for number in range(500)])
    path.write_bytes(zstandard.ZstdCompressor(dict_data=words).compress(GOOD))
    assert plain(check([path]).problems) == [("compression-broken", 1, 1)]


@pytest.mark.parametrize("name", ["::set-output name=a::b.jsonl", "x,y:z%0A::error::.jsonl", "##[add-mask]e.jsonl"])
def test_names_are_no_commands_to_github(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"{")
    for form in ("text", "github"):
        command = [sys.executable, "-m", "chipstance", "validate", ".", "--format", form]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 1
        (line,) = result.stdout.splitlines()
        assert line.startswith("::error file=" if form == "github" else ("./::", "x,y:z", "##\\x5b"))


@pytest.mark.skipif(sys.platform != "linux", reason="pipes, and names that are no UTF-8, are Linux's")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl.gz")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "circle.jsonl").symlink_to("circle.jsonl")
    (tmp_path / "gone.jsonl").symlink_to("nowhere.jsonl")
    (tmp_path / "self").symlink_to(".")
    (tmp_path / os.fsdecode(b"caf\xe9.jsonl")).write_bytes(b"{")
    (tmp_path / "folder.jsonl").mkdir()
    found = {Path(problem.path).name: problem.rule for problem in check([tmp_path]).problems}
    unreadable = dict.fromkeys(("pipe.jsonl.gz", "pipe.json", "circle.jsonl", "gone.jsonl"), "file-unreadable")
    assert found == unreadable | {os.fsdecode(b"caf\xe9.jsonl"): "json-syntax"}


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_check_leaves_nothing(tmp_path: Path, workers: str, asked: signal.Signals) -> None:
    process, scratch = _long_check(tmp_path, workers)
    os.killpg(process.pid, asked)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (128 + asked, b"")
    assert errors == b"interrupted before the end\n"
    assert list(scratch.iterdir()) == []
    _all_gone(process.pid)


def test_a_killed_worker_is_told(tmp_path: Path) -> None:
    process, scratch = _long_check(tmp_path, "2")
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,rss="], capture_output=True, text=True, check=True).stdout
    group = [list(map(int, row.split())) for row in listed.splitlines()]
    found = sorted((rss, pid) for pid, pgid, rss in group if pgid == process.pid and pid != process.pid)
    os.kill(found[-1][1], signal.SIGKILL)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (3, b"")
    assert errors.startswith(b"stopped before the end: a process that checks was ended")
    assert errors.count(b"\n") == 1
    assert list(scratch.iterdir()) == []
    _all_gone(process.pid)


def _named(place: int) -> dict[str, Any]:
    attributes = {"entity": None, "mention": "nominal"}
    where = {"start": place, "end": place + 2, "text": "ab"}
    return {"id": f"p{place}", "layer": "speaker", **where, "attributes": attributes}


def _long_check(tmp_path: Path, workers: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Begin a check that takes long, in a group of processes of its own."""
    path, scratch = tmp_path / "long.jsonl", tmp_path / "scratch"
    scratch.mkdir()
    with path.open("wb") as file:
        for number in range(3_000):  # slowly: what is wrong with a line is looked for in all its spans
            line = {"doc": f"d{number}", "text": "ab " * 5000, "spans": [_named(3 * place) for place in range(20)]}
            file.write(written(line | {"more": 1}) + b"\n")
    command = [sys.executable, "-m", "chipstance", "validate", str(path), "--workers", workers]
    environment = os.environ | {"TMPDIR": str(scratch)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True
    )
    time.sleep(2)
    return process, scratch


def _all_gone(group: int) -> None:
    """Wait until no process of a group is left."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("a process is left")


def test_a_damaged_table_of_a_release_is_a_problem(tmp_path: Path) -> None:
    table = (Path(__file__).parent / "cases" / "parquet-columns" / "good-map.parquet").read_bytes()
    for content in (
        table.replace(b"text", b"t\xffxt"),
        table[:-20],
        table[:-30] + b"?" * 22 + table[-8:],
        b"PAR1",
        b"",
    ):
        (tmp_path / "data" / "stance").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "stance" / "test.parquet").write_bytes(content)
        entry = {"path": "data/stance/test.parquet", "config": "stance", "split": "test", "rows": 1}
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        about = {"name": "x", "version": "1.0.0", "canary": "x", "content_sha256": "", "files": [entry], "inputs": []}
        found = run("manifest", Manifest(tmp_path / "manifest.json", about, None))
        assert {(rule, finding.pointer) for rule, finding in found} == {
            ("manifest-rows", "/files/0/rows"),
            ("manifest-content", "/content_sha256"),
        }
