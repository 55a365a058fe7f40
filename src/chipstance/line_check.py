"""Checks JSON Lines files of any size: quickly where a line is in order, exactly where it is not.

What a part of a file gives is an ``Outcome``, and outcomes add up in the order of the file: so that parts can be
checked by different processes or machines, and the result is the same however the file was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chipstance.context import Context
from chipstance.inputs import DOCUMENTS, UNCLEAR, Part, is_table, open_part
from chipstance.judge import DOC_DUPLICATE, judge_line, told_doc
from chipstance.layers import Layers
from chipstance.line_kinds import kind_of
from chipstance.line_looks import refuse
from chipstance.line_slips import Fragment, fragment, whole
from chipstance.line_sources import too_long
from chipstance.locate import JsonError, decode, parse
from chipstance.model import Problem
from chipstance.parquet_columns import DOC, PARQUET_COLUMNS, column_faults, table_kind, wanted_columns
from chipstance.parquet_lines import UNREADABLE, RowLines, row_lines
from chipstance.parquet_rows import batches, groups, open_table, too_large
from chipstance.quick import Quick
from chipstance.quick_predictions import QuickPredictions
from chipstance.sources import MOST_PROBLEMS, parse_source, refused, unreadable
from chipstance.streams import LINE_TOO_LONG, SYNTAX, Line, StreamError

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[Any]
_USUAL, BLANK = b'{"doc":', ord(" ")
_DOC = re.compile(rb'"doc"\s*:\s*')
_DOC_COLUMN = len(_USUAL) + 2
"""Where the document's id stands in the line that a row stands for."""


@dataclass(frozen=True)
class Outcome:
    """What checking a run of lines found.

    Attributes:
        lines: how many there are.
        problems: what is wrong, with lines counted from the first of the run.
        docs: of every line with a document, a hash of its id, the line, and the column of the id.
        kind: ``documents`` or ``predictions``; ``unclear`` where lines could be read, but nobody can tell what they
            are; empty where nothing could be read.
        fragments: the lines that are no JSON, as far as their problems are held.
    """

    lines: int = 0
    problems: tuple[Problem, ...] = ()
    docs: Numbers = field(default_factory=lambda: np.zeros((0, 3), np.uint64))
    kind: str = ""
    fragments: tuple[Fragment, ...] = ()

    def __add__(self, after: Outcome) -> Outcome:
        """Return the outcome of both runs, this one first."""
        return total((self, after))

    def told(self) -> Iterator[Problem]:
        """Yield what is wrong with single lines, and once what is wrong with several in a row."""
        if not self.fragments:
            return iter(self.problems)
        known = self.docs[:, 1].copy()

        def is_document(line: int) -> bool:
            at = np.searchsorted(known, np.uint64(line))
            return bool(at < len(known) and known[at] == line)

        return whole(self.problems, self.fragments, self.lines, is_document)

    def twice(self, path: str) -> Iterator[Problem]:
        """Yield the documents that stand on an earlier line already."""
        known = np.sort(self.docs[:, 0])
        if not np.any(known[1:] == known[:-1]):  # which takes less memory than what follows
            return
        order = np.lexsort((self.docs[:, 1], self.docs[:, 0]))
        hashes, lines, columns = self.docs[order].T
        new = np.diff(hashes, prepend=hashes[:1] + np.uint64(1)) != 0
        first = lines[np.maximum.accumulate(np.where(new, np.arange(len(lines)), 0))] if len(lines) else lines
        again = np.flatnonzero(~new)
        for at in again[np.argsort(lines[again])]:
            message = f"this document stands on line {first[at]} already: put all its spans on one line"
            yield Problem(DOC_DUPLICATE, path, "/doc", message, int(lines[at]), int(columns[at]))


def total(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome of runs that follow one another; those after too many problems are not asked for."""
    lines, problems, docs, kind, fragments = 0, list[Problem](), list[Numbers](), "", list[Fragment]()
    for each in outcomes:
        kind = kind or each.kind
        problems += (replace(problem, line=problem.line + lines) for problem in each.problems)
        fragments += (part._replace(line=part.line + lines) for part in each.fragments)
        docs.append(each.docs + np.array([0, lines, 0], np.uint64) if lines else each.docs)
        lines += each.lines
        if len(problems) > MOST_PROBLEMS:
            break
    all_docs = docs[0] if len(docs) == 1 else np.concatenate([Outcome().docs, *docs])  # no copy without need
    if len(problems) > MOST_PROBLEMS:
        del problems[MOST_PROBLEMS + 1 :]
        fragments = [part for part in fragments if part.line <= problems[-1].line]
    return Outcome(lines, tuple(problems), all_docs, kind, tuple(fragments))


class LineChecker:
    """Checks the lines of one file.

    Args:
        path: the file, as problems name it.
        kind: ``documents`` or ``predictions``; or ``unclear``, for lines that only have to be JSON.
        context: the layers and schemas, and the texts that predictions are about.
    """

    def __init__(self, path: Path, kind: str, context: Context) -> None:
        self._path, self._kind, self._context = path, kind, context
        self._quick = _quick_look(kind, context)
        self._read = kind != UNCLEAR

    def check(self, lines: Iterable[Line]) -> Outcome:
        """Return what is wrong with some lines; lines are counted anew from 1."""
        problems: list[Problem] = []
        fragments: list[Fragment] = []
        hashes: list[bytes] = []
        places: list[tuple[int, int]] = []
        number, quick = 0, self._quick
        for number, line in enumerate(lines, start=1):
            doc = None if line.too_long else quick(line.data)
            if doc is None:
                doc, found = self._exactly(line, number)
                problems += found
                fragments += (fragment(line.data.decode(), number) for each in found if each.rule == SYNTAX)
            if doc is not None:
                hashes.append(_hash(doc))
                places.append((number, _column(line.data)))
        kind = self._kind if self._read else ""
        return Outcome(number, tuple(problems), _docs(hashes, places), kind, tuple(fragments))

    def _exactly(self, line: Line, number: int) -> tuple[str | None, Sequence[Problem]]:
        if line.too_long:
            return None, [too_long(self._path, line, number)]
        try:
            text = decode(line.data, line=True)
            if self._kind == UNCLEAR:
                parse(text, line=True)
                self._read = True
                return None, []
        except JsonError as error:
            return None, [refused(self._path, error, number)]
        source = parse_source(self._path, self._kind, text, number, self._context.schemas)
        return told_doc(source), judge_line(source, self._context)


def _hash(doc: str) -> bytes:
    return blake2b(doc.encode(errors="surrogatepass"), digest_size=8).digest()


def _docs(hashes: Sequence[bytes], places: Sequence[tuple[int, int]]) -> Numbers:
    hashed = np.frombuffer(b"".join(hashes), "<u8").astype(np.uint64)
    return np.column_stack([hashed, np.array(places, np.uint64).reshape(-1, 2)])


def _quick_look(kind: str, context: Context) -> Callable[[bytes], str | None]:
    """Return what tells a line's document where the line is surely in order; it is made once for all parts."""
    layers, known = context.layers, context.looks
    if layers is None or not context.own_schemas or kind == UNCLEAR:
        return _unsure
    if kind not in known:
        known[kind] = (Quick(layers) if kind == DOCUMENTS else QuickPredictions(layers, context.texts)).doc
    look: Callable[[bytes], str | None] = known[kind]
    return look


def _unsure(_data: bytes) -> None:
    return None


def _column(data: bytes) -> int:
    """Return the column of the document's id, in code points."""
    if data.startswith(_USUAL):
        return len(_USUAL) + 1 + (data[len(_USUAL)] == BLANK)
    found = _DOC.search(data)
    return len(data[: found.end()].decode(errors="replace")) + 1 if found else 1


class RowChecker:
    """Checks the rows of one Parquet file, as the lines that they stand for.

    Args:
        path: the file, as problems name it.
        kind: ``documents`` or ``predictions``.
        context: the layers, which must be known, and the schemas, and the texts that predictions are about.
    """

    def __init__(self, path: Path, kind: str, context: Context) -> None:
        layers = context.layers or Layers({}, ())
        self._path, self._lines, self._rows = path, LineChecker(path, kind, context), RowLines(layers, kind)
        self._sure = _sure_rows(layers) if kind == DOCUMENTS and context.own_schemas else _no_rows

    def check(self, batch: pa.RecordBatch) -> Iterator[Outcome]:
        """Yield what is wrong with runs of rows: quickly by columns, or else as the lines that the rows stand for."""
        if message := too_large(batch):
            yield Outcome(1, (Problem(LINE_TOO_LONG, str(self._path), "", message),))
            return
        sure = self._sure(batch).tolist()
        for fine, run in groupby(range(batch.num_rows), key=sure.__getitem__):
            rows = list(run)
            if fine:
                docs = [str(batch.column(DOC)[row]) for row in rows]
                places = [(number, _DOC_COLUMN) for number in range(1, len(docs) + 1)]
                yield Outcome(len(docs), (), _docs(list(map(_hash, docs)), places), DOCUMENTS)
            else:
                yield from self._as_lines(batch.slice(rows[0], len(rows)))

    def _as_lines(self, rows: pa.RecordBatch) -> Iterator[Outcome]:
        written = row_lines(rows, self._rows.line)
        for is_text, run in groupby(written, key=lambda line: line is not None):
            if is_text:
                yield self._lines.check(Line(1, line) for line in run if line is not None)
            else:
                wrong = Problem("json-encoding", str(self._path), "", UNREADABLE)
                yield from (Outcome(1, (wrong,)) for _ in run)


def _sure_rows(layers: Layers) -> Callable[[pa.RecordBatch], NDArray[np.bool_]]:
    """Return what tells by columns which rows are surely in order."""
    from chipstance.parquet_check import ColumnCheck

    return ColumnCheck(layers).in_order


def _no_rows(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.zeros(batch.num_rows, bool)


BATCH = 1000
"""So many lines are checked before what they gave is put together."""


def check_part(part: Part, path: Path, kind: str, context: Context) -> Outcome:
    """Return what is wrong with a part of a file.

    Args:
        part: what to read.
        path: the file, as problems name it.
        kind: ``documents``, ``predictions``, ``unclear``, or empty for what the part's first lines seem to be.
        context: the layers and schemas, and the texts that predictions are about.
    """
    return total(_told((_table if is_table(part.address) else _part)(part, path, kind, context), path))


def check_run(lines: Iterator[Line], path: Path, kind: str, context: Context) -> Outcome:
    """Return what is wrong with lines that are being read; other arguments as for ``check_part``."""
    return total(_told(_batches(lines, path, kind, context), path))


def _told(outcomes: Iterator[Outcome], path: Path) -> Iterator[Outcome]:
    """Yield outcomes, and why there are no more where the file can't be read on."""
    try:
        yield from outcomes
    except StreamError as error:
        yield Outcome(0, (Problem(error.rule, str(path), "", str(error)),))
    except OSError as error:
        yield Outcome(0, (unreadable(path, error),))


def _part(part: Part, path: Path, kind: str, context: Context) -> Iterator[Outcome]:
    with open_part(part) as lines:
        yield from _batches(lines, path, kind, context, is_whole=part.end is None)


def _batches(
    lines: Iterator[Line], path: Path, kind: str, context: Context, *, is_whole: bool = True
) -> Iterator[Outcome]:
    checker: LineChecker | None = None
    for batch in _batched(lines):
        if checker is None:
            if is_whole:
                refuse(batch)
            checker = LineChecker(path, kind or kind_of(batch), context)
        yield checker.check(batch)


def _batched(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield lines, many at once; where the file can't be read on, those before that first."""
    batch: list[Line] = []
    try:
        for line in lines:
            batch.append(line)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except (OSError, StreamError):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _table(part: Part, path: Path, kind: str, context: Context) -> Iterator[Outcome]:
    layers = context.layers or Layers({}, ())
    with open_table(part.address) as (table, length):
        schema = table.schema_arrow
        kind = kind or table_kind(schema.names, layers)
        faults = list(column_faults(schema, layers, kind)) if part.end is None else []
        if faults:
            yield Outcome(0, tuple(Problem(PARQUET_COLUMNS, str(path), *fault) for fault in faults))
            return
        checker, columns = RowChecker(path, kind, context), list(wanted_columns(schema.names, layers, kind))
        for group, rows in groups(table, part):
            yield from _rows(batches(table, length, group, columns), rows, checker, path)


def _rows(found: Iterator[pa.RecordBatch], rows: int, checker: RowChecker, path: Path) -> Iterator[Outcome]:
    """Check a row group; one that can't be read on counts as read, so that the next has its right place."""
    try:
        for batch in found:
            rows -= batch.num_rows
            yield from checker.check(batch)
    except StreamError as error:
        yield Outcome(max(rows, 0), (Problem(error.rule, str(path), "", str(error)),))
