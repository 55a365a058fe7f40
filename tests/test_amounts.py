"""Amounts of money, read from words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.amounts import decimal_text, leading_modifier, read_amount

ORACLE = [
    # before, text, after, currency, minimum, maximum, qualifier
    ("", "$5", "", "USD", "5", "5", "exact"),
    ("", "$1,234,567.80", "", "USD", "1234567.8", "1234567.8", "exact"),
    ("cost just ", "$5.6 million", "", "USD", "5600000", "5600000", "exact"),
    ("under ", "$7 million", "", "USD", None, "7000000", "at_most"),
    ("up to ", "€3bn", "", "EUR", None, "3000000000", "at_most"),
    ("less than ", "half a million pounds", "", "GBP", None, "500000", "at_most"),
    ("no more than ", "£40k", "", "GBP", None, "40000", "at_most"),
    ("as much as ", "two billion yuan", "", "CNY", None, "2000000000", "at_most"),
    ("just over ", "CHF 300 million", "", "CHF", "300000000", None, "at_least"),
    ("more than ", "a billion dollars", "", "USD", "1000000000", None, "at_least"),
    ("no less than ", "¥3 trillion", "", "JPY", "3000000000000", None, "at_least"),
    ("at least ", "US$10", "", "USD", "10", None, "at_least"),
    ("", "$5m", "+ a year", "USD", "5000000", None, "at_least"),
    ("", "$5 million", " or more", "USD", "5000000", None, "at_least"),
    ("", "$5 million", " or less", "USD", None, "5000000", "at_most"),
    ("nearly ", "$600 billion", "", "USD", "600000000000", "600000000000", "approximate"),
    ("~", "$1.5T", "", "USD", "1500000000000", "1500000000000", "approximate"),
    ("roughly ", "twenty-five thousand euros", "", "EUR", "25000", "25000", "approximate"),
    ("", "₹90", " or so", "INR", "90", "90", "approximate"),
    ("some ", "5 million Canadian dollars", "", "CAD", "5000000", "5000000", "approximate"),
    ("", "A$7.5 million", "", "AUD", "7500000", "7500000", "exact"),
    ("", "7 million Hong Kong dollars", "", "HKD", "7000000", "7000000", "exact"),
    ("", "5 million USD", "", "USD", "5000000", "5000000", "exact"),
    ("", "EUR 12", "", "EUR", "12", "12", "exact"),
    ("", "50 cents", "", "USD", "0.5", "0.5", "exact"),
    ("", "two and a half billion won", "", "KRW", "2500000000", "2500000000", "exact"),
    ("", "a hundred dollars", "", "USD", "100", "100", "exact"),
    ("", "three hundred thousand rupees", "", "INR", "300000", "300000", "exact"),
    ("", "$60-65B", "", "USD", "60000000000", "65000000000", "range"),
    ("", "$60–65 billion", "", "USD", "60000000000", "65000000000", "range"),
    ("", "$3 to $5 million", "", "USD", "3000000", "5000000", "range"),
    ("between ", "$3 million and $5 million", "", "USD", "3000000", "5000000", "range"),
    ("about ", "€500,000 to €1 million", "", "EUR", "500000", "1000000", "range"),
    ("", "hundreds of millions of dollars", "", "USD", "100000000", None, "vague"),
    ("", "tens of billions", "", "USD", "10000000000", None, "vague"),
    ("", "billions", "", "USD", "1000000000", None, "vague"),
    ("", "several million euros", "", "EUR", "1000000", None, "vague"),
    ("", "hundreds of millions or even billions", "", "USD", "100000000", None, "vague"),
    ("", "billions, or even millions", "", "USD", "1000000", None, "vague"),
]


@pytest.mark.parametrize("row", ORACLE, ids=lambda row: "".join(row[:3]))
def test_oracle(row: tuple[str, str, str, str, str | None, str | None, str]) -> None:
    before, text, after, *expected = row
    amount = read_amount(text, before, after)
    assert amount is not None
    bounds = decimal_text(amount.minimum), decimal_text(amount.maximum)
    assert [amount.currency, *bounds, amount.qualifier] == expected


@pytest.mark.parametrize(
    "text",
    ["", "$", "dollars", "about", "5 million people", "$12 million a year", "the $5", "$5 to $3", "€5 dollars", "17%",
     "million", "$1.2.3", "$1,23", "ten-figure"],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    assert read_amount(text) is None


def test_a_preposition_with_an_article_is_no_modifier() -> None:
    amount = read_amount("$5 million", "doubts about the ")
    assert amount is not None
    assert amount.qualifier == "exact"


@pytest.mark.parametrize(("text", "codes"), [("¥5", ("JPY", "CNY")), ("$5", ("USD",)), ("5 kroner", ("NOK", "DKK"))])
def test_a_sign_can_stand_for_several_currencies(text: str, codes: tuple[str, ...]) -> None:
    amount = read_amount(text)
    assert amount is not None
    assert amount.currencies == codes


@pytest.mark.parametrize(
    ("text", "modifier"),
    [("nearly $5", "nearly "), ("more than about ~$5", "more than about ~"), ("overdue", ""), ("$5", "")],
)
def test_leading_modifier(text: str, modifier: str) -> None:
    assert leading_modifier(text) == modifier


SCALES = {"": 0, " thousand": 3, "k": 3, " million": 6, "m": 6, " billion": 9, "B": 9, " trillion": 12}
NUMBERS = st.decimals(min_value="0.01", max_value=999, places=2, allow_nan=False).map(Decimal.normalize)


@given(NUMBERS, st.sampled_from(sorted(SCALES)), st.sampled_from(["$", "€", "£", "₹"]))
def test_a_number_and_a_scale_make_an_exact_product(number: Decimal, scale: str, sign: str) -> None:
    amount = read_amount(f"{sign}{number:f}{scale}")
    assert amount is not None
    assert amount.minimum == amount.maximum == number.scaleb(SCALES[scale])


@given(st.integers(1, 10**15))
def test_separators_and_decimal_text_round_trip(number: int) -> None:
    amount = read_amount(f"${number:,}")
    assert amount is not None
    assert decimal_text(amount.minimum) == str(number)


@given(
    st.integers(1, 499),
    st.integers(1, 499),
    st.sampled_from(["-", "–", " to ", " - "]),
    st.sampled_from(["m", " billion"]),
)
def test_a_range_shares_its_scale(low: int, step: int, dash: str, scale: str) -> None:
    amount = read_amount(f"${low}{dash}{low + step}{scale}")
    assert amount is not None
    unit = Decimal(10) ** SCALES[scale]
    assert (amount.minimum, amount.maximum, amount.qualifier) == (low * unit, (low + step) * unit, "range")


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_any_text_is_read_without_an_error(text: str, before: str, after: str) -> None:
    read_amount(text, before, after)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**20))
def test_decimal_text_has_one_form(value: Decimal) -> None:
    text = decimal_text(value)
    assert text is not None
    assert Decimal(text) == value
    assert "E" not in text
    assert decimal_text(Decimal(text)) == text
    assert "." not in text or not text.endswith(("0", "."))
