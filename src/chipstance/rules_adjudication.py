"""Rules about adjudication: every dispute is decided, and the gold labels are what rounds and decisions give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from chipstance.adjudication import (
    AdjudicationError,
    Decision,
    Dispute,
    Place,
    adjudicate,
    compare,
    entry_place,
    parse_decision,
)
from chipstance.digests import sha256
from chipstance.edits import OffsetMap
from chipstance.faults import show
from chipstance.layers import Layers
from chipstance.model import Document, Span
from chipstance.rules import Finding, rule


@dataclass(frozen=True)
class Adjudicated:
    """An adjudication file that its schema accepts, with what it is about.

    Attributes:
        path: the file.
        data: its content.
        text: the document's text.
        offsets: between the article and the text.
        layers: what is annotated.
        documents: the label files of its annotators that could be read, by annotator.
        gold: the gold labels that this file decides; None where a later round does, or there are none.
    """

    path: Path
    data: Mapping[str, Any]
    text: str
    offsets: OffsetMap
    layers: Layers
    documents: Mapping[str, Document]
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
    for index, (place, entry) in enumerate(subject.decisions):
        if subject.text[place.start : place.end] != entry["text"]:
            covered = show(subject.text[place.start : place.end])
            yield Finding(
                f"/decisions/{index}/text", f"[{place.start}, {place.end}) covers {covered}: mend one of them"
            )


@rule("decision-annotator", "adjudication")
def decision_annotator(subject: Adjudicated) -> Iterator[Finding]:
    """Every compared annotator has labels in the round, and a verdict names one of them, accept or reject."""
    for index, name in enumerate(subject.data["annotators"]):
        if name not in subject.documents:
            message = (
                f"the round has no sound labels of {name} for {subject.data['doc']}: pull them, or remove the name"
            )
            yield Finding(f"/annotators/{index}", message)
    allowed = {*subject.data["annotators"], "accept", "reject"}
    for index, (_, entry) in enumerate(subject.decisions):
        if entry["verdict"] not in allowed:
            message = f"verdict {show(entry['verdict'])} is none of {', '.join(sorted(allowed))}"
            yield Finding(f"/decisions/{index}/verdict", message)


@rule("decision-variants", "adjudication")
def decision_variants(subject: Adjudicated) -> Iterator[Finding]:
    """The variants that a decision lists are what the annotators labelled there."""
    if not subject.complete:
        return
    disputes = {dispute.place: dispute.variants for dispute in subject.disputes}
    agreed = compare(subject.compared, subject.layers)[0]
    for index, (place, entry) in enumerate(subject.decisions):
        everybody = dict.fromkeys(subject.data["annotators"], agreed.get(place))
        if entry["variants"] != disputes.get(place, everybody):
            message = (
                f"the annotators' labels at {place} are {show(dict(disputes.get(place, everybody)))}: decide again"
            )
            yield Finding(f"/decisions/{index}/variants", message)


@rule("decision-missing", "adjudication")
def decision_missing(subject: Adjudicated) -> Iterator[Finding]:
    """Every place that the annotators do not agree on has a decision."""
    decided = {place for place, _ in subject.decisions}
    for dispute in subject.disputes if subject.complete else ():
        if dispute.place not in decided:
            yield Finding(
                "/decisions", f"{dispute.place} {show(dispute.text)} is disputed: add a decision with a reason"
            )


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
    if subject.gold is None or any(next(fault, None) for fault in faults):
        return
    try:
        result = subject.result()
    except AdjudicationError as error:
        yield Finding("/decisions", str(error))
        return
    if result.spans != subject.gold.spans:
        yield Finding("/decisions", f"{_difference(result.spans, subject.gold.spans)}: run scripts/adjudicate.py gold")


def _difference(made: Sequence[Span], there: Sequence[Span]) -> str:
    for one, other in zip(made, there, strict=False):
        if one != other:
            return f"the gold labels differ, first at {other.id}, which should be {one.id} {show(one.text)}"
    return f"rounds and decisions give {len(made)} labels, but the gold has {len(there)}"
