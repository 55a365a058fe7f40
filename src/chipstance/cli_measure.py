"""The commands that measure: agreement, score, compare."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chipstance.options import (
    Config,
    EngineName,
    EngineOption,
    Format,
    GoldFolder,
    RayAddress,
    ReportFormat,
    Resampled,
    Split,
    cluster_address,
)
from chipstance.statuses import PROBLEMS, UNFINISHED

if TYPE_CHECKING:
    from chipstance.agreement_figures import Agreement
    from chipstance.compare_systems import SystemComparison
    from chipstance.model import Problem
    from chipstance.ray_engine import RayCluster
    from chipstance.row_predictions import RowAnswers
    from chipstance.score_input import Gold, System
    from chipstance.score_report import Answers
    from chipstance.scoring import Scores

PAGE = 160
"""Width of tables that go to no terminal."""

SplitOption = Annotated[Split, typer.Option("--split", help="Which documents are scored.")]
ConfigOption = Annotated[Config, typer.Option("--config", help="What a line of predictions is: a row of this config.")]
AnnotatorOption = Annotated[
    str, typer.Option("--annotator", metavar="NAME", help="Whose labels are scored, where there are several.")
]
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
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS", help="JSON Lines, Parquet, label files, or a Label Studio export.")
    ],
    gold: GoldFolder = None,
    config: ConfigOption = Config.articles,
    split: SplitOption = Split.test,
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    listed: Annotated[bool, typer.Option("--errors", help="List every error with its context.")] = False,
    unit: Annotated[Resampled, typer.Option(help="What the intervals resample.")] = Resampled.document,
    seed: SeedOption = 0,
    strict: StrictOption = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write a page: figures, errors, texts.")
    ] = None,
    annotator: AnnotatorOption = "",
    engine: EngineOption = EngineName.auto,
    ray_address: RayAddress = "",
) -> None:
    """Score predictions: spans by layer, chains of attributes, stance labels, with 95 % intervals.

    A document without a prediction, or with one that can't be read, counts as unanswered: all its gold is missed.
    So does a row, where predictions are rows of another config than articles.
    Exit status: 0 every document is answered and no fault found, 1 otherwise, 2 wrong usage, 3 stopped before the
    end (a cluster lost), 130 or 143 interrupted.
    """
    address = cluster_address(engine, ray_address)
    if config is not Config.articles:
        if address:
            raise typer.BadParameter("--engine ray scores whole documents: leave it out, or leave out --config")
        if html:
            raise typer.BadParameter("--html shows spans in whole documents: leave it out, or leave out --config")
        given, (rows,) = _rows([predictions], config, gold, split)
        _score_rows(given, rows, form, listed=listed, unit=unit, seed=seed, strict=strict)
    from chipstance import score_report as shown
    from chipstance.score_errors import errors
    from chipstance.score_figures import make_figures
    from chipstance.score_input import read_system

    if html:
        _check_page(html, [str(each) for each in (predictions, gold) if each])
    try:
        given = _gold(gold, split)
        system = read_system(predictions, given, annotator)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    answers = shown.Answers(len(given.documents), system.unanswered, system.problems, answered=system.answered)
    _complain(answers, strict=strict)
    counts = _count(given, system, unit, address)
    figures = make_figures(counts, given.layers, seed=seed)
    line = shown.signature(given.split, given.digest, figures.resampling)
    found = errors(given.documents, system.documents, given.layers) if listed else None
    write = shown.json_text if form is Format.json else shown.text
    typer.echo(write(figures, answers, line, found), nl=False)
    if html:
        from chipstance.score_html import html_page

        _write(html, html_page(given, system, counts, figures, predictions.absolute().name, line))
    raise typer.Exit(PROBLEMS if answers.problems or answers.unanswered else 0)


def _count(given: Gold, system: System, unit: Resampled, address: str) -> Scores:
    from chipstance.engines import EngineError
    from chipstance.ray_engine import ClusterError
    from chipstance.scoring import score as count

    if not address:
        return count(given.documents, system.documents, given.layers, unit=unit.value)
    try:
        with cluster(address) as joined:
            return joined.score(given.documents, system.documents, given.layers, unit=unit.value)
    except ClusterError as error:
        raise typer.BadParameter(str(error)) from None
    except EngineError as error:
        typer.echo(f"stopped before the end: {error}", err=True)
        raise typer.Exit(UNFINISHED) from None


@contextmanager
def cluster(address: str) -> Iterator[RayCluster]:
    """Join a Ray cluster; what Ray prints goes to standard error, for a report goes to the other."""
    from chipstance.ray_engine import joined

    with redirect_stdout(sys.stderr), joined(address) as found:
        yield found


def _check_page(path: Path, read: Sequence[str]) -> None:
    from chipstance.outputs import refusal

    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"{path}: there is no such folder: make it first")
    if why := refusal(path, read):
        raise typer.BadParameter(f"{path} {why}")


def _write(path: Path, page: str) -> None:
    from chipstance.jsonfile import write_bytes

    try:
        write_bytes(path, page.encode())
    except OSError as error:
        raise typer.BadParameter(f"{path} can't be written: {error.strerror}") from None


def compare_systems(  # noqa: PLR0913, PLR0917
    first: Annotated[Path, typer.Argument(metavar="A", help="Predictions of one system.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Predictions of another.")],
    gold: GoldFolder = None,
    config: ConfigOption = Config.articles,
    split: SplitOption = Split.test,
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    unit: Annotated[Resampled, typer.Option(help="What the test swaps.")] = Resampled.document,
    seed: SeedOption = 0,
    strict: StrictOption = False,
    annotator: AnnotatorOption = "",
) -> None:
    """Test whether two systems differ: the paired sign-flip test on F1, by layer and regime, or on what rows say.

    Exit status: 0 every document is answered by both and no fault found, 1 otherwise, 2 wrong usage.
    """
    from chipstance.compare_systems import compare_scores

    if config is not Config.articles:
        given, rows = _rows([first, second], config, gold, split)
        _compare_rows(given, rows, form, unit=unit, seed=seed, strict=strict)
    try:
        given = _gold(gold, split)
        sides = [_answered(path, given, unit, annotator) for path in (first, second)]
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    answers = [answered for answered, _ in sides]
    _complain_of_both(answers, strict=strict)
    compared = compare_scores(sides[0][1], sides[1][1], given.layers, seed=seed)
    _show_comparison(given, compared, answers, form)


def _complain_of_both(answers: Sequence[Answers], *, strict: bool) -> None:
    for name, each in zip("AB", answers, strict=True):
        _complain(each, name if each.problems or each.unanswered else "", strict=strict)


def _show_comparison(
    given: Gold, compared: SystemComparison, answers: Sequence[Answers], form: Format, config: str = ""
) -> NoReturn:
    from chipstance import score_report as shown

    line = shown.comparison_signature(given.split, given.digest, compared, config)
    named, as_json = dict(zip("ab", answers, strict=True)), form is Format.json
    report = shown.comparison_json(compared, named, line) if as_json else shown.comparison_text(compared, line)
    typer.echo(report, nl=False)
    raise typer.Exit(PROBLEMS if any(each.problems or each.unanswered for each in answers) else 0)


def _rows(paths: Sequence[Path], config: Config, gold: Path | None, split: Split) -> tuple[Gold, list[RowAnswers]]:
    from chipstance.row_predictions import read_rows

    try:
        given = _gold(gold, split)
        return given, [read_rows(path, config.value, given) for path in paths]
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None


def _row_answers(rows: RowAnswers) -> Answers:
    from chipstance.score_report import Answers

    asked = len(rows.form.things)
    count, noun = (asked, "rows") if asked else (len(rows.gold), "documents")
    return Answers(count, rows.unanswered, rows.problems, noun, rows.form.note)


def _score_rows(
    given: Gold, rows: RowAnswers, form: Format, *, listed: bool, unit: Resampled, seed: int, strict: bool
) -> NoReturn:
    from chipstance import score_report as shown

    answers = _row_answers(rows)
    _complain(answers, strict=strict)
    figures = rows.figures(unit.value, seed)
    line = shown.signature(given.split, given.digest, figures.resampling, rows.form.title)
    write = shown.json_text if form is Format.json else shown.text
    typer.echo(write(figures, answers, line, rows.errors() if listed else None), nl=False)
    raise typer.Exit(PROBLEMS if answers.problems or answers.unanswered else 0)


def _compare_rows(
    given: Gold, rows: Sequence[RowAnswers], form: Format, *, unit: Resampled, seed: int, strict: bool
) -> NoReturn:
    from chipstance.row_predictions import compare_rows

    answers = [_row_answers(each) for each in rows]
    _complain_of_both(answers, strict=strict)
    try:
        compared = compare_rows(*rows, unit=unit.value, seed=seed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    _show_comparison(given, compared, answers, form, rows[0].form.title)


def _gold(path: Path | None, split: Split) -> Gold:
    from chipstance.score_input import read_gold

    return read_gold(path, split.value)


def _answered(path: Path, gold: Gold, unit: Resampled, annotator: str) -> tuple[Answers, Scores]:
    from chipstance.score_input import read_system
    from chipstance.score_report import Answers
    from chipstance.scoring import score as count

    system = read_system(path, gold, annotator)
    answers = Answers(len(gold.documents), system.unanswered, system.problems, answered=system.answered)
    return answers, count(gold.documents, system.documents, gold.layers, unit=unit.value)


def _complain(answers: Answers, name: str = "", *, strict: bool) -> None:
    """Say loudly what is wrong with predictions, and stop there if that is wished."""
    from chipstance.score_report import loud

    typer.echo(f"{name}:\n{loud(answers)}" if name else loud(answers), nl=False, err=True)
    if strict and answers.problems:
        raise typer.Exit(PROBLEMS)
