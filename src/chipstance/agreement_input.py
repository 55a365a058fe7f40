"""Reads what agreement is measured on: rounds, folders of label files, label files, raw Label Studio exports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chipstance.agreement import Annotations
from chipstance.context import Context, Given
from chipstance.folders import Checkout, find_checkout, schema_folder
from chipstance.labelsets import Labelling, LabelReader
from chipstance.layers import Layers
from chipstance.model import Document, Problem
from chipstance.schemas import load_schemas
from chipstance.validate import display, usual_checkout


@dataclass(frozen=True, slots=True)
class Input:
    """What was read.

    Attributes:
        annotations: annotator to document id to labels.
        layers: what is annotated.
        problems: everything that is wrong with the files.
    """

    annotations: Annotations
    layers: Layers
    problems: tuple[Problem, ...]


def read_annotations(
    paths: Sequence[Path], wanted: Iterable[str] = (), texts: Mapping[str, str] | None = None
) -> Input:
    """Read the labels of several annotators.

    Args:
        paths: a round; or folders of label files, each of one annotator; or label files and raw Label Studio exports.
            Annotators have the name of their folder, or the one that a file gives; two who would have the same name
            for different labels are called by their paths.
        wanted: the annotators to keep; by default all.
        texts: the texts that label files outside any checkout are about, by document id; by default those of the
            working folder's checkout.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: a wanted annotator is not there, or there are no layers.
    """
    places = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 (symbolic links stay as given)
    for path in places:
        if not path.exists():
            raise FileNotFoundError(f"{display(str(path))} does not exist")
    checkout = next(filter(None, (find_checkout(path if path.is_dir() else path.parent) for path in places)), None)
    reader = LabelReader(_context(checkout, texts))
    annotations = _by_annotator([item for path in places for item in reader.read(path)])
    missing = sorted(set(wanted) - set(annotations))
    if missing:
        raise ValueError(f"no annotator is called {', '.join(missing)}: there are {', '.join(sorted(annotations))}")
    kept = {name: documents for name, documents in annotations.items() if name in (set(wanted) or annotations)}
    return Input(kept, reader.layers, tuple(sorted(reader.problems, key=lambda p: (p.path, p.line, p.message))))


def _context(checkout: Checkout | None, texts: Mapping[str, str] | None) -> Context:
    known = checkout or (usual_checkout() if texts is None else None)
    own = known.layers if known and known.layers.is_file() else schema_folder() / "layers.json"
    return Context(
        known, load_schemas(schema_folder()), own, Given(texts) if texts is not None and not checkout else None
    )


def _by_annotator(items: Sequence[Labelling]) -> dict[str, dict[str, Document]]:
    """Return labels by annotator; where one name has two labellings of a document, paths tell them apart."""
    found: dict[str, dict[str, Document]] = {}
    for item in items:
        if item.document.id in found.setdefault(item.annotator, {}):
            return _by_path(items)
        found[item.annotator][item.document.id] = item.document
    return found


def _by_path(items: Sequence[Labelling]) -> dict[str, dict[str, Document]]:
    names = _short([item.given for item in items])
    found: dict[str, dict[str, Document]] = {}
    for item in items:
        inside = item.annotator if item.given.is_file() and item.annotator else ""
        name = f"{names[item.given]} {inside}".strip()
        if item.document.id in found.setdefault(name, {}):
            raise ValueError(f"{name} has two sets of labels for {item.document.id}: keep one of them")
        found[name][item.document.id] = item.document
    return found


def _short(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the shortest ends of paths that tell them apart."""
    distinct = set(paths)
    size = 1
    while len({path.parts[-size:] for path in distinct}) < len(distinct):
        size += 1
    return {path: "/".join(path.parts[-size:]) for path in distinct}
