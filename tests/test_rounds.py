"""Rounds as plain values: what is in them, who is how far, and which labels are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chipstance.model import Span
from chipstance.rounds import Annotator, Progress, Round, labels_digest, parse_round, progress, round_entry

ROUND = Round(3, ("mill", "harbor"), (Annotator("ada", "a person"),), "0f" * 32)
SPAN = Span("s1", "speaker", 0, 3, "Roe", {"entity": "roe", "mention": "name"})


def test_a_round_is_what_its_file_says() -> None:
    assert parse_round(round_entry(ROUND)) == ROUND
    assert ROUND.title == "ChipStance round 3"


def test_a_round_grows_and_keeps_its_order() -> None:
    grown = ROUND.extended(["pier", "mill"], {"ben": "", "ada": "another person"})
    assert grown.docs == ("mill", "harbor", "pier")
    assert grown.annotators == (Annotator("ada", "another person"), Annotator("ben", ""))
    assert grown.extended([], {"ada": ""}) == grown


@pytest.mark.parametrize(
    "other",
    [
        replace(SPAN, id="s2"),
        replace(SPAN, end=4),
        replace(SPAN, layer="cue"),
        replace(SPAN, attributes={"entity": "roe", "mention": "pronoun"}),
    ],
)
def test_labels_that_differ_have_other_digests(other: Span) -> None:
    assert labels_digest([SPAN]) != labels_digest([other])
    assert labels_digest([SPAN]) != labels_digest([SPAN, other])


def test_what_follows_from_elsewhere_does_not_count() -> None:
    turned = dict(reversed(list(SPAN.attributes.items())))
    assert labels_digest([SPAN]) == labels_digest([replace(SPAN, repaired=True, attributes=turned)])


def entry(user: int, day: int, regions: int = 1, **more: Any) -> dict[str, Any]:
    rows = [{"id": f"r{index}", "type": kind} for index in range(regions) for kind in ("labels", "choices")]
    return {"completed_by": user, "updated_at": f"2031-03-0{day}", "result": rows, "was_cancelled": False} | more


@pytest.mark.parametrize(
    ("annotations", "drafts", "expected"),
    [
        ([], [], ("none", 0, "")),
        ([entry(8, 1)], [entry(8, 1)], ("none", 0, "")),
        ([], [entry(7, 2, 2)], ("draft", 2, "2031-03-02")),
        ([entry(7, 1, was_cancelled=True)], [], ("skipped", 1, "2031-03-01")),
        ([entry(7, 1, was_cancelled=True)], [entry(7, 2)], ("draft", 1, "2031-03-02")),
        ([entry(8, 1), entry(7, 3, 4)], [entry(7, 2)], ("submitted", 4, "2031-03-03")),
    ],
)
def test_progress(annotations: list[Any], drafts: list[Any], expected: tuple[str, int, str]) -> None:
    task = {"data": {"doc": "mill"}, "annotations": annotations, "drafts": drafts}
    found = list(progress(ROUND, [task], {"ada": 7}))
    assert found == [Progress("ada", "mill", *expected), Progress("ada", "harbor")]
    assert next(progress(ROUND, [task], {"ada": None})).state == "none"
