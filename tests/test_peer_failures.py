"""What other scorers' tests and issue trackers know, as facts: spans in, counts out, on a text of our own.

A case gives the spans of each document as ``layer start-end`` in code points, half-open. Where the others are right
they are run too; where they are reported to be wrong, the case says why ours is the right count.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from nervaluate.evaluator import Evaluator
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from chipstance.model import Document, Span
from chipstance.score_errors import errors
from chipstance.score_figures import make_figures
from chipstance.scoring import Scores, score
from example_scores import LAYERS, document, span

TEXT = "Looms hum at dawn, says Ada Bell, and Harbor Mill pays in good coins."
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Case:
    """Spans, and what is to be counted.

    Attributes:
        why: what the case is about.
        gold: of each document, its gold spans.
        found: of each document, the predicted ones.
        exact: how many are right in place and layer.
        boundary: how many are right in place.
        overlap: the credit for overlap.
        layers: of some layers, how many are right, predicted and gold.
    """

    why: str
    gold: list[str]
    found: list[str]
    exact: int
    boundary: int
    overlap: float
    layers: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.why


def places(spans: str) -> list[Place]:
    split = [each.split() for each in spans.split(", ") if each]
    return [(layer, *map(int, place.split("-"))) for layer, place in split]  # type: ignore[misc]


def documents(sides: list[str], *, turned: bool = False) -> list[Document]:
    spans = [[Span("", layer, a, b, TEXT[a:b]) for layer, a, b in places(each)] for each in sides]
    return [Document(f"d{n}", TEXT, tuple(each[::-1] if turned else each)) for n, each in enumerate(spans)]


def counted(gold: list[str], found: list[str], *, turned: bool = False) -> Scores:
    predicted = {each.id: each for each in documents(found, turned=turned)}
    return score(documents(gold), predicted, LAYERS)


def total(scores: Scores, what: str) -> float:
    return scores.total(*((what, layer.name) for layer in LAYERS))


SIX = "speaker 0-6, money 27-37, speaker 40-50, money 52-56, money 58-60, money 61-69"
FLAT = [
    Case("right", ["speaker 24-32"], ["speaker 24-32"], 1, 1, 1),
    Case("invented", [""], ["speaker 24-32"], 0, 0, 0, {"speaker": (0, 1, 0)}),
    Case("missed", ["speaker 24-32"], [""], 0, 0, 0, {"speaker": (0, 0, 1)}),
    Case("right place, another layer", ["speaker 24-32"], ["organization 24-32"], 0, 1, 0),
    Case("starts too early", ["speaker 24-32"], ["speaker 19-32"], 0, 0, 2 * 8 / 21),
    Case("starts too early, in another layer", ["speaker 24-32"], ["organization 19-32"], 0, 0, 0),
    Case(
        "each of these at once",
        ["speaker 10-20, money 30-37, money 40-50, money 52-56, money 58-60, cue 62-68"],
        [SIX], 2, 3, 2 + 2 * 7 / 17, {"money": (2, 4, 4), "speaker": (0, 2, 1), "cue": (0, 0, 1)},
    ),
    Case(
        "a layer that only the prediction has",
        ["", "organization 2-4", "cue 2-4"], ["money 2-4", "organization 2-4", "cue 2-4"], 2, 2, 2,
        {"money": (0, 1, 0), "organization": (1, 1, 1), "cue": (1, 1, 1)},
    ),
    Case(
        "single letters side by side",
        ["cue 0-1, money 1-2, cue 3-4"], ["money 1-2, organization 2-3, cue 3-4"], 2, 2, 2,
        {"cue": (1, 1, 2), "money": (1, 1, 1), "organization": (0, 1, 0)},
    ),
    Case(
        "one missed, one invented in a layer that is right elsewhere",
        ["organization 0-5, speaker 27-31, money 44-54"], ["organization 0-5, speaker 27-31, organization 32-39"],
        2, 2, 2, {"organization": (1, 2, 1), "money": (0, 0, 1)},
    ),
    Case(
        "a document without spans adds nothing",
        ["money 3-6", "speaker 0-2", ""], ["money 2-6", "speaker 0-2", ""], 1, 1, 1 + 2 * 3 / 7,
    ),
    Case("nothing at all, where some scorers crash", ["", ""], ["", ""], 0, 0, 0),
    Case("two spans that touch are not one", ["money 0-2, money 2-4"], ["money 0-4"], 0, 0, 2 * 2 / 6),
    Case("one span is not two that touch", ["money 0-4"], ["money 0-2, money 2-4"], 0, 0, 2 * 2 / 6),
    Case("two spans that touch, both right", ["cue 0-2, cue 2-4"], ["cue 0-2, cue 2-4"], 2, 2, 2),
    Case("from the first letter to the last", ["statement 0-69"], ["statement 0-69"], 1, 1, 1),
    Case("up to the last letter, one too short", ["cue 60-69"], ["cue 60-68"], 0, 0, 2 * 8 / 17),
]  # fmt: skip

NEST = "statement 4-37, statement 4-24, speaker 14-24, money 51-55"
NESTED = [
    Case("nested spans, all right", [NEST], [NEST], 4, 4, 4),
    Case("the outermost missed", [NEST], ["statement 4-24, speaker 14-24, money 51-55"], 3, 3, 3),
    Case("one inside in another layer", [NEST], [NEST.replace("statement 4-24", "money 4-24")], 3, 4, 3),
    Case("one inside too long", [NEST], [NEST.replace("statement 4-24", "statement 4-30")], 3, 3, 3 + 2 * 20 / 46),
    Case("one inside too long and in another layer", [NEST], [NEST.replace("statement 4-24", "money 4-30")], 3, 3, 3),
    Case("one too many beside a nest", [NEST], [f"{NEST}, cue 60-65"], 4, 4, 4),
    Case("crossing spans", ["cue 0-10, cue 5-15"], ["cue 5-15, cue 0-10"], 2, 2, 2),
    Case("one place in two layers", ["cue 0-5, speaker 0-5"], ["speaker 0-5, cue 0-5"], 2, 2, 2),
]

REPORTED = [
    Case(
        "recall is over gold spans alone, whatever was cut in two (nervaluate 25, 29)",
        ["speaker 1-2, speaker 3-10"], ["speaker 1-2, speaker 3-5, speaker 6-10"], 1, 1, 1 + 2 * 4 / 11,
        {"speaker": (1, 3, 2)},
    ),
    Case(
        "of two gold spans under one prediction, the better fit counts, whichever is first (nervaluate 40)",
        ["cue 14-17, cue 0-12"], ["cue 0-17"], 0, 0, 2 * 12 / 29, {"cue": (0, 1, 2)},
    ),
    Case(
        "a layer's figures do not depend on what else was predicted there (nervaluate 84)",
        ["cue 0-1"], ["money 0-2, cue 0-2"], 0, 0, 2 / 3, {"cue": (0, 1, 1), "money": (0, 1, 0)},
    ),
    Case(
        "what is invented weighs on its own layer, not on all (nervaluate 42, 66)",
        ["cue 0-3, speaker 20-23"], ["cue 0-3, speaker 20-23, money 5-8, money 10-12"], 2, 2, 2,
        {"cue": (1, 1, 1), "speaker": (1, 1, 1), "money": (0, 2, 0)},
    ),
    Case(
        "a wrong layer is missed in one and invented in the other (NER-Evaluation 2)",
        ["cue 0-3"], ["money 0-3"], 0, 1, 0, {"cue": (0, 0, 1), "money": (0, 1, 0)},
    ),
    Case(
        "no gold span serves two predictions (NER-Evaluation 6, eval4ner 2)",
        ["speaker 0-10"], ["speaker 0-4, speaker 5-10"], 0, 0, 2 * 5 / 15, {"speaker": (0, 2, 1)},
    ),
    Case(
        "no prediction serves two gold spans (NER-Evaluation 17, presidio-research 185)",
        ["cue 2-4, cue 5-7"], ["cue 3-6"], 0, 0, 2 / 5, {"cue": (0, 1, 2)},
    ),
    Case("a better fit may come later", ["cue 0-10"], ["cue 0-2, cue 0-9"], 0, 0, 2 * 9 / 19),
    Case(
        "the first fit would leave the second gold span alone",
        ["cue 0-6, cue 6-12"], ["cue 3-9, cue 0-5"], 0, 0, 2 * 5 / 11 + 2 * 3 / 12,
    ),
    Case(
        "nested statements go with their like in any order",
        ["statement 0-40, statement 10-20"], ["statement 11-20, statement 0-38"], 0, 0, 2 * 38 / 78 + 2 * 9 / 19,
    ),
    Case(
        "to guess the whole text earns little (eval4ner 1)",
        ["speaker 0-10, speaker 15-27, organization 36-40"], ["speaker 0-69"], 0, 0, 2 * 12 / 81,
        {"speaker": (0, 1, 2), "organization": (0, 0, 1)},
    ),
    Case(
        "a right answer repeated is an invention: no recall above 1 (SIGMORPHON 2022, 10)",
        ["cue 0-3, cue 3-4"], ["cue 0-3, cue 3-4, cue 3-4"], 2, 2, 2, {"cue": (2, 3, 2)},
    ),
    Case(
        "repeated predictions are not one, as in a set (spaCy)",
        ["cue 0-3"], ["cue 0-3, cue 0-3, cue 0-3"], 1, 1, 1, {"cue": (1, 3, 1)},
    ),
    Case(
        "gold spans of one place are as many as there are (nested-ner-tacl2020, 2)",
        ["speaker 3-7, speaker 3-7, speaker 0-1"], ["speaker 3-7, speaker 0-1"], 2, 2, 2, {"speaker": (2, 2, 3)},
    ),
    Case(
        "of spans of one place, the one left over may still overlap",
        ["cue 0-10, cue 0-10"], ["cue 0-10, cue 0-5"], 1, 1, 1 + 2 * 5 / 15, {"cue": (1, 2, 2)},
    ),
    Case("a layer several times in one text (spaCy 3968)", ["money 21-27, money 52-57"], ["money 21-27, money 52-57"],
         2, 2, 2, {"money": (2, 2, 2)}),
    Case("a nest against itself has as many pairs as spans (bratutils 2)", ["cue 0-16, cue 10-16"],
         ["cue 0-16, cue 10-16"], 2, 2, 2, {"cue": (2, 2, 2)}),
    Case(
        "few predictions for many gold spans (bratutils 3)",
        ["cue 3-5, cue 7-10, cue 12-20, cue 22-30, cue 33-50, cue 60-62"], ["cue 33-43, cue 22-25, cue 55-58"],
        0, 0, 2 * 10 / 27 + 2 * 3 / 11, {"cue": (0, 3, 6)},
    ),
    Case(
        "a prediction that fits no place is predicted all the same (spaCy 12811)",
        ["cue 0-3"], ["cue 0-3, cue 69-69, cue 1-1"], 1, 1, 1, {"cue": (1, 3, 1)},
    ),
    Case("nor does it fit what surrounds it", ["cue 0-9, cue 20-29"], ["cue 1-1, cue 20-20"], 0, 0, 0),
    Case(
        "a document without gold spans counts too (spaCy 6137)",
        ["cue 0-3", ""], ["cue 0-3", "cue 0-3, money 4-9"], 1, 1, 1, {"cue": (1, 2, 1), "money": (0, 1, 0)},
    ),
    Case(
        "a gold span too long for a system is missed, not left out (PURE 5)",
        ["statement 0-69, statement 2-5"], ["statement 2-5"], 1, 1, 1, {"statement": (1, 1, 2)},
    ),
    Case("the same place in another document is no match", ["cue 0-3", ""], ["", "cue 0-3"], 0, 0, 0),
    Case("the end of one text is not the beginning of the next", ["cue 64-69", ""], ["", "cue 0-5"], 0, 0, 0),
]  # fmt: skip
EVERY = [*FLAT, *NESTED, *REPORTED]


@pytest.mark.parametrize("case", EVERY, ids=str)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_counts_are_right(case: Case, turned: bool) -> None:
    scores = counted(case.gold, case.found, turned=turned)
    assert (total(scores, "exact"), scores.total(("boundary",))) == (case.exact, case.boundary)
    assert total(scores, "overlap") == pytest.approx(case.overlap)
    assert total(scores, "gold") == sum(len(places(each)) for each in case.gold)
    assert total(scores, "predicted") == sum(len(places(each)) for each in case.found)
    for layer, numbers in case.layers.items():
        assert tuple(scores.total((what, layer)) for what in ("exact", "predicted", "gold")) == numbers


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_exchanged_sides_have_the_same_pairs(case: Case) -> None:
    scores = counted(case.found, case.gold)
    assert (total(scores, "exact"), scores.total(("boundary",))) == (case.exact, case.boundary)
    assert total(scores, "overlap") == pytest.approx(case.overlap)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_no_figure_is_above_one_and_errors_add_up(case: Case) -> None:
    scores = counted(case.gold, case.found)
    for name, figure in make_figures(scores, LAYERS, replicates=20).by_name.items():
        assert figure.value is None or 0 <= figure.value <= 1 + 1e-9, name
    predicted = {each.id: each for each in documents(case.found)}
    kinds = [error.kind for error in errors(documents(case.gold), predicted, LAYERS)]
    in_pairs = case.exact + kinds.count("wrong-boundary") + kinds.count("wrong-label")
    assert total(scores, "gold") == in_pairs + kinds.count("missed")
    assert total(scores, "predicted") == in_pairs + kinds.count("invented")


@pytest.mark.parametrize("case", FLAT, ids=str)
def test_flat_cases_are_as_nervaluate_and_seqeval_count_them(case: Case) -> None:
    sides = (case.gold, case.found)
    rows = [[[{"label": k, "start": a, "end": b - 1} for k, a, b in places(each)] for each in side] for side in sides]
    names = [layer.name for layer in LAYERS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of figures that are undefined
        theirs = Evaluator(*rows, tags=names, loader="dict").evaluate()["overall"]
        tags = [[tagged(places(each)) for each in side] for side in sides]
        right = precision_recall_fscore_support(*tags, average="micro", scheme=IOB2)[:3] if any(case.gold) else (0,) * 3
    assert (theirs["strict"].correct, theirs["exact"].correct) == (case.exact, case.boundary)
    figures = make_figures(counted(*sides), LAYERS, replicates=20).by_name
    ours = [figures["spans", "all", "exact", measure].value or 0 for measure in ("precision", "recall", "f1")]
    assert ours == pytest.approx(list(right))


def tagged(spans: list[Place]) -> list[str]:
    row = ["O"] * len(TEXT)
    for layer, start, end in spans:
        row[start:end] = [f"B-{layer}", *[f"I-{layer}"] * (end - start - 1)]
    return row


def test_the_cases_called_flat_are() -> None:
    for side in (each for case in FLAT for each in (*case.gold, *case.found)):
        assert all(a[2] <= b[1] or b[2] <= a[1] for a, b in combinations(places(side), 2))
    assert len(TEXT) == 69


def test_a_layer_that_is_not_declared_is_left_alone_everywhere() -> None:
    """Where label sets differ, some scorers have figures above 1: matched, but not counted as predicted."""
    gold = document(span("cue", 0, 3), span("ghost", 4, 8))
    found = document(span("ghost", 0, 3), span("ghost", 4, 8), span("cue", 10, 12))
    scores = score([gold], {"mill": found}, LAYERS)
    assert (total(scores, "gold"), total(scores, "predicted"), scores.total(("boundary",))) == (1, 1, 0)
    figures = make_figures(scores, LAYERS).by_name
    assert figures["spans", "all", "boundary", "f1"].value == 0


def test_touching_spans_of_one_entity_are_two_links() -> None:
    """HIPE-scorer 13 and 28: neighbours with one id were taken for one link, and wrong ones for right."""
    gold = document(span("organization", 0, 3, entity="mill"), span("organization", 3, 8, entity="mill"))
    one = score([gold], {"mill": document(span("organization", 0, 8, entity="mill"))}, LAYERS)
    assert one.total(("chain", "organization", "entity")) == 0
    wrong = document(gold.spans[0], span("organization", 3, 8, entity="loom"))
    scores = score([gold], {"mill": wrong}, LAYERS)
    assert (scores.total(("chain", "organization", "entity")), scores.total(("exact", "organization"))) == (1, 2)


def test_a_document_that_was_not_answered_is_missed_not_left_out() -> None:
    gold = documents(["cue 0-3", "cue 0-3"])
    scores = score(gold, {"d0": gold[0]}, LAYERS)
    figures = make_figures(scores, LAYERS).by_name
    assert [figures["spans", "cue", "exact", each].value for each in ("precision", "recall")] == [1, 0.5]
