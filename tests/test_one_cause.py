"""In a file of lines, too, one cause is one problem: many spans, keys or lines that are wrong alike are told once."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from chipstance import line_files
from chipstance.context import Given
from chipstance.engines import Processes
from chipstance.model import Problem
from chipstance.validate import check

TEXT = "A header.\r\n" + "".join(f"Ürsula {number:02d} said “yes” 😀.\r\n" for number in range(12))
NAMES = [(found.start(), found.end()) for found in re.finditer(r"Ürsula \d\d", TEXT)]

Places = Sequence[tuple[int, int]]
Json = Any


def organization(number: int, start: int, end: int, text: str = "") -> dict[str, Json]:
    covered = text or TEXT[start:end]
    values = {"entity": "ursula"}
    return {"id": f"o{number}", "layer": "organization", "start": start, "end": end, "text": covered} | {
        "attributes": values
    }


def spans(places: Places) -> list[dict[str, Json]]:
    """Return the names in the text, with other offsets than theirs."""
    pairs = zip(NAMES, places, strict=True)
    return [organization(number, *place, TEXT[slice(*name)]) for number, (name, place) in enumerate(pairs)]


def found(folder: Path, *lines: str | bytes, given: Given | None = None) -> list[Problem]:
    path = folder / "some.jsonl"
    path.write_bytes(b"".join(line.encode() if isinstance(line, str) else line for line in lines))
    return list(check([path], given=given).problems)


def document(held: Json, text: str = TEXT) -> str:
    return json.dumps({"doc": "mill", "text": text, "spans": held}, ensure_ascii=False) + "\n"


def in_bytes(at: int) -> int:
    return len(TEXT[:at].encode())


def in_units(at: int) -> int:
    return len(TEXT[:at].encode("utf-16-le")) // 2


def in_lines(at: int) -> int:
    return at - TEXT[:at].count("\r\n")


CAUSES: dict[str, tuple[Callable[[int, int], tuple[int, int]], str]] = {
    "too far right": (lambda s, e: (s + 5, e + 5), "12 spans stand 5 too far right; take 5 from their starts and ends"),
    "too far left": (lambda s, e: (s - 9, e - 9), "12 spans stand 9 too far left; add 9 to their starts and ends"),
    "of another text": (lambda s, e: (s + 10**6, e + 10**6), "12 spans stand 1000000 too far right; take 1000000 from"),
    "bytes": (
        lambda s, e: (in_bytes(s), in_bytes(e)),
        "12 spans fit when their offsets are read as UTF-8 bytes; count",
    ),
    "units": (lambda s, e: (in_units(s), in_units(e)), "11 spans fit when their offsets are read as UTF-16 units"),
    "line ends": (lambda s, e: (in_lines(s), in_lines(e)), r"12 spans fit when \r\n is counted as one; count two"),
    "last, not end": (lambda s, e: (s, e - 1), "12 spans are off by the same; add 1 to their ends"),
    "swapped": (lambda s, e: (e, s), "12 spans fit when start and end change places; end must be greater than start"),
    "length": (lambda s, e: (s, e - s), "12 spans fit when end is read as a length; end is where the span ends"),
    "from one": (lambda s, e: (s + 1, e), "12 spans are off by the same; take 1 from their starts"),
}


@pytest.mark.parametrize(("wrong", "said"), CAUSES.values(), ids=CAUSES)
def test_offsets_that_are_wrong_by_one_cause_are_told_once(
    tmp_path: Path, wrong: Callable[[int, int], tuple[int, int]], said: str
) -> None:
    held = spans([wrong(*place) for place in NAMES])
    (of_document,) = found(tmp_path, document(held))
    assert said in of_document.message
    first = next(number for number, span in enumerate(held) if wrong(*NAMES[number]) != NAMES[number])
    assert of_document.pointer.startswith(f"/spans/{first}/")
    line = json.dumps({"doc": "mill", "spans": held}) + "\n"
    (of_predictions,) = found(tmp_path, line, given=Given({"mill": TEXT}))
    assert (of_predictions.rule, of_predictions.message) == (of_document.rule, of_document.message)


def test_labels_of_another_document_are_told_once(tmp_path: Path) -> None:
    other = TEXT.replace("Ürsula", "Ottilie").replace("yes", "no")
    [problem] = found(tmp_path, document(spans(NAMES), other))
    assert problem.rule == "span-text-mismatch"
    assert "12 spans have texts that stand nowhere in this document; see that it is the right one" in problem.message
    held = [*spans(NAMES), organization(12, 0, 8, "A header")]  # one is the same by chance
    assert [problem.message for problem in found(tmp_path, document(held, other))] == [problem.message]


@pytest.mark.parametrize(("of", "form"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_labels_of_another_normal_form_are_told_once(
    tmp_path: Path, of: Literal["NFC", "NFD"], form: Literal["NFC", "NFD"]
) -> None:
    text, other = (unicodedata.normalize(each, TEXT) for each in (of, form))
    places = [(each.start(), each.end()) for each in re.finditer(r"U\u0308?rsula \d\d|Ürsula \d\d", other)]
    held = [organization(number, *place, other[slice(*place)]) for number, place in enumerate(places)]
    [problem] = found(tmp_path, document(held, text))
    assert f"12 spans fit the text in its {'composed' if form == 'NFC' else 'decomposed'} form" in problem.message


@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace(" ", "\u00a0"), lambda text: text[:-1]])
def test_texts_that_are_copied_wrongly_are_not_of_another_document(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    held = [organization(number, *place, change(TEXT[slice(*place)])) for number, place in enumerate(NAMES)]
    problems = found(tmp_path, document(held))
    assert problems
    assert not any("right one" in problem.message for problem in problems)


def test_spans_without_texts_that_begin_behind_their_ends_are_told_once(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    gold = json.loads((example / "annotations" / "gold" / "mill.json").read_text("utf-8"))
    held = [{"layer": each["layer"], "start": each["end"], "end": each["start"]} for each in gold["spans"]]
    [problem] = found(tmp_path, json.dumps({"doc": "mill", "spans": held}))
    assert f"{len(held)} spans begin behind their ends; see whether" in problem.message


def test_a_span_astray_is_no_duplicate_too(tmp_path: Path) -> None:
    held = [organization(0, *NAMES[0]), organization(1, *NAMES[0], TEXT[slice(*NAMES[1])])]
    assert [problem.rule for problem in found(tmp_path, document(held))] == ["span-text-mismatch"]


def test_one_line_end_of_two_kinds_hides_no_cause(tmp_path: Path) -> None:
    other = TEXT.replace("😀", ":)").replace("Ü", "U")
    text = other.replace("\r\n", "\n").replace("A header.\n", "A header.\r\n")
    places = [(each.start(), each.end()) for each in re.finditer(r"Ursula \d\d", other)]
    held = [organization(number, *place, other[slice(*place)]) for number, place in enumerate(places)]
    [problem] = found(tmp_path, document(held, text))
    assert r"11 spans fit when \n is counted as two; count one code point" in problem.message


@pytest.mark.parametrize(("start", "end", "mend"), [
    (20, 11, "the offsets fit when start and end change places"),
    (11, 9, "the offsets fit when end is read as a length"),
    (11, 8, "end must be greater than start"),
    (11, 11, "end must be greater than start"),
])  # fmt: skip
def test_a_span_that_covers_nothing_says_what_its_offsets_may_be(
    tmp_path: Path, start: int, end: int, mend: str
) -> None:
    [problem] = found(tmp_path, document([organization(0, start, end, TEXT[slice(*NAMES[0])])]))
    assert (problem.rule, problem.message.partition(": ")[2].partition(";")[0]) == ("span-empty", mend)


def test_a_line_end_counted_as_two_is_told_once(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, document(spans(NAMES), TEXT.replace("\r\n", "\n")))
    assert r"12 spans fit when \n is counted as two; count one code point" in problem.message


def test_texts_that_differ_in_one_way_are_told_once(tmp_path: Path) -> None:
    ways: dict[str, Callable[[str], str]] = {
        "12 spans differ in line ends only; copy the text as it stands": lambda text: text.replace("\r\n", "\n"),
        "12 spans differ in Unicode normalization only": partial(unicodedata.normalize, "NFD"),
    }
    for said, other in ways.items():
        pairs = [(start, end + 17) for start, end in NAMES]
        held = [organization(n, *place, other(TEXT[slice(*place)])) for n, place in enumerate(pairs)]
        problems = [each for each in found(tmp_path, document(held)) if each.rule == "span-text-mismatch"]
        assert len(problems) == 1, problems
        assert said in problems[0].message


def test_what_is_wrong_for_another_cause_is_told_beside(tmp_path: Path) -> None:
    held = spans([(start + 5, end + 5) for start, end in NAMES])
    held[3]["text"] = "Nobody"
    held[7].update(start=4, end=4)
    messages = {problem.pointer: problem.message for problem in found(tmp_path, document(held))}
    assert sorted(messages) == ["/spans/0/text", "/spans/3/text", "/spans/7/end"]
    assert "10 spans stand 5 too far right" in messages["/spans/0/text"]


def test_two_spans_have_no_common_cause(tmp_path: Path) -> None:
    held = spans([(start + 5 * (start < 60), end + 5 * (start < 60)) for start, end in NAMES])
    problems = found(tmp_path, document(held))
    assert [problem.pointer for problem in problems] == ["/spans/0/text", "/spans/1/text"]
    assert "that text stands at [11, 20)" in problems[0].message


def test_a_span_over_many_is_one_problem(tmp_path: Path) -> None:
    held = spans(NAMES)
    held[4] = organization(4, NAMES[1][0] + 2, NAMES[9][0] + 2)
    (problem,) = found(tmp_path, document(held))
    assert (problem.rule, problem.pointer) == ("span-overlap", "/spans/4")
    assert "overlaps 8 others, the first span 1 " in problem.message
    held[6] = organization(6, NAMES[2][0], NAMES[11][1])
    assert [problem.pointer for problem in found(tmp_path, document(held))] == ["/spans/4", "/spans/6"]


def test_two_spans_that_cross_are_one_problem(tmp_path: Path) -> None:
    held = spans(NAMES)
    held[4] = organization(4, NAMES[4][0], NAMES[5][0] + 2)
    (problem,) = found(tmp_path, document(held))
    assert (problem.rule, problem.pointer) == ("span-overlap", "/spans/5")


def test_spans_that_all_cross_are_all_told(tmp_path: Path) -> None:
    held = [organization(number, number, 40 + number) for number in range(30)]
    rules = [problem.rule for problem in found(tmp_path, document(held))]
    assert 28 <= rules.count("span-overlap") < 30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("start", "strat"),
        ("attributes", "attribute"),
        ("entity", "entitiy"),
        ("layer", "Layer"),
        ("id", "ids"),
        ("doc", "docs"),
        ("spans", "span"),
    ],
)
def test_a_misspelled_key_is_one_problem(tmp_path: Path, old: str, new: str) -> None:
    line = document([organization(0, *NAMES[0])]).replace(f'"{old}":', f'"{new}":')
    (problem,) = found(tmp_path, line)
    assert problem.message == f"unknown key '{new}': is '{old}' meant, which is missing?"
    assert problem.pointer.endswith(f"/{new}")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"begin": 0}, {"the key 'start' is missing: add it", "unknown key 'begin': remove it, or use"}),
        ({"starts": 0, "stat": 0}, {"unknown key 'starts': is 'start' meant,", "unknown key 'stat': remove it"}),
    ],
)
def test_a_key_that_is_like_none_or_like_one_that_is_there_is_unknown(
    tmp_path: Path, keys: dict[str, Json], said: set[str]
) -> None:
    span = organization(0, *NAMES[0])
    del span["start"]
    messages = [problem.message for problem in found(tmp_path, document([span | keys]))]
    assert len(messages) == len(said)
    assert all(any(message.startswith(each) for message in messages) for each in said)


def test_a_link_to_a_span_whose_id_is_lost_is_no_second_problem(tmp_path: Path) -> None:
    speaker = organization(0, *NAMES[0]) | {"layer": "speaker", "attributes": {"entity": "ursula", "mention": "name"}}
    values = {"speaker": "o0", "cue": None, "kind": "indirect", "utterance": None}
    statement = organization(1, *NAMES[1]) | {"layer": "statement", "attributes": values}
    assert found(tmp_path, document([speaker, statement])) == []
    speaker["ident"] = speaker.pop("id")
    assert {problem.rule for problem in found(tmp_path, document([speaker, statement]))} == {"schema"}


TABLE = "doc,text,spans\n" + "".join(f'mill,"A text, the {number}th.",[]\n' for number in range(200))
OTHERS = {
    "CSV": (TABLE, "this is CSV, with the columns 'doc, text, spans': write each document as a JSON object on a line"),
    "CSV of another encoding": (TABLE.replace("text,", "téxt,").encode("latin-1"), "on a line of its own"),
    "tabs": (TABLE.replace('","', "\t").replace(",", "\t"), "this is a table with tabs, with the columns 'doc, text"),
    "lines in cells": (TABLE.replace("text, the", "text,\nthe"), "this is CSV, with the columns"),
    "YAML": ("- doc: mill\n  text: A mill.\n  spans: []\n" * 9, "this is YAML: write each document as a JSON object"),
    "prose": ("A mill, a weir.\nIt stood, they say, for long.\n" * 50, "none of the first 20 lines is JSON: write"),
    "nothing": ("\n \n" * 40, "nothing stands on the first 20 lines: remove those that are empty"),
    "Python": ("{'doc': 'mill', 'spans': []}\n" * 90, "straight double quotes: write \" for ' (so it is in 90 places"),
    "a comma too many": (
        '{"doc": "mill", "spans": [],}\n' * 10,
        "a comma too many: remove it (so it is in the first",
    ),
    "anything": (bytes(range(256)) * 30, "this is no text: name the file as what it is, or fetch it again"),
}


@pytest.mark.parametrize(("content", "said"), OTHERS.values(), ids=OTHERS)
def test_a_file_of_lines_that_are_no_json_is_one_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, said: str
) -> None:
    (problem,) = found(tmp_path, content)
    assert (problem.rule, problem.line) == ("json-syntax", 1)
    assert said in problem.message
    monkeypatch.setattr(line_files, "PART", 500)
    assert check([tmp_path / "some.jsonl"], engine=Processes(2)).problems == (problem,)


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("A mill.\n", 1),
        ("A mill.\nA weir.\n" + document([]), 2),
        ("{'doc': 'mill'}\n{'doc': 'weir'}\n", 2),
        ("[1, 2\n[3, 4\n", 2),
        ("{'doc': 'mill'}\n{doc: 'weir'}\n" * 9, 18),
        ("{'doc': 'mill'}\n{doc: 'weir'}\n" * 10, 2),
        ("A mill.\n" * 30 + document([]), 1),
    ],
)
def test_lines_are_told_one_by_one_where_json_is_meant(tmp_path: Path, content: str, problems: int) -> None:
    assert len(found(tmp_path, content)) == problems


def test_lines_that_are_wrong_alike_keep_their_columns(tmp_path: Path) -> None:
    content = "".join(f'{{"doc": "d{number}", "text": "A mill.", "spans": [None]}}\n' for number in range(9))
    assert [(each.line, each.column) for each in found(tmp_path, content)] == [(line, 44) for line in range(1, 10)]
    [problem] = found(tmp_path, content + content)
    assert (problem.line, problem.column) == (1, 44)


def test_a_list_of_documents_on_a_line_says_what_a_line_is(tmp_path: Path) -> None:
    line = document([]).strip()
    said = "this is a list of objects: write each of them on a line of its own, without the brackets and commas around"
    (problem,) = found(tmp_path, f"[{line}, {line}]\n")
    assert (problem.rule, problem.message) == ("schema", said)
    (tmp_path / "some.json").write_text(f"[{line}, {line}]", "utf-8")
    (problem,) = check([tmp_path / "some.json"]).problems
    assert problem.message == f"{said}, and name it .jsonl"


def test_old_line_ends_say_so(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, (document([]).strip() + "\r") * 2)
    assert (problem.rule, problem.column) == ("json-syntax", len(document([])) + 1)
    assert "a carriage return alone ends no line" in problem.message


@pytest.mark.parametrize("written", ["1e400", "-1E400", "9" * 400 + ".0"])
def test_a_number_beyond_all_is_shown_as_it_is_written(tmp_path: Path, written: str) -> None:
    line = document([organization(0, *NAMES[0])]).replace('"start": 11', f'"start": {written}')
    (problem,) = found(tmp_path, line)
    assert (problem.rule, problem.column) == ("json-constant", line.index(written) + 1)
    assert problem.message.startswith(written[:20])


@pytest.mark.parametrize("space", ["", " ", "\t "])
def test_minus_zero_is_no_offset(tmp_path: Path, space: str) -> None:
    text = "Ürsula said 2024-01-05: -0 degrees."
    span = organization(0, 0, 6, "Ürsula")
    assert found(tmp_path, document([span], text)) == []
    (problem,) = found(tmp_path, document([span], text).replace('"start": 0', f'"start":{space}-0'))
    assert (problem.rule, problem.message) == ("whole-number", "-0 is zero: write 0")
    line = json.dumps({"doc": "mill", "spans": [span]}).replace('"start": 0', f'"start":{space}-0')
    (problem,) = found(tmp_path, line, given=Given({"mill": text}))
    assert problem.rule == "whole-number"


@pytest.mark.parametrize(("text", "rules"), [("  ", ["quotation-blank"]), ("\u00a0\n", ["quotation-blank"]), ("a", [])])
def test_a_quotation_holds_words(tmp_path: Path, text: str, rules: list[str]) -> None:
    line = json.dumps({"doc": "mill", "spans": [{"layer": "cue", "text": text}]})
    assert [problem.rule for problem in found(tmp_path, line, given=Given({"mill": TEXT}))] == rules


def test_an_empty_text_is_told_without_its_spans(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, document([organization(number, 0, 8) for number in range(5)], ""))
    assert (problem.rule, problem.pointer) == ("schema", "/text")


def test_lines_with_the_same_bad_id_do_not_stand_twice_too(tmp_path: Path) -> None:
    for bad in ("", "A B"):
        wrong = document([]).replace('"mill"', json.dumps(bad))
        assert [(each.rule, each.line) for each in found(tmp_path, wrong * 2, document([]) * 2)] == [
            ("schema", 1),
            ("schema", 2),
            ("doc-duplicate", 4),
        ]


@pytest.mark.parametrize("given", [{"id": "P1"}, {"id": ""}, {}])
def test_a_bad_id_is_told_without_those_who_refer_to_it(tmp_path: Path, given: dict[str, Json]) -> None:
    cue = {"id": "c1", "layer": "cue", "start": 9, "end": 13, "text": "said", "attributes": {}}
    speaker = {"id": "s1", "layer": "speaker", "start": 0, "end": 8, "text": "Ana Bell", "attributes": {}}
    speaker["attributes"] = {"entity": "ana-bell", "mention": "name"}
    said = {"speaker": "s1", "cue": "c1", "kind": "direct", "utterance": None}
    (statement,) = ({"id": "q1", "layer": "statement", "start": 15, "end": 18, "text": "Yes", "attributes": said},)
    text = "Ana Bell said: Yes"
    sound = found(tmp_path, document([speaker, cue, statement], text))
    del speaker["id"]
    (problem,) = (
        each for each in found(tmp_path, document([speaker | given, cue, statement], text)) if each not in sound
    )
    assert problem.rule == "schema"
