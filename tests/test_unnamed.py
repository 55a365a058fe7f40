"""Input whose name does not tell what it is, and JSON that is compressed or lies elsewhere."""

from __future__ import annotations

import bz2
import ctypes
import gzip
import json
import lzma
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from typer.testing import CliRunner

from chipstance.cli import app
from chipstance.engines import Processes
from chipstance.line_files import in_process
from chipstance.model import Problem
from chipstance.options import FileKind
from chipstance.schemas import KINDS
from chipstance.streams import LONGEST_LINE
from chipstance.validate import check
from standard_input import as_standard_input

DOCUMENT = {"doc": "quarry", "text": "Ada Quill said so.", "spans": []}
FAULTY = DOCUMENT | {"text": 3}
FAULTS = [("doc-duplicate", "/doc", 2), ("schema", "/text", 2)]
GOLD = "annotations/gold/mill.json"
LINE = 21
"""Where the broken gold labels are."""
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def lines(*documents: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in documents)


def pretty(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def piped(folder: Path, content: bytes, kind: str = "") -> list[tuple[str, str, int]]:
    path = folder / "piped"
    path.write_bytes(content)
    with as_standard_input(path):
        found = check(["-"], kind=kind).problems
    assert {problem.path for problem in found} <= {"-"}
    return places(found)


def places(found: tuple[Problem, ...]) -> list[tuple[str, str, int]]:
    return [(problem.rule, problem.pointer, problem.line) for problem in found]


def broken_gold(example: Path) -> bytes:
    return (example / GOLD).read_bytes().replace(b'"start": 46', b'"start": 47')


def test_standard_input_is_what_its_content_says(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    gold, articles = broken_gold(example), (example / "annotations" / "articles.json").read_bytes()
    mismatch = [("span-text-mismatch", "/spans/1/text", LINE)]
    assert piped(tmp_path, gold) == mismatch
    assert piped(tmp_path, lines(json.loads(gold))) == [("span-text-mismatch", "/spans/1/text", 1)]
    assert piped(tmp_path, articles) == []
    assert piped(tmp_path, pretty({"articles": 3})) == [("schema", "/articles", 2)]
    assert piped(tmp_path, lines({"articles": 3})) == [("schema", "/articles", 1)]
    assert piped(tmp_path, lines(DOCUMENT, FAULTY)) == FAULTS
    assert piped(tmp_path, lines({"doc": "mill", "spans": []}, {"doc": "none", "spans": []})) == [
        ("doc-unknown", "/doc", 2)
    ]
    assert piped(tmp_path, pretty(FAULTY)) == [("schema", "/text", 3)]
    assert piped(tmp_path, pretty([DOCUMENT])) == [("kind-unknown", "", 1)]
    assert piped(tmp_path, b"") == [("predictions-empty", "", 1)]
    assert piped(tmp_path, b"\xff\xfe{") == [("json-encoding", "", 1)]
    assert piped(tmp_path, b'{\n"doc": 1,\n') == [("json-syntax", "", 2)]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_standard_input_may_be_compressed(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert piped(tmp_path, pack(lines(DOCUMENT, FAULTY))) == FAULTS
    assert piped(tmp_path, pack(pretty(FAULTY))) == [("schema", "/text", 3)]
    if pack is not bytes:
        rules = {rule for rule, _, _ in piped(tmp_path, pack(lines(*[DOCUMENT] * 99))[:-3])}
        assert {"compression-broken"} <= rules <= {"compression-broken", "doc-duplicate"}
    for content, rule in ((b"\xfd7zXZ\0\n", "compression-broken"), ("{}\n{}".encode("utf-16"), "json-encoding")):
        assert piped(tmp_path, pack(content)) == [(rule, "", 1)]
        assert piped(tmp_path, pack(content), "edits") == [(rule, "", 1)]


def test_standard_input_may_be_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{"doc": "a", "text": ""}]), tmp_path / "x.parquet")
    data = (tmp_path / "x.parquet").read_bytes()
    assert piped(tmp_path, data) == [("parquet-columns", "", 1)]
    assert piped(tmp_path, data[:-9]) == [("parquet-broken", "", 1)]


def test_a_kind_that_is_given_holds(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example)
    edits = (example / "annotations" / "edits" / "mill.json").read_bytes()
    assert piped(tmp_path, edits, "edits") == []
    assert {rule for rule, _, _ in piped(tmp_path, edits, "entities")} == {"schema"}
    assert piped(tmp_path, pretty(FAULTY), "documents")[0] == ("json-syntax", "", 1)
    (tmp_path / "alone.json").write_bytes(pretty(FAULTY))
    assert places(check([tmp_path / "alone.json"]).problems) == [("schema", "/text", 3)]
    assert places(check([tmp_path / "alone.json"], kind="documents").problems) == [("schema", "/text", 3)]
    assert ("schema", "", 1) in places(check([tmp_path / "alone.json"], kind="articles").problems)
    assert check([example], kind="articles").problems == ()


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("some.jsonl", "articles", "lines and rows are documents or predictions"),
        ("some.parquet", "edits", "lines and rows are documents or predictions"),
        (GOLD, "articles", "the place of another kind, annotations"),
    ],
)
def test_a_kind_that_can_not_be_is_wrong_usage(example: Path, name: str, kind: str, message: str) -> None:
    (example / "some.jsonl").touch()
    (example / "some.parquet").touch()
    result = CliRunner().invoke(app, ["validate", str(example / name), "--kind", kind], env={"COLUMNS": "999"})
    assert result.exit_code == 2
    assert message in result.output


def test_every_kind_can_be_given() -> None:
    assert {kind.value for kind in FileKind} == {"auto", *KINDS}


@pytest.mark.parametrize("suffix", PACKERS)
def test_json_at_an_address(example: Path, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example)
    address = f"memory://there/mill.json{suffix}"
    for name, content in {address: broken_gold(example), "memory://there/other.json": pretty({"x": 1})}.items():
        with fsspec.open(name, "wb") as file:
            file.write(PACKERS[suffix](content) if name == address else content)
    found = check([address]).problems
    assert places(found) == [("span-text-mismatch", "/spans/1/text", LINE)]
    assert found[0].path == address
    assert [(each.rule, each.path) for each in check(["memory://there/other.json"]).problems] == [
        ("kind-unknown", "memory://there/other.json")
    ]
    for form in ("text", "json", "github", "sarif", "junit"):
        output = CliRunner().invoke(app, ["validate", address, "--format", form]).stdout
        assert address.replace(":", "%3A") in output if form == "github" else address in output


def packed(folder: Path) -> None:
    """Write archives with files of every form into a folder."""
    table = folder / "some.parquet"
    pq.write_table(pa.Table.from_pylist([{"doc": "a", "text": ""}]), table)
    for name, content in {
        "one.jsonl": lines(DOCUMENT, FAULTY),
        "two.jsonl": lines(FAULTY),
        "deep/three.jsonl.gz": gzip.compress(lines(FAULTY)),
        "four.json": pretty(FAULTY),
        "five.parquet": table.read_bytes(),
    }.items():
        with zipfile.ZipFile(folder / "z.zip", "a") as archive:
            archive.writestr(name, content)
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(content)
    with tarfile.open(folder / "t.tar.gz", "w:gz") as archive_:
        archive_.add(folder / "in", "")


@pytest.mark.parametrize("chain", ["zip://{}::z.zip", "tar://{}::t.tar.gz", "simplecache::zip://{}::file://{}/z.zip"])
def test_what_lies_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain: str) -> None:
    monkeypatch.chdir(tmp_path)
    packed(tmp_path)
    wrong = {
        "one.jsonl": FAULTS,
        "two.jsonl": [("schema", "/text", 1)],
        "deep/three.jsonl.gz": [("schema", "/text", 1)],
        "four.json": [("schema", "/text", 3)],
        "five.parquet": [("parquet-columns", "", 1)],
    }
    for engine in (in_process, Processes(2)):
        for name, expected in wrong.items():
            address = chain.format(name, tmp_path)
            found = check([address], engine=engine)
            assert (found.paths, places(found.problems)) == ((address,), expected)
        found = check([chain.format("*.jsonl", tmp_path), chain.format("**/*.gz", tmp_path)], engine=engine)
        names = ("deep/three.jsonl.gz", "one.jsonl", "two.jsonl")
        assert found.paths == tuple(chain.format(name, tmp_path) for name in names)
        assert len(found.problems) == 4
    (problem,) = check([chain.format("none.jsonl", tmp_path)]).problems
    assert problem.rule == "file-unreadable"


@pytest.mark.parametrize(
    "address", ["zip://one.jsonl::z.zip", "zip://*.jsonl::z.zip", "zip://one.jsonl::file://{}/z.zip", "file://{}/z.zip"]
)
def test_no_report_goes_over_an_archive_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    packed(tmp_path)
    before = (tmp_path / "z.zip").read_bytes()
    command = ["validate", address.format(tmp_path), "--report", "json=z.zip"]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "999"})
    assert result.exit_code == 2
    assert "z.zip is read" in result.output
    assert (tmp_path / "z.zip").read_bytes() == before


def test_a_folder_at_an_address_says_how_to_name_it(tmp_path: Path) -> None:
    (problem,) = check([f"file://{tmp_path}"]).problems
    assert problem.rule == "file-unreadable"
    assert problem.message.endswith("a folder of this machine, without file://")


ROWS = lines(DOCUMENT)
NEARLY = {
    "a.jsonlines": (ROWS, "this is text: let the name end with .jsonl"),
    "b.jsonl.bz2": (bz2.compress(ROWS), "this is bzip2, which is not read: decompress it, or compress it as gzip"),
    "c.jsonl.gzip": (gzip.compress(ROWS), "this is gzip: let the name end with .jsonl.gz"),
    "d.ndjson.zstd": (PACKERS[".zst"](ROWS), "this is Zstandard: let the name end with .ndjson.zst"),
    "e.JSON.XZ": (lzma.compress(ROWS), "this is xz, which is not read"),
    "f.jsonlines.gz": (gzip.compress(ROWS), "this is gzip: let the name end with .jsonl.gz"),
    "g.jsonl.zip": (b"PK\3\4" + ROWS, "this is zip, which is not read"),
    "h.parquet.gz": (gzip.compress(ROWS), "this is gzip: decompress it, and let the name end with .parquet"),
    "i.parquet.gz": (b"PAR1" + ROWS, "this is Parquet: let the name end with .parquet"),
    "j.pq": (b"PAR1" + ROWS, "this is Parquet: let the name end with .parquet"),
    "k.pq": (ROWS, "this is no Parquet: let the name end as its content asks for"),
    "l.jsonl.lz4": (b"\x04\x22\x4d\x18" + ROWS, "this is no text: decompress it, and let the name end with .jsonl"),
    "m.jsonl.zip": (ROWS, "this is text: let the name end with .jsonl"),
    "n.jsonl.bz2": (b"<html>", "this is HTML or XML: fetch the file itself"),
    "o.jsonlines": (b"", "this is text: let the name end with .jsonl"),
}


def test_names_that_are_nearly_those_of_files_that_are_read(tmp_path: Path) -> None:
    for name, (content, _) in NEARLY.items():
        (tmp_path / name).write_bytes(content)
    for name in ("p.jsonl.bak", "q.json.tmp", "r.txt", "s.gz", "t.json5", "u.tar.gz", "v.bz2"):
        (tmp_path / name).write_bytes(ROWS)
    (tmp_path / "w.pq").mkdir()
    found = check([tmp_path])
    assert [Path(each.path).name for each in found.problems] == list(NEARLY)
    assert found.problems == check([tmp_path / name for name in NEARLY]).problems
    for problem in found.problems:
        assert problem.rule == "kind-unknown"
        assert problem.message.startswith(NEARLY[Path(problem.path).name][1])
    for name in ("p.jsonl.bak", "s.gz"):
        (problem,) = check([tmp_path / name]).problems
        assert problem.message.startswith("no kind of file that ChipStance knows: name JSON")


def test_json_may_be_named_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "SOME.JSON").write_bytes(pretty(FAULTY))
    assert places(check([tmp_path]).problems) == [("schema", "/text", 3)]


@pytest.mark.parametrize("name", ["gold/mill.json", "edits/mill.json", "entities.json", "articles.json"])
def test_a_list_around_a_file_of_a_checkout_is_to_be_removed(example: Path, name: str) -> None:
    path = example / "annotations" / name
    path.write_text(f"[{path.read_text('utf-8')}]", "utf-8")
    (problem,) = (each for each in check([path]).problems if each.path == str(path))
    assert problem.rule == "schema"
    assert problem.message.startswith("this is a list, and the file is to hold one object: remove the list around it")


@pytest.mark.parametrize("name", ["gold/mill.json", "entities.json"])
def test_a_file_of_a_checkout_is_never_lines(example: Path, name: str) -> None:
    path = example / "annotations" / name
    path.write_text('{"id": "a"}\n{"id": "b"}\n', "utf-8")
    (problem,) = (each for each in check([path]).problems if each.path == str(path))
    assert (problem.rule, problem.line) == ("json-syntax", 2)
    assert problem.message.startswith("a file of this kind holds one JSON value: write all of it as one")
    path.write_text(json.dumps([DOCUMENT]), "utf-8")
    assert not any("jsonl" in each.message for each in check([path]).problems)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_json(example: Path, suffix: str) -> None:
    path = example / f"mill.json{suffix}"
    path.write_bytes(PACKERS[suffix](broken_gold(example)))
    found = check([path]).problems
    assert places(found) == [("span-text-mismatch", "/spans/1/text", LINE)]
    assert found[0].path == str(path)
    folder = example / "more"
    folder.mkdir()
    path.rename(folder / path.name)
    assert places(check([folder]).problems) == places(found)
    (folder / path.name).write_bytes(path.name.encode())
    assert places(check([folder]).problems) == [("compression-broken", "", 1)]
    (folder / path.name).write_bytes(PACKERS[suffix](b" " * (LONGEST_LINE + 1)))
    assert {rule for rule, _, _ in places(check([folder]).problems)} <= {"line-too-long", "compression-ratio"}


NAMES = [
    "a b.jsonl",
    "a#b.jsonl",
    "a?b.jsonl",
    "a%20b.jsonl",
    "[a].jsonl",
    "*.jsonl",
    "Ä😀.jsonl",
    "-x.jsonl",
    "a::b.jsonl",
]


@pytest.mark.skipif(sys.platform == "win32", reason="such names are not Windows's")
@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    name += ".jsonl"
    (tmp_path / name).write_bytes(lines(FAULTY))
    (tmp_path / "a5b.jsonl").write_bytes(lines(DOCUMENT))
    result = CliRunner().invoke(app, ["validate", "--format", "json", "--", name])
    assert result.exit_code == 1
    assert [problem["path"] for problem in json.loads(result.stdout)["problems"]] == [name]
    assert check([tmp_path]).files == 2


def test_what_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.jsonl").write_bytes(lines(FAULTY))
    names = [str(tmp_path / "*"), str(tmp_path / "more" / "a.*"), str(tmp_path / "more" / ".." / "more" / "a.jsonl")]
    result = check([*names, tmp_path])
    assert (result.files, len(result.problems)) == (1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices are Linux's")
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "json", "json.gz", "parquet"])
def test_what_can_not_be_read_is_a_problem(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    (tmp_path / f"gone.{suffix}").symlink_to("nowhere")
    (tmp_path / f"device.{suffix}").symlink_to("/dev/zero")
    for names in ([tmp_path / f"{name}.{suffix}" for name in ("pipe", "gone", "device")], [tmp_path / "*"], [tmp_path]):
        found = check(names)
        assert [problem.rule for problem in found.problems] == ["file-unreadable"] * 3
        assert found.files == 3


@contextmanager
def held_to_permissions() -> Iterator[None]:
    """Take away for a while what lets root read files that nobody may."""
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # the version that knows 64 of them
    system = ctypes.CDLL(None, use_errno=True)
    assert system.capget(header, held) == 0
    before = held[0]
    held[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert system.capset(header, held) == 0
    try:
        yield
    finally:
        held[0] = before
        assert system.capset(header, held) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="root has no permissions of its own elsewhere")
def test_a_folder_that_nobody_may_look_into(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "a.jsonl").write_bytes(lines(DOCUMENT))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(pretty(FAULTY)))
    locked.chmod(0)
    try:
        with held_to_permissions():
            for given in (locked, locked / "a.jsonl", locked / "b.parquet", tmp_path / "lock*"):
                assert places(check([given]).problems) == [("file-unreadable", "", 1)]
            assert places(check([tmp_path]).problems) == [("schema", "/text", 3), ("file-unreadable", "", 1)]
            for pattern in ("*/*.jsonl", "**/*.jsonl", "locked/*.jsonl", "*/some/*.jsonl", "**/a.jsonl", "*/**", "*/"):
                (problem,) = (each for each in check([tmp_path / pattern]).problems if each.rule != "schema")
                assert (problem.rule, problem.path) == ("file-unreadable", str(locked))
            assert check([tmp_path / "*.json.gz"]).files == 1
    finally:
        locked.chmod(0o700)


class Failing(BaseHTTPRequestHandler):
    """Says that there is more to come than comes; counts what it is asked for."""

    protocol_version = "HTTP/1.0"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404 if "none" in self.path else 200)
        self.send_header("Content-Length", "999999" if "cut" in self.path else "0")
        self.end_headers()
        self.wfile.write(lines(DOCUMENT, FAULTY) if "cut" in self.path else b"")

    do_HEAD = do_GET  # noqa: N815 (the name that is looked for)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as found:
        Thread(target=found.serve_forever).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.parametrize("name", ["cut.jsonl", "cut.json", "cut", "cut.parquet", "none.jsonl", "none", "none.json.gz"])
def test_what_comes_over_the_network_may_break_off(server: str, name: str) -> None:
    for engine in (in_process, Processes(2)):
        found = check([f"{server}/{name}"], engine=engine).problems
        assert {problem.path for problem in found} == {f"{server}/{name}"}
        assert {"file-unreadable", "parquet-broken"} & {problem.rule for problem in found}


@pytest.mark.parametrize("address", ["nowhere://x.jsonl", "nowhere://x.json", "nowhere://x", "nowhere://x.parquet"])
def test_an_address_that_nobody_knows(address: str) -> None:
    (problem,) = check([address]).problems
    assert (problem.rule, problem.path) == ("file-unreadable", address)
    assert "(Protocol not known: nowhere): mend the address" in problem.message
    with pytest.raises(FileNotFoundError, match="can't be looked up"):
        check(["nowhere://*.jsonl"])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<!DOCTYPE html>\n<html>\n<body>404</body>\n</html>\n", "json-syntax"),
        (b"<html>\n<body>404</body>\n</html>\n", "json-syntax"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n", "json-syntax"),
        (lines(DOCUMENT, DOCUMENT).decode().encode("utf-16-le"), "json-encoding"),
        (lines(DOCUMENT, DOCUMENT).decode().encode("utf-16-be"), "json-encoding"),
    ],
)
def test_what_is_no_json_as_a_whole_is_told_once(tmp_path: Path, content: bytes, rule: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    assert [(problem.rule, problem.line) for problem in check([tmp_path / "a.jsonl"]).problems] == [(rule, 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="files that are open have no names on Windows")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_open_already_is_read_once(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    wrong = json.dumps({"doc": "mill", "text": "A", "spans": [{}]}).encode()
    (tmp_path / "some").write_bytes(pack(wrong))
    with as_standard_input(tmp_path / "some"):
        (piped,) = check(["/dev/stdin"]).problems
        assert check(["-", "/dev/stdin", "/dev/fd/0"]).files == 1
    assert (piped.rule, piped.path) == ("schema", "-")
    with (tmp_path / "some").open("rb") as file:
        name = f"/dev/fd/{file.fileno()}"
        (found,) = check([name]).problems
        assert found == replace(piped, path=name)
    (found,) = check([name]).problems
    assert (found.rule, found.path) == ("file-unreadable", name)


@pytest.mark.skipif(sys.platform == "win32", reason="files that are open have no names on Windows")
def test_a_number_under_which_nothing_is_open_says_so() -> None:
    (problem,) = check(["/dev/fd/99999"]).problems
    assert problem.rule == "file-unreadable"
    assert problem.message.endswith("name a file, or pipe its content into chipstance validate -")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
@pytest.mark.parametrize("name", ["some", "some.json", "some.jsonl", "some.jsonl.gz", "some.parquet", "some.txt"])
def test_a_pipe_with_a_name_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    (found,) = check([tmp_path / name]).problems
    assert found.rule == "file-unreadable"
    assert found.message.endswith("it is no regular file): pipe its content into chipstance validate -")
