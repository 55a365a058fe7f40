"""Reads an amount of money from its words, without looking at how anybody labelled it.

The validator compares what stands here with what the label says, so a slip in either shows.
Amounts are decimals from start to end; floats would corrupt them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from chipstance.currencies import (
    CODE,
    DEFAULT_CURRENCY,
    NAME,
    SIGN,
    Currency,
    agreed,
    iso_codes,
    mentioned,
    read_currency,
)
from chipstance.qualifiers import leading_modifier, read_qualifiers
from chipstance.quantities import SCALES, THOUSAND, Quantity, read_quantity, read_vague

__all__ = [
    "CONTEXT",
    "LONGEST",
    "TOKEN",
    "Amount",
    "Literal",
    "decimal_text",
    "iso_codes",
    "read_amount",
    "read_literal",
]

LONGEST = 120
"""Characters of the longest text that is read as an amount."""
CONTEXT = 200
"""Characters on each side of it that are looked at."""

TOKEN = re.compile(
    rf"(?P<sign>{SIGN}|{CODE})|(?P<name>{NAME})|(?P<word>[0-9][0-9,.]*[½¼¾]?|\.[0-9]+|[½¼¾]|[^\W\d_]+)"
    r"|(?P<dash>\s*[-\u2010\u2011–—]\s*)|(?P<plus>\+)|(?P<skip>[\s,])|(?P<other>.)"
)
_INNER = (
    (("or", "so"), "approximate"), (("odd",), "approximate"), (("plus",), "at_least"), (("+",), "at_least"),
    (("or", "more"), "at_least"),
)  # fmt: skip
_SEPARATORS = ("to", "or", "–", "—", "-", "and")


@dataclass(frozen=True, slots=True)
class Amount:
    """What the words of an amount say.

    Attributes:
        currency: ISO 4217 code.
        minimum: lower bound in units of the currency, or None.
        maximum: upper bound, or None.
        qualifier: ``exact``, ``approximate``, ``at_least``, ``at_most``, ``range`` or ``vague``.
    """

    currency: str
    minimum: Decimal | None
    maximum: Decimal | None
    qualifier: str


@dataclass(frozen=True, slots=True)
class Literal:
    """What an amount says by itself, without the words around it.

    Attributes:
        kind: ``exact``, ``range`` or ``vague``, or what a word within it makes of it (``a million or so dollars``).
        low: its number, in units of the currency.
        high: its other number; None where it is vague.
        currencies: for each sign, code or name of a currency in it, the codes that it can stand for.
    """

    kind: str
    low: Decimal
    high: Decimal | None
    currencies: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    currency: Currency | None = None
    name: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """A number with its currency, if it names one, and what stands within it (``a million or so dollars``)."""

    quantity: Quantity
    currency: Currency | None
    closed: bool
    qualifier: str | None


_Bounds = tuple[str, Decimal, Decimal | None]


def read_amount(text: str, before: str = "", after: str = "") -> tuple[Amount, ...]:
    """Read an amount.

    Args:
        text: the covered text, such as ``$60-65B``.
        before: what stands left of it in its sentence; its last words can qualify the amount.
        after: what stands right of it.

    Returns:
        Every reading that the words allow, the usual one first; none where the text is no amount. Without a currency
        it is in one that its context names, or else in US dollars.
    """
    modifier = leading_modifier(text[:LONGEST])
    literal = read_literal(text[len(modifier) :])
    if literal is None:
        return ()
    before, after = before[-CONTEXT:], after[:CONTEXT]
    named = agreed(list(literal.currencies)) if literal.currencies else mentioned(before) or mentioned(after)
    kinds = read_qualifiers(before + modifier, after) if literal.kind == "exact" else (literal.kind,)
    return tuple(_amount(literal, *each) for each in product(kinds, named or (DEFAULT_CURRENCY,)))


def read_literal(text: str) -> Literal | None:
    """Read an amount by itself, modifiers not included; None where the text is none or too long for one."""
    tokens = _tokens(text) if len(text) <= LONGEST else []
    if not tokens or "-" in (tokens[0].text, tokens[-1].text):
        return None
    currencies = tuple(token.currency.codes for token in tokens if token.currency)
    bare = not currencies and all(token.text in SCALES for token in tokens)
    bounds = None if bare or (currencies and not agreed(list(currencies))) else _bounds(tokens)
    return Literal(*bounds, currencies) if bounds else None


def _amount(literal: Literal, qualifier: str, currency: str) -> Amount:
    minimum = None if qualifier == "at_most" else literal.low
    maximum = None if qualifier == "at_least" else literal.high
    return Amount(currency, minimum, maximum, qualifier)


def decimal_text(value: Decimal | None) -> str | None:
    """Return a decimal in the one form that labels write: no exponent, no trailing zeros."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tokens(text: str) -> list[_Token]:
    """Split a text into currencies and lower-case words; a hyphen is a word of its own, as it can mean a range."""
    tokens = []
    for match in TOKEN.finditer(text.strip()):
        if match.lastgroup in ("sign", "name") and (currency := read_currency(match[0])):
            tokens.append(_Token(match[0], currency, match.lastgroup == "name"))
        elif match.lastgroup != "skip":
            tokens.append(_Token(_dash(match[0]) if match.lastgroup == "dash" else match[0].lower()))
    return tokens


def _dash(text: str) -> str:
    return text.strip() if text.strip() in "–—" else "-"


def _bounds(tokens: list[_Token]) -> _Bounds | None:
    words = [token.text for token in tokens if not token.currency and token.text != "-"]
    while words and words[-1] == "of":
        words.pop()
    if (scale := read_vague(words)) is not None:
        return "vague", scale * _unit(tokens), None
    if side := _side(tokens):
        value = side.quantity.value * (side.currency.unit if side.currency else 1)
        return side.qualifier or "exact", value, value
    return next(_ranges(tokens), None)


def _unit(tokens: list[_Token]) -> Decimal:
    return min((token.currency.unit for token in tokens if token.currency), default=Decimal(1))


def _side(tokens: Sequence[_Token]) -> _Side | None:
    """Read a number that has its currency before it (no name: ``won 5 million``), behind it, or both."""
    first, last = 0, len(tokens)
    while first < last and (tokens[first].currency or tokens[first].text == "-"):
        first += 1
    while last > first and tokens[last - 1].currency:
        last -= 1
    if any(token.name for token in tokens[:first]) or any(token.currency for token in tokens[first:last]):
        return None
    found = [token.currency for token in (*tokens[:first], *tokens[last:]) if token.currency]
    words, qualifier = _without_modifier([token.text for token in tokens[first:last] if token.text != "-"])
    if words[-1:] == ["of"]:
        words.pop()
    quantity = read_quantity(words)
    if quantity is None or (found and not agreed([currency.codes for currency in found])):
        return None
    currency = min(found, key=lambda each: each.unit) if found else None
    return _Side(quantity, currency, last < len(tokens), qualifier)


def _without_modifier(words: list[str]) -> tuple[list[str], str | None]:
    """Take out what qualifies from within: ``a million or so``, ``fifty-odd million``, ``20-plus``."""
    for modifier, qualifier in _INNER:
        for place in range(1, len(words) - len(modifier) + 1):
            if tuple(words[place : place + len(modifier)]) == modifier:
                return words[:place] + words[place + len(modifier) :], qualifier
    return words, None


def _ranges(tokens: list[_Token]) -> Iterator[_Bounds]:
    tokens = tokens[1:] if tokens and tokens[0].text in ("between", "from") else tokens
    for separator in _SEPARATORS:
        for place, token in enumerate(tokens):
            if token.text == separator:
                low, high = _side(tokens[:place]), _side(tokens[place + 1 :])
                if low and high and (bounds := _range(low, high)):
                    yield bounds


def _range(low: _Side, high: _Side) -> _Bounds | None:
    """Join two numbers; one without a scale shares the other's, and one without a currency shares its unit."""
    codes = [side.currency.codes for side in (low, high) if side.currency]
    if low.qualifier or high.qualifier or (codes and not agreed(codes)):
        return None
    first, second = low.quantity.value, high.quantity.value
    if not low.closed and not low.quantity.large and first < THOUSAND:
        first *= next((scale for scale in high.quantity.scales if first * scale < second), 1)
    if second <= first and not high.quantity.large and second < THOUSAND:
        second *= next((scale for scale in low.quantity.scales if second * scale > first), 1)
    units = [side.currency.unit if side.currency else None for side in (low, high)]
    first, second = first * (units[0] or units[1] or 1), second * (units[1] or units[0] or 1)
    return ("range", first, second) if first < second else None
