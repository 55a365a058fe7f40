"""Finds where a text differs from a quotation by a few slips; both in their normalized form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chipstance.normalization import Place, is_mark

CODE_POINTS_PER_SLIP = 6
"""A slip is allowed for every so many code points of the quotation; a shorter one has to be there as it stands."""

ARTICLE_SLIPS = 4
"""An article and its space, more or less, are so many slips; they are allowed where two slips are."""

NUMBER_MARKS = ".,'’"
"""Marks inside numbers."""

PLURAL = re.compile(r"s(?![^\W_])")
"""What may be left out after a number: ``1990|s``."""

EDGE = " '.,;:!?-[]()"
"""Marks at the edges of a quotation that are not looked for."""


def nearest(needle: str, text: str) -> tuple[int, list[Place]]:
    """Return the fewest slips, and the places that differ by so many from what is sought.

    A place begins and ends where words do, if few enough slips allow it. Nothing is found where more are needed.

    Args:
        needle: what is sought, without marks at its edges.
        text: where.
    """
    allowed = len(needle) // CODE_POINTS_PER_SLIP
    allowed = max(allowed, ARTICLE_SLIPS) if allowed > 1 else allowed
    if not allowed or not text:
        return 0, []
    distances = _distances(needle, text, free_start=True)
    near = (end for end, slips in enumerate(distances) if slips <= allowed)
    ends = [end for end in near if text[end - 1] not in EDGE and not splits(text, end)]
    if not ends:
        return 0, []
    fewest = min(distances[end] for end in ends)
    apart = _apart([end for end in ends if distances[end] == fewest], len(needle) // 2)
    found = [(*_start(needle, text, end, allowed), end) for end in apart]
    slips = min(found)[0]
    return slips, [(start, end) for count, start, end in found if count == slips]


def splits(text: str, edge: int) -> bool:
    """Tell whether a place is inside a word, or before the mark of a letter."""
    if not 0 < edge < len(text):
        return False
    return is_mark(text[edge]) or (_is_word(text[edge - 1]) and _is_word(text[edge]))


def cuts_number(text: str, edge: int) -> bool:
    """Tell whether a place is inside a number, its marks and what is written on to it included: ``5|.6|m``."""
    if not 0 < edge < len(text):
        return False
    before, after = text[max(0, edge - 2) : edge].rjust(2), text[edge : edge + 2]
    second, first = before[0], before[1]
    if first.isdigit() or after[0].isdigit():
        if first.isalnum() and after[0].isalnum():
            return PLURAL.match(text, edge) is None
        return (second.isdigit() and first in NUMBER_MARKS) or (after[0] in NUMBER_MARKS and after[1:].isdigit())
    return False


def _is_word(char: str) -> bool:
    return char.isalnum() or is_mark(char)


def _distances(needle: str, text: str, *, free_start: bool) -> list[int]:
    """Return, for every end in the text, the edit distance of the needle to the best passage that ends there.

    Bit-parallel (Myers 1999, A fast bit-vector algorithm for approximate string matching), one integer a column.

    Args:
        needle: what is sought.
        text: where.
        free_start: whether the passage begins anywhere, or at the text's beginning.
    """
    mask, top = (1 << len(needle)) - 1, 1 << (len(needle) - 1)
    equal: dict[str, int] = {}
    for bit, char in enumerate(needle):
        equal[char] = equal.get(char, 0) | 1 << bit
    plus, minus, distance = mask, 0, len(needle)
    distances = [distance]
    for char in text:
        same = equal.get(char, 0)
        diagonal = (((same & plus) + plus) ^ plus) | same | minus
        right_plus, right_minus = minus | (mask & ~(diagonal | plus)), plus & diagonal
        distance += (right_plus & top > 0) - (right_minus & top > 0)
        right_plus = (right_plus << 1 | (not free_start)) & mask
        plus = (right_minus << 1 & mask) | (mask & ~(same | minus | right_plus))
        minus = right_plus & (same | minus)
        distances.append(distance)
    return distances


def _start(needle: str, text: str, end: int, allowed: int) -> tuple[int, int]:
    """Return the slips and the start of the passage that ends at ``end``: where a word begins, if that is allowed."""
    window = text[max(0, end - len(needle) - allowed) : end]
    distances = _distances(needle[::-1], window[::-1], free_start=False)
    _, _, slips, _, negative = min(
        (text[end - length] in EDGE, splits(text, end - length), distance, abs(length - len(needle)), -length)
        for length, distance in enumerate(distances)
        if length and distance <= allowed
    )
    return slips, end + negative


def _apart(ends: list[int], distance: int) -> Iterator[int]:
    """Yield the ends that are no nearer to the one before."""
    last = -distance - 1
    for end in ends:
        if end - last > distance:
            yield end
            last = end
