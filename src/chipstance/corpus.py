"""Reads a repository's decided files into typed records. It expects files that validation has passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipstance.digests import sha256
from chipstance.edits import apply_edits
from chipstance.folders import Checkout, schema_folder
from chipstance.jsonfile import read_json
from chipstance.layers import Layers, parse_layers
from chipstance.model import Article, Document, Edit, Entity, Span


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything a release is made from.

    Attributes:
        layers: what is annotated.
        articles: in the order of ``articles.json``.
        entities: the registry, by id.
        edits: each article's edits, by document id.
        texts: each article's annotated text, by document id.
        gold: the agreed documents, by document id.
    """

    layers: Layers
    articles: tuple[Article, ...]
    entities: Mapping[str, Entity]
    edits: Mapping[str, tuple[Edit, ...]]
    texts: Mapping[str, str]
    gold: Mapping[str, Document]


def parse_article(entry: Mapping[str, Any]) -> Article:
    """Build an article's record from its entry in ``articles.json``."""
    return Article(**{name: entry[name] for name in Article.__slots__})


def parse_entity(entry: Mapping[str, Any]) -> Entity:
    """Build a registry entry from ``entities.json``."""
    return Entity(id=entry["id"], name=entry["name"], kind=entry["kind"], aliases=tuple(entry["aliases"]))


def parse_edits(data: Mapping[str, Any]) -> tuple[Edit, ...]:
    """Build the edits of one file in ``edits/``."""
    return tuple(Edit(**entry) for entry in data["edits"])


def parse_span(entry: Mapping[str, Any], text: str) -> Span:
    """Build a span from an annotation or predictions file; what a prediction leaves out is taken from the text."""
    start, end = entry["start"], entry["end"]
    return Span(
        id=entry.get("id", ""),
        layer=entry["layer"],
        start=start,
        end=end,
        text=entry["text"] if "text" in entry else text[start:end],  # which can be long: no slice in vain
        attributes=dict(entry.get("attributes", {})),
        repaired=entry.get("repaired", False),
    )


def parse_document(data: Mapping[str, Any], text: str) -> Document:
    """Build a document from an annotation file and its text."""
    spans = tuple(parse_span(entry, text) for entry in data["spans"])
    return Document(data["doc"], text, spans, data.get("annotator", "prediction"))


def span_entry(span: Span) -> dict[str, Any]:
    """Return a span as an annotation file writes it."""
    entry: dict[str, Any] = {
        "id": span.id,
        "layer": span.layer,
        "start": span.start,
        "end": span.end,
        "text": span.text,
        "attributes": dict(span.attributes),
    }
    return entry | ({"repaired": True} if span.repaired else {})


def document_entry(document: Document) -> dict[str, Any]:
    """Return the content of a document's annotation file."""
    return {
        "doc": document.id,
        "annotator": document.annotator,
        "text_sha256": sha256(document.text),
        "spans": [span_entry(span) for span in document.spans],
    }


def read_layers(checkout: Checkout) -> Layers:
    """Return a checkout's layers; those of this code where it has none of its own."""
    own = checkout.layers
    return parse_layers(read_json(own if own.is_file() else schema_folder() / own.name))


def read_raw(path: Path) -> str:
    """Return an article as received: UTF-8, line ends untouched."""
    return path.read_bytes().decode()


def read_corpus(checkout: Checkout) -> Corpus:
    """Read a repository.

    Raises:
        OSError: a file is missing.
        ValueError: a file is no JSON, or an edit can't be applied (EditError).
    """
    articles = tuple(parse_article(entry) for entry in read_json(checkout.articles)["articles"])
    edits, texts, gold = {}, {}, {}
    for article in articles:
        doc = article.id
        edits[doc] = parse_edits(read_json(checkout.edits(doc)))
        texts[doc] = apply_edits(read_raw(checkout.article(doc)), edits[doc], article.sha256)
        gold[doc] = parse_document(read_json(checkout.gold(doc)), texts[doc])
    return Corpus(
        layers=read_layers(checkout),
        articles=articles,
        entities={e.id: e for e in map(parse_entity, read_json(checkout.entities)["entities"])},
        edits=edits,
        texts=texts,
        gold=gold,
    )
