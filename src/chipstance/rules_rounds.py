"""Rules about rounds as folders: nothing of one is lost or left over, and all gold labels come from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chipstance.folders import ADJUDICATION, GUIDELINES, ROUND_FILE
from chipstance.rules import Finding, others, rule


@dataclass(frozen=True)
class RoundFolder:
    """A round's folder, with what stands in it.

    Attributes:
        path: the folder.
        missing: whether it has no ``round.json``.
        data: the content of ``round.json``; None where it is missing or its schema refuses it.
        labels: by annotator, the documents with a label file.
        owners: by folder, the annotator that its label files name, where that is one.
        decided: the documents with an adjudication.
        guidelines: digests of the guidelines as they are now, and of those that the round's folder keeps; None where
            one of them can't be read.
        kept: whether the round's folder has guidelines of its own.
    """

    path: Path
    missing: bool = False
    data: Mapping[str, Any] | None = None
    labels: Mapping[str, Set[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    decided: Set[str] = frozenset()
    guidelines: Set[str] | None = frozenset()
    kept: bool = False

    @property
    def file(self) -> Path:
        """Where its ``round.json`` stands."""
        return self.path / ROUND_FILE

    @property
    def docs(self) -> list[str]:
        """The documents that it lists."""
        return list(self.data["docs"]) if self.data else []

    @property
    def annotators(self) -> list[str]:
        """The annotators whom it lists."""
        return [entry["id"] for entry in self.data["annotators"]] if self.data else []


@dataclass(frozen=True, slots=True)
class Rounds:
    """All rounds of a checkout.

    Attributes:
        folders: the rounds, by number.
        gold: the gold labels that are there, by document.
    """

    folders: tuple[RoundFolder, ...]
    gold: Mapping[str, Path]


@rule("round-files", "rounds")
def round_file_missing(rounds: Rounds) -> Iterator[Finding]:
    """A round has its round.json, which lists everybody and everything that it holds labels and decisions of."""
    for each in rounds.folders:
        if each.missing:
            message = f"the round has no {ROUND_FILE}: put it back, or write down its documents and annotators"
            yield Finding("", message, path=each.file)


@rule("round-files", "rounds")
def round_annotators(rounds: Rounds) -> Iterator[Finding]:
    """A round has its round.json, which lists everybody and everything that it holds labels and decisions of."""
    for each in rounds.folders:
        for pointer, message in _annotators(each) if each.data else ():
            yield Finding(pointer, message, path=each.file)


def _annotators(each: RoundFolder) -> Iterator[tuple[str, str]]:
    """Yield which annotators are listed or there, but not both; before any adjudication some may have no labels yet."""
    for name in each.labels:
        other = each.owners.get(name, name)
        if name < other and each.owners.get(other) == name and name in each.annotators:
            message = f"{name}/ holds the labels of {other}, and {other}/ those of {name}: let the folders change names"
            yield f"/annotators/{each.annotators.index(name)}/id", message
    unlisted = sorted(set(each.labels) - set(each.annotators))
    lost = [name for name in each.annotators if each.decided and name not in each.labels]
    if len(unlisted) == len(lost) == 1:
        message = f"{lost[0]} has no labels here, and {unlisted[0]}/ is of nobody who is listed: rename one of them"
        yield f"/annotators/{each.annotators.index(lost[0])}/id", message
        return
    for name in unlisted:
        yield "/annotators", f"{name}/ holds labels of nobody who is listed: list {name}, or remove the folder"
    for name in lost:
        message = f"the round is adjudicated, but has no labels of {name}: put them back, or pull them"
        yield f"/annotators/{each.annotators.index(name)}/id", message


@rule("round-files", "rounds")
def round_docs(rounds: Rounds) -> Iterator[Finding]:
    """A round has its round.json, which lists everybody and everything that it holds labels and decisions of."""
    for each in rounds.folders:
        for pointer, message in _docs(each) if each.data else ():
            yield Finding(pointer, message, path=each.file)


def _docs(each: RoundFolder) -> Iterator[tuple[str, str]]:
    """Yield which documents are listed or there, but not both."""
    holders = {**each.labels, ADJUDICATION: each.decided}
    for doc in sorted(set().union(*holders.values()) - set(each.docs)):
        names = ", ".join(name for name, docs in holders.items() if doc in docs)
        yield "/docs", f"{doc} is not listed, but has files in {names}: list it, or remove them"
    for index, doc in enumerate(each.docs if each.decided else ()):
        without = [name for name in each.annotators if name in each.labels and doc not in each.labels[name]]
        if without:
            message = f"the round is adjudicated, but {doc} has no labels of {', '.join(without)}: put them back"
            yield f"/docs/{index}", f"{message}, or pull them"
        elif doc not in each.decided:
            message = f"other documents of the round are adjudicated, but {doc} is not: put"
            yield f"/docs/{index}", f"{message} {ADJUDICATION}/{doc}.json back, or decide about it"


@rule("round-guidelines", "rounds")
def round_guidelines(rounds: Rounds) -> Iterator[Finding]:
    """The guidelines that a round was labelled by are kept: as they are now, or in its own folder."""
    for each in rounds.folders:
        if each.data is None or each.guidelines is None or each.data["guidelines_sha256"] in each.guidelines:
            continue
        if each.kept:
            message = f"{'/'.join(each.path.parts[-3:])}/{GUIDELINES} has another digest: put back"
            message += " what the annotators read"
        else:
            state = "has another digest" if each.guidelines else "is missing"
            message = f"annotations/{GUIDELINES} {state}: put back what the annotators read; if it was changed since,"
            message += f" keep it in the round's folder as {GUIDELINES}"
        yield Finding("/guidelines_sha256", message, path=each.file)


@rule("gold-derived", "rounds")
def gold_decided(rounds: Rounds) -> Iterator[Finding]:
    """The gold labels are the agreed ones and the decisions, nothing else."""
    if any(each.data is None for each in rounds.folders):
        return
    decided = {doc for each in rounds.folders for doc in each.decided}
    # a round that lacks one of its adjudications says so itself
    told = {doc for each in rounds.folders if each.decided for doc in each.docs}
    waiting = [doc for doc in rounds.gold if doc not in decided | told] if rounds.folders else []
    for each in rounds.folders:
        of_it = [doc for doc in each.docs if doc in waiting]
        waiting = [doc for doc in waiting if doc not in of_it]
        if of_it:
            message = f"there are gold labels of {', '.join(of_it)}, but the round has no adjudication: put it back"
            yield Finding("/docs", f"{message}, or decide and make the gold labels from it", path=each.file)
    for doc in waiting[:1]:
        message = f"no round labels {doc}, though there are rounds{others(len(waiting))}: put its round back"
        yield Finding("", f"{message}, or annotate it in one", path=rounds.gold[doc])
