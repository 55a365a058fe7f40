"""Paragraphs and tokens of a text, with code-point offsets, and BIO tags over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from chipstance.model import Span


@dataclass(frozen=True, slots=True)
class Unit:
    """A paragraph, a token or a run of paragraphs.

    Attributes:
        start: its first code point in the document's text.
        end: one past its last (half-open).
        text: what stands there.
    """

    start: int
    end: int
    text: str

    def covers(self, span: Span) -> bool:
        """Tell whether a span lies wholly inside this unit."""
        return self.start <= span.start and span.end <= self.end


class AlignmentError(ValueError):
    """A span that does not begin and end where tokens do, or that crosses paragraphs."""


def paragraphs(text: str) -> tuple[Unit, ...]:
    """Return the lines that are not blank, without white space at their edges."""
    return tuple(_paragraphs(text))


def _paragraphs(text: str) -> Iterator[Unit]:
    for line in re.finditer(r"[^\n]+", text):
        content = line.group().strip()
        if content:
            start = line.start() + len(line.group()) - len(line.group().lstrip())
            yield Unit(start, start + len(content), content)


def tokens(paragraph: Unit) -> tuple[Unit, ...]:
    """Return a paragraph's tokens, white space left out, with offsets into the document's text."""
    return tuple(
        Unit(paragraph.start + token.idx, paragraph.start + token.idx + len(token), token.text)
        for token in _tokenizer()(paragraph.text)
        if not token.is_space
    )


@cache
def _tokenizer() -> Any:
    import spacy

    return spacy.blank("en").tokenizer


def tokenizer_name() -> str:
    """Return the tokenizer with its version, as the card states it."""
    return f'spaCy {version("spacy")}, spacy.blank("en")'


def context(text: str, units: Sequence[Unit], span: Span) -> Unit:
    """Return the paragraph a span lies in, or the run of paragraphs where it crosses several.

    Args:
        text: the document's text.
        units: its paragraphs.
        span: a span of it.
    """
    touched = [unit for unit in units if unit.start < span.end and span.start < unit.end]
    start, end = touched[0].start, touched[-1].end
    return Unit(start, end, text[start:end])


def bio_tags(units: Sequence[Unit], spans: Iterable[Span]) -> list[str]:
    """Return one IOB2 tag a token: ``B-<layer>`` on a span's first, ``I-<layer>`` on the others, ``O`` elsewhere.

    Args:
        units: the tokens of one paragraph.
        spans: spans inside that paragraph which do not overlap.

    Raises:
        AlignmentError: a span does not begin and end where tokens do.
    """
    starts = {unit.start: index for index, unit in enumerate(units)}
    ends = {unit.end: index for index, unit in enumerate(units)}
    tags = ["O"] * len(units)
    for span in spans:
        if span.start not in starts or span.end not in ends:
            raise AlignmentError(f"{_named(span)} does not begin and end where tokens do: {_around(units, span)}")
        first, last = starts[span.start], ends[span.end]
        tags[first : last + 1] = [f"B-{span.layer}", *[f"I-{span.layer}"] * (last - first)]
    return tags


def check_inside(units: Sequence[Unit], spans: Iterable[Span]) -> None:
    """Check that every span lies inside one paragraph.

    Raises:
        AlignmentError: one does not.
    """
    for span in spans:
        if not any(unit.covers(span) for unit in units):
            raise AlignmentError(f"{_named(span)} does not lie inside one paragraph")


def _named(span: Span) -> str:
    return f"{span.layer} span {span.id} [{span.start}, {span.end}) {span.text!r}"


def _around(units: Sequence[Unit], span: Span) -> str:
    return " | ".join(unit.text for unit in units if unit.start < span.end and span.start < unit.end)
