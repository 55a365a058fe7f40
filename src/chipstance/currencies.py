"""The signs, codes and names of currencies, and what each can stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

DEFAULT_CURRENCY = "USD"

_SIGNS = {
    "US$": ("USD",), "A$": ("AUD",), "AU$": ("AUD",), "C$": ("CAD",), "CA$": ("CAD",), "HK$": ("HKD",),
    "NZ$": ("NZD",), "S$": ("SGD",), "NT$": ("TWD",), "MX$": ("MXN",), "R$": ("BRL",), "CN¥": ("CNY",),
    "RMB": ("CNY",), "$": ("USD",), "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",),
    "₩": ("KRW",), "₽": ("RUB",), "₺": ("TRY",), "₪": ("ILS",), "Fr.": ("CHF",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "¢": ("USD", "EUR"),
}  # fmt: skip
_NAMES = {
    "dollar": ("USD",), "buck": ("USD",), "cent": ("USD", "EUR"), "euro": ("EUR",), "pound": ("GBP",),
    "pound sterling": ("GBP",), "pounds sterling": ("GBP",), "quid": ("GBP",), "pence": ("GBP",), "yuan": ("CNY",),
    "renminbi": ("CNY",), "yen": ("JPY",), "won": ("KRW",), "rupee": ("INR",), "franc": ("CHF",),
    "swiss franc": ("CHF",), "ruble": ("RUB",), "rouble": ("RUB",), "real": ("BRL",), "reais": ("BRL",),
    "rand": ("ZAR",), "shekel": ("ILS",), "zloty": ("PLN",), "krona": ("SEK",), "kronor": ("SEK",),
    "krone": ("NOK", "DKK"), "kroner": ("NOK", "DKK"), "peso": ("MXN",),
}  # fmt: skip
_DOLLARS = {
    "australian": "AUD", "canadian": "CAD", "hong kong": "HKD", "new zealand": "NZD", "singapore": "SGD",
    "taiwan": "TWD", "american": "USD", "us": "USD", "u.s.": "USD",
}  # fmt: skip
_HUNDREDTHS = re.compile(r"cents?|pence|¢", re.IGNORECASE)
_EVERYDAY = ("won", "real", "reais", "rand", "cent", "pound", "buck", "quid", "krone", "franc")
"""Names that are other words or units just as often: no evidence where they stand alone."""


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


SIGN = "|".join(
    (r"(?<![A-Za-z])" if sign[0].isalpha() else "") + re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "")
    for sign in sorted(_SIGNS, key=len, reverse=True)
)
CODE = r"(?<![A-Za-z$])[A-Z]{3}(?![A-Za-z$])"
NAME = rf"\b(?i:(?:(?:{_either(_DOLLARS)})[ -])?(?:{_either(_NAMES)})s?)\b"
_EVIDENCE = re.compile(
    rf"(?P<sign>{SIGN})|(?P<code>{CODE}(?=[ \u00a0]?[0-9])|(?<=[0-9])[ \u00a0]?{CODE})"
    rf"|(?P<name>\b(?i:(?:(?:{_either(_DOLLARS)})[ -])?(?:{_either(_NAMES.keys() - set(_EVERYDAY))})s?)\b)"
)


@dataclass(frozen=True, slots=True)
class Currency:
    """What a sign, code or name says.

    Attributes:
        codes: every ISO 4217 code that it can stand for, the usual one first.
        unit: its worth in units of the currency: a cent is 0.01.
    """

    codes: tuple[str, ...]
    unit: Decimal = Decimal(1)


@cache
def iso_codes() -> frozenset[str]:
    """Return the currency codes of ISO 4217."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def read_currency(text: str) -> Currency | None:
    """Read a sign (``US$``), a code (``EUR``) or a name (``Canadian dollars``); None for a code that there is not."""
    unit = Decimal("0.01") if _HUNDREDTHS.fullmatch(text) else Decimal(1)
    if text in _SIGNS:
        return Currency(_SIGNS[text], unit)
    if re.fullmatch(CODE, text):
        return Currency((text,)) if text in iso_codes() else None
    name = text.lower() if text.lower() in _NAMES else text.lower().removesuffix("s")
    country = next((country for country in _DOLLARS if name.startswith((f"{country} ", f"{country}-"))), "")
    word = name[len(country) + 1 :] if country else name
    return Currency((_DOLLARS[country],) if country and word == "dollar" else _NAMES[word], unit)


def agreed(found: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the codes that several signs and names of one amount can all mean.

    A precise name settles a sign: in ``$5 million Canadian dollars``, the words do.
    """
    both = tuple(code for code in found[0] if all(code in codes for codes in found))
    precise = [codes for codes in found if codes != (DEFAULT_CURRENCY,)]
    if both or not precise or any(codes != precise[0] for codes in precise):
        return both
    return precise[0] if precise[0][0] in _DOLLARS.values() else ()


def mentioned(context: str) -> tuple[str, ...]:
    """Return the codes of the currencies that a context speaks of, the last one first."""
    found = [read_currency(match[0].strip()) for match in _EVIDENCE.finditer(context)]
    return tuple(dict.fromkeys(code for currency in reversed(found) if currency for code in currency.codes))
