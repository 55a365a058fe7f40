"""Digests: of one file's bytes, and one for many files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def sha256(data: bytes | str) -> str:
    """Return the SHA-256 digest of bytes, or of a string's UTF-8, in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def content_digest(digests: Mapping[str, str]) -> str:
    """Return one digest for many files: that of the lines which ``sha256sum`` prints for them, sorted by path.

    Args:
        digests: path to SHA-256.
    """
    return sha256("".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())))
