"""The YAML of a checkout that makes releases: ``CITATION.cff``, and the front matter of ``dataset_card.md``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from chipstance.faults import show
from chipstance.folders import Checkout
from chipstance.json_slips import CONFLICT, UNMERGED
from chipstance.jsonfile import read_bytes
from chipstance.locate import MAX_DEPTH, TOO_DEEP, JsonError, decode, position
from chipstance.model import Problem
from chipstance.rules import declare
from chipstance.sources import unreadable

YAML_SYNTAX = declare(
    "yaml-syntax",
    "CITATION.cff is YAML that gives each key once, and so is the front matter that dataset_card.md begins with.",
)
YAML_ENCODING = declare("yaml-encoding", "CITATION.cff and dataset_card.md are UTF-8 without a byte order mark.")
NO_FRONT = "no front matter stands at its beginning: put its YAML, with {{ metadata }}, between two lines of ---"
OPEN_FRONT = "the front matter that begins here has no end: put a line of --- below its YAML"
NO_KEYS = "no keys with values stand here: write 'key: value', a line each"
EMPTY = "nothing stands here: write title, abstract, authors, license and date-released, or remove the file"
TWICE = "stands twice"
"""Of two keys that are the same a template may take one."""
LONGEST = 1 << 18
TOO_LONG = f"more than {LONGEST >> 10} KiB of YAML, which takes long to be read: shorten it"
Fault = tuple[str, tuple[int, int]]
"""A message, and line and column."""

_FRONT = re.compile(r"---\r?\n(.*?)^---\r?$", re.DOTALL | re.MULTILINE)
_FILLED_IN = re.compile(r"\{\{.{0,999}?\}\}|\{%.{0,999}?%\}|\{#.{0,999}?#\}")


def yaml_problems(checkout: Checkout) -> Iterator[Problem]:
    """Yield where the files of a checkout that are YAML are none."""
    for path in (checkout.citation, checkout.card):
        if not os.path.lexists(path):
            continue  # the release's inputs are checked
        try:
            text = decode(read_bytes(path), YAML_ENCODING)
        except JsonError as error:
            yield unreadable(path, error)
        except OSError as error:
            message = (
                f"it can't be read ({error.strerror or error}): put the file itself here, and let everybody read it"
            )
            yield Problem("file-unreadable", str(path), "", message, 1, 1)
        else:
            faults = _of_card(text) if path == checkout.card else _faults(text, EMPTY)
            yield from (Problem(YAML_SYNTAX, str(path), "", message, *place) for message, place in faults)


def _of_card(text: str) -> Iterator[Fault]:
    if front := _FRONT.match(text):
        faults = _faults(_FILLED_IN.sub("", f"\n{front[1]}"))
        yield from (fault for fault in faults if "{%" not in front[1] or TWICE not in fault[0])
    elif (conflict := CONFLICT.match(text)) and conflict[1].startswith("<"):
        yield UNMERGED, (1, 1)
    else:
        yield OPEN_FRONT if text.startswith(("---\n", "---\r\n")) else NO_FRONT, (1, 1)


def _faults(text: str, empty: str = "") -> Iterator[Fault]:
    """Yield what keeps a text from being YAML with keys and values.

    Args:
        text: the YAML.
        empty: what is wrong where it says nothing; by default that is allowed.
    """
    import yaml

    if len(text) > LONGEST:
        yield TOO_LONG, (1, 1)
        return
    conflicts = (found for found in CONFLICT.finditer(text) if found[1].startswith("<"))
    if conflict := next(conflicts, None):
        yield UNMERGED, position(text, conflict.start())
        return
    try:
        if deep := _too_deep(text):
            yield TOO_DEEP, deep
            return
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        yield f"no YAML holds U+{ord(text[error.position]):04X}: remove it", position(text, error.position)
    except yaml.composer.ComposerError as error:
        message = f"no YAML: {error.context or error.problem}: remove what stands here, or mend its name"
        yield message, _place(error.problem_mark)
    except yaml.MarkedYAMLError as error:
        message = f"no YAML: {error.problem}: close what is open, or put the value into quotation marks"
        yield message, _place(error.problem_mark)
    else:
        if isinstance(root, yaml.MappingNode):
            yield from _again(root)
        elif root or empty:
            yield (NO_KEYS, _place(root.start_mark)) if root else (empty, (1, 1))


def _too_deep(text: str) -> tuple[int, int] | None:
    """Return where a text is nested so deep that the parser, which takes quadratic time, had better stop."""
    import yaml

    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        begins, ends = (isinstance(event, kind) for kind in (yaml.CollectionStartEvent, yaml.CollectionEndEvent))
        depth += begins - ends
        if depth > MAX_DEPTH:
            return _place(event.start_mark)
    return None


def _again(root: Any) -> Iterator[Fault]:
    """Yield the keys that stand twice in a mapping, at any depth."""
    import yaml

    met: set[int] = set()
    queue = [root]
    while queue:
        node = queue.pop()
        if id(node) in met or not isinstance(node, yaml.CollectionNode):
            continue
        met.add(id(node))  # an alias may lead back
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        yield from _twice([key for key, _ in pairs if isinstance(key, yaml.ScalarNode)])
        queue.extend(chain.from_iterable(pairs) if pairs else node.value)


def _twice(keys: list[Any]) -> Iterator[Fault]:
    known: set[tuple[str, str]] = set()
    for key in keys:
        if (key.tag, key.value) in known:
            yield f"key {show(key.value)} {TWICE}: remove one of them", _place(key.start_mark)
        known.add((key.tag, key.value))


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
