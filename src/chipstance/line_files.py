"""Checks whole files of lines: which kind they are, in how many parts and by whom they are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from chipstance.context import Context
from chipstance.inputs import STANDARD_INPUT, Part, cut
from chipstance.line_check import DOCUMENTS, PREDICTIONS, Outcome, check_part, first_line, kind_of, total
from chipstance.model import Problem
from chipstance.parquet_rows import PARQUET_COLUMNS, column_faults, cut_table, open_table
from chipstance.sources import MOST_PROBLEMS, unreadable
from chipstance.streams import StreamError

PART = 16 << 20
"""A file is cut into parts of so many bytes, if several processes check it."""

Engine = Callable[[Sequence[Part], Path, str, Context], Iterable[Outcome]]
"""Checks the parts of a file and gives their outcomes in order."""


def in_process(parts: Sequence[Part], path: Path, kind: str, context: Context) -> Iterable[Outcome]:
    """Check one part after the other."""
    return (check_part(part, path, kind, context) for part in parts)


def check_lines(address: str, kind: str, context: Context, engine: Engine = in_process) -> list[Problem]:
    """Return what is wrong with a file of lines.

    Args:
        address: a path, an address, or ``-`` for standard input.
        kind: ``documents``, ``predictions``, or empty for what its first line seems to be.
        context: the layers and schemas, and the texts that predictions are about.
        engine: what checks the parts.
    """
    path = Path(address)
    part = Part(address)
    try:
        if address != STANDARD_INPUT:
            line = first_line(part)
            if line is None:
                return [_empty(path)]
            kind = kind or kind_of(line)
        parts = [part] if engine is in_process else cut(part, PART)
    except StreamError as error:
        return [Problem(error.rule, address, "", str(error))]
    except OSError as error:
        return [unreadable(path, error)]
    context.prepare(texts=kind == PREDICTIONS)
    # another process or machine has a standard input of its own
    chosen = in_process if address == STANDARD_INPUT else engine
    return _found(chosen(parts, path, kind, context), path)


def check_table(address: str, context: Context, engine: Engine = in_process) -> list[Problem]:
    """Return what is wrong with a Parquet file of documents.

    Args:
        address: a path or an address.
        context: the layers and schemas.
        engine: what checks the parts.
    """
    path, layers = Path(address), context.layers
    if layers is None:  # which is a problem of layers.json
        return []
    try:
        with open_table(address) as (table, _):
            faults = list(column_faults(table.schema_arrow, layers))
        parts = [Part(address)] if engine is in_process else cut_table(Part(address), PART)
    except StreamError as error:
        return [Problem(error.rule, address, "", str(error))]
    except OSError as error:
        return [unreadable(path, error)]
    if faults:
        return [Problem(PARQUET_COLUMNS, address, pointer, message) for pointer, message in faults]
    return _found(engine(parts, path, DOCUMENTS, context), path)


def _found(outcomes: Iterable[Outcome], path: Path) -> list[Problem]:
    outcome = total(outcomes)
    if not outcome.lines and not outcome.problems:
        return [_empty(path)]
    return [*outcome.problems, *islice(outcome.twice(str(path)), MOST_PROBLEMS + 1)]


def _empty(path: Path) -> Problem:
    message = 'the file is empty: write one line for each document, with "spans": [] where there are none'
    return Problem("predictions-empty", str(path), "", message)
