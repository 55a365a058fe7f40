"""Gold labels from several annotators' labels: what they agree on, and a decision for everything else.

A label is known by its *place*: layer, start, end and, in layers whose spans may overlap where an attribute
differs, the value of that attribute. What every annotator put at a place with the same attributes is agreed.
Any other place takes a decision: accept (with the attributes it shall have) or reject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chipstance.layers import Layer, Layers
from chipstance.model import Document, Span, Value, by_position

Attributes = Mapping[str, Value]


class Place(NamedTuple):
    """Where a label stands. Two labels of one document never share a place."""

    layer: str
    start: int
    end: int
    apart: Value = None

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.layer} [{self.start}, {self.end})" + (f" on {self.apart}" if self.apart else "")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A place that the annotators don't agree on.

    Attributes:
        place: where.
        text: the covered text.
        variants: each annotator's attributes there, links as ``start:end``; None where there is no label.
    """

    place: Place
    text: str
    variants: Mapping[str, Attributes | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall stand at a place.

    Attributes:
        place: where.
        text: the covered text.
        attributes: what the label shall have, links as ``start:end``; None where there shall be no label.
        reason: why.
    """

    place: Place
    text: str
    attributes: Attributes | None
    reason: str


class AdjudicationError(ValueError):
    """Decisions that do not fit the annotators' labels.

    Attributes:
        place: the place it is about.
    """

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


def place_of(span: Span, layers: Layers) -> Place:
    """Return where a span stands."""
    apart_by = layers[span.layer].apart_by
    return Place(span.layer, span.start, span.end, span.attributes.get(apart_by) if apart_by else None)


def targets(document: Document) -> dict[str, str]:
    """Return what links lead to: each span's ``start:end`` by its id."""
    return {span.id: f"{span.start}:{span.end}" for span in document.spans}


def unlinked(span: Span, linked: Mapping[str, str], layers: Layers) -> dict[str, Value]:
    """Return a span's attributes with the ids of other spans replaced by their ``start:end``, the same for all.

    Args:
        span: the span.
        linked: the ``targets`` of its document.
        layers: what is annotated.
    """
    links = {attribute.name for attribute in layers[span.layer].references("span")}
    return {name: linked.get(str(value), value) if name in links else value for name, value in span.attributes.items()}


def by_place(document: Document, layers: Layers) -> dict[Place, Attributes]:
    """Return a document's labels: place to attributes, links as ``start:end``."""
    linked = targets(document)
    return {place_of(span, layers): unlinked(span, linked, layers) for span in document.spans}


def compare(documents: Sequence[Document], layers: Layers) -> tuple[dict[Place, Attributes], tuple[Dispute, ...]]:
    """Split several annotators' labels of one text into what they agree on and what they don't.

    Args:
        documents: one for each annotator, all of the same text.
        layers: what is annotated.

    Returns:
        Agreed labels by place, and the disputes in reading order.
    """
    labels = {document.annotator: by_place(document, layers) for document in documents}
    places = sorted({place for own in labels.values() for place in own}, key=_reading_order)
    agreed, disputes = {}, []
    for place in places:
        variants = {annotator: own.get(place) for annotator, own in labels.items()}
        first, *others = variants.values()
        if first is not None and all(other == first for other in others):
            agreed[place] = first
        else:
            disputes.append(Dispute(place, documents[0].text[place.start : place.end], variants))
    return agreed, tuple(disputes)


def _reading_order(place: Place) -> tuple[int, int, str, str]:
    return place.start, -place.end, place.layer, str(place.apart)


def adjudicate(documents: Sequence[Document], decisions: Iterable[Decision], layers: Layers) -> Document:
    """Return the gold labels: agreed spans and decisions, with fresh ids in reading order.

    A decision may also be about a place that the annotators agree on, or that none of them labelled: annotators can
    be wrong together.

    Args:
        documents: one for each annotator, all of the same text.
        decisions: one for every dispute.
        layers: what is annotated.

    Raises:
        AdjudicationError: a dispute has no decision, a place has two, or a link points nowhere.
    """
    agreed, disputes = compare(documents, layers)
    labels: dict[Place, Attributes | None] = dict(agreed)
    decided: dict[Place, Decision] = {}
    for decision in decisions:
        if decision.place in decided:
            raise AdjudicationError(decision.place, "decided twice: remove one of the decisions")
        decided[decision.place] = decision
        labels[decision.place] = decision.attributes
    for dispute in disputes:
        if dispute.place not in decided:
            raise AdjudicationError(dispute.place, f"{dispute.text!r} is disputed and not decided: add a decision")
    text = documents[0].text
    kept = {place: attributes for place, attributes in labels.items() if attributes is not None}
    return Document(documents[0].id, text, make_spans(kept, text, layers))


def make_spans(labels: Mapping[Place, Attributes], text: str, layers: Layers) -> tuple[Span, ...]:
    """Return labels by place as spans in reading order, with ids such as ``speaker-3`` and links to those ids.

    Raises:
        AdjudicationError: a link points to no span.
    """
    bare = by_position([Span(str(place), place.layer, place.start, place.end, "") for place in labels])
    seen: Counter[str] = Counter()
    ids: dict[str, str] = {}
    for span in bare:
        seen[span.layer] += 1
        ids[span.id] = f"{span.layer}-{seen[span.layer]}"
    places = {(place.layer, f"{place.start}:{place.end}"): ids[str(place)] for place in labels}
    spans = (
        Span(
            id=ids[str(place)],
            layer=place.layer,
            start=place.start,
            end=place.end,
            text=text[place.start : place.end],
            attributes=dict(_linked(place, attributes, layers[place.layer], places)),
        )
        for place, attributes in labels.items()
    )
    return by_position(list(spans))


def _linked(
    place: Place, attributes: Attributes, layer: Layer, targets: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, Value]]:
    for name, value in attributes.items():
        target = layer.attributes[name].layer if name in layer.attributes else ""
        if target and value is not None:
            if (target, str(value)) not in targets:
                raise AdjudicationError(place, f"{name} points to {value}, where no {target} is labelled")
            yield name, targets[target, str(value)]
        else:
            yield name, value


def dispute_entry(dispute: Dispute) -> dict[str, Any]:
    """Return a dispute as an entry of an adjudication file, in which ``verdict`` and ``reason`` are to be filled in."""
    return {
        **_place_entry(dispute.place, dispute.text),
        "variants": {name: None if a is None else dict(a) for name, a in dispute.variants.items()},
        "verdict": None,
        "reason": "",
        "guideline": None,
    }


def adjudication_entries(disputes: Iterable[Dispute], existing: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries of an adjudication file: those there already, and an undecided one for each new dispute.

    Args:
        disputes: what the annotators do not agree on.
        existing: the entries of the file as it stands.
    """
    entries = {entry_place(entry): entry for entry in existing}
    for dispute in disputes:
        entries.setdefault(dispute.place, dispute_entry(dispute))
    return [entries[place] for place in sorted(entries, key=_reading_order)]


def agreed_spans(agreed: Mapping[Place, Attributes], text: str, layers: Layers) -> tuple[Span, ...]:
    """Return what annotators agree on as spans; a link to a place that is disputed is left open (null)."""
    there = {f"{place.layer} {place.start}:{place.end}" for place in agreed}
    closed = {
        place: {
            name: None if value is not None and _dangles(layers[place.layer], name, value, there) else value
            for name, value in attributes.items()
        }
        for place, attributes in agreed.items()
    }
    return make_spans(closed, text, layers)


def _dangles(layer: Layer, name: str, value: Value, there: set[str]) -> bool:
    target = layer.attributes[name].layer
    return bool(target) and f"{target} {value}" not in there


def decided_entries(
    decided: Document, documents: Sequence[Document], existing: Iterable[Mapping[str, Any]], layers: Layers
) -> list[Mapping[str, Any]]:
    """Return the entries of an adjudication file that an adjudicator's own labels of the text amount to.

    Every dispute gets a verdict, and so does every agreed label that the adjudicator changed, removed or added. An
    entry keeps the reason that it has, as long as its verdict is the same; a new one waits for its reason.

    Args:
        decided: what the adjudicator wants the labels to be.
        documents: one for each annotator, all of the same text.
        existing: the entries of the file as it stands.
        layers: what is annotated.
    """
    agreed, disputes = compare(documents, layers)
    wanted = by_place(decided, layers)
    changed = [place for place in {**agreed, **wanted} if agreed.get(place) != wanted.get(place)]
    everywhere = {dispute.place: dispute for dispute in disputes}
    for place in changed:
        text = decided.text[place.start : place.end]
        variants = dict.fromkeys((document.annotator for document in documents), agreed.get(place))
        everywhere.setdefault(place, Dispute(place, text, variants))
    before = {entry_place(entry): entry for entry in existing}
    made = [_decided(everywhere[place], wanted.get(place), before.get(place, {})) for place in everywhere]
    return sorted(made, key=lambda entry: _reading_order(entry_place(entry)))


def _decided(dispute: Dispute, wanted: Attributes | None, before: Mapping[str, Any]) -> dict[str, Any]:
    entry = dispute_entry(dispute)
    matching = [name for name, variant in dispute.variants.items() if variant == wanted]
    if wanted is None:
        entry["verdict"] = "reject"
    elif matching:
        entry["verdict"] = matching[0]
    else:
        entry |= {"verdict": "accept", "attributes": dict(wanted)}
    same = all(before.get(name) == entry.get(name) for name in ("verdict", "attributes", "variants"))
    return entry | ({name: before[name] for name in ("reason", "guideline")} if same else {})


def entry_place(entry: Mapping[str, Any]) -> Place:
    """Return the place that an entry of an adjudication file is about."""
    return Place(entry["layer"], entry["start"], entry["end"], entry.get("apart"))


def _place_entry(place: Place, text: str) -> dict[str, Any]:
    apart = {} if place.apart is None else {"apart": place.apart}
    return {"layer": place.layer, "start": place.start, "end": place.end, **apart, "text": text}


def parse_decision(entry: Mapping[str, Any]) -> Decision:
    """Build a decision from an entry that the schema accepts.

    ``verdict`` is ``reject``, ``accept`` (with ``attributes``), or the name of the annotator whose variant holds.
    """
    verdict = entry["verdict"]
    if verdict == "reject":
        attributes = None
    elif verdict == "accept":
        attributes = entry["attributes"]
    else:
        attributes = entry["variants"][verdict]
    return Decision(entry_place(entry), entry["text"], attributes, entry["reason"])
