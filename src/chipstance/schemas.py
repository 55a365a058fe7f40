"""The JSON Schemas, with the value sets of ``layers.json`` put in where they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import Repr
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from chipstance.jsonfile import read_json
from chipstance.layers import Layers, layers_schema, parse_layers
from chipstance.locate import escape

KINDS = ("articles", "edits", "entities", "annotations", "predictions", "manifest", "layers")
PARTS = ("common", "span", "predicted-span")
SUFFIX = ".schema.json"
URN = "urn:chipstance:schema:"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Json = Any


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that a schema refuses.

    Attributes:
        pointer: JSON pointer of the value.
        message: what is wrong and how to mend it.
        key: whether the key, not the value, is at fault.
    """

    pointer: str
    message: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class Schemas:
    """All schemas of one folder, by kind, and what ``layers.json`` adds to them.

    Attributes:
        by_id: every schema, by its ``$id``.
    """

    by_id: Mapping[str, Json]

    def faults(self, kind: str, value: Json) -> Iterator[Fault]:
        """Yield what the schema of a kind refuses in a value."""
        for error in self.validator(kind).iter_errors(value):
            yield from _faults(error)

    def validator(self, kind: str) -> Draft202012Validator:
        """Return a validator of one kind of file."""
        resources = [(key, Resource.from_contents(schema)) for key, schema in self.by_id.items()]
        registry: Registry[Json] = Registry().with_resources(resources)
        validator: Draft202012Validator = _Validator(self.by_id[URN + kind], registry=registry)
        return validator

    def bundle(self, kind: str) -> Json:
        """Return the schema of one kind with all that it refers to inside, for tools without a registry."""
        schema, needed = dict(self.by_id[URN + kind]), self._needed(URN + kind)
        parts = {key.rpartition("chipstance:")[2].replace(":", "-"): self.by_id[key] for key in sorted(needed)}
        return schema | {"$defs": schema.get("$defs", {}) | parts} if parts else schema

    def _needed(self, start: str) -> set[str]:
        found: set[str] = set()
        queue = [start]
        while queue:
            references = {ref.partition("#")[0] for ref in _references(self.by_id[queue.pop()])} - {"", start}
            queue.extend(references - found)
            found |= references
        return found


def load_schemas(folder: Path, layers: Layers | None = None) -> Schemas:
    """Read the schemas of a folder.

    Args:
        folder: where ``*.schema.json`` stand.
        layers: what is annotated; None for the folder's own ``layers.json``.

    Raises:
        OSError: a file is missing.
        ValueError: a file is no JSON.
    """
    layers = layers or parse_layers(read_json(folder / "layers.json"))
    written = [read_json(folder / f"{name}{SUFFIX}") for name in (*KINDS, *PARTS)]
    return Schemas({schema["$id"]: schema for schema in [*written, *computed_schemas(layers)]})


def computed_schemas(layers: Layers) -> Iterator[Json]:
    """Yield the schemas that ``layers.json`` decides."""
    for name, complete in (("complete", True), ("partial", False)):
        yield {"$schema": DIALECT, "$id": f"urn:chipstance:layers:{name}"} | layers_schema(layers, complete=complete)
    yield {"$schema": DIALECT, "$id": "urn:chipstance:layers:kinds", "enum": list(layers.entity_kinds)}


def schema_faults(schema: Json) -> Iterator[Fault]:
    """Yield what the JSON Schema meta-schema refuses in a schema."""
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        yield from _faults(error)


def _references(schema: Json) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _is_integer(_checker: TypeChecker, value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_validator: Any, pattern: str, value: Json, _schema: Json) -> Iterator[ValidationError]:
    """Read ``$`` as JSON Schema does: the very end, not the place before a last line break."""
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield ValidationError(pattern)


_Validator: Any = extend(
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)

_repr = Repr()
_repr.maxstring = _repr.maxother = 60
_repr.maxlevel = 2


def show(value: Json) -> str:
    """Return a value as a message names it: as JSON writes it, and cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _repr.repr(value)


def _choices(allowed: list[Json]) -> str:
    return ", ".join(map(show, allowed))


_MESSAGES: dict[str, Callable[[Json, Json], str]] = {
    "type": lambda value, wanted: f"must be {' or '.join([wanted] if isinstance(wanted, str) else wanted)}",
    "enum": lambda value, wanted: f"must be one of {_choices(wanted)}",
    "const": lambda value, wanted: f"must be {show(wanted)}",
    "pattern": lambda value, wanted: f"must match {wanted}",
    "minimum": lambda value, wanted: f"must be {wanted} or more",
    "minLength": lambda value, wanted: "must not be empty" if wanted == 1 else f"needs {wanted} characters or more",
    "maxLength": lambda value, wanted: f"is longer than {wanted} characters",
    "minItems": lambda value, wanted: f"needs {wanted} item or more",
    "minProperties": lambda value, wanted: f"needs {wanted} member or more",
    "uniqueItems": lambda value, wanted: "holds an item twice: remove one of them",
    "anyOf": lambda value, wanted: "fits none of the allowed forms",
}


def _faults(error: ValidationError) -> Iterator[Fault]:
    pointer = "".join(f"/{escape(part)}" for part in error.absolute_path)
    if error.validator == "required":
        missing = next((key for key in error.validator_value if f"{key!r} is" in error.message), "?")
        yield Fault(pointer, f"the key {missing!r} is missing: add it")
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = error.schema.get("properties", {})  # type: ignore[union-attr]
        for key in (key for key in error.instance if key not in known):
            yield Fault(f"{pointer}/{escape(key)}", f"unknown key {show(key)}: {_known(known)}", key=True)
    elif error.schema is False:
        yield Fault(pointer, "this key does not belong here: remove it", key=True)
    else:
        yield Fault(pointer, _message(error), key="propertyNames" in error.absolute_schema_path)


def _known(properties: Mapping[str, Json]) -> str:
    return f"remove it, or use one of {', '.join(properties)}" if properties else "remove it; none is allowed here"


def _message(error: ValidationError) -> str:
    say = _MESSAGES.get(str(error.validator))
    if say is None:
        return f"{show(error.instance)} is refused by {error.validator}"
    description = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return f"{show(error.instance)} {say(error.instance, error.validator_value)}" + (
        f" ({description.rstrip('.')})" if description else ""
    )
