"""Lets several processes check the parts of files; the result is that of one."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import active_children, get_all_start_methods, get_context, parent_process
from multiprocessing.context import BaseContext
from multiprocessing.util import get_temp_dir
from signal import SIGINT, SIGTERM
from threading import Thread, current_thread, main_thread
from time import sleep
from typing import TYPE_CHECKING

from chipstance.statuses import ENDING

if TYPE_CHECKING:
    from chipstance.context import Context
    from chipstance.line_check import Outcome
    from chipstance.line_files import Task

AHEAD = 2
"""So many parts for each process are under way at once."""
HELD = 64
"""So many parts for each process are asked for, at most, before the first of them is done."""
NEEDED = ["chipstance.line_files"]
"""What is imported before processes are copied."""

MASKS = hasattr(signal, "pthread_sigmask")
"""Whether signals can be held back."""
GRACE = 1.0
"""So many seconds a process has to hand over what it found, when it is asked to end."""
ENDED = "a process that checks was ended from outside, or found no memory: check again, or with fewer --workers"


class EngineError(RuntimeError):
    """A check that could not be brought to its end."""


_contexts: Sequence[Context]
_busy = False
"""Of the process that checks."""


class Processes:
    """An engine of several processes.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def __call__(self, tasks: Iterable[Task], contexts: Sequence[Context]) -> Iterator[tuple[Task, Outcome]]:
        """Yield the outcomes of parts, in order.

        Raises:
            EngineError: a process died.
        """
        before = set(active_children())
        pool = ProcessPoolExecutor(self._workers, _processes(), _begin, (contexts, get_temp_dir()))
        waiting: deque[tuple[Task, Future[Outcome]]] = deque()
        try:
            for task in tasks:
                self._wait([given for _, given in waiting])
                with _undisturbed():  # it can begin a process, which has to be known before it is ended
                    waiting.append((task, pool.submit(_check, task)))
                while waiting and waiting[0][1].done():
                    asked, given = waiting.popleft()
                    yield asked, given.result()
            while waiting:
                asked, given = waiting.popleft()
                yield asked, given.result()
        except (BrokenExecutor, ConnectionError, EOFError):  # what begins processes may have been ended, too
            raise EngineError(ENDED) from None
        except BaseException:  # interrupted, or enough is known
            for process in set(active_children()) - before:
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _wait(self, given: Sequence[Future[Outcome]]) -> None:
        """Wait until more can be asked for; a part that takes long keeps no other process waiting."""
        if len(given) >= HELD * self._workers:
            wait(given[:1])
        under_way: Collection[Future[Outcome]] = [each for each in given if not each.done()]
        while len(under_way) >= AHEAD * self._workers:
            under_way = wait(under_way, return_when=FIRST_COMPLETED).not_done


def begin() -> None:
    """Begin what takes a while, to be done while this process imports and reads what it needs itself."""
    _processes()


def _processes() -> BaseContext:
    """Return the way processes begin: as copies of one that has imported what is needed, where the system can."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    found = get_context("forkserver")
    found.set_forkserver_preload(NEEDED)
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
        for number in (SIGINT, *ENDING)
    }
    # a process that is begun has the same mask, so that it lives until it can see to these itself
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, before) if MASKS else set()
    try:
        yield
    finally:
        if MASKS:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def _begin(contexts: Sequence[Context], scratch: str) -> None:
    global _contexts  # noqa: PLW0603 (what a process keeps from part to part)
    _contexts = contexts
    gc.freeze()  # what has been copied is not looked through again, which would copy it indeed
    signal.signal(SIGINT, signal.SIG_IGN)
    signal.signal(SIGTERM, _stop)
    if MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    Thread(target=_follow, args=(scratch,), daemon=True).start()


def _stop(_number: int, _frame: object) -> None:
    """End the part that is being checked; a process that dies while it hands a result over would keep all waiting."""
    signal.signal(SIGTERM, signal.SIG_IGN)  # it may come twice: to all of a group, and from the first of them
    signal.setitimer(signal.ITIMER_REAL, GRACE)  # whose signal ends a process
    if _busy:
        raise EngineError(ENDED)


def _follow(scratch: str) -> None:
    """End this process when the one that began it is gone, however that came, and leave nothing of either."""
    parent = parent_process()
    if parent:
        parent.join()
        sleep(GRACE / 5)  # if it could, it has removed the folder itself
        shutil.rmtree(scratch, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGKILL)


def _check(task: Task) -> Outcome:
    global _busy  # noqa: PLW0603 (see _stop)
    _busy = True
    try:
        return task.outcome(_contexts)
    finally:
        _busy = False
