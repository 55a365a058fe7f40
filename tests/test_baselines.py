"""The baselines' predictions come out again, and README says what the scorer says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import baselines
import rule_baseline
import stance_baselines
from chipstance.baseline_tables import (
    LABELS,
    NOT_ANSWERED,
    SPANS,
    BaselineError,
    baseline_markdown,
    find_baselines,
    measure,
    scored_gold,
)
from chipstance.cli import app
from chipstance.corpus import Corpus, read_corpus
from chipstance.folders import Checkout
from chipstance.jsonfile import read_json
from chipstance.model import Document, Span
from chipstance.predictions import write_predictions
from chipstance.release import build
from chipstance.scoring import closed_stance
from chipstance.validate import validate
from example_release import VERSION, copy_example
from rule_baseline import Names
from stance_baselines import Example

ROOT = Checkout(Path(__file__).resolve().parents[1])
SYSTEMS = [entry["name"] for entry in read_json(ROOT.systems)]
NAMES = Names({"Tarn": "tarn", "Quillon": "quillon"}, {"Jane Roe": "jane-roe", "Roe": "jane-roe"})


def test_all_predictions_come_out_again_byte_for_byte(tmp_path: Path) -> None:
    made = baselines.write_all(read_corpus(ROOT), tmp_path)
    assert [path.stem for path in made] == SYSTEMS
    assert {path.stem for path in ROOT.systems.parent.glob("*.jsonl")} == set(SYSTEMS)
    for path in made:
        assert path.read_bytes() == ROOT.predictions(path.stem).read_bytes(), path.stem


def test_the_committed_predictions_are_valid() -> None:
    assert validate([ROOT.predictions(name) for name in SYSTEMS]) == []


def readme_cells() -> dict[tuple[str, str], str]:
    """Return row and column to cell of both tables in README."""
    block = ROOT.readme.read_text("utf-8").split("<!-- baselines:start -->")[1].split("<!-- baselines:end -->")[0]
    cells: dict[tuple[str, str], str] = {}
    for part in block.split("\n\n"):
        rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
        for row in rows[2:]:
            cells |= {(row[0], column): cell for column, cell in zip(rows[0][1:], row[1:], strict=True)}
    return cells


def reported(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["score", *map(str, arguments), "--gold", str(ROOT.dataset), "--format", "json"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def shown(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def places() -> dict[str, Path]:
    rounds = {f"annotator-{x}, round 1": ROOT.rounds / "1" / f"annotator-{x}" for x in "ab"}
    return {name: ROOT.predictions(name) for name in SYSTEMS} | rounds


@pytest.mark.parametrize("name", places())
def test_the_figures_of_the_readme_are_those_of_the_command(name: str) -> None:
    report = reported(places()[name])
    figures = {(f["part"], f["layer"], f["match"], f["measure"]): f for f in report["figures"]}
    cells = readme_cells()
    wanted = {(row, name): key for row, (_, key) in SPANS.items()} | {(name, column): k for column, k in LABELS.items()}
    compared = [place for place in wanted if cells.get(place, NOT_ANSWERED) != NOT_ANSWERED]
    assert {place: cells[place] for place in compared} == {place: shown(figures[wanted[place]]) for place in compared}
    assert compared
    assert f"`{report['signature']}`" in ROOT.readme.read_text("utf-8")


def test_the_card_has_the_tables_of_the_readme() -> None:
    card = (ROOT.dataset / "README.md").read_text("utf-8")
    assert all(f"| {row} | " in card for row in SPANS)
    assert all(f"| {name} | " in card for name in ("majority", "target-blind", "nearest-neighbour"))


def found(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    document = rule_baseline.predict(Document("x", text), NAMES)
    assert all(text[span.start : span.end] == span.text for span in document)
    return [(span.layer, span.text, dict(span.attributes)) for span in document]


def test_rules_find_listed_names_that_are_no_products() -> None:
    assert [
        name for layer, name, _ in found("Tarn’s mill, Tarn R1, Tarn-7 and Quillon.") if layer == "organization"
    ] == [
        "Tarn",
        "Quillon",
    ]


@pytest.mark.parametrize(
    ("text", "amount", "values"),
    [
        ("It cost nearly $4.7 million.", "$4.7 million", ("4700000", "4700000", "approximate")),
        ("It cost $20-25B.", "$20-25B", ("20000000000", "25000000000", "range")),
        ("They spent tens of millions of dollars.", "tens of millions of dollars", ("10000000", None, "vague")),
        ("Up to 500 dollars each.", "500 dollars", (None, "500", "at_most")),
    ],
)
def test_rules_read_amounts(text: str, amount: str, values: tuple[str | None, ...]) -> None:
    assert found(text) == [
        ("money", amount, dict(zip(("minimum", "maximum", "qualifier"), values, strict=True)) | {"currency": "USD"})
    ]


@pytest.mark.parametrize(
    ("text", "speaker", "cue", "statements"),
    [
        ("In spring, Tarn CEO Jane Roe said that looms pay.", "Jane Roe", "said", ["looms pay"]),
        ("“Looms pay,” said Ada Bey. “They last.”", "Ada Bey", "said", ["“Looms pay,”", "“They last.”"]),
        ("Jane Roe, who runs Tarn, called the loom “a gift.”", "Jane Roe", "called", ["the loom “a gift.”"]),
        ("Jane Roe argued it pays. “Ships save a day. Or two.”", "Jane Roe", "argued",
         ["it pays", "“Ships save a day. Or two.”"]),
        ("Many wool growers praised the loom.", "Many wool growers", "praised", ["the loom"]),
        ("According to Jane Roe, looms pay.", "Jane Roe", "According to", ["looms pay"]),
        ("It was said that looms pay.", None, None, []),
        ("“She said no.”", None, None, []),
    ],
)  # fmt: skip
def test_rules_find_who_said_what(text: str, speaker: str | None, cue: str | None, statements: list[str]) -> None:
    labels = [(layer, words) for layer, words, _ in found(text)]
    assert [words for layer, words in labels if layer == "statement"] == statements
    assert [words for layer, words in labels if layer == "speaker"] == [speaker] * bool(speaker)
    assert [words for layer, words in labels if layer == "cue"] == [cue] * bool(cue)


def test_rules_give_entities_to_names_and_to_pronouns_after_them() -> None:
    labels = found("Roe said that looms pay.\nHe added that mills pay.\nAda Bey said that neither pays.")
    assert [values["entity"] for layer, _, values in labels if layer == "speaker"] == [
        "jane-roe",
        "jane-roe",
        "ada-bey",
    ]


def test_rules_take_sides_by_words_near_a_target() -> None:
    labels = found("Jane Roe said that bans backfire. The open source loom is here. “Open source wins,” Roe wrote.")
    stances = [(words, values["polarity"], values["holder"]) for layer, words, values in labels if layer == "stance"]
    assert stances == [
        ("bans backfire", "against", "jane-roe"),
        ("open source", "neutral", "author"),
        ("Open source wins", "favor", "jane-roe"),
    ]


EXAMPLES = [
    Example("wool", {"export_controls": "none", "open_source": "favor"}),
    Example("silk", {"export_controls": "none", "open_source": "none"}),
    Example("flax", {"export_controls": "none", "open_source": "none"}),
]


def embed(texts: Sequence[str]) -> Any:
    known = {"wool": (1.0, 0.0), "silk": (0.0, 1.0), "flax": (0.0, 1.0), "yarn": (0.8, 0.6), "lace": (0.6, 0.8)}
    return np.array([known[text] for text in texts])


def test_the_majority_is_counted_for_each_target(example_corpus: Corpus) -> None:
    assert stance_baselines.majority(EXAMPLES, example_corpus.layers) == {
        "export_controls": "none",
        "open_source": "none",
    }


def test_the_nearest_example_is_chosen_and_the_first_among_equals() -> None:
    choice = stance_baselines.choose(["yarn", "lace"], EXAMPLES, embed)
    assert [example.text for example in choice.examples] == ["wool", "silk"]
    assert choice.margin == pytest.approx(0.2)


def test_a_target_blind_label_is_the_side_taken_on_anything() -> None:
    labels = [stance_baselines.target_blind(example.labels) for example in EXAMPLES]
    assert labels[0] == {"export_controls": "favor", "open_source": "favor"}
    assert labels[1] == {"export_controls": "none", "open_source": "none"}


@pytest.fixture
def example_checkout(tmp_path: Path) -> Checkout:
    return copy_example(tmp_path / "a checkout")


@pytest.fixture
def example_corpus(example_checkout: Checkout) -> Corpus:
    return read_corpus(example_checkout)


def test_the_scorer_reads_off_the_labels_that_were_decided(example_corpus: Corpus) -> None:
    gold = example_corpus.gold["harbor"]
    statements = stance_baselines.statements_of(gold)
    chosen = [
        {"export_controls": "against", "open_source": "none"},
        {"export_controls": "none", "open_source": "favor"},
    ]
    labels = [chosen[number % 2] for number in range(len(statements))]
    answered = stance_baselines.predict(gold, labels)
    decided = {
        (target, span.id): label
        for span, each in zip(statements, labels, strict=True)
        for target, label in each.items()
    }
    assert {(t, s.id): label for t, s, _, label in closed_stance(gold, answered, example_corpus.layers)} == decided


def lay_baseline(checkout: Checkout, *spans: Span, doc: str = "harbor", answers: Sequence[str] = ("money",)) -> None:
    text = read_corpus(checkout).texts[doc]
    write_predictions(checkout.predictions("loom"), [Document(doc, text, spans)], system="loom")
    entry = {"name": "loom", "description": "finds what it is told to", "answers": list(answers)}
    checkout.systems.write_text(json.dumps([entry]), "utf-8")


def test_a_release_says_what_baselines_score_and_lists_their_files(example_checkout: Checkout) -> None:
    corpus = read_corpus(example_checkout)
    lay_baseline(example_checkout, *corpus.gold["harbor"].layer("money"))
    example_checkout.card.write_text(example_checkout.card.read_text("utf-8") + "\n{{ baselines }}\n", "utf-8")
    files = build(example_checkout, VERSION)
    card = files["README.md"].decode()
    assert "- **loom**: finds what it is told to" in card
    assert "| money, place and attributes | 1.000 |" in card
    assert "| cue, place | – |" in card
    inputs = [entry["path"] for entry in json.loads(files["manifest.json"])["inputs"]]
    assert {"benchmarks/baselines/loom.jsonl", "benchmarks/baselines/systems.json"} <= set(inputs)


def test_without_baselines_there_is_no_table(example_corpus: Corpus, example_checkout: Checkout) -> None:
    gold = scored_gold(example_corpus)
    assert baseline_markdown(measure(find_baselines(example_checkout, gold), gold), gold) == ""


def test_an_annotator_of_an_adjudicated_round_stands_beside_them(example_checkout: Checkout) -> None:
    corpus = read_corpus(example_checkout)
    lay_baseline(example_checkout)
    for annotator in ("ada", "adjudication"):
        path = example_checkout.labels(1, annotator, "harbor")
        path.parent.mkdir(parents=True)
        path.write_text(example_checkout.gold("harbor").read_text("utf-8").replace('"gold"', f'"{annotator}"'), "utf-8")
    gold = scored_gold(corpus)
    measured = measure(find_baselines(example_checkout, gold), gold)
    assert [baseline.name for baseline in measured] == ["loom", "ada, round 1"]
    assert "| statement, place | – | 1.000 |" in baseline_markdown(measured, gold)


@pytest.mark.parametrize(
    ("doc", "line", "message"),
    [
        ("mill", None, "loom.jsonl has no line for harbor: run scripts/baselines.py"),
        ("harbor", "{", "loom.jsonl:2"),
    ],
)
def test_predictions_that_cannot_be_scored_are_named(
    example_checkout: Checkout, doc: str, line: str | None, message: str
) -> None:
    lay_baseline(example_checkout, doc=doc)
    if line:
        with example_checkout.predictions("loom").open("a") as file:
            file.write(line)
    gold = scored_gold(read_corpus(example_checkout))
    with pytest.raises(BaselineError, match=message):
        measure(find_baselines(example_checkout, gold), gold)


def test_a_system_without_predictions_is_named(example_checkout: Checkout) -> None:
    lay_baseline(example_checkout)
    example_checkout.predictions("loom").unlink()
    with pytest.raises(BaselineError, match=r"loom\.jsonl is not there: run scripts/baselines\.py"):
        find_baselines(example_checkout, scored_gold(read_corpus(example_checkout)))


def test_the_command_writes_compares_and_builds(example_checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def systems(_: Corpus, __: Sequence[Document], test: Sequence[Document]) -> Iterator[tuple[str, list[Document]]]:
        yield "loom", [Document(each.id, each.text) for each in test]

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(baselines.app, [str(argument) for argument in arguments])
        return result.exit_code, result.output

    monkeypatch.setattr(baselines, "systems", systems)
    root = ("--root", example_checkout.root)
    assert run(*root, "--check") == (1, "1 baselines; other than before: loom\n")
    assert not example_checkout.predictions("loom").exists()
    status, output = run(*root)
    assert (status, "13 files written" in output) == (0, True), output
    assert run(*root, "--check") == (0, "1 baselines; other than before: none\n")
    example_checkout.predictions("loom").write_text("")
    assert run(*root, "--check")[0] == 1
    assert run("--root", example_checkout.annotations)[0] == 2
