"""Predictions as JSON Lines: one line a document, with its spans or with a language model's answers."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chipstance.alignment import Alignment, Quotation, align_all
from chipstance.corpus import parse_span
from chipstance.jsonfile import write_bytes
from chipstance.layers import Layers
from chipstance.model import Document, Span
from chipstance.model_output import Aligned, Reading, group, quotation, read_answers


def read_line(data: Mapping[str, Any], text: str, layers: Layers) -> Reading:
    """Return what a line of a predictions file says about its document.

    Args:
        data: a line that its schema accepts and whose offsets fit the text.
        text: the document's text.
        layers: what is annotated.

    Raises:
        chipstance.answers.AnswerError: nothing can be read in its answer.
    """
    if "answer" in data:
        answer = data["answer"]
        return read_answers([answer] if isinstance(answer, str) else answer, text, layers)
    entries: Sequence[Mapping[str, Any]] = data["spans"]
    quoted = {index: _quotation(entry, layers) for index, entry in enumerate(entries) if "end" not in entry}
    beside = _owners(entries, list(quoted), layers)
    given = [(_group(each, layers), (each["start"], each["end"])) for each in entries if "end" in each]
    found = dict(zip(quoted, align_all(quoted.values(), text, given, beside), strict=True))
    spans = tuple(_span(entry, found.get(index), text) for index, entry in enumerate(entries))
    aligned = (Aligned(f"/spans/{i}", entries[i]["layer"], entries[i]["text"], each) for i, each in found.items())
    return Reading(spans, tuple(aligned))


def _owners(entries: Sequence[Mapping[str, Any]], quoted: list[int], layers: Layers) -> dict[int, int]:
    """Return the places in ``quoted`` of spans that others refer to, with that of the one that quotes most."""
    places = {str(entries[index].get("id")): place for place, index in enumerate(quoted)}
    claims: dict[int, list[int]] = {}
    for place, index in enumerate(quoted):
        entry = entries[index]
        for attribute in layers[entry["layer"]].references("span"):
            named = places.get(str(entry.get("attributes", {}).get(attribute.name)))
            if named is not None:
                claims.setdefault(named, []).append(place)
    return {named: max(by, key=lambda place: _size(entries[quoted[place]])) for named, by in claims.items()}


def _size(entry: Mapping[str, Any]) -> tuple[int, str]:
    return len(entry["text"]), entry["text"]


def _span(entry: Mapping[str, Any], found: Alignment | None, text: str) -> Span:
    if found is None:
        return parse_span(entry, text)
    place = {"start": found.start, "end": found.end, "text": text[found.start : found.end]}
    return parse_span({**entry, **place}, text)


def _group(entry: Mapping[str, Any], layers: Layers) -> Hashable:
    return group(layers[entry["layer"]], entry.get("attributes", {}))


def _quotation(entry: Mapping[str, Any], layers: Layers) -> Quotation:
    return quotation(layers[entry["layer"]], entry["text"], entry, entry.get("attributes", {}))


def write_predictions(path: Path | str, documents: Iterable[Document], *, system: str = "") -> None:
    """Write a predictions file, one line a document; a document without spans is answered too, with none.

    Args:
        path: the file, ``….jsonl``; it is replaced as a whole.
        documents: the texts with the spans that a system labels in them, from the adapters for example.
        system: name of the system.

    Raises:
        OSError: the file can't be written.
        ValueError: a document comes twice, or a span is not what the document's text has at its offsets.
    """
    _write(path, ((each.id, {"spans": [_entry(each, span) for span in each]}) for each in documents), system)


def write_answers(path: Path | str, answers: Mapping[str, str | Sequence[str]], *, system: str = "") -> None:
    """Write a predictions file with a language model's answers as they came; scoring reads and aligns them.

    Args:
        path: the file, ``….jsonl``; it is replaced as a whole.
        answers: by document id: the answer, or several (one a paragraph, say), whose spans are united.
        system: name of the system.

    Raises:
        OSError: the file can't be written.
    """
    given = ((doc, {"answer": each if isinstance(each, str) else list(each)}) for doc, each in answers.items())
    _write(path, given, system)


def _write(path: Path | str, given: Iterable[tuple[str, dict[str, Any]]], system: str) -> None:
    write_bytes(Path(path), "".join(_lines(given, {"system": system} if system else {})).encode())


def _lines(given: Iterable[tuple[str, dict[str, Any]]], named: dict[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for doc, labels in given:
        if doc in seen:
            raise ValueError(f"{doc} comes twice: put all its spans into one document")
        seen.add(doc)
        yield json.dumps({"doc": doc, **named, **labels}, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(document: Document, span: Span) -> dict[str, Any]:
    """Return a span as a line holds it, without what it leaves empty."""
    if not span.text or document.text[span.start : span.end] != span.text:
        place = f"[{span.start}, {span.end})"
        raise ValueError(f"{document.id}: {span.text!r} is not what the text has at {place}: see write_answers")
    named = {"id": span.id} if span.id else {}
    entry = {"layer": span.layer, "start": span.start, "end": span.end, "text": span.text}
    return named | entry | ({"attributes": dict(span.attributes)} if span.attributes else {})
