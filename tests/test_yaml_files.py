"""YAML that is none is told where it stands, and nothing in it is too odd."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipstance.folders import find_checkout
from chipstance.locate import MAX_DEPTH
from chipstance.validate import validate
from chipstance.yaml_files import yaml_problems


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "column"),
    [
        ("CITATION.cff", "license: CC-BY-4.0", "license: CC-BY-4.0\nversion: [", 14, 1),
        ("CITATION.cff", "license: CC", "license: labels: CC", 11, 16),
        ("CITATION.cff", "license: ", "license:\t\t", 11, 9),
        ("CITATION.cff", "  - given-names: Ida", "\t- given-names: Ida", 9, 1),
        ("CITATION.cff", "license: ", "license: \x07", 1, 1),
        ("dataset_card.md", "license: other", "license: other: none", 3, 15),
    ],
)
def test_broken_yaml_is_told_where_it_stands(
    example: Path, name: str, old: str, new: str, line: int, column: int
) -> None:
    path = example / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    (problem,) = validate([example])
    assert (problem.rule, Path(problem.path).name, problem.line, problem.column) == ("yaml-syntax", name, line, column)
    assert problem.message.startswith("no YAML: ")
    assert problem.message.endswith(": close what is open, or put the value into quotation marks")


@pytest.mark.parametrize("text", ["---\n{% if a %}\na: {{ b }}\n---\n", "---\n---\n# Prose: [\n"])
def test_what_is_filled_into_a_card_is_none_of_its_yaml(example: Path, text: str) -> None:
    (example / "dataset_card.md").write_text(text, "utf-8")
    assert validate([example]) == []


@pytest.mark.parametrize("text", ["", "---\n", "# Only prose: [\n", "--- [\n---\n"])
def test_a_card_begins_with_front_matter(example: Path, text: str) -> None:
    (example / "dataset_card.md").write_text(text, "utf-8")
    (problem,) = validate([example])
    assert (problem.rule, Path(problem.path).name) == ("yaml-syntax", "dataset_card.md")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["---\n", "a", ": ", "- ", "[", "{", "*b", "&b ", "!!c ", "|", "\n", "\t", "\0", '"', "%"])
    )
)
def test_no_yaml_is_too_odd(example: Path, pieces: list[str]) -> None:
    for name in ("CITATION.cff", "dataset_card.md"):
        (example / name).write_text("---\n" + "".join(pieces), "utf-8")
    checkout = find_checkout(example)
    assert checkout
    assert all(problem.line and problem.column for problem in yaml_problems(checkout))


def test_yaml_nested_without_end_is_not_read_on(example: Path) -> None:
    (example / "CITATION.cff").write_text("[" * 100_000, "utf-8")
    (problem,) = validate([example])
    assert (problem.rule, problem.line, problem.column) == ("yaml-syntax", 1, MAX_DEPTH + 1)
