"""What a quotation is not aligned to: another amount, another word, the opposite, the inside of a word or number."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chipstance.alignment import (
    EXACT,
    FUZZY,
    NONE,
    NORMALIZED,
    REPEATED,
    Aligner,
    Alignment,
    Quotation,
    align,
    align_all,
)
from chipstance.layers import parse_layers
from chipstance.model_output import Reading, read_answers
from chipstance.normalization import normalize
from chipstance.passages import ELLIPSIS, LONGEST_OMISSION, OMITTED_PER_QUOTED
from chipstance.wording import same_wording, vital

LAYERS = parse_layers(json.loads((Path(__file__).parents[1] / "schema/layers.json").read_text("utf-8")))

AMOUNTS = "Brightloom paid $5.6 million for looms, nine million crowns for yarn and €2,000 for the R1 and 40 shuttles."


@pytest.mark.parametrize(
    "quotation",
    [
        "$56 million",
        "$5,6 million",
        "$5.6 billion",
        "€5.6 million",
        "£5.6 million",
        "5.6 million €",
        "$6 million",
        "6 million",
        "$.6 million",
        "$5 million",
        "$5",
        ".6 million",
        "five million crowns",
        "ninety million crowns",
        "nine billion crowns",
        "nine milions crowns",
        "€2,00",
        "€2",
        "2,00",
        "000",
        "€2000",
        "€2.000",
        "1",
        "4",
        "40 million shuttles",
        "-5.6 million",
        "paid $5.6 billion for looms, nine million crowns",
        "paid $5.6 million for looms, nine crowns for yarn",
        "paid 5.6 million for looms",
        "paid $5.6 for looms",
        "paid $5.6 million to looms and ninety million crowns for yarn",
        "a million crowns for yarn",
        "the nine hundred million crowns for yarn",
    ],
)
def test_another_amount_is_not_found(quotation: str) -> None:
    assert align(quotation, AMOUNTS).kind == NONE


@pytest.mark.parametrize(
    ("quotation", "passage"),
    [
        ("$5.6 MILLION", "$5.6 million"),
        ("$ 5.6 million", "$5.6 million"),
        ("5.6 million", "5.6 million"),
        ("$5.6\u00a0million", "$5.6 million"),
        ("“$5.6 million.”", "$5.6 million"),
        ("paied $5.6 million for looms", "paid $5.6 million for looms"),
        ("the nine million crowns", "nine million crowns"),
        ("€2,000", "€2,000"),
        ("R1", "R1"),
        ("shuttles.", "shuttles."),
    ],
)
def test_the_same_amount_is_found(quotation: str, passage: str) -> None:
    found = align(quotation, AMOUNTS)
    assert AMOUNTS[found.start : found.end] == passage


@pytest.mark.parametrize(
    ("number", "text"), [("1990", "the 1990s"), ("5", "5, 6"), ("2024", "in 2024."), ("6", "5; 6")]
)
def test_a_number_beside_marks_is_found(number: str, text: str) -> None:
    assert align(number, text).kind == EXACT


REVERSED = [
    ("closed looms are surpassing open ones", "open looms are surpassing closed ones"),
    ("closed source looms are surpassing the guild's", "open source looms are surpassing the guild's"),
    ("the plan should be viewed as a threat", "the plan shouldn’t be viewed as a threat"),
    ("the plan shouldn't be viewed as a threat", "the plan should be viewed as a threat"),
    ("the curbs could be bad for the mills", "the curbs could be good for the mills"),
    ("the curbs could not be good for the mills", "the curbs could be good for the mills"),
    ("the curbs could be good for the mills", "the curbs could not be good for the mills"),
    ("the curbs will never hurt our mills", "the curbs will ever hurt our mills"),
    ("the looms can not be sold abroad", "the looms can now be sold abroad"),
    ("the mills won't sell their looms", "the mills want sell their looms"),
    ("unsafe", "safe"),
    ("their looms are unsafe to run", "their looms are safe to run"),
    ("their looms are safe to run", "their looms are unsafe to run"),
    ("an illegal sale of many looms", "a legal sale of many looms"),
    ("that is certainly a typical sale", "that is certainly an atypical sale"),
    ("it is possible to weave with these", "it is impossible to weave with these"),
    ("a responsible owner of many mills", "an irresponsible owner of many mills"),
    ("prices will go up again next year", "prices will go down again next year"),
    ("prices increased again last year", "prices decreased again last year"),
    ("imported looms are dear this year", "exported looms are dear this year"),
    ("They love", "They lie"),
    ("They love the looms of the town", "They lie the looms of the town"),
    ("Brightloom benefits from the ban", "benefits from the ban"),
    ("said that Brightloom gains from the ban", "said that the guild gains from the ban"),
    ("we maximize the yarn in use here", "we minimize the yarn in use here"),
    ("the mills may or must close in spring", "the mills may or most close in spring"),
    ("he bought many looms from the guild", "she bought many looms from the guild"),
    ("the looms are not able to weave that", "the looms are notable to weave that"),
    ("the looms are in complete disorder", "the looms are incomplete disorder"),
    ("a non-profit mill on the river bank", "a profit mill on the river bank"),
    ("nobody in town knew of the new mill", "somebody in town knew of the new mill"),
    ("a few poeple liked the looms in town", "few people liked the looms in town"),
    ("a legal sale of looms", "illegal sale of looms"),
    ("legal sale of looms", "illegal sale of looms"),
    ("safe", "unsafe"),
    ("the weavers are hope", "the weavers are hopeless"),
    ("one of five mills closed last spring", "one of nine mills closed last spring"),
]


@pytest.mark.parametrize(("quotation", "text"), REVERSED)
def test_a_word_replaced_added_or_dropped_is_no_slip(quotation: str, text: str) -> None:
    assert align(quotation, f"Ada Quill wrote: {text}. The rest of it was about yarn.").kind == NONE


@pytest.mark.parametrize(
    ("quotation", "passage"),
    [
        ("the weavres of the lower town agreed", "the weavers of the lower town agreed"),
        ("the weavers of the lower twon agreed", "the weavers of the lower town agreed"),
        ("the weavers of lower town agreed", "the weavers of the lower town agreed"),
        ("weavers of the lower town agred", "weavers of the lower town agreed"),
        ("weavers of lower town", "weavers of the lower town"),
        ("weavers of the town", "weavers of town"),
        ("of lower town agreed", "of the lower town agreed"),
        ("agreed with lower town", "agreed with the lower town"),
        ("the weevers of the lower town agreed", "the weavers of the lower town agreed"),
        ("the weavers of thel ower town agreed", "the weavers of the lower town agreed"),
        ("the naive maneuvres of Brightlom", "the naïve manoeuvres of Brightloom"),
        ("We won’t be closng the mill", "We won't be closing the mill"),
        ("We wo n't be closng the mill", "We won't be closing the mill"),
        ("anopen-source loom of the guild", "an open-source loom of the guild"),
        ("an open source loom of the guild", "an open-source loom of the guild"),
        ("xport curbs of the town", "export curbs of the town"),
        ("exports curbs of the town", "export curbs of the town"),
    ],
)
def test_slips_of_spelling_are_found(quotation: str, passage: str) -> None:
    text = f"Ada Quill spoke. Then: {passage}. Bo Marsh spoke, too."
    found = align(quotation, text)
    assert (found.kind, text[found.start : found.end]) == (FUZZY, passage)


VOCABULARY = """
    the a mill mills weaver not never can't could be good bad safe unsafe $5.6 €5.6 56 million billion five nine open
    closed surpassing increased decreased n't won't — , . “yes” ½ naïve
""".split()  # noqa: SIM905
PASSAGES = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12).map(" ".join)


@given(PASSAGES, PASSAGES, PASSAGES, st.data())
def test_a_fuzzy_passage_never_has_other_numbers_or_negations(before: str, text: str, after: str, data: Any) -> None:
    quotation = text
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(quotation)))
        put_in = data.draw(st.sampled_from(["", " ", "x", "5", ".", "not ", "un", "n't", "$", " million", "the "]))
        quotation = quotation[:at] + put_in + quotation[at + data.draw(st.integers(0, 4)) :]
    whole = f"{before} {text} {after}"
    found = align(quotation, whole)
    if found.kind == FUZZY:
        passage = normalize(whole[found.start : found.end])
        assert vital(passage) == vital(normalize(quotation).strip(" '.,;:!?-[]()"))
        digits = [[char for char in each if char.isdigit()] for each in (passage, normalize(quotation))]
        assert digits[0] == digits[1]
        assert sum(passage.count(word) for word in ("million", "billion")) == sum(
            normalize(quotation).count(word) for word in ("million", "billion")
        )


@given(PASSAGES, PASSAGES)
def test_the_same_wording_is_so_from_both_sides(one: str, other: str) -> None:
    assert same_wording(normalize(one), normalize(one))
    assert same_wording(normalize(one), normalize(other)) == same_wording(normalize(other), normalize(one))


LONG = "We met at the mill.\nIt was late.\nThe guild came, and " + "so on, " * 30 + "then she wrote. Mills would grow."


@pytest.mark.parametrize(
    ("quotation", "kind", "passage"),
    [
        ("We … wrote", NONE, ""),
        ("We ... wrote.", NONE, ""),
        ("met […] then", NONE, ""),
        ("We met at the mill … and so on", NORMALIZED, "We met at the mill.\nIt was late.\nThe guild came, and so on"),
        ("It … late", NORMALIZED, "It was late"),
        ("...Mills would grow...", NORMALIZED, "Mills would grow"),
        ("…Mills would grow…", NORMALIZED, "Mills would grow"),
        ("“Mills would grow...”", NORMALIZED, "Mills would grow"),
        ("[...] Mills would grow [...]", NORMALIZED, "Mills would grow"),
        ("Mills … grow...", NORMALIZED, "Mills would grow"),
        ("...Mills would grow....", NORMALIZED, "Mills would grow."),
        ("Mills would grow.", EXACT, "Mills would grow."),
    ],
)
def test_an_ellipsis_has_a_limit(quotation: str, kind: str, passage: str) -> None:
    found = align(quotation, LONG)
    assert (found.kind, LONG[found.start : found.end]) == (kind, passage)


@given(st.lists(st.sampled_from(["We", "the mill", "wrote", "late", "and so on, so on"]), min_size=2, max_size=5))
def test_a_passage_found_by_ellipsis_is_bounded(parts: list[str]) -> None:
    found = align(" … ".join(parts), LONG)
    limits = [min(LONGEST_OMISSION, OMITTED_PER_QUOTED * (len(one) + len(other))) for one, other in pairwise(parts)]
    assert found.end - found.start <= sum(map(len, parts)) + sum(limits)
    assert len(ELLIPSIS.split(normalize(" … ".join(parts)))) == len(parts)


INSERTED = (
    "The firm paid $3 million for it. They lie about the looms. Brightloom Mills would grow, and its success could be "
    "good for the town. The mills will not close. An [old] loom stood there."
)


@pytest.mark.parametrize(
    ("quotation", "passage"),
    [
        ("“[Brightloom] paid $3 million for it.”", "paid $3 million for it."),
        ("They lie [sic]", "They lie"),
        ("They [sic] lie", "They lie"),
        ("They lie [sic] about the looms", "They lie about the looms"),
        ("Brightloom Mills [the company] would grow", "Brightloom Mills would grow"),
        ("[the company’s] success could be good for the town", "success could be good for the town"),
        ("[its] success could be good", "its success could be good"),
        ("[I]ts success could be good", "its success could be good"),
        ("[t]hey lie about [the] looms", "They lie about the looms"),
        ("Brightloom Mills [should] grow, and its success", "Brightloom Mills would grow, and its success"),
        ("An [old] loom", "An [old] loom"),
        ("An [new] loom stood", "An [old] loom stood"),
        ("[It] paid $3 million … [for them]", "paid $3 million"),
        ("its success could [not] be good", ""),
        ("The mills will [soon] close", ""),
        ("[$9] million for it", ""),
        ("paid [$3] million for it", "paid $3 million for it"),
        ("paid [$9] million for it", ""),
        ("[Brightloom Mills of the lower town] would", ""),
        ("[sic]", ""),
        ("[]", ""),
    ],
)
def test_what_is_put_into_brackets_is_skipped(quotation: str, passage: str) -> None:
    found = align(quotation, INSERTED)
    assert INSERTED[found.start : found.end] == passage


def test_a_short_word_is_not_looked_for_inside_words() -> None:
    text = "He released a map. Meta said he mapped it."
    found = align_all([Quotation("he")] * 3, text)
    assert [(each.kind, each.start) for each in found] == [
        (EXACT, text.index("he m")),
        (NORMALIZED, 0),
        (REPEATED, len(text)),
    ]
    assert [align(word, text).kind for word in ("Met", "I", "eas", "apped", "sed")] == [NONE] * 5
    assert [each.kind for each in align_all([Quotation("a")] * 2, text)] == [EXACT, REPEATED]
    assert align("release", text).kind == EXACT
    assert align("map", text).places == 1
    assert [each.kind for each in align_all([Quotation("mappe"), Quotation("mappe")], text)] == [EXACT, REPEATED]


def test_an_occurrence_is_counted_inside_words_only_where_there_is_no_other() -> None:
    assert align("Met", "He met Meta. Metals", 1).start == 3
    assert align("eta", "Meta metals", 2).start == 6
    assert align("he", "he released the", 3).start == 0
    assert align("5", "paid $1.50", 1).kind == NONE


def test_a_quotation_with_whole_words_is_not_put_inside_other_words() -> None:
    text = "The mills and the treadmills, the windmills and the Mills"
    found = align_all([Quotation("mills")] * 3, text)
    assert [(each.kind, each.start) for each in found[:2]] == [(EXACT, 4), (NORMALIZED, 52)]
    assert found[2].kind == REPEATED


def test_a_start_in_utf16_units_is_understood() -> None:
    text = "🧵" * 40 + " said Ada; said Bo"
    code_points = [41, 51]
    for start in code_points:
        for near in (start, start + 40):
            assert Aligner(text).align(Quotation("said", near=near)).start == start


def test_a_start_inside_a_number_is_not_taken() -> None:
    assert align_all([Quotation("€2,00", near=5)], "paid €2,000")[0].kind == NONE


VOICES = (
    "Ada Quill spoke first. “Looms matter,” Ada Quill said. “Yarn matters, too,” she said, and she waited. "
    "The guild disagreed. Bo Marsh said that looms are dear. He said that yarn is cheap. “Nobody,” he said, "
    "“will weave.” According to Ada Quill, the mills are old. She claims the guild is rich. Ada Quill left."
)
RECORDS = [
    ("“Looms matter,”", "Ada Quill", "said", "Ada Quill said"),
    ("“Yarn matters, too,”", "she", "said", "she said"),
    ("looms are dear", "Bo Marsh", "said", "Bo Marsh said"),
    ("yarn is cheap", "He", "said", "He said"),
    ("“Nobody,”", "he", "said", "he said, “"),
    ("“will weave.”", "he", "said", "he said, “"),
    ("the mills are old", "Ada Quill", "According to", "According to Ada Quill"),
    ("the guild is rich", "She", "claims", "She claims"),
]


def links(reading: Reading) -> list[tuple[int, int]]:
    by_id = {span.id: span for span in reading.spans}
    statements = sorted((span for span in reading.spans if span.layer == "statement"), key=lambda span: span.start)
    return [(by_id[str(s.attributes["speaker"])].start, by_id[str(s.attributes["cue"])].start) for s in statements]


def records(order: int = 1) -> list[dict[str, Any]]:
    return [{"text": text, "speaker": speaker, "cue": cue} for text, speaker, cue, _ in RECORDS][::order]


def clause(speaker: str, cue: str, words: str) -> tuple[int, int]:
    start = VOICES.index(words)
    return start + words.index(speaker), start + words.index(cue)


EXPECTED = [clause(*rest) for _, *rest in RECORDS]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "lists",
    [
        {},
        {"speaker": ["Ada Quill", "she", "Bo Marsh", "He", "he", "Ada Quill", "She"]},
        {"cue": ["said", "said", "said", "said", "said", "According to", "claims"]},
    ],
    ids=["records alone", "speakers listed", "cues listed"],
)
def test_each_record_has_the_speaker_and_the_cue_beside_it(order: int, lists: dict[str, Any]) -> None:
    for answer in ({"statements": records(order), **lists}, {**lists, "statements": records(order)}):
        reading = read_answers([json.dumps(answer)], VOICES, LAYERS)
        assert links(reading) == EXPECTED
        assert len(reading.spans) == len(RECORDS) + 7 + 7


def test_two_statements_share_the_speaker_and_the_cue_that_are_nearest_to_both() -> None:
    reading = read_answers([json.dumps({"statements": records()[4:6]})], VOICES, LAYERS)
    assert sorted(span.text for span in reading.spans) == ["he", "said", "“Nobody,”", "“will weave.”"]
    assert reading.spans[0].attributes == reading.spans[1].attributes


def test_the_smallest_answer_with_a_speaker_twice() -> None:
    text = "Ada Quill: looms matter. Nothing else was heard for a long while. Yarn matters, Ada Quill"
    items = [{"text": "looms matter", "speaker": "Ada Quill"}, {"text": "Yarn matters", "speaker": "Ada Quill"}]
    reading = read_answers([json.dumps({"statements": items})], text, LAYERS)
    assert [span.start for span in reading.spans if span.layer == "speaker"] == [0, text.rindex("Ada")]
    assert len({span.attributes["speaker"] for span in reading.spans if span.layer == "statement"}) == 2


def test_a_speaker_inside_a_record_keeps_its_own_attributes() -> None:
    items = [{"text": "looms are dear", "speaker": {"text": "Bo Marsh", "mention": "name"}, "cue": {"text": "said"}}]
    reading = read_answers([json.dumps({"statements": items})], VOICES, LAYERS)
    assert {span.text: dict(span.attributes) for span in reading.spans if span.layer == "speaker"} == {
        "Bo Marsh": {"mention": "name"}
    }


def seconds(size: int) -> float:
    text = "She said the mills are old. " * size
    items = [{"text": "the mills are old", "speaker": "She", "cue": "said"}] * min(size, 200)
    start = time.perf_counter()
    read_answers([json.dumps({"statements": items})], text, LAYERS)
    return time.perf_counter() - start


def test_links_take_time_in_step_with_the_text() -> None:
    seconds(50)
    assert seconds(4000) < 40 * max(seconds(400), 0.02)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5)), min_size=1, max_size=8), st.integers(0, 40))
def test_the_nearest_place_outside_is_taken(spans: list[tuple[int, int]], start: int) -> None:
    assume(start)
    text = "ab " * 20
    beside = tuple((at, at + size) for at, size in spans)
    found: Alignment = Aligner(text).align(Quotation("ab", beside=beside))

    def key(place: tuple[int, int]) -> tuple[bool, int]:
        gaps = [max(place[0] - end, begin - place[1]) for begin, end in beside]
        return min(gaps) < 0, min((gap for gap in gaps if gap >= 0), default=0)

    nearest = min(key((at, at + 2)) for at in range(0, 60, 3))
    assert key((found.start, found.end))[: 1 + (not nearest[0])] == nearest[: 1 + (not nearest[0])]


def united(*answers: Any) -> tuple[list[tuple[str, int]], list[str]]:
    text = "Brightloom paid the guild. The guild thanked Brightloom, said Ada Quill. “Yes,” said Bo Marsh."
    reading = read_answers([json.dumps(answer) for answer in answers], text, LAYERS)
    assert len(reading.aligned) == len(reading.spans)
    ids = {span.id for span in reading.spans}
    for span in reading.spans:
        assert {span.attributes.get(name) for name in ("speaker", "cue")} <= ids | {None}
    return [(span.text, span.start) for span in reading.spans], [remark.kind for remark in reading.remarks]


def test_what_several_answers_have_is_united() -> None:
    name = {"organization": ["Brightloom"]}
    twice = {"organization": ["Brightloom", "Brightloom"]}
    both = [("Brightloom", 0), ("Brightloom", 45)]
    assert united(name, name) == (both, [])
    assert united(name, name, name) == (both, ["united"])
    assert united(twice, twice) == (both, ["united", "united"])
    assert united(twice, {"organization": ["BRIGHTLOOM"]}) == (both, ["united"])
    same = {"organization": [{"text": "Brightloom", "occurrence": 2}]}
    assert united(same, same) == (both[1:], ["united"])


def test_what_one_answer_repeats_or_invents_is_not_united() -> None:
    spans, kinds = united({"organization": ["Brightloom"] * 3}, {"organization": ["Acme"]}, {"organization": ["Acme"]})
    assert ([text for text, _ in spans], kinds) == (["Brightloom", "Brightloom", "", "", ""], [])


def test_the_links_of_what_is_united_hold() -> None:
    item = {"text": "Yes", "speaker": "Bo Marsh", "cue": "said"}
    record = {"statement": [item], "speaker": [{"id": 1, "text": "Bo Marsh"}]}
    spans, kinds = united(record, {"statement": [item]}, record)
    assert sorted(text for text, _ in spans) == ["Bo Marsh", "Yes", "said"]
    assert kinds == ["united"] * 3


def test_a_statement_that_is_not_in_the_text_adds_no_second_speaker() -> None:
    items = [{"text": "Yarn is gold", "speaker": "Ada Quill"}, {"text": "looms are dear", "speaker": "Bo Marsh"}]
    items += [{"text": "Silk is gold", "speaker": speaker} for speaker in ("Bo Marsh", "Ada Quill")]
    reading = read_answers([json.dumps({"statements": items})], VOICES, LAYERS)
    speakers = [(span.text, span.start) for span in reading.spans if span.layer == "speaker"]
    assert sorted(speakers) == [("Ada Quill", 0), ("Bo Marsh", VOICES.index("Bo Marsh"))]
