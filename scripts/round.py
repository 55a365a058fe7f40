"""Take a round of annotation to Label Studio and back.

A round is a project on the server and a folder ``annotations/rounds/<n>/``. Every command can be repeated: tasks are
told apart by their document, annotations by account and document, and what is there already is left alone. So a
command that was cut off is simply run again.

Exit status: 0 done, 1 problems found or the server can't, 2 wrong usage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from markdown_it import MarkdownIt
from rich.console import Console
from rich.table import Table

from chipstance import report
from chipstance.corpus import document_entry, parse_document
from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.jsonfile import dump_json, read_json, write_json
from chipstance.label_studio import Server
from chipstance.labeling import Labelled, from_results, labeling_config, make_task, read_export, to_results
from chipstance.model import Document, Problem, Span
from chipstance.predictions import read_line
from chipstance.rounds import Round, labels_digest, parse_round, progress, round_entry
from chipstance.validate import check, check_content, display
from desk import Desk, bar
from label_studio import here, one_line

TOOL = "label-studio"
BATCH = 20
"""Tasks in one import."""

# Label Studio's own style takes margins, bullets and numbers away.
PAGE = """<style>
.guidelines h1, .guidelines h2, .guidelines p, .guidelines ul, .guidelines ol, .guidelines table {{ margin: 12px 0 }}
.guidelines ul {{ list-style: disc; padding-left: 24px }}
.guidelines ol {{ list-style: decimal; padding-left: 24px }}
.guidelines th, .guidelines td {{ border: 1px solid #ccc; padding: 4px 8px; vertical-align: top; text-align: left }}
</style><div class="guidelines">{}</div>"""


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

Number = Annotated[int, typer.Argument(min=1, help="The round's number.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite labels that were changed on the other side.")]


@app.command("open")
def open_round(
    number: Number,
    docs: Annotated[list[str] | None, typer.Option(help="A document; may be repeated.  [default: all]")] = None,
    annotator: Annotated[list[str] | None, typer.Option(help="An annotator's id; may be repeated.")] = None,
    who: Annotated[list[str] | None, typer.Option(metavar="ID=TEXT", help="Who an annotator is, in words.")] = None,
    prelabel: Annotated[
        Path | None, typer.Option(exists=True, help="Labels to start from: a folder of label files, or predictions.")
    ] = None,
) -> None:
    """Make the round's project and its tasks, or add to them: documents, annotators, pre-annotations."""
    checkout = here()
    round_ = opened(checkout, number, docs, named(annotator or [], who or []))
    desk = Desk(checkout, round_)
    predictions = read_predictions(desk, prelabel) if prelabel else {}
    write_json(checkout.round_file(number), round_entry(round_))
    with one_line():
        desk.project = desk.server.write_project(round_.title, settings(desk))
        made = add_tasks(desk, predictions)
        address = f"{desk.connection.url}/projects/{desk.project.id}/data"
    desk.finish(f"round {number} is open at {address}: {made} new of {len(round_.docs)} documents")


def named(annotators: Sequence[str], who: Sequence[str]) -> dict[str, str]:
    """Return what is said about annotators, by id."""
    pairs = [text.partition("=") for text in who]
    words = dict.fromkeys(annotators, "") | {name: text.strip() for name, _, text in pairs}
    bad = [
        name for name in words if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) or name in ("adjudication", "gold")
    ]
    if bad:
        raise typer.BadParameter(f"{bad[0]!r} is no annotator's id: use lower-case letters, digits and single hyphens")
    return words


def opened(checkout: Checkout, number: int, docs: Sequence[str] | None, who: Mapping[str, str]) -> Round:
    """Return the round as it is after ``open``.

    Raises:
        typer.BadParameter: a document is unknown, nobody labels, or the guidelines have changed since.
    """
    known = [entry["id"] for entry in read_json(checkout.articles)["articles"]]
    unknown = [doc for doc in docs or () if doc not in known]
    if unknown:
        raise typer.BadParameter(f"no article is called {unknown[0]!r}: choose one of {', '.join(known)}")
    digest = sha256(guidelines(checkout))
    before = read_round(checkout, number) if checkout.round_file(number).is_file() else None
    wanted = docs or (() if before else known)
    after = (before or Round(number, (), (), digest)).extended(wanted, who)
    if not after.annotators:
        raise typer.BadParameter("nobody labels: name an annotator with --annotator")
    if after.guidelines_sha256 != digest:
        raise typer.BadParameter(
            f"annotations/guidelines.md has changed since round {number} was opened: open a new round"
        )
    return after


def guidelines(checkout: Checkout) -> str:
    """Return the guidelines, in Markdown."""
    path = checkout.annotations / "guidelines.md"
    if not path.is_file():
        raise typer.BadParameter("annotations/guidelines.md is missing: nobody can label without it")
    return path.read_text("utf-8")


def read_round(checkout: Checkout, number: int) -> Round:
    """Return a round that has been opened."""
    path = checkout.round_file(number)
    if not path.is_file():
        raise typer.BadParameter(f"round {number} is not open here: run scripts/round.py open {number}")
    refuse(check([path]).problems)
    return parse_round(read_json(path))


def refuse(problems: Sequence[Problem]) -> None:
    """End the command where files that it needs are broken."""
    if problems:
        typer.echo(report.text_lines(problems), nl=False)
        raise typer.Exit(1)


def settings(desk: Desk) -> dict[str, Any]:
    """Return the settings of the round's project."""
    config = labeling_config(desk.layers)
    instruction = PAGE.format(MarkdownIt("commonmark").enable("table").render(guidelines(desk.checkout)))
    count = len(desk.round.annotators)
    digest = sha256(config + instruction)[:12]
    return {
        "label_config": config,
        "expert_instruction": instruction,
        "show_instruction": True,
        "show_collab_predictions": True,
        "maximum_annotations": count,
        "description": f"round {desk.round.number} of ChipStance, {count} annotators, page {digest}",
    }


def read_predictions(desk: Desk, path: Path) -> dict[str, Document]:
    """Return the labels to start from, by document."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise typer.BadParameter(f"{path} holds no label file")
    refuse(check(files).problems)
    entries = [json.loads(piece) for file in files for piece in pieces(file)]
    wanted = [entry for entry in entries if entry["doc"] in desk.texts]
    return {entry["doc"]: start_labels(desk, entry) for entry in wanted}


def start_labels(desk: Desk, entry: Mapping[str, Any]) -> Document:
    """Return a document's labels to start from; a quotation that is not in its text is left out, and said."""
    text = desk.texts[entry["doc"]][0]
    if "annotator" in entry:
        return parse_document(entry, text)
    read = read_line(entry, text, desk.layers).spans
    lost = {span.id for span in read if not span.text}
    if lost:
        typer.echo(f"{entry['doc']}: quotations that are not in the text are left out", err=True)
    kept = (replace(s, attributes={k: v for k, v in s.attributes.items() if v not in lost}) for s in read if s.text)
    return Document(entry["doc"], text, tuple(kept), "prediction")


def pieces(path: Path) -> list[str]:
    """Return the JSON texts of a file: its lines, or all of it."""
    text = path.read_text("utf-8")
    return [line for line in text.split("\n") if line] if path.suffix == ".jsonl" else [text]


def add_tasks(desk: Desk, predictions: Mapping[str, Document]) -> int:
    """Add what is missing: tasks, and pre-annotations of tasks that have none; return the number of new tasks."""
    there = desk.by_doc()
    missing = [doc for doc in desk.round.docs if doc not in there]
    batches = [missing[start : start + BATCH] for start in range(0, len(missing), BATCH)]
    for batch in bar(batches, "tasks added"):
        desk.server.add_tasks(desk.project, [new_task(desk, doc, predictions.get(doc)) for doc in batch])
    for doc, prediction in predictions.items():
        if doc in there and not there[doc]["predictions"]:
            rows = to_results(prediction.spans, desk.layers)
            desk.server.add_prediction(there[doc]["id"], rows, prediction.annotator)
    return len(missing)


def new_task(desk: Desk, doc: str, prediction: Document | None) -> dict[str, Any]:
    """Return the task of a document."""
    text = desk.texts[doc][0]
    return make_task(doc, text, sha256(text), prediction, desk.layers)


@app.command()
def push(
    number: Number,
    annotator: Annotated[str, typer.Argument(help="Whose label files are sent, under whose account.")],
    force: Force = False,
) -> None:
    """Send an annotator's label files of the round as submitted annotations of that annotator's account."""
    desk = Desk(here(), read_round(here(), number))
    if annotator not in {a.id for a in desk.round.annotators}:
        raise typer.BadParameter(f"{annotator!r} does not label in round {number}: see its round.json")
    files = {doc: desk.checkout.labels(number, annotator, doc) for doc in desk.round.docs}
    files = {doc: path for doc, path in files.items() if path.is_file()}
    if not files:
        raise typer.BadParameter(f"{annotator} has no label file of round {number}")
    refuse(check(files.values()).problems)
    done = {"new": 0, "changed": 0, "as it was": 0, "kept": 0}
    with one_line():
        server, tasks = desk.connection.server_as(annotator), desk.by_doc()
        for doc, path in bar(files.items(), f"{annotator}: pushed"):
            document = parse_document(read_json(path), desk.texts[doc][0])
            done[push_one(desk, server, tasks.get(doc), document, force)] += 1
    desk.finish(f"{annotator}: {counted(done)}")


def counted(done: Mapping[str, int]) -> str:
    """Return counts in words."""
    return ", ".join(f"{count} {name}" for name, count in done.items() if count) or "nothing there"


def push_one(desk: Desk, server: Server, task: Mapping[str, Any] | None, document: Document, force: bool) -> str:
    """Make the server hold a document's labels under the account in use; return what was done, in a word."""
    annotator, doc = document.annotator, document.id
    if task is None:
        desk.problems.append(f"{doc} has no task on the server: run scripts/round.py open {desk.round.number}")
        return "kept"
    own = [a for a in task["annotations"] if a["completed_by"] == server.user and not a["was_cancelled"]]
    if len(own) > 1:
        numbers = ", ".join(str(entry["id"]) for entry in own)
        desk.problems.append(f"task {task['id']} ({doc}), {annotator}: annotations {numbers}: delete all but one")
        return "kept"
    spans = from_results(own[0]["result"], document.text, desk.layers) if own else ((), ())
    if own and (labels_digest(spans[0]), spans[1]) == (labels_digest(document.spans), ()):
        return "as it was"
    if own and not force and not (desk.seen.has(annotator, doc, spans[0]) and not spans[1]):
        where = f"task {task['id']} ({doc}), {annotator}"
        desk.problems.append(f"{where}: changed on the server since the last pull: pull first, or push with --force")
        return "kept"
    rows = to_results(document.spans, desk.layers)
    desk.seen.add(annotator, doc, document.spans)
    if own:
        server.change_annotation(own[0]["id"], rows)
    else:
        server.annotate(task["id"], rows)
    return "changed" if own else "new"


@app.command()
def status(number: Number) -> None:
    """Show how far every annotator is with every document."""
    desk = Desk(here(), read_round(here(), number))
    table = Table(title=desk.round.title, title_justify="left")
    for heading in ("annotator", "document", "state", "spans", "last change"):
        table.add_column(heading, justify="right" if heading == "spans" else "left")
    with one_line():
        rows = list(progress(desk.round, desk.tasks(), desk.users))
        without = {name for name, user in desk.users.items() if user is None}
    for row in rows:
        state = "no account" if row.annotator in without else row.state
        spans, changed = (str(row.regions), row.changed[:16].replace("T", " ")) if row.changed else ("", "")
        table.add_row(row.annotator, row.doc, state, spans, changed)
    Console().print(table)
    submitted = sum(row.state == "submitted" for row in rows)
    desk.finish(f"{submitted} of {len(rows)} submitted")


@app.command()
def pull(number: Number, force: Force = False) -> None:
    """Bring every annotator's submitted labels into the round's folder; labels that break a rule are kept apart."""
    desk = Desk(here(), read_round(here(), number))
    done = {"new": 0, "changed": 0, "as it was": 0, "kept": 0}
    with one_line():
        tasks = desk.tasks()
        names: dict[int | str, str] = {user: name for name, user in desk.users.items() if user is not None}
        version = desk.server.version
        labelled = read_export(tasks, desk.layers, names)
    raw = {entry["id"]: entry for task in tasks for entry in task["annotations"]}
    for item in bar(labelled, "pulled"):
        done[pull_one(desk, item, raw[item.annotation], version, force)] += 1
    rows = list(progress(desk.round, tasks, desk.users))
    done["not submitted"] = sum(row.state != "submitted" for row in rows)
    desk.finish(f"round {number}: {counted(done)}")


def pull_one(desk: Desk, item: Labelled, raw: Mapping[str, Any], version: str, force: bool) -> str:
    """Bring one annotation into its label file; return what was done, in a word."""
    where = f"task {item.task} ({item.doc}), {item.annotator}"
    offsets = desk.texts[item.doc][1]
    spans = tuple(replace(span, repaired=offsets.repaired(span.start, span.end)) for span in item.spans)
    document = Document(item.doc, item.text, spans, item.annotator)
    path = desk.checkout.labels(desk.round.number, item.annotator, item.doc)
    problems = list(broken(desk, item, document, path, version))
    if problems:
        kept = desk.checkout.label_studio / "kept" / str(desk.round.number) / item.annotator / f"{item.doc}.json"
        write_json(kept, raw)
        desk.problems += [f"{where}{problem}" for problem in problems]
        return "kept"
    before = read_labels(path, item.text)
    if before is not None and labels_digest(before.spans) == labels_digest(spans) and is_pulled(path):
        return "as it was"
    same = before is not None and labels_digest(before.spans) == labels_digest(spans)
    known = before is not None and desk.seen.has(item.annotator, item.doc, before.spans)
    if path.exists() and not (same or known or force):
        changed = f"{display(str(path))} was changed since the last pull"
        desk.problems.append(f"{where}: {changed}: push it, or pull with --force")
        return "kept"
    word = "changed" if path.exists() else "new"
    desk.seen.add(item.annotator, item.doc, spans)
    write_json(path, label_file(document, version))
    return word


def label_file(document: Document, version: str) -> dict[str, Any]:
    """Return the content of a label file, with the tool that it comes from."""
    content = document_entry(document)
    spans = content.pop("spans")
    return content | {"tool": {"name": TOOL, "version": version}, "spans": spans}


def broken(desk: Desk, item: Labelled, document: Document, path: Path, version: str) -> Iterator[str]:
    """Yield what is wrong with an annotation: what our files can't hold, else what breaks a rule."""
    if item.annotator not in {a.id for a in desk.round.annotators}:
        yield f": no annotator of round {desk.round.number}: add one with open --annotator, or delete the labels"
    elif item.faults:
        yield from (f", region {fault.region}: {fault.message}".replace(", region :", ":") for fault in item.faults)
    else:
        for problem in check_content(path, dump_json(label_file(document, version))):
            yield f"{region(problem, document.spans)}: {problem.rule} {problem.message}"


def region(problem: Problem, spans: Sequence[Span]) -> str:
    """Return which region a problem is about."""
    found = re.match(r"/spans/(\d+)(?:/|$)", problem.pointer)
    if not found:
        return ""
    span = spans[int(found[1])]
    return f", region {span.id}, {span.layer} [{span.start}, {span.end}) “{span.text[:40]}”"


def read_labels(path: Path, text: str) -> Document | None:
    """Return what a label file holds; None where there is none, or none that can be read."""
    try:
        return parse_document(read_json(path), text)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_pulled(path: Path) -> bool:
    """Tell whether a label file says that it comes from Label Studio."""
    return bool(read_json(path).get("tool", {}).get("name") == TOOL)


if __name__ == "__main__":
    app()
