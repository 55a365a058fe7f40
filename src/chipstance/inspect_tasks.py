"""The tasks for Inspect: ``inspect eval chipstance/spans``, ``chipstance/stance`` and ``chipstance/money``."""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import TaskState

from chipstance import harness
from chipstance._version import __version__

TOKENS = {harness.SPANS: 16384, harness.STANCE: 1024, harness.MONEY: 4096}
"""The longest answer that is waited for."""


@task
def spans(dataset: str | None = None, split: str = harness.TEST, shots: int = 1) -> Task:
    """Find the spans of every layer in an article.

    Args:
        dataset: the release's folder; by default as for ``chipstance.load``.
        split: ``test``, ``validation`` or ``all``.
        shots: examples from the validation split; 0 where that split is scored.
    """
    return _task(harness.SPANS, dataset, split, shots)


@task
def stance(dataset: str | None = None, split: str = harness.TEST, shots: int = 3) -> Task:
    """Label the stance of a statement's speaker on a target. Arguments as for ``spans``."""
    return _task(harness.STANCE, dataset, split, shots)


@task
def money(dataset: str | None = None, split: str = harness.TEST, shots: int = 1) -> Task:
    """Find the amounts of money in an article, with their attributes. Arguments as for ``spans``."""
    return _task(harness.MONEY, dataset, split, shots)


def _task(name: str, dataset: str | None, split: str, shots: int) -> Task:
    opened = harness.open_task(name, dataset, split)
    shown = opened.shots(shots)
    place = {"task": name, "dataset": dataset, "split": split}
    samples = [_sample(opened, each, shown, place) for each in opened.samples]
    return Task(
        dataset=MemoryDataset(samples, name=f"chipstance-{name}-{split}"),
        scorer=answers(),
        config=GenerateConfig(temperature=0, max_tokens=TOKENS[name]),
        version=__version__,
    )


def _sample(
    opened: harness.Task, sample: harness.Sample, shown: tuple[harness.Sample, ...], place: dict[str, Any]
) -> Sample:
    turns: list[ChatMessage] = [ChatMessageSystem(content=opened.instructions)]
    for example in shown:
        turns += [ChatMessageUser(content=example.question), ChatMessageAssistant(content=example.answer)]
    turns.append(ChatMessageUser(content=sample.question))
    return Sample(input=turns, target=sample.answer, id=sample.id, metadata={**place, "doc": sample.doc})


@metric(scores="unreduced")
def figures() -> Metric:
    """Compute our figures from the counts of all samples; those of several epochs are added up."""

    def compute(scores: list[SampleScore]) -> Value:
        if not scores:  # asked before the first sample is done
            return {}
        opened = _opened(scores[0].sample_metadata or {})
        counted = [((each.sample_metadata or {})["doc"], (each.score.metadata or {})["counts"]) for each in scores]
        return {name: value for name, value in opened.summary(counted).items() if value is not None}

    return compute


@scorer(metrics=[figures()])
def answers() -> Scorer:
    """Count what an answer got right; the counts are in the score's metadata."""

    async def count(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        opened = _opened(state.metadata)
        counts = opened.count(str(state.sample_id), state.output.completion)
        unread = bool(counts.get(harness.UNANSWERED))
        return Score(
            value=opened.outline(counts),
            answer=state.output.completion,
            reason="invalid_response_format" if unread else None,
            metadata={"counts": dict(counts)},
        )

    return count


def _opened(place: dict[str, Any]) -> harness.Task:
    return harness.open_task(place["task"], place["dataset"], place["split"])
