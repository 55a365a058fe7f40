"""What exactly a schema refuses, as Python's jsonschema finds it: the place, and a message with the mend.

It takes a hundred times as long as ``schema_gate``, and is for values that are refused there.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Any, NamedTuple

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from chipstance.faults import MOST_FAULTS, Fault, show
from chipstance.locate import escape
from chipstance.schema_gate import Gate, are_distinct, is_pattern, matches
from chipstance.schema_set import objects
from chipstance.schema_words import form, known_keys, lacking, message, near, types

Json = Any

SCHEMA_PATTERN, WHOLE_NUMBER = "schema-pattern", "whole-number"
MOST_MEANT = 20
"""Of so many unknown keys of an object it is asked which are meant."""


def make_validator(schema: Json, others: Mapping[str, Json]) -> Any:
    """Return a validator.

    Args:
        schema: the schema, without a dialect of its own.
        others: the schemas that it refers to, by ``$id``; without a dialect, which would bring back patterns that
            backtrack.
    """
    resources = [(key, DRAFT202012.create_resource(other)) for key, other in others.items()]
    registry: Registry[Json] = Registry().with_resources(resources)
    kind: Any = extend(_Validator, {"items": _Items(others).faults})  # type: ignore[no-untyped-call]
    return kind(schema, registry=registry)


def make_meta_validator() -> Any:
    """Return a validator of schemas."""
    formats = FormatChecker(())
    formats.checks("regex")(_is_pattern)
    return Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=formats)


def faults(validator: Any, value: Json) -> Iterator[Fault]:
    """Yield what a validator refuses in a value; once, where two of its parts refuse the same."""
    try:
        yield from _told(validator.iter_errors(value))
    except RecursionError:
        yield Fault("", "is refused, but where can't be told: the schema refers to itself too often")


class _Lack(NamedTuple):
    """A key, or one of several, that an object lacks."""

    pointer: str
    key: str


class _Excess(NamedTuple):
    """A key that an object should not have.

    Attributes:
        pointer: its own.
        owner: that of the object.
        key: as it is written.
        mend: for one that nothing is like.
    """

    pointer: str
    owner: str
    key: str
    mend: str


_Part = Fault | _Lack | _Excess


def _told(errors: Iterable[ValidationError]) -> Iterator[Fault]:
    """Yield what errors say; all keys that an object lacks at once, but for those that stand there misspelled."""
    found: dict[Fault | _Excess | str, list[str]] = {}
    for part in chain.from_iterable(map(_parts, errors)):
        keys = found.setdefault(part.pointer if isinstance(part, _Lack) else part, [])
        if isinstance(part, _Lack) and part.key not in keys:
            keys.append(part.key)
        if len(found) >= 2 * MOST_FAULTS:  # of which two may be told as one
            break
    meant = _meanings(found)
    for each, keys in found.items():
        if isinstance(each, Fault):
            yield each
        elif isinstance(each, _Excess):
            yield Fault(each.pointer, f"unknown key {show(each.key)}: {meant.get(each) or each.mend}", key=True)
        elif keys:
            yield Fault(each, lacking(keys))


def _meanings(found: Mapping[Fault | _Excess | str, list[str]]) -> dict[_Excess, str]:
    """Return the mends for unknown keys; what is lacking, by the object's pointer, loses those that are meant."""
    asked: Counter[str] = Counter()
    meant: dict[_Excess, str] = {}
    for each in found:
        if isinstance(each, _Excess) and each.owner in found and asked[each.owner] < MOST_MEANT:
            asked[each.owner] += 1
            meant[each] = _meant(each.key, found[each.owner])
    return meant


def _meant(key: str, keys: list[str]) -> str:
    """Return the mend for an unknown key where exactly one that is missing is like it, which is not missing then."""
    found = near(key, keys)
    if len(found) != 1:
        return ""
    keys.remove(found[0])
    return f"is {found[0]} meant, which is missing?"


def _is_pattern(value: object) -> bool:
    return not isinstance(value, str) or is_pattern(value)


def _is_integer(_checker: TypeChecker, value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_validator: Any, pattern: str, value: Json, _schema: Json) -> Iterator[ValidationError]:
    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError(pattern)


def _required(_validator: Any, required: Json, value: Json, _schema: Json) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        yield from (ValidationError(key) for key in required if key not in value)


def _properties(validator: Any, properties: Mapping[str, Json], value: Json, _: Json) -> Iterator[Any]:
    for key, schema in properties.items() if isinstance(value, dict) else ():
        if key in value:
            yield from _descend(validator, value, key, schema, key)


def _pattern_properties(validator: Any, patterns: Mapping[str, Json], value: Json, _: Json) -> Iterator[Any]:
    for pattern, schema in patterns.items() if isinstance(value, dict) else ():
        for key in (key for key in value if matches(pattern, key)):
            yield from _descend(validator, value, key, schema, pattern)


def _descend(validator: Any, value: Mapping[str, Json], key: str, schema: Json, schema_path: str) -> Iterator[Any]:
    if schema is False:  # jsonschema does not say which key that is
        yield ValidationError("unwanted", path=(key,), instance=value[key], schema=schema, validator=None)  # type: ignore[arg-type]
    else:
        yield from validator.descend(value[key], schema, path=key, schema_path=schema_path)


def _additional_properties(validator: Any, allowed: Json, value: Json, schema: Json) -> Iterator[Any]:
    if isinstance(value, dict):
        rest = {key: value[key] for key in _additional(value, schema)}
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, allowed, rest, {})


def _additional(value: Mapping[str, Json], schema: Mapping[str, Json]) -> Iterator[str]:
    """Yield the keys that a schema does not name, nor match by a pattern."""
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key in value:
        if key not in known and not any(matches(pattern, key) for pattern in patterns):
            yield key


class _Items:
    """Looks at the items of a list one by one only where they are not all accepted at once.

    Args:
        others: the schemas that those of items refer to.
    """

    def __init__(self, others: Mapping[str, Json]) -> None:
        self._others = others
        self._gates: dict[int, Gate | None] = {}  # by schema, each of which is a part of the others

    def faults(self, validator: Any, items: Json, value: Json, schema: Json) -> Iterator[Any]:
        gate = self._gate(items) if isinstance(value, list) else None
        if gate is None:
            yield from Draft202012Validator.VALIDATORS["items"](validator, items, value, schema)
            return
        first = len(schema.get("prefixItems", ()))
        for index in (index for index in range(first, len(value)) if not gate.accepts(value[index])):
            yield from validator.descend(value[index], items, path=index)

    def _gate(self, items: Json) -> Gate | None:
        """Return the gate of the schema of items; None where there is none, or it means something else elsewhere."""
        if id(items) not in self._gates:
            self._gates[id(items)] = Gate(items, self._others) if _stands_alone(items, self._others) else None
        return self._gates[id(items)]


def _stands_alone(schema: Json, others: Mapping[str, Json]) -> bool:
    """Tell whether a part of a schema means the same outside it: all that it refers to has an address."""
    references = [part["$ref"] for _, part in objects(schema) if "$ref" in part]
    dynamic = any("$dynamicRef" in part for each in (schema, *others.values()) for _, part in objects(each))
    known = all(isinstance(each, str) and each.partition("#")[0] in others for each in references)
    return isinstance(schema, dict) and known and not dynamic


def _unique_items(validator: Any, wanted: bool, value: Json, schema: Json) -> Iterator[ValidationError]:
    try:
        if wanted and isinstance(value, list) and not are_distinct(value):
            yield ValidationError(f"{value!r} has non-unique elements")
    except ValueError:
        yield from Draft202012Validator.VALIDATORS["uniqueItems"](validator, wanted, value, schema)


# jsonschema's own keywords match by Python's re, which backtracks, and compare each item with each other
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "required": _required,
        "properties": _properties,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
        "dependencies": Draft7Validator.VALIDATORS["dependencies"],  # of older dialects, which the gate knows too
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _parts(error: ValidationError) -> Iterator[_Part]:
    pointer = "".join(f"/{escape(part)}" for part in error.absolute_path)
    schema: Json = error.schema
    instance: Json = error.instance
    in_key = "propertyNames" in error.absolute_schema_path
    if in_key and isinstance(instance, str):
        pointer = f"{pointer}/{escape(instance)}"
    if error.validator == "required":
        yield _Lack(pointer, repr(error.message))
    elif error.validator == "additionalProperties":
        known = schema.get("properties", {})
        for key in _additional(instance, schema):
            yield _Excess(f"{pointer}/{escape(key)}", pointer, key, known_keys(known))
    elif error.validator == "format" and (plain := _anchored(instance)):
        said = f"{show(instance)} has an anchor that JSON Schema has not: write {show(plain)}"
        yield Fault(pointer, said, in_key, SCHEMA_PATTERN)
    elif error.validator == "format" and _is_backtracking(instance):
        mend = "write it without look-around and back references, or shorter"
        said = f"{show(instance)} can't be matched in linear time: {mend}"
        yield Fault(pointer, said, in_key, SCHEMA_PATTERN)
    elif schema is False:
        yield Fault(pointer, "this key does not belong here: remove it", key=True)
    elif error.context:
        yield from _of_forms(error, pointer)
    elif error.validator == "type" and _is_whole(instance) and "integer" in types(schema):
        yield Fault(pointer, f"{show(instance)} is a whole number: write {show(int(instance))}", in_key, WHOLE_NUMBER)
    else:
        yield Fault(pointer, message(str(error.validator), error.validator_value, instance, schema), in_key)


def _of_forms(error: ValidationError, pointer: str) -> Iterator[_Part]:
    """Yield what keeps a value from the nearest of the forms of which it should have one."""
    by_form: dict[Any, list[ValidationError]] = {}
    for each in error.context:
        by_form.setdefault(each.relative_schema_path[0], []).append(each)
    kinds = [next(filter(_is_of_type, errors), None) for errors in by_form.values()]
    fitting = [errors for errors, kind in zip(by_form.values(), kinds, strict=True) if not kind]
    parts = [list(islice(chain.from_iterable(map(_parts, errors)), MOST_FAULTS)) for errors in fitting]
    if parts and all(isinstance(part, _Lack) and part.pointer == pointer for each in parts for part in each):
        keys = (" and ".join(part.key for part in each if isinstance(part, _Lack)) for each in parts)
        yield _Lack(pointer, " or ".join(dict.fromkeys(keys)))
    elif parts:
        or_null = ", or null" if any(kind and kind.validator_value == "null" for kind in kinds) else ""
        # the form that goes wrong further inside is the nearer one
        for part in min(parts, key=lambda each: (all(part.pointer == pointer for part in each), len(each))):
            at_once = isinstance(part, Fault) and part.pointer == pointer
            yield replace(part, message=part.message + or_null) if at_once and isinstance(part, Fault) else part
    else:
        schemas: list[Json] = [kind.schema for kind in kinds if kind]
        wanted = " or ".join(map(form, schemas))
        yield Fault(pointer, f"{show(error.instance)} must be {wanted}")


def _is_of_type(error: ValidationError) -> bool:
    """Tell whether an error is that the value has another type."""
    return error.validator == "type" and not error.relative_path


def _anchored(pattern: str) -> str:
    r"""Return a pattern with ``^`` for ``\A`` and ``$`` for ``\Z``, where it can be matched so; else nothing."""
    plain = pattern.replace(r"\A", "^").replace(r"\Z", "$")
    return plain if plain != pattern and is_pattern(plain) else ""


def _is_backtracking(pattern: str) -> bool:
    """Tell whether what can't be matched in linear time is a pattern at all."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _is_whole(value: Json) -> bool:
    return isinstance(value, float) and value.is_integer()
