"""Rules cost no more than n log n of what a document holds, however its spans lie: work is counted, not timed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import chipstance.validate  # noqa: F401 (registers the rules)
from chipstance.edits import OffsetMap
from chipstance.layers import parse_layers
from chipstance.model import Edit, Entity, Span, Value
from chipstance.rules import Labels, run
from chipstance.rules_offsets import by_cause

LAYERS = parse_layers(json.loads((Path(__file__).parents[1] / "schema" / "layers.json").read_text("utf-8")))
SCOPES = ("offsets", "labels", "annotations", "documents", "predictions")
FEW, MANY = 100, 1000
UNIT = "Ada Quill said so. "
"""So much of a text stands for each span."""

Spans = Iterable[Span]


def span(name: str, layer: str, start: int, end: int, **attributes: Value) -> Span:
    text = (UNIT * (end // len(UNIT) + 1))[start:end]
    return Span(name, layer, start, end, text, attributes)


def speaker(name: str, at: int, entity: str | None = "ada") -> Span:
    return span(name, "speaker", at, at + 9, entity=entity, mention="name" if entity else "nominal")


def cue(name: str, at: int) -> Span:
    return span(name, "cue", at, at + 4)


def statement(name: str, start: int, end: int, said: str = "p0", by: str | None = "c0") -> Span:
    return span(name, "statement", start, end, speaker=said, cue=by, kind="indirect", utterance=None)


def stance(name: str, at: int, polarity: str = "favor", holder: str = "ada", end: int = 0) -> Span:
    values: dict[str, Value] = {"target": "export_controls", "polarity": polarity, "holder": holder, "explicit": True}
    return span(name, "stance", at, end or at + 2, **values)


def beside(n: int) -> Spans:
    for at in range(0, n * len(UNIT), len(UNIT)):
        yield from (speaker(f"p{at}", at), cue(f"c{at}", at + 10), statement(f"q{at}", at + 15, at + 17, f"p{at}"))
        yield stance(f"s{at}", at + 15, "against" if at % 2 else "favor")


def at_one_place(n: int) -> Spans:
    yield from (speaker("p0", 0), cue("c0", 10))
    for i in range(n):
        yield from (statement(f"q{i}", 15, 17), stance(f"s{i}", 15, "against" if i % 2 else "favor"))


def crossing(n: int) -> Spans:
    yield from (speaker("p0", 0), cue("c0", 10))
    for i in range(n):
        yield from (statement(f"q{i}", 20 + i, 50 + i), stance(f"s{i}", 40 + i, "against" if i % 2 else "favor"))


def both_sides(n: int) -> Spans:
    yield from (speaker("p0", 0), cue("c0", 10), statement("q", 15, n * len(UNIT)))
    yield from (stance(f"s{i}", 20 + i * len(UNIT), "against" if i < n // 2 else "favor") for i in range(n - 5))


def one_cue_for_all(n: int) -> Spans:
    yield from (speaker("p0", 0), cue("c0", 10))
    yield from (statement(f"q{i}", i * len(UNIT) + 15, i * len(UNIT) + 17) for i in range(n))


def many_speakers(n: int) -> Spans:
    yield from (speaker(f"p{i}", i * len(UNIT), f"e{i}") for i in range(n))
    yield from (stance(f"s{i}", i * len(UNIT) + 15, holder=f"h{i}") for i in range(n))


def one_name(n: int) -> Spans:
    yield from (speaker(f"p{i}", i * len(UNIT), "much") for i in range(n))


def money(n: int) -> Spans:
    values: dict[str, Value] = {"currency": "USD", "minimum": "5", "maximum": "3", "qualifier": "range"}
    yield from (span(f"m{i}", "money", i, i + 40, **values) for i in range(n))


def one_over_all(n: int) -> Spans:
    yield span("all", "organization", 0, n * len(UNIT), entity="ada")
    yield from (span(f"o{at}", "organization", at, at + 9, entity="ada") for at in range(0, n * len(UNIT), len(UNIT)))


def shifted(n: int) -> Spans:
    for at in range(0, n * len(UNIT), len(UNIT)):
        yield Span(f"o{at}", "organization", at + 3, at + 12, "Ada Quill", {"entity": "ada"})


def wrong(n: int) -> Spans:
    yield from (Span(f"o{i}", "organization", i, n * len(UNIT) - i, "Ada Quill", {"entity": "ada"}) for i in range(n))
    yield from (Span(f"x{i}", "organization", i, n * len(UNIT) + 1 + i, "Quill A", {"entity": "ada"}) for i in range(n))


SHAPES = (
    beside,
    at_one_place,
    crossing,
    both_sides,
    one_cue_for_all,
    many_speakers,
    one_name,
    money,
    one_over_all,
    shifted,
    wrong,
)


def labels(spans: Spans, n: int) -> Labels:
    held = dict(enumerate(spans))
    text = UNIT * (n + 3)
    entities = {
        "ada": Entity("ada", "Ada Quill", "person", ("Ada Quill",)),
        "much": Entity("much", "Much", "person", tuple(f"Much {i}" for i in range(n))),
    } | {f"h{i}": Entity(f"h{i}", f"H {i}", "person") for i in range(n)}
    edits = [Edit(5 * i, 5 * i + 1, "A", "repair", "a test") for i in range(n)]
    ids = frozenset(each.id for each in held.values())
    return Labels("mill", text, text, OffsetMap(edits), LAYERS, entities, held, ids, True, {}, Path("mill.json"))


def judged(subject: Labels) -> list[Any]:
    wrong = list(run("offsets", subject))
    told = list(by_cause(subject, wrong))
    rest = subject.without({int(finding.pointer.split("/")[2]) for _, finding in wrong})
    return told + list(chain.from_iterable(run(scope, rest) for scope in SCOPES[1:]))


def work(do: Callable[[], object]) -> int:
    """Count the lines that a function runs, all that it calls included; a loop on one line counts at every turn."""
    counted = 0

    def each(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal counted
        counted += event in ("line", "call")
        return each

    before = sys.gettrace()
    sys.settrace(each)
    try:
        do()
    finally:
        sys.settrace(before)
    return counted


def grows(do: Callable[[int], object]) -> float:
    """Return how many times faster than n log n work grows."""
    few, many = (work(partial(do, n)) for n in (FEW, MANY))
    return many / few / (MANY * math.log(MANY) / FEW / math.log(FEW))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_rules_cost_n_log_n(shape: Callable[[int], Spans]) -> None:
    subjects = {n: labels(shape(n), n) for n in (FEW, MANY)}
    assert len(subjects[MANY].spans) >= MANY - 5
    assert grows(lambda n: judged(subjects[n])) < 2


def test_what_is_quadratic_is_seen() -> None:
    assert grows(lambda n: [each for _ in range(n) for each in range(n)]) > 2
