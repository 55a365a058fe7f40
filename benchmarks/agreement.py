"""Compare our γ with pygamma-agreement's in one run: the same texts, the same random texts, the same result.

Needs the extra ``benchmark``: uv pip install -e '.[benchmark]'
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chipstance.gamma import FIRST_SAMPLES, Continuum, continuum, normalized, shuffled

CATEGORIES = "abc"
ALIKE = 0.9
"""Share of units that an annotator keeps, and of those that get the usual category."""
TOLERANCE = 1e-4
"""pygamma-agreement computes with 32-bit floats."""

CASES = {"2 annotators, 40 units": (2, 40), "2 annotators, 200 units": (2, 200), "3 annotators, 40 units": (3, 40)}


def main() -> None:
    """Print both times and their ratio for texts of several sizes."""
    import pygamma_agreement as pygamma

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    dissimilarity = pygamma.CombinedCategoricalDissimilarity(alpha=1, beta=1, delta_empty=1)
    theirs_of(text(2, 5, seed=1), dissimilarity)  # compiled now, not while the clock runs
    for name, (annotators, units) in CASES.items():
        observed = text(annotators, units, seed=0)
        random = np.random.default_rng(0)
        texts = [observed, *(shuffled(observed, random) for _ in range(FIRST_SAMPLES))]
        ours, seconds = timed(lambda texts=texts: [normalized(each) for each in texts])
        theirs, their_seconds = timed(lambda texts=texts: [theirs_of(each, dissimilarity) for each in texts])
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE)
        values = " = ".join(f"{1 - disorders[0] / np.mean(disorders[1:]):.4f}" for disorders in (ours, theirs))
        times = f"ours {seconds:.3f} s, pygamma-agreement {their_seconds:.3f} s, ratio {their_seconds / seconds:.0f}"
        print(f"{name}, {FIRST_SAMPLES} random texts: γ {values}; {times}")


def text(annotators: int, units: int, seed: int) -> Continuum:
    """Return a text of which every annotator has marked much the same units."""
    random = np.random.default_rng(seed)
    length = 45 * units
    starts = np.sort(random.choice(length, units, replace=False))
    lengths = random.integers(3, 60, units)
    kinds = random.integers(len(CATEGORIES), size=units)

    def labelled() -> list[tuple[int, int, tuple[str]]]:
        moved = starts + random.integers(-4, 5, units)
        changed = np.where(random.random(units) < ALIKE, kinds, random.integers(len(CATEGORIES), size=units))
        kept = random.random(units) < ALIKE
        rows = zip(moved, moved + lengths, changed, kept, strict=True)
        return [(int(start), int(end), (CATEGORIES[kind],)) for start, end, kind, keep in rows if keep]

    return continuum(length, [labelled() for _ in range(annotators)])


def theirs_of(made: Continuum, dissimilarity: Any) -> float:
    """Return the disorder of a text's best alignment by pygamma-agreement."""
    import pygamma_agreement as pygamma
    from pyannote.core import Segment

    their = pygamma.Continuum()
    for number, marked in enumerate(made.annotators):
        their.add_annotator(str(number))
        for (start, end), (category,) in zip(marked.places, marked.categories, strict=True):
            their.add(str(number), Segment(start, end), str(category))
    return float(their.get_best_alignment(dissimilarity).disorder)


def timed(action: Callable[[], list[float]]) -> tuple[list[float], float]:
    """Return what an action returns, and how long it took in seconds."""
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    main()
