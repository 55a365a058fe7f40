"""Where a command may write: never over what it reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from chipstance.folders import find_checkout
from chipstance.inputs import CHAIN, STANDARD_INPUT, descriptor, is_address
from chipstance.jsonfile import is_file, is_missing


def real(name: str) -> Path:
    """Return where a path, or an address of a file on this machine, leads; of a chain, where its last part does.

    A loop of links, at which Path.resolve raises, leads to itself.
    """
    last = name.rpartition(CHAIN)[2] if is_address(name) else name
    return Path(os.path.realpath(last.rpartition("://")[2]))


def refusal(path: Path, read: Sequence[str]) -> str:
    """Return why a file can't be written; empty where it can.

    Args:
        path: the file.
        read: paths and addresses of files that are read, and folders in which any file may be.
    """
    if descriptor(str(path)) is not None or not (is_missing(path) or is_file(path)):
        return "is no file that can be written"
    open_files = (0, 1, 2) if STANDARD_INPUT in read else (1, 2)
    if any(_is_open(number, path) for number in open_files):
        return "is read from, or printed to, already: name another one"
    found = real(str(path))
    places = {real(name) for name in read}
    if (places | _own(found)) & {found, *found.parents}:
        return "is read, or stands among files that are: name another one"
    return ""


def _is_open(number: int, path: Path) -> bool:
    """Tell whether an open file, by its number, is the one at a path."""
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except OSError:
        return False


def _own(path: Path) -> set[Path]:
    """Return where the files of the checkout around a file stand."""
    checkout = find_checkout(path.parent)
    if checkout is None:
        return set()
    own = (checkout.annotations, checkout.schema, checkout.dataset, checkout.card, checkout.citation)
    return {real(str(each)) for each in own}
