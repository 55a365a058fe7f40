"""What is to be checked line by line: files, globs, standard input and addresses, plain or compressed."""

from __future__ import annotations

import errno
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import fsspec

from chipstance.streams import COMPRESSIONS, Line, lines, pieces

STANDARD_INPUT = "-"
LINES = (".jsonl", ".ndjson")
PARQUET = ".parquet"
WILD = "*?["


@dataclass(frozen=True, slots=True)
class Part:
    """A file of lines, or a range of one.

    Attributes:
        address: a path, or an address that fsspec knows (``s3://…``, ``https://…``, ``memory://…``).
        start: first byte; a line belongs to the part in which it begins.
        end: one past the last byte; None for the file's end.
    """

    address: str
    start: int = 0
    end: int | None = None

    @property
    def compression(self) -> str:
        """``gzip``, ``zstd``, or empty."""
        return COMPRESSIONS.get(PurePosixPath(self.address).suffix.lower(), "")


def is_address(name: str) -> bool:
    """Tell whether a name is an address, not a path."""
    return "://" in name or "::" in name


def is_lines(name: str) -> bool:
    """Tell whether a name is that of a JSON Lines file, plain or compressed."""
    path = PurePosixPath(name.lower())
    return (PurePosixPath(path.stem) if path.suffix in COMPRESSIONS else path).suffix in LINES


def is_table(name: str) -> bool:
    """Tell whether a name is that of a Parquet file."""
    return name.lower().endswith(PARQUET)


def expand(name: str) -> list[str]:
    """Return the files that a glob stands for, sorted; a name without wildcards, or of a file that is there, itself."""
    if not any(sign in name for sign in WILD) or (not is_address(name) and Path(name).exists()):
        return [name]
    if not is_address(name):
        return sorted(glob(name, recursive=True))  # noqa: PTH207 (a pattern can begin with a root)
    protocol = name.partition("://")[0]
    return sorted(f"{protocol}://{file}" for file in fsspec.url_to_fs(name)[0].glob(name))


def cut(part: Part, size: int) -> list[Part]:
    """Return a plain file on a disk as parts of so many bytes; any other as it is.

    Raises:
        OSError: the file can't be read.
    """
    if part.compression or is_address(part.address) or part.address == STANDARD_INPUT:
        return [part]
    length = Path(part.address).stat().st_size
    return [Part(part.address, start, start + size) for start in range(0, max(length, 1), size)]


@contextmanager
def open_part(part: Part) -> Iterator[Iterator[Line]]:
    """Open the lines of a part, counted from 1.

    Raises:
        OSError: it can't be read.
        chipstance.streams.StreamError: while reading, where it is compressed and not in order.
    """
    with open_address(part.address) as file:
        whole = not part.start and part.end is None
        yield lines(pieces(file, part.compression) if whole else _range(file, part))


def open_address(address: str) -> AbstractContextManager[BinaryIO]:
    """Open a file's bytes.

    Raises:
        OSError: it can't be read, or is no regular file.
    """
    if address == STANDARD_INPUT:
        return open(0, "rb", closefd=False)
    if is_address(address):
        return _open_address(address)
    if not stat.S_ISREG(Path(address).stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    return Path(address).open("rb")


@contextmanager
def _open_address(address: str) -> Iterator[BinaryIO]:
    opened = fsspec.open(address, "rb")
    try:
        file = opened.open()
    except (OSError, ValueError):
        raise
    except Exception as error:  # each file system has its own
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error
    with file:
        yield file


def _range(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """Yield the bytes of the lines that begin inside a range."""
    at = max(part.start - 1, 0)
    end = sys.maxsize if part.end is None else part.end
    file.seek(at)
    skipping = part.start > 0
    for piece in pieces(file, ""):
        begin = 0
        if skipping:
            begin = piece.find(b"\n") + 1
            if at + (begin or len(piece)) >= end:  # no line begins in the range
                return
            skipping = not begin
        if not skipping:
            last = piece.find(b"\n", max(end - 1 - at, begin))
            yield piece[begin : last + 1] if last >= 0 else piece[begin:]
            if last >= 0:
                return
        at += len(piece)
