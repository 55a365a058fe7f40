"""The command line: each command reads its arguments, calls a module, prints, and sets the exit status.

Exit status: 0 clean, 1 problems found, 2 wrong usage. What is slow to import is imported where it is used.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipstance._version import __version__

if TYPE_CHECKING:
    from chipstance.agreement_figures import Agreement
    from chipstance.model import Problem
    from chipstance.schemas import Schemas
    from chipstance.score_input import Gold
    from chipstance.score_report import Answers
    from chipstance.scoring import Scores
    from chipstance.validate import Result

PROBLEMS, USAGE, INTERRUPTED = 1, 2, 130
PAGE = 160
"""Width of tables that go to no terminal."""

app = typer.Typer(
    help="Validate ChipStance's files and predictions made for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How a report is written."""

    text = "text"
    json = "json"


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


SchemaFolder = Annotated[
    Path | None,
    typer.Option("--schema", metavar="DIR", help="Folder of schemas and layers.json to use instead of the usual ones."),
]


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
def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders or checkouts.")],
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    schema: SchemaFolder = None,
) -> None:
    """Check files against their schemas and rules; a checkout's root gets the corpus-wide rules too.

    Exit status: 0 no problem, 1 problems, 2 wrong usage.
    """
    from chipstance.validate import check

    try:
        result = check(paths, schema)
    except FileNotFoundError as error:
        raise typer.BadParameter(str(error)) from None
    _report(result, form)
    raise typer.Exit(PROBLEMS if result.problems else 0)


@app.command("schema")
def print_schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="articles, edits, entities, annotations, …")],
    schema: SchemaFolder = None,
) -> None:
    """Print the JSON Schema of one kind of file, with all that it refers to inside."""
    from chipstance.jsonfile import dump_json
    from chipstance.schemas import KINDS

    if kind not in KINDS:
        raise typer.BadParameter(f"no kind is called {kind!r}: choose one of {', '.join(KINDS)}")
    typer.echo(dump_json(_schemas(schema).bundle(kind)), nl=False)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A release, a label file, or a folder of them.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, or another annotator's, or the gold labels.")],
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    schema: SchemaFolder = None,
) -> None:
    """List what changed from one set of labels to another, label by label.

    Exit status: 0 the labels are the same, 1 they differ, 2 wrong usage.
    """
    from chipstance import diff as differ
    from chipstance.folders import schema_folder
    from chipstance.jsonfile import dump_json, read_json
    from chipstance.labelsets import read_label_set
    from chipstance.layers import parse_layers

    schemas = _schemas(schema)
    layers = parse_layers(read_json((schema or schema_folder()) / "layers.json"))
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


@app.command()
def agreement(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="ROUND...", help="A round; or folders, label files, raw Label Studio exports."),
    ],
    annotators: Annotated[str, typer.Option(metavar="A,B", help="Whom to compare; by default everybody.")] = "",
    form: Annotated[ReportFormat, typer.Option("--format", help="How the report is written.")] = ReportFormat.text,
    unit: Annotated[Resampled, typer.Option(help="What the intervals resample.")] = Resampled.document,
    seed: Annotated[int, typer.Option(min=0, help="Of all random draws.")] = 0,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Draw the differences: .png or .svg.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List every difference with its context.")] = False,
) -> None:
    """Measure how far annotators agree: F1, γ and α by layer, κ by attribute, links, stance, with intervals.

    Faults in the files are reported beside the figures of what can be read.
    Exit status: 0 no fault, 1 faults, 2 wrong usage.
    """
    from chipstance import report
    from chipstance.agreement import AgreementError, measure_agreement
    from chipstance.agreement_input import read_annotations

    _check_plot(plot)
    try:
        given = read_annotations(paths, [name for name in annotators.split(",") if name])
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    if form is not ReportFormat.json:
        typer.echo(report.text_lines(given.problems), nl=False, err=True)
    try:
        measured = measure_agreement(given.annotations, given.layers, unit=unit.value, seed=seed)
    except AgreementError as error:
        if not given.problems:
            raise typer.BadParameter(str(error)) from None
        typer.echo(f"nothing is left to compare: {error}", err=True)
        raise typer.Exit(PROBLEMS) from None
    _show_agreement(measured, given.problems, form, listed=listed)
    _write_plot(measured, plot)
    raise typer.Exit(PROBLEMS if given.problems else 0)


def _check_plot(path: Path | None) -> None:
    from importlib.util import find_spec

    from chipstance.plots import FORMATS

    if path and path.suffix[1:] not in FORMATS:
        raise typer.BadParameter(f"{path} is no picture that can be drawn: name a .{' or .'.join(FORMATS)} file")
    if path and not find_spec("matplotlib"):
        raise typer.BadParameter("plots need matplotlib: pip install 'chipstance[plot]'")


def _write_plot(measured: Agreement, path: Path | None) -> None:
    from chipstance.jsonfile import write_bytes
    from chipstance.plots import plot_differences

    if path:
        write_bytes(path, plot_differences(measured, path.suffix[1:]))


def _show_agreement(measured: Agreement, problems: Sequence[Problem], form: ReportFormat, *, listed: bool) -> None:
    from chipstance import agreement_report as shown

    if form is ReportFormat.json:
        typer.echo(shown.json_text(measured, problems, listed=listed), nl=False)
    elif form is ReportFormat.markdown:
        typer.echo(shown.markdown(measured, listed=listed), nl=False)
    else:
        _print_agreement(measured)
        typer.echo("\n".join(["", *shown.difference_lines(measured)]) if listed else "", nl=listed)


def _print_agreement(measured: Agreement) -> None:
    from rich.console import Console

    from chipstance.agreement_report import notes, rich_tables

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PAGE)
    for table in rich_tables(measured):
        console.print(table)
    for note in notes(measured):
        console.print(note, soft_wrap=True, markup=False)


GoldFolder = Annotated[
    Path | None, typer.Option("--gold", metavar="DIR", help="A release, or a folder of label files; else the release.")
]
SplitOption = Annotated[Split, typer.Option("--split", help="Which documents are scored.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of all random draws.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Score nothing if anything is wrong with a file.")]


@app.command()
def score(  # noqa: PLR0913, PLR0917
    predictions: Annotated[Path, typer.Argument(metavar="PREDICTIONS", help="JSON Lines, or a folder of label files.")],
    gold: GoldFolder = None,
    split: SplitOption = Split.test,
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    listed: Annotated[bool, typer.Option("--errors", help="List every error with its context.")] = False,
    unit: Annotated[Resampled, typer.Option(help="What the intervals resample.")] = Resampled.document,
    seed: SeedOption = 0,
    strict: StrictOption = False,
) -> None:
    """Score predictions: spans by layer, chains of attributes, stance labels, with 95 % intervals.

    A document without a prediction, or with one that can't be read, counts as unanswered: all its gold is missed.
    Exit status: 0 every document is answered and no fault found, 1 otherwise, 2 wrong usage.
    """
    from chipstance import score_report as shown
    from chipstance.score_errors import errors
    from chipstance.score_figures import make_figures
    from chipstance.score_input import read_system
    from chipstance.scoring import score as count

    try:
        given = _gold(gold, split)
        system = read_system(predictions, given)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    answers = shown.Answers(len(given.documents), system.unanswered, system.problems)
    _complain(answers, strict=strict)
    counts = count(given.documents, system.documents, given.layers, unit=unit.value)
    figures = make_figures(counts, given.layers, seed=seed)
    line = shown.signature(given.split, given.digest, figures.resampling)
    found = errors(given.documents, system.documents, given.layers) if listed else None
    write = shown.json_text if form is Format.json else shown.text
    typer.echo(write(figures, answers, line, found), nl=False)
    raise typer.Exit(PROBLEMS if answers.problems or answers.unanswered else 0)


@app.command("compare")
def compare_systems(  # noqa: PLR0913, PLR0917
    first: Annotated[Path, typer.Argument(metavar="A", help="Predictions of one system.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Predictions of another.")],
    gold: GoldFolder = None,
    split: SplitOption = Split.test,
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    unit: Annotated[Resampled, typer.Option(help="What the test swaps.")] = Resampled.document,
    seed: SeedOption = 0,
    strict: StrictOption = False,
) -> None:
    """Test whether two systems differ: the paired sign-flip test on F1, by layer and regime.

    Exit status: 0 every document is answered by both and no fault found, 1 otherwise, 2 wrong usage.
    """
    from chipstance import score_report as shown
    from chipstance.compare_systems import compare_scores

    try:
        given = _gold(gold, split)
        sides = [_answered(path, given, unit) for path in (first, second)]
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    answers = {name: answered for name, (answered, _) in zip("ab", sides, strict=True)}
    for name, answered in answers.items():
        _complain(answered, name.upper() if answered.problems or answered.unanswered else "", strict=strict)
    compared = compare_scores(sides[0][1], sides[1][1], given.layers, seed=seed)
    line = shown.comparison_signature(given.split, given.digest, compared)
    as_json = form is Format.json
    report = shown.comparison_json(compared, answers, line) if as_json else shown.comparison_text(compared, line)
    typer.echo(report, nl=False)
    raise typer.Exit(PROBLEMS if any(each.problems or each.unanswered for each in answers.values()) else 0)


def _gold(path: Path | None, split: Split) -> Gold:
    from chipstance.score_input import read_gold

    return read_gold(path, split.value)


def _answered(path: Path, gold: Gold, unit: Resampled) -> tuple[Answers, Scores]:
    from chipstance.score_input import read_system
    from chipstance.score_report import Answers
    from chipstance.scoring import score as count

    system = read_system(path, gold)
    answers = Answers(len(gold.documents), system.unanswered, system.problems)
    return answers, count(gold.documents, system.documents, gold.layers, unit=unit.value)


def _complain(answers: Answers, name: str = "", *, strict: bool) -> None:
    """Say loudly what is wrong with predictions, and stop there if that is wished."""
    from chipstance.score_report import loud

    typer.echo(f"{name}:\n{loud(answers)}" if name else loud(answers), nl=False, err=True)
    if strict and answers.problems:
        raise typer.Exit(PROBLEMS)


def _schemas(folder: Path | None) -> Schemas:
    from chipstance.folders import schema_folder
    from chipstance.schemas import load_schemas

    try:
        return load_schemas(folder or schema_folder())
    except (OSError, ValueError, LookupError) as error:
        raise typer.BadParameter(f"the schemas can't be read: {error}") from None


def _report(result: Result, form: Format) -> None:
    from chipstance import report

    if form is Format.json:
        typer.echo(report.json_text(result.problems, result.files), nl=False)
        return
    if sys.stdout.isatty():
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=True)
        for line in report.rich_lines(result.problems):
            console.print(line)
    else:
        typer.echo(report.text_lines(result.problems), nl=False)
    typer.echo(report.summary(result.problems, result.files), err=True)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write what an output can't hold as ``\uXXXX``, which is JSON too."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a closed pipe and Ctrl-C end it quietly."""
    codecs.register_error("chipstance.escape", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="chipstance.escape")
    try:
        app(list(arguments) if arguments is not None else None, prog_name="chipstance")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PROBLEMS)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
