"""How fast files of lines are checked: against orjson's parsing and check-jsonschema in one run, and how it grows.

Ours is everything: reading, schema, rules, duplicate documents. The corpus is made up: documents of 9 kB with 60 spans
that are all in order. ``make benchmark`` runs it too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from chipstance.context import Context, Given
from chipstance.corpus import span_entry
from chipstance.folders import schema_folder
from chipstance.inputs import DOCUMENTS, Part, open_part
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.line_files import check_lines
from chipstance.line_types import document_types
from chipstance.model import Span
from chipstance.schemas import Schemas, load_schemas

DOCUMENTS_MADE, SPANS, TIMES = 2_000, 60, 5
SIZES = (2_000, 10_000, 100_000)
TWICE = 2
CHECKED = 200
"""So many documents are given to check-jsonschema, which is slow."""
WORDS = ["mill", "hums", "Ada", "says", "looms", "are", "free", "while", "Bo", "pays", "money", "for", "a", "lot", "of"]
LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "organization": {"entity": "brightloom"},
    "cue": {},
    "money": {"currency": "USD", "minimum": "5", "maximum": "5", "qualifier": "exact"},
}


def main() -> None:
    """Print the rates and their ratios."""
    schemas = load_schemas(schema_folder())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = list(made(DOCUMENTS_MADE))
        given = Given({each["doc"]: each["text"] for each in documents})
        context = Context(None, schemas, schema_folder() / "layers.json", given)
        paths = {size: write(folder / f"{size}.jsonl", documents, size) for size in SIZES}
        print(f"{DOCUMENTS_MADE} documents with {SPANS} spans each, from the file to the report")
        against_orjson("documents", paths[DOCUMENTS_MADE], context)
        against_orjson("with nested statements, colons and accents", nested(folder, documents), context)
        against_orjson("predictions about them", predictions(folder, documents), context)
        schema_alone(folder, documents[:CHECKED], schemas)
        parquet(folder, documents, paths[DOCUMENTS_MADE], context)
        growth(paths)


def against_orjson(name: str, path: Path, context: Context) -> None:
    """Print our rate and that of orjson's parsing, line by line from the same file."""
    size = path.stat().st_size / 1e6
    ours, theirs = best(lambda: clean(path, context), lambda: parse(path))
    rates = f"orjson, parsing alone: {size / theirs:.0f} MB/s; ours, everything: {size / ours:.0f} MB/s"
    print(f"  {name}, {size / DOCUMENTS_MADE * 1000:.1f} kB each")
    print(f"    {rates}, {theirs / ours:.2f} times the rate of parsing alone")


def clean(path: Path, context: Context) -> None:
    """Check a file in which nothing is wrong."""
    for problem in check_lines(str(path), "", context):
        sys.exit(f"the corpus is not in order: {problem}")


def parse(path: Path) -> None:
    """Parse every line and look no further."""
    with open_part(Part(str(path))) as lines:
        for line in lines:
            orjson.loads(line.data)


def schema_alone(folder: Path, documents: list[dict[str, Any]], schemas: Schemas) -> None:
    """Print how long the schema part takes, with parsing: both our ways, and check-jsonschema without its own start."""
    lines = [orjson.dumps(document) for document in documents]
    schema, decode = schemas.bundle(DOCUMENTS), document_types(LAYERS).decoder.decode
    (folder / "schema.json").write_text(json.dumps({"type": "array", "items": schema | {"$id": "urn:one"}}))
    for name, content in (("none", []), ("some", documents)):
        (folder / f"{name}.json").write_bytes(orjson.dumps(content))
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", "schema.json"]
    peer = partial(subprocess.run, cwd=folder, check=True, capture_output=True)
    typed, compiled, empty, full = best(
        lambda: [decode(line) for line in lines],
        lambda: [schemas.accepts(DOCUMENTS, orjson.loads(line)) for line in lines],
        lambda: peer([*command, "none.json"]),
        lambda: peer([*command, "some.json"]),
    )
    print(
        f"the schema alone, {len(lines)} documents; check-jsonschema: {(full - empty) / len(lines) * 1e3:.1f} ms each"
    )
    for name, seconds in (("decoding with types", typed), ("compiled, for any schema", compiled)):
        print(f"  {name}: {seconds / len(lines) * 1e6:.0f} µs each, {(full - empty) / seconds:.0f} times as fast")


def parquet(folder: Path, documents: list[dict[str, Any]], lines: Path, context: Context) -> None:
    """Print our rate for the same documents as Parquet, in both layouts; MB are those of the JSON Lines file."""
    layered = [{"doc": each["doc"], "text": each["text"]} | by_layer(each["spans"]) for each in documents]
    size = lines.stat().st_size / 1e6
    works = {"JSON Lines": partial(check_lines, str(lines), "", context)}
    for name, rows in (("Parquet, by spans", documents), ("Parquet, by layers", layered)):
        path = folder / f"{len(works)}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        if check_lines(str(path), DOCUMENTS, context):
            sys.exit("the corpus is not in order")
        works[name] = partial(check_lines, str(path), DOCUMENTS, context)
    print("the same documents as JSON Lines and as Parquet")
    for name, seconds in zip(works, best(*works.values()), strict=True):
        print(f"  {name}: {len(documents) / seconds:.0f} documents/s, {size / seconds:.0f} MB/s")


def by_layer(spans: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return spans as the columns of their layers."""
    plain = ("id", "start", "end", "text")
    return {
        layer.name: [
            {name: span[name] for name in plain} | span["attributes"] for span in spans if span["layer"] == layer.name
        ]
        for layer in LAYERS
    }


def growth(paths: dict[int, Path]) -> None:
    """Print time and memory of the command for more and more documents, with one process and with two."""
    print("the command, start included")
    command(paths[DOCUMENTS_MADE], 2)  # leaves byte code, as an installation does
    seconds = {}
    for size, path in paths.items():
        for workers in (1, 2) if size == max(paths) else (1,):
            seconds[size, workers], memory = min(command(path, workers) for _ in range(TWICE))
            each = seconds[size, workers] / size * 1e6
            shown = f"{seconds[size, workers]:.2f} s, {each:.0f} µs each, {memory:.0f} MB"
            print(f"  {size} documents, {workers} at work: {shown}")
    print(f"  two are {seconds[max(paths), 1] / seconds[max(paths), 2]:.2f} times as fast as one")


def command(path: Path, workers: int) -> tuple[float, float]:
    """Return how many seconds the command takes, and how many megabytes its first process holds at most."""
    before = time.perf_counter()
    arguments = [sys.executable, "-c", MEASURED, "validate", str(path), "--workers", str(workers)]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cached = usual | {"PYTHONPYCACHEPREFIX": str(path.parent / "cache")}
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=cached)
    if done.returncode:
        sys.exit(f"the corpus is not in order: {done.stderr}")
    return time.perf_counter() - before, int(done.stderr.split()[-2]) / 1024


MEASURED = """
import atexit, sys
from pathlib import Path
from chipstance.__main__ import main
if __name__ == "__main__":
    status = Path("/proc/self/status")
    atexit.register(lambda: print(next(line for line in status.open() if line.startswith("VmHWM")), file=sys.stderr))
    main()
"""
"""The command, which says at its end how much memory it held at most; Linux."""


def made(size: int) -> Iterator[dict[str, Any]]:
    """Yield documents that are in order."""
    random = np.random.default_rng(0)
    for number in range(size):
        words = [WORDS[index] for index in random.integers(len(WORDS), size=SPANS * 9)]
        ends = np.cumsum([len(word) + 1 for word in words]) - 1
        text = " ".join(words)
        firsts = np.arange(SPANS) * 9 + random.integers(0, 4, SPANS)
        spans = []
        for index, first in enumerate(firsts):
            start, end = int(ends[first] - len(words[first])), int(ends[first + random.integers(0, 3)])
            layer = list(ATTRIBUTES)[index % len(ATTRIBUTES)]
            spans.append(span_entry(Span(f"s{index}", layer, start, end, text[start:end], ATTRIBUTES[layer])))
        yield {"doc": f"d{number}", "text": text, "spans": spans}


def write(path: Path, documents: list[dict[str, Any]], size: int) -> Path:
    """Write so many documents, the same ones again and again under other names."""
    rests = [orjson.dumps(document).partition(b",")[2] for document in documents]
    with path.open("wb") as file:
        for number in range(size):
            file.write(b'{"doc":"d%d",%s\n' % (number, rests[number % len(rests)]))
    return path


def nested(folder: Path, documents: list[dict[str, Any]]) -> Path:
    """Write the documents with statements inside statements, and with what real texts have."""
    values = {"speaker": "p1", "cue": None, "kind": "direct", "utterance": None}
    path = folder / "nested.jsonl"
    with path.open("wb") as file:
        for document in documents:
            text = document["text"] + ' Ada: "Looms, \u00e0 la carte."'
            spans = [
                span | {"layer": "statement", "attributes": values} if span["layer"] == "cue" else span
                for span in document["spans"]
            ]
            around = [Span(f"q{at}", "statement", *places(spans, at), "", values) for at in range(0, SPANS, SPANS // 4)]
            speaker = Span("p1", "speaker", len(text) - 27, len(text) - 24, "", {"entity": None, "mention": "name"})
            more = [span_entry(replace(span, text=text[span.start : span.end])) for span in (*around, speaker)]
            file.write(orjson.dumps(document | {"text": text, "spans": spans + more}) + b"\n")
    return path


def places(spans: list[dict[str, Any]], at: int) -> tuple[int, int]:
    """Return where a quarter of the spans begins and ends."""
    return spans[at]["start"], spans[at + SPANS // 4 - 1]["end"]


def predictions(folder: Path, documents: list[dict[str, Any]]) -> Path:
    """Write the spans of the documents as predictions."""
    path = folder / "predictions.jsonl"
    rows = ({"doc": document["doc"], "system": "a", "spans": document["spans"]} for document in documents)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def best(*works: Callable[[], Any]) -> list[float]:
    """Return the fewest seconds that each work takes; they take turns, for a machine is not always as quick."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(TIMES):
        for work, taken in zip(works, times, strict=True):
            before = time.perf_counter()
            work()
            taken.append(time.perf_counter() - before)
    return list(map(min, times))


if __name__ == "__main__":
    main()
