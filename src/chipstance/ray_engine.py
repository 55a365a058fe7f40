"""Lets a Ray cluster check the parts of files, or count the shards of a corpus; the result is that of one process.

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
from typing import TYPE_CHECKING, Any, TypeVar

from chipstance._version import __version__
from chipstance.context import Context
from chipstance.engines import EngineError
from chipstance.inputs import UsageError
from chipstance.layers import Layers
from chipstance.line_check import Outcome
from chipstance.line_files import Task
from chipstance.model import Document
from chipstance.scoring import Scores, merge, score

if TYPE_CHECKING:
    from ray import ObjectRef

HERE = "auto"
"""The address of whatever cluster runs on this machine."""
AHEAD = 2
"""So many tasks for each processor of the cluster are under way at once."""
HELD = 32
"""So many times more are asked for, at most, before the first of them is done."""
RETRIES = 10
"""So often a task is run again if its process or node dies."""
SHARD = 100
"""So many documents are scored by one task."""
SECONDS = 10
"""So long the cluster may take to answer: Ray itself tries for minutes."""
PATIENCE = 2
"""After so many seconds without a result it is asked whether the cluster's head is still there."""
UNIMPORTED = "failed to import"
"""What Ray says of a function whose module a node lacks."""

_Asked = TypeVar("_Asked")
_Given = TypeVar("_Given")


class VersionError(RuntimeError):
    """A node has another version than the process that asks it."""


class ClusterError(UsageError):
    """The cluster can't be joined; the message says how to mend it."""


@contextmanager
def joined(address: str = HERE) -> Iterator[RayCluster]:
    """Join a Ray cluster, and leave it at the end.

    Args:
        address: ``host:port`` of its head, or ``auto`` for the one that runs on this machine.

    Raises:
        ClusterError: Ray is not installed, or no cluster is there.
        EngineError: the cluster fails while it is used.
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
        raise EngineError(_failure(error)) from error
    finally:
        ray.shutdown()


def _failure(error: BaseException) -> str:
    """Return why the cluster failed, and where that may mend it, that a node may lack this code or have another."""
    from ray.exceptions import RaySystemError

    cause = getattr(error, "cause", None) or error
    said = f"the cluster failed: {type(cause).__name__}: {_first_line(cause)}"
    # Ray's own error is that a node can't read what it is sent
    lacks = isinstance(cause, ImportError | RaySystemError | VersionError) or UNIMPORTED in str(cause)
    return f"{said}; is chipstance {__version__} installed on every node?" if lacks else said


def _check_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    if address == HERE or "://" in address:
        return
    if not host or not port.isdecimal():
        raise ClusterError(f"{address!r} is no address of a Ray cluster: write host:port, or {HERE}")
    if silence := _silence(address):
        raise ClusterError(f"no Ray cluster answers at {address} ({silence}): start one with `ray start --head`")


def _silence(address: str) -> str:
    """Return why a cluster's head does not answer; empty where it does."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        return _first_line(error)
    return ""


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class RayCluster:
    """An engine: the cluster that this process has joined."""

    def __call__(self, tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
        """Yield the outcomes of parts, in order."""
        import ray

        check, held = _task(_check), ray.put((__version__, contexts))
        return _in_order((task, check.remote([held], task)) for task in tasks)

    def score(
        self, gold: Sequence[Document], predicted: Mapping[str, Document], layers: Layers, *, unit: str
    ) -> Scores:
        """Count what predictions got right, shard by shard; arguments and errors as for ``scoring.score``."""
        import ray

        count, held = _task(_score), ray.put((__version__, layers))
        shards = [gold[start : start + SHARD] for start in range(0, max(len(gold), 1), SHARD)]
        found = ({each.id: predicted[each.id] for each in shard if each.id in predicted} for shard in shards)
        pairs = zip(shards, found, strict=True)
        tasks = ((number, count.remote([held], *pair, unit)) for number, pair in enumerate(pairs))
        counted: Iterator[tuple[int, Scores]] = _in_order(tasks)
        return merge([scores for _, scores in counted])


def _task(work: Any) -> Any:
    import ray

    return ray.remote(max_retries=RETRIES, scheduling_strategy="SPREAD")(work)


def _in_order(tasks: Iterable[tuple[_Asked, ObjectRef[_Given]]]) -> Iterator[tuple[_Asked, _Given]]:
    """Yield what tasks give, in order; a task is begun when it is asked for."""
    import ray

    head = ray.get_runtime_context().gcs_address
    most = AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)
    waiting: deque[tuple[_Asked, ObjectRef[_Given]]] = deque()
    under_way: list[ObjectRef[_Given]] = []
    for asked, given in tasks:
        waiting.append((asked, given))
        under_way.append(given)
        while len(under_way) >= most:  # one that takes long keeps no other waiting
            done, under_way = ray.wait(under_way, timeout=PATIENCE)
            if not done:
                _look_for(head)
        while waiting and (waiting[0][1] not in under_way or len(waiting) >= HELD * most):
            first, found = waiting.popleft()
            yield first, _result(found, head)
    for first, found in waiting:
        yield first, _result(found, head)


def _result(given: ObjectRef[Any], head: str) -> Any:
    """Return what a task gives; errors as for ``_look_for``."""
    import ray

    while True:
        try:
            return ray.get(given, timeout=PATIENCE)
        except ray.exceptions.GetTimeoutError:
            _look_for(head)


def _look_for(head: str) -> None:
    """See that the cluster's head is there.

    Raises:
        EngineError: it is gone; Ray itself would end this process, without a word of ours, much later.
    """
    if silence := _silence(head):
        mend = "start the cluster again, then check again"
        raise EngineError(f"the head of the cluster at {head} is gone ({silence}): {mend}")


def _check(held: list[ObjectRef[Any]], task: Task) -> Outcome:
    return task.outcome(_kept(held[0]))


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
        raise VersionError(f"a node has chipstance {__version__}, not {version}")
    return shared
