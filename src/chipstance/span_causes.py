"""Tells of what is wrong with a document's spans each cause once: what only follows from it is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chipstance import rules_spans
from chipstance.model import Problem
from chipstance.rules import Finding, Labels, run
from chipstance.rules_offsets import by_cause
from chipstance.sources import Source


def of_another_text(labels: Labels) -> Iterator[tuple[str, Finding]]:
    """Yield why a label file is about another text than it seems, so that no offset can be expected to fit."""
    wrong = rules_spans.label_file_name(labels)
    yield from (("file-name", finding) for finding in wrong if finding.pointer == "/doc")
    yield from (("text-digest", finding) for finding in rules_spans.text_digest(labels))


def misfits(source: Source, placed: Labels, labels: Labels) -> tuple[list[Problem], Labels]:
    """Return which offsets are wrong, and the labels without the spans that have them.

    Args:
        source: what is judged.
        placed: the spans that have offsets.
        labels: all spans.
    """
    wrong = list(run("offsets", placed))
    told = [source.problem(rule_id, finding) for rule_id, finding in by_cause(placed, wrong)]
    return told, labels.without({int(finding.pointer.split("/")[2]) for _, finding in wrong})


def not_astray(found: Sequence[Problem], labels: Labels) -> list[Problem]:
    """Return problems without those of spans that seem to be another's duplicate, but have offsets that are wrong."""
    right = {f"/spans/{index}" for index in labels.spans}
    return [each for each in found if each.rule != "span-duplicate" or each.pointer in right]


def crossing_spans(labels: Labels) -> set[int]:
    """Return the spans that overlap others as they must not, of which no more can be told; of two, both."""
    found = list(rules_spans.overlaps(labels))
    return {index for each in found for index in (each.place, *each.others[: len(each.others) == 1])}


def without_lost(source: Source, found: Sequence[Problem]) -> list[Problem]:
    """Return problems without links that lead nowhere, if the schema refuses an id, or a span for want of one."""
    lost = any(
        source.broken(f"/spans/{index}/id") or (source.broken(f"/spans/{index}") and "id" not in entry)
        if isinstance(entry, dict)
        else True
        for index, entry in enumerate(source.data.get("spans", ()))
    )
    return [problem for problem in found if not (lost and problem.rule == "reference-missing")]
