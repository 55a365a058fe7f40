"""Tells once what a schema refuses in the same way in many places of a file, with the lines where it does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chipstance.model import Problem

MANY = 3
"""So many places can be wrong by one cause."""
SHOWN = 5
"""A message names so many lines."""
_INDEX = re.compile(r"/\d+(?=/|$)")

Cause = tuple[str, str, str]


def once(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield the problems of one file, as they are ordered; of many with one cause, the first.

    The cause is one where the same is said of the same member of lists: a key that nothing knows, say, a layer that is
    called otherwise, or a key that is always missing. A text that is not known here is never that of one line alone.
    """
    told: set[Cause | None] = set()
    lines: defaultdict[Cause, list[int]] = defaultdict(list)
    for each in problems:
        if cause := _cause(each):
            lines[cause].append(each.line)
    for each in problems:
        cause = _cause(each)
        found = lines[cause] if cause else []
        if len(found) < MANY:
            yield each
        elif cause not in told:
            yield replace(each, message=f"{each.message} ({_places(found)})")
            told.add(cause)


def _cause(problem: Problem) -> Cause | None:
    """Return what makes a problem one with others of its file; None where nothing does."""
    if problem.rule == "schema":
        return problem.rule, _INDEX.sub("/*", problem.pointer), problem.message
    return (problem.rule, "", "") if problem.rule == "text-unknown" else None


def _places(lines: Sequence[int]) -> str:
    """Say in how many places it is so, and in which lines, if there are several."""
    known = list(dict.fromkeys(lines))
    more = " …" if len(known) > SHOWN else ""
    where = f", in lines {', '.join(map(str, known[:SHOWN]))}{more}" if len(known) > 1 else ""
    return f"so it is in {len(lines)} places{where}"
