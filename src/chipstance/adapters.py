"""Turns the output of other tools into spans of a text: BIO tags, token classification, spaCy's entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chipstance.model import Span
from chipstance.normalization import normalize
from chipstance.textunits import Unit

Labelled = tuple[str, int, int]


class AdapterError(ValueError):
    """Output that does not fit the text; the message names the place."""


def spans_from_tags(units: Sequence[Unit], tags: Sequence[str], text: str) -> tuple[Span, ...]:
    """Return the spans that BIO tags mark, with ids ``s1``, ``s2``, …; an ``I-`` that continues nothing begins one.

    Args:
        units: tokens with offsets into the text, as the ``paragraphs`` config has them.
        tags: one a token: ``B-<layer>``, ``I-<layer>`` or ``O``.
        text: the document's text.

    Raises:
        AdapterError: the tags are not as many as the tokens, a tag is none, or a token is not what the text has there.
    """
    if len(units) != len(tags):
        raise AdapterError(f"{len(tags)} tags for {len(units)} tokens: give one a token")
    for unit in units:
        _check(unit.text == text[unit.start : unit.end], unit.start, unit.end, unit.text, text)
    tagged = ((*_split(tag), unit.start, unit.end) for unit, tag in zip(units, tags, strict=True))
    return _spans(_joined(tagged), text)


def spans_from_paragraphs(rows: Iterable[Mapping[str, Any]], text: str, layers: Iterable[str]) -> tuple[Span, ...]:
    """Return the spans that BIO tags mark in the rows of the ``paragraphs`` config.

    Args:
        rows: of one document, with predicted tags in place of ``<layer>_tags``: strings, or class labels as the config
            has them.
        text: the document's text.
        layers: names of the tagged layers; other columns are left alone.

    Raises:
        AdapterError: as for ``spans_from_tags``.
    """
    named = tuple(layers)
    found: list[Span] = []
    for row in rows:
        units = [Unit(*unit) for unit in zip(row["token_start"], row["token_end"], row["tokens"], strict=True)]
        for layer in named:
            names = ("O", f"B-{layer}", f"I-{layer}")
            tags = [names[tag] if isinstance(tag, int) else tag for tag in row[f"{layer}_tags"]]
            found += spans_from_tags(units, tags, text)
    return tuple(replace(span, id=f"s{number}") for number, span in enumerate(found, 1))


def spans_from_token_classification(
    entities: Iterable[Mapping[str, Any]], text: str, labels: Mapping[str, str]
) -> tuple[Span, ...]:
    """Return the spans of what a Hugging Face token-classification pipeline gives, aggregated or token by token.

    Args:
        entities: the pipeline's output for the text: ``entity_group`` or ``entity``, ``start``, ``end``, ``word``.
        text: the text that it was given.
        labels: the model's label, without ``B-`` or ``I-``, to the layer; other labels are left out.

    Raises:
        AdapterError: offsets are missing (a slow tokenizer gives none), or the word is not what the text has there.
    """
    tagged = [_tagged(entity, text) for entity in entities]
    joined = _joined(_near(tagged, text))
    return _spans(((labels[label], start, end) for label, start, end in joined if label in labels), text)


def spans_from_spacy(doc: Any, text: str, labels: Mapping[str, str]) -> tuple[Span, ...]:
    """Return the spans of a spaCy ``Doc``'s entities.

    Args:
        doc: anything with ``text`` and ``ents``, these with ``label_``, ``start_char`` and ``end_char``.
        text: the document's text.
        labels: spaCy's label to the layer; other labels are left out.

    Raises:
        AdapterError: the ``Doc`` was made from another text.
    """
    if doc.text != text:
        raise AdapterError("the Doc was made from another text: give spaCy the document's own text, unchanged")
    found = ((entity.label_, entity.start_char, entity.end_char) for entity in doc.ents)
    return _spans(((labels[label], start, end) for label, start, end in found if label in labels), text)


def _split(tag: str) -> tuple[str, str]:
    """Return a tag's prefix and label."""
    prefix, dash, label = tag.partition("-")
    if tag != "O" and not (prefix in ("B", "I") and dash and label):
        raise AdapterError(f"{tag!r} is no tag: use B-<layer>, I-<layer> or O")
    return prefix, label


def _tagged(entity: Mapping[str, Any], text: str) -> tuple[str, str, int, int]:
    """Return prefix, label and offsets of one row; an aggregated one stands for itself."""
    start, end, word = entity.get("start"), entity.get("end"), str(entity.get("word", ""))
    if not isinstance(start, int) or not isinstance(end, int):
        raise AdapterError(f"{word!r} has no offsets: use a fast tokenizer")
    same = "[UNK]" in word or _letters(word) == _letters(text[start:end])
    _check(same and 0 <= start < end <= len(text), start, end, word, text)
    if "entity_group" in entity:
        return "B", str(entity["entity_group"]), start, end
    label = str(entity["entity"])
    return (*_split(label), start, end) if label[:2] in ("B-", "I-") else ("I", label, start, end)


def _near(tagged: Iterable[tuple[str, str, int, int]], text: str) -> Iterator[tuple[str, str, int, int]]:
    """Begin anew where something stands between two rows: the tokens tagged O are not among them."""
    last = 0
    for prefix, label, start, end in tagged:
        yield ("B" if text[last:start].strip() else prefix), label, start, end
        last = end


def _joined(tagged: Iterable[tuple[str, str, int, int]]) -> Iterator[Labelled]:
    current: Labelled | None = None
    for prefix, label, start, end in tagged:
        if current and prefix == "I" and label == current[0]:
            current = (label, current[1], end)
            continue
        if current:
            yield current
        current = (label, start, end) if label else None
    if current:
        yield current


def _spans(labelled: Iterable[Labelled], text: str) -> tuple[Span, ...]:
    """Return spans without white space at their edges."""
    trimmed = ((layer, *_trimmed(text, start, end)) for layer, start, end in labelled)
    kept = (place for place in trimmed if place[1] < place[2])
    return tuple(
        Span(f"s{number}", layer, start, end, text[start:end]) for number, (layer, start, end) in enumerate(kept, 1)
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    passage = text[start:end]
    return end - len(passage.lstrip()), start + len(passage.rstrip())


def _letters(text: str) -> str:
    """Return letters and digits alone: a word piece has signs of its own, and may lose case and accents."""
    return "".join(char for char in normalize(text) if char.isalnum())


def _check(same: bool, start: int, end: int, word: str, text: str) -> None:
    if not same:
        raise AdapterError(
            f"[{start}, {end}) is {text[start:end]!r} in the text, not {word!r}: offsets are code points"
        )
