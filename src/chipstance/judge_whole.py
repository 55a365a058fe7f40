"""Judges what all files of a checkout say together, and leaves out what only follows from it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path

from chipstance import rules_corpus, rules_rounds
from chipstance.context import Context
from chipstance.digests import sha256
from chipstance.folders import ADJUDICATION, GUIDELINES, Checkout, almost_layers, is_dead, matching
from chipstance.jsonfile import is_missing, read_bytes, refuse_special
from chipstance.judge import DOC_UNKNOWN, judge_labels, no_article
from chipstance.model import Problem
from chipstance.places import FILE_STRAY, kind_by_place, schema_files
from chipstance.rules import Finding, Labels, run
from chipstance.rules_manifest import releases
from chipstance.rules_schemas import SchemaSet
from chipstance.schema_set import URN
from chipstance.schemas import NAMES, SUFFIX, Schemas
from chipstance.sources import Source, unreadable
from chipstance.yaml_files import yaml_problems

_MEANT = re.compile(r": if (\S+) is meant, which labels name")


def judge_whole(context: Context) -> Iterator[Problem]:
    """Yield what only all the files of a checkout together can show."""
    checkout = context.checkout
    yield from (*yaml_problems(checkout), *_shut(checkout)) if checkout else ()
    if checkout is None or context.articles is None:
        return
    there = {doc: checkout.gold(doc) for doc in context.articles if not is_missing(checkout.gold(doc))}
    gold: dict[str, Labels] = {}
    for doc in context.articles:
        context.text(doc)
        if doc not in there:
            context.record_missing(doc, "gold", checkout.gold(doc))
        elif labels := judge_labels(context.source(there[doc], "annotations"), context)[0]:
            gold[doc] = labels
    texts = {doc: labels.text for doc, labels in gold.items()}
    unlisted = set(matching(checkout.gold("").parent, "*.json")) - set(there.values())
    sound = len(gold) == len(context.articles) and not unlisted and all(labels.whole for labels in gold.values())
    whole = rules_corpus.Whole(checkout, tuple(context.articles.values()), context.entities, texts, gold, sound)
    rounds = rules_rounds.Rounds(tuple(_rounds(checkout, context)), there)
    for scope, subject in (("corpus", whole), ("rounds", rounds)):
        for rule_id, finding in run(scope, subject):
            yield _problem(rule_id, finding, finding.path or checkout.articles, context)


def _shut(checkout: Checkout) -> Iterator[Problem]:
    """Yield which of the files can't be read from which a release's table of baselines comes."""
    for path in matching(checkout.systems.parent, "*.json*") if releases(checkout) else ():
        try:
            refuse_special(path)
        except OSError as error:
            yield unreadable(path, error)


def _problem(rule_id: str, finding: Finding, path: Path, context: Context) -> Problem:
    if is_missing(path):
        return Problem(rule_id, str(path), finding.pointer, finding.message, 1, 1)
    return context.source(path, kind_by_place(path, context.checkout)).problem(rule_id, finding)


def _rounds(checkout: Checkout, context: Context) -> Iterator[rules_rounds.RoundFolder]:
    """Yield what stands in the folder of each round."""
    now = _digest(checkout.guidelines, context)
    for folder in checkout.round_folders():
        files = [path for path in matching(folder, "*/*.json") if not path.name.startswith(".")]
        files = [path for path in files if path.parent not in context.misnamed]
        docs = {name: {path.stem for path in files if path.parent.name == name} for name in _names(files)}
        missing = is_missing(file := checkout.round_file(int(folder.name)))
        source = None if missing else context.source(file, "round")
        own = _digest(folder / GUIDELINES, context)
        yield rules_rounds.RoundFolder(
            path=folder,
            missing=missing,
            data=source.data if source and source.sound else None,
            labels={name: found for name, found in docs.items() if name != ADJUDICATION},
            owners=dict(_owners(files, context)),
            decided=docs.get(ADJUDICATION, set()),
            guidelines=None if now is None or own is None else now | own,
            kept=bool(own),
        )


def _names(files: Iterable[Path]) -> list[str]:
    return sorted({path.parent.name for path in files if not path.parent.name.startswith(".")})


def _owners(files: Iterable[Path], context: Context) -> Iterator[tuple[str, str]]:
    """Yield the folders of a round whose label files name one annotator, with that one."""
    named: dict[str, set[str]] = {}
    for path in (each for each in files if each not in context.misnamed):
        data = context.source(path, kind_by_place(path, context.checkout)).data
        if isinstance(data, dict) and "annotator" in data:
            named.setdefault(path.parent.name, set()).add(str(data["annotator"]))
    yield from ((folder, names.pop()) for folder, names in named.items() if len(names) == 1)


def _digest(path: Path, context: Context) -> frozenset[str] | None:
    """Return a file's digest; nothing where it is missing; None, with a problem recorded, where it can't be read."""
    try:
        return frozenset([sha256(read_bytes(path))] if os.path.lexists(path) else ())
    except OSError as error:
        context.problems.add(unreadable(path, error))
        return None


def judge_schemas(
    folder: Path, base: Schemas | None, sources: Callable[[Path], Source], known: Set[Path] = frozenset()
) -> Iterator[Problem]:
    """Yield what is wrong with a folder of schemas as a whole.

    Args:
        folder: where they stand.
        base: the schemas that files are judged by; None where these are they.
        sources: reads a schema.
        known: what is told to stand there under another name.
    """
    paths = {name: folder / f"{name}{SUFFIX}" for name in NAMES}
    found = {name: sources(path) for name, path in paths.items() if not is_missing(path) or is_dead(path)}
    written = {name: source.data for name, source in found.items() if source.sound}
    used = {name: base.by_id[URN + name] for name in NAMES} if base else written
    subject = SchemaSet(folder / "layers.json", paths, frozenset(found), written, used, known)
    by_path = {source.path: source for source in found.values()}
    for rule_id, finding in run("schemas", subject) if found else ():
        if source := by_path.get(path := finding.path or folder):
            yield source.problem(rule_id, finding)
        else:
            yield Problem(rule_id, str(path), finding.pointer, finding.message, 1, 1)


def told_missing(context: Context) -> Iterator[Path]:
    """Yield what is missing, but told to stand there under another name, or to be a link that leads nowhere."""
    yield from context.misnamed.values()
    if checkout := context.checkout:
        yield from filter(is_dead, (*schema_files(checkout), checkout.layers))
        yield from [checkout.layers] if almost_layers(checkout) else []


def causes(found: Iterable[Problem], checkout: Checkout, misnamed: Iterable[Path]) -> set[Problem]:
    """Return the problems of a checkout without those that only follow from others.

    Building the release again mends nothing while one of the files that it is built from is broken. Where a round says
    that its annotators are not those whose labels it holds, or an article that it is not listed, each of the files
    about them says so once more. Where layers.json has another name, labels are judged by layers that are not theirs.

    Args:
        found: the problems.
        checkout: where.
        misnamed: what stands under nearly the name of something that is missing.
    """
    problems = set(found)
    unknown = {(each.path, each.pointer) for each in problems if each.rule == DOC_UNKNOWN}
    renamed = {folder for path in misnamed for folder in path.parents if folder.parent == checkout.rounds}
    unsure = {Path(each.path).parent for each in problems if _of_round(each)}
    unlisted = {no_article(Path(each.path).stem) for each in problems if _is_unlisted(each, checkout)}
    unused = (_MEANT.search(each.message) for each in problems if each.rule == "entity-unused")
    meant = {told[1] for told in unused if told}
    sound = not any(_is_input(Path(each.path), checkout) for each in problems)
    by_others = {Path(each.path) for each in problems if each.rule == FILE_STRAY} & set(almost_layers(checkout))
    return {
        each
        for each in problems
        if (sound or each.rule != "manifest-input")
        and not (by_others and _by_layers(each, checkout))
        and not (_of_annotator(each) and unsure & set(Path(each.path).parents))
        and not (each.rule == DOC_UNKNOWN and each.message.partition(":")[0] in unlisted)
        and not (each.rule == "entity-unknown" and not meant.isdisjoint(each.message.split(" ")))
        and not (each.rule == "round-files" and _of_docs(each, unknown))
        and not (each.rule in ("round-files", "gold-derived") and Path(each.path).parent in renamed)
    }


def _is_input(path: Path, checkout: Checkout) -> bool:
    """Tell whether a release is built from a file."""
    folders = {checkout.annotations, checkout.schema, checkout.systems.parent}
    return path in (checkout.card, checkout.citation) or not folders.isdisjoint((path, *path.parents))


def _by_layers(problem: Problem, checkout: Checkout) -> bool:
    """Tell whether a problem of what was decided may only be one by the layers that it is judged by."""
    return checkout.annotations in Path(problem.path).parents and not problem.rule.startswith(("json-", "file-"))


def _is_unlisted(problem: Problem, checkout: Checkout) -> bool:
    """Tell whether a problem is that an article is not listed."""
    return problem.rule == FILE_STRAY and Path(problem.path).parent == checkout.article("").parent


def _of_round(problem: Problem) -> bool:
    """Tell whether a problem is that a round's annotators or documents are not those whose labels it holds."""
    return problem.rule == "round-files" and problem.pointer.startswith(("/annotators", "/docs/"))


def _of_docs(problem: Problem, unknown: Set[tuple[str, str]]) -> bool:
    """Tell whether a problem is that a round's files are of others than a list of documents with unknown ones says."""
    pointers = {pointer for path, pointer in unknown if path == problem.path}
    return problem.pointer in pointers or (problem.pointer == "/docs" and bool(pointers))


def _of_annotator(problem: Problem) -> bool:
    """Tell whether a problem is that a label file is missing, or stands in another annotator's folder."""
    moved = problem.rule == "file-name" and problem.pointer == "/annotator"
    return moved or (problem.rule == "decision-annotator" and problem.pointer.startswith("/annotators/"))
