"""Reads what is scored: predictions as JSON Lines or Parquet, or one annotator's labels, and the gold labels.

A line that is no JSON, breaks its schema or does not fit the gold text is a Problem, and its
document is unanswered. What else validation finds in a line is a Problem too, but the line is scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from chipstance.agreement_input import read_annotations
from chipstance.context import Context, Given
from chipstance.corpus import parse_article, read_layers
from chipstance.digests import sha256
from chipstance.folders import Checkout, dataset_folder, find_checkout, schema_folder
from chipstance.inputs import UsageError, is_lines, is_table
from chipstance.jsonfile import dump_json, is_file, is_folder, is_missing, read_json
from chipstance.judge import judge_lines
from chipstance.layers import Layers, parse_layers
from chipstance.line_sources import read_predictions
from chipstance.loading import MANIFEST, load_documents, load_layers
from chipstance.model import Document, Problem, Span
from chipstance.model_output import Reading
from chipstance.predictions import read_line
from chipstance.repeats import listed
from chipstance.schemas import load_schemas
from chipstance.validate import display, usual_checkout

ALL = "all"
NO_LINES = "is no file of lines or rows: name it .jsonl (.gz, .zst) or .parquet"


class ScoreInputError(UsageError):
    """Something that can't be scored at all; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Gold:
    """What predictions are scored against.

    Attributes:
        documents: of the split.
        layers: what is annotated.
        split: ``validation``, ``test`` or ``all``.
        others: ids of the documents of the other splits.
        release: the release that they were read from; None where they are from label files.
    """

    documents: tuple[Document, ...]
    layers: Layers
    split: str
    others: frozenset[str]
    release: Path | None = None

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
class Answered:
    """What a line of predictions says.

    Attributes:
        line: its number; 0 for labels that are no predictions file.
        doc: the document's id.
        reading: its spans, where its quotations were found, and what was mended or left out.
    """

    line: int
    doc: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class System:
    """The predictions of one system.

    Attributes:
        documents: those that could be read, by id.
        problems: everything that is wrong with the file.
        unanswered: ids of the documents to be scored that have no prediction, in the order of the gold documents.
        answered: what is said about documents that are scored.
    """

    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]
    unanswered: tuple[str, ...]
    answered: tuple[Answered, ...] = ()


def read_gold(path: Path | str | None, split: str) -> Gold:
    """Read the gold labels.

    Args:
        path: a release; a folder of label files; or a checkout, for its gold labels; by default the release.
        split: ``validation``, ``test`` or ``all``.

    Raises:
        FileNotFoundError: there is nothing at the path, or no release.
        ScoreInputError: the folder holds no gold labels, or faulty ones, or a release of other layers.
        chipstance.loading.LoadError: the release has been changed, or has no such split.
    """
    place = Path(path or _usual_gold()).absolute()
    checkout = find_checkout(place)
    if checkout and place in (checkout.root, checkout.annotations):
        place = checkout.gold("").parent
    if not is_folder(place):
        raise FileNotFoundError(f"{display(str(place))} is no folder: name a release, or a folder of label files")
    if is_folder(place / "data") and not is_file(place / MANIFEST):
        raise ScoreInputError(f"{display(str(place))} is a release without its {MANIFEST}: copy the whole folder")
    released = is_file(place / MANIFEST)
    every = load_documents(place) if released else _labelled(place)
    if released:
        kept = every if split == ALL else load_documents(place, split)
    else:
        kept = tuple(each for each in every if split in (ALL, _splits(checkout).get(each.id)))
    if not kept:
        raise ScoreInputError(f"{display(str(place))} has no document of the split {split}")
    others = {each.id for each in every} - {each.id for each in kept}
    layers = _layers(checkout if released else checkout or usual_checkout())
    if released:
        _check_layers(place, layers)
    return Gold(kept, layers, split, frozenset(others), place if released else None)


def _usual_gold() -> Path:
    """Return the checkout around the working folder where it has no release, else the release to load by default."""
    around = usual_checkout()
    if around and is_missing(around.dataset / MANIFEST):
        return around.root
    try:
        return dataset_folder()
    except FileNotFoundError:
        raise FileNotFoundError("no release found here: name one with --gold path/to/dataset") from None


def _labelled(folder: Path) -> tuple[Document, ...]:
    given = read_annotations([folder])
    if given.problems:
        # where a list is broken, its texts are not known either, which is no cause
        first = min(given.problems, key=lambda problem: problem.rule == "text-unknown")
        raise ScoreInputError(f"the gold labels are faulty: {first.path}:{first.line} {first.rule} {first.message}")
    if not given.annotations:
        mend = "name a release, or a folder of label files (.json), as annotations/gold is one"
        raise ScoreInputError(f"{display(str(folder))} holds no labels: {mend}")
    if len(given.annotations) > 1:
        names = ", ".join(given.annotations)
        raise ScoreInputError(f"{display(str(folder))} has labels by {names}: name a folder of one annotator's labels")
    return tuple(next(iter(given.annotations.values())).values())


def _splits(checkout: Checkout | None) -> dict[str, str]:
    if checkout is None:
        return {}
    articles = map(parse_article, read_json(checkout.articles)["articles"])
    return {article.id: article.split for article in articles}


def _layers(checkout: Checkout | None) -> Layers:
    return read_layers(checkout) if checkout else parse_layers(read_json(schema_folder() / "layers.json"))


def _check_layers(release: Path, layers: Layers) -> None:
    """Refuse a release whose layers are not those that labels are read by."""
    found, known = load_layers(release), {layer.name: frozenset(layer.attributes) for layer in layers}
    if found != known:
        other = ", ".join(sorted(name for name in found.keys() | known if found.get(name) != known.get(name)))
        mend = "work in the checkout that the release was built in, or install the version of chipstance that built it"
        raise ScoreInputError(f"{display(str(release))} has other layers than layers.json says ({other}): {mend}")


def read_system(path: Path, gold: Gold, annotator: str = "") -> System:
    """Read a system's predictions for the gold documents.

    Args:
        path: a file of JSON Lines as ``predictions.schema.json`` says, or of Parquet; or labels of one annotator: a
            folder of label files, one of them, a round, or a raw Label Studio export.
        gold: what they are for.
        annotator: whose labels are scored, where there are several annotators.

    Raises:
        FileNotFoundError: nothing stands at the path.
        ScoreInputError: the path holds labels of several annotators, or none; or they are about another text.
        ValueError: no annotator has that name.
    """
    if is_missing(path):
        raise FileNotFoundError(f"{display(str(path))} does not exist")
    lines = has_lines(path)
    if lines and annotator:
        raise ScoreInputError(f"{display(str(path))} has no annotators: leave --annotator out")
    system = _read_lines(path.absolute(), gold) if lines else _read_labels(path, gold, annotator)
    for each in gold.documents:
        if each.id in system.documents and system.documents[each.id].text != each.text:
            raise ScoreInputError(f"{each.id}: {display(str(path))} is about another text than the gold labels")
    unanswered = tuple(each.id for each in gold.documents if each.id not in system.documents)
    problems = sorted(system.problems, key=lambda p: (p.path, p.line, p.column, p.rank, p.rule))
    by_path = groupby(problems, key=lambda problem: problem.path)
    told = tuple(problem for _, group in by_path for problem in listed(list(group)))
    return replace(system, problems=told, unanswered=unanswered)


def has_lines(path: Path) -> bool:
    """Tell whether a path is that of JSON Lines or Parquet."""
    return (is_lines(path.name) or is_table(path.name)) and not is_folder(path)


def _read_labels(path: Path, gold: Gold, annotator: str) -> System:
    if not is_folder(path) and path.suffix != ".json":
        raise ScoreInputError(f"{display(str(path))} {NO_LINES}, or name label files or a Label Studio export")
    texts = {each.id: each.text for each in gold.documents}
    given = read_annotations([path], [annotator] if annotator else (), texts)
    if len(given.annotations) > 1:
        names = ", ".join(given.annotations)
        raise ScoreInputError(f"{display(str(path))} has labels by {names}: name one of them with --annotator")
    documents = dict(next(iter(given.annotations.values()), {}))
    answered = (Answered(0, doc, Reading(each.spans)) for doc, each in documents.items() if doc in texts)
    return System(documents, given.problems, (), tuple(answered))


def _read_lines(path: Path, gold: Gold) -> System:
    texts = {each.id: each.text for each in gold.documents}
    folder = schema_folder()
    context = Context(None, load_schemas(folder), folder / "layers.json", Given(texts, gold.layers))
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    answered = []
    for line in judge_lines(read_predictions(path, context), context):
        doc = line.source.data.get("doc") if isinstance(line.source.data, dict) else None
        elsewhere = isinstance(doc, str) and doc in gold.others
        problems += line.source.problems if elsewhere else line.problems
        if line.fits and isinstance(doc, str):
            reading = read_line(line.source.data, texts[doc], gold.layers)
            documents[doc] = Document(doc, texts[doc], reading.spans, "prediction")
            answered.append(Answered(line.source.line, doc, reading))
    return System(documents, tuple(map(shown, problems)), (), tuple(answered))


def shown(problem: Problem) -> Problem:
    """Return a problem of a file of lines or rows as reports show it."""
    return replace(problem.in_row() if is_table(problem.path) else problem, path=display(problem.path))
