"""The invented checkout of tests/example, copied to where a test may change it, and its release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chipstance.citation import parse_citation
from chipstance.contents import Contents, make_contents
from chipstance.corpus import Corpus, read_corpus
from chipstance.folders import Checkout, schema_folder
from chipstance.release import build, write_release

EXAMPLE = Path(__file__).parent / "example"
VERSION = "1.2.3"


def copy_example(folder: Path) -> Checkout:
    """Copy the checkout to a new folder."""
    shutil.copytree(EXAMPLE, folder)
    shutil.copytree(schema_folder(), folder / "schema")
    return Checkout(folder)


def write_example(folder: Path) -> Checkout:
    """Copy the checkout to a new folder and put its release in it."""
    checkout = copy_example(folder)
    write_release(checkout.dataset, build(checkout, VERSION))
    return checkout


def example_contents(checkout: Checkout) -> Contents:
    return make_contents(example_corpus(checkout), parse_citation(checkout.citation.read_text("utf-8")), VERSION)


def example_corpus(checkout: Checkout) -> Corpus:
    return read_corpus(checkout)


def change_span(checkout: Checkout, doc: str, span_id: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change one gold span in place."""
    path = checkout.gold(doc)
    data = json.loads(path.read_text("utf-8"))
    change(next(span for span in data["spans"] if span["id"] == span_id))
    path.write_text(json.dumps(data), "utf-8")
