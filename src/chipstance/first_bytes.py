"""What a file seems to be by its first bytes."""

from __future__ import annotations

import re

from chipstance.json_slips import other_file

SIGNATURES = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PAR1": "Parquet",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
"""What files that are no text begin with."""
LOOKED_AT, WIDE = 512, 4096
"""So many bytes tell whether there is text, and in what encoding."""
_FEWEST, _SOME, _FEW, _MOST = 4, 1 / 32, 1 / 8, 7 / 8
"""No fewer bytes are NUL in text of a wide encoding, and what parts of them."""
NOT_READ = ", which is not read: decompress it, or compress it as gzip (.gz) or Zstandard (.zst)"
PACKED = {"gzip": ".gz", "Zstandard": ".zst"}
"""How the names end of what is read compressed, where that is no Parquet."""
_NEARLY = re.compile(
    r".*?(?:\.(json|jsonl|ndjson|jsonlines|ldjson|jl|parquet|parq|pq)"
    r"(?:\.(?:gz|gzip|zst|zstd|bz2|bzip2|xz|lzma|lz4|zip|7z|br|snappy|z))+|\.(jsonlines|ldjson|jl|parq|pq))",
    re.IGNORECASE | re.DOTALL,
)
_NO_PARQUET = "this is no Parquet: let the name end as its content asks for, or write it as Parquet"
_USUAL = {"jsonlines": "jsonl", "ldjson": "jsonl", "jl": "jsonl", "pq": "parquet", "parq": "parquet"}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def signature(begin: bytes) -> str:
    """Return the name of what is no text and begins like this; empty where nobody can tell."""
    return next((name for magic, name in SIGNATURES.items() if begin.startswith(magic)), "")


def instead(begin: bytes) -> str:
    """Return what stands in place of a file, and how to get that; empty where nothing does."""
    return other_file(begin[:LOOKED_AT].decode(errors="replace"))


def is_nearly(name: str) -> bool:
    """Tell whether a name says that JSON, JSON Lines or Parquet is in a file, though it need not be read under it."""
    return _NEARLY.fullmatch(name) is not None


def wanted_name(name: str, begin: bytes) -> str:
    """Return what a file is that is not read under its name, and the name it needs; empty for any other.

    Args:
        name: its name.
        begin: its first bytes.
    """
    found = _NEARLY.fullmatch(name)
    if not found:
        return ""
    ending = (found[1] or found[2]).lower()
    return instead(begin) or _wanted_ending(_USUAL.get(ending, ending), begin)


def _wanted_ending(ending: str, begin: bytes) -> str:
    content = signature(begin)
    if content == "Parquet":
        return "this is Parquet: let the name end with .parquet"
    if ending == "parquet":
        return f"this is {content}: decompress it, and let the name end with .parquet" if content else _NO_PARQUET
    if content:
        packed = PACKED.get(content)
        return f"this is {content}" + (f": let the name end with .{ending}{packed}" if packed else NOT_READ)
    if not begin or seems_text(begin):
        return f"this is text: let the name end with .{ending}"
    return f"this is no text: decompress it, and let the name end with .{ending}"


def seems_text(begin: bytes) -> bool:
    """Tell whether bytes seem to be text."""
    return bool(begin) and _CONTROL.search(begin[:LOOKED_AT]) is None


def wide_encoding(data: bytes) -> str:
    """Return the name of an encoding in which most characters have a NUL, if bytes look like it; else nothing."""
    begin = data[:WIDE]
    fewer, more = sorted((begin[::2].count(0), begin[1::2].count(0)))
    if more < max(_FEWEST, _SOME * len(begin)):
        return ""
    if fewer <= _FEW * more:
        return "UTF-16"
    always = any(not each.strip(b"\0") for each in (begin[::4], begin[3::4]))
    return "UTF-32" if always and fewer + more < _MOST * len(begin) else ""
