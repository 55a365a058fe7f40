"""Files as the validator reads them: once, with everything that is wrong with them already."""

from __future__ import annotations

import errno
import math
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from chipstance.faults import MOST_FAULTS, Fault, show, whole
from chipstance.folders import LAYERS, find_checkout
from chipstance.jsonfile import NOT_REACHED, is_file, read_bytes
from chipstance.locate import JsonError, Positions, decode, parse, position
from chipstance.model import Problem
from chipstance.rules import Finding, declare
from chipstance.schemas import SUFFIX, Schemas, schema_faults

Json = Any

UNKNOWN = "no kind of file that ChipStance knows"
KIND_UNKNOWN = declare("kind-unknown", "A JSON file, or what its lines hold, is of a kind that the validator knows.")
WHOLE_NUMBER = "whole-number"
_ODD_NUMBER = re.compile(r"-0(?![\d.])|\d[eE]\+?\d{3}|\d{309}")
"""Part of any number that is minus zero, or a float too large to be held."""
_FLOAT = re.compile(r"-?\d+[.eE].*")
_NUMBER = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', re.DOTALL)
"""A string or a number of a JSON text."""
LISTED = "this is a list of objects: write each of them on a line of its own, without the brackets and commas around"
AROUND = "this is a list, and the file is to hold one object: remove the list around it, or give each a file of its own"
PIPED = "pipe its content into chipstance validate -"
HERE = "put the file itself here"
MENDS = {
    errno.ELOOP: "mend the link, or put the file itself in its place",
    errno.EBADF: "nothing is open under this number; name a file, or pipe its content into chipstance validate -",
    errno.EISDIR: "name the files in it, as by * at its end; a folder of this machine, without file://",
    NOT_REACHED: "mend the address, or install or give what it asks for",
}
"""What is to be done where the system tells a certain error."""
OF_LINES = ("documents", "predictions")
"""Kinds of which a file may hold many, one a line."""
MOST_PROBLEMS = 10_000
"""So many problems of a file are listed; a file of lines with more is not read on."""

for _rule, _reason in {
    "json-syntax": "A file is JSON.",
    "json-encoding": "A file is UTF-8 without a byte order mark.",
    "json-duplicate-key": "A key stands once in an object.",
    "json-constant": "Numbers are numbers: JSON has no NaN and no Infinity.",
    "json-surrogate": "A string holds characters, not halves of surrogate pairs.",
    "json-depth": "A file is not nested without end.",
    "article-encoding": "An article is UTF-8 without a byte order mark.",
    "file-unreadable": "A file can be read, and so can its folder.",
    "predictions-empty": "A file of predictions or documents has a line.",
    "schema": "A file keeps to the JSON Schema of its kind.",
    "schema-pattern": "A pattern of a schema can be matched in linear time.",
    WHOLE_NUMBER: "A whole number is written without a point or an exponent: 10, not 10.0.",
    "problems-many": "A file has no more than 10,000 problems.",
}.items():
    declare(_rule, _reason)


@dataclass(frozen=True)
class Source:
    """A JSON file, a line of a JSON Lines file, or an article.

    Attributes:
        path: the file.
        kind: what it is; ``article`` for a text file.
        text: its text; empty where it could not be read.
        data: its JSON value.
        line: its line in a JSON Lines file; 0 for a whole file.
        problems: what is wrong with encoding, syntax and schema.
        faults: JSON pointers of the values that the schema refuses.
        positions: where everything stands in the text.
    """

    path: Path
    kind: str
    text: str = ""
    data: Json = None
    line: int = 0
    problems: tuple[Problem, ...] = ()
    faults: frozenset[str] = field(default=frozenset())
    positions: Positions = field(default=Positions(""), repr=False, compare=False)

    @property
    def sound(self) -> bool:
        """Whether it could be read and its schema accepts it."""
        return not self.problems

    def problem(self, rule_id: str, finding: Finding) -> Problem:
        """Return a finding in this file as a problem, with line and column."""
        if self.kind == "article":
            line, column = self.positions.at(finding.at or 0)
        else:
            line, column = self.positions.find(finding.pointer, key=finding.key)
        return Problem(rule_id, str(self.path), finding.pointer, finding.message, self.line or line, column)

    def broken(self, pointer: str) -> bool:
        """Tell whether the schema refuses the value at a pointer, or anything inside it."""
        return bool(self.faults) and pointer in self._broken

    @cached_property
    def _broken(self) -> frozenset[str]:
        parts = (fault.split("/") for fault in self.faults)
        return frozenset("/".join(part[:size]) for part in parts for size in range(1, len(part) + 1))


def read_json_source(path: Path, kind: str, schemas: Schemas) -> Source:
    """Read a file that is one JSON value."""
    try:
        text = decode(read_bytes(path))
    except (OSError, JsonError) as error:
        return Source(path, kind, problems=(unreadable(path, error),))
    return parse_source(path, kind, text, 0, schemas)


def read_article_source(path: Path) -> Source:
    """Read an article, its line ends untouched."""
    try:
        text = decode(read_bytes(path), "article-encoding")
    except (OSError, JsonError) as error:
        return Source(path, "article", problems=(unreadable(path, error),))
    return Source(path, "article", text, positions=Positions(text))


def unreadable(path: Path, error: OSError | JsonError) -> Problem:
    """Return the problem of a file, or a folder, that can't be read."""
    if isinstance(error, JsonError):
        return refused(path, error, 0)
    if error.errno == errno.EINVAL and not is_file(path):
        mend = HERE if _has_place(path) else PIPED
    else:
        mend = MENDS.get(error.errno or 0, "let everybody read it, or put it back")
    message = f"it can't be read ({error.strerror or error}): {mend}"
    return Problem("file-unreadable", str(path), "", message, 1, 1)


def _has_place(path: Path) -> bool:
    """Tell whether a file is looked for where it stands: in a checkout, or in a folder of schemas."""
    checkout = find_checkout(path.parent)
    folders = [checkout.annotations, checkout.schema, checkout.dataset, checkout.systems.parent] if checkout else []
    return path.name == LAYERS or path.name.endswith(SUFFIX) or not set(folders).isdisjoint(path.parents)


def refused(path: Path, error: JsonError, line: int) -> Problem:
    """Return the problem of a file, or of a line of it, that is no strict JSON."""
    return Problem(error.rule, str(path), "", str(error), line or error.line, error.column)


def parse_source(path: Path, kind: str, text: str, line: int, schemas: Schemas) -> Source:
    """Return a source whose text has been read already; arguments as its attributes."""
    try:
        data = parse(text, line=line > 0, alone=kind not in ("", *OF_LINES))
        _check_numbers(text)
    except JsonError as error:
        return Source(path, kind, text, line=line, problems=(refused(path, error, line),))
    source = Source(path, kind or kind_by_content(data), text, data, line, positions=Positions(text))
    if isinstance(data, list) and data and (message := _listed(data, source, kind)):
        return replace(source, problems=(source.problem("schema", Finding("", message)),))
    if not source.kind:
        message = _as_line(data) or f"{UNKNOWN}: move it elsewhere, or give it the keys of its kind"
        return replace(source, problems=(source.problem("kind-unknown", Finding("", message)),))
    if not line and source.kind == "annotations" and isinstance(data, dict) and (message := _as_line(data)):
        return replace(source, data=None, problems=(source.problem("kind-unknown", Finding("", message)),))
    faults = list(schema_faults(data) if source.kind == "schema" else schemas.faults(source.kind, data))
    if not faults:
        return source
    if len(faults) >= MOST_FAULTS:  # then there are others that are not known, so nothing of it can be judged further
        source = replace(source, data=None)
    return replace(source, problems=_problems(source, faults), faults=frozenset(fault.pointer for fault in faults))


def _listed(data: list[Json], source: Source, kind: str) -> str:
    """Return what is wrong with a list in place of what it holds; empty where it holds something else.

    Args:
        data: the list.
        source: where it stands.
        kind: of the file, by its place or as somebody says.
    """
    if (source.line or source.kind in OF_LINES) and all(isinstance(each, dict) for each in data):
        return LISTED if source.line else f"{LISTED}, and name it .jsonl"
    return AROUND if kind and all(kind_by_content(each) == kind for each in data) else ""


def _check_numbers(text: str) -> None:
    """See that a JSON text has no number that others may read otherwise.

    Raises:
        JsonError: minus zero, or a number beyond all that a float can hold.
    """
    for found in _NUMBER.finditer(text) if _ODD_NUMBER.search(text) else ():
        if found[0] == "-0":
            raise JsonError(WHOLE_NUMBER, "-0 is zero: write 0", *position(text, found.start()))
        if _FLOAT.fullmatch(found[0]) and math.isinf(float(found[0])):
            message = f"{show(found[0])[1:-1]} is so large that it is read as infinity: write the number that is meant"
            raise JsonError("json-constant", message, *position(text, found.start()))


def _problems(source: Source, faults: list[Fault]) -> tuple[Problem, ...]:
    told = (_as_written(fault, source.positions) if fault.rule == WHOLE_NUMBER else fault for fault in faults)
    return tuple(source.problem(fault.rule, Finding(fault.pointer, fault.message, fault.key)) for fault in told)


def _as_written(fault: Fault, positions: Positions) -> Fault:
    """Return what is wrong with a float in place of a whole number, which it may only be by rounding."""
    written = positions.written(fault.pointer)
    shown, number = (show(each)[1:-1] for each in (written, whole(written)))
    if not number:
        return replace(fault, rule="schema", message=f"{shown} must be a whole number")
    return replace(fault, message=f"{shown} is a whole number: write {number}")


def _as_line(data: Json) -> str:
    """Return what is wrong with a label file that looks like a line of JSON Lines, or several, if it does."""
    if isinstance(data, list) and data and isinstance(data[0], dict) and "doc" in data[0]:
        return f"{LISTED}, and name it .jsonl"
    if not isinstance(data, dict) or {"annotator", "text_sha256"} & set(data):
        return ""
    kind = "documents" if "text" in data else "predictions" if {"spans", "answer"} & set(data) else ""
    article = {"documents": "a document with its text", "predictions": "the predictions of a document"}
    mend = f"name it .jsonl, on one line, or give --kind {kind}; a label file has annotator and text_sha256"
    return f"this looks like {article[kind]}: {mend}" if kind else ""


def kind_by_content(data: Json) -> str:
    """Return what a JSON value seems to be by its keys, or an empty string."""
    keys = set(data) if isinstance(data, dict) else set()
    telling = {
        "articles": {"articles"},
        "entities": {"entities"},
        "edits": {"doc", "edits"},
        "documents": {"doc", "text", "spans"},
        "annotations": {"doc", "spans"},
        "adjudication": {"doc", "decisions"},
        "round": {"round", "annotators", "guidelines_sha256"},
        "layers": {"layers"},
        "manifest": {"files", "content_sha256"},
        "schema": {"$schema"},  # last: others may have the key, too
    }
    return next((kind for kind, needed in telling.items() if needed <= keys), "")
