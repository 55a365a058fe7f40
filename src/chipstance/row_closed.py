"""Rows about gold statements: their speaker's stance on each target, and who the speaker is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chipstance.faults import show
from chipstance.layers import Attribute, Layer, Layers
from chipstance.model import Document, Span, Value
from chipstance.records import RecordError, stance_label
from chipstance.row_forms import Form, Key, Row, named, outside
from chipstance.rules import Finding
from chipstance.score_errors import Error
from chipstance.score_figures import Name
from chipstance.tables import NO_STANCE, stance_labels

PLACE: Name = ("closed", "statement", "speaker", "accuracy")
SPEAKER_PLACE = ("speaker_start", "speaker_end")


class Stance(Form):
    """The stance of each gold statement's speaker on each target."""

    config = title = "stance"
    note = "Rows of stance: the label of every gold statement and target; a missing row counts as a wrong label."
    layer, place = "stance", ("statement_start", "statement_end")

    def kept(self, layers: Layers) -> Iterable[Layer]:
        """Yield the layers of statements, and of stances without ``explicit``, which no row says."""
        said = {name: layers["stance"].attributes[name] for name in ("target", "polarity", "holder")}
        yield from (layers["speaker"], layers["statement"], replace(layers["stance"], attributes=said))

    def asked(self, document: Document) -> Iterator[tuple[Key, Span]]:
        """Yield every statement with every target."""
        for statement in document.layer("statement"):
            for target in self.every["stance"].attributes["target"].values:
                yield (statement.id, target), statement

    def right(self, document: Document) -> Iterator[Span]:
        """Yield statements, each with a speaker and, by the gold labels, stances of its own.

        With a holder of its own, a statement inside another one of the same speaker can have another label.
        """
        for statement in document.layer("statement"):
            own = Span(f"of-{statement.id}", "speaker", statement.start, statement.end, statement.text)
            yield replace(own, attributes={"entity": statement.id})
            yield replace(statement, attributes={"speaker": own.id})
        for (_, target), statement in self.asked(document):
            yield from self._stances(statement, str(target), _gold_label(document, statement, str(target)))

    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield the stances of all rows, the missing ones too."""
        for (_, target), statement in self.asked(document):
            row = rows.get((document.id, statement.id, target))
            label = named(row["label"], stance_labels(self.every)) if row else None
            yield from self._stances(statement, str(target), label)

    def _stances(self, statement: Span, target: str, label: str | None) -> Iterator[Span]:
        """Yield the spans that give a label; None is for and against the target, a label that is never right."""
        sides = [value for value in self.every["stance"].attributes["polarity"].values if value != "neutral"]
        for polarity in sides if label is None else [label] if label != NO_STANCE else []:
            said: Mapping[str, Value] = {"target": target, "polarity": polarity, "holder": statement.id}
            yield Span("", "stance", statement.start, statement.end, statement.text, said)

    def errors(self, gold: Document, found: Document, rows: Mapping[Key, Row]) -> list[Error]:
        """Return the wrong labels row by row; a missing row is a missed stance where there is one."""
        sides = [_by_row(document) for document in (gold, found)]
        listed = []
        for key, _ in self.asked(gold):
            left, right = (side.get(key, ()) for side in sides)
            right = right if (gold.id, *key) in rows else ()
            listed += super().errors(replace(gold, spans=left), replace(found, spans=right), rows)
        return listed

    def shown(self, name: Name) -> Name | None:
        """Return the name of a figure about labels."""
        return name if name[0] == "closed" and name[1].startswith("stance ") else None


def _by_row(document: Document) -> Mapping[Key, tuple[Span, ...]]:
    """Return the stances of each row, by statement and target."""
    found: dict[Key, tuple[Span, ...]] = {}
    for span in document.layer("stance"):
        key = str(span.attributes["holder"]), str(span.attributes["target"])
        found[key] = (*found.get(key, ()), span)
    return found


def _gold_label(document: Document, statement: Span, target: str) -> str | None:
    try:
        return stance_label(document, statement, target)[0]
    except (RecordError, KeyError):  # KeyError: no speaker is named, so nobody's stance can be told
        return None


class Statements(Form):
    """The speaker of each gold statement."""

    config = title = "statements"
    note = (
        "Rows of statements: for every gold statement, the place of its speaker, and the speaker's entity (that of the"
        " gold speaker in that place where a row names none); a missing row counts as wrong."
    )
    layer = "statement"

    def kept(self, layers: Layers) -> Iterable[Layer]:
        """Yield the layer of statements, with the speaker's entity as an attribute of theirs."""
        said = {"speaker": layers["statement"].attributes["speaker"], "entity": _ENTITY}
        yield from (layers["speaker"], replace(layers["statement"], attributes=said))

    def asked(self, document: Document) -> Iterator[tuple[Key, Span]]:
        """Yield the statements."""
        return (((statement.id,), statement) for statement in document.layer("statement"))

    def findings(self, row: Row) -> Iterator[Finding]:
        """Yield what is wrong with a row; what it says twice must be the same."""
        yield from super().findings(row)
        document = self.gold[row["doc"]]
        start, end = (row.get(name) for name in SPEAKER_PLACE)
        if row.get("speaker_id") is not None:
            yield from _contradictions(row, document)
        elif start is not None or end is not None:
            yield from outside(document, start, end, "/speaker_start")
        elif "speaker_entity" not in row:
            yield Finding("", "it says no speaker: add speaker_id, speaker_start and speaker_end, or speaker_entity")

    def right(self, document: Document) -> Iterator[Span]:
        """Yield statements and speakers."""
        speakers = {span.id: span for span in document.layer("speaker")}
        yield from speakers.values()
        for statement in document.layer("statement"):
            speaker = statement.attributes["speaker"]
            said = {"speaker": speaker, "entity": speakers[str(speaker)].attributes["entity"]}
            yield replace(statement, attributes=said)

    def answered(self, document: Document, rows: Mapping[Key, Row]) -> Iterator[Span]:
        """Yield all gold statements, each with what its row says, and a speaker of its own."""
        speakers = document.layer("speaker")
        for statement in document.layer("statement"):
            row = rows.get((document.id, statement.id), {})
            place = _place(row, speakers)
            entities = [span.attributes["entity"] for span in speakers if (span.start, span.end) == place]
            entities = [row["speaker_entity"]] if "speaker_entity" in row else entities
            said: dict[str, Value] = {"entity": entities[0]} if entities else {}
            if place:
                own = f"of-{statement.id}"
                yield Span(own, "speaker", *place, document.text[slice(*place)])
                said["speaker"] = own
            yield replace(statement, attributes=said)

    def errors(self, gold: Document, found: Document, rows: Mapping[Key, Row]) -> list[Error]:
        """Return the statements with a wrong speaker; its place is wrong only where rows say one."""
        unsaid = "speaker" if PLACE in self.unsaid(rows.values()) else ""
        listed = super().errors(gold, found, rows)
        told = [replace(each, attributes=tuple(name for name in each.attributes if name != unsaid)) for each in listed]
        return [each for each in told if each.attributes]

    def shown(self, name: Name) -> Name | None:
        """Return the name of a figure about speakers."""
        if name == ("attributes", "statement", "entity", "accuracy"):
            return ("closed", *name[1:])
        return name if name == PLACE else None

    def unsaid(self, rows: Iterable[Row]) -> Collection[Name]:
        """Return the figure about the speaker's place where no row says one."""
        return (
            ()
            if any(row.get(name) is not None for row in rows for name in ("speaker_id", *SPEAKER_PLACE))
            else (PLACE,)
        )


_ENTITY = Attribute("entity", "entity", "Registry id of the speaker.", nullable=True)


def _contradictions(row: Row, document: Document) -> Iterator[Finding]:
    """Yield what a row that names a gold speaker says differently beside it."""
    given, place = row["speaker_id"], tuple(row.get(name) for name in SPEAKER_PLACE)
    speaker = next((span for span in document.layer("speaker") if span.id == given), None)
    if speaker is None:
        message = f"{document.id!r} has no speaker {show(given)}: name one, or say where it stands"
        yield Finding("/speaker_id", message)
    elif place not in ((None, None), (speaker.start, speaker.end)):
        message = f"{show(given)} stands at [{speaker.start}, {speaker.end}), not there: leave one of them out"
        yield Finding("/speaker_start", message)
    elif row.get("speaker_entity", speaker.attributes["entity"]) != speaker.attributes["entity"]:
        message = f"{show(given)} is {show(speaker.attributes['entity'])}, not that: leave one of them out"
        yield Finding("/speaker_entity", message)


def _place(row: Row, speakers: Sequence[Span]) -> tuple[int, int] | None:
    """Return where a row says that the speaker stands."""
    if row.get("speaker_start") is not None:
        return row["speaker_start"], row["speaker_end"]
    return next(((span.start, span.end) for span in speakers if span.id == row.get("speaker_id")), None)
