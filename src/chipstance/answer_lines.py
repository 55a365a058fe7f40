"""Finds quoted spans in an answer that is no JSON: lists under headings, lines ``layer: quotation``, tables, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chipstance.answer_items import LAYER_KEYS, TEXT_KEYS, Item, ItemFinder
from chipstance.layers import Layer

TAG = re.compile(r"<(?P<name>[A-Za-z_]+)(?P<attributes>\s[^<>]*)?>(?P<text>[^<>]*)</(?P=name)>")
TYPED = re.compile(r"(?:layer|type|label|class)\s*=\s*[\"']?(\w+)")
MARKED = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<name>[A-Za-z_ ]+)\)")
BULLET = re.compile(r"\s*(?:[-*•–+]|\d+[.)])\s+")
KEYED = re.compile(r"[\"']?(?P<key>\w+)[\"']?\s?[:=]\s?(?P<value>.+)")
QUOTED = re.compile(r"[\"“'‘`](?P<text>.{1,2000}?)[\"”'’`](?=\s*(?:$|[(\[|—–:,;-]))")
PARTS = re.compile(r" [—–-] | ?\t ?| ?: | ?:$| ?[=-]> ?| → |, ")
IN_BRACKETS = re.compile(r"(?P<text>.+?) ?[(\[](?P<name>[A-Za-z_ ]+)[)\]]$")
SPACES = re.compile(r"[^\S\t]+")
LISTED = re.compile(r"[,;] ")
EMPTY = ("", "none", "n/a", "-", "–", "null", "none found", "no mentions", "empty")


def line_items(answer: str, finder: ItemFinder) -> Iterator[Item]:
    """Yield the items of an answer's lines.

    A line names its layer, or stands as a list item below a heading that does. Anything else is prose.

    Args:
        answer: the answer as it came.
        finder: knows the layers.
    """
    heading: Layer | None = None
    said: dict[str, str] = {}
    for number, line in enumerate(answer.splitlines(), 1):
        pointer = f"line {number}"
        if marked := [(found, layer) for found, layer in _marked(line, finder) if layer]:
            for quoted, named in marked:
                yield from finder.items(quoted.strip(), pointer, named)
            continue
        plain = re.sub(r"\*\*|__|^[\s#>]+", "", SPACES.sub(" ", line)).strip()
        listed = BULLET.match(line)
        entry = BULLET.sub("", plain, count=1)
        if keyed := _keyed(entry):
            said = {keyed[0]: keyed[1]} if listed or keyed[0] in said else said | dict([keyed])
            if (layer := finder.layer(said.get("layer"))) and "text" in said:
                yield from finder.items(said.pop("text"), pointer, layer)
            continue
        layer, text = _split(entry, finder)
        if layer and not text:
            heading = layer
        elif text and (layer or (heading and listed)):
            yield from _items(text, pointer, layer or heading, finder)
        elif plain and not listed:
            heading = None


def _marked(line: str, finder: ItemFinder) -> Iterator[tuple[str, Layer | None]]:
    """Yield what a line marks inside itself, by tags or links."""
    for found in TAG.finditer(line):
        typed = TYPED.search(found["attributes"] or "")
        yield found["text"], finder.layer(found["name"]) or (finder.layer(typed[1]) if typed else None)
    for found in MARKED.finditer(line):
        yield found["text"], finder.layer(found["name"])


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
    if "|" in entry:
        cells = [cell.strip() for cell in entry.strip("| ").split("|")]
        at = next((index for index, cell in enumerate(cells) if finder.layer(cell)), None)
        return (None, entry) if at is None else (finder.layer(cells[at]), [*cells, ""][1 if at == 0 else 0])
    parts = PARTS.split(entry, maxsplit=1)
    if layer := finder.layer(parts[0]):
        return layer, parts[1].strip() if len(parts) > 1 else ""
    if (found := IN_BRACKETS.fullmatch(entry)) and (layer := finder.layer(found["name"])):
        return layer, found["text"]
    last = PARTS.split(entry)[-1]
    if last != entry and (layer := finder.layer(last)):
        return layer, entry[: entry.rindex(last)].rstrip(" —–-:\t=>→,")
    return None, entry


def _items(text: str, pointer: str, layer: Layer | None, finder: ItemFinder) -> Iterator[Item]:
    """Yield the quotations of a line: those in quotation marks, else what commas part where spans are names."""
    if QUOTED.match(text):
        quoted = [found["text"] for found in QUOTED.finditer(text)]
    else:
        quoted = LISTED.split(text) if layer and layer.overlap == "none" else [text]
    for each in quoted:
        if each.strip(" .*_").lower() not in EMPTY:
            yield from finder.items(each, pointer, layer)
