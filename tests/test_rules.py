"""Every rule against its case files: a bad case breaks that rule and no other, a good case none.

A case is a folder that is laid over the example checkout (see ``scripts/case_files.py``), or a single file: JSON
Lines and Parquet are put into the checkout, anything else beside it. A case dropped into ``cases/<rule>/`` is a test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import chipstance.validate  # noqa: F401 (registers the rules)
from chipstance.rules import RULES
from chipstance.schemas import KINDS
from chipstance.validate import validate

CASES = Path(__file__).parent / "cases"
GENERATED = {"line-too-long", "problems-many"}
"""Rules whose bad cases would be too large to keep; test_streams.py and test_hostile.py make them."""
FOUND = sorted(path for folder in CASES.iterdir() if folder.is_dir() for path in folder.iterdir())


@pytest.mark.parametrize("case", FOUND, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path, set_up: Callable[[Path], Path]) -> None:
    problems = validate([set_up(case)])
    expected = {case.parent.name} if case.name.startswith("bad-") else set()
    assert {problem.rule for problem in problems} == expected, problems
    assert all(problem.line and problem.column for problem in problems)
    # a schema says what a value must be, everything else what to do
    assert all(problem.rule == "schema" or ": " in problem.message for problem in problems)


def test_example_is_clean(example: Path) -> None:
    assert validate([example]) == []


@pytest.mark.parametrize("rule", sorted(set(RULES) - GENERATED))
@pytest.mark.parametrize("sort", ["bad-", "good-"])
def test_rule_has_cases(rule: str, sort: str) -> None:
    assert any(case.parent.name == rule and case.name.startswith(sort) for case in FOUND), f"no {sort} case of {rule}"


def test_every_case_names_a_rule_and_a_verdict() -> None:
    assert {case.parent.name for case in FOUND} == set(RULES) - GENERATED
    assert [case for case in FOUND if not case.name.startswith(("bad-", "good-"))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_has_files_that_fail(kind: str) -> None:
    assert list((CASES / "schema").glob(f"bad-{kind}-*"))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_says_what_it_asks_for(rule: str) -> None:
    reason = RULES[rule]
    assert reason.endswith(".")
    assert "\n" not in reason
    assert reason[0].isupper()
