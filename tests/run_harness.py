"""Runs the tasks in a real harness with a mock model: ``run_harness.py HARNESS RELEASE FOLDER``, a process of its own.

Reads the answers from standard input and prints the figures, the prompts and every attempt to reach another machine.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answers = dict[str, dict[str, str]]
Report = dict[str, dict[str, Any]]

LOCAL = ("127.0.0.1", "::1", "localhost")
attempts: list[str] = []


def watch(event: str, given: tuple[Any, ...]) -> None:
    """Note who is called; an address without a port is a socket of this machine."""
    if event == "socket.getaddrinfo" and given[0] not in LOCAL:
        attempts.append(f"{event} {given[0]}")
    if event == "socket.connect" and isinstance(given[1], tuple) and given[1][0] not in LOCAL:
        attempts.append(f"{event} {given[1]}")


def with_inspect(answers: Answers, release: str, folder: Path) -> Report:
    from inspect_ai import eval as run
    from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model

    from chipstance.harness import open_task

    # copies of an article ask the same and have the same labels: any of them may get the answer to any other
    queues: dict[str, list[str]] = {}
    for task, given in answers.items():
        for sample in open_task(task, release).samples:
            queues.setdefault(sample.question + task, []).append(given[sample.id])

    def answer(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        task = next(task for task in answers if messages[0].text == open_task(task, release).instructions)
        output = ModelOutput.from_content("mockllm/model", queues[messages[-1].text + task].pop())
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model, names = get_model("mockllm/model", custom_outputs=answer), [f"chipstance/{task}" for task in answers]
    logs = run(names, task_args={"dataset": release}, model=model, log_dir=str(folder), display="none")
    return {log.eval.task.removeprefix("chipstance/"): inspect_report(log) for log in logs}


def inspect_report(log: Any) -> dict[str, Any]:
    assert log.status == "success", log.error
    return {
        "figures": {name: each.value for name, each in log.results.scores[0].metrics.items()},
        "prompts": ["".join(each.text for each in sample.messages[:-1]) for sample in log.samples],
        "scores": [sample.scores["answers"].value for sample in log.samples],
    }


def with_lm_eval(answers: Answers, release: str, folder: Path) -> Report:
    from lm_eval import simple_evaluate
    from lm_eval.api.instance import Instance
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    from chipstance.folders import lm_eval_tasks

    class Mock(LM):  # type: ignore[misc] # the harness has no types
        """Answers as it is told."""

        prompts: dict[str, list[str]]

        def generate_until(self, requests: list[Instance]) -> list[str]:
            self.prompts = {task: [] for task in answers}
            for each in requests:
                self.prompts[each.doc["task"]].append(each.args[0])
            return [answers[each.doc["task"]][each.doc["id"]] for each in requests]

        def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
            raise NotImplementedError

    model = Mock()
    manager = TaskManager(include_path=str(lm_eval_tasks()), include_defaults=False, metadata={"dataset": release})
    results = simple_evaluate(model=model, tasks=["chipstance"], task_manager=manager, log_samples=True)
    assert results
    found = {task: results["results"][f"chipstance_{task}"] for task in answers}
    ends = ",none"
    return {
        task: {
            "figures": {name.removesuffix(ends): value for name, value in row.items() if name.endswith(ends)},
            "prompts": model.prompts[task],
        }
        for task, row in found.items()
    }


HARNESSES: dict[str, Callable[[Answers, str, Path], Report]] = {"inspect": with_inspect, "lm-eval": with_lm_eval}

if __name__ == "__main__":
    sys.addaudithook(watch)
    warnings.filterwarnings("error", module=r"chipstance")
    done = HARNESSES[sys.argv[1]](json.load(sys.stdin), sys.argv[2], Path(sys.argv[3]))
    print(f"\n{json.dumps({'tasks': done, 'attempts': attempts})}")
