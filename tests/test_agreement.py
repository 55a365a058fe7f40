"""Agreement on an invented round: figures counted by hand, and what must change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from chipstance.agreement import AgreementError, Annotations, measure_agreement
from chipstance.agreement_figures import Agreement
from chipstance.agreement_input import read_annotations
from chipstance.comparison import compare, differences
from chipstance.layers import Layers
from chipstance.model import Document, Value
from example_round import make_round


@pytest.fixture
def layers(example: Path) -> Layers:
    return read_annotations([make_round(example)]).layers


@pytest.fixture
def labels(example: Path) -> Annotations:
    return read_annotations([make_round(example)]).annotations


@pytest.fixture
def measured(labels: Annotations, layers: Layers) -> Agreement:
    return measure_agreement(labels, layers)


def test_spans(measured: Agreement) -> None:
    counted = {name: (*of.spans, of.exact.value, of.overlap.value) for name, of in measured.layers.items()}
    expected = {
        "organization": (6, 7, 12 / 13, 12 / 13),
        "speaker": (10, 10, 1, 1),
        "money": (5, 5, 1, 1),
        "cue": (9, 9, 8 / 9, 1),
        "statement": (11, 11, 10 / 11, 1),
        "stance": (13, 12, 24 / 25, 24 / 25),
    }
    assert counted == {name: pytest.approx(values) for name, values in expected.items()}


def test_values_on_matched_spans(measured: Agreement) -> None:
    layers = measured.layers
    assert layers["speaker"].attributes["entity"].raw.value == 0.9
    assert layers["money"].attributes["qualifier"].raw.value == 0.8
    # approximate twice, at_least, range, vague against exact, at_least, range, approximate, vague
    assert layers["money"].attributes["qualifier"].kappa.value == pytest.approx((0.8 - 5 / 25) / (1 - 5 / 25))
    assert layers["statement"].attributes["kind"].raw.value == pytest.approx(10 / 11)
    assert layers["stance"].attributes["polarity"].raw.value == pytest.approx(11 / 12)
    assert layers["organization"].attributes["entity"].raw.n == 6


def test_links(measured: Agreement) -> None:
    links = measured.layers["statement"].links
    assert links["speaker"].value == pytest.approx(10 / 11)
    assert links["cue"].value == 1  # by other ids, and at another boundary


def test_groups(measured: Agreement) -> None:
    utterance = measured.layers["statement"].groups["utterance"]
    assert utterance.raw.n == 55
    assert utterance.raw.value == pytest.approx(53 / 55)  # each puts another pair together
    assert utterance.kappa.value == pytest.approx(-1 / 54)
    assert utterance.kappa.low is None


def test_stance_labels(measured: Agreement) -> None:
    assert measured.stance["all"].raw.value == pytest.approx(19 / 22)
    assert measured.stance["export_controls"].raw.value == pytest.approx(9 / 11)
    assert measured.stance["open_source"].raw.value == pytest.approx(10 / 11)  # of a speaker without its entity


def test_intervals(measured: Agreement) -> None:
    exact = measured.layers["stance"].exact  # resamples: harbor twice, both, mill twice
    assert exact.low == pytest.approx(10 / 11)
    assert exact.high == 1
    assert len(measured.resampling.chances) == 3


def test_chance_correction_is_below_overlap(measured: Agreement) -> None:
    for of in measured.layers.values():
        assert of.gamma.value is not None
        assert 0.5 < of.gamma.value <= 1
        assert of.precision is not None
    assert measured.layers["cue"].gamma.value < 1  # type: ignore[operator]
    assert measured.layers["money"].gamma.value < measured.layers["money"].alpha.value == 1  # type: ignore[operator]


def test_differences(measured: Agreement) -> None:
    found = [
        (d.doc, d.kind, d.layer, next(span.text for span in (d.left, d.right) if span), tuple(d.attributes))
        for d in measured.pairs[0].differences
    ]
    assert found == [
        ("harbor", "only-left", "stance", "export rules", ()),
        ("harbor", "attribute", "stance", "a firm hand on the tiller", ("polarity",)),
        ("harbor", "boundary", "statement", "“keep the best looms at home.”", ("kind",)),
        ("harbor", "boundary", "cue", "According to", ()),
        ("harbor", "attribute", "statement", "open patterns are for everybody", ("utterance",)),
        ("harbor", "attribute", "money", "$12 million", ("qualifier",)),
        ("harbor", "only-right", "organization", "HarborWatch", ()),
        ("harbor", "attribute", "speaker", "HarborWatch", ("entity",)),
        ("mill", "attribute", "statement", "“Open patterns belong to everyone,”", ("utterance",)),
        ("mill", "attribute", "statement", "“We will keep them open,”", ("utterance",)),
        ("mill", "attribute", "statement", "“the curbs only help our rivals,”", ("speaker",)),
    ]
    assert measured.pairs[0].same["statement"] == 6
    assert measured.pairs[0].differences[-1].attributes == {"speaker": ("“Quill” at 476", "“Ned Shuttle” at 439")}


def test_a_round_agrees_with_itself(labels: Annotations, layers: Layers) -> None:
    measured = measure_agreement({"ann": labels["ann"], "twin": labels["ann"]}, layers)
    for of in measured.layers.values():
        values = [of.exact, of.overlap, of.gamma, of.alpha, *of.links.values()]
        values += [
            figure for each in (*of.attributes.values(), *of.groups.values()) for figure in (each.raw, each.kappa)
        ]
        assert {figure.value for figure in values} == {1}
        assert {figure.low for figure in values} <= {1, None}
    assert {(each.raw.value, each.kappa.value) for each in measured.stance.values()} == {(1, 1)}
    assert measured.pairs[0].differences == ()


Change = Callable[[Annotations], Annotations]


def every(labels: Annotations, change: Callable[[Document], Document]) -> Annotations:
    return {name: {doc: change(labelled) for doc, labelled in docs.items()} for name, docs in labels.items()}


def mixed(document: Document) -> Document:
    spans = list(document.spans)
    random.Random(3).shuffle(spans)
    return replace(document, spans=tuple(spans))


def renamed(document: Document) -> Document:
    def name(value: Value) -> Value:
        return f"saying-{value}" if value else None

    spans = [
        replace(s, attributes={**s.attributes, "utterance": name(s.attributes["utterance"])})
        if s.layer == "statement"
        else s
        for s in document.spans
    ]
    return replace(document, spans=tuple(spans))


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: every(labels, mixed),
        lambda labels: every(labels, renamed),
        lambda labels: dict(reversed(labels.items())),
        lambda labels: {name: dict(reversed(docs.items())) for name, docs in labels.items()},
    ],
    ids=["spans", "names of groups", "annotators", "documents"],
)
@pytest.mark.parametrize("unit", ["document", "paragraph"])
def test_order_and_names_change_nothing(labels: Annotations, layers: Layers, change: Change, unit: str) -> None:
    first, second = (measure_agreement(each, layers, unit=unit) for each in (labels, change(labels)))
    assert (first.layers, first.stance, first.documents) == (second.layers, second.stance, second.documents)


def test_exchanging_annotators_changes_no_figure(labels: Annotations, layers: Layers, measured: Agreement) -> None:
    other = measure_agreement({"zoe": labels["ann"], "ben": labels["ben"]}, layers)
    assert {name: replace(of, spans=of.spans[::-1]) for name, of in other.layers.items()} == measured.layers
    assert other.stance == measured.stance


def test_paragraphs_narrow_nothing_but_the_interval(labels: Annotations, layers: Layers, measured: Agreement) -> None:
    fine = measure_agreement(labels, layers, unit="paragraph", seed=5)
    assert fine.resampling.units == 11
    for name, of in fine.layers.items():
        coarse = measured.layers[name]
        assert of.exact.value == coarse.exact.value
        assert of.alpha.value == pytest.approx(coarse.alpha.value)
        assert of.gamma.low is None


def test_three_annotators_are_averaged_over_pairs(labels: Annotations, layers: Layers) -> None:
    three = {**labels, "twin": labels["ann"]}
    measured = measure_agreement(three, layers)
    of = measured.layers["cue"]
    assert of.spans == (9, 9, 9)
    assert of.exact.value == pytest.approx((8 / 9 + 1 + 8 / 9) / 3)
    assert len(measured.pairs) == 3


def test_documents_that_one_left_out(labels: Annotations, layers: Layers) -> None:
    less = {"ann": labels["ann"], "ben": {"mill": labels["ben"]["mill"]}}
    measured = measure_agreement(less, layers)
    assert (list(measured.documents), measured.left_out) == (["mill"], ("harbor",))
    assert measured.resampling.note.startswith("No intervals")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda labels: {"ann": labels["ann"]}, "two annotators or more, and here is ann"),
        (lambda labels: {"ann": labels["ann"], "ben": {}}, "no document in common"),
        (lambda labels: every(labels, lambda d: replace(d, text=d.text + d.annotator)), "not label the same text"),
    ],
)
def test_what_can_not_be_compared(
    labels: Annotations, layers: Layers, spoil: Callable[[Mapping[str, object]], Annotations], message: str
) -> None:
    with pytest.raises(AgreementError, match=message):
        measure_agreement(spoil(labels), layers)


def test_a_statement_without_its_speaker_counts_as_unresolved(labels: Annotations, layers: Layers) -> None:
    bare = {doc: replace(d, spans=tuple(s for s in d if s.layer != "speaker")) for doc, d in labels["ben"].items()}
    measured = measure_agreement({"ann": labels["ann"], "ben": bare}, layers)
    assert measured.stance["all"].raw.value == 0
    assert measured.layers["statement"].links["speaker"].value == 0
    assert measured.layers["speaker"].exact.value == 0


def test_differences_need_no_third_party(labels: Annotations, layers: Layers) -> None:
    mill = compare(labels["ann"]["mill"], labels["ann"]["mill"], layers)
    assert differences([mill], layers) == ()
