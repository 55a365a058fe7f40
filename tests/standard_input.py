"""Lets a test give this process another standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COPY = "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), sys.stdout.buffer)"


@contextmanager
def as_standard_input(path: Path) -> Iterator[None]:
    """Let standard input be a pipe with a file's content, in which nobody can go back."""
    before = os.dup(0)
    with subprocess.Popen([sys.executable, "-c", COPY, path], stdout=subprocess.PIPE) as process:
        assert process.stdout
        os.dup2(process.stdout.fileno(), 0)
        try:
            yield
        finally:
            os.dup2(before, 0)
            os.close(before)
