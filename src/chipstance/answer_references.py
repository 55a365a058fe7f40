"""Resolves what the spans of a language model's answer say about one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chipstance.alignment import EXACT, NORMALIZED, NOWHERE, Aligner, Alignment, Nearness, Quotation
from chipstance.answer_items import Fault, Item, ItemFinder, shown
from chipstance.layers import Layers
from chipstance.model import Value
from chipstance.normalization import Place, normalize


@dataclass(slots=True)
class Placed:
    """An item with its place.

    Attributes:
        item: what is quoted.
        answer: number of the answer that it stands in.
        found: where it was found.
        attributes: its values; references are filled in by ``References``.
        united: whether another answer has it, and it is left out.
    """

    item: Item
    answer: int
    found: Alignment
    attributes: dict[str, Value] = field(default_factory=dict)
    united: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Start and end."""
        return self.found.start, self.found.end


_Distance = tuple[bool, bool, int]
"""Whether an item has no place, whether it is inside the statement, and how far away it is."""

FARTHEST: _Distance = (True, True, 0)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a reference means: the number of an item, or else an item to be added; nothing where both are None."""

    distance: _Distance = FARTHEST
    index: int | None = None
    new: Placed | None = None


def owners(items: Sequence[tuple[int, Item]]) -> dict[int, Sequence[int]]:
    """Return the numbers of items that others refer to by id or text, with those of the items that may mean it.

    Of those that mean it for certain, that is the one that quotes most; where several have the text, all.

    Args:
        items: each with the number of its answer.
    """
    found: dict[tuple[int, str, str], list[int]] = {}
    for index, (answer, item) in enumerate(items):
        for name in {str(item.said.get("id", "")), normalize(item.text)} - {""}:
            found.setdefault((answer, item.layer.name, name), []).append(index)
    claims: dict[tuple[int, ...], list[int]] = {}
    for index, (answer, item) in enumerate(items):
        for attribute in item.layer.references("span"):
            said = _one(item.values.get(attribute.name))
            names = (str(said), normalize(str(said))) if isinstance(said, str | int) else ()
            named = next((found[key] for name in names if (key := (answer, attribute.layer, name)) in found), [])
            claims.setdefault(tuple(named), []).append(index)
    return {
        index: by if len(named) > 1 else [max(by, key=lambda one: (len(items[one][1].text), items[one][1].text))]
        for named, by in claims.items()
        for index in named
    }


class References:
    """Turns references into span ids: by an item's id, else by its text, the nearest of equals.

    A quotation that stands in the text, but that no item has, becomes a span of its own where it stands nearest; so
    does an item inside another one.

    Args:
        placed: the items, to which such spans are added; the number of each, from 1, makes its id.
        text: the document's text.
        layers: the corpus's layers.
    """

    def __init__(self, placed: list[Placed], text: str, layers: Layers) -> None:
        self._placed, self._layers, self._aligner = placed, layers, Aligner(text)
        self._by_id: dict[tuple[str, str], list[int]] = {}
        self._by_text: dict[tuple[str, str], list[int]] = {}
        self._by_place: dict[tuple[str, int, int], int] = {}
        self._new: dict[tuple[str, str], int] = {}
        for index in range(len(placed)):
            self._know(index)

    def resolve(self) -> Iterator[Fault]:
        """Fill in the references of all items; yield those that lead nowhere."""
        for each in sorted(self._placed, key=lambda each: each.found.kind in NOWHERE):
            if each.united:
                continue
            references = [attribute.name for attribute in each.item.layer.references("span")]
            yield from self._resolve(each, {name: _one(each.item.values.get(name)) for name in references})

    def _resolve(self, each: Placed, said: Mapping[str, Any]) -> Iterator[Fault]:
        """Fill in an item's references: the nearest to it first, the others where they are nearest to that one.

        So a speaker is sought in the clause of the cue that introduces the statement.
        """
        beside = each.place
        left = {name: value for name, value in said.items() if value is not None}
        while left:
            targets = {name: self._target(each, name, value, beside) for name, value in left.items()}
            name = min(targets, key=lambda name: targets[name].distance)
            value, index = left.pop(name), self._number(targets[name])
            if index is None:
                layer = each.item.layer.attributes[name].layer
                yield Fault("reference", each.item.pointer, f"no {layer} span has the id or text {shown(value)}")
                continue
            each.attributes[name] = f"s{index + 1}"
            if self._placed[index].found.kind not in NOWHERE:
                beside = self._placed[index].place

    def _know(self, index: int) -> None:
        """Take up an item that was given."""
        each = self._placed[index]
        layer = each.item.layer.name
        if isinstance(each.item.said.get("id"), str | int):
            self._by_id.setdefault((layer, str(each.item.said["id"])), []).append(index)
        self._by_text.setdefault((layer, normalize(each.item.text)), []).append(index)
        if each.found.kind not in NOWHERE:
            self._by_place.setdefault((layer, *each.place), index)

    def _target(self, each: Placed, name: str, said: Any, beside: Place) -> _Target:
        """Return what a reference means: an item, or else a quotation where it stands nearest to a passage."""
        layer = self._layers[each.item.layer.attributes[name].layer]
        if isinstance(said, dict):
            inner = next(ItemFinder(self._layers).items(said, each.item.pointer, layer), None)
            return self._quoted(each, inner, beside) if inner else self._known(each, layer.name, said.get("id"), beside)
        target = self._known(each, layer.name, said, beside)
        if target.index is None and isinstance(said, str):
            return self._quoted(each, Item(each.item.pointer, layer, said, {}, {}), beside, (EXACT, NORMALIZED))
        return target

    def _known(self, each: Placed, layer: str, said: Any, beside: Place) -> _Target:
        """Return the item of an id or a text; the nearest of those that have it."""
        if isinstance(said, bool) or not isinstance(said, str | int):
            return _Target()
        named = self._by_id.get((layer, str(said)), [])
        own = [index for index in named if self._placed[index].answer == each.answer]
        found = own or (named if len(named) == 1 else []) or self._by_text.get((layer, normalize(str(said))), [])
        same = [one for index in found for one in self._by_text[layer, normalize(self._placed[index].item.text)]]
        placed = [index for index in found if self._placed[index].found.kind not in NOWHERE]
        near = self._aligner.nearness(Quotation("", beside=(beside,), outside=(each.place,)))
        ranked = ((self._distance(self._placed[index], near), index) for index in placed or same)
        distance, number = min(ranked, default=(FARTHEST, None))
        return _Target(distance, number)

    def _quoted(self, each: Placed, item: Item, beside: Place, kinds: Sequence[str] = ()) -> _Target:
        """Return where a quotation stands nearest to a passage; nothing where it is of another kind."""
        nowhere = each.found.kind in NOWHERE
        if nowhere and (known := self._new.get((item.layer.name, normalize(item.text)))) is not None:
            return _Target(index=known)
        said = item.number("occurrence"), item.number("start")
        wanted = Quotation(item.text, *said, beside=() if nowhere else (beside,), outside=(each.place,))
        placed = Placed(item, each.answer, self._aligner.align(wanted))
        if kinds and placed.found.kind not in kinds:
            return _Target()
        index = self._by_place.get((item.layer.name, *placed.place))
        return _Target(self._distance(placed, self._aligner.nearness(wanted)), index, placed)

    def _distance(self, placed: Placed, near: Nearness) -> _Distance:
        return placed.found.kind in NOWHERE, *near(placed.place)

    def _number(self, target: _Target) -> int | None:
        """Return the number of the item that is meant, a new one where no item has that place yet."""
        if target.index is None and target.new is not None:
            self._placed.append(target.new)
            item, index = target.new.item, len(self._placed) - 1
            self._new.setdefault((item.layer.name, normalize(item.text)), index)
            if target.new.found.kind not in NOWHERE:
                self._by_place[item.layer.name, *target.new.place] = index
            return index
        return target.index


def _one(value: Any) -> Any:
    """Return what is in a list of one; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
