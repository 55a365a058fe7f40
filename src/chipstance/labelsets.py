"""Reads sets of labels wherever they stand: a release, a label file, a folder of them, a round, a Label Studio export.

``read_label_set`` takes sound files whose texts need not be known, to compare them. ``LabelReader`` wants every label
to fit its text, and goes on where a file is faulty: a label file of ours that breaks its schema or does not fit is left
out, of an export everything that can be read is kept, and either way every fault is a Problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chipstance.context import Context, Text
from chipstance.corpus import parse_document
from chipstance.folders import ADJUDICATION, ROUND_FILE
from chipstance.labeling import Labelled, read_export
from chipstance.layers import Layers
from chipstance.loading import MANIFEST, load_documents
from chipstance.model import Document, Problem
from chipstance.rules import Labels, run
from chipstance.schemas import Schemas
from chipstance.sources import Source, read_json_source
from chipstance.validate import display


class LabelSetError(ValueError):
    """A path that holds no labels, or labels that can't be read; the message names the file and the place."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """One annotator's labels of one document.

    Attributes:
        annotator: who labelled it: the name of the folder, or the one that the file gives.
        given: the path that was asked for, or the annotator's folder in it.
        document: the labels.
    """

    annotator: str
    given: Path
    document: Document


def label_files(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the JSON files that a path names, each with its annotator's folder; empty for those without one.

    Args:
        path: a file; a folder of files; or a round, with a folder for each annotator beside its adjudication.
    """
    if path.is_file():
        yield "", path
        return
    yield from (("", file) for file in _json_files(path) if file.name != ROUND_FILE)
    for folder in sorted(each for each in path.iterdir() if each.is_dir() and each.name != ADJUDICATION):
        yield from ((folder.name, file) for file in _json_files(folder))


def _json_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))


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
    files = label_files(path) if path.exists() else ()
    read = ((folder, _document(file, schemas)) for folder, file in files)
    found = {f"{folder}/{document.id}" if folder else document.id: document for folder, document in read}
    if not found:
        raise LabelSetError(f"{path} holds no labels: name a release, a label file, or a folder of label files")
    return found


def _document(path: Path, schemas: Schemas) -> Document:
    source = read_json_source(path, "annotations", schemas)
    if source.problems:
        first = source.problems[0]
        raise LabelSetError(f"{path}:{first.line}:{first.column} {first.rule} {first.message}")
    return parse_document(source.data, "")


@dataclass
class LabelReader:
    """Reads labels that have to fit their texts.

    Attributes:
        context: what is annotated, and the texts.
        problems: everything that is wrong with what was read.
    """

    context: Context
    problems: list[Problem] = field(default_factory=list)
    _told: set[Problem] = field(default_factory=set)

    @property
    def layers(self) -> Layers:
        """What is annotated.

        Raises:
            ValueError: the file of layers is broken.
        """
        if self.context.layers is None:
            raise ValueError(f"{display(str(self.context.layers_path))} is broken: validate it first")
        return self.context.layers

    def read(self, path: Path) -> Iterator[Labelling]:
        """Read a round, a folder of label files or exports, or one of these files."""
        files = list(label_files(path))
        if any(folder for folder, _ in files):  # a round: files beside the annotators' folders are nobody's
            files = [(folder, file) for folder, file in files if folder]
        for folder, file in files:
            given = path if path.is_file() else file.parent
            yield from self._file(file, given, folder or ("" if path.is_file() else path.name))

    def _file(self, path: Path, given: Path, annotator: str) -> Iterator[Labelling]:
        source = read_json_source(path, "annotations", self.context.schemas)
        if isinstance(source.data, list):
            yield from self._export(source, given)
        elif self._sound(source):
            text = self._text(source.data["doc"])
            document = parse_document(source.data, text.text if text else "")
            yield Labelling(annotator or document.annotator, given, document)

    def _text(self, doc: str) -> Text | None:
        return self.context.text(doc) if doc in (self.context.docs or ()) else None

    def _sound(self, source: Source) -> bool:
        """Tell whether a label file keeps to its schema and fits its text; record what is wrong with it."""
        found = list(source.problems) or list(self._misfits(source))
        self._record(found)
        return not found

    def _misfits(self, source: Source) -> Iterator[Problem]:
        doc = source.data["doc"]
        text = self._text(doc)
        if text is None:
            why = sorted(self.context.problems - self._told, key=lambda problem: (problem.path, problem.line))
            self._told.update(why)
            yield from why
            message = f"the text of {doc!r} is not known: work in the checkout that has it, or put the file into it"
            yield Problem("text-unknown", str(source.path), "/doc", message, 1, 1)
            return
        spans = dict(enumerate(parse_document(source.data, text.text).spans))
        labels = Labels(
            doc=doc,
            raw=text.raw,
            text=text.text,
            offsets=text.offsets,
            layers=self.layers,
            entities=None,
            spans=spans,
            ids=frozenset(span.id for span in spans.values()),
            whole=True,
            header={},
            path=source.path,
        )
        for scope in ("offsets", "labels"):
            yield from (source.problem(rule_id, finding) for rule_id, finding in run(scope, labels))

    def _export(self, source: Source, given: Path) -> Iterator[Labelling]:
        try:
            labelled = read_export(source.data, self.layers)
        except ValueError as error:
            self._record([Problem("export", str(source.path), "", str(error), 1, 1)])
            return
        taken = set()
        for each in labelled:
            self._record([_fault(source, each, fault.region, fault.message) for fault in each.faults])
            if (each.annotator, each.doc) not in taken:
                document = Document(each.doc, each.text, each.spans, each.annotator)
                yield Labelling(each.annotator, given, document)
            taken.add((each.annotator, each.doc))

    def _record(self, problems: Iterable[Problem]) -> None:
        self.problems += [Problem(p.rule, display(p.path), p.pointer, p.message, p.line, p.column) for p in problems]


def _fault(source: Source, each: Labelled, region: str, message: str) -> Problem:
    where = f"{each.doc} by {each.annotator} (task {each.task}, annotation {each.annotation}"
    where += f", region {region})" if region else ")"
    return Problem("export", str(source.path), "", f"{where}: {message}", 1, 1)
