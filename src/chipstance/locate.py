"""Strict JSON, and the exact line and column of anything in it.

Parsing is Python's own. Places are looked for only when there is something to report, by patterns that pass over what
nobody asks for, and without recursion, so a hostile file can't exhaust the stack.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chipstance.faults import show
from chipstance.first_bytes import signature, wide_encoding
from chipstance.json_slips import slip

MAX_DEPTH = 64
MAX_DIGITS = 4300
"""Python reads no longer number."""
TOO_DEEP = f"nested more than {MAX_DEPTH} deep: flatten it"
BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
CONSTANTS = ("NaN", "Infinity", "-Infinity")
_SPACE = r"[ \t\r\n]*+"
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rf'(?:[^"{{}}\[\]]++|{_STRING})*+'
_LEAF = rf"[{{\[]{_FLAT}[}}\]]"
_SCALAR = rf'{_STRING}|[^ \t\r\n{{}}\[\],"]++'
_MEMBER = re.compile(rf"[ \t\r\n,]*+(?:({_STRING}){_SPACE}:{_SPACE})?+({_SCALAR}|{_LEAF}|[{{\[}}\]])", re.DOTALL)
"""A key, if there is one, and its value; only the bracket where the value holds others, or where there is no more."""
_NUMBER = re.compile(r"[-+.0-9eE]++")
_COLON = re.compile(rf"{_STRING}{_SPACE}:{_SPACE}", re.DOTALL)
_REST = re.compile(rf"(?:{_FLAT}{_LEAF})*+{_FLAT}([{{}}\[\]])", re.DOTALL)
"""To the next bracket, over objects and lists that hold none."""
_KEYS = re.compile(
    rf"(?P<key>{_STRING}){_SPACE}:(?:{_SPACE}(?:{_SCALAR}))?+|{_STRING}|(?P<opened>{{)|(?P<closed>}})", re.DOTALL
)
_BRACKETS = re.compile(rf"{_STRING}|([{{}}\[\]])", re.DOTALL)
_CONSTANT = re.compile(rf"{_STRING}|({'|'.join(CONSTANTS)})", re.DOTALL)
_LONG_NUMBER = re.compile(
    rf"{_STRING}|(?<![0-9.eE+-])(-?[0-9]{{{MAX_DIGITS + 1},}}+)(?!\.[0-9]|[eE][-+]?[0-9])", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.DOTALL)
_INDEX = re.compile("0|[1-9][0-9]{0,15}")
_PARENTS = {dict, list}
_BLOCK = 1 << 16
"""Lines are counted once in so many code points."""


class JsonError(ValueError):
    """A file that is no strict JSON.

    Attributes:
        rule: id of the rule it breaks.
        line: 1-based line.
        column: 1-based column in code points.
    """

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.rule = rule
        self.line = line
        self.column = column


def escape(key: str | int) -> str:
    """Return a key as a JSON pointer writes it (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column (code points) of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Members:
    """The members of an object or a list, met one after the other as far as anybody asks for them.

    Args:
        text: JSON.
        at: offset of the bracket that opens it.
    """

    def __init__(self, text: str, at: int) -> None:
        self._text, self._rest = text, _members(text, at)
        self._keys: dict[str, int] | None = {} if text[at] == "{" else None
        self._items = array("q")

    def find(self, name: str) -> tuple[int, int] | None:
        """Return the offsets of the key, or else the value, and of the value that a part of a JSON pointer names."""
        return self._item(name) if self._keys is None else self._value(self._keys, name)

    def _item(self, name: str) -> tuple[int, int] | None:
        index = int(name) if _INDEX.fullmatch(name) else sys.maxsize
        if len(self._items) <= index:
            for member in self._rest:
                self._items.append(member.start(2))
                if len(self._items) > index:
                    break
        return (self._items[index], self._items[index]) if index < len(self._items) else None

    def _value(self, keys: dict[str, int], name: str) -> tuple[int, int] | None:
        key = name.replace("~1", "/").replace("~0", "~")
        if key not in keys:
            for member in self._rest:
                met = _key(member[1])
                keys[met] = member.start(1)
                if met == key:
                    break
        found = _COLON.match(self._text, keys[key]) if key in keys else None
        return found and found.span()


def _members(text: str, at: int) -> Iterator[re.Match[str]]:
    """Yield the members of the object or list that a bracket opens."""
    behind = at + 1
    while behind:
        begin, behind = behind, 0
        for member in _MEMBER.finditer(text, begin):
            first, end = member.start(2), member.end()
            if text[first] in "}]":
                break
            yield member
            if end == first + 1 and text[first] in "{[":
                behind = _behind(text, end)
                break


def _behind(text: str, at: int) -> int:
    """Return the offset behind an object or a list that has begun."""
    depth = 1
    while depth and (found := _REST.match(text, at)):
        at = found.end()
        depth += 1 if found[1] in "{[" else -1
    return at


def _key(written: str) -> str:
    """Return a key of a JSON text without its quotation marks."""
    return str(json.loads(written, strict=False)) if "\\" in written else written[1:-1]


@dataclass(frozen=True)
class Positions:
    """Lines and columns in one text, computed when first asked for; JSON if pointers are to be found in it."""

    text: str

    @cached_property
    def _opened(self) -> dict[int, _Members]:
        """What has been looked into so far, by the offset of its bracket."""
        return {}

    @cached_property
    def _begin(self) -> int:
        """Where the value begins."""
        return len(self.text) - len(self.text.lstrip())

    def find(self, pointer: str, *, key: bool = False) -> tuple[int, int]:
        """Return line and column of the value at a pointer, or of its key; of the nearest parent where it is gone."""
        return self.at(self._offset(pointer, key=key))

    def written(self, pointer: str) -> str:
        """Return the number at a pointer as it is written."""
        found = _NUMBER.match(self.text, self._offset(pointer))
        return found[0] if found else ""

    def _offset(self, pointer: str, *, key: bool = False) -> int:
        begin = value = self._begin
        for name in pointer.split("/")[1:]:
            found = self._members(value).find(name) if self.text.startswith(("{", "["), value) else None
            if found is None:
                break
            begin, value = found
        return begin if key else value

    def _members(self, at: int) -> _Members:
        if at not in self._opened:
            self._opened[at] = _Members(self.text, at)
        return self._opened[at]

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        line, start = self._blocks[offset // _BLOCK]
        begin = offset - offset % _BLOCK
        last = self.text.rfind("\n", begin, offset)
        return line + self.text.count("\n", begin, offset), offset - max(last, start - 1)

    @cached_property
    def _blocks(self) -> list[tuple[int, int]]:
        """The line in which each block begins, and the offset at which that line does."""
        line, start = 1, 0
        found = [(line, start)]
        for end in range(_BLOCK, len(self.text) + 1, _BLOCK):
            line += self.text.count("\n", end - _BLOCK, end)
            start = max(start, self.text.rfind("\n", end - _BLOCK, end) + 1)
            found.append((line, start))
        return found


def decode(data: bytes, rule: str = "json-encoding", *, line: bool = False) -> str:
    """Return UTF-8 bytes as text.

    Args:
        data: a file's bytes, or a line's.
        rule: what is broken where it can't be done.
        line: whether they are a line's.

    Raises:
        JsonError: with ``rule``, where there is a byte order mark or a byte that is no UTF-8.
    """
    if data.startswith(BOM):
        raise JsonError(rule, "a byte order mark stands before the value: save the file as UTF-8 without one")
    if data.startswith(_UTF_16):
        raise JsonError(rule, "the file is UTF-16, by its first bytes: save it as UTF-8 without a byte order mark")
    if wide := wide_encoding(data):
        raise JsonError(rule, f"the file is {wide}, by where NULs stand in it: save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if name := signature(data):
            raise JsonError(rule, f"this is {name}: let the name end as its content asks for, or unpack it") from None
        place = position(read := data[: error.start].decode(), len(read))
        which = f"byte {error.start + 1} of the {'line' if line else 'file'}, 0x{data[error.start]:02x},"
        raise JsonError(rule, f"{which} is no UTF-8: save the file as UTF-8", *place) from None


def parse(text: str, *, line: bool = False, alone: bool = False) -> Any:
    """Return the value of a strict JSON text.

    Args:
        text: a file's, or a line's.
        line: whether it is a line of JSON Lines.
        alone: whether it is a file of which there is no other form with many values.

    Raises:
        JsonError: bad syntax, a duplicate key, NaN or Infinity, a lone surrogate, or nesting beyond ``MAX_DEPTH``.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message, at = slip(text, error.pos, error.msg, line=line, alone=alone)
        raise JsonError("json-syntax", message, *position(text, at)) from None
    except RecursionError:
        raise JsonError("json-depth", TOO_DEEP, *position(text, _depth_at(text))) from None
    except _RefusedError as refused:
        raise _located(text, refused.args[0]) from None
    except ValueError:
        raise _located(text, "json-syntax") from None
    for rule, at in _excesses(text, value):
        raise JsonError(*rule, *position(text, at))
    return value


class _RefusedError(Exception):
    """Raised inside json.loads, which does not say where it is."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RefusedError("json-duplicate-key")
    return found


def _no_constant(_name: str) -> Any:
    raise _RefusedError("json-constant")


def _located(text: str, rule: str) -> JsonError:
    # what stands behind the place need not be JSON: so the place has to be met for sure
    if rule == "json-duplicate-key" and (again := _again(text)):
        message = f"key {show(escape(_key(again['key'])))} stands twice in one object: remove one of them"
        return JsonError(rule, message, *position(text, again.start()))
    if rule == "json-constant" and (constant := _outside_strings(_CONSTANT, text)):
        message = f"{constant[1]} is no JSON: write a number or null"
        return JsonError(rule, message, *position(text, constant.start()))
    if rule == "json-syntax" and (number := _outside_strings(_LONG_NUMBER, text)):
        message = f"a number of {len(number[1].lstrip('-'))} digits: write one of {MAX_DIGITS} at most"
        return JsonError(rule, message, *position(text, number.start()))
    return JsonError(rule, "the file can't be read")


def _outside_strings(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next((found for found in pattern.finditer(text) if found[1]), None)


def _again(text: str) -> re.Match[str] | None:
    """Return the first key that its object has already."""
    known: set[str] = set()
    around: list[set[str]] = []
    for found in _KEYS.finditer(text):
        match found.lastgroup:
            case "key":
                if (key := _key(found["key"])) in known:
                    return found
                known.add(key)
            case "opened":
                around.append(known)
                known = set()
            case "closed":
                known = around.pop()
    return None


def _excesses(text: str, value: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield what Python's json accepts and we don't: nesting without end, and halves of surrogate pairs."""
    if _is_deep(value):
        yield ("json-depth", TOO_DEEP), _depth_at(text)
    elif (at := _half_at(text)) is not None:
        yield ("json-surrogate", "half a surrogate pair is no character: write the character itself"), at


def _is_deep(value: Any) -> bool:
    parents = [value] if type(value) in _PARENTS else []
    for _ in range(MAX_DEPTH - 1):
        if not parents:
            return False
        members = (parent.values() if type(parent) is dict else parent for parent in parents)
        parents = [each for inside in members for each in inside if type(each) in _PARENTS]
    return any(parents)


def levels(value: Any) -> Iterator[list[Any]]:
    """Yield a JSON value, then what stands in it, then what stands in that, level by level."""
    level = [value]
    while level:
        yield level
        parents = [each for each in level if type(each) in _PARENTS]
        level = []
        for parent in parents:
            level += parent.values() if type(parent) is dict else parent


def _half_at(text: str) -> int | None:
    """Return where half a surrogate pair stands in a JSON text, as an escape or as it is."""
    escapes = _ESCAPE.finditer(text) if "\\" in text and ("\\ud" in text or "\\uD" in text) else ()
    if half := next((match for match in escapes if match[1]), None):
        return half.start()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def _depth_at(text: str) -> int:
    """Return where the first value stands that is nested too deep."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1 if found[1] in "{[" else -1
        if depth == MAX_DEPTH and found[1] in ("{", "[") and (inside := _MEMBER.match(text, found.end())):
            return inside.start(2)
    return 0
