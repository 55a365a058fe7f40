"""Adjudicate a round in Label Studio: a project of its own, with what is agreed filled in and every version shown.

``send`` makes the project ``ChipStance adjudication N``: each task has the agreed labels, from which the adjudicator's
annotation starts, and each annotator's version beside them. ``fetch`` turns what the adjudicator has submitted into
``annotations/rounds/N/adjudication/``; the reasons are then written there, and ``scripts/adjudicate.py gold`` goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

import round as rounds
from adjudicate import Number, adjudication_data, round_documents
from chipstance.adjudication import agreed_spans, compare, decided_entries
from chipstance.digests import sha256
from chipstance.jsonfile import read_json, write_json
from chipstance.labeling import from_results, make_task, to_results
from chipstance.model import Document
from chipstance.rounds import Round
from desk import Desk
from label_studio import here, one_line

AGREED = "agreed"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


class Adjudication(Round):
    """The adjudication of a round: the same documents, another project."""

    @property
    def title(self) -> str:
        """What its project is called in Label Studio."""
        return f"ChipStance adjudication {self.number}"


@app.command()
def send(number: Number) -> None:
    """Make the project and its tasks; a task that is there already is left alone."""
    desk, labelled = opened(number)
    settings = rounds.settings(desk) | {"maximum_annotations": 1, "model_version": AGREED}
    with one_line():
        desk.project = desk.server.write_project(desk.round.title, settings)
        there = desk.by_doc()
        tasks = [task_of(desk, documents) for doc, documents in labelled.items() if doc not in there]
        if tasks:
            desk.server.add_tasks(desk.project, tasks)
        address = f"{desk.connection.url}/projects/{desk.project.id}/data"
    desk.finish(f"the adjudication of round {number} is open at {address}: {len(tasks)} new tasks")


def task_of(desk: Desk, documents: list[Document]) -> dict[str, Any]:
    """Return a document's task: the agreed labels and each annotator's as predictions."""
    text = documents[0].text
    task = make_task(documents[0].id, text, sha256(text), None, desk.layers)
    agreed = agreed_spans(compare(documents, desk.layers)[0], text, desk.layers)
    versions = {AGREED: agreed} | {document.annotator: document.spans for document in documents}
    shown = [{"model_version": name, "result": to_results(spans, desk.layers)} for name, spans in versions.items()]
    return task | {"predictions": shown}


@app.command()
def fetch(number: Number, adjudicator: Annotated[str, typer.Option("--as", help="Whose account decided.")]) -> None:
    """Write the submitted decisions into the adjudication files; reasons that are there stay."""
    desk, labelled = opened(number)
    waiting = 0
    with one_line():
        submitted = dict(submissions(desk, adjudicator))
    for doc, results in submitted.items():
        documents = labelled[doc]
        spans, faults = from_results(results, documents[0].text, desk.layers)
        desk.problems += [f"{doc}, region {fault.region}: {fault.message}" for fault in faults]
        if faults:
            continue
        path = desk.checkout.adjudication(number, doc)
        existing = read_json(path)["decisions"] if path.is_file() else []
        decided = Document(doc, documents[0].text, spans, adjudicator)
        entries = decided_entries(decided, documents, existing, desk.layers)
        write_json(path, adjudication_data(documents, adjudicator, entries))
        waiting += sum(not entry["reason"] for entry in entries)
    desk.finish(f"{len(submitted)} of {len(labelled)} documents decided; {waiting} decisions wait for their reason")


def submissions(desk: Desk, adjudicator: str) -> Iterator[tuple[str, Any]]:
    """Yield the documents that the adjudicator has submitted, with the rows of the annotation."""
    user = desk.server.users().get(desk.connection.accounts.email(adjudicator))
    if user is None:
        raise typer.BadParameter(f"{adjudicator} has no account: run scripts/label_studio.py account {adjudicator}")
    for doc, task in desk.by_doc().items():
        own = [a for a in task["annotations"] if a["completed_by"] == user and not a["was_cancelled"]]
        if len(own) > 1:
            desk.problems.append(f"task {task['id']} ({doc}) has {len(own)} annotations: delete all but one")
        elif own:
            yield doc, own[0]["result"]


def opened(number: int) -> tuple[Desk, Mapping[str, list[Document]]]:
    """Return the adjudication's desk, and the round's labels by document."""
    checkout = here()
    labelled = dict(round_documents(checkout, number, None))
    before = rounds.read_round(checkout, number)
    round_ = Adjudication(number, tuple(labelled), before.annotators, before.guidelines_sha256)
    return Desk(checkout, round_), labelled


if __name__ == "__main__":
    app()
