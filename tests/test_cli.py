"""The command: output, exit status, and what it imports."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from chipstance import __version__
from chipstance.__main__ import main
from chipstance.cli import app
from chipstance.engines import EngineError
from chipstance.options import ProblemFormat
from chipstance.schemas import KINDS
from chipstance.statuses import ENDING, PROBLEMS, SIGNALLED, UNFINISHED, USAGE

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
RUNNER = CliRunner()


@pytest.fixture
def broken(example: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with three kinds of faults, as the working folder."""
    gold = example / "annotations" / "gold" / "mill.json"
    text = gold.read_text("utf-8").replace('"start": 46', '"start": 47').replace('"kind": "mixed"', '"kind": "direct"')
    gold.write_text(text.replace('"currency": "EUR"', '"currency": "Euro"'), "utf-8")
    (example / "annotations" / "edits" / "harbor.json").write_text('{"doc": "harbor",', "utf-8")
    monkeypatch.chdir(example)
    return example


def test_a_clean_checkout(example: Path) -> None:
    result = RUNNER.invoke(app, ["validate", str(example)])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "8 files, 0 problems\n")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_a_report_is_as_it_was(broken: Path, form: str) -> None:
    result = RUNNER.invoke(app, ["validate", ".", "--format", form])
    assert result.exit_code == 1
    golden = (GOLDEN / f"report.{form}").read_text("utf-8")
    assert result.stdout == golden.replace("VERSION", __version__)
    assert result.stderr == ("8 files, 4 problems\n" if form in ("text", "github") else "")


def test_json_of_a_clean_checkout(example: Path) -> None:
    result = RUNNER.invoke(app, ["validate", str(example), "--format", "json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"files": 8, "problems": []}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["validate"],
        ["validate", "no-such-file.json"],
        ["validate", ".", "--format", "xml"],
        ["validate", ".", "--schema", "no-such-folder"],
        ["schema", "spans"],
        ["schema", "edits", "--schema", "no-such-folder"],
        ["schema", "edits", "--schema", "annotations"],
        ["validate", ""],
        ["validate", ".", ""],
        ["validate", "a" * 5000],
        ["validate", ".", "--schema", ""],
        ["validate", ".", "--gold", ""],
        ["lint"],
    ],
)
def test_wrong_usage(example: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(example)
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_another_schema_folder(example: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE.parent / "schema", tmp_path / "rules of ours"))
    layers = (folder / "layers.json").read_text("utf-8").replace('"neutral"', '"none"')
    (folder / "layers.json").write_text(layers, "utf-8")
    result = RUNNER.invoke(app, ["validate", str(example), "--schema", str(folder)])
    assert result.exit_code == 1
    assert "'neutral' must be one of 'favor', 'against', 'none'" in result.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_printed_whole(kind: str) -> None:
    result = RUNNER.invoke(app, ["schema", kind])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["$id"] == f"urn:chipstance:schema:{kind}"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"chipstance {__version__}\n")


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "chipstance", *arguments]
    encoding = more.get("PYTHONIOENCODING", "utf-8")
    return subprocess.run(command, capture_output=True, encoding=encoding, check=False, env=os.environ | more)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_any_output_holds_any_message(example: Path, encoding: str, form: str) -> None:
    path = example / "annotations" / "articles.json"
    path.write_text(path.read_text("utf-8").replace('"Brightloom opens', '" 🧵✨é Brightloom opens'), "utf-8")
    result = run("validate", str(example), "--format", form, PYTHONIOENCODING=encoding)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    if form == "json":
        assert " 🧵✨é Brightloom opens" in json.loads(result.stdout)["problems"][0]["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 are Linux's")
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_json_report_of_any_name_can_be_read(example: Path, locale: str) -> None:
    (example / "annotations" / os.fsdecode(b"caf\xe9.json")).write_text("{}", "utf-8")
    result = run("validate", str(example), "--format", "json", LC_ALL=locale)
    assert result.returncode == 1
    assert orjson.loads(result.stdout)["problems"][0]["path"].endswith(r"caf\udce9.json")


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from chipstance.__main__ import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'datasets', 'pandas', 'pyarrow', 'jsonschema', 'pycountry', 'spacy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_terminal_gets_colours_and_the_same_words(broken: Path) -> None:
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "chipstance", "validate", "."]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "20"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, env=environment) as process:
        os.close(writer)
        seen = b""
        try:
            while chunk := os.read(reader, 65536):
                seen += chunk
        except OSError:  # the other end is closed
            pass
    os.close(reader)
    assert process.returncode == 1
    assert b"\x1b[" in seen
    plain = re.sub(r"\x1b\[[0-9;]*m", "", seen.decode()).replace("\r\n", "\n")
    assert plain == (GOLDEN / "report.text").read_text("utf-8")


def test_a_closed_pipe_is_quiet(broken: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "chipstance", "validate", ".", "--format", "json"]
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_the_module_runs_as_the_command(example: Path) -> None:
    result = run("validate", str(example))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "8 files, 0 problems\n")


def test_an_interruption_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chipstance.validate.check", interrupt)
    with pytest.raises(SystemExit) as caught:
        main(["validate", "."])
    assert caught.value.code == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("fault", [ValueError("a fault of ours"), KeyError("spans"), RuntimeError()])
def test_a_fault_of_ours_is_neither_wrong_usage_nor_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("chipstance.validate.check", fail)
    with pytest.raises(SystemExit) as caught:
        main(["validate", "."])
    output, errors = capsys.readouterr()
    assert (caught.value.code, output) == (3, "")
    assert errors.startswith("Traceback")
    assert type(fault).__name__ in errors


def test_a_check_that_is_stopped_writes_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EngineError("a process is lost")

    monkeypatch.setattr("chipstance.validate.check", fail)
    for form in ProblemFormat:
        with pytest.raises(SystemExit) as caught:
            main(["validate", ".", "--format", form, "--report", f"sarif={tmp_path / 'report.sarif'}"])
        assert (caught.value.code, *capsys.readouterr()) == (3, "", "stopped before the end: a process is lost\n")
    assert not list(tmp_path.iterdir())


def test_every_exit_status_is_told() -> None:
    page = (HERE.parent / "docs" / "validation.md").read_text("utf-8")
    for number in (0, PROBLEMS, USAGE, UNFINISHED, *(SIGNALLED + number for number in (signal.SIGINT, *ENDING))):
        assert f"\n| {number} | " in page


@pytest.mark.skipif(sys.platform != "linux", reason="signals and links are Linux's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_while_the_command_begins_leaves_a_last_line(tmp_path: Path, number: int, workers: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"doc": "mill", "spans": [{}]}\n' * 30_000)
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, os, sys\n"
        "old = builtins.__import__\n"
        "def tell(name, *others, **more):\n"
        "    if name == 'typer' and 'typer' not in sys.modules:\n"
        f"        os.kill(os.getpid(), {int(number)})\n"
        "    return old(name, *others, **more)\n"
        "builtins.__import__ = tell\n"
    )
    (tmp_path / "scratch").mkdir()
    result = run(
        "validate", str(path), "--workers", workers, PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path / "scratch")
    )
    assert (result.returncode, result.stdout) == (128 + number, "")
    assert result.stderr == "interrupted before the end\n"
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_report_that_can_not_be_printed_is_told(broken: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "chipstance", "validate", "."]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == USAGE
    assert "Traceback" not in result.stderr
    assert "can't be printed" in " ".join(result.stderr.split())


@pytest.mark.skipif(sys.platform != "linux", reason="the shell is Linux's")
def test_without_anywhere_to_print_the_status_tells(broken: Path) -> None:
    command = ["sh", "-c", '"$0" -m chipstance validate . >&- 2>&-', sys.executable]
    assert subprocess.run(command, check=False).returncode == PROBLEMS
