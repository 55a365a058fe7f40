"""Shows scores as one HTML page that needs nothing else: no scripts, no requests, nothing from outside.

It has the figures with their intervals, tables of what was taken for what, the first errors of each kind in their
context, and the texts of the first documents, with gold labels above and predictions below each line. The page's own
policy (Content-Security-Policy) forbids the browser everything but the one style sheet in it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from markupsafe import Markup

from chipstance.layers import Layers
from chipstance.markup import environment
from chipstance.model import Document
from chipstance.reading_report import reading_details, reading_lines
from chipstance.resampling import Figure
from chipstance.score_cases import KINDS, LISTED, Case, groups
from chipstance.score_confusion import confusions
from chipstance.score_errors import errors
from chipstance.score_figures import Figures
from chipstance.score_input import Gold, System
from chipstance.score_marks import GOLD, PREDICTED, TRACKS, Segment, is_placed, lay, make_mark, segments, whole
from chipstance.score_report import NOT_DEFINED, TITLES, Answers
from chipstance.scoring import Scores

TEXTS = 20
"""So many documents are shown whole."""
OPEN = 20
"""Lists of so many errors, or fewer, are open from the start."""
GREY = "#777777"


@dataclass(frozen=True, slots=True)
class Part:
    """A table of figures.

    Attributes:
        title: what they are.
        measures: names of the columns; one, ``figure``, where rows have different measures.
        rows: layer or target, what is counted, and a figure for each column.
    """

    title: str
    measures: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Figure, ...]], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A document that is shown whole.

    Attributes:
        doc: its id.
        segments: its text.
        cases: place to the listed errors that stand there.
        counts: spans by side, and how many of them are left undrawn.
    """

    doc: str
    segments: tuple[Segment, ...]
    cases: Mapping[int, Sequence[Case]]
    counts: Mapping[str, int]


def html_page(gold: Gold, system: System, scores: Scores, figures: Figures, name: str, line: str) -> str:
    """Return the page.

    Args:
        gold: what is scored against.
        system: what a system predicts.
        scores: of these, from ``scoring.score``.
        figures: of these scores.
        name: what the system is called.
        line: the signature.
    """
    found = errors(gold.documents, system.documents, gold.layers)
    listed = groups(found, gold.documents, system, gold.layers)
    wrong = {id(span) for error in found for span in (error.gold, error.predicted)}
    cases = [case for group in listed for case in group.cases]
    texts = gold.documents[:TEXTS]
    made = environment()
    style = made.get_template("score.css.j2").render(colors=_colors(gold.layers), tracks=TRACKS)
    return made.get_template("score.html.j2").render(
        style=Markup(style),  # noqa: S704 (our own, and its colours are checked)
        digest=b64encode(sha256(style.encode()).digest()).decode(),
        name=name,
        split=gold.split,
        answers=Answers(len(gold.documents), system.unanswered, system.problems),
        signature=line,
        read=reading_lines(system.answered),
        details=[each for each in reading_details(system.answered) if each],
        notes=[NOT_DEFINED, figures.resampling.note],
        parts=_parts(figures),
        confusions=confusions(gold.documents, system.documents, found, scores, gold.layers),
        layers={layer.name: number for number, layer in enumerate(gold.layers)},
        kinds=KINDS,
        groups=listed,
        texts=[_text(each, _prediction(each, system), wrong, cases) for each in texts],
        places={document.id: number for number, document in enumerate(texts, 1)},
        limits={"errors": LISTED, "texts": TEXTS, "open": OPEN, "tracks": TRACKS},
    )


def _colors(layers: Layers) -> list[str]:
    return [layer.color if re.fullmatch("#[0-9a-fA-F]{6}", layer.color) else GREY for layer in layers]


def _prediction(document: Document, system: System) -> Document:
    return system.documents.get(document.id, Document(document.id, document.text))


def _parts(figures: Figures) -> list[Part]:
    return [
        _part(TITLES[part], [(name[1:], figure) for name, figure in named])
        for part, named in groupby(figures.by_name.items(), key=lambda item: item[0][0])
    ]


def _part(title: str, named: Sequence[tuple[tuple[str, str, str], Figure]]) -> Part:
    """Return a table with a column for each measure, if every row has the same ones; else with a row for each."""
    rows = {key: dict(_measured(group)) for key, group in groupby(named, key=lambda item: item[0][:2])}
    measures = {tuple(row) for row in rows.values()}
    if len(measures) == 1:
        return Part(title, measures.pop(), tuple((*key, tuple(row.values())) for key, row in rows.items()))
    single = ((layer, f"{what}: {measure.replace('_', ' ')}", (figure,)) for (layer, what, measure), figure in named)
    return Part(title, ("figure",), tuple(single))


def _measured(named: Iterator[tuple[tuple[str, str, str], Figure]]) -> Iterator[tuple[str, Figure]]:
    return ((name[2], figure) for name, figure in named)


def _text(gold: Document, found: Document, wrong: set[int], cases: Sequence[Case]) -> Text:
    text, sides = gold.text, ((GOLD, gold), (PREDICTED, found))
    placed = [(side, span) for side, document in sides for span in document if is_placed(span)]
    marks = lay(make_mark(text, span, side, wrong=id(span) in wrong) for side, span in placed)
    here: dict[int, list[Case]] = {}
    for case in cases:
        if case.error.doc == gold.id and is_placed(case.error.span):
            here.setdefault(whole(text, case.error.span.start, -1), []).append(case)
    counts = {GOLD: len(gold.spans), PREDICTED: len(found.spans), "undrawn": len(placed) - len(marks)}
    return Text(gold.id, tuple(segments(text, marks, 0, len(text), here)), here, counts)
