"""The page of scores: what stands on it, what is left out, and that nothing in it comes alive."""

from __future__ import annotations

import zipfile
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chipstance import score_cases, score_html
from chipstance.cli import app
from chipstance.folders import PACKAGE
from chipstance.markup import visible
from chipstance.model import Document, Span
from chipstance.predictions import write_answers
from chipstance.score_confusion import Confusion, confusions
from chipstance.score_errors import errors
from chipstance.score_input import System
from chipstance.score_marks import GOLD, PREDICTED, TRACKS, Mark, Segment, lay, make_mark, segments, whole
from chipstance.scoring import score
from example_page import ATTACK, FOUND_SPANS, GOLD_SPANS, LONG, SCRIPT, TEXT, gold_of, hostile_page, page
from example_release import write_example
from example_scores import LAYERS, document, span

GOLDEN = Path(__file__).parent / "golden" / "score-errors.html"
VOID = {"meta", "input", "path", "rect", "br"}


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and the text of each whole document."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.words: list[str] = []
        self.feed(content)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        kind = dict(attrs).get("class") or ""
        if kind == "text whole":
            self.texts.append("")
        if tag not in VOID:
            self.open.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag
        if tag in ("th", "td", "p", "li", "summary"):
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        classes = [kind for _, kind in self.open]
        if "text whole" in classes and not any(kind.startswith("sign") for kind in classes):
            self.texts[-1] += data

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def drawn(text: str, gold: list[Span], found: list[Span]) -> tuple[tuple[Mark, ...], list[Segment]]:
    sides = [(GOLD, each) for each in gold] + [(PREDICTED, each) for each in found]
    marks = lay(make_mark(text, each, side, wrong=False) for side, each in sides)
    return marks, list(segments(text, marks, 0, len(text)))


LETTERS = "ab \u0308\u200d👩🏽🇩🇪\r\n"


@st.composite
def laid(draw: st.DrawFn) -> tuple[str, list[Span], list[Span]]:
    text = draw(st.text(LETTERS, min_size=1, max_size=30))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).filter(lambda p: p[0] < p[1])
    sides = [draw(st.lists(places, max_size=20)) for _ in range(2)]
    return (text, *([Span(f"{n}", "cue", a, b, text[a:b]) for n, (a, b) in enumerate(side)] for side in sides))  # type: ignore[return-value]


@given(laid())
@settings(max_examples=60, deadline=None)
def test_segments_make_up_the_text_and_carry_what_covers_them(case: tuple[str, list[Span], list[Span]]) -> None:
    text, gold, found = case
    marks, cut = drawn(text, gold, found)
    assert "".join(each.text for each in cut) == text
    for each in cut:
        assert set(each.marks) == {mark for mark in marks if mark.start <= each.start and each.end <= mark.end}
        assert len({(mark.side, mark.track) for mark in each.marks}) == len(each.marks)
        assert all(mark.end <= each.start or each.end <= mark.start for mark in set(marks) - set(each.marks))
        assert whole(text, each.start, 1) == each.start
    for side, spans in ((GOLD, gold), (PREDICTED, found)):
        ours = [mark for mark in marks if mark.side == side]
        assert all(mark.start <= mark.span.start and mark.span.end <= mark.end for mark in ours)
        assert len(ours) == len(spans) or max(mark.track for mark in ours) == TRACKS - 1


@pytest.mark.parametrize(
    ("text", "place", "before", "after"),
    [
        ("ab", 1, 1, 1),
        ("q̈a", 1, 0, 2),
        ("a👍🏽b", 2, 1, 3),
        ("👩\u200d👩\u200d👧b", 3, 0, 5),
        ("🇩🇪🇫🇷", 2, 2, 2),
        ("🇩🇪🇫🇷", 3, 2, 4),
        ("a\r\nb", 2, 1, 3),
        ("a\n\u0308b", 2, 2, 2),
    ],
)
def test_a_cut_keeps_characters_whole(text: str, place: int, before: int, after: int) -> None:
    assert (whole(text, place, -1), whole(text, place, 1)) == (before, after)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & “c”\nd", "a &lt; b &amp; “c”\nd"),
        ("a\x00\u202eb", 'a<span class="code">\\x00\\u202e</span>b'),
        ("q̈ 👩\u200d👧 a\u2003b\xa0c", "q̈ 👩\u200d👧 a\u2003b\xa0c"),
        ("a\u200db\u2028\ud800", 'a<span class="code">\\u200d</span>b<span class="code">\\u2028\\ud800</span>'),
        ("<\x1b>", '&lt;<span class="code">\\x1b</span>&gt;'),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.fixture(scope="module")
def hostile() -> str:
    return hostile_page()


def test_nothing_on_the_page_comes_alive(hostile: str) -> None:
    read = Reader(hostile)
    known = {"html", "head", "meta", "title", "style", "body", "header", "main", "section", "nav", "div", "h1", "h2"}
    known |= {"h3", "p", "ul", "ol", "li", "dl", "dt", "dd", "a", "b", "bdi", "q", "code", "strong", "span", "details"}
    known |= {
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "svg",
        "path",
        "rect",
        "label",
        "input",
    }
    assert set(read.tags) <= known
    assert {name for name, _ in read.attributes if name.startswith("on") or name in ("style", "src")} == set()
    assert all(value.startswith("#") for value in read.values("href"))
    assert set(read.values("href")) <= {f"#{value}" for value in read.values("id")}
    assert len(set(read.values("id"))) == len(read.values("id"))
    assert "{{ 7 * 7 }}" in read.text
    assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(hostile)


def test_the_policy_lets_nothing_in_but_the_style_sheet(hostile: str) -> None:
    style = hostile.split("<style>")[1].split("</style>", 1)[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'"Content-Security-Policy" content="{policy}"' in hostile
    assert "url(" not in style
    assert "@import" not in style


def test_the_texts_are_shown_as_they_are(hostile: str) -> None:
    texts = Reader(hostile).texts
    shown = TEXT.replace("\r", "\\r").replace("\x07", "\\x07").replace("\x00", "\\x00")
    assert texts == [shown.replace("\u202e", "\\u202e").replace("\u202c", "\\u202c"), "Bo rests."]
    assert LONG in texts[0]


def test_the_page_says_what_is_wrong_loudly(hostile: str) -> None:
    text = Reader(hostile).text
    plain = ATTACK.replace("\u202e", "\\u202e")
    assert f"Scores of a system {SCRIPT}{plain}" in text
    assert f"UNANSWERED: 1 of 2 documents, scored as all missed: b{plain}" in text
    assert f"1 problem of the predictions a{plain}.jsonl:3:1 schema {SCRIPT} is no \\x1b line" in text
    assert "3 spans are not drawn: more than 12 of a side lie on one passage" in text
    assert f"≠ holder ada → {plain}" in text
    place = TEXT.index("Bo:")
    assert f"≠ speaker “Bo” [{place}, {place + 2}) → gone, which leads nowhere" in text
    assert "∅ unaligned: 1" in text
    assert "∅27 mill: predicted organization entity nowhere" in text


def test_other_colours_than_those_of_the_schema_are_not_written() -> None:
    from dataclasses import replace

    from chipstance.layers import Layers

    layers = Layers({layer.name: replace(layer, color="red} * {all: unset") for layer in LAYERS}, ())
    assert score_html._colors(layers) == [score_html.GREY] * len(layers.by_name)


def tables_of(gold: Document, found: Document) -> dict[str, Confusion]:
    predicted = {gold.id: found}
    counts = score([gold], predicted, LAYERS)
    made = confusions([gold], predicted, errors([gold], predicted, LAYERS), counts, LAYERS)
    return {table.title: table for table in made}


def cells(table: Confusion) -> dict[tuple[str, str], int]:
    rows = zip(table.rows, table.counts, strict=True)
    return {(a, b): count for a, row in rows for b, count in zip(table.columns, row, strict=True) if count}


def test_tables_say_what_was_taken_for_what() -> None:
    found = tables_of(
        document(
            span("organization", 4, 8),
            span("speaker", 15, 18, "p1", mention="name", entity="ada"),
            span("cue", 19, 23),
            span("statement", 24, 38, speaker="p1", cue=None, kind="direct"),
            span("stance", 24, 38, target="open_source", polarity="favor", holder="ada", explicit=True),
        ),
        document(
            span("speaker", 4, 8, mention="name"),
            span("speaker", 15, 18, "p1", mention="pronoun", entity="ada"),
            span("cue", 19, 22),
            span("statement", 24, 38, speaker="p1", cue=None),
            span("stance", 24, 38, target="open_source", polarity="against", holder="ada", explicit=True),
        ),
    )
    assert cells(found["Layer of spans in the same place"]) == {
        ("organization", "speaker"): 1,
        ("speaker", "speaker"): 1,
        ("cue", "no such place"): 1,
        ("no such place", "cue"): 1,
        ("statement", "statement"): 1,
        ("stance", "stance"): 1,
    }
    assert cells(found["speaker: mention of spans in the right place"]) == {("name", "pronoun"): 1}
    assert cells(found["statement: kind of spans in the right place"]) == {("direct", "left out"): 1}
    assert cells(found["stance: explicit of spans in the right place"]) == {("true", "true"): 1}
    assert cells(found["Stance label of gold statements: open_source"]) == {("favor", "against"): 1}
    assert cells(found["Stance label of gold statements: export_controls"]) == {("none", "none"): 1}


def test_the_tables_add_up_to_the_scores() -> None:
    gold, found = Document("mill", TEXT, GOLD_SPANS), Document("mill", TEXT, FOUND_SPANS)
    counts = score([gold], {"mill": found}, LAYERS)
    table = cells(tables_of(gold, found)["Layer of spans in the same place"])
    for layer in LAYERS:
        assert table.get((layer.name, layer.name), 0) == counts.total(("exact", layer.name))
        assert sum(n for (a, _), n in table.items() if a == layer.name) == counts.total(("gold", layer.name))
        assert sum(n for (_, b), n in table.items() if b == layer.name) == counts.total(("predicted", layer.name))


def test_the_list_of_errors_is_as_it_was() -> None:
    gold = document(
        span("organization", 4, 8, "o1", entity="mill"),
        span("speaker", 15, 18, "p1", mention="name", entity="ada"),
        span("statement", 24, 38, "q1", speaker="p1", cue=None, kind="direct", utterance=None),
    )
    found = document(
        span("speaker", 15, 18, "p1", mention="pronoun", entity="ada"),
        span("statement", 24, 28, "q1", speaker="p1", cue=None, kind="direct"),
        Span("u1", "cue", 55, 55, ""),
    )
    made = page(gold_of(gold), System({"mill": found}, (), ()))
    shown = made[made.index('<section aria-labelledby="errors">') :]
    assert shown == GOLDEN.read_text("utf-8")


def test_long_lists_say_how_much_more_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_cases, "LISTED", 2)
    monkeypatch.setattr(score_html, "TEXTS", 1)
    names = ("mill", "loom", "dye")
    gold = gold_of(*(document(span("cue", 0, 3), span("money", 4, 8), name=name) for name in names))
    read = Reader(page(gold, System({}, (), names)))
    assert "− missed: 6" in read.text
    assert "The first 2 are listed; 4 more are not." in read.text
    assert "The first 1 documents are shown; 2 more are not." in read.text
    assert len(read.texts) == 1


def test_far_ends_of_a_long_span_are_shown_without_what_is_between() -> None:
    text = "x" * 2000
    gold = gold_of(Document("mill", text, (Span("", "cue", 500, 1500, text[500:1500]),)))
    read = Reader(page(gold, System({}, (), ("mill",))))
    for count in (440, 880):
        assert f"[{count} code points]" in read.text


def test_context_begins_and_ends_with_whole_words() -> None:
    text = "a word " * 40
    gold = gold_of(Document("mill", text, (Span("", "cue", 142, 146, text[142:146]),)))
    made = page(gold, System({}, (), ("mill",)))
    context = made.split('<div class="text">')[1].split("</div>", 1)[0]
    assert context.startswith('<span class="out">[79 code points] </span>word ')
    assert context.endswith(' word<span class="out"> [71 code points]</span>')


def is_error(element: str) -> bool:
    return element.startswith("e") and element[1:].isdigit()


def test_many_overlapping_spans_do_not_explode() -> None:
    text = "loom " * 2000
    every = tuple(Span("", "cue", n, 9000 - n, text[n : 9000 - n]) for n in range(1500))
    made = page(gold_of(Document("mill", text, every)), System({}, (), ("mill",)))
    assert len(made) < 2_000_000
    assert "1488 spans are not drawn" in made


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "a checkout"
    write_example(root)
    monkeypatch.chdir(root)
    return root


def test_the_command_writes_the_page(checkout: Path) -> None:
    arguments = ["score", "annotations/gold", "--split", "all", "--html"]
    Path("a page").mkdir()
    result = CliRunner().invoke(app, [*arguments, "a page/report.html"])
    assert result.exit_code == 0, result.output
    read = Reader(Path("a page/report.html").read_text("utf-8"))
    assert "Scores of gold" in read.text
    assert "signature: " in result.stdout
    assert not any(map(is_error, read.values("id")))
    Path("file").write_text("", "utf-8")
    for place in ("file/report.html", "nowhere/report.html"):
        refused = CliRunner().invoke(app, [*arguments, place])
        assert refused.exit_code == 2
        assert "no such folder" in refused.output
    assert not Path("nowhere").exists()


def test_what_an_answer_quotes_that_is_nowhere_is_shown(checkout: Path) -> None:
    answer = '{"organization": ["Brightloom", "Nowhere & <b>Sons</b>"], "nonsense": ["x"]}'
    write_answers("answers.jsonl", {"mill": answer}, system="a model")
    result = CliRunner().invoke(app, ["score", "answers.jsonl", "--split", "all", "--html", "page.html"])
    assert result.exit_code == 1, result.output
    read = Reader(Path("page.html").read_text("utf-8"))
    assert "∅ unaligned: 1" in read.text
    assert "mill: predicted organization Nowhere & <b>Sons</b>" in read.text
    assert "How the predictions were read" in read.text
    assert "1 exact" in read.text
    assert "UNANSWERED: 1 of 2 documents" in read.text


def test_the_wheel_has_the_templates(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(PACKAGE.parents[1])).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as file:
        assert {f"chipstance/templates/score.{kind}.j2" for kind in ("html", "css")} <= set(file.namelist())
