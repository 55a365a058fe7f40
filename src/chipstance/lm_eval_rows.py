"""The tasks for lm-evaluation-harness: rows, the counts of each answer, the figures over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import nan
from typing import Any

from chipstance import harness


@dataclass(frozen=True, slots=True)
class Counted:
    """What one answer counted; every metric of the sample has the same.

    Attributes:
        place: task, release and split.
        doc: the document's id.
        counts: by name.
    """

    place: tuple[str, str | None, str]
    doc: str
    counts: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        """Return the document's id, for the log of samples."""
        return self.doc


def rows(task: str, dataset: str | None = None, split: str = harness.TEST, **_: Any) -> dict[str, Any]:
    """Return a task's samples and examples as data sets.

    Args:
        task: its name.
        dataset: the release's folder; by default as for ``chipstance.load``.
        split: ``test``, ``validation`` or ``all``.
        _: whatever else the harness's metadata holds.
    """
    from datasets import Dataset

    opened = harness.open_task(task, dataset, split)
    place = {"task": task, "dataset": dataset, "split": split, "instructions": opened.instructions}

    def table(samples: Sequence[harness.Sample]) -> Any:
        names = ("id", "doc", "question", "answer")
        return Dataset.from_list([{name: getattr(each, name) for name in names} | place for each in samples])

    return {"test": table(opened.samples), "examples": table(opened.examples)}


def process_results(row: Mapping[str, Any], results: Sequence[str]) -> dict[str, Counted]:
    """Count what an answer got right."""
    place = (row["task"], row["dataset"], row["split"])
    counts = harness.open_task(*place).count(row["id"], results[0])
    return dict.fromkeys(harness.names(row["task"]), Counted(place, row["doc"], tuple(counts.items())))


@lru_cache(maxsize=4)
def _summary(counted: tuple[Counted, ...]) -> Mapping[str, float | None]:
    return harness.open_task(*counted[0].place).summary((each.doc, dict(each.counts)) for each in counted)


def _figure(name: str, counted: Sequence[Counted]) -> float:
    """Return one figure over all samples; not a number where it is undefined."""
    value = _summary(tuple(counted)).get(name)
    return nan if value is None else value


def _metrics(task: str) -> list[dict[str, Any]]:
    lower = (harness.UNANSWERED, harness.UNALIGNED)
    return [
        {"metric": name, "aggregation": partial(_figure, name), "higher_is_better": name not in lower}
        for name in harness.names(task)
    ]


spans, stance, money = (partial(rows, task) for task in harness.TASKS)
SPANS, STANCE, MONEY = map(_metrics, harness.TASKS)
