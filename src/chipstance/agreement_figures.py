"""What agreement is told in: figures by layer, by attribute, and what two annotators differ in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from chipstance.comparison import Difference
from chipstance.resampling import Figure, Resampling


@dataclass(frozen=True, slots=True)
class Categories:
    """Agreement on the value of something.

    Attributes:
        raw: share of equal values.
        kappa: Cohen's κ; no value where it is undefined, or where what is compared has no categories.
    """

    raw: Figure
    kappa: Figure


@dataclass(frozen=True, slots=True)
class LayerAgreement:
    """Agreement on one layer.

    Attributes:
        spans: how many spans each annotator has, in the annotators' order.
        exact: F1 of spans with the same start and end.
        overlap: F1 of spans that share a code point, matched one-to-one.
        gamma: γ of places and comparable attributes together.
        samples: how many random texts γ's expected disorder comes from.
        precision: how far that may be off (95 %), as a share of it; None where there is none.
        alpha: Krippendorff's α of tokens, inside or outside a span of the layer.
        attributes: agreement on each attribute of spans matched by overlap.
        links: share of matched spans that refer to spans matched with one another, for each reference.
        groups: agreement on whether two matched spans are in one group, for each grouping attribute.
    """

    spans: tuple[int, ...]
    exact: Figure
    overlap: Figure
    gamma: Figure
    samples: int
    precision: float | None
    alpha: Figure
    attributes: Mapping[str, Categories]
    links: Mapping[str, Figure]
    groups: Mapping[str, Categories]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """What two annotators differ in.

    Attributes:
        annotators: both names.
        exact: by layer, F1 of spans with the same start and end; None where there are no spans.
        overlap: by layer, F1 of spans that overlap.
        same: by layer, how many spans are the same in everything.
        differences: by document and place.
    """

    annotators: tuple[str, str]
    exact: Mapping[str, float | None]
    overlap: Mapping[str, float | None]
    same: Mapping[str, int]
    differences: tuple[Difference, ...]

    def counts(self, layer: str) -> Counter[str]:
        """Return how many differences of each kind a layer has."""
        return Counter(difference.kind for difference in self.differences if difference.layer == layer)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of some annotators.

    Attributes:
        annotators: by name.
        documents: those that all of them labelled, by id, with their texts.
        left_out: documents that not all of them labelled.
        layers: in declared order.
        stance: agreement on the stance label of matched statements, by target, and over all targets (``all``).
        pairs: every two annotators.
        resampling: what the intervals come from.
        tokenizer: what α's tokens are.
        seed: of all random draws.
    """

    annotators: tuple[str, ...]
    documents: Mapping[str, str]
    left_out: tuple[str, ...]
    layers: Mapping[str, LayerAgreement]
    stance: Mapping[str, Categories]
    pairs: tuple[PairAgreement, ...]
    resampling: Resampling
    tokenizer: str
    seed: int
