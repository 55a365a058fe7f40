"""What is to be checked: files, globs, standard input and addresses, plain or compressed."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from chipstance.jsonfile import NOT_REACHED, refuse_special
from chipstance.streams import COMPRESSIONS, PIECE, Line, lines, pieces

STANDARD_INPUT = "-"
LINES = (".jsonl", ".ndjson")
JSON = ".json"
PARQUET = ".parquet"
DOCUMENTS, PREDICTIONS, UNCLEAR = "documents", "predictions", "unclear"
"""What the lines or rows of a file can be."""
WILD = "*?["
CHAIN = "::"
"""Stands between the parts of an address of which each lies in the next."""
WEB = ("http://", "https://")
SAID = 200
"""So much is told of what a file system says."""


_DESCRIPTOR = re.compile(r"-|/dev/stdin|(?:/dev|/proc/self)/fd/([0-9]{1,9})")
"""Names of what is open already, as a shell gives them for ``<(command)``: to be read once, without opening it."""


class UsageError(ValueError):
    """A command that can't be carried out as it is given; the message says how to mend it."""


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
        return COMPRESSIONS.get(PurePosixPath(path_of(self.address)).suffix.lower(), "")


def is_address(name: str) -> bool:
    """Tell whether a name is an address, not a path."""
    return "://" in name


def path_of(name: str) -> str:
    """Return the part of a name whose ending says what it holds: a path is its own.

    Of a chain (``zip://x.jsonl::z.zip``) it is the first part with a path, of what comes over the web the part before
    the query.
    """
    return _parts(name)[1] if is_address(name) else name


def _parts(address: str) -> tuple[str, str, str]:
    """Return what stands before the path of an address, the path with its scheme, and what stands behind it."""
    links = address.split(CHAIN)
    at = next((index for index, link in enumerate(links) if is_address(link)), 0)
    path, web = links[at], links[at].lower().startswith(WEB)
    end = min((path.find(sign) for sign in "?#" if web and sign in path), default=len(path))
    before, behind = (CHAIN.join([*links[:at], ""]), CHAIN.join(["", *links[at + 1 :]]))
    return before, path[:end], path[end:] + behind


def descriptor(name: str) -> int | None:
    """Return the number of the open file that a name stands for, such as ``/dev/fd/63``; None for any other."""
    found = _DESCRIPTOR.fullmatch(name)
    return int(found[1] or 0) if found else None


def is_lines(name: str) -> bool:
    """Tell whether a name is that of a JSON Lines file, plain or compressed."""
    return PurePosixPath(plain_name(name).lower()).suffix in LINES


def is_json(name: str) -> bool:
    """Tell whether a name is that of a JSON file, plain or compressed."""
    return PurePosixPath(plain_name(name).lower()).suffix == JSON


def is_table(name: str) -> bool:
    """Tell whether a name is that of a Parquet file."""
    return path_of(name).lower().endswith(PARQUET)


def plain_name(name: str) -> str:
    """Return the name that a file has when it is not compressed; of an address, of its path alone."""
    name = path_of(name)
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix.lower() in COMPRESSIONS else name


def expand(name: str) -> list[str]:
    """Return the files that a glob stands for, sorted; a name without wildcards, or of a file that is there, itself.

    A folder that a glob asks to be looked into, and nobody may look into, is among them.

    Raises:
        OSError: nobody can tell what an address stands for.
    """
    if not any(sign in path_of(name) for sign in WILD) or (not is_address(name) and os.path.lexists(name)):
        return [name]
    if not is_address(name):
        return sorted({*_glob(name), *_locked(os.path.dirname(name))})  # noqa: PTH120 (as below)
    before, _, behind = _parts(name)
    with _foreign():
        import fsspec

        system, path = fsspec.url_to_fs(name)
        if system.exists(path):
            return [name]
        return sorted(f"{before}{system.unstrip_protocol(found)}{behind}" for found in system.glob(path))


def _glob(pattern: str) -> list[str]:
    return glob(pattern, recursive=True)  # noqa: PTH207 (a pattern can begin with a root, and end with a slash)


def _locked(folders: str) -> Iterator[str]:
    """Yield the folders that a pattern, or the beginning of it, stands for, and that nobody may look into."""
    while folders:
        for folder in _glob(os.path.join(folders, "")):  # noqa: PTH118 (as above)
            try:
                os.scandir(folder).close()
            except OSError:
                yield folder.rstrip(os.sep)
        before, folders = folders, os.path.dirname(folders)  # noqa: PTH120 (as above)
        if folders == before:
            return


def cut(part: Part, size: int) -> list[Part]:
    """Return a plain file on a disk as parts of so many bytes; any other as it is.

    Raises:
        OSError: the file can't be read.
    """
    if part.compression or is_address(part.address) or descriptor(part.address) is not None:
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
    whole = not part.start and part.end is None
    with open_address(part.address, onward=whole) as file:
        yield lines(pieces(file, part.compression) if whole else _range(file, part))


def open_address(address: str, *, onward: bool = False) -> BinaryIO:
    """Open a file's bytes.

    Args:
        address: a path, or an address.
        onward: whether all of it is read from its beginning, which a web server can do that sends no parts.

    Raises:
        OSError: it can't be read, or is no regular file.
    """
    if (number := descriptor(address)) is not None:
        return open(number, "rb", closefd=False)
    if is_address(address):
        return _open_address(address, **({"block_size": 0} if onward and address.lower().startswith(WEB) else {}))
    refuse_special(Path(address))
    return Path(address).open("rb")


def _open_address(address: str, **options: int) -> BinaryIO:
    with _foreign():
        import fsspec

        opener = fsspec.open(address, "rb", **options)
        return io.BufferedReader(_Remote(opener.open(), opener), PIECE)


@contextmanager
def _foreign() -> Iterator[None]:
    """Turn what a file system says, each with errors of its own, into the one that we know."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and (error.errno or error.strerror):
            raise
        cause = (error.__cause__ or error) if isinstance(error, FileNotFoundError) else error
        said = "nothing stands there" if isinstance(cause, FileNotFoundError) else " ".join(str(cause).split())
        raise OSError(NOT_REACHED, said[:SAID] or type(error).__name__) from error


class _Remote(io.RawIOBase):
    """A file at an address.

    Args:
        file: what is read.
        opener: what has opened it; it is held, for an archive is closed with it.
    """

    def __init__(self, file: Any, opener: Any) -> None:
        self._file, self._opener = file, opener

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: Any) -> int:
        with _foreign():
            found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        with _foreign():
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._opener.close()


class Begun:
    """A file whose first bytes have been looked at; they are read all the same.

    Args:
        file: to be read from where it stands.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._ahead = file, b""

    def look(self, size: int) -> bytes:
        """Return the bytes that come next, without reading them; fewer only where the file ends."""
        while len(self._ahead) < size and (more := self._file.read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Read so many bytes, or fewer; none only at the end."""
        ahead, self._ahead = self._ahead, b""
        return ahead or self._file.read(size)


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
