"""Rules about attribution and stance: who says what, and who takes which side."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from chipstance.faults import show
from chipstance.model import Entity, Span
from chipstance.quotation_marks import enclosed, is_block, statement_ends, unquoted, without_nested
from chipstance.rules import Finding, Labels, others, rule

PRONOUNS = frozenset(
    {"i", "you", "he", "she", "it", "we", "they", "who", "whom", "which", "that", "this", "these", "those"}
    | {"me", "him", "her", "us", "them", "myself", "himself", "herself", "itself", "ourselves", "themselves"}
)
INDEFINITE = frozenset(
    {"others", "some", "many", "few", "both", "several", "one", "someone", "somebody", "everyone", "most", "all"}
)
ALIASES_SHOWN = 5


def _choosing(labels: Labels, layer: str, attribute: str, *values: str) -> Iterator[tuple[int, Span]]:
    """Yield the spans of a layer of ours, where layers.json declares that an attribute has these among its values."""
    declared = labels.layers.ours(layer, attribute)
    fits = declared is not None and set(declared.attributes[attribute].values) >= set(values)
    return labels.layer(layer) if fits else iter(())


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
    unknown: dict[object, list[tuple[int, str]]] = {}
    for index, _, name, value in _named(labels):
        if labels.entities is not None and value not in labels.entities:
            unknown.setdefault(value, []).append((index, name))
    for value, ((index, name), *more) in unknown.items():
        message = f"{name} {value!r} is not in the registry: add it to entities.json, or use its id there"
        yield Finding(f"/spans/{index}/attributes/{name}", message + others(1 + len(more)))


@rule("entity-kind", "annotations")
def entity_kind(labels: Labels) -> Iterator[Finding]:
    """An entity is of a kind that the attribute allows."""
    for index, span, name, value in _named(labels):
        entity = (labels.entities or {}).get(str(value))
        kinds = labels.layers[span.layer].attributes[name].kinds
        if entity and entity.kind not in kinds:
            message = f"{name} {value!r} is of kind {entity.kind}, but must be {' or '.join(kinds)}"
            mend = "name another, or mend its kind in entities.json"
            yield Finding(f"/spans/{index}/attributes/{name}", f"{message}: {mend}")


def _mentions(labels: Labels) -> Iterator[tuple[int, Span]]:
    """Yield the spans that mention their entity by name, in the file's order."""
    speakers = labels.having("speaker", "entity", "mention")
    named = [(index, span) for index, span in speakers if span.attributes.get("mention") == "name"]
    return iter(sorted([*labels.having("organization", "entity"), *named], key=lambda item: item[0]))


@rule("mention-alias", "annotations")
def mention_alias(labels: Labels) -> Iterator[Finding]:
    """A mention by name is one of its entity's aliases."""
    known = _aliases(labels)
    for index, span in _mentions(labels):
        entity = (labels.entities or {}).get(str(span.attributes.get("entity")))
        if entity and _fits_kind(labels, span, entity) and span.text not in known[entity.id]:
            message = f"{show(span.text)} is no alias of {entity.id!r} ({_listed(entity.aliases)})"
            yield Finding(f"/spans/{index}/text", f"{message}: add it to entities.json, or mend span or entity")


def _aliases(labels: Labels) -> Mapping[str, Collection[str]]:
    """Return the aliases of every entity that a label names."""
    entities = labels.entities or {}
    named = {str(span.attributes.get("entity")) for span in labels.spans.values()}
    return {each: frozenset(entities[each].aliases) for each in named & entities.keys()}


def _listed(aliases: Sequence[str]) -> str:
    more = ", …" if len(aliases) > ALIASES_SHOWN else ""
    return ", ".join(aliases[:ALIASES_SHOWN]) + more if aliases else "it has none"


def _fits_kind(labels: Labels, span: Span, entity: Entity) -> bool:
    return entity.kind in labels.layers[span.layer].attributes["entity"].kinds


@rule("speaker-mention", "annotations")
def speaker_mention(labels: Labels) -> Iterator[Finding]:
    """A speaker is a pronoun exactly where its mention says so, and a name where it is one of its entity's."""
    known = _aliases(labels)
    entities = labels.entities if labels.entities and labels.layers.ours("speaker", "entity") else {}
    for index, span in _choosing(labels, "speaker", "mention", "name", "nominal", "pronoun"):
        mention, word = span.attributes.get("mention"), span.text.lower()
        entity = entities.get(str(span.attributes.get("entity")))
        if mention == "pronoun" and word not in PRONOUNS | INDEFINITE:
            fault = "is no pronoun: choose name or nominal"
        elif mention != "pronoun" and word in PRONOUNS:
            fault = "is a pronoun: choose pronoun"
        elif mention == "nominal" and entity and span.text in known[entity.id]:
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
    names = [name for name in ("speaker", "cue") if labels.layers.ours("statement", name)]
    for index, span in labels.layer("statement"):
        for name in names:
            linked = labels.linked(span, name)
            if linked and linked.layer == name:
                yield index, span, name, linked


@rule("attribution-far", "annotations")
def attribution_far(labels: Labels) -> Iterator[Finding]:
    """Speaker and cue stand in the statement's paragraph or in the one beside it."""
    lines = _Lines(labels.text)
    for index, span, name, linked in _attribution(labels):
        distance = lines.between(min(span.end, linked.end), max(span.start, linked.start))
        if distance > 1:
            message = (
                f"the {name} {show(linked.text)} stands {distance} paragraphs away: link the one in the attribution"
            )
            yield Finding(f"/spans/{index}/attributes/{name}", message)


class _Lines:
    """The lines of a text; one that is not blank is a paragraph.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        self._ends = list(accumulate(len(line) + 1 for line in lines))
        self._paragraphs = list(accumulate((bool(line.strip()) for line in lines), initial=0))

    def between(self, start: int, end: int) -> int:
        """Count the steps from the paragraph of one place to that of a later one."""
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end)
        return self._paragraphs[last] - self._paragraphs[first + 1] + 1 if first < last else 0


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
    ends = statement_ends(labels)
    for index, span in _choosing(labels, "statement", "kind", "direct", "indirect", "mixed"):
        fault = _kind_fault(labels, span, ends)
        if fault:
            yield Finding(f"/spans/{index}/attributes/kind", f"kind is {show(span.attributes['kind'])}, but {fault}")


def _kind_fault(labels: Labels, span: Span, ends: Mapping[int, Sequence[int]]) -> str:
    """Say what speaks against a statement's kind; empty where nothing does."""
    text, kind = span.text, span.attributes.get("kind")
    marked, outside = unquoted(text)
    if enclosed(labels.text, span):
        return "the quotation marks beside the span enclose it: take them in"
    if kind == "direct" and not (marked and not outside.strip()) and not is_block(labels.text, span):
        return (
            "some of it stands outside quotation marks: choose mixed"
            if marked
            else "nothing is quoted: choose indirect"
        )
    if kind == "mixed" and not marked and not re.search(r"(?<!\w)[‘'](?=\w)", text):
        return "nothing is quoted: choose indirect"
    if kind == "mixed" and marked and not outside.strip():
        return "all of it is quoted: choose direct"
    if kind == "indirect" and marked and unquoted(without_nested(span, ends))[0]:
        return "some of it is quoted: choose mixed, or direct where all of it is"
    return ""


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
    if not labels.layers.ours("speaker", "entity"):
        return
    sources = {None} | {speaker.attributes.get("entity") for _, speaker in labels.having("speaker", "entity")}
    for index, span, around in _stances(labels):
        if around is None:
            yield from _outside(labels, index, span, sources)
            continue
        speaker = labels.linked(around, "speaker")
        if speaker is None or speaker.layer != "speaker":
            continue
        holder, entity = span.attributes.get("holder"), speaker.attributes.get("entity")
        unlisted = _is_unlisted(labels, span, "holder") or _is_unlisted(labels, speaker, "entity")
        if holder != entity and not unlisted:
            message = (
                f"holder is {show(holder)}, but the statement around it is by {show(speaker.text)} ({show(entity)})"
            )
            yield Finding(f"/spans/{index}/attributes/holder", f"{message}: mend one of them")


def _stances(labels: Labels) -> Iterator[tuple[int, Span, Span | None]]:
    """Yield every stance with a holder, and the innermost statement around it; of several at one place, the first."""
    statements = [(span.start, 0, -span.end, -index, span) for index, span in labels.having("statement", "speaker")]
    stances = [(span.start, 1, -span.end, index, span) for index, span in labels.having("stance", "holder")]
    ends: list[int] = []
    open_: list[Span] = []
    for _, is_stance, end, index, span in sorted([*statements, *stances], key=lambda item: item[:4]):
        if is_stance:
            around = bisect_right(ends, end)
            yield index, span, open_[around - 1] if around else None
            continue
        while ends and ends[-1] >= end:  # it covers all of what comes that those before it cover
            ends.pop()
            open_.pop()
        ends.append(end)
        open_.append(span)


def _outside(labels: Labels, index: int, span: Span, sources: Collection[object]) -> Iterator[Finding]:
    holder = span.attributes.get("holder")
    known = holder in sources or holder in labels.layers["stance"].attributes["holder"].also
    if labels.whole and not known and not _is_unlisted(labels, span, "holder"):
        message = f"holder is {show(holder)}, who says nothing in this document: mend it, or mark who says so"
        yield Finding(f"/spans/{index}/attributes/holder", message)


def _is_unlisted(labels: Labels, span: Span, name: str) -> bool:
    """Tell whether the registry lacks the entity that an attribute names, which another rule tells."""
    value = span.attributes.get(name)
    if value is None or labels.entities is None:
        return False
    return value not in labels.entities and value not in labels.layers[span.layer].attributes[name].also


@rule("stance-conflict", "annotations")
def stance_conflict(labels: Labels) -> Iterator[Finding]:
    """A speaker does not take both sides on one target in one statement."""
    said = _said(labels)
    groups: dict[tuple[object, object], list[tuple[int, int, Span]]] = defaultdict(list)
    for index, span in labels.having("stance", "holder", "target", "polarity"):
        if span.attributes.get("polarity") in ("favor", "against"):
            groups[span.attributes.get("holder"), span.attributes.get("target")].append((span.start, index, span))
    for (holder, target), stances in groups.items():
        for (_, _, one), (_, index, other) in pairwise(sorted(stances, key=lambda item: item[:2])):
            if _opposed(one, other) and _share(said.get(holder, ()), one, other):
                message = f"{show(other.text)} and {show(one.text)} take both sides on {show(target)}"
                yield Finding(f"/spans/{index}/attributes/polarity", f"{message} in one statement: decide for one")


def _said(labels: Labels) -> Mapping[object, Sequence[tuple[int, int]]]:
    """Return where each speaker's statements begin, sorted, with the last end of those that begin there or before."""
    places: dict[object, list[tuple[int, int]]] = defaultdict(list)
    for _, statement in labels.having("statement", "speaker"):
        speaker = labels.linked(statement, "speaker")
        if speaker and speaker.layer == "speaker":
            places[speaker.attributes.get("entity")].append((statement.start, statement.end))
    return {entity: list(accumulate(sorted(found), _up_to)) for entity, found in places.items()}


def _up_to(before: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
    return place[0], max(before[1], place[1])


def _share(said: Sequence[tuple[int, int]], one: Span, other: Span) -> bool:
    """Tell whether one statement overlaps both spans, of which the other does not begin earlier."""
    before = bisect_left(said, (min(one.end, other.end),))
    return bool(before) and said[before - 1][1] > other.start


def _opposed(one: Span, other: Span) -> bool:
    return {one.attributes.get("polarity"), other.attributes.get("polarity")} == {"favor", "against"}


def seen_names(labels: Labels) -> Iterator[tuple[str, str]]:
    """Yield entity and text of every mention by name."""
    return ((str(span.attributes.get("entity")), span.text) for _, span in _mentions(labels))


def used_entities(labels: Labels) -> Iterator[str]:
    """Yield the id of every entity that a label names."""
    return (str(value) for _, _, _, value in _named(labels))
