"""How a command ended, as its exit status says, and what asks it to."""

from __future__ import annotations

import signal

PROBLEMS, USAGE, UNFINISHED = 1, 2, 3
SIGNALLED = 128
"""A command that a signal ended has this status, and the signal's number more."""
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a command to end: somebody's wish, or a terminal that is gone."""
