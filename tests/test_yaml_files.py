"""YAML that is none is told where it stands, and nothing in it is too odd."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipstance.folders import find_checkout
from chipstance.locate import BOM, MAX_DEPTH
from chipstance.validate import validate
from chipstance.yaml_files import yaml_problems
from example_release import write_example


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example(tmp_path_factory.mktemp("released") / "a checkout").root


@pytest.fixture
def checkout(released: Path, tmp_path: Path) -> Path:
    """The invented checkout with its release, which none of these files may be said to have made stale."""
    return Path(shutil.copytree(released, tmp_path / "a checkout"))


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "column"),
    [
        ("CITATION.cff", "license: CC-BY-4.0", "license: CC-BY-4.0\nversion: [", 14, 1),
        ("CITATION.cff", "license: CC", "license: labels: CC", 11, 16),
        ("CITATION.cff", "license: ", "license:\t\t", 11, 9),
        ("CITATION.cff", "  - given-names: Ida", "\t- given-names: Ida", 9, 1),
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


ODD: dict[str, tuple[Callable[[bytes], bytes], tuple[str, int, int], str]] = {
    "latin-1": (
        lambda data: data.replace(b"license", b"l\xefcense"),
        ("yaml-encoding", 3, 2),
        "save the file as UTF-8",
    ),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), ("yaml-encoding", 1, 1), "the file is UTF-16"),
    "byte order mark": (lambda data: BOM + data, ("yaml-encoding", 1, 1), "a byte order mark"),
    "key twice": (lambda data: data.replace(b"license", b"type: a\ntype"), ("yaml-syntax", 4, 1), "key 'type' stands"),
    "key inside": (
        lambda data: data.replace(b"license:", b"more: [{a: 1}, {b: 1, b: 2}]\nl:"),
        ("yaml-syntax", 3, 23),
        "key 'b' stands twice: remove one of them",
    ),
    "NUL": (lambda data: data.replace(b"license", b"lic\0nse"), ("yaml-syntax", 3, 4), "U+0000: remove it"),
    "escape": (lambda data: data.replace(b"license", b"lic\x1bnse"), ("yaml-syntax", 3, 4), "U+001B: remove it"),
    "another document": (lambda data: data + b"--- {}\n", ("yaml-syntax", 5, 1), "a single document"),
    "alias of nothing": (lambda data: data.replace(b"other", b"*other"), ("yaml-syntax", 3, 10), "alias 'other'"),
    "list": (lambda _: b"# none\n- title\n", ("yaml-syntax", 2, 1), "no keys with values stand here"),
    "prose": (lambda _: b"cited as it is\n", ("yaml-syntax", 1, 1), "no keys with values stand here"),
    "nothing": (lambda _: b"", ("yaml-syntax", 1, 1), "nothing stands here"),
    "comments": (lambda _: b"# none\n", ("yaml-syntax", 1, 1), "nothing stands here"),
}
FRONT = b"# A file\ntitle: A set\nlicense: other\nname: set\n"
NEVER_EMPTY = {"another document", "nothing", "comments"}


@pytest.mark.parametrize("case", ODD)
def test_a_citation_that_is_odd_is_told_where_it_stands(checkout: Path, case: str) -> None:
    make, place, said = ODD[case]
    (checkout / "CITATION.cff").write_bytes(make(FRONT))
    (problem,) = validate([checkout])
    assert (problem.rule, problem.line, problem.column) == place
    assert said in problem.message


@pytest.mark.parametrize("case", sorted(set(ODD) - NEVER_EMPTY))
def test_a_card_whose_front_matter_is_odd_is_told_where_it_stands(checkout: Path, case: str) -> None:
    make, (rule, line, column), said = ODD[case]
    whole = "UTF-" in said or "byte order" in said
    content = make(b"---\n" + FRONT + b"---\nProse.\n") if whole else b"---\n" + make(FRONT) + b"---\nProse.\n"
    (checkout / "dataset_card.md").write_bytes(content)
    (problem,) = validate([checkout])
    assert (problem.rule, problem.column) == (rule, column)
    assert problem.line == line + ((line, column) != (1, 1) or not whole)
    assert said in problem.message


CONFLICT = b"<<<<<<< HEAD\nlicense: other\n=======\nlicense: none\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("name", "before", "behind", "line"),
    [
        ("CITATION.cff", b"title: A set\n", b"name: set\n", 2),
        ("CITATION.cff", b"title: A set\nabstract: >\n  A set\n", b"", 4),
        ("CITATION.cff", b"", b"", 1),
        ("dataset_card.md", b"---\ntitle: A set\n", b"---\nProse.\n", 3),
        ("dataset_card.md", b"", b"---\nProse.\n", 1),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_merge_conflict_is_told_where_it_begins(
    checkout: Path, name: str, before: bytes, behind: bytes, line: int, end: bytes
) -> None:
    (checkout / name).write_bytes((before + CONFLICT + behind).replace(b"\n", end))
    (problem,) = validate([checkout])
    assert (problem.rule, problem.line, problem.column) == ("yaml-syntax", line, 1)
    assert problem.message.startswith("a merge conflict: keep one side")


def test_prose_below_the_front_matter_may_hold_anything(example: Path) -> None:
    card = example / "dataset_card.md"
    card.write_bytes(card.read_bytes() + CONFLICT)
    assert validate([example]) == []


def test_front_matter_without_end_says_so(checkout: Path) -> None:
    (checkout / "dataset_card.md").write_bytes(b"---\n" + FRONT + b"Prose.\n")
    (problem,) = validate([checkout])
    assert problem.message.startswith("the front matter that begins here has no end")


def test_windows_line_ends_are_yaml(example: Path) -> None:
    for name in ("CITATION.cff", "dataset_card.md"):
        (example / name).write_bytes((example / name).read_bytes().replace(b"\n", b"\r\n"))
    assert validate([example]) == []


@pytest.mark.parametrize("name", ["CITATION.cff", "dataset_card.md"])
@pytest.mark.parametrize("target", ["itself", "nothing", "/dev/zero", "pipe", "folder"])
def test_what_is_no_file_is_told_and_not_waited_for(checkout: Path, name: str, target: str) -> None:
    path = checkout / name
    path.unlink()
    match target:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(name if target == "itself" else target)
    (problem,) = validate([checkout])
    assert (problem.rule, Path(problem.path).name) == ("file-unreadable", name)


EITHER = "---\n{% if a %}\na: 1\n{% else %}\na: 2\n{% endif %}\n---\n"


@pytest.mark.parametrize("text", ["---\n{% if a %}\na: {{ b }}\n---\n", "---\n---\n# Prose: [\n", EITHER])
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


def test_yaml_without_end_is_not_read_on(example: Path) -> None:
    (example / "CITATION.cff").write_text("title: [" + "1, " * 1_000_000 + "]\n", "utf-8")
    (problem,) = validate([example])
    assert (problem.rule, problem.message.split(" of ")[0]) == ("yaml-syntax", "more than 256 KiB")


def test_yaml_nested_without_end_is_not_read_on(example: Path) -> None:
    (example / "CITATION.cff").write_text("[" * 100_000, "utf-8")
    (problem,) = validate([example])
    assert (problem.rule, problem.line, problem.column) == ("yaml-syntax", 1, MAX_DEPTH + 1)
