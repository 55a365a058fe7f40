"""Tells what the lines of a file are, where nobody says it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice

from chipstance.inputs import DOCUMENTS, PREDICTIONS, UNCLEAR, Part, open_part
from chipstance.line_looks import beginning, refuse
from chipstance.streams import Line

OF_PREDICTIONS = frozenset({"doc", "system", "spans", "answer"})
"""The keys of a line of predictions."""
TEXTS = frozenset({"text", "texts"})
"""How a document's text is called, also by those who write it wrongly."""
LOOKED_AT, LOOKED_INTO = 500, 16 << 20
"""Among so many lines, and about so many bytes, the first that can be told say what a file holds."""
ASKED = 20
"""So many of them, since the first may be the one that is wrong."""


def parts_kind(part: Part, kind: str) -> str:
    """Return the kind of all parts of a plain file of lines.

    Args:
        part: all of the file.
        kind: what it is said to be; empty for what its first lines seem to be.

    Raises:
        OSError: the file can't be read.
        chipstance.streams.StreamError: it is something else than its name says.
    """
    with open_part(part) as lines:
        first = beginning(lines)
        refuse(first)
        return kind or kind_of(chain(first, lines))


def kind_of(lines: Iterable[Line]) -> str:
    """Return what a file's lines are, by what most of the first that can be told are; ``unclear`` where none can.

    A line with a text is a document. One with spans, or an answer, is a prediction; if it has keys of neither, only
    where no other line tells. A line that can't be read decides nothing.
    """
    sure, likely, size = Counter[str](), UNCLEAR, 0
    for line in islice(lines, LOOKED_AT):
        kind, is_sure = _telling(line.data)
        sure[kind] += is_sure
        likely = kind if likely == UNCLEAR else likely
        size += len(line.data)
        if sure.total() == ASKED or size > LOOKED_INTO:
            break
    if not sure.total():
        return likely
    return DOCUMENTS if sure[DOCUMENTS] >= sure[PREDICTIONS] else PREDICTIONS


def _telling(line: bytes) -> tuple[str, bool]:
    """Return what a line seems to be, and whether that is sure."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return UNCLEAR, False
    if isinstance(value, list) and value:
        value = value[0]  # of which there should be one on each line
    keys = set(value) if isinstance(value, dict) else set()
    if TEXTS & {key.casefold() for key in keys}:
        return DOCUMENTS, True
    return (PREDICTIONS, keys <= OF_PREDICTIONS) if keys & {"spans", "answer"} else (UNCLEAR, False)
