"""What ``CITATION.cff`` says about the release: the one place of its title, authors, licence and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Citation:
    """How a release is cited.

    Attributes:
        title: the data set's name.
        abstract: what it is, in a few sentences.
        authors: names, in order.
        license: SPDX id of the labels' licence.
        released: the date of the release.
        version: the version it is written for, or None.
        url: where it lives, or None.
    """

    title: str
    abstract: str
    authors: tuple[str, ...]
    license: str
    released: date
    version: str | None = None
    url: str | None = None


def parse_citation(text: str) -> Citation:
    """Read a ``CITATION.cff``.

    Raises:
        ValueError: it is no YAML mapping, or says nothing about what a release needs.
    """
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"CITATION.cff is no YAML: {error}") from None
    for key in ("title", "abstract", "authors", "license", "date-released"):
        if not isinstance(data, dict) or not data.get(key):
            raise ValueError(f"CITATION.cff has no {key}: the release is described by it")
    return Citation(
        title=data["title"],
        abstract=" ".join(data["abstract"].split()),
        authors=tuple(map(_author, data["authors"])),
        license=data["license"],
        released=date.fromisoformat(str(data["date-released"])),
        version=data.get("version") and str(data["version"]),
        url=data.get("url"),
    )


def _author(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or f"{entry.get('given-names', '')} {entry.get('family-names', '')}".strip())


def bibtex(citation: Citation, name: str, version: str) -> str:
    """Return a BibTeX entry.

    Args:
        citation: what is cited.
        name: the start of the entry's key.
        version: of the release.
    """
    fields = {
        "title": citation.title,
        "author": " and ".join(f"{{{author}}}" for author in citation.authors),
        "year": str(citation.released.year),
        "version": version,
        **({"url": citation.url} if citation.url else {}),
    }
    lines = [f"  {key} = {{{value}}}," for key, value in fields.items()]
    return "\n".join([f"@misc{{{name}{citation.released.year},", *lines, "}"])
