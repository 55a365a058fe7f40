"""What changed between two sets of labels, label by label."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chipstance.adjudication import targets, unlinked
from chipstance.layers import Layer, Layers
from chipstance.matching import overlap_pairs
from chipstance.model import Document, Span, Value


@dataclass(frozen=True, slots=True)
class Label:
    """A label as a diff shows it: links to other spans are their ``start:end``."""

    layer: str
    start: int
    end: int
    text: str
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """One label that is not the same on both sides.

    Attributes:
        doc: the document.
        before: the label on the old side; None where it was added.
        after: the label on the new side; None where it was removed.
    """

    doc: str
    before: Label | None
    after: Label | None

    @property
    def kind(self) -> str:
        """``added``, ``removed``, ``moved`` (other boundaries) or ``changed`` (other attributes alone)."""
        if self.before is None or self.after is None:
            return "removed" if self.before else "added"
        same_place = (self.before.start, self.before.end) == (self.after.start, self.after.end)
        return "changed" if same_place else "moved"

    @property
    def layer(self) -> str:
        """The label's layer."""
        label = self.before or self.after
        return label.layer if label else ""

    @property
    def attributes(self) -> dict[str, tuple[Value, Value]]:
        """The attributes that differ: name to old and new value; empty where a side is missing."""
        if self.before is None or self.after is None:
            return {}
        old, new = self.before.attributes, self.after.attributes
        names = [*old, *(name for name in new if name not in old)]
        return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two sets of documents.

    Attributes:
        only_old: documents of the old set alone.
        only_new: documents of the new set alone.
        changes: label by label, in the order of documents and text.
        same: how many labels are the same on both sides.
    """

    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    changes: tuple[Change, ...]
    same: int


def diff(old: Mapping[str, Document], new: Mapping[str, Document], layers: Layers) -> Difference:
    """Compare two sets of documents.

    A label is followed when its boundaries move: overlapping spans of one layer are paired one-to-one and optimally.
    Ids don't count, and a link counts by the place it points to.

    Args:
        old: documents by id.
        new: documents by id.
        layers: what is annotated.
    """
    changes: list[Change] = []
    same = 0
    for doc in [name for name in old if name in new]:
        for change in _pairs(doc, old[doc], new[doc], layers):
            if change.before == change.after:
                same += 1
            else:
                changes.append(change)
    only_old, only_new = (tuple(n for n in a if n not in b) for a, b in ((old, new), (new, old)))
    return Difference(only_old, only_new, tuple(changes), same)


def _pairs(doc: str, old: Document, new: Document, layers: Layers) -> Iterator[Change]:
    """Yield every label of a document with its counterpart, layer by layer in reading order."""
    old_targets, new_targets = targets(old), targets(new)
    for layer in layers:
        before, after = old.layer(layer.name), new.layer(layer.name)
        pairs = overlap_pairs(before, after, _traits(layer))
        partner = {a.id: b for a, b in pairs}
        taken = {b.id for _, b in pairs}
        rows: list[tuple[Span | None, Span | None]] = [(a, partner.get(a.id)) for a in before]
        rows += [(None, b) for b in after if b.id not in taken]
        for a, b in sorted(rows, key=_place):
            yield Change(doc, _label(a, old_targets, layers), _label(b, new_targets, layers))


def _traits(layer: Layer) -> Callable[[Span], list[Value]]:
    return lambda span: [span.attributes.get(name) for name in layer.attributes]


def _place(row: tuple[Span | None, Span | None]) -> tuple[int, int]:
    span = row[0] or row[1]
    return (span.start, span.end) if span else (0, 0)


def _label(span: Span | None, linked: Mapping[str, str], layers: Layers) -> Label | None:
    if span is None:
        return None
    return Label(span.layer, span.start, span.end, span.text, unlinked(span, linked, layers))


def words(difference: Difference) -> Iterator[str]:
    """Yield the difference in words, a line a change, with a heading line for each document."""
    for name in difference.only_old:
        yield f"{name}: document removed"
    for name in difference.only_new:
        yield f"{name}: document added"
    doc = ""
    for change in difference.changes:
        if change.doc != doc:
            doc = change.doc
            yield f"{doc}:"
        yield f"  {_sentence(change)}"
    counts = {
        kind: sum(c.kind == kind for c in difference.changes) for kind in ("added", "removed", "moved", "changed")
    }
    yield ", ".join(f"{count} {kind}" for kind, count in counts.items()) + f", {difference.same} the same"


def _sentence(change: Change) -> str:
    differing = "; ".join(f"{name} {_show(a)} → {_show(b)}" for name, (a, b) in change.attributes.items())
    match change.before, change.after:
        case None, Label() as label:
            return f"added {_named(label)} ({_values(label)})" if label.attributes else f"added {_named(label)}"
        case Label() as label, None:
            return f"removed {_named(label)}"
        case Label() as before, Label() as after if change.kind == "moved":
            tail = f"; {differing}" if differing else ""
            return f"moved {_named(before)} to [{after.start}, {after.end}) {_quoted(after.text)}{tail}"
        case Label() as before, _:
            return f"changed {_named(before)}: {differing}"
    raise AssertionError(change)


def _named(label: Label) -> str:
    return f"{label.layer} [{label.start}, {label.end}) {_quoted(label.text)}"


def _values(label: Label) -> str:
    return ", ".join(f"{name} {_show(value)}" for name, value in label.attributes.items())


def _show(value: Value) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else value


def _quoted(text: str) -> str:
    longest = 60
    one_line = " ".join(text.split())
    shown = one_line if len(one_line) <= longest else f"{one_line[: longest - 20]} … {one_line[-17:]}"
    return f"«{shown}»"


def entries(difference: Difference) -> dict[str, Any]:
    """Return the difference as JSON data."""
    return {
        "only_old": list(difference.only_old),
        "only_new": list(difference.only_new),
        "same": difference.same,
        "changes": [
            {
                "doc": change.doc,
                "kind": change.kind,
                "before": _entry(change.before),
                "after": _entry(change.after),
                "attributes": {name: list(pair) for name, pair in change.attributes.items()},
            }
            for change in difference.changes
        ],
    }


def _entry(label: Label | None) -> dict[str, Any] | None:
    if label is None:
        return None
    return {
        "layer": label.layer,
        "start": label.start,
        "end": label.end,
        "text": label.text,
        "attributes": dict(label.attributes),
    }
