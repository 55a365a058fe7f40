"""Leaves out what a language model thinks before it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

NAMES = r"think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis"
TAG = re.compile(
    rf"(?:<\|?|◁)\s?(?P<end>/|end_(?:of_)?)?(?:begin_(?:of_)?|start_(?:of_)?)?(?:{NAMES})(?:\s[^<>▷]{{0,200}})?\|?[>▷]"
    r"|\[(?P<closed>/)?think(?:ing)?\](?!\()",
    re.IGNORECASE,
)
QUOTED = "\"'“‘\\"
"""A tag right after one of these is no tag, but text in a string."""
CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]{0,100}(?:<\|message\|>)?")
THINKING_CHANNEL = "analysis"
SAID_PLAINLY = re.compile(r"\s*analysis.*?assistant\s?final(?![a-z])", re.DOTALL)
"""The channels of an answer whose marks were lost."""


def without_thoughts(answer: str) -> str:
    """Return an answer without what its model thought: in tags, or in a channel for it.

    What stands before an end without a beginning was thought too, and so is all that follows a beginning without an
    end.

    Args:
        answer: the answer as it came.
    """
    first, *parts = CHANNEL.split(answer)
    said = [first, *(text for name, text in zip(parts[::2], parts[1::2], strict=True) if name != THINKING_CHANNEL)]
    kept = "".join(_outside("".join(said)))
    plainly = SAID_PLAINLY.match(kept)
    return kept[plainly.end() :] if plainly else kept


def _outside(answer: str) -> Iterator[str]:
    """Yield the parts of an answer that stand outside the tags of thoughts."""
    kept: list[str] = []
    at, thinking = 0, False
    for tag in TAG.finditer(answer):
        ends = bool(tag["end"] or tag["closed"])
        if not thinking and tag.start() and answer[tag.start() - 1] in QUOTED:
            continue
        if ends and not thinking:
            kept = []
        elif not thinking:
            kept.append(answer[at : tag.start()])
        at, thinking = tag.end(), not ends
    yield from kept
    if not thinking:
        yield answer[at:]
