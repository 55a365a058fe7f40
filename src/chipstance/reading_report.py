"""Shows how predictions were read: where quotations were found, and what of answers was mended or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chipstance.alignment import EXACT, KINDS, NOWHERE
from chipstance.answer_items import Fault
from chipstance.model_output import Aligned
from chipstance.report import escape
from chipstance.score_input import Answered

GIVEN = "given"
WRONG = f"({' and '.join(NOWHERE)} are counted as wrong predictions)"


def reading_lines(answered: Sequence[Answered]) -> list[str]:
    """Return lines that count the quotations by how they were found, and the answers; none where there are none."""
    counts, lines = _counts(answered), []
    if counts.total() > counts[GIVEN]:
        lines.append(f"alignment: {', '.join(f'{counts[kind]} {kind}' for kind in (GIVEN, *KINDS))} {WRONG}")
    if read := sum(each.reading.answers for each in answered):
        mended, left_out = (_kinds(answered, faults=faults) for faults in (False, True))
        lines.append(f"answers: {read} read; mended: {_listed(mended)}; left out: {_listed(left_out)}")
    return lines


def reading_details(answered: Sequence[Answered]) -> list[str]:
    """Return one line for each quotation that was not found exactly, and for each part of an answer left out."""
    quoted = [
        f"  line {each.line} {each.doc}: {one.layer} {one.found.kind} {one.found.score:.3f} "
        f"[{one.found.start}, {one.found.end}) {escape(one.text)}"
        for each, one in _not_exact(answered)
    ]
    left_out = [
        f"  line {each.line} {each.doc}: {remark.kind} {escape(remark.pointer)} {escape(remark.message)}"
        for each in answered
        for remark in each.reading.remarks
        if isinstance(remark, Fault)
    ]
    first = ["", "Quotations not found exactly:", *quoted] if quoted else []
    return first + (["", "Left out of answers:", *left_out] if left_out else [])


def reading_entry(answered: Sequence[Answered]) -> dict[str, Any]:
    """Return the same as JSON, with what was mended."""
    counts = _counts(answered)
    listed = [_quoted(each, one) for each, one in _not_exact(answered)]
    remarks = [
        {"line": each.line, "doc": each.doc, "kind": remark.kind, "left_out": isinstance(remark, Fault)}
        | {"pointer": getattr(remark, "pointer", ""), "message": remark.message}
        for each in answered
        for remark in each.reading.remarks
    ]
    return {
        "alignment": {kind: counts[kind] for kind in (GIVEN, *KINDS)} | {"not_exact": listed},
        "answers": {"read": sum(each.reading.answers for each in answered), "remarks": remarks},
    }


def _counts(answered: Sequence[Answered]) -> Counter[str]:
    counts = Counter(one.found.kind for each in answered for one in each.reading.aligned)
    return counts + Counter({GIVEN: sum(each.reading.given for each in answered)})


def _kinds(answered: Sequence[Answered], *, faults: bool) -> Counter[str]:
    remarks = (remark for each in answered for remark in each.reading.remarks)
    return Counter(remark.kind for remark in remarks if isinstance(remark, Fault) == faults)


def _listed(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing"


def _not_exact(answered: Sequence[Answered]) -> Iterator[tuple[Answered, Aligned]]:
    return ((each, one) for each in answered for one in each.reading.aligned if one.found.kind != EXACT)


def _quoted(each: Answered, one: Aligned) -> dict[str, Any]:
    place = {"start": one.found.start, "end": one.found.end}
    quoted = {"line": each.line, "doc": each.doc, "pointer": one.pointer, "layer": one.layer, "text": one.text}
    return quoted | {"kind": one.found.kind, "score": one.found.score, **place}
