"""The list of rules: complete, with examples, and current."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rules as script
from chipstance.cli import app
from chipstance.folders import Checkout, rule_examples
from chipstance.jsonfile import read_json
from chipstance.rule_pages import Entry, entries, markdown, words
from chipstance.rules import RULES

ROOT = Checkout(Path(__file__).resolve().parents[1])
RUNNER = CliRunner()
ALL = entries(read_json(rule_examples()))


def test_every_rule_has_an_entry() -> None:
    assert [entry.id for entry in ALL] == sorted(RULES)
    assert all(entry.reason == RULES[entry.id] and entry.looks_at for entry in ALL)


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_an_entry_has_both_examples_where_there_are_case_files(entry: Entry) -> None:
    cases = [path.name.partition("-")[0] for path in (ROOT.cases / entry.id).glob("*")]
    assert (entry.bad is not None) == (entry.good is not None) == (set(cases) >= {"bad", "good"})
    for sort, example in (("bad", entry.bad), ("good", entry.good)):
        if example is not None:
            assert example.text
            assert (ROOT.cases / entry.id / example.case).exists()
            assert example.case.startswith(sort)
            assert (f" {entry.id} " in example.problem) == (sort == "bad")
            assert all(line.isprintable() for line in [*example.text.split("\n"), example.problem])


@pytest.mark.parametrize("rule", ["span-empty", "json-encoding", "file-missing", "answer-unreadable", "manifest-file"])
def test_examples_are_those_of_the_case_files(rule: str) -> None:
    entry = next(entry for entry in ALL if entry.id == rule)
    assert script.examples(rule, ROOT) == {"bad": entry.bad, "good": entry.good}


def test_an_example_shows_what_is_wrong() -> None:
    entry = next(entry for entry in ALL if entry.id == "stance-neutral")
    assert entry.bad is not None
    assert entry.good is not None
    assert json.loads(entry.bad.text)["attributes"] == {
        "target": "open_source",
        "polarity": "neutral",
        "holder": "author",
        "explicit": False,
    }
    assert " stance-neutral 'open source' is neutral and not explicit: " in entry.bad.problem
    assert json.loads(entry.good.text)["layer"] == "stance"


def test_no_module_adds_a_rule_later() -> None:
    code = (
        "import chipstance.rule_pages as pages; from importlib import import_module; from pathlib import Path\n"
        "known = set(pages.RULES)\n"
        "for path in Path(pages.__file__).parent.glob('*.py'):\n"
        "    if 'from chipstance.rules import' in path.read_text('utf-8'): import_module(f'chipstance.{path.stem}')\n"
        "assert set(pages.RULES) == known, set(pages.RULES) - known"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_is_what_the_examples_give() -> None:
    assert ROOT.rules_page.read_text("utf-8") == markdown(ALL)


def test_the_page_links_to_every_rule() -> None:
    page = ROOT.rules_page.read_text("utf-8")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == sorted(RULES)
    assert re.findall(r"^\| \[.+\]\(#(.+?)\) \|", page, re.MULTILINE) == sorted(RULES)


def test_a_rule_without_case_files_says_why() -> None:
    bare = Entry("line-too-long", ("labels",), "A line ends.")
    assert words(bare).count("made by the tests while they run") == 2
    assert markdown([bare]).count("made by the tests while they run") == 2


def test_a_table_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = RUNNER.invoke(app, ["rules"])
    assert result.exit_code == 0
    assert {line.split(" ")[0] for line in result.stdout.splitlines()} >= {"rule", *RULES}


def test_one_rule_with_its_examples() -> None:
    result = RUNNER.invoke(app, ["rules", "span-order", "span-empty"])
    assert result.exit_code == 0
    assert re.findall(r"^\S.*$", result.stdout, re.MULTILINE) == ["span-empty", "span-order"]
    assert "\n  Bad: annotations/gold/mill.json, from tests/cases/span-order/bad-last-first\n" in result.stdout
    assert result.stdout.count("\n  Good: ") == 2


def test_rules_as_json_and_as_the_page() -> None:
    listed = json.loads(RUNNER.invoke(app, ["rules", "--format", "json"]).stdout)
    assert [each["id"] for each in listed] == sorted(RULES)
    assert set(listed[0]["bad"]) == {"case", "path", "text", "problem"}
    assert RUNNER.invoke(app, ["rules", "--format", "markdown"]).stdout == markdown(ALL)


def test_a_rule_that_there_is_not() -> None:
    result = RUNNER.invoke(app, ["rules", "span-blue"])
    assert result.exit_code == 2
    assert "no rule is called 'span-blue'" in re.sub(r"\s+", " ", result.stderr)


LONG = "x" * 150 + "\x1b" + "y" * 150
EXCERPTS = [
    ("one\ntwo\nthree\nfour\nfive\nsix", 1, 1, "one\ntwo\nthree"),
    ('{\n  "spans": [\n    {\n      "id": 1\n    },\n    {\n      "id": 2\n    }\n  ]\n}', 4, 7, '{\n  "id": 1\n}'),
    ("    {\n    }\n  ],\n  x\n  y\n  z\n    {\n    }", 4, 1, "  }\n],\nx\ny\nz"),
    (LONG, 1, 151, "…" + "x" * 60 + r"\x1b" + "y" * 99 + "…"),
]


@pytest.mark.parametrize(("text", "line", "column", "shown"), EXCERPTS)
def test_excerpt(text: str, line: int, column: int, shown: str) -> None:
    assert script.excerpt(text, line, column) == shown


@pytest.mark.parametrize(
    ("before", "after", "line"), [("", "a", 0), ("a\nb", "a\nc", 2), ("a", "a\nb", 2), ("a", "a", 0)]
)
def test_first_difference(before: str, after: str, line: int) -> None:
    assert script.first_difference(before, after) == line


def test_help_of_the_script() -> None:
    command = [sys.executable, str(ROOT.root / "scripts" / "rules.py"), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
