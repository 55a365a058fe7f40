"""Take in a new article, byte for byte, and record the edits that make its annotated text."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from chipstance.corpus import parse_edits, read_raw
from chipstance.digests import sha256
from chipstance.edits import EditError, apply_edits
from chipstance.folders import Checkout, find_checkout
from chipstance.jsonfile import read_json, write_bytes, write_json
from chipstance.layers import SLUG
from chipstance.model import Edit

RIGHTS = "The article's text belongs to its publisher and is included for research."

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The article: UTF-8 text.", exists=True, dir_okay=False, readable=True)],
    doc: Annotated[str, typer.Argument(help="A short speaking id: lower-case words with hyphens.")],
    rights: Annotated[str, typer.Option(help="Who holds the rights in the text.")] = RIGHTS,
    note: Annotated[str, typer.Option(help="What the text itself says about publisher, title and date.")] = "",
) -> None:
    """List an article, copy it byte for byte and begin its list of edits. It goes into the test split.

    Publisher, title and date stay null: fill them in by hand, where the text itself states them.
    """
    checkout = here()
    data = file.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        stop(f"{file}: byte {error.start} is no UTF-8: ask for the article in UTF-8")
    if not re.fullmatch(SLUG, doc):
        raise typer.BadParameter(f"{doc!r} is no id: lower-case letters and digits in words joined by hyphens")
    listed = read_json(checkout.articles)
    if any(entry["id"] == doc for entry in listed["articles"]) or checkout.article(doc).exists():
        stop(f"{doc} is taken: choose another id")
    write_bytes(checkout.article(doc), data)
    write_json(checkout.edits(doc), {"doc": doc, "article_sha256": sha256(data), "edits": []})
    listed["articles"].append(entry_of(doc, file.name, data, rights, note))
    write_json(checkout.articles, listed)
    typer.echo(f"{doc}: {len(data.decode())} code points, listed in the test split; record edits next, if it needs any")


def entry_of(doc: str, name: str, data: bytes, rights: str, note: str) -> dict[str, Any]:
    """Return an article's entry in ``articles.json``."""
    return {
        "id": doc,
        "source_file": name,
        "split": "test",
        "sha256": sha256(data),
        "publisher": None,
        "title": None,
        "date": None,
        "rights": rights,
        "note": note or "Not looked through yet for publisher, title and date.",
    }


@app.command()
def edit(
    doc: Annotated[str, typer.Argument(help="The article's id.")],
    passage: Annotated[str, typer.Argument(help=r"What is replaced; it stands exactly once. \n is a line break.")],
    reason: Annotated[str, typer.Option(help="Why.", prompt=True)],
    replacement: Annotated[str, typer.Option(help="What the source must have read; nothing for a deletion.")] = "",
) -> None:
    """Record one edit: the deletion of site furniture, or the repair of a destroyed passage."""
    checkout = here()
    if not checkout.edits(doc).is_file():
        stop(f"no article is called {doc}: add it first")
    raw, data = read_raw(checkout.article(doc)), read_json(checkout.edits(doc))
    wanted = passage.replace(r"\r", "\r").replace(r"\n", "\n")
    if not wanted or raw.count(wanted) != 1:
        stop(f"the passage stands {raw.count(wanted)} times in {doc}: give one that stands once")
    start = raw.index(wanted)
    kind = "repair" if replacement else "deletion"
    new = Edit(start, start + len(wanted), replacement.replace(r"\n", "\n"), kind, reason)
    edits = sorted([*parse_edits(data), new], key=lambda each: each.start)
    try:
        text = apply_edits(raw, edits, data["article_sha256"])
    except EditError as error:
        stop(f"{doc}: {error}")
    write_json(checkout.edits(doc), {**data, "edits": [asdict(each) for each in edits]})
    typer.echo(f"{doc}: {kind} of [{new.start}, {new.end}) recorded; the text has {len(text)} code points")


def here() -> Checkout:
    """Return the checkout around the working folder."""
    checkout = find_checkout(Path.cwd())
    if checkout is None:
        raise typer.BadParameter("no annotations/articles.json here: run this inside a checkout")
    return checkout


def stop(message: str) -> NoReturn:
    """End with a message and exit status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
