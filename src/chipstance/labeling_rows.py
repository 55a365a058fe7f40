"""Reads Label Studio's result rows: what they say becomes spans, and what our files can't hold becomes a Fault.

A row is one fact about a region (its place and layer, a choice, a text area), and shares the region's id; or it is a
relation between two regions. Offsets are code points on both sides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeGuard

from chipstance.labeling_config import LABEL, TEXT, control, row_type
from chipstance.layers import SLUG, Attribute, Layer, Layers, attribute_schema
from chipstance.model import Span, Value, by_position

Row = Mapping[str, Any]

_ID_LENGTH = 80
_SHOWN = 40
_LINE_BREAK = re.compile(r"\\r|\\n|\r")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an annotation that our files can't hold.

    Attributes:
        region: Label Studio's id of the region; empty where it lies in no region.
        message: what is wrong, with layer, place and text of the region, and how to mend it.
    """

    region: str
    message: str


def from_results(results: Sequence[Row], text: str, layers: Layers) -> tuple[tuple[Span, ...], tuple[Fault, ...]]:
    """Return the spans of one annotation in reading order, and everything in it that our files can't hold.

    A region whose layer or place is at fault gives no span; an attribute that is at fault is null. A region's id
    becomes the span's where it fits our pattern; else the span gets a fresh one. ``repaired`` stays False: it follows
    from the place.

    Args:
        results: the annotation's rows in any order, as the page, the API or ``to_results`` made them.
        text: the task's text, which the covered texts are taken from.
        layers: what is annotated.
    """
    reader = _Reader(text, layers)
    reader.read(results)
    spans = tuple(reader.spans())
    order = {span.id: index for index, span in enumerate(by_position(spans))}
    faults = sorted(reader.faults, key=lambda f: (order.get(f.region, len(order)), f.region, f.message))
    return with_ids(spans, layers), tuple(faults)


def with_ids(spans: Iterable[Span], layers: Layers) -> tuple[Span, ...]:
    """Return spans in reading order, with a fresh id (``speaker-3``) for each whose id does not fit our pattern."""
    ordered = by_position(tuple(spans))
    taken = {span.id for span in ordered if _fits(span.id)}
    ids = [span.id if _fits(span.id) else _fresh(span.layer, taken) for span in ordered]
    names = {span.id: new for span, new in zip(ordered, ids, strict=True) if span.id}
    renamed = (replace(s, id=new, attributes=_linked(s, names, layers)) for s, new in zip(ordered, ids, strict=True))
    return by_position(tuple(renamed))


def _fits(span_id: str) -> bool:
    return len(span_id) <= _ID_LENGTH and re.fullmatch(SLUG, span_id) is not None


def _fresh(layer: str, taken: set[str]) -> str:
    stem = re.sub("_+", "-", layer).strip("-")
    new = next(name for n in count(1) if (name := f"{stem}-{n}") not in taken)
    taken.add(new)
    return new


def _linked(span: Span, names: Mapping[str, str], layers: Layers) -> dict[str, Value]:
    links = {attribute.name for attribute in layers[span.layer].references("span")}
    return {k: names.get(str(v), v) if k in links else v for k, v in span.attributes.items()}


@dataclass(frozen=True, slots=True)
class _Region:
    """A region whose layer and place are sound, with the values that rows and relations give it."""

    id: str
    layer: Layer
    start: int
    end: int
    text: str
    given: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))
    at_fault: set[str] = field(default_factory=set)

    @property
    def place(self) -> str:
        """Its place as messages write it."""
        return f"[{self.start}, {self.end})"

    def __str__(self) -> str:
        return f"{self.layer.name} {self.place} {_show(self.text)}"


class _Reader:
    """Reads the rows of one annotation: places first, then what stands on them, then the relations."""

    def __init__(self, text: str, layers: Layers) -> None:
        self.text = text
        self.layers = layers
        self.controls = {control(layer, a): (layer, a) for layer in layers for a in layer.attributes.values()}
        self.regions: dict[str, _Region] = {}
        self.broken: set[str] = set()
        self.faults: set[Fault] = set()

    def fault(self, region: object, message: str) -> None:
        """Note a fault."""
        self.faults.add(Fault(region if isinstance(region, str) else "", message))

    def read(self, results: Iterable[Row]) -> None:
        """Read all rows."""
        places: dict[str, list[Row]] = defaultdict(list)
        values, relations = [], []
        for row in results:
            match self._kind(row):
                case "place":
                    places[row["id"]].append(row["value"])
                case "value":
                    values.append(row)
                case "relation":
                    relations.append(row)
        for region, found in places.items():
            self._read_place(region, found)
        for row in values:
            self._read_value(row)
        for row in relations:
            self._read_relation(row)

    def spans(self) -> Iterator[Span]:
        """Yield what the sound regions say, under the regions' ids."""
        for region in self.regions.values():
            attributes = {a.name: self._single(region, a) for a in region.layer.attributes.values()}
            yield Span(region.id, region.layer.name, region.start, region.end, region.text, attributes)

    def _kind(self, row: Row) -> str:
        """Tell what a row is; empty, with a fault, where it is nothing that we know."""
        if not isinstance(row, Mapping):
            self.fault("", f"{_show(row)} is no result: delete it")
            return ""
        if row.get("type") == "relation":
            return "relation"
        region, from_name = row.get("id"), row.get("from_name")
        made = self._made_by(from_name)
        found = row.get("type"), row.get("to_name")
        if not made:
            known = ", ".join([LABEL, *self.controls])
            self.fault(region, f"no control is called {_show(from_name)} (there are {known}): delete this result")
        elif found != (made, TEXT):
            self.fault(
                region, f"{from_name} makes {made} on {TEXT}, not {_show(found[0])} on {_show(found[1])}: delete it"
            )
        elif not isinstance(row.get("value"), Mapping) or not isinstance(region, str) or not region:
            self.fault(region, f"this {from_name} belongs to no region: delete it, and set it with a region selected")
        else:
            self._read_note(row)
            return "place" if from_name == LABEL else "value"
        return ""

    def _made_by(self, from_name: object) -> str:
        if from_name == LABEL:
            return "labels"
        known = self.controls.get(from_name) if isinstance(from_name, str) else None
        kind = row_type(known[1]) if known else ""
        return "" if kind == "relation" else kind

    def _read_note(self, row: Row) -> None:
        meta = row.get("meta")
        note = meta.get("text") if isinstance(meta, Mapping) else None
        if note:
            self.fault(
                row["id"], f"the region has the note {_show(note)}, which our files don't hold: settle and delete it"
            )

    def _read_place(self, region: str, values: Sequence[Row]) -> None:
        labels = list(dict.fromkeys(str(label) for value in values for label in _listed(value.get("labels"))))
        message = next(self._place_faults(values, labels), "")
        if message:
            self.broken.add(region)
            self.fault(region, message)
        else:
            start, end = values[0]["start"], values[0]["end"]
            self.regions[region] = _Region(region, self.layers[labels[0]], start, end, self.text[start:end])

    def _place_faults(self, values: Sequence[Row], labels: Sequence[str]) -> Iterator[str]:
        """Yield what is wrong with a region's layer and place, the gravest first."""
        start, end = values[0].get("start"), values[0].get("end")
        where = f"region {_place(values[0])} {_show(values[0].get('text'))}"
        if any(_place(value) != _place(values[0]) for value in values):
            yield f"{where} also has the place {_place(values[-1])}: delete it and draw it again"
        if not _whole(start) or not _whole(end):
            yield f"{where} has no offsets: delete it and draw it again"
            return
        if end > len(self.text) or start < 0:
            yield f"{where} lies outside the text, which has {len(self.text)} code points: delete it and draw it again"
        if start >= end:
            yield f"{where} is empty: delete it"
        covered = self.text[start:end]
        if any(isinstance(value.get("text"), str) and not _same(value["text"], covered) for value in values):
            yield f"{where} covers {_show(covered)}, which is another text: delete it and draw it again"
        if covered != covered.strip():
            yield f"{where} begins or ends with white space: delete it and draw it again without"
        yield from self._layer_faults(where, labels)

    def _layer_faults(self, where: str, labels: Sequence[str]) -> Iterator[str]:
        unknown = [label for label in labels if not self.layers.get(label)]
        known = ", ".join(layer.name for layer in self.layers)
        if not labels:
            yield f"{where} has no layer: choose one of {known}, or delete it"
        if unknown:
            yield f"{where} has the label {_show(unknown[0])}, which is no layer: choose one of {known}"
        if len(labels) > 1:
            yield f"{where} has the layers {', '.join(labels)}: keep one, and draw a second region for another"

    def _read_value(self, row: Row) -> None:
        layer, attribute = self.controls[row["from_name"]]
        region, value = self.regions.get(row["id"]), row["value"]
        if row["id"] in self.broken:
            return  # the region's own fault says what to mend
        if not region:
            where = f"region {_place(value)}"
            self.fault(row["id"], f"{where} has {row['from_name']} but no layer: choose {layer.name}, or delete it")
        elif region.layer != layer:
            self.fault(region.id, f"{region} has {row['from_name']}, which is for {layer.name}: remove it")
        elif "start" in value and _place(value) != region.place:
            self.fault(region.id, f"{region} has {row['from_name']} at {_place(value)}: delete it and draw it again")
        else:
            self._give(region, attribute, value)

    def _give(self, region: _Region, attribute: Attribute, value: Row) -> None:
        for item in _listed(value.get("choices" if row_type(attribute) == "choices" else "text")):
            text = item.strip() if isinstance(item, str) else item
            if text == "":
                continue
            if _allowed(attribute, text):
                region.given[attribute.name].append(text == "true" if attribute.type == "boolean" else text)
            else:
                region.at_fault.add(attribute.name)
                self.fault(region.id, f"{region} has {attribute.name} {_show(item)}: {_asked(attribute)}")

    def _read_relation(self, row: Row) -> None:
        ends = [str(row.get("from_id")), str(row.get("to_id"))]
        if row.get("direction") == "left":
            ends.reverse()
        first, second = map(self.regions.get, ends)
        if first and second:
            for label in _listed(row.get("labels")) or [None]:
                self._link(first, second, label)
            return
        known, lost = (first, ends[1]) if first else (second, ends[0])
        why = "is at fault: mend that first" if lost in self.broken else "is not there: delete the relation"
        self.fault(
            known.id if known else lost, f"{known or 'a relation'} is linked to region {_show(lost)}, which {why}"
        )

    def _link(self, first: _Region, second: _Region, label: object) -> None:
        """Understand a relation: as it is drawn, else the wrong way round."""
        for source, target in ((first, second), (second, first)):
            links = [a.name for a in source.layer.references("span") if a.layer == target.layer.name]
            meant = [name for name in links if label in (None, name)]
            if len(meant) > 1:
                self.fault(source.id, f"{source} is linked to {target}: label the relation {' or '.join(meant)}")
            elif meant:
                source.given[meant[0]].append(target.id)
            if meant:
                return
        labelled = "" if label is None else f" with the label {_show(label)}"
        message = (
            f"{first} is linked to {second}{labelled}, which says nothing: delete the relation or change its label"
        )
        self.fault(first.id, message)

    def _single(self, region: _Region, attribute: Attribute) -> Value:
        """Return an attribute's value; null, with a fault, where one is wanted and not one is given."""
        given = list(dict.fromkeys(region.given[attribute.name]))
        if attribute.name in region.at_fault:
            return None
        if len(given) > 1:
            several = " and ".join(_show(self.regions[str(v)].text if attribute.type == "span" else v) for v in given)
            self.fault(region.id, f"{region} has several values for {attribute.name}, {several}: keep one")
            return None
        if not given and not attribute.nullable:
            self.fault(region.id, f"{region} has no {attribute.name}: {_asked(attribute)}")
        return given[0] if given else None


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…{shown[0]}"


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _place(value: Row) -> str:
    return f"[{value.get('start')}, {value.get('end')})"


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _same(shown: str, covered: str) -> bool:
    """Compare a region's text with the slice; the page writes line breaks in its own ways."""
    return shown == covered or _LINE_BREAK.sub("\n", shown) == _LINE_BREAK.sub("\n", covered)


def _allowed(attribute: Attribute, value: object) -> bool:
    match attribute.type:
        case "choice":
            return value in attribute.values
        case "boolean":
            return value in ("true", "false")
    pattern = attribute_schema(attribute)["pattern"]
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _asked(attribute: Attribute) -> str:
    match attribute.type:
        case "choice":
            return f"choose one of {', '.join(attribute.values)}"
        case "boolean":
            return "choose true or false"
        case "span":
            return f"draw a relation from it to its {attribute.layer}"
        case "currency":
            return "type an ISO 4217 code such as USD"
        case "decimal":
            return "type a plain number such as 4700000000 or 0.5"
    return "type an id in lower-case letters, digits and hyphens, such as jane-roe"
