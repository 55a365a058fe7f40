"""What each rule about labels costs: microseconds a span, for documents of more and more spans; it should not grow.

The documents are made up: one sentence again and again, with a speaker, a cue, a statement, a stance, an organization
and an amount in each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

import chipstance.validate  # noqa: F401 (with which every rule is registered)
from chipstance.edits import OffsetMap
from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import parse_layers
from chipstance.model import Entity, Span, Value, by_position
from chipstance.rules import Finding, Labels, checks

SENTENCES = (10, 100, 1_000, 10_000)
TIMES = 3
SCOPES = ("offsets", "labels", "documents", "annotations")
SHOWN = 0.05
"""Rules that cost fewer microseconds a span are put together."""
SENTENCE = "Ada Quill said Brightloom will give looms away for $5 million. "
PARTS: dict[str, tuple[str, dict[str, Value]]] = {
    "speaker": ("Ada Quill", {"entity": "ada-quill", "mention": "name"}),
    "cue": ("said", {}),
    "statement": ("Brightloom will give looms away for $5 million", {"kind": "indirect", "utterance": None}),
    "stance": (
        "Brightloom will give looms away",
        {"target": "open_source", "polarity": "favor", "holder": "ada-quill", "explicit": True},
    ),
    "organization": ("Brightloom", {"entity": "brightloom"}),
    "money": ("$5 million", {"currency": "USD", "minimum": "5000000", "maximum": "5000000", "qualifier": "exact"}),
}
ENTITIES = {
    "ada-quill": Entity("ada-quill", "Ada Quill", "person", ("Ada Quill",)),
    "brightloom": Entity("brightloom", "Brightloom", "organization", ("Brightloom",)),
}


def main() -> None:
    """Print the table."""
    subjects = [labels(size) for size in SENTENCES]
    spans = [len(subject.spans) for subject in subjects]
    table = Table("rule", *(f"{size} spans" for size in spans), title="microseconds a span")
    costs = {}
    for rule_id, check in dict.fromkeys(checks(*SCOPES)):
        each = [best(check, subject) / size for subject, size in zip(subjects, spans, strict=True)]
        costs[f"{rule_id} ({check.__name__})"] = each
    rest = [sum(column) for column in zip(*(each for each in costs.values() if max(each) < SHOWN), strict=True)]
    shown = {name: each for name, each in costs.items() if max(each) >= SHOWN}
    for name, each in sorted(shown.items(), key=lambda item: -item[1][-1]):
        table.add_row(name, *(f"{cost:.2f}" for cost in each))
    table.add_row(f"{len(costs) - len(shown)} others", *(f"{cost:.2f}" for cost in rest))
    table.add_row("all", *(f"{sum(column):.2f}" for column in zip(*costs.values(), strict=True)))
    Console().print(table)


def best(check: Callable[[Labels], Iterator[Finding]], subject: Labels) -> float:
    """Return the fewest microseconds that a rule takes, on labels that it has not seen."""
    times = []
    for _ in range(TIMES):
        fresh = replace(subject)  # without what is remembered of it
        before = time.perf_counter()
        found = list(check(fresh))
        times.append(time.perf_counter() - before)
        if found:
            sys.exit(f"the labels are not in order: {found[0]}")
    return min(times) * 1e6


def labels(sentences: int) -> Labels:
    """Return labels that are in order."""
    text = SENTENCE * sentences
    spans: list[Span] = []
    for number in range(sentences):
        for layer, (part, values) in PARTS.items():
            start = number * len(SENTENCE) + SENTENCE.index(part)
            links = {"speaker": f"speaker-{number}", "cue": f"cue-{number}"} if layer == "statement" else {}
            spans.append(Span(f"{layer}-{number}", layer, start, start + len(part), part, links | values))
    return Labels(
        doc="mill",
        raw=text,
        text=text,
        offsets=OffsetMap(()),
        layers=parse_layers(read_json(schema_folder() / "layers.json")),
        entities=ENTITIES,
        spans=dict(enumerate(by_position(spans))),
        ids=frozenset(span.id for span in spans),
        whole=True,
        header={},
        path=Path("mill.json"),
    )


if __name__ == "__main__":
    main()
