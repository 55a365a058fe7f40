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
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def signature(begin: bytes) -> str:
    """Return the name of what is no text and begins like this; empty where nobody can tell."""
    return next((name for magic, name in SIGNATURES.items() if begin.startswith(magic)), "")


def instead(begin: bytes) -> str:
    """Return what stands in place of a file, and how to get that; empty where nothing does."""
    return other_file(begin[:LOOKED_AT].decode(errors="replace"))


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
