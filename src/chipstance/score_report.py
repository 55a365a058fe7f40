"""Shows scores and comparisons of systems, as lines for people or as JSON, each with its signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from chipstance._version import __version__
from chipstance.compare_systems import Outcome, SystemComparison
from chipstance.jsonfile import dump_json
from chipstance.model import Problem, Span
from chipstance.reading_report import reading_details, reading_entry, reading_lines
from chipstance.report import escape, problem_entry, text_lines
from chipstance.resampling import Figure, Resampling
from chipstance.score_errors import Error
from chipstance.score_figures import Figures, Name
from chipstance.score_input import Answered

TITLES = {
    "spans": "Spans (strict: place and attributes; exact: place; overlap: Dice credit; boundary: place, any layer)",
    "chains": "Chains (a span counts where its place and every link up to this one are right)",
    "attributes": "Attributes of spans in the right place",
    "closed": "Closed tasks (gold passages given)",
}
NAMED = 10
"""So many unanswered rows are named; JSON names all."""
NOT_DEFINED = "n/a: undefined, for there is nothing to count (no gold, no predictions, or neither)"


@dataclass(frozen=True, slots=True)
class Answers:
    """How a system answered.

    Attributes:
        documents: how many documents are scored.
        unanswered: ids of those without a prediction; all their gold labels are missed.
        problems: what is wrong with the predictions.
        noun: what is counted, where it is not documents.
        note: what is compared, where predictions are rows.
        answered: how the predictions were read; nothing where they are rows.
    """

    documents: int
    unanswered: tuple[str, ...]
    problems: tuple[Problem, ...]
    noun: str = "documents"
    note: str = ""
    answered: tuple[Answered, ...] = ()

    @property
    def warning(self) -> str:
        """What has to be said loudly; empty where every document is answered."""
        if not self.unanswered:
            return ""
        counted = f"{len(self.unanswered)} of {self.documents} {self.noun}"
        if self.noun == "documents":
            return f"UNANSWERED: {counted}, scored as all missed: {', '.join(self.unanswered)}\n"
        rest = f" and {len(self.unanswered) - NAMED} more" if len(self.unanswered) > NAMED else ""
        return f"UNANSWERED: {counted}, scored as missed or wrong: {', '.join(self.unanswered[:NAMED])}{rest}\n"


def signature(split: str, digest: str, draws: Resampling, config: str = "") -> str:
    """Return what is needed to compare two figures: equal signatures mean that they were made alike.

    Args:
        split: which documents are scored.
        digest: of their gold labels.
        draws: how the intervals were made.
        config: what rows the predictions are; empty where they are spans.
    """
    resamples = "exact" if draws.exact else str(len(draws.chances))
    return _joined(_data(split, digest, config) | {"unit": draws.unit, "seed": draws.seed, "resamples": resamples})


def comparison_signature(split: str, digest: str, compared: SystemComparison, config: str = "") -> str:
    """Return the signature of a comparison; arguments as for ``signature``."""
    swaps = "exact" if compared.exact else str(compared.swaps)
    return _joined(_data(split, digest, config) | {"unit": compared.unit, "seed": compared.seed, "swaps": swaps})


def _data(split: str, digest: str, config: str) -> dict[str, object]:
    """Return what is scored, as a signature names it."""
    data: dict[str, object] = {"data": f"sha256:{digest[:16]}", "split": split}
    return data | ({"config": config} if config else {})


def _joined(parts: Mapping[str, object]) -> str:
    return "|".join([f"chipstance:{__version__}", *(f"{name}:{value}" for name, value in parts.items())])


def figure_signature(line: str, name: Name) -> str:
    """Return the signature of one figure."""
    return f"{line}|layer:{name[1]}|match:{name[2]}|measure:{name[3]}"


def text(figures: Figures, answers: Answers, line: str, errors: Sequence[Error] | None) -> str:
    """Return a report for people.

    Args:
        figures: of the system.
        answers: how it answered.
        line: its signature.
        errors: to list; None for no list.
    """
    lines = [answers.warning] if answers.warning else []
    for part, group in groupby(figures.by_name.items(), key=lambda item: item[0][0]):
        lines += [TITLES[part], *_rows(dict(group)), ""]
    lines += [*_about(answers), NOT_DEFINED, figures.resampling.note, f"signature: {line}"]
    return "\n".join([*lines, *([] if errors is None else _details(answers, errors))]) + "\n"


def _details(answers: Answers, errors: Sequence[Error]) -> list[str]:
    return ["", *error_lines(errors), *reading_details(answers.answered)]


def _about(answers: Answers) -> list[str]:
    return [*([answers.note] if answers.note else []), *reading_lines(answers.answered)]


def _rows(figures: Mapping[Name, Figure]) -> list[str]:
    rows = []
    for (layer, what), group in groupby(figures.items(), key=lambda item: item[0][1:3]):
        cells = [f"{_words(name[3]):>9} {_shown(figure):<21}" for name, figure in group]
        rows.append(f"  {layer:<24} {what:<18} {' '.join(cells)}".rstrip())
    return rows


def _words(measure: str) -> str:
    return measure.replace("_", " ")


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "n/a"
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.value:.3f}{interval}"


def error_lines(errors: Sequence[Error]) -> list[str]:
    """Return one line an error: kind, place, both spans, what is wrong, and the text around."""
    counts = [f"{kind} {len(list(group))}" for kind, group in groupby(sorted(error.kind for error in errors))]
    lines = [f"Errors: {', '.join(counts) or 'none'}"]
    for error in errors:
        sides = f"gold {_span(error.gold)}, predicted {_span(error.predicted)}"
        wrong = f" wrong: {', '.join(error.attributes)};" if error.attributes else ""
        lines.append(f"  {error.kind} {error.doc}: {sides};{wrong} {escape(error.context)}")
    return lines


def _span(span: Span | None) -> str:
    if span is None:
        return "none"
    label = " ".join(str(span.attributes[name]) for name in ("target", "polarity") if name in span.attributes)
    return f"{span.layer} [{span.start}, {span.end}){label and f' {label}'}"


def json_text(figures: Figures, answers: Answers, line: str, errors: Sequence[Error] | None) -> str:
    """Return the report as JSON. Arguments as for ``text``."""
    shown = [_entry(name) | asdict(figure) for name, figure in figures.by_name.items()]
    for name, entry in zip(figures.by_name, shown, strict=True):
        entry["signature"] = figure_signature(line, name)
    data = {"signature": line, "note": figures.resampling.note, **_answers(answers), "figures": shown}
    return dump_json(data | ({} if errors is None else {"errors": [_error(error) for error in errors]}))


def _entry(name: Name) -> dict[str, Any]:
    return dict(zip(("part", "layer", "match", "measure"), name, strict=True))


def _answers(answers: Answers) -> dict[str, Any]:
    problems = [*map(problem_entry, answers.problems)]
    shown = {answers.noun: answers.documents, "unanswered": list(answers.unanswered), "problems": problems}
    return shown | (reading_entry(answers.answered) if answers.noun == "documents" else {})


def _error(error: Error) -> dict[str, Any]:
    sides = {name: _place(span) for name, span in (("gold", error.gold), ("predicted", error.predicted))}
    wrong = list(error.attributes)
    return {"kind": error.kind, "doc": error.doc, **sides, "attributes": wrong, "context": error.context}


def _place(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    place = {name: getattr(span, name) for name in ("id", "layer", "start", "end", "text")}
    return place | {"attributes": dict(span.attributes)}


def comparison_text(compared: SystemComparison, line: str) -> str:
    """Return a comparison for people."""
    plain = all(name[0] == "spans" for name in compared.by_name)
    lines = [f"{'F1 of A, of B' if plain else 'A, B'}, A − B; p, and the smallest p that these data allow"]
    for name, each in compared.by_name.items():
        what = f"{name[1]:<14} {name[2]:<9}" if plain else f"{name[1]:<22} {name[2]:<17} {_words(name[3]):<8}"
        lines.append(f"  {what} {_tested(each)}")
    return "\n".join([*lines, "", NOT_DEFINED, compared.note, f"signature: {line}"]) + "\n"


def _tested(each: Outcome) -> str:
    values = ["n/a" if value is None else f"{value:.3f}" for value in (each.first, each.second)]
    if each.difference is None or each.p is None or each.smallest is None:
        return f"{values[0]:>5}  {values[1]:>5}"
    return f"{values[0]:>5}  {values[1]:>5}  {each.difference:+.3f}  p {each.p:.4f}  smallest {each.smallest:.4f}"


def comparison_json(compared: SystemComparison, answers: Mapping[str, Answers], line: str) -> str:
    """Return a comparison as JSON.

    Args:
        compared: the tests.
        answers: how ``a`` and ``b`` answered.
        line: the signature.
    """
    tests = [_entry(name) | asdict(each) | {"difference": each.difference} for name, each in compared.by_name.items()]
    shown = {name: _answers(each) for name, each in answers.items()}
    return dump_json({"signature": line, "note": compared.note, **shown, "tests": tests})


def loud(answers: Answers) -> str:
    """Return the problems of the predictions, and what is unanswered, as lines for standard error."""
    return text_lines(answers.problems) + answers.warning
