"""Rules about a folder of schemas as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chipstance.faults import Fault
from chipstance.jsonfile import is_missing
from chipstance.rules import Finding, rule
from chipstance.schema_set import set_faults
from chipstance.schemas import computed_schemas


@dataclass(frozen=True)
class SchemaSet:
    """A folder of schemas.

    Attributes:
        layers: where layers.json should stand.
        paths: where each schema should stand, by name.
        found: which stand there.
        written: those that are sound by themselves.
        used: the schemas that files are judged by.
        known: those that stand there under another name, which is told.
    """

    layers: Path
    paths: Mapping[str, Path]
    found: frozenset[str]
    written: Mapping[str, Any]
    used: Mapping[str, Any]
    known: Set[Path] = frozenset()

    @cached_property
    def faults(self) -> list[tuple[str, Fault]]:
        """What keeps them from working together, where all are there."""
        whole = len(self.written) == len(self.paths)
        return list(set_faults(self.written, computed_schemas(None))) if whole else []


@rule("schema-set", "schemas")
def schema_missing(schemas: SchemaSet) -> Iterator[Finding]:
    """A folder of schemas has all of them, they fit together, and they are those that files are judged by."""
    missing = [path for name, path in schemas.paths.items() if name not in schemas.found]
    lost = [*missing, *([schemas.layers] if is_missing(schemas.layers) else [])]
    for path in (path for path in lost if path not in schemas.known):
        yield Finding("", "the file is missing, and schemas stand beside it: put it back", path=path)


@rule("schema-set", "schemas")
def schema_references(schemas: SchemaSet) -> Iterator[Finding]:
    """A schema has the id that its name says, and its references lead somewhere."""
    for name, fault in schemas.faults:
        yield Finding(fault.pointer, fault.message, path=schemas.paths[name])


@rule("schema-set", "schemas")
def schema_other(schemas: SchemaSet) -> Iterator[Finding]:
    """A checkout's schemas are those of the code that judges its files."""
    told = {name for name, _ in schemas.faults}
    for name, schema in schemas.written.items():
        if schema != schemas.used.get(name) and name not in told:
            message = "files are judged by another schema, this code's own: install the checkout's code, or put it back"
            yield Finding("", message, path=schemas.paths[name])
