r"""Place compact labels on a text: quotations in brackets become spans with offsets and covered text.

A compact file has one label a line (blank lines and lines that begin with ``#`` are skipped)::

    organization acme | the chips of ⟦Acme⟧ and
    speaker @s1 jane-roe name | said ⟦Jane Roe⟧
    cue @c1 | ⟦said⟧ Jane Roe
    statement @s1 @c1 direct - | ⟦“Good ⋯ night.”⟧

First the layer, then an id to refer to (``@s1``, optional), then the values of the layer's attributes in the order
of ``layers.json`` (``-`` is null), then a quotation that stands exactly once in the text, with the span in
``⟦⟧``. ``⋯`` leaves out what stands between, ``\n`` is a line break; several brackets in one quotation make several
spans with the same values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chipstance.corpus import document_entry, parse_edits, read_layers, read_raw
from chipstance.edits import OffsetMap, apply_edits
from chipstance.folders import Checkout, find_checkout
from chipstance.jsonfile import read_json, write_json
from chipstance.layers import Attribute, Layer, Layers
from chipstance.model import Document, Span, Value, by_position

GAP = "⋯"


class PlaceError(ValueError):
    """A compact label that can't be placed; the message names its line."""


def place(compact: str, text: str, layers: Layers) -> tuple[Span, ...]:
    """Return the spans that a compact file's labels stand for, in reading order, with fresh ids.

    Raises:
        PlaceError: a line is malformed, or its quotation does not stand exactly once in the text.
    """
    spans: list[Span] = []
    ids: set[str] = set()
    for number, line in enumerate(compact.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                spans += (labels := list(_label(line, text, layers, f"line-{number}")))
                ids = _distinct(ids, [span.id for span in labels])
            except PlaceError as error:
                raise PlaceError(f"line {number}: {error}") from None
    return _renamed(by_position(spans), layers)


def _distinct(ids: set[str], new: list[str]) -> set[str]:
    for span_id in new:
        if span_id in ids or new.count(span_id) > 1:
            raise PlaceError(f"{span_id} names a label already: an id is for one label")
    return ids.union(new)


def _label(line: str, text: str, layers: Layers, fallback: str) -> Iterator[Span]:
    head, bar, quotation = line.partition(" | ")
    name, *words = head.split()
    layer = layers.get(name)
    if not bar or layer is None:
        raise PlaceError(f"expected “layer values | quotation”, found “{line}”")
    own_id = words.pop(0) if len(words) > len(layer.attributes) else fallback
    attributes = _attributes(layer, words)
    for index, (start, end) in enumerate(_find(quotation, text)):
        span_id = own_id if own_id.startswith("@") else f"{own_id}.{index}"
        yield Span(span_id, name, start, end, text[start:end], attributes)


def _attributes(layer: Layer, words: list[str]) -> dict[str, Value]:
    if len(words) != len(layer.attributes):
        raise PlaceError(f"{layer.name} takes {len(layer.attributes)} values, found {len(words)}")
    return {a.name: _value(a, word) for a, word in zip(layer.attributes.values(), words, strict=True)}


def _value(attribute: Attribute, word: str) -> Value:
    if word == "-":
        return None
    if attribute.type != "boolean":
        return word
    if word not in ("true", "false"):
        raise PlaceError(f"{attribute.name} is true or false, found {word!r}")
    return word == "true"


def _find(quotation: str, text: str) -> list[tuple[int, int]]:
    if not re.fullmatch("[^⟦⟧]*(⟦[^⟦⟧]+⟧[^⟦⟧]*)+", quotation):
        raise PlaceError(f"“{quotation}” needs its span in ⟦⟧, not empty and not nested")
    parts = re.split(f"([⟦⟧]| ?{GAP} ?)", quotation.replace("\\n", "\n"))
    pattern = "".join({"⟦": "(", "⟧": ")"}.get(part) or (".*?" if GAP in part else re.escape(part)) for part in parts)
    matches = list(re.finditer(pattern, text, re.DOTALL))
    if len(matches) != 1:
        raise PlaceError(f"“{quotation}” stands {len(matches)} times in the text: add words until it stands once")
    return list(matches[0].regs[1:])


def _renamed(spans: tuple[Span, ...], layers: Layers) -> tuple[Span, ...]:
    seen: Counter[str] = Counter()
    names = {}
    for span in spans:
        seen[span.layer] += 1
        names[span.id] = f"{span.layer}-{seen[span.layer]}"
    return tuple(replace(span, id=names[span.id], attributes=_linked(span, names, layers)) for span in spans)


def _linked(span: Span, names: Mapping[str, str], layers: Layers) -> dict[str, Value]:
    links = {attribute.name for attribute in layers[span.layer].references("span")}
    unknown = [v for k, v in span.attributes.items() if k in links and v is not None and v not in names]
    if unknown:
        raise PlaceError(f"“{span.text}” refers to {unknown[0]}, which no line defines")
    return {k: names[str(v)] if k in links and v is not None else v for k, v in span.attributes.items()}


def document_text(checkout: Checkout, doc: str) -> tuple[str, OffsetMap]:
    """Return a document's annotated text and its offset map."""
    edits = parse_edits(read_json(checkout.edits(doc)))
    return apply_edits(read_raw(checkout.article(doc)), edits), OffsetMap(edits)


app = typer.Typer(add_completion=False)


@app.command()
def main(
    compact: Annotated[Path, typer.Argument(help="The compact labels of one document.", exists=True, dir_okay=False)],
    doc: Annotated[str, typer.Argument(help="The document's id.")],
    annotator: Annotated[str, typer.Argument(help="Who decided the labels.")],
    out: Annotated[Path, typer.Argument(help="The annotation file to write.")],
) -> None:
    """Turn compact labels into an annotation file."""
    checkout = find_checkout(Path.cwd())
    if checkout is None or not checkout.article(doc).is_file():
        raise typer.BadParameter(f"no article {doc} here: run this inside a checkout, with the id of an article")
    try:
        text, offsets = document_text(checkout, doc)
        spans = place(compact.read_text("utf-8"), text, read_layers(checkout))
    except (OSError, ValueError) as error:
        typer.echo(f"{compact}: {error}", err=True)
        raise typer.Exit(1) from None
    marked = tuple(replace(span, repaired=offsets.repaired(span.start, span.end)) for span in spans)
    write_json(out, document_entry(Document(doc, text, marked, annotator)))


if __name__ == "__main__":
    app()
