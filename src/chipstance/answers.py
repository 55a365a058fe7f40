"""Reads the JSON in a language model's answer: fenced, wrapped in prose, cut off, or slightly wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

DEEPEST = 40
"""Containers inside one another; no answer needs more."""

LONGEST_NUMBER = 60

CLOSERS = {'"': '"', "'": "'", "“": '"”'}
LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}

THOUGHT = re.compile(r"\s*<think>.*?</think>|.*^[ \t]*</think>", re.DOTALL | re.MULTILINE)
GAP = re.compile(r"(?:\s+|//[^\n]*|/\*.{0,1000}?\*/|…|\.\.\.)*", re.DOTALL)
BARE_KEY = re.compile(r"[A-Za-z_]\w*(?=\s*:)")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\w.])")
WORD = re.compile(r"-?[A-Za-z]+")
SPECIAL = re.compile(r"[\\\"'”\x00-\x1f]")
AFTER_KEY = re.compile(r"\s*:")
AFTER_VALUE = re.compile(r"\s*(?:[}\]]|//|,\s*(?:[\"'“{\[\]}\d/-]|$|[A-Za-z]+\s*[:,\]}])|```|$)")


class AnswerError(ValueError):
    """An answer in which no JSON can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Mend:
    """Something in an answer that had to be mended.

    Attributes:
        kind: ``fence``, ``text-around``, ``lines``, ``several-values``, ``truncated``, ``broken``, ``trailing-comma``,
            ``missing-comma``, ``comment``, ``quotes``, ``bare-key``, ``literal``, ``inner-quote``, ``escape``,
            ``control-character``, ``duplicate-key``; from alignment, ``normalized``, ``fuzzy``, ``unaligned``,
            ``offsets``.
        message: what was done.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read from an answer.

    Attributes:
        value: the JSON value; a number with a fraction or an exponent is a ``Decimal``.
        mends: what had to be mended, each kind once for each place.
        lost: code points at the end of the value that were cut off or unreadable, and are left out.
    """

    value: Any
    mends: tuple[Mend, ...] = ()
    lost: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    answer: Answer


class _StopError(Exception):
    """Nothing more can be read here: the text ends, or is no JSON."""


def read_json_answer(answer: str) -> Answer:
    """Find and read the JSON in a language model's answer; what is evaluated is data only.

    Of several values the longest is taken, the last of equals; objects one after the other (JSON Lines) become a
    list. An answer that is cut off keeps every item that is complete.

    Args:
        answer: the answer as it came.

    Raises:
        AnswerError: there is no object or list in it, or it holds NaN or Infinity.
    """
    thought = THOUGHT.match(answer)
    pieces = _pieces(answer, thought.end() if thought else 0)
    if not pieces:
        raise AnswerError("no JSON object or list was found in the answer: ask for one, and for nothing else")
    between = [answer[a.end : b.start] for a, b in pairwise(pieces)]
    if between and all(isinstance(p.answer.value, dict) for p in pieces) and not "".join(between).strip(", \r\n\t"):
        return _lines(answer, pieces)
    best = max(pieces, key=lambda piece: (piece.end - piece.start, piece.start))
    several = [Mend("several-values", f"{len(pieces)} JSON values: the longest is taken")] if between else []
    return Answer(
        best.answer.value, (*_around(answer, best.start, best.end), *several, *best.answer.mends), best.answer.lost
    )


def _lines(answer: str, pieces: list[_Piece]) -> Answer:
    mends = [mend for piece in pieces for mend in piece.answer.mends]
    lines = Mend("lines", f"{len(pieces)} objects, one after the other, are read as a list")
    around = _around(answer, pieces[0].start, pieces[-1].end)
    return Answer([p.answer.value for p in pieces], (*around, lines, *mends), sum(p.answer.lost for p in pieces))


def _around(answer: str, start: int, end: int) -> list[Mend]:
    before, after = answer[:start].strip(), answer[end:].strip()
    fenced = re.search(r"```\w*$", before)
    prose = re.sub(r"```\w*$", "", before).strip() or after.removeprefix("```").strip()
    mends = [Mend("fence", "read from a code fence")] if fenced else []
    return [*mends, *([Mend("text-around", "text before or after the JSON is left out")] if prose else [])]


def _pieces(answer: str, start: int) -> list[_Piece]:
    """Return every object and list at the top; after one that breaks off, reading goes on where it broke."""
    pieces: list[_Piece] = []
    last = len(answer.rstrip("`\n "))
    while (found := re.compile(r"[{\[]").search(answer, start)) is not None:
        reader = _Reader(answer, found.start(), last)
        value = reader.read()
        if value or not reader.stopped:
            end = len(answer) if reader.lost else reader.at
            lost = end - reader.kept if reader.lost else 0
            pieces.append(_Piece(found.start(), reader.at, Answer(value, tuple(reader.mends), lost)))
        elif pieces and reader.at >= last:
            pieces[-1] = _cut_off(pieces[-1], reader, len(answer) - found.start())
        start = max(reader.at, found.end())
    return pieces


def _cut_off(piece: _Piece, reader: _Reader, lost: int) -> _Piece:
    """Return a value with the loss of one after it of which nothing is left."""
    answer = piece.answer
    return _Piece(piece.start, reader.at, Answer(answer.value, (*answer.mends, *reader.mends), answer.lost + lost))


class _Reader:
    """Reads one value from a place on, in one pass, and keeps what is complete where it stops."""

    def __init__(self, source: str, at: int, last: int) -> None:
        self.source, self.at, self.last = source, at, last
        self.kept = at + 1
        self.depth = 0
        self.stopped = self.lost = False
        self.mends: list[Mend] = []

    def read(self) -> Any:
        value = self._value()
        if self.stopped:
            self.lost = True
            kind = "broken" if self.at < self.last else "truncated"
            self.mends.append(Mend(kind, f"{kind} at code point {self.at}: what is complete is kept"))
        return value

    def _mend(self, kind: str, message: str) -> None:
        self.mends.append(Mend(kind, f"{message} at code point {self.at}"))

    def _gap(self) -> str:
        """Skip white space and comments; return the next code point, or nothing at the end."""
        found = GAP.match(self.source, self.at)
        end = found.end() if found else self.at
        if self.source[self.at : end].strip():
            self._mend("comment", "a comment or an ellipsis is left out")
        self.at = end
        return self.source[self.at : self.at + 1]

    def _value(self) -> Any:
        char = self._gap()
        if char in ("{", "["):
            return self._container(char)
        if char in CLOSERS:
            return self._string(AFTER_VALUE)
        return self._scalar()

    def _container(self, opener: str) -> Any:
        if self.depth == DEEPEST:
            raise _StopError
        self.depth += 1
        self.at += 1
        value: Any = {} if opener == "{" else []
        try:
            self._items(value, "}" if opener == "{" else "]")
        except _StopError:
            self.stopped = True
        self.depth -= 1
        return value

    def _items(self, value: Any, closer: str) -> None:
        comma = True
        while (char := self._gap()) != closer:
            if not char:
                raise _StopError
            if not comma:
                self._mend("missing-comma", "a comma is put in")
            (self._member if isinstance(value, dict) else self._element)(value)
            comma = self._gap() == ","
            self.at += comma
        if comma and value:
            self._mend("trailing-comma", "a comma too many is left out")
        self.at += 1
        self.kept = self.at

    def _element(self, items: list[Any]) -> None:
        kept = self.kept
        item = self._value()
        if not self.stopped or _holds_list(item):
            items.append(item)
        else:
            self.kept = kept
        self._go_on()

    def _member(self, members: dict[str, Any]) -> None:
        key = self._key()
        if self._gap() != ":":
            raise _StopError
        self.at += 1
        kept = self.kept
        value = self._value()
        if self.stopped and not _holds_list(value):
            self.kept = kept
            raise _StopError
        if key in members:
            self._mend("duplicate-key", f"key {key!r} stands twice: lists are joined, else the last counts")
            old = members[key]
            value = [*old, *value] if isinstance(old, list) and isinstance(value, list) else value
        members[key] = value
        self._go_on()

    def _go_on(self) -> None:
        if self.stopped:
            raise _StopError
        self.kept = self.at

    def _key(self) -> str:
        if self._gap() in CLOSERS:
            return self._string(AFTER_KEY)
        found = BARE_KEY.match(self.source, self.at)
        if not found:
            raise _StopError
        self._mend("bare-key", "a key without quotation marks")
        self.at = found.end()
        return found.group()

    def _string(self, after: re.Pattern[str]) -> str:
        closers = CLOSERS[self.source[self.at]]
        if closers != '"':
            self._mend("quotes", "other quotation marks than JSON's")
        self.at += 1
        parts: list[str] = []
        while (found := SPECIAL.search(self.source, self.at)) is not None:
            parts.append(self.source[self.at : found.start()])
            self.at = found.end()
            char = found.group()
            if char in closers and after.match(self.source, self.at):
                return "".join(parts)
            parts.append(self._special(char, closers))
        self.at = len(self.source)
        raise _StopError

    def _special(self, char: str, closers: str) -> str:
        if char == "\\":
            return self._escape()
        if char in closers and char != "'":
            self._mend("inner-quote", "a quotation mark inside a string, not escaped")
        elif char < " ":
            self._mend("control-character", "a control character inside a string")
        return char

    def _escape(self) -> str:
        char = self.source[self.at : self.at + 1]
        self.at += 1
        if char in ESCAPES:
            return ESCAPES[char]
        if (
            found := re.compile(r"[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\w{4}").match(self.source, self.at)
            if char == "u"
            else None
        ):
            units = found.group().replace("\\u", "")
            if re.fullmatch("[0-9a-fA-F]+", units):
                self.at = found.end()
                return bytes.fromhex(units).decode("utf-16-be", errors="replace")
        self._mend("escape", "an escape that JSON does not have")
        return char

    def _scalar(self) -> Any:
        if (found := NUMBER.match(self.source, self.at)) and len(found.group()) <= LONGEST_NUMBER:
            self._end(found)
            digits = found.group()
            return int(digits) if digits.lstrip("+-").isdigit() else Decimal(digits)
        found = WORD.match(self.source, self.at)
        word = found.group() if found else ""
        if found and word.lstrip("-") in ("NaN", "Infinity", "nan", "inf"):
            raise AnswerError(f"{word} at code point {self.at} is no JSON: leave the value out or give null")
        if not found or (word not in LITERALS and found.end() < len(self.source)):
            raise _StopError
        self._end(found)
        if word[0].isupper():
            self._mend("literal", f"{word} is read as JSON's own word")
        return LITERALS[word]

    def _end(self, found: re.Match[str]) -> None:
        """Go past a number or word; one that ends with the text may have been cut off."""
        self.at = found.end()
        if self.at == len(self.source):
            raise _StopError


def _holds_list(value: Any) -> bool:
    """Tell whether what was cut off still holds items: a list, or an object with a list in it."""
    return bool(value) and (
        isinstance(value, list) or (isinstance(value, dict) and any(map(_holds_list, value.values())))
    )
