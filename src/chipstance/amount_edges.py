"""Looks beside an amount: was it cut short (``$3`` of ``$3 billion``), and does it count something else?

Whether the words beside a span belong to it is tried out: they do where the longer text reads as another amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chipstance.amounts import TOKEN, Literal, read_literal

WINDOW = 60
"""Characters on each side that are looked at."""
_MOST = 8
"""Words on each side that are tried."""

_ADJECTIVE = re.compile(r"[\w.,]+(?:-\w+)*-[a-z]+", re.IGNORECASE)
_JOINTS = re.compile(r"^from\s|^\W*(?:to|or|and)?\s+|\s+(?:to|or|and)?\W*$")
_UNSPACED = re.compile(r"^[-\u2010\u2011–]\S|\S[-\u2010\u2011–]$")
_PART = re.compile(r"and (?:a|one) (?:half|quarter)$")
_COUNTED = re.compile(
    r"\s?%|[\s-](?:per ?cent|percentage)\b|\s(?:of (?:them|these|those)\b|(?:of )?"
    r"(?:(?!(?:a|an|and|as|at|by|for|from|in|into|of|on|or|per|that|the|to|with)\b)[\w-]+ )?"
    r"(?:shares?|chips?|processors?|gpus?|cpus?|users?|customers?|subscribers?|people|downloads|watts?|megawatts?"
    r"|gigawatts?|tokens|parameters|units|times|years|days|hours)\b)",
    re.IGNORECASE,
)


def counts_else(text: str, start: int, end: int) -> bool:
    """Say whether an amount without a currency counts something other than money: ``5 million`` of its shares."""
    literal = read_literal(text[start:end])
    return bool(literal and not literal.currencies and _COUNTED.match(text, end, end + WINDOW))


def whole_amount(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the offsets of the whole amount that a span was cut from; None where it is whole, or no amount.

    Args:
        text: the annotated text.
        start: offset of the span in code points.
        end: offset behind it.
    """
    own = read_literal(text[start:end])
    if own is None:
        return None
    longer = [edges for edges in _longer(text, start, end) if _adds(text, (start, end), edges, own)]
    if not longer:
        return None
    both = min(edges[0] for edges in longer), max(edges[1] for edges in longer)
    return both if read_literal(text[slice(*both)]) else longer[0]


def _longer(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the longest amount in the same line that ends with a span, and the longest that begins with it."""
    first = max(text.rfind("\n", 0, start) + 1, start - WINDOW)
    line_end = text.find("\n", end)
    last = min(len(text) if line_end < 0 else line_end, end + WINDOW)
    tokens = [match.span() for match in TOKEN.finditer(text, first, last) if match[0].strip()]
    if not (_ADJECTIVE.fullmatch(text, start, end) and text[start - 1 : start].isspace()):  # five million-dollar homes
        lefts = [left for left, _ in tokens if left < start][-_MOST:]
        yield from [(left, end) for left in lefts if read_literal(text[left:end])][:1]
    rights = [right for _, right in tokens if right > end][:_MOST]
    yield from [(start, right) for right in rights if read_literal(text[start:right])][-1:]


def _adds(text: str, span: tuple[int, int], edges: tuple[int, int], own: Literal) -> bool:
    """Say whether a longer text is an amount that says something else, or names a currency more."""
    longer = read_literal(text[slice(*edges)])
    if longer is None or text[edges[0] : edges[1]].strip("- ") == text[slice(*span)]:
        return False
    added = text[edges[0] : span[0]] + text[span[1] : edges[1]]
    if _PART.search(added) and re.match(r"\s+\w", text[edges[1] : edges[1] + 2]):  # $2 million and a half share
        return False
    if longer.kind == "range" and own.kind != "range":
        return _one_range(text[: span[0]], added, own, longer)
    if longer.kind == own.kind == "vague" and re.search(r"\bor\b|\bif not\b", added):
        return True
    return (longer.low, longer.high, longer.currencies) != (own.low, own.high, own.currencies)


def _one_range(before: str, added: str, own: Literal, longer: Literal) -> bool:
    """Tell a range from two amounts (``$3 million to $5 million``): its parts don't stand alone, or ``between``."""
    if _UNSPACED.search(added) or added.lower().startswith("between") or before.lower().endswith("between "):
        return True
    other = read_literal(_JOINTS.sub("", added))
    return other is None or {own.low, other.low} != {longer.low, longer.high}
