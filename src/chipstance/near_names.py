"""What stands in a checkout under nearly the name of something that is missing there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, groupby
from pathlib import Path

from chipstance.folders import ADJUDICATION, ROUND_FILE, Checkout
from chipstance.jsonfile import is_file, is_folder, is_missing, read_json
from chipstance.likeness import alike
from chipstance.places import schema_files


def misnamed(checkout: Checkout, docs: Collection[str]) -> dict[Path, Path]:
    """Return what may be meant to be what is missing: by the path where it stands, the one where it should.

    Args:
        checkout: where.
        docs: the listed articles.
    """
    wanted = set(_wanted(checkout, docs))
    missing = sorted((path for path in wanted if is_missing(path)), key=lambda path: (path.parent, path))
    found: dict[Path, Path] = {}
    for folder, paths in groupby(missing, key=lambda path: path.parent):
        there = [path for path in entries(folder) if path not in wanted and path.suffix != ".md"]
        by_doc = (
            folder in (checkout.edits("").parent, checkout.gold("").parent) or checkout.rounds == folder.parent.parent
        )
        found |= _pairs(list(paths), there, by_doc=by_doc)
    return found


def misspelt(checkout: Checkout, docs: Collection[str]) -> dict[str, str]:
    """Return which files may be meant by an id of which there are none: by the id that they have, the listed one."""
    lost = [doc for doc in docs if all(map(is_missing, document_files(checkout, doc)))]
    texts = entries(checkout.article("").parent) if lost else ()
    unlisted = [path.stem for path in texts if path.suffix == ".txt" and path.stem not in docs]
    held = [doc for doc in unlisted if not all(map(is_missing, document_files(checkout, doc)[1:]))]
    if len(lost) == len(held) == 1:
        return {held[0]: lost[0]}
    return {found: doc for doc, found in alike(lost, held)}


def document_files(checkout: Checkout, doc: str) -> tuple[Path, Path, Path]:
    """Return where the files of an article stand."""
    return checkout.article(doc), checkout.edits(doc), checkout.gold(doc)


def entries(folder: Path) -> list[Path]:
    """Return what stands in a folder and is not hidden; nothing where it is missing, or nobody may look."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _wanted(checkout: Checkout, docs: Collection[str]) -> Iterator[Path]:
    """Yield what belongs into a checkout."""
    yield from (checkout.articles, checkout.entities, checkout.rounds)
    yield from (path.parent for path in document_files(checkout, ""))
    schemas = list(schema_files(checkout))
    yield from schemas if not all(map(is_missing, schemas)) else ()
    yield from chain.from_iterable(document_files(checkout, doc) for doc in docs)
    for folder in checkout.round_folders():
        yield folder / ROUND_FILE
        for inside in filter(is_folder, entries(folder)):
            yield from (inside / f"{doc}.json" for doc in docs)
            yield from [folder / ADJUDICATION] if _is_adjudication(inside) else []


def _is_adjudication(folder: Path) -> bool:
    """Tell whether a folder of a round is that of its adjudication, by its name or by what its first file holds."""
    if folder.name.casefold() == ADJUDICATION or not is_missing(folder.with_name(ADJUDICATION)):
        return folder.name.casefold() == ADJUDICATION
    first = next((path for path in entries(folder) if path.suffix == ".json"), folder)
    return "decisions" in _held(first)


def _pairs(missing: Collection[Path], there: Collection[Path], *, by_doc: bool) -> dict[Path, Path]:
    """Return what is meant in one folder: files that name their document by that, anything else by its own name."""
    wanted = {path.name: path for path in missing}
    told = {path: f"{_doc(path)}.json" for path in there if by_doc and path.suffix == ".json"}
    found = {path: wanted[name] for path, name in told.items() if name in wanted}
    rest = {path.name: path for path in there if path not in told}
    for name, like in alike(list(wanted), list(rest)):
        if is_folder(rest[like]) == (not wanted[name].suffix):
            found[rest[like]] = wanted[name]
    return found


def _doc(path: Path) -> object:
    """Return which document a JSON file says that it is about, if it does."""
    return _held(path).get("doc")


def _held(path: Path) -> Mapping[str, object]:
    """Return the object that a JSON file holds; an empty one where it holds none."""
    try:
        data = read_json(path) if is_file(path) else None
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, Mapping) else {}
