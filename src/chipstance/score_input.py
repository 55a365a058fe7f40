"""Reads what is scored: predictions as JSON Lines or a folder of one annotator's labels, and the gold labels.

A line that is no JSON, breaks its schema or does not fit the gold text is a Problem, and its document is unanswered.
What else validation finds in a line is a Problem too, but the line is scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chipstance.agreement_input import read_annotations
from chipstance.corpus import parse_article, parse_document, read_layers
from chipstance.digests import sha256
from chipstance.folders import Checkout, dataset_folder, find_checkout, schema_folder
from chipstance.jsonfile import dump_json, is_file, is_folder, is_missing, read_json
from chipstance.layers import Layers, parse_layers
from chipstance.loading import MANIFEST, load_documents
from chipstance.model import Document, Problem, Span
from chipstance.schemas import load_schemas
from chipstance.sources import Source, read_lines_source
from chipstance.validate import check, display, usual_checkout

ALL, SUFFIX = "all", ".jsonl"
UNPLACED = ("text-unknown", "doc-unknown")
"""Rules that ask for the text in a checkout; here the gold labels bring it."""


class ScoreInputError(ValueError):
    """Something that can't be scored at all; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Gold:
    """What predictions are scored against.

    Attributes:
        documents: of the split.
        layers: what is annotated.
        split: ``validation``, ``test`` or ``all``.
        others: ids of the documents of the other splits.
    """

    documents: tuple[Document, ...]
    layers: Layers
    split: str
    others: frozenset[str]

    @property
    def digest(self) -> str:
        """Digest of texts and labels, whatever files they come from."""
        documents = sorted(self.documents, key=lambda document: document.id)
        parts = [[each.id, each.text, sorted(map(_label, each.spans))] for each in documents]
        return sha256(dump_json(parts))


def _label(span: Span) -> str:
    """Return a label as text."""
    return dump_json([span.layer, span.start, span.end, span.id, dict(sorted(span.attributes.items()))])


@dataclass(frozen=True, slots=True)
class System:
    """The predictions of one system.

    Attributes:
        documents: those that could be read, by id.
        problems: everything that is wrong with the file.
        unanswered: ids of the documents to be scored that have no prediction, in the order of the gold documents.
    """

    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]
    unanswered: tuple[str, ...]


def read_gold(path: Path | None, split: str) -> Gold:
    """Read the gold labels.

    Args:
        path: a release, or a folder of label files in a checkout; by default the release.
        split: ``validation``, ``test`` or ``all``.

    Raises:
        FileNotFoundError: there is nothing at the path, or no release.
        ScoreInputError: the folder holds no gold labels, or faulty ones.
        chipstance.loading.LoadError: the release has been changed, or has no such split.
    """
    place = (path or dataset_folder()).absolute()
    if not is_folder(place):
        raise FileNotFoundError(f"{display(str(place))} is no folder: name a release, or a folder of label files")
    checkout = find_checkout(place)
    released = is_file(place / MANIFEST)
    every = load_documents(place) if released else _labelled(place)
    if released:
        kept = every if split == ALL else load_documents(place, split)
    else:
        kept = tuple(each for each in every if split in (ALL, _splits(checkout).get(each.id)))
    if not kept:
        raise ScoreInputError(f"{display(str(place))} has no document of the split {split}")
    others = {each.id for each in every} - {each.id for each in kept}
    return Gold(kept, _layers(checkout), split, frozenset(others))


def _labelled(folder: Path) -> tuple[Document, ...]:
    given = read_annotations([folder])
    if given.problems:
        first = given.problems[0]
        raise ScoreInputError(f"the gold labels are faulty: {first.path}:{first.line} {first.rule} {first.message}")
    if len(given.annotations) != 1:
        names = ", ".join(given.annotations) or "nobody"
        raise ScoreInputError(f"{display(str(folder))} has labels by {names}: name a folder of one annotator's labels")
    return tuple(next(iter(given.annotations.values())).values())


def _splits(checkout: Checkout | None) -> dict[str, str]:
    if checkout is None:
        return {}
    articles = map(parse_article, read_json(checkout.articles)["articles"])
    return {article.id: article.split for article in articles}


def _layers(checkout: Checkout | None) -> Layers:
    known = checkout or usual_checkout()
    return read_layers(known) if known else parse_layers(read_json(schema_folder() / "layers.json"))


def read_system(path: Path, gold: Gold) -> System:
    """Read a system's predictions for the gold documents.

    Args:
        path: a file of JSON Lines as ``predictions.schema.json`` says, or a folder of one annotator's label files.
        gold: what they are for.

    Raises:
        FileNotFoundError: nothing stands at the path.
        ScoreInputError: the path holds labels of several annotators, or none.
    """
    if is_missing(path):
        raise FileNotFoundError(f"{display(str(path))} does not exist")
    documents, problems = _read_folder(path) if is_folder(path) else _read_lines(path.absolute(), gold)
    for each in gold.documents:
        if each.id in documents and documents[each.id].text != each.text:
            raise ScoreInputError(f"{each.id}: {display(str(path))} is about another text than the gold labels")
    unanswered = tuple(each.id for each in gold.documents if each.id not in documents)
    return System(documents, tuple(sorted(problems, key=lambda p: (p.path, p.line, p.column, p.rule))), unanswered)


def _read_folder(path: Path) -> tuple[dict[str, Document], Sequence[Problem]]:
    given = read_annotations([path])
    if len(given.annotations) > 1:
        raise ScoreInputError(f"{display(str(path))} has labels by {', '.join(given.annotations)}: name one folder")
    return dict(next(iter(given.annotations.values()), {})), given.problems


def _read_lines(path: Path, gold: Gold) -> tuple[dict[str, Document], Sequence[Problem]]:
    if path.suffix != SUFFIX:
        raise ScoreInputError(f"{display(str(path))} is no {SUFFIX} file: write one line of JSON for each document")
    problems = [each for each in check([path]).problems if each.rule not in UNPLACED]
    known = {each.line for each in problems}
    texts = {each.id: each.text for each in gold.documents}
    documents: dict[str, Document] = {}
    for source in read_lines_source(path, "predictions", load_schemas(schema_folder()).with_layers(gold.layers)):
        wrong = [*source.problems, *(_misfits(source, texts, gold.others) if source.sound else ())]
        problems += [replace(each, path=display(each.path)) for each in wrong if source.line not in known]
        if not wrong and source.data["doc"] in texts:
            documents.setdefault(source.data["doc"], parse_document(source.data, texts[source.data["doc"]]))
    return documents, problems


def _misfits(source: Source, texts: Mapping[str, str], others: frozenset[str]) -> Iterator[Problem]:
    doc = source.data["doc"]
    if doc not in texts:
        if doc not in others:
            message = f"no gold document is called {doc!r}: choose one of {', '.join(texts)}"
            yield Problem("doc-unknown", str(source.path), "/doc", message, source.line)
        return
    text = texts[doc]
    for index, entry in enumerate(source.data["spans"]):
        start, end = entry["start"], entry["end"]
        covered = text[start:end]
        if start >= end or end > len(text):
            message = f"[{start}, {end}) is no passage of {doc!r}, which has {len(text)} code points"
        elif entry.get("text", covered) != covered:
            message = f"text is {entry['text']!r}, but [{start}, {end}) covers {covered!r}: mend the offsets"
        else:
            continue
        yield Problem("span-text-mismatch", str(source.path), f"/spans/{index}", message, source.line)
