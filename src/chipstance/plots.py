"""Plots agreement: how many spans of each layer two annotators agree on, and how they differ on the others."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from chipstance.agreement_figures import Agreement, PairAgreement
from chipstance.agreement_report import kind_words
from chipstance.comparison import ATTRIBUTE, BOUNDARY, KINDS, ONLY_LEFT, ONLY_RIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("png", "svg")
SAME = "#d9d9d9"
COLORS = {ONLY_LEFT: "#0072b2", ONLY_RIGHT: "#e69f00", BOUNDARY: "#009e73", ATTRIBUTE: "#cc79a7"}
"""Told apart by colour-blind readers too (Okabe and Ito's palette)."""


def plot_differences(agreement: Agreement, form: str) -> bytes:
    """Return a picture: for each pair of annotators a bar a layer, with the differences of each kind.

    Args:
        agreement: what was measured.
        form: ``png`` or ``svg``.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    height = 1.2 + 0.42 * len(agreement.layers)
    figure = Figure(figsize=(8, height * len(agreement.pairs)), layout="constrained")
    for axes, pair in zip(figure.subplots(len(agreement.pairs), squeeze=False)[:, 0], agreement.pairs, strict=True):
        _bars(axes, agreement, pair)
    picture = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "chipstance"}):  # the same figures give the same file
        figure.savefig(picture, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return picture.getvalue()


def _bars(axes: Axes, agreement: Agreement, pair: PairAgreement) -> None:
    names = list(agreement.layers)[::-1]
    parts = [("same", SAME, [pair.same[name] for name in names])]
    parts += [(kind_words(kind, pair), COLORS[kind], [pair.counts(name)[kind] for name in names]) for kind in KINDS]
    left = [0] * len(names)
    for label, color, widths in parts:
        axes.barh(names, widths, left=left, label=label, color=color)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    axes.set_xlabel("spans")
    axes.set_title(" and ".join(pair.annotators), loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
