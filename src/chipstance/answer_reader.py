"""Reads one JSON value that a language model wrote: cut off, or slightly wrong; what is read is data only."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DEEPEST = 40
"""Containers inside one another; no answer needs more."""

LONGEST_NUMBER = 60
LARGEST_EXPONENT = 999

MOST_REMARKS = 100
"""So many remarks of one kind are kept, and one that counts the others."""

OPENERS = {"{": "}", "[": "]", "(": ")"}
CLOSERS = {'"': '"', "'": "'", "“": '"”', "‘": "'’"}
LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}

CLOSING = "}])"
COMMAS, COLONS = ",，", (":", "：")
NO_NUMBERS = ("NaN", "Infinity", "nan", "inf")

GAP = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.{0,1000}?\*/|…|\.\.\.)*", re.DOTALL)
BARE_KEY = re.compile(r"[A-Za-z_]\w*(?=\s*:)")
NUMBER = re.compile(r"[-+]?[0-9][0-9_]*+(?:\.[0-9]*)?(?:[eE](?P<exponent>[-+]?[0-9]+))?(?![\w.])")
GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![\w.])")
WORD = re.compile(r"-?[A-Za-z]+")
RAW = re.compile(r"[^,，{}\[\]\"“\n]{0,200}")
BARE = re.compile(r"[^\W\d_][\w .&'’$€£-]*")
"""A value that is a text without quotation marks."""
SPECIAL = re.compile(r"[\\\"'”’\x00-\x1f]")
AFTER_KEY = re.compile(r"\s*+[:：]")
AFTER_VALUE = re.compile(
    r"[^\S\n]*+\n\s*+[\"“{\[]|\s*+(?:[}\])]|//|[,，]\s*+(?:[\"'“‘{(\[\]}\d/#-]|$|\.\.\.|…|[A-Za-z]+\s*+[:,\]}])|```|$"
    r"|[\"'“‘]?\w{1,40}[\"'”’]?\s*+[:：]|/\*)|\s++(?:#|\"[^\"\n]{1,300}\"(?:\s*+[,\]}]|\s++[\"/#]))"
)
"""What follows the closing mark of a string, a comma or the next key, so that a mark inside it does not end it."""
AFTER_ELEMENT = re.compile(AFTER_VALUE.pattern + r"|\s*+[:：]\s*+[\[{\"“]")
"""The same in a list, where a key can follow if the list was never closed."""
AFTER_SCALAR = re.compile(r"[^\S\n]*+(?:[,，}\])\n\"'“‘]|//|/\*|#|```|$)")
AFTER_BRACKET = re.compile(r"\s*+[,，}]")
FENCED = re.compile(r"[ \t]*```")


@dataclass(frozen=True, slots=True)
class Mend:
    """Something in an answer that had to be mended.

    Attributes:
        kind: ``fence``, ``text-around``, ``lines``, ``several-values``, ``truncated``, ``broken``, ``trailing-comma``,
            ``missing-comma``, ``bracket``, ``comment``, ``quotes``, ``bare-key``, ``bare-value``, ``number``,
            ``value``, ``literal``, ``inner-quote``, ``escape``, ``control-character``, ``duplicate-key``, ``thought``;
            where items are read, ``text-lines``; from alignment, ``normalized``, ``fuzzy``, ``repeated``,
            ``unaligned``, ``offsets``.
        message: what was done.
    """

    kind: str
    message: str


class _StopError(Exception):
    """Nothing more can be read here: the text ends, or is no JSON."""


DROPPED: Any = object()
"""Stands for a value that can't be read and is left out."""


class Reader:
    """Reads one value from a place on, in one pass, and keeps what is complete where it stops."""

    def __init__(self, source: str, at: int, last: int) -> None:
        self.source, self.at, self.last = source, at, last
        self.kept = at + 1
        self.open: list[str] = []
        self.stopped = self.lost = False
        self.mends: list[Mend] = []
        self._counts: Counter[str] = Counter()

    def read(self) -> Any:
        """Return the value; ``stopped`` and ``lost`` tell whether it is whole, ``at`` where reading ended."""
        value = self._value()
        if self.stopped:
            self.lost = True
            kind = "broken" if self.at < self.last else "truncated"
            self.mends.append(Mend(kind, f"{kind} at code point {self.at}: what is complete is kept"))
        more = {kind: count - MOST_REMARKS for kind, count in self._counts.items() if count > MOST_REMARKS}
        self.mends += [Mend(kind, f"{count} more of this kind") for kind, count in more.items()]
        return value

    def _mend(self, kind: str, message: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= MOST_REMARKS:
            self.mends.append(Mend(kind, f"{message} at code point {self.at}"))

    def _gap(self) -> str:
        """Skip white space and comments; return the next code point, or nothing at the end."""
        found = GAP.match(self.source, self.at)
        end = found.end() if found else self.at
        if self.source[self.at : end].strip():
            self._mend("comment", "a comment or an ellipsis is left out")
        self.at = end
        return self.source[self.at : self.at + 1]

    def _value(self, after: re.Pattern[str] = AFTER_VALUE) -> Any:
        char = self._gap()
        if char in OPENERS:
            return self._container(char)
        if char in CLOSERS:
            return self._string(after)
        return self._scalar()

    def _container(self, opener: str) -> Any:
        if len(self.open) == DEEPEST:
            raise _StopError
        self.open.append(OPENERS[opener])
        self.at += 1
        value: Any = {} if opener == "{" else []
        try:
            self._items(value, OPENERS[opener])
        except _StopError:
            self.stopped = True
        self.open.pop()
        return value

    def _items(self, value: Any, closer: str) -> None:
        comma = True
        while (char := self._gap()) != closer:
            if not char:
                raise _StopError
            if char in CLOSING and char in self.open:
                self._mend("bracket", f"{closer} is put in")
                return
            if char in CLOSING:
                self._skip_bracket()
            elif not self._entry(value, missing=not comma):
                return
            comma = (mark := self._gap()) != "" and mark in COMMAS
            self.at += comma
        if comma and value:
            self._mend("trailing-comma", "a comma too many is left out")
        self.at += 1
        self.kept = self.at

    def _skip_bracket(self) -> None:
        """Leave out a bracket that closes nothing, if the value goes on after it."""
        if not AFTER_BRACKET.match(self.source, self.at + 1):
            raise _StopError
        self._mend("bracket", "a bracket too many is left out")
        self.at += 1

    def _entry(self, value: Any, *, missing: bool) -> bool:
        """Read a member or element; tell whether the container goes on after it."""
        if missing:
            self._mend("missing-comma", "a comma is put in")
        if isinstance(value, dict):
            self._member(value)
            return True
        start = self.at
        self._element(value)
        if not (value and isinstance(value[-1], str) and "}" in self.open and self._gap() in COLONS):
            return True
        value.pop()  # it is the next key of the object around the list
        self.at = start
        self._mend("bracket", "] is put in")
        return False

    def _element(self, items: list[Any]) -> None:
        kept = self.kept
        inside = "}" in self.open
        bare = inside and BARE.match(self.source, self.at)
        item = self._plain() if bare else self._value(AFTER_ELEMENT if inside else AFTER_VALUE)
        if self.stopped and not _holds(item):
            self.kept = kept
        elif item is not DROPPED:
            items.append(item)
        self._go_on()

    def _member(self, members: dict[str, Any]) -> None:
        key = self._key()
        if self._gap() not in COLONS:
            raise _StopError
        self.at += 1
        kept = self.kept
        value = self._value() if self._gap() in (*OPENERS, *CLOSERS) else self._plain()
        if self.stopped and not _holds(value):
            self.kept = kept
            raise _StopError
        if value is not DROPPED:
            self._set(members, key, value)
        self._go_on()

    def _set(self, members: dict[str, Any], key: str, value: Any) -> None:
        if key in members:
            self._mend("duplicate-key", f"key {key!r} stands twice: lists and texts are joined, else the last counts")
            value = _joined(members[key], value)
        members[key] = value

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
        elif char == "\n" and (fence := FENCED.match(self.source, self.at)):
            self.at = fence.start()
            raise _StopError
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

    def _plain(self) -> Any:
        """Return the value of a member that is no string and no container; what can't be read is left out."""
        at, kept = self.at, self.kept
        if found := GROUPED.match(self.source, at):
            if AFTER_SCALAR.match(self.source, found.end()):
                self._end(found)
                return self._number(found.group())
        else:
            try:
                value = self._scalar()
            except _StopError:
                value = DROPPED
            if self.at < len(self.source) and self.at > at and AFTER_SCALAR.match(self.source, self.at):
                return value
        self.at, self.kept = at, kept
        return self._raw()

    def _raw(self) -> Any:
        """Return a text without quotation marks; leave out anything else."""
        found = RAW.match(self.source, self.at)
        said = found.group().strip() if found else ""
        if found:
            self._end(found)
        if BARE.fullmatch(said):
            self._mend("bare-value", "a text without quotation marks")
            return said
        self._mend("value", f"{said[:40]!r} is no JSON value and is left out")
        return DROPPED

    def _scalar(self) -> Any:
        if found := NUMBER.match(self.source, self.at):
            self._end(found)
            return self._number(found.group(), found["exponent"] or "0")
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

    def _number(self, said: str, exponent: str = "0") -> Any:
        digits = said.replace("_", "").replace(",", "")
        if len(digits) > LONGEST_NUMBER or abs(int(exponent)) > LARGEST_EXPONENT:
            self._mend("value", f"a number without measure, {digits[:20]}…, is left out")
            return DROPPED
        if digits != said or said[0] == "+" or said[-1] == ".":
            self._mend("number", f"{said} is read as a number")
        return int(digits) if digits.lstrip("+-").isdigit() else Decimal(digits)

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


def _holds(value: Any) -> bool:
    """Tell whether something is left of what was cut off."""
    return isinstance(value, list | dict) and bool(value)


def holds_list(value: Any) -> bool:
    """Tell whether a value holds items: a list, or an object with a list in it."""
    return bool(value) and (
        isinstance(value, list) or (isinstance(value, dict) and any(map(holds_list, value.values())))
    )
