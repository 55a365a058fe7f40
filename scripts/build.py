"""Build the release: validate what was decided, make every file in memory, put it in place as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chipstance import __version__
from chipstance.card import fill_blocks
from chipstance.citation import parse_citation
from chipstance.folders import Checkout, find_checkout
from chipstance.jsonfile import write_bytes
from chipstance.loading import MANIFEST
from chipstance.release import differences, read_contents, release_files, write_release
from chipstance.validate import validate

app = typer.Typer(add_completion=False)


@app.command()
def main(
    root: Annotated[
        Path | None, typer.Option(help="The checkout; by default the one around the working folder.", file_okay=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing: compare with what is there.")] = False,
) -> None:
    """Validate the annotations and build the release into dataset/."""
    checkout = Checkout(root) if root else find_checkout(Path.cwd())
    if checkout is None or not checkout.articles.is_file():
        raise typer.BadParameter("no annotations/articles.json here: run this inside a checkout, or give --root")
    files, readme = make(checkout)
    if check:
        compare(checkout, files, readme)
    else:
        put(checkout, files, readme)


def make(checkout: Checkout) -> tuple[dict[str, bytes], str]:
    """Return the release and the README with its tables; end with a message where the inputs are not in order."""
    problems = validate([checkout.annotations, checkout.schema])
    for problem in problems:
        place = f"{problem.path}:{problem.line}:{problem.column}"
        typer.echo(f"{place} {problem.rule} {problem.message}", err=True)
    if problems:
        stop("nothing was built: mend the problems above")
    try:
        contents = read_contents(checkout, __version__)
        return release_files(contents, checkout), fill_blocks(checkout.readme.read_text("utf-8"), contents)
    except (OSError, ValueError) as error:
        stop(f"nothing was built: {error}")


def compare(checkout: Checkout, files: dict[str, bytes], readme: str) -> None:
    """Say how the committed release and README differ from new ones; end with 1 where they do."""
    found = differences(checkout.dataset, files)
    if checkout.readme.read_text("utf-8") != readme:
        found.append("the tables of README.md are not current")
    found += unrecorded(checkout, files)
    for difference in found:
        typer.echo(f"{checkout.dataset.name}: {difference}", err=True)
    if found:
        stop("the release is not what the annotations give: run scripts/build.py and commit dataset/")
    typer.echo(f"{checkout.dataset.name}: {len(files)} files, the same byte for byte")


def unrecorded(checkout: Checkout, files: dict[str, bytes]) -> list[str]:
    """Return what the changelog does not say of this version: its date, and the digest of its content."""
    if not checkout.changelog.is_file():
        return []
    sections = checkout.changelog.read_text("utf-8").split("\n## ")
    released = parse_citation(checkout.citation.read_text("utf-8")).released
    heading = f"{__version__} ({released})"
    digest = json.loads(files[MANIFEST])["content_sha256"]
    section = next((section for section in sections if section.startswith(heading)), None)
    if section is None:
        return [f"CHANGELOG.md has no section “{heading}”, the version of the code and the date of CITATION.cff"]
    if f"sha256:{digest}" not in section:
        return [f"CHANGELOG.md does not name sha256:{digest} for {__version__}: what changed, and is it a new version?"]
    return []


def put(checkout: Checkout, files: dict[str, bytes], readme: str) -> None:
    """Write the release and the tables of the README."""
    try:
        write_release(checkout.dataset, files)
        write_bytes(checkout.readme, readme.encode())
    except (OSError, ValueError) as error:
        stop(str(error))
    typer.echo(f"{checkout.dataset.name}: version {__version__}, {len(files)} files written")


def stop(message: str) -> NoReturn:
    """End with a message and exit status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
