"""Numbers as newspapers write them: ``2.5 billion``, ``a million and a half``, ``hundreds of thousands``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from operator import mul

THOUSAND = 1000
MOST_WORDS = 20
"""More words than a number has: a bound on the work, so that no text is slow to read."""
LARGEST = 18
"""The highest power of ten that scale words name together."""

SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
SHORT = {"k": 3, "m": 6, "mn": 6, "mln": 6, "mm": 6, "b": 9, "bn": 9, "bln": 9, "t": 12, "tn": 12, "trn": 12}
"""Scales that count right after digits only: ``5m``."""

_PLURALS = {"tens": 1, "dozens": 1, **{f"{word}s": power for word, power in SCALES.items()}}
_POWERS = {**SCALES, **SHORT, **_PLURALS}
_DIGITS = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?")
_SYMBOLS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_TAILS = {
    ("and", "a", "half"): Decimal("0.5"), ("and", "one", "half"): Decimal("0.5"),
    ("and", "a", "quarter"): Decimal("0.25"), ("and", "three", "quarters"): Decimal("0.75"),
}  # fmt: skip
_LEADS = {
    ("half",): Decimal("0.5"), ("a", "half"): Decimal("0.5"), ("one", "half"): Decimal("0.5"),
    ("a", "quarter"): Decimal("0.25"), ("quarter",): Decimal("0.25"), ("one", "quarter"): Decimal("0.25"),
    ("three", "quarters"): Decimal("0.75"), ("three", "quarter"): Decimal("0.75"),
}  # fmt: skip
_LOOSE = re.compile(
    r"(?:several|a few|few|many|multiple|a couple(?: of)?|couple of|untold|countless)\s+(.+)|multi\s*(.+)"
)
_ALTERNATIVES = re.compile(r"\s(?:or even|or perhaps|and even|if not|or|to|and)\s")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number.

    Attributes:
        value: what it is worth.
        scales: what its closing scale words are worth, the longest run of them first: 100000 and 1000 for
            ``three hundred thousand``. A range can share them.
    """

    value: Decimal
    scales: tuple[Decimal, ...] = ()

    @property
    def large(self) -> bool:
        """Whether it has a scale from a thousand up."""
        return any(scale >= THOUSAND for scale in self.scales)


def read_quantity(words: Sequence[str]) -> Quantity | None:
    """Read the words of a number, in lower case; None where they are none."""
    if not words or len(words) > MOST_WORDS:
        return None
    for tail, part in _TAILS.items():
        if tuple(words[-3:]) == tail and (whole := _counted(words[:-3])):
            return Quantity(whole.value + part * (whole.scales[-1] if whole.large else 1), whole.scales)
    return _counted(words)


def _counted(words: Sequence[str]) -> Quantity | None:
    """Read a number that closes with its scale words, if it has any."""
    head, run = list(words), list[int]()
    while head and (power := _scale(head)) is not None and (not run or power <= run[0]):
        run.insert(0, power)
        head.pop()
    if sum(run) > LARGEST:
        return None
    factor = Decimal(10 ** sum(run))
    scales = tuple(accumulate((Decimal(10**power) for power in reversed(run)), mul))[::-1]
    number = _fraction(head) if run else None
    number = _plain(head) if number is None else number
    if number is not None:
        return Quantity(number * factor, scales)
    whole = _spelled(words)  # several scales, as in "one million two hundred thousand"
    return None if whole is None else Quantity(whole, scales)


def _scale(words: list[str]) -> int | None:
    """Return the power of ten of the last word, if it is a scale."""
    if words[-1] in SHORT:
        return SHORT[words[-1]] if len(words) > 1 and _digits(words[-2]) is not None else None
    return SCALES.get(words[-1])


def _fraction(words: list[str]) -> Decimal | None:
    """Read what stands before a scale: ``half a``, ``a quarter of a``, and nothing at all in ``million-dollar``."""
    bare = tuple(words)
    bare = bare[:-1] if bare[-1:] == ("a",) and len(bare) > 1 else bare
    bare = bare[:-1] if bare[-1:] == ("of",) else bare
    return _LEADS.get(bare) if bare else Decimal(1)


def _plain(words: list[str]) -> Decimal | None:
    """Read a number that has no scale of its own: ``2.5``, ``twenty-five``, ``two and a half``."""
    for tail, part in _TAILS.items():
        if tuple(words[-3:]) == tail:
            whole = _plain(words[:-3])
            return None if whole is None else whole + part
    if len(words) == 1 and (number := _digits(words[0])) is not None:
        return number
    return None if any(word in SCALES and word != "hundred" for word in words) else _spelled(words)


def _digits(word: str) -> Decimal | None:
    part = _SYMBOLS.get(word[-1:], Decimal(0))
    whole = word[:-1] if part else word
    if part and not whole:
        return part
    return Decimal(whole.replace(",", "")) + part if whole and _DIGITS.fullmatch(whole) else None


def _spelled(words: Sequence[str]) -> Decimal | None:
    from text_to_num import text2num

    text = re.sub(r"^an?\b", "one", " ".join(words))
    if not re.fullmatch(r"[a-z]+(?: [a-z]+)*", text) or all(word in SCALES for word in text.split()):
        return None
    try:
        return Decimal(text2num(text, "en"))
    except ValueError:
        return None


def read_vague(words: Sequence[str]) -> Decimal | None:
    """Read an amount without a number: the scale named, of several the smallest, as it is a lower bound."""
    if not words or len(words) > MOST_WORDS:
        return None
    text = " ".join(words)
    if loose := _LOOSE.fullmatch(text):
        named = (loose[1] or loose[2]).split()
        return _product(named) if all(word in SCALES or word in _PLURALS or word == "of" for word in named) else None
    parts = [part.split() for part in _ALTERNATIVES.split(text)]
    return min(_shared(parts)) if all(_multiple(part) for part in parts) else None


def _multiple(words: list[str]) -> bool:
    """Say whether words are like ``hundreds of millions``: one of them at least is a plural."""
    known = all(word in _PLURALS or word in SCALES or word == "of" for word in words)
    return known and any(word in _PLURALS for word in words)


def _product(words: Sequence[str]) -> Decimal:
    return Decimal(10 ** sum(_POWERS[word] for word in words if word != "of"))


def _shared(parts: list[list[str]]) -> Iterator[Decimal]:
    """Yield each part's worth; ``tens or hundreds of millions`` shares its millions."""
    *_, last = parts
    shared = last[last.index("of") :] if "of" in last else []
    for part in parts:
        alone = len(part) == 1 and _POWERS[part[0]] < min((_POWERS[word] for word in shared if word != "of"), default=0)
        yield _product([*part, *shared] if alone else part)
