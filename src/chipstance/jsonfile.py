"""JSON and bytes on disk: one way to look and read, and one to write, all or nothing."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

NOT_REACHED = errno.EHOSTUNREACH
"""Number of the error of an address at which nothing can be read."""


def read_json(path: Path) -> Any:
    """Return the content of a JSON file that has been validated.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no UTF-8, no JSON, or nested too deep.
    """
    try:
        return json.loads(path.read_bytes().decode())
    except RecursionError:
        raise ValueError("nested too deep: flatten it") from None


def is_file(path: Path) -> bool:
    """Tell whether a regular file stands at a path; False, too, where nobody may look."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises for a name too long or a folder locked)


def is_folder(path: Path) -> bool:
    """Tell whether a folder stands at a path; False, too, where nobody may look."""
    return os.path.isdir(path)  # noqa: PTH112 (as above)


def is_missing(path: Path) -> bool:
    """Tell whether nothing stands at a path; False where nobody may look."""
    try:
        path.stat()
    except PermissionError:
        return False
    except (OSError, ValueError):
        return True
    return False


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file; a pipe, which could keep its reader waiting, is refused.

    Raises:
        OSError: it can't be read.
    """
    refuse_special(path)
    return path.read_bytes()


def refuse_special(path: Path) -> None:
    """See that a path is none of a pipe or device.

    Raises:
        OSError: it is, with ``EINVAL``; or nobody can tell.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def dump_json(data: Any) -> str:
    """Return JSON text in the one form that this project commits: indented by 2, not escaped, with a last newline."""
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically: readers see the old content or the new, never a part.

    Raises:
        OSError: it can't be written, or something else than a regular file has its name: to replace
            a device, as ``root`` may, would take it from the whole machine.
    """
    if path.exists():
        refuse_special(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, data: Any) -> None:
    """Write JSON atomically, in the committed form."""
    write_bytes(path, dump_json(data).encode())
