"""Reads what agreement is measured on: rounds, folders of label files, label files, raw Label Studio exports.

A label file of ours that breaks its schema or does not fit its text is not scored. From an export everything
that can be read is scored. Either way every fault is a Problem, to be shown beside the figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chipstance.agreement import Annotations
from chipstance.context import Context
from chipstance.corpus import parse_document
from chipstance.folders import ADJUDICATION, Checkout, find_checkout, schema_folder
from chipstance.labeling import Labelled, read_export
from chipstance.layers import Layers
from chipstance.model import Document, Problem
from chipstance.rules import Labels, run
from chipstance.schemas import load_schemas
from chipstance.sources import Source, read_json_source
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


@dataclass(frozen=True, slots=True)
class _Labelling:
    annotator: str
    given: Path
    document: Document


def read_annotations(paths: Sequence[Path], wanted: Iterable[str] = ()) -> Input:
    """Read the labels of several annotators.

    Args:
        paths: a round; or folders of label files, each of one annotator; or label files and raw Label Studio exports.
            Annotators have the name of their folder, or the one that a file gives; two who would have the same name
            for different labels are called by their paths.
        wanted: the annotators to keep; by default all.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: a wanted annotator is not there, or there are no layers.
    """
    places = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 (symbolic links stay as given)
    for path in places:
        if not path.exists():
            raise FileNotFoundError(f"{display(str(path))} does not exist")
    checkout = next(filter(None, (find_checkout(path if path.is_dir() else path.parent) for path in places)), None)
    reader = _Reader(_context(checkout or usual_checkout()))
    annotations = _by_annotator([item for path in places for item in reader.read(path)])
    missing = sorted(set(wanted) - set(annotations))
    if missing:
        raise ValueError(f"no annotator is called {', '.join(missing)}: there are {', '.join(sorted(annotations))}")
    kept = {name: documents for name, documents in annotations.items() if name in (set(wanted) or annotations)}
    return Input(kept, reader.layers, tuple(sorted(reader.problems, key=lambda p: (p.path, p.line, p.message))))


def _context(checkout: Checkout | None) -> Context:
    own = checkout.layers if checkout and checkout.layers.is_file() else schema_folder() / "layers.json"
    return Context(checkout, load_schemas(schema_folder()), own)


def _by_annotator(items: Sequence[_Labelling]) -> dict[str, dict[str, Document]]:
    """Return labels by annotator; where one name has two labellings of a document, paths tell them apart."""
    found: dict[str, dict[str, Document]] = {}
    for item in items:
        if item.document.id in found.setdefault(item.annotator, {}):
            return _by_path(items)
        found[item.annotator][item.document.id] = item.document
    return found


def _by_path(items: Sequence[_Labelling]) -> dict[str, dict[str, Document]]:
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


@dataclass
class _Reader:
    context: Context
    problems: list[Problem] = field(default_factory=list)

    @property
    def layers(self) -> Layers:
        """What is annotated."""
        if self.context.layers is None:
            raise ValueError(f"{display(str(self.context.layers_path))} is broken: validate it first")
        return self.context.layers

    def read(self, path: Path) -> Iterator[_Labelling]:
        """Read a round, a folder of label files or exports, or a file."""
        if path.is_file():
            yield from self._file(path, path, "")
            return
        annotators = [folder for folder in sorted(path.iterdir()) if _holds_labels(folder)]
        for folder in annotators or [path]:
            for file in _json_files(folder):
                yield from self._file(file, folder, folder.name)

    def _file(self, path: Path, given: Path, annotator: str) -> Iterator[_Labelling]:
        source = read_json_source(path, "annotations", self.context.schemas)
        if isinstance(source.data, list):
            yield from self._export(source, given)
        elif self._sound(source):
            document = parse_document(source.data, self._text(source.data["doc"]))
            yield _Labelling(annotator or document.annotator, given, document)

    def _text(self, doc: str) -> str:
        text = self.context.text(doc) if doc in (self.context.articles or ()) else None
        return text.text if text else ""

    def _sound(self, source: Source) -> bool:
        """Tell whether a label file keeps to its schema and fits its text; record what is wrong with it."""
        found = list(source.problems) or list(self._misfits(source))
        self._record(found)
        return not found

    def _misfits(self, source: Source) -> Iterator[Problem]:
        doc = source.data["doc"]
        text = self.context.text(doc) if doc in (self.context.articles or ()) else None
        if text is None:
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

    def _export(self, source: Source, given: Path) -> Iterator[_Labelling]:
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
                yield _Labelling(each.annotator, given, document)
            taken.add((each.annotator, each.doc))

    def _record(self, problems: Iterable[Problem]) -> None:
        self.problems += [Problem(p.rule, display(p.path), p.pointer, p.message, p.line, p.column) for p in problems]


def _fault(source: Source, each: Labelled, region: str, message: str) -> Problem:
    where = f"{each.doc} by {each.annotator} (task {each.task}, annotation {each.annotation}"
    where += f", region {region})" if region else ")"
    return Problem("export", str(source.path), "", f"{where}: {message}", 1, 1)


def _holds_labels(folder: Path) -> bool:
    return folder.is_dir() and folder.name != ADJUDICATION and bool(_json_files(folder))


def _json_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
