"""Adjudicate a round without a server: write down what is disputed, and make the gold labels once all is decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from chipstance.adjudication import AdjudicationError, adjudicate, adjudication_entries, compare, parse_decision
from chipstance.corpus import document_entry, parse_document, parse_edits, read_layers, read_raw
from chipstance.digests import sha256
from chipstance.edits import OffsetMap, apply_edits
from chipstance.folders import ADJUDICATION, Checkout, find_checkout
from chipstance.jsonfile import read_json, write_json
from chipstance.layers import Layers
from chipstance.model import Document, Problem
from chipstance.report import text_lines
from chipstance.validate import validate

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Number = Annotated[int, typer.Argument(help="The round.", min=0)]


@app.command("open")
def open_(
    number: Number,
    adjudicator: Annotated[str, typer.Option("--as", help="Who decides.")],
    annotator: Annotated[list[str] | None, typer.Option(help="Whose labels; by default everybody's.")] = None,
) -> None:
    """Write an adjudication file for every document: verdict and reason of each dispute are to be filled in.

    Decisions that are there already stay.
    """
    checkout, layers = here()
    for doc, documents in round_documents(checkout, number, annotator):
        path = checkout.adjudication(number, doc)
        existing = read_json(path)["decisions"] if path.is_file() else []
        disputes = compare(documents, layers)[1]
        entries = adjudication_entries(disputes, existing)
        write_json(path, adjudication_data(documents, adjudicator, entries))
        undecided = sum(entry["verdict"] is None for entry in entries)
        typer.echo(f"{doc}: {len(disputes)} disputes, {undecided} to decide")


def adjudication_data(
    documents: Sequence[Document], adjudicator: str, entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the content of an adjudication file."""
    return {
        "doc": documents[0].id,
        "annotators": [document.annotator for document in documents],
        "adjudicator": adjudicator,
        "text_sha256": sha256(documents[0].text),
        "decisions": list(entries),
    }


@app.command()
def gold(number: Number) -> None:
    """Make the gold labels of every document from the agreed labels and the decisions."""
    checkout, layers = here()
    paths = sorted(checkout.adjudication(number, "x").parent.glob("*.json"))
    if not paths:
        stop(f"round {number} has no decisions: run scripts/adjudicate.py open {number}")
    open_problems = [problem for problem in validate(paths) if problem.rule != "gold-derived"]
    report(open_problems)
    for path in paths:
        data = read_json(path)
        documents = list(read_documents(checkout, number, data["doc"], data["annotators"]))
        try:
            result = adjudicate(documents, map(parse_decision, data["decisions"]), layers)
        except AdjudicationError as error:
            stop(f"{path}: {error}")
        write_json(checkout.gold(result.id), document_entry(with_repairs(result, checkout)))
        typer.echo(f"{result.id}: {len(result.spans)} gold labels")


def here() -> tuple[Checkout, Layers]:
    """Return the checkout around the working folder and its layers."""
    checkout = find_checkout(Path.cwd())
    if checkout is None:
        raise typer.BadParameter("no annotations/articles.json here: run this inside a checkout")
    return checkout, read_layers(checkout)


def round_documents(checkout: Checkout, number: int, chosen: list[str] | None) -> Iterator[tuple[str, list[Document]]]:
    """Yield every document of a round with its annotators' labels; end with a message where these are not in order."""
    folder = checkout.rounds / str(number)
    annotators = chosen or sorted(p.name for p in folder.glob("*") if p.is_dir() and p.name != ADJUDICATION)
    paths = [path for name in annotators for path in sorted((folder / name).glob("*.json"))]
    if not paths or not annotators[1:]:
        stop(f"round {number} has labels of {', '.join(annotators) or 'nobody'}: it takes two annotators to disagree")
    report(validate(paths))
    docs = sorted({path.stem for path in paths})
    for doc in docs:
        missing = [name for name in annotators if not (folder / name / f"{doc}.json").is_file()]
        if missing:
            stop(f"{doc} has no labels of {', '.join(missing)}: pull them, or name the annotators to compare")
        yield doc, list(read_documents(checkout, number, doc, annotators))


def read_documents(checkout: Checkout, number: int, doc: str, annotators: list[str]) -> Iterator[Document]:
    """Yield the labels that annotators gave a document in a round."""
    text = apply_edits(read_raw(checkout.article(doc)), parse_edits(read_json(checkout.edits(doc))))
    for name in annotators:
        yield parse_document(read_json(checkout.rounds / str(number) / name / f"{doc}.json"), text)


def with_repairs(document: Document, checkout: Checkout) -> Document:
    """Return a document whose spans say whether they lie in a repaired passage."""
    offsets = OffsetMap(parse_edits(read_json(checkout.edits(document.id))))
    return replace(document, spans=tuple(replace(s, repaired=offsets.repaired(s.start, s.end)) for s in document.spans))


def report(problems: list[Problem]) -> None:
    """End with the problems, if there are any."""
    typer.echo(text_lines(problems), nl=False, err=True)
    if problems:
        stop("nothing was written: mend the problems above")


def stop(message: str) -> NoReturn:
    """End with a message and exit status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
