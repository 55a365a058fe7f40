"""Reads lines from files of any size, plain or compressed; never more than a line and a piece is held."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import zstandard

from chipstance.first_bytes import NOT_READ, SIGNATURES, instead, seems_text, wide_encoding
from chipstance.rules import declare

PIECE = 1 << 20
"""So many bytes are read at once."""
GZIP_PIECE = 1 << 16
"""The same for gzip, where what follows a member is copied, and a piece can hold thousands of them."""
SMALL_PIECE = 512
"""The same for Zstandard, where four bytes can stand for 128 KiB."""
LONGEST_LINE = 64 << 20
HARMLESS = 64 << 20
"""So many bytes may come out of however few."""
RATIO = 250
"""So many times more may come out than went in; JSON Lines don't reach half of it."""
WINDOW = 1 << 27
GZIP, ZSTD = "gzip", "zstd"
COMPRESSIONS = {".gz": GZIP, ".zst": ZSTD}
MAGIC = {b"\x1f\x8b": GZIP, b"\x28\xb5\x2f\xfd": ZSTD}
"""What compressed content begins with."""

BEGINS = {GZIP: re.compile(rb"\x1f(?:\x8b|\Z)"), ZSTD: re.compile(rb"\x28(?:\xb5|\Z)|[\x50-\x5f](?:\x2a|\Z)")}
"""What the first two bytes of a member or a frame are, as far as they are there; Zstandard has frames to be skipped."""
ZSTD_MENDS = {
    "too much memory": "it asks for a window above 128 MiB: compress it with one of at most that, by zstd --long=27",
    "Dictionary": "it is compressed with a dictionary, which nobody has here: compress it without one",
}
"""What is to be done where the library tells a certain error."""

LINE_TOO_LONG = declare(
    "line-too-long", "A line, a row, or JSON that is not read as a plain file, has no more than 64 MiB."
)
COMPRESSION_BROKEN = declare("compression-broken", "A file is what its name says, and whole if it is compressed.")
ENCODING, SYNTAX = "json-encoding", "json-syntax"
COMPRESSION_RATIO = declare("compression-ratio", "A compressed file does not swell beyond all measure.")

AS_UTF_8 = ": save it as UTF-8 without a byte order mark"
READ = {
    "gzip": ": let the name end with .gz, or decompress it",
    "Zstandard": ": let the name end with .zst, or decompress it",
    "Parquet": ": let the name end with .parquet",
}
"""What is to be done with files that are read under another name."""
OTHERS = (
    *((begin, COMPRESSION_BROKEN, name, READ.get(name, NOT_READ)) for begin, name in SIGNATURES.items()),
    (b"\xff\xfe\0\0", ENCODING, "UTF-32", AS_UTF_8),
    (b"\0\0\xfe\xff", ENCODING, "UTF-32", AS_UTF_8),
    (b"\xff\xfe", ENCODING, "UTF-16", AS_UTF_8),
    (b"\xfe\xff", ENCODING, "UTF-16", AS_UTF_8),
    (b"{\0", ENCODING, "UTF-16 or UTF-32", AS_UTF_8),
    (b"\0{", ENCODING, "UTF-16 or UTF-32", AS_UTF_8),
)
"""What content that is no JSON begins with, the rule that it breaks, what it is, and the mend."""


class Line(NamedTuple):
    """A line of a file.

    Attributes:
        number: from 1.
        data: its bytes without the line break; empty where it is too long.
        too_long: how many bytes it has, if these are too many to be held; else 0.
    """

    number: int
    data: bytes
    too_long: int = 0


class StreamError(ValueError):
    """A compressed file that can't be read on.

    Attributes:
        rule: id of the rule that it breaks.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Readable(Protocol):
    """Whatever bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, or fewer, but none only at the end."""
        ...


def pieces(file: Readable, compression: str) -> Iterator[bytes]:
    """Yield a file's content, decompressed, in pieces.

    Args:
        file: to be read from where it stands.
        compression: ``gzip``, ``zstd``, or empty.

    Raises:
        OSError: the file can't be read.
        StreamError: it is empty, cut off, not compressed in this way, or swells beyond all measure.
    """
    if not compression:
        yield from iter(lambda: file.read(PIECE), b"")
        return
    consumed = produced = 0
    for taken, made in _gunzipped(file) if compression == GZIP else _unzstandard(file):
        if made and not produced and made.startswith(tuple(MAGIC)):
            raise StreamError(COMPRESSION_BROKEN, "it is compressed twice: compress it once")
        consumed, produced = consumed + taken, produced + len(made)
        if produced > max(HARMLESS, RATIO * consumed):
            message = f"{consumed} bytes swell to more than {produced}: decompress it yourself if you trust it"
            raise StreamError(COMPRESSION_RATIO, message)
        yield made


def refuse_other(begin: bytes, compression: str = "") -> None:
    """See that content does not begin as something else than its name says.

    Args:
        begin: its first bytes.
        compression: what its name says; empty for JSON.

    Raises:
        StreamError: it is something else.
    """
    for magic, rule, name, mend in OTHERS:
        if begin.startswith(magic):
            if compression and MAGIC.get(magic) == compression:
                return
            raise StreamError(rule, f"this is {name}{mend}")
    if message := instead(begin):
        raise StreamError(COMPRESSION_BROKEN if compression else SYNTAX, message)
    if not compression and (name := wide_encoding(begin)):
        raise StreamError(ENCODING, f"this is {name}{AS_UTF_8}")
    if compression and seems_text(begin):
        (ending,) = (ending for ending, name in COMPRESSIONS.items() if name == compression)
        message = f"it is not compressed: let the name end without {ending}, or compress it"
        raise StreamError(COMPRESSION_BROKEN, message)


def _compressed(found: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """Yield the bytes of a compressed file, which has some, and begins as its name says."""
    first = next(found, b"")
    if not first:
        message = f"the file is empty, and so no {compression}: fetch or compress it again"
        raise StreamError(COMPRESSION_BROKEN, message)
    refuse_other(first, compression)
    yield first
    yield from found


def _gunzipped(file: Readable) -> Iterator[tuple[int, bytes]]:
    """Yield how many bytes are read and what comes out of them; several members in a row are one file."""
    inflater = zlib.decompressobj(wbits=31)
    begun = again = False
    for piece in _compressed(iter(lambda: file.read(GZIP_PIECE), b""), GZIP):
        yield len(piece), b""
        rest = piece
        while rest:
            if inflater.eof:
                inflater, begun, again = zlib.decompressobj(wbits=31), False, True
            if not begun and not (rest := rest.lstrip(b"\0")):  # zeros fill up a block behind a member
                break
            if again and not begun:
                _refuse_rest(rest, GZIP)
            begun = True
            try:
                yield 0, inflater.decompress(rest, PIECE)
            except zlib.error as error:
                raise StreamError(COMPRESSION_BROKEN, f"it is no sound gzip ({error}): compress it again") from None
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if begun and not inflater.eof:
        raise StreamError(COMPRESSION_BROKEN, "the gzip file is cut off: fetch or compress it again")


def _unzstandard(file: Readable) -> Iterator[tuple[int, bytes]]:
    frames = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    frame = frames.decompressobj()
    begun = False
    for piece in _compressed(iter(lambda: file.read(SMALL_PIECE), b""), ZSTD):
        yield len(piece), b""
        rest = piece
        while rest:
            if frame.eof:
                _refuse_rest(rest, ZSTD)
                frame = frames.decompressobj()
            begun = True
            try:
                yield 0, frame.decompress(rest)
            except zstandard.ZstdError as error:
                message = next((mend for said, mend in ZSTD_MENDS.items() if said in str(error)), "")
                message = message or f"it is no sound zstd ({error}): compress it again"
                raise StreamError(COMPRESSION_BROKEN, message) from None
            rest = frame.unused_data if frame.eof else b""
    if begun and not frame.eof:
        raise StreamError(COMPRESSION_BROKEN, "the zstd file is cut off: fetch or compress it again")


def _refuse_rest(rest: bytes, compression: str) -> None:
    """See that what follows a member or a frame begins as another does."""
    if not BEGINS[compression].match(rest):
        message = f"something that is no {compression} stands behind its end: cut it off, or compress all of it again"
        raise StreamError(COMPRESSION_BROKEN, message)


def lines(content: Iterator[bytes]) -> Iterator[Line]:
    """Yield the lines of a file's content; the last need not end with a line break."""
    number, size = 1, 0
    held: list[bytes] = []
    for piece in content:
        for index, part in enumerate(piece.split(b"\n")):
            if index:
                yield _line(number, held, size)
                number, held, size = number + 1, [], 0
            size += len(part)
            if part and size <= LONGEST_LINE:
                held.append(part)
    if size:
        yield _line(number, held, size)


def _line(number: int, held: list[bytes], size: int) -> Line:
    return Line(number, b"", size) if size > LONGEST_LINE else Line(number, b"".join(held))
