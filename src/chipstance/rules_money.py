"""Rules about amounts of money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chipstance.amount_edges import counts_else, whole_amount
from chipstance.amounts import CONTEXT, Amount, decimal_text, read_amount
from chipstance.currencies import iso_codes
from chipstance.faults import show
from chipstance.layers import OURS
from chipstance.model import Span
from chipstance.qualifiers import leading_modifier
from chipstance.rules import Finding, Labels, rule

BOUNDS = {
    "exact": "minimum and maximum are the stated number",
    "approximate": "minimum and maximum are the stated number",
    "at_most": "minimum is null and maximum is a number",
    "at_least": "minimum is a number and maximum is null",
    "range": "minimum is below maximum",
    "vague": "minimum is the scale named, a power of ten, and maximum is null",
}


def _amounts(labels: Labels) -> Iterator[tuple[int, Span]]:
    """Yield the spans of the layer money, where layers.json declares that it has the attributes of an amount."""
    layer = labels.layers.ours("money", *OURS["money"])
    if layer and BOUNDS.keys() >= set(layer.attributes["qualifier"].values):
        yield from labels.layer("money")


def _bound(span: Span, name: str) -> Decimal | None:
    value = span.attributes.get(name)
    return None if value is None else Decimal(str(value))


def _bounds(span: Span) -> tuple[Decimal | None, Decimal | None]:
    return _bound(span, "minimum"), _bound(span, "maximum")


def _crossed(span: Span) -> bool:
    low, high = _bounds(span)
    return low is not None and high is not None and low > high


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


@rule("money-span", "annotations")
def money_span(labels: Labels) -> Iterator[Finding]:
    """An amount is whole: number, scale and currency, and both ends of a range."""
    marked = {(span.start, span.end) for _, span in _amounts(labels)}
    for index, span in _amounts(labels):
        whole = whole_amount(labels.text, span.start, span.end)
        if whole and whole not in marked:  # if it is marked too, they overlap: another rule's
            message = f"{show(span.text)} is a part of {show(labels.text[slice(*whole)])}: mark the whole amount"
            yield Finding(f"/spans/{index}/text", message)


@rule("money-count", "annotations")
def money_count(labels: Labels) -> Iterator[Finding]:
    """Percentages and numbers of shares, chips or users are no money."""
    for index, span in _amounts(labels):
        if counts_else(labels.text, span.start, span.end):
            after = labels.text[span.end : span.end + 20].partition("\n")[0]
            message = f"{show(span.text)} is no money, as {show(after.strip())} follows: remove the span"
            yield Finding(f"/spans/{index}/text", message)


@rule("money-words", "annotations")
def money_words(labels: Labels) -> Iterator[Finding]:
    """Currency, bounds and qualifier are what the words say when they are read again."""
    for index, span in _amounts(labels):
        if _crossed(span) or not _fits(str(span.attributes["qualifier"]), *_bounds(span)):
            continue  # another rule's
        if whole_amount(labels.text, span.start, span.end):
            continue  # another rule's
        readings = read_amount(span.text, *_context(labels.text, span))
        if not readings:
            yield Finding(
                f"/spans/{index}/text",
                f"{show(span.text)} can't be read as an amount: mark number, scale and currency only",
            )
        else:
            yield from min((_differences(index, span, amount) for amount in readings), key=len)


def _context(text: str, span: Span) -> tuple[str, str]:
    before = text[max(0, span.start - CONTEXT) : span.start].rpartition("\n")[2]
    return before, text[span.end : span.end + CONTEXT].partition("\n")[0]


def _differences(index: int, span: Span, amount: Amount) -> list[Finding]:
    read = {
        "minimum": decimal_text(amount.minimum),
        "maximum": decimal_text(amount.maximum),
        "qualifier": amount.qualifier,
    }
    if span.attributes["currency"] in iso_codes():  # another rule's if not
        read["currency"] = amount.currency
    return [
        Finding(
            f"/spans/{index}/attributes/{name}",
            f"{name} is {show(span.attributes[name])}, but {show(span.text)} in its sentence reads as {show(value)}:"
            " mend one",
        )
        for name, value in read.items()
        if span.attributes[name] != value
    ]
