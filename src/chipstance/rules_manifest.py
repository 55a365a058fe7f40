"""Rules about the release's manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipstance.digests import content_digest, sha256
from chipstance.rules import Finding, rule
from chipstance.schemas import show


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that its schema accepts.

    Attributes:
        path: where it stands, in the release's folder.
        data: its content.
        root: the checkout it was built in; None for a release by itself.
    """

    path: Path
    data: Any
    root: Path | None

    def files(self) -> Iterator[tuple[int, dict[str, Any], Path]]:
        """Yield every listed file: place, entry, path."""
        for index, entry in enumerate(self.data["files"]):
            yield index, entry, self.path.parent / entry["path"]


@rule("manifest-file", "manifest")
def manifest_file(manifest: Manifest) -> Iterator[Finding]:
    """Every file of the release is there, with the size and digest that the manifest lists."""
    for index, entry, path in manifest.files():
        if not path.is_file():
            yield Finding(f"/files/{index}/path", f"{entry['path']} is missing: build the release again")
            continue
        data = path.read_bytes()
        for name, value in (("bytes", len(data)), ("sha256", sha256(data))):
            if entry[name] != value:
                message = f"{entry['path']} has {name} {value}, not {entry[name]}: build the release again"
                yield Finding(f"/files/{index}/{name}", message)


@rule("manifest-rows", "manifest")
def manifest_rows(manifest: Manifest) -> Iterator[Finding]:
    """Every table has the number of rows that the manifest lists."""
    for index, entry, path in manifest.files():
        if not path.is_file() or path.suffix != ".parquet" or sha256(path.read_bytes()) != entry["sha256"]:
            continue
        rows = _rows(path)
        if rows != entry["rows"]:
            found = "no Parquet" if rows is None else f"{rows} rows"
            yield Finding(
                f"/files/{index}/rows",
                f"{entry['path']} has {found}, not {show(entry['rows'])}: build the release again",
            )


def _rows(path: Path) -> int | None:
    import pyarrow
    from pyarrow import parquet

    try:
        return int(parquet.read_metadata(path).num_rows)
    except pyarrow.ArrowInvalid:
        return None


@rule("manifest-content", "manifest")
def manifest_content(manifest: Manifest) -> Iterator[Finding]:
    """The content digest is that of the listed tables."""
    digest = content_digest({e["path"]: e["sha256"] for e in manifest.data["files"] if e["config"] is not None})
    if manifest.data["content_sha256"] != digest:
        yield Finding("/content_sha256", f"the digests of the listed tables make {digest}: build the release again")


@rule("manifest-complete", "manifest")
def manifest_complete(manifest: Manifest) -> Iterator[Finding]:
    """The manifest lists every file of the release once."""
    listed: set[Path] = {manifest.path}
    for index, entry, path in manifest.files():
        if path in listed:
            yield Finding(f"/files/{index}/path", f"{entry['path']} is listed twice, or is the manifest: remove it")
        listed.add(path)
    for path in sorted(manifest.path.parent.rglob("*")):
        name = path.relative_to(manifest.path.parent)
        if path.is_file() and path not in listed and not any(part.startswith(".") for part in name.parts):
            yield Finding("/files", f"{name.as_posix()} is not listed: remove it, or build the release again")


@rule("manifest-input", "manifest")
def manifest_input(manifest: Manifest) -> Iterator[Finding]:
    """The release was built from the files as they are now."""
    for index, entry in enumerate(manifest.data["inputs"] if manifest.root else ()):
        path = manifest.root / entry["path"] if manifest.root else manifest.path
        digest = sha256(path.read_bytes()) if path.is_file() else None
        if digest != entry["sha256"]:
            state = f"has the digest {digest} now" if digest else "is missing"
            yield Finding(f"/inputs/{index}/sha256", f"{entry['path']} {state}: build the release again")
