"""Rules about the release's manifest."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from chipstance.digests import content_digest, sha256
from chipstance.faults import show
from chipstance.folders import Checkout, matching
from chipstance.jsonfile import is_file, is_folder, is_missing, read_bytes
from chipstance.likeness import alike
from chipstance.locate import JsonError, decode, parse
from chipstance.rules import Finding, declare, others, rule

RELEASE_MISSING = declare(
    "release-missing", "A checkout with a dataset card, whose CITATION.cff names a version, has that release."
)
AGAIN = "build the release again"
_VERSION = re.compile(r"^version:\s*[\"']?(\w[^\"'\s#]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that its schema accepts.

    Attributes:
        path: where it stands, in the release's folder.
        data: its content.
        checkout: where it was built; None for a release by itself.
    """

    path: Path
    data: Any
    checkout: Checkout | None

    def files(self) -> Iterator[tuple[int, dict[str, Any], Path]]:
        """Yield every listed file: place, entry, path."""
        for index, entry in enumerate(self.data["files"]):
            yield index, entry, self.path.parent / entry["path"]

    def tables(self) -> Iterator[tuple[int, dict[str, Any], Path]]:
        """Yield every listed table that is the listed one."""
        return (f for f in self.files() if f[2].suffix == ".parquet" and _digest(f[2]) == f[1]["sha256"])

    @property
    def croissant(self) -> Path:
        """Where the release is described for Croissant."""
        return self.path.parent / "croissant.json"


def _read(path: Path) -> bytes | None:
    """Return a file's bytes; None where it is missing or can't be read."""
    try:
        return read_bytes(path)
    except (OSError, ValueError):
        return None


def _digest(path: Path) -> str | None:
    data = _read(path)
    return None if data is None else sha256(data)


def cited_version(checkout: Checkout) -> str | None:
    """Return the version that CITATION.cff names; None where it names none, or can't be read."""
    found = _VERSION.search((_read(checkout.citation) or b"").decode(errors="replace"))
    return found[1] if found else None


def releases(checkout: Checkout) -> bool:
    """Tell whether a checkout is one that makes releases: it has a manifest, or the template of a card."""
    return not (is_missing(checkout.dataset / "manifest.json") and is_missing(checkout.card))


@rule("manifest-file", "manifest")
def manifest_file(manifest: Manifest) -> Iterator[Finding]:
    """Every file of the release is there, with the size and digest that the manifest lists."""
    for path, (index, like) in _lost(manifest).items():
        name = show(path.relative_to(manifest.path.parent).as_posix())
        mend = f"if {like} is it, give it that name; else {AGAIN}" if like else AGAIN
        yield Finding(f"/files/{index}/path", f"{name} is missing: {mend}")
    for index, entry, path in manifest.files():
        data = _read(path)
        if data is None:
            if os.path.lexists(path):
                yield Finding(f"/files/{index}/path", f"{show(entry['path'])} can't be read: {AGAIN}")
            continue
        for name, value in (("sha256", sha256(data)), ("bytes", len(data))):
            if entry[name] != value:
                message = f"{entry['path']} has {name} {value}, not {show(entry[name])}: {AGAIN}"
                yield Finding(f"/files/{index}/{name}", message)
                break  # other content mostly has another size too


def _lost(manifest: Manifest) -> dict[Path, tuple[int, str]]:
    """Return what is missing, a folder with all its files: the place in the list, and what is nearly so called."""
    found: dict[Path, int] = {}
    for index, _, path in manifest.files():
        if not os.path.lexists(top := _gone(path) or path):
            found.setdefault(top, index)
    near = _near(found, [manifest.path, *(path for _, _, path in manifest.files())]) if found else {}
    return {path: (index, near.get(path, "")) for path, index in found.items()}


def _near(missing: Collection[Path], known: Iterable[Path]) -> dict[Path, str]:
    """Return what stands beside places under nearly their names, and does not belong there."""
    belonging = set(chain.from_iterable((path, *path.parents) for path in known))
    found: dict[Path, str] = {}
    for folder in {path.parent for path in missing}:
        lost = {path.name: path for path in missing if path.parent == folder}
        there = [path.name for path in matching(folder, "*") if path not in belonging]
        found |= {lost[name]: like for name, like in alike(lost, there)}
    return found


@rule("manifest-rows", "manifest")
def manifest_rows(manifest: Manifest) -> Iterator[Finding]:
    """Every table has the number of rows that the manifest lists."""
    for index, entry, path in manifest.tables():
        rows = None if (table := _metadata(path)) is None else int(table.num_rows)
        if rows != entry["rows"]:
            found = "no Parquet" if rows is None else f"{rows} rows"
            yield Finding(
                f"/files/{index}/rows",
                f"{entry['path']} has {found}, not {show(entry['rows'])}: {AGAIN}",
            )


def _metadata(path: Path) -> Any:
    """Return what a table says about itself; None where it is no Parquet.

    Its statistics are not touched: damaged ones end the process.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        return parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError, ValueError):
        return None


@rule("manifest-table", "manifest")
def manifest_table(manifest: Manifest) -> Iterator[Finding]:
    """A table stands where its config and its split say, and everything else has neither."""
    for index, entry, path in manifest.files():
        config, split = entry["config"], entry["split"]
        if path.suffix == ".parquet":
            wrong = entry["path"] != f"data/{config}/{split}.parquet"
        else:
            wrong = (config, split, entry["rows"]) != (None, None, None)
        if wrong:
            message = f"{show(entry['path'])} is not where {show(config)}, {show(split)} stands: {AGAIN}"
            yield Finding(f"/files/{index}/config", message)


@rule("manifest-identity", "manifest")
def manifest_identity(manifest: Manifest) -> Iterator[Finding]:
    """Manifest, tables, Croissant and CITATION.cff say the same: name, version, canary, and the tables' digests."""
    cited = cited_version(manifest.checkout) if manifest.checkout else None
    said = [("CITATION.cff", {"version": cited}), *_said(manifest)]
    for name in ("name", "version", "canary"):
        here = manifest.data[name]
        other = next((where for where, what in said if what.get(name) not in (None, here)), None)
        if other:
            message = f"{name} is {show(here)}, but {other} says {show(dict(said)[other][name])}: {AGAIN}"
            yield Finding(f"/{name}", message)


def _said(manifest: Manifest) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """Yield what the files of a release say about it, where they say anything."""
    for _, entry, path in manifest.tables():
        metadata = (table.metadata if (table := _metadata(path)) else None) or {}
        keys = {"version": b"chipstance.version", "canary": b"chipstance.canary"}
        yield (
            entry["path"],
            {name: metadata[key].decode(errors="replace") for name, key in keys.items() if key in metadata},
        )
    if croissant := _croissant(manifest)[1]:
        said = {name: croissant.get(name) or "" for name in ("name", "version")}
        yield manifest.croissant.name, {**said, "canary": croissant.get("canary")}


def _croissant(manifest: Manifest) -> tuple[int, Mapping[str, Any], str]:
    """Return the place of a Croissant that is the listed one, what it says, and else why that can't be read."""
    for index, entry, path in manifest.files():
        data = _read(path) if path == manifest.croissant else None
        if data is not None and sha256(data) == entry["sha256"]:
            try:
                found = parse(decode(data))
            except JsonError as error:
                return index, {}, f"line {error.line}, column {error.column}: {str(error).partition(': ')[0]}"
            return (index, found, "") if found and isinstance(found, dict) else (index, {}, "it is no object with keys")
    return 0, {}, ""


@rule("manifest-identity", "manifest")
def manifest_described(manifest: Manifest) -> Iterator[Finding]:
    """Manifest, tables, Croissant and CITATION.cff say the same: name, version, canary, and the tables' digests."""
    index, croissant, wrong = _croissant(manifest)
    if wrong:
        yield Finding(f"/files/{index}/path", f"{manifest.croissant.name} can't be read ({wrong}): {AGAIN}")
    if not croissant:
        return
    objects = croissant.get("distribution")
    objects = [each for each in objects if isinstance(each, dict)] if isinstance(objects, list) else []
    said = {str(each.get("contentUrl")): each.get("sha256") for each in objects}
    tables = [(at, entry) for at, entry, _ in manifest.files() if entry["config"] is not None]
    other = [(at, entry) for at, entry in tables if said.get(entry["path"]) != entry["sha256"]]
    for at, entry in other[:1]:
        message = f"the digest of {show(entry['path'])} is {entry['sha256']}, but {manifest.croissant.name} says"
        yield Finding(f"/files/{at}/sha256", f"{message} {show(said.get(entry['path']))}{others(len(other))}: {AGAIN}")


@rule("manifest-order", "manifest")
def manifest_order(manifest: Manifest) -> Iterator[Finding]:
    """Files and inputs are sorted by path."""
    for name in ("files", "inputs"):
        pairs = enumerate(pairwise(manifest.data[name]), start=1)
        misplaced = [(index, other["path"]) for index, (one, other) in pairs if other["path"] < one["path"]]
        for index, path in misplaced[:1]:
            message = f"{show(path)} belongs before the one above it: build the release again{others(len(misplaced))}"
            yield Finding(f"/{name}/{index}/path", message)


@rule("manifest-content", "manifest")
def manifest_content(manifest: Manifest) -> Iterator[Finding]:
    """The content digest is that of the listed tables."""
    digest = content_digest({e["path"]: e["sha256"] for e in manifest.data["files"] if e["config"] is not None})
    if manifest.data["content_sha256"] != digest:
        yield Finding("/content_sha256", f"the digests of the listed tables make {digest}: {AGAIN}")


@rule("manifest-complete", "manifest")
def manifest_complete(manifest: Manifest) -> Iterator[Finding]:
    """The manifest lists every file of the release once."""
    listed: set[Path] = {manifest.path}
    for index, entry, path in manifest.files():
        if path in listed:
            message = f"{show(entry['path'])} is listed twice, or is the manifest: remove it"
            yield Finding(f"/files/{index}/path", message)
        listed.add(path)
    meant = {path.with_name(like) for path, (_, like) in _lost(manifest).items() if like}
    for path in sorted(manifest.path.parent.rglob("*")):
        if not meant.isdisjoint((path, *path.parents)):
            continue
        name = path.relative_to(manifest.path.parent)
        if is_file(path) and path not in listed and not any(part.startswith(".") for part in name.parts):
            yield Finding("/files", f"{name.as_posix()} is not listed: remove it, or build the release again")


@rule("manifest-input", "manifest")
def manifest_input(manifest: Manifest) -> Iterator[Finding]:
    """The release was built from the files as they are now, and lists all of them."""
    if manifest.checkout is None:
        return
    gone: set[Path] = set()
    root = manifest.checkout.root
    paths = [root / entry["path"] for entry in manifest.data["inputs"]]
    near = _near(lost, paths) if (lost := [path for path in paths if not os.path.lexists(path)]) else {}
    for index, (entry, path) in enumerate(zip(manifest.data["inputs"], paths, strict=True)):
        folder = _gone(path)
        digest = None if folder in gone else _digest(path)
        if folder and folder not in gone:
            name = folder.relative_to(root).as_posix()
            message = f"{show(name)}, from which the release was built, is missing: put it back, or {AGAIN}"
            yield Finding(f"/inputs/{index}/path", message)
        elif folder is None and not os.path.lexists(path):
            mend = f"if {near[path]} is it, give it that name" if path in near else f"put it back, or {AGAIN}"
            message = f"{show(entry['path'])}, from which the release was built, is missing: {mend}"
            yield Finding(f"/inputs/{index}/path", message)
        elif folder is None and digest != entry["sha256"]:
            state = f"has the digest {digest} now: {AGAIN}" if digest else f"can't be read: mend it, or {AGAIN}"
            yield Finding(f"/inputs/{index}/sha256", f"{show(entry['path'])} {state}")
        gone |= {folder} if folder else set()
    listed = {entry["path"] for entry in manifest.data["inputs"]}
    for path in _inputs(manifest.checkout):
        name = path.relative_to(manifest.checkout.root).as_posix()
        if is_file(path) and name not in listed:
            yield Finding("/inputs", f"{name} is not listed: {AGAIN}")


def _gone(path: Path) -> Path | None:
    """Return the highest folder on the way to a path that is missing; None where its folder is there."""
    return next((folder for folder in reversed(path.parents) if is_missing(folder)), None)


def _inputs(checkout: Checkout) -> Iterator[Path]:
    """Yield every file that a release is always made from."""
    yield from (checkout.articles, checkout.entities, checkout.layers, checkout.card, checkout.citation)
    folder = checkout.article("").parent
    for article in sorted(folder.glob("*.txt")) if is_folder(folder) else ():
        yield from (article, checkout.edits(article.stem), checkout.gold(article.stem))
    yield from checkout.measured()
