"""Finds quoted spans in an answer that is no JSON: lists under headings, lines ``layer: quotation``, tables, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from chipstance.answer_items import Fault, Item, ItemFinder
from chipstance.answer_keys import LAYER_KEYS, TEXT_KEYS, is_empty
from chipstance.answer_tables import by_column, delimited, delimited_head, is_row, table_row
from chipstance.answer_tags import tagged_items
from chipstance.layers import Layer

BULLET = re.compile(r"\s*(?:[-*•–+]|\d+[.)])\s+")
KEYED = re.compile(r"[\"']?(?P<key>\w+)[\"']?\s?[:=]\s?(?P<value>.+)")
QUOTED = re.compile(r"[\"“'‘`](?P<text>.{1,2000}?)[\"”'’`](?=\s*(?:$|[(\[|—–:,;-]))")
PARTS = re.compile(r" [—–-] | ?\t ?| ?: | ?:$| ?[=-]> ?| → |, ")
IN_BRACKETS = re.compile(r"(?P<text>.+?) ?[(\[](?P<name>[A-Za-z_ ]+)[)\]]$")
STRONG = re.compile(r"\s*(?:[-*•–+]|\d+[.)])\s+(\*\*|__)(?P<text>(?:(?!\1).){1,300}):?\1(?P<gloss>\s*(?:[-—–:(,].*)?)$")
GLOSS = re.compile(r"\s+[—–]\s+|\s+-\s+(?![\d$€£¥])|:\s+|\s+\((?=[^()]*\)\W*$)")
GLOSSED = " :()—–-"
SPACES = re.compile(r"[^\S\t]+")
LISTED = re.compile(r"[,;] ")


def line_items(answer: str, finder: ItemFinder, text: str = "") -> Iterator[Item]:
    """Yield the items of an answer's lines.

    A line names its layer, or stands as a list item or row below a heading that does. Anything else is prose.

    Args:
        answer: the answer as it came, without thoughts.
        finder: knows the layers.
        text: the document's text, in which an answer that repeats it with tags shows where each stands.
    """
    tagged, covered = tagged_items(answer, finder, text)
    yield from tagged
    lines = _Lines(finder)
    at = 0
    marks = bytearray(len(answer) + 1)
    for start, end in covered:
        marks[start:end] = b"\1" * (end - start)
    for number, line in enumerate(answer.splitlines(keepends=True), 1):
        if marks.find(1, at, at + len(line)) < 0:
            yield from lines.read(line.rstrip("\r\n"), f"line {number}")
        at += len(line)


class _Lines:
    """Reads lines one after the other; each may depend on the heading or head above it.

    Args:
        finder: knows the layers.
    """

    def __init__(self, finder: ItemFinder) -> None:
        self._finder = finder
        self._heading: Layer | None = None
        self._said: dict[str, str] = {}
        self._head: Sequence[str] | None = None
        self._delimited: tuple[str, Sequence[str]] | None = None

    def read(self, line: str, pointer: str) -> Iterator[Item]:
        """Yield the items of the next line."""
        if is_row(line):
            yield from self._row(line, pointer)
            return
        self._head = None
        if self._delimited and line.strip() and not line.startswith("```"):
            delimiter, names = self._delimited
            yield from self._record(by_column(delimited(line, delimiter), names), pointer)
        elif head := delimited_head(line, self._finder):
            self._delimited = head
        else:
            self._delimited = None
            yield from self._line(line, pointer)

    def _row(self, line: str, pointer: str) -> Iterator[Item]:
        row = table_row(line, self._head, self._heading, self._finder)
        if isinstance(row, Mapping):
            yield from self._record(row, pointer)
        else:
            self._head = row

    def _record(self, row: object, pointer: str) -> Iterator[Item]:
        if row:
            yield from self._finder.items(row, pointer, self._heading)

    def _line(self, line: str, pointer: str) -> Iterator[Item]:
        plain = re.sub(r"\*\*|__|^[\s#>]+", "", SPACES.sub(" ", line)).strip()
        listed = BULLET.match(line)
        entry = BULLET.sub("", plain, count=1)
        if keyed := _keyed(entry):
            self._said = {keyed[0]: keyed[1]} if listed or keyed[0] in self._said else self._said | dict([keyed])
            if (layer := self._finder.layer(self._said.get("layer"))) and "text" in self._said:
                yield from self._finder.items([self._said.pop("text")], pointer, layer)
            return
        layer, text = _split(entry, self._finder)
        if layer and not text:
            self._heading = layer
        elif text and layer:
            yield from self._items(text, pointer, layer)
        elif text and self._heading and listed:
            strong = STRONG.match(line)
            yield from self._items(strong["text"] if strong else self._named(text, pointer), pointer, self._heading)
            if strong and strong["gloss"].strip():
                self._leave_out(strong["gloss"], pointer)
        elif plain and not listed:
            self._heading = None

    def _named(self, text: str, pointer: str) -> str:
        """Return what stands before the gloss of a name."""
        if self._heading is None or self._heading.overlap != "none" or QUOTED.match(text):
            return text
        name, *gloss = GLOSS.split(text, maxsplit=1)
        if gloss and name:
            self._leave_out(gloss[0], pointer)
        return name or text

    def _leave_out(self, gloss: str, pointer: str) -> None:
        self._finder.faults.append(Fault("gloss", pointer, f"left out: {gloss.strip(GLOSSED)[:60]}"))

    def _items(self, text: str, pointer: str, layer: Layer) -> Iterator[Item]:
        """Yield the quotations of a line: those in quotation marks, else what commas part where spans are names."""
        if QUOTED.match(text):
            quoted = [found["text"] for found in QUOTED.finditer(text)]
        elif text.lstrip().startswith("["):
            yield from self._finder.items(text, pointer, layer)
            return
        else:
            quoted = LISTED.split(text) if layer.overlap == "none" else [text]
        yield from self._finder.items([each for each in quoted if not is_empty(each)], pointer, layer)


def _keyed(entry: str) -> tuple[str, str] | None:
    """Return ``layer`` or ``text`` with its value, of a line like ``type: organization``."""
    found = KEYED.fullmatch(entry)
    key = found["key"].lower() if found else ""
    if not found or key not in (*LAYER_KEYS, *TEXT_KEYS):
        return None
    quoted = QUOTED.fullmatch(found["value"].strip())
    return "layer" if key in LAYER_KEYS else "text", quoted["text"] if quoted else found["value"].strip()


def _split(entry: str, finder: ItemFinder) -> tuple[Layer | None, str]:
    """Return the layer that a line names first or last, or in one of its cells, and the quotation."""
    parts = PARTS.split(entry, maxsplit=1)
    if layer := finder.layer(parts[0]):
        return layer, parts[1].strip() if len(parts) > 1 else ""
    if (found := IN_BRACKETS.fullmatch(entry)) and (layer := finder.layer(found["name"])):
        return layer, found["text"]
    last = PARTS.split(entry)[-1]
    if last != entry and (layer := finder.layer(last)):
        return layer, entry[: entry.rindex(last)].rstrip(" —–-:\t=>→,")
    return None, entry
