"""Shows problems: as lines for people and tools, in colour on a terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from chipstance.model import Problem

if TYPE_CHECKING:
    from rich.text import Text


def text_lines(problems: Sequence[Problem]) -> str:
    """Return one line a problem: ``path:line:column rule-id message``."""
    return "".join(f"{_place(problem)} {problem.rule} {escape(problem.message)}\n" for problem in problems)


def rich_lines(problems: Sequence[Problem]) -> list[Text]:
    """Return the same lines with colours."""
    from rich.text import Text

    return [
        Text.assemble((_place(problem), "cyan"), " ", (problem.rule, "bold red"), " ", escape(problem.message))
        for problem in problems
    ]


def json_text(problems: Sequence[Problem], files: int) -> str:
    """Return the problems as JSON, with the number of files."""
    data = {"files": files, "problems": [asdict(problem) for problem in problems]}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def summary(problems: Sequence[Problem], files: int) -> str:
    """Return the last line of a report."""
    return f"{_count(files, 'file')}, {_count(len(problems), 'problem')}"


def escape(text: str) -> str:
    """Return a text on one line, with control characters and other unprintable ones written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _place(problem: Problem) -> str:
    return f"{escape(problem.path)}:{problem.line}:{problem.column}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
