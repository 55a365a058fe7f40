"""The release: made in memory from a checkout, then put in place as a whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chipstance.agreement import measure_agreement
from chipstance.agreement_input import read_annotations
from chipstance.agreement_report import markdown
from chipstance.baseline_tables import baseline_markdown, find_baselines, measure, scored_gold
from chipstance.card import render_card
from chipstance.citation import parse_citation
from chipstance.contents import Contents, files_digest, make_contents
from chipstance.corpus import Corpus, read_corpus
from chipstance.croissant import make_croissant
from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.jsonfile import dump_json, read_json, write_bytes
from chipstance.loading import MANIFEST
from chipstance.parquet import CANARY, NAME


class ReleaseError(ValueError):
    """A release that can't be made, or put where it should go."""


def read_contents(checkout: Checkout, version: str) -> Contents:
    """Make every table of a release; nothing is written.

    Args:
        checkout: a repository that validation has passed.
        version: the release's version.

    Raises:
        OSError: an input is missing.
        ValueError: an input can't be used; the message names it.
    """
    citation = parse_citation(checkout.citation.read_text("utf-8"))
    if citation.version not in (None, version):
        raise ReleaseError(f"CITATION.cff says version {citation.version}, the code {version}: make them the same")
    corpus = read_corpus(checkout)
    return make_contents(corpus, citation, version, read_agreement(checkout), read_baselines(checkout, corpus))


def read_agreement(checkout: Checkout) -> str:
    """Return the agreement of the newest adjudicated round, in Markdown; empty where there is none.

    Raises:
        ReleaseError: the round's labels are not in order.
    """
    number = checkout.deciding_round("*")
    if number is None:
        return ""
    given = read_annotations([checkout.rounds / str(number)])
    if given.problems:
        first = given.problems[0]
        raise ReleaseError(f"{first.path}:{first.line}:{first.column} {first.rule} {first.message}")
    return markdown(measure_agreement(given.annotations, given.layers), listed=False)


def read_baselines(checkout: Checkout, corpus: Corpus) -> str:
    """Return what the committed predictions of the baselines score, in Markdown; empty where there are none.

    Raises:
        chipstance.baseline_tables.BaselineError: they can't be scored.
    """
    gold = scored_gold(corpus)
    return baseline_markdown(measure(find_baselines(checkout, gold), gold), gold)


def build(checkout: Checkout, version: str) -> dict[str, bytes]:
    """Make a release; nothing is written.

    Args:
        checkout: a repository that validation has passed.
        version: the release's version.

    Returns:
        Path inside the release to content: Parquet, card, ``croissant.json`` and, last, the manifest.

    Raises:
        OSError: an input is missing.
        ValueError: an input can't be used; the message names it.
    """
    return release_files(read_contents(checkout, version), checkout)


def release_files(contents: Contents, checkout: Checkout) -> dict[str, bytes]:
    """Return every file of a release, as ``build`` does, from its contents."""
    card = render_card(checkout.card.read_text("utf-8"), contents)
    described = {"README.md": card.encode(), "croissant.json": make_croissant(contents, card).encode()}
    files = {file.path: file.data for file in contents.files} | described
    return files | {MANIFEST: dump_json(make_manifest(contents, files, checkout)).encode()}


def make_manifest(contents: Contents, files: Mapping[str, bytes], checkout: Checkout) -> dict[str, Any]:
    """Return the manifest: what each file of the release is, and what it was made from.

    Args:
        contents: the data of the release.
        files: path to content of everything else in it.
        checkout: where the inputs stand.
    """
    tables = {file.path: {"config": file.config, "split": file.split, "rows": file.rows} for file in contents.files}
    none = dict.fromkeys(("config", "split", "rows"))
    return {
        "name": NAME,
        "version": contents.version,
        "canary": CANARY,
        "content_sha256": files_digest(contents.files),
        "files": [
            {"path": path, "sha256": sha256(data), "bytes": len(data), **tables.get(path, none)}
            for path, data in sorted(files.items())
        ],
        "inputs": [
            {"path": name, "sha256": sha256((checkout.root / name).read_bytes())}
            for name in sorted(path.relative_to(checkout.root).as_posix() for path in _inputs(contents, checkout))
        ],
    }


def _inputs(contents: Contents, checkout: Checkout) -> Iterator[Path]:
    yield from (checkout.articles, checkout.entities, checkout.layers, checkout.card, checkout.citation)
    for article in contents.corpus.articles:
        yield from (checkout.article(article.id), checkout.edits(article.id), checkout.gold(article.id))
    yield from checkout.measured()


def differences(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Return, one sentence each, how a folder differs from a release byte for byte; empty where it does not."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    missing = [f"{path} is missing" for path in sorted(files.keys() - there)]
    extra = [f"{path} is no part of the release" for path in sorted(there - files.keys())]
    both = sorted(files.keys() & there)
    return missing + extra + [f"{path} differs" for path in both if (folder / path).read_bytes() != files[path]]


def write_release(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a release in place of what the folder holds: all of it or, where writing fails, nothing.

    Raises:
        ReleaseError: the folder holds something that is no release.
        OSError: it can't be written.
    """
    folder = folder.resolve()
    if strays := _strays(folder):
        raise ReleaseError(f"{folder} holds {', '.join(strays)}, which no release put there: move it elsewhere first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        new, old = Path(name) / "new", Path(name) / "old"
        for path, data in files.items():
            write_bytes(new / path, data)
        _swap(folder, new, old)


def _strays(folder: Path) -> list[str]:
    """Return the files of a folder that its manifest does not list: they would be lost."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    try:
        listed = {entry["path"] for entry in read_json(folder / MANIFEST)["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return sorted(there - {MANIFEST})
    return sorted(there - listed - {MANIFEST})


def _swap(folder: Path, new: Path, old: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
