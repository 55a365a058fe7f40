"""A quotation is found where it was taken from, whatever a model did to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chipstance.alignment import EXACT, FUZZY, NONE, NORMALIZED, REPEATED, Aligner, Quotation, align, align_all
from chipstance.normalization import normalize
from chipstance.slips import splits

TEXT = (
    "The harbour town of Quill was quiet. “We won’t sell the loom — not now, not ever,” said Ada Brack,\r\n"
    "who runs Loomworks. Urban mills fear the ban; a ban would cost $4.5 million… 🧵 The café’s owner "
    "called it “a costly mistake”. The loom weavers, the dyers and all the people of the lower town agreed with her."
)
WEAVERS = "The loom weavers, the dyers and all the people of the lower town agreed with her"


def covered(quotation: str, text: str = TEXT, occurrence: int | None = None) -> tuple[str, str]:
    found = align(quotation, text, occurrence)
    return found.kind, text[found.start : found.end]


@pytest.mark.parametrize(
    ("quotation", "kind", "passage"),
    [
        ("Ada Brack", EXACT, "Ada Brack"),
        (" Ada Brack\n", EXACT, "Ada Brack"),
        ("ban", EXACT, "ban"),
        ("ADA BRACK", NORMALIZED, "Ada Brack"),
        ('"We won\'t sell the loom - not now, not ever,"', NORMALIZED, "“We won’t sell the loom — not now, not ever,”"),
        ("“We won't sell the loom--not now, not ever”", NORMALIZED, "“We won’t sell the loom — not now, not ever,”"),
        ("We won't sell the loom – not now, not ever.", NORMALIZED, "We won’t sell the loom — not now, not ever"),
        ('"a costly mistake."', NORMALIZED, "“a costly mistake”"),
        ("«a costly mistake»", NORMALIZED, "“a costly mistake”"),
        ('"Loomworks"', NORMALIZED, "Loomworks"),
        ("Ada Brack, who\u00a0runs  Loomworks", NORMALIZED, "Ada Brack,\r\nwho runs Loomworks"),
        ("cafe\u0301's owner", NORMALIZED, "café’s owner"),
        ("$4.5 million...", NORMALIZED, "$4.5 million…"),
        ("Loom\u00adworks", NORMALIZED, "Loomworks"),
        ("The loom weavers ... agreed with her", NORMALIZED, WEAVERS),
        ("The loom weavers, […] agreed with her.", NORMALIZED, f"{WEAVERS}."),
        ("“The loom weavers… all the people [...] her", NORMALIZED, WEAVERS),
        ("...called it", NORMALIZED, "called it"),
        ("The loom waevers, the dyers and all people of the lower town agreed with her", FUZZY, WEAVERS),
        ("hte harbour town of Quil", FUZZY, "The harbour town of Quill"),
        ("Loomwork", EXACT, "Loomwork"),
        ("Loomwurks", FUZZY, "Loomworks"),
        ("$4.7 million", NONE, ""),
        ("agreed with her ... The harbour town", NONE, ""),
        ("the weavers of another town", NONE, ""),
        ("loon", NONE, ""),
        ("", NONE, ""),
        ("…", EXACT, "…"),
        ("\u200b", NONE, ""),
    ],
)
def test_the_passage_is_found(quotation: str, kind: str, passage: str) -> None:
    assert covered(quotation) == (kind, passage)


def test_a_mark_in_the_place_of_a_word_is_no_slip() -> None:
    assert covered("b aaaaaa", "' aaaaaa") == (NONE, "")


def test_what_is_not_found_stands_at_the_texts_end() -> None:
    found = align("no such words anywhere", TEXT)
    assert (found.start, found.end, found.score, found.places) == (len(TEXT), len(TEXT), 0.0, 0)
    assert align("x", "").kind == NONE


def test_occurrences_are_counted_from_one_and_whole_words_come_first() -> None:
    text = "urban ban, ban and ban"
    starts = [align("ban", text, number).start for number in (1, 2, 3, 4)]
    assert starts == [6, 11, 19, 19]
    assert align("ban", text).places == 3
    assert align("urba", text) == align("urba", text, 1)
    assert align("urba", text).start == 0
    assert align("rban", text).kind == NONE


def test_an_occurrence_is_counted_up_to_case_where_it_has_to_be() -> None:
    text = "Looms here, looms there"
    assert align("looms", text).start == 12
    assert align("looms", text, 2).start == 12
    assert align("Looms", text, 2).start == 12


def test_the_nearest_place_is_taken() -> None:
    text = "a loom, a loom, a loom"
    assert [Aligner(text).align(Quotation("loom", near=near)).start for near in (0, 9, 99)] == [2, 10, 18]


def test_repeated_quotations_take_successive_places_in_their_group() -> None:
    text = "Looms, looms and looms"
    items = [Quotation(word, group=group) for word, group in [("looms", 1), ("Looms", 1), ("looms", 2), ("looms", 1)]]
    assert [found.start for found in align_all(items, text)] == [7, 0, 7, 17]
    assert [found.start for found in align_all([Quotation("looms"), Quotation("looms", 1)], text)] == [17, 7]
    repeated = align_all([Quotation("looms")] * 4, text)
    assert [found.kind for found in repeated] == [EXACT, EXACT, NORMALIZED, REPEATED]
    assert (repeated[3].start, repeated[3].end, repeated[3].score) == (len(text), len(text), 0)
    assert align_all([Quotation("looms")], "some looms", [("", (5, 10))])[0].kind == REPEATED


def test_a_place_inside_that_of_a_longer_quotation_comes_last_where_they_stay_apart() -> None:
    text = "Loom Union and the Union and the UNION"
    names = ("Union", "Loom Union", "Union", "Union")
    for apart, starts in ((True, [19, 0, 33, 5]), (False, [5, 0, 19, 33])):
        found = align_all([Quotation(name, apart=apart) for name in names], text)
        assert [each.start for each in found] == starts


def test_a_start_that_is_right_is_kept_even_inside_a_word() -> None:
    text = "urban ban"
    starts = [align_all([Quotation("ban", near=near)], text)[0].start for near in (2, 3, 6)]
    assert starts == [2, 6, 6]
    assert [each.kind for each in align_all([Quotation("ban", near=6)] * 2, text)] == [EXACT, REPEATED]


def test_an_omission_is_bounded_and_takes_the_shortest_passage() -> None:
    assert covered("the mill ... closed", f"the mill {'x ' * 600} closed")[0] == NONE
    assert covered("the mill … closed", "the mill and the mill has closed") == (NORMALIZED, "the mill has closed")
    assert align("the mill … closed", "the mill has closed").score == pytest.approx(14 / 19)


def test_the_score_of_slips_is_their_share() -> None:
    assert align("harbuor town", "a harbour town").score == pytest.approx(1 - 2 / 12)


@pytest.mark.parametrize(
    ("quotation", "text"),
    [
        ("ab " * 3000 + "x", "ab " * 33000),
        ("a" * 10000, "a" * 100000),
        ("a" * 10000 + "b", "a" * 100000),
        ("a...b" * 2000, "ab" * 50000),
        ("'" * 10000, "'" * 100000),
        ("e" + "\u0301" * 10000, "e" + "\u0301" * 100000),
        ("a\u0301" * 5000, "a\u0301" * 50000),
        ("- " * 5000 + "x", "- " * 50000),
        ("x" * 10000, " " * 100000),
    ],
    ids=range(9),
)
def test_hostile_input_is_answered(quotation: str, text: str) -> None:
    found = align(quotation, text)
    assert 0 <= found.start <= found.end <= len(text)
    assert (found.start == found.end) == (found.kind == NONE)


pieces = st.sampled_from(
    [*"aAbé eE'“”’\"-—…. \n\r\t", "\r\n", "🧵", "\u0301", "\u00a0", "ﬁ", "ß", "İ", "\u200d", "¨", "..."]
)
texts = st.lists(pieces, max_size=30).map("".join)


@given(texts, texts)
def test_offsets_lead_back_to_the_quotation(quotation: str, text: str) -> None:
    found = align(quotation, text)
    passage = text[found.start : found.end]
    assert passage == passage.strip()
    if found.kind == EXACT:
        assert passage == quotation.strip()
    if found.kind == NORMALIZED and "..." not in normalize(quotation):
        edge = " '.,;:!?-[]()"
        assert normalize(passage).strip(edge) == normalize(quotation).strip(edge)
    assert (found.kind == NONE) == (found.places == 0) == (passage == "" and found.start == len(text))


@given(texts, st.data())
def test_every_passage_of_a_text_is_found_exactly(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assume(not splits(text, start) and not splits(text, end))
    passage = text[start:end]
    found = align(passage, text)
    if passage.strip():
        assert found.kind in {EXACT, NORMALIZED}
        assert normalize(text[found.start : found.end]).strip(" '.,;:!?-[]()") == normalize(passage).strip(
            " '.,;:!?-[]()"
        )


@given(texts)
def test_the_normalized_form_is_the_same_for_all_unicode_forms_and_for_itself(text: str) -> None:
    assert normalize(text) == normalize(unicodedata.normalize("NFD", text)) == normalize(normalize(text))


WORDS = [
    "Mara",
    "Voss",
    "told",
    "the",
    "council",
    "that",
    "every",
    "mill",
    "on",
    "the",
    "river",
    "would",
    "need",
    "looms",
]


@given(st.data())
def test_a_perturbed_passage_is_found_where_it_stood(data: st.DataObject) -> None:
    before, after = (
        " ".join(data.draw(st.lists(st.sampled_from(["Quiet", "days", "🧵", "passed\r\n"]), max_size=8))) for _ in "ab"
    )
    joints = data.draw(st.lists(st.sampled_from([" ", "\r\n", " — ", ", ", " “"]), min_size=14, max_size=14))
    passage = "".join(word + joint for word, joint in zip(WORDS, joints, strict=True)) + "grew"
    text = f"{before} {passage}. {after}"
    space = data.draw(st.sampled_from([" ", "  ", "\n", "\u00a0"]))
    quotation = passage.replace("“", '"').replace("—", "-").replace("\r\n", space)
    if data.draw(st.booleans()):
        quotation = quotation.upper()
    for word in data.draw(st.lists(st.sampled_from(["council", "every", "river", "would", "looms"]), max_size=2)):
        at = quotation.lower().find(word) + data.draw(st.integers(1, len(word) - 1))
        if word in quotation.lower():
            quotation = quotation[:at] + data.draw(st.sampled_from(["", "x"])) + quotation[at + 1 :]
    quotation = data.draw(st.sampled_from(["{}", '"{}"', "{}.", "“{},”", "{}…"])).format(quotation)
    found = align(quotation, text)
    assert (found.kind != NONE, text[found.start : found.end].removesuffix(".")) == (True, passage)
