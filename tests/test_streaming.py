"""Scoring shard by shard: the same whatever the shards, and intervals as the bootstrap has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipstance.model import Document
from chipstance.score_figures import make_figures
from chipstance.scoring import PARAGRAPH, score
from chipstance.streaming import Shard, Sums, poisson_weights, score_shards, sum_scores
from example_scores import LAYERS, document, documents, span

F1 = ("spans", "cue", "exact", "f1")


def cues(number: int) -> tuple[Document, Document]:
    """Return a gold document and its prediction; two of three are right."""
    name = f"d{number}"
    right = span("cue", 0, 3), span("cue", 4 + (number % 3 == 0), 8)
    return document(span("cue", 0, 3), span("cue", 4, 8), name=name), document(*right, name=name)


def shards(pairs: list[tuple[Document, Document]], size: int) -> list[Shard]:
    parts = (pairs[start : start + size] for start in range(0, len(pairs), size))
    return [([gold for gold, _ in part], {found.id: found for _, found in part}) for part in parts]


def same(one: Sums, other: Sums) -> None:
    assert (one.unit, one.units, one.columns, one.seed) == (other.unit, other.units, other.columns, other.seed)
    np.testing.assert_allclose(one.total, other.total, atol=1e-9)
    np.testing.assert_allclose(one.replicates, other.replicates, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(documents(most=4), documents(most=4)), min_size=1, max_size=7), st.integers(1, 4), st.randoms()
)
def test_shards_and_order_change_nothing(
    given_pairs: list[tuple[Document, Document]], size: int, random: st.DataObject
) -> None:
    pairs = [
        (Document(f"d{number}", gold.text, gold.spans), Document(f"d{number}", found.text, found.spans))
        for number, (gold, found) in enumerate(given_pairs)
    ]
    mixed = list(pairs)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    whole = score_shards(shards(pairs, len(pairs)), LAYERS, unit=PARAGRAPH, replicates=5)
    same(score_shards(shards(mixed, size), LAYERS, unit=PARAGRAPH, replicates=5), whole)


def test_figures_are_those_of_scoring_the_whole_and_intervals_nearly_so() -> None:
    pairs = [cues(number) for number in range(300)]
    streamed = score_shards(shards(pairs, 7), LAYERS, replicates=4000).figures(LAYERS)
    whole = make_figures(
        score([gold for gold, _ in pairs], {found.id: found for _, found in pairs}, LAYERS), LAYERS, replicates=4000
    )
    for name, figure in whole.by_name.items():
        other = streamed.by_name[name]
        assert other.value == pytest.approx(figure.value)
        assert other.n == figure.n
    one, other = whole.by_name[F1], streamed.by_name[F1]
    assert other.low == pytest.approx(one.low, abs=0.005)
    assert other.high == pytest.approx(one.high, abs=0.005)
    assert "4000 Poisson resamples of 300 documents, seed 0" in streamed.resampling.note


def test_draws_are_poisson_and_depend_on_name_and_seed_alone() -> None:
    units = [(f"d{number}", 0) for number in range(400)]
    weights = poisson_weights(units, 3, 500)
    assert weights.mean() == pytest.approx(1, abs=0.01)
    assert weights.var() == pytest.approx(1, abs=0.02)
    assert (weights == 0).mean() == pytest.approx(np.exp(-1), abs=0.005)
    assert abs(np.corrcoef(weights[:-1].ravel(), weights[1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(weights[:, :-1].ravel(), weights[:, 1:].ravel())[0, 1]) < 0.01
    np.testing.assert_array_equal(poisson_weights(units[::-1], 3, 500), weights[:, ::-1])
    assert (poisson_weights(units, 4, 500) != weights).any()


def test_what_is_not_alike_is_not_added() -> None:
    gold, found = cues(0)
    counted = score([gold], {gold.id: found}, LAYERS)
    with pytest.raises(ValueError, match="same units, seed and draws"):
        _ = sum_scores(counted, seed=0) + sum_scores(counted, seed=1)
    with pytest.raises(ValueError, match="no shard"):
        score_shards([], LAYERS)
