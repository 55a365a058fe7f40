"""What a schema asks for, in words that name the mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from chipstance.faults import show
from chipstance.locate import JsonError, parse

Json = Any

MOST_NAMED = 50
"""A message names so many values of an enumeration."""
LONGEST_PATTERN = 200
"""A pattern that is longer is cut in messages."""
LONGEST_KEY = 100
"""A longer key is like none."""
_ARTICLES = ("a ", "an ")
_OR = "' or '"
_STRUCTURED = {"array", "object"}
_TYPES = {
    "array": "a list",
    "object": "an object",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_MESSAGES = {
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


def message(keyword: str, wanted: Json, value: Json, schema: Mapping[str, Json]) -> str:
    """Return what is wrong with a value.

    Args:
        keyword: of the schema, by which the value is refused.
        wanted: what stands behind the keyword.
        value: the value.
        schema: the schema.
    """
    if keyword == "type" or (keyword in ("pattern", "format") and _titled(schema)):
        return f"{show(value)} must be {form(schema)}{_unread(value, schema)}"
    if keyword == "not" and isinstance(wanted, dict) and _titled(wanted):
        return f"{show(value)} must not be {_titled(wanted)}: choose another"
    if keyword == "enum":
        more = f" … ({len(wanted)} in all)" if len(wanted) > MOST_NAMED else ""
        wanted = ", ".join(map(show, wanted[:MOST_NAMED])) + more
    elif keyword != "pattern" or len(wanted) > LONGEST_PATTERN:
        wanted = show(wanted)
    said = _MESSAGES.get(keyword, "is refused by " + keyword).format(wanted)
    description = schema.get("description", "").rstrip(".")
    return f"{show(value)} {said}" + (f" ({description})" if description else "")


def form(schema: Mapping[str, Json]) -> str:
    """Return the form of a value: as the schema's title says it, with examples; else by its types."""
    return _titled(schema) or " or ".join(_TYPES.get(each, each) for each in types(schema))


def _titled(schema: Mapping[str, Json]) -> str:
    title, examples = str(schema.get("title", "")), schema.get("examples") or ()
    if not title.startswith(_ARTICLES) or _STRUCTURED.intersection(types(schema)):
        return ""
    such = f", such as {' or '.join(map(show, examples[:2]))}" if examples else ""
    return title + such + (", or null" if "null" in types(schema) else "")


def types(schema: Mapping[str, Json]) -> Sequence[str]:
    """Return the types that a schema allows, if it says so."""
    found: str | list[str] = schema.get("type", [])
    return [found] if isinstance(found, str) else found


def _unread(value: Json, schema: Mapping[str, Json]) -> str:
    """Return why a string is not taken for the list or object that it holds."""
    structured = _STRUCTURED.intersection(types(schema))
    if not structured or not isinstance(value, str) or value.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return ""
    try:
        parse(value, alone=True)
    except JsonError as error:
        return f", and this string holds none: {error}"
    return ": remove the quotation marks around it"


def lacking(keys: Sequence[str]) -> str:
    """Return that keys are missing; each may be one of several, joined by or."""
    if len(keys) == 1:
        return f"the key {keys[0]} is missing: add {'one of them' if _OR in keys[0] else 'it'}"
    named = [f"({key})" if _OR in key else key for key in keys]
    return f"the keys {', '.join(named[:-1])} and {named[-1]} are missing: add them"


def near(key: str, keys: Sequence[str]) -> list[str]:
    """Return those keys, written as for ``lacking``, that another may be meant for."""
    small = key.casefold() if len(key) <= LONGEST_KEY else ""
    return [each for each in keys if get_close_matches(small, each.strip("'").casefold().split(_OR), 1)]


def known_keys(properties: Mapping[str, Json]) -> str:
    """Return the mend for a key that is unknown, given those that are known."""
    return f"remove it, or use one of {', '.join(properties)}" if properties else "remove it; none is allowed here"
