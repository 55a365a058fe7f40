"""Whoever checks the lines, what they are judged by is read once and first, and its problems are told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.context import BaseContext
from pathlib import Path

import pytest

from chipstance import __main__, cli, engines, line_check, line_files
from chipstance.context import Context, Given
from chipstance.engines import Processes
from chipstance.engines import _processes as in_new_processes
from chipstance.folders import find_checkout, schema_folder
from chipstance.inputs import PREDICTIONS
from chipstance.layers import Layers
from chipstance.line_check import Outcome
from chipstance.line_files import Engine, Task, check_lines, in_process
from chipstance.quick import Quick
from chipstance.schemas import load_schemas
from chipstance.validate import check
from example_lines import many_files
from example_release import copy_example
from example_scores import LAYERS, TEXT
from ray_cluster import children
from standard_input import as_standard_input

SCHEMAS = schema_folder()


def written(path: Path, *docs: str) -> Path:
    path.write_text("".join(json.dumps({"doc": doc, "spans": [{"id": 3}]}) + "\n" for doc in docs), "utf-8")
    return path


def test_a_broken_text_is_told_whoever_checks(tmp_path: Path) -> None:
    checkout = copy_example(tmp_path / "a checkout")
    with checkout.article("mill").open("a", encoding="utf-8") as file:
        file.write("more")
    path = written(checkout.root / "predictions.jsonl", "mill", "harbor")
    one = check([path])
    assert "article-digest" in {problem.rule for problem in one.problems}
    assert check([path], engine=Processes(2)) == one


def test_broken_layers_are_told_whoever_checks(tmp_path: Path) -> None:
    schemas = tmp_path / "schema"
    schemas.mkdir()
    for each in SCHEMAS.iterdir():
        (schemas / each.name).write_bytes(each.read_bytes())
    (schemas / "layers.json").write_text("{}")
    path = written(tmp_path / "predictions.jsonl", "mill")
    one = check([path], schemas)
    assert "layers.json" in {Path(problem.path).name for problem in one.problems}
    assert check([path], schemas, engine=Processes(2)) == one


@pytest.mark.parametrize("given", [None, Given({"mill": TEXT}, LAYERS)])
def test_what_is_packed_needs_no_file(tmp_path: Path, given: Given | None) -> None:
    checkout = find_checkout(copy_example(tmp_path / "a checkout").root)
    context = Context(checkout, load_schemas(SCHEMAS), SCHEMAS / "layers.json", given)
    path = written(tmp_path / "predictions.jsonl", "mill", "none")
    whole = check_lines(str(path), PREDICTIONS, context)
    packed = context.packed(texts=True)
    assert checkout
    checkout.annotations.rename(tmp_path / "elsewhere")
    packed.layers_path = tmp_path / "gone"
    assert check_lines(str(path), PREDICTIONS, packed) == whole
    assert packed.problems == set()


@pytest.mark.parametrize("workers", [1, 3])
def test_many_files_are_one_stream_of_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    folder = many_files(tmp_path / "some files")
    one = check([folder])
    assert len({problem.path for problem in one.problems}) == one.files == 40
    assert {problem.rule for problem in one.problems} >= {
        "compression-broken", "doc-duplicate", "parquet-broken", "parquet-columns", "predictions-empty", "schema",
    }  # fmt: skip
    assert check([folder], engine=Processes(workers)) == one
    monkeypatch.setattr(line_files, "PART", 300)  # plain files and tables are cut
    assert check([folder], engine=Processes(workers)) == one
    begun = []

    def counted() -> BaseContext:
        begun.append(1)
        return in_new_processes()

    monkeypatch.setattr(engines, "_processes", counted)
    check([folder], engine=Processes(workers))
    assert begun == [1]


def test_the_parts_of_a_file_with_too_many_problems_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_files, "PART", 90_000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{>\n[>\n" * 450_000)
    (tmp_path / "b.jsonl").write_bytes(b"{>\n")
    asked = []

    def engine(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
        for task in tasks:
            asked.append(task.file)
            yield task, task.outcome(contexts)

    found = check([tmp_path], engine=engine)
    assert asked == [0, 1]
    assert [problem.rule for problem in found.problems[-2:]] == ["problems-many", "json-syntax"]
    assert found == check([tmp_path])


def test_how_to_look_quickly_is_made_once_for_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(Quick):
        def __init__(self, layers: Layers) -> None:
            made.append(layers)
            super().__init__(layers)

    monkeypatch.setattr(line_check, "Quick", Counted)
    monkeypatch.setattr(line_files, "PART", 40)
    path = tmp_path / "some.jsonl"
    path.write_text("".join(f'{{"doc": "mill-{n}", "text": "It hums.", "spans": []}}\n' for n in range(9)), "utf-8")
    parts: list[Task] = []

    def engine(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
        parts.extend(tasks)
        return ((task, task.outcome(contexts)) for task in parts)

    assert not check([path], engine=engine).problems
    assert len(parts) > len(made) == 1


@pytest.mark.parametrize("arguments", [["--workers", "2"], ["--workers=12"]])
def test_processes_are_begun_before_arguments_are_understood(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(engines, "begin", lambda: begun.append("processes"))
    monkeypatch.setattr(cli, "app", lambda *_, **__: begun.append("arguments"))
    __main__.main(["validate", "some.jsonl", *arguments])
    assert begun == ["processes", "arguments"]
    __main__.main(["validate", "some.jsonl", "--workers", "1"])
    __main__.main(["validate", "some.jsonl"])
    assert begun == ["processes", "arguments", "arguments", "arguments"]


@pytest.mark.parametrize("engine", [in_process, Processes(2)])
def test_standard_input_is_read_where_the_command_is_given(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('{"doc": "mill", "text": 3, "spans": []}\n', "utf-8")
    with as_standard_input(path):
        assert [problem.pointer for problem in check(["-"], kind="documents", engine=engine).problems] == ["/text"]


@pytest.mark.skipif(sys.platform != "linux", reason="who began whom is known on Linux")
def test_a_command_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    scratch = tmp_path / "s"  # with a longer name no socket would fit into it
    scratch.mkdir()
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"doc": "mill", "spans": [{}]}\n' * 300_000)
    command = [sys.executable, "-m", "chipstance", "validate", str(path), "--kind", "documents", "--workers", "2"]
    environment = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        until(lambda: any(follows(worker) for child in children(process.pid) for worker in children(child)))
        assert list(scratch.iterdir())
        process.kill()
    until(lambda: not any(scratch.iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="signals are Linux's")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_what_is_interrupted_while_processes_begin_ends(tmp_path: Path, asked: signal.Signals) -> None:
    scratch = tmp_path / ("a name too long for a socket " * 4)
    scratch.mkdir()
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, os, sys\n"
        "begun = builtins.__import__\n"
        "def tell(name, *others, **more):\n"
        "    if name.startswith('chipstance') and any('spawn_main' in each for each in sys.orig_argv):\n"
        "        builtins.__import__ = begun\n"
        f"        os.killpg(0, {int(asked)})\n"
        "    return begun(name, *others, **more)\n"
        "builtins.__import__ = tell\n"
    )
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"doc": "mill", "spans": [{}]}\n' * 3_000)
    command = [sys.executable, "-m", "chipstance", "validate", str(path), "--kind", "documents", "--workers", "2"]
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (128 + asked, b"", b"interrupted before the end\n")
    assert not list(scratch.iterdir())


def follows(worker: int) -> bool:
    """Tell whether a process has begun the thread that watches over the one that began it."""
    with suppress(OSError):
        return "Threads:\t1\n" not in Path(f"/proc/{worker}/status").read_text("utf-8")
    return False


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("engine", [in_process, Processes(2)])
def test_a_file_may_grow_or_vanish_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    monkeypatch.setattr(line_files, "PART", 20_000)
    row = json.dumps({"doc": "mill", "text": 3, "spans": []}).encode() + b"\n"
    for change in (Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(row * 9000)):
        path = tmp_path / "some.jsonl"
        path.write_bytes(row * 3000)

        def changing(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
            def changed() -> Iterator[Task]:
                for number, task in enumerate(tasks):
                    if number == 3:
                        change(path)  # noqa: B023 (called before it is another)
                    yield task

            return iter(engine(changed(), contexts))

        found = {problem.rule for problem in check([path], engine=changing).problems}
        assert found <= {"schema", "doc-duplicate", "file-unreadable", "predictions-empty"}
        assert found
