"""The command line: each command reads its arguments, calls a module, prints, and sets the exit status.

Exit status: 0 clean, 1 problems found, 2 wrong usage, 3 stopped before the end, 130 or 143 interrupted. What is slow
to import is imported where it is used.
"""

from __future__ import annotations

import codecs
import gc
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipstance._version import __version__
from chipstance.cli_measure import agreement, cluster, compare_systems, score
from chipstance.options import (
    INTERRUPTED,
    PROBLEMS,
    TERMINATED,
    UNFINISHED,
    EngineName,
    EngineOption,
    FileKind,
    Format,
    GoldFolder,
    ProblemFormat,
    RayAddress,
    RulesFormat,
    SchemaFolder,
    cluster_address,
)

if TYPE_CHECKING:
    from rich.table import Table

    from chipstance.context import Given
    from chipstance.layers import Layers
    from chipstance.line_files import Engine
    from chipstance.schemas import Schemas
    from chipstance.validate import Result

SEVERAL_WORKERS = re.compile(r"(?<!\S)--workers[ =]([2-9]|1\d)")

app = typer.Typer(
    help="Validate files, compare and measure labels, score predictions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chipstance {__version__}")
        raise typer.Exit


@app.callback()
def chipstance(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """ChipStance: an annotated benchmark of quotations, organizations, money and stance in news."""


@app.command()
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
    from chipstance.report import escape

    wanted = [_wanted_report(each) for each in reports or ()]
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
        [*{Path(each).resolve() for each in result.paths}, *(path for _, path in wanted)],
        "{} is one of the files that are checked: name another one for the report",
    )
    unwritten = _write_reports(result, wanted)
    _report(result, form)
    if unwritten:
        raise typer.BadParameter(unwritten)
    raise typer.Exit(PROBLEMS if result.problems else 0)


def _wanted_report(given: str) -> tuple[str, Path]:
    """Return format and file of a report; what is wrong with them is told before any work is done."""
    from chipstance.report import escape

    form, _, name = given.partition("=")
    if form not in list(ProblemFormat) or name in ("", "-"):
        forms = ", ".join(ProblemFormat)
        raise typer.BadParameter(f"--report {escape(given)}: write FORMAT=FILE, with one of the formats {forms}")
    if (path := Path(name)).exists() and not path.is_file():
        raise typer.BadParameter(f"--report {escape(given)}: {escape(name)} is no file that can be written")
    return form, path


def _refuse_same(paths: Sequence[Path], message: str) -> None:
    """See that no file is named twice, before one is overwritten."""
    from chipstance.report import escape

    seen: set[Path] = set()
    for path in paths:
        if (found := path.resolve()) in seen:
            raise typer.BadParameter(message.format(escape(str(path))))
        seen.add(found)


def _write_reports(result: Result, wanted: Sequence[tuple[str, Path]]) -> str:
    """Write reports into files, each one whole or not at all; return what kept one from being written."""
    from chipstance.jsonfile import write_bytes
    from chipstance.report import escape
    from chipstance.reports import report_text

    failed = []
    for form, path in wanted:
        try:
            write_bytes(path, report_text(result, form, Path.cwd(), _workspace()).encode())
        except OSError as error:
            failed.append(f"{escape(str(path))} can't be written ({error.strerror})")
    return "; ".join(failed)


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


@app.command()
def rules(
    ids: Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Rules to show with examples.")] = None,
    form: Annotated[RulesFormat, typer.Option("--format", help="How the rules are shown.")] = RulesFormat.table,
) -> None:
    """List the rules: what each one asks for and looks at; those that are named, with a bad and a good example."""
    from chipstance import rule_pages
    from chipstance.folders import rule_examples
    from chipstance.jsonfile import dump_json, read_json

    entries = rule_pages.entries(read_json(rule_examples()))
    unknown = set(ids or ()) - {entry.id for entry in entries}
    if unknown:
        raise typer.BadParameter(f"no rule is called {', '.join(sorted(map(repr, unknown)))}: see chipstance rules")
    chosen = [entry for entry in entries if not ids or entry.id in ids]
    if form is RulesFormat.json:
        typer.echo(dump_json(rule_pages.plain(chosen)), nl=False)
    elif form is RulesFormat.markdown:
        typer.echo(rule_pages.markdown(chosen), nl=False)
    elif ids:
        typer.echo("\n".join(map(rule_pages.words, chosen)), nl=False)
    else:
        _print_table(rule_pages.table(chosen))


def _print_table(table: Table) -> None:
    from rich.console import Console

    Console(highlight=False).print(table)


@app.command("schema")
def print_schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="articles, edits, entities, annotations, …")],
    schema: SchemaFolder = None,
) -> None:
    """Print the JSON Schema of one kind of file, or row of predictions, with all that it refers to inside.

    Layers are those of --schema, else of the checkout around the working folder, else of the package.
    """
    from chipstance.jsonfile import dump_json
    from chipstance.row_schemas import ROW_KINDS, with_rows
    from chipstance.schemas import KINDS

    if kind not in (*KINDS, *ROW_KINDS):
        raise typer.BadParameter(f"no kind is called {kind!r}: choose one of {', '.join((*KINDS, *ROW_KINDS))}")
    schemas, layers = _schemas(schema, Path.cwd())
    if kind in ROW_KINDS:
        try:
            schemas = with_rows(schemas, layers)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    typer.echo(dump_json(schemas.bundle(kind)), nl=False)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A release, a label file, or a folder of them.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, or another annotator's, or the gold labels.")],
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    schema: SchemaFolder = None,
) -> None:
    """List what changed from one set of labels to another, label by label.

    Layers are those of --schema, else of the checkout around NEW, else of the package.

    Exit status: 0 the labels are the same, 1 they differ, 2 wrong usage.
    """
    from chipstance import diff as differ
    from chipstance.jsonfile import dump_json
    from chipstance.labelsets import read_label_set

    schemas, layers = _schemas(schema, new.absolute())
    try:
        before, after = (read_label_set(path, schemas) for path in (old, new))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    found = differ.diff(before, after, layers)
    if form is Format.json:
        typer.echo(dump_json(differ.entries(found)), nl=False)
    else:
        typer.echo("\n".join(differ.words(found)))
    raise typer.Exit(PROBLEMS if found.changes or found.only_old or found.only_new else 0)


app.command()(agreement)
app.command()(score)
app.command("compare")(compare_systems)


def _schemas(folder: Path | None, near: Path) -> tuple[Schemas, Layers]:
    """Return the schemas of a folder with its layers; of none, the package's with those of the checkout nearby."""
    from chipstance.folders import LAYERS, find_checkout, has_layers_only, schema_folder
    from chipstance.jsonfile import is_file
    from chipstance.report import escape
    from chipstance.schemas import load_schemas, read_layers_file

    checkout = find_checkout(near) if folder is None else None
    own = checkout is not None and is_file(checkout.layers)
    path = checkout.layers if checkout and own else (folder or schema_folder()) / LAYERS
    try:
        schemas = load_schemas(schema_folder() if folder is None or has_layers_only(folder) else folder)
        layers = read_layers_file(path, schemas)
    except FileNotFoundError as error:
        mend = "name a folder with layers.json, and with all schemas or none"
        raise typer.BadParameter(escape(f"{error.filename} is missing: {mend}")) from None
    except (OSError, ValueError, LookupError) as error:
        raise typer.BadParameter(escape(f"the schemas can't be read: {error}")) from None
    return schemas.with_layers(layers), layers


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


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write what an output can't hold as ``\uXXXX``, which is JSON too."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


def _terminate(_number: int, _frame: object) -> None:
    """End as Ctrl-C does, with all that is under way put in order."""
    sys.exit(TERMINATED)


def _begin_early(arguments: Sequence[str]) -> None:
    """Begin the processes that are asked for before the arguments are understood, which takes a while of its own."""
    if SEVERAL_WORKERS.search(" ".join(arguments)):
        from chipstance.engines import begin

        begin()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a closed pipe, Ctrl-C and a request to end it do so quietly."""
    signal.signal(signal.SIGTERM, _terminate)
    codecs.register_error("chipstance.escape", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="chipstance.escape")
    try:
        _begin_early(sys.argv[1:] if arguments is None else arguments)
        app(list(arguments) if arguments is not None else None, prog_name="chipstance")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PROBLEMS)
    except (KeyboardInterrupt, SystemExit) as end:
        status = INTERRUPTED if isinstance(end, KeyboardInterrupt) else end.code
        if status in (INTERRUPTED, TERMINATED):
            typer.echo("interrupted before the end", err=True)
        sys.exit(status)
    except Exception:  # a fault of ours is no problem of a file
        traceback.print_exc()
        sys.exit(UNFINISHED)
    finally:
        if arguments is None:  # the process ends: what it leaves need not be looked through again
            gc.freeze()
