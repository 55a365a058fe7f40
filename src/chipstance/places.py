"""What a file is by the place where it stands."""

from __future__ import annotations

from pathlib import Path

from chipstance.folders import ADJUDICATION, ROUND_FILE, Checkout, almost_layers, is_round
from chipstance.inputs import is_lines
from chipstance.model import Problem
from chipstance.rules import declare
from chipstance.schemas import SUFFIX

FILE_STRAY = declare(
    "file-stray", "Every file in annotations/ and schema/ stands where its kind belongs, or is Markdown."
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
        return "adjudication" if owner.name == ADJUDICATION else "annotations"
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
    return checkout.schema in path.parents and kind in ("", "predictions")


def stray(path: Path, checkout: Checkout | None) -> Problem:
    """Return what is wrong with a file that does not belong where it stands: of a misnamed round, the folder."""
    for folder in path.parents:
        if checkout and folder.parent == checkout.rounds and not is_round(folder.name):
            message = "a round's folder is called by its number, counted from 1: rename it"
            return Problem(FILE_STRAY, str(folder), "", message, 1, 1)
    message = "nothing of this name or kind belongs here: mend the name, or move it elsewhere"
    if checkout and path in almost_layers(checkout):
        message = "schema/layers.json is missing, so the package's layers are used: if this is it, give it that name"
    return Problem(FILE_STRAY, str(path), "", message, 1, 1)
