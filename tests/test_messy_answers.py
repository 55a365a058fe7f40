"""What language models really write: each answer, and the spans that it has to give."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.answers import AnswerError
from chipstance.layers import parse_layers
from chipstance.model_output import Fault, read_answers

LAYERS = parse_layers(json.loads((Path(__file__).parents[1] / "schema/layers.json").read_text("utf-8")))
TEXT = (
    "Brightloom Mills opens its patterns\n"
    "The weaving firm Brightloom paid €4.7 million to R&D Weavers on Monday. “Open looms won’t hurt us — they help,” "
    "said Ada Quill, who runs Brightloom. “We share the ﬁrst draft.\n"
    "And the second,” she added.\n"
    "Critics in Café Nord called the export curbs “a costly mistake”. Ned Shuttle said Quill’s plan was "
    "‘naïve’; the guild’s chief, Bo Marsh, said nothing at all, and he said so twice.\n"
)
HELP = "“Open looms won’t hurt us — they help,”"
DRAFT = "“We share the ﬁrst draft.\nAnd the second,”"
ORG = ("organization", "Brightloom")
SAID = ("cue", "said")
OTHERS = [("organization", "R&D Weavers"), ("organization", "Café Nord")]

Spans = list[tuple[str, str]]

ANSWERS: dict[str, tuple[str, Spans]] = {
    # the wrapping
    "plain": ('{"spans": [{"layer": "cue", "text": "said"}]}', [SAID]),
    "fence": ('```json\n{"cue": ["said"]}\n```', [SAID]),
    "fence without end": ('```json\n{"cue": ["said"]}', [SAID]),
    "fence in capitals with spaces": ('Here:\n\n``` JSON\n{"cue": ["said"]}\n ```\nBye!', [SAID]),
    "prose with braces": ('The set {x} of cues is: {"cue": ["said"]} as {you} asked [1].', [SAID]),
    "byte order mark": ('\ufeff{"cue": ["said"]}', [SAID]),
    "thoughts": ('<think>Is it {"cue": ["paid"]}?</think>\n{"cue": ["said"]}', [SAID]),
    "thoughts without a beginning": ('Perhaps {"cue": ["paid"]}\n</think>\n\n{"cue": ["said"]}', [SAID]),
    "answer tags": ('<answer>{"cue": ["said"]}</answer>', [SAID]),
    "chat template": ('<|assistant|>\n{"cue": ["said"]}<|end|>', [SAID]),
    "the example first": (
        'Example: {"spans": [{"layer": "cue", "text": "bellowed"}, {"layer": "cue", "text": "whispered"}]}\n'
        'Answer: {"spans": [{"layer": "cue", "text": "said"}]}',
        [SAID],
    ),
    "single spans after an example": (
        'As in {"spans": [{"layer": "cue", "text": "bellowed"}]}, so: {"layer": "cue", "text": "said"}',
        [SAID],
    ),
    "a draft first": ('{"cue": ["paid", "opens"]}\nNo, that is wrong. Corrected:\n{"cue": ["said"]}', [SAID]),
    "nothing after an example": ('Example: {"cue": ["bellowed"]}. Your text has none: {"cue": []}', []),
    "the same answer twice": ('{"cue": ["said"]}\n\n{"cue": ["said"]}', [SAID]),
    "one list a layer": (
        '**Cues**\n```json\n{"cue": ["said"]}\n```\n**Organizations**\n```json\n{"organization": ["Brightloom"]}\n```',
        [SAID, ORG],
    ),
    "items in prose": (
        'First, {"layer": "cue", "text": "said"} by Quill; then {"layer": "organization", "text": "Brightloom"}.',
        [SAID, ORG],
    ),
    "json lines": ('{"layer":"cue","text":"said"}\n{"layer":"organization","text":"Brightloom"}', [SAID, ORG]),
    "numbered json": ('1. {"layer":"cue","text":"said"}\n2. {"layer":"organization","text":"Brightloom"}', [SAID, ORG]),
    "lists one after another": ('[["cue","said"]]\n[{"layer":"organization","text":"Brightloom"}]', [SAID, ORG]),
    "arrays of arrays": ('[[{"layer":"cue","text":"said"}],[{"organization":["Brightloom"]}]]', [SAID, ORG]),
    "pairs": ('[["cue", "said"], ["Brightloom", "organization"]]', [SAID, ORG]),
    "python tuples": ("[('cue', 'said'), ('organization', 'Brightloom')]", [SAID, ORG]),
    "tool call": ('{"name": "label", "arguments": "{\\"spans\\": [{\\"cue\\": \\"said\\"}]}"}', [SAID]),
    "nested tool call": (
        '[{"type": "function", "function": {"name": "label", "arguments": "{\\"cue\\": [\\"said\\"]}"}}]',
        [SAID],
    ),
    "tool use": ('{"type": "tool_use", "name": "label", "input": {"cue": ["said"]}}', [SAID]),
    "content block": ('[{"type": "text", "text": "{\\"cue\\": [\\"said\\"]}"}]', [SAID]),
    "json in a string": ('"{\\"cue\\": [\\"said\\"]}"', [SAID]),
    "wrappers": ('{"result": {"annotations": [{"layer": "cue", "text": "said"}]}}', [SAID]),
    # the keys
    "quote and type": ('[{"type": "cue", "quote": "said"}]', [SAID]),
    "span and label": ('[{"label": "CUE", "span": "said"}]', [SAID]),
    "quotation and category": ('{"items": [{"category": "Cues", "quotation": "said"}]}', [SAID]),
    "mention under a layer": ('{"organizations": [{"mention": "Brightloom"}]}', [ORG]),
    "name under a layer": ('{"Organizations": [{"name": "Brightloom", "type": "company"}]}', [ORG]),
    "quotation to layer": ('{"said": "cue", "Brightloom": "organization"}', [SAID, ORG]),
    "one string, not a list": ('{"cue": "said"}', [SAID]),
    "null for none": ('{"cue": ["said"], "money": null, "stance": []}', [SAID]),
    # the JSON
    "python": ("{'cue': ['said'], 'money': None,}", [SAID]),
    "comments": ('{"cue": ["said"], // one\n # two\n "organization": ["Brightloom"] /* three */}', [SAID, ORG]),
    "bare keys": ('{cue: ["said",], organization: ["Brightloom"],}', [SAID, ORG]),
    "smart quotation marks": ("{“cue”: [“said”], ‘organization’: [‘Brightloom’]}", [SAID, ORG]),
    "an ellipsis": ('{"cue": ["said", ...], "organization": ["Brightloom"]}', [SAID, ORG]),
    "cut off in a string": ('{"cue": ["said", "call', [SAID]),
    "cut off in an item": ('[{"layer": "cue", "text": "said"}, {"layer": "organization", "te', [SAID]),
    "cut off in the second list": ('{"cue": ["said"], "organization": ["Bright', [SAID]),
    "no comma": ('[{"layer": "cue" "text": "said"} {"layer": "organization" "text": "Brightloom"}]', [SAID, ORG]),
    "marks not escaped": ('{"statement": [""Open looms won\'t hurt us - they help,""]}', [("statement", HELP)]),
    "not a number": ('[{"layer": "cue", "text": "said", "score": NaN}]', [SAID]),
    # no JSON
    "headings": ("## Cues\n- said\n\n## Organizations\n* **Brightloom**\n* none", [SAID, ORG]),
    "lines": ("cue: said\norganization: Brightloom\nmoney: none", [SAID, ORG]),
    "marked lines": ('- **Cue:** "said" (by Ada Quill)\n- **Organization:** “Brightloom” — the firm', [SAID, ORG]),
    "layer last": ('1. "said" - cue\n2. "Brightloom" - organization', [SAID, ORG]),
    "yaml": ("cue:\n  - said\norganization:\n  - Brightloom\n", [SAID, ORG]),
    "table": ("| layer | text |\n|---|---|\n| cue | said |\n| organization | Brightloom |", [SAID, ORG]),
    "yaml items": ("- layer: cue\n  text: said\n  kind: x\n- layer: organization\n  text: 'Brightloom'", [SAID, ORG]),
    "csv": ("layer,text\ncue, said\norganization, Brightloom", [SAID, ORG]),
    "brackets": ("- said (cue)\n- Brightloom [organization]", [SAID, ORG]),
    "names in a line": ("Organizations: Brightloom, R&D Weavers; Café Nord", [ORG, *OTHERS]),
    "wide table": ("| text | layer | |\n|-|-|-|\n| said | cue | - |\n| Brightloom | organization | x |", [SAID, ORG]),
    "typed tags": ('<span type="cue">said</span> and <e class="organization">Brightloom</e>', [SAID, ORG]),
    "marked as links": ("[Brightloom](organization) paid, and Ada [said](cue) so.", [SAID, ORG]),
    "html escapes": ("{&quot;cue&quot;: [&quot;said&quot;]}", [SAID]),
    "escaped as a whole": ('{\\"cue\\": [\\"said\\"]}', [SAID]),
    "no beginning": ('"cue": ["said"], "spans": [{"layer": "organization", "text": "Brightloom"}]}', [ORG]),
    "full-width marks": ('{"cue"： ["said"]，"organization"： ["Brightloom"]}', [SAID, ORG]),
    "the text repeated": (
        '{"text": "Brightloom paid", "entities": [{"text": "Brightloom", "label": "organization"}]}',
        [ORG],
    ),
    "a layer with its list": (
        '[{"layer": "organization", "mentions": ["Brightloom"]}, {"type": "cue", "text": ["said"]}]',
        [SAID, ORG],
    ),
    "quotations as keys": ('{"organization": {"Brightloom": {"entity": "brightloom"}}}', [ORG]),
    "numbered keys": ('{"organization_1": "Brightloom", "cue 1": "said"}', [SAID, ORG]),
    "items by number": ('{"1": {"layer": "cue", "text": "said"}, "2": {"organization": "Brightloom"}}', [SAID, ORG]),
    "a key twice": ('{"organization": "Brightloom", "organization": "Café Nord"}', [ORG, OTHERS[1]]),
    "by paragraph": ('{"part 1": {"cue": ["said"]}, "part 2": {"organization": ["Brightloom"]}}', [SAID, ORG]),
    "tags": ("They <cue>said</cue> that <organization>Brightloom</organization> …", [SAID, ORG]),
}  # fmt: skip

QUOTATIONS: dict[str, tuple[str, str]] = {
    "smart for plain": ('"Open looms won\'t hurt us - they help,"', HELP),
    "marks left out": ("Open looms won't hurt us - they help", HELP.strip("“,”")),
    "comma to full stop": ("Open looms won't hurt us — they help.", HELP.strip("“,”")),
    "comma left out": ('"Open looms won\'t hurt us - they help"', HELP),
    "a part in marks": ('"Open looms won\'t hurt us"', "Open looms won’t hurt us"),
    "dash with hyphens": ("“Open looms won’t hurt us--they help,”", HELP),
    "escaped": ("\\\"Open looms won't hurt us \\u2014 they help,\\\"", HELP),
    "html": ("&ldquo;Open looms won&#39;t hurt us &mdash; they help,&rdquo;", HELP),
    "html ampersand": ("R&amp;D Weavers", "R&D Weavers"),
    "html tags": ("<b>R&amp;D</b> Weavers", "R&D Weavers"),
    "markdown": ("**R&D** _Weavers_", "R&D Weavers"),
    "markdown link": ("[R&D Weavers](https://example.org)", "R&D Weavers"),
    "markdown quotation": ("> Critics in Café Nord", "Critics in Café Nord"),
    "bullet": ("- Critics in Café Nord", "Critics in Café Nord"),
    "backticks": ("`Café Nord`", "Café Nord"),
    "ligature": ("We share the first draft", "We share the ﬁrst draft"),
    "over a paragraph break": ('"We share the first draft. And the second,"', DRAFT),
    "escaped line break": ('"We share the first draft.\\nAnd the second,"', DRAFT),
    "soft hyphen": ("Bright\u00adloom Mills", "Brightloom Mills"),
    "zero width": ("Bright\u200bloom Mills", "Brightloom Mills"),
    "no-break space": ("€4.7\u00a0million", "€4.7 million"),
    "full width": ("Ｂｒｉｇｈｔｌｏｏｍ　Ｍｉｌｌｓ", "Brightloom Mills"),
    "decomposed": ("Cafe\u0301 Nord", "Café Nord"),
    "capitals": ("BRIGHTLOOM MILLS", "Brightloom Mills"),
    "small letters": ("ned shuttle", "Ned Shuttle"),
    "ellipsis": ("“Open looms … they help,”", HELP),
    "ellipsis in brackets": ("called [...] “a costly mistake”", "called the export curbs “a costly mistake”"),
    "ellipsis with slips": ("called the xport curbs...", "called the export curbs"),
    "ellipsis at the end": ("Critics in Café Nord called...", "Critics in Café Nord called"),
    "ellipsis at the beginning": ("…the export curbs", "the export curbs"),
    "article put before": ("the R&D Weavers", "R&D Weavers"),
    "article left out": ("weaving firm Brightloom", "weaving firm Brightloom"),
    "a typing error": ("Critics in Cafe Nord caled the export curbs", "Critics in Café Nord called the export curbs"),
    "a slip before a mark": ("the export curb's “a costly mistake”", "the export curbs “a costly mistake”"),
    "tokens": ("“ Open looms wo n’t hurt us — they help , ”", HELP),
    "tokens of an amount": ("€ 4.7 million", "€4.7 million"),
    "tokens of a name": ("R & D Weavers", "R&D Weavers"),
    "a line break lost": ("the ﬁrst draft.And the second", "the ﬁrst draft.\nAnd the second"),
    "hyphenated": ("Bright-\nloom Mills", "Brightloom Mills"),
    "wrong encoding": ("Open looms wonâ€™t hurt us â€” they help", HELP.strip("“,”")),
    "replacement character": ("Open looms won\ufffdt hurt us \ufffd they help", HELP.strip("“,”")),
    "markdown escapes": ("R\\&D Weavers", "R&D Weavers"),
    "words run together": ("NedShuttle", "Ned Shuttle"),
    "part of a word and a space": ("he art", ""),
    "no accents": ("naive", "naïve"),
    "accents too many": ("Brightlöom Mills", "Brightloom Mills"),
    "other marks": ("'naïve'", "‘naïve’"),
    "guillemets": ("«naïve»", "‘naïve’"),
    "dashes around": ("– Ned Shuttle –", "Ned Shuttle"),
    "brackets around": ("(Bo Marsh)", "Bo Marsh"),
    "possessive mark": ("Quill's plan", "Quill’s plan"),
    "full stop added": ("Bo Marsh.", "Bo Marsh"),
    "another number": ("€4.9 million", ""),
    "a number in words": ("four point seven million euros", ""),
    "a translation": ("Kritiker im Café", ""),
    "a paraphrase": ("Open looms are good for the firm", ""),
    "two distant passages": ("Brightloom Mills paid Ned Shuttle", ""),
    "the rest of a word": ("loom", "loom"),
}  # fmt: skip


def read(*answers: str) -> tuple[Spans, list[str]]:
    reading = read_answers(answers, TEXT, LAYERS)
    assert all(span.text == TEXT[span.start : span.end] for span in reading.spans)
    return [(span.layer, span.text) for span in reading.spans], [
        r.kind for r in reading.remarks if isinstance(r, Fault)
    ]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_gives_its_spans(name: str) -> None:
    answer, spans = ANSWERS[name]
    assert sorted(read(answer)[0]) == sorted(spans)


@pytest.mark.parametrize("name", QUOTATIONS)
def test_a_quotation_is_found(name: str) -> None:
    quotation, passage = QUOTATIONS[name]
    assert read(json.dumps({"statement": [quotation]}))[0] == [("statement", passage)]


def placed(items: list[dict[str, Any]]) -> list[int]:
    return [span.start for span in read_answers([json.dumps(items)], TEXT, LAYERS).spans]


def at(word: str, number: int) -> int:
    start = -1
    for _ in range(number):
        start = TEXT.index(word, start + 1)
    return start


def test_repeated_names_take_the_places_that_longer_ones_leave() -> None:
    end = len(TEXT)
    names = [
        {"layer": "organization", "text": text}
        for text in ("Brightloom", "Brightloom Mills", "Brightloom", "BRIGHTLOOM")
    ]
    assert placed(names) == [at("Brightloom", 2), 0, at("Brightloom", 3), 0]
    assert placed([names[0]] * 4) == [at("Brightloom", n) for n in (1, 2, 3)] + [end]
    assert placed([names[0] | {"occurrence": 3}, names[0]]) == [at("Brightloom", 3), 0]
    assert placed([names[0] | {"occurrence": "2"}, names[0] | {"occurrence": 2}]) == [at("Brightloom", 2), end]
    assert placed([names[0] | {"start": at("Brightloom", 3) - 2}, names[0] | {"start": 2}]) == [at("Brightloom", 3), 0]
    assert placed([{"layer": "cue", "text": "said", "occurrence": 9}]) == [at("said", 4)]


def test_links_are_read_in_every_form() -> None:
    record = {"statement": HELP, "speaker": "Ada Quill", "cue": "said", "kind": "Direct"}
    nested = {
        "layer": "statement",
        "text": DRAFT,
        "speaker": {"text": "she", "mention": "pronoun"},
        "cue": {"text": "added"},
    }
    apart = [
        json.dumps({"speaker": ["Ned Shuttle"]}),
        json.dumps([{"layer": "statement", "text": "‘naïve’", "speaker": "Ned Shuttle", "cue": "said"}]),
    ]
    for answers, speaker, start in (
        ([json.dumps([record])], "Ada Quill", at("Ada Quill", 1)),
        ([json.dumps([nested])], "she", at("she", 1)),
        (apart, "Ned Shuttle", at("Ned Shuttle", 1)),
    ):
        reading = read_answers(answers, TEXT, LAYERS)
        by_id = {span.id: span for span in reading.spans}
        (statement,) = (span for span in reading.spans if span.layer == "statement")
        found = by_id[str(statement.attributes["speaker"])]
        assert (found.text, found.start) == (speaker, start)
        assert by_id[str(statement.attributes["cue"])].layer == "cue"
        assert len(reading.spans) == 3
        assert not [remark for remark in reading.remarks if isinstance(remark, Fault)]


@pytest.mark.parametrize(
    ("item", "values"),
    [
        ({"currency": "eur", "minimum": "4,700,000", "maximum": 4.7e6, "qualifier": "At least"},
         {"currency": "EUR", "minimum": "4700000", "maximum": "4700000", "qualifier": "at_least"}),
        ({"minimum": "n/a", "maximum": "4.50"}, {"minimum": None, "maximum": "4.5"}),
        ({"currency": "¥", "minimum": "lots", "maximum": "4 or 5 million", "qualifier": None}, {}),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_meant_and_never_guessed(item: dict[str, Any], values: dict[str, Any]) -> None:
    (span,) = read_answers([json.dumps([{"layer": "money", "text": "€4.7 million"} | item])], TEXT, LAYERS).spans
    assert dict(span.attributes) == values


def test_what_says_nothing_is_left_out_and_said() -> None:
    assert read('{"cue": ["", " ", "said"], "organization": [{"id": 3}]}') == ([SAID], ["text", "text", "text"])
    assert read('{"cue": ["said"]}', "There are none.") == ([SAID], ["answer"])


HOSTILE = {
    "fences": '{"cue": ["said"]}' + "```" * 80 + ' word {"cue": ["said"]}',
    "line breaks": '{"cue": ["said"' + "\n" * 20_000 + "oops]}",
    "spaces": "cue: " + " " * 40_000 + "x: y",
    "inner marks": '{"cue": ["' + 'a" b\n\n' * 3000 + '"]}',
    "emphasis": json.dumps({"statement": ["*a _b " * 2000]}),
    "links": json.dumps({"statement": ["[a](" * 3000]}),
    "json in json": json.dumps({"a": json.dumps({"b": json.dumps({"c": json.dumps({"cue": ["said"]})})})}),
    "one item many times": json.dumps([{"layer": "cue", "text": "said"}] * 500),
    "quotation marks": "cue: " + '"a" ' * 4000,
    "dashes in a row": "|" + " -" * 40_000 + "x|",
    "channels": "analysis" * 10_000,
    "thoughts": "<think>a</think>" * 5000,
    "tags": "<cue>" * 10_000,
    "runs": "[1] and " * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_read(name: str) -> None:
    with suppress(AnswerError):
        assert read_answers([HOSTILE[name]], TEXT, LAYERS)


ALPHABET = "{}[]\":,'\\ \n`|<>-=()ab0#*“”…"


@given(st.sampled_from(sorted(answer for answer, _ in ANSWERS.values())), st.data())
def test_a_spoilt_answer_gives_sound_spans(answer: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(answer)))
        answer = answer[:at] + data.draw(st.text(ALPHABET, max_size=3)) + answer[at + data.draw(st.integers(0, 3)) :]
    spans = read_answers([answer, "[]"], TEXT, LAYERS).spans
    ids = {span.id for span in spans}
    assert len(ids) == len(spans)
    for span in spans:
        assert span.text == TEXT[span.start : span.end].strip()
        assert span.text or span.start == len(TEXT)
        assert {span.attributes.get(each.name) for each in LAYERS[span.layer].references("span")} <= {*ids, None}
    places = [(span.layer, span.start, span.end, span.attributes.get("target")) for span in spans if span.text]
    assert len(set(places)) == len(places)
