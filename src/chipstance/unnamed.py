"""Checks JSON that is compressed or lies elsewhere, and input whose name does not tell what it is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from chipstance.context import Context
from chipstance.inputs import (
    DOCUMENTS,
    PARQUET,
    PREDICTIONS,
    Begun,
    Part,
    UsageError,
    open_address,
    open_part,
    plain_name,
)
from chipstance.judge import judge_source
from chipstance.line_check import check_run
from chipstance.line_files import LineFile, check_lines, problems_of
from chipstance.locate import BOM, JsonError, decode
from chipstance.model import Problem
from chipstance.sources import kind_by_content, parse_source, unreadable
from chipstance.streams import LINE_TOO_LONG, LONGEST_LINE, MAGIC, Line, StreamError, lines, pieces, refuse_other

TABLE = b"PAR1"
"""What a Parquet file begins with."""
GOES_ON = (b"{", b"[", b",")
"""What the first line of a JSON value ends with if there are more, and no line of JSON Lines does."""
OF_ITS_FOLDER = "manifest"
"""The kind of file that says what lies beside it."""


def check_value(address: str, kind: str, context: Context) -> list[Problem]:
    """Return what is wrong with a file that is one JSON value: a compressed one, or one at an address.

    Args:
        address: a path, or an address.
        kind: of the file; empty for what its keys say.
        context: the checkout whose texts and registry it is about.
    """
    try:
        with open_part(Part(address)) as found:
            return _judged(address, kind, found, context)
    except (OSError, StreamError) as error:
        return [_unread(address, error)]


def check_unnamed(address: str, kind: str, context: Context) -> list[Problem]:
    """Return what is wrong with input whose content decides what it is, such as standard input.

    Args:
        address: ``-``, or an address.
        kind: of the lines or of the file; empty for what it seems to be.
        context: as for ``check_value``.

    Raises:
        UsageError: it can't be of that kind.
    """
    try:
        with open_address(address, onward=True) as file:
            begun = Begun(file)
            if begun.look(len(TABLE)) == TABLE:
                return _check_table(address, kind, begun, context)
            compression = next((name for magic, name in MAGIC.items() if begun.look(len(magic)) == magic), "")
            found = lines(pieces(begun, compression))
            first = next(found, None)
            found = found if first is None else chain([first], found)
            if kind not in ("", DOCUMENTS, PREDICTIONS) or (not kind and first and _is_value(first.data)):
                return _judged(address, kind, found, context)
            outcome = check_run(found, Path(address), kind, context)
            return problems_of(outcome, LineFile(address, kind, context))
    except (OSError, StreamError) as error:
        return [_unread(address, error)]


def _unread(address: str, error: OSError | StreamError) -> Problem:
    if isinstance(error, StreamError):
        return Problem(error.rule, address, "", str(error))
    return replace(unreadable(Path(address), error), path=address)


def _check_table(address: str, kind: str, file: Begun, context: Context) -> list[Problem]:
    """Check a Parquet file that can't be read in any order as it is."""
    if kind not in ("", DOCUMENTS, PREDICTIONS):
        raise UsageError(f"{address} can't hold {kind}: it is Parquet, and rows are documents or predictions")
    with tempfile.NamedTemporaryFile(suffix=PARQUET) as copy:
        copy.writelines(pieces(file, ""))
        copy.flush()
        return [replace(each, path=address) for each in check_lines(copy.name, kind, context)]


def _is_value(line: bytes) -> bool:
    """Tell whether a first line is the beginning of a JSON value, or all of one that is no line of JSON Lines."""
    if line.rstrip().endswith(GOES_ON):
        return True
    try:
        value = json.loads(line.removeprefix(BOM))
    except (ValueError, RecursionError):
        return False
    kind = kind_by_content(value)
    return kind not in ("", DOCUMENTS) and (kind != "annotations" or "text_sha256" in value)


def _judged(address: str, kind: str, found: Iterator[Line], context: Context) -> list[Problem]:
    path = Path(plain_name(address))
    data, size = list[bytes](), 0
    for line in found:
        size += line.too_long or len(line.data) + 1
        if size > LONGEST_LINE:
            message = f"it has more than {LONGEST_LINE} bytes: divide it, or write JSON Lines"
            return [Problem(LINE_TOO_LONG, address, "", message)]
        data.append(line.data)
    refuse_other(data[0] if data else b"")
    try:
        text = decode(b"\n".join(data))
    except JsonError as error:
        return [replace(unreadable(path, error), path=address)]
    source = parse_source(path, kind, text, 0, context.schemas)
    problems = [*source.problems, *(judge_source(source, context) if source.kind != OF_ITS_FOLDER else ())]
    return [replace(each, path=address) if each.path == str(path) else each for each in problems]
