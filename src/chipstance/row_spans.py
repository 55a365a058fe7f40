"""Rows about passages: tags of tokens, and amounts of money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from chipstance.adapters import spans_from_tags
from chipstance.faults import show
from chipstance.layers import Attribute, Layer, Layers
from chipstance.loading import decimal_string
from chipstance.model import Document, Span, Value
from chipstance.row_forms import Form, Key, Row, named, outside
from chipstance.row_schemas import TAGS
from chipstance.rules import Finding
from chipstance.score_figures import Name
from chipstance.tables import tag_names
from chipstance.textunits import Unit

Paragraph = tuple[Unit, tuple[Unit, ...]]
"""A paragraph and its tokens."""
Tokens = Mapping[str, Sequence[Paragraph]]
"""The paragraphs of each document, in order."""


class Paragraphs(Form):
    """The tags of each paragraph's tokens."""

    config = title = "paragraphs"
    note = "Rows of paragraphs: the spans that tags mark, without attributes; those of a missing row are missed."

    def __init__(self, gold: Sequence[Document], layers: Layers, tokens: Tokens) -> None:
        self.tokens = tokens
        super().__init__(gold, layers)

    def kept(self, layers: Layers) -> Iterable[Layer]:
        """Yield the tagged layers, without attributes."""
        return (replace(layer, attributes={}) for layer in layers if layer.tagged)

    def asked(self, document: Document) -> Iterator[tuple[Key, Unit]]:
        """Yield the paragraphs."""
        return (((number,), unit) for number, (unit, _) in enumerate(self.tokens[document.id]))

    def findings(self, row: Row) -> Iterator[Finding]:
        """Yield what is wrong with a row: tags must be as many as the tokens, and of a tagged layer."""
        yield from super().findings(row)
        columns = dict(self._columns(row))
        if not columns or (TAGS in columns and len(columns) > 1):
            own = ", ".join(f"{layer.name}_tags" for layer in self.layers)
            yield Finding("", f"it needs tags, in one column {TAGS}, or in columns of their own: {own}")
        elif self.key(row) in self.things:
            count = len(self.tokens[row["doc"]][row["paragraph"]][1])
            for column, tags in columns.items():
                yield from self._wrong_tags(column, tags, count)

    def _wrong_tags(self, column: str, tags: Sequence[str], count: int) -> Iterator[Finding]:
        known = {name for layer in self.layers for name in tag_names(layer)}
        unknown = next((number for number, tag in enumerate(tags) if tag not in known), None)
        if unknown is not None:
            message = f"{show(tags[unknown])} is no tag: use one of {', '.join(sorted(known))}"
            yield Finding(f"/{column}/{unknown}", message)
        elif len(tags) != count:
            yield Finding(f"/{column}", f"{len(tags)} tags for {count} tokens: give one a token")

    def _columns(self, row: Row) -> Iterator[tuple[str, list[str]]]:
        """Yield the columns of tags that a row has, with the names of the tags."""
        if TAGS in row:
            yield TAGS, row[TAGS]
        for layer in self.layers:
            column = f"{layer.name}_tags"
            if column in row:
                yield column, [named(tag, tag_names(layer)) for tag in row[column]]

    def right(self, document: Document) -> Iterator[Span]:
        """Yield the spans of the tagged layers."""
        return (replace(span, attributes={}) for span in document if self.layers.get(span.layer))

    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield the spans that tags mark."""
        for number, (_, units) in enumerate(self.tokens[document.id]):
            for _, tags in self._columns(rows.get((document.id, number), {})):
                yield from spans_from_tags(units, tags, document.text)

    def shown(self, name: Name) -> Name | None:
        """Return the name of a figure about places."""
        return name if name[0] == "spans" and name[2] != "strict" else None


class Amounts(Form):
    """Amounts of money in a text, and what they come to."""

    config = title = "money"
    note = "Rows of money: each stands for an amount in the text; one that can't be read counts as invented."
    layer = "money"

    def kept(self, layers: Layers) -> Iterable[Layer]:
        """Yield the layer of amounts."""
        yield layers["money"]

    def asked(self, document: Document) -> Iterator[tuple[Key, Span]]:  # noqa: ARG002
        """Yield nothing: which amounts there are is for the system to find."""
        return iter(())

    def key(self, row: Row) -> Key:
        """Return where the amount stands."""
        return row["doc"], row["start"], row["end"]

    def findings(self, row: Row) -> Iterator[Finding]:
        """Yield what is wrong with a row: it must stand in the text."""
        start, end, document = row.get("start"), row.get("end"), self.gold[row["doc"]]
        if start is None and end is None:
            yield Finding("", "it says no amount: add start and end, or the id of a gold amount")
        elif wrong := list(outside(document, start, end, "/start")):
            yield from wrong
        elif row.get("text") not in (None, covered := document.text[start:end]):
            yield Finding("/text", f"text is {show(row['text'])}, but [{start}, {end}) covers {show(covered)}")

    def right(self, document: Document) -> Iterator[Span]:
        """Yield the gold amounts."""
        yield from document.layer("money")

    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield an amount for each row."""
        for row in rows.values():
            start, end = row["start"], row["end"]
            yield Span("", "money", start, end, document.text[start:end], self.said(row))

    def refused(self) -> Iterator[Span]:
        """Yield an amount without extent: it is predicted, and right nowhere."""
        yield Span("", "money", 0, 0, "")

    def said(self, row: Row) -> dict[str, Value]:
        """Return the attributes that a row gives."""
        given = self.layers["money"].attributes.values()
        return {each.name: _value(each, row[each.name]) for each in given if each.name in row}

    def shown(self, name: Name) -> Name | None:
        """Return the name of a figure about amounts."""
        return name if name[1] == "money" else None


class GivenAmounts(Amounts):
    """What the gold amounts come to."""

    title = "money-given"
    note = "Rows of money with ids: what every gold amount comes to; a missing row counts as wrong."

    key, refused = Form.key, Form.refused
    ALL: ClassVar = "all attributes"

    def asked(self, document: Document) -> Iterator[tuple[Key, Span]]:
        """Yield the gold amounts."""
        return (((amount.id,), amount) for amount in document.layer("money"))

    def findings(self, row: Row) -> Iterator[Finding]:
        """Yield what is wrong with a row: if one of them names its amount, all must."""
        if row.get("id") is None:
            yield Finding("", "it has no id, and other rows have one: name all amounts by id, or none")
        else:
            yield from Form.findings(self, row)

    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield every gold amount, with the attributes that its row gives."""
        for amount in document.layer("money"):
            yield replace(amount, attributes=self.said(rows.get((document.id, amount.id), {})))

    def shown(self, name: Name) -> Name | None:
        """Return the name of a figure about attributes."""
        if name == ("spans", "money", "strict", "recall"):
            return "closed", "money", self.ALL, "accuracy"
        return ("closed", *name[1:]) if name[:2] == ("attributes", "money") else None


def _value(attribute: Attribute, value: Any) -> Value:
    """Return an attribute's value; a decimal, which JSON may write in many ways, in the one form of label files."""
    number = attribute.type == "decimal" and value is not None
    return decimal_string(Decimal(str(value))) if number else value
