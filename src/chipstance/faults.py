"""What a schema refuses, and how a message names a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from reprlib import Repr
from typing import Any

MOST_FAULTS = 10_001
"""So many faults of a value are told: one more than a report lists."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that a schema refuses.

    Attributes:
        pointer: JSON pointer of the value.
        message: what is wrong and how to mend it.
        key: whether the key, not the value, is at fault.
        rule: id of the rule it breaks.
    """

    pointer: str
    message: str
    key: bool = False
    rule: str = "schema"


_NUMBER = re.compile(r"(-?)([0-9]+)\.?([0-9]*)(?:[eE]([-+]?[0-9]{1,999}))?")
_repr = Repr()
_repr.maxstring = _repr.maxother = 60
_repr.maxlevel = 1


def show(value: Any) -> str:
    """Return a value as a message names it: as JSON writes it, and cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _repr.repr(value)


def whole(written: str) -> str:
    """Return the whole number that a number of JSON is exactly, without point and exponent; empty where it is none.

    Args:
        written: the number, which is none that only infinity is near to.
    """
    found = _NUMBER.fullmatch(written)
    if not found:
        return ""
    digits = (found[2] + found[3]).lstrip("0")
    told = digits.rstrip("0")
    zeros = len(digits) - len(told) - len(found[3]) + int(found[4] or 0)
    return "0" if not told else "" if zeros < 0 else f"{found[1]}{told}{'0' * zeros}"
