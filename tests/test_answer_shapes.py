"""What language models answer instead of what they were asked for: refusals, thoughts, tables, tags, other keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.answers import AnswerError
from chipstance.layers import parse_layers
from chipstance.model_output import Fault, Reading, read_answers

LAYERS = parse_layers(json.loads((Path(__file__).parents[1] / "schema/layers.json").read_text("utf-8")))
TEXT = (
    "Oakline paid $3 million to Pear Works.\n"
    "Ada Quill said Oakline was wise. “Pears matter,” she added.\n"
    "The board of Oakline is paying for pears, said Bo Marsh of Teal Inc.\n"
)
OAKLINE, PEAR, TEAL = ("organization", "Oakline"), ("organization", "Pear Works"), ("organization", "Teal Inc.")
SAID, ADDED, MONEY = ("cue", "said"), ("cue", "added"), ("money", "$3 million")
QUILL, MARSH = ("speaker", "Ada Quill"), ("speaker", "Bo Marsh")

Spans = list[tuple[str, str]]


def reading(answer: Any) -> Reading:
    return read_answers([answer if isinstance(answer, str) else json.dumps(answer)], TEXT, LAYERS)


def spans(answer: Any) -> Spans:
    return sorted((span.layer, span.text) for span in reading(answer).spans)


def attributes(answer: Any) -> dict[str, Any]:
    (span,) = reading(answer).spans
    return dict(span.attributes)


def faults(answer: Any) -> list[str]:
    return [remark.kind for remark in reading(answer).remarks if isinstance(remark, Fault)]


SCHEMA = {
    "type": "object",
    "properties": {"spans": {"type": "array", "items": {"properties": {"layer": {"enum": ["cue", "money"]}}}}},
}


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "I cannot help with that."},
        {"response": "I'm sorry, I can't."},
        {"refusal": True, "reason": "copyright"},
        {"refusal": "I can't", "spans": []},
        {"error": {"code": 400, "message": "content filter"}},
        SCHEMA,
        {"organization": {"type": "array", "items": {"type": "string"}}},
        {"entities": {"ORG": ["Oakline"]}},
        {"organization": [], "ORG": ["Oakline"]},
        "[1] [2]",
        "As [1] and [2] say, I can't do this.",
        [{"layer": "cue"}, {"layer": "cue", "start": 3}],
        [{"text": "said"}],
        ["Oakline", "Pear Works"],
        {"cue": 4},
        {"status": "ok"},
        [{"foo": "bar"}],
        [None],
        '{"role": "assistant", "content": "I must decline."}',
        "<think>Only thoughts</think>",
    ],
)
def test_a_refusal_or_another_shape_is_no_answer(answer: Any) -> None:
    with pytest.raises(AnswerError):
        reading(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"spans": []},
        {"cue": []},
        {"cue": [], "money": None, "stance": "none", "speaker": {}},
        {"reasoning": "There is nothing.", "spans": []},
        {"result": {"spans": []}},
        {"name": "label", "arguments": '{"spans": []}'},
        "```json\n[]\n```",
        "None found.\n\n[]",
        '[{"cue": []}, {"money": []}]',
        '{"entities": []}',
        {"money": "N/A"},
    ],
)
def test_only_what_says_nothing_is_nothing(answer: Any) -> None:
    assert spans(answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        'ok <think>{"cue": ["added"]}</think> {"cue": ["said"]}',
        '<think>{"cue": ["added"]}</think>\n<think>{"money": ["$3 million"]}</think>\n{"cue": ["said"]}',
        '<think>{"money": ["$3 million"]}</think >{"cue": ["said"]}',
        '<thinking type="x">{"money": ["$3 million"]}</thinking>{"cue": ["said"]}',
        '[THINK]{"money": ["$3 million"]}[/THINK]{"cue": ["said"]}',
        '◁think▷{"money": ["$3 million"]}◁/think▷{"cue": ["said"]}',
        '<analysis>{"money": ["$3 million"]}</analysis><answer>{"cue": ["said"]}</answer>',
        '<|channel|>analysis<|message|>{"money": ["$3 million"]}<|end|><|start|>assistant'
        '<|channel|>final<|message|>{"cue": ["said"]}<|return|>',
        'analysisPerhaps {"money": ["$3 million"]}assistantfinal{"cue": ["said"]}',
        '<|START_THINKING|>{"money": ["$3 million"]}<|END_THINKING|>{"cue": ["said"]}',
        '<|begin_of_thought|>{"money": ["$3 million"]}<|end_of_thought|>{"cue": ["said"]}',
        'Hm, {"money": ["$3 million"]} or "x"?</think>{"cue": ["said"]}',
        '<think>a <think> in it, {"money": ["$3 million"]}</think> b</think>{"cue": ["said"]}',
        '{"cue": ["said"]} <think>Or {"money": ["$3 million"]}?',
        '<reasoning>\n- money: $3 million\n</reasoning>\n## Cues\n- said',
    ],
)  # fmt: skip
def test_thoughts_are_no_answer(answer: str) -> None:
    assert spans(answer) == [SAID]


@pytest.mark.parametrize(
    "answer",
    [
        '<think>Maybe {"cue": ["said"]} but then',
        '<|channel|>analysis<|message|>Maybe {"cue": ["said"]}',
        "[THINK]\n## Cues\n- said",
        '{"cue": ["said"]} wrong</think>',
    ],
)
def test_thoughts_alone_are_unanswered(answer: str) -> None:
    with pytest.raises(AnswerError):
        reading(answer)


def test_tags_in_a_quotation_are_no_thoughts() -> None:
    assert spans('{"cue": ["said"], "statement": ["<think> about it", "</think>"]}')[:1] == [SAID]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"minimum": 5,600,000', {"minimum": "5600000"}),
        ('"minimum": 5,600,000.50, "currency": "USD"', {"minimum": "5600000.5", "currency": "USD"}),
        ('"minimum": 5_600_000', {"minimum": "5600000"}),
        ('"minimum": +5600000', {"minimum": "5600000"}),
        ('"minimum": 5600000.', {"minimum": "5600000"}),
        ('"minimum": 1e999999999, "currency": "USD"', {"currency": "USD"}),
        (f'"minimum": {"7" * 5000}, "currency": "USD"', {"currency": "USD"}),
        ('"minimum": 5.6 * 1000000, "currency": "USD"', {"currency": "USD"}),
        ('"currency": USD, "maximum": null', {"currency": "USD", "maximum": None}),
        ('"minimum": , "currency": "USD"', {"currency": "USD"}),
        ('"currency": ', {}),
        ('"minimum": $3 million', {}),
        ('"minimum": about three, "currency": "USD"', {"currency": "USD"}),
    ],
)
@pytest.mark.parametrize("around", ['{{"spans": [{}]}}', "{}", '[{}, {{"layer": "cue", "text": "said"}}]'])
def test_a_bad_value_costs_no_item(value: str, kept: dict[str, Any], around: str) -> None:
    answer = around.format('{"layer": "money", "text": "$3 million", ' + value + "}")
    found = reading(answer)
    assert (found.spans[0].layer, found.spans[0].text) == MONEY
    assert dict(found.spans[0].attributes) == kept
    assert len(found.spans) == 1 + ("said" in answer)
    assert found.remarks


@pytest.mark.parametrize("cut", ['"currency": "US', '"currency"', '"curr', "", '"minimum": 3', '"attributes": {"curr'])
@pytest.mark.parametrize("before", ["", "[", '{"spans": [', '{"spans": [{"layer": "cue", "text": "said"}, '])
def test_a_cut_after_a_text_keeps_it(cut: str, before: str) -> None:
    found = reading(before + '{"layer": "money", "text": "$3 million", ' + cut)
    assert MONEY in [(span.layer, span.text) for span in found.spans]
    assert "truncated" in [remark.kind for remark in found.remarks]


RIGHT = '{"organization": ["Oakline"]}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"{RIGHT}\nProblems: []", [OAKLINE]),
        (f"{RIGHT}\nProblems: {{}}", [OAKLINE]),
        (f'{RIGHT}\n\nNotes: ["none"]\nConfidence: {{"organization": 0.9}}', [OAKLINE]),
        (f"Draft: {RIGHT}\nFinal answer: []", []),
        (f"Example: {RIGHT}\n<answer>[]</answer>", []),
        (f"Example: {RIGHT}\n**Answer:**\n```json\n[]\n```", []),
        (f'Example: {RIGHT} So here: {{"spans": []}}', []),
    ],
)
def test_a_bare_empty_list_is_the_answer_only_where_it_is_named_so(answer: str, expected: Spans) -> None:
    assert spans(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"organization": ["Oakline" "Pear Works"]}', [OAKLINE, PEAR]),
        ('{"organization": ["Oakline" "Pear Works" "Teal Inc."], "cue": ["said"]}', [SAID, OAKLINE, PEAR, TEAL]),
        ('{"organization": ["Oakline" /* payer */, "Pear Works"]}', [OAKLINE, PEAR]),
        ('{"organization": ["Oakline", "Pear Works" /* payee */]}', [OAKLINE, PEAR]),
        ('{"organization": ["Oakline" # payer\n, "Pear Works" # payee\n]}', [OAKLINE, PEAR]),
        ('{"organization": ["Oakline", "Pear Works", "cue": ["said"]}', [SAID, OAKLINE, PEAR]),
        ('{"organization": ["Oakline", "Pear Works"}', [OAKLINE, PEAR]),
        ('{"spans": [{"layer": "cue", "text": "said"], "x": 1}', [SAID]),
        ('{"cue": ["said"]], "organization": ["Oakline"]}', [SAID, OAKLINE]),
        ('```json\n{"cue": ["said", "ad\n```\n```json\nded"], "organization": ["Oakline"]}\n```', [SAID]),
        ('```json\n[{"layer": "cue", "text": "said"}, {"layer"\n```\nMore:\n```json\n'
         '[{"layer": "organization", "text": "Oakline"}]\n```', [SAID, OAKLINE]),
        ('{"organization": [Oakline, Pear Works], "cue": [said]}', [SAID, OAKLINE, PEAR]),
        ('{"statement": ["Pears "really" matter", "Oakline was wise"]}',
         [("statement", ""), ("statement", "Oakline was wise")]),
    ],
)  # fmt: skip
def test_items_are_not_glued_together(answer: str, expected: Spans) -> None:
    assert spans(answer) == sorted(expected)
    assert reading(answer).remarks


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"money": "none", "cue": ["said"]}, [SAID]),
        ({"stance": "N/A", "cue": ["said"]}, [SAID]),
        ({"cue": ["said", "..."]}, [SAID]),
        ({"cue": ["said", "…", "-", "None", "not applicable"]}, [SAID]),
        ([{"layer": "money", "text": "none"}, {"layer": "cue", "text": "said"}], [SAID]),
    ],
)
def test_a_placeholder_is_no_prediction(answer: Any, expected: Spans) -> None:
    assert spans(answer) == expected
    assert set(faults(answer)) == {"text"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"organization": "Oakline, Pear Works"}, [OAKLINE, PEAR]),
        ({"organization": "Oakline; Pear Works; Teal Inc."}, [OAKLINE, PEAR, TEAL]),
        ({"cue": "said, added"}, [SAID, ADDED]),
        ({"organization": "Teal, Inc."}, [("organization", "Teal Inc")]),
        ({"speaker": "Bo Marsh, of Teal"}, [("speaker", "Bo Marsh of Teal")]),
        ({"statement": "Oakline was wise"}, [("statement", "Oakline was wise")]),
    ],
)
def test_names_in_one_text_are_parted(answer: Any, expected: Spans) -> None:
    assert len(spans(answer)) == len(expected)
    if "Inc." not in str(answer) and "of" not in str(answer):
        assert spans(answer) == sorted(expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("- **Oakline** – a pear firm\n- **Pear Works**: growers\n* Teal Inc. (a maker)", [OAKLINE, PEAR, TEAL]),
        ("- Oakline - a pear firm\n- Pear Works: growers\n1. Teal Inc. — a maker", [OAKLINE, PEAR, TEAL]),
        ("- __Oakline__ (payer)\n- **Pear Works:** growers", [OAKLINE, PEAR]),
    ],
)
def test_a_gloss_is_left_out(answer: str, expected: Spans) -> None:
    answer = f"## Organizations\n{answer}"
    assert spans(answer) == expected
    assert faults(answer) == ["gloss"] * len(expected)


def test_tags_stand_where_the_text_has_them() -> None:
    inside = "<statement>The board of <organization>Oakline</organization> is paying for pears</statement>, said Bo"
    for answer in (inside, f"1. {inside}", inside.replace(" of", "\n of")[:0] + inside):
        found = reading(answer).spans
        assert [(span.layer, span.text) for span in found] == [
            OAKLINE,
            ("statement", "The board of Oakline is paying for pears"),
        ]
        assert found[0].start == TEXT.rindex("Oakline")
    copy = TEXT.replace("said", "<cue>said</cue>").replace("Quill said", "Quill said")
    assert [span.start for span in reading(copy).spans] == [TEXT.index("said"), TEXT.rindex("said")]


def test_tags_have_attributes() -> None:
    assert attributes('<span layer="organization" entity="oakline">Oakline</span>') == {"entity": "oakline"}
    assert attributes("<money currency='USD' minimum=\"3000000\">$3 million</money>") == {
        "currency": "USD",
        "minimum": "3000000",
    }
    assert faults("<cue>said</cue> and <organization>Oakline") == ["shape"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("## Organizations\n| Text | Entity |\n|---|---|\n| Oakline | oakline |\n| Pear Works | |", [OAKLINE, PEAR]),
        ("| # | Span | Type |\n|---|---|---|\n| 1 | Oakline | Organization |\n| 2 | said | Cue |", [SAID, OAKLINE]),
        ("| Span | Type |\n|:--|--:|\n| **Oakline** | Organization |\n| “said” | Cue |", [SAID, OAKLINE]),
        ("| Layer | Text | Note |\n|-|-|-|\n| cue | said | the verb |", [SAID]),
        ("| Speaker | Cue | Statement |\n|---|---|---|\n| Ada Quill | said | Oakline was wise |",
         [SAID, QUILL, ("statement", "Oakline was wise")]),
        ("| Organization | Money |\n|---|---|\n| Oakline | $3 million |\n| Pear Works | - |", [MONEY, OAKLINE, PEAR]),
        ("layer,text\ncue,said\norganization,Oakline", [SAID, OAKLINE]),
        ('```csv\nlayer,text,entity\norganization,"Oakline",oakline\ncue,said,\n```', [SAID, OAKLINE]),
        ("text\tlayer\nsaid\tcue\nOakline\torganization", [SAID, OAKLINE]),
        ("speaker,cue\nAda Quill,said", [SAID, QUILL]),
        ("| cue | said |\n| organization | Oakline |", [SAID, OAKLINE]),
        ("**Cues**\n\n| Word |\n|---|\n| said |", [SAID]),
    ],
)  # fmt: skip
def test_tables(answer: str, expected: Spans) -> None:
    assert spans(answer) == sorted(expected)


def test_columns_are_attributes() -> None:
    table = "| Layer | Text | Currency | Minimum | Qualifier |\n|---|---|---|---|---|\n"
    row = "| money | $3 million | USD | 3,000,000 | Exact |"
    found = {"currency": "USD", "minimum": "3000000", "qualifier": "exact"}
    assert attributes(table + row) == found
    assert attributes("layer,text,currency,minimum,qualifier\nmoney,$3 million,USD,3000000,exact") == found
    lost = "\n| ORG | Oakline | | | |\n| money | | | | |"
    assert faults(table + row + lost) == ["layer", "text"]
    (speaker, cue, statement) = reading(
        "| Statement | Speaker | Cue |\n|---|---|---|\n| Oakline was wise | Ada Quill | said |"
    ).spans[::-1]
    assert statement.layer == "statement"
    assert {statement.attributes["speaker"], statement.attributes["cue"]} == {speaker.id, cue.id}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([{"word": "said", "entity_group": "CUE", "score": 0.9, "start": 49, "end": 53}], [SAID]),
        ([{"entity": "Oakline", "label": "ORGANIZATION"}], [OAKLINE]),
        ({"choices": [{"message": {"role": "assistant", "content": 'Sure:\n{"cue": ["said"]}'}}]}, [SAID]),
        ([{"layer": "cue", "text": "said"}, {"id": "cue-28"}], [SAID]),
        ([{"entity": "CUE", "word": "said", "index": 3}], [SAID]),
        ({"organization": [{"name": "Oakline", "mentions": ["Oakline", {"text": "Oakline"}]}]}, [OAKLINE, OAKLINE]),
        ([{"type": "organization", "entity": "oakline", "mentions": ["Oakline"]}], [OAKLINE]),
        ({"money": [{"amount": "$3 million", "currency": "USD"}]}, [MONEY]),
        ([{"layer": "money", "amount": "$3 million"}], [MONEY]),
    ],
)
def test_pipeline_shapes(answer: Any, expected: Spans) -> None:
    assert spans(answer) == expected


def test_an_unknown_layer_is_named() -> None:
    found = reading([{"text": "Oakline", "type": "ORG"}, {"word": "Oakline", "label": "PER"}, ["cue", "said"]])
    assert "no layer is called 'ORG'" in [remark.message for remark in found.remarks]
    assert len(faults([{"word": "x", "label": "PER"}, ["cue", "said"]])) == 1


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"minimum": "5.6M", "maximum": "$5.6 million", "currency": "$"},
         {"minimum": "5600000", "maximum": "5600000", "currency": "USD"}),
        ({"currency": "€", "minimum": "three million"}, {"currency": "EUR", "minimum": "3000000"}),
        ({"currency": "US dollars", "minimum": "$2.5bn"}, {"currency": "USD", "minimum": "2500000000"}),
        ({"currency": "¥", "minimum": "$60-65 million", "maximum": "millions"}, {}),
        ({"currency": "Gold", "minimum": ""}, {"minimum": None}),
    ],
)  # fmt: skip
def test_amounts_and_currencies_are_read(values: dict[str, Any], read: dict[str, Any]) -> None:
    assert attributes([{"layer": "money", "text": "$3 million", **values}]) == read


@pytest.mark.parametrize(
    ("said", "holder"),
    [
        ("Ada Quill", "ada-quill"),
        ("Zoë O’Marsh", "zoe-omarsh"),
        ("author", "author"),
        ("Author", "author"),
        ("ada-quill",) * 2,
    ],
)
def test_a_name_is_read_as_its_id(said: str, holder: str) -> None:
    assert attributes([{"layer": "stance", "text": "Oakline was wise", "holder": said}]) == {"holder": holder}


@pytest.mark.parametrize("said", [2, "2", "2nd", "second", "Second", 2.0])
def test_an_occurrence_is_read_in_words(said: Any) -> None:
    (span,) = reading([{"layer": "cue", "text": "said", "occurrence": said}]).spans
    assert span.start == TEXT.rindex("said")


@pytest.mark.parametrize("said", ["last one", 0, -1, 1.5, True, [2], "9" * 40])
def test_an_occurrence_that_can_not_be_read_is_said(said: Any) -> None:
    item = {"layer": "cue", "text": "said", "occurrence": said}
    assert (spans([item]), faults([item])) == ([SAID], ["value"])


def test_remarks_are_capped() -> None:
    for answer in ({"cue": ["said"], "ORG": ["x"] * 9}, {"cue": ["said"] + ["none"] * 5000}):
        assert len(reading(answer).remarks) <= 110
    found = reading('{"cue": ["said", "' + 'a "b" ' * 3000 + '"]}')
    assert len([remark for remark in found.remarks if remark.kind == "inner-quote"]) <= 102


VALID = [
    json.dumps({"spans": [{"layer": "organization", "text": "Oakline", "id": 1}, {"layer": "cue", "text": "said"}]}),
    json.dumps({"organization": ["Oakline", "Pear Works"], "money": [{"text": "$3 million", "minimum": 3000000}]}),
    json.dumps([{"statement": "Oakline was wise", "speaker": "Ada Quill", "cue": "said"}], indent=1),
    '<think>x</think>```json\n{"cue": ["said", "added"], "money": []}\n```',
    '{"layer": "cue", "text": "said"}\n{"layer": "speaker", "text": "she"}',
]  # fmt: skip
PIECES = st.sampled_from(
    ["{", "}", "[", "]", '"', ",", ":", "\n", "```", "<think>", "</think>", " ", "x", "7", "\\", "'"]
)


@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 6), PIECES | st.just("")), max_size=5),
)
def test_spoilt_answers_give_an_answer_error_or_no_more_spans_than_strings(
    answer: str, edits: list[tuple[int, int, str]]
) -> None:
    for at, cut, piece in edits:
        answer = answer[:at] + piece + answer[at + cut :]
    try:
        found = read_answers([answer], TEXT, LAYERS).spans
    except AnswerError:
        return
    strings = answer.count('"') + answer.count("'") + answer.count(":") + answer.count(",")
    for layer in LAYERS:
        assert len([span for span in found if span.layer == layer.name]) <= strings + 1
