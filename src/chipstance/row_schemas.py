"""What a row of predictions looks like: a JSON Schema for each config, made from the release's tables and the layers.

A row may carry every column of its config, so that a row of the release needs one column changed and no other; only
the columns that say which row it is, and what the system answers, are read.
"""

from __future__ import annotations

from typing import Any

from chipstance.layers import OURS, Layers, attribute_schema
from chipstance.schema_set import DIALECT, URN
from chipstance.schemas import Schemas
from chipstance.tables import Table, release_tables, stance_labels, tag_names

Json = Any

CONFIGS = ("paragraphs", "statements", "stance", "money")
"""The configs whose rows a system can predict."""
NEEDED = ("statement", "speaker", "stance", "money")
"""The layers that these configs are made from."""
IDENTITY = {
    "paragraphs": ("doc", "paragraph"),
    "statements": ("doc", "id"),
    "stance": ("doc", "statement_id", "target"),
    "money": ("doc", "id"),
}
"""The columns that say which row of the release it is; an amount without ``id`` stands where its offsets say."""
ROW_KINDS = tuple(f"{config}-row" for config in CONFIGS)
"""What rows are called among the schemas."""
TAGS = "tags"
"""The one column that is not of the release: tags of every layer in one list."""

_SLUG, _OFFSET = ({"$ref": f"{URN}common#/$defs/{name}"} for name in ("slug", "offset"))
_NULLABLE_OFFSET = {"anyOf": [_OFFSET, {"type": "null"}]}
_NULLABLE_ID = {"type": ["string", "null"]}
_AMOUNT = {
    "title": "a decimal without signs or separators",
    "type": ["string", "number", "null"],
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "minimum": 0,
    "examples": ["5600000", 4.7],
}


def row_kind(config: str) -> str:
    """Return what a row of a config is called among the schemas."""
    return f"{config}-row"


def with_rows(schemas: Schemas, layers: Layers) -> Schemas:
    """Return the same schemas with those of rows.

    Raises:
        ValueError: a layer is missing that rows are made from, or is another of the name.
    """
    missing = [name for name in NEEDED if not layers.ours(name, *OURS[name])]
    if missing or not layers.stance_targets:
        named = " or ".join(missing or ["stance"])
        raise ValueError(f"there are no rows of predictions where no layer is called {named}, or not one like ours")
    written = [row_schema(config, layers) for config in CONFIGS]
    return Schemas({**schemas.by_id, **{schema["$id"]: schema for schema in written}})


def row_schema(config: str, layers: Layers) -> Json:
    """Return the JSON Schema of a row."""
    table = next(table for table in release_tables(layers) if table.config == config)
    required = list(IDENTITY[config]) + (["label"] if config == "stance" else [])
    return {
        "$schema": DIALECT,
        "$id": URN + row_kind(config),
        "title": f"A predicted row of the config {config}",
        "description": table.description,
        "type": "object",
        "properties": _properties(table, layers),
        "required": ["doc"] if config == "money" else required,
        "additionalProperties": False,
    }


def _properties(table: Table, layers: Layers) -> dict[str, Json]:
    """Return the schemas of all columns; one that is not read may hold anything."""
    read = _read(table.config, layers)
    described = {column.name: {"description": column.description} for column in table.columns}
    extra = {TAGS: {"description": "IOB2 tags of all layers in one list."}} if table.config == "paragraphs" else {}
    return {name: about | read.get(name, {}) for name, about in (described | extra).items()}


def _read(config: str, layers: Layers) -> dict[str, Json]:
    """Return the schemas of the columns that are read."""
    match config:
        case "paragraphs":
            number = {"type": "integer", "minimum": 0}
            tagged = [layer for layer in layers if layer.tagged]
            own = {f"{layer.name}_tags": _list(_label(*tag_names(layer))) for layer in tagged}
            return {"doc": _SLUG, "paragraph": number, TAGS: _list({"type": "string"}), **own}
        case "statements":
            place = {"speaker_start": _NULLABLE_OFFSET, "speaker_end": _NULLABLE_OFFSET}
            entity = {"anyOf": [_SLUG, {"type": "null"}]}
            return {
                "doc": _SLUG,
                "id": {"type": "string"},
                "speaker_id": _NULLABLE_ID,
                **place,
                "speaker_entity": entity,
            }
        case "stance":
            target = {"enum": list(layers["stance"].attributes["target"].values)}
            label = _label(*stance_labels(layers))
            return {"doc": _SLUG, "statement_id": {"type": "string"}, "target": target, "label": label}
        case _:
            attributes = layers["money"].attributes.values()
            values = {each.name: _AMOUNT if each.type == "decimal" else attribute_schema(each) for each in attributes}
            return {"doc": _SLUG, "id": _NULLABLE_ID, "start": _NULLABLE_OFFSET, "end": _NULLABLE_OFFSET, **values}


def _label(*names: str) -> Json:
    """Return the schema of a class label: its name, or its place among the names."""
    return {"enum": [*names, *range(len(names))]}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}
