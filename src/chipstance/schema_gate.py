"""JSON Schemas compiled by jsonschema-rs: tells quickly what a schema accepts, and matches patterns.

Patterns are matched in time linear in the text, whatever they are, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012, Draft202012Validator, RegexOptions, Registry

from chipstance.locate import levels

Json = Any


class Gate:
    """Tells which values a schema surely accepts; of the others, some may be in order all the same.

    Args:
        schema: the schema.
        others: the schemas that it refers to, by ``$id``.
        patterns: whether strings of the format ``regex`` have to be patterns.

    Raises:
        ValueError: a reference leads nowhere, or a pattern can't be matched in linear time.
    """

    def __init__(self, schema: Json, others: Mapping[str, Json], *, patterns: bool = False) -> None:
        self._validator = Draft202012Validator(
            schema,
            registry=Registry(list(others.items()), draft=Draft202012) if others else None,
            formats={"regex": is_pattern},
            validate_formats=patterns,
            pattern_options=RegexOptions(),
            offline=True,
        )

    def accepts(self, value: Json) -> bool:
        """Tell whether the schema surely accepts a value."""
        try:
            return not _holds_float(value) and self._validator.is_valid(value)
        except ValueError:  # half a surrogate pair, or nested too deep
            return False


def _holds_float(value: Json) -> bool:
    """Tell whether there is a float in a value: 1.0 is an integer to JSON Schema, but no offset to us."""
    return any(float in map(type, level) for level in levels(value))


@lru_cache(maxsize=20_000)
def _pattern(pattern: str) -> Draft202012Validator:
    return Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions(), offline=True)


def is_pattern(pattern: str) -> bool:
    """Tell whether a pattern can be matched in linear time."""
    try:
        _pattern(pattern)
    except ValueError:
        return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches somewhere in a text, as JSON Schema reads patterns."""
    return _pattern(pattern).is_valid(text.encode(errors="replace").decode())


_distinct = Draft202012Validator({"uniqueItems": True}, offline=True)


def are_distinct(items: list[Json]) -> bool:
    """Tell whether no two items of a list are the same.

    Raises:
        ValueError: there is half a surrogate pair, or what is no JSON.
    """
    return _distinct.is_valid(items)
