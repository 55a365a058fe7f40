"""One round as the round commands see it: its folder in the checkout, its project on the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich import progress as rich_progress
from rich.console import Console

from accounts import Connection
from chipstance import report
from chipstance.corpus import read_layers
from chipstance.edits import OffsetMap
from chipstance.folders import Checkout
from chipstance.jsonfile import read_json, write_json
from chipstance.label_studio import Project, Server, ServerError
from chipstance.layers import Layers
from chipstance.model import Span
from chipstance.rounds import Round, labels_digest
from label_studio import connect
from place import document_text

T = TypeVar("T")

console = Console(stderr=True, highlight=False, soft_wrap=True)


def bar(items: Iterable[T], words: str, total: int | None = None) -> Iterable[T]:
    """Show on a terminal how far a loop is."""
    quiet = not console.is_terminal
    return rich_progress.track(items, words, total, console=console, transient=True, disable=quiet)


@dataclass
class Desk:
    """One round on the table: its folder here, its project there.

    Attributes:
        checkout: where the files are.
        round: what the round is about.
        problems: what went wrong with a document or an annotation; the others go on.
    """

    checkout: Checkout
    round: Round
    problems: list[str] = field(default_factory=list)

    @cached_property
    def connection(self) -> Connection:
        """The server to use."""
        return connect(self.checkout)

    @cached_property
    def server(self) -> Server:
        """The server, as its manager uses it; that it is a Label Studio is made sure of."""
        server = self.connection.server()
        server.version  # noqa: B018
        return server

    @cached_property
    def layers(self) -> Layers:
        """What is annotated."""
        return read_layers(self.checkout)

    @cached_property
    def texts(self) -> dict[str, tuple[str, OffsetMap]]:
        """Text and offset map of the round's documents."""
        return {doc: document_text(self.checkout, doc) for doc in self.round.docs}

    @cached_property
    def users(self) -> dict[str, int | None]:
        """Number of each annotator's account, by annotator."""
        numbers = self.server.users()
        return {a.id: numbers.get(self.connection.accounts.email(a.id)) for a in self.round.annotators}

    @cached_property
    def project(self) -> Project:
        """The round's project."""
        found = self.server.find_project(self.round.title)
        if found is None:
            raise ServerError(f"the server has no project “{self.round.title}”: run scripts/round.py open")
        return found

    def tasks(self) -> list[dict[str, Any]]:
        """Read the round's tasks; one that is none of ours is a problem."""
        tasks = list(bar(self.server.tasks(self.project), "tasks read", self.project.tasks))
        return [task for task in tasks if self._is_sound(task)]

    def _is_sound(self, task: Mapping[str, Any]) -> bool:
        doc, text = task["data"].get("doc"), task["data"].get("text")
        if doc not in self.texts:
            self.problems.append(f"task {task['id']}: {doc!r} is no document of this round: delete the task")
        elif text != self.texts[doc][0]:
            self.problems.append(
                f"task {task['id']} ({doc}): its text is not the document's any more: open a new round"
            )
        return doc in self.texts and text == self.texts[doc][0]

    def by_doc(self) -> dict[str, dict[str, Any]]:
        """Return the tasks by document; a document's second task is a problem."""
        found: dict[str, dict[str, Any]] = {}
        for task in self.tasks():
            first = found.setdefault(task["data"]["doc"], task)
            if first is not task:
                name = f"task {task['id']} ({task['data']['doc']})"
                self.problems.append(f"{name} is there already as task {first['id']}: delete the one without labels")
        return found

    def finish(self, words: str) -> None:
        """Show problems and what was done; end with the exit status."""
        for problem in self.problems:
            typer.echo(report.escape(problem))
        typer.echo(words + (f", {len(self.problems)} problems" if self.problems else ""), err=True)
        raise typer.Exit(1 if self.problems else 0)

    @cached_property
    def seen(self) -> Seen:
        """Digests of labels that this machine has exchanged with the server in this round."""
        return Seen(self.checkout.label_studio / "rounds" / f"{self.round.number}.json")


@dataclass(frozen=True, slots=True)
class Seen:
    """Digests of the labels that were pulled or pushed, by annotator and document.

    What has one of these digests was changed by nobody since, on this side or on the other, and may be overwritten.
    A digest is written down before its labels are: so nothing is lost to a crash between the two.
    """

    path: Path

    def _read(self) -> dict[str, list[str]]:
        return dict(read_json(self.path)) if self.path.is_file() else {}

    def has(self, annotator: str, doc: str, spans: Sequence[Span]) -> bool:
        """Tell whether these labels were exchanged before."""
        return labels_digest(spans) in self._read().get(f"{annotator}/{doc}", [])

    def add(self, annotator: str, doc: str, spans: Sequence[Span]) -> None:
        """Write down that these labels are being exchanged."""
        data, digest = self._read(), labels_digest(spans)
        known = data.get(f"{annotator}/{doc}", [])
        if digest not in known:
            write_json(self.path, data | {f"{annotator}/{doc}": [*known, digest]})
