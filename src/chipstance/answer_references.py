"""Resolves what the spans of a language model's answer say about one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chipstance.alignment import EXACT, NORMALIZED, NOWHERE, Aligner, Alignment, Quotation
from chipstance.answer_items import Fault, Item, ItemFinder, shown
from chipstance.layers import Layers
from chipstance.model import Value
from chipstance.normalization import normalize


@dataclass(slots=True)
class Placed:
    """An item with its place.

    Attributes:
        item: what is quoted.
        answer: number of the answer that it stands in.
        found: where it was found.
        attributes: its values; references are filled in by ``References``.
    """

    item: Item
    answer: int
    found: Alignment
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> tuple[int, int]:
        """Start and end."""
        return self.found.start, self.found.end


def owners(items: Sequence[tuple[int, Item]]) -> dict[int, int]:
    """Return the numbers of items that others refer to by id or text, with that of the one that quotes most.

    Args:
        items: each with the number of its answer.
    """
    found: dict[tuple[int, str, str], list[int]] = {}
    for index, (answer, item) in enumerate(items):
        for name in {str(item.said.get("id", "")), normalize(item.text)} - {""}:
            found.setdefault((answer, item.layer.name, name), []).append(index)
    claims: dict[int, list[int]] = {}
    for index, (answer, item) in enumerate(items):
        for attribute in item.layer.references("span"):
            said = item.values.get(attribute.name)
            for name in (str(said), normalize(str(said))) if isinstance(said, str | int) else ():
                named = found.get((answer, attribute.layer, name), [])
                if len(named) == 1:
                    claims.setdefault(named[0], []).append(index)
                    break
    return {
        index: max(by, key=lambda one: (len(items[one][1].text), items[one][1].text)) for index, by in claims.items()
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
        for index in range(len(placed)):
            self._know(index)

    def resolve(self) -> Iterator[Fault]:
        """Fill in the references of all items; yield those that lead nowhere."""
        for each in tuple(self._placed):
            for attribute in each.item.layer.references("span"):
                said = each.item.values.get(attribute.name)
                said = said[0] if isinstance(said, list) and len(said) == 1 else said
                if said is None:
                    continue
                index = self._index(each, attribute.layer, said)
                if index is not None:
                    each.attributes[attribute.name] = f"s{index + 1}"
                else:
                    message = f"no {attribute.layer} span has the id or text {shown(said)}"
                    yield Fault("reference", each.item.pointer, message)

    def _know(self, index: int) -> None:
        each = self._placed[index]
        layer = each.item.layer.name
        if isinstance(each.item.said.get("id"), str | int):
            self._by_id.setdefault((layer, str(each.item.said["id"])), []).append(index)
        self._by_text.setdefault((layer, normalize(each.item.text)), []).append(index)
        if each.found.kind not in NOWHERE:
            self._by_place.setdefault((layer, *each.place), index)

    def _index(self, each: Placed, layer: str, said: Any) -> int | None:
        """Return the number of the item that is meant; None where there is none."""
        if isinstance(said, dict):
            inner = next(ItemFinder(self._layers).items(said, each.item.pointer, self._layers[layer]), None)
            return self._new(each, inner) if inner else self._known(each, layer, said.get("id"))
        index = self._known(each, layer, said)
        if index is None and isinstance(said, str):
            return self._new(each, Item(each.item.pointer, self._layers[layer], said, {}, {}), (EXACT, NORMALIZED))
        return index

    def _known(self, each: Placed, layer: str, said: Any) -> int | None:
        if isinstance(said, bool) or not isinstance(said, str | int):
            return None
        named = self._by_id.get((layer, str(said)), [])
        own = [index for index in named if self._placed[index].answer == each.answer]
        found = own or (named if len(named) == 1 else []) or self._by_text.get((layer, normalize(str(said))), [])
        same = [one for index in found for one in self._by_text[layer, normalize(self._placed[index].item.text)]]
        placed = [index for index in found if self._placed[index].found.kind not in NOWHERE]
        return min(placed or same, key=lambda index: self._distance(index, each), default=None)

    def _distance(self, index: int, each: Placed) -> tuple[bool, int]:
        other = self._placed[index]
        gap = max(other.place[0] - each.place[1], each.place[0] - other.place[1], 0)
        return other.found.kind in NOWHERE, gap

    def _new(self, each: Placed, item: Item, kinds: Sequence[str] = ()) -> int | None:
        """Return the span where a quotation stands nearest, a new one if there is none; None for another kind."""
        found = self._aligner.align(Quotation(item.text, beside=each.place))
        if kinds and found.kind not in kinds:
            return None
        known = self._by_place.get((item.layer.name, found.start, found.end))
        if known is not None:
            return known
        self._placed.append(Placed(item, each.answer, found, {}))
        self._know(len(self._placed) - 1)
        return len(self._placed) - 1
