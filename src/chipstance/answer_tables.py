"""Finds the tables in an answer that is no JSON: those of Markdown, and rows parted by commas or tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence

from chipstance.answer_items import ItemFinder
from chipstance.answer_keys import LAYER_KEYS, LOOSE_TEXT_KEYS, TEXT_KEYS, is_empty
from chipstance.layers import Layer

RULE = frozenset("| \t:+=-")
"""What the rule below a table's head is made of."""
PIPE = re.compile(r"(?<!\\)\|")
NUMBER = re.compile(r"#|[Nn](?:o|r|umber)\.?|[Ii]ndex|")
"""The head of a column that counts the rows."""
MARKS = re.compile(r"\*\*|__|`|<br ?/?>")
DELIMITERS = "\t,;"

Row = Mapping[str, str]


def is_row(line: str) -> bool:
    """Tell whether a line is a row of a Markdown table."""
    return line.count("|") > 1 or line.strip().startswith("|")


def table_row(line: str, head: Sequence[str] | None, layer: Layer | None, finder: ItemFinder) -> Row | Sequence[str]:
    """Return a row's cells by the names of their columns, or the names if it is the head; nothing for a rule.

    Args:
        line: a row of a Markdown table.
        head: the names of the columns, if they are known.
        layer: the layer that the heading above the table names.
        finder: knows the layers.
    """
    if "-" in line and RULE.issuperset(line):
        return {}
    cells = [_cell(cell) for cell in PIPE.split(line.strip().removeprefix("|").removesuffix("|"))]
    if head is None and (names := heads(cells, layer, finder)):
        return names
    return by_column(cells, head or _guessed(cells, layer, finder))


def delimited_head(line: str, finder: ItemFinder) -> tuple[str, Sequence[str]] | None:
    """Return the delimiter and the names of the columns, if a line is the head of a table of plain text."""
    for delimiter in DELIMITERS:
        cells = delimited(line, delimiter)
        if len(cells) > 1 and (names := heads(cells, None, finder)):
            return delimiter, names
    return None


def delimited(line: str, delimiter: str) -> Sequence[str]:
    """Return the cells of a line."""
    try:
        return [_cell(cell) for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
    except csv.Error:
        return [_cell(cell) for cell in line.split(delimiter)]


def heads(cells: Sequence[str], layer: Layer | None, finder: ItemFinder) -> Sequence[str]:
    """Return the names of a table's columns; nothing if the cells are no such names."""
    names = ["" if NUMBER.fullmatch(cell) else re.sub(r"[\s-]+", "_", cell.lower()) for cell in cells]
    texts = (
        TEXT_KEYS if layer is None and not any(name in LAYER_KEYS for name in names) else (*TEXT_KEYS, *LOOSE_TEXT_KEYS)
    )
    layers = [name for name in names if name and finder.layer(name)]
    known = layer is not None or any(name in LAYER_KEYS for name in names)
    if known and any(name in texts for name in names):
        return names
    return names if len(layers) > 1 and len(layers) == sum(map(bool, names)) else []


def by_column(cells: Sequence[str], names: Sequence[str]) -> Row:
    """Return what a row's cells hold, without those that hold nothing."""
    return {name: cell for name, cell in zip(names, cells, strict=False) if name and not is_empty(cell)}


def _guessed(cells: Sequence[str], layer: Layer | None, finder: ItemFinder) -> Sequence[str]:
    """Return names for a row whose table has no head: the cell that names a layer, and the next one, or the first."""
    at = next((index for index, cell in enumerate(cells) if finder.layer(cell)), None)
    if at is None and layer is None:
        return []
    others = [index for index, cell in enumerate(cells) if index != at and not is_empty(cell) and not cell.isdigit()]
    text = next((index for index in others if at is not None and index == at + 1 and at == 0), next(iter(others), None))
    return ["layer" if index == at else "text" if index == text else "" for index in range(len(cells))]


def _cell(cell: str) -> str:
    plain = MARKS.sub("", cell.replace("\\|", "|")).strip()
    inner = plain[1:-1]
    return inner if len(plain) > 1 and plain[0] in '"“' and plain[-1] in '"”' and not set(inner) & set('"“”') else plain
