"""Amounts of money, read from words."""

from __future__ import annotations

from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.amount_edges import counts_else, whole_amount
from chipstance.amounts import Amount, decimal_text, read_amount
from chipstance.qualifiers import leading_modifier

Reading = tuple[str, str | None, str | None, str]


def plain(amount: Amount) -> Reading:
    return amount.currency, decimal_text(amount.minimum), decimal_text(amount.maximum), amount.qualifier


def usual(text: str, before: str = "", after: str = "") -> Amount:
    return read_amount(text, before, after)[0]


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
    # scales that a range shares, and those that it does not
    ("", "two to three million dollars", "", "USD", "2000000", "3000000", "range"),
    ("", "twenty-five to thirty million yuan", "", "CNY", "25000000", "30000000", "range"),
    ("", "two to three hundred thousand pounds", "", "GBP", "200000", "300000", "range"),
    ("", "two hundred to three hundred thousand pounds", "", "GBP", "200000", "300000", "range"),
    ("", "one hundred to one hundred and fifty million euros", "", "EUR", "100000000", "150000000", "range"),
    ("", "four or five billion won", "", "KRW", "4000000000", "5000000000", "range"),
    ("", "a million or two dollars", "", "USD", "1000000", "2000000", "range"),
    ("", "$3-to-$5-million", "", "USD", "3000000", "5000000", "range"),
    ("", "US$3m-US$5m", "", "USD", "3000000", "5000000", "range"),
    ("", "$500 to $1 million", "", "USD", "500", "1000000", "range"),
    ("", "3 dollars to 5 million dollars", "", "USD", "3", "5000000", "range"),
    ("", "50 cents to a dollar", "", "USD", "0.5", "1", "range"),
    ("", "20 to 30 cents", "", "USD", "0.2", "0.3", "range"),
    # halves, quarters, and numbers with several scales
    ("", "a million and a half dollars", "", "USD", "1500000", "1500000", "exact"),
    ("", "two million and a half", "", "USD", "2500000", "2500000", "exact"),
    ("", "two hundred and a half dollars", "", "USD", "200.5", "200.5", "exact"),
    ("", "one and a quarter billion euros", "", "EUR", "1250000000", "1250000000", "exact"),
    ("", "a quarter of a million dollars", "", "USD", "250000", "250000", "exact"),
    ("", "three quarters of a billion rupees", "", "INR", "750000000", "750000000", "exact"),
    ("", "a half-million dollars", "", "USD", "500000", "500000", "exact"),
    ("", "$2½ million", "", "USD", "2500000", "2500000", "exact"),
    ("", "one million two hundred thousand dollars", "", "USD", "1200000", "1200000", "exact"),
    ("", "a thousand billion dollars", "", "USD", "1000000000000", "1000000000000", "exact"),
    ("", "$.50", "", "USD", "0.5", "0.5", "exact"),
    # adjectives
    ("A ", "trillion-dollar", " firm", "USD", "1000000000000", "1000000000000", "exact"),
    ("a ", "500 million-euro", " plant", "EUR", "500000000", "500000000", "exact"),
    ("a ", "€500-million", " plant", "EUR", "500000000", "500000000", "exact"),
    ("a ", "multi-billion-dollar", " bet", "USD", "1000000000", None, "vague"),
    ("a ", "multimillion-pound", " bet", "GBP", "1000000", None, "vague"),
    # amounts without a number
    ("", "several hundred thousand dollars", "", "USD", "100000", None, "vague"),
    ("", "hundreds, if not thousands, of dollars", "", "USD", "100", None, "vague"),
    ("", "tens or hundreds of millions of dollars", "", "USD", "10000000", None, "vague"),
    # modifiers within and behind
    ("", "$1 trillion-plus", "", "USD", "1000000000000", None, "at_least"),
    ("", "$1 trillion", "-plus bet", "USD", "1000000000000", None, "at_least"),
    ("", "$20+ million", "", "USD", "20000000", None, "at_least"),
    ("", "a million or so dollars", "", "USD", "1000000", "1000000", "approximate"),
    ("", "fifty-odd million dollars", "", "USD", "50000000", "50000000", "approximate"),
    ("not over ", "$5", "", "USD", None, "5", "at_most"),
    # an elliptical amount is in the currency that its sentence speaks of
    ("from €3 million to ", "5 million", "", "EUR", "5000000", "5000000", "exact"),
    ("they won ", "5 million", "", "USD", "5000000", "5000000", "exact"),
]

READINGS = [
    # before, text, after, the qualifiers that can't be told apart
    ("handed over ", "$6 million", "", "at_least exact"),
    ("The row about ", "$6 million", " goes on", "approximate exact"),
    ("asked questions about ", "$5 million", "", "approximate exact"),
    ("She was bought some ", "$5 million", " homes", "approximate exact"),
    ("built around ", "$5 million", " in grants", "approximate exact"),
    ("filed under ", "$5 million", "", "at_most exact"),
    ("it all adds up to ", "$5 million", "", "at_most exact"),
    ("twice as much as ", "$5 million", "", "at_most exact"),
    ("the row over just ", "$5 million", "", "at_least exact"),
    ("more than about ", "$5 million", "", "approximate at_least"),
    ("perhaps ", "$5 million", "", "approximate exact"),
    ("", "$5 million", " plus costs", "exact at_least"),
    ("about ", "$5 million", " or more", "at_least approximate"),
    ("It cost about ", "$5 million", "", "approximate"),
    ("About ", "$5 million", " went", "approximate"),
    ("worth just over ", "$5 million", "", "at_least"),
    ("for over ", "$5 million", "", "at_least"),
    ("lent up to ", "$5 million", "", "at_most"),
    ("lent at least ", "$5 million", "", "at_least"),
    ("moreover ", "$5 million", "", "exact"),
]

CUT = [
    # what a span in [] is a part of; nothing where it is whole
    ("It paid [$3] billion.", "$3 billion"),
    ("It paid $[3] billion.", "$3 billion"),
    ("It paid $1[3 billion].", "$13 billion"),
    ("It paid €[3 billion].", "€3 billion"),
    ("It paid [3 billion] euros.", "3 billion euros"),
    ("It paid [$5].6 million.", "$5.6 million"),
    ("It paid [$60]-65 billion.", "$60-65 billion"),
    ("It paid $60-[65 billion].", "$60-65 billion"),
    ("It paid [$3] to $5 million.", "$3 to $5 million"),
    ("It paid $3 to [$5 million].", "$3 to $5 million"),
    ("It paid two to [three million dollars].", "two to three million dollars"),
    ("It paid between [$3 million] and $5 million.", "$3 million and $5 million"),
    ("It paid between $3 million and [$5 million].", "between $3 million and $5 million"),
    ("It paid two [hundred thousand dollars].", "two hundred thousand dollars"),
    ("It paid several [hundred thousand dollars].", "several hundred thousand dollars"),
    ("It paid half [a million dollars].", "half a million dollars"),
    ("It paid a quarter of [a million dollars].", "a quarter of a million dollars"),
    ("It paid [a million] and a half dollars.", "a million and a half dollars"),
    ("It paid twenty-[five dollars].", "twenty-five dollars"),
    ("It paid hundreds of [millions of dollars].", "hundreds of millions of dollars"),
    ("It paid [hundreds of millions] of dollars.", "hundreds of millions of dollars"),
    ("It paid [millions] or even billions.", "millions or even billions"),
    ("It paid A[$5 million].", "A$5 million"),
    ("It paid [5 million] Canadian dollars.", "5 million Canadian dollars"),
    ("It paid [$5 million] Canadian dollars.", "$5 million Canadian dollars"),
    ("Its 5-[million-dollar] home.", "5-million-dollar"),
    ("It paid [$3 billion].", ""),
    ("It rose from [$3 million] to $5 million.", ""),
    ("It rose from $3 million to [$5 million].", ""),
    ("It fell [$3] to $58 a share.", ""),
    ("It cost [$5 million] – $2 million more than it had.", ""),
    ("It cost [$5 million]. 6 million people saw it.", ""),
    ("In 2031, [5 million dollars] went.", ""),
    ("One [billion-dollar] firm.", ""),
    ("Twenty [five-dollar] notes.", ""),
    ("The [$3 billion] won applause.", ""),
    ("They won [5 million dollars].", ""),
    ("It paid [$5 million]-plus for it.", ""),
    ("It paid [$2 million] and a half share.", ""),
    ("It paid nearly [$2 million] or so.", ""),
    ("He held 20 [$5] notes.", ""),
    ("It paid many [millions of dollars].", ""),
    ("It paid\n3 [million dollars]\nand more.", "3 million dollars"),
    ("Three\n[million dollars]", ""),
    ("Some [people].", ""),
]


@pytest.mark.parametrize("row", READINGS, ids=lambda row: "".join(row[:3]))
def test_readings_that_cannot_be_told_apart_are_all_given(row: tuple[str, str, str, str]) -> None:
    before, text, after, qualifiers = row
    assert [amount.qualifier for amount in read_amount(text, before, after)] == qualifiers.split()


@pytest.mark.parametrize(("marked", "whole"), CUT, ids=lambda value: value)
def test_the_whole_of_an_amount_that_was_cut(marked: str, whole: str) -> None:
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    edges = whole_amount(text, start, end)
    assert (text[slice(*edges)] if edges else "") == whole


@pytest.mark.parametrize(
    ("text", "else_"),
    [("5 million shares", True), ("5 million of them", True), ("5 million new users", True), ("5 million%", True),
     ("5 million percent", True), ("5 million of its shares", True), ("5 million for shares", False),
     ("5 million in all", False), ("5 million", False), ("5 million, users say", False)],
)  # fmt: skip
def test_what_a_number_counts(text: str, else_: bool) -> None:
    assert counts_else(text, 0, len("5 million")) is else_


def test_an_amount_with_a_currency_counts_nothing_else() -> None:
    assert not counts_else("$5 million shares", 0, len("$5 million"))


HOSTILE = [
    "- " * 20_000 + "$5", "$5" + " million" * 20_000, "$" * 100_000, "5-" * 50_000 + "5", "$" + "9" * 100_000,
    "one " * 30_000 + "dollars", "1," * 50_000, "about " * 20_000, " " * 100_000 + "$5", "millions or " * 10_000,
    "and a half " * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_long_hostile_text_is_read_in_no_time(text: str) -> None:
    read_amount("$5", "euros")  # what is loaded once
    start = perf_counter()
    read_amount(text, text, text)
    read_amount("$5", text, text)
    read_amount(text[:100], text, text)
    read_amount(text[-100:], text, text)
    whole_amount(text + "$5" + text, len(text), len(text) + 2)
    counts_else("5" + text, 0, 1)
    assert perf_counter() - start < 0.5  # it took half a minute once


def test_scales_that_no_amount_has_are_not_read() -> None:
    assert read_amount("$5" + " million" * 4) == ()


@pytest.mark.parametrize("row", ORACLE, ids=lambda row: "".join(row[:3]))
def test_oracle(row: tuple[str, str, str, str, str | None, str | None, str]) -> None:
    before, text, after, *expected = row
    assert plain(usual(text, before, after)) == tuple(expected)


@pytest.mark.parametrize(
    "text",
    ["", "$", "dollars", "about", "5 million people", "$12 million a year", "the $5", "$5 to $3", "€5 dollars", "17%",
     "million", "$1.2.3", "$1,23", "ten-figure", "-$5", "-5", "$5.", "$5 million €", "won 5 million", "$5 to €6"],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    assert read_amount(text) == ()


def test_a_preposition_with_an_article_is_no_modifier() -> None:
    assert [amount.qualifier for amount in read_amount("$5 million", "doubts about the ")] == ["exact"]


@pytest.mark.parametrize(("text", "codes"), [("¥5", ("JPY", "CNY")), ("$5", ("USD",)), ("5 kroner", ("NOK", "DKK"))])
def test_a_sign_can_stand_for_several_currencies(text: str, codes: tuple[str, ...]) -> None:
    assert tuple(amount.currency for amount in read_amount(text)) == codes


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
    amount = usual(f"{sign}{number:f}{scale}")
    assert amount.minimum == amount.maximum == number.scaleb(SCALES[scale])


@given(st.integers(1, 10**15))
def test_separators_and_decimal_text_round_trip(number: int) -> None:
    amount = usual(f"${number:,}")
    assert decimal_text(amount.minimum) == str(number)


@given(
    st.integers(1, 499),
    st.integers(1, 499),
    st.sampled_from(["-", "–", " to ", " - "]),
    st.sampled_from(["m", " billion"]),
)
def test_a_range_shares_its_scale(low: int, step: int, dash: str, scale: str) -> None:
    amount = usual(f"${low}{dash}{low + step}{scale}")
    unit = Decimal(10) ** SCALES[scale]
    assert (amount.minimum, amount.maximum, amount.qualifier) == (low * unit, (low + step) * unit, "range")


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_any_text_is_read_without_an_error(text: str, before: str, after: str) -> None:
    read_amount(text, before, after)
    whole_amount(before + text + after, len(before), len(before + text))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**20))
def test_decimal_text_has_one_form(value: Decimal) -> None:
    text = decimal_text(value)
    assert text is not None
    assert Decimal(text) == value
    assert "E" not in text
    assert decimal_text(Decimal(text)) == text
    assert "." not in text or not text.endswith(("0", "."))
