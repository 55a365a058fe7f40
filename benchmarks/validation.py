"""How fast files of lines are checked: against orjson's parsing and check-jsonschema in one run, and how it grows.

Ours is everything: reading, schema, rules, duplicate documents. The corpus is made up: documents of 9 kB with 60 spans
that are all in order. Needs the extra ``benchmark``: uv pip install -e '.[benchmark]'
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from chipstance.context import Context
from chipstance.corpus import span_entry
from chipstance.folders import schema_folder
from chipstance.inputs import Part, open_part
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.line_check import DOCUMENTS
from chipstance.line_files import check_lines, check_table
from chipstance.line_types import document_types
from chipstance.model import Span
from chipstance.schemas import load_schemas

DOCUMENTS_MADE, SPANS, TIMES = 2_000, 60, 3
SIZES = (2_000, 10_000, 100_000)
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
    context = Context(None, schemas, schema_folder() / "layers.json")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = list(made(DOCUMENTS_MADE))
        paths = {size: write(folder / f"{size}.jsonl", documents, size) for size in SIZES}
        against_orjson(paths[SIZES[0]], context)
        against_check_jsonschema(folder, documents[:CHECKED], schemas.bundle(DOCUMENTS))
        parquet(folder, documents, paths[SIZES[0]], context)
        growth(paths)


def against_orjson(path: Path, context: Context) -> None:
    """Print our rate and that of orjson's parsing, line by line from the same file."""
    size = path.stat().st_size / 1e6
    ours = best(lambda: check_lines(str(path), "", context) and sys.exit("the corpus is not in order"))
    theirs = best(lambda: parse(path))
    print(f"{SIZES[0]} documents, {size / SIZES[0] * 1000:.1f} kB and {SPANS} spans each")
    print(f"  orjson, parsing alone: {size / theirs:.0f} MB/s")
    print(f"  ours, everything: {size / ours:.0f} MB/s, {theirs / ours:.2f} times the rate of parsing alone")


def parse(path: Path) -> None:
    """Parse every line and look no further."""
    with open_part(Part(str(path))) as lines:
        for line in lines:
            orjson.loads(line.data)


def against_check_jsonschema(folder: Path, documents: list[dict[str, Any]], schema: dict[str, Any]) -> None:
    """Print how long the schema part takes: our typed decoding, and check-jsonschema without its own start."""
    lines = [orjson.dumps(document) for document in documents]
    decode = document_types(LAYERS).decoder.decode
    ours = best(lambda: [decode(line) for line in lines]) / len(lines)
    (folder / "schema.json").write_text(json.dumps({"type": "array", "items": schema | {"$id": "urn:one"}}))
    times = []
    for name, content in (("none", []), ("some", documents)):
        (folder / f"{name}.json").write_bytes(orjson.dumps(content))
        command = [sys.executable, "-m", "check_jsonschema", "--schemafile", "schema.json", f"{name}.json"]
        times.append(best(lambda command=command: subprocess.run(command, cwd=folder, check=True, capture_output=True)))
    theirs = (times[1] - times[0]) / len(documents)
    print(f"the schema alone, {len(documents)} documents")
    print(
        f"  check-jsonschema: {theirs * 1e3:.1f} ms each; ours: {ours * 1e6:.0f} µs, {theirs / ours:.0f} times as fast"
    )


def parquet(folder: Path, documents: list[dict[str, Any]], lines: Path, context: Context) -> None:
    """Print our rate for the same documents as Parquet, in both layouts; MB are those of the JSON Lines file."""
    layered = [{"doc": each["doc"], "text": each["text"]} | by_layer(each["spans"]) for each in documents]
    size = lines.stat().st_size / 1e6
    ours = {"JSON Lines": best(lambda: check_lines(str(lines), "", context))}
    for name, rows in (("Parquet, by spans", documents), ("Parquet, by layers", layered)):
        path = folder / f"{len(ours)}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        if check_table(str(path), context):
            sys.exit("the corpus is not in order")
        ours[name] = best(lambda path=path: check_table(str(path), context))
    print("the same documents as JSON Lines and as Parquet")
    for name, seconds in ours.items():
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
    seconds = {}
    for size, path in paths.items():
        for workers in (1, 2) if size == max(paths) else (1,):
            seconds[size, workers], memory = command(path, workers)
            each = seconds[size, workers] / size * 1e6
            shown = f"{seconds[size, workers]:.2f} s, {each:.0f} µs each, {memory:.0f} MB"
            print(f"  {size} documents, {workers} at work: {shown}")
    print(f"  two are {seconds[max(paths), 1] / seconds[max(paths), 2]:.2f} times as fast as one")


def command(path: Path, workers: int) -> tuple[float, float]:
    """Return how many seconds the command takes, and how many megabytes its first process holds at most."""
    before = time.perf_counter()
    arguments = [sys.executable, "-c", MEASURED, "validate", str(path), "--workers", str(workers)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the corpus is not in order: {done.stderr}")
    return time.perf_counter() - before, int(done.stderr.split()[-2]) / 1024


MEASURED = """
import atexit, sys
from pathlib import Path
from chipstance.cli import main
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


def best(work: Callable[[], Any]) -> float:
    """Return the fewest seconds that some work takes."""
    times = []
    for _ in range(TIMES):
        before = time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
    return min(times)


if __name__ == "__main__":
    main()
