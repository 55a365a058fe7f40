"""A round of annotation: which documents, by whom, under which guidelines, and how far everybody is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chipstance.corpus import span_entry
from chipstance.digests import sha256
from chipstance.model import Span

Json = Any


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody who labels in a round.

    Attributes:
        id: names the folder of the labels.
        who: a person or a program, in words.
    """

    id: str
    who: str


@dataclass(frozen=True, slots=True)
class Round:
    """A round, as its ``round.json`` tells.

    Attributes:
        number: counted from 1.
        docs: ids of the documents.
        annotators: who labels them.
        guidelines_sha256: digest of the guidelines they label by.
    """

    number: int
    docs: tuple[str, ...]
    annotators: tuple[Annotator, ...]
    guidelines_sha256: str

    @property
    def title(self) -> str:
        """What its project is called in Label Studio."""
        return f"ChipStance round {self.number}"

    def extended(self, docs: Iterable[str], who: Mapping[str, str]) -> Round:
        """Return the round with more documents and annotators; who is there already keeps its place.

        Args:
            docs: ids of documents.
            who: annotators by id, in words; an empty string leaves the words as they are.
        """
        known = {annotator.id: annotator.who for annotator in self.annotators}
        words = known | {name: text or known.get(name, "") for name, text in who.items()}
        return replace(
            self,
            docs=tuple(dict.fromkeys([*self.docs, *docs])),
            annotators=tuple(Annotator(name, text) for name, text in words.items()),
        )


def parse_round(data: Mapping[str, Json]) -> Round:
    """Build a round from the content of a ``round.json`` that its schema accepts."""
    annotators = tuple(Annotator(entry["id"], entry["who"]) for entry in data["annotators"])
    return Round(data["round"], tuple(data["docs"]), annotators, data["guidelines_sha256"])


def round_entry(round_: Round) -> dict[str, Json]:
    """Return the content of a round's ``round.json``."""
    return {
        "round": round_.number,
        "docs": list(round_.docs),
        "annotators": [{"id": annotator.id, "who": annotator.who} for annotator in round_.annotators],
        "guidelines_sha256": round_.guidelines_sha256,
    }


def labels_digest(spans: Sequence[Span]) -> str:
    """Return a digest that is the same where the labels are; ``repaired`` follows from the place and does not count."""
    entries = [span_entry(replace(span, repaired=False)) for span in spans]
    return sha256(json.dumps(entries, ensure_ascii=False, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an annotator is with a document.

    Attributes:
        annotator: the annotator's id.
        doc: the document's id.
        state: ``none``, ``draft``, ``skipped`` or ``submitted``.
        regions: how many regions there are.
        changed: when they last changed, as Label Studio writes it; empty for ``none``.
    """

    annotator: str
    doc: str
    state: str = "none"
    regions: int = 0
    changed: str = ""


def progress(round_: Round, tasks: Sequence[Mapping[str, Json]], users: Mapping[str, int | None]) -> Iterator[Progress]:
    """Yield how far each annotator is with each document, in the round's order.

    Args:
        round_: the round.
        tasks: its tasks, as an export writes them.
        users: Label Studio's number of each annotator's account.
    """
    by_doc = {task["data"].get("doc"): task for task in reversed(tasks)}
    for annotator in round_.annotators:
        for doc in round_.docs:
            state, entry = _state(by_doc.get(doc, {}), users.get(annotator.id))
            regions = {row.get("id") for row in entry.get("result") or () if row.get("type") == "labels"}
            yield Progress(annotator.id, doc, state, len(regions), str(entry.get("updated_at", "")))


def _state(task: Mapping[str, Json], user: int | None) -> tuple[str, Mapping[str, Json]]:
    own = [entry for entry in task.get("annotations", ()) if user is not None and entry["completed_by"] == user]
    drafts = [entry for entry in task.get("drafts", ()) if user is not None and entry["completed_by"] == user]
    found = {
        "submitted": [entry for entry in own if not entry["was_cancelled"]],
        "draft": drafts,
        "skipped": own,
    }
    return next(((state, entries[0]) for state, entries in found.items() if entries), ("none", {}))
