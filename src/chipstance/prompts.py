"""What a language model is asked, and the answers that it should have given: for the tasks of evaluation harnesses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chipstance.alignment import Aligner, Quotation
from chipstance.layers import Attribute, Layer, Layers
from chipstance.model import Document, Span, Value
from chipstance.textunits import context, paragraphs

GISTS: Mapping[str, str] = {
    "organization": (
        "Companies, labs, funds, news outlets, government bodies, universities, foundations and their named divisions. "
        "The name alone: no article, title, possessive ending or stock ticker; a legal suffix belongs to it, and an "
        "acronym in brackets is a mention of its own. The maker named beside a product is a mention, a name inside "
        "the product's own name is not. Countries, places, stock indices, events, and a platform that is only the "
        "medium of a message are no organizations."
    ),
    "speaker": (
        "Only where the text attributes something to it, once for each clause that does. The name if there is one "
        "(without title), else the noun phrase with its determiner and no apposition or relative clause, else the "
        "pronoun, also a relative one. Organizations, accounts and unnamed sources can be speakers."
    ),
    "money": (
        "Nearly, about, under, up to, more than and the like stay outside the span and become the qualifier. exact and "
        "approximate: minimum and maximum are the number. at_least: no maximum. at_most: no minimum. range: both ends. "
        "vague (an amount without a number): the minimum is the scale that is named, and there is no maximum. Dollars "
        "are USD unless the text says otherwise. Percentages and counts of things are no money."
    ),
    "cue": (
        "The head alone, one for each reporting expression: the verb, the noun, or the preposition (according to), "
        "without auxiliary, adverb, negation or object."
    ),
    "statement": (
        "Contiguous, with the quotation marks that enclose it, without the attribution clause, the introducing that, "
        "and final punctuation outside the quotation marks. An attribution clause in the middle splits it in two with "
        "one speaker. After called, described as and praised as it is what was said of the object. Consecutive "
        "sentences of one quotation are one statement; a quotation inside is another only if it has its own speaker."
    ),
    "stance": (
        "For favor and against the smallest clause, or noun phrase, that still takes the side when it is read alone "
        "with the target known; for neutral the noun phrase that mentions the target, without its article. Praise of a "
        "company or a product is no stance on a target, unless the target is what is praised. In a statement the "
        "holder is its speaker, in the article's own voice it is author. One passage can have a span for each target."
    ),
}
"""The gist of the guidelines, by layer."""

TARGETS: Mapping[str, str] = {
    "export_controls": "government limits on selling advanced chips or AI technology abroad, under any name",
    "open_source": "publishing models, weights, code or research openly",
}
"""What stances are on, by target."""

LABELS: Mapping[str, str] = {
    "favor": "supports the target, wants more of it, or says that it works or does good",
    "against": "opposes it, or says that it fails, backfires or does harm",
    "neutral": "mentions it and takes no side: what it is, that it exists, what it covers",
    "none": "does not mention it",
}
"""What stance labels mean, by label."""

TYPES: Mapping[str, str] = {
    "boolean": "true or false",
    "currency": "a code of ISO 4217",
    "decimal": "digits in a string",
    "entity": "an entity id",
    "span": "an id that you gave",
}

SPANS = """\
Label a news article. Find every span of these layers in it, all mentions, also in headings, captions and posts:

{layers}

Answer with one JSON object and nothing else:
{{"spans": [{{"layer": "…", "text": "…", "<attribute>": …}}, …]}}
"text" is copied from the article, character by character, with no white space at its ends. Where the same text stands
in the article several times, "occurrence" says which of them is meant, counted from 1. A span that another one points
to has an "id". An entity id is the full name in lower case, with hyphens between the words: jane-roe."""

STANCE = """\
Say which side the speaker of a statement in a news article takes on a target. Labels:

{labels}

Only this statement and its speaker count; the text around it is there for understanding. Answer with one JSON object
and nothing else: {{"label": "…"}}"""

ARTICLE = "## Article\n\n{text}\n\n## Answer"

PAIR = """\
## Text

{context}

## Statement

{statement}

Speaker: {speaker}
Target: {target} ({meaning})

## Answer"""


def span_instructions(layers: Layers) -> str:
    """Return the instructions for finding spans: what each layer is, its attributes, and the form of the answer."""
    return SPANS.format(layers="\n\n".join(map(_layer, layers)))


def stance_instructions(labels: tuple[str, ...]) -> str:
    """Return the instructions for labelling a statement and target."""
    return STANCE.format(labels="\n".join(f"- {label}: {LABELS.get(label, label)}" for label in labels))


def _layer(layer: Layer) -> str:
    rows = [f"- {each.name}: {each.description} {_values(each)}" for each in _asked(layer)]
    return "\n".join([f"{layer.name}: {layer.description} {GISTS.get(layer.name, '')}".rstrip(), *rows])


def _asked(layer: Layer) -> Iterator[Attribute]:
    """Yield the attributes that a model is asked for: all but groups, whose names mean nothing."""
    return (attribute for attribute in layer.attributes.values() if attribute.type != "group")


def _values(attribute: Attribute) -> str:
    meanings = {**TARGETS, **LABELS}
    values = [f"{each}: {meanings[each]}" if each in meanings else each for each in attribute.values]
    plain = [TYPES[attribute.type]] if attribute.type in TYPES else []
    return f"({'; '.join([*plain, *values, *attribute.also, *(['null'] if attribute.nullable else [])])})"


def article_question(document: Document) -> str:
    """Return what is asked about a whole article."""
    return ARTICLE.format(text=document.text)


def stance_question(document: Document, statement: Span, target: str) -> str:
    """Return what is asked about one statement and target."""
    speaker = document.span(str(statement.attributes["speaker"]))
    around = context(document.text, paragraphs(document.text), statement)
    return PAIR.format(
        context=around.text,
        statement=statement.text,
        speaker=speaker.text,
        target=target,
        meaning=TARGETS.get(target, target.replace("_", " ")),
    )


def stance_answer(label: str) -> str:
    """Return the answer that gives a label."""
    return json.dumps({"label": label})


def spans_answer(document: Document, layers: Layers) -> str:
    """Return the answer that quotes every span of some layers, in reading order."""
    aligner = Aligner(document.text)
    chosen = [span for span in document if layers.get(span.layer)]
    pointed = {span.attributes.get(each.name) for span in chosen for each in layers[span.layer].references("span")}
    entries = [_entry(span, layers[span.layer], aligner, named=span.id in pointed) for span in chosen]
    return json.dumps({"spans": entries}, ensure_ascii=False)


def _entry(span: Span, layer: Layer, aligner: Aligner, *, named: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"layer": span.layer, "text": span.text}
    if (occurrence := _occurrence(span, aligner)) is not None:
        entry["occurrence"] = occurrence
    values: dict[str, Value] = {each.name: span.attributes[each.name] for each in _asked(layer)}
    return entry | ({"id": span.id} if named else {}) | values


def _occurrence(span: Span, aligner: Aligner) -> int | None:
    """Return which of the places of its text a span stands at; None where the text alone says it."""
    alone = aligner.align(Quotation(span.text))
    if (alone.start, alone.places) == (span.start, 1):
        return None
    numbers = range(1, aligner.text.count(span.text) + 1)
    return next((each for each in numbers if aligner.align(Quotation(span.text, each)).start == span.start), None)
