"""Decides what of a language model's answer counts, and whether it answers at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

from chipstance.answer_items import Fault, Item, ItemFinder
from chipstance.answer_lines import line_items
from chipstance.answer_reader import MOST_REMARKS, Mend
from chipstance.answer_thoughts import without_thoughts
from chipstance.answers import Answer, AnswerError, read_values
from chipstance.layers import Layers

NAMED = re.compile(
    r"(?:answer|result|output|final|corrected|revised|spans|labels)\w{0,4}\W*(?:```\w*\s*)?$", re.IGNORECASE
)

_Row = tuple[Answer, ItemFinder, list[Item]]
"""A value of an answer, what read it, and its items."""


def read_items(answer: str, layers: Layers, text: str = "") -> tuple[list[Item], list[Mend | Fault]]:
    """Return the items of an answer, and what was mended or left out.

    Args:
        answer: the answer as it came.
        layers: the corpus's layers.
        text: the document's text, in which an answer that repeats it with tags shows where each stands.

    Raises:
        AnswerError: nothing can be read: not even that there are no spans.
    """
    try:
        values = read_values(answer)
    except AnswerError:
        if read := _from_lines(answer, layers, text):
            return read
        raise
    found = [(value, finder, list(finder.items(value.value))) for value in values for finder in [ItemFinder(layers)]]
    usable = [row for row in found if row[2] or (row[1].says_none(row[0].value) and not _is_cut(row[0]))]
    if usable:
        return _chosen(found, usable)
    if all(_is_plain(value.value) for value in values) and (read := _from_lines(answer, layers, text)):
        return read
    raise AnswerError(_why(found))


def unreadable(answer: str, layers: Layers) -> str:
    """Return why nothing can be read in an answer; nothing where something can."""
    try:
        read_items(answer, layers)
    except AnswerError as error:
        return str(error)
    return ""


def capped(remarks: Iterable[Mend | Fault]) -> tuple[Mend | Fault, ...]:
    """Return remarks with no more of a kind than ``MOST_REMARKS``; one more counts the rest."""
    counts: Counter[tuple[type, str]] = Counter()
    kept: list[Mend | Fault] = []
    for remark in remarks:
        counts[type(remark), remark.kind] += 1
        if counts[type(remark), remark.kind] <= MOST_REMARKS:
            kept.append(remark)
    for (sort, kind), count in counts.items():
        if count > MOST_REMARKS:
            message = f"{count - MOST_REMARKS} more of this kind"
            kept.append(Mend(kind, message) if sort is Mend else Fault(kind, "", message))
    return tuple(kept)


def _from_lines(answer: str, layers: Layers, text: str) -> tuple[list[Item], list[Mend | Fault]] | None:
    finder = ItemFinder(layers)
    items = list(line_items(without_thoughts(answer), finder, text))
    return (items, [Mend("text-lines", "no JSON: read from lines of text"), *finder.faults]) if items else None


def _is_cut(answer: Answer) -> bool:
    """Tell whether something of a value is lost: it does not say that there is nothing."""
    return any(mend.kind in ("truncated", "broken") for mend in answer.mends)


def _is_plain(value: object) -> bool:
    """Tell whether a value is a list of texts or numbers, as words in brackets are."""
    return isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value)


def _why(rows: Sequence[_Row]) -> str:
    """Return why no value is an answer."""
    faults = [fault for _, finder, _ in rows for fault in finder.faults]
    if any(_is_cut(value) for value, *_ in rows):
        return "it was cut off before the first whole span"
    if not faults:
        return 'the JSON has no layer and no "spans" in it: {"spans": []} says that there are none'
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"nothing in the JSON can be used: {faults[0].pointer or '/'}: {faults[0].message}{more}"


def _chosen(rows: Sequence[_Row], usable: Sequence[_Row]) -> tuple[list[Item], list[Mend | Fault]]:
    """Return the items of the value that is the answer.

    That is the last with spans, or that says that there are none: what stands before may repeat the question's example,
    or be a draft. Values before it about other layers are parts of the answer, and so are single spans. A bare ``[]``
    says so only where it is alone, or named as the answer.
    """
    usable = [row for row in usable if row[0].value or NAMED.search(row[0].before)] or usable[-1:]
    singles = list(takewhile(_is_single, reversed(usable)))[::-1]
    kept = singles or _about_other_layers([row for row in usable if not _is_single(row)])
    several = [Mend("several-values", f"{len(rows)} JSON values: {len(kept)} read")] if len(kept) < len(rows) else []
    remarks: list[Mend | Fault] = [*several]
    for value, finder, _ in kept:
        remarks += [*value.mends, *finder.faults]
    return [item for *_, items in kept for item in items], list(dict.fromkeys(remarks))


def _is_single(row: _Row) -> bool:
    """Tell whether a value is no list, but a span."""
    return len(row[2]) == 1 and not row[2][0].pointer


def _about_other_layers(rows: Sequence[_Row]) -> list[_Row]:
    """Return the last row, and those before it about layers that no later one is about."""
    kept = [rows[-1]]
    layers = _layers(rows[-1])
    for row in reversed(rows[:-1]):
        if layers and not layers & _layers(row):
            kept.insert(0, row)
            layers |= _layers(row)
    return kept


def _layers(row: _Row) -> set[str]:
    return {item.layer.name for item in row[2]} | row[1].names(row[0].value)
