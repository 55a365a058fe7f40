"""Turns what a language model quotes from a text into spans of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chipstance.alignment import EXACT, NONE, NOWHERE, REPEATED, Alignment, Quotation, align_all
from chipstance.answer_choice import capped, read_items, unreadable
from chipstance.answer_items import Fault, Item, shown
from chipstance.answer_reader import Mend
from chipstance.answer_references import Placed, References, owners
from chipstance.answer_values import attribute_value
from chipstance.answers import AnswerError
from chipstance.layers import Layer, Layers
from chipstance.model import Span, Value
from chipstance.normalization import normalize

__all__ = [
    "Aligned",
    "Fault",
    "Mend",
    "Reading",
    "group",
    "quotation",
    "read_answers",
    "spans_from_answer",
    "unreadable",
]

UNALIGNED = "unaligned"


@dataclass(frozen=True, slots=True)
class Aligned:
    """A quotation and where it was found.

    Attributes:
        pointer: where it stands in what was read.
        layer: its layer's name.
        text: what is quoted.
        found: where it was found, if it was.
    """

    pointer: str
    layer: str
    text: str
    found: Alignment


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from the predictions of one document.

    Attributes:
        spans: in the order given. A quotation that has no place is a span of no length at the text's end, which counts
            as predicted and matches nothing.
        aligned: every quotation, where it was found.
        remarks: what was mended, and what could not be used and is left out.
        answers: how many answers of a language model were read.
    """

    spans: tuple[Span, ...]
    aligned: tuple[Aligned, ...] = ()
    remarks: tuple[Mend | Fault, ...] = ()
    answers: int = 0

    @property
    def given(self) -> int:
        """How many spans came with their offsets."""
        return len(self.spans) - len(self.aligned)


def spans_from_answer(answer: str, text: str, layers: Layers) -> tuple[tuple[Span, ...], tuple[Mend | Fault, ...]]:
    """Read a language model's answer and find what it quotes in the text.

    It may be ``{"spans": [{"layer", "text", …}]}``, such a list alone, or ``{layer: [text or {"text", …}]}``, with
    other words for these keys, in wrappers, or as lists and tables of text. An item may say the ``occurrence`` (from
    1) or ``start``, and its attributes, in ``attributes`` or beside the rest. A reference to another span is that
    item's ``id`` or its quoted text, or that item itself.

    Args:
        answer: the answer as it came.
        text: the document's text.
        layers: the corpus's layers.

    Returns:
        The spans in the answer's order, with ids ``s1``, ``s2``, …, and what was mended or left out. A quotation that
        is not in the text, or is given more often than it stands there, becomes a span of no length at the text's
        end, which counts as predicted and matches nothing.

    Raises:
        chipstance.answers.AnswerError: nothing can be read.
    """
    reading = read_answers([answer], text, layers)
    return reading.spans, (*reading.remarks, *(mend for each in reading.aligned for mend in _alignment_mends(each)))


def read_answers(answers: Sequence[str], text: str, layers: Layers) -> Reading:
    """Read the answers about one document (for each paragraph, say, or each layer) and unite their spans.

    A quotation that has no place left because another answer has it too is left out; its Mend is ``united``.
    One that can't be read is a Fault of the kind ``answer``, unless all are so. Arguments and errors as for
    ``spans_from_answer``.
    """
    items: list[tuple[int, Item]] = []
    remarks: list[Mend | Fault] = []
    for number, answer in enumerate(answers):
        try:
            found, said = read_items(answer, layers, text)
        except AnswerError as error:
            if len(answers) == 1:
                raise
            found, said = [], [Fault("answer", "", str(error))]
        prefix = f"/{number}" if len(answers) > 1 else ""
        items += [(number, replace(item, pointer=prefix + item.pointer)) for item in found]
        remarks += [replace(each, pointer=prefix + each.pointer) if isinstance(each, Fault) else each for each in said]
    unread = sum(isinstance(each, Fault) and each.kind == "answer" for each in remarks)
    if unread == len(answers):
        raise AnswerError(f"nothing can be read in any of the {len(answers)} answers: ask for JSON")
    spans, aligned = _spans(items, text, layers, remarks)
    return Reading(spans, aligned, capped(remarks), len(answers) - unread)


def group(layer: Layer, attributes: Mapping[str, Value]) -> Hashable:
    """Return what the spans have in common that can't lie on one passage: the layer, and what lets it overlap."""
    return layer.name, attributes.get(layer.apart_by)


def quotation(layer: Layer, text: str, said: Mapping[str, int | None], attributes: Mapping[str, Value]) -> Quotation:
    """Return what is to be found.

    Args:
        layer: the layer of the quoted span.
        text: what is quoted.
        said: ``occurrence``, from 1, and ``start``, as far as they are given.
        attributes: of the quoted span.
    """
    apart = layer.overlap in ("none", "apart")
    return Quotation(text, said.get("occurrence"), said.get("start"), group(layer, attributes), apart)


def _spans(
    items: Sequence[tuple[int, Item]], text: str, layers: Layers, remarks: list[Mend | Fault]
) -> tuple[tuple[Span, ...], tuple[Aligned, ...]]:
    values = [_own_values(item, remarks) for _, item in items]
    wanted = [
        quotation(item.layer, item.text, {key: item.number(key) for key in ("occurrence", "start")}, own)
        for (_, item), own in zip(items, values, strict=True)
    ]
    found = align_all(wanted, text, beside=owners(items))
    placed = [Placed(item, n, place, own) for (n, item), own, place in zip(items, values, found, strict=True)]
    remarks += [mend for each in placed for mend in _offset_mends(each)]
    remarks += _unite(placed)
    remarks += References(placed, text, layers).resolve()
    for each in placed[len(items) :]:
        each.attributes.update(_own_values(each.item, remarks))
    meant = {value for each in placed for value in each.attributes.values()}
    kept = [(f"s{n}", each) for n, each in enumerate(placed, 1) if not each.united or f"s{n}" in meant]
    spans = tuple(
        Span(name, each.item.layer.name, *each.place, text[slice(*each.place)], each.attributes) for name, each in kept
    )
    return spans, tuple(
        Aligned(each.item.pointer, each.item.layer.name, each.item.text, each.found) for _, each in kept
    )


def _unite(placed: Sequence[Placed]) -> Iterator[Mend]:
    """Mark the quotations that find no place because other answers have them, too."""
    keys = [(each.answer, each.item.layer.name, normalize(each.item.text)) for each in placed]
    given = Counter(keys)
    answers = Counter(key[1:] for key in given)
    for each, key in zip(placed, keys, strict=True):
        if each.found.kind == REPEATED and answers[key[1:]] > 1 and given[key] <= each.found.places:
            each.united = True
            yield Mend("united", f"{each.item.pointer}: {shown(each.item.text)} is in another answer, too")


def _own_values(item: Item, remarks: list[Mend | Fault]) -> dict[str, Value]:
    """Return an item's attributes but its references; an impossible value is left out, and so counts as wrong."""
    values: dict[str, Value] = {}
    for key, value in item.values.items():
        attribute = item.layer.attributes.get(key)
        if attribute is None:
            message = f"{item.layer.name} has no attribute {shown(key)}"
            remarks.append(Fault("attribute", item.pointer, message))
        elif attribute.type != "span" or value is None:
            try:
                values[key] = attribute_value(attribute, value)
            except ValueError as error:
                remarks.append(Fault("value", item.pointer, str(error)))
    return values


def _alignment_mends(each: Aligned) -> Iterator[Mend]:
    if each.found.kind in NOWHERE:
        why = "is not in the text" if each.found.kind == NONE else "is given more often than it is in the text"
        kind = UNALIGNED if each.found.kind == NONE else each.found.kind
        yield Mend(kind, f"{each.pointer}: {shown(each.text)} {why}")
    elif each.found.kind != EXACT:
        yield Mend(each.found.kind, f"{each.pointer}: {shown(each.text)} is found with score {each.found.score:.3f}")


def _offset_mends(each: Placed) -> Iterator[Mend]:
    start, end = each.item.number("start"), each.item.number("end")
    if (start is not None and start != each.place[0]) or (end is not None and end != each.place[1]):
        message = f"the offsets do not fit the text: [{each.place[0]}, {each.place[1]}) is taken"
        yield Mend("offsets", f"{each.item.pointer}: {message}")
