"""Counts: regimes, chains, attributes, closed stance, and what must hold whatever is scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from chipstance.matching import extent
from chipstance.model import Document, Span, Value
from chipstance.score_errors import errors
from chipstance.score_figures import make_figures, measures
from chipstance.score_keys import CHAINS, REGIMES
from chipstance.scoring import PARAGRAPH, Scores, merge, score, score_columns
from chipstance.span_columns import SpanColumns
from example_scores import LAYERS, TEXT, corpora, document, documents, span

T = TypeVar("T")
Corpus = tuple[list[Document], dict[str, Document]]
LAYER_NAMES = [layer.name for layer in LAYERS]


def scores(gold: Document, found: Document, unit: str = "document") -> Scores:
    return score([gold], {found.id: found}, LAYERS, unit=unit)


def value(counted: Scores, *name: str) -> float | None:
    part, layer, what, measure = name
    return make_figures(counted, LAYERS).by_name[part, layer, what, measure].value


def same(one: Scores, other: Scores) -> None:
    assert (one.units, one.columns) == (other.units, other.columns)
    np.testing.assert_allclose(one.counts, other.counts, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(corpora(), st.sampled_from(["document", PARAGRAPH]))
def test_gold_against_itself_is_perfect_wherever_there_is_gold(corpus: Corpus, unit: str) -> None:
    gold, _ = corpus
    itself = {each.id: replace(each, spans=each.spans[::-1]) for each in gold}
    figures = make_figures(score(gold, itself, LAYERS, unit=unit), LAYERS, replicates=50).by_name
    there = {span.layer for each in gold for span in each}
    for (part, layer, _, _), figure in figures.items():
        if part != "closed":
            expected = 1 if layer in there or (layer == "all" and there) else None
            assert figure.value == (expected and pytest.approx(1))
            assert figure.low == (None if expected is None or figure.low is None else pytest.approx(1))
        assert figure.value is None or figure.n > 0


@settings(max_examples=60, deadline=None)
@given(corpora(), st.randoms())
def test_order_changes_nothing(corpus: Corpus, random: Random) -> None:
    gold, found = corpus

    def mixed(items: Iterable[T]) -> list[T]:
        return random.sample(list(items), len(list(items)))

    turned = [replace(each, spans=tuple(mixed(each))) for each in mixed(gold)]
    answers = {name: replace(found[name], spans=tuple(mixed(found[name]))) for name in mixed(found)}
    same(score(gold, found, LAYERS, unit=PARAGRAPH), score(turned, answers, LAYERS, unit=PARAGRAPH))


@settings(max_examples=60, deadline=None)
@given(corpora())
def test_swapping_gold_and_predictions_swaps_precision_and_recall(corpus: Corpus) -> None:
    gold, answers = corpus
    found = [answers.get(each.id, replace(each, spans=())) for each in gold]
    there = score(gold, answers, LAYERS, unit=PARAGRAPH)
    back = score(found, {each.id: each for each in gold}, LAYERS, unit=PARAGRAPH)
    swapped = {"gold": "predicted", "predicted": "gold"}
    for key in there.columns:
        if key[0] != "label":  # gold statements are given there
            other = (swapped.get(key[0], key[0]), *key[1:])
            np.testing.assert_allclose(there.sums([key]), back.sums([other]), atol=1e-9, err_msg=str(key))
    figures, others = (make_figures(each, LAYERS, replicates=50).by_name for each in (there, back))
    for (part, layer, what, measure), figure in figures.items():
        if part in ("spans", "chains"):
            swap = {"precision": "recall", "recall": "precision", "f1": "f1"}[measure]
            assert figure.value == pytest.approx(others[part, layer, what, swap].value)


@settings(max_examples=40, deadline=None)
@given(corpora(), st.sampled_from(["document", PARAGRAPH]), st.randoms())
def test_merged_shards_are_the_whole(corpus: Corpus, unit: str, random: Random) -> None:
    gold, found = corpus
    whole = score(gold, found, LAYERS, unit=unit)
    parts = [score([each], found, LAYERS, unit=unit) for each in random.sample(gold, len(gold))]
    same(merge(parts), whole)
    same(merge([*parts[:1], merge(parts[1:])]) if parts[1:] else parts[0], whole)
    assert whole.counts.sum(axis=0) == pytest.approx(score(gold, found, LAYERS).counts.sum(axis=0))
    same(score_columns(*(SpanColumns(side, LAYERS) for side in (gold, answered(corpus))), unit=unit), whole)


def answered(corpus: Corpus) -> list[Document]:
    gold, found = corpus
    return [found.get(each.id, replace(each, spans=())) for each in gold]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gold = [document(span("cue", 0, 3), span("cue", 5, 9), name=f"d{n}") for n in range(7)]
    found = {f"d{n}": document(span("cue", 0, 3 + n % 2), span("money", 5, 9), name=f"d{n}") for n in range(0, 7, 2)}
    whole = score(gold, found, LAYERS)
    monkeypatch.setattr("chipstance.scoring.BLOCK", 2)
    same(score(gold, found, LAYERS), whole)


@settings(max_examples=60, deadline=None)
@given(corpora(), st.sampled_from(LAYER_NAMES), st.integers(0, 30), st.integers(0, 8))
def test_a_prediction_added_changes_nothing_of_another_layer(corpus: Corpus, layer: str, start: int, size: int) -> None:
    before = score(*corpus, LAYERS)
    one, *others = answered(corpus)
    added = Span("added", layer, start, start + size, one.text[start : start + size])
    after = score(corpus[0], {each.id: each for each in (replace(one, spans=(*one, added)), *others)}, LAYERS)
    for key in before.columns:
        if key[0] not in ("boundary", "label") and layer not in key[1:2]:
            assert after.total(key) == pytest.approx(before.total(key)), key
    assert after.total(("predicted", layer)) == before.total(("predicted", layer)) + 1
    for what in (*REGIMES, "gold"):
        assert after.total((what, layer)) >= before.total((what, layer)) - 1e-9
    if not size:  # it fits no place
        changed = [k for k in before.columns if k[0] != "label" and after.total(k) != before.total(k)]
        assert changed == [("predicted", layer)]
        for regime in REGIMES:
            old, new = (value(each, "spans", layer, regime, "precision") for each in (before, after))
            assert new is not None
            assert new < old if old else new == 0


@settings(max_examples=60, deadline=None)
@given(corpora(), st.data())
def test_a_right_prediction_added_never_lowers_f1_of_its_layer(corpus: Corpus, data: st.DataObject) -> None:
    gold, found = corpus[0][0], answered(corpus)[0]
    missed = [s for s in gold if exact(gold, s) > exact(found, s)]
    assume(missed)
    added = replace(data.draw(st.sampled_from(missed)), id="added")
    before, after = scores(gold, found), scores(gold, replace(found, spans=(*found, added)))
    old, new = (value(each, "spans", added.layer, "exact", "f1") for each in (before, after))
    assert new is not None
    assert new >= (old or 0)
    old, new = (value(each, "spans", added.layer, "overlap", "recall") for each in (before, after))
    assert new is not None
    assert old is not None
    assert new >= old - 1e-9


def exact(document: Document, span: Span) -> int:
    """Return how many spans have the same place and layer."""
    return sum((s.layer, extent(s)) == (span.layer, extent(span)) for s in document)


def test_a_prediction_of_nowhere_lowers_precision_and_matches_nothing() -> None:
    gold = document(span("cue", 4, 8))
    lost = Span("", "cue", len(TEXT), len(TEXT), "")
    for unit in ("document", PARAGRAPH):
        counted = scores(gold, document(*gold.spans, lost), unit)
        assert value(counted, "spans", "cue", "exact", "precision") == 0.5
        assert value(counted, "spans", "cue", "overlap", "recall") == 1
        nowhere = scores(document(lost), document(lost), unit)  # not even itself
        assert {nowhere.total(("boundary",)), *(nowhere.total((what, "cue")) for what in REGIMES)} == {0}
        inside = Span("", "cue", 5, 5, "")
        both = scores(document(span("cue", 0, 10), inside), document(span("cue", 0, 9), inside), unit)
        assert both.total(("overlap", "cue")) == pytest.approx(18 / 19)


@settings(max_examples=60, deadline=None)
@given(documents(most=7), documents(most=7))
def test_overlap_credit_is_that_of_an_optimal_assignment(gold: Document, found: Document) -> None:
    counted = scores(gold, found)
    for name in LAYER_NAMES:
        left, right = gold.layer(name), found.layer(name)
        if not left or not right:
            assert counted.total(("overlap", name)) == 0
            continue
        dice = np.array([[_dice(a, b) for b in right] for a in left])
        weights = dice + 2 * (dice == 1)
        chosen = linear_sum_assignment(weights, maximize=True)
        exact = counted.total(("exact", name))
        assert counted.total(("overlap", name)) + 2 * exact == pytest.approx(weights[chosen].sum())
        few, many = sorted((left, right), key=len)
        if len(many) < 5:
            assert exact == max(sum(_dice(a, b) == 1 for a, b in zip(few, p, strict=False)) for p in permutations(many))


def _dice(a: Span, b: Span) -> float:
    return 2 * max(0, min(a.end, b.end) - max(a.start, b.start)) / (a.end - a.start + b.end - b.start)


def test_regimes_ask_for_more_and_more() -> None:
    gold = document(span("organization", 0, 8, entity="mill"), span("organization", 15, 18, entity="ada"))
    found = document(span("organization", 4, 8, entity="mill"), span("organization", 15, 18, entity="bo"),
                     span("speaker", 0, 8))  # fmt: skip
    counted = scores(gold, found)
    assert [counted.total((regime, "organization")) for regime in REGIMES] == [0, 1, pytest.approx(1 + 8 / 12)]
    assert counted.total(("boundary",)) == 2
    assert value(counted, "spans", "all", "boundary", "recall") == 1
    assert value(counted, "attributes", "organization", "entity", "accuracy") == 0


def test_empty_against_empty_is_undefined_and_adds_nothing() -> None:
    nothing = scores(document(name="bare"), document(name="bare"))
    assert {figure.value for figure in make_figures(nothing, LAYERS).by_name.values()} == {None}
    some = scores(document(span("cue", 0, 3)), document())
    assert value(some, "spans", "cue", "exact", "precision") is None
    assert value(some, "spans", "cue", "exact", "recall") == value(some, "spans", "cue", "exact", "f1") == 0
    assert value(nothing + some, "spans", "all", "exact", "recall") == 0


def test_bounds_are_compared_as_numbers_and_what_is_left_out_is_wrong() -> None:
    right: dict[str, Value] = {"currency": "USD", "minimum": "3", "maximum": None, "qualifier": "at_least"}
    gold = document(Span("", "money", 48, 50, TEXT[48:50], right))

    def links(**attributes: Value) -> list[float]:
        counted = scores(gold, document(Span("", "money", 48, 50, TEXT[48:50], attributes)))
        return [counted.total(("chain", "money", link)) for link in CHAINS["money"]]

    assert links(**{**right, "minimum": "3.0"}) == [1, 1, 1]
    assert links(**{**right, "currency": "EUR"}) == [1, 0, 0]
    assert links(**{**right, "minimum": "4"}) == [0, 0, 0]
    assert links(currency="USD", minimum="3", qualifier="at_least") == [0, 0, 0]  # null is not nothing
    assert links(**{**right, "minimum": "dozens"}) == [0, 0, 0]


def test_a_statement_is_right_with_the_place_of_its_speaker() -> None:
    gold = document(span("speaker", 15, 18, "p", entity="ada"), span("statement", 24, 38, "q", speaker="p"))
    for start, names, right in ((15, ("x", "x"), 1), (0, ("x", "x"), 0), (15, ("x", "y"), 0)):
        found = document(span("speaker", start, start + 3, names[0]), span("statement", 24, 38, "z", speaker=names[1]))
        counted = scores(gold, found)
        assert counted.total(("chain", "statement", "speaker")) == right
        assert value(counted, "closed", "statement", "speaker", "accuracy") == right
        assert counted.total(("chain", "speaker", "entity")) == 0


def test_a_link_into_another_layer_is_wrong() -> None:
    gold = document(span("speaker", 15, 18, "p"), span("statement", 24, 38, "q", speaker="p"))
    found = document(span("cue", 15, 18, "p"), span("statement", 24, 38, "q", speaker="p"))
    assert scores(gold, found).total(("chain", "statement", "speaker")) == 0


def stances(holder: str | None, *polarities: str) -> tuple[Span, ...]:
    return tuple(span("stance", 24, 30, target="open_source", polarity=p, holder=holder) for p in polarities)


def test_stance_is_labelled_for_gold_statements() -> None:
    given = (span("speaker", 15, 18, "p", entity="ada"), span("statement", 24, 38, "q", speaker="p"))
    gold = document(*given, *stances("ada", "favor"))
    cases = [
        (stances("ada", "favor"), "favor"),
        (stances("ada", "neutral", "against"), "against"),
        (stances("bo", "favor"), "none"),
        (stances("ada", "favor", "against"), "unresolved"),
        ((span("stance", 24, 30, target="open_source", polarity="favor"),), "none"),
        ((), "none"),
    ]
    for found, label in cases:
        counted = scores(gold, document(*found))
        assert counted.total(("label", "open_source", "favor", label)) == 1
        assert value(counted, "closed", "stance open_source", "label", "accuracy") == (label == "favor")
        assert value(counted, "closed", "stance all", "label", "accuracy") == (2 if label == "favor" else 1) / 2
    wrong = scores(gold, document(*stances("ada", "against")))
    assert value(wrong, "closed", "stance open_source", "favor and against", "mean_f1") == 0
    assert value(wrong, "closed", "stance open_source", "neutral", "f1") is None
    # favor 0, against 0, none 1 (the other target): neutral stands nowhere and is left out
    assert value(wrong, "closed", "stance all", "label", "macro_f1") == pytest.approx(1 / 3)
    mention = span("stance", 24, 30, target="export_controls", polarity="neutral", holder="ada")
    unseen = scores(document(*gold.spans, mention), document(*stances("ada", "favor")))
    assert value(unseen, "closed", "stance all", "favor and against", "mean_f1") == 1  # neutral is no side


def test_a_document_twice_or_of_another_text_is_refused() -> None:
    gold = document(span("cue", 0, 3))
    with pytest.raises(ValueError, match="mill is scored twice"):
        merge([scores(gold, gold), scores(gold, gold)])
    with pytest.raises(ValueError, match="mill is scored twice"):
        score([gold, gold], {}, LAYERS)
    with pytest.raises(ValueError, match="another text"):
        scores(gold, replace(gold, text=TEXT.upper()))
    with pytest.raises(ValueError, match="count the same things"):
        _ = scores(gold, gold) + scores(replace(gold, id="b"), replace(gold, id="b"), PARAGRAPH)


@pytest.mark.parametrize("place", [(-1, 3), (5, 3), (50, 58), (58, 58)])
def test_a_span_outside_of_the_text_is_refused(place: tuple[int, int]) -> None:
    found = document(Span("", "cue", *place, ""))
    with pytest.raises(ValueError, match=rf"mill: \[{place[0]}, {place[1]}\) is no passage of a text of 57 code"):
        scores(document(), found)


def test_a_document_without_a_prediction_is_all_missed() -> None:
    counted = score([document(span("cue", 0, 3)), document(span("cue", 0, 3), name="b")], {}, LAYERS)
    assert (counted.total(("gold", "cue")), counted.total(("predicted", "cue"))) == (2, 0)


def test_no_label_of_an_unanswered_document_is_right() -> None:
    gold = document(span("speaker", 15, 18, "p", entity="ada"), span("statement", 24, 38, "q", speaker="p"))
    silent, missing = score([gold], {"mill": document()}, LAYERS), score([gold], {}, LAYERS)
    for counted, accuracy in ((silent, 1), (missing, 0)):
        assert value(counted, "closed", "stance all", "label", "accuracy") == accuracy
    assert missing.total(("label", "open_source", "none", "unresolved")) == 1


def test_counts_stand_in_the_paragraph_where_they_start() -> None:
    counted = scores(document(span("cue", 19, 23)), document(span("cue", 12, 22), span("cue", 41, 43)), PARAGRAPH)
    assert counted.units == (("mill", 0), ("mill", 1), ("mill", 2))
    table = counted.sums([("gold", "cue")], [("predicted", "cue")], [("overlap", "cue")])
    assert table.tolist() == [[0, 1, pytest.approx(6 / 14)], [1, 0, 0], [0, 1, 0]]
    among_others = scores(document(span("cue", 19, 23), span("cue", 22, 23)), document(span("cue", 12, 22)), PARAGRAPH)
    assert among_others.sums([("overlap", "cue")]).ravel().tolist() == [pytest.approx(6 / 14), 0, 0]


def test_equally_good_pairings_fall_alike_from_either_side() -> None:
    gold = document(span("cue", 16, 22), span("cue", 17, 23))
    found = document(span("cue", 16, 21), span("cue", 14, 19))
    there, back = (scores(*sides, PARAGRAPH).sums([("overlap", "cue")]) for sides in ((gold, found), (found, gold)))
    np.testing.assert_allclose(there, back)


def test_errors_are_broken_down_and_shown_in_context() -> None:
    gold = document(
        span("cue", 19, 23), span("cue", 0, 3), span("organization", 4, 8, entity="mill"), span("speaker", 40, 42)
    )
    found = document(span("cue", 18, 23), span("cue", 9, 13), span("organization", 4, 8), span("organization", 40, 42))
    listed = errors([gold], {"mill": found}, LAYERS)
    kinds = [(error.kind, error.span.start) for error in listed]
    assert kinds == [
        ("missed", 0), ("wrong-attribute", 4), ("invented", 9), ("wrong-boundary", 19), ("wrong-label", 40)
    ]  # fmt: skip
    assert listed[1].attributes == ("entity",)
    assert listed[2].context.startswith("The mill [hums].")
    assert listed[3].context.endswith(" [says] looms are free.\nBo pays $3 to $5.")
    assert errors([gold], {"mill": gold}, LAYERS) == ()


def test_every_layer_and_link_is_measured() -> None:
    names = set(measures(LAYERS))
    assert {("spans", layer, regime, "f1") for layer in LAYER_NAMES for regime in REGIMES} <= names
    assert {("chains", layer, link, "f1") for layer, links in CHAINS.items() for link in links} <= names


def test_attributes_of_repeated_spans_are_paired_as_one() -> None:
    places = {"open_source": "favor", "export_controls": "against"}
    gold = document(*(span("stance", 24, 30, target=t, polarity=p, holder="ada", explicit=True)
                      for t, p in places.items()))  # fmt: skip
    found = document(*(span("stance", 24, 30, target=t, polarity="favor", holder="ada", explicit=True)
                       for t in reversed(places)))  # fmt: skip
    counted = scores(gold, found)
    assert counted.total(("attribute", "stance", "target")) == 2
    assert counted.total(("attribute", "stance", "polarity")) == 1
    assert counted.total(("chain", "stance", "polarity")) == counted.total(("strict", "stance")) == 1
