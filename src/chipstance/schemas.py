"""The JSON Schemas, with the value sets of ``layers.json`` put in where they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from chipstance.faults import Fault
from chipstance.jsonfile import read_json
from chipstance.layers import Layers, layers_schema, parse_layers
from chipstance.schema_gate import Gate
from chipstance.schema_set import DIALECT, URN, objects, set_faults, without_dialect

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

Json = Any


@dataclass(frozen=True, slots=True)
class Schemas:
    """All schemas of one folder, by kind, and what ``layers.json`` adds to them.

    Attributes:
        by_id: every schema, by its ``$id``.
    """

    by_id: Mapping[str, Json]
    _gates: dict[str, Gate] = field(default_factory=dict, init=False, repr=False, compare=False)
    _validators: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[type[Schemas], tuple[Mapping[str, Json]]]:
        """Leave out what is made of the schemas: another process makes it again."""
        return Schemas, (self.by_id,)

    def accepts(self, kind: str, value: Json) -> bool:
        """Tell whether the schema of a kind surely accepts a value."""
        if kind not in self._gates:
            self._gates[kind] = Gate(*self._plain(kind))
        return self._gates[kind].accepts(value)

    def faults(self, kind: str, value: Json) -> Iterator[Fault]:
        """Yield what the schema of a kind refuses in a value; once, where two of its parts refuse the same."""
        if self.accepts(kind, value):
            return
        from chipstance import schema_errors

        if kind not in self._validators:
            self._validators[kind] = schema_errors.make_validator(*self._plain(kind))
        yield from schema_errors.faults(self._validators[kind], value)

    def _plain(self, kind: str) -> tuple[Json, dict[str, Json]]:
        """Return a schema and all that there are, without what would name another dialect."""
        plain = {key: without_dialect(schema) for key, schema in self.by_id.items()}
        return plain[URN + kind], plain

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
            parts = (part for _, part in objects(self.by_id[queue.pop()]))
            references = {part["$ref"].partition("#")[0] for part in parts if isinstance(part.get("$ref"), str)}
            references -= {"", start}
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
    written = {name: _read(folder / f"{name}{SUFFIX}") for name in NAMES}
    found = [(name, fault) for name, schema in written.items() for fault in schema_faults(schema)]
    for name, fault in found or set_faults(written, computed_schemas(None)):
        raise ValueError(f"{folder / name}{SUFFIX}: {fault.pointer} {fault.message}")
    schemas = make_schemas(written)
    return schemas.with_layers(layers or read_layers_file(folder / "layers.json", schemas))


def read_layers_file(path: Path, schemas: Schemas) -> Layers:
    """Read layers.

    Args:
        path: a ``layers.json``.
        schemas: any that hold a schema for it.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no JSON, or not the layers; the message names it.
    """
    data = _read(path)
    for fault in schemas.faults("layers", data):
        raise ValueError(f"{path}: {fault.pointer} {fault.message}")
    return parse_layers(data)


def _read(path: Path) -> Json:
    try:
        return read_json(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def make_schemas(written: Mapping[str, Json]) -> Schemas:
    """Return sound schemas, given by name, with a place for layers in which any will do."""
    return Schemas({schema["$id"]: schema for schema in [*written.values(), *computed_schemas(None)]})


def computed_schemas(layers: Layers | None) -> Iterator[Json]:
    """Yield the schemas that ``layers.json`` decides; None for schemas that accept anything."""
    parts: dict[str, Json] = {"complete": {}, "partial": {}, "kinds": {}}
    if layers is not None:
        parts["complete"] = layers_schema(layers, complete=True)
        parts["partial"] = layers_schema(layers, complete=False)
        parts["kinds"] = {"enum": list(layers.entity_kinds)}
    return ({"$schema": DIALECT, "$id": f"urn:chipstance:layers:{name}"} | part for name, part in parts.items())


def schema_faults(schema: Json) -> Iterator[Fault]:
    """Yield what the JSON Schema meta-schema refuses in a schema, and patterns that can't be matched in linear time."""
    if _meta_gate().accepts(schema):
        return
    from chipstance import schema_errors

    yield from schema_errors.faults(schema_errors.make_meta_validator(), schema)


@cache
def _meta_gate() -> Gate:
    return Gate({"$ref": DIALECT}, {}, patterns=True)
