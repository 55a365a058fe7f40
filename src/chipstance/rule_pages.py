"""The rules for readers: what each one asks for and looks at, with a bad and a good example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chipstance import streams, validate
from chipstance.rules import RULES, scopes

if TYPE_CHECKING:
    from rich.table import Table

REGISTERING = (streams, validate)
"""Modules whose import registers every rule."""

LOOKS_AT = {
    "offsets": "all labels",
    "labels": "all labels",
    "annotations": "label files",
    "documents": "documents with their text",
    "predictions": "predictions",
    "article": "articles",
    "articles": "the list of articles",
    "edits": "edits",
    "entities": "the registry",
    "layers": "layers.json",
    "schemas": "schemas",
    "round": "rounds",
    "adjudication": "adjudications",
    "rounds": "all rounds together",
    "manifest": "the release",
    "corpus": "the whole checkout",
}
READING = "files as they are read"

HEAD = """# Rules

What `chipstance validate` asks for. A rule's id is stable. `chipstance rules` lists the rules too, and \
`chipstance rules RULE` shows one with its examples.

The examples are parts of the case files in `tests/cases/`, which are laid over an invented checkout; where what is \
told stands in that checkout too, what the case changes follows. What can't be seen is written as an escape. This \
page is made by `python scripts/rules.py` and never edited.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A part of a file that breaks a rule or keeps it.

    Attributes:
        case: the case it is from, by its name in ``tests/cases/<rule>/``.
        path: the file, in the checkout of the case.
        text: the part.
        problem: the line that the validator prints; empty for a good example.
    """

    case: str
    path: str
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as it is shown.

    Attributes:
        id: its stable id.
        looks_at: what it is run for, in words.
        reason: what it asks for, in one sentence.
        bad: what breaks it; None where the tests make such a file while they run.
        good: what keeps it; None likewise.
    """

    id: str
    looks_at: tuple[str, ...]
    reason: str
    bad: Example | None = None
    good: Example | None = None


def entries(examples: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[Entry]:
    """Return every rule, sorted by id.

    Args:
        examples: by rule, then ``bad`` and ``good``, as ``rule_examples.json`` holds them.
    """
    known = {rule_id: {sort: Example(**each) for sort, each in found.items()} for rule_id, found in examples.items()}
    return [Entry(rule_id, _looks_at(rule_id), RULES[rule_id], **known.get(rule_id, {})) for rule_id in sorted(RULES)]


def _looks_at(rule_id: str) -> tuple[str, ...]:
    found = scopes(rule_id)
    return tuple(dict.fromkeys(words for scope, words in LOOKS_AT.items() if scope in found)) or (READING,)


def plain(shown: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return rules as JSON holds them."""
    return [asdict(entry) for entry in shown]


def table(shown: Iterable[Entry]) -> Table:
    """Return rules as a table for a terminal."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("rule", no_wrap=True, style="cyan")
    made.add_column("looks at", max_width=24)
    made.add_column("asks for")
    for entry in shown:
        made.add_row(entry.id, ", ".join(entry.looks_at), entry.reason)
    return made


def words(entry: Entry) -> str:
    """Return one rule with its examples, for a terminal."""
    lines = [entry.id, f"  {entry.reason}", f"  Looks at: {', '.join(entry.looks_at)}.", ""]
    for name, example in (("Bad", entry.bad), ("Good", entry.good)):
        lines += [f"  {name}: {_caption(entry, example)}"]
        lines += [f"    {line}".rstrip() for line in example.text.split("\n")] if example else []
        lines += [f"  {example.problem}"] if example and example.problem else []
        lines += [""]
    return "\n".join(lines)


def markdown(shown: Sequence[Entry]) -> str:
    """Return rules as a page: a table of all, then each with its examples."""
    rows = [f"| [{entry.id}](#{entry.id}) | {', '.join(entry.looks_at)} | {entry.reason} |" for entry in shown]
    overview = "\n".join(["| rule | looks at | asks for |", "| --- | --- | --- |", *rows])
    return "\n".join([HEAD, overview, "", *map(_section, shown)])


def _section(entry: Entry) -> str:
    parts = [f"## {entry.id}", f"{entry.reason} Looks at: {', '.join(entry.looks_at)}."]
    for name, example in (("Bad", entry.bad), ("Good", entry.good)):
        parts.append(f"**{name}**: {_caption(entry, example, mark='`')}")
        parts += [_fenced(example)] if example else []
    return "\n\n".join(parts) + "\n"


def _caption(entry: Entry, example: Example | None, mark: str = "") -> str:
    if example is None:
        return "made by the tests while they run, since no repository should hold such a file."
    return f"{mark}{example.path}{mark}, from {mark}tests/cases/{entry.id}/{example.case}{mark}"


def _fenced(example: Example) -> str:
    fence = "````" if "```" in example.text else "```"
    language = "json" if example.text[:1] in ("{", "[") and "\n\n" not in example.text else "text"
    found = f"\n\n```text\n{example.problem}\n```" if example.problem else ""
    return f"{fence}{language}\n{example.text}\n{fence}{found}"
