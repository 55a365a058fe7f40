"""From an article as received to its annotated text, and offsets carried both ways.

An article is never changed; a short list of recorded edits makes the text from it. ``OffsetMap``
carries code-point offsets from the article (raw) to the text and back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chipstance.digests import sha256
from chipstance.model import Edit


class EditError(ValueError):
    """An edit that can't be applied.

    Attributes:
        rule: the id of the rule it breaks.
        index: 0-based place of the edit in its list; None where the article itself is at fault.
    """

    def __init__(self, rule: str, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.index = index


@dataclass(frozen=True, slots=True)
class Place:
    """Where an offset went.

    Attributes:
        offset: the offset on the other side; beside the edit where the place itself is gone.
        edit: the edit the offset fell into, or None where the offset was carried exactly.
    """

    offset: int
    edit: Edit | None = None

    @property
    def exact(self) -> bool:
        """Whether the same character stands at both offsets."""
        return self.edit is None


def edit_errors(raw: str, edits: Sequence[Edit]) -> Iterator[EditError]:
    """Yield what is wrong with a list of edits, each error naming its edit.

    Args:
        raw: the article as received.
        edits: the recorded edits.
    """
    before = 0
    for index, edit in enumerate(edits):
        name = f"edit {index} [{edit.start}, {edit.end})"
        if not 0 <= edit.start < edit.end <= len(raw):
            yield EditError(
                "edit-out-of-range",
                f"{name} does not fit the article of {len(raw)} code points: start must be below end, both inside it",
                index,
            )
            continue
        if index and edit.start < edits[index - 1].start:
            yield EditError("edit-order", f"{name} starts before the edit above it: sort the edits by start", index)
        elif edit.start < before:
            message = f"{name} overlaps the edit above it, which ends at {before}: shorten or remove one of them"
            yield EditError("edit-overlap", message, index)
        before = max(before, edit.end)


def apply_edits(raw: str, edits: Sequence[Edit], digest: str | None = None) -> str:
    """Return the annotated text.

    Args:
        raw: the article as received.
        edits: the recorded edits, in order.
        digest: SHA-256 of the article's UTF-8 the edits were made for; None skips the comparison.

    Raises:
        EditError: the article is not the one the edits were made for, or an edit is out of range,
            out of order or overlaps the one before it.
    """
    if digest is not None and sha256(raw) != digest:
        raise EditError(
            "article-digest",
            f"the article's digest is {sha256(raw)}, but the edits were made for {digest}: "
            "put the article back, or record the edits again",
        )
    for error in edit_errors(raw, edits):
        raise error
    pieces, position = [], 0
    for edit in edits:
        pieces += [raw[position : edit.start], edit.replacement]
        position = edit.end
    return "".join([*pieces, raw[position:]])


class OffsetMap:
    """Carries code-point offsets between an article (raw) and its annotated text.

    An offset outside all edits is carried exactly, in both directions. One inside a deleted or
    replaced passage has no counterpart: it goes to the start of what stands there instead, and the
    returned ``Place`` names the edit.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = tuple(edits)
        self._raw_starts = [edit.start for edit in edits]
        self._text_starts = []
        shift = 0
        for edit in edits:
            self._text_starts.append(edit.start + shift)
            shift += len(edit.replacement) - (edit.end - edit.start)
        places = list(zip(edits, self._text_starts, strict=True))
        repairs = [(start, start + len(edit.replacement)) for edit, start in places if edit.kind == "repair"]
        self._repair_starts, self._repair_ends = ([repair[side] for repair in repairs] for side in (0, 1))

    def to_text(self, offset: int) -> Place:
        """Carry an offset from the article to the text."""
        index = bisect_right(self._raw_starts, offset) - 1
        if index < 0:
            return Place(offset)
        edit, start = self._edits[index], self._text_starts[index]
        if offset < edit.end:
            return Place(start, edit)
        return Place(start + len(edit.replacement) + offset - edit.end)

    def to_raw(self, offset: int) -> Place:
        """Carry an offset from the text to the article."""
        index = bisect_right(self._text_starts, offset) - 1
        if index < 0:
            return Place(offset)
        edit, inside = self._edits[index], offset - self._text_starts[index]
        if inside < len(edit.replacement):
            return Place(edit.start, edit)
        return Place(edit.end + inside - len(edit.replacement))

    def span_to_text(self, start: int, end: int) -> tuple[int, int, tuple[Edit, ...]]:
        """Carry a raw span to the text, with the edits it touches.

        Returns:
            start and end in the text (equal where everything was deleted) and the edits touched.
        """
        last = self.to_text(end - 1)
        stop = last.offset + 1 if last.exact else last.offset + len(last.edit.replacement if last.edit else "")
        return self.to_text(start).offset, stop, self._touched(start, end)

    def span_to_raw(self, start: int, end: int) -> tuple[int, int, tuple[Edit, ...]]:
        """Carry a text span to the article, with the edits it touches.

        A span that begins or ends inside a replacement takes in the whole passage that was replaced.
        """
        first, last = self.to_raw(start), self.to_raw(end - 1)
        stop = last.edit.end if last.edit else last.offset + 1
        return first.offset, stop, self._touched(first.offset, stop)

    def repaired(self, start: int, end: int) -> bool:
        """Tell whether a text span overlaps a passage that a repair put there."""
        return bisect_right(self._repair_ends, start) < bisect_left(self._repair_starts, end)

    def _touched(self, start: int, end: int) -> tuple[Edit, ...]:
        return tuple(edit for edit in self._edits if edit.start < end and start < edit.end)
