"""Where everything in a JSON text stands, found plainly, token by token: what the quick way is held to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chipstance.locate import CONSTANTS, MAX_DEPTH, MAX_DIGITS, escape, position

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_NUMBER = re.compile(r"-?(\d+)(\.\d+|[eE][-+]?\d+)?")


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


def find(text: str, pointer: str, *, key: bool = False) -> tuple[int, int]:
    """Return line and column of a value, or of its key; of the nearest parent where it is gone."""
    marks = {mark.pointer: mark for mark in scan(text)}
    while pointer not in marks:
        pointer = pointer.rpartition("/")[0]
    return position(text, marks[pointer].key if key else marks[pointer].value)


def refused_at(text: str, rule: str) -> tuple[int, int]:
    """Return line and column of what breaks a rule of strict JSON in a text that is JSON up to there."""
    seen: dict[int, set[str]] = {}
    for mark in scan(text):
        number = _NUMBER.match(mark.first)
        depth = mark.pointer.count("/")
        seen.pop(depth + 1, None)
        known = seen.setdefault(depth, set())
        if rule == "json-duplicate-key" and mark.pointer in known:
            return position(text, mark.key)
        if mark.key != mark.value:
            known.add(mark.pointer)
        if {
            "json-syntax": bool(number and not number[2] and len(number[1]) > MAX_DIGITS),
            "json-constant": mark.first.startswith(CONSTANTS),
            "json-depth": depth >= MAX_DEPTH,
        }.get(rule):
            return position(text, mark.value)
    return 1, 1
