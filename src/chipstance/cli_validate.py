"""The command that validates: which files, by whose schemas, with how many processes, and where reports go."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipstance.cli_measure import cluster
from chipstance.options import (
    EngineName,
    EngineOption,
    FileKind,
    GoldFolder,
    ProblemFormat,
    RayAddress,
    SchemaFolder,
    cluster_address,
)
from chipstance.statuses import PROBLEMS, UNFINISHED

if TYPE_CHECKING:
    from chipstance.context import Given
    from chipstance.line_files import Engine
    from chipstance.validate import Result


def validate(  # noqa: PLR0913, PLR0917
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders or checkouts.")],
    form: Annotated[ProblemFormat, typer.Option("--format", help="How the report is written.")] = ProblemFormat.text,
    reports: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FORMAT=FILE", help="A report to write into a file as well, or several."),
    ] = None,
    schema: SchemaFolder = None,
    gold: GoldFolder = None,
    kind: Annotated[FileKind, typer.Option(help="What the files that are named are, or their lines.")] = FileKind.auto,
    workers: Annotated[int, typer.Option(min=1, help="So many processes check JSON Lines and Parquet files.")] = 1,
    engine: EngineOption = EngineName.auto,
    ray_address: RayAddress = "",
) -> None:
    """Check files against their schemas and rules; a checkout's root gets the corpus-wide rules too.

    Input may be compressed (.gz, .zst), of any size, standard input (-), globs, or addresses (s3://…).
    Predictions are about the texts of --gold, else of the checkout they lie in, else of the working folder's.
    Exit status: 0 no problem, 1 problems, 2 wrong usage, 3 stopped before the end (a process or a cluster lost, a
    fault of chipstance itself), 130 or 143 interrupted; with the last three there is no report.
    """
    from chipstance.engines import EngineError
    from chipstance.inputs import UsageError
    from chipstance.jsonfile import is_folder
    from chipstance.outputs import real
    from chipstance.report import escape

    read = [each for each in paths if not is_folder(Path(each))] + [str(each) for each in (gold, schema) if each]
    wanted = [_wanted_report(each, read) for each in reports or ()]
    _refuse_same([path for _, path in wanted], "two reports would go to {}: name a file for each")
    try:
        known = "" if kind is FileKind.auto else kind.value
        with _engine(cluster_address(engine, ray_address), workers) as chosen:
            from chipstance.validate import check

            result = check(paths, schema, _given(gold, schema), known, chosen)
    except (FileNotFoundError, UsageError) as error:
        raise typer.BadParameter(escape(str(error))) from None
    except EngineError as error:
        typer.echo(f"stopped before the end: {error}", err=True)
        raise typer.Exit(UNFINISHED) from None
    _refuse_same(
        [*{real(each) for each in result.paths}, *(path for _, path in wanted)],
        "{} is one of the files that are checked: name another one for the report",
    )
    unwritten = [*_write_reports(result, wanted), *_print_report(result, form)]
    if unwritten:
        raise typer.BadParameter("; ".join(unwritten))
    raise typer.Exit(PROBLEMS if result.problems else 0)


def _wanted_report(given: str, read: Sequence[str]) -> tuple[str, Path]:
    """Return format and file of a report; what is wrong with them is told before any work is done.

    Args:
        given: the option as it is written.
        read: what is read.
    """
    from chipstance.outputs import real, refusal
    from chipstance.report import escape

    form, _, name = given.partition("=")
    if form not in list(ProblemFormat) or name in ("", "-"):
        forms = ", ".join(ProblemFormat)
        raise typer.BadParameter(f"--report {escape(given)}: write FORMAT=FILE, with one of the formats {forms}")
    if why := refusal(Path(name), read):
        raise typer.BadParameter(f"--report {escape(given)}: {escape(name)} {why}")
    return form, real(name)


def _refuse_same(paths: Sequence[Path], message: str) -> None:
    """See that no file is named twice, before one is overwritten."""
    from chipstance.report import escape

    seen: set[Path] = set()
    for path in paths:
        if path in seen:
            raise typer.BadParameter(message.format(escape(str(path))))
        seen.add(path)


def _write_reports(result: Result, wanted: Sequence[tuple[str, Path]]) -> list[str]:
    """Write reports into files, each one whole or not at all; return what kept some from being written."""
    from chipstance.jsonfile import write_bytes
    from chipstance.report import escape
    from chipstance.reports import report_text

    failed = []
    for form, path in wanted:
        try:
            write_bytes(path, report_text(result, form, Path.cwd(), _workspace()).encode())
        except OSError as error:
            failed.append(f"{escape(str(path))} can't be written ({error.strerror})")
    return failed


def _workspace() -> Path | None:
    """Return the folder of the GitHub job in which this runs."""
    given = os.environ.get("GITHUB_WORKSPACE")
    return Path(given).resolve() if given else None


def _engine(address: str, workers: int) -> AbstractContextManager[Engine]:
    if address and workers > 1:
        raise typer.BadParameter("a Ray cluster has workers of its own: leave --workers out")
    if address:
        return cluster(address)
    if workers > 1:
        from chipstance.engines import Processes

        return nullcontext(Processes(workers))
    from chipstance.line_files import in_process

    return nullcontext(in_process)


def _given(gold: Path | None, schema: Path | None) -> Given | None:
    if gold is None:
        return None
    from chipstance.context import Given
    from chipstance.inputs import UsageError
    from chipstance.score_input import ALL, read_gold

    try:
        known = read_gold(gold, ALL)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None
    return Given({each.id: each.text for each in known.documents}, None if schema else known.layers)


def _print_report(result: Result, form: ProblemFormat) -> list[str]:
    """Print a report; return what kept it from being printed, but for a reader that wants no more."""
    try:
        _report(result, form)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would fail again
        return [f"the report can't be printed ({error.strerror})"]
    return []


def _report(result: Result, form: ProblemFormat) -> None:
    from chipstance import report
    from chipstance.reports import report_text

    if form is ProblemFormat.text and sys.stdout.isatty():
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=True)
        for line in report.rich_lines(result.problems):
            console.print(line)
    else:
        typer.echo(report_text(result, form, Path.cwd(), _workspace()), nl=False)
    if form in (ProblemFormat.text, ProblemFormat.github):
        typer.echo(report.summary(result.problems, result.files), err=True)
