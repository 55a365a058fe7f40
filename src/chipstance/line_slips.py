"""What makes many lines of JSON Lines wrong at once: a value spread over them, commas between, or a merge conflict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from chipstance.json_slips import COMMA, CONFLICT, UNMERGED, UNMERGED_END, UNMERGED_MIDDLE, is_open
from chipstance.model import Problem
from chipstance.streams import Line

FIRST = 2
"""So many lines tell whether a value is spread over them."""
SPREAD = (
    "one JSON value over several lines: write each document on one line, with no bracket or comma between documents"
)
SPREAD_STRING = "the string that begins here goes on in the next line: write \\n for the line break, all on one line"
GOES_ON = ("{", "[", ",", ":")
"""What the first of the lines over which a value is spread ends with, if not in a string."""
FEWEST_COMMAS = 2
"""So many lines that end with a comma are told once, if only the last of the file does not."""
STEPS = 50
"""So many times as many lines as are wrong are looked at, to find where what is open is closed."""
LONGEST = 1 << 20
"""Lines with more code points are not looked into."""
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[{}\[\]]')


class Fragment(NamedTuple):
    """A line that is no JSON, and what it does to what is open before it.

    Attributes:
        line: its number.
        begins: whether it can be the first line of a value that is spread over several.
        plain: how many brackets it opens more than it closes, and whether it ends in a string, if it begins in none;
            None where it is no part of a value.
        quoted: the same, if it begins in a string.
        blank: whether nothing stands on it.
    """

    line: int
    begins: bool
    plain: tuple[int, bool] | None
    quoted: tuple[int, bool] | None
    blank: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether it ends in a string."""
        return self.plain is not None and self.plain[1]


def fragment(text: str, line: int) -> Fragment:
    """Return what a line that is no JSON does to what is open before it."""
    if CONFLICT.match(text) or len(text) > LONGEST:
        return Fragment(line, begins=False, plain=None, quoted=None)
    plain = _walk(text)
    begins = plain[0] > 0 and (plain[1] or text.rstrip().endswith(GOES_ON))
    quoted = None if text.lstrip().startswith(("{", "[")) else _walk(f'"{text}')
    return Fragment(line, begins, plain, quoted, blank=not text.strip())


def _walk(text: str) -> tuple[int, bool]:
    depth, within = 0, False
    for found in _TOKEN.finditer(text):
        depth += (found[0] in "{[") - (found[0] in "}]")
        within = found[1] == ""
    return depth, within


def whole(
    problems: Iterable[Problem], fragments: Sequence[Fragment], lines: int, is_document: Callable[[int], bool]
) -> Iterator[Problem]:
    """Yield problems in the order of lines; of values that are spread over lines, and of commas between lines, one.

    Args:
        problems: of one file, in the order of lines.
        fragments: its lines that are no JSON.
        lines: how many it has.
        is_document: tells whether a line holds a document.
    """
    values = {first.line: (first, last) for first, last in _values(fragments, is_document)}
    blank = {each.line for each in fragments if each.blank}
    beside = {line for first, _ in values.values() for line in _before(first.line, blank)}
    problems = [each for each in problems if each.line not in beside]
    commas = {each.line for each in problems if each.message == COMMA}
    alike = len(commas) >= FEWEST_COMMAS and max(commas) == len(commas) >= lines - 1
    told = 0
    for each in problems:
        if each.line in values and each.line > told:
            first, told = values[each.line]
            yield replace(each, message=SPREAD_STRING) if first.is_cut else replace(each, message=SPREAD, column=1)
        elif alike and each.line in commas and each.line > told:
            told = max(commas)
            yield replace(each, message=f"{COMMA} (so it is in the first {told} lines)")
        elif each.line > told:
            yield each


def _before(line: int, blank: Collection[int]) -> Iterator[int]:
    """Yield the blank lines right before a line."""
    while (line := line - 1) in blank:
        yield line


def _values(fragments: Sequence[Fragment], is_document: Callable[[int], bool]) -> Iterator[tuple[Fragment, int]]:
    """Yield the first and the last line of each value that is spread over lines, or of several in a row.

    Blank lines behind a value are counted to it.
    """
    by_line = {each.line: each for each in fragments}
    steps, held = STEPS * len(fragments), list[tuple[Fragment, int]]()
    for each in fragments:
        if not each.begins or (held and each.line <= held[-1][1]):
            continue
        last, closed = _end(each, by_line, min(fragments[-1].line, each.line + steps), is_document)
        steps -= last - each.line
        while closed and (after := by_line.get(last + 1)) and after.blank:
            last += 1
        if closed and held and not each.is_cut and each.line == held[-1][1] + 1:
            held[-1] = held[-1][0], last
        elif closed:
            held.append((each, last))
    yield from held


def _end(
    first: Fragment, by_line: dict[int, Fragment], last: int, is_document: Callable[[int], bool]
) -> tuple[int, bool]:
    """Return the line in which all that a line opens is closed; or the one that shows that it is not, and False."""
    depth, within = first.plain or (0, False)
    for line in range(first.line + 1, last + 1):
        here = by_line.get(line)
        if here is None:  # it is JSON by itself, such as a string of a list
            if within or is_document(line):
                return line, False
            continue
        change = here.quoted if within else here.plain
        if change is None:
            return line, False
        depth, within = depth + change[0], change[1]
        if depth <= 0 and not within:
            return line, depth == 0
    return max(last, first.line), False


def is_spread(lines: Sequence[Line]) -> bool:
    """Tell whether one value is spread over the first lines of a file, of which two are needed."""
    written = list(islice((line for line in lines if line.too_long or line.data.strip()), FIRST))
    if len(written) < FIRST or any(line.too_long for line in written):
        return False
    first, second = (line.data.decode(errors="replace").strip() for line in written)
    if not first.endswith(("{", "[", ",")) or not is_open(first):
        return False
    try:
        json.loads(second)
    except (ValueError, RecursionError):
        return True
    return first == "["  # else the first is cut off, and others are whole


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
