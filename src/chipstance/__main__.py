"""The way into the command and out of it: signals, streams and the exit status.

Status 3: stopped before the end by a fault of its own; 130, 143 or 129: interrupted by Ctrl-C, asked to end, or the
terminal is gone. What takes long to import comes when all this is watched over.
"""

from __future__ import annotations

import codecs
import gc
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chipstance.statuses import ENDING, PROBLEMS, SIGNALLED, UNFINISHED

SEVERAL_WORKERS = re.compile(r"(?<!\S)--workers[ =]([2-9]|1\d)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a closed pipe, Ctrl-C and a request to end it do so quietly.

    Args:
        arguments: of the command; by default those that this process was given.
    """
    try:
        _watch()
        _begin_early(sys.argv[1:] if arguments is None else arguments)
        from chipstance.cli import app

        app(list(arguments) if arguments is not None else None, prog_name="chipstance")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PROBLEMS)
    except KeyboardInterrupt:
        _end(signal.SIGINT)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > SIGNALLED:
            _end(end.code - SIGNALLED)
        raise
    except Exception as fault:  # a fault of ours is no problem of a file
        if isinstance(fault.__cause__, KeyboardInterrupt):  # it came while a class was made
            _end(signal.SIGINT)
        traceback.print_exc()
        sys.exit(UNFINISHED)
    finally:
        if arguments is None:  # the process ends: what it leaves need not be looked through again
            gc.freeze()


def _watch() -> None:
    """See to signals, and to what can't be printed, or where nothing can be."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup does
            signal.signal(number, _stop)
    codecs.register_error("chipstance.escape", _escaped)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever gave the command
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (until the process ends)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="chipstance.escape")


def _stop(number: int, _frame: object) -> None:
    """End as Ctrl-C does, with all that is under way put in order."""
    sys.exit(SIGNALLED + number)


def _end(number: int) -> None:
    """End with a last line, where there is still somebody to read it."""
    with suppress(OSError):
        print("interrupted before the end", file=sys.stderr, flush=True)
    sys.exit(SIGNALLED + number)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write what an output can't hold as ``\uXXXX``, which is JSON too."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


def _begin_early(arguments: Sequence[str]) -> None:
    """Begin the processes that are asked for before the arguments are understood, which takes a while of its own."""
    if SEVERAL_WORKERS.search(" ".join(arguments)):
        from chipstance.engines import begin

        begin()


if __name__ == "__main__":  # processes that it begins import this module, too, and need nothing of it
    main()
