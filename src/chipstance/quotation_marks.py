"""Quotation marks: what of a statement they hold, and what stands beside it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from chipstance.model import Span
from chipstance.rules import Labels

OPENING, CLOSING, STRAIGHT = "“«„", "”»", '"'
MARKS = OPENING + CLOSING + STRAIGHT
SINGLE_OPENING, SINGLE_CLOSING = "‘'", "’'"
_LINK = re.compile(r"(https?://|pic\.|www\.)\S")
_CREDIT = ("—", "–", "-")
BESIDE = 500
"""So many code points before and behind a statement are looked at to tell whether it has lines of its own."""


def unquoted(text: str) -> tuple[bool, str]:
    """Return whether a text holds quotation marks, and what of it stands outside them.

    A quotation in single marks counts where it encloses the whole. The last mark closes, whatever its form.
    """
    if len(text) > 1 and text[0] in SINGLE_OPENING and text[-1] in SINGLE_CLOSING:
        return True, ""
    outside, inside, marked = [], False, False
    for place, character in enumerate(text):
        if character not in MARKS:
            outside.append("" if inside else character)
            continue
        marked = True
        last = place == len(text) - 1
        inside = not last and (character in OPENING or (character in STRAIGHT and not inside))
    return marked, "".join(outside)


def enclosed(text: str, span: Span) -> bool:
    """Tell whether quotation marks stand directly left and right of a span that holds none."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    pair = bool(before and after) and before in OPENING + STRAIGHT and after in CLOSING + STRAIGHT
    return pair and not unquoted(span.text)[0]


def is_block(text: str, span: Span) -> bool:
    """Tell whether a statement is a block quotation or an embedded post: no cue, or lines of its own."""
    if span.attributes.get("cue", "") is None:
        return True
    before = text[max(0, span.start - BESIDE) : span.start].rpartition("\n")[2]
    after = text[span.end : span.end + BESIDE].partition("\n")[0]
    return not before.strip() and _is_link_only(after)


def _is_link_only(text: str) -> bool:
    """Tell whether a text is nothing but links, and perhaps, behind a dash, whom it is from."""
    for word in text.split():
        if word.startswith(_CREDIT):
            return True
        if not _LINK.match(word):
            return False
    return True


def statement_ends(labels: Labels) -> Mapping[int, Sequence[int]]:
    """Return where the statements end that begin at a place, sorted."""
    ends: dict[int, set[int]] = defaultdict(set)
    for _, span in labels.layer("statement"):
        ends[span.start].add(span.end)
    return {start: sorted(found) for start, found in ends.items()}


def without_nested(span: Span, ends: Mapping[int, Sequence[int]]) -> str:
    """Return a statement's text with the statements inside it blanked out.

    Args:
        span: the statement.
        ends: where the statements end, by where they begin.
    """
    blank, kept = span.start, []
    for place, character in enumerate(span.text, start=span.start):
        inside = ends.get(place, ())
        longest = bisect_right(inside, span.end - (place == span.start))  # it is not inside itself
        blank = max(blank, inside[longest - 1] if longest else 0)
        kept.append(" " if place < blank else character)
    return "".join(kept)
