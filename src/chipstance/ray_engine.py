"""Lets a Ray cluster check the parts of a file, or count the shards of a corpus; the result is that of one process.

What is sent is pure: a task reads its part and gives back what it found, so that Ray can run it again elsewhere when
a node dies. Only outcomes and counts come back, and they are put together in order.
"""

from __future__ import annotations

import logging
import signal
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chipstance._version import __version__
from chipstance.context import Context
from chipstance.inputs import Part
from chipstance.layers import Layers
from chipstance.line_check import Outcome, check_part
from chipstance.model import Document
from chipstance.scoring import Scores, merge, score

if TYPE_CHECKING:
    from ray import ObjectRef

HERE = "auto"
"""The address of whatever cluster runs on this machine."""
AHEAD = 2
"""So many tasks for each processor of the cluster are under way at once."""
RETRIES = 10
"""So often a task is run again if its process or node dies."""
SHARD = 100
"""So many documents are scored by one task."""
SECONDS = 10
"""So long the cluster may take to answer: Ray itself tries for minutes."""

_Given = TypeVar("_Given")


class ClusterError(ValueError):
    """The cluster can't be joined, or has failed; the message says how to mend it."""


@contextmanager
def joined(address: str = HERE) -> Iterator[RayCluster]:
    """Join a Ray cluster, and leave it at the end.

    Args:
        address: ``host:port`` of its head, or ``auto`` for the one that runs on this machine.

    Raises:
        ClusterError: Ray is not installed, no cluster is there, or it fails while it is used.
    """
    try:
        import ray
    except ImportError:
        raise ClusterError("Ray is not installed: pip install 'chipstance[ray]'") from None
    _check_address(address)
    ending = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterError(f"no Ray cluster can be joined at {address}: {_first_line(error)}") from None
    signal.signal(signal.SIGTERM, ending)  # Ray has put its own in its place
    try:
        yield RayCluster()
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error
        mend = f"is chipstance {__version__} installed on every node?"
        raise ClusterError(f"the cluster failed: {type(cause).__name__}: {_first_line(cause)}; {mend}") from error
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    if address == HERE or "://" in address:
        return
    if not host or not port.isdecimal():
        raise ClusterError(f"{address!r} is no address of a Ray cluster: write host:port, or {HERE}")
    try:
        socket.create_connection((host, int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        mend = "start one with `ray start --head`"
        raise ClusterError(f"no Ray cluster answers at {address} ({_first_line(error)}): {mend}") from None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class RayCluster:
    """An engine: the cluster that this process has joined."""

    def __call__(self, parts: Sequence[Part], path: Path, kind: str, context: Context) -> Iterator[Outcome]:
        """Yield the outcomes of a file's parts, in order."""
        import ray

        check, held = _task(_check), ray.put((__version__, context.packed()))
        return _in_order(check.remote([held], part, path, kind) for part in parts)

    def score(
        self, gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers, *, unit: str
    ) -> Scores:
        """Count what predictions got right, shard by shard; arguments and errors as for ``scoring.score``."""
        import ray

        count, held = _task(_score), ray.put((__version__, layers))
        shards = [gold[start : start + SHARD] for start in range(0, max(len(gold), 1), SHARD)]
        found = ({each.id: predicted[each.id] for each in shard if each.id in predicted} for shard in shards)
        tasks = (count.remote([held], *pair, unit) for pair in zip(shards, found, strict=True))
        return merge(list(_in_order(tasks)))


def _task(work: Any) -> Any:
    import ray

    return ray.remote(max_retries=RETRIES, scheduling_strategy="SPREAD")(work)


def _in_order(tasks: Iterable[ObjectRef[_Given]]) -> Iterator[_Given]:
    """Yield what tasks give, in order; a task is begun when it is asked for."""
    import ray

    most = AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)
    waiting: deque[ObjectRef[_Given]] = deque()
    for task in tasks:
        waiting.append(task)
        if len(waiting) > most:
            yield ray.get(waiting.popleft())
    while waiting:
        yield ray.get(waiting.popleft())


def _check(held: list[ObjectRef[Any]], part: Part, path: Path, kind: str) -> Outcome:
    return check_part(part, path, kind, _kept(held[0]))


def _score(
    held: list[ObjectRef[Any]], gold: Sequence[Document], predicted: Mapping[str, Document], unit: str
) -> Scores:
    return score(gold, predicted, _kept(held[0]), unit=unit)


@lru_cache(maxsize=1)
def _kept(held: ObjectRef[Any]) -> Any:
    """Return what all tasks of a run share; a process fetches it once."""
    import ray

    version, shared = ray.get(held)
    if version != __version__:
        raise RuntimeError(f"a node has chipstance {__version__}, not {version}")
    return shared
