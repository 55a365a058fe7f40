"""Reads one JSON value that a language model wrote: cut off, or slightly wrong; what is read is data only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DEEPEST = 40
"""Containers inside one another; no answer needs more."""

LONGEST_NUMBER = 60

OPENERS = {"{": "}", "[": "]", "(": ")"}
CLOSERS = {'"': '"', "'": "'", "“": '"”', "‘": "'’"}
LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}

COMMAS, COLONS = ",，", (":", "：")
NO_NUMBERS = ("NaN", "Infinity", "nan", "inf")

GAP = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.{0,1000}?\*/|…|\.\.\.)*", re.DOTALL)
BARE_KEY = re.compile(r"[A-Za-z_]\w*(?=\s*:)")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\w.])")
WORD = re.compile(r"-?[A-Za-z]+")
SPECIAL = re.compile(r"[\\\"'”’\x00-\x1f]")
AFTER_KEY = re.compile(r"\s*+[:：]")
AFTER_VALUE = re.compile(
    r"[^\S\n]*+\n\s*+[\"“{\[]|\s*+(?:[}\])]|//|[,，]\s*+(?:[\"'“‘{(\[\]}\d/#-]|$|\.\.\.|…|[A-Za-z]+\s*+[:,\]}])|```|$"
    r"|[\"'“‘]?\w{1,40}[\"'”’]?\s*+[:：])"
)
"""What follows the closing mark of a string, a comma or the next key, so that a mark inside it does not end it."""


@dataclass(frozen=True, slots=True)
class Mend:
    """Something in an answer that had to be mended.

    Attributes:
        kind: ``fence``, ``text-around``, ``lines``, ``several-values``, ``truncated``, ``broken``, ``trailing-comma``,
            ``missing-comma``, ``comment``, ``quotes``, ``bare-key``, ``literal``, ``inner-quote``, ``escape``,
            ``control-character``, ``duplicate-key``; where items are read, ``text-lines``, ``value``; from alignment,
            ``normalized``, ``fuzzy``, ``repeated``, ``unaligned``, ``offsets``.
        message: what was done.
    """

    kind: str
    message: str


class _StopError(Exception):
    """Nothing more can be read here: the text ends, or is no JSON."""


class Reader:
    """Reads one value from a place on, in one pass, and keeps what is complete where it stops."""

    def __init__(self, source: str, at: int, last: int) -> None:
        self.source, self.at, self.last = source, at, last
        self.kept = at + 1
        self.depth = 0
        self.stopped = self.lost = False
        self.mends: list[Mend] = []

    def read(self) -> Any:
        """Return the value; ``stopped`` and ``lost`` tell whether it is whole, ``at`` where reading ended."""
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
        if char in OPENERS:
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
            self._items(value, OPENERS[opener])
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
            comma = (mark := self._gap()) != "" and mark in COMMAS
            self.at += comma
        if comma and value:
            self._mend("trailing-comma", "a comma too many is left out")
        self.at += 1
        self.kept = self.at

    def _element(self, items: list[Any]) -> None:
        kept = self.kept
        item = self._value()
        if not self.stopped or holds_list(item):
            items.append(item)
        else:
            self.kept = kept
        self._go_on()

    def _member(self, members: dict[str, Any]) -> None:
        key = self._key()
        if self._gap() not in COLONS:
            raise _StopError
        self.at += 1
        kept = self.kept
        value = self._value()
        if self.stopped and not holds_list(value):
            self.kept = kept
            raise _StopError
        if key in members:
            self._mend("duplicate-key", f"key {key!r} stands twice: lists and texts are joined, else the last counts")
            old = members[key]
            value = _joined(old, value)
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
        if char in closers and char not in "'’":
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
        if found and word.lstrip("-") in NO_NUMBERS:
            self._end(found)
            self._mend("literal", f"{word} is read as null")
            return None
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


def _joined(old: Any, value: Any) -> Any:
    """Return what a key holds that stands twice."""
    if not isinstance(old, list | str) or not isinstance(value, list | str) or old == value:
        return value
    return [*([old] if isinstance(old, str) else old), *([value] if isinstance(value, str) else value)]


def holds_list(value: Any) -> bool:
    """Tell whether what was cut off still holds items: a list, or an object with a list in it."""
    return bool(value) and (
        isinstance(value, list) or (isinstance(value, dict) and any(map(holds_list, value.values())))
    )
