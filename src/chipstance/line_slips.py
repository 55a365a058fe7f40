"""What makes many lines of JSON Lines wrong at once: a value that is spread over them, or a merge conflict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chipstance.json_slips import UNMERGED, UNMERGED_END, UNMERGED_MIDDLE, is_open
from chipstance.model import Problem
from chipstance.streams import Line

FIRST = 2
"""So many lines tell whether a value is spread over them."""
SPREAD = (
    "one JSON value over several lines: write each document on one line, with no bracket or comma between documents"
)


def is_spread(lines: Sequence[Line]) -> bool:
    """Tell whether one value is spread over the first lines of a file, of which two are needed."""
    if len(lines) < FIRST or any(line.too_long for line in lines[:FIRST]):
        return False
    first, second = (line.data.decode(errors="replace").strip() for line in lines[:FIRST])
    if not first.endswith(("{", "[", ",")) or not is_open(first):
        return False
    try:
        json.loads(second)
    except (ValueError, RecursionError):
        return True
    return first == "["  # else the first is cut off, and others are whole


def spread(path: Path) -> Problem:
    """Return the problem of a file in which one value is spread over lines."""
    return Problem("json-syntax", str(path), "", SPREAD)


def once(problems: Iterable[Problem], again: str) -> Iterator[Problem]:
    """Yield problems in the order of lines; of each merge conflict one, at its beginning.

    Args:
        problems: of one file.
        again: the rule by which a document stands twice, as it may on both sides of a conflict.
    """
    unmerged = False
    for each in sorted(problems, key=lambda problem: problem.line):
        begins, ends = each.message == UNMERGED, each.message == UNMERGED_END
        if not unmerged or begins or not (ends or each.message == UNMERGED_MIDDLE or each.rule == again):
            yield each
        unmerged = begins or (unmerged and not ends)
