"""A cluster finds what one process finds, also when it loses a node in the middle, and says what is wrong with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chipstance import line_files, ray_engine
from chipstance.cli import app
from chipstance.corpus import span_entry
from chipstance.line_files import PART
from chipstance.model import Document
from chipstance.ray_engine import ClusterError, joined
from chipstance.scoring import PARAGRAPH, score
from chipstance.validate import check
from example_lines import many_files
from example_release import copy_example
from example_scores import LAYERS, document, span
from ray_cluster import ENVIRONMENT, HEAD, SECOND, Cluster, started

pytestmark = pytest.mark.xdist_group("ray")

COMMAND = [sys.executable, "-m", "chipstance"]
TEXT = "Brightloom opened a mill. " * 300
GOLD = ("--gold", "annotations/gold", "--split", "all")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes of one processor each; the last test of all kills what another has left of it."""
    with started() as found:
        yield found


@pytest.fixture
def joining(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def pair(number: int) -> tuple[Document, Document]:
    name = f"d{number}"
    right = span("cue", 0, 3), span("cue", 4 + (number % 3 == 0), 8)
    return document(span("cue", 0, 3), span("cue", 4, 8), name=name), document(*right, name=name)


def test_scores_of_shards_are_those_of_the_whole(cluster: Cluster, joining: None) -> None:
    pairs = [pair(number) for number in range(2 * ray_engine.SHARD + 1)]
    gold, found = [gold for gold, _ in pairs], {found.id: found for _, found in pairs if found.id != "d7"}
    whole, ending = score(gold, found, LAYERS, unit=PARAGRAPH), signal.getsignal(signal.SIGTERM)
    with joined(cluster.address) as engine:
        assert signal.getsignal(signal.SIGTERM) == ending
        sharded = engine.score(gold, found, LAYERS, unit=PARAGRAPH)
        none = engine.score([], {}, LAYERS, unit=PARAGRAPH)
    assert (sharded.units, sharded.columns) == (whole.units, whole.columns)
    assert (sharded.counts == whole.counts).all()
    assert none.units == ()


def test_the_report_on_scores_is_the_same(
    cluster: Cluster, joining: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy_example(tmp_path / "a checkout").root)
    monkeypatch.setattr(ray_engine, "SHARD", 1)
    spans = json.loads(Path("annotations/gold/mill.json").read_text("utf-8"))["spans"]
    Path("some.jsonl").write_text(json.dumps({"doc": "mill", "spans": spans[3:]}), "utf-8")
    command = ["score", "some.jsonl", *GOLD, "--errors"]
    plain = CliRunner().invoke(app, command)
    there = CliRunner().invoke(app, [*command, "--engine", "ray", "--ray-address", cluster.address])
    assert "statement" in plain.stdout
    assert (there.output, there.exit_code) == (plain.output, plain.exit_code)


def test_many_files_are_one_stream_of_parts(
    cluster: Cluster, joining: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = many_files(tmp_path / "some files", 2)
    one = check([folder])
    assert len({problem.path for problem in one.problems}) == one.files == 20
    monkeypatch.setattr(line_files, "PART", 300)
    with joined(cluster.address) as engine:
        assert check([folder], engine=engine) == one


def test_a_node_killed_in_the_middle_changes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "many documents.jsonl"
    documents = write(path, 12 * PART)
    command = [*COMMAND, "validate", path.name, "--format", "json"]
    ray = [*command, "--engine", "ray", "--ray-address", cluster.address]
    pipe = subprocess.PIPE
    with subprocess.Popen(ray, cwd=tmp_path, env=cluster.environment(), stdout=pipe, stderr=pipe, text=True) as there:
        cluster.kill(SECOND)
        assert there.poll() is None, "it was done before the node died"
        output, errors = there.communicate(timeout=120)
    plain = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    problems = json.loads(plain.stdout)["problems"]
    assert {problem["rule"] for problem in problems} == {"span-text-mismatch", "doc-duplicate"}
    assert problems[-1]["line"] == documents
    assert (output, there.returncode) == (plain.stdout, plain.returncode)
    assert "will be retried" in errors


def test_a_cluster_without_its_head_is_told(cluster: Cluster, tmp_path: Path) -> None:
    write(tmp_path / "many documents.jsonl", 30 * PART)
    command = [*COMMAND, "validate", ".", "--engine", "ray", "--ray-address", cluster.address]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=cluster.environment(), stdout=pipe, stderr=pipe, text=True) as run:
        cluster.kill(HEAD)
        output, errors = run.communicate(timeout=60)
    assert (output, run.returncode) == ("", 3)
    assert errors.splitlines()[-1].startswith(f"stopped before the end: the head of the cluster at {cluster.address}")


def write(path: Path, size: int) -> int:
    """Write so many bytes of documents, some of them faulty, the last one there twice; return how many there are."""
    entry = span_entry(span("organization", 0, 10, "o1", entity="brightloom")) | {"text": "Brightloom"}
    good, bad = ({"text": TEXT, "spans": [entry | {"text": text}]} for text in ("Brightloom", "Brightlamp"))
    rests = [json.dumps(each)[1:] for each in (good, bad)]
    count = size // len(rests[0])
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(f'{{"doc": "d{number % (count - 1)}", {rests[number % 100 == 50]}\n')
    return count


def test_what_keeps_from_joining_is_told(joining: None) -> None:
    for address, message in (("nowhere", "is no address"), ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1")):
        with pytest.raises(ClusterError, match=message), joined(address):
            pass


@pytest.mark.parametrize(
    ("cause", "asks"),
    [
        (KeyError("target"), False),
        (AttributeError("no such thing"), False),
        (MemoryError(), False),
        (ModuleNotFoundError("No module named 'chipstance'"), True),
        (RuntimeError("The remote function failed to import on the worker."), True),
        (ray_engine.VersionError("a node has chipstance 0.1.0, not 0.2.0"), True),
        (None, True),  # of Ray: what is sent can't be read
    ],
)
def test_what_is_installed_is_asked_only_where_it_may_be_the_cause(cause: Exception | None, asks: bool) -> None:
    from ray.exceptions import RaySystemError, RayTaskError

    given = cause or RaySystemError("no such class")
    failed = ray_engine._failure(RayTaskError("_check", "a traceback", given, "a worker", 1, "127.0.0.1"))
    assert failed.startswith(f"the cluster failed: {type(given).__name__}: ")
    assert ("installed on every node?" in failed) is asks


def test_ray_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match="pip install"), joined():
        pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("validate", ".", "--engine", "ray", "--workers", "2"), "leave --workers out"),
        (("validate", ".", "--engine", "processes", "--ray-address", "127.0.0.1:1"), "leave one of them out"),
        (("validate", ".", "--ray-address", "127.0.0.1:1"), "no Ray cluster answers"),
        (("score", "x.jsonl", "--ray-address", "127.0.0.1:1", "--config", "stance"), "leave out --config"),
        (("score", "annotations/gold", *GOLD, "--ray-address", "127.0.0.1:1"), "no Ray cluster answers"),
    ],
)
def test_wrong_usage_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(copy_example(tmp_path / "a checkout").root)
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert message in result.output
