"""What several commands share: exit statuses and options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

PROBLEMS, USAGE, INTERRUPTED = 1, 2, 130


class Format(StrEnum):
    """How a report is written."""

    text = "text"
    json = "json"


class ProblemFormat(StrEnum):
    """How problems are shown."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"
    junit = "junit"


class LineKind(StrEnum):
    """What the lines of a JSON Lines file are; ``auto`` for what the first seems to be."""

    auto = "auto"
    documents = "documents"
    predictions = "predictions"


class RulesFormat(StrEnum):
    """How the list of rules is shown."""

    table = "table"
    json = "json"
    markdown = "markdown"


class ReportFormat(StrEnum):
    """How agreement is shown."""

    text = "text"
    json = "json"
    markdown = "markdown"


class Resampled(StrEnum):
    """What intervals are made by resampling of."""

    document = "document"
    paragraph = "paragraph"


class Split(StrEnum):
    """Which documents are scored."""

    validation = "validation"
    test = "test"
    all = "all"


class Config(StrEnum):
    """What a line of predictions is."""

    articles = "articles"
    paragraphs = "paragraphs"
    statements = "statements"
    stance = "stance"
    money = "money"


SchemaFolder = Annotated[
    Path | None,
    typer.Option("--schema", metavar="DIR", help="Folder of schemas and layers.json to use instead of the usual ones."),
]
