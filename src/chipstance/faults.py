"""What a schema refuses, and how a message names a value."""

from __future__ import annotations

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


_repr = Repr()
_repr.maxstring = _repr.maxother = 60
_repr.maxlevel = 1


def show(value: Any) -> str:
    """Return a value as a message names it: as JSON writes it, and cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _repr.repr(value)
