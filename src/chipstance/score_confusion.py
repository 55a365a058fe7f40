"""Tables of what was taken for what: stance labels, layers in one place, values of choice attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chipstance.jsonfile import dump_json
from chipstance.layers import Attribute, Layers
from chipstance.model import Document, Span, Value
from chipstance.score_errors import ATTRIBUTE, LABEL, Error
from chipstance.score_keys import LABEL as STANCE_LABEL
from chipstance.score_keys import UNRESOLVED, stance_labels, targets
from chipstance.scoring import Scores

NONE, LEFT_OUT = "no such place", "left out"


@dataclass(frozen=True, slots=True)
class Confusion:
    """A table of what was taken for what.

    Attributes:
        title: what is counted.
        rows: gold values.
        columns: predicted values.
        counts: rows × columns; None where nothing can be.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int | None, ...], ...]


def confusions(
    gold: Sequence[Document], predicted: Mapping[str, Document], errors: Sequence[Error], scores: Scores, layers: Layers
) -> tuple[Confusion, ...]:
    """Return every table in which something is counted.

    Args:
        gold: the documents that are scored.
        predicted: predictions, by document id.
        errors: all of them, from ``score_errors.errors``.
        scores: from ``scoring.score``.
        layers: what is annotated.
    """
    wrong = {id(each.gold) for each in errors}
    right = [span for document in gold for span in document if id(span) not in wrong]
    found = [span for document in gold for span in predicted.get(document.id, ())]
    tables = (*_stance(scores, layers), _layers(gold, found, right, errors, layers), *_values(right, errors, layers))
    return tuple(table for table in tables if any(count for row in table.counts for count in row))


def _stance(scores: Scores, layers: Layers) -> Iterator[Confusion]:
    labels = stance_labels(layers)
    columns = (*labels, UNRESOLVED)
    for target in targets(layers):
        counts = [[round(scores.total((STANCE_LABEL, target, a, b))) for b in columns] for a in labels]
        yield Confusion(f"Stance label of gold statements: {target}", labels, columns, tuple(map(tuple, counts)))


def _layers(
    gold: Sequence[Document], found: Sequence[Span], right: Sequence[Span], errors: Sequence[Error], layers: Layers
) -> Confusion:
    """Count spans in the same place, by layer; spans of one layer are paired before those of different ones."""
    pairs = [(each.gold.layer, each.predicted.layer) for each in errors if _same_place(each)]  # type: ignore[union-attr]
    counts = Counter(pairs) + Counter((span.layer, span.layer) for span in right)
    names = tuple(layer.name for layer in layers)
    rows, columns = (Counter(span.layer for span in side) for side in ([s for d in gold for s in d], found))
    for name in names:
        counts[name, NONE] = rows[name] - sum(counts[name, other] for other in names)
        counts[NONE, name] = columns[name] - sum(counts[other, name] for other in names)
    every = (*names, NONE)
    table = tuple(tuple(None if a == b == NONE else counts[a, b] for b in every) for a in every)
    return Confusion("Layer of spans in the same place", every, every, table)


def _same_place(error: Error) -> bool:
    return error.kind in (ATTRIBUTE, LABEL)


def _values(right: Sequence[Span], errors: Sequence[Error], layers: Layers) -> Iterator[Confusion]:
    for layer in layers:
        pairs = [(span, span) for span in right if span.layer == layer.name]
        differing = [each for each in errors if each.kind == ATTRIBUTE]
        pairs += [(e.gold, e.predicted) for e in differing if e.gold and e.predicted and e.gold.layer == layer.name]
        for attribute in layer.attributes.values():
            if attribute.type in ("choice", "boolean"):
                counts = Counter((_value(a, attribute), _value(b, attribute)) for a, b in pairs)
                yield _table(f"{layer.name}: {attribute.name} of spans in the right place", attribute, counts)


def _value(span: Span, attribute: Attribute) -> str:
    return show_value(span.attributes[attribute.name]) if attribute.name in span.attributes else LEFT_OUT


def show_value(value: Value) -> str:
    """Return an attribute's value as JSON writes it, without quotation marks."""
    return value if isinstance(value, str) else dump_json(value).strip()


def _table(title: str, attribute: Attribute, counts: Counter[tuple[str, str]]) -> Confusion:
    values = (*attribute.values, *(["true", "false"] if attribute.type == "boolean" else []))
    rows = (*values, *(["null"] if attribute.nullable else []))
    columns = (*rows, LEFT_OUT)
    return Confusion(title, rows, columns, tuple(tuple(counts[a, b] for b in columns) for a in rows))
