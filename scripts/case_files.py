"""Case files laid over the invented checkout: what the tests validate, and what the rules' examples are taken from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from chipstance.inputs import is_lines, is_table

OVER = "OVER"
"""A file in a case that names another, ``<rule>/<case>``, over which this one is laid."""


def put_up(case: Path, checkout: Path) -> Path:
    """Set a case up beside or over a checkout; return what is to be validated."""
    if case.is_dir():
        lay_over(case, checkout)
        return checkout
    place = checkout if is_lines(case.name) or is_table(case.name) else checkout.parent
    return Path(shutil.copy(case, place / f"alone{''.join(case.suffixes)}"))


def lay_over(case: Path, checkout: Path) -> None:
    """Lay a case folder over a checkout.

    A file takes the place of the one in the checkout; ``X.deleted`` deletes X, ``X.link`` makes X a symbolic
    link to what it says, and ``X.patch`` changes the JSON file X by the operations of a JSON Patch (RFC 6902).
    A file ``OVER`` names a case that is laid over the checkout before.
    """
    if below := case_below(case):
        lay_over(below, checkout)
    for source in case_files(case):
        target = checkout / source.relative_to(case)
        target.parent.mkdir(parents=True, exist_ok=True)
        bare = target.with_suffix("")
        match target.suffix:
            case ".deleted":
                bare.unlink()
            case ".link":
                bare.symlink_to(source.read_text("utf-8").strip())
            case ".patch":
                data = json.loads(bare.read_text("utf-8"))
                patch(data, json.loads(source.read_text("utf-8")))
                bare.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")
            case _:
                shutil.copyfile(source, target)


def case_below(case: Path) -> Path | None:
    """Return the case over which a case is laid; None where that is the checkout alone."""
    return case.parents[1] / (case / OVER).read_text("utf-8").strip() if (case / OVER).is_file() else None


def case_files(case: Path) -> list[Path]:
    """Return the files of a case's own folder."""
    return sorted(path for path in case.rglob("*") if path.is_file() and path != case / OVER)


def patch(data: Any, operations: list[dict[str, Any]]) -> None:
    """Apply add, remove and replace operations in place.

    Raises:
        LookupError: what is to be removed or replaced is not there.
    """
    for operation in operations:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        owner = data
        for part in parents:
            owner = owner[int(part) if isinstance(owner, list) else part]
        key: Any = int(last) if isinstance(owner, list) else last
        if operation["op"] == "remove":
            del owner[key]
        elif operation["op"] == "add" and isinstance(owner, list):
            owner.insert(key, operation["value"])
        elif operation["op"] == "add" or key in range(len(owner)) or key in owner:
            owner[key] = operation["value"]
        else:
            raise KeyError(f"there is nothing to replace: {operation}")
