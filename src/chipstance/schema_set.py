"""What keeps the schemas of a folder from working together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError
from typing import Any
from urllib.parse import unquote

from chipstance.faults import Fault, show
from chipstance.locate import escape, levels
from chipstance.schema_gate import Gate
from chipstance.schema_growth import MOST_AT_ONCE, Growth

Json = Any

URN = "urn:chipstance:schema:"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""How every schema is read."""
MOST_VALUES = 20_000
"""A schema holds so many values at most, at any depth."""
MOST = {"patternProperties": 100, "enum": 1000, "required": 1000}
"""So many values stand at most at these keys, each of which is looked at for each value that is refused."""


def set_faults(written: Mapping[str, Json], computed: Iterable[Json]) -> Iterator[tuple[str, Fault]]:
    """Yield what keeps schemas from working together: another ``$id`` than the name's, references that lead nowhere.

    Args:
        written: schemas by name, each one by itself sound.
        computed: the schemas that layers decide.
    """
    known = {URN + name: schema for name, schema in written.items()} | {each["$id"]: each for each in computed}
    found = [(name, fault) for name, schema in written.items() for fault in _joint_faults(name, schema, known)]
    found = found or list(_large(written))
    yield from found or _circles(known, written) or _compiling_faults(written, known)


def _large(written: Mapping[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Yield what would take long to be looked through, for each value again."""
    for name, schema in written.items():
        if (size := sum(map(len, levels(schema)))) > MOST_VALUES:
            message = f"the schema holds {size} values, more than {MOST_VALUES}: leave out what can be left out"
            yield name, Fault("", message)
        for pointer, part in objects(schema):
            for key in (key for key in MOST if isinstance(part.get(key), dict | list) and len(part[key]) > MOST[key]):
                yield name, Fault(f"{pointer}/{key}", f"more than {MOST[key]} values here: write fewer")


def _joint_faults(name: str, schema: Json, known: Mapping[str, Json]) -> Iterator[Fault]:
    if not isinstance(schema, dict) or schema.get("$id") != URN + name:
        yield Fault("/$id" if isinstance(schema, dict) else "", f"the schema's $id must be {URN + name}")
    elif schema.get("$schema", DIALECT).removesuffix("#") != DIALECT:
        message = f"{show(schema['$schema'])} is another dialect than all schemas are read in: write {DIALECT}"
        yield Fault("/$schema", f"{message}, or remove the key")
    anchors: dict[str, set[str]] = {}
    for pointer, part in objects(schema):
        for key in (key for key in ("$ref", "$dynamicRef") if isinstance(part.get(key), str)):
            target, _, fragment = part[key].partition("#")
            other = known.get(target or URN + name)
            if fragment and not fragment.startswith("/"):
                leads = unquote(fragment) in anchors.setdefault(target, set(_anchors(other)))
            else:
                leads = bool(part[key]) and _leads(other, fragment)
            if not leads:
                yield Fault(f"{pointer}/{key}", f"{show(part[key])} leads nowhere: {_mend(target)}")
        for key in (key for key in ("$schema", "$id") if pointer and isinstance(part.get(key), str)):
            yield Fault(f"{pointer}/{key}", f"{key} stands at the top of a schema only: remove it")


def _mend(target: str) -> str:
    if target.startswith(URN.partition(":")[0]) or not target:
        return "name a definition that is there"
    return "nothing is fetched, so put what it names into these files"


def _compiling_faults(written: Mapping[str, Json], known: Mapping[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Yield what is found first when schemas are compiled."""
    plain = {key: without_dialect(schema) for key, schema in known.items()}
    for name in written:
        try:
            Gate(plain[URN + name], plain)
        except ValueError as error:
            yield name, Fault("", f"it can't be used: {str(error).partition(chr(10))[0]}")
    if any("unevaluatedProperties" in part for schema in known.values() for _, part in objects(schema)):
        message = "patterns of keys do not go with unevaluatedProperties: use additionalProperties there"
        yield from ((name, Fault(pointer, message)) for name in written for pointer in _matched(written[name]))


def _matched(schema: Json) -> Iterator[str]:
    """Yield where keys are matched by patterns."""
    return (f"{pointer}/patternProperties" for pointer, part in objects(schema) if "patternProperties" in part)


def _leads(schema: Json, fragment: str) -> bool:
    """Tell whether a JSON pointer leads somewhere in a schema."""
    for part in unquote(fragment).split("/")[1:]:
        if isinstance(schema, list) and part in map(str, range(len(schema))):
            schema = schema[int(part)]
        else:
            schema = schema.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(schema, dict) else None
    return isinstance(schema, dict | bool)


def _anchors(schema: Json) -> Iterator[str]:
    """Yield the names that references to a schema can use."""
    for _, part in objects(schema):
        yield from (part[key] for key in ("$anchor", "$dynamicAnchor") if isinstance(part.get(key), str))


def _circles(known: Mapping[str, Json], names: Iterable[str]) -> list[tuple[str, Fault]]:
    """Return where a schema holds a value to itself again, or to very many schemas."""
    places = {(name, pointer): part for name, schema in known.items() for pointer, part in objects(schema)}
    growth = Growth(places)
    try:
        growth.order()
    except CycleError as error:
        name, pointer = min(place for place in error.args[1] if {"$ref", "$dynamicRef"} & places[place].keys())
        key = "$ref" if "$ref" in places[name, pointer] else "$dynamicRef"
        message = "this leads back to itself, for the same value: remove it"
        return [(name.removeprefix(URN), Fault(f"{pointer}/{key}", message))]
    found = growth.too_many([(URN + name, "") for name in names])
    if found is None:
        return []
    (name, pointer), most = found
    message = f"a value is held to {most} schemas here, more than {MOST_AT_ONCE}: refer to fewer"
    if not most:
        message = "to how many schemas a value is held can't be told in time: refer to fewer, or name fewer keys"
    return [(name.removeprefix(URN), Fault(pointer, message))]


def without_dialect(schema: Json) -> Json:
    """Return a schema that is read by the rules of those that refer to it."""
    return {key: value for key, value in schema.items() if key != "$schema"} if isinstance(schema, dict) else schema


def objects(schema: Json, pointer: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield every object in a schema, with its pointer."""
    if isinstance(schema, dict):
        yield pointer, schema
    items = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, value in items:
        yield from objects(value, f"{pointer}/{escape(key)}")
