"""What a file is by the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chipstance.folders import ADJUDICATION, ROUND_FILE, Checkout, almost_layers, is_round
from chipstance.inputs import is_lines
from chipstance.jsonfile import is_folder, is_missing
from chipstance.model import Problem
from chipstance.rules import declare
from chipstance.schemas import NAMES, SUFFIX

FILE_STRAY = declare(
    "file-stray",
    "Every file in annotations/ and schema/ stands where its kind belongs, under its name, or is Markdown.",
)


def kind_by_place(path: Path, checkout: Checkout | None) -> str:
    """Return what a file is by the place where it stands, or an empty string."""
    if is_lines(path.name):
        return "predictions"
    if path.name.endswith(SUFFIX):
        return "schema"
    if checkout is None:
        return ""
    owner = path.parent
    places = {
        checkout.articles: "articles",
        checkout.entities: "entities",
        checkout.layers: "layers",
        checkout.article(path.stem): "article",
        checkout.edits(path.stem): "edits",
        checkout.gold(path.stem): "annotations",
        checkout.dataset / "manifest.json": "manifest",
    }
    if owner.parent.parent == checkout.rounds and path.suffix == ".json" and is_round(owner.parent.name):
        misspelt = owner.name != ADJUDICATION == owner.name.casefold()
        return "" if misspelt else "adjudication" if owner.name == ADJUDICATION else "annotations"
    if owner.parent == checkout.rounds and path.name == ROUND_FILE and is_round(owner.name):
        return "round"
    return places.get(path, "")


def is_stray(path: Path, checkout: Checkout | None) -> bool:
    """Tell whether a file stands in annotations/ or schema/ where its kind does not belong, or is of none."""
    if checkout is None or path.suffix == ".md":
        return False
    kind = kind_by_place(path, checkout)
    if checkout.annotations in path.parents:
        return kind in ("", "predictions", "schema")
    if checkout.schema not in path.parents:
        return False
    if kind == "schema":
        own = set(schema_files(checkout))
        return path not in own and not all(map(is_missing, own))
    return kind in ("", "predictions")


def schema_files(checkout: Checkout) -> Iterator[Path]:
    """Yield where the schemas of a checkout stand, if it has any."""
    return (checkout.schema / f"{name}{SUFFIX}" for name in NAMES)


def dead_link(path: Path) -> Problem:
    """Return that a folder is a link that leads nowhere."""
    message = "the link leads nowhere: mend it, or put the folder itself in its place"
    return Problem("file-unreadable", str(path), "", message, 1, 1)


def meant(path: Path, wanted: Path, checkout: Checkout) -> Problem:
    """Return that something has nearly the name of what is missing."""
    name = wanted.relative_to(checkout.root).as_posix()
    return Problem(FILE_STRAY, str(path), "", f"{name} is missing: if this is it, give it that name", 1, 1)


def stray(path: Path, checkout: Checkout | None) -> Problem:
    """Return what is wrong with a file that does not belong where it stands: of a misnamed round, the folder."""
    if is_folder(path):
        message = "links to folders are not followed: put the folder itself in its place"
        return Problem(FILE_STRAY, str(path), "", message, 1, 1)
    for folder in path.parents:
        if checkout and folder.parent == checkout.rounds and not is_round(folder.name):
            message = "a round's folder is called by its number, counted from 1: rename it"
            return Problem(FILE_STRAY, str(folder), "", message, 1, 1)
    message = "nothing of this name or kind belongs here: mend the name, or move it elsewhere"
    if checkout and path in almost_layers(checkout):
        message = "schema/layers.json is missing, so the package's layers are used: if this is it, give it that name"
    return Problem(FILE_STRAY, str(path), "", message, 1, 1)
