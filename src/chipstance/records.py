"""From a corpus to the rows of the release's tables: plain values, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chipstance.corpus import Corpus
from chipstance.digests import sha256
from chipstance.layers import Layer
from chipstance.model import Article, Document, Span, Value, by_position
from chipstance.tables import DECIMAL_SCALE, NO_STANCE, SPLITS
from chipstance.textunits import AlignmentError, Unit, bio_tags, check_inside, context, paragraphs, tokens

Row = dict[str, Any]
Records = Mapping[str, Mapping[str, tuple[Row, ...]]]
"""Config to split to rows."""

CUE_COLUMNS = ("cue_id", "cue_start", "cue_end", "cue_text")


class RecordError(ValueError):
    """Labels that no row can be made from. The message names document and span."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document, with all that its rows are made from."""

    corpus: Corpus
    article: Article
    document: Document
    paragraphs: tuple[Unit, ...]

    def layer(self, name: str) -> tuple[Span, ...]:
        """Return one layer's spans in reading order."""
        return by_position(self.document.layer(name))


def make_records(corpus: Corpus) -> Records:
    """Return the rows of every config and split, in the order of the articles, then by position.

    Raises:
        RecordError: a span can't be tagged, an amount is too fine for its column, a statement is
            for and against one target, or a split that has articles has no row in some config.
    """
    sources = [_source(corpus, article) for article in corpus.articles]
    splits = [split for split in SPLITS if any(source.article.split == split for source in sources)]
    return {config: {split: _rows(config, split, sources) for split in splits} for config in MAKERS}


def _source(corpus: Corpus, article: Article) -> Source:
    return Source(corpus, article, corpus.gold[article.id], paragraphs(corpus.texts[article.id]))


def _rows(config: str, split: str, sources: list[Source]) -> tuple[Row, ...]:
    chosen = [source for source in sources if source.article.split == split]
    rows = tuple({"doc": source.article.id, **row} for source in chosen for row in MAKERS[config](source))
    if not rows:
        raise RecordError(f"config {config} has no row in split {split}: a split without rows can't be loaded")
    return rows


def article_rows(source: Source) -> Iterator[Row]:
    """Yield the one row of an article."""
    article, text = source.article, source.document.text
    yield {
        "publisher": article.publisher,
        "title": article.title,
        "date": article.date and date.fromisoformat(article.date),
        "rights": article.rights,
        "text": text,
        "text_sha256": sha256(text),
        "article_sha256": article.sha256,
        "edits": [asdict(edit) for edit in source.corpus.edits[article.id]],
        **{
            layer.name: [_span_row(source, span) for span in source.layer(layer.name)] for layer in source.corpus.layers
        },
    }


def _span_row(source: Source, span: Span) -> Row:
    return {**_bare(span), **_attributes(source, span), "repaired": span.repaired}


def _bare(span: Span, prefix: str = "") -> Row:
    return {f"{prefix}{name}": getattr(span, name) for name in ("id", "start", "end", "text")}


def _attributes(source: Source, span: Span) -> Row:
    layer: Layer = source.corpus.layers[span.layer]
    return {
        name: _decimal(source, span, span.attributes[name]) if attribute.type == "decimal" else span.attributes[name]
        for name, attribute in layer.attributes.items()
    }


def _decimal(source: Source, span: Span, value: Value) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value))
    if number != round(number, DECIMAL_SCALE):
        raise RecordError(f"{_place(source, span)}: {value} has more than {DECIMAL_SCALE} digits after the point")
    return number


def _place(source: Source, span: Span) -> str:
    return f"{source.article.id}: {span.layer} span {span.id} [{span.start}, {span.end})"


def paragraph_rows(source: Source) -> Iterator[Row]:
    """Yield a row for each paragraph, with its tokens and BIO tags."""
    layers = [layer.name for layer in source.corpus.layers if layer.tagged]
    try:
        check_inside(source.paragraphs, [span for span in source.document if span.layer in layers])
        for index, paragraph in enumerate(source.paragraphs):
            yield {"paragraph": index, **asdict(paragraph), **_token_row(source, paragraph, layers)}
    except AlignmentError as error:
        raise RecordError(f"{source.article.id}: {error}") from None


def _token_row(source: Source, paragraph: Unit, layers: list[str]) -> Row:
    units = tokens(paragraph)
    return {
        "tokens": [unit.text for unit in units],
        "token_start": [unit.start for unit in units],
        "token_end": [unit.end for unit in units],
        **{f"{name}_tags": bio_tags(units, filter(paragraph.covers, source.layer(name))) for name in layers},
    }


def statement_rows(source: Source) -> Iterator[Row]:
    """Yield a row for each statement, with its speaker and cue."""
    for statement in source.layer("statement"):
        yield {
            **_bare(statement),
            "kind": statement.attributes["kind"],
            "utterance": statement.attributes["utterance"],
            **_speaker_row(source, _speaker(source, statement)),
            **_cue_row(source, statement),
            "repaired": statement.repaired,
            **_context_row(source, statement),
        }


def _speaker(source: Source, statement: Span) -> Span:
    return source.document.span(str(statement.attributes["speaker"]))


def _speaker_row(source: Source, speaker: Span) -> Row:
    entity = source.corpus.entities.get(str(speaker.attributes["entity"]))
    return {
        **_bare(speaker, "speaker_"),
        "speaker_mention": speaker.attributes["mention"],
        "speaker_entity": entity and entity.id,
        "speaker_name": entity and entity.name,
        "speaker_kind": entity and entity.kind,
    }


def _cue_row(source: Source, statement: Span) -> Row:
    cue = statement.attributes["cue"]
    return _bare(source.document.span(str(cue)), "cue_") if cue else dict.fromkeys(CUE_COLUMNS)


def _context_row(source: Source, span: Span) -> Row:
    around = context(source.document.text, source.paragraphs, span)
    return {"context": around.text, "context_start": around.start}


def stance_rows(source: Source) -> Iterator[Row]:
    """Yield a row for each statement and target, with the label."""
    for statement in source.layer("statement"):
        speaker = _speaker_row(source, _speaker(source, statement))
        for target in source.corpus.layers["stance"].attributes["target"].values:
            label, deciding = stance_label(source.document, statement, target)
            yield {
                **_bare(statement, "statement_"),
                "target": target,
                "label": label,
                **{name: speaker[name] for name in ("speaker_text", "speaker_entity", "speaker_name")},
                "stance_ids": [span.id for span in by_position(deciding)],
                **_context_row(source, statement),
            }


def stance_label(document: Document, statement: Span, target: str) -> tuple[str, tuple[Span, ...]]:
    """Return the stance of a statement's speaker on a target, and the spans that decide it.

    What counts is the stance spans on the target that overlap the statement and whose holder is its
    speaker (an unnamed holder is an unnamed speaker). A side goes before ``neutral``.

    Raises:
        RecordError: they take both sides.
    """
    holder = document.span(str(statement.attributes["speaker"])).attributes["entity"]
    wanted = {"target": target, "holder": holder}
    spans = [s for s in document.layer("stance") if s.overlaps(statement) and wanted.items() <= s.attributes.items()]
    polarities = {str(span.attributes["polarity"]) for span in spans}
    sides = polarities - {"neutral"}
    if len(sides) > 1:
        raise RecordError(f"{document.id}: statement {statement.id} is for and against {target}: adjudicate its stance")
    label = next(iter(sides or polarities), NO_STANCE)
    return label, tuple(span for span in spans if span.attributes["polarity"] == label)


def money_rows(source: Source) -> Iterator[Row]:
    """Yield a row for each amount of money."""
    for amount in source.layer("money"):
        yield {**_span_row(source, amount), **_context_row(source, amount)}


MAKERS: Mapping[str, Callable[[Source], Iterator[Row]]] = {
    "articles": article_rows,
    "paragraphs": paragraph_rows,
    "statements": statement_rows,
    "stance": stance_rows,
    "money": money_rows,
}
