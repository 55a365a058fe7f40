"""What the words around an amount make of it: ``nearly $5``, ``more than $5``, ``$5 or so``.

Some words are modifiers in one sentence and plain prepositions in another (``about $5 million were lost``, ``a row
about $5 million``). Where the words beside them don't settle it, every reading is given, the usual one first.
"""

from __future__ import annotations

import re
from functools import cache

_BEFORE = {
    ("at_most",): (
        "under", "below", "up to", "at most", "less than", "fewer than", "lower than", "smaller than", "as much as",
        "as high as", "no more than", "not more than", "never more than", "no greater than", "a maximum of",
        "capped at", "not over", "not above", "<", "≤",
    ),
    ("at_least",): (
        "over", "above", "more than", "greater than", "higher than", "larger than", "bigger than", "at least",
        "no less than", "not less than", "never less than", "no fewer than", "not under", "not below", "upwards of",
        "upward of", "in excess of", "a minimum of", "north of", ">", "≥",
    ),
    ("approximate",): (
        "about", "nearly", "almost", "approximately", "approx.", "roughly", "around", "some", "circa", "c.", "close to",
        "an estimated", "estimated", "in the region of", "in the order of", "on the order of", "somewhere near", "near",
        "more or less", "~", "≈",
    ),
    ("at_least", "exact"): ("exceeding", "exceeds", "exceeded", "topping", "tops", "topped", "surpassing", "surpassed"),
    ("approximate", "exact"): ("perhaps", "maybe", "probably", "possibly"),
    ("approximate", "at_least"): ("little more than", "barely more than"),
    ("approximate", "at_most"): ("shy of", "short of", "approaching", "nearing", "not much more than", "not quite"),
}  # fmt: skip
_EMPHASIS = (
    "just", "only", "a mere", "mere", "exactly", "a full", "a whopping", "a staggering", "a cool", "a record", "even",
)  # fmt: skip
_PREPOSITIONS = ("about", "over", "around", "some", "under", "below", "above", "near", "up to", "as much as")
_AFTER = (
    (("at_least",), re.compile(r"\s*\+|-plus\b|\s(?:or (?:more|higher|above)\b|and (?:up|above)\b)", re.IGNORECASE)),
    (("exact", "at_least"), re.compile(r"\s(?:plus|and more|at least|minimum)\b", re.IGNORECASE)),
    (("at_most",), re.compile(r"\s(?:or (?:less|fewer|lower|below|under)|tops|max)\b", re.IGNORECASE)),
    (("exact", "at_most"), re.compile(r"\s(?:at most|maximum)\b", re.IGNORECASE)),
    (("approximate",), re.compile(r"-(?:odd|ish)\b|\s(?:or so|or thereabouts|more or less)\b", re.IGNORECASE)),
    (("approximate",), re.compile(r",? give or take\b", re.IGNORECASE)),
)  # fmt: skip
_CLEAR = """
a and at averaging borrowed but by cost costing costs earned earning earns for from had has have just little of only or
paid pay paying pays price raised raising reached reaching sold spend spending spends spent than to total totaling
totalled totalling towards valued well when which while with worth
""".split()  # noqa: SIM905 - after these, about, over and the like are modifiers
_MODIFIERS = {word: readings for readings, words in _BEFORE.items() for word in words}
_LONGEST_FIRST = sorted({*_MODIFIERS, *_EMPHASIS}, key=len, reverse=True)
_MOST = 6
"""Modifiers in a row that are looked at."""


def leading_modifier(text: str) -> str:
    """Return the modifiers that a text begins with (``nearly ``, ``more than ``), empty where there is none."""
    found = 0
    while match := _leading().match(text, found):
        found = match.end()
    return text[:found]


@cache
def _leading() -> re.Pattern[str]:
    words = "|".join(re.escape(word) + (r"\b\s*" if word[-1].isalpha() else r"\s*") for word in _LONGEST_FIRST)
    return re.compile(rf"(?:{words})", re.IGNORECASE)


def read_qualifiers(before: str, after: str) -> tuple[str, ...]:
    """Return what an amount with one number can be, the usual reading first.

    Args:
        before: what stands left of it in its sentence.
        after: what stands right of it.
    """
    behind: tuple[str, ...] = next((readings for readings, pattern in _AFTER if pattern.match(after)), ())
    ahead = _ahead(" ".join(before.lower().split()))
    if "exact" in behind and ahead != ("exact",):
        behind = tuple(reading for reading in behind if reading != "exact")
    if behind and "exact" not in behind:
        ahead = tuple(reading for reading in ahead if reading != "exact")
    return tuple(dict.fromkeys((*behind, *ahead)))


def _ahead(left: str) -> tuple[str, ...]:
    found: list[str] = []
    doubtful, emphasized = False, False
    for _ in range(_MOST):
        word = next((word for word in _LONGEST_FIRST if _ends(left, word)), None)
        if word is None:
            break
        left = left[: len(left) - len(word)].rstrip()
        found += _MODIFIERS.get(word, ())
        doubtful = word in _PREPOSITIONS and (emphasized or not _clear(left, word))
        emphasized = emphasized or word not in _MODIFIERS
    exact = ("exact",) if doubtful or not found else ()
    return tuple(dict.fromkeys((*found, *exact)))


def _clear(left: str, word: str) -> bool:
    """Say whether a preposition is a modifier for certain: at the start, or after words that take no such object."""
    last = re.split(r"[ (“‘\"']", left)[-1]
    if word == "up to":
        return last not in ("add", "adds", "added", "adding", "sum", "sums", "summed")
    if word == "as much as":
        return last not in ("twice", "times", "half", "thrice", "not")
    return not last or last in _CLEAR


def _ends(left: str, word: str) -> bool:
    before = left[: -len(word)][-1:]
    return left.endswith(word) and not (word[0].isalpha() and (before.isalnum() or before == "_"))
