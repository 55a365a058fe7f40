"""How rows of predictions are read: which rows there are, what can be wrong with one, and the spans it stands for.

Gold labels and predictions are put into the same form, in which nothing but what rows say is left, so that the scorer
of spans counts rows too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from chipstance.faults import show
from chipstance.layers import Layer, Layers
from chipstance.model import Document, Span
from chipstance.row_schemas import IDENTITY
from chipstance.rules import Finding
from chipstance.score_errors import Error, errors
from chipstance.score_figures import Name
from chipstance.textunits import Unit

Row = Mapping[str, Any]
Key = tuple[str | int, ...]
"""The values of a row's identity: its document, and what tells it from the document's other rows."""


class Form(ABC):
    """How rows of one config are read.

    Attributes:
        config: its name.
        title: as the signature names it.
        note: what is compared, for people.
        layer: the layer of the spans that rows stand for; empty for several.
        place: the columns that say where the thing stands that a row is about; they must be those of the gold labels.
        gold: the documents.
        layers: those that are left, with the attributes that rows say.
    """

    config: ClassVar[str]
    title: ClassVar[str]
    note: ClassVar[str]
    layer: ClassVar[str] = ""
    place: ClassVar[tuple[str, str]] = ("start", "end")

    def __init__(self, gold: Sequence[Document], layers: Layers) -> None:
        self.gold = {document.id: document for document in gold}
        self.every, self.layers = layers, replace(layers, by_name={each.name: each for each in self.kept(layers)})

    def key(self, row: Row) -> Key:
        """Return what tells a row from others."""
        return tuple(row[name] for name in IDENTITY[self.config])

    @cached_property
    def things(self) -> Mapping[Key, Span | Unit]:
        """What there is a row for, by the row's key, in order."""
        return {(doc, *rest): thing for doc, document in self.gold.items() for rest, thing in self.asked(document)}

    def findings(self, row: Row) -> Iterator[Finding]:
        """Yield what is wrong with a row that its schema accepts."""
        thing = self.things.get(self.key(row))
        if thing is None:
            names = IDENTITY[self.config][1:]
            said = ", ".join(f"{name} {show(row[name])}" for name in names)
            yield Finding(f"/{names[0]}", f"{row['doc']!r} has no row with {said}: mend it, or remove the row")
            return
        for name, right in zip(self.place, (thing.start, thing.end), strict=True):
            if row.get(name) not in (None, right):
                message = f"{show(row[name])} is not where it stands, which is {right}: mend it, or leave it out"
                yield Finding(f"/{name}", message)

    @abstractmethod
    def kept(self, layers: Layers) -> Iterable[Layer]:
        """Yield the layers that are left."""

    @abstractmethod
    def asked(self, document: Document) -> Iterator[tuple[Key, Span | Unit]]:
        """Yield what there is a row for in a document, each with its key in it."""

    @abstractmethod
    def right(self, document: Document) -> Iterator[Span]:
        """Yield the gold spans of a document, in this form."""

    @abstractmethod
    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield the spans that a document's rows stand for."""

    @abstractmethod
    def shown(self, name: Name) -> Name | None:
        """Return what a figure of the scorer is called for these rows; None for one that says nothing about them."""

    def errors(self, gold: Document, found: Document, rows: Mapping[Key, Row]) -> list[Error]:  # noqa: ARG002 (as below)
        """Return what is wrong in a document, given as gold labels and answers in this form."""
        listed = errors([gold], {gold.id: found}, self.layers)
        return [error for error in listed if self.layer in ("", error.span.layer)]

    def refused(self) -> Iterator[Span]:
        """Yield the spans that a row stands for which can't be read: none, where there is a row for each thing."""
        return iter(())

    def unsaid(self, rows: Iterable[Row]) -> Collection[Name]:  # noqa: ARG002 (another form looks at the rows)
        """Return the figures that rows say nothing about, none of them."""
        return ()


def named(label: str | int, names: Sequence[str]) -> str:
    """Return a class label's name, whether it is given by name or by its place among the names."""
    return label if isinstance(label, str) else names[int(label)]


def outside(document: Document, start: int | None, end: int | None, pointer: str) -> Iterator[Finding]:
    """Yield that a passage does not lie in a document."""
    if start is None or end is None or not start < end <= len(document.text):
        passage = f"[{show(start)}, {show(end)})"
        message = f"{passage} is no passage of {document.id!r}, which has {len(document.text)} code points"
        yield Finding(pointer, message)
