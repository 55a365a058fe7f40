"""Reads the values of attributes as language models write them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from chipstance.answer_items import shown
from chipstance.layers import Attribute, attribute_schema
from chipstance.model import Value

LARGEST_EXPONENT = 30
GROUPED = re.compile(r"\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
NOTHING = ("null", "none", "n/a", "")
TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def attribute_value(attribute: Attribute, said: Any) -> Value:
    """Return what is said as a value of an attribute.

    Case and spelling of a choice (``At least`` for ``at_least``), numbers for decimals, separators in them, words for
    null and truth are read; nothing is guessed.

    Args:
        attribute: what the value is of.
        said: a JSON value; a number with a fraction is a ``Decimal``.

    Raises:
        ValueError: the attribute can't have that value.
    """
    for value in (said, _plain(attribute, said)):
        if _is_valid(attribute, value):
            return value  # type: ignore[no-any-return]
    raise ValueError(f"{attribute.name} can't be {shown(said)}")


def _is_valid(attribute: Attribute, value: Any) -> bool:
    hashable = value is None or isinstance(value, str | bool)
    return hashable and _validator(attribute).is_valid(value)


@lru_cache
def _validator(attribute: Attribute) -> Draft202012Validator:
    return Draft202012Validator(attribute_schema(attribute))


def _plain(attribute: Attribute, said: Any) -> Any:
    """Return what is meant, in the spelling of labels; as it was said where that is not known."""
    word = said.strip().lower() if isinstance(said, str) else ""
    if attribute.nullable and isinstance(said, str) and word in NOTHING:
        return None
    match attribute.type:
        case "choice" if word:
            return re.sub(r"[\s-]+", "_", word)
        case "boolean":
            return TRUTH.get(word, said)
        case "decimal":
            return _decimal(_number(word) if word else said) or said
        case "currency" if word:
            return word.upper()
        case _:
            return said.strip() if word else said


def _number(word: str) -> Decimal | None:
    return Decimal(re.sub("[,_ ]", "", word)) if GROUPED.fullmatch(word) else None


def _decimal(number: Any) -> str | None:
    """Return a number as the decimal string that labels hold."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return None
    value = Decimal(number)
    if abs(value.adjusted()) > LARGEST_EXPONENT:
        return None
    digits = f"{value:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"
