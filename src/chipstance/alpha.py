"""Krippendorff's α for nominal values, with any number of annotators and with values missing.

Klaus Krippendorff (2011): Computing Krippendorff's alpha-reliability. University of Pennsylvania.
On tokens, inside or outside a layer's spans, as PolNeAR reports it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.model import Span
from chipstance.textunits import Unit

Numbers = NDArray[Any]

WORD_OR_SIGN = r"\w+|[^\w\s]"
TOKENIZER = f"regular expression {WORD_OR_SIGN}"

Tokenize = Callable[[str], Sequence[Unit]]


def tokens(text: str) -> tuple[Unit, ...]:
    """Return runs of letters and digits, and single other signs: a split that needs no model.

    Returns:
        Tokens with code-point offsets into the text.
    """
    return tuple(Unit(match.start(), match.end(), match.group()) for match in re.finditer(WORD_OR_SIGN, text))


def inside(units: Sequence[Unit], spans: Iterable[Span]) -> Numbers:
    """Tell for each token whether it shares a code point with a span. Tokens stand in the order of the text."""
    starts, ends = np.array([unit.start for unit in units]), np.array([unit.end for unit in units])
    marks = np.zeros(len(units), dtype=bool)
    for span in spans:
        first, last = np.searchsorted(ends, span.start, "right"), np.searchsorted(starts, span.end, "left")
        marks[first:last] = True
    return marks


def coincidences(counts: Numbers) -> Numbers:
    """Return each unit's part of the coincidence matrix; parts add up.

    Args:
        counts: units × values: how many annotators gave the unit that value. A unit with one value or none counts
            nothing.
    """
    given = counts.sum(axis=1)
    matrices = counts[:, :, None] * counts[:, None, :]
    matrices -= counts[:, :, None] * np.eye(counts.shape[1])
    return np.asarray(matrices * np.where(given > 1, 1 / np.maximum(given - 1, 1), 0)[:, None, None])


def alpha(matrices: Numbers) -> Numbers:
    """Return nominal α of coincidence matrices (last two axes); NaN where it is undefined: one value, or none, used."""
    totals = matrices.sum(axis=-1)
    size = totals.sum(axis=-1)
    agreeing = np.trace(matrices, axis1=-2, axis2=-1)
    expected = size**2 - (totals**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (size - 1) * (size - agreeing) / expected, np.nan)


def nominal_alpha(data: Sequence[Sequence[Hashable | None]]) -> float:
    """Return α of reliability data.

    Args:
        data: one row an annotator, one column a unit; None where a value is missing.
    """
    values = sorted({value for row in data for value in row if value is not None}, key=repr)
    counts = np.array([[column.count(value) for value in values] for column in zip(*data, strict=True)], dtype=float)
    return float(alpha(coincidences(counts.reshape(-1, len(values))).sum(axis=0)))
