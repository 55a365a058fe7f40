"""Strict JSON, and the exact line and column of anything in it.

Parsing is Python's own; the scanner below runs only when there is something to report, and uses no
recursion, so a hostile file can't exhaust the stack.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chipstance.json_slips import slip

MAX_DEPTH = 64
MAX_DIGITS = 4300
"""Python reads no longer number."""
TOO_DEEP = f"nested more than {MAX_DEPTH} deep: flatten it"
BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
CONSTANTS = ("NaN", "Infinity", "-Infinity")
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)

_PARENTS = {dict, list}
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.DOTALL)


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


@dataclass(slots=True)
class _Frame:
    """An object or array that is open while scanning."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str = ""
    key_at: int = -1

    def child(self) -> str:
        return f"{self.pointer}/{escape(self.key) if self.is_object else self.index}"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands.

    Attributes:
        pointer: its JSON pointer.
        value: offset of its first code point.
        key: offset of its key, or of the value where it has none.
        first: the value's first token.
    """

    pointer: str
    value: int
    key: int
    first: str


def escape(key: str | int) -> str:
    """Return a key as a JSON pointer writes it (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column (code points) of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def scan(text: str) -> Iterator[Mark]:
    """Yield every value of a JSON text, in order. The syntax must be right; duplicate keys are yielded too."""
    stack: list[_Frame] = []
    key_next = False
    for match in _TOKEN.finditer(text):
        found, at = match[0], match.start()
        if found in ("}", "]"):
            stack.pop()
            key_next = False
        elif found == ",":
            stack[-1].index += 1
            key_next = stack[-1].is_object
        elif found == ":":
            key_next = False
        elif key_next:
            stack[-1].key, stack[-1].key_at = json.loads(found, strict=False), at
        else:
            frame = stack[-1] if stack else None
            mark = Mark(frame.child() if frame else "", at, frame.key_at if frame and frame.is_object else at, found)
            yield mark
            if found in ("{", "["):
                stack.append(_Frame(mark.pointer, found == "{"))
                key_next = found == "{"


@dataclass(frozen=True)
class Positions:
    """Lines and columns in one text, computed when first asked for; JSON if pointers are to be found in it."""

    text: str

    @cached_property
    def _marks(self) -> dict[str, Mark]:
        """What has been met so far."""
        return {}

    @cached_property
    def _rest(self) -> Iterator[Mark]:
        return scan(self.text)

    def _mark(self, pointer: str) -> Mark | None:
        if pointer not in self._marks:
            for mark in self._rest:
                self._marks[mark.pointer] = mark
                if mark.pointer == pointer:
                    break
        return self._marks.get(pointer)

    def find(self, pointer: str, *, key: bool = False) -> tuple[int, int]:
        """Return line and column of the value at a pointer, or of its key; of the nearest parent where it is gone."""
        mark = self._mark(pointer)
        while mark is None and pointer:
            pointer = pointer.rpartition("/")[0]
            mark = self._mark(pointer)
        if mark is None:
            return 1, 1
        return self.at(mark.key if key else mark.value)

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        """Offsets at which lines begin."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]


def decode(data: bytes, rule: str = "json-encoding", before: int = 0) -> str:
    """Return UTF-8 bytes as text.

    Args:
        data: a file's bytes, or a line's.
        rule: what is broken where it can't be done.
        before: how many bytes of the file stand before them.

    Raises:
        JsonError: with ``rule``, where there is a byte order mark or a byte that is no UTF-8.
    """
    if data.startswith(BOM):
        raise JsonError(rule, "a byte order mark stands before the value: save the file as UTF-8 without one")
    if data.startswith(_UTF_16):
        raise JsonError(rule, "the file is UTF-16, by its first bytes: save it as UTF-8 without a byte order mark")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line, column = position(read := data[: error.start].decode(), len(read))
        byte = f"byte 0x{data[error.start]:02x} at {before + error.start} is no UTF-8: save the file as UTF-8"
        raise JsonError(rule, byte, line, column) from None


def parse(text: str, *, line: bool = False) -> Any:
    """Return the value of a strict JSON text.

    Args:
        text: a file's, or a line's.
        line: whether it is a line of JSON Lines.

    Raises:
        JsonError: bad syntax, a duplicate key, NaN or Infinity, a lone surrogate, or nesting beyond ``MAX_DEPTH``.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message, at = slip(text, error.pos, error.msg, line=line)
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
    seen: dict[int, set[str]] = {}
    for mark in scan(text):
        # what stands behind the place need not be JSON: so the place has to be met for sure
        if rule == "json-syntax" and (size := _digits(mark.first)) > MAX_DIGITS:
            message = f"a number of {size} digits: write one of {MAX_DIGITS} at most"
            return JsonError(rule, message, *position(text, mark.value))
        if rule == "json-constant" and (name := next(filter(mark.first.startswith, CONSTANTS), "")):
            return JsonError(rule, f"{name} is no JSON: write a number or null", *position(text, mark.value))
        if rule == "json-duplicate-key" and _is_again(mark, seen):
            key = mark.pointer.rpartition("/")[2]
            return JsonError(
                rule, f"key {key!r} stands twice in one object: remove one of them", *position(text, mark.key)
            )
    return JsonError(rule, "the file can't be read")


def _digits(token: str) -> int:
    """Return how many digits an integer has that a token begins with; 0 where it begins with none, or with a float."""
    found = _NUMBER.match(token)
    return len(found[1]) if found and not found[2] else 0


_NUMBER = re.compile(r"-?(\d+)(\.\d+|[eE][-+]?\d+)?")


def _is_again(mark: Mark, seen: dict[int, set[str]]) -> bool:
    """Tell whether a value has a pointer that another had, of those that are seen in what is open still."""
    depth = mark.pointer.count("/")
    seen.pop(depth + 1, None)
    known = seen.setdefault(depth, set())
    again = mark.pointer in known
    if mark.key != mark.value:
        known.add(mark.pointer)
    return again


def _excesses(text: str, value: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield what Python's json accepts and we don't: nesting without end, and halves of surrogate pairs."""
    if _is_deep(value):
        yield ("json-depth", TOO_DEEP), _depth_at(text)
    elif (at := _half_at(text)) is not None:
        yield ("json-surrogate", "half a surrogate pair is no character: write the character itself"), at


def _is_deep(value: Any) -> bool:
    return any(level for depth, level in enumerate(levels(value)) if depth == MAX_DEPTH)


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
    return next((mark.value for mark in scan(text) if mark.pointer.count("/") >= MAX_DEPTH), 0)
