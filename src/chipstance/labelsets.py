"""Reads labels wherever they stand: a release, a label file, a folder of them, or a round of several annotators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chipstance.corpus import parse_document
from chipstance.folders import ADJUDICATION
from chipstance.loading import MANIFEST, load_documents
from chipstance.model import Document
from chipstance.schemas import Schemas
from chipstance.sources import read_json_source


class LabelSetError(ValueError):
    """A path that holds no labels, or labels that can't be read; the message names the file and the place."""


def read_label_set(path: Path, schemas: Schemas) -> dict[str, Document]:
    """Return the documents at a path.

    Args:
        path: the folder of a release; a label file; a folder of label files; or a round, with a folder for each
            annotator.
        schemas: what a label file has to keep to.

    Returns:
        Documents by id; in a round, by ``annotator/id``. The text of a label file's document is not known here and
        empty; its spans have their covered text.

    Raises:
        LabelSetError: there are no labels, or a file is broken.
        chipstance.loading.LoadError: the release has been changed.
    """
    if (path / MANIFEST).is_file():
        return {document.id: document for document in load_documents(path)}
    found = dict(_documents(path, schemas))
    if not found:
        raise LabelSetError(f"{path} holds no labels: name a release, a label file, or a folder of label files")
    return found


def _documents(path: Path, schemas: Schemas) -> Iterator[tuple[str, Document]]:
    if path.is_file():
        document = _document(path, schemas)
        yield document.id, document
        return
    for file in sorted([*path.glob("*.json"), *path.glob("*/*.json")]):
        folder = file.parent.relative_to(path).as_posix()
        if folder != ADJUDICATION and (folder != "." or file.name != "round.json"):
            document = _document(file, schemas)
            yield document.id if folder == "." else f"{folder}/{document.id}", document


def _document(path: Path, schemas: Schemas) -> Document:
    source = read_json_source(path, "annotations", schemas)
    if source.problems:
        first = source.problems[0]
        raise LabelSetError(f"{path}:{first.line}:{first.column} {first.rule} {first.message}")
    return parse_document(source.data, "")
