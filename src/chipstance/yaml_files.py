"""The YAML of a checkout that makes releases: ``CITATION.cff``, and the front matter of ``dataset_card.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chipstance.folders import Checkout
from chipstance.jsonfile import is_file, read_bytes
from chipstance.locate import MAX_DEPTH, TOO_DEEP
from chipstance.model import Problem
from chipstance.rules import declare

YAML_SYNTAX = declare(
    "yaml-syntax", "CITATION.cff is YAML, and so is the front matter that dataset_card.md begins with."
)
NO_FRONT = "no front matter stands at its beginning: put its YAML, with {{ metadata }}, between two lines of ---"
_FRONT = re.compile(r"---\n(.*?)^---$", re.DOTALL | re.MULTILINE)
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")


def yaml_problems(checkout: Checkout) -> Iterator[Problem]:
    """Yield where the files of a checkout that are YAML are none."""
    for path in (checkout.citation, checkout.card):
        try:
            text = read_bytes(path).decode(errors="replace") if is_file(path) else ""
        except OSError:
            continue  # the release's inputs are checked
        if path == checkout.card:
            front = _FRONT.match(text)
            if not front and is_file(path):
                yield Problem(YAML_SYNTAX, str(path), "", NO_FRONT)
            text = _FILLED_IN.sub("", f"\n{front[1]}") if front else ""
        yield from _problems(path, text)


def _problems(path: Path, text: str) -> Iterator[Problem]:
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            begins, ends = (isinstance(event, kind) for kind in (yaml.CollectionStartEvent, yaml.CollectionEndEvent))
            depth += begins - ends
            if depth > MAX_DEPTH:  # the parser takes quadratic time
                yield Problem(YAML_SYNTAX, str(path), "", TOO_DEEP, *_place(event.start_mark))
                return
    except yaml.YAMLError as error:
        said = getattr(error, "problem", None) or getattr(error, "reason", "it can't be read")
        message = f"no YAML: {said}: close what is open, or put the value into quotation marks"
        yield Problem(YAML_SYNTAX, str(path), "", message, *_place(getattr(error, "problem_mark", None)))


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
