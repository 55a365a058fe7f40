"""Rules about a folder of schemas as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipstance.jsonfile import is_missing
from chipstance.rules import Finding, rule
from chipstance.schema_set import set_faults
from chipstance.schemas import computed_schemas


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """A folder of schemas.

    Attributes:
        layers: where layers.json should stand.
        paths: where each schema should stand, by name.
        found: which stand there.
        written: those that are sound by themselves.
        used: the schemas that files are judged by.
    """

    layers: Path
    paths: Mapping[str, Path]
    found: frozenset[str]
    written: Mapping[str, Any]
    used: Mapping[str, Any]


@rule("schema-set", "schemas")
def schema_missing(schemas: SchemaSet) -> Iterator[Finding]:
    """A folder of schemas has all of them, they fit together, and they are those that files are judged by."""
    missing = [path for name, path in schemas.paths.items() if name not in schemas.found]
    for path in [*missing, *([schemas.layers] if is_missing(schemas.layers) else [])]:
        yield Finding("", "the file is missing, and schemas stand beside it: put it back", path=path)


@rule("schema-set", "schemas")
def schema_references(schemas: SchemaSet) -> Iterator[Finding]:
    """A schema has the id that its name says, and its references lead somewhere."""
    if len(schemas.written) == len(schemas.paths):
        for name, fault in set_faults(schemas.written, computed_schemas(None)):
            yield Finding(fault.pointer, fault.message, path=schemas.paths[name])


@rule("schema-set", "schemas")
def schema_other(schemas: SchemaSet) -> Iterator[Finding]:
    """A checkout's schemas are those of the code that judges its files."""
    for name, schema in schemas.written.items():
        if schema != schemas.used.get(name):
            message = "files are judged by another schema, this code's own: install the checkout's code, or put it back"
            yield Finding("", message, path=schemas.paths[name])
