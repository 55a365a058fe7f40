"""Reads the JSON in a language model's answer: fenced, wrapped in prose, cut off, or slightly wrong."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chipstance.answer_reader import Mend, Reader, holds_list
from chipstance.answer_thoughts import without_thoughts

FENCE = re.compile(r"```\w*")
WORDS = re.compile(r"[^\W\d_]|[\[{]")
"""What does not stand between the values of one answer, where there may be list marks and fences."""

BEFORE = 60
"""So many code points before a value tell what it is called."""


class AnswerError(ValueError):
    """An answer in which no JSON can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read from an answer.

    Attributes:
        value: the JSON value; a number with a fraction or an exponent is a ``Decimal``.
        mends: what had to be mended, each kind once for each place.
        lost: code points at the end of the value that were cut off or unreadable, and are left out.
        size: code points that it was read from.
        before: what stands before it, the last code points.
    """

    value: Any
    mends: tuple[Mend, ...] = ()
    lost: int = 0
    size: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    answer: Answer


def read_json_answer(answer: str) -> Answer:
    """Find and read the JSON in a language model's answer: the longest of ``read_values``, the last of equals.

    Args:
        answer: the answer as it came.

    Raises:
        AnswerError: there is no object or list in it.
    """
    values = read_values(answer)
    best = max(enumerate(values), key=lambda row: (row[1].size, row[0]))[1]
    several = [Mend("several-values", f"{len(values)} JSON values: the longest is taken")] if len(values) > 1 else []
    return replace(best, mends=(*several, *best.mends))


def read_values(answer: str) -> tuple[Answer, ...]:
    """Find and read every JSON value at the top of a language model's answer; what is evaluated is data only.

    Values with no words between them (JSON Lines, list items) become one list; so do the pieces of one that is broken.
    A value that is cut off keeps every item that is complete.

    Args:
        answer: the answer as it came; what its model thought is left out.

    Raises:
        AnswerError: there is no object or list in it.
    """
    said = _unquoted(answer)
    answer = without_thoughts(said)
    thought = [Mend("thought", "what was thought before the answer is left out")] if answer != said else []
    escaped = answer.replace('\\"', '"').replace("\\n", "\n")
    for form in dict.fromkeys((answer, escaped, html.unescape(answer))):  # escaped as a whole: only if there is nothing
        if runs := list(_runs(form, _pieces(form))):
            values = (_united(form, run) for run in runs)
            return tuple(replace(value, mends=(*thought, *value.mends)) for value in values)
    raise AnswerError("no JSON object or list was found in the answer: ask for one, and for nothing else")


def _unquoted(answer: str) -> str:
    """Return an answer that is one JSON string as what the string holds."""
    if answer.lstrip().startswith('"'):
        try:
            held = json.loads(answer)
        except ValueError:
            return answer
        return str(held)
    return answer


def _runs(answer: str, pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Yield the pieces that belong together."""
    run: list[_Piece] = []
    for piece in pieces:
        broken = run and any(mend.kind == "broken" for mend in run[-1].answer.mends)
        if run and not broken and WORDS.search(FENCE.sub("", answer[run[-1].end : piece.start])):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _united(answer: str, run: Sequence[_Piece]) -> Answer:
    around = _around(answer, run[0].start, run[-1].end)
    mends = [mend for piece in run for mend in piece.answer.mends]
    lost, size = sum(piece.answer.lost for piece in run), sum(piece.end - piece.start for piece in run)
    before = answer[max(0, run[0].start - BEFORE) : run[0].start]
    if len(run) == 1:
        return Answer(run[0].answer.value, (*around, *mends), lost, size, before)
    values: list[Any] = []
    seen: set[str] = set()
    for value in (piece.answer.value for piece in run):
        if (
            not holds_list(value) or repr(value) not in seen
        ):  # the same answer twice counts once, the same item does not
            values.append(value)
            seen.add(repr(value))
    lines = Mend("lines", f"{len(run)} values, one after the other, are read as a list")
    return Answer(values, (*around, lines, *mends), lost, size, before)


def _around(answer: str, start: int, end: int) -> list[Mend]:
    before, after = answer[max(0, start - BEFORE) : start].strip(), answer[end : end + BEFORE].strip()
    fenced = re.search(r"```\w*$", before)
    prose = re.sub(r"```\w*$", "", before).strip() or after.removeprefix("```").strip()
    mends = [Mend("fence", "read from a code fence")] if fenced else []
    return [*mends, *([Mend("text-around", "text before or after the JSON is left out")] if prose else [])]


def _pieces(answer: str) -> list[_Piece]:
    """Return every object and list at the top; after one that breaks off, reading goes on where it broke."""
    pieces: list[_Piece] = []
    start = 0
    last = len(answer.rstrip("`\n "))
    while (found := re.compile(r"[{\[]").search(answer, start)) is not None:
        reader = Reader(answer, found.start(), last)
        value = reader.read()
        if value or not reader.stopped:
            end = len(answer) if reader.lost else reader.at
            lost = end - reader.kept if reader.lost else 0
            pieces.append(_Piece(found.start(), reader.at, Answer(value, tuple(reader.mends), lost)))
        elif pieces and reader.at >= last:
            pieces[-1] = _cut_off(pieces[-1], reader, len(answer) - found.start())
        start = max(reader.at, found.end())
    return pieces


def _cut_off(piece: _Piece, reader: Reader, lost: int) -> _Piece:
    """Return a value with the loss of one after it of which nothing is left."""
    answer = piece.answer
    return _Piece(piece.start, reader.at, Answer(answer.value, (*answer.mends, *reader.mends), answer.lost + lost))
