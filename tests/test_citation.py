from __future__ import annotations

from datetime import date

import pytest

from chipstance.citation import bibtex, parse_citation
from example_release import EXAMPLE

TEXT = (EXAMPLE / "CITATION.cff").read_text("utf-8")


def test_what_a_release_needs_is_read() -> None:
    citation = parse_citation(TEXT)
    assert citation.title == "ChipStance example"
    assert citation.abstract == "Two invented articles about looms, with labels of every layer."
    assert citation.authors == ("The loom readers", "Ida Warp")
    assert (citation.license, citation.released) == ("CC-BY-4.0", date(2031, 3, 4))
    assert (citation.version, citation.url) == (None, None)


def test_version_and_address_are_read_where_they_stand() -> None:
    citation = parse_citation(TEXT + "version: 1.0\nurl: https://example.org/looms\n")
    assert (citation.version, citation.url) == ("1.0", "https://example.org/looms")


def test_bibtex() -> None:
    assert bibtex(parse_citation(TEXT + "url: https://example.org/looms\n"), "looms", "1.2.3").splitlines() == [
        "@misc{looms2031,",
        "  title = {ChipStance example},",
        "  author = {{The loom readers} and {Ida Warp}},",
        "  year = {2031},",
        "  version = {1.2.3},",
        "  url = {https://example.org/looms},",
        "}",
    ]


@pytest.mark.parametrize("key", ["title", "abstract", "authors", "license", "date-released"])
def test_what_is_missing_is_named(key: str) -> None:
    with pytest.raises(ValueError, match=rf"CITATION\.cff has no {key}"):
        parse_citation(TEXT.replace(f"{key}:", f"x-{key}:"))


@pytest.mark.parametrize(("text", "message"), [("a: [", "is no YAML"), ("- a", "has no title"), ("", "has no title")])
def test_what_is_no_citation_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_citation(text)
