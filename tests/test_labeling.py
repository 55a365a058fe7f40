"""Spans become Label Studio's rows and come back the same; whatever our files can't hold becomes a fault."""

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.labeling import from_results, make_task, to_results
from chipstance.layers import Attribute, parse_layers
from chipstance.model import Document, Span, Value, by_position

LAYERS = parse_layers(read_json(schema_folder() / "layers.json"))

Row = dict[str, Any]

# Any document of the six layers.

PIECES = ["a", "Bo", " ", "\n", "\r\n", "🌾", "🇫🇷", "e\u0301", "“", "\\n", "\u00a0", "\u200b", "$", "."]
SLUGS = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,4})?", fullmatch=True)
DECIMALS = st.from_regex(r"(0|[1-9][0-9]{0,11})(\.[0-9]{0,3}[1-9])?", fullmatch=True)


def values(attribute: Attribute, targets: dict[str, list[str]]) -> st.SearchStrategy[Value]:
    """The values that an attribute may have."""
    kinds: dict[str, st.SearchStrategy[Value]] = {
        "choice": st.sampled_from(attribute.values or ("",)),
        "boolean": st.booleans(),
        "entity": SLUGS | st.sampled_from(("author", "jane-roe")),
        "group": SLUGS,
        "currency": st.from_regex(r"[A-Z]{3}", fullmatch=True),
        "decimal": DECIMALS,
        "span": st.sampled_from(targets.get(attribute.layer) or [""]),
    }
    return st.none() | kinds[attribute.type] if attribute.nullable else kinds[attribute.type]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document with overlapping, nested and repeated spans; speakers and cues for the statements to link to."""
    text = "Bo" + "".join(draw(st.lists(st.sampled_from(PIECES), max_size=30))) + "🌾"
    inside = [i for i, char in enumerate(text) if not char.isspace()]
    names = ["speaker", "cue", *draw(st.lists(st.sampled_from([layer.name for layer in LAYERS]), max_size=12))]
    places = [sorted(draw(st.tuples(st.sampled_from(inside), st.sampled_from(inside)))) for _ in names]
    ids = [f"{name}-{number}" for number, name in enumerate(names, 1)]
    targets = {name: [i for i in ids if i.startswith(name)] for name in names}
    spans = []
    for span_id, name, (start, last) in zip(ids, names, places, strict=True):
        attributes = {a.name: draw(values(a, targets)) for a in LAYERS[name].attributes.values()}
        if name == "statement" and attributes["cue"] is None and draw(st.booleans()):
            attributes["cue"] = draw(st.sampled_from(targets["cue"]))
        spans.append(Span(span_id, name, start, last + 1, text[start : last + 1], attributes))
    return Document("mill", text, by_position(spans))


def read(rows: Any, text: str) -> tuple[tuple[Span, ...], list[tuple[str, str]]]:
    spans, faults = from_results(rows, text, LAYERS)
    return spans, [(fault.region, fault.message) for fault in faults]


@given(documents(), st.randoms(use_true_random=False))
def test_spans_come_back_the_same_in_whatever_order_the_rows_are(document: Document, rng: random.Random) -> None:
    rows = to_results(document.spans, LAYERS)
    assert read(rows, document.text) == (document.spans, [])
    rng.shuffle(rows)
    assert read(rows, document.text) == (document.spans, [])


def as_drawn(rows: list[Row], ids: dict[str, str], rng: random.Random) -> Iterator[Row]:
    """What the page would have made: its own ids and escapes, and relations without a label, either way round."""
    for row in rows:
        if row["type"] != "relation":
            text = re.sub("[\n\r]", "\\\\n", row["value"]["text"]) if row["type"] != "textarea" else None
            value = row["value"] | ({"text": text} if text is not None else {})
            yield row | {"id": ids[row["id"]], "value": value, "origin": "manual", "meta": {"lead_time": 1.5}}
            continue
        ends = [ids[row["from_id"]], ids[row["to_id"]]]
        how = rng.choice(["right", "left", "bi", "wrong way round"])
        if how in ("left", "wrong way round"):
            ends.reverse()
        direction = "right" if how == "wrong way round" else how
        yield {"type": "relation", "from_id": ends[0], "to_id": ends[1], "direction": direction}


@given(documents(), st.randoms(use_true_random=False))
def test_what_is_drawn_on_the_page_comes_back_under_ids_of_ours(document: Document, rng: random.Random) -> None:
    ids = {span.id: f"{index:02}aBc3d_-9Xq" for index, span in enumerate(document.spans)}
    rows = list(as_drawn(to_results(document.spans, LAYERS), ids, rng))
    rng.shuffle(rows)
    spans, faults = read(rows, document.text)
    assert faults == []
    assert spans == renumbered(document.spans)


def renumbered(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans under the ids that fresh ones get: counted by layer, in reading order."""
    names: dict[Value, str] = {}
    for span in spans:
        names[span.id] = f"{span.layer}-{1 + sum(name.startswith(span.layer) for name in names.values())}"
    return by_position(
        [
            Span(names[s.id], s.layer, s.start, s.end, s.text, {k: names.get(v, v) for k, v in s.attributes.items()})
            for s in spans
        ]
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["label", "text", "speaker"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["labels", "text", "start"]), inner),
    max_leaves=6,
)
CHANGES = st.tuples(st.integers(0, 30), st.booleans(), st.integers(0, 9), JSON)


@given(st.lists(CHANGES, max_size=4), st.lists(JSON, max_size=2))
def test_rows_of_any_kind_raise_nothing_and_are_not_dropped(changes: list[Any], others: list[Any]) -> None:
    rows: list[Any] = to_results(SPANS, LAYERS)
    for index, inside, key, value in changes:
        row = rows[index % len(rows)]
        part = row["value"] if inside and isinstance(row.get("value"), dict) else row
        if part:
            part[list(part)[key % len(part)]] = value
    spans, faults = read([*rows, *others], TEXT)
    shown = {str(other)[:30] for other in others if not isinstance(other, dict)}  # messages are shortened
    assert len(faults) >= len(shown)
    assert faults or {(s.start, s.end) for s in spans} == {(s.start, s.end) for s in SPANS}


# One small document to break: every fault is named with its region, its place and its mend, and the rest is kept.

TEXT = "🌾 “No,\r\nno,” said Jane Roe of Tarn. She paid $5."
SPANS = (
    Span(
        "st",
        "statement",
        2,
        12,
        "“No,\r\nno,”",
        {"speaker": "jr", "cue": "sd", "kind": "direct", "utterance": None},
    ),
    Span("sd", "cue", 13, 17, "said", {}),
    Span("jr", "speaker", 18, 26, "Jane Roe", {"entity": "jane-roe", "mention": "name"}),
    Span("tn", "organization", 30, 34, "Tarn", {"entity": "tarn"}),
    Span("sh", "speaker", 36, 39, "She", {"entity": None, "mention": "pronoun"}),
    Span(
        "mo",
        "money",
        45,
        47,
        "$5",
        {"currency": "USD", "minimum": "5", "maximum": "5", "qualifier": "exact"},
    ),
)


def rows_of(rows: list[Row], region: str, control: str = "label") -> Row:
    return next(row for row in rows if row.get("id") == region and row["from_name"] == control)


def relation(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row.get("labels") == [name])


def place(region: str, **place: Any) -> Callable[[list[Row]], object]:
    """Change the place of a region, without the text that it covered."""

    def change(rows: list[Row]) -> None:
        for row in rows:
            if row.get("id") == region:
                row["value"].update(place)
                row["value"].pop("text", None)

    return change


def value(region: str, control: str, **given: Any) -> Callable[[list[Row]], object]:
    return lambda rows: rows_of(rows, region, control)["value"].update(given)


def without(region: str, control: str) -> Callable[[list[Row]], object]:
    return lambda rows: rows.remove(rows_of(rows, region, control))


def linked(source: str, target: str, *labels: str) -> Callable[[list[Row]], object]:
    row = {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": list(labels)}
    return lambda rows: rows.append(row)


def added(region: str | None, control: str, kind: str, **given: Any) -> Callable[[list[Row]], object]:
    row = {"id": region, "from_name": control, "to_name": "text", "type": kind, "value": given}
    return lambda rows: rows.append(row)


def again(region: str, **given: Any) -> Callable[[list[Row]], object]:
    def change(rows: list[Row]) -> None:
        row = copy.deepcopy(rows_of(rows, region))
        row["value"].update(given)
        rows.append(row)

    return change


FAULTS: dict[str, tuple[Callable[[list[Row]], object], str, str]] = {
    "no layer": (value("tn", "label", labels=[]), "tn", r"region \[30, 34\) 'Tarn' has no layer: choose one of organ"),
    "no row with a layer": (without("sh", "label"), "sh", r"\[36, 39\) has speaker-mention but no layer: choose speak"),
    "two layers": (
        value("tn", "label", labels=["organization", "cue"]),
        "tn",
        "has the layers organization, cue: keep",
    ),
    "two layers in two rows": (again("tn", labels=["cue"]), "tn", "has the layers organization, cue: keep one"),
    "a layer unknown to us": (value("tn", "label", labels=["company"]), "tn", "'company', which is no layer: choose"),
    "past the end": (place("mo", end=99), "mo", r"\[45, 99\) .* outside the text, which has 48 code points: delete"),
    "before the start": (place("mo", start=-1), "mo", "lies outside the text"),
    "empty": (place("mo", end=45), "mo", r"\[45, 45\) .* is empty: delete it"),
    "backwards": (place("mo", end=44), "mo", "is empty"),
    "no offsets": (place("mo", start="/div[1]"), "mo", "has no offsets: delete it and draw it again"),
    "offsets that are no whole numbers": (place("mo", start=45.0), "mo", "has no offsets"),
    "white space": (place("tn", end=36), "tn", "begins or ends with white space"),
    "another text": (value("tn", "label", text="Thorn"), "tn", "'Thorn' covers 'Tarn', which is another text"),
    "two places": (again("tn", start=31), "tn", r"\[30, 34\) 'Tarn' also has the place \[31, 34\)"),
    "a value at another place": (value("jr", "speaker-mention", start=17), "jr", r"speaker-mention at \[17, 26\)"),
    "unknown control": (
        added("tn", "mood", "choices", choices=["glad"]),
        "tn",
        "no control is called 'mood' .* delete",
    ),
    "a control that is a relation": (added("st", "statement-cue", "choices", choices=["sd"]), "st", "no control is"),
    "another type": (
        added("tn", "label", "rating", rating=3),
        "tn",
        "label makes labels on text, not 'rating' on 'text'",
    ),
    "no region": (added(None, "speaker-mention", "choices", choices=["name"]), "", "belongs to no region: delete it"),
    "a control of another layer": (
        added("tn", "money-currency", "textarea", text=["USD"]),
        "tn",
        "organization .* has money-currency, which is for money: remove it",
    ),
    "a choice outside the set": (
        value("jr", "speaker-mention", choices=["nick"]),
        "jr",
        "mention 'nick': choose one of",
    ),
    "two choices": (
        value("jr", "speaker-mention", choices=["name", "nominal"]),
        "jr",
        "values .* 'name' and 'nominal'",
    ),
    "no choice": (
        without("jr", "speaker-mention"),
        "jr",
        r"speaker \[18, 26\) 'Jane Roe' has no mention: choose one of",
    ),
    "a choice unmade": (value("jr", "speaker-mention", choices=[]), "jr", "has no mention: choose one of"),
    "a choice that is no text": (
        value("mo", "money-qualifier", choices=[True]),
        "mo",
        "has qualifier True: choose one of",
    ),
    "no entity": (without("tn", "organization-entity"), "tn", "has no entity: type an id in lower-case"),
    "a blank entity": (value("tn", "organization-entity", text=[" "]), "tn", "has no entity"),
    "no id": (value("tn", "organization-entity", text=["Tarn Inc."]), "tn", "has entity 'Tarn Inc.': type an id"),
    "two texts": (
        value("tn", "organization-entity", text=["tarn", "thorn"]),
        "tn",
        "values for entity, 'tarn' and 'th",
    ),
    "no currency": (value("mo", "money-currency", text=["usd"]), "mo", "has currency 'usd': type an ISO 4217 code"),
    "no plain number": (value("mo", "money-minimum", text=["5,000"]), "mo", "has minimum '5,000': type a plain number"),
    "no speaker": (lambda rows: rows.remove(relation(rows, "speaker")), "st", "has no speaker: draw a relation"),
    "two speakers": (linked("st", "sh"), "st", "several values for speaker, 'Jane Roe' and 'She': keep one"),
    "a link to nowhere": (linked("st", "gone", "cue"), "st", "linked to region 'gone', which is not there: delete"),
    "a link from nowhere": (linked("gone", "jr", "cue"), "jr", "linked to region 'gone', which is not there"),
    "a link between nowheres": (linked("gone", "lost"), "gone", "a relation is linked to region 'gone'"),
    "a link with the label of another": (linked("st", "jr", "cue"), "st", "with the label 'cue', which says nothing"),
    "a link that says nothing": (linked("tn", "mo"), "tn", "organization .* linked to money .* says nothing: delete"),
    "a note": (lambda rows: rows_of(rows, "tn").update(meta={"text": ["sure?"]}), "tn", "note .*sure?.* settle and"),
    "no row": (lambda rows: rows.append("oops"), "", "'oops' is no result: delete it"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_region_place_and_mend(name: str) -> None:
    change, region, message = FAULTS[name]
    rows = to_results(SPANS, LAYERS)
    change(rows)
    spans, faults = read(rows, TEXT)
    assert region in [found for found, _ in faults]
    assert any(found == region and re.search(message, said) for found, said in faults), faults
    assert {span.id for span in SPANS} - {span.id for span in spans} <= {region}
    random.Random(1).shuffle(rows)
    assert read(rows, TEXT)[0] == spans


def test_a_link_to_a_region_at_fault_says_which_to_mend_first() -> None:
    rows = to_results(SPANS, LAYERS)
    rows_of(rows, "jr")["value"]["labels"] = ["person"]
    _, faults = read(rows, TEXT)
    assert [region for region, _ in faults] == ["st", "st", "jr"]
    assert any("linked to region 'jr', which is at fault: mend that first" in message for _, message in faults)


def test_an_attribute_at_fault_is_null_and_the_others_stay() -> None:
    rows = to_results(SPANS, LAYERS)
    rows_of(rows, "jr", "speaker-mention")["value"]["choices"] = ["nick"]
    spans, _ = read(rows, TEXT)
    assert {span.id: span for span in spans}["jr"].attributes == {"entity": "jane-roe", "mention": None}


def test_faults_are_in_reading_order() -> None:
    rows = [row for row in to_results(SPANS, LAYERS) if row["type"] == "labels"]
    _, faults = read(rows[::-1], TEXT)
    assert [region for region, _ in faults] == ["st", "st", "jr", "tn", "sh", "mo", "mo"]


def test_fresh_ids_keep_clear_of_those_that_stay() -> None:
    names = {"jr": "aBc", "sh": "speaker-1", "tn": "_x" * 50, "st": "x" * 81}
    rows = to_results(SPANS, LAYERS)
    for row in rows:
        row.update({key: names.get(row[key], row[key]) for key in ("id", "from_id", "to_id") if key in row})
    spans, faults = read(rows, TEXT)
    assert faults == []
    assert [span.id for span in spans] == ["statement-1", "sd", "speaker-2", "organization-1", "speaker-1", "mo"]
    assert spans[0].attributes["speaker"] == "speaker-2"


def test_rows_are_as_the_page_makes_them() -> None:
    rows = to_results(SPANS[:3], LAYERS)
    spot = {"start": 18, "end": 26, "text": "Jane Roe"}
    on_text = {"id": "jr", "to_name": "text"}
    assert rows[3:] == [
        {**on_text, "from_name": "label", "type": "labels", "value": {**spot, "labels": ["speaker"]}},
        {**on_text, "from_name": "speaker-entity", "type": "textarea", "value": {**spot, "text": ["jane-roe"]}},
        {**on_text, "from_name": "speaker-mention", "type": "choices", "value": {**spot, "choices": ["name"]}},
        {"type": "relation", "from_id": "st", "to_id": "jr", "direction": "right", "labels": ["speaker"]},
        {"type": "relation", "from_id": "st", "to_id": "sd", "direction": "right", "labels": ["cue"]},
    ]


def test_spans_that_contradict_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="st refers to 'jr' as its speaker, but no span has this id"):
        to_results(SPANS[:2], LAYERS)
    with pytest.raises(ValueError, match="two spans have the same id"):
        to_results([SPANS[1], SPANS[1]], LAYERS)


def test_a_task_holds_text_digest_and_prediction() -> None:
    bare = make_task("mill", TEXT, "0f", None, LAYERS)
    assert bare == {"data": {"doc": "mill", "text": TEXT, "text_sha256": "0f"}, "predictions": []}
    guesses = (Span("", "organization", 30, 34, "Tarn"), Span("", "cue", 13, 17, "said"))
    task = make_task("mill", TEXT, "0f", Document("mill", TEXT, guesses, "baseline"), LAYERS)
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "baseline"
    assert [row["id"] for row in prediction["result"]] == ["cue-1", "organization-1"]
    with pytest.raises(ValueError, match="mill: the pre-annotation was made for another text"):
        make_task("mill", TEXT, "0f", Document("mill", "another"), LAYERS)
