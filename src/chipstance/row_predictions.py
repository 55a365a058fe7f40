"""Scores predictions that come as rows of the release's configs: a paragraph's tags, a speaker, a label or an amount.

A row that is missing, or that can't be read, is unanswered and counts as wrong. Whoever has rows in Python gives them
to ``score_rows``; ``take_rows`` says what is wrong with them and goes on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from chipstance.compare_systems import SystemComparison, compare_scores
from chipstance.folders import schema_folder
from chipstance.jsonfile import is_missing
from chipstance.line_sources import read_lines
from chipstance.loading import decimal_string, load_rows
from chipstance.model import Document, Problem
from chipstance.resampling import REPLICATES
from chipstance.row_closed import Stance, Statements
from chipstance.row_forms import Form, Key, Row
from chipstance.row_schemas import CONFIGS, IDENTITY, row_kind, with_rows
from chipstance.row_spans import Amounts, GivenAmounts, Paragraph, Paragraphs, Tokens
from chipstance.rules import Finding
from chipstance.schemas import Schemas, load_schemas
from chipstance.score_errors import Error
from chipstance.score_figures import Figures, Name, make_figures, measures
from chipstance.score_input import NO_LINES, Gold, ScoreInputError, has_lines, shown
from chipstance.scoring import DOCUMENT, Scores, score
from chipstance.sources import Source, parse_source
from chipstance.textunits import Unit, paragraphs, tokens
from chipstance.validate import display

GIVEN = Path("rows")
"""Stands for the file of rows that come from Python."""


class RowsError(ValueError):
    """Rows that answer not everything, or that are wrong; the message names the first of them."""


@dataclass(frozen=True)
class RowAnswers:
    """What a system answered, row by row.

    Attributes:
        form: how the rows are read.
        rows: those that could be read, by key.
        refused: how many rows of a document could not be, by its id.
        problems: what is wrong with them.
    """

    form: Form
    rows: Mapping[Key, Row]
    refused: Mapping[str, int]
    problems: tuple[Problem, ...]

    @cached_property
    def gold(self) -> tuple[Document, ...]:
        """The gold documents, in the form of the rows."""
        return tuple(replace(each, spans=tuple(self.form.right(each))) for each in self.form.gold.values())

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The predictions, by document id."""
        return {doc: self._answered(document) for doc, document in self.form.gold.items()}

    @cached_property
    def _by_doc(self) -> Mapping[str, Mapping[Key, Row]]:
        grouped: dict[str, dict[Key, Row]] = {doc: {} for doc in self.form.gold}
        for key, row in self.rows.items():
            grouped[row["doc"]][key] = row
        return grouped

    def _answered(self, document: Document) -> Document:
        answered = self.form.answered(document, self._by_doc[document.id])
        unread = [span for _ in range(self.refused.get(document.id, 0)) for span in self.form.refused()]
        return Document(document.id, document.text, (*answered, *unread), "prediction")

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The rows that there should be and are not, each as its identity.

        Where any number of rows will do (amounts to be found), all documents if there is no row at all.
        """
        if not self.form.things and not self.rows:
            return tuple(self.form.gold)
        return tuple(" ".join(map(str, key)) for key in self.form.things if key not in self.rows)

    def scores(self, unit: str = DOCUMENT) -> Scores:
        """Return the counts; arguments as for ``scoring.score``."""
        return score(self.gold, self.documents, self.form.layers, unit=unit)

    def figures(self, unit: str = DOCUMENT, seed: int = 0, replicates: int = REPLICATES) -> Figures:
        """Return the figures that rows of this config say something about, each with its interval.

        Args:
            unit: what the intervals resample: ``document`` or ``paragraph``.
            seed: of the random draws.
            replicates: the most that are made.
        """
        made = make_figures(self.scores(unit), self.form.layers, seed=seed, replicates=replicates)
        names = self.names(made.by_name)
        return replace(made, by_name={new: made.by_name[old] for old, new in names.items()})

    def names(self, known: Iterable[Name]) -> dict[Name, Name]:
        """Return what the scorer's figures are called here, without those that the rows say nothing about."""
        unsaid = self.form.unsaid(self.rows.values())
        shown = ((name, self.form.shown(name)) for name in known)
        return {name: new for name, new in shown if new and name not in unsaid}

    def errors(self) -> tuple[Error, ...]:
        """Return every error, by document and place."""
        sides = [(gold, self.documents[gold.id], self._by_doc[gold.id]) for gold in self.gold]
        return tuple(error for each in sides for error in self.form.errors(*each))


def read_rows(path: Path, config: str, gold: Gold) -> RowAnswers:
    """Read rows from a file of JSON Lines, or of Parquet with the same columns.

    Args:
        path: the file.
        config: ``paragraphs``, ``statements``, ``stance`` or ``money``.
        gold: what they are for.

    Raises:
        FileNotFoundError: nothing stands at the path.
        chipstance.score_input.ScoreInputError: it is no such file, or the gold labels have no such rows.
    """
    if is_missing(path):
        raise FileNotFoundError(f"{display(str(path))} does not exist")
    if not has_lines(path):
        raise ScoreInputError(f"{display(str(path))} {NO_LINES}")
    sources = read_lines(path.absolute(), row_kind(config), _schemas(config, gold), lambda row: _json(row).encode())
    answers = _answers(config, sources, gold)
    return replace(answers, problems=tuple(map(_displayed, answers.problems)))


def _displayed(problem: Problem) -> Problem:
    if problem.rule == "predictions-empty":
        problem = replace(problem, message="the file is empty: write one line for each row")
    return shown(problem)


def take_rows(
    rows: Iterable[Mapping[str, Any]],
    config: str,
    gold: Gold,
    columns: Mapping[str, Sequence[Any]] | None = None,
) -> RowAnswers:
    """Take rows from Python, such as a ``datasets.Dataset``. What is wrong with them is a problem, by their number.

    Args:
        rows: in any order.
        config: ``paragraphs``, ``statements``, ``stance`` or ``money``.
        gold: what they are for.
        columns: what the system says, one value a row, by column; then nothing but their identity is taken from the
            rows, which may be those of the release with the gold labels in them.

    Raises:
        RowsError: a column is not as long as the rows, or these are no rows but columns.
        chipstance.score_input.ScoreInputError: the gold labels have no such rows.
    """
    if isinstance(rows, Mapping) or hasattr(rows, "iterrows"):  # a dict of columns, or a data frame
        raise RowsError("rows are wanted one by one: give a list of dicts, such as table.to_dict('records')")
    schemas = _schemas(config, gold)
    given = rows if columns is None else _filled(list(rows), config, columns)
    sources = (_source(row, number, config, schemas) for number, row in enumerate(given, start=1))
    return _answers(config, sources, gold)


def score_rows(
    rows: Iterable[Mapping[str, Any]],
    config: str,
    gold: Gold,
    *,
    columns: Mapping[str, Sequence[Any]] | None = None,
    unit: str = DOCUMENT,
    seed: int = 0,
) -> Figures:
    """Score rows that answer everything; arguments as for ``take_rows`` and ``RowAnswers.figures``.

    Raises:
        RowsError: something is wrong with a row, or one is missing; ``take_rows`` scores what there is.
        chipstance.score_input.ScoreInputError: the gold labels have no such rows.
    """
    answers = take_rows(rows, config, gold, columns)
    for problem in answers.problems:
        raise RowsError(f"row {problem.line}{problem.pointer}: {problem.message}")
    if answers.unanswered:
        missing = f"{len(answers.unanswered)} rows are missing"
        raise RowsError(f"{missing}, the first of them {answers.unanswered[0]}: add them, or score with take_rows")
    return answers.figures(unit, seed)


def compare_rows(first: RowAnswers, second: RowAnswers, *, unit: str = DOCUMENT, seed: int = 0) -> SystemComparison:
    """Test every figure that the rows of both say something about, but precision and recall, which F1 sums up.

    Raises:
        ValueError: one names the gold amounts and the other finds its own, or they are of other documents.
    """
    if first.form.title != second.form.title:
        raise ValueError(f"{first.form.title} and {second.form.title} rows are of different tasks: write both alike")
    sides = first.scores(unit), second.scores(unit)
    known = measures(first.form.layers)
    names, others = first.names(known), second.names(known)
    tested = [name for name in names if name in others and name[3] not in ("precision", "recall")]
    compared = compare_scores(*sides, first.form.layers, seed=seed, names=tested)
    return replace(compared, by_name={names[name]: each for name, each in compared.by_name.items()})


def _filled(rows: Sequence[Mapping[str, Any]], config: str, columns: Mapping[str, Sequence[Any]]) -> Iterator[Row]:
    """Yield rows with nothing but their identity and the columns."""
    for name, values in columns.items():
        if len(values) != len(rows):
            raise RowsError(f"the column {name} has {len(values)} values for {len(rows)} rows: give one a row")
    for number, row in enumerate(rows):
        identity = {name: row[name] for name in IDENTITY[config] if name in row}
        yield identity | {name: values[number] for name, values in columns.items()}


def _source(row: object, number: int, config: str, schemas: Schemas) -> Source:
    return parse_source(GIVEN, row_kind(config), _json(row), number, schemas)


def _json(row: object) -> str:
    return json.dumps(row, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> object:
    """Return what JSON does not know as something that it does: amounts, arrays of numpy and others, dates."""
    if isinstance(value, Decimal):
        return decimal_string(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _schemas(config: str, gold: Gold) -> Schemas:
    if config not in CONFIGS:
        raise ScoreInputError(f"no rows of {config!r} can be scored: choose one of {', '.join(CONFIGS)}")
    try:
        return with_rows(_usual_schemas().with_layers(gold.layers), gold.layers)
    except ValueError as error:
        raise ScoreInputError(str(error)) from None


@cache
def _usual_schemas() -> Schemas:
    return load_schemas(schema_folder())


def _answers(config: str, sources: Iterable[Source], gold: Gold) -> RowAnswers:
    """Return what the rows say, and what is wrong with them."""
    kept, refused, problems = [], Counter[str](), []
    for source in sources:
        wrong = [*source.problems, *(_unknown(source, gold) if source.sound else ())]
        problems += wrong
        if not wrong:
            kept.append(source)
        elif isinstance(source.data, dict):
            refused[str(source.data.get("doc"))] += 1
    form = _form(config, gold, [source.data for source in kept])
    kept = [source for source in kept if source.data["doc"] not in gold.others]
    rows: dict[Key, tuple[int, Row]] = {}
    for source in kept:
        wrong = [source.problem("row-misfit", finding) for finding in form.findings(source.data)]
        if not wrong:
            line = rows.setdefault(form.key(source.data), (source.line, source.data))[0]
            wrong = [_twice(source, line)] if line != source.line else []
        problems += wrong
        refused[source.data["doc"]] += bool(wrong)
    problems.sort(key=lambda problem: (problem.line, problem.column, problem.rule))
    return RowAnswers(form, {key: row for key, (_, row) in rows.items()}, refused, tuple(problems))


def _unknown(source: Source, gold: Gold) -> Iterator[Problem]:
    doc, known = source.data["doc"], [document.id for document in gold.documents]
    if doc not in known and doc not in gold.others:
        message = f"no gold document is called {doc!r}: choose one of {', '.join(known)}"
        yield source.problem("doc-unknown", Finding("/doc", message))


def _twice(source: Source, line: int) -> Problem:
    return source.problem("row-duplicate", Finding("", f"this row stands on line {line} already: remove one of them"))


def _form(config: str, gold: Gold, rows: Sequence[Row]) -> Form:
    if config == "paragraphs":
        return Paragraphs(gold.documents, gold.layers, _tokens(gold))
    given = any(row.get("id") is not None for row in rows)
    forms: dict[str, type[Form]] = {"statements": Statements, "stance": Stance}
    return forms.get(config, GivenAmounts if given else Amounts)(gold.documents, gold.layers)


def _tokens(gold: Gold) -> Tokens:
    """Return the tokens of a release; those of label files are made as a release makes them."""
    found: dict[str, list[Paragraph]] = {document.id: [] for document in gold.documents}
    if gold.release:
        for row in load_rows(gold.release, "paragraphs"):
            places = zip(row["token_start"], row["token_end"], row["tokens"], strict=True)
            unit = Unit(row["start"], row["end"], row["text"])
            found.setdefault(row["doc"], []).append((unit, tuple(Unit(*place) for place in places)))
        return found
    try:
        return {each.id: [(unit, tokens(unit)) for unit in paragraphs(each.text)] for each in gold.documents}
    except ImportError:
        message = "tokens of label files need spaCy: name a release as gold, or pip install 'chipstance[build]'"
        raise ScoreInputError(message) from None
