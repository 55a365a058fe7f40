"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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


class FileKind(StrEnum):
    """What a file is, or its lines are; ``auto`` for what its place says, or its content seems to be."""

    auto = "auto"
    articles = "articles"
    edits = "edits"
    entities = "entities"
    annotations = "annotations"
    documents = "documents"
    predictions = "predictions"
    manifest = "manifest"
    layers = "layers"
    adjudication = "adjudication"
    round = "round"


class EngineName(StrEnum):
    """Who does the work; ``auto`` for a cluster where its address is given, else for processes of this machine."""

    auto = "auto"
    processes = "processes"
    ray = "ray"


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


def folder(given: str) -> Path:
    """Read an option that names a folder; an empty one, as of a variable that is not set, is no working folder."""
    if not given:
        raise typer.BadParameter("it is empty: name a folder; the working folder is .")
    return Path(given)


SchemaFolder = Annotated[
    Path | None,
    typer.Option(
        "--schema", metavar="DIR", parser=folder, help="Folder of layers.json to use, and of schemas if it has any."
    ),
]
GoldFolder = Annotated[
    Path | None,
    typer.Option(
        "--gold", metavar="DIR", parser=folder, help="A release, a folder of gold labels, or a checkout for its gold."
    ),
]
EngineOption = Annotated[
    EngineName, typer.Option("--engine", help="Who does the work: processes of this machine, or a Ray cluster.")
]
RayAddress = Annotated[
    str,
    typer.Option(metavar="HOST:PORT", help="Head of the Ray cluster; by default the one that runs on this machine."),
]


def cluster_address(engine: EngineName, ray_address: str) -> str:
    """Return the address of the cluster to be used; empty for none."""
    if engine is EngineName.processes and ray_address:
        raise typer.BadParameter("--ray-address is for --engine ray: leave one of them out")
    return ray_address or ("auto" if engine is EngineName.ray else "")
