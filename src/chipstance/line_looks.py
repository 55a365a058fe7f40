"""What a file is whose first lines can't be those of JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from chipstance.faults import show
from chipstance.json_slips import CONFLICT, SEPARATOR
from chipstance.line_slips import SPREAD, is_spread
from chipstance.streams import SYNTAX, Line, StreamError, refuse_other

LINES, BYTES, FEWEST, ALIKE = 20, 1 << 20, 2, 5
"""So many lines, or about so many bytes, tell; a single line does not, nor fewer than the last that are wrong alike."""
BEGINNINGS = ("{", "[")
SEQUENCE = "a record separator (U+001E) stands before each value: remove them, and keep the line ends"
SEPARATED = {",": "CSV", ";": "CSV with semicolons", "\t": "a table with tabs"}
MEND = "write each document as a JSON object on a line of its own"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_NAME = re.compile(r"\w([\w .:/-]*\w)?")
_YAML = re.compile(r"---\s*$|\s*#|\s*- |\s*[\w.-]+:(\s|$)")
_MOST = 0.8


def beginning(lines: Iterable[Line]) -> list[Line]:
    """Return the first lines, as far as they are looked at."""
    return list(_first(lines))


def _first(lines: Iterable[Line]) -> Iterator[Line]:
    size = 0
    for number, line in enumerate(islice(lines, LINES), start=1):
        yield line
        size += len(line.data)
        if size > BYTES and number >= FEWEST:
            return


def begun(lines: Iterator[Line]) -> tuple[list[Line], Iterator[Line]]:
    """Return the first lines, and all: where a file can't be read on, those before that come first."""
    first: list[Line] = []
    error: OSError | StreamError | None = None
    try:
        for line in _first(lines):
            first.append(line)  # one by one: those before an error are kept
    except (OSError, StreamError) as found:
        error = found

    def whole() -> Iterator[Line]:
        yield from first
        if error:
            raise error
        yield from lines

    return first, whole()


def refuse(lines: Sequence[Line]) -> None:
    """See that lines can be the first of JSON Lines: one is JSON, or is meant to be, and not wrong as all are.

    Args:
        lines: the first of a file.

    Raises:
        StreamError: they can't; the message says what they look like.
    """
    refuse_other(lines[0].data if lines else b"")
    if is_spread(lines):
        raise StreamError(SYNTAX, SPREAD)
    _refuse_no_json(lines)


def _refuse_no_json(lines: Sequence[Line]) -> None:
    first = beginning(lines)
    written = [text for line in first if (text := line.data.decode(errors="replace")).strip()]
    if not written and len(first) >= ALIKE:
        raise StreamError(SYNTAX, f"nothing stands on the first {len(first)} lines: remove those that are empty")
    if len(written) < FEWEST or any(line.too_long for line in first) or any(map(_is_json, written)):
        return
    if all(text.startswith(SEPARATOR) for text in written):
        raise StreamError(SYNTAX, SEQUENCE)
    bare = {text: text.lstrip(f"\ufeff \t{SEPARATOR}") for text in written}
    meant = [text for text in written if bare[text].startswith(BEGINNINGS) or CONFLICT.match(text)]
    odd = sum(_CONTROL.search(text) is not None for text in written)
    if 2 * odd >= len(written) > 2 * len(meant):
        raise StreamError(SYNTAX, "this is no text: name the file as what it is, or fetch it again if it is damaged")
    if not meant:
        raise StreamError(SYNTAX, f"{_look(written)}: {MEND}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _look(lines: Sequence[str]) -> str:
    """Return what lines look like that are no JSON."""
    for separator, name in SEPARATED.items():
        if columns := _columns(lines, separator):
            return f"this is {name}, with the columns {show(', '.join(columns))}"
    if sum(_YAML.match(line) is not None for line in lines) >= _MOST * len(lines):
        return "this is YAML"
    return f"none of the first {len(lines)} lines is JSON"


def _columns(lines: Sequence[str], separator: str) -> list[str]:
    """Return the names of columns that lines have; none where they are no table."""
    try:
        head, *rows = csv.reader((line.lstrip("\ufeff").rstrip("\r") for line in lines), delimiter=separator)
    except csv.Error:
        return []
    whole = rows[: max(1, len(rows) - 1)]  # the last may go on
    named = len(head) > 1 and all(map(_NAME.fullmatch, head))
    return head if named and all(len(row) == len(head) for row in whole) else []
