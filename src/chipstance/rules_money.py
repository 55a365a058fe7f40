"""Rules about amounts of money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chipstance.amounts import Amount, decimal_text, iso_codes, leading_modifier, read_amount
from chipstance.model import Span
from chipstance.rules import Finding, Labels, rule
from chipstance.schemas import show

CONTEXT = 60
ATTRIBUTES = {"currency", "minimum", "maximum", "qualifier"}
BOUNDS = {
    "exact": "minimum and maximum are the stated number",
    "approximate": "minimum and maximum are the stated number",
    "at_most": "minimum is null and maximum is a number",
    "at_least": "minimum is a number and maximum is null",
    "range": "minimum is below maximum",
    "vague": "minimum is the scale named, a power of ten, and maximum is null",
}


def _amounts(labels: Labels) -> Iterator[tuple[int, Span]]:
    """Yield the spans of the layer money, where it has the attributes of an amount."""
    return ((index, span) for index, span in labels.layer("money") if span.attributes.keys() >= ATTRIBUTES)


def _bound(span: Span, name: str) -> Decimal | None:
    value = span.attributes.get(name)
    return None if value is None else Decimal(str(value))


def _bounds(span: Span) -> tuple[Decimal | None, Decimal | None]:
    return _bound(span, "minimum"), _bound(span, "maximum")


def _crossed(span: Span) -> bool:
    low, high = _bounds(span)
    return low is not None and high is not None and low > high


@rule("money-currency", "annotations")
def money_currency(labels: Labels) -> Iterator[Finding]:
    """A currency is a code of ISO 4217."""
    for index, span in _amounts(labels):
        code = span.attributes["currency"]
        if code not in iso_codes():
            yield Finding(f"/spans/{index}/attributes/currency", f"{code} is no code of ISO 4217: look it up")


@rule("money-order", "annotations")
def money_order(labels: Labels) -> Iterator[Finding]:
    """The minimum of an amount is not above its maximum."""
    for index, span in _amounts(labels):
        if _crossed(span):
            low, high = _bounds(span)
            yield Finding(f"/spans/{index}/attributes/minimum", f"minimum {low} is above maximum {high}: swap them")


@rule("money-bounds", "annotations")
def money_bounds(labels: Labels) -> Iterator[Finding]:
    """The bounds of an amount fit its qualifier."""
    for index, span in _amounts(labels):
        qualifier = str(span.attributes["qualifier"])
        if not _crossed(span) and not _fits(qualifier, *_bounds(span)):
            stored = f"[{show(span.attributes['minimum'])}, {show(span.attributes['maximum'])}]"
            message = f"the bounds {stored} do not fit {qualifier!r}: {BOUNDS.get(qualifier, '')}"
            yield Finding(f"/spans/{index}/attributes/qualifier", message)


def _fits(qualifier: str, low: Decimal | None, high: Decimal | None) -> bool:
    match qualifier:
        case "exact" | "approximate":
            return low is not None and low == high
        case "at_most":
            return low is None and high is not None
        case "at_least":
            return low is not None and high is None
        case "range":
            return low is not None and high is not None and low < high
        case "vague":
            return low is not None and high is None and set(str(low)[1:]) <= {"0"} and str(low)[0] == "1"
    return True


@rule("money-modifier", "annotations")
def money_modifier(labels: Labels) -> Iterator[Finding]:
    """An amount is as short as possible: its modifiers stay outside."""
    for index, span in _amounts(labels):
        modifier = leading_modifier(span.text)
        if modifier and modifier != span.text:
            rest = span.text[len(modifier) :]
            message = f"{modifier.strip()!r} is a modifier and stays outside: shorten the span to {show(rest)}"
            yield Finding(f"/spans/{index}/text", message)


@rule("money-words", "annotations")
def money_words(labels: Labels) -> Iterator[Finding]:
    """Currency, bounds and qualifier are what the words say when they are read again."""
    for index, span in _amounts(labels):
        if _crossed(span) or not _fits(str(span.attributes["qualifier"]), *_bounds(span)):
            continue  # another rule's
        amount = read_amount(span.text, *_context(labels.text, span))
        if amount is None:
            yield Finding(
                f"/spans/{index}/text",
                f"{show(span.text)} can't be read as an amount: mark number, scale and currency only",
            )
        else:
            yield from _differences(index, span, amount)


def _context(text: str, span: Span) -> tuple[str, str]:
    before = text[max(0, span.start - CONTEXT) : span.start].rpartition("\n")[2]
    return before, text[span.end : span.end + CONTEXT].partition("\n")[0]


def _differences(index: int, span: Span, amount: Amount) -> Iterator[Finding]:
    read = {
        "minimum": decimal_text(amount.minimum),
        "maximum": decimal_text(amount.maximum),
        "qualifier": amount.qualifier,
    }
    code = span.attributes["currency"]
    if code in iso_codes() and code not in amount.currencies:
        read["currency"] = amount.currency
    for name, value in read.items():
        stored = span.attributes[name]
        if stored != value:
            message = (
                f"{name} is {show(stored)}, but {show(span.text)} in its sentence reads as {show(value)}: mend one"
            )
            yield Finding(f"/spans/{index}/attributes/{name}", message)
