"""How many schemas a value is held to at once, and the values inside it: what could keep a small file busy for ever."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from graphlib import TopologicalSorter
from itertools import chain, count
from typing import Any
from urllib.parse import unquote

from chipstance.locate import MAX_DEPTH, escape
from chipstance.schema_gate import matches

Json = Any
Place = tuple[str, str]
"""The id of a schema, and a JSON pointer into it."""

MOST_AT_ONCE = 10_000
"""A value is held to so many schemas at most."""
MOST_STEPS = 100_000
"""So many steps are taken to find out, and some more for each part of the schemas."""
STEPS_EACH = 20
FEW_PATTERNS = 20
"""Of so many patterns it is looked up which match a key; of more, all may."""
_IN_PLACE = ("not", "if", "then", "else")
_LISTS_IN_PLACE = ("allOf", "anyOf", "oneOf")
_MAPS_IN_PLACE = ("dependentSchemas", "dependencies")
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_ANY_KEY = ""
"""A key that is matched by patterns, and named nowhere."""


class Growth:
    """What a value is held to, by the schemas that it is held to already.

    Args:
        places: every object in all schemas.
    """

    def __init__(self, places: Mapping[Place, Mapping[str, Json]]) -> None:
        self._places = places
        self._anchors: dict[Place, list[Place]] = {}
        for (name, pointer), part in places.items():
            for key in (part.get("$anchor"), part.get("$dynamicAnchor")):
                if isinstance(key, str):
                    self._anchors.setdefault((name, key), []).append((name, pointer))
        self._rank: dict[Place, int] = {}
        self._held: dict[Place, list[Place]] = {}
        self._steps = MOST_STEPS + STEPS_EACH * len(places)

    def order(self) -> None:
        """Put the places in an order in which none holds a value to a later one.

        Raises:
            graphlib.CycleError: there is none.
        """
        self._held = {place: list(self._in_place(place, part)) for place, part in self._places.items()}
        self._rank = {place: rank for rank, place in enumerate(TopologicalSorter(self._held).static_order())}

    def too_many(self, tops: Sequence[Place]) -> tuple[Place, int] | None:
        """Return where a value is held to too many schemas, and to how many; 0 where nobody can tell in time.

        Args:
            tops: what values are held to at first.
        """
        ties = count()
        queue = [(0, next(ties), 0, Counter({top: 1})) for top in tops]
        known: dict[frozenset[tuple[Place, int]], int] = {}
        while queue:
            _, _, depth, state = heapq.heappop(queue)
            held = self._at_once(state)
            if held.total() > MOST_AT_ONCE or self._steps < 0:
                written = {top[0] for top in tops}
                place = max((state[place], times, place) for place, times in held.items() if place[0] in written)[2]
                return place, held.total() if self._steps >= 0 else 0
            for inside in self._inside(held) if depth < MAX_DEPTH else ():
                key = frozenset(inside.items())
                if known.get(key, MAX_DEPTH + 1) > depth + 1:
                    known[key] = depth + 1
                    heapq.heappush(queue, (-inside.total(), next(ties), depth + 1, inside))
        return None

    def _at_once(self, state: Mapping[Place, int]) -> Counter[Place]:
        """Return all that a value is held to, and how often, which is held to some."""
        found = Counter(state)
        queue = [(-self._rank[place], place) for place in state]
        heapq.heapify(queue)
        while queue:
            _, place = heapq.heappop(queue)
            for each in self._held.get(place, ()):
                self._steps -= 1
                if each not in found:
                    heapq.heappush(queue, (-self._rank[each], each))
                found[each] += found[place]
            if found[place] > MOST_AT_ONCE or self._steps < 0:
                break
        return found

    def _inside(self, held: Mapping[Place, int]) -> Iterator[Counter[Place]]:
        """Yield what each of the values inside may be held to, and how often."""
        objects = [(place, self._places[place], times) for place, times in held.items()]
        keys = {key for _, part, _ in objects for key in _map(part, "properties")}
        longest = max((len(_list(part, "prefixItems")) for _, part, _ in objects), default=0)
        ways: Iterator[Callable[[Mapping[str, Json]], Iterator[str]]] = chain(
            (partial(_of_key, key=key) for key in (*sorted(keys), _ANY_KEY, None)),
            (partial(_of_item, index=index) for index in range(longest + 1)),
            [_of_name],
        )
        for way in ways:
            inside: Counter[Place] = Counter()
            for (name, pointer), part, times in objects:
                self._steps -= 1
                for each in way(part):
                    if (name, pointer + each) in self._places:
                        inside[name, pointer + each] += times
            if inside:
                yield inside
            if self._steps < 0:
                return

    def _in_place(self, place: Place, part: Mapping[str, Json]) -> Iterator[Place]:
        """Yield the schemas that a value is held to which is held to one."""
        name, pointer = place
        for key in (key for key in ("$ref", "$dynamicRef") if isinstance(part.get(key), str)):
            target, _, fragment = part[key].partition("#")
            yield from self._named(target or name, unquote(fragment), dynamic=key == "$dynamicRef")
        found = [(name, f"{pointer}/{key}") for key in _IN_PLACE if isinstance(part.get(key), dict)]
        found += ((name, f"{pointer}/{key}/{at}") for key in _LISTS_IN_PLACE for at in range(len(_list(part, key))))
        found += ((name, f"{pointer}/{key}/{escape(each)}") for key in _MAPS_IN_PLACE for each in _map(part, key))
        # where the rest is held to something, what is not the rest is found out by looking again
        yield from found * (1 + any(key in part for key in _UNEVALUATED))

    def _named(self, schema: str, fragment: str, *, dynamic: bool) -> Iterator[Place]:
        """Yield what a reference leads to: a pointer; or an anchor, of other schemas too if it is dynamic."""
        if not fragment or fragment.startswith("/"):
            yield schema, fragment
        else:
            for (name, key), places in self._anchors.items():
                if key == fragment and (dynamic or name == schema):
                    yield from places


def _map(part: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    found = part.get(key)
    return found if isinstance(found, dict) else {}


def _list(part: Mapping[str, Json], key: str) -> list[Json]:
    found = part.get(key)
    return found if isinstance(found, list) else []


def _of_key(part: Mapping[str, Json], key: str | None) -> Iterator[str]:
    """Yield what the value of a key is held to; None for a key that no pattern matches."""
    properties, patterns = _map(part, "properties"), _map(part, "patternProperties")
    fitting = [each for each in patterns if key is not None and _fits(each, key, len(patterns))]
    if key in properties:
        yield f"/properties/{escape(key or '')}"
    yield from (f"/patternProperties/{escape(each)}" for each in fitting)
    if not fitting and key not in properties:
        yield "/additionalProperties"
    yield "/unevaluatedProperties"


def _fits(pattern: str, key: str, patterns: int) -> bool:
    return key == _ANY_KEY or patterns > FEW_PATTERNS or matches(pattern, key)


def _of_item(part: Mapping[str, Json], index: int) -> Iterator[str]:
    """Yield what an item of a list is held to."""
    yield f"/prefixItems/{index}" if index < len(_list(part, "prefixItems")) else "/items"
    yield from ("/contains", "/unevaluatedItems")


def _of_name(_: Mapping[str, Json]) -> Iterator[str]:
    """Yield what a key is held to itself."""
    yield "/propertyNames"
