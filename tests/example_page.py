"""An invented document that would break a page that is not careful: markup, directions, marks, emoji, deep nesting."""

from __future__ import annotations

from chipstance.model import Document, Problem, Span, Value
from chipstance.score_figures import make_figures
from chipstance.score_html import html_page
from chipstance.score_input import Gold, System
from chipstance.score_report import signature
from chipstance.scoring import score
from example_scores import LAYERS

SCRIPT = "<script>alert('in the text')</script>"
ATTACK = "\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}\u202e"
LONG = "Loom" * 120
TEXT = (
    "Ada said: “The Taq̈an mill 👩\u200d👩\u200d👧 🇩🇪🇫🇷 👍🏽 hums & 5 < 6.”\r\n"
    f"{SCRIPT}</div></style>--> {{{{ 7 * 7 }}}}\n\n"
    "A bell \x07, a nul \x00, a turn \u202eback\u202c, a wide\u2003space.\n"
    f"أهلا بكم في الورشة {LONG}\n"
    "Bo: “Ada said ‘free looms’ twice.”"
)


def at(words: str, layer: str, name: str = "", **attributes: Value) -> Span:
    """Return a span over the first place of some words."""
    start = TEXT.index(words)
    return Span(name, layer, start, start + len(words), words, attributes)


GOLD_SPANS = (
    at("Ada", "speaker", "p1", entity="ada", mention="name"),
    at("said", "cue", "c1"),
    at(TEXT[TEXT.index("“The") : TEXT.index("\r\n")], "statement", "q1", speaker="p1", cue="c1", kind="direct"),
    at("Taq̈an mill", "organization", "o1", entity="mill"),
    at(SCRIPT, "organization", "o2", entity="script"),
    at("a turn \u202eback", "stance", "t1", target="open_source", polarity="favor", holder="ada", explicit=True),
    at("a turn \u202eback", "stance", "t2", target="export_controls", polarity="neutral", holder=None, explicit=True),
    at(LONG, "organization", "o3", entity="loom"),
    at("Bo", "speaker", "p2", entity="bo", mention="name"),
    at("“Ada said ‘free looms’ twice.”", "statement", "q2", speaker="p2", cue=None, kind="mixed"),
    at("‘free looms’", "statement", "q3", speaker="p2", cue=None, kind="direct"),
)
FOUND_SPANS = (
    at("Ada", "speaker", "p1", entity="ada", mention="pronoun"),
    at("said:", "cue", "c1"),
    at("Taq", "organization", "o1", entity="mill"),  # ends before its letter's mark
    at("\u200d👩", "money", "m1", currency="EUR"),  # inside an emoji
    at(SCRIPT, "money", "m2", currency=ATTACK),
    at("a turn \u202eback", "stance", "t1", target="open_source", polarity="against", holder=ATTACK, explicit=True),
    at("back\u202c, a wide", "stance", "t2", target="open_source", polarity="against", holder="\ud800", explicit=True),
    at("looms’ twice", "statement", "q3", speaker="gone", kind="direct"),
    at("looms’ twice", "statement", "q4", speaker="p1", kind="direct"),
    *(Span(f"d{n}", "cue", 2 + n, 60 - n, TEXT[2 + n : 60 - n]) for n in range(14)),
    Span("u1", "organization", len(TEXT), len(TEXT), "", {"entity": "nowhere"}),
)
NAME = f"a system {SCRIPT}{ATTACK}"


def gold_of(*documents: Document) -> Gold:
    return Gold(documents, LAYERS, "test", frozenset())


def page(gold: Gold, system: System, name: str = "a system") -> str:
    counts = score(gold.documents, system.documents, gold.layers)
    figures = make_figures(counts, gold.layers, replicates=20)
    return html_page(gold, system, counts, figures, name, signature(gold.split, gold.digest, figures.resampling))


def hostile_page() -> str:
    """Return the page of all this, with a document unanswered and a problem."""
    gold = gold_of(Document("mill", TEXT, GOLD_SPANS), Document(f"b{ATTACK}", "Bo rests."))
    wrong = Problem("schema", f"a{ATTACK}.jsonl", "", f"{SCRIPT} is no \x1b line", 3, 1)
    return page(gold, System({"mill": Document("mill", TEXT, FOUND_SPANS)}, (wrong,), (f"b{ATTACK}",)), NAME)
