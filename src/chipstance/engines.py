"""Lets several processes check the parts of a file; the result is that of one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from pathlib import Path

from chipstance.context import Context
from chipstance.inputs import Part
from chipstance.line_check import Outcome, check_part

AHEAD = 2
"""So many parts for each process are under way at once."""

_context: Context
"""Of the process that checks."""


class Processes:
    """An engine of several processes.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def __call__(self, parts: Sequence[Part], path: Path, kind: str, context: Context) -> Iterator[Outcome]:
        """Yield the outcomes of a file's parts, in order; where a process dies, an error ends it."""
        # what a process has read already stays with it
        plain = Context(
            context.checkout, replace(context.base), context.layers_path, context.given, context.own_schemas
        )
        pool = ProcessPoolExecutor(self._workers, _processes(), _begin, (plain,))
        waiting: deque[Future[Outcome]] = deque()
        try:
            for part in parts:
                waiting.append(pool.submit(_check, part, path, kind))
                if len(waiting) > AHEAD * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _processes() -> BaseContext:
    """Return the way processes begin: as copies of one that has imported what is needed, where the system can."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    found = get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def _begin(context: Context) -> None:
    global _context  # noqa: PLW0603 (what a process keeps from part to part)
    _context = context


def _check(part: Part, path: Path, kind: str) -> Outcome:
    return check_part(part, path, kind, _context)
