"""Judges one file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from chipstance import rules_adjudication, rules_money, rules_predictions, rules_spans, rules_statements
from chipstance.context import Context
from chipstance.corpus import parse_document, parse_span
from chipstance.digests import sha256
from chipstance.edits import OffsetMap
from chipstance.first_bytes import LOOKED_AT, wanted_name
from chipstance.folders import ADJUDICATION, is_dead
from chipstance.inputs import open_address
from chipstance.jsonfile import is_missing
from chipstance.model import Document, Problem, Span
from chipstance.places import FILE_STRAY, kind_by_place
from chipstance.rules import Finding, Labels, declare, run
from chipstance.rules_files import ArticleText, JsonFile, edit_findings, edits_digest, of_other_name
from chipstance.rules_manifest import RELEASE_MISSING, Manifest
from chipstance.sources import Source, unreadable
from chipstance.span_causes import crossing_spans, misfits, not_astray, of_another_text, without_lost

DOC_UNKNOWN = declare("doc-unknown", "A file's document is one of the listed articles.")
DOC_DUPLICATE = declare("doc-duplicate", "A document stands once in a file of lines.")
TEXT_UNKNOWN = declare("text-unknown", "The text that labels point into is known.")
ANSWER_UNREADABLE = declare("answer-unreadable", "A language model's answer holds spans, or says that there are none.")

MISFITS = ("span-empty", "span-outside", "span-text-mismatch")
"""Rules about offsets that do not fit the text: a line that breaks one can't be scored."""

SHOWN = 50
"""A message names so many documents of those there are."""

LOADED = (rules_money, rules_predictions, rules_spans, rules_statements)
"""Modules that are imported for the rules they register."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a predictions file.

    Attributes:
        source: as it was read.
        problems: what is wrong with it.
        fits: whether it can be scored: its schema accepts it, its document is known and stands on no earlier line that
            fits, its offsets are the text's, and its answer, or one of several, can be read.
    """

    source: Source
    problems: tuple[Problem, ...]
    fits: bool


def judge(path: Path, context: Context, kind: str = "") -> Iterator[Problem]:
    """Yield what is wrong with one file; what its reading finds is kept in the context.

    Args:
        path: the file.
        context: the checkout in which it lies.
        kind: what it is, where its place does not say so; by default what its keys say.
    """
    kind = kind_by_place(path, context.checkout) or kind
    if found := context.misplaced(path, kind):
        yield found
        return
    if kind == "manifest" and is_missing(path) and not is_dead(path):
        message = "the release is missing, or has no manifest: build it"
        yield Problem(RELEASE_MISSING, str(path), "", message, 1, 1)
        return
    if not kind and path.suffix.lower() != ".json":
        try:
            with open_address(str(path)) as file:
                begin = file.read(LOOKED_AT)
        except OSError as error:
            yield unreadable(path, error)
            return
        usual = "no kind of file that ChipStance knows: name JSON, JSON Lines, Parquet or an article of a checkout"
        yield Problem("kind-unknown", str(path), "", wanted_name(path.name, begin) or usual, 1, 1)
        return
    yield from judge_source(context.source(path, kind), context)


def judge_source(source: Source, context: Context) -> Iterator[Problem]:
    """Yield what is wrong with one file beyond what its reading has found."""
    path = source.path
    match source.kind:
        case "layers" if path != context.layers_path and source.sound:
            yield from _problems(source, "layers", JsonFile(path, source.data))
        case "article":
            yield from _judge_article(source, context)
        case "annotations":
            yield from judge_labels(source, context)[1]
        case "adjudication" if source.sound:
            yield from _judge_adjudication(source, context)
        case "edits":
            yield from _judge_edits(source, context)
        case "manifest" if source.sound:
            around = context.checkout if kind_by_place(path, context.checkout) else None
            yield from _problems(source, "manifest", Manifest(path, source.data, around))
        case "round" if source.sound:
            if kind_by_place(path, context.checkout):
                yield from _problems(source, "round", JsonFile(path, source.data))
            yield from _unlisted(source, context)
        case "articles" | "entities" if source.sound:
            yield from _problems(source, source.kind, JsonFile(path, source.data))
        case "documents":
            yield from _judge_document(source, context)
        case "predictions":
            found, _ = _judge_predictions(source, context)
            yield from found[len(source.problems) :]


def _problems(source: Source, scope: str, subject: object) -> list[Problem]:
    return [source.problem(rule_id, finding) for rule_id, finding in run(scope, subject)]


def _judge_article(source: Source, context: Context) -> Iterator[Problem]:
    doc = source.path.stem
    if context.articles is not None and doc not in context.articles:
        if not context.record_misspelt(doc):
            message = f"{no_article(doc)}: list it in articles.json, or remove the file"
            yield source.problem(FILE_STRAY, Finding("", message))
    elif text := context.text(doc):
        yield from _problems(source, "article", ArticleText(text.raw, text.text, text.offsets.to_raw))


def _judge_edits(source: Source, context: Context) -> Iterator[Problem]:
    doc = source.data.get("doc") if isinstance(source.data, dict) else None
    if not source.sound or _unplaced(context, doc):
        yield from _unknown(source, context, doc) if source.sound else ()
        return
    elsewhere = not kind_by_place(source.path, context.checkout)
    text = context.text(str(doc)) if elsewhere or source.path.stem == doc else None
    raw = text.raw if text else ""
    file = JsonFile(source.path, source.data, raw, sha256(raw.encode()) if text and elsewhere else "")
    if file.digest:  # in its place it has been held against the article already, to make the text
        wrong = [("article-digest", finding) for finding in edits_digest(file)] or list(edit_findings(file))
        yield from (source.problem(rule_id, finding) for rule_id, finding in wrong)
    yield from (each for each in _problems(source, "edits", file) if not (elsewhere and each.rule == "file-name"))


def _unplaced(context: Context, doc: object) -> bool:
    return context.checkout is None or (context.articles is not None and doc not in context.articles)


def _unknown(source: Source, context: Context, doc: object) -> Iterator[Problem]:
    """Yield why the text of a document is not known."""
    docs = context.docs
    if context.checkout is None and context.given is None:
        mend = "run this in the checkout that has it"
        if source.kind in ("annotations", "predictions"):
            mend += ", or name that, or a release, with --gold"
        yield source.problem(TEXT_UNKNOWN, Finding("/doc", f"the text of {doc!r} is not known here: {mend}"))
    elif docs is not None and doc not in docs and not (source.kind != "predictions" and context.record_misspelt(doc)):
        message = f"{no_article(doc)}: choose one of {_some(docs)}"
        yield source.problem(DOC_UNKNOWN, Finding("/doc", message))


def no_article(doc: object) -> str:
    """Say that a document is not listed."""
    return f"no article is called {doc!r}"


def _some(docs: Collection[str]) -> str:
    """Return ids as a message names them: of very many, the first."""
    return ", ".join(islice(docs, SHOWN)) + (f" … ({len(docs)} in all)" if len(docs) > SHOWN else "")


def _unlisted(source: Source, context: Context) -> Iterator[Problem]:
    """Yield which documents of a round are no articles."""
    for index, doc in enumerate(source.data["docs"]):
        if context.articles is not None and doc not in context.articles and not context.record_misspelt(doc):
            message = f"{no_article(doc)}: choose one of {_some(context.articles)}"
            yield source.problem(DOC_UNKNOWN, Finding(f"/docs/{index}", message))


def _labels(source: Source, context: Context) -> Labels | None:
    """Build what the rules look at, from the spans that the schema accepts."""
    doc = source.data["doc"]
    text = context.text(doc) if context.docs and doc in context.docs else None
    if text is None or context.layers is None:
        return None
    entries = dict(enumerate(source.data.get("spans", ())))
    spans = {i: _span(e, text.text) for i, e in entries.items() if not source.broken(f"/spans/{i}")}
    ids = frozenset(str(e["id"]) for e in entries.values() if isinstance(e, dict) and "id" in e)
    return Labels(
        doc=doc,
        raw=text.raw,
        text=text.text,
        offsets=text.offsets,
        layers=context.layers,
        entities=context.entities if source.kind == "annotations" else None,
        spans=spans,
        ids=ids,
        whole=len(spans) == len(entries),
        header={k: v for k, v in source.data.items() if k != "spans" and not source.broken(f"/{k}")},
        path=source.path,
        owner=source.path.parent.name if kind_by_place(source.path, context.checkout) == "annotations" else "",
    )


def _span(entry: Any, text: str) -> Span:
    """Build a span; a quotation, which has no place yet, covers nothing."""
    return parse_span(entry if "end" in entry else {**entry, "start": 0, "end": 0}, text)


def judge_labels(source: Source, context: Context) -> tuple[Labels | None, list[Problem]]:
    """Return a label file's spans that stand, and what is wrong with all of them; worked out once."""
    found: tuple[Labels | None, list[Problem]] | None = context.judged.get(source.path)
    if found is None:
        found = context.judged[source.path] = _judge_labels(source, context)
    return found


def _judge_labels(source: Source, context: Context) -> tuple[Labels | None, list[Problem]]:
    """Return the spans that stand, and what is wrong with all of them."""
    data = source.data
    if not isinstance(data, dict) or not isinstance(data.get("doc"), str):
        return None, []
    if not isinstance(data.get("spans", [] if "answer" in data else None), list):
        return None, []
    unknown = list(_unknown(source, context, data["doc"])) if not source.broken("/doc") else []
    labels = _labels(source, context)
    if labels is None:
        return None, unknown
    if source.kind == "annotations" and (elsewhere := next(of_another_text(labels), None)):
        return None, [source.problem(*elsewhere)]
    if labels.entities == {} and any(rules_statements.used_entities(labels)):
        context.record_empty()
        labels = replace(labels, entities=None)
    placed = labels.without({i for i, s in labels.spans.items() if "end" not in data["spans"][i]})
    found = _problems(source, "labels", labels)
    wrong, labels = misfits(source, placed, labels)
    found = [*not_astray(found, labels), *wrong]
    if source.kind == "predictions":
        found += _problems(source, "predictions", labels)
    else:
        found += [source.problem("span-overlap", finding) for finding in rules_spans.span_overlap(labels)]
        crossing = crossing_spans(labels)
        labels = labels.without(crossing)
        rest = _problems(source, "annotations", labels)
        # a text that is given is without the article that it was made of
        untold = {"stance-holder"} if crossing else set()
        untold |= {"span-repaired"} if context.given else set()
        found += [problem for problem in rest if problem.rule not in untold]
    return labels, without_lost(source, found)


def _judge_adjudication(source: Source, context: Context) -> Iterator[Problem]:
    doc = source.data["doc"]
    yield from _unknown(source, context, doc)
    known = context.docs is not None and doc in context.docs
    checkout, text, layers = context.checkout, context.text(doc) if known else None, context.layers
    if checkout is None or text is None or layers is None or kind_by_place(source.path, checkout) != ADJUDICATION:
        return
    if source.path.stem != doc:
        yield source.problem("file-name", of_other_name(source.path, doc))
        return
    folder = source.path.parent.parent
    paths = {name: folder / name / f"{doc}.json" for name in source.data["annotators"]}
    files = {name: context.source(path, "annotations") for name, path in paths.items() if not is_missing(path)}
    yield from (problem for file in files.values() for problem in judge_labels(file, context)[1])
    read = {name: _document(file, context, text.text) for name, file in files.items()}
    deciding = checkout.adjudication(checkout.deciding_round(doc) or 0, doc) == source.path
    gold = checkout.gold(doc)
    there = deciding and not is_missing(gold)
    subject = rules_adjudication.Adjudicated(
        path=source.path,
        data=source.data,
        text=text.text,
        offsets=text.offsets,
        layers=layers,
        documents={name: document for name, document in read.items() if document},
        missing=frozenset(paths) - set(files),
        gold_path=gold,
        gold=_document(context.source(gold, "annotations"), context, text.text) if there else None,
    )
    for rule_id, finding in run("adjudication", subject):
        file = context.source(gold, "annotations") if finding.path == gold else source
        yield file.problem(rule_id, finding)


def _document(source: Source, context: Context, text: str) -> Document | None:
    """Return a label file's document, if nothing is wrong with it."""
    if not source.sound or judge_labels(source, context)[1]:
        return None
    return parse_document(source.data, text)


def judge_lines(sources: Iterable[Source], context: Context) -> Iterator[Line]:
    """Yield the lines of a predictions file, as they are read, with what is wrong with each."""
    lines: dict[str, int] = {}
    fitting: set[str] = set()
    for source in sources:
        problems, fits = _judge_predictions(source, context)
        doc = told_doc(source)
        first = source.line if doc is None else lines.setdefault(doc, source.line)
        if first != source.line:
            message = f"{doc!r} stands on line {first} already: put all its spans on one line"
            problems.append(source.problem(DOC_DUPLICATE, Finding("/doc", message)))
        fits = fits and doc not in fitting
        fitting |= {doc} if fits and doc is not None else set()
        yield Line(source, tuple(problems), fits)


def told_doc(source: Source) -> str | None:
    """Return the document that a line is about; None where it names none, or none that could be one."""
    doc = source.data.get("doc") if isinstance(source.data, dict) and not source.broken("/doc") else None
    return doc if isinstance(doc, str) else None


def judge_line(source: Source, context: Context) -> list[Problem]:
    """Return what is wrong with a line of a documents or predictions file by itself."""
    if source.kind == "documents":
        return [*source.problems, *_judge_document(source, context)]
    return _judge_predictions(source, context)[0]


def _judge_predictions(source: Source, context: Context) -> tuple[list[Problem], bool]:
    """Return what is wrong with a line of predictions, and whether it fits its text and can be read."""
    labels, problems = _judge_labels(source, context)
    misfit = labels is None or any(problem.rule in MISFITS for problem in problems)
    wrong = _judge_answer(source, context) if source.sound and context.layers else []
    fits = source.sound and not misfit and len(wrong) < len(_answers(source) or " ")
    return [*source.problems, *problems, *wrong], fits


def _judge_document(source: Source, context: Context) -> Iterator[Problem]:
    """Yield which rules a document breaks that comes with its text; what its schema refuses is left out."""
    data, layers = source.data, context.layers
    if not isinstance(data, dict) or not isinstance(data.get("text"), str) or layers is None:
        return
    if not isinstance(data.get("spans"), list) or (not data["text"] and source.broken("/text")):
        return
    text = data["text"]
    spans = {i: parse_span(e, text) for i, e in enumerate(data["spans"]) if not source.broken(f"/spans/{i}")}
    ids = frozenset(str(e["id"]) for e in data["spans"] if isinstance(e, dict) and "id" in e)
    whole = len(spans) == len(data["spans"])
    doc, offsets = str(data.get("doc")), OffsetMap(())
    labels = Labels(doc, text, text, offsets, layers, None, spans, ids, whole, {}, source.path)
    found = _problems(source, "labels", labels)
    wrong, labels = misfits(source, labels, labels)
    yield from without_lost(source, [*not_astray(found, labels), *wrong, *_problems(source, "documents", labels)])


def _answers(source: Source) -> list[str]:
    given = source.data.get("answer", [])
    return [given] if isinstance(given, str) else given


def _judge_answer(source: Source, context: Context) -> list[Problem]:
    """Return which of a line's answers can't be read."""
    from chipstance.model_output import unreadable

    found = []
    for index, answer in enumerate(_answers(source)):
        if context.layers and (message := unreadable(answer, context.layers)):
            pointer = "/answer" if isinstance(source.data["answer"], str) else f"/answer/{index}"
            found.append(source.problem(ANSWER_UNREADABLE, Finding(pointer, message)))
    return found
