"""The words ChipStance is written in: frozen records that every other module passes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

Value = str | bool | None
"""What an attribute can hold: a string (choice, id, decimal), a boolean, or null."""


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled passage of a text.

    Attributes:
        id: unique within its document.
        layer: name of the layer it belongs to.
        start: first code point of the passage.
        end: one past its last code point (half-open).
        text: the covered text, equal to ``document.text[start:end]``.
        attributes: attribute name to value, as the layer declares them.
        repaired: whether the passage lies in a repaired part of the article.
    """

    id: str
    layer: str
    start: int
    end: int
    text: str
    attributes: Mapping[str, Value] = field(default_factory=dict, hash=False)
    repaired: bool = False

    def overlaps(self, other: Span) -> bool:
        """Tell whether both spans share at least one code point."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: Span) -> bool:
        """Tell whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its spans.

    Attributes:
        id: the document's id, the same in every table and file.
        text: the annotated text; all offsets are code points into it.
        spans: the labels, in reading order.
        annotator: who decided the labels (``gold`` for the agreed ones).
    """

    id: str
    text: str
    spans: tuple[Span, ...] = ()
    annotator: str = "gold"

    def layer(self, name: str) -> tuple[Span, ...]:
        """Return the spans of one layer, in the document's order."""
        return tuple(span for span in self.spans if span.layer == name)

    def span(self, span_id: str) -> Span:
        """Return the span with this id.

        Raises:
            KeyError: no span has this id.
        """
        for span in self.spans:
            if span.id == span_id:
                return span
        raise KeyError(span_id)

    def __iter__(self) -> Iterator[Span]:
        """Iterate over the spans."""
        return iter(self.spans)


@dataclass(frozen=True, slots=True)
class Entity:
    """A person, organization or account of the registry.

    Attributes:
        id: the same in every article.
        name: canonical name.
        kind: ``person``, ``organization`` or ``account``.
        aliases: every form of the name seen in the articles.
    """

    id: str
    name: str
    kind: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A recorded change from an article to its annotated text.

    Attributes:
        start: first code point replaced, in the article as received.
        end: one past the last (half-open).
        replacement: what stands there instead; empty for a deletion.
        kind: ``deletion`` of site furniture or ``repair`` of a destroyed passage.
        reason: why, in words.
    """

    start: int
    end: int
    replacement: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article as received, with what its own text states about itself.

    Attributes:
        id: short speaking id, the document's id everywhere.
        split: ``validation`` or ``test``.
        sha256: digest of the file's bytes.
        publisher: as the text states it, else None.
        title: as the text states it, else None.
        date: ISO 8601 date as the text states it, else None.
        rights: who holds the rights in the text.
    """

    id: str
    split: str
    sha256: str
    publisher: str | None
    title: str | None
    date: str | None
    rights: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that breaks a rule. Problems always fail; there are no warnings.

    Attributes:
        rule: the rule's stable id, such as ``span-text-mismatch``.
        path: the file.
        pointer: JSON pointer (RFC 6901) of the value inside the file, empty for the whole.
        message: what is wrong and how to mend it.
        line: 1-based line of the value; 1 where there is none (a missing file).
        column: 1-based column of the value, in code points; 1 as for ``line``.
        rank: what comes first at the same line and column: in a row of a table, which has no columns, the column in
            the line that the row stands for.
    """

    rule: str
    path: str
    pointer: str
    message: str
    line: int = 1
    column: int = 1
    rank: int = 0

    def in_row(self) -> Problem:
        """Return the problem of a line as that of the row that the line stands for."""
        return replace(self, column=1, rank=self.column)


def by_position(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans in reading order: by start, the longer one first, then by layer and id."""
    return tuple(sorted(spans, key=lambda s: (s.start, -s.end, s.layer, s.id)))
