"""Which of the names that are there may be meant for those that are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

ALIKE = 0.75
"""How much of two names is the same, at least, where one is meant for the other."""
MOST = 20
"""Of so many names at most it is asked which are like each other; of more, which are the same but for the case."""


def alike(missing: Collection[str], there: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that is missing with the only one there that is the same but for the case, or else like it."""
    same: dict[str, list[str]] = {}
    for name in there:
        same.setdefault(name.casefold(), []).append(name)
    few = max(len(missing), len(there)) <= MOST
    for name in missing:
        found = same.get(name.casefold()) or [other for other in there if few and _is_like(name, other)]
        if len(found) == 1:
            yield name, found[0]


def _is_like(name: str, other: str) -> bool:
    one, another = (each.casefold().partition(".")[0] for each in (name, other))
    return bool(get_close_matches(one, [another], cutoff=ALIKE))
