"""The commands that measure: agreement, score, compare."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipstance.options import PROBLEMS, Format, ReportFormat, Resampled, Split

if TYPE_CHECKING:
    from chipstance.agreement_figures import Agreement
    from chipstance.model import Problem
    from chipstance.score_input import Gold
    from chipstance.score_report import Answers
    from chipstance.scoring import Scores

PAGE = 160
"""Width of tables that go to no terminal."""

GoldFolder = Annotated[
    Path | None, typer.Option("--gold", metavar="DIR", help="A release, or a folder of label files; else the release.")
]
SplitOption = Annotated[Split, typer.Option("--split", help="Which documents are scored.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of all random draws.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Score nothing if anything is wrong with a file.")]


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
