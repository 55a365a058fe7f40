"""The release's five tables: the one declaration of their columns, from which every format is made."""

from __future__ import annotations

from dataclasses import dataclass

from chipstance.layers import Attribute, Layer, Layers

SPLITS = ("validation", "test")

DECIMAL_SCALE = 4
"""Digits after the point of an amount: as many as any currency of ISO 4217 has."""

DECIMAL = f"decimal128(38, {DECIMAL_SCALE})"

NO_STANCE = "none"
"""The label of a statement that takes no stance on a target and does not mention it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, or one field of a struct.

    Attributes:
        name: its name.
        description: what it holds, in one sentence.
        type: ``string``, ``bool``, ``int32``, ``date32`` or the decimal type.
        many: whether a cell holds a list.
        labels: names of a class label; a cell then holds their index.
        fields: of a struct, in place of a type.
    """

    name: str
    description: str
    type: str = "string"
    many: bool = False
    labels: tuple[str, ...] = ()
    fields: tuple[Column, ...] = ()

    @property
    def kind(self) -> str:
        """The type in words, for people."""
        kind = "struct" if self.fields else "class label " + ", ".join(self.labels) if self.labels else self.type
        return f"list of {kind}" if self.many else kind


@dataclass(frozen=True, slots=True)
class Table:
    """One config of the release.

    Attributes:
        config: its name.
        description: what one row is.
        columns: in order.
    """

    config: str
    description: str
    columns: tuple[Column, ...]


DOC = Column("doc", "Id of the document, the same in every config.")
REPAIRED = Column("repaired", "Whether the span lies in a repaired passage of the article.", "bool")
CONTEXT = (
    Column("context", "The paragraph around the span, or the run of paragraphs it crosses."),
    Column("context_start", "Where the context starts in the article's text.", "int32"),
)


def release_tables(layers: Layers) -> tuple[Table, ...]:
    """Return the tables of a release, the default config first."""
    return (
        Table("articles", "One article with all its labels: one list of spans a layer.", _articles(layers)),
        Table("paragraphs", "One paragraph with its tokens and BIO tags.", _paragraphs(layers)),
        Table("statements", "One attributed statement with its speaker and cue.", _statements()),
        Table("stance", "One statement with one target and its label.", _stance(layers)),
        Table("money", "One amount of money.", _money(layers)),
    )


def stance_labels(layers: Layers) -> tuple[str, ...]:
    """Return the class names of a statement's stance on a target: the polarities, then none."""
    return (*layers["stance"].attributes["polarity"].values, NO_STANCE)


def tag_names(layer: Layer) -> tuple[str, ...]:
    """Return the class names of a layer's BIO tags."""
    return ("O", f"B-{layer.name}", f"I-{layer.name}")


def span_columns(prefix: str, what: str, note: str = "") -> tuple[Column, ...]:
    """Return the four columns that every span has: id, start, end and text.

    Args:
        prefix: of their names.
        what: the span, as their descriptions call it.
        note: the end of each description.
    """
    return (
        Column(f"{prefix}id", f"Id of {what}, unique within the document{note}."),
        Column(f"{prefix}start", f"First code point of {what} in the article's text{note}.", "int32"),
        Column(f"{prefix}end", f"One past the last code point of {what}{note}.", "int32"),
        Column(f"{prefix}text", f"The text {what} covers{note}."),
    )


def attribute_column(attribute: Attribute) -> Column:
    """Return the column of a layer's attribute."""
    types = {"boolean": "bool", "decimal": DECIMAL}
    return Column(attribute.name, attribute.description, types.get(attribute.type, "string"))


def _layer_column(layer: Layer) -> Column:
    attributes = map(attribute_column, layer.attributes.values())
    fields = (*span_columns("", "the span"), *attributes, REPAIRED)
    return Column(layer.name, layer.description, many=True, fields=fields)


def _articles(layers: Layers) -> tuple[Column, ...]:
    return (
        DOC,
        Column("publisher", "As the article states it; null where it does not."),
        Column("title", "As the article states it; null where it does not."),
        Column("date", "As the article states it; null where it does not.", "date32"),
        Column("rights", "Who holds the rights in the article's text."),
        Column("text", "The annotated text; every offset counts code points of it, half-open."),
        Column("text_sha256", "SHA-256 of the text's UTF-8."),
        Column("article_sha256", "SHA-256 of the article as received."),
        Column("edits", "What was changed from the article to the text.", many=True, fields=_edit_fields()),
        *map(_layer_column, layers),
    )


def _edit_fields() -> tuple[Column, ...]:
    return (
        Column("start", "First code point replaced, in the article as received.", "int32"),
        Column("end", "One past the last code point replaced.", "int32"),
        Column("replacement", "What stands there instead; empty for a deletion."),
        Column("kind", "Deletion of site furniture, or repair of a destroyed passage."),
        Column("reason", "Why."),
    )


def _paragraphs(layers: Layers) -> tuple[Column, ...]:
    tagged = [layer for layer in layers if layer.tagged]
    return (
        DOC,
        Column("paragraph", "Place of the paragraph in the article, from 0.", "int32"),
        Column("start", "First code point of the paragraph in the article's text.", "int32"),
        Column("end", "One past the last code point of the paragraph.", "int32"),
        Column("text", "The paragraph."),
        Column("tokens", "Its tokens, by spaCy's rule-based English tokenizer.", many=True),
        Column("token_start", "First code point of each token in the article's text.", "int32", many=True),
        Column("token_end", "One past the last code point of each token.", "int32", many=True),
        *(
            Column(f"{layer.name}_tags", f"IOB2 tags of {layer.name} spans.", many=True, labels=tag_names(layer))
            for layer in tagged
        ),
    )


def _statements() -> tuple[Column, ...]:
    return (
        DOC,
        *span_columns("", "the statement"),
        Column("kind", "direct, indirect or mixed: all, none or some of it is quoted."),
        Column("utterance", "One id for all renderings of the same saying; null where it is rendered once."),
        *span_columns("speaker_", "the speaker"),
        Column("speaker_mention", "name, nominal or pronoun: what kind of expression the speaker is."),
        *_speaker_entity(),
        Column("speaker_kind", "person, organization or account; null for an unnamed source."),
        *span_columns("cue_", "the cue", "; null where there is none"),
        REPAIRED,
        *CONTEXT,
    )


def _speaker_entity() -> tuple[Column, ...]:
    return (
        Column("speaker_entity", "Registry id of the speaker; null for an unnamed source."),
        Column("speaker_name", "The speaker's name in the registry; null for an unnamed source."),
    )


def _stance(layers: Layers) -> tuple[Column, ...]:
    return (
        DOC,
        *span_columns("statement_", "the statement"),
        Column("target", layers["stance"].attributes["target"].description),
        Column("label", "The speaker's stance on the target.", labels=stance_labels(layers)),
        Column("speaker_text", "The text that the speaker covers."),
        *_speaker_entity(),
        Column("stance_ids", "Ids of the stance spans that decide the label.", many=True),
        *CONTEXT,
    )


def _money(layers: Layers) -> tuple[Column, ...]:
    attributes = map(attribute_column, layers["money"].attributes.values())
    return (DOC, *span_columns("", "the amount"), *attributes, REPAIRED, *CONTEXT)
