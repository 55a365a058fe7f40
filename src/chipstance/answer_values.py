"""Reads the values of attributes as language models write them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from chipstance.amounts import LONGEST, read_literal
from chipstance.answer_items import shown
from chipstance.currencies import NAME, SIGN, read_currency
from chipstance.layers import Attribute, attribute_schema
from chipstance.model import Value

LARGEST_EXPONENT = 30
GROUPED = re.compile(r"\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
CURRENCY = re.compile(rf"{SIGN}|{NAME}")
NOTHING = ("null", "none", "n/a", "")
TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def attribute_value(attribute: Attribute, said: Any) -> Value:
    """Return what is said as a value of an attribute.

    Case and spelling of a choice (``At least`` for ``at_least``), numbers for decimals, separators and scales in them
    (``5.6M``), signs and names of currencies that mean one (``€``), names of entities (``Ada Quill`` for
    ``ada-quill``), words for null and truth are read; nothing is guessed.

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
    meant = said.strip() if word else said
    match attribute.type:
        case "choice" if word:
            meant = re.sub(r"[\s-]+", "_", word)
        case "boolean":
            meant = TRUTH.get(word, said)
        case "decimal":
            meant = _decimal(_number(meant) if word else said) or said
        case "currency" if word:
            meant = _currency(meant) or word.upper()
        case "entity" if word and word not in attribute.also:
            meant = _slug(word)
        case "entity" if word:
            meant = word
    return meant


def _number(said: str) -> Decimal | None:
    """Return the number that a text is, or the amount; None for a range, or an amount without a number."""
    if GROUPED.fullmatch(said):
        return Decimal(re.sub("[,_ ]", "", said)) if len(said) <= LONGEST else None
    literal = read_literal(said)
    return literal.low if literal and literal.kind == "exact" and literal.low == literal.high else None


def _currency(said: str) -> str:
    """Return the one code that a sign or name stands for; nothing where there are several."""
    found = read_currency(said) if CURRENCY.fullmatch(said) else None
    return found.codes[0] if found and len(found.codes) == 1 else ""


def _slug(name: str) -> str:
    """Return the id that a name has in the registry."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"[’']", "", plain)).strip("-")


def _decimal(number: Any) -> str | None:
    """Return a number as the decimal string that labels hold."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return None
    value = Decimal(number)
    if abs(value.adjusted()) > LARGEST_EXPONENT:
        return None
    digits = f"{value:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"
