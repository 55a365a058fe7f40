"""Reads an amount of money from its words, without looking at how anybody labelled it.

The validator compares what stands here with what the label says, so a slip in either shows.
Amounts are decimals from start to end; floats would corrupt them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

DEFAULT_CURRENCY = "USD"
THOUSAND = 1000

_SIGNS = {
    "US$": ("USD",), "A$": ("AUD",), "AU$": ("AUD",), "C$": ("CAD",), "CA$": ("CAD",), "HK$": ("HKD",),
    "NZ$": ("NZD",), "S$": ("SGD",), "NT$": ("TWD",), "MX$": ("MXN",), "R$": ("BRL",), "CN¥": ("CNY",),
    "RMB": ("CNY",), "$": ("USD",), "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",),
    "₩": ("KRW",), "₽": ("RUB",), "₺": ("TRY",), "₪": ("ILS",), "Fr.": ("CHF",), "kr": ("SEK", "NOK", "DKK", "ISK"),
}  # fmt: skip
_WORDS = {
    "dollar": ("USD",), "buck": ("USD",), "cent": ("USD", "EUR"), "euro": ("EUR",), "pound": ("GBP",),
    "pound sterling": ("GBP",), "pence": ("GBP",), "yuan": ("CNY",), "renminbi": ("CNY",), "yen": ("JPY",),
    "won": ("KRW",), "rupee": ("INR",), "franc": ("CHF",), "swiss franc": ("CHF",), "ruble": ("RUB",),
    "rouble": ("RUB",), "real": ("BRL",), "reais": ("BRL",), "rand": ("ZAR",), "shekel": ("ILS",), "zloty": ("PLN",),
    "krona": ("SEK",), "kronor": ("SEK",), "krone": ("NOK", "DKK"), "kroner": ("NOK", "DKK"), "peso": ("MXN",),
}  # fmt: skip
_DOLLARS = {
    "australian": "AUD", "canadian": "CAD", "hong kong": "HKD", "new zealand": "NZD", "singapore": "SGD",
    "taiwan": "TWD", "american": "USD", "us": "USD", "u.s.": "USD",
}  # fmt: skip
_SCALES = {
    "hundred": 2, "k": 3, "thousand": 3, "m": 6, "mn": 6, "mln": 6, "mm": 6, "million": 6,
    "b": 9, "bn": 9, "bln": 9, "billion": 9, "t": 12, "tn": 12, "trn": 12, "trillion": 12,
}  # fmt: skip
_HUNDREDTHS = ("cent", "pence")

_ADJECTIVE = "|".join(re.escape(name) for name in _DOLLARS)
_SIGN = re.compile(
    "|".join(
        (r"(?<![A-Za-z])" if sign[0].isalpha() else "")
        + re.escape(sign)
        + (r"(?![A-Za-z])" if sign[-1].isalpha() else "")
        for sign in sorted(_SIGNS, key=len, reverse=True)
    )
)
_WORD = re.compile(
    rf"\b(?:({_ADJECTIVE})[ -])?({'|'.join(sorted(_WORDS, key=len, reverse=True))})s?\b|(?<=\d)\s*¢", re.IGNORECASE
)
_CODE = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z$])")
_DIGITS = re.compile(r"^(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?$")
_SCALED = re.compile(rf"^(.*?)[\s-]*({'|'.join(sorted(_SCALES, key=len, reverse=True))})$")
_MULTIPLE = re.compile(r"\b(tens|hundreds|thousands|millions|billions|trillions)\b")
_LOOSE = re.compile(r"^(?:several|a few|many|a couple(?: of)?|untold)\s+(hundred|thousand|million|billion|trillion)$")
_ALTERNATIVES = re.compile(r",?\s+(?:or even|or|to|and even|and|if not)\s+")
_RANGE = re.compile(r"^(?:(?:between|from)\s+)?(.+?)(?:\s*[-–—]\s*|\s+(?:to|and)\s+)(.+)$")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")

_BEFORE = {
    "at_most": (
        "under", "below", "up to", "at most", "less than", "fewer than", "lower than", "as much as", "as high as",
        "no more than", "not more than", "no greater than", "a maximum of", "capped at", "<", "≤",
    ),
    "at_least": (
        "over", "above", "more than", "greater than", "at least", "no less than", "not less than", "no fewer than",
        "upwards of", "upward of", "in excess of", "exceeding", "a minimum of", "north of", ">", "≥",
    ),
    "approximate": (
        "about", "nearly", "almost", "approximately", "approx.", "roughly", "around", "some", "circa", "c.", "close to",
        "an estimated", "estimated", "in the region of", "in the order of", "on the order of", "somewhere near",
        "more or less", "~", "≈",
    ),
}  # fmt: skip
_EMPHASIS = ("just", "only", "a mere", "mere", "exactly", "a full")
_AFTER = (
    ("at_least", re.compile(r"^\s*(?:\+|plus\b|or (?:more|higher|above)\b|and (?:up|above|more)\b|at least\b)")),
    ("at_most", re.compile(r"^\s*(?:or (?:less|fewer|below|under)\b|at most\b)")),
    ("approximate", re.compile(r"^\s*(?:or so\b|-odd\b|more or less\b|give or take\b)")),
)
_MODIFIERS = sorted({word for words in _BEFORE.values() for word in words} | {*_EMPHASIS}, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Amount:
    """What the words of an amount say.

    Attributes:
        currency: ISO 4217 code.
        minimum: lower bound in units of the currency, or None.
        maximum: upper bound, or None.
        qualifier: ``exact``, ``approximate``, ``at_least``, ``at_most``, ``range`` or ``vague``.
        currencies: every code that the sign or word can stand for, the usual one first.
    """

    currency: str
    minimum: Decimal | None
    maximum: Decimal | None
    qualifier: str
    currencies: tuple[str, ...] = ()


def read_amount(text: str, before: str = "", after: str = "") -> Amount | None:
    """Read an amount.

    Args:
        text: the covered text, such as ``$60-65B``.
        before: what stands left of it in its sentence; its last words can qualify the amount.
        after: what stands right of it.

    Returns:
        The amount, or None where the text is none. Without a currency it is taken to be US dollars.
    """
    modifier = leading_modifier(text)
    before, text = before + text[: len(modifier)], text[len(modifier) :].strip()
    trailing = text.endswith("+")
    after, text = ("+" + after, text[:-1]) if trailing else (after, text)
    currencies, rest, unit = _split_currency(text)
    if not currencies or not rest:
        return None
    bounds = _vague(rest) or _single(rest) or _range(rest)
    if bounds is None:
        return None
    kind, low, high = bounds
    qualifier = _qualifier(before, after) if kind == "exact" else kind
    minimum = None if qualifier == "at_most" else low * unit
    maximum = None if qualifier == "at_least" or high is None else high * unit
    return Amount(currencies[0], minimum, maximum, qualifier, currencies)


def leading_modifier(text: str) -> str:
    """Return the modifiers that a text begins with (``nearly ``, ``more than ``), empty where there is none."""
    found = 0
    while match := _leading().match(text, found):
        found = match.end()
    return text[:found]


@cache
def _leading() -> re.Pattern[str]:
    words = "|".join(re.escape(word) + (r"\b\s*" if word[-1].isalpha() else r"\s*") for word in _MODIFIERS)
    return re.compile(rf"(?:{words})", re.IGNORECASE)


def decimal_text(value: Decimal | None) -> str | None:
    """Return a decimal in the one form that labels write: no exponent, no trailing zeros."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@cache
def iso_codes() -> frozenset[str]:
    """Return the currency codes of ISO 4217."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def _split_currency(text: str) -> tuple[tuple[str, ...], str, Decimal]:
    """Return the currencies a text can mean, the text without them, and the unit's worth (a cent is 0.01)."""
    found: list[tuple[str, ...]] = []
    unit = Decimal(1)

    def take(match: re.Match[str]) -> str:
        nonlocal unit
        codes = _codes(match)
        if codes is None:
            return match[0]
        found.append(codes)
        if match[0].strip().lower().rstrip("s") in _HUNDREDTHS or "¢" in match[0]:
            unit = Decimal("0.01")
        return " "

    rest = text
    for pattern in (_SIGN, _CODE, _WORD):
        rest = pattern.sub(take, rest)
    rest = _SPACES.sub(" ", rest).strip().lower()
    rest = re.sub(r"(?: of)+$", "", rest)
    agreed = [code for code in (found or [(DEFAULT_CURRENCY,)])[0] if all(code in codes for codes in found)]
    return _specific(found, agreed), rest, unit


def _specific(found: list[tuple[str, ...]], agreed: list[str]) -> tuple[str, ...]:
    """Let a precise name settle a sign: in ``$5 million Canadian dollars``, the words do."""
    precise = [codes for codes in found if codes != (DEFAULT_CURRENCY,)]
    if agreed or not precise or any(codes != precise[0] for codes in precise):
        return tuple(agreed)
    return precise[0] if precise[0][0] in _DOLLARS.values() else ()


def _codes(match: re.Match[str]) -> tuple[str, ...] | None:
    found = match[0].strip()
    if found in _SIGNS:
        return _SIGNS[found]
    if found == "¢":
        return _WORDS["cent"]
    if match.re is _CODE:
        return (found,) if found in iso_codes() else None
    adjective, word = match[1], match[2].lower()
    return (_DOLLARS[adjective.lower()],) if adjective and word == "dollar" else _WORDS[word]


Bounds = tuple[str, Decimal, Decimal | None]


def _vague(rest: str) -> Bounds | None:
    """Read an amount without a number: of several alternatives the smallest, as the scale is a lower bound."""
    if loose := _LOOSE.match(rest):
        return "vague", _power(loose[1]), None
    scales = [scale for part in _ALTERNATIVES.split(rest) for scale in _multiples(part)]
    return ("vague", min(scales), None) if scales else None


def _multiples(part: str) -> Iterator[Decimal]:
    words = part.split()
    if words and all(word == "of" or _MULTIPLE.fullmatch(word) or word in _SCALES for word in words):
        scale = Decimal(1)
        for word in words:
            scale *= Decimal(1) if word == "of" else _power(word.rstrip("s"))
        if _MULTIPLE.search(part):
            yield scale


def _power(word: str) -> Decimal:
    return Decimal(10) if word == "ten" else Decimal(10 ** _SCALES[word])


def _single(rest: str) -> Bounds | None:
    value, scale = _number(rest)
    return None if value is None else ("exact", value * scale, value * scale)


def _range(rest: str) -> Bounds | None:
    match = _RANGE.match(rest)
    if not match:
        return None
    (low, low_scale), (high, high_scale) = _number(match[1].strip()), _number(match[2].strip())
    if low is None or high is None:
        return None
    low, high = low * low_scale, high * high_scale
    if low_scale == 1 and low < THOUSAND and low * high_scale < high:
        low *= high_scale
    return ("range", low, high) if low < high else None


def _number(text: str) -> tuple[Decimal | None, Decimal]:
    """Return a number and its scale word's worth: ``3.5 million`` gives 3.5 and 1000000."""
    if (plain := _plain(text)) is not None:
        return plain, Decimal(1)
    match = _SCALED.match(text)
    if not match:
        return None, Decimal(1)
    head, scale = match[1].strip(), _power(match[2])
    if match[2] in ("k", "m", "b", "t") and not head[-1:].isdigit():
        return None, scale
    inner, inner_scale = _number(head) if head else (None, Decimal(1))
    return (None if inner is None else inner * inner_scale), scale


def _plain(text: str) -> Decimal | None:
    if match := _DIGITS.match(text):
        try:
            return Decimal(match[0].replace(",", ""))
        except InvalidOperation:
            return None
    if text.endswith(" and a half"):
        whole = _plain(text.removesuffix(" and a half"))
        return None if whole is None else whole + Decimal("0.5")
    if text in ("half a", "half"):
        return Decimal("0.5")
    return _spelled(text)


def _spelled(text: str) -> Decimal | None:
    from text_to_num import text2num

    words = re.sub(r"^an?\b", "one", text)
    if not re.fullmatch(r"[a-z][a-z -]*", words) or words in _SCALES:
        return None
    try:
        return Decimal(text2num(words, "en"))
    except ValueError:
        return None


def _qualifier(before: str, after: str) -> str:
    for name, pattern in _AFTER:
        if pattern.match(after):
            return name
    left = _SPACES.sub(" ", before).strip().lower()
    for word in _EMPHASIS:
        left = re.sub(rf"(?:^|(?<=\s)){word}$", "", left).strip()
    endings = [(len(word), name) for name, words in _BEFORE.items() for word in words if _ends(left, word)]
    return max(endings)[1] if endings else "exact"


def _ends(left: str, word: str) -> bool:
    return bool(re.search(rf"(?:^|[^\w]){re.escape(word)}$" if word[0].isalpha() else rf"{re.escape(word)}$", left))
