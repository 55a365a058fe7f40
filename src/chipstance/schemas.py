"""The JSON Schemas, with the value sets of ``layers.json`` put in where they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import Repr
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from chipstance.jsonfile import read_json
from chipstance.layers import Layers, layers_schema, parse_layers
from chipstance.locate import escape

KINDS = (
    "articles",
    "edits",
    "entities",
    "annotations",
    "documents",
    "predictions",
    "manifest",
    "layers",
    "adjudication",
    "round",
)
PARTS = ("common", "span", "predicted-span")
NAMES = (*KINDS, *PARTS)
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
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict, init=False, repr=False, compare=False)

    def faults(self, kind: str, value: Json) -> Iterator[Fault]:
        """Yield what the schema of a kind refuses in a value; once, where two of its parts refuse the same."""
        errors = {
            (*error.absolute_path, error.validator, error.message): error
            for error in self.validator(kind).iter_errors(value)
        }
        for error in errors.values():
            yield from _faults(error)

    def validator(self, kind: str) -> Draft202012Validator:
        """Return a validator of one kind of file, made once."""
        if kind not in self._validators:
            self._validators[kind] = self._make_validator(kind)
        return self._validators[kind]

    def _make_validator(self, kind: str) -> Draft202012Validator:
        # "$schema" would make jsonschema go on with its own validator class inside a reference
        plain = {key: _without_dialect(schema) for key, schema in self.by_id.items()}
        resources = [(key, DRAFT202012.create_resource(schema)) for key, schema in plain.items()]
        registry: Registry[Json] = Registry().with_resources(resources)
        validator: Draft202012Validator = _Validator(plain[URN + kind], registry=registry)
        return validator

    def bundle(self, kind: str) -> Json:
        """Return the schema of one kind with all that it refers to inside, for tools without a registry."""
        schema, needed = dict(self.by_id[URN + kind]), self._needed(URN + kind)
        parts = {key.rpartition("chipstance:")[2].replace(":", "-"): self.by_id[key] for key in sorted(needed)}
        return schema | {"$defs": schema.get("$defs", {}) | parts} if parts else schema

    def with_layers(self, layers: Layers | None) -> Schemas:
        """Return the same schemas with other layers in them; None for schemas that accept any layer."""
        return Schemas({**self.by_id, **{schema["$id"]: schema for schema in computed_schemas(layers)}})

    def _needed(self, start: str) -> set[str]:
        found: set[str] = set()
        queue = [start]
        while queue:
            references = {ref.partition("#")[0] for _, ref in _references(self.by_id[queue.pop()])} - {"", start}
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
        ValueError: a file is no JSON, no schema, or not the layers; the message names it.
    """
    written = {name: read_json(folder / f"{name}{SUFFIX}") for name in NAMES}
    found = [(name, fault) for name, schema in written.items() for fault in schema_faults(schema)]
    for name, fault in found or set_faults(written):
        raise ValueError(f"{folder / name}{SUFFIX}: {fault.pointer} {fault.message}")
    schemas = make_schemas(written)
    return schemas.with_layers(layers or _read_layers(folder / "layers.json", schemas))


def _read_layers(path: Path, schemas: Schemas) -> Layers:
    data = read_json(path)
    for fault in schemas.faults("layers", data):
        raise ValueError(f"{path}: {fault.pointer} {fault.message}")
    return parse_layers(data)


def make_schemas(written: Mapping[str, Json]) -> Schemas:
    """Return sound schemas, given by name, with a place for layers in which any will do."""
    return Schemas({schema["$id"]: schema for schema in [*written.values(), *computed_schemas(None)]})


def set_faults(written: Mapping[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Yield what keeps schemas from working together: another ``$id`` than the name's, references that lead nowhere.

    Args:
        written: schemas by name, each one by itself sound.
    """
    known = {**{URN + name: schema for name, schema in written.items()}, **_computed()}
    for name, schema in written.items():
        if not isinstance(schema, dict) or schema.get("$id") != URN + name:
            yield name, Fault("/$id" if isinstance(schema, dict) else "", f"the schema's $id must be {URN + name}")
        for pointer, reference in _references(schema):
            target, _, fragment = reference.partition("#")
            if not _leads(known.get(target or URN + name), fragment):
                yield name, Fault(pointer, f"{show(reference)} leads nowhere: name a definition that is there")


def _computed() -> dict[str, Json]:
    return {schema["$id"]: schema for schema in computed_schemas(None)}


def _leads(schema: Json, fragment: str) -> bool:
    """Tell whether a JSON pointer leads somewhere in a schema."""
    for part in fragment.split("/")[1:]:
        schema = schema.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(schema, dict) else None
    return isinstance(schema, dict | bool)


def computed_schemas(layers: Layers | None) -> Iterator[Json]:
    """Yield the schemas that ``layers.json`` decides; None for schemas that accept anything."""
    parts: dict[str, Json] = {"complete": {}, "partial": {}, "kinds": {}}
    if layers is not None:
        parts["complete"] = layers_schema(layers, complete=True)
        parts["partial"] = layers_schema(layers, complete=False)
        parts["kinds"] = {"enum": list(layers.entity_kinds)}
    return ({"$schema": DIALECT, "$id": f"urn:chipstance:layers:{name}"} | part for name, part in parts.items())


def schema_faults(schema: Json) -> Iterator[Fault]:
    """Yield what the JSON Schema meta-schema refuses in a schema."""
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=FormatChecker(["regex"]))
    for error in meta.iter_errors(schema):
        yield from _faults(error)


def _without_dialect(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "$schema"}


def _references(schema: Json, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield pointer and value of every ``$ref``."""
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield f"{pointer}/$ref", schema["$ref"]
    items = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, value in items:
        yield from _references(value, f"{pointer}/{escape(key)}")


def _is_integer(_checker: TypeChecker, value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_validator: Any, pattern: str, value: Json, _schema: Json) -> Iterator[ValidationError]:
    """Read ``$`` as JSON Schema does: the very end, not the place before a last line break."""
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield ValidationError(pattern)


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)

_repr = Repr()
_repr.maxstring = _repr.maxother = 60
_repr.maxlevel = 1


def show(value: Json) -> str:
    """Return a value as a message names it: as JSON writes it, and cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _repr.repr(value)


_MESSAGES = {
    "type": "must be {}",
    "enum": "must be one of {}",
    "const": "must be {}",
    "pattern": "must match {}",
    "format": "is no {}",
    "minimum": "must be {} or more",
    "maximum": "must be {} or less",
    "minLength": "needs {} character or more",
    "maxLength": "must not be longer than {} characters",
    "minItems": "needs {} item or more",
    "minProperties": "needs {} member or more",
    "uniqueItems": "holds an item twice: remove one of them",
    "anyOf": "fits none of the allowed forms",
    "not": "does not belong here: remove it",
}


def _wanted(keyword: str, value: Json) -> str:
    if keyword == "type":
        return " or ".join([value] if isinstance(value, str) else value)
    if keyword == "enum":
        return ", ".join(map(show, value))
    return str(value) if keyword == "pattern" else show(value)


def _faults(error: ValidationError) -> Iterator[Fault]:
    pointer = "".join(f"/{escape(part)}" for part in error.absolute_path)
    schema: Json = error.schema
    instance: Json = error.instance
    if error.validator == "required":
        missing = next(key for key in schema["required"] if f"{key!r} is" in error.message)
        yield Fault(pointer, f"the key {missing!r} is missing: add it")
    elif error.validator == "additionalProperties":
        known = schema.get("properties", {})
        for key in (key for key in dict(instance) if key not in known):
            yield Fault(f"{pointer}/{escape(key)}", f"unknown key {show(key)}: {_known(known)}", key=True)
    elif schema is False:
        yield Fault(pointer, "this key does not belong here: remove it", key=True)
    else:
        yield Fault(pointer, _message(error, schema), key="propertyNames" in error.absolute_schema_path)


def _known(properties: Mapping[str, Json]) -> str:
    return f"remove it, or use one of {', '.join(properties)}" if properties else "remove it; none is allowed here"


def _message(error: ValidationError, schema: Json) -> str:
    keyword, description = str(error.validator), schema.get("description", "").rstrip(".")
    message = _MESSAGES.get(keyword, "is refused by " + keyword).format(_wanted(keyword, error.validator_value))
    return f"{show(error.instance)} {message}" + (f" ({description})" if description else "")
