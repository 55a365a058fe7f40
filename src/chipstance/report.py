"""Shows problems: as lines for people and tools, in colour on a terminal, as JSON, or as commands to GitHub."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipstance.model import Problem

if TYPE_CHECKING:
    from rich.text import Text

_HIDDEN = re.compile(r"[^\n\x20-\x7e]")
"""What has to be looked at: line ends stand between the values of JSON, never inside them."""
_COMMAND = "##["
"""With this anywhere, or two colons at its beginning, a line of a job's log can be a command to GitHub."""


def text_lines(problems: Sequence[Problem]) -> str:
    """Return one line a problem: ``path:line:column rule-id message``."""
    return "".join(f"{place(problem)} {problem.rule} {escape(problem.message)}\n" for problem in problems)


def rich_lines(problems: Sequence[Problem]) -> list[Text]:
    """Return the same lines with colours."""
    from rich.text import Text

    return [
        Text.assemble((place(problem), "cyan"), " ", (problem.rule, "bold red"), " ", escape(problem.message))
        for problem in problems
    ]


def json_text(problems: Sequence[Problem], files: int) -> str:
    """Return the problems as JSON, with the number of files."""
    return visible_json({"files": files, "problems": [*map(problem_entry, problems)]})


def problem_entry(problem: Problem) -> dict[str, Any]:
    """Return a problem as an object of JSON."""
    return {name: value for name, value in asdict(problem).items() if name != "rank"}


def visible_json(data: Any) -> str:
    r"""Return JSON text in which every character that can't be seen is written as ``\uXXXX``.

    A lone surrogate, which stands for a byte of a file name that is no UTF-8, is six characters: strict readers refuse
    the escape.
    """
    text = json.dumps(data, ensure_ascii=False, indent=2).replace(_COMMAND, r"##\u005b")
    return _HIDDEN.sub(_json_escape, text) + "\n"


def _json_escape(match: re.Match[str]) -> str:
    if match[0].isprintable():
        return match[0]
    escaped = json.dumps(match[0])[1:-1]
    return f"\\{escaped}" if "\ud800" <= match[0] <= "\udfff" else escaped


def github_lines(problems: Sequence[Problem]) -> str:
    """Return one workflow command a problem, which GitHub shows beside the line of the file."""
    return "".join(
        f"::error file={_property(problem.path)},line={problem.line},col={problem.column},"
        f"title={_property(problem.rule)}::{_data(problem.message)}\n"
        for problem in problems
    )


def _data(text: str) -> str:
    """Return the text of a workflow command, in which a percent sign begins an escape."""
    return escape(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(problems: Sequence[Problem], files: int) -> str:
    """Return the last line of a report."""
    return f"{_count(files, 'file')}, {_count(len(problems), 'problem')}"


def escape(text: str) -> str:
    """Return a text on one line, with control characters and other unprintable ones written as escapes."""
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return visible.replace(_COMMAND, r"##\x5b")


def place(problem: Problem) -> str:
    """Return where a problem is: ``path:line:column``."""
    here = "./" if problem.path.lstrip().startswith("::") else ""
    return f"{here}{escape(problem.path)}:{problem.line}:{problem.column}"


def seen_from(path: str, here: Path, root: Path) -> str:
    """Return a path, given as from one folder, as it is from another; absolute where it lies outside that."""
    if "://" in path:
        return path
    found = Path(os.path.normpath(here / path))
    return (found.relative_to(root) if found.is_relative_to(root) else found).as_posix()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
