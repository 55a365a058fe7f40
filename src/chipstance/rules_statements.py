"""Rules about attribution and stance: who says what, and who takes which side."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import combinations

from chipstance.model import Entity, Span
from chipstance.rules import Finding, Labels, rule
from chipstance.schemas import show

OPENING, CLOSING, STRAIGHT = "“«„", "”»", '"'
MARKS = OPENING + CLOSING + STRAIGHT
PRONOUNS = frozenset(
    {"i", "you", "he", "she", "it", "we", "they", "who", "whom", "which", "that", "this", "these", "those"}
    | {"me", "him", "her", "us", "them", "myself", "himself", "herself", "itself", "ourselves", "themselves"}
)
INDEFINITE = frozenset(
    {"others", "some", "many", "few", "both", "several", "one", "someone", "somebody", "everyone", "most", "all"}
)
SINGLE_OPENING, SINGLE_CLOSING = "‘'", "’'"
_LINK_ONLY = re.compile(r"^\s*((https?://|pic\.|www\.)\S+|[—–-].*|\s)*$")


def _choosing(labels: Labels, layer: str, attribute: str, *values: str) -> Iterator[tuple[int, Span]]:
    """Yield the spans of a layer, where layers.json declares that an attribute chooses among these values."""
    declared = labels.layers.get(layer)
    known = declared.attributes.get(attribute) if declared else None
    return labels.layer(layer) if known and set(known.values) >= set(values) else iter(())


def _named(labels: Labels) -> Iterator[tuple[int, Span, str, object]]:
    """Yield every attribute of type entity that names one: place, span, attribute name, value."""
    for index, span in labels.spans.items():
        for attribute in labels.layers[span.layer].references("entity"):
            value = span.attributes.get(attribute.name)
            if value is not None and value not in attribute.also:
                yield index, span, attribute.name, value


@rule("entity-unknown", "annotations")
def entity_unknown(labels: Labels) -> Iterator[Finding]:
    """An entity is an entry of the registry."""
    for index, _, name, value in _named(labels):
        if labels.entities is not None and value not in labels.entities:
            message = f"{name} {value!r} is not in the registry: add it to entities.json, or use its id there"
            yield Finding(f"/spans/{index}/attributes/{name}", message)


@rule("entity-kind", "annotations")
def entity_kind(labels: Labels) -> Iterator[Finding]:
    """An entity is of a kind that the attribute allows."""
    for index, span, name, value in _named(labels):
        entity = (labels.entities or {}).get(str(value))
        kinds = labels.layers[span.layer].attributes[name].kinds
        if entity and entity.kind not in kinds:
            message = f"{name} {value!r} is of kind {entity.kind}, but must be {' or '.join(kinds)}"
            yield Finding(f"/spans/{index}/attributes/{name}", message)


def is_name(span: Span) -> bool:
    """Tell whether a span mentions its entity by name."""
    return span.layer == "organization" or span.attributes.get("mention") == "name"


@rule("mention-alias", "annotations")
def mention_alias(labels: Labels) -> Iterator[Finding]:
    """A mention by name is one of its entity's aliases."""
    for index, span in labels.spans.items():
        entity = (labels.entities or {}).get(str(span.attributes.get("entity")))
        if entity and is_name(span) and _fits_kind(labels, span, entity) and span.text not in entity.aliases:
            message = f"{show(span.text)} is no alias of {entity.id!r} ({', '.join(entity.aliases) or 'it has none'})"
            yield Finding(f"/spans/{index}/text", f"{message}: add it to entities.json, or mend span or entity")


def _fits_kind(labels: Labels, span: Span, entity: Entity) -> bool:
    return entity.kind in labels.layers[span.layer].attributes["entity"].kinds


@rule("speaker-mention", "annotations")
def speaker_mention(labels: Labels) -> Iterator[Finding]:
    """A speaker is a pronoun exactly where its mention says so, and a name where it is one of its entity's."""
    for index, span in _choosing(labels, "speaker", "mention", "name", "nominal", "pronoun"):
        mention, word = span.attributes.get("mention"), span.text.lower()
        entity = (labels.entities or {}).get(str(span.attributes.get("entity")))
        if mention == "pronoun" and word not in PRONOUNS | INDEFINITE:
            fault = "is no pronoun: choose name or nominal"
        elif mention != "pronoun" and word in PRONOUNS:
            fault = "is a pronoun: choose pronoun"
        elif mention == "nominal" and entity and span.text in entity.aliases:
            fault = f"is a name of {entity.id!r}: choose name"
        else:
            continue
        yield Finding(
            f"/spans/{index}/attributes/mention", f"mention is {show(mention)}, but {show(span.text)} {fault}"
        )


@rule("speaker-unnamed", "annotations")
def speaker_unnamed(labels: Labels) -> Iterator[Finding]:
    """A speaker by name has an entity: only a noun phrase or a pronoun can be an unnamed source."""
    for index, span in labels.having("speaker", "entity", "mention"):
        if span.attributes.get("entity") is None and span.attributes.get("mention") == "name":
            message = f"{show(span.text)} is a name without an entity: give its id, or choose nominal or pronoun"
            yield Finding(f"/spans/{index}/attributes/entity", message)


def _attribution(labels: Labels) -> Iterator[tuple[int, Span, str, Span]]:
    """Yield every statement with its speaker and with its cue: place, statement, attribute name, linked span."""
    for index, span in labels.layer("statement"):
        for name in ("speaker", "cue"):
            linked = labels.linked(span, name)
            if linked and linked.layer == name:
                yield index, span, name, linked


@rule("attribution-far", "annotations")
def attribution_far(labels: Labels) -> Iterator[Finding]:
    """Speaker and cue stand in the statement's paragraph or in the one beside it."""
    for index, span, name, linked in _attribution(labels):
        distance = _paragraphs_between(labels.text, span, linked)
        if distance > 1:
            message = (
                f"the {name} {show(linked.text)} stands {distance} paragraphs away: link the one in the attribution"
            )
            yield Finding(f"/spans/{index}/attributes/{name}", message)


def _paragraphs_between(text: str, span: Span, other: Span) -> int:
    """Count the steps from one span's nearest paragraph to the other's; a paragraph is a line that is not blank."""
    between = text[min(span.end, other.end) : max(span.start, other.start)]
    return sum(bool(line.strip()) for line in between.split("\n")[1:-1]) + ("\n" in between)


@rule("attribution-inside", "annotations")
def attribution_inside(labels: Labels) -> Iterator[Finding]:
    """A statement does not hold its own speaker or cue: an attribution in its middle splits it."""
    for index, span, name, linked in _attribution(labels):
        if span.overlaps(linked):
            message = f"the statement holds its own {name} {show(linked.text)}: end it before the attribution"
            yield Finding(f"/spans/{index}/attributes/{name}", f"{message}, and begin another behind it")


@rule("cue-shared", "annotations")
def cue_shared(labels: Labels) -> Iterator[Finding]:
    """A cue belongs to one speaker."""
    first: dict[object, tuple[int, object]] = {}
    for index, span in labels.having("statement", "speaker", "cue"):
        cue, speaker = span.attributes.get("cue"), span.attributes.get("speaker")
        linked = labels.linked(span, "cue")
        if linked is None or linked.layer != "cue":
            continue  # there is none, or another rule says so
        place, owner = first.setdefault(cue, (index, speaker))
        if owner != speaker:
            message = f"the cue {cue!r} signals {owner!r} in statement {place}, but {speaker!r} here: mend one of them"
            yield Finding(f"/spans/{index}/attributes/cue", message)


@rule("statement-kind", "annotations")
def statement_kind(labels: Labels) -> Iterator[Finding]:
    """The kind of a statement fits its quotation marks."""
    for index, span in _choosing(labels, "statement", "kind", "direct", "indirect", "mixed"):
        fault = _kind_fault(labels, span)
        if fault:
            yield Finding(f"/spans/{index}/attributes/kind", f"kind is {show(span.attributes['kind'])}, but {fault}")


def _kind_fault(labels: Labels, span: Span) -> str:
    """Say what speaks against a statement's kind; empty where nothing does."""
    text, kind = span.text, span.attributes.get("kind")
    marked, outside = _unquoted(text)
    if _enclosed(labels.text, span):
        return "the quotation marks beside the span enclose it: take them in"
    if kind == "direct" and not (marked and not outside.strip()) and not _is_block(labels.text, span):
        return (
            "some of it stands outside quotation marks: choose mixed"
            if marked
            else "nothing is quoted: choose indirect"
        )
    if kind == "mixed" and not marked and not re.search(r"(?<!\w)[‘'](?=\w)", text):
        return "nothing is quoted: choose indirect"
    if kind == "mixed" and marked and not outside.strip():
        return "all of it is quoted: choose direct"
    if kind == "indirect" and marked and _unquoted(_without_nested(labels, span))[0]:
        return "some of it is quoted: choose mixed, or direct where all of it is"
    return ""


def _unquoted(text: str) -> tuple[bool, str]:
    """Return whether a text holds quotation marks, and what of it stands outside them.

    A quotation in single marks counts where it encloses the whole. The last mark closes, whatever its form.
    """
    if len(text) > 1 and text[0] in SINGLE_OPENING and text[-1] in SINGLE_CLOSING:
        return True, ""
    outside, inside, marked = [], False, False
    for place, character in enumerate(text):
        if character not in MARKS:
            outside.append("" if inside else character)
            continue
        marked = True
        last = place == len(text) - 1
        inside = not last and (character in OPENING or (character in STRAIGHT and not inside))
    return marked, "".join(outside)


def _enclosed(text: str, span: Span) -> bool:
    """Tell whether quotation marks stand directly left and right of a span that holds none."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    pair = bool(before and after) and before in OPENING + STRAIGHT and after in CLOSING + STRAIGHT
    return pair and not _unquoted(span.text)[0]


def _is_block(text: str, span: Span) -> bool:
    """Tell whether a statement is a block quotation or an embedded post: no cue, or lines of its own."""
    if span.attributes.get("cue", "") is None:
        return True
    line_start = not text[: span.start].rpartition("\n")[2].strip()
    return line_start and bool(_LINK_ONLY.match(text[span.end :].partition("\n")[0]))


def _without_nested(labels: Labels, span: Span) -> str:
    """Return a statement's text with the statements inside it blanked out."""
    text = list(span.text)
    for _, other in labels.layer("statement"):
        if other is not span and span.covers(other):
            text[other.start - span.start : other.end - span.start] = " " * (other.end - other.start)
    return "".join(text)


@rule("stance-neutral", "annotations")
def stance_neutral(labels: Labels) -> Iterator[Finding]:
    """A neutral stance is explicit."""
    for index, span in _choosing(labels, "stance", "polarity", "neutral"):
        if span.attributes.get("polarity") == "neutral" and span.attributes.get("explicit") is False:
            message = f"{show(span.text)} is neutral and not explicit: a neutral span names its target, or is no span"
            yield Finding(f"/spans/{index}/attributes/explicit", message)


@rule("stance-holder", "annotations")
def stance_holder(labels: Labels) -> Iterator[Finding]:
    """A stance is held by the speaker of the statement around it; outside, by the author or by one of the speakers."""
    sources = {speaker.attributes.get("entity") for _, speaker in labels.having("speaker", "entity")}
    for index, span in labels.having("stance", "holder"):
        around = [other for _, other in labels.having("statement", "speaker") if other.covers(span)]
        if not around:
            yield from _outside(labels, index, span, sources)
            continue
        speaker = labels.linked(min(around, key=lambda other: other.end - other.start), "speaker")
        if speaker is None or speaker.layer != "speaker" or "entity" not in speaker.attributes:
            continue
        holder, entity = span.attributes.get("holder"), speaker.attributes.get("entity")
        if holder != entity:
            message = (
                f"holder is {show(holder)}, but the statement around it is by {show(speaker.text)} ({show(entity)})"
            )
            yield Finding(f"/spans/{index}/attributes/holder", f"{message}: mend one of them")


def _outside(labels: Labels, index: int, span: Span, sources: Collection[object]) -> Iterator[Finding]:
    holder = span.attributes.get("holder")
    known = {None, *labels.layers["stance"].attributes["holder"].also, *sources}
    listed = labels.entities is None or holder in labels.entities  # else another rule's
    if labels.whole and labels.layers.get("speaker") and listed and holder not in known:
        message = f"holder is {show(holder)}, who says nothing in this document: mend it, or mark who says so"
        yield Finding(f"/spans/{index}/attributes/holder", message)


@rule("stance-conflict", "annotations")
def stance_conflict(labels: Labels) -> Iterator[Finding]:
    """A speaker does not take both sides on one target in one statement."""
    for _, statement in labels.layer("statement"):
        speaker = labels.linked(statement, "speaker")
        if speaker is None or speaker.layer != "speaker":
            continue
        entity = speaker.attributes.get("entity")
        stances = labels.having("stance", "holder", "target", "polarity")
        held = [item for item in stances if item[1].overlaps(statement) and item[1].attributes["holder"] == entity]
        for (_, one), (index, other) in combinations(held, 2):
            if one.attributes.get("target") == other.attributes.get("target") and _opposed(one, other):
                message = (
                    f"{show(other.text)} and {show(one.text)} take both sides on {show(other.attributes['target'])}"
                )
                yield Finding(f"/spans/{index}/attributes/polarity", f"{message} in one statement: decide for one")


def _opposed(one: Span, other: Span) -> bool:
    return {one.attributes.get("polarity"), other.attributes.get("polarity")} == {"favor", "against"}


def seen_names(labels: Labels) -> Iterator[tuple[str, str]]:
    """Yield entity and text of every mention by name."""
    return ((str(span.attributes.get("entity")), span.text) for span in labels.spans.values() if is_name(span))


def used_entities(labels: Labels) -> Iterator[str]:
    """Yield the id of every entity that a label names."""
    return (str(value) for _, _, _, value in _named(labels))
