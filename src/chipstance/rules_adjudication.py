"""Rules about adjudication: every dispute is decided, and the gold labels are what rounds and decisions give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from chipstance.adjudication import (
    AdjudicationError,
    Attributes,
    Decision,
    Dispute,
    Place,
    adjudicate,
    by_place,
    compare,
    entry_place,
    parse_decision,
    place_of,
)
from chipstance.digests import sha256
from chipstance.edits import OffsetMap
from chipstance.faults import show
from chipstance.layers import Layers
from chipstance.locate import escape
from chipstance.model import Document
from chipstance.rules import Finding, others, rule


@dataclass(frozen=True)
class Adjudicated:
    """An adjudication file that its schema accepts, with what it is about.

    Attributes:
        path: the file.
        data: its content.
        text: the document's text.
        offsets: between the article and the text.
        layers: what is annotated.
        documents: the label files of its annotators with which nothing is wrong, by annotator.
        missing: annotators that have no label file.
        gold_path: where its document's gold labels stand.
        gold: the gold labels that this file decides; None where a later round does, or there are none, or something
            else is wrong with them.
    """

    path: Path
    data: Mapping[str, Any]
    text: str
    offsets: OffsetMap
    layers: Layers
    documents: Mapping[str, Document]
    missing: Set[str]
    gold_path: Path
    gold: Document | None

    @cached_property
    def complete(self) -> bool:
        """Whether every annotator's labels are there."""
        return set(self.data["annotators"]) <= set(self.documents)

    @cached_property
    def compared(self) -> tuple[Document, ...]:
        """The annotators' labels, in the file's order."""
        return tuple(self.documents[name] for name in self.data["annotators"])

    @cached_property
    def disputes(self) -> Sequence[Dispute]:
        """What they do not agree on."""
        return compare(self.compared, self.layers)[1]

    @cached_property
    def decisions(self) -> Sequence[tuple[Place, Mapping[str, Any]]]:
        """Every entry, by its place."""
        return tuple((entry_place(entry), entry) for entry in self.data["decisions"])

    @cached_property
    def current(self) -> bool:
        """Whether it is about the text as it is now."""
        return bool(self.data["text_sha256"] == sha256(self.text))

    def fits(self, place: Place, entry: Mapping[str, Any]) -> bool:
        """Tell whether a decision's layer is one, and its text the slice at its place."""
        return self.layers.get(place.layer) is not None and self.text[place.start : place.end] == entry["text"]

    @cached_property
    def comparable(self) -> bool:
        """Whether labels and decisions are in order each, so that they can be compared."""
        return self.complete and self.current and all(self.fits(place, entry) for place, entry in self.decisions)

    def or_back(self, annotators: Sequence[str]) -> str:
        """Return the other mend where labels of some annotators may have been changed or lost."""
        folder = "/".join(self.path.parts[-4:-2])
        files = " or ".join(f"{folder}/{name}/{self.path.name}" for name in annotators)
        return f", or put back what stood in {files}" if files else ""

    def parsed(self) -> Iterator[Decision]:
        """Yield the decisions."""
        return (parse_decision(entry) for _, entry in self.decisions)

    def result(self) -> Document:
        """Return what rounds and decisions give.

        Raises:
            AdjudicationError: they do not fit.
        """
        document = adjudicate(self.compared, self.parsed(), self.layers)
        spans = (replace(s, repaired=self.offsets.repaired(s.start, s.end)) for s in document.spans)
        return replace(document, spans=tuple(spans))


@rule("decision-text", "adjudication")
def decision_text(subject: Adjudicated) -> Iterator[Finding]:
    """An adjudication is about the text as it is now, and each decision's text is its slice."""
    if subject.data["text_sha256"] != sha256(subject.text):
        message = f"the text has the digest {sha256(subject.text)}: decide again with the labels of this text"
        yield Finding("/text_sha256", message)
        return
    for index, (place, entry) in enumerate(subject.decisions):
        if subject.text[place.start : place.end] != entry["text"]:
            covered = show(subject.text[place.start : place.end])
            yield Finding(
                f"/decisions/{index}/text", f"[{place.start}, {place.end}) covers {covered}: mend one of them"
            )


@rule("decision-layer", "adjudication")
def decision_layer(subject: Adjudicated) -> Iterator[Finding]:
    """A decision's layer is one of those in layers.json."""
    for index, (place, _) in enumerate(subject.decisions):
        if subject.layers.get(place.layer) is None:
            message = (
                f"no layer is called {show(place.layer)}: choose one of {', '.join(e.name for e in subject.layers)}"
            )
            yield Finding(f"/decisions/{index}/layer", message)


@rule("decision-annotator", "adjudication")
def decision_annotator(subject: Adjudicated) -> Iterator[Finding]:
    """Every compared annotator has labels in the round, and a verdict names one of them, accept or reject."""
    for index, name in enumerate(subject.data["annotators"]):
        if name in subject.missing:
            message = f"the round has no labels of {name} for {subject.data['doc']}: pull them, or remove the name"
            yield Finding(f"/annotators/{index}", message)
    allowed = {*subject.data["annotators"], "accept", "reject"}
    for index, (_, entry) in enumerate(subject.decisions):
        if entry["verdict"] not in allowed:
            message = f"verdict {show(entry['verdict'])} is none of {', '.join(sorted(allowed))}: choose one"
            yield Finding(f"/decisions/{index}/verdict", message)


@rule("decision-variants", "adjudication")
def decision_variants(subject: Adjudicated) -> Iterator[Finding]:
    """The variants that a decision lists are what the annotators labelled there."""
    if not subject.complete or not subject.current:
        return
    disputes = {dispute.place: dispute.variants for dispute in subject.disputes}
    agreed = compare(subject.compared, subject.layers)[0]
    for index, (place, entry) in enumerate(subject.decisions):
        there = disputes.get(place, dict.fromkeys(subject.data["annotators"], agreed.get(place)))
        if subject.fits(place, entry) and entry["variants"] != there:
            changed = [name for name in there if there[name] != entry["variants"].get(name, ...)]
            found = list(_other_variants(f"/decisions/{index}/variants", entry["variants"], there))
            for pointer, message in found[:1]:
                mend = f"decide again{subject.or_back(changed)}"
                yield Finding(pointer, f"{message}, for {place}{others(len(found))}: {mend}")


def _other_variants(
    pointer: str, written: Mapping[str, Attributes | None], there: Mapping[str, Attributes | None]
) -> Iterator[tuple[str, str]]:
    """Yield where the variants that a decision lists are not what the annotators labelled."""
    for name in (*there, *(name for name in written if name not in there)):
        then, now, at = written.get(name), there.get(name), f"{pointer}/{escape(name)}"
        if name not in written:
            yield pointer, f"{name} is missing, whose label is {show(now and dict(now))}"
        elif name not in there:
            yield at, f"{name} is none of the annotators"
        elif then is None or now is None:
            yield from [(at, f"{name} has {'a' if now else 'no'} label there")] if then != now else []
        else:
            yield from ((where, f"{name}'s {message}") for where, message in _attributes(at, then, now))


@rule("decision-missing", "adjudication")
def decision_missing(subject: Adjudicated) -> Iterator[Finding]:
    """Every place that the annotators do not agree on has a decision."""
    decided = {place for place, _ in subject.decisions}
    for dispute in subject.disputes if subject.comparable else ():
        if dispute.place not in decided:
            lacking = [name for name, attributes in dispute.variants.items() if attributes is None]
            mend = f"add a decision with a reason{subject.or_back(lacking)}"
            yield Finding("/decisions", f"{dispute.place} {show(dispute.text)} is disputed: {mend}")


@rule("decision-twice", "adjudication")
def decision_twice(subject: Adjudicated) -> Iterator[Finding]:
    """A place is decided once."""
    seen: set[Place] = set()
    for index, (place, _) in enumerate(subject.decisions):
        if place in seen:
            yield Finding(f"/decisions/{index}", f"{place} is decided above already: remove one of the two")
        seen.add(place)


@rule("gold-derived", "adjudication")
def gold_derived(subject: Adjudicated) -> Iterator[Finding]:
    """The gold labels are the agreed ones and the decisions, nothing else."""
    faults = (
        decision_annotator(subject),
        decision_missing(subject),
        decision_twice(subject),
        decision_variants(subject),
    )
    if subject.gold is None or not subject.comparable or any(next(fault, None) for fault in faults):
        return
    try:
        result = subject.result()
    except AdjudicationError as error:
        index = next((i for i, (place, _) in enumerate(subject.decisions) if place == error.place), None)
        yield Finding("/decisions" if index is None else f"/decisions/{index}", str(error))
        return
    found = list(_differences(subject, result, subject.gold))
    for pointer, message in found[:1]:
        mend = f"labels are changed by decisions in {'/'.join(subject.path.parts[-4:])}, then run"
        mend += f" scripts/adjudicate.py gold {subject.path.parent.parent.name}"
        yield Finding(pointer, f"{message}{others(len(found))}: {mend}", path=subject.gold_path)


def _differences(subject: Adjudicated, made: Document, gold: Document) -> Iterator[tuple[str, str]]:
    """Yield where gold labels are not what rounds and decisions give, in the order of the file; ids come last."""
    wanted, there = by_place(made, subject.layers), by_place(gold, subject.layers)
    for index, span in enumerate(gold.spans):
        place = place_of(span, subject.layers)
        if place not in wanted:
            yield f"/spans/{index}", f"neither agreement nor a decision gives the {place} {show(span.text)}"
        else:
            yield from _attributes(f"/spans/{index}/attributes", there[place], wanted[place])
    for span in made.spans:
        if (place := place_of(span, subject.layers)) not in there:
            yield "/spans", f"the {place} {show(span.text)} is missing"
    if wanted == there:
        for index, (one, other) in enumerate(zip(made.spans, gold.spans, strict=True)):
            if one.id != other.id:
                yield f"/spans/{index}/id", f"id is {show(other.id)}, but should be {show(one.id)}"


def _attributes(pointer: str, there: Attributes, wanted: Attributes) -> Iterator[tuple[str, str]]:
    for name in sorted({*there, *wanted}):
        if name not in there:
            yield pointer, f"{name} is missing, which should be {show(wanted[name])}"
        elif there[name] != wanted.get(name):
            yield (
                f"{pointer}/{name}",
                f"{name} is {show(there[name])}, but should be {show(wanted.get(name))}",
            )
