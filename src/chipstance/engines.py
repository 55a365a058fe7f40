"""Lets several processes check the parts of a file; the result is that of one."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_all_start_methods, get_context, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from signal import SIGINT, SIGTERM
from threading import Thread, Timer, current_thread, main_thread

from chipstance.context import Context
from chipstance.inputs import Part
from chipstance.line_check import Outcome, check_part

AHEAD = 2
"""So many parts for each process are under way at once."""

GRACE = 1.0
"""So many seconds a process has to hand over what it found, when it is asked to end."""
ENDED = "a process that checks was ended from outside, or found no memory: check again, or with fewer --workers"


class EngineError(RuntimeError):
    """A check that could not be brought to its end."""


_context: Context
_busy = False
"""Of the process that checks."""


class Processes:
    """An engine of several processes.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def __call__(self, parts: Sequence[Part], path: Path, kind: str, context: Context) -> Iterator[Outcome]:
        """Yield the outcomes of a file's parts, in order.

        Raises:
            EngineError: a process died.
        """
        others = set(active_children())
        pool = ProcessPoolExecutor(self._workers, _processes(), _begin, (context.packed(),))
        waiting: deque[Future[Outcome]] = deque()
        try:
            for part in parts:
                with _undisturbed():  # it can begin a process, which has to be known before it is ended
                    waiting.append(pool.submit(_check, part, path, kind))
                if len(waiting) > AHEAD * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenExecutor:
            raise EngineError(ENDED) from None
        except BaseException:  # interrupted, or enough is known
            for process in set(active_children()) - others:
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _processes() -> BaseContext:
    """Return the way processes begin: as copies of one that has imported what is needed, where the system can."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    found = get_context("forkserver")
    found.set_forkserver_preload([__name__])
    # Ctrl-C goes to all processes of a terminal: the first one ends the others
    resource_tracker.ensure_running()  # which unblocks it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGINT})
    try:
        forkserver.ensure_running()
    except OSError:  # the name of the folder for temporary files is too long for its socket
        return get_context("spawn")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return found


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C and a request to end back."""
    if current_thread() is not main_thread():
        yield
        return
    came: list[signal.Signals] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(signal.Signals(number)))
        for number in (SIGINT, SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


def _begin(context: Context) -> None:
    global _context  # noqa: PLW0603 (what a process keeps from part to part)
    _context = context
    signal.signal(SIGINT, signal.SIG_IGN)
    signal.signal(SIGTERM, _stop)
    Thread(target=_follow, daemon=True).start()


def _stop(_number: int, _frame: object) -> None:
    """End the part that is being checked; a process that dies while it hands a result over would keep all waiting."""
    Timer(GRACE, os.kill, (os.getpid(), signal.SIGKILL)).start()
    if _busy:
        raise EngineError(ENDED)


def _follow() -> None:
    """End this process when the one that began it is gone, however that came."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


def _check(part: Part, path: Path, kind: str) -> Outcome:
    global _busy  # noqa: PLW0603 (see _stop)
    _busy = True
    try:
        return check_part(part, path, kind, _context)
    finally:
        _busy = False
