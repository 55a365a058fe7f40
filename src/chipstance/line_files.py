"""Checks whole files of lines: in how many parts, by whom, and what the parts give together.

The files of a run are one stream of parts, so that many small files keep an engine as busy as a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from chipstance.context import Context
from chipstance.inputs import DOCUMENTS, PREDICTIONS, UNCLEAR, Part, cut, is_address, is_table
from chipstance.judge import DOC_DUPLICATE
from chipstance.layers import Layers
from chipstance.line_check import Outcome, check_part, total
from chipstance.line_kinds import parts_kind
from chipstance.line_slips import once
from chipstance.line_sources import EMPTY
from chipstance.model import Problem
from chipstance.parquet_columns import column_faults, table_kind
from chipstance.parquet_rows import cut_table, open_table
from chipstance.sources import KIND_UNKNOWN, MOST_PROBLEMS
from chipstance.streams import StreamError

LINES_UNCLEAR = (
    "nobody can tell what the lines hold: give them text and spans, or spans or an answer alone,"
    " or say it with --kind documents or --kind predictions"
)
MANY_MORE = f"there are more lines with problems than {MOST_PROBLEMS}: mend those above, then look again"
PART = 8 << 20
"""A file is cut into parts of so many bytes, if others than this process check it."""
FEW = 100
"""Parquet files at addresses are cut if there are no more than so many: to know where, each has to be asked first."""


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file of lines, or of rows, that is to be checked.

    Attributes:
        address: a path, or an address.
        kind: ``documents``, ``predictions``, or empty for what its first lines, or its columns, seem to be.
        context: the layers and schemas, and the texts that predictions are about.
    """

    address: str
    kind: str
    context: Context


@dataclass(frozen=True, slots=True)
class Task:
    """A part of a file that is to be checked; what it needs can be sent elsewhere.

    Attributes:
        file: the file's number in the run.
        part: what to read.
        path: the file, as problems name it.
        kind: as for a ``LineFile``.
        context: the number of its context.
    """

    file: int
    part: Part
    path: Path
    kind: str
    context: int

    def outcome(self, contexts: Sequence[Context]) -> Outcome:
        """Check the part."""
        return check_part(self.part, self.path, self.kind, contexts[self.context])


Engine = Callable[[Iterable[Task], Sequence[Context]], Iterable[tuple[Task, Outcome]]]
"""Checks the parts of files, and gives their outcomes in order."""


def in_process(tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
    """Check one part after the other."""
    return ((task, task.outcome(contexts)) for task in tasks)


def check_files(files: Sequence[LineFile], engine: Engine = in_process) -> list[Problem]:
    """Return what is wrong with files of lines or rows, one file after the other.

    Args:
        files: in the order in which they are checked.
        engine: what checks their parts.
    """
    # where there are no layers, which is a problem of layers.json, nobody knows what columns there should be
    files = [file for file in files if not is_table(file.address) or file.context.layers]
    if not files:
        return []
    contexts = list({id(file.context): file.context for file in files}.values())
    full: set[int] = set()
    tasks, shared = _whole(files, contexts), contexts
    if engine is not in_process:
        tasks, shared = _cut(files, contexts, full), [each.packed(texts=_ask(each, files)) for each in contexts]
    found: list[Problem] = []
    for number, group in groupby(engine(tasks, shared), key=lambda pair: pair[0].file):
        found += problems_of(total(map(itemgetter(1), group)), files[number])
        full.add(number)
    return found


def check_lines(address: str, kind: str, context: Context, engine: Engine = in_process) -> list[Problem]:
    """Return what is wrong with one file of lines or rows; arguments as for ``LineFile`` and ``check_files``."""
    return check_files([LineFile(address, kind, context)], engine)


def _ask(context: Context, files: Sequence[LineFile]) -> bool:
    """Tell whether some file may hold predictions, which ask for texts."""
    return any(file.context is context and file.kind != DOCUMENTS for file in files)


def _whole(files: Sequence[LineFile], contexts: Sequence[Context]) -> Iterator[Task]:
    return (_task(number, file, Part(file.address), file.kind, contexts) for number, file in enumerate(files))


def _cut(files: Sequence[LineFile], contexts: Sequence[Context], full: set[int]) -> Iterator[Task]:
    """Yield the parts of files; what is left of a file that has too many problems already is left out."""
    few = sum(is_table(file.address) and is_address(file.address) for file in files) <= FEW
    for number, file in enumerate(files):
        kind, parts = _parts(file, few)
        for part in parts:
            if number in full:
                break
            yield _task(number, file, part, kind, contexts)


def _task(number: int, file: LineFile, part: Part, kind: str, contexts: Sequence[Context]) -> Task:
    place = next(index for index, context in enumerate(contexts) if context is file.context)
    return Task(number, part, Path(file.address), kind, place)


def _parts(file: LineFile, few: bool) -> tuple[str, list[Part]]:
    """Return what a file is cut into, and the kind of all its parts; a part that is all of it finds its kind itself."""
    part, kind = Part(file.address), file.kind
    try:
        parts = cut(part, PART)
        if is_table(file.address) and (len(parts) > 1 or (few and is_address(file.address))):
            return _cut_table(file)
        if len(parts) > 1:
            return parts_kind(part, kind), parts
    except (OSError, StreamError):  # which whoever checks it tells
        pass
    return kind, [part]


def _cut_table(file: LineFile) -> tuple[str, list[Part]]:
    """Return what a Parquet file is cut into, and the kind of all its parts; one with faulty columns is left whole."""
    part, layers = Part(file.address), file.context.layers or Layers({}, ())
    with open_table(file.address) as (table, _):
        schema = table.schema_arrow
        kind = file.kind or table_kind(schema.names, layers)
        if any(column_faults(schema, layers, kind)):
            return file.kind, [part]
    return kind, cut_table(part, PART) or [part]


def problems_of(outcome: Outcome, file: LineFile) -> list[Problem]:
    """Return what is wrong with a file of which all parts, or enough of them, have been checked."""
    if outcome.kind == PREDICTIONS:
        file.context.prepare()
    path = str(Path(file.address))
    found = list(once([*outcome.told(), *islice(outcome.twice(path), MOST_PROBLEMS + 1)], DOC_DUPLICATE))
    if len(outcome.problems) > MOST_PROBLEMS >= len(found):
        found.append(replace(outcome.problems[-1], rule="problems-many", pointer="", message=MANY_MORE))
    if outcome.kind == UNCLEAR:
        found.append(Problem(KIND_UNKNOWN, path, "", LINES_UNCLEAR))
    if not outcome.lines and not found:
        found = [Problem("predictions-empty", path, "", EMPTY)]
    if is_table(file.address):
        found = [each.in_row() for each in found]
    # a path has no two slashes in a row
    return [replace(each, path=file.address) for each in found] if is_address(file.address) else found
