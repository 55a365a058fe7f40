"""Tells whether two passages have the same words, but for slips of spelling; both in their normalized form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from chipstance.normalization import is_mark
from chipstance.quantities import SCALES

ONE_SLIP, TWO_SLIPS, LONGEST = 4, 8, 40
"""A word of so many letters may have one slip, or two; the words of more than the last have to be the same."""

REPLACED = 5
"""A word of so many letters may have another letter in the place of one."""

HEAD = 6
"""A word of so many letters may lack its first letter; another first letter makes another word."""

SWAPPED, PAIR = 3, 2
"""In a word of so many letters, so many neighbours may change places; they can't be two other letters."""

ARTICLES = frozenset(("the", "a", "an"))
LOOSE = frozenset(("few", "little", "lot", "couple"))
"""Words that an article before them belongs to, beside those of numbers."""

NUMBERS = frozenset(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety zero half quarter quarters third thirds dozen dozens
    once twice double doubled triple tripled first second tens percent
    """.split()  # noqa: SIM905 - a word list
).union(SCALES, (f"{scale}s" for scale in SCALES))
NEGATIONS = frozenset(
    """
    not no never nor neither none nobody nothing nowhere without cannot hardly barely scarcely cant wont dont doesnt
    didnt isnt arent wasnt werent shouldnt wouldnt couldnt hasnt havent hadnt mustnt neednt aint shant mightnt nt
    """.split()  # noqa: SIM905
)
PREFIXES = frozenset(("a", "un", "in", "im", "il", "ir", "dis", "non", "de", "mis", "anti", "re", "counter"))
"""What makes another word of a word, be it put before it or parted from it."""

TOKEN = re.compile(r"\d(?:[\d.,'’]*\d)?|[^\W\d_]+(?:['\ufffd][^\W\d_]+)*|[^\w\s]")
NOT = re.compile(r"(?<=[^\W\d_]) ?(?=n['\ufffd]t(?![^\W_]))")


def same_wording(one: str, other: str) -> bool:
    """Tell whether two passages have the same numbers, signs of currency and negations, and the same words.

    A word may have a slip or two of spelling by its length, and may be parted; articles count for nothing.
    """
    first, second = _tokens(one), _tokens(other)
    return _vital(first) == _vital(second) and _same(first, second)


def vital(text: str) -> list[str]:
    """Return the numbers, signs of currency and negations of a normalized passage, in order."""
    return _vital(_tokens(text))


def _vital(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token in NUMBERS or token in NEGATIONS or not token.isalpha()]


def _tokens(text: str) -> list[str]:
    """Return numbers, signs of currency and words, these without the marks in them."""
    plain = "".join(char for char in text if not is_mark(char)).replace("cannot", "can not")
    found = (match.group() for match in TOKEN.finditer(NOT.sub("", plain)))
    words = (each if each[0].isdigit() else each.replace("'", "").replace("\ufffd", "") for each in found)
    return [each for each in words if each and (each[0].isalnum() or each == "%" or unicodedata.category(each) == "Sc")]


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    at, to = 0, 0
    while at < len(one) or to < len(other):
        if at < len(one) and to < len(other) and _same_word(one[at], other[to]):
            at, to = at + 1, to + 1
        elif parts := _joined(one[at : at + 3], other[to : to + 3]):
            at, to = at + parts[0], to + parts[1]
        elif _is_article(one, at):
            at += 1
        elif _is_article(other, to):
            to += 1
        else:
            return False
    return True


def _is_article(tokens: Sequence[str], at: int) -> bool:
    """Tell whether an article stands there: not ``a`` as in ``a million`` and ``a few``."""
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    return at < len(tokens) and tokens[at] in ARTICLES and (tokens[at] == "the" or after not in NUMBERS | LOOSE)


def _joined(one: Sequence[str], other: Sequence[str]) -> tuple[int, int] | None:
    """Return how many words of each side are the same but for the spaces, if no prefix is parted or put on."""
    for count in range(1, len(one) + 1):
        for number in range(1, len(other) + 1):
            if "".join(one[:count]) == "".join(other[:number]) and not PREFIXES.intersection((one[0], other[0])):
                return count, number
    return None


def _same_word(one: str, other: str) -> bool:
    """Tell whether two words differ by slips of spelling alone, and few for their length."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(longer) > LONGEST or not (one.isalpha() and other.isalpha()):
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(shorter))
    tail = _shared_end(one[same:], other[same:])
    left, right = one[same : len(one) - tail], other[same : len(other) - tail]
    if len(left) == len(right) == PAIR:
        return left == right[::-1] and len(shorter) >= SWAPPED
    if same == 0 and (len(longer) < HEAD or len(left + right) > 1 or left + right in PREFIXES):
        return False
    if len(left) == len(right) == 1:
        return len(shorter) >= REPLACED
    allowed = (len(shorter) >= ONE_SLIP) + (len(shorter) >= TWO_SLIPS)
    return _distance(left, right) <= allowed


def _shared_end(one: str, other: str) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _distance(one: str, other: str) -> int:
    """Return how many letters are put in, left out, replaced or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, char in enumerate(one, 1):
        row = [at]
        for to, letter in enumerate(other, 1):
            best = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (char != letter))
            swapped = at > 1 and to > 1 and char == other[to - 2] and one[at - 2] == letter
            row.append(min(best, before[to - 2] + 1) if swapped else best)
        before, last = last, row
    return last[-1]
