"""Finds the spans that an answer marks in what it repeats: by tags, one inside another too, and by links."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chipstance.answer_items import Fault, Item, ItemFinder
from chipstance.answer_keys import LAYER_KEYS, PLACES
from chipstance.layers import Layer

MARK = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z_]{1,40})(?P<attributes>\s[^<>]{0,500})?>"
    r"|\[(?P<text>[^\[\]\n]{1,2000})\]\((?P<link>[A-Za-z_ ]{1,40})\)"
)
ATTRIBUTE = re.compile(r"(\w{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
MOST_OPEN = 20
FAR = 1 << 60


@dataclass(slots=True)
class _Marked:
    """What a tag encloses, as far as it is read: its place in the answer, and in the answer without its marks."""

    name: str
    layer: Layer | None
    values: dict[str, str]
    raw: int
    start: int
    end: int = -1


@dataclass(slots=True)
class _Marks:
    """Reads the marks of an answer one after the other."""

    answer: str
    finder: ItemFinder
    found: list[_Marked] = field(default_factory=list)
    opened: list[_Marked] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    covered: list[tuple[int, int]] = field(default_factory=list)
    size: int = 0
    at: int = 0

    def read(self) -> str:
        """Return the answer without its marks."""
        for mark in MARK.finditer(self.answer):
            if mark["link"]:
                self._link(mark)
            elif mark["end"]:
                self._close(mark)
            elif len(self.opened) < MOST_OPEN:
                self._open(mark)
        self.finder.faults += (Fault("shape", "", f"<{tag.name}> has no end") for tag in self.opened)
        return "".join([*self.parts, self.answer[self.at :]])

    def _keep(self, text: str, end: int) -> None:
        self.parts.append(text)
        self.size += len(text)
        self.at = end

    def _link(self, mark: re.Match[str]) -> None:
        if layer := self.finder.layer(mark["link"]):
            self._keep(self.answer[self.at : mark.start()], mark.end())
            start = self.size
            self._keep(mark["text"], mark.end())
            self.found.append(_Marked(mark["link"], layer, {}, mark.start(), start, self.size))
            self.covered.append(mark.span())

    def _open(self, mark: re.Match[str]) -> None:
        values = {name: html.unescape("".join(said)) for name, *said in ATTRIBUTE.findall(mark["attributes"] or "")}
        key = next((key for key in LAYER_KEYS if self.finder.layer(values.get(key))), "")
        named = self.finder.layer(mark["name"])
        if layer := named or self.finder.layer(values.pop(key, None)):
            self._keep(self.answer[self.at : mark.start()], mark.end())
            self.opened.append(_Marked(mark["name"].lower(), layer, values, mark.start(), self.size))

    def _close(self, mark: re.Match[str]) -> None:
        same = [index for index, tag in enumerate(self.opened) if tag.name == mark["name"].lower()]
        if not same:
            return
        self._keep(self.answer[self.at : mark.start()], mark.end())
        tag = self.opened[same[-1]]
        del self.opened[same[-1]]
        tag.end = self.size
        self.found.append(tag)
        self.covered.append((tag.raw, mark.end()))


def tagged_items(answer: str, finder: ItemFinder, text: str = "") -> tuple[list[Item], list[tuple[int, int]]]:
    """Return the items of tags and links that name layers, in the order of their ends, and what of the answer they are.

    Args:
        answer: the answer as it came.
        finder: knows the layers.
        text: the document's text: where the answer repeats a line of it, its items stand in that line.
    """
    marks = _Marks(answer, finder)
    plain = marks.read()
    known = _places(plain, text, marks.found) if marks.found else []
    items: list[Item] = []
    for tag in marks.found:
        quoted = plain[tag.start : tag.end]
        start = _start(tag.start + len(quoted) - len(quoted.lstrip()), known)
        place = {"start": start} if start >= 0 and text.startswith(quoted.strip(), start) else {}
        said = _said(tag) | {"text": quoted.strip()} | place
        items += finder.items(said, f"code point {tag.raw}")
    return items, marks.covered


def _said(tag: _Marked) -> dict[str, Any]:
    """Return what a tag says beside what it encloses; its layer may have attributes that are called as other keys."""
    known = tag.layer.attributes if tag.layer else {}
    own = {name: value for name, value in tag.values.items() if name in known and name not in PLACES}
    beside = {name: value for name, value in tag.values.items() if name not in own}
    return beside | {"layer": tag.layer.name if tag.layer else "", "attributes": own}


def _places(plain: str, text: str, found: list[_Marked]) -> list[tuple[int, int, int]]:
    """Return start and end of the parts of an answer that are found in the text, with where they stand there."""
    places = list(_lines(plain, text))
    for tag, before in zip(found[1:], found, strict=False):
        core = plain[tag.start : tag.end].strip()
        holds = before.start >= tag.start and core
        if holds and _start(tag.start, places) < 0 and (at := _find(core, text, 0)) >= 0:
            first = plain.index(core, tag.start)
            places.append((first, first + len(core), at))
    return sorted(places)


def _lines(plain: str, text: str) -> Iterator[tuple[int, int, int]]:
    at = after = 0
    for line in plain.split("\n"):
        core = line.strip()
        if core and (found := _find(core, text, after)) >= 0:
            first = at + line.index(core)
            yield first, first + len(core), found
            after = found + len(core)
        at += len(line) + 1


def _find(passage: str, text: str, after: int) -> int:
    """Return where a passage stands in the text, after another one if it can; -1 where it does not."""
    found = text.find(passage, after)
    return found if found >= 0 else text.find(passage)


def _start(at: int, places: list[tuple[int, int, int]]) -> int:
    """Return where a code point of the answer stands in the text; -1 where that is not known."""
    index = bisect_right(places, (at, FAR, FAR)) - 1
    start, end, found = places[index] if index >= 0 else (0, 0, 0)
    return found + at - start if start <= at < end else -1
