"""Tells once what is wrong in the same way in many places of a file, with the lines where it is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chipstance.model import Problem
from chipstance.sources import MOST_PROBLEMS

MANY = 10
"""So many places are wrong by one cause; fewer may be so by chance, and are told each."""
SHOWN = 5
"""A message names so many lines."""
_INDEX = re.compile(r"/\d+(?=/|$)")
_VALUE = re.compile(r"^.*? (?=must (?!be one of )|does not belong here)|(?<=^unknown key )('[^']*': remove it)[,;] .*")
"""What differs in a message where the cause is one: the value that must be another, and the keys that are known.

What is none of several values may be meant for any of them, so it is kept.
"""
_BYTE = re.compile(r"^byte .*, (?=is no UTF-8)")
_ALIKE = {"text-unknown", "doc-duplicate", "whole-number"}
"""Rules that a whole file breaks by one cause, whatever the values are."""
_UNREAD = ("json-", "text-nul")
"""What rules begin with whose messages are the same where the cause is."""

Cause = tuple[str, str, str]


def listed(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield the problems of one file, as they are ordered, as far as a report lists them: each cause once."""
    told = list(once(problems, cut=len(problems) > MOST_PROBLEMS))
    yield from told[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS and "problems-many" not in {each.rule for each in told[:MOST_PROBLEMS]}:
        after = told[MOST_PROBLEMS] if len(told) > MOST_PROBLEMS else problems[-1]
        message = f"there are more than {MOST_PROBLEMS} problems: mend those above, then look again"
        yield Problem("problems-many", after.path, "", message, after.line, after.column)


def once(problems: Sequence[Problem], *, cut: bool = False) -> Iterator[Problem]:
    """Yield the problems of one file, as they are ordered; of many with one cause, the first.

    Args:
        problems: of one file.
        cut: whether there are more that nobody has looked for.

    The cause is one where a schema says the same of the same member of lists: a key that nothing knows, say, a layer
    that is called otherwise, or ids of another form; where every line can't be read for the same reason; and where
    texts are not known, documents stand twice, or whole numbers are written as floats.
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
            yield replace(each, message=f"{each.message} ({_places(found, ' or more' if cut else '')})")
            told.add(cause)


def _cause(problem: Problem) -> Cause | None:
    """Return what makes a problem one with others of its file; None where nothing does."""
    rule, pointer = problem.rule, _INDEX.sub("/*", problem.pointer)
    if rule == "schema":
        return rule, pointer, _VALUE.sub(r"\1", problem.message)
    if rule.startswith(_UNREAD):
        return rule, pointer, _BYTE.sub("", problem.message)
    return (rule, pointer, "") if rule in _ALIKE else None


def _places(lines: Sequence[int], more_places: str) -> str:
    """Say in how many places it is so, and in which lines, if there are several."""
    known = list(dict.fromkeys(lines))
    more = " …" if len(known) > SHOWN else ""
    where = f", in lines {', '.join(map(str, known[:SHOWN]))}{more}" if len(known) > 1 else ""
    return f"so it is in {len(lines)} places{more_places}{where}"
