"""The examples in README, card and docs are run, and print what stands below them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chipstance.validate  # noqa: F401 (registers the rules)
from chipstance.rules import checks

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n+^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples() -> list[tuple[str, str, str]]:
    files = [ROOT / "README.md", ROOT / "dataset" / "README.md", ROOT / "docs" / "scoring.md"]
    return [
        (str(file.relative_to(ROOT)), *match) for file in files for match in EXAMPLE.findall(file.read_text("utf-8"))
    ]


def test_every_document_has_examples() -> None:
    assert {name for name, _, _ in examples()} == {"README.md", "dataset/README.md", "docs/scoring.md"}


@pytest.mark.parametrize(("name", "code", "printed"), examples())
def test_an_example_prints_what_stands_below_it(name: str, code: str, printed: str, tmp_path: Path) -> None:
    quiet = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-W", "error::UserWarning", "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=os.environ | quiet, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == printed


def test_the_readme_names_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8") + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE)) <= targets
    for script in re.findall(r"scripts/(\w+\.py)", text):
        assert (ROOT / "scripts" / script).is_file(), script
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link


def test_the_rules_for_documents_are_those_that_the_docs_name() -> None:
    text = (ROOT / "docs" / "validation.md").read_text("utf-8")
    documents, more = re.findall(r"^\* (?:Documents|Label files alone): (.*); and ", text, re.MULTILINE)
    checked = {rule_id for rule_id, _ in checks("offsets", "labels", "documents")}
    assert re.findall(r"`([a-z-]+)`", documents) == sorted(checked)
    others = {rule_id for rule_id, _ in checks("annotations")} - checked
    assert re.findall(r"`([a-z-]+)`", more) == sorted(others)
