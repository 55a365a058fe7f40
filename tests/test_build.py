from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import build
import show
from chipstance.folders import Checkout
from example_release import change_span, copy_example


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return copy_example(tmp_path / "check out")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(build.app, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_build_writes_and_check_agrees(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    status, output = run("--root", checkout.root)
    assert (status, "13 files written" in output) == (0, True), output
    monkeypatch.chdir(checkout.annotations)
    status, output = run("--check")
    assert (status, "the same byte for byte" in output) == (0, True), output


def test_check_lists_what_differs_and_writes_nothing(checkout: Checkout) -> None:
    assert run("--root", checkout.root, "--check")[0] == 1
    assert not checkout.dataset.exists()
    assert run("--root", checkout.root)[0] == 0
    (checkout.dataset / "README.md").write_text("edited by hand")
    status, output = run("--root", checkout.root, "--check")
    assert (status, "dataset: README.md differs" in output) == (1, True)
    assert (checkout.dataset / "README.md").read_text() == "edited by hand"


def test_problems_stop_the_build(checkout: Checkout) -> None:
    change_span(checkout, "mill", "o1", lambda span: span.update(text="Dullloom"))
    status, output = run("--root", checkout.root)
    assert status == 1
    assert "mill.json:" in output
    assert "span-text-mismatch" in output
    assert not checkout.dataset.exists()


def test_a_build_error_is_a_message(checkout: Checkout) -> None:
    checkout.card.write_text("---\na: 1\n---\n")
    assert run("--root", checkout.root) == (
        1,
        "nothing was built: dataset_card.md: put {{ metadata }} on a line of its own into the front matter\n",
    )
    checkout.card.unlink()
    status, output = run("--root", checkout.root)
    assert (status, "dataset_card.md" in output) == (1, True)


def test_a_dataset_folder_with_other_files_is_left_alone(checkout: Checkout) -> None:
    checkout.dataset.mkdir()
    (checkout.dataset / "thesis.txt").write_text("years of work")
    status, output = run("--root", checkout.root)
    assert (status, "thesis.txt" in output) == (1, True)
    assert (checkout.dataset / "thesis.txt").exists()


def test_outside_a_checkout_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run()[0] == 2
    assert run("--root", tmp_path)[0] == 2


def test_show_loads_every_config(checkout: Checkout) -> None:
    assert run("--root", checkout.root)[0] == 0
    assert [(config, rows) for config, rows, _ in show.loaded(checkout.dataset)] == [
        ("articles", "validation 1\ntest 1"),
        ("paragraphs", "validation 5\ntest 6"),
        ("statements", "validation 6\ntest 5"),
        ("stance", "validation 12\ntest 10"),
        ("money", "validation 3\ntest 2"),
    ]
    result = CliRunner().invoke(show.app, [str(checkout.dataset)])
    assert (result.exit_code, "paragraphs" in result.output) == (0, True)


def test_the_tables_of_the_readme_are_filled_in_and_checked(checkout: Checkout) -> None:
    assert run("--root", checkout.root)[0] == 0
    filled = checkout.readme.read_text()
    assert "| statement | " in filled
    assert filled.endswith("<!-- composition:end -->\n\nThe end.\n")
    checkout.readme.write_text(filled.replace("| statement | ", "| statement | 9"))
    status, output = run("--root", checkout.root, "--check")
    assert (status, "README.md are not current" in output) == (1, True)
    checkout.readme.write_text("<!-- weather:start -->\n")
    status, output = run("--root", checkout.root)
    assert (status, "weather" in output) == (1, True)


def test_the_changelog_has_to_name_version_date_and_content(checkout: Checkout) -> None:
    assert run("--root", checkout.root)[0] == 0
    checkout.changelog.write_text("# Changelog\n\n## 0.0.1 (2031-03-05)\n")
    status, output = run("--root", checkout.root, "--check")
    assert (status, "CHANGELOG.md has no section" in output) == (1, True), output
    heading = output.split("“")[1].split("”")[0]
    checkout.changelog.write_text(f"# Changelog\n\n## {heading}\n")
    status, output = run("--root", checkout.root, "--check")
    assert (status, "does not name sha256:" in output) == (1, True), output
    digest = json.loads((checkout.dataset / "manifest.json").read_text())["content_sha256"]
    checkout.changelog.write_text(f"# Changelog\n\n## {heading}\n\n- `sha256:{digest}`\n")
    assert run("--root", checkout.root, "--check")[0] == 0


def test_a_file_of_somebody_elses_in_the_release_is_not_lost(checkout: Checkout) -> None:
    assert run("--root", checkout.root)[0] == 0
    mine = checkout.dataset / "data" / "mine.txt"
    mine.write_text("notes")
    status, output = run("--root", checkout.root)
    assert (status, "data/mine.txt" in output, mine.exists()) == (1, True, True)


def test_a_linked_dataset_folder_stays_a_link(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    checkout.dataset.symlink_to(tmp_path / "elsewhere")
    assert run("--root", checkout.root)[0] == 0
    assert checkout.dataset.is_symlink()
    assert (tmp_path / "elsewhere" / "manifest.json").is_file()
