"""JSON and bytes on disk: one way to write them, all or nothing."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """Return the content of a JSON file that has been validated.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no UTF-8 or no JSON.
    """
    return json.loads(path.read_bytes().decode())


def dump_json(data: Any) -> str:
    """Return JSON text in the one form that this project commits: indented by 2, not escaped, with a last newline."""
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically: readers see the old content or the new, never a part."""
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
