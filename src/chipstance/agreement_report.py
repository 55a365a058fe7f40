"""Shows agreement: as tables on a terminal, as Markdown for the card, or as JSON with everything in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chipstance.agreement_figures import Agreement, Categories, LayerAgreement, PairAgreement
from chipstance.comparison import ATTRIBUTE, BOUNDARY, KINDS, ONLY_LEFT, ONLY_RIGHT, Difference
from chipstance.jsonfile import dump_json
from chipstance.model import Problem, Span
from chipstance.report import escape, problem_entry
from chipstance.resampling import Figure

if TYPE_CHECKING:
    from rich.table import Table as RichTable

NONE = "n/a"
DIGITS = 6
AROUND = 40
"""How many code points of context a listed difference has on either side."""

MEASURES = (
    "F1: mean over pairs of annotators, micro over documents; spans are matched one-to-one; exact: same start and "
    "end; overlap: a code point or more in common.",
    "γ (Mathet, Widlöcher & Métivier 2015): places and attributes together, corrected for chance; both weigh 1, "
    "Δ∅ = 1; each document is a continuum, and disorders are summed over documents.",
    "α (Krippendorff 2011): nominal, tokens inside or outside a span of the layer.",
    "κ (Cohen 1960): on spans matched by overlap; n/a where both annotators use one value only.",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report.

    Attributes:
        title: what it shows.
        headings: of its columns; the first is for names, the others for numbers.
        rows: cells.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(agreement: Agreement) -> tuple[Table, ...]:
    """Return the report's tables."""
    return (_layers(agreement), _values(agreement), *(_differences(agreement, pair) for pair in agreement.pairs))


def notes(agreement: Agreement) -> tuple[str, ...]:
    """Return what the figures are, and what they can't tell, in sentences."""
    return (
        f"Documents: {', '.join(agreement.documents)}.",
        *(
            [f"Left out, as not all annotators labelled them: {', '.join(agreement.left_out)}."]
            * bool(agreement.left_out)
        ),
        *MEASURES,
        _samples(agreement),
        f"Tokens of α: {agreement.tokenizer}.",
        agreement.resampling.note,
        *(["γ has an interval by documents only."] * (agreement.resampling.unit != "document")),
    )


def _samples(agreement: Agreement) -> str:
    most = max(layer.samples for layer in agreement.layers.values())
    worst = max((layer.precision for layer in agreement.layers.values() if layer.precision is not None), default=0)
    known = f"known to {worst:.1%} or better"
    return f"Expected disorder of γ: up to {most} random texts of each document, seed {agreement.seed}; {known}."


def _layers(agreement: Agreement) -> Table:
    headings = ("layer", *agreement.annotators, "exact F1", "overlap F1", "γ", "α (tokens)")
    rows = tuple(
        (name, *map(str, of.spans), *map(figure, (of.exact, of.overlap, of.gamma, of.alpha)))
        for name, of in agreement.layers.items()
    )
    return Table("Agreement by layer (spans by annotator)", headings, rows)


def _values(agreement: Agreement) -> Table:
    rows = [row for name, layer in agreement.layers.items() for row in _layer_values(name, layer)]
    rows += [_row(f"stance label, {target}", of) for target, of in agreement.stance.items()]
    return Table("Agreement on matched spans", ("what", "n", "raw", "κ"), tuple(rows))


def _layer_values(name: str, layer: LayerAgreement) -> Iterator[tuple[str, ...]]:
    yield from (_row(f"{name}.{attribute}", of) for attribute, of in layer.attributes.items())
    yield from ((f"{name} → {link}", str(of.n), figure(of), "") for link, of in layer.links.items())
    yield from (_row(f"{name}.{group}, same or not, pairs", of) for group, of in layer.groups.items())


def _row(what: str, of: Categories) -> tuple[str, ...]:
    return what, str(of.raw.n), figure(of.raw), figure(of.kappa)


def _differences(agreement: Agreement, pair: PairAgreement) -> Table:
    headings = ("layer", "same", *(kind_words(kind, pair) for kind in KINDS))
    rows = tuple(
        (name, str(pair.same[name]), *(str(pair.counts(name)[kind]) for kind in KINDS)) for name in agreement.layers
    )
    return Table(f"Differences: {' and '.join(pair.annotators)}", headings, rows)


def kind_words(kind: str, pair: PairAgreement) -> str:
    """Return a kind of difference as people read it."""
    only = {ONLY_LEFT: pair.annotators[0], ONLY_RIGHT: pair.annotators[1]}
    return f"only {only[kind]}" if kind in only else {BOUNDARY: "other boundary", ATTRIBUTE: "other attribute"}[kind]


def figure(of: Figure) -> str:
    """Return a figure with its interval."""
    if of.value is None:
        return NONE
    interval = "" if of.low is None or of.high is None else f" [{_decimal(of.low)}, {_decimal(of.high)}]"
    return _decimal(of.value) + interval


def _decimal(number: float) -> str:
    return f"{round(number, 3) + 0.0:.3f}"


def rich_tables(agreement: Agreement) -> list[RichTable]:
    """Return the tables as they are printed."""
    from rich import box
    from rich.table import Table as RichTable

    made = []
    for table in tables(agreement):
        rich = RichTable(title=table.title, title_justify="left", box=box.SIMPLE)
        for number, heading in enumerate(table.headings):
            rich.add_column(escape(heading), justify="right" if number else "left", no_wrap=not number)
        for row in table.rows:
            rich.add_row(*row)
        made.append(rich)
    return made


def markdown(agreement: Agreement, *, listed: bool) -> str:
    """Return the tables and notes as Markdown, with every difference where they are to be listed."""
    parts = [f"**{table.title}**\n\n{_markdown_table(table)}" for table in tables(agreement)]
    parts.append("\n".join(f"- {note}" for note in notes(agreement)))
    parts += ["\n".join(["```text", *difference_lines(agreement), "```"])] * listed
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    rule = ("---", *("---:",) * (len(table.headings) - 1))
    rows = (table.headings, rule, *table.rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def json_text(agreement: Agreement, problems: Sequence[Problem], *, listed: bool) -> str:
    """Return all figures as JSON.

    Args:
        agreement: what was measured.
        problems: what is wrong with the files.
        listed: whether every difference is written out.
    """
    data = {
        "annotators": list(agreement.annotators),
        "documents": list(agreement.documents),
        "left_out": list(agreement.left_out),
        "seed": agreement.seed,
        "tokenizer": agreement.tokenizer,
        "resampling": _resampling(agreement),
        "layers": {name: _layer_entry(agreement, layer) for name, layer in agreement.layers.items()},
        "stance": {target: asdict(of) for target, of in agreement.stance.items()},
        "pairs": [_pair_entry(agreement, pair, listed=listed) for pair in agreement.pairs],
        "notes": list(notes(agreement)),
        "problems": [*map(problem_entry, problems)],
    }
    return dump_json(_rounded(data))


def _rounded(data: Any) -> Any:
    """Return data with its numbers rounded: further digits differ from machine to machine."""
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_rounded(value) for value in data]
    return round(data, DIGITS) + 0.0 if isinstance(data, float) else data


def _resampling(agreement: Agreement) -> dict[str, Any]:
    of = agreement.resampling
    return {"unit": of.unit, "units": of.units, "replicates": len(of.chances), "exact": of.exact, "note": of.note}


def _layer_entry(agreement: Agreement, layer: LayerAgreement) -> dict[str, Any]:
    return asdict(layer) | {"spans": dict(zip(agreement.annotators, layer.spans, strict=True))}


def _pair_entry(agreement: Agreement, pair: PairAgreement, *, listed: bool) -> dict[str, Any]:
    counts = {
        name: {"same": pair.same[name], **{kind: pair.counts(name)[kind] for kind in KINDS}}
        for name in agreement.layers
    }
    entry = {"annotators": list(pair.annotators), "exact": pair.exact, "overlap": pair.overlap, "differences": counts}
    rows = [_difference_entry(difference) for difference in pair.differences]
    return entry | ({"list": rows} if listed else {})


def _difference_entry(of: Difference) -> dict[str, Any]:
    attributes = {name: list(values) for name, values in of.attributes.items()}
    place = {"kind": of.kind, "doc": of.doc, "layer": of.layer, "attributes": attributes}
    return place | {side: _span_entry(span) for side, span in (("left", of.left), ("right", of.right))}


def _span_entry(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"id": span.id, "start": span.start, "end": span.end, "text": span.text, "attributes": dict(span.attributes)}


def difference_lines(agreement: Agreement) -> Iterator[str]:
    """Yield every difference with its context, a few lines each."""
    for pair in agreement.pairs:
        for of in pair.differences:
            names = f" ({', '.join(of.attributes)})" if of.attributes else ""
            yield f"{of.doc}:{of.start} {of.layer}: {kind_words(of.kind, pair)}{names}"
            for side, span in enumerate((of.left, of.right)):
                if span:
                    values = "".join(f" {name}={both[side]}" for name, both in of.attributes.items())
                    yield escape(f"  {pair.annotators[side]}: {_in_context(agreement, of, span)}{values}")


def _in_context(agreement: Agreement, of: Difference, span: Span) -> str:
    """Return a span in brackets, in so much text that both annotators' spans are seen in it."""
    text = agreement.documents[of.doc]
    end = max(each.end for each in (of.left, of.right) if each)
    before, after = text[max(0, of.start - AROUND) : span.start], text[span.end : end + AROUND]
    return f"…{before}⟦{span.text}⟧{after}…"
